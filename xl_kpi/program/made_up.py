"""Made-up answers of a unit, for the tour and for trying things out: they hang together as real ones do."""

from __future__ import annotations

import random

from xl_kpi.program import nodes
from xl_kpi.program.build import Program
from xl_kpi.program.tasks import BoundTask
from xl_kpi.rules.attain import Attain
from xl_kpi.rules.average import Average
from xl_kpi.rules.base import Rule, rules_in
from xl_kpi.rules.checklist import Checklist
from xl_kpi.rules.growth import Growth, Quotient
from xl_kpi.rules.judged import Judged
from xl_kpi.rules.parts import YES, Input, key
from xl_kpi.rules.ratio import Ratio
from xl_kpi.rules.threshold import Threshold

Answers = dict[str, float | str]
# What a bureau might decide, for all hospitals alike.
BUREAU = {
    "leads_most": 3.0,
    "signed_most": 8.0,
    "city_newborn": 0.96,
    "city_prenatal": 0.93,
    "city_elimination": 0.95,
}


def simulated(program: Program, seed: int) -> Answers:
    """Made-up answers of one unit: mostly good; every fourth has something to find (a veto, a gap, a slip)."""
    draw = random.Random(seed)
    quality = draw.uniform(0.75, 0.99)
    answers: Answers = {}
    for task in program.tasks:
        answers |= {nodes.adopted(task.id, name): value for name, value in _task_answers(task, draw, quality).items()}
    for bound in program.setup:
        answers[bound.id] = BUREAU.get(bound.spec.id) or _plain(bound.spec, draw, quality)
    fatal = next((v.needs[0] for task in program.tasks for v in task.vetoes if "fail" in v.effects), "")
    if fatal and seed in (4, 12):
        answers[fatal] = 1 if seed == 4 else "无"
    if seed == 8:
        answers.pop(program.tasks[4].inputs[0].id)
    return answers


def _task_answers(task: BoundTask, draw: random.Random, quality: float) -> Answers:
    answers: Answers = {}
    for rule in rules_in(task.task.rule):
        answers |= _rule_answers(rule, draw, quality)
    for bound in task.inputs:
        if bound.spec.id not in answers and bound.spec.required:
            answers[bound.spec.id] = _plain(bound.spec, draw, quality)
    for relation in task.task.constraints:  # one of them is no more than the other
        less, more = answers.get(str(relation.smaller)), answers.get(str(relation.larger))
        if isinstance(less, float | int) and isinstance(more, float | int):
            answers[str(relation.smaller)] = min(less, more)
    return {name: value for name, value in answers.items() if any(b.spec.id == name for b in task.inputs)}


def _rule_answers(rule: Rule, draw: random.Random, quality: float) -> Answers:
    """Answers that hang together: a numerator below its denominator, a reason beside a deduction."""
    good = draw.random() < quality
    if isinstance(rule, Ratio):
        whole = draw.randint(20, 200)
        return {
            key(rule.denominator): whole,
            key(rule.numerator): whole if good else round(whole * draw.uniform(0.6, 0.99)),
        }
    if isinstance(rule, Growth):
        pairs = [(rule.current, rule.previous)]
        found: Answers = {}
        for current, previous in pairs:
            if not isinstance(current, Quotient) and not isinstance(previous, Quotient):
                last = draw.randint(500, 1500)
                found |= {key(previous): last, key(current): round(last * (1.08 if good else 0.98))}
        return found
    if isinstance(rule, Average):
        indices = {f"{rule.id}_{i}": round(draw.uniform(0.8, 1.0) * rule.top, 2) for i in range(1, 4)}
        return {f"{rule.id}_drawn": 3, **indices}
    if isinstance(rule, Judged):
        if good:
            return {rule.id: 0}
        return {rule.id: 1, f"{rule.id}_reason": "部分工作完成效果较差"}
    if isinstance(rule, Checklist):
        # Nothing here has a date to fill in unless it was done.
        return {item.id: "是" if draw.random() < quality or item.due else "否" for item in rule.items} | {
            f"{item.id}_date": 44800 for item in rule.items if item.due
        }
    if isinstance(rule, Attain):
        return {key(t.input): t.target for t in rule.targets if isinstance(t.target, float) and good}
    if isinstance(rule, Threshold) and isinstance(rule.input, Input):
        return {rule.input.id: _meeting(rule, rule.input, draw, good)}
    return {}


def _meeting(rule: Threshold, spec: Input, draw: random.Random, good: bool) -> float:
    standard = next(
        value
        for value in (
            rule.at_least,
            rule.at_most,
            rule.above,
            rule.below,
            rule.equals,
            (rule.between or [None])[0],
        )
        if value is not None
    )
    base = standard if isinstance(standard, float) else 0.9
    low, high = spec.bounds
    up = rule.at_least is not None or rule.above is not None or rule.between is not None
    value = base if good else base * (draw.uniform(0.85, 0.99) if up else draw.uniform(1.01, 1.2))
    if spec.kind == "count":
        value = float(round(value)) if good else float(max(0, round(value) + (-1 if up else 1)))
    return min(max(round(value, 4), low), high)


def _plain(spec: Input, draw: random.Random, quality: float) -> float | str:
    """An answer to an input no rule has more to say about."""
    if spec.kind == "choice":
        if YES in spec.choices:
            return YES if draw.random() < quality else "否"
        return spec.choices[0] if draw.random() < quality else draw.choice(spec.choices)
    low, high = spec.bounds
    if spec.kind == "percent":
        return round(draw.uniform(max(low, 0.9), high), 4)
    return low if draw.random() < quality else min(low + 1, high)
