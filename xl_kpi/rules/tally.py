"""tally: counts times points each, summed, then judged against a standard."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, AnyRule, Context, Example, Rule
from xl_kpi.rules.parts import NO, YES, InputRef, Model, key, label_of, show

_LAB = {
    "input": {"id": "lab", "label": "实验室认可", "kind": "choice", "choices": [YES, NO]},
    "each": 2,
    "when": YES,
}
_QUALIFIED = {
    "label": "能力资质综合评分",
    "items": [
        {"input": {"id": "national", "label": "国家级资质数", "kind": "count"}, "each": 2},
        {"input": {"id": "province", "label": "省级资质数", "kind": "count"}, "each": 1},
        {"input": {"id": "third", "label": "丙级资质数", "kind": "count"}, "each": 0.5},
    ],
    "then": {"type": "threshold", "at_least": 4},
}


class Item(Model):
    """Something counted, and what one of it adds; or a choice, and what the answer `when` adds."""

    input: InputRef
    each: float
    when: str | None = None

    def adds(self) -> ops.Op:
        """The points it adds."""
        if self.when is None:
            return ops.Mul(ops.Ref(key(self.input)), ops.Const(self.each))
        return ops.If(ops.Is(key(self.input), self.when), ops.Const(self.each), ops.Const(0))

    def sentence(self) -> str:
        """What it adds, in Chinese."""
        how = "每1个" if self.when is None else f"为“{self.when}”"
        return f"{label_of(self.input)}{how}计{show(self.each)}分"


class Tally(Rule):
    """The sum of count x each, shown as a row of its own, then judged by another rule."""

    type: Literal["tally"] = "tally"
    label: str
    items: tuple[Item, ...] = Field(min_length=1)
    then: AnyRule

    def lower(self, context: Context) -> ops.Op:
        terms = (item.adds() for item in self.items)
        measure = ops.Step(self.label, "分", ops.total(*terms), self.then.standard("number"))
        return self.then.lower(context.measuring(measure))

    def explain(self) -> str:
        if all(item.each == 1 and item.when is None for item in self.items):
            items = f"{self.label}＝" + "＋".join(label_of(item.input) for item in self.items)
        else:
            items = f"{self.label}：" + "，".join(item.sentence() for item in self.items)
        return f"{items}；{self.then.explain_measured(self.label, 'number')}"

    EXAMPLES = (
        Example(_QUALIFIED, 6, {"national": 1, "province": 1, "third": 2}, 6, "2＋1＋2×0.5＝4，恰好达标"),
        Example(_QUALIFIED, 6, {"national": 1, "province": 1, "third": 1}, 0, "3.5，未达标"),
        Example(_QUALIFIED, 6, {"national": 9, "province": 0, "third": 0}, 6, "超额不加分"),
        Example(_QUALIFIED, 6, {"national": 0, "province": 0, "third": 0}, 0, "都是0，不是未填"),
        Example(_QUALIFIED, 6, {"national": 2, "province": 0}, MISSING, "丙级没有填"),
        Example(_QUALIFIED, 6, {"national": "两个", "province": 0, "third": 0}, "有误", "文字不是个数"),
        Example(
            {"label": "综合评分", "items": [_LAB], "then": {"type": "threshold", "at_least": 2}},
            6,
            {"lab": YES},
            6,
            "有认可计2分，达标",
        ),
        Example(
            {"label": "综合评分", "items": [_LAB], "then": {"type": "threshold", "at_least": 2}},
            6,
            {"lab": NO},
            0,
            "没有认可",
        ),
    )
