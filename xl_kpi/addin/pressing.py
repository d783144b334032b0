"""Buttons and keys pressed by a program, for a self-test that nobody attends."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from xl_kpi.addin import TITLE

_WM_COMMAND, _WM_KEYDOWN, _ESCAPE = 0x111, 0x100, 0x1B
_TRIES = 100  # ten seconds for a box to come up


@contextmanager
def pressed(button: int, attended: bool) -> Iterator[None]:
    """Somebody presses that button of the box that comes up meanwhile: the person who is there, or else we."""
    if attended:
        yield
        return
    done = threading.Event()
    presser = threading.Thread(target=_press, args=(button, done), daemon=True)
    presser.start()
    try:
        yield
    finally:
        done.set()
        presser.join()


def escape(window: int) -> None:
    """Esc for a window: it ends the editing of a cell."""
    _user32().PostMessageW(window, _WM_KEYDOWN, _ESCAPE, 0)


def _press(button: int, done: threading.Event) -> None:
    user32 = _user32()
    for _ in range(_TRIES):
        box = user32.FindWindowW("#32770", TITLE)  # the class of every message box
        if box:
            user32.PostMessageW(box, _WM_COMMAND, button, 0)
        if done.wait(0.1):
            return


def _user32() -> Any:
    return getattr(ctypes, "WinDLL")("user32")  # noqa: B009 - ctypes of other systems has no such attribute
