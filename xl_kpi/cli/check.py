"""`xl-kpi check`: the verdict, outcome and findings of every workbook."""

from __future__ import annotations

import io
import json as texts
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

from xl_kpi import api
from xl_kpi.cli.options import Help, Paths, Scheduler, SchemeFile, Ship, Workers
from xl_kpi.cli.screen import CLEAN, FOUND, marked, print_json, progress, say, tell_one
from xl_kpi.cli.work import crew, workbooks
from xl_kpi.outward import plain
from xl_kpi.report import csv as csv_file
from xl_kpi.report import junit as junit_file
from xl_kpi.report.language import language, worded
from xl_kpi.report.text import outcome
from xl_kpi.words import Fact, said


def run(
    path: Paths,
    *,
    json: Annotated[bool, Help("help.check.json")] = False,
    junit: Annotated[Path | None, Help("help.check.junit", metavar="FILE")] = None,
    csv: Annotated[Path | None, Help("help.check.csv", metavar="FILE")] = None,
    units: Annotated[Path | None, Help("help.check.units")] = None,
    year: Annotated[int | None, Help("help.check.year")] = None,
    level: Annotated[api.Level | None, Help("help.check.level")] = None,
    resume: Annotated[Path | None, Help("help.check.resume", metavar="FILE")] = None,
    scheme: SchemeFile = "",
    engine: Annotated[str, Help("help.check.engine", choices=api.ENGINES)] = api.NATIVE,
    workers: Workers = None,
    scheduler: Scheduler = "",
    ship: Ship = False,
) -> int:
    """Each file's report as it becomes available; clean only where every file is accepted."""
    paths = [file.path for file in workbooks(path)]
    expected = tuple(unit.name for unit in api.read_units(units, tell_one)) if units else ()
    asked = api.Asked(year, level or "", expected)
    who = crew(len(paths), workers, scheduler, ship)
    reports: Iterator[api.Report] = iter(api.check_all(paths, scheme, asked, engine, who, resume))
    with ExitStack() as files:
        for target, write in ((junit, junit_file.write), (csv, csv_file.write)):
            if target is not None:
                reports = _recorded(reports, files.enter_context(_kept(target, write)))
        counts: Counter[str] = Counter()
        for report in progress(reports, worded("cli.checking"), len(paths)):
            counts[report.verdict if report.file else "missing"] += 1
            if json:
                print_json([report.as_json(language())])
            else:
                _print(report)
    if len(paths) > 1 and not json:
        missing = said("cli.and-missing", count=counts["missing"]) if counts["missing"] else ""
        say(worded("cli.files-checked", count=len(paths), missing=missing, **{v: counts[v] for v in api.VERDICTS}))
    return FOUND if counts.total() > counts["accept"] else CLEAN


@contextmanager
def _kept(path: Path, write: Callable[[Iterable[Mapping[str, Any]], IO[bytes]], None]) -> Iterator[IO[str]]:
    """A place to put reports as they come; at the end they are written to a file, whole or not at all."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        yield waiting
        waiting.seek(0)
        written = io.BytesIO()
        write((texts.loads(line) for line in waiting), written)
        api.save(path, written.getvalue())


def _recorded(reports: Iterator[api.Report], waiting: IO[str]) -> Iterator[api.Report]:
    for report in reports:
        waiting.write(texts.dumps(report.as_json(language())) + "\n")
        yield report


def _print(report: api.Report) -> None:
    name = report.file or report.unit
    print(plain(worded("cli.verdict-of", name=name, verdict=outcome(report.file, report.verdict))))
    if a := report.assessment:
        state = "cli.complete" if a.complete else "cli.unfinished"
        open_ = said(state, missing=a.missing, invalid=a.invalid)
        print("  " + plain(worded("cli.unit-and-year", unit=report.unit, year=report.year, state=open_)))
        scored: dict[str, Fact] = {
            "total": a.total,
            "max": a.max,
            "rate": a.rate,
            "grade": a.grade,
            "vetoes": a.veto_state,
        }
        print("  " + worded("cli.outcome", **scored))
    for found in report.findings:
        print(f"  {marked(found)}")
