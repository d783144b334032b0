"""A table of results as an .xlsx file in which nothing is live: to sort, print and pass on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from xl_kpi.outward import dead, plain
from xl_kpi.xlsx.addresses import Address, a1
from xl_kpi.xlsx.archive import pack
from xl_kpi.xlsx.cells import Value
from xl_kpi.xlsx.sheet import Cell, Look, Sheet, Typeface, Workbook
from xl_kpi.xlsx.write import parts_of

_SONG = Typeface("宋体", 3)
_HEAD = Look(_SONG, bold=True, fill="DDE7F3", border="")
_TEXT = Look(_SONG, down="top", border="", number_format="@")
_QUOTED = replace(_TEXT, quoted=True)
_NUMBER = Look(_SONG, across="general", down="top", border="", wrap=False)
_PERCENT = replace(_NUMBER, number_format="0.00%")
_LONGEST = 32767  # characters Excel takes in one cell


@dataclass(frozen=True)
class Column:
    """A column: its heading, how wide it is in Chinese characters, and what stands in it; percentages are fractions."""

    title: str
    width: int
    kind: Literal["text", "number", "percent"] = "text"


def workbook(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> bytes:
    """An .xlsx file with one sheet, named by the title; the same table gives the same bytes.

    No text becomes a formula or a link: it is stored as text, in cells formatted as text, and one that looks like a
    formula is marked so that it stays a text when somebody edits the cell. What is not seen or acts shows as `plain`
    shows it.
    """
    cells: dict[Address, Cell] = {(1, n): _text(column.title, _HEAD) for n, column in enumerate(columns, 1)}
    last = 1
    for last, row in enumerate(rows, 2):
        for number, (column, value) in enumerate(zip(columns, row, strict=True), 1):
            if value not in (None, ""):
                cells[last, number] = _cell(column, value)
    sheet = Sheet(
        title,
        cells=cells,
        widths={number: 2 * column.width + 2 for number, column in enumerate(columns, 1)},
        freeze="A2",
        title_rows=(1, 1),
        filter=f"A1:{a1(last, len(columns))}",
    )
    return pack(parts_of(Workbook(title, [sheet])))


def _cell(column: Column, value: Value) -> Cell:
    if isinstance(value, str):
        return _text(value, _QUOTED if dead(value) != plain(value) else _TEXT)
    return Cell(_PERCENT if column.kind == "percent" else _NUMBER, value)


def _text(value: str, look: Look) -> Cell:
    return Cell(look, plain(value)[:_LONGEST])
