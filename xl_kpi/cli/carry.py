"""`xl-kpi carry`: the answers of an old workbook in a fresh one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Json, Said, SchemeFile
from xl_kpi.cli.screen import CLEAN, FOUND, print_json, say
from xl_kpi.findings import XlKpiError, either, finding
from xl_kpi.report.language import language, spoken


def run(
    old: Annotated[Path, Said("旧版工作簿，不会改动", metavar="OLD")],
    *,
    into: Annotated[Path, Said("用现行版本为同一单位生成的工作簿", metavar="NEW")],
    out: Annotated[Path, Said("搬好的存为哪个文件", metavar="FILE")],
    json: Json = False,
    scheme: SchemeFile = "",
) -> int:
    """The new workbook with the old one's answers; what found no place is listed."""
    if out.exists() and old.exists() and out.samefile(old):
        why = either("--out 不能是旧表本身", "--out must not be the old workbook")
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
    said = either(f"搬了 {carried.count} 个数，{len(left)} 个没有搬", f"{carried.count} carried, {len(left)} left")
    told = [f"{one.cell}　{one.label}：{_value(one.value)}　{spoken(one.why)}" for one in carried.left]
    for line in (said, *told, *notes):
        say(line)
    return FOUND if left else CLEAN


def _value(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
