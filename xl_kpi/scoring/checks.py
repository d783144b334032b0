"""What is wrong with the answers of one workbook: an issue for each input that is not in order, by node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xl_kpi.expr import ops, semantics
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.findings import either
from xl_kpi.outward import masked
from xl_kpi.rules.base import IF_NONE_WORDS, Input, show
from xl_kpi.scheme.model import EFFECT_NAMES
from xl_kpi.scheme.program import STAGES, BoundInput, Program


@dataclass(frozen=True)
class Issue:
    """A catalogue code, the node it concerns, and the details its message needs."""

    code: str
    node: str
    details: dict[str, object] = field(default_factory=dict)


def issues(program: Program, batch: Batch, row: int) -> Iterator[Issue]:
    """Every issue of one workbook of a batch, in the order of the form."""
    for bound in program.inputs():
        yield from _input_issues(bound, batch, row)
    for nothing in program.nothings:
        batch.compute("", nothing.shown)
        if batch.value("", row) == semantics.NONE:
            bound = next(bound for bound in program.inputs() if bound.id == nothing.on)
            details: dict[str, object] = {"label": nothing.label, "worth": IF_NONE_WORDS[nothing.counts]}
            yield Issue("none", adopted_cell(bound, batch, row), details)
    for task in program.tasks:
        for veto in task.vetoes:
            if batch.value(veto.id, row) == semantics.TRIGGERED:
                effects = "、".join(EFFECT_NAMES[e] for e in veto.effects)
                why = veto.sentence.rpartition("：")[0]
                yield Issue("veto", veto.id, {"task": task.task.name, "effect": effects, "why": why})


def _input_issues(bound: BoundInput, batch: Batch, row: int) -> Iterator[Issue]:
    state = batch.value(f"{bound.id}?", row)
    if state in (semantics.FILLED, semantics.OPTIONAL):
        return
    node = adopted_cell(bound, batch, row)
    value = batch.value(bound.id, row)
    label = bound.spec.label
    if state == semantics.MISSING:
        yield Issue("missing", node, {"label": label})
    elif state == semantics.INVALID:
        said = masked(value) if isinstance(value, str) else f"{value:.10g}"
        yield Issue("invalid", node, {"label": label, "value": said, "why": _expected(bound.spec)})
    elif state == semantics.OUT_OF_RANGE:
        low, high = (show(limit, bound.spec.kind) for limit in bound.spec.bounds)
        shown = show(value, bound.spec.kind) if isinstance(value, float) else value
        yield Issue("out-of-range", node, {"label": label, "value": shown, "low": low, "high": high})
    else:
        for constraint in bound.constraints:
            batch.compute("", ops.If(constraint.holds, ops.Text(""), ops.Text(constraint.message)))
            if batch.value("", row):
                yield Issue("inconsistent", node, {"label": label, "why": constraint.message})


def adopted_cell(bound: BoundInput, batch: Batch, row: int) -> str:
    """The node of the stage whose value was adopted; the first stage when nothing is filled."""
    filled = [stage for stage in STAGES if batch.value(bound.id + stage, row) is not None]
    return bound.id + (filled[-1] if filled else STAGES[0])


def _expected(spec: Input) -> str:
    if spec.kind == "choice":
        return either(f"应从{'、'.join(spec.choices)}中选择", f"it must be one of {', '.join(spec.choices)}")
    if spec.kind == "count":
        return either("应填整数，不带单位和文字", "it must be a whole number without unit or words")
    if spec.kind == "date":
        return either("应填日期", "it must be a date")
    if spec.kind == "percent":
        return either("应填百分数，如95%", "it must be a percentage such as 95%")
    if spec.kind == "text":
        return either("应填文字", "it must be a text")
    return either("应填数字，不带单位和文字", "it must be a number without unit or words")
