"""What the tests of the recalculation engines share."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from xl_kpi.engines import libreoffice


@pytest.fixture(scope="session")
def build() -> Callable[..., bytes]:
    """``build({"汇总": {"A1": 1, "B1": "=A1*2"}}, {"总分": "汇总!$B$1"})``: the bytes of that workbook.

    As openpyxl writes them: no formula has a cached value.
    """

    def built(sheets: Mapping[str, Mapping[str, object]], names: Mapping[str, str] | None = None) -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, cells in sheets.items():
            sheet = book.create_sheet(title)
            for address, value in cells.items():
                sheet[address] = value
        for name, reference in (names or {}).items():
            book.defined_names[name] = DefinedName(name, attr_text=reference)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    return built


@pytest.fixture(scope="session")
def libreoffice_installed() -> None:
    """Skips where there is no LibreOffice, except in CI: there it must not go unnoticed."""
    if not libreoffice.available():
        if os.environ.get("CI"):
            pytest.fail("CI 环境中必须安装 LibreOffice（soffice）")
        pytest.skip("没有安装 LibreOffice（soffice），跳过用它重算的测试")
