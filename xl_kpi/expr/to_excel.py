"""Ops to formula text, within an allow-list that every engine reads alike; anything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from xl_kpi.expr import ops, semantics
from xl_kpi.xlsx.cells import number_text


class Addresses(Protocol):
    """Where nodes stand, as seen from the sheet the formula is written to."""

    def cell(self, node: str) -> str:
        """One node's cell, e.g. `K5` or `'数据填报'!K5`."""

    def ranges(self, nodes: Iterable[str]) -> list[str]:
        """The nodes' cells as few ranges as possible, e.g. [`K5:K8`, `K12`]."""


def to_excel(expression: ops.Op, addresses: Addresses) -> str:
    """The formula, with its leading `=`.

    Raises NotImplementedError for an op Excel has no compiler for, ValueError for one over no nodes.
    """
    return "=" + _emit(expression, addresses)


def quoted(text: str) -> str:
    """A text literal inside a formula."""
    return '"' + text.replace('"', '""') + '"'


# The ops that are one function of Excel's, by what its arguments are. A function enters these tables, and so a workbook,
# after a test in every engine (tests/engines/test_engines_against_excel.py).

_OF_EXPRESSIONS: dict[type[ops.Op], str] = {
    ops.Min: "MIN",
    ops.Max: "MAX",
    ops.And: "AND",
    ops.Or: "OR",
    ops.Not: "NOT",
    ops.If: "IF",
    ops.Round: "ROUND",
    ops.RoundDown: "ROUNDDOWN",
    ops.IfError: "IFERROR",
}
_OF_NODES: dict[type[ops.Op], str] = {ops.Sum: "SUM", ops.Count: "COUNT", ops.CountFilled: "COUNTA"}
_IS_NUMBER, _COUNT_TEXT = "ISNUMBER", "COUNTIF"

ALLOWED_FUNCTIONS = frozenset([*_OF_EXPRESSIONS.values(), *_OF_NODES.values(), _IS_NUMBER, _COUNT_TEXT])

# The ops written between their operands: the sign, and whose operand needs brackets on the left and on the right.
_SUMS = (ops.Add, ops.Sub)
_PRODUCTS = (ops.Mul, ops.Div)
_LOOSE = (*_SUMS, ops.Compare)
_Kinds = tuple[type[ops.Op], ...]
_INFIX: dict[type[ops.Op], tuple[str, _Kinds, _Kinds]] = {
    ops.Add: ("+", (ops.Compare,), (ops.Compare,)),
    ops.Sub: ("-", (), _LOOSE),
    ops.Mul: ("*", _LOOSE, _LOOSE),
    ops.Div: ("/", _LOOSE, (*_LOOSE, *_PRODUCTS)),
    ops.Joined: ("&", (*_LOOSE, *_PRODUCTS), (*_LOOSE, *_PRODUCTS)),
}


def _emit(op: ops.Op, at: Addresses) -> str:
    kind = type(op)
    if kind in _OF_EXPRESSIONS:
        return _call(_OF_EXPRESSIONS[kind], *_arguments(op, at))
    if isinstance(op, ops.Sum | ops.Count | ops.CountFilled):
        return _call(_OF_NODES[kind], *_ranges(op, at))
    if kind in _INFIX:
        return _infix(op, at)
    try:
        say = _OTHERS[kind]
    except KeyError:
        raise NotImplementedError(f"to_excel cannot say {kind.__name__}") from None
    return say(op, at)


def _call(name: str, *args: str) -> str:
    return f"{name}({','.join(args)})"


def _arguments(op: ops.Op, at: Addresses) -> list[str]:
    """The fields of an op in their order: expressions (also several in one field), digits, a text."""
    found: list[str] = []
    for value in vars(op).values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, ops.Op):
                found.append(_emit(item, at))
            else:
                found.append(quoted(item) if isinstance(item, str) else str(item))
    return found


def _ranges(op: ops.Sum | ops.Count | ops.CountFilled | ops.CountText, at: Addresses) -> list[str]:
    if not op.ids:
        raise ValueError(f"{type(op).__name__} over no nodes has no formula")
    return at.ranges(op.ids)


def _infix(op: ops.Op, at: Addresses) -> str:
    sign, left, right = _INFIX[type(op)]
    first, *others = ops.children(op)
    return sign.join([_operand(first, left, at), *(_operand(other, right, at) for other in others)])


def _operand(op: ops.Op, bracketed: _Kinds, at: Addresses) -> str:
    """An operand, in brackets where it is of such a kind; where a sum would be, a negative number is too."""
    negative = isinstance(op, ops.Const) and op.value < 0 and ops.Add in bracketed
    text = _emit(op, at)
    return f"({text})" if negative or isinstance(op, bracketed) else text


def _side(op: ops.Op, at: Addresses) -> str:
    """One side of a comparison: rounded unless it is exact by nature."""
    return _emit(op if ops.exact(op) else ops.Round(op, semantics.COMPARE_DIGITS), at)


def _count_text(op: ops.CountText, at: Addresses) -> str:
    # COUNTIF takes one range.
    counts = [_call(_COUNT_TEXT, area, quoted(op.text)) for area in _ranges(op, at)]
    return counts[0] if len(counts) == 1 else f"({'+'.join(counts)})"


_OTHERS: dict[type[ops.Op], Callable[..., str]] = {
    ops.Const: lambda op, at: number_text(op.value),
    ops.Text: lambda op, at: quoted(op.value),
    ops.Ref: lambda op, at: at.cell(op.id),
    ops.Is: lambda op, at: f"{at.cell(op.id)}={quoted(op.text)}",
    ops.Filled: lambda op, at: f'{at.cell(op.id)}<>""',
    ops.IsNumber: lambda op, at: _call(_IS_NUMBER, at.cell(op.id)),
    ops.CountText: _count_text,
    ops.Compare: lambda op, at: f"{_side(op.left, at)}{op.how}{_side(op.right, at)}",
}
