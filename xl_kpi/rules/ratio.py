"""ratio: numerator over denominator from basic data, then another rule judges it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, AnyRule, Context, Example, Rule
from xl_kpi.rules.parts import IF_NONE_WORDS, Constraint, IfNone, InputRef, Kind, Nothing, key, label_of

_OVER = {
    "label": "报告及时率",
    "numerator": {"id": "timely", "label": "及时报告事件数", "kind": "count"},
    "denominator": {"id": "all", "label": "报告事件总数", "kind": "count"},
    "then": {"type": "threshold", "at_least": 1},
}


class Ratio(Rule):
    """numerator / denominator, shown as a row of its own, then judged by another rule.

    A denominator of 0 is out of range, unless `if_none` says what it is worth that there was nothing to count.
    """

    type: Literal["ratio"] = "ratio"
    label: str
    numerator: InputRef
    denominator: InputRef
    then: AnyRule
    kind: Kind = "percent"
    unit: str = ""
    may_exceed: bool = Field(default=False, description="分子可以大于分母（如拨款与支出之比）")
    if_none: IfNone | None = Field(default=None, description="分母为0（没有发生）时怎样计分；不写则分母不能为0")

    def divisors(self) -> Iterator[str]:
        if self.if_none is None:
            yield key(self.denominator)
        yield from self.then.divisors()

    def constraints(self, context: Context) -> Iterator[Constraint]:
        if not self.may_exceed:
            top, bottom = key(self.numerator), key(self.denominator)
            within = ops.Compare("<=", ops.Ref(top), ops.Ref(bottom))
            yield Constraint(top, within, f"{label_of(self.numerator)}不得大于{label_of(self.denominator)}")
        elif self.if_none is not None:
            counted, all_of_it = ops.Ref(key(self.numerator)), ops.Ref(key(self.denominator))
            nothing = ops.Or((ops.Compare(">", all_of_it, ops.Const(0)), ops.Compare("=", counted, ops.Const(0))))
            yield Constraint(
                key(self.numerator), nothing, f"{label_of(self.denominator)}为0的，{label_of(self.numerator)}也应为0"
            )
        yield from self.then.constraints(context)

    def nothings(self) -> Iterator[Nothing]:
        if self.if_none is not None:
            yield Nothing(key(self.denominator), self.label, self._none(), self.if_none)
        yield from self.then.nothings()

    def _none(self) -> ops.Op:
        return ops.Compare("=", ops.Ref(key(self.denominator)), ops.Const(0))

    def left_out(self, context: Context) -> ops.Op | None:
        return ops.If(self._none(), context.points, ops.Const(0)) if self.if_none == "exclude" else None

    def lower(self, context: Context) -> ops.Op:
        quotient: ops.Op = ops.Div(ops.Ref(key(self.numerator)), ops.Ref(key(self.denominator)))
        if self.if_none is None:
            measure = ops.Step(self.label, self._unit(), quotient, self.then.standard(self.kind))
            return self.then.lower(context.measuring(measure))
        shown = ops.If(self._none(), ops.Text("—"), quotient)
        measure = ops.Step(self.label, self._unit(), shown, self.then.standard(self.kind))
        worth = context.points if self.if_none == "full" else ops.Const(0)
        return ops.If(self._none(), worth, self.then.lower(context.measuring(measure)))

    def _unit(self) -> str:
        return "%" if self.kind == "percent" else self.unit

    def explain(self) -> str:
        none = "" if self.if_none is None else f"；{label_of(self.denominator)}为0的{IF_NONE_WORDS[self.if_none]}"
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
        Example(_OVER | {"if_none": "full"}, 78, {"timely": 0, "all": 0}, 78, "全年无事件，按约定得满分"),
        Example(_OVER | {"if_none": "zero"}, 78, {"timely": 0, "all": 0}, 0, "全年无事件，按约定不得分"),
        Example(_OVER | {"if_none": "exclude"}, 78, {"timely": 0, "all": 0}, "不参评", "全年无事件，不参评"),
        Example(_OVER | {"if_none": "exclude"}, 78, {"timely": 11, "all": 12}, 0, "有事件的照常计分"),
        Example(
            _OVER | {"if_none": "full", "may_exceed": True}, 78, {"timely": 3, "all": 0}, "有误", "分母为0而分子不为0"
        ),
        Example(
            _OVER | {"may_exceed": True, "then": {"type": "threshold", "at_least": 1}},
            10,
            {"timely": 15, "all": 12},
            10,
            "125%，超额也只得满分",
        ),
    )
