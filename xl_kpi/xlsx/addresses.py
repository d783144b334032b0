"""Cells and areas by name: `B5`, `B2:D5`, lists of them. All address arithmetic stands here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from xl_kpi.xlsx.limits import MAX_COLUMN, MAX_ROW


class Address(str):
    """A cell of a sheet: its name, as which it compares, hashes and prints, and its row and column, both from 1.

    `a1` and `address` make them; each is made once and kept. They sort as names do; by place, use `by_row`.
    """

    __slots__ = ("column", "row")
    row: int
    column: int

    def __reduce__(self) -> tuple[Callable[[str], Address], tuple[str]]:
        return address, (str(self),)

    @property
    def absolute(self) -> str:
        """`$B$5`."""
        return f"${column_letter(self.column)}${self.row}"


def by_row(cell: Address) -> tuple[int, int]:
    """The order in which cells are read, for sorting."""
    return cell.row, cell.column


class Area(NamedTuple):
    """A rectangle of cells, as `B2:D5`; also of one cell, `B2:B2`."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{self.first}:{self.last}"

    def holds(self, cell: Address) -> bool:
        """Whether a cell lies in it."""
        return self.top <= cell.row <= self.bottom and self.left <= cell.column <= self.right

    @property
    def size(self) -> int:
        """How many cells it is."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)

    @property
    def first(self) -> Address:
        """The cell at its top left."""
        return a1(self.top, self.left)

    @property
    def last(self) -> Address:
        """The cell at its bottom right."""
        return a1(self.bottom, self.right)

    @property
    def brief(self) -> str:
        """`B2:D5`, or `B2` for one cell."""
        return self.first if self.first == self.last else str(self)

    @property
    def absolute(self) -> str:
        """`$B$2:$D$5`."""
        return f"{self.first.absolute}:{self.last.absolute}"

    def cells(self) -> Iterator[Address]:
        """Its cells, row by row."""
        return (a1(r, c) for r in range(self.top, self.bottom + 1) for c in range(self.left, self.right + 1))


class Place(NamedTuple):
    """A cell on a sheet, as `数据填报!E5`."""

    sheet: str
    cell: Address

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}"

    @classmethod
    def of(cls, text: str) -> Place:
        """What such a text names. Raises ValueError where its last part is no cell."""
        sheet, _, cell = text.rpartition("!")
        return cls(sheet, address(cell))


def column_letter(column: int) -> str:
    """1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


COLUMNS = {column_letter(column): column for column in range(1, MAX_COLUMN + 1)}
_LETTERS = ("", *COLUMNS)
_NAME = re.compile(r"([A-Z]{1,3})([0-9]+)")


@lru_cache(maxsize=65536)
def address(name: str) -> Address:
    """`B5` as an address. Raises ValueError for what is no cell of a sheet."""
    named = _NAME.fullmatch(name)
    if named is None or named[1] not in COLUMNS or not 1 <= int(named[2]) <= MAX_ROW:
        raise ValueError(name)
    return a1(int(named[2]), COLUMNS[named[1]])


@lru_cache(maxsize=65536)
def a1(row: int, column: int) -> Address:
    """The cell of a row and a column."""
    made = Address(f"{_LETTERS[column]}{row}")
    made.row, made.column = row, column
    return made


def quote_sheet(name: str) -> str:
    """A sheet's name as formulas write it."""
    return "'" + name.replace("'", "''") + "'"


def area(ref: str) -> Area:
    """`B2:D5`, or a single `B2`, with or without $. Raises ValueError for anything else."""
    first, _, last = ref.replace("$", "").partition(":")
    start = address(first)
    end = address(last) if last else start
    if end.row < start.row or end.column < start.column:
        raise ValueError(ref)
    return Area(start.row, start.column, end.row, end.column)


def areas(sqref: str) -> list[Area]:
    """The areas of a list of ranges, as in B2:D5 F7; what is none is passed over."""
    found = []
    for part in sqref.split():
        with suppress(ValueError):
            found.append(area(part))
    return found


# references, as formulas and names write them

_WHOLE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!([$A-Z0-9:]+)")
_WITHIN = re.compile(
    r"(?<![\w.$!'])(?:(?:'((?:[^']|'')+)'|([^\W\d][\w.]*))!)?"
    r"(\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?)(?![\w(])"
)
_TEXT = re.compile(r'"(?:[^"]|"")*"')


def reference(text: str) -> tuple[str, Area]:
    """The sheet and the area of a reference, as in '汇总'!$B$3:$B$9. Raises ValueError for anything else."""
    found = _WHOLE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return _unquoted(found[1] or found[2]), area(found[3])


def cell_of(text: str) -> Place | None:
    """The one cell that a whole reference refers to; None where it is none, or several."""
    try:
        sheet, where = reference(text)
    except ValueError:
        return None
    return Place(sheet, where.first) if where.size == 1 else None


def references(formula: str) -> Iterator[tuple[str, Area]]:
    """What a formula refers to: sheet ("" where it names none) and area, in its order; names of areas are passed over."""
    for quoted, bare, cells in _WITHIN.findall(_TEXT.sub('""', formula)):
        with suppress(ValueError):  # a name such as ABC1234567
            yield _unquoted(quoted or bare), area(cells)


def _unquoted(sheet: str) -> str:
    return sheet.replace("''", "'")
