"""A bar chart: its parts as we write them, and its cached values made new in a file that came back.

Previews, phones and some WPS draw what the chart part itself remembers, so it remembers everything it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from xl_kpi.xlsx.addresses import a1, address, area, column_letter, quote_sheet
from xl_kpi.xlsx.cells import ReadValue, number_text
from xl_kpi.xlsx.escapes import escape, quoteattr
from xl_kpi.xlsx.markup import DECLARATION, RELATIONS
from xl_kpi.xlsx.package import related
from xl_kpi.xlsx.sheet import Chart, Sheet

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_COLOURS = ("BDD7EE", "2E75B6")
_CM = 360_000  # EMU, the unit of drawings
_WIDTH = 24  # cm


def drawing_part(chart: Chart) -> bytes:
    """The drawing that holds a chart, which is its rId1. All its names have prefixes: exceljs knows no others."""
    row, column = address(chart.anchor)
    bars = chart.names[2] - chart.names[1]
    height = round((8 + 0.8 * bars) * _CM)
    return (
        f'{DECLARATION}<xdr:wsDr xmlns:xdr="{_DRAWING}" xmlns:a="{_MAIN}"><xdr:oneCellAnchor>'
        f"<xdr:from><xdr:col>{column - 1}</xdr:col><xdr:colOff>0</xdr:colOff>"
        f"<xdr:row>{row - 1}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
        f'<xdr:ext cx="{_WIDTH * _CM}" cy="{height}"/>'
        '<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr>'
        f'<xdr:cNvPr id="2" name="图表 1" descr={quoteattr(chart.title)}/>'
        "<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>"
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{_CHART}">'
        f'<c:chart xmlns:c="{_CHART}" xmlns:r="{RELATIONS}" r:id="rId1"/>'
        "</a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>"
    ).encode()


def chart_part(chart: Chart, sheet: Sheet) -> bytes:
    """The chart itself, with what the cells of its sheet show."""
    series = "".join(_series(chart, number, sheet) for number in range(len(chart.series)))
    return (
        f'{DECLARATION}<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_MAIN}" xmlns:r="{RELATIONS}">'
        '<c:roundedCorners val="0"/><c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:lstStyle/>'
        f'<a:p><a:pPr><a:defRPr/></a:pPr><a:r><a:rPr lang="zh-CN"/><a:t>{escape(chart.title)}</a:t></a:r></a:p>'
        '</c:rich></c:tx><c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>'
        '<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>'
        f'{series}<c:gapWidth val="60"/><c:axId val="10"/><c:axId val="100"/></c:barChart>'
        # The first group on top, and the numbers still below.
        '<c:catAx><c:axId val="10"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/>'
        '<c:axPos val="l"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/>'
        '<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="100"/><c:crosses val="autoZero"/>'
        '<c:auto val="1"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="0"/></c:catAx>'
        '<c:valAx><c:axId val="100"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>'
        '<c:axPos val="b"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/>'
        '<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="10"/><c:crosses val="max"/>'
        '<c:crossBetween val="between"/></c:valAx></c:plotArea>'
        '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>'
        '<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart></c:chartSpace>'
    ).encode()


def _series(chart: Chart, number: int, sheet: Sheet) -> str:
    column, header, last = chart.series[number]
    names, first, _ = chart.names
    title = _cached("str", sheet, header, header, column)
    labels = _cached("str", sheet, first, last, names)
    numbers = _cached("num", sheet, first, last, column)
    return (
        f'<c:ser><c:idx val="{number}"/><c:order val="{number}"/><c:tx>{title}</c:tx>'
        f'<c:spPr><a:solidFill><a:srgbClr val="{_COLOURS[number]}"/></a:solidFill></c:spPr>'
        f'<c:invertIfNegative val="0"/><c:cat>{labels}</c:cat><c:val>{numbers}</c:val></c:ser>'
    )


def _cached(kind: str, sheet: Sheet, first: int, last: int, column: int) -> str:
    """A reference down a column, with what its cells show; a text among numbers is left out, as a bar it has none."""
    letter = column_letter(column)
    cells = f"${letter}${first}" + (f":${letter}${last}" if last > first else "")
    points = []
    for index, row in enumerate(range(first, last + 1)):
        value = sheet.cells[row, column].value
        if isinstance(value, str) if kind == "str" else isinstance(value, float | int):
            text = escape(value) if isinstance(value, str) else number_text(value or 0)
            points.append(f'<c:pt idx="{index}"><c:v>{text}</c:v></c:pt>')
    code = "<c:formatCode>General</c:formatCode>" if kind == "num" else ""
    return (
        f"<c:{kind}Ref><c:f>{escape(quote_sheet(sheet.name))}!{cells}</c:f><c:{kind}Cache>{code}"
        f'<c:ptCount val="{last - first + 1}"/>{"".join(points)}</c:{kind}Cache></c:{kind}Ref>'
    )


# a chart that came back


def charts_of(parts: Mapping[str, bytes], sheet: str) -> Iterator[str]:
    """The parts of the charts on a sheet, given by its part."""
    for drawing in related(parts, sheet).values():
        if drawing.kind == "drawing" and drawing.target in parts:
            for chart in related(parts, drawing.target).values():
                if chart.kind == "chart" and chart.target in parts:
                    yield chart.target


def with_values(chart_xml: bytes, values: Mapping[tuple[str, str], ReadValue]) -> bytes:
    """A chart with its cached numbers as its cells now show them, by sheet and name; every other byte stays.

    What is cached of other cells stays as it is, and where a cell shows no number so does its point.
    """
    pieces, position = [], 0
    for start, end, place in _points(chart_xml):
        value = values.get(place)
        if isinstance(value, float | int) and not isinstance(value, bool):
            pieces += [chart_xml[position:start], number_text(value).encode()]
            position = end
    return b"".join([*pieces, chart_xml[position:]])


_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!([$A-Z0-9:]+)")


def _points(xml: bytes) -> list[tuple[int, int, tuple[str, str]]]:
    """Where the text of each cached number begins and ends, and which cell it is the number of."""
    found: list[tuple[int, int, tuple[str, str]]] = []
    parser = expat.ParserCreate()
    open_tags: list[str] = []
    formula: list[str] = []
    index, start = "", 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal index, start
        open_tags.append(tag.rpartition(":")[2])
        if open_tags[-1] == "numRef":
            formula.clear()
        elif open_tags[-1] == "pt":
            index = attributes.get("idx", "")
        elif open_tags[-1] == "v":
            start = xml.index(b">", parser.CurrentByteIndex) + 1

    def text(piece: str) -> None:
        if open_tags[-2:] == ["numRef", "f"]:
            formula.append(piece)

    def end(tag: str) -> None:
        at = parser.CurrentByteIndex
        if open_tags[-4:] == ["numRef", "numCache", "pt", "v"] and start <= at and index.isdecimal():
            cell = _cell("".join(formula), int(index))
            if cell is not None:
                found.append((start, at, cell))
        open_tags.pop()

    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = begin, text, end
    parser.Parse(xml, True)
    return found


def _cell(formula: str, index: int) -> tuple[str, str] | None:
    """The cell of a point in a reference down a column or along a row; None for any other reference."""
    reference = _REFERENCE.fullmatch(formula)
    if reference is None:
        return None
    try:
        (top, left), (bottom, right) = area(reference[3])
    except ValueError:
        return None
    across = top == bottom
    if (left != right and not across) or index > (right - left if across else bottom - top):
        return None
    sheet = reference[1].replace("''", "'") if reference[1] else reference[2]
    return sheet, a1(top, left + index) if across else a1(top + index, left)
