"""The contract of a rule.

A rule says what, never how: `lower` turns it into ops, `explain` into a sentence for the official, and EXAMPLES are
worked by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

from xl_kpi.expr import ops, semantics
from xl_kpi.rules.parts import (
    IF_NONE_WORDS,
    Ask,
    Constraint,
    IfNone,
    Input,
    InputRef,
    Kind,
    Model,
    Nothing,
    key,
    kind_of,
    label_of,
)
from xl_kpi.rules.tree import inside, walk
from xl_kpi.words import SaidError, said


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
        for part in _nearest(self):
            yield from (part,) if isinstance(part, Input) else part.inputs()

    def constraints(self, context: Context) -> Iterator[Constraint]:
        """What the inputs must satisfy together. By default those of the rules inside."""
        for rule in self._inside():
            yield from rule.constraints(context)

    def nothings(self) -> Iterator[Nothing]:
        """Where nothing to rate is an answer. By default those of its inputs and of the rules inside."""
        for part in _nearest(self):
            if isinstance(part, Rule):
                yield from part.nothings()
            elif part.if_none is not None:
                yield Nothing(part.id, part.label, ops.Is(part.id, semantics.NONE), part.if_none)

    def left_out(self, context: Context) -> ops.Op | None:
        """The points, of those at stake, that nothing is assessed of (`exclude`); None where that cannot be.

        `lower` then gives what the rest earns.
        """
        return None

    def most_off(self, points: float) -> float:
        """The most, of so many points, that could be taken off piece by piece, even beyond them; 0 where nothing is."""
        return 0.0

    def divisors(self) -> Iterator[str]:
        """The inputs that must not be 0. By default those of the rules inside."""
        for rule in self._inside():
            yield from rule.divisors()

    def guarded(self) -> Iterator[str]:
        """The optional inputs it computes with only where they are filled. By default those of the rules inside."""
        for rule in self._inside():
            yield from rule.guarded()

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
        for rule in self._inside():
            found |= rule.standards()
        return found

    def _inside(self) -> Iterator[Rule]:
        """The rules right inside this one."""
        return (part for part in _nearest(self) if isinstance(part, Rule))


def _nearest(model: BaseModel) -> Iterator[Rule | Input]:
    """The rules and inputs of a model that are not inside another; what the bureau is asked for is none of them."""
    return (part for part in inside(model, stop=(Rule, Input, Ask)) if isinstance(part, Rule | Input))


def rules_in(model: BaseModel) -> Iterator[Rule]:
    """Every rule in a model, however deep, a rule before those inside it."""
    return (part for part in walk(model) if isinstance(part, Rule))


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
            raise SaidError(said("rules.nothing-to-judge", type=self.type))
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


MISSING = semantics.MISSING
INVALID = semantics.INVALID
