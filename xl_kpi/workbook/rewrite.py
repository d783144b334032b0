"""A workbook of ours with new values in some cells: what else is in the file stays as it is, byte for byte."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from xl_kpi.findings import WorkbookError, either, finding
from xl_kpi.workbook import chart
from xl_kpi.workbook.archive import replace_parts
from xl_kpi.workbook.cells import ReadValue
from xl_kpi.workbook.expected import Place
from xl_kpi.workbook.patch import patch_cells
from xl_kpi.workbook.read import Filled
from xl_kpi.workbook.strings import StringTable


def patched(filled: Filled, values: Mapping[Place, ReadValue], *, keep_formulas: bool) -> bytes:
    """The workbook with new values in some cells; every other byte of the sheets and every other part stays.

    Texts that are typed may be appended to the shared strings; with keep_formulas, when values are those that formulas
    show, the charts show them too. Raises WorkbookError where the file does not have one of the cells.
    """
    by_sheet: dict[str, dict[str, ReadValue]] = defaultdict(dict)
    for (sheet, name), value in values.items():
        by_sheet[sheet][name] = value
    table = None if keep_formulas else StringTable.of_file(filled.parts)
    strings = table[1] if table else None
    changed: dict[str, bytes] = {}
    try:
        for sheet, cells in by_sheet.items():
            part = filled.book.sheets[sheet].part
            changed[part] = patch_cells(filled.parts[part], cells, keep_formulas=keep_formulas, strings=strings)
    except KeyError as error:
        why = either(f"缺少单元格 {error.args[0]}", f"the cell {error.args[0]} is missing")
        raise WorkbookError(finding("structure", why=why)) from None
    if table:
        changed[table[0]] = table[1].part()
    if keep_formulas:
        changed |= _charts(filled, values)
    return replace_parts(filled.package, changed)


def _charts(filled: Filled, values: Mapping[Place, ReadValue]) -> Iterator[tuple[str, bytes]]:
    """The charts of a workbook by their parts, drawn anew: a preview shows what a chart remembers, not its cells."""
    for sheet, planned in filled.plan.sheets.items():
        if planned.charts:
            for part in chart.charts_of(filled.parts, filled.book.sheets[sheet].part):
                yield part, chart.with_values(filled.parts[part], values)
