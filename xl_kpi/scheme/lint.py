"""Linting a scheme: does it cover its text, hold together, and say openly what it had to assume."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from xl_kpi.findings import Finding, finding
from xl_kpi.rules.base import rules_in
from xl_kpi.rules.parts import Ask, show
from xl_kpi.rules.tiers import Tiers
from xl_kpi.scheme.coverage import coverage
from xl_kpi.scheme.doubtful import OPEN, input_doubts, plain
from xl_kpi.scheme.doubts import doubts
from xl_kpi.scheme.frame import frame, grades, repeated
from xl_kpi.scheme.model import Scheme, Task
from xl_kpi.scheme.resolve import read_as
from xl_kpi.words import Said, said

LIST_LIMIT = 255  # what Excel takes for a dropdown list given inline


def lint(scheme: Scheme) -> Iterator[Finding]:
    """Every finding about a scheme that loaded (so its totals tie): errors, warnings, and things to know."""
    yield from frame(scheme)
    yield from repeated(scheme)
    for task in scheme.tasks():
        doubted = list(doubts(scheme, task))
        for what in dict.fromkeys(doubt.what for doubt in doubted):
            yield finding("scheme-doubt", where=scheme.called(task), what=what)
        yield from coverage(scheme, task, (number for doubt in doubted for number in doubt.about))
        yield from _deductions(scheme, task, doubted=bool(doubted))
        yield from _lists(scheme, task)
    yield from _bands(scheme)
    yield from grades(scheme)
    yield from _otherwise_read(scheme)
    for reading in scheme.choices():
        words = {"chosen": reading.alternatives[reading.chosen], "others": "；".join(reading.others())}
        yield finding("scheme-reading", where=scheme.title, text=reading.text, **words)
    for asked in scheme.setup():
        for doubt in input_doubts(asked):
            yield finding("scheme-doubt", where=scheme.title, what=doubt.what)
        yield finding("scheme-asked", where=scheme.title, label=asked.label)


def _otherwise_read(scheme: Scheme) -> Iterator[Finding]:
    """What cannot be meant under a reading that is not the chosen one, and is as it should be under that."""
    seen = {(task.id, doubt.what) for task in scheme.tasks() for doubt in doubts(scheme, task)}
    for reading in scheme.choices():
        for option in reading.alternatives:
            other = read_as(scheme, {reading.id: option})
            for task in other.tasks():
                for what in dict.fromkeys(doubt.what for doubt in doubts(other, task)):
                    if (task.id, what) not in seen:
                        seen.add((task.id, what))
                        under = said("scheme.under", task=other.called(task), reading=reading.id, option=option)
                        yield finding("scheme-doubt", where=under, what=what)


def _bands(scheme: Scheme) -> Iterator[Finding]:
    """Gaps and overlaps between the bands as the text has them; the same one in many tasks is said once."""
    found: dict[tuple[str, Said, str], list[Said]] = {}
    for task in scheme.tasks():
        for rule in rules_in(task.rule):
            if isinstance(rule, Tiers):
                reading = rule.reading or task.reading or "".join(map(str, scheme.readings))
                for gap, what in _breaks(rule):
                    found.setdefault((gap, what, reading), []).append(scheme.called(task))
    for (gap, what, reading), names in found.items():
        where = names[0] if len(names) == 1 else said("scheme.and-others", first=names[0], count=len(names))
        code = "scheme-band" if reading else "scheme-band-unread"
        yield finding(code, where=where, gap=gap, what=what, reading=reading)


def _breaks(rule: Tiers) -> Iterator[tuple[str, Said]]:
    for upper, lower in pairwise(rule.bands):
        if lower.up_to is not None and lower.up_to > lower.at_least and lower.up_to != upper.at_least:
            what = said("scheme.gap" if lower.up_to < upper.at_least else "scheme.overlap")
            yield f"{show(lower.up_to, 'percent')}～{show(upper.at_least, 'percent')}", what


def _deductions(scheme: Scheme, task: Task, *, doubted: bool) -> Iterator[Finding]:
    """A remark where more can be taken off than there is, and the text does not say what happens then."""
    texts = (task.target, task.name, *task.extra.values(), *scheme.notes)
    if isinstance(task.points, Ask) or doubted or any("扣完" in text or "扣至0" in text for text in texts):
        return
    for rule in rules_in(task.rule):
        most = rule.most_off(task.points)
        if most > task.points:
            taken = said("scheme.no-limit") if most >= OPEN else said("scheme.up-to", most=plain(most))
            yield finding("scheme-over-deduction", where=scheme.called(task), most=taken, points=plain(task.points))
            return


def _lists(scheme: Scheme, task: Task) -> Iterator[Finding]:
    for item in task.inputs():
        length = len(",".join(item.choices))
        if length > LIST_LIMIT:
            yield finding(
                "scheme-list",
                where=said("scheme.input-of", task=scheme.called(task), label=item.label),
                length=length,
            )
