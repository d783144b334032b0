"""What the panel knows of Excel: whether one is there, and the ribbon's actions on the workbook in front.

Each time something is asked it attaches to the Excel in front, through xlwings, and keeps none of its objects: Excel and
workbooks may come and go, and a closed Excel is not held back. All calls to Excel are made in Tk's own thread, to which
COM ties its objects. xlwings is loaded only where there may be an Excel, since on other machines it is of no use.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xl_kpi.addin import actions, commands, files
from xl_kpi.addin.build import MACROS
from xl_kpi.addin.files import Outcome
from xl_kpi.api import Found, parse_xml
from xl_kpi.findings import Finding, XlKpiError, finding
from xl_kpi.report.language import spoken, worded
from xl_kpi.words import said

if TYPE_CHECKING:
    from xl_kpi.addin.desk import Desk
    from xl_kpi.addin.excel import xw

WITHOUT_EXCEL = frozenset({"doctor"})


@dataclass(frozen=True)
class Button:
    """A button of the ribbon: its action, its words, and whether it is one of the large ones."""

    action: str
    label: str
    tip: str
    large: bool


def ribbon() -> dict[str, list[Button]]:
    """The ribbon's buttons by the name of their group."""
    groups = parse_xml((MACROS / "customUI14.xml").read_bytes()).iterfind(".//{*}group")
    return {group.attrib["label"]: [_button(dict(each.attrib)) for each in group] for group in groups}


def _button(attributes: dict[str, str]) -> Button:
    action = attributes["id"].removeprefix("xlKpi").lower()
    tip = f"{attributes['screentip']}\n{attributes['supertip']}"
    return Button(action, attributes["label"], tip, attributes.get("size") == "large")


def on_a_workbook() -> list[Button]:
    """The ribbon's actions that the panel has for an open workbook; those on files it does without Excel."""
    without = {action.name for action in actions.ACTIONS}
    return [button for group in ribbon().values() for button in group if button.action not in without]


@dataclass(frozen=True)
class Front:
    """The workbook in front, by its name; or, where there is none to work on, why not."""

    there: bool
    says: str


def front() -> Front:
    """What is in front now. Never raises: what keeps it from knowing is said."""
    if not _may_run():
        return Front(False, _no_excel())
    try:
        from xl_kpi.addin import entry

        return Front(True, str(entry.active_book(entry.active_excel()).name))
    except XlKpiError as error:
        return Front(False, files.explained(error))
    except ImportError:  # xlwings without what it needs to reach Excel
        return Front(False, _no_excel())
    except Exception:  # busy, or on its way out; the next action will tell
        return Front(True, worded("addin.cannot-read-now-excel"))


def _may_run() -> bool:
    """Whether there may be an Excel, found out without loading xlwings."""
    loaded: Any = sys.modules.get("xlwings")
    if loaded is not None:
        return loaded.engines.active is not None
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.user32.FindWindowW("XLMAIN", None))  # WPS has such windows too: entry tells which
    return sys.platform == "darwin"


def _no_excel() -> str:
    if sys.platform in ("win32", "darwin"):
        return worded("addin.no-excel-running-open")
    return worded("addin.no-excel-attach-here")


@dataclass(frozen=True)
class Done:
    """What an action on the workbook in front came to, and which workbook that was: name, and full name."""

    told: commands.Told
    book: tuple[str, str] = ("", "")


def do(action: str, desk: Desk) -> Done:
    """Do one of the ribbon's actions. Raises what nobody foresaw; all else is in what is told."""
    from xl_kpi.addin import entry

    here = ("", "")

    def work() -> commands.Told:
        nonlocal here
        app = None if action in WITHOUT_EXCEL and not _may_run() else entry.active_excel()
        told = entry.ACTIONS[action](app, desk)
        if told.report or told.place or action == "clear":
            here = _names(entry.active_book(app))
        return told

    return Done(entry.outcome(work), here)


def outcome_of(done: Done) -> Outcome:
    """A check of the workbook in front, as the table shows it."""
    report = done.told.report
    assert report is not None, "a check has a report"
    name, full = done.book
    line = files.check_line(report, Found(Path(full), name))
    said = f"{name}　{commands.headline(report)}"
    return Outcome(worded("addin.checked"), said, files.check_columns(), (line,), alarm=report.verdict != "accept")


def go(full_name: str, found: Finding) -> commands.Told | None:
    """Select a finding's cell in the workbook of this full name; None where it is not open in any Excel."""
    from xl_kpi.addin import entry

    if not _may_run():
        return None

    def work() -> commands.Told:
        book = next((book for book in _books() if _same(_names(book)[1], full_name)), None)
        if book is None:
            return commands.Told("")
        commands.go_to(book, found.sheet, found.cell, spoken(found))
        book.app.activate(steal_focus=True)  # so that the official can type at once
        return commands.Told(worded("addin.selected", sheet=found.sheet, cell=found.cell))

    told = entry.outcome(work)
    return told if told.text else None


def closed(name: str) -> XlKpiError:
    """What to say of a workbook that was checked in Excel and is not open there any more."""
    why = said("addin.not-open-any-more")
    return XlKpiError(finding("executor", where=name, why=why))


def _books() -> Iterator[xw.Book]:
    from xl_kpi.addin import attach

    for app in attach.excels():
        yield from app.books


def _names(book: xw.Book) -> tuple[str, str]:
    """The workbook's name, and the one with its folder: Excel's word for both, which xlwings does not trust on OneDrive."""
    return book.name, book.api.FullName


def _same(one: str, other: str) -> bool:
    return os.path.normcase(one) == os.path.normcase(other)
