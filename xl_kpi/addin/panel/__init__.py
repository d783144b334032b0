"""The panel (`xl-kpi panel`): a window for everything that is done with saved files, without Excel and without macros.

It is what WPS, Linux desktops and offices that forbid macros use. Where Excel runs and a workbook is open in it, the
ribbon's actions on that workbook are here too. xlwings is loaded only where there may be an Excel.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

from xl_kpi.addin import actions
from xl_kpi.findings import XlKpiError, either, finding

try:
    import tkinter as tk

    from xl_kpi.addin.panel.window import Panel
except ImportError as missing:  # a Linux may keep it in a package of its own
    if (missing.name or "").partition(".")[0] not in ("tkinter", "_tkinter"):
        raise
    _why = either(
        "这个 Python 没有 tkinter。请重新安装 Python 并选上 tcl/tk（Debian、Ubuntu：安装 python3-tk）",
        "this Python has no tkinter; install it with tcl/tk (Debian, Ubuntu: python3-tk)",
    )
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
        why = either(
            f"没有可以显示窗口的桌面（{error}）。请在桌面环境中运行，或用 xl-kpi check 文件名",
            f"there is no screen ({error}); use xl-kpi check FILE",
        )
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
