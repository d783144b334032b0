"""What an action came to: a table to sort, below it what was found in the file that is selected, and that in full."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk

from xl_kpi.addin import findings_list
from xl_kpi.addin.files import Line, Outcome
from xl_kpi.addin.panel import widgets
from xl_kpi.api import Column, Value
from xl_kpi.findings import Finding
from xl_kpi.outward import dead, plain
from xl_kpi.report.language import spoken, worded

_AT_ONCE = 200  # lines put into the table before Tk may see to the window
_LAST = 12  # width of the last column, in Chinese characters, at least: it takes what the others leave
_SHARE, _SHARE_OF_FEW, _FEW = 0.45, 0.3, 3  # of the height, the table's above the findings; of a table of few lines
_ROOM = 13  # height of the findings, in Chinese characters, from which the finding selected is shown in full too
_RANK = {"accept": 0, "flag": 1, "reject": 2}


def place(found: Finding) -> str:
    """Where a finding is."""
    return f"{found.sheet}!{found.cell}" if found.cell else found.sheet


class Results(ttk.Frame):
    """The table, the findings, the finding in full."""

    def __init__(
        self,
        parent: tk.Misc,
        unit: int,
        *,
        open_line: Callable[[Line], None],
        go_to: Callable[[Line, Finding], None],
    ) -> None:
        super().__init__(parent)
        self.outcome: Outcome | None = None
        self._open_line, self._go_to, self._unit = open_line, go_to, unit
        self._listed: tuple[Finding, ...] = ()
        self._sorted: tuple[int, bool] | None = None  # column, whether downwards
        self._filling = ""
        self._with_findings = False
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self.headline = widgets.wrapping(ttk.Label(self, font="TkHeadingFont", padding=(0, 0, 0, unit // 4)))
        self.headline.grid(sticky="ew")
        self._panes = ttk.PanedWindow(self, orient="vertical")
        self._panes.grid(sticky="nsew")
        upper = ttk.Frame(self._panes)
        self.table = self._tree(upper, 5)
        widgets.with_scrollbar(upper, self.table, across=True)
        self._panes.add(upper, weight=1)
        self._share, self._moved = _SHARE, False  # of the height, the table's; whether the official chose it
        self._panes.bind("<Configure>", lambda _: self._divide())
        self._panes.bind("<ButtonRelease-1>", lambda _: self._divided())
        self._lower = self._findings_part(unit)
        for verdict, tint in widgets.TINTS.items():
            self.table.tag_configure(verdict, background=tint)
        for severity, colour in widgets.COLOURS.items():
            self.findings.tag_configure(severity, foreground=colour)
        self.table.bind("<<TreeviewSelect>>", lambda _: self._file_selected())
        self.findings.bind("<<TreeviewSelect>>", lambda _: self._finding_selected())
        for tree, done in ((self.table, self.open), (self.findings, self.go)):
            tree.bind("<Double-1>", lambda event, done=done: done() if _on_row(event) else None)  # type: ignore[misc]
            tree.bind("<Return>", lambda _, done=done: done())  # type: ignore[misc]
            for keys in ("<Control-c>", "<Control-C>", "<Control-Insert>"):
                tree.bind(keys, lambda event: self.copy(event.widget))
            for keys in ("<Control-a>", "<Control-A>"):
                tree.bind(keys, lambda event: event.widget.selection_set(event.widget.get_children()) or "break")
            for button in ("<Button-3>", "<Button-2>", "<Menu>", "<Shift-F10>"):
                tree.bind(button, lambda event, done=done: self._menu(event, done))

    # what is shown

    def show(self, outcome: Outcome) -> None:
        """Show an outcome, the first line that calls for attention selected."""
        self.outcome, self._sorted = outcome, None
        self.headline.configure(
            text=plain(outcome.said), foreground=widgets.ALARM if outcome.alarm else widgets.QUIET
        )
        self.table.configure(columns=[str(n) for n in range(len(outcome.columns))])
        for number, column in enumerate(outcome.columns):
            last = number == len(outcome.columns) - 1
            wide = self._unit * (_LAST if last else column.width + 1)
            self.table.heading(str(number), anchor="w", command=partial(self.sort, number))
            self.table.column(
                str(number),
                width=wide,
                minwidth=wide if last else self._unit * 3,
                stretch=last,
                anchor="w" if column.kind == "text" else "e",
            )
        self._head()
        found = any(line.findings for line in outcome.lines)
        if found is not self._with_findings:
            self._with_findings = found
            (self._panes.add if found else self._panes.forget)(self._lower)
        if not self._moved:
            self._share = _SHARE if len(outcome.lines) > _FEW else _SHARE_OF_FEW
        self.update_idletasks()  # else Tk would make the table as low as it can
        self._divide()
        first = next((n for n, line in enumerate(outcome.lines) if line.verdict != "accept"), 0)
        self._fill(list(range(len(outcome.lines))), str(first))
        alone = len(outcome.lines) == 1 and outcome.lines[0].findings
        (self.findings if alone else self.table).focus_set()

    def sort(self, number: int) -> None:
        """Sort by a column; once more turns it round. What is empty comes last."""
        assert self.outcome is not None, "headings come with an outcome"
        down = self._sorted == (number, False)
        self._sorted = (number, down)
        lines, column = self.outcome.lines, self.outcome.columns[number]
        values = {n: line.values[number] for n, line in enumerate(lines)}
        if set(values.values()) <= {"通过", "有问题", "退回", "accepted", "flagged", "rejected"}:
            values = {n: _RANK[line.verdict] for n, line in enumerate(lines)}
        full = [n for n, value in values.items() if value is not None and value != ""]
        full.sort(key=lambda n: _key(column, values[n]), reverse=down)
        chosen = self.table.selection()
        self._head()
        self._fill([*full, *(n for n in values if n not in set(full))], chosen[0] if chosen else "")

    def select_place(self, sheet: str, cell: str) -> None:
        """Select the finding at a place, if it is listed."""
        at = next((n for n, found in enumerate(self._listed) if (found.sheet, found.cell) == (sheet, cell)), None)
        if at is not None:
            _choose(self.findings, str(at))

    def line(self) -> Line | None:
        """The line that is selected."""
        chosen = self.table.selection()
        return self.outcome.lines[int(chosen[0])] if chosen and self.outcome else None

    def finding(self) -> Finding | None:
        """The finding that is selected."""
        chosen = self.findings.selection()
        return self._listed[int(chosen[0])] if chosen else None

    def _divide(self) -> None:
        """Give table and findings their shares of the height, which Tk does not keep to when it changes."""
        if self._with_findings:
            high = self._panes.winfo_height()
            self._sash(round(self._share * high))
            room = (1 - self._share) * high > _ROOM * self._unit
            (self._full.grid if room else self._full.grid_remove)()  # in a low window the list is worth more

    def _divided(self) -> None:
        """The official moved the bar between them."""
        if self._with_findings:
            self._moved = True
            self._share = min(0.85, max(0.15, self._sash() / max(1, self._panes.winfo_height())))
            self._divide()

    def _sash(self, *at: int) -> int:
        """Where the bar is, in pixels; it is moved there if told."""
        return int(self._panes.tk.call(self._panes, "sashpos", 0, *at))

    def _tree(self, parent: ttk.Frame, height: int) -> ttk.Treeview:
        return ttk.Treeview(parent, show="headings", selectmode="extended", height=height)

    def _findings_part(self, unit: int) -> ttk.Frame:
        lower = ttk.Frame(self._panes)
        lower.columnconfigure(0, weight=1)
        lower.rowconfigure(1, weight=1)
        self.counts = widgets.wrapping(ttk.Label(lower, padding=(0, unit // 3, 0, unit // 4)))
        self.counts.grid(sticky="ew")
        listed = ttk.Frame(lower)
        listed.grid(sticky="nsew")
        self.findings = self._tree(listed, 4)
        heads = {
            "level": (worded("addin.column-level"), 3, False),
            "place": (worded("addin.place"), 8, False),
            "message": (worded("addin.finding"), 30, True),
        }
        self.findings.configure(columns=list(heads))
        for column, (title, width, stretches) in heads.items():
            self.findings.heading(column, text=title, anchor="w")
            self.findings.column(column, width=width * unit, minwidth=width * unit // 2, stretch=stretches)
        widgets.with_scrollbar(listed, self.findings)
        self._full = full = ttk.Frame(lower)
        full.grid(sticky="nsew", pady=(unit // 4, 0))
        self.detail = tk.Text(
            full, width=1, height=3, wrap="char", state="disabled", relief="flat", padx=6, pady=4, font="TkTextFont"
        )
        self.detail.configure(background=widgets.SHEET, foreground=widgets.TEXT)
        self.detail.bind("<Button-1>", lambda _: self.detail.focus_set())  # so that a part can be copied
        widgets.with_scrollbar(full, self.detail)
        return lower

    def _head(self) -> None:
        assert self.outcome is not None
        for number, column in enumerate(self.outcome.columns):
            arrow = ""
            if self._sorted is not None and self._sorted[0] == number:
                arrow = " ▼" if self._sorted[1] else " ▲"
            self.table.heading(str(number), text=column.title + arrow)

    def _fill(self, order: list[int], chosen: str) -> None:
        """Put lines into the table, many of them a part at a time."""
        assert self.outcome is not None
        if self._filling:
            self.after_cancel(self._filling)
            self._filling = ""
        self.table.delete(*self.table.get_children())
        lines, columns = self.outcome.lines, self.outcome.columns

        def some(start: int) -> None:
            self._filling = ""
            for n in order[start : start + _AT_ONCE]:
                values = [_shown(column, value) for column, value in zip(columns, lines[n].values, strict=True)]
                self.table.insert("", "end", iid=str(n), values=values, tags=(lines[n].verdict,))
            if chosen in map(str, order[start : start + _AT_ONCE]):
                _choose(self.table, chosen)
            if start + _AT_ONCE < len(order):
                self._filling = self.after(1, some, start + _AT_ONCE)

        some(0)
        self._file_selected()

    def _file_selected(self) -> None:
        line = self.line()
        self._listed = line.findings if line else ()
        self.findings.delete(*self.findings.get_children())
        for number, found in enumerate(self._listed):
            values = (findings_list.level(found), place(found), plain(spoken(found)))
            self.findings.insert("", "end", iid=str(number), values=values, tags=(found.severity,))
        problems = sum(found.severity != "info" for found in self._listed)
        remarks = len(self._listed) - problems
        said = worded("addin.problems-remarks", problems=problems, remarks=remarks)
        name = str(line.values[0]) if line else ""
        self.counts.configure(text=f"{name}：{said}" if line else "")
        if self._listed:
            _choose(self.findings, "0")
        self._finding_selected()

    def _finding_selected(self) -> None:
        chosen = self.finding()
        text = ""
        if chosen is not None:
            text = "　".join(filter(None, (findings_list.level(chosen), place(chosen)))) + f"\n{spoken(chosen)}"
        self.detail.configure(state="normal")
        self.detail.replace("1.0", "end", text)
        self.detail.configure(state="disabled")

    # what can be done with it

    def open(self) -> None:
        """Open the file of the line that is selected."""
        line = self.line()
        if line is not None:
            self._open_line(line)

    def go(self) -> None:
        """Go to the cell of the finding that is selected."""
        line, found = self.line(), self.finding()
        if line is not None and found is not None:
            self._go_to(line, found)

    def copy(self, tree: ttk.Treeview) -> None:
        """Put the lines that are selected into the clipboard, columns apart by tabs; pasted into a sheet nothing is live."""
        lines = ["\t".join(dead(str(value)) for value in tree.item(row, "values")) for row in tree.selection()]
        if lines:
            self.clipboard_clear()
            self.clipboard_append("\n".join(lines))

    def _menu(self, event: tk.Event[tk.Misc], done: Callable[[], None]) -> None:
        tree = event.widget
        assert isinstance(tree, ttk.Treeview)
        row = tree.identify_row(event.y)
        if row and row not in tree.selection():
            _choose(tree, row)
        menu = tk.Menu(tree, tearoff=False)
        words = worded("addin.open-file") if tree is self.table else worded("addin.go")
        menu.add_command(label=words, command=done)
        menu.add_command(label=worded("addin.copy"), command=lambda: self.copy(tree), accelerator="Ctrl+C")
        menu.tk_popup(event.x_root, event.y_root)


def _on_row(event: tk.Event[tk.Misc]) -> bool:
    return isinstance(event.widget, ttk.Treeview) and bool(event.widget.identify_row(event.y))


def _choose(tree: ttk.Treeview, row: str) -> None:
    tree.selection_set(row)
    tree.focus(row)
    tree.see(row)


def _shown(column: Column, value: Value) -> str:
    """A value as the table shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return plain(value)
    return f"{value:.2%}" if column.kind == "percent" else f"{value:g}"


def _key(column: Column, value: Value) -> tuple[float, str]:
    """What to sort a value by; “3 / 1” goes by its first number, then by its second."""
    if isinstance(value, int | float):
        return float(value), ""
    left, slash, right = str(value).partition(" / ")
    if slash and left.isdigit() and right.isdigit():
        return float(left) + float(right) / 1e6, ""
    return 0.0, str(value).casefold()
