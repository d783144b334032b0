"""attain: how far several targets were reached, as one completion, then another rule judges it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import (
    MISSING,
    AnyRule,
    Ask,
    Context,
    Example,
    InputRef,
    Model,
    Number,
    Rule,
    key,
    kind_of,
    label_of,
    show,
    term,
    unit_of,
)

_SIGN = {
    "label": "任务完成率",
    "targets": [
        {"input": {"id": "town", "label": "乡镇签订人数", "kind": "count", "unit": "名"}, "target": 6},
        {"input": {"id": "county", "label": "县级签订人数", "kind": "count", "unit": "名"}, "target": 7},
    ],
    "then": {"type": "threshold", "at_least": 1, "otherwise": "proportional"},
}


class Target(Model):
    """A number to reach; what lies above it does not count."""

    input: InputRef
    target: Number

    @model_validator(mode="after")
    def _above_zero(self) -> Target:
        if isinstance(self.target, float) and self.target <= 0:
            raise ValueError("目标须大于0")
        if isinstance(self.target, Ask) and not (self.target.ask.min or 0) > 0:
            raise ValueError("由组织单位填写的目标须写 min，且大于0")
        return self


class Attain(Rule):
    """The mean over the targets of actual / target, each capped at 100%, then judged by another rule."""

    type: Literal["attain"] = "attain"
    label: str
    targets: tuple[Target, ...] = Field(min_length=1)
    then: AnyRule

    def lower(self, context: Context) -> ops.Op:
        reached = [ops.Min((ops.Const(1), ops.Div(ops.Ref(key(t.input)), term(t.target)))) for t in self.targets]
        mean: ops.Op = ops.total(*reached)
        if len(reached) > 1:
            mean = ops.Div(mean, ops.Const(len(reached)))
        measure = ops.Step(self.label, "%", mean, self.then.standard("percent"))
        return self.then.lower(context.measuring(measure))

    def explain(self) -> str:
        names = "、".join(
            f"{label_of(t.input)}（目标{show(t.target, kind_of(t.input))}{unit_of(t.input)}）" for t in self.targets
        )
        how = "完成数÷目标数" if len(self.targets) == 1 else "各项完成数÷目标数的平均"
        return f"{self.label}＝{how}（每项最高100%）：{names}；{self.then.explain_measured(self.label, 'percent')}"

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
    )
