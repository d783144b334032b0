"""The package that ``formualizer`` gives back: brought up to date, and otherwise untouched."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from zips import parts_of

from xl_kpi.engines.base import RecalculationError
from xl_kpi.engines.formualizer import recalculated_package

Build = Callable[..., bytes]  # see conftest.py


@pytest.fixture(scope="module")
def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "数据填报"
    sheet["A1"] = "是"
    sheet["A1"].font = Font(name="仿宋", bold=True)
    sheet["B1"] = 0.285
    sheet["C1"] = '=IF(A1="是",ROUND(B1*100,0),"未填")'
    sheet["C2"] = '=IF(A2="","",A2)'
    sheet["C3"] = "=C1>20"
    sheet.merge_cells("D1:E2")
    validation = DataValidation("list", formula1='"是,否"', allow_blank=True)
    validation.add("A1")
    sheet.add_data_validation(validation)
    sheet.protection.enable()
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def without_cached_values(sheet: bytes) -> bytes:
    """Formula cells less their type and value; the rest as it stands."""
    return re.sub(rb'<c ([^>]*?)(?: t="\w+")?>(<f>.*?</f>)(?:<v\s*/>|<v\s*>.*?</v>)?</c>', rb"<c \1>\2</c>", sheet)


def test_a_previewer_finds_the_values(workbook: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(recalculated_package(workbook)), data_only=True)
    sheet = book["数据填报"]
    assert sheet["C1"].value == 29
    assert sheet["C3"].value is True
    assert (sheet["C2"].value or "") == ""


def test_formulas_stay(workbook: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(recalculated_package(workbook)))
    assert book["数据填报"]["C1"].value == '=IF(A1="是",ROUND(B1*100,0),"未填")'


def test_nothing_but_cached_values_changes(workbook: bytes) -> None:
    before, after = parts_of(workbook), parts_of(recalculated_package(workbook))
    sheet = "xl/worksheets/sheet1.xml"
    assert list(before) == list(after)
    assert {n: t for n, t in before.items() if n != sheet} == {n: t for n, t in after.items() if n != sheet}
    assert before[sheet] != after[sheet]
    assert without_cached_values(before[sheet]) == without_cached_values(after[sheet])


def test_is_deterministic_and_settled(workbook: bytes) -> None:
    once = recalculated_package(workbook)
    assert recalculated_package(workbook) == once
    assert parts_of(recalculated_package(once)) == parts_of(once)


@pytest.mark.parametrize("workbook_bytes", [b"", b"PK\x05\x06" + bytes(18), b"<html></html>"])
def test_says_what_it_cannot_read(workbook_bytes: bytes) -> None:
    with pytest.raises(RecalculationError, match="formualizer"):
        recalculated_package(workbook_bytes)


def test_refuses_a_circular_reference(build: Build) -> None:
    with pytest.raises(RecalculationError, match="CIRC"):
        recalculated_package(build({"表": {"A1": "=A2", "A2": "=A1"}}))
