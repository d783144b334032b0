"""Ops to numpy: the values of N workbooks at once.

A node's column is numbers (float64, NaN where there is no number) beside texts (codes into one vocabulary, 0 where
there is no text). Conditions are boolean arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from xl_kpi.expr import ops, semantics

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """One node over N workbooks: numbers (N,) with NaN for none, texts (N,) with code 0 for none."""

    numbers: Floats
    texts: Codes


@dataclass
class Batch:
    """The columns of N workbooks by node id, and the vocabulary their texts are coded in."""

    size: int
    columns: dict[str, Column] = field(default_factory=dict)
    words: list[str] = field(default_factory=lambda: [""])
    _codes: dict[str, int] = field(default_factory=lambda: {"": 0})
    _alike: dict[str, list[int]] = field(default_factory=dict)

    def code(self, text: str) -> int:
        """The code of a text as it is spelt."""
        if text not in self._codes:
            self._codes[text] = len(self.words)
            self._alike.setdefault(text.casefold(), []).append(len(self.words))
            self.words.append(text)
        return self._codes[text]

    def shows(self, node: str, text: str) -> Bools:
        """In which workbooks a node shows a text; case does not count, as in Excel's comparisons."""
        texts = self.columns[node].texts
        spellings = self._alike.get(text.casefold(), [])
        found: Bools = texts == spellings[0] if len(spellings) == 1 else np.isin(texts, spellings)
        return found

    def put(self, node: str, values: list[float | str | None]) -> None:
        """Store a node's answers, one for each workbook; None is blank. Raises ValueError for a wrong length."""
        if len(values) != self.size:
            raise ValueError(f"{node}: {len(values)} values for {self.size} workbooks")
        numbers = [v if isinstance(v, int | float) else np.nan for v in values]
        texts = [self.code(v) if isinstance(v, str) else 0 for v in values]
        self.columns[node] = Column(np.array(numbers, dtype=np.float64), np.array(texts, dtype=np.int32))

    def value(self, node: str, row: int) -> float | str | None:
        """What a node shows in one workbook: a number, a text, or None for blank."""
        column = self.columns[node]
        if column.texts[row]:
            return self.words[int(column.texts[row])]
        number = float(column.numbers[row])
        return None if np.isnan(number) else number

    def compute(self, node: str, expression: ops.Op) -> None:
        """Evaluate an expression over the columns there are, and store it as a node."""
        with np.errstate(divide="ignore", invalid="ignore"):
            result = _column(expression, self)
        self.columns[node] = result


def _numbers(op: ops.Op, batch: Batch) -> Floats:
    return _column(op, batch).numbers


def _column(op: ops.Op, batch: Batch) -> Column:
    try:
        compile_op = _COLUMNS[type(op)]
    except KeyError:
        raise NotImplementedError(f"to_numpy cannot say {type(op).__name__} as a value") from None
    result = compile_op(op, batch)
    if isinstance(result, Column):
        return result
    return Column(np.broadcast_to(np.asarray(result, dtype=np.float64), batch.size), _no_text(batch))


def _truth(op: ops.Op, batch: Batch) -> Bools:
    try:
        compile_op = _TRUTHS[type(op)]
    except KeyError:
        raise NotImplementedError(f"to_numpy cannot say {type(op).__name__} as a condition") from None
    return compile_op(op, batch)


def _no_text(batch: Batch) -> Codes:
    return np.zeros(batch.size, dtype=np.int32)


def _text(op: ops.Text, batch: Batch) -> Column:
    return Column(np.full(batch.size, np.nan), np.full(batch.size, batch.code(op.value), dtype=np.int32))


def _if(op: ops.If, batch: Batch) -> Column:
    truth = _truth(op.condition, batch)
    if not truth.any():  # true of most questions and reasons, whose texts take time
        return _column(op.otherwise, batch)
    then, otherwise = _column(op.then, batch), _column(op.otherwise, batch)
    return Column(np.where(truth, then.numbers, otherwise.numbers), np.where(truth, then.texts, otherwise.texts))


def _if_error(op: ops.IfError, batch: Batch) -> Column:
    # Error values enter as the word itself (the reader gives ERROR_TEXT), and no op of ours makes one.
    return _column(op.arg, batch)


def _joined(op: ops.Joined, batch: Batch) -> Column:
    pieces: list[list[str]] = []
    for arg in op.args:
        if isinstance(arg, ops.Text):
            pieces.append([arg.value] * batch.size)
        else:
            pieces.append([f"{number:.10g}" for number in np.broadcast_to(_numbers(arg, batch), batch.size).tolist()])
    codes = [batch.code("".join(words)) for words in zip(*pieces, strict=True)]
    return Column(np.full(batch.size, np.nan), np.array(codes, dtype=np.int32))


def _stack(ids: tuple[str, ...], batch: Batch) -> Floats:
    return np.stack([batch.columns[i].numbers for i in ids])


def _sum(op: ops.Sum, batch: Batch) -> Floats:
    # Added left to right, as a spreadsheet does: the order shows in the last binary digit.
    return reduce(np.add, np.nan_to_num(_stack(op.ids, batch), nan=0.0))


def _count(op: ops.Count, batch: Batch) -> Floats:
    counts: Floats = np.sum(~np.isnan(_stack(op.ids, batch)), axis=0).astype(np.float64)
    return counts


def _how_many(truths: list[Bools], batch: Batch) -> Floats:
    counts = np.zeros(batch.size)
    for truth in truths:
        counts += truth
    return counts


def _count_text(op: ops.CountText, batch: Batch) -> Floats:
    return _how_many([batch.shows(i, op.text) for i in op.ids], batch)


def _count_filled(op: ops.CountFilled, batch: Batch) -> Floats:
    return _how_many([_filled(ops.Filled(i), batch) for i in op.ids], batch)


_COMPARISONS: dict[str, Callable[[Floats, Floats], Bools]] = {
    ">=": np.greater_equal,
    ">": np.greater,
    "<=": np.less_equal,
    "<": np.less,
    "=": np.equal,
}


def _compare(op: ops.Compare, batch: Batch) -> Bools:
    return _COMPARISONS[op.how](_side(op.left, batch), _side(op.right, batch))


def _side(op: ops.Op, batch: Batch) -> Floats:
    if isinstance(op, ops.Const) and ops.exact(op):
        return np.float64(op.value)  # type: ignore[return-value]  # numpy broadcasts it
    numbers = _numbers(op, batch)
    return numbers if ops.exact(op) else semantics.excel_round(numbers, semantics.COMPARE_DIGITS)


def _filled(op: ops.Filled, batch: Batch) -> Bools:
    column = batch.columns[op.id]
    return ~np.isnan(column.numbers) | (column.texts > 0)


_COLUMNS: dict[type[ops.Op], Callable[..., Column | Floats | float]] = {
    ops.Const: lambda op, batch: op.value,
    ops.Text: _text,
    ops.Ref: lambda op, batch: batch.columns[op.id],
    ops.Add: lambda op, batch: reduce(np.add, [_numbers(t, batch) for t in op.terms]),
    ops.Sub: lambda op, batch: _numbers(op.left, batch) - _numbers(op.right, batch),
    ops.Mul: lambda op, batch: _numbers(op.left, batch) * _numbers(op.right, batch),
    ops.Div: lambda op, batch: _numbers(op.left, batch) / _numbers(op.right, batch),
    ops.Min: lambda op, batch: reduce(np.minimum, [_numbers(a, batch) for a in op.args]),
    ops.Max: lambda op, batch: reduce(np.maximum, [_numbers(a, batch) for a in op.args]),
    ops.Round: lambda op, batch: semantics.excel_round(_numbers(op.arg, batch), op.digits),
    ops.RoundDown: lambda op, batch: semantics.excel_rounddown(_numbers(op.arg, batch), op.digits),
    ops.Sum: _sum,
    ops.Count: _count,
    ops.CountText: _count_text,
    ops.CountFilled: _count_filled,
    ops.If: _if,
    ops.IfError: _if_error,
    ops.Joined: _joined,
}

_TRUTHS: dict[type[ops.Op], Callable[..., Bools]] = {
    ops.Is: lambda op, batch: batch.shows(op.id, op.text),
    ops.Filled: _filled,
    ops.IsNumber: lambda op, batch: ~np.isnan(batch.columns[op.id].numbers),
    ops.Compare: _compare,
    ops.And: lambda op, batch: reduce(np.logical_and, [_truth(a, batch) for a in op.args]),
    ops.Or: lambda op, batch: reduce(np.logical_or, [_truth(a, batch) for a in op.args]),
    ops.Not: lambda op, batch: ~_truth(op.arg, batch),
}
