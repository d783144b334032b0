"""Rows of a sheet as they were read: their cells, and the order in which they must stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xl_kpi.xlsx.cells import ReadCell
from xl_kpi.xlsx.limits import MAX_CELLS, MAX_ROW
from xl_kpi.xlsx.refused import Refused, ambiguous, damaged, too_large

TRUE = ("1", "true", "on")


@dataclass
class Rows:
    """Rows one below another, their cells by name in the order of the file; rows must go down and cells to the right.

    Shared strings and styles are told by their indices: what they are is each file's own.
    """

    cells: dict[str, ReadCell] = field(default_factory=dict)  # those that hold something
    styles: dict[str, str] = field(default_factory=dict)  # the style index of every cell there is
    strings: dict[str, tuple[int, str | None]] = field(default_factory=dict)  # shared strings, each with the formula
    hidden: set[int] = field(default_factory=set)
    first: int = 0  # the row begun first, 0 for none
    last: int = 0  # the row begun last

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Another row begins. Raises Refused, and ValueError for a number that is none."""
        number = int(name)
        if str(number) != name or not 1 <= number <= MAX_ROW:
            raise ValueError(name)
        self._go_down(number)
        # A height of a tenth of a point is none.
        if attributes.get("hidden") in TRUE or attributes.get("ht", "")[:2] in ("0", "0."):
            self.hidden.add(number)
        self.first = self.first or number
        self.last = number

    def extend(self, below: Rows) -> None:
        """Further rows follow. Raises Refused where they do not stand below these."""
        if below.first:
            self._go_down(below.first)
            self.last = below.last
            self.cells.update(below.cells)
            self.styles.update(below.styles)
            if below.strings:
                self.strings.update(below.strings)
            if below.hidden:
                self.hidden |= below.hidden

    def _go_down(self, number: int) -> None:
        if number <= self.last:
            raise disordered(str(number), number == self.last)
        if len(self.styles) > MAX_CELLS:
            raise too_large("xlsx.too-many-cells")

    def with_strings(self, strings: Sequence[str]) -> dict[str, ReadCell]:
        """The cells in a file with these shared strings. Raises IndexError where one of them is not there."""
        said = {told: ReadCell(strings[told[0]], told[1]) for told in set(self.strings.values())}
        return self.cells | dict(zip(self.strings, map(said.__getitem__, self.strings.values()), strict=True))


def disordered(name: str, twice: bool) -> Refused:
    """A cell or row that stands where no program writes it."""
    if twice:
        return ambiguous("xlsx.cell-twice", name=name)
    return damaged("xlsx.cell-out-of-order", name=name)


def misplaced() -> Refused:
    """A row within a row, or the end of none."""
    return damaged("xlsx.rows-wrong")
