"""What is wrong with the answers of one workbook: an issue for each input that is not in order, by node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from xl_kpi.expr import semantics
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.findings import either
from xl_kpi.outward import masked
from xl_kpi.program import asking
from xl_kpi.program.answers import reading
from xl_kpi.program.build import HINT, NOTE, STAGES, BoundInput, Program, breach
from xl_kpi.rules.base import IF_NONE_WORDS, Constraint, Input
from xl_kpi.scheme.model import EFFECT_NAMES
from xl_kpi.words import Fact


@dataclass(frozen=True)
class Issue:
    """A catalogue code, the node it concerns, and the details its message needs."""

    code: str
    node: str
    details: dict[str, Fact] = field(default_factory=dict)


def issues(program: Program, batch: Batch, row: int, at: Callable[[str], str]) -> Iterator[Issue]:
    """Every issue of one workbook of a batch, in the order of the form; `at` gives a node's cell, as 数据填报!E5."""
    for bound in program.inputs():
        yield from _input_issues(bound, batch, row, at)
    for nothing in program.nothings:
        batch.compute("", nothing.shown)
        if batch.value("", row) == semantics.NONE:
            bound = next(bound for bound in program.inputs() if bound.id == nothing.on)
            details: dict[str, Fact] = {"label": nothing.label, "worth": IF_NONE_WORDS[nothing.counts]}
            yield Issue("none", adopted_cell(bound, batch, row), details)
    for task in program.tasks:
        for veto in task.vetoes:
            if batch.value(veto.id, row) == semantics.TRIGGERED:
                effects = "、".join(EFFECT_NAMES[e] for e in veto.effects)
                why = veto.sentence.rpartition("：")[0]
                yield Issue("veto", veto.id, {"task": task.task.name, "effect": effects, "why": why})


def _input_issues(bound: BoundInput, batch: Batch, row: int, at: Callable[[str], str]) -> Iterator[Issue]:
    state = batch.value(f"{bound.id}?", row)
    asked = batch.value(bound.id + HINT, row) if bound.id + HINT in batch.columns else None
    if state in (semantics.FILLED, semantics.OPTIONAL) and not asked:
        return
    node = adopted_cell(bound, batch, row)
    value = batch.value(bound.id, row)
    label: dict[str, Fact] = {"label": bound.spec.label}
    if asked and state != semantics.OUT_OF_RANGE:
        shown = asking.shown(value, bound.spec.kind) if isinstance(value, float) else ""
        note = at(bound.id + NOTE).rpartition("!")[2]
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
        yield Issue("out-of-range", node, label | {"why": why + (f"，{_asked(asked)}" if asked else "。")})
    else:
        stage = node.removeprefix(bound.id)
        for constraint in bound.constraints:
            if constraint.of_none != (value == semantics.NONE):
                continue
            batch.compute("", breach(constraint, bound.id))
            if batch.value("", row):
                why = _broken(constraint, bound.spec, batch, row, lambda other: at(other + stage))
                yield Issue("inconsistent", node, label | {"why": why})


def _asked(hint: object) -> str:
    """The question of a hint, without what the page says to do."""
    question, mark, _ = str(hint).partition("？")
    return question + mark if mark else f"{hint}。"


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


def unfitting(value: float | str | None, spec: Input) -> str:
    """Why an answer about to be typed will not be in order, as it is told; "" where it is of its kind and in range."""
    if value is None or spec.kind == "text" or (isinstance(value, str) and value in spec.choices):
        return ""
    if value == semantics.NONE and spec.if_none is not None:
        return ""
    if isinstance(value, float) and spec.kind != "choice":
        low, high = spec.bounds
        if spec.kind in ("count", "date") and value != int(value):
            return _not_whole(value, spec)
        return "" if low <= value <= high else asking.outside(value, spec)
    return str(_invalid(value, spec, "")[2].get("why", ""))


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
        error = either(
            "单元格出错（如 #DIV/0!），请删去后重新填写", "the cell shows an error value; clear it and fill it in"
        )
        return "invalid", node, label | {"why": error}
    said = masked(value)
    number = spec.kind in ("number", "count") and spec.bounds[0] <= 0
    if number and value.strip() in _NOTHING:
        why = either(f"填了“{said}”。没有发生请填 0", f"it says {said!r}; put 0 where there was none")
        return "invalid", node, label | {"why": why}
    if spec.if_none is not None and value.strip() in _NOTHING:
        why = either(f"填了“{said}”。没有发生请填“无”", f"it says {said!r}; put “无” where there was none")
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
