"""ratio: numerator over denominator from basic data, then another rule judges it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from xl_kpi.expr import ops
from xl_kpi.rules.base import (
    MISSING,
    AnyRule,
    Constraint,
    Context,
    Example,
    InputRef,
    Kind,
    Rule,
    key,
    label_of,
    show,
)

_OVER = {
    "label": "报告及时率",
    "numerator": {"id": "timely", "label": "及时报告事件数", "kind": "count"},
    "denominator": {"id": "all", "label": "报告事件总数", "kind": "count"},
    "then": {"type": "threshold", "at_least": 1},
}


class Ratio(Rule):
    """numerator / denominator, shown as a row of its own, then judged by another rule.

    A denominator of 0 is out of range, unless `if_none` says which share of the points (0 to 1) it earns.
    """

    type: Literal["ratio"] = "ratio"
    label: str
    numerator: InputRef
    denominator: InputRef
    then: AnyRule
    kind: Kind = "percent"
    unit: str = ""
    may_exceed: bool = Field(default=False, description="分子可以大于分母（如拨款与支出之比）")
    if_none: float | None = Field(default=None, ge=0, le=1, description="分母为0时得分值的几成")

    def divisors(self) -> Iterator[str]:
        if self.if_none is None:
            yield key(self.denominator)
        yield from self.then.divisors()

    def constraints(self, context: Context) -> Iterator[Constraint]:
        if not self.may_exceed:
            top, bottom = key(self.numerator), key(self.denominator)
            within = ops.Compare("<=", ops.Ref(top), ops.Ref(bottom))
            yield Constraint(top, within, f"{label_of(self.numerator)}不得大于{label_of(self.denominator)}")
        yield from self.then.constraints(context)

    def lower(self, context: Context) -> ops.Op:
        bottom = ops.Ref(key(self.denominator))
        quotient: ops.Op = ops.Div(ops.Ref(key(self.numerator)), bottom)
        if self.if_none is None:
            measure = ops.Step(self.label, self._unit(), quotient, self.then.standard(self.kind))
            return self.then.lower(context.measuring(measure))
        none = ops.Compare("=", bottom, ops.Const(0))
        measure = ops.Step(
            self.label, self._unit(), ops.If(none, ops.Text("—"), quotient), self.then.standard(self.kind)
        )
        share = ops.Mul(context.points, ops.Const(self.if_none))
        return ops.If(none, share, self.then.lower(context.measuring(measure)))

    def _unit(self) -> str:
        return "%" if self.kind == "percent" else self.unit

    def explain(self) -> str:
        none = (
            ""
            if self.if_none is None
            else f"；{label_of(self.denominator)}为0的得{show(self.if_none, 'percent')}的分值"
        )
        judged = self.then.explain_measured(self.label, self.kind)
        return f"{self.label}＝{label_of(self.numerator)}÷{label_of(self.denominator)}；{judged}{none}"

    EXAMPLES = (
        Example(_OVER, 78, {"timely": 12, "all": 12}, 78, "12÷12＝100%"),
        Example(_OVER, 78, {"timely": 11, "all": 12}, 0, "91.7%不到100%，不得分"),
        Example(_OVER, 78, {"timely": 0, "all": 12}, 0, "0%"),
        Example(_OVER, 78, {"timely": 13, "all": 12}, "有误", "分子大于分母，前后不一致"),
        Example(_OVER, 78, {"timely": 0, "all": 0}, "有误", "分母为0，超范围"),
        Example(_OVER, 78, {"timely": 3}, MISSING, "缺分母"),
        Example(_OVER, 78, {"timely": "全部", "all": 12}, "有误", "文字不是件数"),
        Example(_OVER | {"if_none": 1}, 78, {"timely": 0, "all": 0}, 78, "全年无事件，按约定得满分"),
        Example(
            _OVER | {"may_exceed": True, "then": {"type": "threshold", "at_least": 1}},
            10,
            {"timely": 15, "all": 12},
            10,
            "125%，超额也只得满分",
        ),
    )
