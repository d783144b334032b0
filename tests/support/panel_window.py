"""The panel's window in tests: waiting for its work, its lists, and the dialogs that Tk draws itself."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from tkinter import ttk

from desk import Official

from xl_kpi.addin import actions, panel
from xl_kpi.addin.actions import Action

_LONGEST = 120  # seconds until a test gives up


@contextlib.contextmanager
def opened_window(official: Official | None = None) -> Iterator[panel.Panel]:
    """The panel, in front. When it is gone, nothing of it is left to other threads, and no process to the system."""
    root = tk.Tk()
    shown = panel.Panel(root, official)
    root.geometry("+0+0")
    root.update()
    root.focus_force()
    root.update()
    try:
        yield shown
    finally:
        shown.stop()
        with contextlib.suppress(tk.TclError):  # closed by the test
            finish(shown)
            root.destroy()
        del shown, root
        gc.collect()
        assert multiprocessing.active_children() == []


def button(inside: tk.Misc, text: str) -> ttk.Button:
    """The button with this text, however deep it stands."""
    waiting = list(inside.winfo_children())
    for widget in waiting:
        if isinstance(widget, ttk.Button) and widget.cget("text") == text:
            return widget
        waiting += widget.winfo_children()
    raise LookupError(text)


def wait(window: panel.Panel, until: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    end = time.monotonic() + _LONGEST
    while not until():
        assert time.monotonic() < end, "it did not come to that"
        window.root.update()
        time.sleep(0.01)


def finish(window: panel.Panel) -> None:
    """Let the window live until its work is done, and what came of it shown."""
    wait(window, lambda: window.job is None)
    window.root.update()


def action(name: str) -> Action:
    return next(each for each in actions.ACTIONS if each.name == name)


def do(window: panel.Panel, name: str, **answers: object) -> None:
    """Do an action with these answers, as its form hands them over, and wait for the end."""
    window.run(action(name), answers)
    finish(window)


def lines(tree: ttk.Treeview) -> list[tuple[str, ...]]:
    """What a list shows."""
    return [tuple(map(str, tree.item(row, "values"))) for row in tree.get_children()]


def said(window: panel.Panel) -> str:
    return str(window.results.headline.cget("text"))


def choose(tree: ttk.Treeview, number: int) -> None:
    """Select a line."""
    tree.selection_set(tree.get_children()[number])
    tree.update()


def double_click(tree: ttk.Treeview, number: int) -> None:
    """Twice on a line; to Tk, soon after another double click, that is a third and a fourth click, each a double one."""
    row = tree.get_children()[number]
    tree.see(row)
    tree.update()
    x, y, _, height = tree.bbox(row)
    for event in ("<ButtonPress-1>", "<ButtonRelease-1>") * 2:
        tree.event_generate(event, x=x + 10, y=y + height // 2)
    tree.update()


def answered(window: panel.Panel, typed: str, ask: Callable[[], object]) -> object:
    """What is got when in the dialog that this opens, one of those that Tk draws itself, somebody types that and Enter."""
    call = window.root.tk.call
    tries = 0

    def type_in() -> None:
        nonlocal tries
        tries += 1
        open_now = [
            str(child)
            for above in (".", *map(str, window.root.winfo_children()))
            for child in window.root.tk.splitlist(call("winfo", "children", above))
            if "__tk_" in str(child) and int(call("winfo", "viewable", child))
        ]
        if open_now:
            entry = f"{open_now[0]}.contents.f2.ent"
            call(entry, "delete", 0, "end")
            call(entry, "insert", 0, typed)
            # That for folders takes a second one, as it goes into the folder first.
            call(f"{open_now[0]}.contents.f2.{'ok' if tries < 200 else 'cancel'}", "invoke")
        if tries < 200 and not (tries > 1 and got):
            window.root.after(20, type_in)

    got: list[object] = []
    window.root.after(20, type_in)
    got.append(ask())
    return got[0]


def opener(folder: Path, code: int = 0) -> Path:
    """Puts a program into a folder that stands for xdg-open: it writes down what it is to open. Where that is."""
    written = folder / "opened.txt"
    program = folder / "xdg-open"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{written}"\nexit {code}\n', encoding="utf-8")
    program.chmod(0o755)
    return written
