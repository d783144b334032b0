"""A scheme as a program: every value of an assessment as a node (nodes.py), with the expression that gives it.

The workbook plan gives each node a cell and compiles its expression to a formula; scoring evaluates the same
expressions in numpy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from xl_kpi.expr import ops
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.program import nodes, stages
from xl_kpi.program.inputs import BoundInput, Inputs
from xl_kpi.program.nothing import BoundNothing
from xl_kpi.program.outcome import group_formulas, outcome_formulas
from xl_kpi.program.references import check_references
from xl_kpi.program.stages import Stage
from xl_kpi.program.tasks import BoundTask, bound_task, nothings
from xl_kpi.scheme.model import Scheme


@dataclass(frozen=True)
class Program:
    """All nodes of an assessment: what is asked, and the formulas in an order in which they can be worked out."""

    scheme: Scheme
    stages: tuple[Stage, ...]
    setup: tuple[BoundInput, ...]
    tasks: tuple[BoundTask, ...]
    formulas: dict[str, ops.Op]
    nothings: tuple[BoundNothing, ...]

    @classmethod
    def of(cls, scheme: Scheme) -> Program:
        """The program of a scheme whose level is settled. Raises SchemeError for a reference to no input."""
        inputs = Inputs.of(scheme)
        check_references(scheme, inputs)
        rounds = stages.STAGES
        formulas = dict(inputs.formulas(rounds))
        tasks = tuple(bound_task(task, scheme, inputs, formulas) for task in scheme.tasks())
        formulas |= group_formulas(scheme)
        formulas |= outcome_formulas(scheme, inputs, tasks, rounds)
        return cls(scheme, rounds, inputs.setup, tasks, formulas, tuple(nothings(scheme)))

    def evaluate(self, typed: Sequence[Mapping[str, float | str | None]]) -> Batch:
        """Every node for N workbooks, from what was typed in each by node id (`t05.ontime@self`)."""
        batch = Batch(len(typed))
        for bound in self.inputs():
            asked = [nodes.typed(bound.id, stage) for stage in self.stages]
            if nodes.hint(bound.id) in self.formulas:
                asked.append(nodes.note(bound.id))
            for node in asked:
                batch.put(node, [answers.get(node) for answers in typed])
        for node, expression in self.formulas.items():
            batch.compute(node, expression)
        return batch

    def inputs(self) -> Iterator[BoundInput]:
        """Every input, the bureau's first."""
        yield from self.setup
        for task in self.tasks:
            yield from task.inputs

    def typed_rates(self) -> frozenset[str]:
        """The inputs that take “无” for an answer."""
        return frozenset(bound.id for bound in self.inputs() if bound.spec.if_none is not None)

    def reached(self, typed: Iterable[str]) -> Stage:
        """The last stage at which any of some nodes was typed; the first where there are none."""
        used = {nodes.typed_at(node) for node in typed}
        return next((stage for stage in reversed(self.stages) if stage.id in used), self.stages[0])
