"""average: the mean index over the events drawn, then another rule judges it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, AnyRule, Constraint, Context, Example, Id, Input, Rule, show

_INDEX = {
    "id": "event",
    "label": "规范处置指数",
    "each": "事件",
    "most": 3,
    "then": {"type": "threshold", "at_least": 0.85},
}


class Average(Rule):
    """The mean over up to `most` drawn items; how many were drawn is asked, and must match how many are filled."""

    type: Literal["average"] = "average"
    id: Id
    label: str
    each: str = Field(description="抽取的是什么，如“事件”“演练”")
    most: int = Field(default=10, ge=1, le=30)
    top: float = Field(default=1, description="每起的最高分")
    then: AnyRule
    if_none: float | None = Field(default=None, ge=0, le=1, description="没有可抽取的，得分值的几成")

    def _items(self) -> tuple[str, ...]:
        return tuple(f"{self.id}_{i}" for i in range(1, self.most + 1))

    def inputs(self) -> Iterator[Input]:
        least = 1.0 if self.if_none is None else 0.0
        yield Input(id=f"{self.id}_drawn", label=f"抽取{self.each}数", kind="count", min=least, max=self.most)
        for i, item in enumerate(self._items(), 1):
            label = f"第{i}起（次）{self.each}的{self.label}"
            yield Input(id=item, label=label, min=0, max=self.top, required=False)
        yield from self.then.inputs()

    def constraints(self, context: Context) -> Iterator[Constraint]:
        drawn = f"{self.id}_drawn"
        same = ops.Compare("=", ops.Ref(drawn), ops.Count(self._items()))
        yield Constraint(drawn, same, f"抽取{self.each}数须等于下面填写了{self.label}的个数")
        yield from self.then.constraints(context)

    def lower(self, context: Context) -> ops.Op:
        drawn = ops.Ref(f"{self.id}_drawn")
        mean: ops.Op = ops.Div(ops.Sum(self._items()), drawn)
        none = ops.Compare("=", drawn, ops.Const(0))
        if self.if_none is not None:
            mean = ops.If(none, ops.Text("—"), mean)
        measure = ops.Step(f"{self.label}（平均）", "", mean, self.then.standard("number"))
        judged = self.then.lower(context.measuring(measure))
        if self.if_none is None:
            return judged
        return ops.If(none, ops.Mul(context.points, ops.Const(self.if_none)), judged)

    def explain(self) -> str:
        judged = self.then.explain_measured(self.label, "number")
        none = "" if self.if_none is None else f"；没有可抽取的{self.each}得{show(self.if_none, 'percent')}的分值"
        return f"{self.label}＝抽取{self.each}的{self.label}之和÷抽取{self.each}数；{judged}{none}"

    EXAMPLES = (
        Example(
            _INDEX,
            17,
            {"event_drawn": 2, "event_1": 0.9, "event_2": 0.8},
            17,
            "（0.9＋0.8）÷2＝0.85，恰好达标",
        ),
        Example(_INDEX, 17, {"event_drawn": 2, "event_1": 0.9, "event_2": 0.79}, 0, "0.845，未达标"),
        Example(_INDEX, 17, {"event_drawn": 1, "event_1": 0}, 0, "指数为0，不是未填"),
        Example(_INDEX, 17, {"event_drawn": 3, "event_1": 0.9, "event_2": 0.9}, "有误", "抽3起只填2起"),
        Example(_INDEX, 17, {"event_1": 0.9}, MISSING, "没有填抽取数"),
        Example(_INDEX, 17, {"event_drawn": 1, "event_1": 1.2}, "有误", "指数最高为1"),
        Example(_INDEX, 17, {"event_drawn": 1, "event_1": "优"}, "有误", "文字不是指数"),
        Example(_INDEX | {"if_none": 1}, 17, {"event_drawn": 0}, 17, "全年无事件，按约定得满分"),
    )
