"""The parts a plan is made of: cells with values or expressions, in sheets, with what surrounds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xl_kpi.expr import ops
from xl_kpi.layout.style import UNLOCKED
from xl_kpi.xlsx.addresses import Address, a1, quote_sheet
from xl_kpi.xlsx.sheet import Frame


@dataclass(frozen=True)
class Cell:
    """What a cell holds: a constant, or an expression; how it looks; where it links to."""

    value: str | float | None = None
    op: ops.Op | None = None
    style: str = "text"  # one of style.LOOKS
    number_format: str = "General"
    link: str = ""  # a place in this workbook, e.g. '数据填报'!A5
    tip: str = ""  # shown when the pointer rests on the link


@dataclass(frozen=True)
class Condition:
    """A look that some cells take when a formula (relative to the first of them) holds."""

    cells: str
    formula: str
    look: str  # one of style.CONDITION_LOOKS


@dataclass
class Sheet(Frame):
    """One sheet of the plan."""

    footer: str = "&L&A&C第 &P 页　共 &N 页"
    centered: bool = True
    gridlines: bool = False
    protected: bool = True
    cells: dict[Address, Cell] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)

    def put(
        self,
        row: int,
        column: int,
        value: str | float | None = None,
        *,
        op: ops.Op | None = None,
        style: str = "text",
        number_format: str = "General",
        link: str = "",
        tip: str = "",
        to: Address | None = None,
    ) -> None:
        """Set a cell; `to` merges it down and right to there, and gives the covered cells the same look."""
        if (row, column) in self.cells:
            raise ValueError(f"{self.name}!{a1(row, column)} is planned twice")
        self.cells[row, column] = Cell(value, op, style, number_format, link, tip)
        if to is not None and to != (row, column):
            self.merges.append(((row, column), to))
            for r in range(row, to[0] + 1):
                for c in range(column, to[1] + 1):
                    self.cells.setdefault((r, c), Cell(style=style))

    def height_for(self, row: int, texts: Iterable[tuple[str, float]], least: float = 20, line: float = 15.5) -> None:
        """Make a row tall enough for texts that wrap in so many columns' width (characters), within Excel's limit."""
        lines = max((lines_of(text, width) for text, width in texts), default=1)
        self.heights[row] = min(409.0, max(self.heights.get(row, 0), least, lines * line + 5))


def text_width(text: str) -> float:
    """The width of a text in column units: a Chinese character takes two."""
    return sum(2.15 if ord(char) > 0x2E7F or char in "“”…—·×≥≤∶①" else 1.15 for char in text)


def lines_of(text: str, width: float) -> int:
    """The lines a text takes when it wraps at a width; a line never holds half a character."""
    usable = max(width - 1.5, 2.0)
    return sum(max(1, -int(-text_width(line) // usable)) for line in text.split("\n"))


@dataclass(frozen=True)
class Homes:
    """Where nodes stand, for formulas written on one sheet (expr.to_excel's Addresses)."""

    places: dict[str, tuple[str, Address]]
    sheets: dict[str, Sheet]
    sheet: str

    def cell(self, node: str) -> str:
        """A node's cell as this sheet writes it."""
        sheet, address = self.places[node]
        return self._prefix(sheet) + a1(*address)

    def ranges(self, nodes: Iterable[str]) -> list[str]:
        """The nodes' cells as runs down a column, in the order of the sheet; a run goes over cells planned empty."""
        runs: list[tuple[str, int, int, int]] = []  # sheet, column, first row, last row
        places = {self.places[node] for node in nodes}
        for sheet, (row, column) in sorted(places, key=lambda p: (p[0], p[1][1], p[1][0])):
            if runs and runs[-1][:2] == (sheet, column) and self._empty(sheet, column, runs[-1][3] + 1, row):
                runs[-1] = (*runs[-1][:3], row)
            else:
                runs.append((sheet, column, row, row))
        return [
            self._prefix(sheet) + a1(first, column) + (f":{a1(last, column)}" if last > first else "")
            for sheet, column, first, last in runs
        ]

    def _empty(self, sheet: str, column: int, first: int, end: int) -> bool:
        """Whether nothing can stand in the rows first to end-1: no constant, no formula, and locked."""
        cells = (self.sheets[sheet].cells.get((row, column)) for row in range(first, end))
        return all(
            cell is None or (cell.value is None and cell.op is None and cell.style not in UNLOCKED) for cell in cells
        )

    def _prefix(self, sheet: str) -> str:
        return "" if sheet == self.sheet else quote_sheet(sheet) + "!"
