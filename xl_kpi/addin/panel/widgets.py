"""What Tk's widgets lack: Chinese fonts and dialogs, a calm look, tips, texts that wrap, rows that wrap, scroll bars."""

from __future__ import annotations

import gc
import sys
import tkinter as tk
from collections.abc import Callable
from contextlib import suppress
from tkinter import font, ttk

_FONTS = ("Microsoft YaHei UI", "微软雅黑", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "SimSun")

GROUND, SHEET, LINE, TEXT, FAINT, ACCENT = "#eef1f6", "#ffffff", "#c5ccd8", "#1c2733", "#5b6675", "#1f5fa8"
QUIET, ALARM = "#1d5c2e", "#b00020"
TINTS = {"flag": "#fff5dc", "reject": "#fce4e4"}  # of lines that call for attention
COLOURS = {"error": "#b00020", "warning": "#8a5000", "info": "#505050"}


class Tip:
    """What a widget is for, or why it cannot be used now, shown beside it while the pointer rests on it."""

    def __init__(self, widget: tk.Widget, text: Callable[[], str]) -> None:
        self._widget, self._text = widget, text
        self._waiting = ""
        self._window: tk.Toplevel | None = None
        widget.bind("<Enter>", self._wait, add=True)
        for event in ("<Leave>", "<ButtonPress>", "<Destroy>"):
            widget.bind(event, self.hide, add=True)

    def _wait(self, _event: object) -> None:
        self.hide(_event)
        self._waiting = self._widget.after(600, self.show)

    def show(self) -> None:
        """Say it now."""
        self._window = window = tk.Toplevel(self._widget)
        window.wm_overrideredirect(True)
        wide = font.nametofont("TkDefaultFont").measure("字" * 26)
        tk.Label(
            window,
            text=self._text(),
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
        y = self._widget.winfo_rooty() + self._widget.winfo_height() + 2
        if y + window.winfo_reqheight() > self._widget.winfo_screenheight():
            y = self._widget.winfo_rooty() - window.winfo_reqheight() - 2
        window.wm_geometry(f"+{x}+{y}")

    def hide(self, _event: object) -> None:
        """Say it no longer, and not in a while either."""
        if self._waiting:
            self._widget.after_cancel(self._waiting)
            self._waiting = ""
        if self._window is not None:
            self._window.destroy()
            self._window = None


class Words:
    """What a label says. A tkinter.Variable would call Tk when Python clears it away, in whatever thread it does that."""

    def __init__(self, label: ttk.Label) -> None:
        self._label = label

    def set(self, text: str) -> None:
        """Say something else."""
        self._label.configure(text=text)

    def get(self) -> str:
        """What is said."""
        return str(self._label.cget("text"))


class Flow(ttk.Frame):
    """Widgets beside each other, in as many rows as the width asks for."""

    def __init__(self, parent: tk.Misc, gap: int) -> None:
        super().__init__(parent, style="Inner.TFrame")
        self._gap = gap
        self.bind("<Configure>", lambda event: self.arrange(event.width))

    def arrange(self, width: int) -> None:
        """Place every child for a width in pixels, and become as tall as that takes."""
        x = y = tall = 0
        for child in self.winfo_children():
            assert isinstance(child, tk.Widget), "windows do not flow"
            wide, high = child.winfo_reqwidth(), child.winfo_reqheight()
            if x and x + wide > width:
                x, y, tall = 0, y + tall + self._gap, 0
            child.place(x=x, y=y)
            x, tall = x + wide + self._gap, max(tall, high)
        if self.winfo_reqheight() != y + tall:
            self.configure(height=y + tall)


def sharpen(root: tk.Tk) -> None:
    """Make a point as large as the desktop says. Tk asks the screen for its size, which on Linux is seldom true."""
    if sys.platform != "linux":
        return
    with suppress(tk.TclError, ValueError):
        probe = tk.Tk(className="Xft")  # the desktop's settings are those of an application of this name
        try:
            dots = float(probe.tk.call("option", "get", ".", "dpi", "Dpi"))
        finally:
            probe.destroy()
            del probe
            gc.collect()  # Tcl ends the program where another thread clears an interpreter away
        if 72 <= dots <= 480:
            root.tk.call("tk", "scaling", dots / 72)


def use_fonts(root: tk.Tk) -> font.Font:
    """Tk's fonts in a face that has Chinese, where one is known; the one of most texts."""
    there = set(font.families(root))
    family = next((name for name in _FONTS if name in there), None)
    for name in ("TkDefaultFont", "TkTextFont", "TkHeadingFont", "TkMenuFont", "TkCaptionFont", "TkTooltipFont"):
        named = font.nametofont(name, root)
        named.configure(size=10)
        if family:
            named.configure(family=family)
    font.nametofont("TkHeadingFont", root).configure(weight="bold")
    return font.nametofont("TkDefaultFont", root)


def speak_chinese(root: tk.Tk) -> None:
    """Tk's own dialogs (not those of Windows) in Chinese, where this Tk has the words."""
    with suppress(tk.TclError):
        root.tk.eval(
            "package require msgcat; ::msgcat::mclocale zh_cn; ::msgcat::mcload [file join $::tk_library msgs]"
        )


def use_style(root: tk.Tk, base: font.Font) -> None:
    """A calm look: on Windows and macOS the system's own, elsewhere light with blue; rows as tall as their text."""
    style = ttk.Style(root)
    unit = base.measure("字")
    root.option_add("*Dialog.msg.font", "TkDefaultFont")  # of the messages that Tk draws itself
    root.option_add("*Dialog.msg.wrapLength", 32 * unit)
    native = style.theme_use() not in ("default", "clam", "alt", "classic")
    if not native:
        style.theme_use("clam")
        root.configure(background=GROUND)
        style.configure(".", background=GROUND, foreground=TEXT, bordercolor=LINE, lightcolor=SHEET, darkcolor=LINE)
        style.configure("Card.TFrame", background=SHEET, bordercolor=LINE, relief="solid", borderwidth=1)
        style.configure("Inner.TFrame", background=SHEET)
        style.configure("Card.TLabel", background=SHEET)
        style.configure("Faint.TLabel", background=SHEET, foreground=FAINT)
        style.configure(
            "TButton", background=SHEET, padding=(unit // 2, unit // 4), width=-6, lightcolor=SHEET, darkcolor=SHEET
        )
        hover = [("disabled", "#f3f4f7"), ("pressed", "#d5e3f4"), ("active", "#e6eff9")]
        style.map("TButton", background=hover, foreground=[("disabled", "#9aa3af")], bordercolor=[("focus", ACCENT)])
        style.configure("Main.TButton", background=ACCENT, foreground=SHEET, lightcolor=ACCENT, darkcolor=ACCENT)
        style.configure("Main.TButton", bordercolor=ACCENT)
        style.map(
            "Main.TButton",
            background=[("disabled", "#b9c7da"), ("pressed", "#17497f"), ("active", "#2a71c2")],
            foreground=[("disabled", "#f3f6fa")],
            lightcolor=[("disabled", "#b9c7da")],
            darkcolor=[("disabled", "#b9c7da")],
            bordercolor=[("disabled", "#b9c7da"), ("focus", TEXT)],
        )
        style.configure("Treeview", background=SHEET, fieldbackground=SHEET, bordercolor=LINE, lightcolor=SHEET)
        style.map("Treeview", background=[("selected", ACCENT)], foreground=[("selected", SHEET)])
        style.configure("Treeview.Heading", background="#dde5f0", relief="flat", lightcolor="#dde5f0")
        style.map("Treeview.Heading", background=[("active", "#cfdbeb")])
        style.configure("TEntry", fieldbackground=SHEET, padding=unit // 5)
        style.map("TEntry", fieldbackground=[("readonly", "#f5f7fa")], bordercolor=[("focus", ACCENT)])
        style.configure("TSpinbox", fieldbackground=SHEET, padding=unit // 5, arrowsize=unit * 3 // 4)
        style.configure("TCombobox", fieldbackground=SHEET, padding=unit // 5, arrowsize=unit)
        style.map("TCombobox", fieldbackground=[("readonly", SHEET)], foreground=[("readonly", TEXT)])
        style.map("TCombobox", selectbackground=[("readonly", SHEET)], selectforeground=[("readonly", TEXT)])
        style.configure("Horizontal.TProgressbar", background=ACCENT, troughcolor="#dde3ec", thickness=unit)
        for name in ("TScrollbar", "Vertical.TScrollbar", "Horizontal.TScrollbar"):
            style.configure(name, background="#d3dae5", troughcolor="#f3f5f9", arrowsize=unit, gripcount=0)
            style.map(name, background=[("disabled", "#f3f5f9"), ("active", "#bfcadb")])
    style.configure("Main.TButton", padding=(unit * 3 // 4, unit // 3), font="TkHeadingFont")
    style.configure("Treeview", rowheight=base.metrics("linespace") + unit // 2)
    style.configure("Treeview.Heading", padding=(unit // 4, unit // 4))


def wrapping(label: ttk.Label) -> ttk.Label:
    """A label whose text is broken where the label ends, however wide it is."""
    label.bind("<Configure>", lambda event: label.configure(wraplength=max(event.width - 12, 1)))
    label.configure(wraplength=1 << 8)
    return label


def with_scrollbar(frame: ttk.Frame, widget: ttk.Treeview | tk.Text, across: bool = False) -> None:
    """Lay a widget out to fill a frame, with a bar to scroll it down, and one across where its columns may not fit."""
    bar = ttk.Scrollbar(frame, orient="vertical", command=widget.yview)
    widget.configure(yscrollcommand=bar.set)
    frame.columnconfigure(0, weight=1)
    frame.rowconfigure(0, weight=1)
    widget.grid(row=0, column=0, sticky="nsew")
    bar.grid(row=0, column=1, sticky="ns")
    if across:
        along = ttk.Scrollbar(frame, orient="horizontal", command=widget.xview)

        def moved(first: str, last: str) -> None:
            along.set(first, last)
            (along.grid_remove if float(first) <= 0 and float(last) >= 1 else along.grid)()

        widget.configure(xscrollcommand=moved)  # type: ignore[arg-type]  # Tk hands over texts
        along.grid(row=1, column=0, sticky="ew")


def onwards(event: tk.Event[tk.Misc]) -> str:
    """Tab leaves a text instead of going into it."""
    after = event.widget.tk_focusNext()
    if after is not None:
        after.focus_set()
    return "break"


def put(entry: ttk.Entry, text: str) -> None:
    """Have an entry say something, also one that cannot be typed into."""
    state = str(entry.cget("state"))
    entry.configure(state="normal")
    entry.delete(0, "end")
    entry.insert(0, text)
    entry.xview_moveto(1)  # a path's end says most
    entry.configure(state=state)


def filled(entry: ttk.Entry, wanting: str) -> str:
    """What was typed. Raises ValueError with `wanting` where nothing was."""
    text = entry.get().strip()
    if not text:
        raise ValueError(wanting)
    return text
