"""What is wrong with the answers of one workbook: an issue for each input that is not in order, by node."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from xl_kpi.expr import semantics
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.outward import masked
from xl_kpi.program import asking, nodes
from xl_kpi.program.answers import reading
from xl_kpi.program.build import Program
from xl_kpi.program.inputs import BoundInput, breach
from xl_kpi.program.stages import Stage
from xl_kpi.rules.parts import Constraint, Input
from xl_kpi.words import Fact, Said, said


@dataclass(frozen=True)
class Issue:
    """A catalogue code, the node it concerns, and the details its message needs."""

    code: str
    node: str
    details: dict[str, Fact] = field(default_factory=dict)


def issues(program: Program, batch: Batch, row: int, at: Callable[[str], str]) -> Iterator[Issue]:
    """Every issue of one workbook of a batch, in the order of the form; `at` gives a node's cell, as 数据填报!E5."""
    for bound in program.inputs():
        yield from _input_issues(bound, program, batch, row, at)
    for nothing in program.nothings:
        batch.compute("", nothing.shown)
        if batch.value("", row) == semantics.NONE:
            node = nodes.typed(nothing.on, adopted_at(nothing.on, program, batch, row))
            yield Issue("none", node, {"label": nothing.label, "worth": said(f"issues.{nothing.counts}")})
    for task in program.tasks:
        for veto in task.vetoes:
            if batch.value(veto.id, row) == semantics.TRIGGERED:
                effects = [said(f"effect.{effect}") for effect in veto.effects]
                why = veto.sentence.rpartition("：")[0]
                yield Issue("veto", veto.id, {"task": task.task.name, "effect": effects, "why": why})


def _input_issues(
    bound: BoundInput, program: Program, batch: Batch, row: int, at: Callable[[str], str]
) -> Iterator[Issue]:
    state = batch.value(nodes.status(bound.id), row)
    hint = nodes.hint(bound.id)
    asked = batch.value(hint, row) if hint in batch.columns else None
    if state in (semantics.FILLED, semantics.OPTIONAL) and not asked:
        return
    stage = adopted_at(bound.id, program, batch, row)
    node = nodes.typed(bound.id, stage)
    value = batch.value(bound.id, row)
    label: dict[str, Fact] = {"label": bound.spec.label}
    if asked and state != semantics.OUT_OF_RANGE:
        shown: Fact = asking.shown(value, bound.spec.kind) if isinstance(value, float) else ""
        note = at(nodes.note(bound.id)).rpartition("!")[2]
        yield Issue("question", node, label | {"value": shown, "asked": _asked(asked), "note": note})
    if state in (semantics.FILLED, semantics.OPTIONAL):
        return
    if state == semantics.MISSING:
        yield Issue("missing", node, label | {"remedy": asking.remedy_for_blank(bound.spec)})
    elif state == semantics.INVALID:
        yield Issue(*_invalid(value, bound.spec, node))
    elif state == semantics.OUT_OF_RANGE:
        assert isinstance(value, float), "only a number can be out of range"
        why = asking.outside(value, bound.spec)
        told = (
            said("issues.outside-asked", why=why, asked=_asked(asked)) if asked else said("issues.outside", why=why)
        )
        yield Issue("out-of-range", node, label | {"why": told})
    else:
        for constraint in bound.constraints:
            if constraint.of_none != (value == semantics.NONE):
                continue
            batch.compute("", breach(constraint, bound.id))
            if batch.value("", row):
                why = _broken(constraint, bound.spec, batch, row, lambda other: at(nodes.typed(other, stage)))
                yield Issue("inconsistent", node, label | {"why": why})


def _asked(hint: object) -> Said:
    """The question of a hint, without what the page says to do."""
    question = _QUESTION.match(str(hint))
    return said("issues.is-it", percent=question[1]) if question else said("issues.far-below")


_QUESTION = re.compile("是不是(.*)？")


def adopted_at(node: str, program: Program, batch: Batch, row: int) -> Stage:
    """The stage whose value of an input was adopted; the first stage when nothing is filled."""
    filled = (s for s in reversed(program.stages) if batch.value(nodes.typed(node, s), row) is not None)
    return next(filled, program.stages[0])


def _broken(constraint: Constraint, spec: Input, batch: Batch, row: int, cell: Callable[[str], str]) -> Said:
    """What a broken constraint is told as: with what was filled in, and what would do."""
    value = batch.value(constraint.on, row)
    given: Fact = asking.shown(value, spec.kind) if isinstance(value, float) else ""
    if not constraint.told:
        if given:
            return said("issues.constraint-given", message=constraint.message, given=given)
        return said("issues.constraint", message=constraint.message)
    facts = {"value": given}
    if constraint.most is not None:
        batch.compute("", constraint.most)
        most = batch.value("", row)
        facts["most"] = asking.plain(most) if isinstance(most, float) else ""
    if constraint.there:
        facts["there"] = cell(constraint.there).rpartition("!")[2]
    return said(constraint.told, **facts)


def unfitting(value: float | str | None, spec: Input) -> Fact:
    """Why an answer about to be typed will not be in order; None where it is of its kind and in range."""
    if value is None or spec.kind == "text" or (isinstance(value, str) and value in spec.choices):
        return None
    if value == semantics.NONE and spec.if_none is not None:
        return None
    if isinstance(value, float) and spec.kind != "choice":
        low, high = spec.bounds
        if spec.kind in ("count", "date") and value != int(value):
            return _not_whole(value, spec)
        return None if low <= value <= high else asking.outside(value, spec)
    return _invalid(value, spec, "")[2].get("why")


# answers of another kind

_NOTHING = frozenset(
    [
        "无",
        "没有",
        "没",
        "零",
        "未发生",
        "没有发生",
        "无发生",
        "未开展",
        "-",
        "--",
        "—",
        "——",
        "/",
        "／",
        "\\",
        "、",
        "０",
    ]
)


def _invalid(value: float | str | None, spec: Input, node: str) -> tuple[str, str, dict[str, Fact]]:
    """The code, node and details for an answer that is none: what it seems to say, and what to do."""
    label: dict[str, Fact] = {"label": spec.label}
    if not isinstance(value, str):
        return "invalid", node, label | {"why": _not_whole(value, spec)}
    if value == semantics.ERROR_TEXT:
        return "invalid", node, label | {"why": said("issues.error-value")}
    typed = masked(value)
    number = spec.kind in ("number", "count") and spec.bounds[0] <= 0
    if number and value.strip() in _NOTHING:
        return "invalid", node, label | {"why": said("issues.nothing-is-0", typed=typed)}
    if spec.if_none is not None and value.strip() in _NOTHING:
        return "invalid", node, label | {"why": said("issues.nothing-is-none", typed=typed)}
    read = reading(value, spec)
    if read is not None:
        return "text-number", node, label | {"value": typed, "remedy": _retyped(read, spec)}
    if not value.strip():
        return "invalid", node, label | {"why": said("issues.only-spaces")}
    return "invalid", node, label | {"why": said("issues.another-text", typed=typed, wanted=asking.wanted(spec))}


def _retyped(read: float | str, spec: Input) -> Said:
    """What to type in place of a text that says it."""
    if isinstance(read, str):
        return said("issues.choose", choice=read)
    what = {"date": "date", "percent": "percentage"}.get(spec.kind, "number")
    return said(f"issues.type-{what}", shown=asking.shown(read, spec.kind))


def _not_whole(value: float | None, spec: Input) -> Said:
    shown: Fact = "" if value is None else asking.shown(value, spec.kind)
    if spec.kind == "date":
        return said("issues.date-with-time", shown=shown)
    return said("issues.not-whole", shown=shown, wanted=asking.wanted(spec))
