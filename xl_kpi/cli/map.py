"""`xl-kpi map`: where everything is in a workbook."""

from __future__ import annotations

from pathlib import Path

from xl_kpi import api
from xl_kpi.cli.options import Json, SchemeFile
from xl_kpi.cli.screen import CLEAN, print_json, table
from xl_kpi.report.language import worded


def run(file: Path, *, json: Json = False, scheme: SchemeFile = "") -> int:
    """Every input and outcome with its cell."""
    found = api.workbook_map(file, scheme)
    if json:
        print_json([found])
        return CLEAN
    print(worded("cli.map-of", **{key: found[key] for key in ("unit", "year", "scheme", "version")}))
    rows = [[i["id"], i["label"], i["kind"], i["cells"]["self"]] for i in found["inputs"]]
    table([worded("column.id"), worded("column.input"), worded("column.kind"), worded("column.self")], rows)
    return CLEAN
