"""What is wrong with the answers of one workbook: an issue for each input that is not in order, by node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from xl_kpi.expr import semantics
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.findings import either
from xl_kpi.outward import masked
from xl_kpi.rules.base import Constraint, Input
from xl_kpi.scheme import asking
from xl_kpi.scheme.model import EFFECT_NAMES
from xl_kpi.scheme.program import STAGES, BoundInput, Program, breach
from xl_kpi.scoring.answers import reading


@dataclass(frozen=True)
class Issue:
    """A catalogue code, the node it concerns, and the details its message needs."""

    code: str
    node: str
    details: dict[str, object] = field(default_factory=dict)


def issues(program: Program, batch: Batch, row: int, at: Callable[[str], str]) -> Iterator[Issue]:
    """Every issue of one workbook of a batch, in the order of the form; `at` gives a node's cell, as 数据填报!E5."""
    for bound in program.inputs():
        yield from _input_issues(bound, batch, row, at)
    for task in program.tasks:
        for veto in task.vetoes:
            if batch.value(veto.id, row) == semantics.TRIGGERED:
                effects = "、".join(EFFECT_NAMES[e] for e in veto.effects)
                why = veto.sentence.rpartition("：")[0]
                yield Issue("veto", veto.id, {"task": task.task.name, "effect": effects, "why": why})


def _input_issues(bound: BoundInput, batch: Batch, row: int, at: Callable[[str], str]) -> Iterator[Issue]:
    state = batch.value(f"{bound.id}?", row)
    if state in (semantics.FILLED, semantics.OPTIONAL):
        return
    node = adopted_cell(bound, batch, row)
    value = batch.value(bound.id, row)
    label: dict[str, object] = {"label": bound.spec.label}
    if state == semantics.MISSING:
        yield Issue("missing", node, label | {"remedy": asking.remedy_for_blank(bound.spec)})
    elif state == semantics.INVALID:
        yield Issue(*_invalid(value, bound.spec, node))
    elif state == semantics.OUT_OF_RANGE:
        assert isinstance(value, float), "only a number can be out of range"
        yield Issue("out-of-range", node, label | {"why": asking.outside(value, bound.spec)})
    else:
        stage = node.removeprefix(bound.id)
        for constraint in bound.constraints:
            batch.compute("", breach(constraint, bound.id))
            if batch.value("", row):
                why = _broken(constraint, bound.spec, batch, row, lambda other: at(other + stage))
                yield Issue("inconsistent", node, label | {"why": why})


def adopted_cell(bound: BoundInput, batch: Batch, row: int) -> str:
    """The node of the stage whose value was adopted; the first stage when nothing is filled."""
    filled = [stage for stage in STAGES if batch.value(bound.id + stage, row) is not None]
    return bound.id + (filled[-1] if filled else STAGES[0])


def _broken(constraint: Constraint, spec: Input, batch: Batch, row: int, cell: Callable[[str], str]) -> str:
    """What a broken constraint is told as: with what was filled in, and what would do."""
    value = batch.value(constraint.on, row)
    given = asking.shown(value, spec.kind) if isinstance(value, float) else ""
    if not constraint.told:
        return f"：{constraint.message}" + (f"（现为 {given}）" if given else "") + "。请核对改正"
    slots = {"value": given}
    if constraint.most is not None:
        batch.compute("", constraint.most)
        most = batch.value("", row)
        slots["most"] = asking.plain(most) if isinstance(most, float) else ""
    if constraint.there:
        slots["there"] = cell(constraint.there).rpartition("!")[2]
    return constraint.told.format(**slots)


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


def _invalid(value: float | str | None, spec: Input, node: str) -> tuple[str, str, dict[str, object]]:
    """The code, node and details for an answer that is none: what it seems to say, and what to do."""
    label: dict[str, object] = {"label": spec.label}
    if not isinstance(value, str):
        return "invalid", node, label | {"why": _not_whole(value, spec)}
    if value == semantics.ERROR_TEXT:
        error = either(
            "单元格出错（如 #DIV/0!），请删去后重新填写", "the cell shows an error value; clear it and fill it in"
        )
        return "invalid", node, label | {"why": error}
    said = masked(value)
    number = spec.kind in ("number", "count") and spec.bounds[0] <= 0
    if number and value.strip() in _NOTHING:
        why = either(f"填了“{said}”。没有发生请填 0", f"it says {said!r}; put 0 where there was none")
        return "invalid", node, label | {"why": why}
    read = reading(value, spec)
    if read is not None:
        return "text-number", node, label | {"value": said, "remedy": _retyped(read, spec)}
    if not value.strip():
        why = either("只有空格，请删去后重新填写", "it holds nothing but spaces; clear it and fill it in")
        return "invalid", node, label | {"why": why}
    why = either(f"填的是“{said}”，{asking.wanted(spec)}", f"it says {said!r}; {asking.wanted(spec)}")
    return "invalid", node, label | {"why": why}


def _retyped(read: float | str, spec: Input) -> str:
    """What to type in place of a text that says it."""
    if isinstance(read, str):
        return either(f"请从下拉框选择“{read}”", f"choose {read!r} from its list")
    shown = asking.shown(read, spec.kind)
    if spec.kind == "date":
        return either(f"请改为日期 {shown}", f"type the date {shown}")
    if spec.kind == "percent":
        return either(f"请删去后连百分号一起重新输入 {shown}", f"clear it and type {shown} with its sign")
    return either(f"请改为数字 {shown}", f"type the number {shown}")


def _not_whole(value: float | None, spec: Input) -> str:
    shown = "" if value is None else asking.shown(value, spec.kind)
    if spec.kind == "date":
        return either(f"填的是 {shown}，只填日期，不带时间", f"it is {shown}; fill in the date without a time")
    return either(f"填的是 {shown}，{asking.wanted(spec)}", f"it is {shown}; {asking.wanted(spec)}")
