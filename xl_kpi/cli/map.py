"""`xl-kpi map`: where everything is in a workbook."""

from __future__ import annotations

from pathlib import Path

from xl_kpi import api
from xl_kpi.cli.options import Json, SchemeFile
from xl_kpi.cli.screen import CLEAN, print_json, table


def run(file: Path, *, json: Json = False, scheme: SchemeFile = "") -> int:
    """Every input and outcome with its cell."""
    found = api.workbook_map(file, scheme)
    if json:
        print_json([found])
        return CLEAN
    print(f"{found['unit']}　{found['year']}年　{found['scheme']} 第{found['version']}版")
    rows = [[i["id"], i["label"], i["kind"], i["cells"]["self"]] for i in found["inputs"]]
    table(("编号", "填报项", "类型", "自报值"), rows)
    return CLEAN
