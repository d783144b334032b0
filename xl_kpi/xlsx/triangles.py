"""The green triangles that Excel's background checks would put on cells as we made them, and which of them we call off.

Of the kinds in ECMA-376 part 1, 18.3.1.51: numbers kept as text are ours (numbers of tasks, standards such as 95%, a unit's
code, words typed into cells for words); so are formulas unlike their neighbours, formulas that leave out a number beside their
range, and formulas that read cells not yet filled in. The others tell an official something: an error value, a formula
typed into a cell to fill in, a year of two digits. Numbers typed as text into a cell for numbers keep their triangle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from xl_kpi.xlsx.addresses import Address, a1
from xl_kpi.xlsx.sheet import Cell

TEXT_FORMAT = "@"

AS_TEXT = ("numberStoredAsText",)
OF_FORMULAS = ("formula", "formulaRange", "emptyCellReference")


def ignored(cells: Mapping[Address, Cell]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The kinds of triangle called off among the cells of a sheet, each with the cells (a list of ranges) it is called off for."""
    texts = [at for at, cell in cells.items() if _text(cell)]
    numbers = {at for at, cell in cells.items() if not cell.look.locked and cell.look.number_format != TEXT_FORMAT}
    formulas = [at for at, cell in cells.items() if cell.formula is not None]
    for kinds, ranges in (
        (AS_TEXT, _runs(texts, numbers)),
        # In a cell to fill in there is no formula but one that is typed, which has a triangle of its own.
        (OF_FORMULAS, _runs(formulas, ())),
    ):
        if ranges:
            yield kinds, " ".join(ranges)


def _text(cell: Cell) -> bool:
    """Whether a cell holds a text of ours, whatever it looks like (a unit's code is not known yet), or is for words."""
    if cell.look.locked:
        return cell.formula is None and isinstance(cell.value, str)
    return cell.look.number_format == TEXT_FORMAT


def _runs(places: Iterable[tuple[int, int]], but: Iterable[tuple[int, int]]) -> list[str]:
    """Ranges down the columns that cover all places and no cell of `but`; what else lies between does not matter."""
    by_column: dict[int, list[int]] = {}
    for row, column in places:
        by_column.setdefault(column, []).append(row)
    breaks: dict[int, list[int]] = {}
    for row, column in but:
        breaks.setdefault(column, []).append(row)
    ranges = []
    for column, rows in sorted(by_column.items()):
        barred = sorted(breaks.get(column, ()), reverse=True)
        first = last = 0
        for row in sorted(rows):
            while barred and barred[-1] < last:
                barred.pop()
            if last and not (barred and last < barred[-1] < row):
                last = row
                continue
            if last:
                ranges.append((first, last, column))
            first = last = row
        ranges.append((first, last, column))
    return [a1(first, column) + (f":{a1(last, column)}" if last > first else "") for first, last, column in ranges]
