"""Workbooks spoilt at random, each by its number (see tests/hostile/test_fuzz.py)."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from hostile_book import Book, answered, case_of, filled, inline

FROM = ("blood", "blood", "emergency")


def base_of(seed: int) -> str:
    """The workbook that a number spoils."""
    return FROM[seed % len(FROM)]


def spoilt(seed: int) -> bytes:
    """A spoilt workbook."""
    random = Random(seed)
    ways: tuple[Callable[[Random, str], bytes], ...] = (_archive, _part, _part, _markup, _markup, _cells, _cells)
    way = _typed if random.random() < 0.08 else random.choice(ways)
    return way(random, base_of(seed))


def _bytes(random: Random, content: bytes) -> bytes:
    """Some bytes flipped, cut out, doubled or moved."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8))):
        at = random.randrange(max(1, len(data)))
        length = random.choice((1, 4, 64, 4096))
        way = random.randrange(4)
        if way == 0:
            data[at : at + 1] = bytes([random.randrange(256)])
        elif way == 1:
            del data[at : at + length]
        elif way == 2:
            data[at:at] = data[at : at + length]
        else:
            taken = data[at : at + length]
            to = random.randrange(max(1, len(data)))
            data[to : to + length] = taken
    return bytes(data)


def _archive(random: Random, base: str) -> bytes:
    return _bytes(random, filled(base))


def _parts(book: Book) -> list[str]:
    """The parts; those that matter more often."""
    return [*book.parts, *book.sheets(), *book.sheets()]


def _part(random: Random, base: str) -> bytes:
    book = Book(base)
    part = random.choice(_parts(book))
    book.parts[part] = _bytes(random, book.parts[part])
    return bytes(book)


_ELEMENT = re.compile(
    r"<([\w:]+)(?: [^<>]*)?/>|<([\w:]+)(?: [^<>]*)?>[^<]*</\2>|<c [^<>]*>.*?</c>|<row .*?</row>", re.DOTALL
)


_ATTRIBUTE = re.compile(r' ([\w:]+)="([^"]*)"')


def _markup(random: Random, base: str) -> bytes:
    book = Book(base)
    parts = _parts(book)  # before anything is spoilt by which they are found
    for _ in range(random.choice((1, 1, 3))):
        part = random.choice(parts)
        text = book.text(part)
        at = random.randrange(len(text))  # a stretch of it is enough to choose from
        found = list(random.choice((_ELEMENT, _ATTRIBUTE)).finditer(text, at, at + 20_000))
        if not found:
            continue
        one, other = sorted(random.sample(found, 2), key=lambda m: m.start()) if len(found) > 1 else found * 2
        way = random.randrange(4)
        if way == 0:
            text = text[: one.start()] + text[one.end() :]
        elif way == 1:
            text = text[: one.end()] + one[0] + text[one.end() :]
        elif way == 2 and one.end() <= other.start():
            text = text[: one.start()] + other[0] + text[one.end() : other.start()] + one[0] + text[other.end() :]
        else:
            text = text[: one.start()] + other[0] + text[one.end() :]
        book.put(part, text)
    return bytes(book)


def _body(random: Random) -> tuple[str, str]:
    """What a cell may hold: its body and its type."""
    text = random.choice(
        ("", " ", "是", "否", "未填", "95", "９５", "95%", "1_000", "—", "=1+1", "触发", "A++", "甲" * 600)
    )
    number = random.choice(
        ("0", "1", "-1", "0.5", "13", "100", "44834", "1e12", "1e400", "-0", "1E-7", "0.1", "NaN", "")
    )
    formula = random.choice(
        ("6+7", "A1", "汇总!D8", "IF(", "1/0", "NOSUCH(1)", "[1]S!A1", 'WEBSERVICE("http://127.0.0.1:9/")')
    )
    return random.choice(
        (
            (inline(text), "inlineStr"),
            (f"<v>{number}</v>", random.choice(("", "n"))),
            (f"<v>{random.choice(('#N/A', '#DIV/0!', '#REF!', ''))}</v>", "e"),
            (f"<v>{random.choice('01')}</v>", "b"),
            (f"<v>{random.choice(('0', '7', '-1', 'x'))}</v>", "s"),
            (f"<v>{number}</v>", "d"),
            (f"<f>{formula}</f><v>{number}</v>", ""),
            (f"<f>{formula}</f><v>{text}</v>", "str"),
            ("", ""),
        )
    )


def _cells(random: Random, base: str) -> bytes:
    book = Book(base)
    for _ in range(random.choice((1, 2, 10))):
        sheet = random.choice(book.sheets())
        names = re.findall(r'<c r="([A-Z]+\d+)"', book.text(sheet))
        if random.random() < 0.6:
            sheet = book.sheet("数据填报")
            names = re.findall(r'<c r="([EFG]\d+)"', book.text(sheet))
        name = random.choice(names)
        body, kind = _body(random)
        typed = f' t="{kind}"' if kind else ""
        pattern = rf'<c r="{name}"( s="\d+")?[^>]*?(?:/>|>.*?</c>)'
        book.sub(
            sheet,
            pattern,
            lambda f, name=name, typed=typed, body=body: f'<c r="{name}"{f[1] or ""}{typed}>{body}</c>',
        )
    return bytes(book)


def _typed(random: Random, base: str) -> bytes:
    """Right and wrong answers typed in, recalculated or as a program leaves them: most of what is accepted."""
    case = case_of(base)
    answers: dict[str, object] = {}
    for bound in random.sample(list(case.plan.program.inputs()), random.choice((1, 3, 10))):
        spec = bound.spec
        low, high = spec.bounds
        if spec.kind == "choice":
            answers[bound.id] = random.choice(spec.choices)
        elif spec.kind == "text":
            answers[bound.id] = random.choice(("=1+1", "情况属实", "\t@x", "0"))
        else:
            right = (low, min(high, low + 1), case.answers.get(bound.id) or low)
            answers[bound.id] = random.choice((*right, *right, low - 1))
    stage = random.choice(("self", "self", "review", "final"))
    calculated = random.random() < 0.3
    return answered(filled(base, calculated), {"stage": stage, "answers": answers}, calculated)
