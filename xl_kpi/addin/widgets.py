"""What Tk's widgets lack: Chinese fonts, tips, texts that wrap with the window, scroll bars."""

from __future__ import annotations

import tkinter as tk
from tkinter import font, ttk

_FONTS = ("Microsoft YaHei UI", "微软雅黑", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "SimSun")


class Tip:
    """What a button does, shown beside it while the pointer rests on it."""

    def __init__(self, widget: ttk.Button, text: str) -> None:
        self._widget, self._text = widget, text
        self._waiting = ""
        self._window: tk.Toplevel | None = None
        widget.bind("<Enter>", self._wait, add=True)
        for event in ("<Leave>", "<ButtonPress>", "<Destroy>"):
            widget.bind(event, self._hide, add=True)

    def _wait(self, _event: object) -> None:
        self._hide(_event)
        self._waiting = self._widget.after(600, self._show)

    def _show(self) -> None:
        self._window = window = tk.Toplevel(self._widget)
        window.wm_overrideredirect(True)
        wide = font.nametofont("TkDefaultFont").measure("字" * 26)
        tk.Label(
            window,
            text=self._text,
            justify="left",
            wraplength=wide,
            bg="#ffffe6",
            fg="black",
            bd=1,
            relief="solid",
            padx=6,
            pady=4,
        ).pack()
        window.update_idletasks()
        right = self._widget.winfo_screenwidth() - window.winfo_reqwidth()
        x = max(min(self._widget.winfo_rootx(), right), 0)
        window.wm_geometry(f"+{x}+{self._widget.winfo_rooty() + self._widget.winfo_height() + 2}")

    def _hide(self, _event: object) -> None:
        if self._waiting:
            self._widget.after_cancel(self._waiting)
            self._waiting = ""
        if self._window is not None:
            self._window.destroy()
            self._window = None


def use_fonts(root: tk.Tk) -> font.Font:
    """Tk's fonts in a face that has Chinese, where one is known; the one of most texts."""
    there = set(font.families(root))
    family = next((name for name in _FONTS if name in there), None)
    for name in ("TkDefaultFont", "TkTextFont", "TkHeadingFont", "TkMenuFont", "TkCaptionFont", "TkTooltipFont"):
        named = font.nametofont(name, root)
        named.configure(size=10)
        if family:
            named.configure(family=family)
    return font.nametofont("TkDefaultFont", root)


def wrapping(label: ttk.Label) -> ttk.Label:
    """A label whose text is broken where the label ends, however wide it is."""
    label.bind("<Configure>", lambda event: label.configure(wraplength=max(event.width - 12, 1)))
    label.configure(wraplength=1 << 8)
    return label


def with_scrollbar(frame: ttk.Frame, widget: ttk.Treeview | tk.Text) -> None:
    """Lay a widget out to fill a frame, with a bar to scroll it."""
    bar = ttk.Scrollbar(frame, orient="vertical", command=widget.yview)
    widget.configure(yscrollcommand=bar.set)
    frame.columnconfigure(0, weight=1)
    frame.rowconfigure(0, weight=1)
    widget.grid(row=0, column=0, sticky="nsew")
    bar.grid(row=0, column=1, sticky="ns")
