"""deduct: full points less so many for each incident."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, Context, Example, Rule
from xl_kpi.rules.parts import NO, YES, Input, InputRef, Model, key, kind_of, label_of, show
from xl_kpi.words import SaidError, said

_UNDONE = {"id": "undone", "label": "未完成项数", "kind": "count"}
_CHECKED = {"id": "checked", "label": "身份核对是否完成", "kind": "choice", "choices": [YES, NO]}


class Item(Model):
    """What costs points: a count times `each`, or the answer `when` costing `each` once."""

    input: InputRef
    each: float = Field(gt=0, description="每件扣的分")
    when: str | None = None

    @model_validator(mode="after")
    def _when_belongs_to_choice(self) -> Item:
        if isinstance(self.input, Input) and (kind_of(self.input) == "choice") != (self.when is not None):
            raise SaidError(said("rules.deduct-when"))
        return self

    def off(self) -> ops.Op:
        """The points it costs."""
        if self.when is None:
            return ops.Mul(ops.Ref(key(self.input)), ops.Const(self.each))
        return ops.If(ops.Is(key(self.input), self.when), ops.Const(self.each), ops.Const(0))

    def most(self) -> float:
        """The most points it could cost, a count taken as at its upper bound."""
        return self.each * (self.input.bounds[1] if self.when is None and isinstance(self.input, Input) else 1)

    def sentence(self) -> str:
        """The cost in Chinese."""
        if self.when is None:
            return f"{label_of(self.input)}每1项（次、例）扣{show(self.each)}分"
        return f"{label_of(self.input)}为“{self.when}”扣{show(self.each)}分"


class Deduct(Rule):
    """Full points less what each item costs, not below 0."""

    type: Literal["deduct"] = "deduct"
    items: tuple[Item, ...] = Field(min_length=1)

    def lower(self, context: Context) -> ops.Op:
        off = ops.total(*(item.off() for item in self.items))
        return ops.Max((ops.Const(0), ops.Sub(context.points, off)))

    def most_off(self, points: float) -> float:
        return sum(item.most() for item in self.items)

    def explain(self) -> str:
        return "，".join(item.sentence() for item in self.items) + "，扣完为止"

    EXAMPLES = (
        Example({"items": [{"input": _UNDONE, "each": 5}]}, 10, {"undone": 0}, 10, "没有未完成项，不扣分"),
        Example({"items": [{"input": _UNDONE, "each": 5}]}, 10, {"undone": 1}, 5, "1项×5分，10－5＝5"),
        Example({"items": [{"input": _UNDONE, "each": 5}]}, 10, {"undone": 3}, 0, "3项应扣15分，扣完为止"),
        Example({"items": [{"input": _UNDONE, "each": 5}]}, 10, {}, MISSING, "空白不是0"),
        Example({"items": [{"input": _UNDONE, "each": 5}]}, 10, {"undone": 1.5}, "有误", "项数须为整数"),
        Example({"items": [{"input": _UNDONE, "each": 5}]}, 10, {"undone": "无"}, "有误", "文字不是项数"),
        Example({"items": [{"input": _CHECKED, "when": NO, "each": 10}]}, 20, {"checked": NO}, 10, "未完成扣10分"),
        Example({"items": [{"input": _CHECKED, "when": NO, "each": 10}]}, 20, {"checked": YES}, 20, "完成不扣"),
        Example(
            {"items": [{"input": _UNDONE, "each": 3}, {"input": _CHECKED, "when": NO, "each": 10}]},
            20,
            {"undone": 2, "checked": NO},
            4,
            "20－2×3－10＝4",
        ),
    )
