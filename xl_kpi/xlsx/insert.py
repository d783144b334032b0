"""Empty cells put into a sheet's XML where a program left them out; every other byte of the sheet stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from xl_kpi.xlsx.addresses import Address, address, by_row


@dataclass
class _Element:
    """A row, or the table of them, as it stands: where its parts begin by their number, where its end tag does; an
    empty one, `<row r="5"/>`, ends behind its only tag."""

    parts: dict[int, int] = field(default_factory=dict)
    end: int = 0
    empty: bool = False

    def place(self, number: int) -> int:
        """Where a part of a number belongs: before the next one."""
        return min((start for other, start in self.parts.items() if other > number), default=self.end)


def with_cells(sheet_xml: bytes, styles: Mapping[Address, str]) -> bytes:
    """A sheet with further empty cells, each with its style's index ("" for none). They must not be there yet."""
    wanted: dict[int, list[Address]] = defaultdict(list)
    for cell in sorted(styles, key=by_row):
        wanted[cell.row].append(cell)
    table, rows, prefix = _find(sheet_xml)
    in_rows: dict[int, list[bytes]] = defaultdict(list)  # by where they go
    in_table: dict[int, list[bytes]] = defaultdict(list)
    opened: dict[int, bytes] = {}  # the end tags of rows that were empty
    for number, cells in wanted.items():
        made = [(cell.column, _cell(cell, styles[cell], prefix)) for cell in cells]
        if number in rows:
            for column, xml in made:
                in_rows[rows[number].place(column)].append(xml)
            if rows[number].empty:
                opened[rows[number].end] = f"</{prefix}row>".encode()
        else:
            whole = [f'<{prefix}row r="{number}">'.encode(), *(xml for _, xml in made), f"</{prefix}row>".encode()]
            in_table[table.place(number)].append(b"".join(whole))
    pieces: list[bytes] = []
    position = 0
    for at in sorted({*in_rows, *in_table}):
        before = sheet_xml[position:at]
        if at in opened or (at == table.end and table.empty):
            before = before.rstrip().removesuffix(b"/>").rstrip() + b">"
        pieces += [before, *in_rows[at], opened.get(at, b""), *in_table[at]]
        if at == table.end and table.empty:
            pieces.append(f"</{prefix}sheetData>".encode())
        position = at
    return b"".join([*pieces, sheet_xml[position:]])


def _cell(name: Address, style: str, prefix: str) -> bytes:
    look = f' s="{style}"' if style else ""
    return f'<{prefix}c r="{name}"{look}/>'.encode()


def _find(xml: bytes) -> tuple[_Element, dict[int, _Element], str]:
    """The table of rows, the rows by their number, and the prefix of elements."""
    table = _Element()
    rows: dict[int, _Element] = {}
    prefix, row = "", table
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal prefix, row
        name = tag.rpartition(":")[2]
        if name == "sheetData":
            prefix = tag[: -len(name)]
        elif name == "row":
            number = int(attributes["r"])
            table.parts[number] = parser.CurrentByteIndex
            row = rows[number] = _Element()
        elif name == "c" and "r" in attributes:
            row.parts[address(attributes["r"]).column] = parser.CurrentByteIndex

    def end(tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in ("row", "sheetData"):
            element = row if name == "row" else table
            element.end = parser.CurrentByteIndex
            element.empty = not xml.startswith(b"</" + tag.encode(), element.end)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(xml, True)
    return table, rows, prefix
