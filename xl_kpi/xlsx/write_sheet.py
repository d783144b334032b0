"""One sheet as its XML part, in the order of elements that the schema gives (ECMA-376 part 1, 18.3.1.99)."""

from __future__ import annotations

from collections.abc import Iterator

from xl_kpi.xlsx.addresses import Address, a1, address
from xl_kpi.xlsx.cells import number_text, text_xml
from xl_kpi.xlsx.escapes import escape, quoteattr
from xl_kpi.xlsx.markup import DECLARATION, MAIN, RELATIONS
from xl_kpi.xlsx.sheet import Cell, Condition, Sheet, Validation
from xl_kpi.xlsx.strings import StringTable
from xl_kpi.xlsx.styles import StyleTable

A4 = 9
_LAST_COLUMN = 16383  # from 0: a page break goes across the whole sheet

# What the unit may still do on a protected sheet is 0: not forbidden.
_PROTECTION = '<sheetProtection sheet="1" formatColumns="0" formatRows="0" sort="0" autoFilter="0"/>'


def sheet_part(sheet: Sheet, strings: StringTable, styles: StyleTable, *, selected: bool) -> bytes:
    """The part of a sheet. One with a chart has its drawing as rId1; `selected` is the sheet that is open in front."""
    pieces = [
        f'{DECLARATION}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">',
        "<sheetPr>",
        f'<tabColor rgb="FF{sheet.tab}"/>' if sheet.tab else "",
        '<pageSetUpPr fitToPage="1"/></sheetPr>',
        f'<dimension ref="{_dimension(sheet)}"/>',
        _view(sheet, selected),
        '<sheetFormatPr baseColWidth="8" defaultRowHeight="15"/>',
        _columns(sheet),
        "<sheetData>",
        *_rows(sheet, strings, styles),
        "</sheetData>",
        _PROTECTION if sheet.protected else "",
        f'<autoFilter ref="{sheet.filter}"/>' if sheet.filter else "",
        _list("mergeCells", [f'<mergeCell ref="{a1(*top)}:{a1(*end)}"/>' for top, end in sorted(sheet.merges)]),
        *_conditions(sheet.conditions, styles),
        _list("dataValidations", [_validation(rule) for rule in sheet.validations]),
        _list("hyperlinks", [*_links(sheet)], counted=False),
        '<printOptions horizontalCentered="1"/>' if sheet.centered else "",
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.7" header="0.3" footer="0.35"/>',
        f'<pageSetup paperSize="{A4}" fitToWidth="1" fitToHeight="{int(sheet.one_page)}"'
        f' orientation="{"landscape" if sheet.landscape else "portrait"}"/>',
        f"<headerFooter><oddFooter>{escape(sheet.footer)}</oddFooter></headerFooter>" if sheet.footer else "",
        _breaks(sheet.breaks),
        _list("ignoredErrors", [_ignored(kinds, cells) for kinds, cells in sheet.ignored], counted=False),
        '<drawing r:id="rId1"/>' if sheet.chart else "",
        "</worksheet>",
    ]
    return "".join(pieces).encode()


def _list(name: str, items: list[str], *, counted: bool = True) -> str:
    count = f' count="{len(items)}"' if counted else ""
    return f"<{name}{count}>{''.join(items)}</{name}>" if items else ""


def _dimension(sheet: Sheet) -> str:
    rows, columns = zip(*sheet.cells, strict=True)
    return f"{a1(min(rows), min(columns))}:{a1(max(rows), max(columns))}"


def _view(sheet: Sheet, selected: bool) -> str:
    bare = "" if sheet.gridlines else ' showGridLines="0"'
    front = ' tabSelected="1"' if selected else ""
    return f'<sheetViews><sheetView{bare}{front} workbookViewId="0">{_panes(sheet.freeze)}</sheetView></sheetViews>'


def _panes(freeze: str) -> str:
    """What stays in sight above and left of a cell."""
    row, column = address(freeze) if freeze else (1, 1)
    split = {"xSplit": column - 1, "ySplit": row - 1}
    if not any(split.values()):
        return '<selection activeCell="A1" sqref="A1"/>'
    panes = [name for name, there in (("topRight", column > 1), ("bottomLeft", row > 1)) if there]
    if len(panes) == 2:
        panes.append("bottomRight")
    sizes = "".join(f' {name}="{size}"' for name, size in split.items() if size)
    others = "".join(f'<selection pane="{pane}"/>' for pane in panes[:-1])
    return (
        f'<pane{sizes} topLeftCell="{freeze}" activePane="{panes[-1]}" state="frozen"/>{others}'
        f'<selection pane="{panes[-1]}" activeCell="{freeze}" sqref="{freeze}"/>'
    )


def _columns(sheet: Sheet) -> str:
    columns = []
    for column, width in sorted(sheet.widths.items()):
        hidden = ' hidden="1"' if column in sheet.hidden_columns else ""
        columns.append(f'<col min="{column}" max="{column}" width="{width:g}"{hidden} customWidth="1"/>')
    return _list("cols", columns, counted=False)


def _rows(sheet: Sheet, strings: StringTable, styles: StyleTable) -> Iterator[str]:
    by_row: dict[int, list[tuple[Address, Cell]]] = {row: [] for row in sheet.heights}
    for at, cell in sheet.cells.items():
        by_row.setdefault(at[0], []).append((at, cell))
    for row, cells in sorted(by_row.items()):
        height = f' ht="{sheet.heights[row]:g}" customHeight="1"' if row in sheet.heights else ""
        yield f'<row r="{row}"{height}>'
        for at, cell in sorted(cells, key=lambda found: found[0]):
            yield f'<c r="{a1(*at)}" s="{styles.index(cell.look)}"{_content(cell, strings)}'
        yield "</row>"


def _content(cell: Cell, strings: StringTable) -> str:
    """What follows a cell's name and style: its type, and what it holds."""
    value = cell.value
    if cell.formula is not None:
        said = f"><f>{escape(cell.formula)}</f>"
        if isinstance(value, str):
            return f' t="str"{said}<v>{text_xml(value)}</v></c>'
        return said + ("</c>" if value is None else f"<v>{number_text(value)}</v></c>")
    if value is None or value == "":
        return "/>"
    if isinstance(value, str):
        return f' t="s"><v>{strings.index(value)}</v></c>'
    return f"><v>{number_text(value)}</v></c>"


def _conditions(conditions: list[Condition], styles: StyleTable) -> Iterator[str]:
    by_cells: dict[str, list[str]] = {}
    for priority, condition in enumerate(conditions, 1):
        by_cells.setdefault(condition.cells, []).append(
            f'<cfRule type="expression" dxfId="{styles.difference(condition.look)}" priority="{priority}">'
            f"<formula>{escape(condition.formula)}</formula></cfRule>"
        )
    for cells, rules in by_cells.items():
        yield f'<conditionalFormatting sqref="{cells}">{"".join(rules)}</conditionalFormatting>'


def _validation(rule: Validation) -> str:
    said = {
        "errorTitle": rule.error_title,
        "error": rule.error,
        "promptTitle": rule.prompt_title,
        "prompt": rule.prompt,
    }
    between = "" if rule.kind in ("list", "custom") else ' operator="between"'
    texts = "".join(f" {name}={quoteattr(text)}" for name, text in said.items() if text)
    limits = "".join(
        f"<formula{number}>{escape(limit)}</formula{number}>"
        for number, limit in enumerate((rule.low, rule.high), 1)
        if limit
    )
    return (
        f'<dataValidation type="{rule.kind}" errorStyle="stop"{between} allowBlank="1" showInputMessage="1"'
        f' showErrorMessage="1"{texts} sqref="{rule.cells}">{limits}</dataValidation>'
    )


def _links(sheet: Sheet) -> Iterator[str]:
    for at, cell in sorted(sheet.cells.items()):
        if cell.link:
            tip = f" tooltip={quoteattr(cell.tip)}" if cell.tip else ""
            yield f'<hyperlink ref="{a1(*at)}" location={quoteattr(cell.link)}{tip}/>'


def _breaks(rows: list[int]) -> str:
    listed = "".join(f'<brk id="{row}" max="{_LAST_COLUMN}" man="1"/>' for row in rows)
    return f'<rowBreaks count="{len(rows)}" manualBreakCount="{len(rows)}">{listed}</rowBreaks>' if rows else ""


def _ignored(kinds: tuple[str, ...], cells: str) -> str:
    return f'<ignoredError sqref="{cells}"' + "".join(f' {kind}="1"' for kind in kinds) + "/>"
