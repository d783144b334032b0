"""What the window looks like: buttons for saved files, buttons for Excel, results or first steps, the line at the foot."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from tkinter import ttk
from typing import Protocol

from xl_kpi.addin import actions
from xl_kpi.addin.actions import Action
from xl_kpi.addin.files import Line
from xl_kpi.addin.panel import excel, widgets
from xl_kpi.addin.panel.results import Results
from xl_kpi.findings import Finding
from xl_kpi.report.language import spoken, worded


class Acts(Protocol):
    """What the window does when something is pressed."""

    def pressed(self, action: Action) -> None: ...
    def do(self, action: str) -> None: ...
    def again(self) -> None: ...
    def refresh(self) -> None: ...
    def save(self) -> None: ...
    def cancel(self) -> None: ...
    def open_folder(self) -> None: ...
    def open_line(self, line: Line) -> None: ...
    def go_to(self, line: Line, found: Finding) -> None: ...
    def tip(self, name: str) -> str: ...


class Face:
    """The widgets. `buttons` has each action's by its name, `tips` what it is for."""

    def __init__(self, root: tk.Tk, acts: Acts) -> None:
        self._root, self._acts = root, acts
        self.buttons: dict[str, ttk.Button] = {}
        self.tips: dict[str, str] = {}
        widgets.sharpen(root)
        widgets.speak_chinese(root)
        base = widgets.use_fonts(root)
        self._unit = unit = base.measure("字")  # widths follow the font, and with it the screen's resolution
        self._edge = edge = unit // 2
        widgets.use_style(root, base)
        root.columnconfigure(0, weight=1)
        root.rowconfigure(2, weight=1)
        self._card_of_files().grid(row=0, sticky="ew", padx=edge, pady=(edge, 0))
        self._card_of_excel().grid(row=1, sticky="ew", padx=edge, pady=(edge, 0))
        self._middle().grid(row=2, sticky="nsew", padx=edge, pady=(edge, 0))
        self._foot().grid(row=3, sticky="ew", padx=edge, pady=edge)
        self._keys()
        self.guide()
        root.update_idletasks()
        root.minsize(34 * unit, 42 * unit)
        wide = min(72 * unit, root.winfo_screenwidth() - 2 * unit)
        root.geometry(f"{wide}x{min(46 * unit, root.winfo_screenheight() - 6 * unit)}")

    def guide(self) -> None:
        """Nothing to show: say what to do first."""
        self.steps.tkraise()
        for button in (self.folder, self.saved):
            button.grid_remove()

    def results_shown(self) -> None:
        """The results in place of the first steps, with what can be done with them."""
        self.steps.lower()
        outcome = self.results.outcome
        (self.folder.grid if outcome is not None and outcome.folder is not None else self.folder.grid_remove)()
        self.saved.grid()

    def working(self) -> None:
        """A bar that moves, and a way to stop, in place of what can be done with results."""
        self.bar.configure(mode="indeterminate")
        self.bar.start(40)
        self.stopper.state(["!disabled"])
        for widget in (self.bar, self.stopper):
            widget.grid()
        for widget in (self.folder, self.saved):
            widget.grid_remove()

    def progress(self, done: int, count: int) -> None:
        """How far the work is."""
        self.bar.stop()
        self.bar.configure(mode="determinate", maximum=count, value=done)

    def rested(self) -> None:
        """The work has ended."""
        self.bar.stop()
        for widget in (self.bar, self.stopper):
            widget.grid_remove()
        if self.results.outcome is not None:
            self.results_shown()

    def _card_of_files(self) -> ttk.Frame:
        card = ttk.Frame(self._root, style="Card.TFrame", padding=self._edge)
        card.columnconfigure(0, weight=1)
        title = worded("addin.saved-files-no-excel")
        ttk.Label(card, text=title, style="Faint.TLabel").grid(sticky="w")
        flow = widgets.Flow(card, self._edge // 2)
        flow.grid(sticky="ew", pady=(self._edge // 2, 0))
        for action in actions.ACTIONS:
            text = f"{action.label}({action.letter})…"
            at = text.index(f"({action.letter})") + 1
            command = partial(self._acts.pressed, action)
            made = ttk.Button(flow, text=text, underline=at, style="Main.TButton", command=command)
            self._button(action.name, made, spoken(action.tip))
        return card

    def _card_of_excel(self) -> ttk.Frame:
        card = ttk.Frame(self._root, style="Card.TFrame", padding=self._edge)
        card.columnconfigure(1, weight=1)
        label = ttk.Label(card, text=worded("addin.open-excel"), style="Faint.TLabel")
        label.grid(row=0, column=0, sticky="nw")
        named = widgets.wrapping(ttk.Label(card, style="Card.TLabel"))
        named.grid(row=0, column=1, sticky="ew")
        self.workbook = widgets.Words(named)
        card.bind("<Enter>", lambda _: self._acts.refresh())  # Excel may have been opened or closed meanwhile
        flow = widgets.Flow(card, self._edge // 2)
        flow.grid(row=1, columnspan=2, sticky="ew", pady=(self._edge // 2, 0))
        for button in excel.on_a_workbook():
            made = ttk.Button(flow, text=button.label, command=partial(self._acts.do, button.action))
            self._button(button.action, made, button.tip)
        return card

    def _button(self, name: str, made: ttk.Button, tip: str) -> None:
        made.bind("<Return>", _press)
        self.buttons[name] = made
        self.tips[name] = tip
        widgets.Tip(made, partial(self._acts.tip, name))

    def _middle(self) -> ttk.Frame:
        middle = ttk.Frame(self._root)
        middle.columnconfigure(0, weight=1)
        middle.rowconfigure(0, weight=1)
        acts = self._acts
        self.results = Results(middle, self._unit, open_line=acts.open_line, go_to=acts.go_to)
        self.results.grid(row=0, sticky="nsew")
        self._first_steps(middle).grid(row=0, sticky="nsew")
        return middle

    def _first_steps(self, parent: ttk.Frame) -> ttk.Frame:
        unit = self._unit
        self.steps = steps = ttk.Frame(parent, style="Card.TFrame", padding=unit)
        steps.columnconfigure(1, weight=1)
        title = worded("addin.where-begin")
        head = ttk.Label(steps, text=title, font="TkHeadingFont", style="Card.TLabel")
        head.grid(columnspan=2, sticky="w", pady=(0, unit // 2))
        for row, action in enumerate(actions.ACTIONS, 1):
            when = ttk.Label(steps, text=spoken(action.when), style="Card.TLabel")
            when.grid(row=row, column=0, sticky="nw", pady=unit // 4, padx=(0, unit))
            text = worded("panel.press", label=action.label, letter=action.letter) + spoken(action.tip)
            says = widgets.wrapping(ttk.Label(steps, text=text, style="Faint.TLabel"))
            says.grid(row=row, column=1, sticky="ew", pady=unit // 4)
        return steps

    def _foot(self) -> ttk.Frame:
        foot = ttk.Frame(self._root)
        foot.columnconfigure(0, weight=1)
        says = widgets.wrapping(ttk.Label(foot))
        says.grid(row=0, column=0, sticky="ew")
        self.status = widgets.Words(says)
        acts = self._acts
        self.bar = ttk.Progressbar(foot, length=12 * self._unit)
        self.stopper = ttk.Button(foot, text=worded("addin.cancel-esc"), command=acts.cancel)
        self.folder = ttk.Button(foot, text=worded("addin.open-folder"), command=acts.open_folder)
        text = worded("addin.save-table-s")
        self.saved = ttk.Button(foot, text=text, underline=text.index("S)"), command=acts.save)
        for column, widget in enumerate((self.bar, self.stopper, self.folder, self.saved), 1):
            widget.grid(row=0, column=column, sticky="e", padx=(self._edge // 2, 0))
            widget.bind("<Return>", _press)
        for hidden in (self.bar, self.stopper):
            hidden.grid_remove()
        return foot

    def _keys(self) -> None:
        root, acts = self._root, self._acts
        root.bind("<F5>", lambda _: acts.again())
        root.bind("<Escape>", lambda _: acts.cancel())
        root.bind("<Alt-s>", lambda _: acts.save())
        for action in actions.ACTIONS:
            root.bind(f"<Alt-{action.letter.lower()}>", lambda _, action=action: acts.pressed(action))  # type: ignore[misc]


def _press(event: tk.Event[tk.Misc]) -> None:
    if isinstance(event.widget, ttk.Button):
        event.widget.invoke()
