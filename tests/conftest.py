"""What tests of every part share: the recalculation engines by name."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from xl_kpi import engines
from xl_kpi.engines import libreoffice
from xl_kpi.engines.base import Engine


@pytest.fixture(scope="session")
def engine_named() -> Callable[[str], Engine]:
    """The engine of a name, imported only now; skips for LibreOffice where there is none, but fails in CI."""

    def engine(name: str) -> Engine:
        if name == "libreoffice" and not libreoffice.available():
            if os.environ.get("CI"):
                pytest.fail("CI 环境中必须安装 LibreOffice（soffice）")
            pytest.skip("没有安装 LibreOffice（soffice），跳过用它重算的测试")
        return engines.named(name)

    return engine


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many values the tests of agreement compared, over all processes."""
    totals: dict[str, int] = {}
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, value in report.user_properties:
            if name in ("workbooks compared", "values compared", "disagreements"):
                totals[name] = totals.get(name, 0) + int(value)
    if totals:
        said = ", ".join(f"{value:,} {name}" for name, value in totals.items())
        terminalreporter.write_line(f"workbooks against the scorer: {said}")
