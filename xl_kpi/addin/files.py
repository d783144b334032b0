"""What is done with saved files: the same functions behind the panel and the ribbon. Knows neither a window nor Excel.

Each does its work and gives an `Outcome`, a table whose lines may have findings. It tells how far it is, is asked now
and then whether to go on, and never puts a file in the place of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xl_kpi import api
from xl_kpi.api import (
    Column,
    Found,
    Level,
    Listing,
    SavedBeside,
    Unit,
    Value,
    listing,
    read_units,
    refuse_clash,
    refuse_existing,
    save,
    table_file,
    unit_key,
    unwritable,
)
from xl_kpi.findings import Finding, Verdict, XlKpiError, finding
from xl_kpi.outward import plain
from xl_kpi.report.language import spoken, worded
from xl_kpi.report.text import sentence, unusable
from xl_kpi.words import said

Progress = Callable[[int, int], None]  # told which of how many is being worked on
Watch = Callable[[], None]  # called now and then while the work lasts; raises Stopped to end it


class Stopped(Exception):
    """The official wants no more of this."""


def unseen(number: int, count: int) -> None:
    """Progress that nobody watches."""


def unwatched() -> None:
    """Nobody is there to stop the work."""


@dataclass(frozen=True)
class Line:
    """A line of a table: a value for each column; the file it is about; how it turned out; what was found in the file."""

    values: tuple[Value, ...]
    path: Path | None = None
    verdict: Verdict = "accept"
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What an action came to: in a sentence, and as a table; where files were written, the folder."""

    title: str
    said: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    folder: Path | None = None
    alarm: bool = False

    def table(self) -> list[list[str | float]]:
        """The table with its headings, empty cells as empty texts."""
        heads: list[str | float] = [column.title for column in self.columns]
        return [heads, *(["" if v is None else v for v in line.values] for line in self.lines)]


def save_table(outcome: Outcome, path: Path) -> None:
    """Save a table as .xlsx in which nothing is live. Raises OSError; SavedBeside where somebody has the file open."""
    save(path, table_file(outcome.title, outcome.columns, (line.values for line in outcome.lines)))


# what is done


def check(paths: Iterable[Path], at: Progress = unseen, watch: Watch = unwatched) -> Outcome:
    """核对文件, 核对文件夹: a line for each file, with its findings; no file is changed.

    Each file is opened in a process of its own, whatever it does there. Raises XlKpiError where there is no workbook.
    """
    listed = listing(paths)
    found = listed.files
    count = len(found)
    lines: list[Line] = []
    at(1, count)
    with suppress(Stopped):  # what was done before counts
        for file, report in zip(
            found, api.check_all([f.path for f in found], crew=api.Crew(watch=watch)), strict=True
        ):
            lines.append(check_line(report, file))
            at(min(len(lines) + 1, count), count)
    return _checked(lines, count, passed_over(listed))


def check_line(report: api.Report, file: Found) -> Line:
    """What a check came to as a line of the table."""
    problems = [f for f in report.findings if f.severity != "info"]
    first = next((f for f in problems if f.code == report.code), problems[0]) if problems else None
    texts = (plain(file.name), plain(report.unit), worded(f"verdict.{report.verdict}"))
    outcome: tuple[Value, ...] = (None,) * 5
    if a := report.assessment:
        outcome = (a.total, a.rate, a.grade, a.veto_state, f"{a.missing} / {a.invalid}")
    problem = sentence(first) if first else ""
    return Line((*texts, *outcome, problem), file.path, report.verdict, report.findings)


def check_columns() -> tuple[Column, ...]:
    """The columns of a check's table."""
    return (
        Column(worded("addin.file"), 14),
        Column(worded("addin.unit"), 8),
        Column(worded("addin.verdict"), 4),
        Column(worded("addin.total"), 4, "number"),
        Column(worded("addin.rate"), 4, "percent"),
        Column(worded("addin.grade"), 4),
        Column(worded("addin.vetoes"), 5),
        Column(worded("addin.missing-wrong"), 5),
        Column(worded("addin.first-problem"), 26),
    )


def _checked(lines: Sequence[Line], count: int, passed: str = "") -> Outcome:
    verdicts: tuple[Verdict, ...] = ("accept", "flag", "reject")
    counts = {v: sum(line.verdict == v for line in lines) for v in verdicts}
    told = worded("addin.files-checked", lines=len(lines), **counts)
    told += passed
    alarm = any(line.verdict != "accept" for line in lines)
    title = worded("addin.checked")
    return Outcome(title, stopped_at(len(lines), count) + told, check_columns(), tuple(lines), alarm=alarm)


def blanks(
    scheme: str,
    units: Sequence[Unit],
    folder: Path,
    level: Level | None = None,
    year: int | None = None,
    at: Progress = unseen,
    watch: Watch = unwatched,
) -> Outcome:
    """生成空白模板: a blank workbook for each unit, of the unit's level or else the one given.

    Raises XlKpiError where a level is wanting, two units would get one file, or a file is there already (nothing is
    written then); OSError where the folder cannot be written to.
    """
    levels = api.describe(scheme).levels
    without = [unit.name for unit in units if levels and not (unit.level or level)]
    if without:
        choices = "、".join(levels)
        why = said("addin.no-level-write-into", choices=choices)
        raise XlKpiError(*(finding("units", file="", where=f"“{name}”", why=why) for name in without))
    settled = [api.scheme(scheme, unit.level or level, year) for unit in units]
    names = [api.filename(each, unit.name) for each, unit in zip(settled, units, strict=True)]
    refuse_clash(names)
    refuse_existing([folder / name for name in names], folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[Line] = []
    with suppress(Stopped):  # what was done before counts
        for number, (each, unit, name) in enumerate(zip(settled, units, names, strict=True), 1):
            watch()
            at(number, len(units))
            save(folder / name, api.build(each, unit.name, unit.code))
            lines.append(Line((unit.name, unit.code, each.level or "", name), folder / name))
    told = worded("addin.blank-workbooks-made", lines=len(lines), folder=str(folder))
    columns = (
        Column(worded("addin.unit"), 14),
        Column(worded("addin.code"), 6),
        Column(worded("addin.level"), 4),
        Column(worded("addin.file"), 30),
    )
    title = worded("addin.blanks")
    return Outcome(title, stopped_at(len(lines), len(units)) + told, columns, tuple(lines), folder)


def recalculate(paths: Iterable[Path], folder: Path, at: Progress = unseen, watch: Watch = unwatched) -> Outcome:
    """重算: each workbook with its results worked out anew, in another folder, sub-folders kept; no original is changed.

    Raises XlKpiError where a file is there already, or nothing is to be done; OSError where the folder cannot be written to.
    """
    listed = into_folder(paths, folder)
    found, count = listed.files, len(listed.files)
    lines: list[Line] = []
    at(1, count)
    with suppress(Stopped):  # what was done before counts
        results = api.recalculate_all([f.path for f in found], crew=api.Crew(watch=watch))
        for file, result in zip(found, results, strict=True):
            lines.append(_recalculated(file, result, folder / file.name))
            at(min(len(lines) + 1, count), count)
    done = sum(line.verdict == "accept" for line in lines)
    left = len(lines) - done
    told = worded("addin.workbooks-recalculated", done=done, folder=str(folder))
    if left:
        told += worded("addin.not-recalculated", left=left)
    columns = (
        Column(worded("addin.file"), 18),
        Column(worded("addin.outcome"), 6),
        Column(worded("addin.saved-or-why-not-recalculated"), 40),
    )
    told += passed_over(listed)
    title = worded("addin.title-recalculated")
    return Outcome(title, stopped_at(len(lines), count) + told, columns, tuple(lines), folder, bool(left))


def _recalculated(file: Found, result: bytes | tuple[Finding, ...], target: Path) -> Line:
    name = plain(file.name)
    if isinstance(result, tuple):
        why = plain(spoken(result[0]))
        return Line((name, worded("addin.not-done"), why), file.path, "reject", result)
    target = saved(target, result)
    return Line((name, worded("addin.done"), plain(str(target))), target)


def into_folder(paths: Iterable[Path], folder: Path) -> Listing:
    """The workbooks that are to get a new one each in a folder, which is made; none of them is there yet."""
    listed = listing(paths, outside=folder)
    names = [file.name for file in listed.files]
    refuse_clash(names)
    refuse_existing([folder / name for name in names], folder)
    folder.mkdir(parents=True, exist_ok=True)
    return listed


def saved(target: Path, content: bytes) -> Path:
    """Where a result is, sub-folders made: beside its place where somebody has that file open."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        save(target, content)
    except SavedBeside as beside:
        return beside.path
    return target


def passed_over(listed: Listing) -> str:
    """What of a folder was not looked at, to be said last; nothing where that is nothing."""
    passed = listed.told()
    return worded("addin.passed-over", passed=passed) if passed else ""


def stopped_at(done: int, count: int) -> str:
    """What to say first of work that was stopped; nothing of work that was done."""
    if done == count:
        return ""
    return worded("addin.stopped-not-done", count=count, count_2=count - done)


def explained(error: XlKpiError | OSError) -> str:
    """What went wrong, and what to do about it, a line for each finding."""
    if isinstance(error, XlKpiError):
        return "\n".join(spoken(each) for each in error.findings)
    return spoken(unusable(error))


def units_of(answer: Path | str, tell: Callable[[Finding], None] = lambda _: None) -> list[Unit]:
    """Units from a list (`tell` is told what was passed over in it), or typed one a line.

    Raises XlKpiError with what is wrong in it.
    """
    if isinstance(answer, Path):
        return read_units(answer, tell)
    names = [name for line in answer.splitlines() if (name := " ".join(line.split()))]
    seen: dict[str, str] = {}
    problems = []
    for name in names:
        other = seen.setdefault(unit_key(name), name)
        if other is not name:
            why = said("addin.stands-twice", name=name)
            problems.append(finding("units", file="", where="", why=why))
        elif unwritable(name):
            why = said("addin.unwritable")
            problems.append(finding("units", file="", where=f"“{plain(name)}”", why=why))
    if not names:
        problems.append(finding("units", file="", where="", why=said("addin.no-unit-named")))
    if problems:
        raise XlKpiError(*problems)
    return [Unit(name) for name in names]
