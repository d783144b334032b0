"""Linting a scheme: does it cover its text, hold together, and say openly what it had to assume."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from xl_kpi.findings import Finding, finding
from xl_kpi.rules.base import Ask, Input, Rule, show
from xl_kpi.rules.composite import Composite
from xl_kpi.rules.deduct import Deduct
from xl_kpi.rules.tiers import Tiers
from xl_kpi.scheme.model import Scheme, Task

LIST_LIMIT = 255  # what Excel takes for a dropdown list given inline

_NUMBER = re.compile(r"(?<![0-9A-Za-z.])\d+(?:\.\d+)?(?:[%％‰])?")
# （3） anywhere, and 1、 or 2. at the head of a line or clause, number the clauses; they measure nothing.
_ENUMERATOR = re.compile(r"[（(]\d{1,2}[)）]|(?:^|(?<=[\n；。：:;]))\s*\d{1,2}[、.．](?!\d)")
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


def lint(scheme: Scheme) -> Iterator[Finding]:
    """Every finding about a scheme that loaded (so its totals tie): errors, warnings, and things to know."""
    yield from _duplicates(scheme)
    for task in scheme.tasks():
        yield from _coverage(task)
        yield from _deductions(task)
        yield from _lists(task)
    yield from _bands(scheme)
    yield from _grades(scheme)
    for reading in scheme.choices():
        words = {"chosen": reading.alternatives[reading.chosen], "others": "；".join(reading.others())}
        yield finding("scheme-reading", where=scheme.title, text=reading.text, **words)
    for asked in scheme.setup():
        yield finding("scheme-asked", where=scheme.title, label=asked.label)


def numbers_of(text: str) -> list[str]:
    """The numbers a text states, in order, clause numbers left out."""
    return _NUMBER.findall(_ENUMERATOR.sub("", text))


def _value(number: str) -> float:
    digits = float(number.rstrip("%％‰"))
    return round(digits / 100, 9) if number[-1] in "%％" else digits


def _coverage(task: Task) -> Iterator[Finding]:
    text = task.target or task.name
    for narrative in task.narrative:
        if narrative.text not in text and narrative.text not in task.name:
            yield finding("scheme-narrative", where=task.name, text=narrative.text)
    bound = Counter(round(v, 9) for v in _parameters(task.rule))
    bound.update(round(v, 9) for veto in task.vetoes for v in _parameters(veto))
    for narrative in task.narrative:
        for _ in range(text.count(narrative.text)):  # words that stand twice are explained twice
            bound.update(_value(n) for n in _NUMBER.findall(narrative.text))
    for number in numbers_of(text):
        value = _value(number)
        if not bound[value]:
            yield finding("scheme-unbound", where=task.name, number=number)
        bound[value] -= 1


def _parameters(value: Any) -> Iterator[float]:
    """The numbers a rule is given: those the scheme writes, not defaults; also those inside grades and deadlines."""
    if isinstance(value, BaseModel):
        for name in value.model_fields_set - _NOT_SCORED:
            yield from _parameters(getattr(value, name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _parameters(item)
    elif isinstance(value, dict):
        yield from _parameters(list(value.values()))
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, str):
        yield from (float(n) for n in re.findall(r"\d+(?:\.\d+)?", value))


def _duplicates(scheme: Scheme) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Task] = {}
    for task in scheme.tasks():
        words = (task.name, task.target)
        if task.target and words in seen:
            yield finding("scheme-duplicate-task", where=task.id, name=task.name, other=seen[words].id)
        seen.setdefault(words, task)


def _rules(value: Any) -> Iterator[Rule]:
    """A rule and all rules nested in it."""
    if isinstance(value, Rule):
        yield value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _rules(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _rules(item)


def _bands(scheme: Scheme) -> Iterator[Finding]:
    """Gaps and overlaps between the bands as the text has them; the same one in many tasks is said once."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for task in scheme.tasks():
        for rule in _rules(task.rule):
            if isinstance(rule, Tiers):
                reading = rule.reading or task.reading or "".join(map(str, scheme.readings))
                for gap, what in _breaks(rule):
                    found.setdefault((gap, what, reading), []).append(task.name)
    for (gap, what, reading), names in found.items():
        where = names[0] if len(names) == 1 else f"{names[0]} 等{len(names)}项"
        code = "scheme-band" if reading else "scheme-band-unread"
        yield finding(code, where=where, gap=gap, what=what, reading=reading)


def _breaks(rule: Tiers) -> Iterator[tuple[str, str]]:
    for upper, lower in pairwise(rule.bands):
        if lower.up_to is not None and lower.up_to != upper.at_least:
            what = "有空档" if lower.up_to < upper.at_least else "有重叠"
            yield f"{show(lower.up_to, 'percent')}～{show(upper.at_least, 'percent')}", what


def _deductions(task: Task) -> Iterator[Finding]:
    if isinstance(task.points, Ask):
        return
    for rule in _rules(task.rule):
        most = _most_off(rule, task.points)
        if most > task.points:
            yield finding("scheme-over-deduction", where=task.name, most=f"{most:g}", points=f"{task.points:g}")
            return


def _most_off(rule: Rule, points: float) -> float:
    """The most that could be deducted, a count taken as at its upper bound, in points."""
    if isinstance(rule, Deduct):
        return sum(
            item.each * (item.input.bounds[1] if item.when is None and isinstance(item.input, Input) else 1)
            for item in rule.items
        )
    if isinstance(rule, Composite) and rule.combine == "deductions":
        return sum(max(points, _most_off(part.rule, points)) for part in rule.parts)
    return 0.0


def _lists(task: Task) -> Iterator[Finding]:
    for item in task.inputs():
        length = len(",".join(item.choices))
        if length > LIST_LIMIT:
            yield finding("scheme-list", where=f"{task.name}·{item.label}", length=length)


def _grades(scheme: Scheme) -> Iterator[Finding]:
    bands = scheme.grades.bands
    for better, worse in pairwise(bands):
        if worse.at_least >= better.at_least:
            yield finding("scheme-grade", name=worse.name, floor=show(worse.at_least, "percent"))
    if scheme.grades.default:
        names = "、".join(f"{band.name}≥{show(band.at_least, 'percent')}" for band in bands)
        yield finding("scheme-default-grades", bands=names)
