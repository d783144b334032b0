"""The form by which an action asks what it has to know, made of its Asks.

No tkinter.Variable here: a form that was closed is cleared away by whatever thread Python does that in, and such a
variable calls Tk when it goes.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from tkinter import font, ttk
from typing import Any

from xl_kpi import api
from xl_kpi.addin import actions, files
from xl_kpi.addin.actions import Action, Ask
from xl_kpi.addin.panel import widgets
from xl_kpi.addin.panel.chooser import Chooser
from xl_kpi.findings import XlKpiError
from xl_kpi.report.language import spoken, worded

_MOST = 8  # lines of an error


class Form(tk.Toplevel):
    """Asks what an action has to know. `fields` are its widgets by name, for who wants to fill them in."""

    def __init__(
        self,
        parent: tk.Tk,
        action: Action,
        chooser: Chooser,
        done: Callable[[dict[str, Any]], None],
        before: dict[str, Any],
        error: str = "",
    ) -> None:
        super().__init__(parent)
        self.withdraw()
        self.configure(highlightthickness=1, highlightbackground=widgets.LINE)
        self.title(action.label)
        self.transient(parent)
        self.protocol("WM_DELETE_WINDOW", self.cancel)
        self._action, self._chooser, self._done = action, chooser, done
        self._read: dict[str, Callable[[], Any]] = {}
        self.fields: dict[str, tk.Widget] = {}
        self._unit = font.nametofont("TkDefaultFont").measure("字")
        self._wide = min(44 * self._unit, self.winfo_screenwidth())
        self._frame = ttk.Frame(self, padding=self._unit)
        self._frame.pack(fill="both", expand=True)
        self._frame.columnconfigure(1, weight=1)
        ttk.Label(self._frame, text=action.label, font="TkHeadingFont").grid(columnspan=3, sticky="w")
        tip = self._wrapping(widgets.FAINT)
        tip.configure(text=spoken(action.tip))
        tip.grid(columnspan=3, sticky="ew", pady=(0, self._unit // 2))
        for ask in action.asks():
            getattr(self, f"_ask_{ask.kind}")(ask, before)
        self.error = self._wrapping(widgets.ALARM)
        self.error.grid(columnspan=3, sticky="ew", pady=(self._unit // 2, 0))
        self._say(error)
        self._buttons(spoken(action.verb))
        self.update_idletasks()
        self._place(parent)
        self.bind("<Escape>", lambda _: self.cancel())
        self.bind("<Return>", self._entered)
        self.deiconify()
        self.wait_visibility()
        self.grab_set()
        first = next(iter(self.fields.values()), None)
        if first is not None:
            first.focus_set()

    def ok(self) -> None:
        """Hand over what was answered, and close; or say what is wanting."""
        answers: dict[str, Any] = {}
        problems = []
        for key, read in self._read.items():
            try:
                answers[key] = read()
            except ValueError as wanting:
                problems.append(str(wanting))
        if problems:
            self._say("\n".join(problems))
            return
        self.destroy()
        self._done(answers)

    def cancel(self) -> None:
        """Close, and do nothing."""
        self.destroy()

    def _entered(self, event: tk.Event[tk.Misc]) -> None:
        if not isinstance(event.widget, tk.Text):  # there it begins a line
            event.widget.invoke() if isinstance(event.widget, ttk.Button) else self.ok()

    def _say(self, text: str) -> None:
        lines = text.splitlines()
        if len(lines) > _MOST:
            rest = len(lines) - _MOST + 1
            lines[_MOST - 1 :] = [worded("addin.more", rest=rest)]
        self.error.configure(text="\n".join(lines))

    def _wrapping(self, colour: str) -> ttk.Label:
        label = widgets.wrapping(ttk.Label(self._frame, foreground=colour))
        label.configure(wraplength=self._wide - 3 * self._unit)  # so that its height is right from the start
        return label

    def _buttons(self, verb: str) -> None:
        row = ttk.Frame(self._frame)
        row.grid(columnspan=3, sticky="e", pady=(self._unit, 0))
        self.sent = ttk.Button(row, text=verb, style="Main.TButton", command=self.ok, default="active")
        self.sent.pack(side="left", padx=self._unit // 2)
        ttk.Button(row, text=worded("addin.cancel"), command=self.cancel).pack(side="left")

    def _place(self, parent: tk.Tk) -> None:
        wide, high = self._wide, self.winfo_reqheight()
        x = parent.winfo_rootx() + (parent.winfo_width() - wide) // 2
        y = parent.winfo_rooty() + 3 * self._unit
        x = max(0, min(x, self.winfo_screenwidth() - wide))
        y = max(0, min(y, self.winfo_screenheight() - high))
        self.minsize(min(30 * self._unit, wide), min(high, self.winfo_screenheight()))
        self.geometry(f"{wide}x{high}+{x}+{y}")

    # a row for each kind

    def _label(self, text: str, row: int, down: str = "w") -> None:
        label = ttk.Label(self._frame, text=text)
        label.grid(row=row, column=0, sticky=down, padx=(0, self._unit // 2), pady=self._unit // 4)

    def _row(self) -> int:
        return int(self._frame.grid_size()[1])

    def _path_row(self, label: str, buttons: Iterable[tuple[str, Callable[[], None]]]) -> ttk.Entry:
        row = self._row()
        self._label(label, row)
        entry = ttk.Entry(self._frame)
        entry.grid(row=row, column=1, sticky="ew", pady=self._unit // 4)
        box = ttk.Frame(self._frame)
        box.grid(row=row, column=2, sticky="ew")
        for text, command in buttons:
            ttk.Button(box, text=text, command=command).pack(
                side="left", padx=(self._unit // 4, 0), expand=True, fill="x"
            )
        return entry

    def _ask_target(self, ask: Ask, before: dict[str, Any]) -> None:
        def choose() -> None:
            chosen = self._chooser.folder(ask.label, self, there=False)
            if chosen is not None:
                widgets.put(entry, str(chosen))

        def read() -> Path:
            wanting = worded("addin.choose-folder-results")
            return Path(widgets.filled(entry, wanting)).expanduser()

        entry = self._path_row(ask.label, [(worded("addin.folder"), choose)])
        widgets.put(entry, str(before.get(ask.key, "")))
        self.fields[ask.key] = entry
        self._read[ask.key] = read

    def _ask_folder(self, ask: Ask, before: dict[str, Any]) -> None:
        self._ask_target(ask, before)

    def _ask_workbook(self, ask: Ask, before: dict[str, Any]) -> None:
        def choose() -> None:
            chosen = self._chooser.file(ask.label, worded("addin.workbooks"), ["*.xlsx"], self)
            if chosen is not None:
                widgets.put(entry, str(chosen))

        def read() -> Path:
            return Path(widgets.filled(entry, worded("addin.choose", label=ask.label)))

        entry = self._path_row(ask.label, [(worded("panel.choose-file"), choose)])
        widgets.put(entry, str(before.get(ask.key, "")))
        self.fields[ask.key] = entry
        self._read[ask.key] = read

    def _ask_files(self, ask: Ask, before: dict[str, Any]) -> None:
        self._ask_sources(ask, before, folders=False)

    def _ask_sources(self, ask: Ask, before: dict[str, Any], folders: bool = True) -> None:
        chosen: list[Path] = list(before.get(ask.key, []))

        def show(paths: Sequence[Path]) -> None:
            chosen[:] = paths
            several = worded("addin.files", chosen=len(chosen)) if len(chosen) > 1 else ""
            widgets.put(entry, several + worded("and").join(p.name if several else str(p) for p in chosen))

        def choose_files() -> None:
            paths = self._chooser.files(ask.label, self)
            if paths:
                show(paths)

        def choose_folder() -> None:
            folder = self._chooser.folder(ask.label, self)
            if folder is not None:
                show([folder])

        def read() -> list[Path]:
            if not chosen:
                raise ValueError(worded("addin.choose-workbooks-folder"))
            return list(chosen)

        buttons = [(worded("panel.choose-files"), choose_files)]
        if folders:
            buttons.append((worded("addin.folder"), choose_folder))
        entry = self._path_row(ask.label, buttons)
        entry.configure(state="readonly")
        show(list(chosen))
        self.fields[ask.key] = entry
        self._read[ask.key] = read

    def _ask_scheme(self, ask: Ask, before: dict[str, Any]) -> None:
        """The scheme by its title, or a .yaml; with it the year, and the level where the scheme has levels."""
        names = dict(actions.titles())  # name or path: title
        row = self._row()
        self._label(ask.label, row)
        box = ttk.Combobox(self._frame, state="readonly", width=20)
        box.grid(row=row, column=1, sticky="ew", pady=self._unit // 4)
        other = ttk.Button(self._frame, text=worded("addin.other"))
        other.grid(row=row, column=2, sticky="ew", padx=(self._unit // 4, 0))
        self._label(worded("addin.year"), row + 1)
        year = ttk.Spinbox(self._frame, from_=2000, to=2100, width=7)
        year.grid(row=row + 1, column=1, sticky="w", pady=self._unit // 4)
        level_row = row + 2
        level_label = ttk.Label(self._frame, text=worded("addin.level"))
        level = ttk.Combobox(self._frame, state="readonly", width=12)
        by_list = worded("addin.list")

        def name() -> str:
            return list(names)[box.current()] if box.current() >= 0 else ""

        def chosen(_event: object = None) -> None:
            scheme = api.describe(name())
            year.set(scheme.year)
            level.configure(values=[by_list, *scheme.levels])
            level.set(by_list)
            for widget, column in ((level_label, 0), (level, 1)):
                if scheme.levels:
                    widget.grid(row=level_row, column=column, sticky="w", pady=self._unit // 4)
                else:
                    widget.grid_remove()

        def take(scheme: str) -> None:
            if scheme not in names:
                names[scheme] = f"{api.describe(scheme).title}（{Path(scheme).name}）"
            box.configure(values=list(names.values()))
            box.current(list(names).index(scheme))
            chosen()

        def look() -> None:
            path = self._chooser.file(worded("addin.scheme-file"), worded("panel.scheme"), ["*.yaml", "*.yml"], self)
            if path is not None:
                try:
                    take(str(path))
                    self._say("")
                except XlKpiError as error:
                    self._say(files.explained(error))

        def read_scheme() -> str:
            if not name():
                raise ValueError(worded("addin.choose-scheme"))
            return name()

        def read_year() -> int:
            if not (year.get().strip().isdigit() and 2000 <= int(year.get()) <= 2100):
                raise ValueError(worded("addin.year-must-lie-between"))
            return int(year.get())

        box.configure(values=list(names.values()))
        if before.get(ask.key):
            with suppress(XlKpiError):  # then it is what the error is about
                take(before[ask.key])
            year.set(before.get("year", year.get()))
            level.set(before.get("level") or by_list)
        box.bind("<<ComboboxSelected>>", chosen)
        other.configure(command=look)
        self.fields |= {ask.key: box, "year": year, "level": level}
        self._read[ask.key] = read_scheme
        self._read["year"] = read_year
        self._read["level"] = lambda: None if level.get() in ("", by_list) else level.get()
        ttk.Frame(self._frame).grid(row=level_row, column=2)  # the row is there though it may be empty

    def _ask_units(self, ask: Ask, before: dict[str, Any]) -> None:
        """A list of units, or names typed one a line."""
        old = before.get(ask.key, "")
        how = f"{self}.how"  # the name of a variable of Tk
        self.setvar(how, "typed" if isinstance(old, str) and old else "list")
        row = self._row()
        self._label(ask.label, row)

        def radio(text: str, value: str, row: int) -> None:
            made = ttk.Radiobutton(self._frame, text=text, value=value, command=show)
            made.configure(variable=how)  # type: ignore[call-overload]  # a name does as well
            made.grid(row=row, column=1, columnspan=2, sticky="w", pady=self._unit // 4)
            self.fields[f"use_{value}"] = made

        def show() -> None:
            for widget, wanted in ((entry, "list"), (button, "list"), (typed, "typed")):
                widget.configure(state="normal" if self.getvar(how) == wanted else "disabled")
            typed.configure(background=widgets.SHEET if self.getvar(how) == "typed" else "#f3f4f7")

        def choose() -> None:
            path = self._chooser.file(
                worded("addin.list-units"),
                worded("panel.list-of-units"),
                ["*.xlsx", "*.csv"],
                self,
            )
            if path is not None:
                widgets.put(entry, str(path))

        def read() -> Path | str:
            if self.getvar(how) == "typed":
                text = typed.get("1.0", "end").strip()
                if not text:
                    raise ValueError(worded("addin.type-units-one-line"))
                return text
            return Path(widgets.filled(entry, worded("addin.choose-list-units-type")))

        radio(worded("addin.from-list-xlsx-csv"), "list", row)
        entry = ttk.Entry(self._frame)
        entry.grid(row=row + 1, column=1, sticky="ew", pady=self._unit // 4)
        button = ttk.Button(self._frame, text=worded("panel.choose-file"), command=choose)
        button.grid(row=row + 1, column=2, sticky="ew", padx=(self._unit // 4, 0))
        heads = worded("panel.headings")
        hint = ttk.Label(self._frame, text=heads, foreground=widgets.FAINT)
        hint.grid(row=row + 2, column=1, columnspan=2, sticky="w")
        radio(worded("addin.typed-unit-each-line"), "typed", row + 3)
        typed = tk.Text(self._frame, width=20, height=5, font="TkTextFont", relief="flat", wrap="none")
        typed.configure(highlightthickness=1, highlightbackground=widgets.LINE, highlightcolor=widgets.ACCENT)
        typed.grid(row=row + 4, column=1, columnspan=2, sticky="nsew", pady=self._unit // 4)
        typed.bind("<Tab>", widgets.onwards)
        self._frame.rowconfigure(row + 4, weight=1)
        typed.insert("1.0", old if isinstance(old, str) else "")
        widgets.put(entry, str(old) if isinstance(old, Path) else "")
        show()
        self.fields |= {ask.key: entry, "typed": typed}
        self._read[ask.key] = read
