"""Whether everything stands where it should: answers are read by address, so a shift must be noticed first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from xl_kpi.findings import Finding, WorkbookError, either, finding
from xl_kpi.workbook.cells import ReadCell, ReadValue
from xl_kpi.workbook.expected import ExpectedSheet
from xl_kpi.workbook.plan import CODE, COVER, UNIT
from xl_kpi.workbook.read import Filled, Meta
from xl_kpi.workbook.worksheet import address

_NOTHING = ReadCell()


def constants(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """Constants that are gone or another. Answers are read by address, so a shift must be noticed before anything is read."""
    cells = filled.sheets[name].cells
    wrong = {
        at: wanted.value
        for at, wanted in sheet.constants.items()
        if (found := cells.get(at, _NOTHING)) != wanted or found.value is True  # which Python takes for 1
    }
    for at in [at for at, wanted in wrong.items() if isinstance(wanted, str) and (UNIT in wanted or CODE in wanted)]:
        named = _named(str(wrong.pop(at)), filled.meta)
        cell = cells.get(at)
        # A unit without a code: the text is empty, and programs drop such a cell.
        if ((cell.value or "") if cell is not None else "") != named:
            if name == COVER and UNIT in str(sheet.constants[at].value) and cell is not None and cell.value:
                why = either("封面上写的是别的名称", "its cover names another")
                raise WorkbookError(finding("other-unit", file=filled.file, found=filled.meta.unit, expected=why))
            wrong[at] = named
    if not wrong:
        return
    moved = _moved(sheet, cells, wrong)
    if moved:
        why = either(f"{name}!{moved} 应为“{wrong[moved]}”", f"{name}!{moved} should be {wrong[moved]!r}")
        raise WorkbookError(finding("structure", why=why))
    for at, wanted in wrong.items():
        text = wanted if isinstance(wanted, str) else f"{wanted:g}"
        yield finding("constant-changed", at=f"{name}!{at}", expected=text)


def _named(text: str, meta: Meta) -> str:
    return text.replace(UNIT, meta.unit).replace(CODE, meta.code)


def _moved(sheet: ExpectedSheet, cells: Mapping[str, ReadCell], wrong: Mapping[str, ReadValue]) -> str:
    """The first constant that stands elsewhere in its row or column, or whose whole row is gone; "" for none."""
    elsewhere: dict[ReadValue, set[tuple[str, int]]] = defaultdict(set)
    for at, cell in cells.items():
        if cell.formula is None and at not in sheet.free and cell != sheet.constants.get(at):
            row, column = address(at)
            elsewhere[cell.value] |= {("row", row), ("column", column)}
    rows = defaultdict(list)
    for at in (*sheet.constants, *sheet.formulas):
        rows[address(at)[0]].append(at)
    for at, wanted in wrong.items():
        row, column = address(at)
        if elsewhere.get(wanted, set()) & {("row", row), ("column", column)}:
            return at
        if len(rows[row]) > 1 and not any(other in cells for other in rows[row]):
            return at
    return ""
