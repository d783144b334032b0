"""A plan to an .xlsx package: openpyxl lays it down, then it is made deterministic and its values are put in."""

from __future__ import annotations

import datetime
import io
import re
from copy import copy
from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import Rule as FormatRule
from openpyxl.styles.cell_style import StyleArray
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from xl_kpi.workbook import style
from xl_kpi.workbook.archive import pack
from xl_kpi.workbook.cells import Value
from xl_kpi.workbook.compare import blank_values
from xl_kpi.workbook.draft import Cell, Chart, Sheet, a1, column_letter
from xl_kpi.workbook.package import unpack
from xl_kpi.workbook.patch import patch_cells
from xl_kpi.workbook.plan import Plan

_EPOCH = b"2020-01-01T00:00:00Z"  # every workbook says it was made then: the same scheme gives the same bytes
A4 = 9


def render(plan: Plan) -> bytes:
    """The workbook of a plan, blank, with its calculated values in it; the unit's name still to be put in (clone)."""
    package = unpack(_laid_down(plan))
    core = package["docProps/core.xml"]
    package["docProps/core.xml"] = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _EPOCH, core)
    values: dict[str, dict[str, Value]] = {}
    for (sheet, name), value in blank_values(plan.scheme).items():
        values.setdefault(sheet, {})[name] = value
    for number, name in enumerate(plan.sheets, 1):
        part = f"xl/worksheets/sheet{number}.xml"
        package[part] = patch_cells(package[part], values.get(name, {}), keep_formulas=True)
    return pack(package)


def _laid_down(plan: Plan) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "xl_kpi"
    book.properties.title = plan.scheme.title
    book.properties.created = book.properties.modified = datetime.datetime(2020, 1, 1)
    book.calculation.fullCalcOnLoad = True
    formulas = {(sheet, cell): text for sheet, cell, _, text in plan.formulas()}
    for sheet in plan.sheets.values():
        _sheet(book.create_sheet(sheet.name), sheet, formulas)
    for name, target in plan.names():
        book.defined_names[name] = DefinedName(name, attr_text=target)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _sheet(target: Worksheet, sheet: Sheet, formulas: dict[tuple[str, str], str]) -> None:
    looks: dict[tuple[str, str], StyleArray] = {}
    for (row, column), cell in sorted(sheet.cells.items()):
        made: Any = target.cell(row, column)
        _content(made, cell, formulas.get((sheet.name, a1(row, column))))
        # Setting a style looks six tables up; cells of one look share the outcome, which is most of the time there is.
        key = (cell.style, cell.number_format)
        if key not in looks:
            _dress(made, cell)
            looks[key] = made._style
        made._style = copy(looks[key])
    for (top, left), (bottom, right) in sheet.merges:
        target.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
    for column, width in sheet.widths.items():
        target.column_dimensions[column_letter(column)].width = width
    for column in sheet.hidden_columns:
        target.column_dimensions[column_letter(column)].hidden = True
    for row, height in sheet.heights.items():
        target.row_dimensions[row].height = height
    for rule in sheet.validations:
        validation = DataValidation(
            type=rule.kind,
            operator=None if rule.kind in ("list", "custom") else "between",
            formula1=rule.low,
            formula2=rule.high or None,
            allow_blank=True,
            showErrorMessage=True,
            showInputMessage=True,
            promptTitle=rule.prompt_title,
            prompt=rule.prompt,
            errorTitle="填写有误",
            error=rule.error,
            errorStyle="stop",
            sqref=rule.cells,
        )
        target.add_data_validation(validation)
    for condition in sheet.conditions:
        look = style.CONDITION_LOOKS[condition.look]
        target.conditional_formatting.add(
            condition.cells, FormatRule(type="expression", dxf=look, formula=[condition.formula])
        )
    for chart in sheet.charts:
        _chart(target, chart)
    _page(target, sheet)
    _protect(target, sheet)


def _content(made: Any, cell: Cell, formula: str | None) -> None:
    if formula is not None:
        made.value = formula
    elif isinstance(cell.value, str) and cell.value:
        made.value = cell.value
        made.data_type = "s"  # a text that begins with = stays a text
    elif cell.value != "":
        made.value = cell.value
    if cell.link:
        made.hyperlink = Hyperlink(ref=made.coordinate, location=cell.link, tooltip=cell.tip or None)


def _dress(made: Any, cell: Cell) -> None:
    made.font = style.font(cell.style)
    made.fill = style.fill(cell.style)
    made.alignment = style.alignment(cell.style)
    made.border = style.border(cell.style)
    made.protection = style.protection(cell.style)
    made.number_format = cell.number_format


def _chart(target: Worksheet, chart: Chart) -> None:
    bars = BarChart()
    bars.type = "bar"
    bars.title = chart.title
    bars.height, bars.width = 8 + 0.8 * (chart.names[2] - chart.names[1]), 24
    for column, header, last in chart.series:
        bars.add_data(Reference(target, min_col=column, min_row=header, max_row=last), titles_from_data=True)
    column, first, last = chart.names
    bars.set_categories(Reference(target, min_col=column, min_row=first, max_row=last))
    for series, colour in zip(bars.series, ("BDD7EE", "2E75B6"), strict=True):
        series.graphicalProperties.solidFill = colour
    bars.x_axis.scaling.orientation = "maxMin"
    bars.x_axis.delete = bars.y_axis.delete = False
    bars.y_axis.majorGridlines = None
    bars.legend.position = "b"
    bars.title.overlay = bars.legend.overlay = False  # type: ignore[union-attr]  # both were just made
    bars.gapWidth = 60
    target.add_chart(bars, chart.anchor)


def _page(target: Worksheet, sheet: Sheet) -> None:
    if sheet.freeze:
        target.freeze_panes = sheet.freeze
    if sheet.title_rows:
        target.print_title_rows = "{}:{}".format(*sheet.title_rows)
    for row in sheet.breaks:
        target.row_breaks.append(Break(id=row))
    if sheet.print_area:
        target.print_area = sheet.print_area
    if sheet.filter:
        target.auto_filter.ref = sheet.filter
    if sheet.very_hidden:
        target.sheet_state = "veryHidden"
    if sheet.tab:
        target.sheet_properties.tabColor = sheet.tab
    target.page_setup.orientation = "landscape" if sheet.landscape else "portrait"
    target.page_setup.paperSize = A4
    target.page_setup.fitToWidth = 1
    target.page_setup.fitToHeight = 1 if sheet.one_page else 0
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    target.print_options.horizontalCentered = True
    margins = target.page_margins
    margins.left = margins.right = 0.5
    margins.top, margins.bottom, margins.header, margins.footer = 0.6, 0.7, 0.3, 0.35
    target.oddFooter.center.text = "第 &P 页　共 &N 页"  # type: ignore[union-attr]  # the stubs think it may be None
    target.oddFooter.left.text = "&A"  # type: ignore[union-attr]
    target.sheet_view.showGridLines = False


def _protect(target: Worksheet, sheet: Sheet) -> None:
    protection = target.protection
    protection.sheet = True
    # openpyxl says True for "forbidden": what the unit may still do is False.
    protection.autoFilter = protection.sort = protection.formatColumns = protection.formatRows = False
