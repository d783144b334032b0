"""Ops to formula text, within an allow-list that every engine reads alike; anything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from xl_kpi.expr import ops, semantics
from xl_kpi.xlsx.cells import number_text

ALLOWED_FUNCTIONS = frozenset(
    [
        "IF",
        "AND",
        "OR",
        "NOT",
        "SUM",
        "SUMPRODUCT",
        "MIN",
        "MAX",
        "ROUND",
        "ROUNDDOWN",
        "COUNT",
        "COUNTA",
        "COUNTIF",
        "AVERAGE",
        "MEDIAN",
        "RANK",
        "INDEX",
        "MATCH",
        "IFERROR",
        "ISNUMBER",
        "ABS",
    ]
)


class Addresses(Protocol):
    """Where nodes stand, as seen from the sheet the formula is written to."""

    def cell(self, node: str) -> str:
        """One node's cell, e.g. `K5` or `'数据填报'!K5`."""

    def ranges(self, nodes: Iterable[str]) -> list[str]:
        """The nodes' cells as few ranges as possible, e.g. [`K5:K8`, `K12`]."""


def to_excel(expression: ops.Op, addresses: Addresses) -> str:
    """The formula, with its leading `=`. Raises NotImplementedError for an op Excel has no compiler for."""
    return "=" + _emit(expression, addresses)


def quoted(text: str) -> str:
    """A text literal inside a formula."""
    return '"' + text.replace('"', '""') + '"'


def _emit(op: ops.Op, at: Addresses) -> str:
    try:
        compile_op = _COMPILERS[type(op)]
    except KeyError:
        raise NotImplementedError(f"to_excel cannot say {type(op).__name__}") from None
    return compile_op(op, at)


def _call(name: str, *args: str) -> str:
    if name not in ALLOWED_FUNCTIONS:
        raise NotImplementedError(f"the function {name} is not in the allow-list")
    return f"{name}({','.join(args)})"


_LOOSE = (ops.Add, ops.Sub, ops.Compare)  # bind weaker than x and /


def _factor(op: ops.Op, at: Addresses, also: tuple[type[ops.Op], ...] = ()) -> str:
    """An operand of x, / or the right of -, in brackets where precedence asks for them."""
    text = _emit(op, at)
    negative = isinstance(op, ops.Const) and op.value < 0
    return f"({text})" if negative or isinstance(op, _LOOSE + also) else text


def _side(op: ops.Op, at: Addresses) -> str:
    """One side of a comparison: rounded unless it is exact by nature."""
    text = _emit(op, at)
    if ops.exact(op):
        return text
    return _call("ROUND", text, str(semantics.COMPARE_DIGITS))


def _const(op: ops.Const, at: Addresses) -> str:
    return number_text(op.value)


def _text(op: ops.Text, at: Addresses) -> str:
    return quoted(op.value)


def _ref(op: ops.Ref, at: Addresses) -> str:
    return at.cell(op.id)


def _is(op: ops.Is, at: Addresses) -> str:
    return f"{at.cell(op.id)}={quoted(op.text)}"


def _filled(op: ops.Filled, at: Addresses) -> str:
    return f'{at.cell(op.id)}<>""'


def _is_number(op: ops.IsNumber, at: Addresses) -> str:
    return _call("ISNUMBER", at.cell(op.id))


def _add(op: ops.Add, at: Addresses) -> str:
    return "+".join(_factor(t, at, ()) if isinstance(t, ops.Compare) else _emit(t, at) for t in op.terms)


def _sub(op: ops.Sub, at: Addresses) -> str:
    return f"{_emit(op.left, at)}-{_factor(op.right, at)}"


def _mul(op: ops.Mul, at: Addresses) -> str:
    return f"{_factor(op.left, at)}*{_factor(op.right, at)}"


def _div(op: ops.Div, at: Addresses) -> str:
    return f"{_factor(op.left, at)}/{_factor(op.right, at, (ops.Mul, ops.Div))}"


def _min(op: ops.Min, at: Addresses) -> str:
    return _call("MIN", *(_emit(a, at) for a in op.args))


def _max(op: ops.Max, at: Addresses) -> str:
    return _call("MAX", *(_emit(a, at) for a in op.args))


def _round(op: ops.Round, at: Addresses) -> str:
    return _call("ROUND", _emit(op.arg, at), str(op.digits))


def _round_down(op: ops.RoundDown, at: Addresses) -> str:
    return _call("ROUNDDOWN", _emit(op.arg, at), str(op.digits))


def _refuse_none(op: ops.Sum | ops.Count | ops.CountText | ops.CountFilled) -> None:
    if not op.ids:
        raise ValueError(f"{type(op).__name__} over no nodes has no formula")


def _sum(op: ops.Sum, at: Addresses) -> str:
    _refuse_none(op)
    return _call("SUM", *at.ranges(op.ids))


def _count(op: ops.Count, at: Addresses) -> str:
    _refuse_none(op)
    return _call("COUNT", *at.ranges(op.ids))


def _count_text(op: ops.CountText, at: Addresses) -> str:
    _refuse_none(op)
    counts = [_call("COUNTIF", area, quoted(op.text)) for area in at.ranges(op.ids)]
    return counts[0] if len(counts) == 1 else f"({'+'.join(counts)})"


def _count_filled(op: ops.CountFilled, at: Addresses) -> str:
    _refuse_none(op)
    return _call("COUNTA", *at.ranges(op.ids))


def _compare(op: ops.Compare, at: Addresses) -> str:
    return f"{_side(op.left, at)}{op.how}{_side(op.right, at)}"


def _and(op: ops.And, at: Addresses) -> str:
    return _call("AND", *(_emit(a, at) for a in op.args))


def _or(op: ops.Or, at: Addresses) -> str:
    return _call("OR", *(_emit(a, at) for a in op.args))


def _not(op: ops.Not, at: Addresses) -> str:
    return _call("NOT", _emit(op.arg, at))


def _if(op: ops.If, at: Addresses) -> str:
    return _call("IF", _emit(op.condition, at), _emit(op.then, at), _emit(op.otherwise, at))


def _if_error(op: ops.IfError, at: Addresses) -> str:
    return _call("IFERROR", _emit(op.arg, at), quoted(op.text))


def _joined(op: ops.Joined, at: Addresses) -> str:
    return "&".join(_factor(a, at, (ops.Mul, ops.Div)) for a in op.args)


_COMPILERS: dict[type[ops.Op], Callable[..., str]] = {
    ops.Const: _const,
    ops.Text: _text,
    ops.Ref: _ref,
    ops.Is: _is,
    ops.Filled: _filled,
    ops.IsNumber: _is_number,
    ops.Add: _add,
    ops.Sub: _sub,
    ops.Mul: _mul,
    ops.Div: _div,
    ops.Min: _min,
    ops.Max: _max,
    ops.Round: _round,
    ops.RoundDown: _round_down,
    ops.Sum: _sum,
    ops.Count: _count,
    ops.CountText: _count_text,
    ops.CountFilled: _count_filled,
    ops.Compare: _compare,
    ops.And: _and,
    ops.Or: _or,
    ops.Not: _not,
    ops.If: _if,
    ops.IfError: _if_error,
    ops.Joined: _joined,
}
