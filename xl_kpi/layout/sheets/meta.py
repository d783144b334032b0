"""The very hidden sheet: which scheme, version, unit, year and level this workbook is."""

from __future__ import annotations

from xl_kpi.layout.plan import Plan
from xl_kpi.layout.sheet import Sheet


def lay_out(plan: Plan, sheet: Sheet) -> None:
    """Keys in column A, values in column B."""
    sheet.very_hidden = True
    sheet.widths = {1: 16, 2: 40}
    scheme = plan.scheme
    entries: dict[str, str | float] = {
        "product": "xl_kpi",
        "scheme": scheme.id,
        "version": scheme.version,
        "year": scheme.year,
        "level": scheme.level or "",
        "fingerprint": plan.fingerprint,
        "unit": plan.unit,
        "code": plan.code,
    }
    for row, (name, value) in enumerate(entries.items(), 1):
        sheet.put(row, 1, name)
        sheet.put(row, 2, value)
