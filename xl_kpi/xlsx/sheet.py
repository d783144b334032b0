"""What a workbook that we write is made of: sheets with cells and looks, names, properties. Plain data; write.py writes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from xl_kpi.xlsx.addresses import Address
from xl_kpi.xlsx.cells import Value

# looks


class Typeface(NamedTuple):
    """A font by its name, and the family by which one is chosen for it where it is lacking (ECMA-376 part 1, 18.8.18)."""

    name: str
    family: int


@dataclass(frozen=True)
class Look:
    """How a cell looks (font, size, fill colour, alignment, border), how it shows numbers, whether it can be typed into."""

    font: Typeface
    size: float = 11
    bold: bool = False
    italic: bool = False
    color: str = "000000"
    fill: str = ""
    across: str = "left"
    down: str = "center"
    border: Literal["thin", ""] = "thin"
    underline: bool = False
    wrap: bool = True
    locked: bool = True
    number_format: str = "General"
    quoted: bool = False  # a text stays one when somebody edits the cell, whatever it looks like


@dataclass(frozen=True)
class Difference:
    """What a conditional format adds: a fill, a font colour, bold."""

    fill: str = ""
    color: str = ""
    bold: bool = False


# cells, and what is laid over them


@dataclass(frozen=True)
class Cell:
    """How a cell looks, and what it holds: a constant, or a formula (without its =) and what it shows; where it links to."""

    look: Look
    value: Value = None
    formula: str | None = None
    link: str = ""  # a place in this workbook, e.g. '数据填报'!A5
    tip: str = ""  # shown when the pointer rests on the link


@dataclass(frozen=True)
class Validation:
    """What may be typed into some cells, and what Excel says before and after."""

    cells: str
    kind: Literal["list", "whole", "decimal", "date", "textLength", "custom"]
    low: str = ""  # of `custom` a formula, written for the first cell
    high: str = ""
    prompt_title: str = ""
    prompt: str = ""
    error_title: str = ""
    error: str = ""


@dataclass(frozen=True)
class Condition:
    """A look that some cells take when a formula (relative to the first of them) holds."""

    cells: str
    formula: str
    look: Difference


@dataclass(frozen=True)
class Chart:
    """A bar chart: title, where it stands, the ranges of its names and of each series (header cell first)."""

    title: str
    anchor: str
    names: tuple[int, int, int]  # column, first row, last row
    series: tuple[tuple[int, int, int], ...]  # column, header row, last row


# the whole


@dataclass
class Frame:
    """What a sheet is apart from its cells. It prints on A4, one page wide."""

    name: str
    landscape: bool = True
    merges: list[tuple[Address, Address]] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    hidden_columns: set[int] = field(default_factory=set)
    validations: list[Validation] = field(default_factory=list)
    chart: Chart | None = None
    freeze: str = ""
    title_rows: tuple[int, int] | None = None
    filter: str = ""
    print_area: str = ""
    breaks: list[int] = field(default_factory=list)  # rows after which a new page begins
    one_page: bool = False
    very_hidden: bool = False
    tab: str = ""
    footer: str = ""  # as Excel codes it, e.g. &P for the page
    centered: bool = False  # on the page
    gridlines: bool = True
    protected: bool = False  # without a password; rows and columns can be resized, sorted and filtered


@dataclass
class Sheet(Frame):
    """A sheet to be written."""

    cells: dict[Address, Cell] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    ignored: Sequence[tuple[tuple[str, ...], str]] = ()  # kinds of green triangles called off, and the cells


@dataclass
class Workbook:
    """A workbook to be written; the first sheet is open in front."""

    title: str
    sheets: list[Sheet]
    names: Sequence[tuple[str, str]] = ()  # workbook-scoped: name, what it refers to
    texts: Iterable[str] = ()  # what the table of shared strings begins with, whether or not a cell shows it
