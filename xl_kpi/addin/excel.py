"""The one door to xlwings; nothing else of the program imports it (import-linter and a test hold that).

On Windows xlwings, once imported, ends every EXCEL.EXE without a workbook window as Python ends (`taskkill /F`): a file
in Protected View, an Excel that is starting, one that another program runs unseen. Here nothing is ended.
"""

from __future__ import annotations

import atexit

import xlwings as xw

__all__ = ["tame", "xw"]

_ATTEMPTS = 3  # of a call that Excel rejects; without a bound xlwings asks for ever


def tame() -> None:
    """Keep xlwings from ending programs, and from asking a busy Excel for ever, which is to be told of instead."""
    windows = getattr(xw, "_xlwindows", None)
    if windows is not None:
        atexit.unregister(windows.cleanup)
        windows.N_COM_ATTEMPTS = _ATTEMPTS


tame()
