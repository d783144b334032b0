"""Nothing to rate (“无”): what contradicts it, where a rule forgets it, and what it leaves out of the assessment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xl_kpi.expr import ops, semantics
from xl_kpi.rules.base import Rule, rules_in
from xl_kpi.rules.parts import Constraint, IfNone, Input


@dataclass(frozen=True)
class BoundNothing:
    """A place where nothing may have happened: the input that says so, and an expression that shows “无” or “—”.

    Until the inputs it goes by are in order it shows the word for what is wanting.
    """

    on: str
    task: str
    label: str
    counts: IfNone
    shown: ops.Op


def contradiction(spec: Input, node: str, count: str, label: str) -> Constraint:
    """“无” is no answer while a count (its node id and label) is above 0."""
    zero = ops.Compare("=", ops.Ref(count), ops.Const(0))
    holds = ops.Or((ops.Not(ops.Is(node, semantics.NONE)), zero))
    message = f"{label}大于0的，“{spec.label}”不能填“无”"
    return Constraint(node, holds, message, of_none=True)


def unguarded(op: ops.Op, safe: frozenset[str] = frozenset()) -> Iterator[str]:
    """The nodes an expression computes with where they may hold “无”."""
    if isinstance(op, ops.Ref) and op.id not in safe:
        yield op.id
    if isinstance(op, ops.If) and isinstance(op.condition, ops.Is) and op.condition.text == semantics.NONE:
        yield from unguarded(op.then, safe)
        yield from unguarded(op.otherwise, safe | {op.condition.id})
        return
    for child in ops.children(op):
        yield from unguarded(child, safe)


def excludes_inside(rule: Rule) -> bool:
    """Whether a rule that only judges what an outer one measured would leave out points: the outer one does not ask."""
    judging = (inner for one in rules_in(rule) if isinstance(inner := getattr(one, "then", None), Rule))
    return any(nothing.counts == "exclude" for inner in judging for nothing in inner.nothings())


def less(points: ops.Op, left_out: Iterable[str]) -> ops.Op:
    """Points, less what the nodes (of points left out) show; those that show no number yet count as 0."""
    nodes = tuple(left_out)
    return ops.Sub(points, ops.Sum(nodes)) if nodes else points
