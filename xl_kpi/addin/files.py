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
from xl_kpi.findings import Finding, Verdict, XlKpiError, either, finding, verdict_word
from xl_kpi.outward import plain
from xl_kpi.report.language import words
from xl_kpi.report.text import sentence

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
    texts = (plain(file.name), plain(report.unit), verdict_word(report.verdict))
    outcome: tuple[Value, ...] = (None,) * 5
    if a := report.assessment:
        outcome = (a.total, a.rate, a.grade, a.veto_state, f"{a.missing} / {a.invalid}")
    said = sentence(first) if first else ""
    return Line((*texts, *outcome, said), file.path, report.verdict, report.findings)


def check_columns() -> tuple[Column, ...]:
    """The columns of a check's table."""
    return (
        Column(either("文件", "file"), 14),
        Column(either("单位", "unit"), 8),
        Column(either("结论", "verdict"), 4),
        Column(either("总分", "total"), 4, "number"),
        Column(either("得分率", "rate"), 4, "percent"),
        Column(either("等次", "grade"), 4),
        Column(either("否决", "vetoes"), 5),
        Column(either("未填/有误", "missing/wrong"), 5),
        Column(either("第一个问题", "first problem"), 26),
    )


def _checked(lines: Sequence[Line], count: int, passed: str = "") -> Outcome:
    verdicts: tuple[Verdict, ...] = ("accept", "flag", "reject")
    counts = "，".join(f"{verdict_word(v)} {sum(line.verdict == v for line in lines)}" for v in verdicts)
    said = either(f"核对了 {len(lines)} 个文件：{counts}。", f"{len(lines)} files checked: {counts}")
    said += passed
    alarm = any(line.verdict != "accept" for line in lines)
    title = either("核对结果", "checked")
    return Outcome(title, stopped_at(len(lines), count) + said, check_columns(), tuple(lines), alarm=alarm)


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
        why = either(
            f"没有写层级。请在名单的“层级”一列填写（{choices}），或在这里选择层级",
            f"no level; write it into the list ({choices}), or choose one here",
        )
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
    said = either(
        f"已生成 {len(lines)} 份空白工作簿，在 {folder}。", f"{len(lines)} blank workbooks made, in {folder}."
    )
    columns = (
        Column(either("单位", "unit"), 14),
        Column(either("单位代码", "code"), 6),
        Column(either("层级", "level"), 4),
        Column(either("文件", "file"), 30),
    )
    title = either("空白工作簿", "blanks")
    return Outcome(title, stopped_at(len(lines), len(units)) + said, columns, tuple(lines), folder)


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
    said = either(f"重算了 {done} 份工作簿，在 {folder}。", f"{done} workbooks recalculated, in {folder}.")
    if left:
        said += either(f"{left} 份没有重算，原因见表。", f"{left} were not, see the table.")
    columns = (
        Column(either("文件", "file"), 18),
        Column(either("结果", "outcome"), 6),
        Column(either("存为，或没有重算的原因", "saved as, or why not"), 40),
    )
    said += passed_over(listed)
    title = either("重算结果", "recalculated")
    return Outcome(title, stopped_at(len(lines), count) + said, columns, tuple(lines), folder, bool(left))


def _recalculated(file: Found, result: bytes | tuple[Finding, ...], target: Path) -> Line:
    name = plain(file.name)
    if isinstance(result, tuple):
        why = plain(result[0].message)
        return Line((name, either("没有重算", "not done"), why), file.path, "reject", result)
    target = saved(target, result)
    return Line((name, either("已重算", "done"), plain(str(target))), target)


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
    passed = (told := listed.told()) and words(told)
    return either(f"{passed}。", f"; {passed}") if passed else ""


def stopped_at(done: int, count: int) -> str:
    """What to say first of work that was stopped; nothing of work that was done."""
    if done == count:
        return ""
    return either(
        f"已取消，{count} 份中的后 {count - done} 份没有处理。", f"stopped: {count - done} of {count} not done. "
    )


def explained(error: XlKpiError | OSError) -> str:
    """What went wrong, and what to do about it, a line for each finding."""
    if isinstance(error, XlKpiError):
        return "\n".join(each.message for each in error.findings)
    return either(
        f"无法读写 {error.filename or ''}：{error.strerror}。请检查路径、权限，或关闭正在打开它的程序",
        f"{error.filename or ''} cannot be read or written: {error.strerror}",
    )


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
            why = either(f"单位“{name}”写了两次", f"{name!r} stands twice")
            problems.append(finding("units", file="", where="", why=why))
        elif unwritable(name):
            why = either("单位名称含有不可见的控制字符", "a name holds control characters")
            problems.append(finding("units", file="", where=f"“{plain(name)}”", why=why))
    if not names:
        problems.append(finding("units", file="", where="", why=either("没有写单位名称", "no unit is named")))
    if problems:
        raise XlKpiError(*problems)
    return [Unit(name) for name in names]
