"""`xl-kpi schemes`: the schemes shipped."""

from __future__ import annotations

from dataclasses import asdict

from xl_kpi import shipped
from xl_kpi.cli.options import Json
from xl_kpi.cli.screen import CLEAN, print_json, table
from xl_kpi.report.language import worded


def run(*, json: Json = False) -> int:
    """Each in a line: name, title, year, tasks, points, levels."""
    try:
        found = [shipped.outline(name) for name in shipped.names()]
    except ValueError:
        from xl_kpi import api  # which takes a second to import, and says what is wrong with the scheme

        for name in shipped.names():
            api.describe(name)
        raise
    if json:
        print_json(asdict(scheme) for scheme in found)
        return CLEAN
    rows = [[s.name, s.title, s.year, s.tasks, f"{s.points:g}", "、".join(s.levels)] for s in found]
    table(
        [
            worded("column.name"),
            worded("column.title"),
            worded("column.year"),
            worded("column.tasks"),
            worded("column.points"),
            worded("column.levels"),
        ],
        rows,
    )
    return CLEAN
