"""The numbers a task's words state, against those its rule is given: each is scored, or explained, or reported."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from xl_kpi.findings import Finding, finding
from xl_kpi.rules.step import Step
from xl_kpi.scheme.model import Scheme, Task
from xl_kpi.words import Fact, said

_DIGITS = r"\d+(?:\.\d+)?"
_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z.])(?:(?P<one>{_DIGITS})\s*[:：∶比]\s*(?P<other>{_DIGITS})"
    rf"|(?P<month>\d\d?)\s*月\s*(?P<day>\d\d?)\s*日|{_DIGITS}(?:[%％‰])?)"
)
# What measures nothing: （3） anywhere, and 1、 or 2. at the head of a line or clause, number the clauses; a year is a
# document's or the assessment's own; 〔2019〕10号 is a document's number; 6.14世界献血者日 is a day's name; in 每…1次 the 1
# is what is counted by.
_MEASURES_NOTHING = re.compile(
    r"[（(]\d{1,2}[)）]"
    r"|(?:^|(?<=[\n；。：:;]))\s*\d{1,2}[、.．](?!\d)"
    r"|[〔（(\[［]\s*(?:19|20)\d\d\s*[〕）)\]］]\s*第?\s*\d+\s*号"
    r"|(?<![\d.])1?\d\.[123]?\d(?=(?:世界|国际|全国|中国|全民)[^\d，。；\n]{1,8}日)"
    r"|(?<!\d)(?:19|20)\d\d(?:\s*[-—～~至]\s*(?:19|20)\d\d)?\s*(?=年)"
    r"|(?<=每)(?P<each>[^0-9，。；;,、\n]{0,10})1(?=\s*(?:个百分点|[次项例个件起条分人名天日月份张场篇家处户人]|%|％))"
)
_REFERENCE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?")  # an input's id, as in i31.all
_NOT_SCORED = {
    "id",
    "label",
    "unit",
    "note",
    "reading",
    "min",
    "max",
    "number",
    "type",
    "kind",
    "most",
    "up_to",
}


@dataclass(frozen=True)
class Stated:
    """A number as a text states it, and the values of a parameter that would say the same; a date needs all of them."""

    text: str
    values: tuple[float, ...]
    date: bool = False

    def said_by(self, known: Container[float]) -> tuple[float, ...]:
        """The values among those known that say it; empty where they do not."""
        found = tuple(value for value in self.values if value in known)
        if self.date:
            return found if len(found) == len(self.values) else ()
        return found[:1]


def numbers_of(text: str) -> list[Stated]:
    """The numbers a text states, in order; those that measure nothing left out. 1:100 is one number."""
    found = []
    for match in _NUMBER.finditer(_MEASURES_NOTHING.sub(lambda m: m["each"] or "", text)):
        if match["month"]:
            found.append(Stated(match[0], (float(match["month"]), float(match["day"])), date=True))
            continue
        if match["one"]:
            one, other = float(match["one"]), float(match["other"])
            values = [other, one] + ([one / other] if other else []) + ([other / one] if one else [])
        else:
            values = [_value(match[0])]
        found.append(Stated(match[0], tuple(round(value, 9) for value in values)))
    return found


def _value(number: str) -> float:
    digits = float(number.rstrip("%％‰"))
    return round(digits / 100, 9) if number[-1] in "%％" else digits


def coverage(scheme: Scheme, task: Task, forgiven: Iterable[float] = ()) -> Iterator[Finding]:
    """The numbers of a task's words that neither its rule nor its narrative accounts for.

    Of the target each number counts as often as it stands. Of the name and the other columns, which say it again or
    add to it, each once. `forgiven` are numbers that another finding is about.
    """
    where = scheme.called(task)
    texts = [text for text in (task.target, task.name, *task.extra.values()) if text]
    for narrative in task.narrative:
        if not any(narrative.text in text for text in texts):
            yield finding("scheme-narrative", where=where, text=narrative.text)
    bound = Counter(round(v, 9) for v in _parameters((task.rule, task.vetoes)))
    bound.update(round(v, 9) for v in forgiven)
    main = task.target or task.name
    for narrative in task.narrative:
        for _ in range(max(1, main.count(narrative.text))):  # words that stand twice are explained twice
            bound.update(value for number in _explained(narrative.text) for value in number.values)
    known = set(bound)
    for number in numbers_of(main):
        held = number.said_by(+bound)
        if not held:
            yield finding("scheme-unbound", where=where, column=_title(scheme, main, task), number=number.text)
        bound.subtract(held)
    for text in texts:
        if text is not main:
            for number in {stated.text: stated for stated in numbers_of(text)}.values():
                if not number.said_by(known):
                    column = _title(scheme, text, task)
                    yield finding("scheme-unbound", where=where, column=column, number=number.text)


def _explained(text: str) -> list[Stated]:
    """The numbers of words that are explained, all of them."""
    return [Stated(match[0], (_value(match[0]),)) for match in re.finditer(rf"{_DIGITS}[%％‰]?", text)]


def _title(scheme: Scheme, text: str, task: Task) -> Fact:
    """The column of the form in which a text of a task stands."""
    key = next((key for key, value in task.extra.items() if value is text), "")
    shows = "extra" if key else "target" if text is task.target else "name"
    return next((c.title for c in scheme.columns if (c.shows, c.key) == (shows, key)), key or said("scheme.source"))


def _parameters(value: Any) -> Iterator[float]:
    """The numbers a rule is given: those the scheme writes, not defaults; also those inside grades and deadlines."""
    if isinstance(value, BaseModel):
        for name in value.model_fields_set - _NOT_SCORED:
            yield from _parameters(getattr(value, name))
        if isinstance(value, Step) and "per" not in value.model_fields_set:
            yield value.per  # 每低1个百分点 is what it is unless the scheme says otherwise
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _parameters(item)
    elif isinstance(value, dict):
        yield from _parameters(list(value.values()))
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, str) and not _REFERENCE.fullmatch(value):
        yield from (float(n) for n in re.findall(_DIGITS, value))
