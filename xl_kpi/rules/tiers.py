"""tiers: bands of completion, each with its share of the points."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, Context, Example, Measured
from xl_kpi.rules.parts import Kind, Model, Number, show, term
from xl_kpi.words import SaidError, said

_DONE = {"id": "done", "label": "完成率", "kind": "percent", "max": 2}
_BANDS = [{"at_least": 1, "share": 1}, {"at_least": 0.85, "share": 0.85}, {"at_least": 0.6, "share": 0.7}]


class Band(Model):
    """From this completion upwards, this share of the points (both fractions)."""

    at_least: float
    share: float = Field(ge=0, le=1)
    up_to: float | None = Field(default=None, description="原文写明的上限；与上一档下限不接时须有 reading")


class Tiers(Measured):
    """The share of the first band the value reaches, from the highest down, times a factor; below all bands nothing."""

    type: Literal["tiers"] = "tiers"
    bands: tuple[Band, ...] = Field(min_length=1)
    factor: Number = 1.0

    @model_validator(mode="after")
    def _descending(self) -> Tiers:
        floors = [band.at_least for band in self.bands]
        if floors != sorted(set(floors), reverse=True):
            raise SaidError(said("rules.bands-in-order"))
        return self

    def judge(self, context: Context, value: ops.Op) -> ops.Op:
        share: ops.Op = ops.Const(0)
        for band in reversed(self.bands):
            share = ops.If(ops.Compare(">=", value, ops.Const(band.at_least)), ops.Const(band.share), share)
        return ops.Mul(self._whole(context), share)

    def best(self, context: Context) -> ops.Op:
        top = self.bands[0].share
        return self._whole(context) if top == 1 else ops.Mul(self._whole(context), ops.Const(top))

    def _whole(self, context: Context) -> ops.Op:
        return context.points if self.factor == 1 else ops.Mul(context.points, term(self.factor))

    def explain_measured(self, subject: str, kind: Kind) -> str:
        bands = "；".join(f"≥{show(b.at_least, kind)}得分值的{show(b.share, 'percent')}" for b in self.bands)
        factor = "" if self.factor == 1 else f"，再乘{show(self.factor, 'percent')}"
        return f"{subject}{bands}；<{show(self.bands[-1].at_least, kind)}不得分{factor}"

    def standard(self, kind: Kind) -> str:
        return f"≥{show(self.bands[0].at_least, kind)}"

    EXAMPLES = (
        Example({"input": _DONE, "bands": _BANDS}, 30, {"done": 1}, 30, "完成100%，30×100%"),
        Example({"input": _DONE, "bands": _BANDS}, 30, {"done": 1.3}, 30, "超额不加分"),
        Example({"input": _DONE, "bands": _BANDS}, 30, {"done": 0.999}, 25.5, "未到100%，30×85%"),
        Example({"input": _DONE, "bands": _BANDS}, 30, {"done": 0.85}, 25.5, "恰为85%"),
        Example({"input": _DONE, "bands": _BANDS}, 30, {"done": 0.6}, 21, "恰为60%，30×70%"),
        Example({"input": _DONE, "bands": _BANDS}, 30, {"done": 0.5999}, 0, "60%以下不得分"),
        Example({"input": _DONE, "bands": _BANDS}, 30, {"done": 0}, 0, "完成0，不是未填"),
        Example(
            {"input": _DONE | {"if_none": "full"}, "bands": _BANDS}, 30, {"done": "无"}, 30, "没有任务，按100%计"
        ),
        Example(
            {"input": _DONE | {"if_none": "full"}, "bands": _BANDS, "factor": 0.9},
            30,
            {"done": "无"},
            27,
            "30×0.9×100%",
        ),
        Example({"input": _DONE, "bands": _BANDS}, 30, {}, MISSING, "没有填报"),
        Example({"input": _DONE, "bands": _BANDS}, 30, {"done": "良好"}, "有误", "须填完成率"),
        Example({"input": _DONE, "bands": _BANDS, "factor": 0.92}, 50, {"done": 0.9}, 39.1, "50×0.92×85%＝39.1"),
    )
