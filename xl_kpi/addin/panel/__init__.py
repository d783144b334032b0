"""The panel (`xl-kpi panel`): a window for everything that is done with saved files, without Excel and without macros.

It is what WPS, Linux desktops and offices that forbid macros use. Where Excel runs and a workbook is open in it, the
ribbon's actions on that workbook are here too. xlwings is loaded only where there may be an Excel.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

from xl_kpi.addin import actions
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.report.language import worded
from xl_kpi.words import said

try:
    import tkinter as tk

    from xl_kpi.addin.panel.window import Panel
except ImportError as missing:  # a Linux may keep it in a package of its own
    if (missing.name or "").partition(".")[0] not in ("tkinter", "_tkinter"):
        raise
    _why = worded("panel.no-tkinter")
    raise XlKpiError(finding("executor", where="xl-kpi panel", why=_why)) from None

__all__ = ["Panel", "show"]


def show() -> None:
    """Open the panel and stay until it is closed. Raises XlKpiError where there is no screen."""
    if sys.platform == "win32":
        import ctypes

        with suppress(AttributeError, OSError):  # Windows 8.1 and later: else Windows enlarges it, blurred
            ctypes.OleDLL("shcore").SetProcessDpiAwareness(1)
    try:
        root = tk.Tk()
    except tk.TclError as error:
        why = said("panel.no-screen", error=str(error))
        raise XlKpiError(finding("executor", where="xl-kpi panel", why=why)) from None
    panel = Panel(root)
    threading.Thread(target=_warm, daemon=True).start()
    try:
        root.mainloop()
    finally:
        panel.stop()


def _warm() -> None:
    """Read the schemes while the official looks at the window: that takes a second, and the first form needs them."""
    with suppress(XlKpiError):  # which will be told when they are asked for
        actions.titles()
