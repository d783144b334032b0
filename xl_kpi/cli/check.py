"""`xl-kpi check`: the verdict, outcome and findings of every workbook."""

from __future__ import annotations

import io
import json as texts
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

from xl_kpi import api, outward
from xl_kpi.cli.options import Paths, Said, Scheduler, SchemeFile, Ship, Workers
from xl_kpi.cli.screen import CLEAN, FOUND, marked, print_json, progress, tell_one
from xl_kpi.cli.work import crew, workbooks
from xl_kpi.findings import verdict_word
from xl_kpi.report import csv as csv_file
from xl_kpi.report import junit as junit_file
from xl_kpi.report.text import outcome


def run(
    path: Paths,
    *,
    json: Annotated[bool, Said("每个文件一行 JSON")] = False,
    junit: Annotated[Path | None, Said("另存 JUnit XML，供持续集成读取", metavar="FILE")] = None,
    csv: Annotated[Path | None, Said("另存结果表，每个文件一行，可用 Excel 打开", metavar="FILE")] = None,
    units: Annotated[Path | None, Said("应交的单位名单：不在名单中的退回，没有交的列出")] = None,
    year: Annotated[int | None, Said("应交的年度：其他年度的退回")] = None,
    level: Annotated[api.Level | None, Said("应交的层级：其他层级的退回")] = None,
    resume: Annotated[Path | None, Said("进度文件：中断后再运行，已核对的文件不重做", metavar="FILE")] = None,
    scheme: SchemeFile = "",
    engine: Annotated[str, Said("另用一种引擎照文件原样重算，与本系统的结果对照", choices=api.ENGINES)] = api.NATIVE,
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
        for report in progress(reports, "核对", len(paths)):
            counts[report.verdict if report.file else "missing"] += 1
            if json:
                print_json([report.as_json()])
            else:
                _print(report)
    if len(paths) > 1 and not json:
        said = "，".join(f"{verdict_word(verdict)} {counts[verdict]}" for verdict in api.VERDICTS)
        missing = f"；另有 {counts['missing']} 个单位未交" if counts["missing"] else ""
        print(f"{len(paths)} 个文件：{said}{missing}", file=sys.stderr)
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
        waiting.write(texts.dumps(report.as_json()) + "\n")
        yield report


def _print(report: api.Report) -> None:
    print(f"{outward.plain(report.file or report.unit)}：{outcome(report.file, report.verdict)}")
    if a := report.assessment:
        state = "已完成" if a.complete else f"未完成（未填 {a.missing} 项，有误 {a.invalid} 项）"
        print(f"  {outward.plain(report.unit)}　{report.year}年　{state}")
        print(f"  总分 {a.total:g} / {a.max:g}（{a.rate:.2%}）　等次 {a.grade}　否决 {a.veto_state}")
    for found in report.findings:
        print(f"  {marked(found)}")
