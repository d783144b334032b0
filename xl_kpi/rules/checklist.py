"""checklist: named items done or not done."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, Context, Example, Rule
from xl_kpi.rules.parts import NO, YES, Constraint, Id, Input, Model, share_of, show
from xl_kpi.words import SaidError, said
from xl_kpi.xlsx.cells import serial

_THREE = [
    {"id": "a", "label": "部署应用"},
    {"id": "b", "label": "系统对接"},
    {"id": "c", "label": "数据集成"},
]
_ALL_DONE: dict[str, float | str] = {"a": YES, "b": YES, "c": YES}
_DUE = [{"id": "a", "label": "部署应用", "due": "10-31"}]
_OCT_31, _NOV_1 = 44865.0, 44866.0  # 2022-10-31 and the day after, as Excel counts days
_LAST_YEAR, _NEXT_YEAR = 44545.0, 44980.0  # 2021-12-15 and 2023-02-23


def _day(year: int, due: str) -> datetime.date:
    month, day = map(int, due.split("-"))
    try:
        return datetime.date(year, month, day)
    except ValueError:
        code = "rules.no-such-day" if year == 2000 else "rules.no-such-day-in-year"
        raise SaidError(said(code, year=year, month=month, day=day, due=due)) from None


class Item(Model):
    """Something to be done, by a day of the year (MM-DD) where the text gives one."""

    id: Id
    label: str
    weight: float = Field(default=1, gt=0)
    due: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")] | None = None

    @model_validator(mode="after")
    def _a_day_there_is(self) -> Item:
        if self.due is not None:
            _day(2000, self.due)  # a leap year
        return self

    def deadline(self, year: int) -> datetime.date:
        """The last day on which it counts as done in time. Raises ValueError for 02-29 in a year without it."""
        assert self.due is not None
        return _day(year, self.due)

    def done(self, year: int) -> ops.Op:
        """Done, and in time where there is a deadline."""
        done = ops.Is(self.id, YES)
        if self.due is None:
            return done
        # Nested, not And: a spreadsheet works out every part of an AND, and there is no date where nothing was done.
        in_time = ops.Compare("<=", ops.Ref(f"{self.id}_date"), ops.Const(serial(self.deadline(year))))
        both = ops.If(done, ops.If(in_time, ops.Const(1), ops.Const(0)), ops.Const(0))
        return ops.Compare("=", both, ops.Const(1))


class Checklist(Rule):
    """Points for the items done, by weight (equal unless given), or all points only when every item is done."""

    type: Literal["checklist"] = "checklist"
    items: tuple[Item, ...] = Field(min_length=1)
    mode: Literal["shares", "all_or_nothing"] = "shares"

    def inputs(self) -> Iterator[Input]:
        for item in self.items:
            note = f"须于{item.due.replace('-', '月')}日前完成" if item.due else ""
            yield Input(id=item.id, label=item.label, kind="choice", choices=(YES, NO), note=note)
            if item.due:
                label = f"{item.label}——完成日期"
                yield Input(
                    id=f"{item.id}_date",
                    label=label,
                    kind="date",
                    required=False,
                    note="已完成的填完成日期，跨年完成的照实填",
                )

    def guarded(self) -> Iterator[str]:
        yield from (f"{item.id}_date" for item in self.items if item.due)

    def constraints(self, context: Context) -> Iterator[Constraint]:
        for item in self.items:
            if item.due:
                dated = ops.Or((ops.Is(item.id, NO), ops.IsNumber(f"{item.id}_date")))
                yield Constraint(item.id, dated, f"“{item.label}”填“是”的，须填写完成日期")

    def lower(self, context: Context) -> ops.Op:
        done = [item.done(context.year) for item in self.items]
        if self.mode == "all_or_nothing":
            return ops.If(ops.every(*done), context.points, ops.Const(0))
        whole = sum(item.weight for item in self.items)
        if len({item.weight for item in self.items}) == 1:
            count = ops.total(*(ops.If(d, ops.Const(1), ops.Const(0)) for d in done))
            return ops.Div(ops.Mul(context.points, count), ops.Const(len(done)))
        return ops.total(
            *(
                ops.If(d, share_of(context.points, item.weight, whole), ops.Const(0))
                for d, item in zip(done, self.items, strict=True)
            )
        )

    def explain(self) -> str:
        names = "；".join(
            item.label + (f"（{item.due.replace('-', '月')}日前）" if item.due else "") for item in self.items
        )
        if len(self.items) == 1:
            return f"{names}：完成的得满分，未完成不得分"
        if self.mode == "all_or_nothing":
            return f"以下{len(self.items)}项全部完成得满分，任一项未完成不得分：{names}"
        if len({item.weight for item in self.items}) == 1:
            return f"以下{len(self.items)}项分值相等，完成一项得一项分：{names}"
        shares = "∶".join(show(item.weight) for item in self.items)
        return f"以下{len(self.items)}项按{shares}分配分值，完成一项得一项分：{names}"

    EXAMPLES = (
        Example({"items": _THREE}, 15, _ALL_DONE, 15, "三项全部完成"),
        Example({"items": _THREE}, 15, _ALL_DONE | {"c": NO}, 10, "完成两项，15×2÷3＝10"),
        Example({"items": _THREE}, 10, _ALL_DONE | {"c": NO}, 6.67, "10×2÷3＝6.666…，两位小数"),
        Example({"items": _THREE}, 15, {"a": NO, "b": NO, "c": NO}, 0, "一项未完成也不得分"),
        Example({"items": _THREE}, 15, {"a": YES, "b": YES}, MISSING, "第三项没有填"),
        Example({"items": _THREE}, 15, _ALL_DONE | {"c": "部分"}, "有误", "不在选项中"),
        Example({"items": _THREE, "mode": "all_or_nothing"}, 15, _ALL_DONE, 15, "全部完成"),
        Example({"items": _THREE, "mode": "all_or_nothing"}, 15, _ALL_DONE | {"a": NO}, 0, "任一项未完成不得分"),
        Example(
            {"items": [_THREE[0] | {"weight": 3}, _THREE[1] | {"weight": 1}]},
            8,
            {"a": YES, "b": NO},
            6,
            "8×3÷4＝6",
        ),
        Example({"items": _DUE}, 15, {"a": YES, "a_date": _OCT_31}, 15, "10月31日当天完成，按时"),
        Example({"items": _DUE}, 15, {"a": YES, "a_date": _NOV_1}, 0, "11月1日完成，逾期"),
        Example({"items": _DUE}, 15, {"a": YES, "a_date": _LAST_YEAR}, 15, "上年12月已完成，不算逾期"),
        Example({"items": _DUE}, 15, {"a": YES, "a_date": _NEXT_YEAR}, 0, "次年2月才完成，逾期"),
        Example({"items": _DUE}, 15, {"a": NO}, 0, "未完成，不需日期"),
        Example({"items": _DUE}, 15, {"a": YES}, "有误", "完成而没有日期，前后不一致"),
    )
