"""A workbook of ours with new values in some cells: what else is in the file stays as it is, byte for byte."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from xl_kpi.returned.read import Filled
from xl_kpi.xlsx import chart
from xl_kpi.xlsx.addresses import Place
from xl_kpi.xlsx.archive import replace_parts
from xl_kpi.xlsx.cells import ReadValue
from xl_kpi.xlsx.insert import with_cells
from xl_kpi.xlsx.patch import patch_cells
from xl_kpi.xlsx.strings import StringTable


def patched(
    filled: Filled, values: Mapping[Place, ReadValue], *, keep_formulas: bool, pending: bool = False
) -> bytes:
    """The workbook with new values in some cells; every other byte of the sheets and every other part stays.

    Texts that are typed may be appended to the shared strings; with keep_formulas, when values are those that formulas
    show, the charts show them too. A cell that a program left out because it was empty is made. With `pending` the file
    says that its formulas do not yet show what was typed.
    """
    by_sheet: dict[str, dict[str, ReadValue]] = defaultdict(dict)
    for (sheet, name), value in values.items():
        if value is not None or name in filled.sheets[sheet].styles:
            by_sheet[sheet][name] = value
    table = None if keep_formulas else StringTable.of_file(filled.parts)
    strings = table[1] if table else None
    changed: dict[str, bytes] = {}
    for sheet, cells in by_sheet.items():
        part = filled.book.sheets[sheet].part
        missing = cells.keys() - filled.sheets[sheet].styles.keys()
        xml = filled.parts[part]
        if missing:
            xml = with_cells(xml, _styles(sheet, missing, filled))
        changed[part] = patch_cells(xml, cells, keep_formulas=keep_formulas, strings=strings)
    if table:
        changed[table[0]] = table[1].part()
    if keep_formulas:
        changed |= _charts(filled, values)
    return replace_parts(filled.package, changed, pending or (False if keep_formulas else None))


def _styles(sheet: str, missing: AbstractSet[str], filled: Filled) -> dict[str, str]:
    """The style of cells that are not there: that of a cell which should look the same, "" where there is none."""
    there = filled.sheets[sheet].styles
    found: dict[str, str] = {}
    for planned in filled.blueprint.sheets[sheet].looks.values():
        wanted = missing & set(planned)
        if wanted:
            free = Counter(there[name] for name in planned if name in there)
            style = max(free, key=lambda one: free[one], default="")
            found |= dict.fromkeys(wanted, style)
    return dict.fromkeys(missing, "") | found


def _charts(filled: Filled, values: Mapping[Place, ReadValue]) -> Iterator[tuple[str, bytes]]:
    """The charts of a workbook by their parts, drawn anew: a preview shows what a chart remembers, not its cells."""
    for sheet, planned in filled.plan.sheets.items():
        if planned.chart:
            for part in chart.charts_of(filled.parts, filled.book.sheets[sheet].part):
                yield part, chart.with_values(filled.parts[part], values)
