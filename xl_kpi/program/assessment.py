"""Inputs to scores: one program over N workbooks in numpy, then one result a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xl_kpi.expr import semantics
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.program import nodes
from xl_kpi.program.build import Program
from xl_kpi.scheme.model import Effect, Group

Typed = Mapping[str, float | str | None]


@dataclass(frozen=True)
class TaskScore:
    """A task's points and scores in points; None where it cannot be scored yet."""

    id: str
    name: str
    points: float | None
    self: float | None
    final: float | None
    state: str  # 未填, 有误 or 不参评 where the final score is None, else empty


@dataclass(frozen=True)
class GroupScore:
    """A group's declared points (less those nothing is assessed of) and the sum of its tasks' scores."""

    id: str
    name: str
    points: float
    score: float


@dataclass(frozen=True)
class VetoState:
    """A veto that was triggered."""

    task: str
    effect: Effect
    sentence: str


@dataclass(frozen=True)
class Assessment:
    """The outcome of one workbook. Total, max and scores in points; rate as a fraction."""

    complete: bool
    total: float
    self_total: float
    max: float
    rate: float
    grade: str
    veto_state: str
    missing: int
    invalid: int
    vetoes: tuple[VetoState, ...] = ()
    groups: tuple[GroupScore, ...] = ()
    tasks: tuple[TaskScore, ...] = field(default=())


def assess(program: Program, batch: Batch, row: int) -> Assessment:
    """One workbook's outcome out of a batch."""

    def number(node: str) -> float | None:
        value = batch.value(node, row)
        return value if isinstance(value, float) else None

    def word(node: str) -> str:
        value = batch.value(node, row)
        return value if isinstance(value, str) else ""

    def left_out(group: Group) -> float:
        ids = {task.id for task in group.all_tasks()}
        return sum(number(t.left_out) or 0.0 for t in program.tasks if t.left_out and t.id in ids)

    tasks = tuple(
        TaskScore(t.id, t.task.name, number(t.points), number(nodes.own(t.score)), number(t.score), word(t.score))
        for t in program.tasks
    )
    groups = tuple(
        GroupScore(g.id, g.name, g.points - left_out(g), number(nodes.group_score(g.id)) or 0.0)
        for g in program.scheme.all_groups()
    )
    vetoes = tuple(
        VetoState(t.id, effect, veto.sentence)
        for t in program.tasks
        for veto in t.vetoes
        if word(veto.id) == semantics.TRIGGERED
        for effect in veto.effects
    )
    return Assessment(
        complete=word(nodes.COMPLETE) == semantics.COMPLETE,
        total=number(nodes.TOTAL) or 0.0,
        self_total=number(nodes.own(nodes.TOTAL)) or 0.0,
        max=number(nodes.MAX) or 0.0,
        rate=number(nodes.RATE) or 0.0,
        grade=word(nodes.GRADE),
        veto_state=word(nodes.VETOES),
        missing=int(number(nodes.MISSING) or 0),
        invalid=int(number(nodes.INVALID) or 0),
        vetoes=vetoes,
        groups=groups,
        tasks=tasks,
    )
