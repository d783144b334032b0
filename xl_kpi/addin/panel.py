"""The panel (`xl-kpi panel`): a small window outside Excel with the ribbon's actions, for where macros are blocked.

Each time something is asked it attaches to the Excel in front, through xlwings, and keeps none of its objects: Excel and
workbooks may come and go, and a closed Excel is not held back. All calls to Excel are made in Tk's own thread, to which
COM ties its objects. xlwings attaches on Windows only; on Linux the panel says so, and makes blanks and diagnoses.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType

from xl_kpi import api
from xl_kpi.addin import commands, entry
from xl_kpi.addin.build import MACROS
from xl_kpi.addin.excel import xw
from xl_kpi.findings import Finding, XlKpiError, either, finding
from xl_kpi.workbook.markup import parse_xml

try:
    import tkinter as tk
    from tkinter import ttk

    from xl_kpi.addin import dialogs, widgets
except ImportError:  # a Linux may keep it in a package of its own
    _why = either(
        "这个 Python 没有 tkinter。请重新安装 Python 并选上 tcl/tk（Debian、Ubuntu：安装 python3-tk）",
        "this Python has no tkinter; install it with tcl/tk (Debian, Ubuntu: python3-tk)",
    )
    raise XlKpiError(finding("executor", where="xl-kpi panel", why=_why)) from None

_COLOURS = {"error": "#b00020", "warning": "#8a5000", "info": "#505050"}
_QUIET, _ALARM = "#1d5c2e", "#b00020"


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


def show() -> None:
    """Open the panel and stay until it is closed. Raises XlKpiError where there is no screen."""
    entry.do_not_wait()
    if sys.platform == "win32":
        import ctypes

        with suppress(AttributeError, OSError):  # Windows 8.1 and later: else Windows enlarges it, blurred
            ctypes.OleDLL("shcore").SetProcessDpiAwareness(1)
    try:
        root = tk.Tk()
    except tk.TclError as error:
        why = either(
            f"没有可以显示窗口的桌面（{error}）。请在桌面环境中运行，或用 xl-kpi check 文件名",
            f"there is no screen ({error}); use xl-kpi check FILE",
        )
        raise XlKpiError(finding("executor", where="xl-kpi panel", why=why)) from None
    Panel(root)
    root.mainloop()


class Panel:
    """What the window shows and does. The list is that of the last check, of the workbook named above it."""

    def __init__(self, root: tk.Tk, desk: entry.Desk | None = None) -> None:
        self.root = root
        self.desk = desk or dialogs.WindowDesk(root)
        self.buttons: dict[str, ttk.Button] = {}
        self._listed: list[Finding] = []
        self._book = ("", "")  # name and full name of the workbook whose findings are listed
        self._busy = False
        self.workbook, self.status = tk.StringVar(root), tk.StringVar(root)
        self._lay_out()
        root.title(either("绩效考核面板", "xl_kpi panel"))
        root.report_callback_exception = self._unforeseen
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.bind("<F5>", lambda _: self.do("check"))
        root.bind("<FocusIn>", lambda event: self.refresh() if event.widget is root else None)
        self._list(None)
        self.refresh()

    def close(self) -> None:
        """Close the window, unless something is being done."""
        if not self._busy:
            self.root.destroy()

    def do(self, action: str) -> None:
        """Do one of the ribbon's actions on the workbook in front."""
        here = ("", "")

        def work() -> commands.Told:
            nonlocal here
            app = entry.active_excel()
            told = entry.ACTIONS[action](app, self.desk)
            if told.report or told.place or action == "clear":
                here = _names(entry.active_book(app))
            return told

        told = self._worked(work, self.buttons[action].cget("text"))
        if told is None:
            return
        if told.report is not None:
            self._book = here
            self._list(told.report)
            return
        if here == self._book and told.place is not None:
            self._select(*told.place)
        elif here == self._book and action == "clear":
            self._list(None)
        self._tell(told)

    def go(self) -> None:
        """Select in Excel the cell of the finding that is selected here."""
        chosen = self._chosen()
        if chosen is None:
            return
        if not chosen.cell:
            self.status.set(either("这一条说的是整个工作簿，没有对应的单元格。", "this concerns no cell."))
            return
        place = _place(chosen)

        def work() -> commands.Told:
            book = self._checked_book()
            commands.go_to(book, chosen.sheet, chosen.cell, chosen.message)
            book.app.activate(steal_focus=True)  # so that the official can type at once
            return commands.Told(either(f"已转到 {place}。", f"{place} is selected."))

        told = self._worked(work, either(f"转到 {place}", f"go to {place}"))
        if told is not None:
            self._tell(told)

    def refresh(self) -> None:
        """Show which workbook is in front; says nothing about what keeps it from knowing."""
        if self._busy:
            return
        try:
            app = entry.active_excel()
            name = entry.active_book(app).name
        except XlKpiError as error:
            name = error.findings[0].message
        except Exception:  # busy, or on its way out; the next action will tell
            name = either("暂时读不到（Excel 正忙）", "cannot be read now (Excel is busy)")
        self.workbook.set(name)

    # what is shown

    def _lay_out(self) -> None:
        root = self.root
        base = widgets.use_fonts(root)
        unit = base.measure("字")  # widths follow the font, and with it the screen's resolution
        style = ttk.Style(root)
        if style.theme_use() == "default":
            style.theme_use("clam")
        style.configure("Treeview", rowheight=base.metrics("linespace") + unit // 2)
        root.columnconfigure(0, weight=1)
        edge = unit // 2

        head = ttk.Frame(root, padding=(edge, edge, edge, 0))
        head.grid(sticky="ew")
        head.columnconfigure(1, weight=1)
        ttk.Label(head, text=either("工作簿：", "workbook: ")).grid(sticky="nw")
        widgets.wrapping(ttk.Label(head, textvariable=self.workbook)).grid(row=0, column=1, sticky="ew")

        self._buttons(edge).grid(sticky="ew")

        self.headline = widgets.wrapping(ttk.Label(root, padding=(edge, edge, edge, 0), font="TkHeadingFont"))
        self.headline.grid(sticky="ew")
        self.counts = widgets.wrapping(ttk.Label(root, padding=(edge, 0)))
        self.counts.grid(sticky="ew")

        panes = ttk.PanedWindow(root, orient="vertical")
        panes.grid(sticky="nsew", padx=edge, pady=(edge // 2, 0))
        root.rowconfigure(root.grid_size()[1] - 1, weight=1)
        panes.add(self._findings(panes, unit), weight=3)
        panes.add(self._details(panes, edge), weight=1)

        widgets.wrapping(ttk.Label(root, textvariable=self.status, padding=edge)).grid(sticky="ew")
        root.update_idletasks()
        root.minsize(root.winfo_reqwidth(), root.winfo_reqheight())
        root.geometry(f"{max(root.winfo_reqwidth(), 48 * unit)}x{max(root.winfo_reqheight(), 44 * unit)}")

    def _buttons(self, edge: int) -> ttk.Frame:
        """The ribbon's groups below each other; of a group the large buttons stand in a line of their own, first."""
        frame = ttk.Frame(self.root, padding=(edge, edge, edge, 0))
        frame.columnconfigure(1, weight=1)
        row = 0
        for name, group in ribbon().items():
            ttk.Label(frame, text=name).grid(row=row, column=0, sticky="w", padx=(0, edge))
            lines = [[button for button in group if button.large is large] for large in (True, False)]
            for line in filter(None, lines):
                self._line(frame, line).grid(row=row, column=1, sticky="ew")
                row += 1
            ttk.Separator(frame).grid(row=row, columnspan=2, sticky="ew", pady=edge // 3)
            row += 1
        return frame

    def _line(self, parent: ttk.Frame, line: list[Button]) -> ttk.Frame:
        """Buttons of the same width beside each other."""
        frame = ttk.Frame(parent)
        for column, button in enumerate(line):
            made = ttk.Button(frame, text=button.label, command=partial(self.do, button.action))
            made.bind("<Return>", lambda event: event.widget.invoke())
            made.grid(row=0, column=column, sticky="ew", padx=1, pady=1)
            frame.columnconfigure(column, weight=1, uniform="button")
            widgets.Tip(made, button.tip)
            self.buttons[button.action] = made
        return frame

    def _findings(self, parent: ttk.PanedWindow, unit: int) -> ttk.Frame:
        frame = ttk.Frame(parent)
        heads = {
            "level": (either("级别", "level"), 3 * unit, False),
            "place": (either("位置", "place"), 7 * unit, False),
            "message": (either("问题", "finding"), 14 * unit, True),
            "code": (either("代码", "code"), 7 * unit, False),
        }
        self.findings = tree = ttk.Treeview(
            frame, columns=list(heads), show="headings", selectmode="browse", height=4
        )
        for column, (title, width, stretches) in heads.items():
            tree.heading(column, text=title, anchor="w")
            tree.column(column, width=width, minwidth=width // 2, stretch=stretches)
        for severity, colour in _COLOURS.items():
            tree.tag_configure(severity, foreground=colour)
        tree.bind("<<TreeviewSelect>>", lambda _: self._detail())
        tree.bind("<Double-1>", lambda event: self.go() if tree.identify_row(event.y) else None)
        tree.bind("<Return>", lambda _: self.go())
        widgets.with_scrollbar(frame, tree)
        return frame

    def _details(self, parent: ttk.PanedWindow, edge: int) -> ttk.Frame:
        frame = ttk.Frame(parent)
        self.detail = tk.Text(
            frame,
            width=1,
            height=4,
            wrap="char",
            state="disabled",
            relief="flat",
            padx=edge,
            pady=edge,
            font="TkTextFont",
        )
        widgets.with_scrollbar(frame, self.detail)
        return frame

    def _list(self, report: api.Report | None) -> None:
        """Show a check's outcome, or that there is none."""
        self._listed = list(report.findings) if report else []
        self.findings.delete(*self.findings.get_children())
        for number, found in enumerate(self._listed):
            values = (commands.level(found), _place(found), found.message.replace("\n", " "), found.code)
            self.findings.insert("", "end", iid=str(number), values=values, tags=(found.severity,))
        if report is None:
            self.headline.configure(
                text=either("还没有核对。按 F5 核对。", "not checked yet; F5 checks."), foreground=""
            )
            self.counts.configure(text="")
        else:
            colour = _QUIET if report.verdict == "accept" else _ALARM
            self.headline.configure(text=commands.headline(report), foreground=colour)
            problems = sum(found.severity != "info" for found in self._listed)
            remarks = len(self._listed) - problems
            said = either(f"问题{problems}处，提示{remarks}处", f"{problems} problems, {remarks} remarks")
            self.counts.configure(text=f"{said}  {self._book[0]}")
        if self._listed:
            self._select(self._listed[0].sheet, self._listed[0].cell)
            self.findings.focus_set()
            self.status.set(either("双击一行或按 Enter，转到 Excel 中该处。", "double-click goes to the cell."))
        self._detail()

    def _detail(self) -> None:
        chosen = self._chosen()
        text = ""
        if chosen is not None:
            text = (
                "　".join(filter(None, (commands.level(chosen), _place(chosen), chosen.code))) + f"\n{chosen.message}"
            )
        self.detail.configure(state="normal")
        self.detail.replace("1.0", "end", text)
        self.detail.configure(state="disabled")

    def _select(self, sheet: str, cell: str) -> None:
        """The finding at a place, if it is listed."""
        at = next((n for n, found in enumerate(self._listed) if (found.sheet, found.cell) == (sheet, cell)), None)
        if at is not None:
            self.findings.selection_set(str(at))
            self.findings.focus(str(at))
            self.findings.see(str(at))

    def _chosen(self) -> Finding | None:
        chosen = self.findings.selection()
        return self._listed[int(chosen[0])] if chosen else None

    # what is done

    def _worked(self, work: Callable[[], commands.Told], what: str) -> commands.Told | None:
        """What some work with Excel had to say; None if something else is being done. Meanwhile nothing can be pressed."""
        if self._busy:
            return None
        self._busy = True
        self.status.set(either(f"正在进行：{what}…", f"working: {what}…"))
        self.root.configure(cursor="watch")
        for button in self.buttons.values():
            button.state(["disabled"])
        self.root.update_idletasks()
        try:
            told = entry.outcome(work)
        finally:
            self.root.update()  # what was pressed meanwhile falls on disabled buttons
            for button in self.buttons.values():
                button.state(["!disabled"])
            self.root.configure(cursor="")
            self.status.set("")
            self._busy = False
            self.refresh()
        return told

    def _tell(self, told: commands.Told) -> None:
        """A short good word goes into the status line, all else into a message."""
        if told.alarm or "\n" in told.text:
            self.desk.tell(told.text, told.alarm)
        else:
            self.status.set(told.text)

    def _checked_book(self) -> xw.Book:
        """The workbook whose findings are listed, wherever it is open. Raises XlKpiError where it is not any more."""
        for app in xw.apps:
            for book in app.books:
                if _names(book) == self._book:
                    return book
        why = either(
            "已关闭，或另存为别的文件了。请打开它，重新核对", "is not open any more; open it and check again"
        )
        raise XlKpiError(finding("executor", where=self._book[0], why=why))

    def _unforeseen(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        text = either(
            "这一步没有做成，可能是 Excel 已关闭、工作表被删除，或工作簿处于受保护的视图。请看一下 Excel，再试一次；"
            "仍不行，请把下面的内容发给维护人员：",
            "this could not be done: Excel may have been closed, or a sheet deleted. Look at Excel and try again. Error:",
        )
        self.desk.tell(f"{text}\n{kind.__name__}: {error}", True)


def _names(book: xw.Book) -> tuple[str, str]:
    """The workbook's name, and the one with its folder: Excel's word for both, which xlwings does not trust on OneDrive."""
    return book.name, book.api.FullName


def _place(found: Finding) -> str:
    return f"{found.sheet}!{found.cell}" if found.cell else found.sheet
