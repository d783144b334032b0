"""level: ordered grades, a certain one at least."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, Context, Example, Rule
from xl_kpi.rules.parts import Id, Input, Kind, show
from xl_kpi.words import SaidError, said

_GRADES = {"id": "grade", "label": "年度考核等次", "levels": ["A", "B+", "B", "C"], "at_least": "B+"}


class Level(Rule):
    """Full points at `at_least` or better; below it nothing, or the share that `shares` gives a lower grade."""

    type: Literal["level"] = "level"
    id: Id
    label: str
    levels: tuple[str, ...] = Field(min_length=2, description="从高到低")
    at_least: str
    shares: dict[str, float] = Field(default_factory=dict, description="低于标准的等次得分值的几成")

    @model_validator(mode="after")
    def _levels_known(self) -> Level:
        if len({name.casefold() for name in self.levels}) != len(self.levels):
            raise SaidError(said("rules.grades-repeat"))
        for name in (self.at_least, *self.shares):
            if name not in self.levels:
                raise SaidError(said("rules.no-such-grade", name=name))
        return self

    def inputs(self) -> Iterator[Input]:
        yield Input(id=self.id, label=self.label, kind="choice", choices=self.levels)

    def lower(self, context: Context) -> ops.Op:
        good = self.levels[: self.levels.index(self.at_least) + 1]
        score: ops.Op = ops.Const(0)
        for name, share in self.shares.items():
            score = ops.If(ops.Is(self.id, name), ops.Mul(context.points, ops.Const(share)), score)
        return ops.If(ops.some(*(ops.Is(self.id, name) for name in good)), context.points, score)

    def explain(self) -> str:
        lower = "".join(f"，{name}得{show(share, 'percent')}" for name, share in self.shares.items())
        rest = "，其他不得分" if len(self.shares) + self.levels.index(self.at_least) + 1 < len(self.levels) else ""
        return f"{self.label}达到{self.at_least}及以上得满分{lower}{rest}"

    def standard(self, kind: Kind) -> str:
        return f"≥{self.at_least}"

    def standards(self) -> dict[str, str]:
        return {self.id: self.standard("choice")}

    EXAMPLES = (
        Example(_GRADES, 5, {"grade": "A"}, 5, "高于标准"),
        Example(_GRADES, 5, {"grade": "B+"}, 5, "恰为标准"),
        Example(_GRADES, 5, {"grade": "B"}, 0, "低于标准"),
        Example(_GRADES | {"shares": {"B": 0.6}}, 5, {"grade": "B"}, 3, "B得六成，5×60%＝3"),
        Example(_GRADES | {"shares": {"B": 0.6}}, 5, {"grade": "C"}, 0, "C不得分"),
        Example(_GRADES, 5, {}, MISSING, "没有填报"),
        Example(_GRADES, 5, {"grade": "D"}, "有误", "不在等次中"),
        Example(_GRADES, 5, {"grade": 5}, "有误", "数字不是等次"),
    )
