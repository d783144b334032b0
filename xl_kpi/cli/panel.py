"""`xl-kpi panel`: the window for saved files and for the workbook open in Excel."""

from __future__ import annotations

from xl_kpi.cli.screen import CLEAN


def run() -> int:
    """Show it until it is closed."""
    from xl_kpi.addin import panel  # which says what is missing where no window can be shown

    panel.show()
    return CLEAN
