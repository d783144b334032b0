"""A table of results as an .xlsx file in which nothing is live: to sort, print and pass on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from xl_kpi.outward import dead, plain
from xl_kpi.xlsx.addresses import a1, column_letter
from xl_kpi.xlsx.archive import pack

Value = str | float | None


@dataclass(frozen=True)
class Column:
    """A column: its heading, how wide it is in Chinese characters, and what stands in it; percentages are fractions."""

    title: str
    width: int
    kind: Literal["text", "number", "percent"] = "text"


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "/xl/workbook.xml": "sheet.main",
    "/xl/worksheets/sheet1.xml": "worksheet",
    "/xl/styles.xml": "styles",
    "/xl/sharedStrings.xml": "sharedStrings",
}
# The styles of cells, by their number in the styles part.
_PLAIN, _HEAD, _TEXT, _QUOTED, _NUMBER, _PERCENT = range(6)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2">'
    '<font><sz val="11"/><name val="宋体"/><family val="3"/><charset val="134"/></font>'
    '<font><b/><sz val="11"/><name val="宋体"/><family val="3"/><charset val="134"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFDDE7F3"/><bgColor indexed="64"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1" applyAlignment="1">'
    '<alignment vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"'
    ' applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top"/></xf>'
    '<xf numFmtId="10" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_LONGEST = 32767  # characters Excel takes in one cell
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # ECMA-376 part 1, 22.9.2.19: _x0041_ would be read as A


def workbook(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> bytes:
    """An .xlsx file with one sheet, named by the title; the same table gives the same bytes.

    No text becomes a formula or a link: it is stored as text, in cells formatted as text, and one that looks like a
    formula is marked so that it stays a text when somebody edits the cell. What is not seen or acts shows as `plain`
    shows it.
    """
    strings: dict[str, int] = {}
    uses = 0

    def text(at: str, value: str, style: int) -> str:
        nonlocal uses
        uses += 1
        number = strings.setdefault(plain(value)[:_LONGEST], len(strings))
        return f'<c r="{at}" s="{style}" t="s"><v>{number}</v></c>'

    def cell(at: str, column: Column, value: Value) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, str):
            return text(at, value, _QUOTED if dead(value) != plain(value) else _TEXT)
        return f'<c r="{at}" s="{_PERCENT if column.kind == "percent" else _NUMBER}"><v>{value!r}</v></c>'

    heads = "".join(text(a1(1, n), column.title, _HEAD) for n, column in enumerate(columns, 1))
    lines = [f'<row r="1">{heads}</row>']
    for number, row in enumerate(rows, 2):
        cells = (cell(a1(number, n), c, v) for n, (c, v) in enumerate(zip(columns, row, strict=True), 1))
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    area = f"A1:{a1(len(lines), len(columns))}"
    widths = (
        f'<col min="{n}" max="{n}" width="{2 * c.width + 2}" customWidth="1"/>' for n, c in enumerate(columns, 1)
    )
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="{area}"/>'
        '<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
        ' activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/>'
        f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{"".join(widths)}</cols>'
        f'<sheetData>{"".join(lines)}</sheetData><autoFilter ref="{area}"/>'
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.7" header="0.3" footer="0.35"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )
    items = "".join(f'<si><t xml:space="preserve">{escape(_ESCAPE.sub("_x005F_", s))}</t></si>' for s in strings)
    shared = f'<sst xmlns="{_MAIN}" count="{uses}" uniqueCount="{len(strings)}">{items}</sst>'
    return _package(title, f"$A$1:${column_letter(len(columns))}${len(lines)}", sheet, shared)


def _package(title: str, area: str, sheet: str, shared: str) -> bytes:
    name = escape(f"'{title}'")
    book = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name={quoteattr(title)} sheetId="1" r:id="rId1"/>'
        f'</sheets><definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">{name}!{area}'
        f'</definedName><definedName name="_xlnm.Print_Titles" localSheetId="0">{name}!$1:$1</definedName></definedNames>'
        "</workbook>"
    )
    overrides = "".join(
        f'<Override PartName="{part}" ContentType="{_TYPES}.{kind}+xml"/>' for part, kind in _PARTS.items()
    )
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": _links({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": _links(
            {"worksheet": "worksheets/sheet1.xml", "styles": "styles.xml", "sharedStrings": "sharedStrings.xml"}
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": shared,
    }
    return pack({part: (_DECLARATION + text).encode() for part, text in parts.items()})


def _links(targets: dict[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
