"""Tables of results as .xlsx: texts stay texts, whatever a unit typed."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from xl_kpi.xlsx.markup import parse_xml
from xl_kpi.xlsx.table import Column, workbook

COLUMNS = (Column("文件", 14), Column("总分", 4, "number"), Column("得分率", 4, "percent"))
LIVE = ["=1+1", "+1", "-1", "@SUM(1)", "＝1", "'=1", '=HYPERLINK("http://a")', "=cmd|'/c calc'!A1", "\t=1"]


def read(package: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(package)).worksheets[0].iter_rows(values_only=True))


def test_values_come_back_as_they_went_in() -> None:
    rows = [("甲 & <乙>", 301.41, 0.753525), ("  空格  ", None, None), ("", 0.0, 1.0)]
    assert read(workbook("结果", COLUMNS, rows)) == [
        ("文件", "总分", "得分率"),
        ("甲 & <乙>", 301.41, 0.753525),
        ("  空格  ", None, None),
        (None, 0, 1),
    ]


@pytest.mark.parametrize("text", LIVE)
def test_no_text_is_live(text: str) -> None:
    package = workbook("结果", COLUMNS, [(text, None, None)])
    sheet = openpyxl.load_workbook(io.BytesIO(package)).worksheets[0]
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value == text.replace("\t", " ")
    assert sheet["A2"].number_format == "@"
    assert sheet["A2"].quotePrefix  # Excel does not take it for a formula when somebody edits the cell
    with zipfile.ZipFile(io.BytesIO(package)) as parts:
        assert b"<f" not in parts.read("xl/worksheets/sheet1.xml")
        assert b"hyperlink" not in parts.read("xl/worksheets/sheet1.xml").lower()


def test_what_is_not_seen_shows_and_what_excel_would_decode_stays() -> None:
    rows = [("\u202egnp.exe", None, None), ("_x0041_", None, None), ("a\x00b\nc", None, None), ("\ud800", None, None)]
    assert [row[0] for row in read(workbook("结果", COLUMNS, rows))[1:]] == [
        "\\u202egnp.exe",
        "_x0041_",
        "a\\x00b c",
        "\\ud800",
    ]
    with zipfile.ZipFile(io.BytesIO(workbook("结果", COLUMNS, rows))) as parts:
        strings = parse_xml(parts.read("xl/sharedStrings.xml"))
    assert [item[0].text for item in strings][4] == "_x005F_x0041_"  # ECMA-376 part 1, 22.9.2.19


def test_a_text_is_cut_at_what_a_cell_holds() -> None:
    assert len(str(read(workbook("结果", COLUMNS, [("长" * 40_000, None, None)]))[1][0])) == 32_767


def test_the_same_table_gives_the_same_bytes() -> None:
    rows = [("甲", 1.0, 0.5)]
    assert workbook("结果", COLUMNS, rows) == workbook("结果", COLUMNS, rows)


def test_an_empty_table_has_its_headings() -> None:
    assert read(workbook("结果", COLUMNS, [])) == [("文件", "总分", "得分率")]
