"""The window and what it does: actions on saved files in the background, the ribbon's on the workbook open in Excel."""

from __future__ import annotations

import datetime
import subprocess
import tkinter as tk
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from xl_kpi.addin import actions, commands, dialogs, files, opening
from xl_kpi.addin.actions import Action
from xl_kpi.addin.files import Line, Outcome, Progress, Watch
from xl_kpi.addin.panel import excel
from xl_kpi.addin.panel.chooser import Chooser
from xl_kpi.addin.panel.face import Face
from xl_kpi.addin.panel.form import Form
from xl_kpi.addin.panel.jobs import Job
from xl_kpi.addin.panel.results import place
from xl_kpi.api import SavedBeside
from xl_kpi.findings import Finding, XlKpiError
from xl_kpi.report.language import worded

if TYPE_CHECKING:
    from xl_kpi.addin.desk import Desk

_LOOK = 100  # milliseconds between looks at the work
_CHECKS = ("folder", "files")
_FILES = frozenset(action.name for action in actions.ACTIONS)


class Panel:
    """What the window shows and does."""

    def __init__(self, root: tk.Tk, desk: Desk | None = None) -> None:
        self.root = root
        self.desk: Desk = desk or dialogs.WindowDesk(root)
        self.chooser = Chooser(root)
        self.form: Form | None = None
        self.job: Job[Any] | None = None
        self._front = excel.Front(False, "")
        self._book = ("", "")  # name and full name of the workbook in Excel whose check is shown; empty for files
        self._answers: dict[str, dict[str, Any]] = {}  # what was answered last, by action
        self._again: tuple[Action, dict[str, Any]] | None = None  # what F5 does once more
        self._busy = self._closing = False
        self.face = Face(root, self)
        self.buttons, self.results = self.face.buttons, self.face.results
        self.workbook, self.status = self.face.workbook, self.face.status
        root.title(worded("addin.xl-kpi-panel"))
        root.report_callback_exception = self._unforeseen
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.bind("<FocusIn>", lambda event: self.refresh() if event.widget is root else None)
        self.status.set(worded("addin.choose-what-do"))
        self.refresh()

    # what can be asked for

    def close(self) -> None:
        """Close the window; work that goes on is ended first, and its processes with it."""
        if self.job is not None:
            self._closing = True
            self.cancel()
        elif not self._busy:
            self.root.destroy()

    def stop(self) -> None:
        """End the work that goes on, for a window that is gone."""
        if self.job is not None:
            self.job.stop()

    def cancel(self) -> None:
        """End the work that goes on."""
        if self.job is not None:
            self.job.stop()
            self.face.stopper.state(["disabled"])
            self.status.set(worded("addin.stopping"))

    def start(self, action: Action) -> None:
        """Ask what an action on files has to know, and do it."""
        if self._busy:
            return
        (first, *more) = action.asks()
        if more or first.kind not in ("files", "folder"):
            self._ask(action, self._answers.get(action.name, {}))
            return
        chosen = self.chooser.files(first.label) if first.kind == "files" else self.chooser.folder(first.label)
        if chosen:
            self.run(action, {first.key: chosen})

    def run(self, action: Action, answers: dict[str, Any]) -> None:
        """Do an action on files with these answers, in the background."""
        self._answers[action.name] = answers

        def done(outcome: Outcome) -> None:
            self._again = (action, answers) if action.name in _CHECKS else self._again
            self._book = ("", "")
            self.show(outcome)

        def failed(error: XlKpiError | OSError) -> None:
            if len(action.asks()) > 1:
                self._ask(action, answers, files.explained(error))
            else:
                self.desk.tell(files.explained(error), True)

        self._work(action.label, partial(action.run, answers), done, failed)

    def again(self) -> None:
        """F5: check once more what was checked last; at first what is open in Excel, or else a folder to be chosen."""
        if self._busy:
            return
        self.refresh()
        if self._again is not None:
            self.run(*self._again)
        elif self._front.there:
            self.do("check")
        else:
            self.start(actions.ACTIONS[0])

    def save(self) -> None:
        """Save the table that is shown, and open it."""
        outcome = self.results.outcome
        if outcome is None or self._busy:
            return
        path = self.chooser.target(
            worded("addin.save-table"), f"{outcome.title}_{datetime.date.today():%Y-%m-%d}.xlsx"
        )
        if path is None:
            return

        def work(at: Progress, watch: Watch) -> Path:
            try:
                files.save_table(outcome, path)
            except SavedBeside as beside:
                return beside.path
            return path

        def done(saved: Path) -> None:
            told = worded("addin.saved", saved=str(saved))
            if saved != path:
                told = worded("addin.open-saved", name=path.name, saved=str(saved))
            self._open(saved, told)

        self._work(worded("addin.saving"), work, done)

    def do(self, action: str) -> None:
        """Do one of the ribbon's actions on the workbook in front in Excel."""
        if action not in excel.WITHOUT_EXCEL:
            self.refresh()
            if not self._front.there:
                return
        done = self._in_excel(self.buttons[action].cget("text"), lambda: excel.do(action, self.desk))
        if done is None:
            return
        if done.told.report is not None:
            self._book, self._again = done.book, None
            self.show(excel.outcome_of(done))
            return
        if done.book == self._book and done.told.place is not None:
            self.results.select_place(*done.told.place)
        elif done.book == self._book and action == "clear":
            self._guide()
        self._tell(done.told)

    def go_to(self, line: Line, found: Finding) -> None:
        """Go to a finding's cell in Excel, where the workbook is open there; else open the file."""
        where = self._book[1] or (str(line.path.absolute()) if line.path else "")
        if found.cell:
            told = self._in_excel(worded("panel.go-to", found=place(found)), lambda: excel.go(where, found))
            if told is not None:
                self._tell(told)
                return
        if self._book[1]:
            if found.cell:
                self.desk.tell(files.explained(excel.closed(self._book[0])), True)
            else:
                self.status.set(worded("addin.this-concerns-no-cell"))
        elif line.path is not None:
            look = worded("addin.opened-look", found=place(found))
            self._open(line.path, look if found.sheet else worded("panel.opened"))

    def open_line(self, line: Line) -> None:
        """Open the file of a line."""
        if line.path is not None and not self._book[1]:
            self._open(line.path, worded("addin.opened", name=line.path.name))

    def refresh(self) -> None:
        """Show which workbook is in front in Excel, or why the buttons for it are of no use now."""
        if self._busy:
            return
        self._front = excel.front()
        self.workbook.set(self._front.says)
        self._enable()

    # what is shown

    def tip(self, name: str) -> str:
        """What a button does, and, where it cannot be pressed now, why."""
        off = name not in _FILES | excel.WITHOUT_EXCEL and not self._front.there
        why = worded("addin.no-use-now") + self._front.says + "\n" if off else ""
        return why + self.face.tips[name]

    def _guide(self) -> None:
        self.results.outcome, self._book = None, ("", "")
        self.face.guide()

    def show(self, outcome: Outcome) -> None:
        """Show what came out, and say what can be done with it."""
        self.results.show(outcome)
        self.face.results_shown()
        ways = worded("panel.double-click-file")
        if self._book[1]:
            ways = worded("panel.double-click-cell")
        elif not any(line.findings for line in outcome.lines):
            ways = worded("panel.double-click-opens")
        self.status.set(ways)

    # what is done

    def pressed(self, action: Action) -> None:
        """An action's button or keys, unless a dialog is open."""
        if not self._busy and not self.root.tk.call("grab", "current", self.root):
            self.start(action)

    def _ask(self, action: Action, before: dict[str, Any], error: str = "") -> None:
        self.form = Form(self.root, action, self.chooser, partial(self.run, action), before, error)

    def _work(
        self,
        what: str,
        work: Callable[[Progress, Watch], Any],
        done: Callable[[Any], None],
        failed: Callable[[XlKpiError | OSError], None] | None = None,
    ) -> None:
        """Have some work done in the background; the window goes on, with its buttons off and a way to stop it."""
        self._begin(what)
        self.face.working()
        self.job = Job(work)
        self.root.after(_LOOK, self._look, what, done, failed or self._failed)

    def _look(self, what: str, done: Callable[[Any], None], failed: Callable[[XlKpiError | OSError], None]) -> None:
        job = self.job
        assert job is not None
        number, count = job.progress
        if job.running:
            if number > 1:
                self.face.progress(number - 1, count)
            if count and not job.stopping:
                told = worded("panel.working-on", what=what, number=number, count=count)
                self.status.set(told)
            self.root.after(_LOOK, self._look, what, done, failed)
            return
        self.job = None
        self._end()
        self.face.rested()
        if self._closing:
            self.root.destroy()
            return
        if job.error is not None:
            self.status.set(worded("panel.not-done", what=what))
        if isinstance(job.error, XlKpiError | OSError):
            failed(job.error)
        elif job.error is not None:
            self._unforeseen(type(job.error), job.error, job.error.__traceback__)
        elif job.result is None:
            self.status.set(worded("addin.stopped"))
        else:
            done(job.result)

    def _failed(self, error: XlKpiError | OSError) -> None:
        self.desk.tell(files.explained(error), True)

    def _in_excel(self, what: str, work: Callable[[], Any]) -> Any:
        """What some work with Excel came to; None if something else is being done. Meanwhile nothing can be pressed."""
        if self._busy:
            return None
        self._begin(what)
        self.root.update_idletasks()
        try:
            return work()
        finally:
            self.root.update()  # what was pressed meanwhile falls on disabled buttons
            self._end()
            self.refresh()

    def _begin(self, what: str) -> None:
        self._busy = True
        self.status.set(worded("addin.working", what=what))
        self.root.configure(cursor="watch")
        self._enable()

    def _end(self) -> None:
        self._busy = False
        self.root.configure(cursor="")
        self.status.set("")
        self._enable()

    def _enable(self) -> None:
        always = _FILES | excel.WITHOUT_EXCEL
        for name, button in self.buttons.items():
            usable = not self._busy and (name in always or self._front.there)
            button.state(["!disabled" if usable else "disabled"])

    def _tell(self, told: commands.Told) -> None:
        """A short good word goes into the status line, all else into a message."""
        if told.alarm or "\n" in told.text:
            self.desk.tell(told.text, told.alarm)
        else:
            self.status.set(told.text)

    def open_folder(self) -> None:
        """Open the folder into which results were written."""
        if self.results.outcome is not None and self.results.outcome.folder is not None:
            self._open(self.results.outcome.folder, "")

    def _open(self, path: Path, said: str) -> None:
        """Open a file or folder with the system's program, and say so."""
        try:
            handed = opening.open_with_system(path)
        except (XlKpiError, OSError) as error:
            self._failed(error)
            return
        self.status.set(said)
        if handed is not None:
            self.root.after(_LOOK, self._opened, handed, path)

    def _opened(self, handed: subprocess.Popen[bytes], path: Path) -> None:
        """Whoever hands a file over ends soon; where it fails the official is told."""
        code = handed.poll()
        if code is None:
            self.root.after(_LOOK, self._opened, handed, path)
        elif code:
            self._failed(opening.not_opened(path))

    def _unforeseen(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        text = worded("panel.could-not-be-done")
        self.desk.tell(f"{text}\n{kind.__name__}: {error}", True)
