"""What the ribbon does, as functions over an open workbook. They return what is to be told; only entry.py talks.

The open workbook is checked by the same code as a file: Excel writes a copy of it as it stands, typed values, shown
values and settings alike, and the copy is read. So the findings are those of `xl-kpi check`, and the number of calls to
Excel does not grow with the rows. The findings go to the unlocked block of 核对, and with them the rows of 数据填报 that show a mark.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xl_kpi import api
from xl_kpi.addin import findings_list, settings
from xl_kpi.addin.files import Progress, unseen
from xl_kpi.api import listed
from xl_kpi.findings import Finding, XlKpiError, finding
from xl_kpi.report.language import spoken, worded
from xl_kpi.words import said

if TYPE_CHECKING:
    from xl_kpi.addin.excel import xw  # handed in: the panel shows findings on machines where it is of no use

_SHOWN = -1  # xlSheetVisible
_MANUAL = -4135  # xlCalculationManual
_SHOWN_EVERY = 0.5  # seconds; every change of the status bar is a call to Excel


@dataclass(frozen=True)
class Told:
    """What a command has to say: a sentence, whether it calls for attention; of a check the report, of going the place."""

    text: str
    alarm: bool = False
    report: api.Report | None = None
    place: tuple[str, str] | None = None  # sheet and cell


@dataclass(frozen=True)
class Exported:
    """The copy that was written, or why it was not: what is missing, for the official to confirm."""

    path: Path | None
    missing: tuple[str, ...] = ()


def copy_of(book: xw.Book) -> tuple[str, bytes]:
    """The open workbook's name and bytes as it stands, saved or not. Raises XlKpiError where there is no copy to read."""
    name: str = book.name
    # Under manual calculation a save would calculate first, and hide the stale values that the official sees.
    app = book.app
    as_shown = {"CalculateBeforeSave": False} if app.api.Calculation == _MANUAL else {}
    with tempfile.TemporaryDirectory(prefix="xl-kpi-") as folder, settings.changed(app, **as_shown):
        path = Path(folder) / "copy.xlsx"  # the name may hold what no path may
        book.api.SaveCopyAs(str(path))
        try:
            content = path.read_bytes()
        except OSError:
            why = said("addin.excel-wrote-no-copy")
            raise XlKpiError(finding("executor", where=name, why=why)) from None
    if _locked_away(book, content):
        why = said("addin.copy-encrypted")
        raise XlKpiError(finding("executor", where=name, why=why))
    return (name if name.lower().endswith(".xlsx") else f"{name}.xlsx"), content


def _locked_away(book: xw.Book, content: bytes) -> bool:
    """Whether Excel holds an .xlsx or .xlsm without a password, and yet what it wrote is none."""
    if content.startswith(b"PK"):
        return False
    return book.api.FileFormat in (51, 52) and not book.api.HasPassword


def recalculate(book: xw.Book) -> Told:
    """重新计算: every formula, whatever Excel thinks is up to date."""
    with settings.changed(book.app, StatusBar=worded("addin.recalculating")):
        book.app.api.CalculateFull()
    return Told(worded("addin.recalculated"))


def check(book: xw.Book) -> tuple[api.Report, Told]:
    """核对总分与否决: the report, the findings written into 核对 and marked, and a summary."""
    with settings.changed(book.app, StatusBar=worded("addin.checking")):
        report = api.check(copy_of(book))
        block = findings_list.find(book)
        if block is not None:
            findings_list.write(book.app, block, report.findings)
    return report, Told(summary(report, block is not None), report.verdict != "accept", report)


def headline(report: api.Report) -> str:
    """The total, the grade and the vetoes; of a workbook that was not scored why not."""
    outcome = report.assessment
    if outcome is None:
        problems = [f for f in report.findings if f.severity != "info"]
        return "\n".join(_placed(f) for f in (problems or report.findings)[:3])
    return worded(
        "addin.total-grade-vetoes",
        total=outcome.total,
        max=outcome.max,
        grade=outcome.grade,
        veto_state=outcome.veto_state,
    )


def _placed(found: Finding) -> str:
    return f"{found.sheet}!{found.cell}　{spoken(found)}" if found.cell else spoken(found)


def summary(report: api.Report, shown: bool) -> str:
    """A report in two or three lines; whether its findings are listed on 核对."""
    head = headline(report)
    if report.assessment is None:
        return head
    problems = [f for f in report.findings if f.severity != "info"]
    if not problems:
        return head + worded("addin.no-problems-found")
    where = said("addin.listed", sheet=listed.SHEET)
    if not shown:
        where = said("addin.place-locked", sheet=listed.SHEET)
    told = worded("addin.problems-first", problems=len(problems), where=where)
    return f"{head}\n{told}\n{spoken(problems[0])}"


def go(book: xw.Book, step: int) -> Told:
    """下一处问题 (step 1), 上一处问题 (-1): from the active cell, in the order of the list, round and round."""
    stops: dict[tuple[str, str], str] = {}  # a cell with several findings is one stop, or the round would end there
    for place, message in findings_list.entries(book):
        stops[place] = f"{stops[place]}　{message}" if place in stops else message
    if not stops:
        return Told(worded("addin.nothing-listed-check-first"), True)
    here = (book.app.api.ActiveSheet.Name, book.app.api.ActiveCell.GetAddress(False, False))
    places = list(stops)
    at = (places.index(here) + step) % len(places) if here in places else (0 if step > 0 else -1)
    return go_to(book, *places[at], stops[places[at]])


def go_to(book: xw.Book, sheet: str, cell: str, message: str) -> Told:
    """Select a cell and say in the status bar what is wrong there. Raises XlKpiError for a sheet that does not show."""
    target = book.api.Worksheets(sheet)
    if target.Visible != _SHOWN:
        why = said("addin.sheet-hidden-unhide-first")
        raise XlKpiError(finding("executor", where=f"{sheet}!{cell}", why=why))
    book.app.api.Goto(target.Range(cell))
    book.app.api.StatusBar = message
    return Told(message, place=(sheet, cell))


def clear(book: xw.Book) -> Told:
    """清除标记: the findings and marks go, everything else stays."""
    with settings.changed(book.app, StatusBar=worded("addin.clearing")):
        findings_list.write(book.app, findings_list.own(book), ())
    return Told(worded("addin.marks-gone"))


def export(book: xw.Book, folder: Path, confirmed: bool = False) -> Exported:
    """导出上报副本: checked, without findings and marks, under the official name; the open workbook stays as it is.

    An incomplete or wrong workbook is not written unless confirmed: `missing` says what for. Raises XlKpiError for a
    workbook that is rejected, OSError where the folder cannot be written to.
    """
    with settings.changed(book.app, StatusBar=worded("addin.checking")):
        source = copy_of(book)
        report = api.check(source)
    if report.verdict == "reject":
        raise XlKpiError(*report.findings)
    missing = tuple(spoken(f) for f in report.findings if f.severity != "info")
    if missing and not confirmed:
        return Exported(None, missing)
    path = folder / api.filename(api.scheme_of(source), report.unit)
    api.save(path, listed.without(source))
    return Exported(path, missing)


def rule_of(book: xw.Book) -> Told:
    """打开评分规则: the line of 评分规则 for the task of the active cell."""
    source = copy_of(book)
    at = book.app.api.ActiveSheet.Name, int(book.app.api.ActiveCell.Row)
    sheet, cell, known = listed.rule_of(source, *at)
    book.app.api.Goto(book.api.Worksheets(sheet).Range(cell), True)
    return Told("" if known else worded("addin.no-task-here"))


def show_table(app: xw.App, table: Sequence[Sequence[str | float]]) -> None:
    """A table in a new workbook; no text of it is live."""
    sheet = app.books.add().sheets[0]
    sheet.range(f"A1:{api.a1(len(table), len(table[0]))}").raw_value = [
        [findings_list.dead(value) for value in row] for row in table
    ]


@contextmanager
def progress(app: xw.App | None, what: str) -> Iterator[Progress]:
    """Something that says in Excel's status bar, if there is one, how far a long work is; at most twice a second."""
    if app is None:
        yield unseen
        return
    excel, shown = app.api, time.monotonic()

    def at(number: int, count: int) -> None:
        nonlocal shown
        if number <= 1 or time.monotonic() - shown >= _SHOWN_EVERY:
            shown = time.monotonic()
            excel.StatusBar = f"{what} {number}/{count}…"

    with settings.changed(app, StatusBar=f"{what}…"):
        yield at
