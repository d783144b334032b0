"""The inputs of a scheme in their places: what counts of what was typed, whether it is in order, what is asked about it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from xl_kpi.expr import ops, semantics
from xl_kpi.program import nodes
from xl_kpi.program.nothing import contradiction
from xl_kpi.program.questions import Standard, question
from xl_kpi.program.questions import standards as numeric_standards
from xl_kpi.program.stages import Stage
from xl_kpi.rules.base import Context
from xl_kpi.rules.parts import SETUP, Ask, Constraint, Input, term
from xl_kpi.scheme.model import Relation, Scheme, Task
from xl_kpi.xlsx.cells import serial


@dataclass(frozen=True)
class BoundInput:
    """An input in its place: its node id, the task it belongs to (SETUP for the bureau's), and the standard beside it."""

    id: str
    task: str
    spec: Input
    standard: str
    constraints: tuple[Constraint, ...] = ()
    measured_by: Standard | None = None  # the standard in numbers, of a percentage


@dataclass(frozen=True)
class Inputs:
    """Every input of a scheme: the bureau's, and those of each task."""

    setup: tuple[BoundInput, ...]
    of_task: dict[str, tuple[BoundInput, ...]]

    @classmethod
    def of(cls, scheme: Scheme) -> Inputs:
        """The inputs of a scheme whose level is settled."""
        setup = (
            BoundInput(
                nodes.setup(spec.id), SETUP, spec, "", (*_points_tie(scheme, spec), *_asked_by_rules(scheme, spec))
            )
            for spec in scheme.setup()
        )
        divisors = {nodes.adopted(task.id, name) for task in scheme.tasks() for name in task.rule.divisors()}
        return cls(tuple(setup), {task.id: tuple(_of_task(scheme, task, divisors)) for task in scheme.tasks()})

    def __iter__(self) -> Iterator[BoundInput]:
        """Every input, the bureau's first."""
        yield from self.setup
        for bound in self.of_task.values():
            yield from bound

    @cached_property
    def specs(self) -> dict[str, Input]:
        """What is asked for, by node id."""
        return {bound.id: bound.spec for bound in self}

    def formulas(self, stages: Sequence[Stage]) -> Iterator[tuple[str, ops.Op]]:
        """What counts of each input, what is asked about it, and its state; from the first stage alone too."""
        for bound in self:
            yield bound.id, _adopted(bound.id, stages)
            if bound.task != SETUP:
                yield nodes.own(bound.id), _adopted(bound.id, stages[:1])
        for bound in self:
            if bound.spec.kind == "percent":
                asked = question(bound.id, nodes.note(bound.id), bound.spec, bound.measured_by)
                yield nodes.hint(bound.id), asked
        for bound in self:
            yield from in_both_views(nodes.status(bound.id), _status(bound))


def context_of(scheme: Scheme, task: Task) -> Context:
    """What a task's rule is lowered against."""
    return Context(term(task.points), scheme.year)


def placed(op: ops.Op, task: str) -> ops.Op:
    """An expression of a task's, with the nodes of its inputs in place of their names."""
    return ops.rename(op, lambda name: nodes.adopted(task, name))


def in_both_views(node: str, expression: ops.Op) -> Iterator[tuple[str, ops.Op]]:
    """A node from what counts, and the same from the first stage's values alone, where the two can differ."""
    yield node, expression
    if nodes.own(node) != node:
        yield nodes.own(node), ops.rename(expression, nodes.own)


def _of_task(scheme: Scheme, task: Task, divisors: set[str]) -> Iterator[BoundInput]:
    standards = task.rule.standards()
    measures = {nodes.adopted(task.id, name): standard for name, standard in numeric_standards(task.rule)}
    constraints = [*task.rule.constraints(context_of(scheme, task)), *(_relation(r) for r in task.constraints)]
    for asked in task.inputs():
        spec = _in_year(asked, scheme.year)
        node = nodes.adopted(task.id, spec.id)
        if node in divisors and spec.bounds[0] <= 0:
            spec = spec.model_copy(update={"min": 1.0 if spec.kind == "count" else 0.000001})
        own = tuple(_bound(c, scheme, task) for c in constraints if nodes.adopted(task.id, c.on) == node)
        for name in spec.of_counts:
            label = scheme.with_labels(f"「{name}」", task)
            own += (contradiction(spec, node, nodes.adopted(task.id, name), label),)
        yield BoundInput(node, task.id, spec, standards.get(spec.id, ""), own, measures.get(node))


def _bound(constraint: Constraint, scheme: Scheme, task: Task) -> Constraint:
    """A constraint with node ids in place of the task's own, and labels in place of ids in its message."""
    return replace(
        constraint,
        on=nodes.adopted(task.id, constraint.on),
        holds=placed(constraint.holds, task.id),
        message=scheme.with_labels(constraint.message, task),
        most=None if constraint.most is None else placed(constraint.most, task.id),
        there=constraint.there and nodes.adopted(task.id, constraint.there),
    )


def _asked_by_rules(scheme: Scheme, spec: Input) -> tuple[Constraint, ...]:
    """What the rules of tasks hold a number of the bureau to."""
    node = nodes.setup(spec.id)
    tasks = scheme.tasks()
    held = (c for task in tasks for c in task.rule.constraints(context_of(scheme, task)) if c.on == node)
    return tuple(dict.fromkeys(held))


def _points_tie(scheme: Scheme, spec: Input) -> tuple[Constraint, ...]:
    """The asked points of a group must make up its declared total, once all of them are there."""
    for group in scheme.all_groups():
        asked = [t.points.ask.id for t in group.tasks if isinstance(t.points, Ask)]
        if spec.id in asked:
            known = sum(t.points for t in group.tasks if not isinstance(t.points, Ask))
            ids = tuple(map(nodes.setup, asked))
            tie = ops.Compare("=", ops.Sum(ids), ops.Const(round(group.points - known, 6)))
            incomplete = ops.Compare("<", ops.Count(ids), ops.Const(len(ids)))
            message = (
                f"“{group.name}”各项分值合计须为{group.points:g}分（待填的各项合计须为{group.points - known:g}分）"
            )
            return (Constraint(nodes.setup(spec.id), ops.Or((incomplete, tie)), message),)
    return ()


def _relation(relation: Relation) -> Constraint:
    smaller, larger = (
        ops.total(*(ops.Ref(i) for i in names_of(side))) for side in (relation.smaller, relation.larger)
    )
    return Constraint(names_of(relation.smaller)[0], ops.Compare("<=", smaller, larger), relation.message)


def names_of(side: str | tuple[str, ...]) -> tuple[str, ...]:
    """The inputs on one side of a relation."""
    return (side,) if isinstance(side, str) else side


def _in_year(spec: Input, year: int) -> Input:
    """A date may lie before the assessment's year (done early) or after it (done late), unless the scheme says otherwise.

    Ten years either way are enough for both, and refuse a year that was mistyped.
    """
    if spec.kind != "date" or spec.min is not None:
        return spec
    first, last = datetime.date(year - 10, 1, 1), datetime.date(year + 10, 12, 31)
    return spec.model_copy(update={"min": serial(first), "max": serial(last)})


# what counts, and its state


def _adopted(node: str, stages: Iterable[Stage]) -> ops.Op:
    """The last filled of some stages' values; an error value becomes a word, so that it goes no further."""
    value: ops.Op = ops.Text("")
    for stage in stages:
        typed = nodes.typed(node, stage)
        value = ops.If(ops.Filled(typed), ops.Ref(typed), value)
    return ops.IfError(value, semantics.ERROR_TEXT)


def _status(bound: BoundInput) -> ops.Op:
    """已填 when the value is of its kind, in range, and agrees with the other inputs; else the word for what is wrong."""
    spec, node = bound.spec, bound.id
    state = _agreement(bound, of_none=False)
    if spec.kind == "choice":
        listed = ops.some(*(ops.Is(node, choice) for choice in spec.choices))
        state = ops.If(listed, state, ops.Text(semantics.INVALID))
    elif spec.kind == "text":
        state = ops.If(ops.Is(node, semantics.ERROR_TEXT), ops.Text(semantics.INVALID), state)
    else:
        value = ops.Ref(node)
        low, high = (ops.Const(bound) for bound in spec.bounds)
        outside = ops.Or((ops.Compare("<", value, low), ops.Compare(">", value, high)))
        state = ops.If(outside, ops.Text(semantics.OUT_OF_RANGE), state)
        if spec.kind in ("count", "date"):
            whole = ops.Compare("=", value, ops.RoundDown(value, 0))
            state = ops.If(whole, state, ops.Text(semantics.INVALID))
        state = ops.If(ops.IsNumber(node), state, ops.Text(semantics.INVALID))
        if spec.if_none is not None:
            state = ops.If(ops.Is(node, semantics.NONE), _agreement(bound, of_none=True), state)
    blank = semantics.MISSING if spec.required else semantics.OPTIONAL
    return ops.IfError(ops.If(ops.Filled(node), state, ops.Text(blank)), semantics.INVALID)


def _agreement(bound: BoundInput, of_none: bool) -> ops.Op:
    constraints = [constraint for constraint in bound.constraints if constraint.of_none == of_none]
    if not constraints:
        return ops.Text(semantics.FILLED)
    breaches = [breach(constraint, bound.id) for constraint in constraints]
    broken = ops.Compare(">", ops.total(*breaches), ops.Const(0))
    return ops.If(broken, ops.Text(semantics.INCONSISTENT), ops.Text(semantics.FILLED))


def breach(constraint: Constraint, on: str) -> ops.Op:
    """1 where an input breaks a constraint, else 0; also 0 while a number it is held against is not there yet."""
    broken: ops.Op = ops.If(constraint.holds, ops.Const(0), ops.Const(1))
    others = dict.fromkeys(i for i in numbers_read(constraint.holds) if i != on)
    if others:
        broken = ops.If(ops.every(*(ops.IsNumber(i) for i in others)), broken, ops.Const(0))
    return broken


def numbers_read(op: ops.Op) -> Iterator[str]:
    """The nodes whose numbers an expression computes with."""
    if isinstance(op, ops.Ref):
        yield op.id
    for child in ops.children(op):
        yield from numbers_read(child)


def ready(needs: Iterable[str]) -> ops.Op:
    """Whether every input is in order: 已填, or blank where that is allowed."""
    states = tuple(map(nodes.status, needs))
    good = ops.Add((ops.CountText(states, semantics.FILLED), ops.CountText(states, semantics.OPTIONAL)))
    return ops.Compare("=", good, ops.Const(len(states)))


def when_ready(needs: Sequence[str], then: ops.Op) -> ops.Op:
    """The value once every input is in order; until then the word that says what is wanting."""
    if not needs:
        return then
    missing = ops.Compare(">", ops.CountText(tuple(map(nodes.status, needs)), semantics.MISSING), ops.Const(0))
    unready = ops.If(missing, ops.Text(semantics.MISSING), ops.Text(semantics.INVALID))
    return ops.If(ready(needs), then, unready)
