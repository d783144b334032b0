"""The add-in's own places in a workbook: where on 核对 it lists findings, and which row of 评分规则 is a task's."""

from __future__ import annotations

import re

from xl_kpi.findings import Finding
from xl_kpi.layout import listing
from xl_kpi.layout.plan import CHECKS, ENTRY, RULES
from xl_kpi.returned.read import read
from xl_kpi.returned.rewrite import patched
from xl_kpi.xlsx.addresses import a1, area, names_in, quote_sheet
from xl_kpi.xlsx.source import Source

SHEET, TITLES, ROWS, COLUMNS = CHECKS, listing.TITLES, listing.LINES, len(listing.TITLES)
HEADING, BLOCK = listing.TITLES_AT, listing.BLOCK
_LINK = re.compile(r"=HYPERLINK\(\"#'((?:[^']|'')+)'!([A-Z]{1,3}[0-9]+)\"")


def link(found: Finding) -> str:
    """The formula that leads to where a finding is; "" for one without a place."""
    if not (found.sheet and found.cell):
        return ""
    return f'=HYPERLINK("#{quote_sheet(found.sheet)}!{found.cell}","{found.sheet}!{found.cell}")'


def place_of(link: str) -> tuple[str, str] | None:
    """The sheet and cell that such a formula leads to; None for another."""
    match = _LINK.match(link)
    return (match[1].replace("''", "'"), match[2]) if match else None


def marked_row(found: Finding) -> float | None:
    """The row of 数据填报 that is to show a mark for a finding; None for none."""
    row = re.search(r"\d+", found.cell) if found.sheet == ENTRY and found.severity != "info" else None
    return float(row[0]) if row else None


def without(source: Source) -> bytes:
    """A workbook of ours without what is listed and marked in it. Raises WorkbookError for another."""
    filled = read(source)
    written = {(CHECKS, name): None for name in names_in(area(BLOCK)) if name in filled.sheets[CHECKS].cells}
    return patched(filled, written, keep_formulas=False) if written else filled.package


def rule_of(source: Source, sheet: str, row: int) -> tuple[str, str, bool]:
    """Sheet and cell of the rule of the task that a row belongs to, and whether it belongs to one: else the first's."""
    plan = read(source).plan
    rows, task = plan.task_rows[RULES], plan.task_at(sheet, row)
    return RULES, a1(rows.get(task, min(rows.values())), 1), bool(task)
