"""average: the mean index over the events drawn, then another rule judges it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, AnyRule, Context, Example, Rule
from xl_kpi.rules.parts import IF_NONE_WORDS, Constraint, Id, IfNone, Input, InputRef, Nothing, key, label_of
from xl_kpi.words import SaidError, said

_INDEX = {
    "id": "event",
    "label": "规范处置指数",
    "each": "事件",
    "most": 3,
    "then": {"type": "threshold", "at_least": 0.85},
}
_HANDLED = {"id": "handled", "label": "处置事件数", "kind": "count", "unit": "起"}
_GUIDED = {"id": "guided", "label": "指导事件数", "kind": "count", "unit": "起"}
_OPEN = _INDEX | {"of": [_HANDLED, _GUIDED], "if_none": "full"}
_TWO: dict[str, float | str] = {"event_drawn": 2, "event_1": 0.9, "event_2": 0.8}


class Average(Rule):
    """The mean over up to `most` drawn items; how many were drawn is asked, and must match how many are filled.

    `of` counts what could be drawn from: no more may be drawn, and one at least where there are any. Only where there
    are none does `if_none` say what that is worth; without it one at least has to be drawn.
    """

    type: Literal["average"] = "average"
    id: Id
    label: str
    each: str = Field(description="抽取的是什么，如“事件”“演练”")
    unit: str = Field(default="起", description="抽取对象的量词，如“起”“次”")
    most: int = Field(default=10, ge=1, le=30)
    top: float = Field(default=1, description="每起的最高分")
    then: AnyRule
    of: tuple[InputRef, ...] = Field(default=(), description="可以抽取的件数，几项的合计")
    if_none: IfNone | None = Field(default=None, description="没有可抽取的（of 合计为0）怎样计分")

    @model_validator(mode="after")
    def _none_is_counted(self) -> Average:
        if self.if_none is not None and not self.of:
            raise SaidError(said("rules.average-of"))
        return self

    def _items(self) -> tuple[str, ...]:
        return tuple(f"{self.id}_{i}" for i in range(1, self.most + 1))

    def inputs(self) -> Iterator[Input]:
        yield from (item for item in self.of if isinstance(item, Input))
        least = 1.0 if self.if_none is None else 0.0
        yield Input(id=f"{self.id}_drawn", label=f"抽取{self.each}数", kind="count", min=least, max=self.most)
        for i, item in enumerate(self._items(), 1):
            label = f"第{i}{self.unit}{self.each}的{self.label}"
            yield Input(id=item, label=label, min=0, max=self.top, required=False)
        yield from self.then.inputs()

    def constraints(self, context: Context) -> Iterator[Constraint]:
        drawn = f"{self.id}_drawn"
        same = ops.Compare("=", ops.Ref(drawn), ops.Count(self._items()))
        yield Constraint(drawn, same, f"抽取{self.each}数须等于下面填写了{self.label}的个数")
        if self.of:
            there = "与".join(label_of(item) for item in self.of) + ("之和" if len(self.of) > 1 else "")
            within = ops.Compare("<=", ops.Ref(drawn), self._there())
            yield Constraint(drawn, within, f"抽取{self.each}数不得大于{there}")
            some = ops.Or((ops.Compare(">", ops.Ref(drawn), ops.Const(0)), self._none()))
            yield Constraint(drawn, some, f"{there}大于0，至少要抽取1{self.unit}")
        yield from self.then.constraints(context)

    def _there(self) -> ops.Op:
        return ops.total(*(ops.Ref(key(item)) for item in self.of))

    def _none(self) -> ops.Op:
        return ops.Compare("=", self._there(), ops.Const(0))

    def nothings(self) -> Iterator[Nothing]:
        if self.if_none is not None:
            yield Nothing(f"{self.id}_drawn", self.label, self._none(), self.if_none)
        yield from self.then.nothings()

    def lower(self, context: Context) -> ops.Op:
        mean: ops.Op = ops.Div(ops.Sum(self._items()), ops.Ref(f"{self.id}_drawn"))
        if self.if_none is not None:
            mean = ops.If(self._none(), ops.Text("—"), mean)
        measure = ops.Step(f"{self.label}（平均）", "", mean, self.then.standard("number"))
        judged = self.then.lower(context.measuring(measure))
        if self.if_none is None:
            return judged
        return ops.If(self._none(), context.points if self.if_none == "full" else ops.Const(0), judged)

    def left_out(self, context: Context) -> ops.Op | None:
        return ops.If(self._none(), context.points, ops.Const(0)) if self.if_none == "exclude" else None

    def explain(self) -> str:
        judged = self.then.explain_measured(self.label, "number")
        there = "、".join(label_of(item) for item in self.of)
        none = (
            ""
            if self.if_none is None
            else f"；{there}{'都' if len(self.of) > 1 else ''}为0的{IF_NONE_WORDS[self.if_none]}"
        )
        return f"{self.label}＝抽取{self.each}的{self.label}之和÷抽取{self.each}数；{judged}{none}"

    EXAMPLES = (
        Example(_INDEX, 17, _TWO, 17, "（0.9＋0.8）÷2＝0.85，恰好达标"),
        Example(_INDEX, 17, _TWO | {"event_2": 0.79}, 0, "0.845，未达标"),
        Example(_INDEX, 17, {"event_drawn": 1, "event_1": 0}, 0, "指数为0，不是未填"),
        Example(_INDEX, 17, {"event_drawn": 3, "event_1": 0.9, "event_2": 0.9}, "有误", "抽3起只填2起"),
        Example(_INDEX, 17, {"event_drawn": 0}, "有误", "没有说明没有事件时怎样计分的，至少抽1起"),
        Example(_INDEX, 17, {"event_1": 0.9}, MISSING, "没有填抽取数"),
        Example(_INDEX, 17, {"event_drawn": 1, "event_1": 1.2}, "有误", "指数最高为1"),
        Example(_INDEX, 17, {"event_drawn": 1, "event_1": "优"}, "有误", "文字不是指数"),
        Example(_OPEN, 17, {"handled": 0, "guided": 0, "event_drawn": 0}, 17, "全年无事件，按约定得满分"),
        Example(_OPEN, 17, {"handled": 12, "guided": 0, "event_drawn": 0}, "有误", "有12起事件，不能一起也不抽"),
        Example(_OPEN, 17, {"handled": 0, "guided": 1, "event_drawn": 0}, "有误", "有指导过的事件，也要抽"),
        Example(_OPEN, 17, _TWO | {"handled": 1, "guided": 1}, 17, "2起都抽，（0.9＋0.8）÷2＝0.85"),
        Example(_OPEN, 17, _TWO | {"handled": 1, "guided": 0}, "有误", "只有1起，抽不出2起"),
        Example(_OPEN, 17, {"guided": 0, "event_drawn": 0}, MISSING, "没有填处置事件数，不能当作没有事件"),
        Example(
            _OPEN | {"if_none": "zero"}, 17, {"handled": 0, "guided": 0, "event_drawn": 0}, 0, "没有事件，不得分"
        ),
        Example(
            _OPEN | {"if_none": "exclude"},
            17,
            {"handled": 0, "guided": 0, "event_drawn": 0},
            "不参评",
            "没有事件，不参评",
        ),
    )
