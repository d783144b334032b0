"""The panel's own dialogs, in place of Excel's."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import filedialog, font, messagebox, simpledialog, ttk

from xl_kpi.addin import TITLE
from xl_kpi.report.language import worded


class WindowDesk:
    """The desk with dialogs of the panel's own, above its window."""

    def __init__(self, parent: tk.Misc) -> None:
        self._parent = parent

    def tell(self, text: str, alarm: bool) -> None:
        """Show a message."""
        (messagebox.showwarning if alarm else messagebox.showinfo)(TITLE, text, parent=self._parent)

    def confirm(self, text: str) -> bool:
        """Ask yes or no."""
        return messagebox.askyesno(TITLE, text, icon="warning", parent=self._parent)

    def file(self, title: str, kinds: str) -> Path | None:
        """Ask for a file; None if the official gives up."""
        name, patterns = kinds.split(",")  # as Excel has it: 名单 (*.xlsx;*.csv),*.xlsx;*.csv
        types = [(name.partition(" (")[0], patterns.split(";"))]
        chosen = filedialog.askopenfilename(title=title, filetypes=types, parent=self._parent)
        return Path(chosen) if chosen else None

    def folder(self, title: str) -> Path | None:
        """Ask for a folder; None if the official gives up."""
        chosen = filedialog.askdirectory(title=title, mustexist=True, parent=self._parent)
        return Path(chosen) if chosen else None

    def text(self, title: str, preset: str) -> str | None:
        """Ask for a line of text; None if the official gives up."""
        return _Line(self._parent, title, preset).answer


class _Line(simpledialog.Dialog):
    """Asks for a line of text, with buttons in the language of the rest (tkinter's own are English)."""

    def __init__(self, parent: tk.Misc, question: str, preset: str) -> None:
        self.answer: str | None = None
        self._question, self._preset = question, preset
        super().__init__(parent, TITLE)

    def body(self, master: tk.Frame) -> tk.Misc:
        wide = font.nametofont("TkDefaultFont").measure("字" * 44)
        ttk.Label(master, text=self._question, wraplength=wide).grid(sticky="w", pady=6)
        self.line = ttk.Entry(master, width=50)
        self.line.insert(0, self._preset)
        self.line.grid(sticky="ew")
        return self.line

    def buttonbox(self) -> None:
        box = ttk.Frame(self, padding=6)
        ttk.Button(box, text=worded("addin.ok"), command=self.ok, default="active").grid(row=0, column=0, padx=3)
        ttk.Button(box, text=worded("addin.cancel"), command=self.cancel).grid(row=0, column=1, padx=3)
        box.pack()
        self.bind("<Return>", self.ok)
        self.bind("<Escape>", self.cancel)

    def apply(self) -> None:
        self.answer = self.line.get().strip()
