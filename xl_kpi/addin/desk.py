"""Who asks and tells the official: Excel's own dialogs, or others that can do the same."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from xl_kpi.addin import TITLE
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.words import said

if TYPE_CHECKING:
    from xl_kpi.addin.excel import xw

Answer = TypeVar("Answer")


class Desk(Protocol):
    """What asks and tells the official."""

    def tell(self, text: str, alarm: bool) -> None:
        """Show a message."""

    def confirm(self, text: str) -> bool:
        """Ask yes or no."""

    def file(self, title: str, kinds: str) -> Path | None:
        """Ask for a file; None if the official gives up."""

    def folder(self, title: str) -> Path | None:
        """Ask for a folder; None if the official gives up."""

    def text(self, title: str, preset: str) -> str | None:
        """Ask for a line of text; None if the official gives up."""


class ExcelDesk:
    """Excel's own dialogs. Messages and questions are Windows' message boxes above it: they come while it is busy too."""

    def __init__(self, app: xw.App) -> None:
        self._app = app

    def tell(self, text: str, alarm: bool) -> None:
        """Show a message."""
        self._app.alert(text, TITLE, mode=_mode(alarm))

    def confirm(self, text: str) -> bool:
        """Ask yes or no."""
        answer: str | None = self._app.alert(text, TITLE, buttons="yes_no", mode=_mode(True))
        return answer == "yes"

    def file(self, title: str, kinds: str) -> Path | None:
        """Ask for a file; None if the official gives up."""
        chosen = self._app.api.GetOpenFilename(kinds, 1, title)
        return Path(chosen) if isinstance(chosen, str) else None

    def folder(self, title: str) -> Path | None:
        """Ask for a folder; None if the official gives up."""
        dialog = self._app.api.FileDialog(4)  # msoFileDialogFolderPicker
        dialog.Title = title
        return Path(dialog.SelectedItems(1)) if dialog.Show() == -1 else None

    def text(self, title: str, preset: str) -> str | None:
        """Ask for a line of text; None if the official gives up."""
        answer = self._app.api.InputBox(title, TITLE, preset)
        return answer.strip() if isinstance(answer, str) else None


class BareDesk(ExcelDesk):
    """For an Excel without a workbook, which takes no calls: message boxes above it, and for the rest windows of our own."""

    def file(self, title: str, kinds: str) -> Path | None:
        """Ask for a file; None if the official gives up."""
        return _in_own_window(lambda desk: desk.file(title, kinds))

    def folder(self, title: str) -> Path | None:
        """Ask for a folder; None if the official gives up."""
        return _in_own_window(lambda desk: desk.folder(title))

    def text(self, title: str, preset: str) -> str | None:
        """Ask for a line of text; None if the official gives up."""
        return _in_own_window(lambda desk: desk.text(title, preset))


def _in_own_window(ask: Callable[[Desk], Answer]) -> Answer:
    """What is answered in a window of our own, of which nothing is left then: Tcl ends the program where another thread
    clears an interpreter away. Raises XlKpiError, as `_own_window`."""
    try:
        return _asked(ask)
    finally:
        gc.collect()


def _asked(ask: Callable[[Desk], Answer]) -> Answer:
    with _own_window() as desk:
        return ask(desk)


@contextmanager
def _own_window() -> Iterator[Desk]:
    """The panel's dialogs, above everything. Raises XlKpiError where there is no tkinter, or no screen."""
    try:
        import tkinter as tk

        from xl_kpi.addin.dialogs import WindowDesk

        root = tk.Tk()
    except Exception:  # of tkinter's own kind, which is not known without it
        where = said("addin.no-workbook-open")
        why = said("addin.open-any-workbook-then")
        raise XlKpiError(finding("executor", where=where, why=why)) from None
    try:
        root.withdraw()
        root.attributes("-topmost", True)
        yield WindowDesk(root)
    finally:
        root.destroy()


def _mode(alarm: bool) -> str:
    """xlwings has two: the icon of "critical" is the exclamation mark."""
    return "critical" if alarm else "info"
