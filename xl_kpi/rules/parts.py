"""What rules are made of: inputs they ask for, numbers they are given, conditions; and how an official reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import CoreSchema, core_schema

from xl_kpi.expr import ops
from xl_kpi.rules.tree import walk
from xl_kpi.words import SaidError, said

Level = Literal["省", "市", "县"]
Kind = Literal["number", "percent", "count", "choice", "date", "text"]
IfNone = Literal["full", "zero", "exclude"]
IF_NONE_WORDS: dict[IfNone, str] = {"full": "得满分", "zero": "不得分", "exclude": "不参评，其分值不计入满分"}


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise SaidError(said("rules.no-truth-value"))
    return value


Real = Annotated[float, BeforeValidator(_no_truth_value)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]

YES, NO = "是", "否"
SETUP = "setup"  # the pseudo-task whose inputs the organising bureau fills in


class Model(BaseModel):
    """A frozen part of a scheme; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Input(Model):
    """One thing the official is asked for. Percent inputs are fractions (95% is 0.95); dates are Excel serials."""

    id: Id
    label: str
    kind: Kind = "number"
    unit: str = ""
    min: float | None = None
    max: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = True
    note: str = ""
    if_none: IfNone | None = Field(
        default=None, description="没有发生、无从计算比率时填“无”，怎样计分；不写则不能填“无”"
    )
    of_counts: tuple[str, ...] = Field(default=(), description="写了 if_none 的：这些件数大于0时不能填“无”")

    @model_validator(mode="after")
    def _none_belongs_to_rates(self) -> Input:
        if self.if_none is not None and self.kind != "percent":
            raise SaidError(said("rules.if-none-of-percent"))
        if self.of_counts and self.if_none is None:
            raise SaidError(said("rules.of-counts-needs-if-none"))
        return self

    @model_validator(mode="after")
    def _choices_belong_to_choice(self) -> Input:
        if (self.kind == "choice") != bool(self.choices):
            raise SaidError(said("rules.choices-of-choice"))
        if any(set(choice) & set(',"') or choice != choice.strip() for choice in self.choices):
            raise SaidError(said("rules.choices-plain"))
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest number accepted, in the input's own unit."""
        low = 0.0 if self.min is None else self.min
        high = {"percent": 1.0, "count": 1e7}.get(self.kind, 1e12) if self.max is None else self.max
        return low, high


class Ref(str):
    """The id of an input that another rule of this task (or "task.input") already asks for."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


InputRef = Input | Ref


class Ask(Model):
    """A number the sources do not give: the organising bureau fills it in, under this label."""

    ask: Input


class ByLevel(Model):
    """A number that differs between 省, 市 and 县."""

    by_level: dict[Level, Real | Ask]


Number = Real | ByLevel | Ask


class When(Model):
    """A condition on one input: exactly one comparison is given."""

    input: InputRef
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    text: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> When:
        given = [self.at_least, self.above, self.at_most, self.below, self.text]
        if sum(v is not None for v in given) != 1:
            raise SaidError(said("rules.one-condition"))
        return self

    def holds(self) -> ops.Op:
        """The condition as an op; only meaningful once the input is filled."""
        node = key(self.input)
        if self.text is not None:
            return ops.Is(node, self.text)
        for how, value in ((">=", self.at_least), (">", self.above), ("<=", self.at_most), ("<", self.below)):
            if value is not None:
                return ops.Compare(how, ops.Ref(node), ops.Const(value))  # type: ignore[arg-type]  # literals above
        raise AssertionError("validated: one comparison is given")

    def sentence(self) -> str:
        """The condition in Chinese."""
        label = label_of(self.input)
        if self.text is not None:
            return f"{label}为“{self.text}”"
        for sign, value in (("≥", self.at_least), (">", self.above), ("≤", self.at_most), ("<", self.below)):
            if value is not None:
                return f"{label}{sign}{show(value, kind_of(self.input))}{unit_of(self.input)}"
        raise AssertionError("validated: one comparison is given")


@dataclass(frozen=True)
class Constraint:
    """Something the inputs of a task must satisfy together; a breach makes the input `on` 不一致.

    `message` says what must hold. Where there is more to say about a breach `told` is the code of its words, which take
    `value` (what was filled in), `most` (the greatest that would do) and `there` (the cell that must be filled in).
    """

    on: str
    holds: ops.Op
    message: str
    told: str = ""
    most: ops.Op | None = None
    there: str = ""
    of_none: bool = False  # it concerns the answer “无”; all others concern numbers


@dataclass(frozen=True)
class Nothing:
    """That there was nothing to rate: the input that says so, what is rated, when it is so, and how that scores."""

    on: str
    label: str
    when: ops.Op
    counts: IfNone


def key(reference: InputRef) -> str:
    """The id an input is known by inside its task (or task.input for another task's)."""
    return reference if isinstance(reference, Ref) else reference.id


def in_full(task: str, name: str) -> str:
    """What an input goes by in the whole scheme, t05.ontime; another task's is named so already."""
    return name if "." in name else f"{task}.{name}"


def label_of(reference: InputRef) -> str:
    """What an input is called; a reference by id is called by its id until the scheme names it."""
    return f"「{reference}」" if isinstance(reference, Ref) else reference.label


def kind_of(reference: InputRef) -> Kind:
    """The kind of an input; a reference by id is taken as a plain number."""
    return "number" if isinstance(reference, Ref) else reference.kind


def unit_of(reference: InputRef) -> str:
    """The unit of an input, empty for a reference by id."""
    return "" if isinstance(reference, Ref) else reference.unit


def term(number: Number) -> ops.Op:
    """A parameter as an op: a constant, or what the bureau filled in. The scheme has settled levels before."""
    if isinstance(number, Ask):
        return ops.Ref(in_full(SETUP, number.ask.id))
    if isinstance(number, ByLevel):
        raise SaidError(said("rules.level-first"))
    return ops.Const(number)


def show(number: Number, kind: Kind = "number") -> str:
    """A parameter as an official reads it."""
    if isinstance(number, Ask):
        return f"“{number.ask.label}”（由考核组织单位填写）"
    if isinstance(number, ByLevel):
        return "、".join(f"{level}级{show(value, kind)}" for level, value in number.by_level.items())
    return f"{number * 100:.10g}%" if kind == "percent" else f"{number:.10g}"


def circled(sentence: str) -> str:
    """A sentence that stands inside a numbered one: its own numbers （1） become ①."""
    return re.sub(r"（(\d|1\d|20)）", lambda found: chr(0x245F + int(found[1])), sentence)


def share_of(points: ops.Op, weight: float, whole: float) -> ops.Op:
    """weight/whole of the points, folded to a constant where that is exact in decimals."""
    if weight == whole:
        return points
    if isinstance(points, ops.Const):
        exact = round(points.value * weight / whole, 6)
        if abs(exact * whole - points.value * weight) < 1e-12:
            return ops.Const(exact)
    return ops.Div(ops.Mul(points, ops.Const(weight)), ops.Const(whole))


def asks(model: BaseModel) -> Iterator[Input]:
    """Every number asked of the organising bureau inside a model."""
    return (part.ask for part in walk(model) if isinstance(part, Ask))
