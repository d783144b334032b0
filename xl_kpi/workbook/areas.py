"""Cells and areas by name: `B5`, `B2:D5`, lists of them."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

from xl_kpi.workbook.budgets import MAX_ROW
from xl_kpi.workbook.draft import Address
from xl_kpi.workbook.rows import COLUMNS

Area = tuple[Address, Address]


def area(ref: str) -> Area:
    """`B2:D5`, or a single `B2`, to its corners. Raises ValueError for anything else."""
    first, _, last = ref.replace("$", "").partition(":")
    top, left = address(first)
    bottom, right = address(last or first)
    if bottom < top or right < left:
        raise ValueError(ref)
    return (top, left), (bottom, right)


def areas(sqref: str) -> list[Area]:
    """The areas of a list of ranges, as in B2:D5 F7; what is none is passed over."""
    found = []
    for part in sqref.split():
        with suppress(ValueError):
            found.append(area(part))
    return found


@lru_cache(maxsize=20000)
def address(name: str) -> Address:
    """`B5` to (5, 2). Raises ValueError for what is no cell of a sheet."""
    letters = name.rstrip("0123456789")
    row = int(name[len(letters) :])
    if letters not in COLUMNS or not 1 <= row <= MAX_ROW:
        raise ValueError(name)
    return row, COLUMNS[letters]
