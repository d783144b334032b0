"""Reading a workbook that came back: which scheme it is of, what was typed, what its formulas last showed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xl_kpi.expr import semantics
from xl_kpi.findings import WorkbookError, either, finding
from xl_kpi.scheme.program import STAGES
from xl_kpi.workbook.cells import CellError, ReadCell, ReadValue, Value, read_cells
from xl_kpi.workbook.draft import a1
from xl_kpi.workbook.package import UNREADABLE, shared_strings, sheet_parts, unpack
from xl_kpi.workbook.plan import META, Plan

_META_ROWS = 20


@dataclass(frozen=True)
class Filled:
    """A workbook's parts read into values: what the hidden sheet says, and every cell by sheet and name."""

    file: str
    package: bytes
    parts: dict[str, str]  # sheet name -> part
    cells: dict[str, dict[str, ReadCell]]
    meta: dict[str, Value]

    def typed(self, plan: Plan) -> dict[str, Value]:
        """What was typed, by node id (`t05.ontime@self`); blanks left out."""
        typed: dict[str, Value] = {}
        for bound in plan.program.inputs():
            for stage in STAGES:
                sheet, address = plan.homes[bound.id + stage]
                cell = self.cells[sheet].get(a1(*address))
                value = None if cell is None else _answer(cell.value)
                if value is not None:
                    typed[bound.id + stage] = value
        return typed


def read(path: Path) -> Filled:
    """Read a workbook of ours. Raises WorkbookError with one finding that says what the file is instead."""
    name = path.name
    try:
        package = path.read_bytes()
    except OSError:
        raise WorkbookError(finding("not-found", file=name)) from None
    try:
        parts = unpack(package)
    except UNREADABLE:
        raise WorkbookError(finding("not-a-workbook", file=name, why=_what_is(package))) from None
    try:
        strings = shared_strings(parts)
        sheets = sheet_parts(parts)
        cells = {sheet: read_cells(parts[part], strings) for sheet, part in sheets.items()}
    except (*UNREADABLE, IndexError):
        raise WorkbookError(
            finding(
                "not-a-workbook",
                file=name,
                why=either("内部结构不完整或已损坏", "its parts are incomplete or damaged"),
            )
        ) from None
    meta = _meta(cells.get(META))
    if meta.get("product") != "xl_kpi":
        raise WorkbookError(finding("not-ours", file=name, why=either("没有方案标识", "it names no scheme")))
    return Filled(name, package, sheets, cells, meta)


def _answer(value: ReadValue) -> Value:
    """What was typed, as an answer: an error value and a boolean are words, and no answer; an empty text is a blank."""
    if isinstance(value, CellError):
        return semantics.ERROR_TEXT
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return None if value == "" else value


def _meta(cells: dict[str, ReadCell] | None) -> dict[str, Value]:
    if cells is None:
        return {}
    rows = range(1, _META_ROWS)
    keys = {row: cells[f"A{row}"].value for row in rows if f"A{row}" in cells}
    return {str(key): _answer(cells[f"B{row}"].value) for row, key in keys.items() if f"B{row}" in cells}


def _what_is(content: bytes) -> str:
    """What a file that is no zip looks like, in words."""
    if not content:
        return either("文件是空的", "it is empty")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return either("是加密的工作簿或旧版 .xls/.et 文件", "it is encrypted, or an old .xls or .et file")
    if content.lstrip()[:1] == b"<":
        return either("是网页或 XML 文件", "it is a web page or XML")
    if content.startswith(b"PK"):
        return either("压缩包不完整或已损坏", "the archive is truncated or damaged")
    return either("不是 Excel 文件", "it is no Excel file")
