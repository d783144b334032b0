"""threshold: the standard met gives full points."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, Context, Example, Measured
from xl_kpi.rules.parts import Kind, Number, show, term
from xl_kpi.words import SaidError, said

_RATE = {"id": "rate", "label": "办结及时率", "kind": "percent"}
_BEDS = {"type": "threshold", "input": {"id": "beds", "label": "病床使用率", "kind": "percent", "max": 2}}


class Threshold(Measured):
    """Full points when the value meets the standard; otherwise none, or in proportion to how near it came."""

    type: Literal["threshold"] = "threshold"
    at_least: Number | None = None
    above: Number | None = None
    at_most: Number | None = None
    below: Number | None = None
    equals: Number | None = None
    between: tuple[Number, Number] | None = None
    top: Number | None = Field(default=None, description="与 above 连用：值的上限，达到上限的也算超过")
    otherwise: Literal["zero", "proportional"] = "zero"

    @model_validator(mode="after")
    def _one_standard(self) -> Threshold:
        given = [self.at_least, self.above, self.at_most, self.below, self.equals, self.between]
        if sum(v is not None for v in given) != 1:
            raise SaidError(said("rules.one-standard"))
        if self.top is not None and self.above is None:
            raise SaidError(said("rules.top-needs-above"))
        if self.otherwise == "proportional":
            bounds = self.between or (self.at_least if self.at_least is not None else self.at_most,)
            if bounds == (None,):
                raise SaidError(said("rules.proportional-of"))
            least = 0 if self.at_most is not None else 1e-9
            if any(isinstance(bound, float) and bound < least for bound in bounds):
                raise SaidError(said("rules.proportional-above-0"))
        return self

    def judge(self, context: Context, value: ops.Op) -> ops.Op:
        miss: ops.Op = ops.Const(0)
        if self.otherwise == "proportional":
            miss = ops.Mul(context.points, self._nearness(value))
        return ops.If(self._met(value), context.points, miss)

    def _met(self, value: ops.Op) -> ops.Op:
        if self.between is not None:
            low, high = (term(n) for n in self.between)
            return ops.And((ops.Compare(">=", value, low), ops.Compare("<=", value, high)))
        if self.at_least is not None:
            return ops.Compare(">=", value, term(self.at_least))
        if self.above is not None:
            above: ops.Op = ops.Compare(">", value, term(self.above))
            if self.top is None:
                return above
            return ops.Or((above, ops.Compare(">=", value, term(self.top))))
        if self.at_most is not None:
            return ops.Compare("<=", value, term(self.at_most))
        if self.below is not None:
            return ops.Compare("<", value, term(self.below))
        assert self.equals is not None
        return ops.Compare("=", value, term(self.equals))

    def _nearness(self, value: ops.Op) -> ops.Op:
        """The share of the standard reached, for a value that misses it: below 1, and a missed maximum is above 0."""
        if self.at_least is not None:
            return _share(value, self.at_least)
        if self.at_most is not None:
            return ops.Div(term(self.at_most), value)
        assert self.between is not None
        low, high = self.between
        return ops.If(ops.Compare("<", value, term(low)), _share(value, low), ops.Div(term(high), value))

    def explain_measured(self, subject: str, kind: Kind) -> str:
        rest = "否则不得分" if self.otherwise == "zero" else "未达标的按达到标准的比例得分"
        if self.at_most == 0:
            return f"{subject}为0得满分，{rest}"
        top = "" if self.top is None else f"（达到{show(self.top, kind)}的，无从再超过，也得满分）"
        return f"{subject}{self.standard(kind)}得满分{top}，{rest}"

    def standard(self, kind: Kind) -> str:
        if self.between is not None:
            return f"{show(self.between[0], kind)}～{show(self.between[1], kind)}"
        if self.at_most == 0:
            return "0"
        signs = {"≥": self.at_least, ">": self.above, "≤": self.at_most, "<": self.below, "=": self.equals}
        return next(f"{sign}{show(value, kind)}" for sign, value in signs.items() if value is not None)

    EXAMPLES = (
        Example({"input": _RATE, "at_least": 1}, 5, {"rate": 1}, 5, "达到100%，得满分"),
        Example({"input": _RATE, "at_least": 1}, 5, {"rate": 0.99}, 0, "99%未达到100%，不得分"),
        Example({"input": _RATE, "at_least": 0.95}, 5, {}, MISSING, "没有填报，不能当作0"),
        Example({"input": _RATE, "at_least": 0.95}, 5, {"rate": "九成"}, "有误", "文字不是比率"),
        Example({"input": _RATE, "at_least": 0.95}, 5, {"rate": 1.2}, "有误", "超过100%，不计分"),
        Example({"input": _RATE, "above": 0}, 5, {"rate": 0}, 0, "0不大于0"),
        Example({"input": _RATE, "above": 0.9}, 5, {"rate": 0.9}, 0, "与平均持平，不算超过"),
        Example({"input": _RATE, "above": 1}, 5, {"rate": 1}, 0, "平均已是100%，没有写上限的，持平不算超过"),
        Example({"input": _RATE, "above": 1, "top": 1}, 5, {"rate": 1}, 5, "平均已是100%，达到100%也得满分"),
        Example({"input": _RATE, "above": 0.9, "top": 1}, 5, {"rate": 0.9}, 0, "平均不到100%，持平不算超过"),
        Example({"input": _RATE | {"if_none": "full"}, "at_least": 1}, 5, {"rate": "无"}, 5, "没有发生，按满分"),
        Example({"input": _RATE | {"if_none": "zero"}, "at_least": 1}, 5, {"rate": "无"}, 0, "没有发生，不得分"),
        Example({"input": _RATE | {"if_none": "full"}, "at_least": 1}, 5, {"rate": 0}, 0, "0%不是没有发生"),
        Example({"input": _RATE | {"if_none": "full"}, "at_least": 1}, 5, {}, MISSING, "空白不是没有发生"),
        Example({"input": _RATE | {"if_none": "full"}, "at_least": 1}, 5, {"rate": "无投诉"}, "有误", "只能写“无”"),
        Example({"input": _RATE, "at_least": 1}, 5, {"rate": "无"}, "有误", "方案没有说可以填“无”"),
        Example({"input": _RATE, "at_most": 0.01}, 5, {"rate": 0.01}, 5, "恰为1%，不超过"),
        Example({"input": _RATE, "below": 0.01}, 5, {"rate": 0.01}, 0, "恰为1%，不低于1%"),
        Example({"input": _RATE, "equals": 0.5}, 5, {"rate": 0.5}, 5, "恰好相等"),
        Example(
            {"input": _RATE, "at_least": 0.9, "otherwise": "proportional"},
            10,
            {"rate": 0.45},
            5,
            "一半，得一半分",
        ),
        Example(
            {"input": {"id": "days", "label": "天数"}, "at_most": 8, "otherwise": "proportional"},
            10,
            {"days": 10},
            8,
            "8÷10＝80%，10×80%＝8分",
        ),
        Example(_BEDS | {"between": [0.9, 0.95]}, 4, {"beds": 0.9}, 4, "下限在区间内"),
        Example(_BEDS | {"between": [0.9, 0.95]}, 4, {"beds": 0.95}, 4, "上限在区间内"),
        Example(_BEDS | {"between": [0.9, 0.95]}, 4, {"beds": 0.951}, 0, "超过上限，不得分"),
        Example(
            _BEDS | {"between": [0.9, 0.95], "otherwise": "proportional"},
            4,
            {"beds": 0.45},
            2,
            "45÷90＝50%，4×50%＝2分",
        ),
        Example(
            _BEDS | {"between": [0.9, 0.95], "otherwise": "proportional"},
            4,
            {"beds": 1.9},
            2,
            "95÷190＝50%，4×50%＝2分",
        ),
    )


def _share(value: ops.Op, standard: Number) -> ops.Op:
    """value / standard, not below 0; a standard the bureau set to 0 or less has no proportion."""
    share: ops.Op = ops.Max((ops.Const(0), ops.Div(value, term(standard))))
    if isinstance(standard, float):
        return share
    return ops.If(ops.Compare(">", term(standard), ops.Const(0)), share, ops.Const(0))
