"""Files spoilt at random: one verdict each, no crash, no hang, no gigabyte; and what is accepted is scored rightly.

Spoilt are the archive's bytes, the bytes of a part, a part's elements and attributes, and what stands in cells; every
file comes from a number, the same on every run. An accepted file is judged anew: openpyxl reads its inputs, the scorer
scores them, and the total, the grade and the cell that shows the total must say the same.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from hostile_book import Book, answered, case_of, filled, inline, outcome_of
from hostile_child import checked
from openpyxl.utils.datetime import to_excel

from xl_kpi.findings import CATALOGUE
from xl_kpi.program.assessment import assess

STAGES = ("@self", "@review", "@final")

CHUNKS = 5
SPOILT, MANY = 500, 10_000
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


# --- judging


def judge(content: bytes, report: Mapping[str, Any], base: str) -> str:
    """What is wrong with a report, in words; empty if nothing is."""
    verdict, findings = report["verdict"], report["findings"]
    grave = [found for found in findings if found["severity"] != "info"]
    if verdict not in ("accept", "flag", "reject"):
        return f"{verdict} {report['code']}"
    if bool(grave) == (verdict == "accept"):
        return f"{verdict} with {len(grave)} findings to act on"
    if verdict != "accept" and report["code"] not in {found["code"] for found in grave} & set(CATALOGUE):
        return f"the code {report['code']} is not among the findings"
    if verdict == "reject":
        return "" if report["total"] is None else "rejected, and scored"
    if verdict == "flag":
        return ""
    found_vetoes = {(veto["task"], veto["effect"]) for veto in report["vetoes"]}
    outcome = (report["total"], report["grade"], found_vetoes)
    if _same_cells(content, base):
        worked = outcome_of(base)
        right_outcome = (worked.total, worked.grade, set(worked.vetoes))
        return "" if outcome == right_outcome else f"{outcome}, not as worked by hand {right_outcome}"
    program = case_of(base).plan.program
    try:
        book = _opened(content)
    except ElementTree.ParseError as error:
        return f"accepted, and its XML is not well-formed: {error}"
    except Exception:  # openpyxl refuses attributes it does not know, which change no number
        return ""
    typed: dict[str, float | str] = {}
    for bound in program.inputs():
        for stage in STAGES:
            value = book.get(case_of(base).plan.at(bound.id + stage))
            if value not in (None, ""):
                typed[bound.id + stage] = value
    right = assess(program, program.evaluate([typed]), 0)
    vetoes = {(veto.task, veto.effect) for veto in right.vetoes}
    if outcome != (right.total, right.grade, vetoes):
        return f"{outcome}, not {(right.total, right.grade, vetoes)}"
    shown = book.get(case_of(base).plan.at("total"))
    if shown != right.total and "not-recalculated" not in {found["code"] for found in findings}:
        return f"the total shows {shown!r}, not {right.total}"
    return ""


def _same_cells(content: bytes, base: str) -> bool:
    """Whether the two sheets concerned are, byte for byte, those of the workbook that was spoilt."""
    untouched = Book(base)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [untouched.sheet(name) for name in ("数据填报", "汇总")]
        return all(archive.read(name) == untouched.parts[name] for name in names)


def _opened(content: bytes) -> dict[str, Any]:
    """What stands in the cells of the two sheets concerned, as openpyxl reads them; dates as numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        cells: dict[str, Any] = {}
        for name in ("数据填报", "汇总"):
            book[name].reset_dimensions()
            for row in book[name].iter_rows():
                for cell in row:
                    if cell.value is not None:
                        value = to_excel(cell.value) if isinstance(cell.value, datetime) else cell.value
                        cells[f"{name}!{cell.coordinate}"] = float(value) if isinstance(value, int) else value
    return cells


def judged(seeds: range, folder: Path) -> Counter[str]:
    """Spoil, check in a process of its own, and judge; the verdicts counted."""
    paths = {str(folder / f"{seed}.xlsx"): seed for seed in seeds}
    for path, seed in paths.items():
        Path(path).write_bytes(spoilt(seed))
    reports = checked(list(paths), folder / "child").reports
    verdicts: Counter[str] = Counter()
    wrong = []
    for path, report in reports.items():
        verdicts[report["verdict"]] += 1
        seed = paths[path]
        if why := judge(Path(path).read_bytes(), report, base_of(seed)):
            wrong.append(f"seed {seed}: {why}")
        Path(path).unlink()
    assert wrong == []
    return verdicts


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_file_spoilt_at_random_has_one_verdict_and_is_never_scored_wrongly(chunk: int, tmp_path: Path) -> None:
    size = SPOILT // CHUNKS
    verdicts = judged(range(chunk * size, (chunk + 1) * size), tmp_path)
    assert set(verdicts) == {"accept", "flag", "reject"}, verdicts


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(20))
def test_thousands_of_files_spoilt_at_random_have_one_verdict_each(
    chunk: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if "slow" not in request.config.option.markexpr:
        pytest.skip("很慢，用 pytest -m slow 运行")
    size = MANY // 20
    print(judged(range(1_000_000 + chunk * size, 1_000_000 + (chunk + 1) * size), tmp_path))


# --- what the judging is worth


def test_a_seed_spoils_the_same_way_every_time() -> None:
    assert [spoilt(seed) for seed in range(8)] == [spoilt(seed) for seed in range(8)]


def test_a_wrong_total_of_an_accepted_file_is_noticed() -> None:
    content, right = filled("blood"), outcome_of("blood")
    report = {"verdict": "accept", "findings": [], "total": right.total, "grade": right.grade, "vetoes": []}
    assert judge(content, report, "blood") == ""
    assert "301.41" in judge(content, {**report, "total": 301.42}, "blood")
    assert "优秀" in judge(content, {**report, "grade": "优秀"}, "blood")
    stale = bytes(Book("blood").shows("汇总!D8", "390"))
    assert judge(stale, report, "blood") == "the total shows 390.0, not 301.41"
