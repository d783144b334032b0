"""What a task's rule says that cannot be meant: it loads and scores, but not what the text says.

A standard beyond what can be typed, a score that every answer earns or none, points that no one can lose or reach. What is
found is an error: nobody would notice it in the workbook.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from xl_kpi.rules.attain import Attain
from xl_kpi.rules.average import Average
from xl_kpi.rules.base import Measured, Rule, rules_in
from xl_kpi.rules.cases import Cases
from xl_kpi.rules.checklist import Checklist
from xl_kpi.rules.composite import Composite
from xl_kpi.rules.deduct import Deduct
from xl_kpi.rules.full import Full
from xl_kpi.rules.growth import Growth, Quotient
from xl_kpi.rules.level import Level
from xl_kpi.rules.limited import Limited
from xl_kpi.rules.parts import Ask, Input, InputRef, When, in_full, key
from xl_kpi.rules.ratio import Ratio
from xl_kpi.rules.step import Step
from xl_kpi.rules.tally import Tally
from xl_kpi.rules.threshold import Threshold
from xl_kpi.rules.tiers import Tiers
from xl_kpi.scheme.coverage import numbers_of
from xl_kpi.scheme.doubtful import (
    Doubt,
    Measure,
    answer_doubts,
    band_doubts,
    input_doubts,
    label_doubts,
    level_doubts,
    limit_doubts,
    numbers_in,
    order_doubts,
    plain,
    weight_doubts,
)
from xl_kpi.scheme.model import Scheme, Task
from xl_kpi.words import Fact, said


@dataclass(frozen=True)
class _At:
    """Where in a task a rule stands: the value measured for it, the points at stake, whether a condition leads to it."""

    measure: Measure | None = None
    points: float | None = None
    conditional: bool = False


def doubts(scheme: Scheme, task: Task) -> Iterator[Doubt]:
    """What a task's inputs, rule and vetoes say that cannot be meant."""
    finder = _Finder(scheme, task)
    yield from label_doubts(task.inputs())
    for asked in task.inputs():
        yield from input_doubts(asked)
    points = None if isinstance(task.points, Ask) else float(task.points)
    yield from finder.rule(task.rule, _At(points=points))
    for number, veto in enumerate(task.vetoes, 1):
        for when in veto.when:
            named = said("scheme.of-veto", number=number)
            yield from finder.condition(when, named)


class _Finder:
    def __init__(self, scheme: Scheme, task: Task) -> None:
        self.task = task
        self.inputs = {in_full(t.id, i.id): i for t in scheme.tasks() for i in t.inputs()}
        texts = (task.target, task.name, *task.extra.values())
        self.stated = {stated.text for text in texts for stated in numbers_of(text)}
        self.text = "\n".join(texts)

    def input(self, reference: InputRef) -> Input | None:
        """The input that a rule names; None where there is none, which loading reports."""
        if isinstance(reference, Input):
            return reference
        return self.inputs.get(in_full(self.task.id, reference))

    def measure(self, reference: InputRef) -> Measure | None:
        """The values of an input that can be compared with a standard."""
        asked = self.input(reference)
        if asked is None or asked.kind in ("choice", "text", "date"):
            return None
        low, high = asked.bounds
        return Measure(asked.label, asked.kind, low, high) if low <= high else None

    def says_percent(self, value: float) -> bool:
        """Whether the task's words state a value as so many percent."""
        return bool({plain(value) + sign for sign in "%％"} & self.stated) or f"{plain(value)}个百分点" in self.text

    # rules

    def rule(self, rule: Rule, at: _At) -> Iterator[Doubt]:
        """The doubts about a rule and those inside it."""
        if isinstance(rule, Measured):
            yield from self.measured(rule, at)
        elif isinstance(rule, Full):
            if not at.conditional:
                yield Doubt(said("scheme.type-full-gives-full"))
        elif isinstance(rule, Composite):
            yield from self.composite(rule, at)
        elif isinstance(rule, Cases):
            yield from order_doubts(rule)
            for case in rule.cases:
                if case.when is not None:
                    yield from self.condition(case.when, said("scheme.of-case"))
                yield from self.rule(case.rule, replace(at, conditional=True))
        elif isinstance(rule, Deduct | Tally):
            yield from self.items(rule, at)
        elif isinstance(rule, Checklist):
            yield from weight_doubts([item.weight for item in rule.items], at.points)
        elif isinstance(rule, Level):
            yield from level_doubts(rule)
        elif isinstance(rule, Limited):
            yield from limit_doubts(rule, at.points)
        then = getattr(rule, "then", None)
        if isinstance(then, Rule):
            yield from self.then(rule, then, at)
        inside = getattr(rule, "rule", None)  # of a rule that only wraps another: what is at stake is its own affair
        if isinstance(inside, Rule):
            yield from self.rule(inside, replace(at, points=None))

    def then(self, rule: Rule, then: Rule, at: _At) -> Iterator[Doubt]:
        """A rule that measures, and the one that judges what it measured."""
        label = str(getattr(rule, "label", rule.type))
        measured = [one for one in rules_in(then) if isinstance(one, Measured)]
        own = next((one for one in measured if one.input is not None), None)
        if own is not None:
            yield Doubt(said("scheme.then-has-input-own", type=own.type, label=label))
        elif not measured:
            why = "scheme.then-full" if isinstance(then, Full) else "scheme.then-pointless"
            yield Doubt(said(why, type=then.type, label=label))
        else:
            yield from self.same_twice(rule)
            yield from self.rule(then, replace(at, measure=self.measured_by(rule, label)))

    def same_twice(self, rule: Rule) -> Iterator[Doubt]:
        """A quotient of a value by itself."""
        pair: tuple[Any, Any] = ("", "")
        if isinstance(rule, Ratio):
            pair = rule.numerator, rule.denominator
        elif isinstance(rule, Growth):
            pair = rule.current, rule.previous
        if isinstance(rule, Attain):
            for target in rule.targets:
                measure = self.measure(target.input)
                for value in numbers_in(target.target) if measure is not None else ():
                    yield from self.standard(measure, "target", value)
        elif not any(isinstance(side, Quotient) for side in pair) and pair[0] and key(pair[0]) == key(pair[1]):
            yield Doubt(said("scheme.compared-itself", label=str(getattr(rule, "label", "")), pair=key(pair[0])))

    def measured_by(self, rule: Rule, label: str) -> Measure | None:
        """Between what a rule's measured value lies."""
        if isinstance(rule, Ratio):
            return Measure(label, rule.kind, 0, inf if rule.may_exceed or rule.kind != "percent" else 1)
        if isinstance(rule, Growth):
            return Measure(label, "percent", -inf if rule.against is not None else -1, inf)
        if isinstance(rule, Average):
            return Measure(label, "number", 0, rule.top)
        if isinstance(rule, Attain):
            return Measure(label, "percent", 0, 1)
        if isinstance(rule, Tally):
            ends = [self._added(item.input, item.each, item.when) for item in rule.items]
            return Measure(label, "number", sum(map(min, ends)), sum(map(max, ends)))
        return None

    def _added(self, reference: InputRef, each: float, when: str | None) -> tuple[float, float]:
        """What a thing counted adds at the least and the most its input takes."""
        measure = self.measure(reference)
        return (0.0, each) if when is not None or measure is None else (each * measure.low, each * measure.high)

    def measured(self, rule: Measured, at: _At) -> Iterator[Doubt]:
        measure = at.measure if rule.input is None else self.measure(rule.input)
        if isinstance(rule, Step):
            yield from self.step(rule, measure, at)
        if measure is None:
            return
        if isinstance(rule, Threshold | Step):
            for how in ("at_least", "above", "at_most", "below", "equals"):
                for value in numbers_in(getattr(rule, how, None)):
                    yield from self.standard(measure, how, value)
        if isinstance(rule, Threshold) and rule.between is not None:
            lows, highs = (list(numbers_in(end)) for end in rule.between)
            if lows and highs and min(lows) > max(highs):
                pair = f"[{plain(lows[0])}, {plain(highs[0])}]"
                right = f"[{plain(highs[0])}, {plain(lows[0])}]"
                yield Doubt(said("scheme.between-first-above-second", pair=pair, right=right))
            else:
                for value in (*lows, *highs):
                    yield from self.standard(measure, "between", value)
        if isinstance(rule, Tiers):
            for band in rule.bands:
                if band.at_least != measure.low:
                    yield from self.standard(measure, "at_least", band.at_least)
            yield from band_doubts(rule, measure)

    def standard(self, measure: Measure | None, how: str, value: float) -> Iterator[Doubt]:
        """A standard that cannot be typed, that every answer meets or none, or that is of another kind."""
        if measure is None:
            return
        low, high = measure.low, measure.high
        facts: dict[str, Fact] = {"label": measure.label, "how": how, "value": plain(value)}
        within: dict[str, Fact] = {"range": measure.range(), **facts}
        if measure.kind == "percent" and (value > max(1, high) or self._percent_meant(value)):
            numbers = {"percent": plain(value * 100), "fraction": plain(value / 100)}
            yield Doubt(said("scheme.standard-percent", **within, **numbers), (value, value / 100))
        elif not low <= value <= high:
            yield Doubt(said("scheme.standard-outside", **within), (value,))
        elif measure.kind == "number" and 0 < value <= 1 and self.says_percent(value * 100):
            yield Doubt(said("scheme.standard-of-number", percent=plain(value * 100), **facts), (value,))
        elif measure.kind == "count" and value != int(value):
            yield Doubt(said("scheme.standard-of-count", **facts), (value,))
        elif (how == "at_least" and value <= low) or (how == "at_most" and value >= high):
            yield Doubt(said("scheme.standard-always-met", **within), (value,))
        elif (how == "above" and value >= high) or (how == "below" and value <= low):
            yield Doubt(said("scheme.standard-never-met", **within), (value,))

    def _percent_meant(self, value: float) -> bool:
        """Whether the text says so many percent where the scheme has the bare number."""
        return value > 1 and self.says_percent(value) and not self.says_percent(value * 100)

    def step(self, rule: Step, measure: Measure | None, at: _At) -> Iterator[Doubt]:
        if at.points is not None and rule.each > at.points:
            yield Doubt(said("scheme.step-takes-all", each=plain(rule.each), points=plain(at.points)), (rule.each,))
        if measure is None:
            return
        if measure.kind == "percent" and rule.per > 0.1 and not self.says_percent(rule.per * 100):
            yield Doubt(
                said(
                    "scheme.per-percentage-points",
                    label=measure.label,
                    per=plain(rule.per),
                    points=plain(rule.per * 100),
                    fraction=plain(rule.per / 100),
                ),
                (rule.per,),
            )
            return
        for value in numbers_in(rule.at_least if rule.at_least is not None else rule.at_most):
            past = value - measure.low if rule.at_least is not None else measure.high - value
            if rule.counting == "whole" and 0 < past < rule.per:
                yield Doubt(said("scheme.per-more-than-any", per=plain(rule.per), past=plain(past)), (rule.per,))

    def composite(self, rule: Composite, at: _At) -> Iterator[Doubt]:
        given = [part.weight for part in rule.parts]
        if rule.combine == "shares":
            yield from weight_doubts(given, at.points)
        elif any("weight" in part.model_fields_set for part in rule.parts):
            yield Doubt(said("scheme.combine-does-not-use", combine=rule.combine), tuple(given))
        for part in rule.parts:
            points = at.points
            if points is not None and rule.combine == "shares":
                points = points * part.weight / sum(given)
            yield from self.rule(part.rule, replace(at, points=points, conditional=False))

    def items(self, rule: Deduct | Tally, at: _At) -> Iterator[Doubt]:
        """What each thing counted, or each answer, costs or adds."""
        for item in rule.items:
            asked = self.input(item.input)
            label = asked.label if asked is not None else key(item.input)
            each = plain(item.each)
            if isinstance(rule, Deduct) and at.points is not None and item.each > round(at.points, 6):
                yield Doubt(
                    said("scheme.each-takes-all", label=label, each=each, points=plain(at.points)),
                    (item.each,),
                )
            if item.each == 0:
                yield Doubt(said("scheme.each-0", label=label))
            cap = getattr(item, "cap", None)
            if isinstance(cap, int | float) and cap < item.each:
                yield Doubt(said("scheme.cap-below-each", label=label, cap=plain(cap), each=each), (cap, item.each))
            if item.when is not None and asked is not None:
                yield from answer_doubts(asked, item.when, "when")

    def condition(self, when: When, what: Fact) -> Iterator[Doubt]:
        """A condition that no answer fulfils, or every one."""
        asked = self.input(when.input)
        if asked is None:
            return
        if when.text is not None:
            yield from answer_doubts(asked, when.text, said("scheme.condition-text", what=what))
            return
        measure = self.measure(when.input)
        if measure is None:
            return
        how, value = next(
            (name, number)
            for name in ("at_least", "above", "at_most", "below")
            if (number := getattr(when, name)) is not None
        )
        low, high = measure.low, measure.high
        never = {"at_least": value > high, "above": value >= high, "at_most": value < low, "below": value <= low}[how]
        always = {"at_least": value <= low, "above": value < low, "at_most": value >= high, "below": value > high}[
            how
        ]
        if never or always:
            facts: dict[str, Fact] = {"what": what, "label": measure.label, "how": how, "value": plain(value)}
            facts["range"] = measure.range()
            if never and measure.kind == "percent":
                why = said("scheme.condition-never-percent", fraction=plain(value / 100), **facts)
            else:
                why = said("scheme.condition-never" if never else "scheme.condition-always", **facts)
            yield Doubt(why, (value, value / 100))
