"""A workbook to the parts of an .xlsx package, all of it our own text: the same workbook gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xl_kpi.xlsx.addresses import absolute, quote_sheet
from xl_kpi.xlsx.archive import CONTENT_TYPES
from xl_kpi.xlsx.chart import chart_part, drawing_part
from xl_kpi.xlsx.escapes import escape, quoteattr
from xl_kpi.xlsx.markup import DECLARATION, MAIN, RELATIONS
from xl_kpi.xlsx.sheet import Sheet, Workbook
from xl_kpi.xlsx.strings import StringTable
from xl_kpi.xlsx.styles import StyleTable
from xl_kpi.xlsx.write_sheet import sheet_part

_EPOCH = "2020-01-01T00:00:00Z"  # every workbook says it was made then
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument"


def parts_of(book: Workbook) -> dict[str, bytes]:
    """The parts of a workbook by name, in the order in which `archive.pack` is to pack them."""
    from openpyxl.writer.theme import theme_xml  # not before something is written: it is long in loading

    strings, styles = StringTable(), StyleTable()
    for text in book.texts:
        strings.index(text)
    sheets: dict[str, bytes] = {}
    drawings: dict[str, bytes] = {}
    for number, sheet in enumerate(book.sheets, 1):
        part = sheet_part(sheet, strings, styles, selected=number == 1)
        sheets[f"xl/worksheets/sheet{number}.xml"] = part
        drawings |= _drawn(sheet, number, len(drawings) // 4 + 1)
    parts = {
        "_rels/.rels": _relationships(
            ("officeDocument", "xl/workbook.xml"), ("core", "docProps/core.xml"), ("extended", "docProps/app.xml")
        ),
        "docProps/app.xml": _APP.encode(),
        "docProps/core.xml": _core(book.title),
        "xl/workbook.xml": _workbook(book),
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
    return {CONTENT_TYPES: _content_types(parts), **parts}


def _drawn(sheet: Sheet, number: int, drawing: int) -> dict[str, bytes]:
    """The four parts by which a sheet has its chart."""
    if sheet.chart is None:
        return {}
    return {
        f"xl/worksheets/_rels/sheet{number}.xml.rels": _relationships(
            ("drawing", f"../drawings/drawing{drawing}.xml")
        ),
        f"xl/drawings/drawing{drawing}.xml": drawing_part(sheet.chart),
        f"xl/drawings/_rels/drawing{drawing}.xml.rels": _relationships(("chart", f"../charts/chart{drawing}.xml")),
        f"xl/charts/chart{drawing}.xml": chart_part(sheet.chart, sheet),
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


def _content_types(parts: Mapping[str, bytes]) -> bytes:
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


def _workbook(book: Workbook) -> bytes:
    sheets = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{number}"'
        + (' state="veryHidden"' if sheet.very_hidden else "")
        + f' r:id="rId{number}"/>'
        for number, sheet in enumerate(book.sheets, 1)
    )
    names = "".join(f'<definedName name="{name}">{escape(target)}</definedName>' for name, target in book.names)
    names += "".join(
        f'<definedName name="_xlnm.{name}" localSheetId="{number}"{more}>{escape(target)}</definedName>'
        for number, sheet in enumerate(book.sheets)
        for name, more, target in _local_names(sheet)
    )
    return (
        f'{DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr/>'
        '<bookViews><workbookView xWindow="0" yWindow="0" windowWidth="28800" windowHeight="15600"/></bookViews>'
        f"<sheets>{sheets}</sheets>{names and f'<definedNames>{names}</definedNames>'}"
        '<calcPr calcId="191029" fullCalcOnLoad="1"/></workbook>'
    ).encode()


def _local_names(sheet: Sheet) -> Iterator[tuple[str, str, str]]:
    """The names by which a sheet is filtered and printed: name, further attributes, what it refers to."""
    on = quote_sheet(sheet.name) + "!"
    if sheet.filter:
        yield "_FilterDatabase", ' hidden="1"', on + absolute(sheet.filter)
    if sheet.print_area:
        yield "Print_Area", "", on + absolute(sheet.print_area)
    if sheet.title_rows:
        yield "Print_Titles", "", on + "${}:${}".format(*sheet.title_rows)


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
