"""`xl-kpi demo`: the tour, told step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from xl_kpi import api, demo
from xl_kpi.cli.options import Said
from xl_kpi.cli.screen import CLEAN, progress, table
from xl_kpi.findings import verdict_word


def run(folder: Annotated[Path, Said(metavar="dir")]) -> int:
    """Blank workbooks and simulated units' in a folder, and a table of what checking these came to."""
    blank, back = folder / "空白", folder / "收回"
    blank.mkdir(parents=True, exist_ok=True)
    back.mkdir(exist_ok=True)
    print("一、生成各方案的空白工作簿：")
    for path in progress(demo.blanks(blank), "生成", len(api.schemes())):
        print(f"  {path}")
    print(f"\n二、模拟 {demo.UNITS} 家医院填报，并核对：")
    rows = []
    for path in progress(demo.filled(back), "填报、核对", demo.UNITS):
        report = api.check(path)
        outcome = report.assessment
        assert outcome is not None, "a workbook just built is ours"
        first = next((f.message for f in report.findings if f.severity != "info"), "")
        rows.append(
            [
                report.unit,
                verdict_word(report.verdict),
                f"{outcome.total:.2f}",
                f"{outcome.rate:.2%}",
                outcome.grade,
                outcome.veto_state,
                first,
            ]
        )
    rows.sort(key=lambda row: -float(row[2]))
    table(("单位", "核对", "总分", "得分率", "等次", "否决", "第一个问题"), rows)
    print(f"\n文件在 {folder}：请用 Excel 或 WPS 打开看看。")
    return CLEAN
