"""The ops: everything a formula can say. Each is a docstring and typed fields; the compilers say how.

An expression is a tree of ops over node ids. A node is a named value of an assessment (an input, a score, a total); the
workbook plan gives each node a cell, the numpy compiler an array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from xl_kpi.expr.semantics import COMPARE_DIGITS


@dataclass(frozen=True)
class Op:
    """Any expression."""


@dataclass(frozen=True)
class Const(Op):
    """A number the scheme states."""

    value: float


@dataclass(frozen=True)
class Text(Op):
    """A word shown in place of a number."""

    value: str


@dataclass(frozen=True)
class Ref(Op):
    """The value of another node."""

    id: str


@dataclass(frozen=True)
class Is(Op):
    """Whether a node shows exactly this text; case does not count."""

    id: str
    text: str


@dataclass(frozen=True)
class Filled(Op):
    """Whether a node shows anything at all; 0 counts as filled, a blank and "" do not."""

    id: str


@dataclass(frozen=True)
class IsNumber(Op):
    """Whether a node holds a number; a text that looks like one does not count."""

    id: str


@dataclass(frozen=True)
class Add(Op):
    """The sum of expressions."""

    terms: tuple[Op, ...]


@dataclass(frozen=True)
class Sub(Op):
    """left - right."""

    left: Op
    right: Op


@dataclass(frozen=True)
class Mul(Op):
    """left x right."""

    left: Op
    right: Op


@dataclass(frozen=True)
class Div(Op):
    """left / right; whoever builds it makes sure that right is not 0."""

    left: Op
    right: Op


@dataclass(frozen=True)
class Min(Op):
    """The smallest of the expressions."""

    args: tuple[Op, ...]


@dataclass(frozen=True)
class Max(Op):
    """The largest of the expressions."""

    args: tuple[Op, ...]


@dataclass(frozen=True)
class Round(Op):
    """Rounded half away from zero to so many decimals."""

    arg: Op
    digits: int


@dataclass(frozen=True)
class RoundDown(Op):
    """Cut towards zero to so many decimals."""

    arg: Op
    digits: int


@dataclass(frozen=True)
class Sum(Op):
    """The sum of the nodes that hold numbers; words and blanks are passed over."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Count(Op):
    """How many of the nodes hold a number."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class CountText(Op):
    """How many of the nodes show exactly this text."""

    ids: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class CountFilled(Op):
    """How many of the nodes show anything; for cells that are typed into, where a blank is really blank."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Compare(Op):
    """left against right, both rounded first (semantics.COMPARE_DIGITS)."""

    how: Literal[">=", ">", "<=", "<", "="]
    left: Op
    right: Op


@dataclass(frozen=True)
class And(Op):
    """Whether all hold."""

    args: tuple[Op, ...]


@dataclass(frozen=True)
class Or(Op):
    """Whether any holds."""

    args: tuple[Op, ...]


@dataclass(frozen=True)
class Not(Op):
    """Whether it does not hold."""

    arg: Op


@dataclass(frozen=True)
class If(Op):
    """then where the condition holds, else otherwise; the branch not taken has no effect."""

    condition: Op
    then: Op
    otherwise: Op


@dataclass(frozen=True)
class IfError(Op):
    """The expression, or the text where it is an error value."""

    arg: Op
    text: str


@dataclass(frozen=True)
class Joined(Op):
    """Words and numbers one after the other, as one text; whoever builds it rounds the numbers to what is to be read.

    Numbers from 0.0001 to 10000000 with at most four decimals: those every program writes alike.
    """

    args: tuple[Op, ...]


@dataclass(frozen=True)
class Step(Op):
    """An intermediate result the official should see: it gets a labelled row of its own, beside its standard."""

    label: str
    unit: str
    arg: Op
    standard: str = ""


def total(*terms: Op) -> Op:
    """The sum of the terms, as itself when there is only one."""
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def every(*args: Op) -> Op:
    """All of them, as itself when there is only one."""
    return args[0] if len(args) == 1 else And(tuple(args))


def some(*args: Op) -> Op:
    """Any of them, as itself when there is only one."""
    return args[0] if len(args) == 1 else Or(tuple(args))


def ceiling(arg: Op) -> Op:
    """The next whole number at or above a value that is not negative (Excel's ROUNDUP is not in the allow-list)."""
    whole = RoundDown(Round(arg, 6), 0)
    return Add((whole, If(Compare(">", arg, whole), Const(1), Const(0))))


def exact(op: Op) -> bool:
    """Whether a value carries no binary noise, so that comparing it needs no rounding first."""
    if isinstance(op, Add):
        return all(isinstance(term, Count | CountText | CountFilled) for term in op.terms)
    if isinstance(op, Const):
        return round(op.value, COMPARE_DIGITS) == op.value
    return isinstance(op, Count | CountText | CountFilled | Round | RoundDown)


def _fields(op: Op) -> tuple[str, ...]:
    """The names of an op's fields; `dataclasses.fields` says the same and takes ten times as long."""
    names: tuple[str, ...] = op.__match_args__
    return names


def children(op: Op) -> Iterator[Op]:
    """The expressions directly inside an op."""
    for name in _fields(op):
        value = getattr(op, name)
        if isinstance(value, Op):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Op))


def rebuild(op: Op, on_op: Callable[[Op], Op]) -> Op:
    """The same op with each direct child replaced by on_op(child)."""
    changes: dict[str, object] = {}
    for name in _fields(op):
        value = getattr(op, name)
        if isinstance(value, Op):
            changes[name] = on_op(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Op):
            changes[name] = tuple(on_op(item) for item in value)
    return replace(op, **changes) if changes else op


def rename(op: Op, new_id: Callable[[str], str]) -> Op:
    """The same expression over other node ids."""
    if isinstance(op, Ref | Is | Filled | IsNumber):
        return replace(op, id=new_id(op.id))
    if isinstance(op, Sum | Count | CountText | CountFilled):
        return replace(op, ids=tuple(new_id(i) for i in op.ids))
    return rebuild(op, lambda child: rename(child, new_id))


def ids(op: Op) -> Iterator[str]:
    """Every node id an expression reads, in order, with repeats."""
    if isinstance(op, Ref | Is | Filled | IsNumber):
        yield op.id
    elif isinstance(op, Sum | Count | CountText | CountFilled):
        yield from op.ids
    for child in children(op):
        yield from ids(child)


def texts(op: Op) -> Iterator[str]:
    """Every word an expression can show."""
    if isinstance(op, Text):
        yield op.value
    for child in () if isinstance(op, Joined) else children(op):
        yield from texts(child)


def sentences(op: Op) -> Iterator[Joined]:
    """Every text with numbers in it that an expression can show."""
    if isinstance(op, Joined):
        yield op
    for child in children(op):
        yield from sentences(child)
