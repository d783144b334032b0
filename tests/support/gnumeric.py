"""Gnumeric as a judge of numbers: a spreadsheet program that shares no code with Excel, LibreOffice or us.

Its `ssconvert` takes one file at a time and half a second for it; two run at once. Each has a home of its own, so that
nobody's settings count, and is gone when the call returns.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from xl_kpi.engines.base import RecalculationError, Value, cached_values, formula_cells

_LIMIT = 120.0  # seconds for one workbook, on a machine that does much else


def need() -> Gnumeric:
    """Gnumeric; skips where there is none, but fails in CI."""
    program = shutil.which("ssconvert")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI 环境中必须安装 Gnumeric（ssconvert）")
        pytest.skip("没有安装 Gnumeric（ssconvert），跳过用它重算的测试")
    return Gnumeric(program)


class Gnumeric:
    """`xl_kpi.engines.base.Engine` on an installed Gnumeric."""

    name = "gnumeric"

    def __init__(self, program: str) -> None:
        self._program = program

    def recalculate(self, workbooks: Sequence[bytes]) -> list[dict[str, Value]]:
        """As `Engine.recalculate`."""
        with tempfile.TemporaryDirectory(prefix="xl-kpi-") as scratch, ThreadPoolExecutor(2) as two:
            folder = Path(scratch)
            return list(two.map(lambda found: self._one(folder, *found), enumerate(workbooks)))

    def _one(self, folder: Path, index: int, workbook: bytes) -> dict[str, Value]:
        given, made = folder / f"{index}.xlsx", folder / f"{index}-out.xlsx"
        given.write_bytes(workbook)
        environment = os.environ | {"HOME": str(folder), "LC_ALL": "C.UTF-8"}
        command = [
            self._program,
            "--recalc",
            "--import-type=Gnumeric_Excel:xlsx",
            "--export-type=Gnumeric_Excel:xlsx2",
            str(given),
            str(made),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_LIMIT, check=False)
        if done.returncode or not made.exists():
            raise RecalculationError(self.name, done.stderr.decode(errors="replace"), index=index)
        values = cached_values(made.read_bytes())
        return {address: _fifteen_digits(values.get(address)) for address in formula_cells(workbook)}


def _fifteen_digits(value: Value) -> Value:
    """A text with the numbers in it as Excel and LibreOffice join them: Gnumeric writes all digits it has, 3.9592000000000000001."""
    if not isinstance(value, str):
        return value
    return re.sub(r"\d+\.\d{14,}", lambda found: f"{float(found[0]):.15g}", value)
