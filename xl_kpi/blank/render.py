"""A plan to an .xlsx package, all of it our own text: the same plan gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from openpyxl.writer.theme import theme_xml

from xl_kpi.blank.write_sheet import sheet_part
from xl_kpi.expr import ops, semantics
from xl_kpi.layout.plan import Plan
from xl_kpi.layout.sheet import Sheet
from xl_kpi.layout.style import StyleTable
from xl_kpi.layout.values import blank_values
from xl_kpi.xlsx.addresses import Address, a1, area, quote_sheet
from xl_kpi.xlsx.archive import CONTENT_TYPES, pack
from xl_kpi.xlsx.cells import Value
from xl_kpi.xlsx.chart import chart_part, drawing_part
from xl_kpi.xlsx.markup import DECLARATION, MAIN, RELATIONS
from xl_kpi.xlsx.strings import StringTable

_EPOCH = "2020-01-01T00:00:00Z"  # every workbook says it was made then
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument"

# Answers and words that every table of texts begins with, whether or not the blank shows them.
_WORDS = (
    *("是", "否", "无"),
    *(semantics.FILLED, semantics.OPTIONAL, semantics.MISSING, semantics.INVALID, semantics.OUT_OF_RANGE),
    *(semantics.INCONSISTENT, semantics.PASSED, semantics.TRIGGERED, semantics.NOT_TRIGGERED),
    *(semantics.UNFINISHED, semantics.COMPLETE, semantics.ERROR_TEXT),
)


def render(plan: Plan) -> bytes:
    """The workbook of a plan, blank, with its calculated values in it; the unit's name still to be put in (clone)."""
    strings, styles = StringTable(), StyleTable()
    for word in _words(plan):
        strings.index(word)
    formulas: dict[str, dict[str, str]] = {name: {} for name in plan.sheets}
    for sheet, cell, _, text in plan.formulas():
        formulas[sheet][cell] = text.removeprefix("=")
    values: dict[str, dict[str, Value]] = {name: {} for name in plan.sheets}
    for (sheet, cell), value in blank_values(plan.scheme).items():
        values[sheet][cell] = value
    sheets: dict[str, bytes] = {}
    drawings: dict[str, bytes] = {}
    for number, (name, planned) in enumerate(plan.sheets.items(), 1):
        part = sheet_part(planned, formulas[name], values[name], strings, styles, selected=number == 1)
        sheets[f"xl/worksheets/sheet{number}.xml"] = part
        if planned.charts:
            drawings |= _drawn(planned, number, len(drawings) // 4 + 1, values[name])
    parts = {
        "_rels/.rels": _relationships(
            ("officeDocument", "xl/workbook.xml"), ("core", "docProps/core.xml"), ("extended", "docProps/app.xml")
        ),
        "docProps/app.xml": _APP.encode(),
        "docProps/core.xml": _core(plan.scheme.title),
        "xl/workbook.xml": _workbook(plan),
        "xl/_rels/workbook.xml.rels": _relationships(
            *(("worksheet", part.removeprefix("xl/")) for part in sheets),
            ("styles", "styles.xml"),
            ("theme", "theme/theme1.xml"),
            ("sharedStrings", "sharedStrings.xml"),
        ),
        "xl/theme/theme1.xml": theme_xml.encode(),
        "xl/styles.xml": styles.part(),
        **sheets,
        **drawings,
        "xl/sharedStrings.xml": strings.part(),
    }
    return pack({CONTENT_TYPES: _content_types(parts), **parts})


def _words(plan: Plan) -> Iterator[str]:
    """Every word that an answer or a formula of the workbook can be."""
    yield from _WORDS
    for bound in plan.program.inputs():
        yield from bound.spec.choices
    for _, _, op, _ in plan.formulas():
        yield from (text for text in ops.texts(op) if text)


def _drawn(sheet: Sheet, number: int, drawing: int, values: dict[str, Value]) -> dict[str, bytes]:
    """The parts by which a sheet has its chart."""
    (chart,) = sheet.charts

    def shown(at: Address) -> Value:
        cell = sheet.cells[at]
        return cell.value if cell.op is None else values[a1(*at)]

    return {
        f"xl/worksheets/_rels/sheet{number}.xml.rels": _relationships(
            ("drawing", f"../drawings/drawing{drawing}.xml")
        ),
        f"xl/drawings/drawing{drawing}.xml": drawing_part(chart),
        f"xl/drawings/_rels/drawing{drawing}.xml.rels": _relationships(("chart", f"../charts/chart{drawing}.xml")),
        f"xl/charts/chart{drawing}.xml": chart_part(chart, sheet.name, shown),
    }


_KINDS = {
    "core": f"{_PACKAGE}/relationships/metadata/core-properties",
    "extended": f"{RELATIONS}/extended-properties",
}


def _relationships(*related: tuple[str, str]) -> bytes:
    """Relationships rId1, rId2 …, each of a kind and to a target."""
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_KINDS.get(kind, f"{RELATIONS}/{kind}")}" Target="{target}"/>'
        for number, (kind, target) in enumerate(related, 1)
    )
    return f'{DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'.encode()


# What a part is, by how its name begins.
_TYPES = {
    "docProps/app": f"{_OFFICE}.extended-properties+xml",
    "docProps/core": "application/vnd.openxmlformats-package.core-properties+xml",
    "xl/workbook": f"{_OFFICE}.spreadsheetml.sheet.main+xml",
    "xl/theme/": f"{_OFFICE}.theme+xml",
    "xl/styles": f"{_OFFICE}.spreadsheetml.styles+xml",
    "xl/worksheets/": f"{_OFFICE}.spreadsheetml.worksheet+xml",
    "xl/drawings/": f"{_OFFICE}.drawing+xml",
    "xl/charts/": f"{_OFFICE}.drawingml.chart+xml",
    "xl/sharedStrings": f"{_OFFICE}.spreadsheetml.sharedStrings+xml",
}


def _content_types(parts: dict[str, bytes]) -> bytes:
    listed = "".join(
        f'<Override PartName="/{part}" ContentType="{kind}"/>'
        for part in parts
        for begins, kind in _TYPES.items()
        if part.startswith(begins) and part.endswith(".xml")
    )
    return (
        f'{DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    ).encode()


def _workbook(plan: Plan) -> bytes:
    sheets = "".join(
        f'<sheet name="{escape(sheet.name)}" sheetId="{number}"'
        + (' state="veryHidden"' if sheet.very_hidden else "")
        + f' r:id="rId{number}"/>'
        for number, sheet in enumerate(plan.sheets.values(), 1)
    )
    names = "".join(f'<definedName name="{name}">{escape(target)}</definedName>' for name, target in plan.names())
    names += "".join(
        f'<definedName name="_xlnm.{name}" localSheetId="{number}"{more}>{escape(target)}</definedName>'
        for number, sheet in enumerate(plan.sheets.values())
        for name, more, target in _local_names(sheet)
    )
    return (
        f'{DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr/>'
        '<bookViews><workbookView xWindow="0" yWindow="0" windowWidth="28800" windowHeight="15600"/></bookViews>'
        f"<sheets>{sheets}</sheets><definedNames>{names}</definedNames>"
        '<calcPr calcId="191029" fullCalcOnLoad="1"/></workbook>'
    ).encode()


def _local_names(sheet: Sheet) -> Iterator[tuple[str, str, str]]:
    """The names by which a sheet is filtered and printed: name, further attributes, what it refers to."""
    on = quote_sheet(sheet.name) + "!"
    if sheet.filter:
        yield "_FilterDatabase", ' hidden="1"', on + _absolute(sheet.filter)
    if sheet.print_area:
        yield "Print_Area", "", on + _absolute(sheet.print_area)
    if sheet.title_rows:
        yield "Print_Titles", "", on + "${}:${}".format(*sheet.title_rows)


def _absolute(cells: str) -> str:
    """`A3:J9` as `$A$3:$J$9`."""
    corners = (a1(*corner) for corner in area(cells))
    return ":".join(f"${name.rstrip('0123456789')}${name.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}" for name in corners)


def _core(title: str) -> bytes:
    return (
        f'{DECLARATION}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>xl_kpi</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{_EPOCH}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{_EPOCH}</dcterms:modified></cp:coreProperties>'
    ).encode()


_APP = (
    f'{DECLARATION}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>Microsoft Excel</Application></Properties>"
)
