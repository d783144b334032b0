"""The outcome as nodes: groups, the total, how complete it is, the vetoes together, the grade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from xl_kpi.expr import ops, semantics
from xl_kpi.program import nodes
from xl_kpi.program.inputs import Inputs, in_both_views
from xl_kpi.program.nothing import less
from xl_kpi.program.stages import Stage
from xl_kpi.program.tasks import BoundTask, BoundVeto
from xl_kpi.scheme.model import EFFECT_NAMES, Effect, Scheme

BAD_STATES = (semantics.INVALID, semantics.OUT_OF_RANGE, semantics.INCONSISTENT)


def group_formulas(scheme: Scheme) -> Iterator[tuple[str, ops.Op]]:
    """Each group's score and points, the innermost groups first."""
    for group in reversed(list(scheme.all_groups())):
        scores = [*(nodes.group_score(g.id) for g in group.groups), *(nodes.score(t.id) for t in group.tasks)]
        points = [*(nodes.group_points(g.id) for g in group.groups), *(nodes.points(t.id) for t in group.tasks)]
        yield from in_both_views(nodes.group_score(group.id), _sum(scheme, scores))
        yield nodes.group_points(group.id), _sum(scheme, points)


def outcome_formulas(
    scheme: Scheme, inputs: Inputs, tasks: Iterable[BoundTask], stages: Sequence[Stage]
) -> Iterator[tuple[str, ops.Op]]:
    """What the whole assessment comes to, from its groups, tasks and inputs."""
    tasks = tuple(tasks)
    statuses = tuple(nodes.status(bound.id) for bound in inputs)
    yield nodes.STAGE, _stage(inputs, stages)
    yield nodes.MISSING, ops.CountText(statuses, semantics.MISSING)
    yield nodes.FILLED, ops.CountText(statuses, semantics.FILLED)
    yield nodes.INVALID, ops.total(*(ops.CountText(statuses, word) for word in BAD_STATES))
    unready = ops.Add((ops.Ref(nodes.MISSING), ops.Ref(nodes.INVALID)))
    done = ops.Compare("=", unready, ops.Const(0))
    yield nodes.COMPLETE, ops.If(done, ops.Text(semantics.COMPLETE), ops.Text(semantics.UNFINISHED))
    yield from in_both_views(nodes.TOTAL, _sum(scheme, [nodes.group_score(g.id) for g in scheme.groups]))
    yield nodes.MAX, _sum(scheme, [nodes.group_points(g.id) for g in scheme.groups])
    left_out = [task.left_out for task in tasks if task.left_out]
    yield nodes.RATE, quotient(ops.Ref(nodes.TOTAL), less(ops.Const(scheme.points), left_out))
    vetoes = [veto for task in tasks for veto in task.vetoes]
    yield nodes.VETOES, _veto_summary(vetoes)
    yield nodes.GRADE, _grade(scheme, vetoes)


def _sum(scheme: Scheme, summed: Iterable[str]) -> ops.Op:
    return ops.Round(ops.Sum(tuple(summed)), scheme.rounding.digits)


def quotient(top: ops.Op, bottom: ops.Op) -> ops.Op:
    """top / bottom; 0 where the bottom is 0 because nothing is assessed."""
    if isinstance(bottom, ops.Const):
        return ops.Div(top, bottom)
    return ops.If(ops.Compare(">", bottom, ops.Const(0)), ops.Div(top, bottom), ops.Const(0))


def _stage(inputs: Inputs, stages: Sequence[Stage]) -> ops.Op:
    """The last stage at which anything was filled in."""
    state: ops.Op = ops.Text(stages[0].word)
    for stage in stages[1:]:
        used = ops.CountFilled(tuple(nodes.typed(bound.id, stage) for bound in inputs))
        state = ops.If(ops.Compare(">", used, ops.Const(0)), ops.Text(stage.word), state)
    return state


def _veto_summary(vetoes: list[BoundVeto]) -> ops.Op:
    state: ops.Op = ops.Text(semantics.NOT_TRIGGERED)
    mildest_first: tuple[Effect, ...] = ("zero_task", "no_excellent", "fail")
    for effect in mildest_first:
        if _with(vetoes, effect):
            state = ops.If(_any_triggered(vetoes, effect), ops.Text(EFFECT_NAMES[effect]), state)
    if not vetoes:
        return state
    ids = tuple(veto.id for veto in vetoes)
    answered = ops.Add((ops.CountText(ids, semantics.TRIGGERED), ops.CountText(ids, semantics.NOT_TRIGGERED)))
    unanswered = ops.Compare("<", answered, ops.Const(len(ids)))
    state = ops.If(unanswered, ops.Text(semantics.UNFINISHED), state)
    # A veto that is triggered counts at once; one that is not answered leaves the rest open.
    if _with(vetoes, "fail"):
        state = ops.If(_any_triggered(vetoes, "fail"), ops.Text(EFFECT_NAMES["fail"]), state)
    return state


def _grade(scheme: Scheme, vetoes: list[BoundVeto]) -> ops.Op:
    bands = scheme.grades.bands
    grade: ops.Op = ops.Text(bands[-1].name)
    for number, band in reversed(list(enumerate(bands[:-1]))):
        earned: ops.Op = ops.Compare(">=", ops.Ref(nodes.RATE), ops.Const(band.at_least))
        if number == 0 and _with(vetoes, "no_excellent"):
            earned = ops.And((earned, ops.Not(_any_triggered(vetoes, "no_excellent"))))
        grade = ops.If(earned, ops.Text(band.name), grade)
    if _with(vetoes, "fail"):
        grade = ops.If(_any_triggered(vetoes, "fail"), ops.Text(bands[-1].name), grade)
    return ops.If(ops.Is(nodes.COMPLETE, semantics.COMPLETE), grade, ops.Text(semantics.UNFINISHED))


def _with(vetoes: list[BoundVeto], effect: Effect) -> tuple[str, ...]:
    return tuple(veto.id for veto in vetoes if effect in veto.effects)


def _any_triggered(vetoes: list[BoundVeto], effect: Effect) -> ops.Op:
    count = ops.CountText(_with(vetoes, effect), semantics.TRIGGERED)
    return ops.Compare(">", count, ops.Const(0))
