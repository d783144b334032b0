"""`xl-kpi carry`: the answers of an old workbook in a fresh one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Help, Json, SchemeFile
from xl_kpi.cli.screen import CLEAN, FOUND, print_json, say
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.report.language import language, spoken, worded
from xl_kpi.words import said


def run(
    old: Annotated[Path, Help("help.carry.old", metavar="OLD")],
    *,
    into: Annotated[Path, Help("help.carry.into", metavar="NEW")],
    out: Annotated[Path, Help("help.carry.out", metavar="FILE")],
    json: Json = False,
    scheme: SchemeFile = "",
) -> int:
    """The new workbook with the old one's answers; what found no place is listed."""
    if out.exists() and old.exists() and out.samefile(old):
        why = said("cli.out-is-old")
        raise XlKpiError(finding("nothing-to-do", where=str(out), why=why))
    carried = api.carry(old, into, scheme)
    api.save(out, carried.package)
    left = [one.as_json(language()) for one in carried.left]
    notes = [spoken(note) for note in carried.notes]
    if json:
        files = {"file": str(old), "into": str(into), "out": str(out)}
        print_json([files | {"carried": carried.count, "left": left, "notes": notes}])
        return FOUND if left else CLEAN
    print(out)
    count = worded("cli.carried", count=carried.count, left=len(left))
    told = [
        worded("cli.left", cell=one.cell, label=one.label, value=_value(one.value), why=one.why)
        for one in carried.left
    ]
    for line in (count, *told, *notes):
        say(line)
    return FOUND if left else CLEAN


def _value(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
