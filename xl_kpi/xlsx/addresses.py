"""Cells and areas by name: `B5`, `B2:D5`, lists of them. All address arithmetic stands here."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

from xl_kpi.xlsx.limits import MAX_COLUMN, MAX_ROW

Address = tuple[int, int]  # row, column, both from 1
Area = tuple[Address, Address]
Place = tuple[str, str]
"""A sheet and a cell's name on it."""


def column_letter(column: int) -> str:
    """1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


COLUMNS = {column_letter(column): column for column in range(1, MAX_COLUMN + 1)}


def a1(row: int, column: int) -> str:
    """A cell's name, e.g. B5."""
    return f"{column_letter(column)}{row}"


def quote_sheet(name: str) -> str:
    """A sheet's name as formulas write it."""
    return "'" + name.replace("'", "''") + "'"


def area(ref: str) -> Area:
    """`B2:D5`, or a single `B2`, to its corners. Raises ValueError for anything else."""
    first, _, last = ref.replace("$", "").partition(":")
    top, left = address(first)
    bottom, right = address(last or first)
    if bottom < top or right < left:
        raise ValueError(ref)
    return (top, left), (bottom, right)


def absolute(cells: str) -> str:
    """`A3:J9` as `$A$3:$J$9`."""
    return ":".join(f"${column_letter(column)}${row}" for row, column in area(cells))


def areas(sqref: str) -> list[Area]:
    """The areas of a list of ranges, as in B2:D5 F7; what is none is passed over."""
    found = []
    for part in sqref.split():
        with suppress(ValueError):
            found.append(area(part))
    return found


def names_in(where: Area) -> list[str]:
    """The names of the cells of an area, row by row."""
    (top, left), (bottom, right) = where
    return [a1(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]


def within(at: Address, where: Area) -> bool:
    """Whether a cell lies in an area."""
    (first, west), (last, east) = where
    return first <= at[0] <= last and west <= at[1] <= east


@lru_cache(maxsize=20000)
def address(name: str) -> Address:
    """`B5` to (5, 2). Raises ValueError for what is no cell of a sheet."""
    letters = name.rstrip("0123456789")
    row = int(name[len(letters) :])
    if letters not in COLUMNS or not 1 <= row <= MAX_ROW:
        raise ValueError(name)
    return row, COLUMNS[letters]
