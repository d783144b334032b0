"""`xl-kpi recalc`: every cached value worked out anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Help, Paths, Scheduler, SchemeFile, Ship, Workers
from xl_kpi.cli.screen import CLEAN, FOUND, progress, say, tell
from xl_kpi.cli.work import crew, tell_void, workbooks
from xl_kpi.outward import plain
from xl_kpi.report.language import worded


def run(
    path: Paths,
    *,
    in_place: Annotated[bool, Help(one_of="where")] = False,
    out: Annotated[Path | None, Help(one_of="where")] = None,
    scheme: SchemeFile = "",
    engine: Annotated[str, Help("help.recalc.engine", choices=api.ENGINES)] = api.NATIVE,
    workers: Workers = None,
    scheduler: Scheduler = "",
    ship: Ship = False,
) -> int:
    """Each workbook in its own place, or in another folder with its sub-folders."""
    files = workbooks(path, out)
    paths = [file.path for file in files]
    who = crew(len(paths), workers, scheduler, ship)
    if out:
        api.refuse_clash([file.name for file in files])
        out.mkdir(parents=True, exist_ok=True)
    code = CLEAN
    results = api.recalculate_all(paths, scheme, engine, who)
    for file, result in zip(files, progress(results, worded("cli.recalculating"), len(paths)), strict=True):
        if isinstance(result, tuple):
            tell(result)
            code = FOUND
            continue
        target = out / file.name if out else file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            api.save(target, result)
        except api.SavedBeside as beside:
            say(worded("cli.saved-beside", target=str(target), beside=str(beside.path)))
            code = FOUND
        else:
            print(plain(str(target)))
        tell_void(target, result)
    return code
