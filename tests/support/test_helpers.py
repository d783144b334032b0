"""The helpers these tests lean on: a checker that finds nothing must not be one that sees nothing."""

from __future__ import annotations

from xml.etree import ElementTree

import ecma376
import pytest
from opened import number_of, opened, square


def test_columns_are_counted_as_excel_counts_them() -> None:
    assert [number_of(column) for column in ("A", "Z", "AA", "XFD")] == [1, 26, 27, 16384]
    assert square("$B$2:AA10") == (2, 2, 10, 27)


@pytest.mark.parametrize(
    ("before", "after", "breach"),
    [
        (b"<pageMargins", b"<pageMargins colour='red'", "<pageMargins> has an unknown attribute colour"),
        (b'fitToWidth="1"', b'fitToWidth="wide"', "<pageSetup fitToWidth='wide'> is not of its type"),
        (b"<sheetData>", b"<sheetData><c r='A1'/>", "<sheetData> may not hold <c>"),
        (b"<sheetData>", b"<mergeCells/><sheetData>", "<sheetData> stands too late in <worksheet>"),
        (b"<printOptions", b"<printOptions/><printOptions", "<worksheet> holds <printOptions> twice"),
        (b"<sheetData>", b"<sheetData><sparkline/>", "<sparkline> is not described"),
        (b' defaultRowHeight="15"', b"", "<sheetFormatPr> lacks defaultRowHeight"),
        (b"sheetData", b"extLst", "<worksheet> lacks <sheetData>"),
    ],
)
def test_the_checker_of_parts_sees_what_is_wrong(before: bytes, after: bytes, breach: str) -> None:
    sheet = opened("small").parts["xl/worksheets/sheet1.xml"]
    assert before in sheet
    wrong = ElementTree.fromstring(sheet.replace(before, after))
    assert breach in list(ecma376.breaches(wrong, ecma376.WORKSHEET))
    assert list(ecma376.breaches(ElementTree.fromstring(sheet), ecma376.WORKSHEET)) == []
