"""A task as nodes: its intermediate results, its score, its points, its vetoes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xl_kpi.expr import ops, semantics
from xl_kpi.program import nodes
from xl_kpi.program.inputs import BoundInput, Inputs, context_of, in_both_views, placed, ready, when_ready
from xl_kpi.program.nothing import BoundNothing, less
from xl_kpi.rules.parts import term
from xl_kpi.scheme.model import Effect, Figure, Scheme, Task, Veto


@dataclass(frozen=True)
class BoundStep:
    """An intermediate result: its node id and how its row is labelled."""

    id: str
    label: str
    unit: str
    standard: str


@dataclass(frozen=True)
class BoundVeto:
    """A veto: its node id, its effects, and what triggers it."""

    id: str
    effects: tuple[Effect, ...]
    sentence: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class BoundTask:
    """A task with all its nodes."""

    task: Task
    inputs: tuple[BoundInput, ...]
    steps: tuple[BoundStep, ...]
    vetoes: tuple[BoundVeto, ...]
    left_out: str = ""  # the step that shows the points nothing is assessed of, where there can be any

    @property
    def id(self) -> str:
        """The task's id."""
        return self.task.id

    @property
    def score(self) -> str:
        """The node of the adopted score; `nodes.own` gives that of the self-assessed one."""
        return nodes.score(self.id)

    @property
    def points(self) -> str:
        """The node of the points."""
        return nodes.points(self.id)


def bound_task(task: Task, scheme: Scheme, inputs: Inputs, formulas: dict[str, ops.Op]) -> BoundTask:
    """A task in its place; its formulas are put behind those of what it reads."""
    return _Binding(task, scheme, inputs, formulas).bound()


class _Binding:
    def __init__(self, task: Task, scheme: Scheme, inputs: Inputs, formulas: dict[str, ops.Op]) -> None:
        self.task, self.scheme, self.inputs, self.formulas = task, scheme, inputs, formulas
        self.steps: list[BoundStep] = []

    def bound(self) -> BoundTask:
        task = self.task
        points, left_out = self._points()
        rule = self._lift(placed(task.rule.lower(context_of(self.scheme, task)), task.id))
        for figure in task.figures:
            unit = "%" if figure.kind == "percent" else figure.unit
            self._lift(ops.Step(figure.label, unit, _figure(figure, task.id)))
        vetoes = tuple(self._veto(number, veto) for number, veto in enumerate(task.vetoes, 1))
        zero = [_triggered(task, veto) for veto in task.vetoes if "zero_task" in veto.effects]
        score: ops.Op = ops.Min((points, ops.Max((ops.Const(0), rule))))
        rounding = self.scheme.rounding
        score = (
            ops.Round(score, rounding.digits)
            if rounding.mode == "half_up"
            else ops.RoundDown(ops.Round(score, 9), rounding.digits)
        )
        if zero:
            score = ops.If(ops.some(*zero), ops.Const(0), score)
        if left_out:
            score = ops.If(ops.Compare("<=", points, ops.Const(0)), ops.Text(semantics.EXCLUDED), score)
        needs = self._needs([rule, *zero])
        self.formulas |= in_both_views(nodes.score(task.id), when_ready(needs, score))
        return BoundTask(task, self.inputs.of_task[task.id], tuple(self.steps), vetoes, left_out)

    def _points(self) -> tuple[ops.Op, str]:
        """The points a task is assessed of, and the step (if any) that shows what is left out of them."""
        task, shown_at = self.task, nodes.points(self.task.id)
        points = term(task.points)
        lost = task.rule.left_out(context_of(self.scheme, task))
        if lost is None:
            self.formulas[shown_at] = points
            return points, ""
        shown = ops.Step("不参评的分值", "分", ops.Round(lost, self.scheme.rounding.digits))
        self._lift(placed(shown, task.id))
        node = self.steps[-1].id
        left = less(points, [node])
        # Points that the bureau has yet to fill in stay blank.
        self.formulas[shown_at] = (
            ops.If(ops.IsNumber(points.id), left, points) if isinstance(points, ops.Ref) else left
        )
        return left, node

    def _lift(self, op: ops.Op) -> ops.Op:
        """Give every Step inside a node of its own, innermost first, and refer to it."""
        op = ops.rebuild(op, self._lift)
        if not isinstance(op, ops.Step):
            return op
        shown = ops.If(ready(dict.fromkeys(self._read(op.arg))), op.arg, ops.Text(""))
        for step in self.steps:
            if self.formulas[step.id] == shown and step.label == op.label:
                return ops.Ref(step.id)
        node = nodes.step(self.task.id, len(self.steps) + 1)
        self.steps.append(BoundStep(node, op.label, op.unit, op.standard))
        self.formulas |= in_both_views(node, shown)
        return ops.Ref(node)

    def _needs(self, expressions: Iterable[ops.Op]) -> list[str]:
        """The inputs that must be in order before the expressions mean anything: the task's own, and what they read."""
        needs = {bound.id: None for bound in self.inputs.of_task[self.task.id]}
        needs |= dict.fromkeys(i for e in expressions for i in self._read(e))
        return list(needs)

    def _read(self, expression: ops.Op) -> Iterator[str]:
        """The inputs behind an expression; a step reads its inputs and their states, not what those are held against."""
        for name in ops.ids(expression):
            node = nodes.without_status(name)
            if node in self.inputs.specs:
                yield node
            else:
                yield from self._read(self.formulas[node])

    def _veto(self, number: int, veto: Veto) -> BoundVeto:
        triggered = _triggered(self.task, veto)
        needs = list(dict.fromkeys(ops.ids(triggered)))
        state = ops.If(triggered, ops.Text(semantics.TRIGGERED), ops.Text(semantics.NOT_TRIGGERED))
        node = nodes.veto(self.task.id, number)
        self.formulas[node] = when_ready(needs, state)
        sentence = self.scheme.with_labels(veto.sentence(), self.task)
        return BoundVeto(node, veto.effects, sentence, tuple(needs))


def _triggered(task: Task, veto: Veto) -> ops.Op:
    return ops.some(*(placed(when.holds(), task.id) for when in veto.when))


def _figure(figure: Figure, task: str) -> ops.Op:
    top, bottom = nodes.adopted(task, figure.numerator), nodes.adopted(task, figure.denominator)
    states = nodes.status(top), nodes.status(bottom)
    both = ops.Compare("=", ops.CountText(states, semantics.FILLED), ops.Const(2))
    quotient = ops.If(
        ops.Compare("=", ops.Ref(bottom), ops.Const(0)), ops.Text("—"), ops.Div(ops.Ref(top), ops.Ref(bottom))
    )
    return ops.If(both, quotient, ops.Text(""))


def nothings(scheme: Scheme) -> Iterator[BoundNothing]:
    """Every place where “无” (or a count of 0) says that there was nothing to rate, each once."""
    for task in scheme.tasks():
        seen = set()
        for nothing in task.rule.nothings():
            when = placed(nothing.when, task.id)
            if when not in seen:
                seen.add(when)
                needs = list(dict.fromkeys(ops.ids(when)))
                said = ops.If(when, ops.Text(semantics.NONE), ops.Text("—"))
                label = scheme.with_labels(nothing.label, task)
                on = nodes.adopted(task.id, nothing.on)
                yield BoundNothing(on, task.id, label, nothing.counts, when_ready(needs, said))
