"""`xl-kpi demo`: the tour, told step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from xl_kpi import api, demo
from xl_kpi.cli.options import Help
from xl_kpi.cli.screen import CLEAN, progress, table
from xl_kpi.report.language import spoken, worded


def run(folder: Annotated[Path, Help(metavar="dir")]) -> int:
    """Blank workbooks and simulated units' in a folder, and a table of what checking these came to."""
    blank, back = folder / "空白", folder / "收回"
    blank.mkdir(parents=True, exist_ok=True)
    back.mkdir(exist_ok=True)
    print(worded("demo.blanks"))
    for path in progress(demo.blanks(blank), worded("cli.making"), len(api.schemes())):
        print(f"  {path}")
    print("\n" + worded("demo.units", count=demo.UNITS))
    rows = []
    for path in progress(demo.filled(back), worded("demo.filling"), demo.UNITS):
        report = api.check(path)
        outcome = report.assessment
        assert outcome is not None, "a workbook just built is ours"
        first = next((spoken(f) for f in report.findings if f.severity != "info"), "")
        rows.append(
            [
                report.unit,
                worded(f"verdict.{report.verdict}"),
                f"{outcome.total:.2f}",
                f"{outcome.rate:.2%}",
                outcome.grade,
                outcome.veto_state,
                first,
            ]
        )
    rows.sort(key=lambda row: -float(row[2]))
    table(
        [
            worded("column.unit"),
            worded("column.check"),
            worded("column.total"),
            worded("column.rate"),
            worded("column.grade"),
            worded("column.veto_state"),
            worded("column.first"),
        ],
        rows,
    )
    print("\n" + worded("demo.end", folder=str(folder)))
    return CLEAN
