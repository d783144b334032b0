"""attain: how far several targets were reached, as one completion, then another rule judges it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops, semantics
from xl_kpi.rules.base import MISSING, AnyRule, Context, Example, Rule
from xl_kpi.rules.parts import (
    Ask,
    IfNone,
    Input,
    InputRef,
    Model,
    Number,
    key,
    kind_of,
    label_of,
    show,
    term,
    unit_of,
)
from xl_kpi.words import SaidError, said

_SIGN = {
    "label": "任务完成率",
    "targets": [
        {"input": {"id": "town", "label": "乡镇签订人数", "kind": "count", "unit": "名"}, "target": 6},
        {"input": {"id": "county", "label": "县级签订人数", "kind": "count", "unit": "名"}, "target": 7},
    ],
    "then": {"type": "threshold", "at_least": 1, "otherwise": "proportional"},
}
_RAISED = {
    "label": "提标完成率",
    "targets": [{"input": {"id": "paid", "label": "补助标准", "unit": "元"}, "base": 55, "target": 60}],
    "then": {"type": "threshold", "at_least": 1, "otherwise": "proportional"},
}
_RATES: dict[str, Any] = {
    "label": "任务完成率",
    "targets": [
        {"input": {"id": "hotline", "label": "热线办结率", "kind": "percent", "if_none": "full"}, "target": 1},
        {"input": {"id": "rescue", "label": "抢救成功率", "kind": "percent", "if_none": "exclude"}, "target": 0.8},
    ],
    "then": {"type": "threshold", "at_least": 1, "otherwise": "proportional"},
}
_RESCUE = _RATES | {"targets": _RATES["targets"][1:]}
_IF_NONE: dict[IfNone, str] = {"full": "该项按100%计", "zero": "该项按0计", "exclude": "不计该项"}


class Target(Model):
    """A number to reach; what lies above it does not count."""

    input: InputRef
    target: Number
    base: float | None = Field(default=None, description="起点：只计从起点到目标的进展，如从55提高到60")

    @model_validator(mode="after")
    def _above_zero(self) -> Target:
        if self.base is not None and not (isinstance(self.target, float) and self.target > self.base):
            raise SaidError(said("rules.target-above-base"))
        if isinstance(self.target, float) and self.target <= 0:
            raise SaidError(said("rules.target-above-0"))
        if isinstance(self.target, Ask) and not (self.target.ask.min or 0) > 0:
            raise SaidError(said("rules.asked-target-min"))
        return self

    @property
    def if_none(self) -> IfNone | None:
        """What an answer “无” counts for; None where it is no answer."""
        return self.input.if_none if isinstance(self.input, Input) else None

    def none(self) -> ops.Op:
        """Whether there was nothing to rate."""
        return ops.Is(key(self.input), semantics.NONE)

    def reached(self) -> ops.Op:
        """How much of the target was reached: up to 1, and of the way from the base not below 0."""
        done: ops.Op = ops.Ref(key(self.input))
        if self.base is None:
            reached: ops.Op = ops.Min((ops.Const(1), ops.Div(done, term(self.target))))
        else:
            way = ops.Sub(term(self.target), ops.Const(self.base))
            made = ops.Div(ops.Sub(done, ops.Const(self.base)), way)
            reached = ops.Max((ops.Const(0), ops.Min((ops.Const(1), made))))
        if self.if_none is None:
            return reached
        return ops.If(self.none(), ops.Const(1 if self.if_none == "full" else 0), reached)

    def sentence(self) -> str:
        """The target in Chinese."""
        kind, unit = kind_of(self.input), unit_of(self.input)
        base = "" if self.base is None else f"从{show(self.base, kind)}起计，"
        return f"{label_of(self.input)}（{base}目标{show(self.target, kind)}{unit}）"


class Attain(Rule):
    """The mean over the targets of actual / target, each capped at 100%, then judged by another rule.

    From a base, what counts is the way made from there to the target. A target whose rate is answered “无” counts as
    reached (full), as 0 (zero), or not at all (exclude).
    """

    type: Literal["attain"] = "attain"
    label: str
    targets: tuple[Target, ...] = Field(min_length=1)
    then: AnyRule

    def lower(self, context: Context) -> ops.Op:
        measured = self.then.lower(context.measuring(self._measure()))
        gone = self._all_left_out()
        return measured if gone is None else ops.If(gone, ops.Const(0), measured)

    def left_out(self, context: Context) -> ops.Op | None:
        gone = self._all_left_out()
        return None if gone is None else ops.If(gone, context.points, ops.Const(0))

    def _measure(self) -> ops.Op:
        mean: ops.Op = ops.total(*(target.reached() for target in self.targets))
        skipped = [ops.If(t.none(), ops.Const(1), ops.Const(0)) for t in self.targets if t.if_none == "exclude"]
        if skipped:
            mean = ops.Div(mean, ops.Sub(ops.Const(len(self.targets)), ops.total(*skipped)))
        elif len(self.targets) > 1:
            mean = ops.Div(mean, ops.Const(len(self.targets)))
        gone = self._all_left_out()
        if gone is not None:
            mean = ops.If(gone, ops.Text("—"), mean)
        return ops.Step(self.label, "%", mean, self.then.standard("percent"))

    def _all_left_out(self) -> ops.Op | None:
        """Whether every target is left out; None where one of them always counts."""
        if any(target.if_none != "exclude" for target in self.targets):
            return None
        return ops.every(*(target.none() for target in self.targets))

    def explain(self) -> str:
        names = "、".join(target.sentence() for target in self.targets)
        how = "完成数÷目标数" if len(self.targets) == 1 else "各项完成数÷目标数的平均"
        none = "".join(
            f"；{label_of(t.input)}填“无”的{_IF_NONE[t.if_none]}" for t in self.targets if t.if_none is not None
        )
        judged = self.then.explain_measured(self.label, "percent")
        return f"{self.label}＝{how}（每项最高100%）：{names}；{judged}{none}"

    def standards(self) -> dict[str, str]:
        own = {key(t.input): f"≥{show(t.target, kind_of(t.input))}{unit_of(t.input)}" for t in self.targets}
        return own | self.then.standards()

    EXAMPLES = (
        Example(_SIGN, 30, {"town": 6, "county": 7}, 30, "两项都完成"),
        Example(_SIGN, 30, {"town": 3, "county": 7}, 22.5, "（50%＋100%）÷2＝75%，30×75%"),
        Example(_SIGN, 30, {"town": 12, "county": 0}, 15, "超额的不抵另一项，（100%＋0）÷2＝50%"),
        Example(_SIGN, 30, {"town": 0, "county": 0}, 0, "都是0，不是未填"),
        Example(_SIGN, 30, {"town": 6}, MISSING, "县级没有填"),
        Example(_SIGN, 30, {"town": "六", "county": 7}, "有误", "文字不是人数"),
        Example(_RAISED, 30, {"paid": 60}, 30, "提高到60元"),
        Example(_RAISED, 30, {"paid": 57.5}, 15, "（57.5－55）÷（60－55）＝50%"),
        Example(_RAISED, 30, {"paid": 55}, 0, "没有提高"),
        Example(_RAISED, 30, {"paid": 50}, 0, "比起点还低，按0计"),
        Example(_RAISED, 30, {"paid": 70}, 30, "超额不加分"),
        Example(_RATES, 30, {"hotline": "无", "rescue": 0.4}, 22.5, "热线按100%，抢救40÷80＝50%，平均75%"),
        Example(_RATES, 30, {"hotline": 0.5, "rescue": "无"}, 15, "抢救不计，只按热线50%"),
        Example(_RESCUE, 30, {"rescue": "无"}, "不参评", "唯一的一项没有发生，整项不参评"),
    )
