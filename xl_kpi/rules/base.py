"""What every rule is made of: inputs it asks for, numbers it is given, and the contract of a rule.

A rule says what, never how: `lower` turns it into ops, `explain` into a sentence for the official, and EXAMPLES are
worked by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from xl_kpi.expr import ops, semantics

Level = Literal["省", "市", "县"]
Kind = Literal["number", "percent", "count", "choice", "date", "text"]
IfNone = Literal["full", "zero", "exclude"]
IF_NONE_WORDS: dict[IfNone, str] = {"full": "得满分", "zero": "不得分", "exclude": "不参评，其分值不计入满分"}


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("应为数字（YAML 把 yes、on、true 当作真假值）")
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
            raise ValueError("if_none 只用于 percent 类填报项（件数没有发生填0）")
        if self.of_counts and self.if_none is None:
            raise ValueError("of_counts 只与 if_none 一起写")
        return self

    @model_validator(mode="after")
    def _choices_belong_to_choice(self) -> Input:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("choice 类填报项须列出 choices，其他类型不得列出")
        if any(set(choice) & set(',"') or choice != choice.strip() for choice in self.choices):
            raise ValueError("choices 的选项不得含半角逗号、引号，首尾不得有空格")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest number accepted, in the input's own unit."""
        low = 0.0 if self.min is None else self.min
        high = {"percent": 1.0, "count": 1e7}.get(self.kind, 1e12) if self.max is None else self.max
        return low, high


InputRef = Input | str  # a string names an input that another rule of this task (or "task.input") already asks for


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
            raise ValueError("条件须且只能写一个：at_least、above、at_most、below 或 text")
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


@dataclass(frozen=True)
class Context:
    """What a rule is lowered against: the points at stake, the year, and the value to judge if a rule measured one."""

    points: ops.Op
    year: int
    measure: ops.Op | None = None

    def of(self, points: ops.Op) -> Context:
        """The same with other points at stake."""
        return replace(self, points=points)

    def measuring(self, measure: ops.Op) -> Context:
        """The same with a measured value for the next rule to judge."""
        return replace(self, measure=measure)


class Rule(Model):
    """A scoring rule. Scores are in points, from 0 to the points at stake; the task rounds and clamps the result."""

    type: str
    reading: str = ""

    EXAMPLES: ClassVar[tuple[Example, ...]] = ()

    def inputs(self) -> Iterator[Input]:
        """What the official is asked for, in order. By default every Input among the fields."""
        for part in parts(self):
            if isinstance(part, Rule):
                yield from part.inputs()
            elif isinstance(part, Input):
                yield part

    def constraints(self, context: Context) -> Iterator[Constraint]:
        """What the inputs must satisfy together. By default those of the rules inside."""
        for part in parts(self):
            if isinstance(part, Rule):
                yield from part.constraints(context)

    def nothings(self) -> Iterator[Nothing]:
        """Where nothing to rate is an answer. By default those of its inputs and of the rules inside."""
        for part in parts(self):
            if isinstance(part, Rule):
                yield from part.nothings()
            elif isinstance(part, Input) and part.if_none is not None:
                yield Nothing(part.id, part.label, ops.Is(part.id, semantics.NONE), part.if_none)

    def left_out(self, context: Context) -> ops.Op | None:
        """The points, of those at stake, that nothing is assessed of (`exclude`); None where that cannot be.

        `lower` then gives what the rest earns.
        """
        return None

    def divisors(self) -> Iterator[str]:
        """The inputs that must not be 0. By default those of the rules inside."""
        for part in parts(self):
            if isinstance(part, Rule):
                yield from part.divisors()

    def guarded(self) -> Iterator[str]:
        """The optional inputs it computes with only where they are filled. By default those of the rules inside."""
        for part in parts(self):
            if isinstance(part, Rule):
                yield from part.guarded()

    def lower(self, context: Context) -> ops.Op:
        """The score as an expression over the inputs' ids."""
        raise NotImplementedError

    def explain(self) -> str:
        """The rule in a Chinese sentence without its full stop."""
        raise NotImplementedError

    def explain_measured(self, subject: str, kind: Kind) -> str:
        """The sentence where an outer rule measured the value: what it is called, and its kind."""
        return self.explain()

    def standard(self, kind: Kind) -> str:
        """The standard as the form shows it, e.g. ≥95%; empty where the rule has none."""
        return ""

    def standards(self) -> dict[str, str]:
        """The standard beside each input id, for the form."""
        found: dict[str, str] = {}
        own = getattr(self, "input", None)
        if own is not None:
            found[key(own)] = self.standard(kind_of(own))
        for part in parts(self):
            if isinstance(part, Rule):
                found |= part.standards()
        return found


@dataclass(frozen=True)
class Example:
    """A case worked by hand: the rule's parameters, the answers, the score of a task of so many points, and why."""

    rule: dict[str, Any]
    points: float
    answers: dict[str, float | str]
    score: float | str
    why: str


if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = "AnyRule"  # becomes the union of all rules when the registry has found them


class Measured(Rule):
    """A rule that judges one value: an input of its own, or what an outer rule measured."""

    input: InputRef | None = None

    def value(self, context: Context) -> ops.Op:
        """The value to judge. Raises ValueError when there is none."""
        if self.input is not None:
            return ops.Ref(key(self.input))
        if context.measure is None:
            raise ValueError(f"{self.type} 规则没有 input，外层规则也没有给出可评判的值")
        return context.measure

    def judge(self, context: Context, value: ops.Op) -> ops.Op:
        """The score of a value."""
        raise NotImplementedError

    def best(self, context: Context) -> ops.Op:
        """The most a value can earn."""
        return context.points

    def lower(self, context: Context) -> ops.Op:
        judged = self.judge(context, self.value(context))
        if self._if_none is None:
            return judged
        worth = self.best(context) if self._if_none == "full" else ops.Const(0)
        return ops.If(self._none(), worth, judged)

    def left_out(self, context: Context) -> ops.Op | None:
        return ops.If(self._none(), context.points, ops.Const(0)) if self._if_none == "exclude" else None

    @property
    def _if_none(self) -> IfNone | None:
        return self.input.if_none if isinstance(self.input, Input) else None

    def _none(self) -> ops.Op:
        assert self.input is not None
        return ops.Is(key(self.input), semantics.NONE)

    def explain(self) -> str:
        if self.input is None:
            return self.explain_measured("该指标值", "percent")
        sentence = self.explain_measured(label_of(self.input), kind_of(self.input))
        return sentence + (f"；填“无”的{IF_NONE_WORDS[self._if_none]}" if self._if_none else "")


def key(reference: InputRef) -> str:
    """The id an input is known by inside its task (or task.input for another task's)."""
    return reference if isinstance(reference, str) else reference.id


def label_of(reference: InputRef) -> str:
    """What an input is called; a reference by id is called by its id until the scheme names it."""
    return f"「{reference}」" if isinstance(reference, str) else reference.label


def kind_of(reference: InputRef) -> Kind:
    """The kind of an input; a reference by id is taken as a plain number."""
    return "number" if isinstance(reference, str) else reference.kind


def unit_of(reference: InputRef) -> str:
    """The unit of an input, empty for a reference by id."""
    return "" if isinstance(reference, str) else reference.unit


def term(number: Number) -> ops.Op:
    """A parameter as an op: a constant, or what the bureau filled in. The scheme has settled levels before."""
    if isinstance(number, Ask):
        return ops.Ref(f"{SETUP}.{number.ask.id}")
    if isinstance(number, ByLevel):
        raise ValueError("分级标准须先按层级取值")
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


def parts(model: BaseModel) -> Iterator[BaseModel]:
    """The models among a model's fields, looking through lists and through helper models, not into rules."""
    for name in type(model).model_fields:
        yield from _models(getattr(model, name))


def _models(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, Rule | Input):
        yield value
    elif isinstance(value, Ask):
        return  # asked of the bureau, not of the unit
    elif isinstance(value, BaseModel):
        yield from parts(value)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _models(item)


AnyModel = TypeVar("AnyModel", bound=BaseModel)


def at_level(model: AnyModel, level: Level | None) -> AnyModel:
    """The same model with every ByLevel settled. Raises ValueError for a level that is missing or has no value."""
    return model.model_copy(update={name: _settle(getattr(model, name), level) for name in type(model).model_fields})


def _settle(value: Any, level: Level | None) -> Any:
    if isinstance(value, ByLevel):
        if level is None:
            raise ValueError("该方案按省、市、县分级，请指明层级")
        if level not in value.by_level:
            raise ValueError(f"没有{level}级的值")
        return value.by_level[level]
    if isinstance(value, BaseModel):
        return at_level(value, level)
    if isinstance(value, tuple):
        return tuple(_settle(item, level) for item in value)
    return value


_REFERENCES = ("input", "numerator", "denominator", "current", "previous", "of")


def named(value: Any, declared: dict[str, Input]) -> Any:
    """A rule or veto with each reference by id replaced by the input it names, so that it knows its label and kind."""
    if isinstance(value, BaseModel):
        changes: dict[str, Any] = {}
        for name in type(value).model_fields:
            field = getattr(value, name)
            if name in _REFERENCES and isinstance(field, str):
                changes[name] = declared.get(field, field)
            elif name in _REFERENCES and isinstance(field, tuple):
                changes[name] = tuple(
                    declared.get(item, item) if isinstance(item, str) else named(item, declared) for item in field
                )
            elif isinstance(field, BaseModel | tuple):
                changes[name] = named(field, declared)
        return value.model_copy(update=changes)
    if isinstance(value, tuple):
        return tuple(named(item, declared) for item in value)
    return value


def asks(value: Any) -> Iterator[Input]:
    """Every number asked of the organising bureau inside a model."""
    if isinstance(value, Ask):
        yield value.ask
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from asks(getattr(value, name))
    elif isinstance(value, tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from asks(item)


MISSING = semantics.MISSING
INVALID = semantics.INVALID
