"""The system's dialogs for files and folders; they begin in the folder that was chosen last."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from pathlib import Path
from tkinter import filedialog
from typing import Any

from xl_kpi.api import SUFFIXES
from xl_kpi.report.language import worded


class Chooser:
    """The system's dialogs; they begin in the folder that was chosen last."""

    def __init__(self, parent: tk.Misc) -> None:
        self._parent = parent
        self.last = str(Path.home())

    def files(self, title: str, parent: tk.Misc | None = None) -> list[Path]:
        """Workbooks, none where the official gives up."""
        kinds = [(worded("addin.workbooks"), [f"*{suffix}" for suffix in SUFFIXES])]
        options: Any = {"title": title, "filetypes": kinds, "parent": parent or self._parent}
        chosen = filedialog.askopenfilenames(initialdir=self.last, **options)
        return [self._kept(Path(name)) for name in chosen or ()]

    def file(self, title: str, name: str, patterns: Sequence[str], parent: tk.Misc | None = None) -> Path | None:
        """A file of a kind."""
        options: Any = {"title": title, "filetypes": [(name, list(patterns))], "parent": parent or self._parent}
        chosen = filedialog.askopenfilename(initialdir=self.last, **options)
        return self._kept(Path(chosen)) if chosen else None

    def folder(self, title: str, parent: tk.Misc | None = None, there: bool = True) -> Path | None:
        """A folder, which need not be there yet if it is for results."""
        chosen = filedialog.askdirectory(
            title=title, mustexist=there, initialdir=self.last, parent=parent or self._parent
        )
        return self._kept(Path(chosen)) if chosen else None

    def target(self, title: str, name: str) -> Path | None:
        """Where to save an .xlsx."""
        chosen = filedialog.asksaveasfilename(
            title=title,
            initialfile=name,
            initialdir=self.last,
            defaultextension=".xlsx",
            filetypes=[(worded("addin.excel-workbook"), ["*.xlsx"])],
            parent=self._parent,
        )
        if not chosen:
            return None
        path = self._kept(Path(chosen))
        return path if path.suffix.lower() == ".xlsx" else path.with_name(f"{path.name}.xlsx")

    def _kept(self, path: Path) -> Path:
        self.last = str(path if path.is_dir() else path.parent)
        return path
