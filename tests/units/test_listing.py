"""Lists of units: every unit of an honest list is read, what is no unit is told, and what cannot be read right is refused."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from said import zh
from small_package import MAIN, OFFICE, STRICT_MAIN, STRICT_OFFICE
from zips import parts_of, zipped

from xl_kpi.findings import XlKpiError
from xl_kpi.units.listing import Unit, read_units, unit_key

Rows = list[list[object]]


def listed(tmp_path: Path, content: bytes | str, name: str = "名单.csv") -> tuple[list[Unit], list[str]]:
    """The units of a list, and what is told of it."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    told: list[str] = []
    units = read_units(path, lambda found: told.append(zh(found)))
    return units, told


def refused(tmp_path: Path, content: bytes | str, name: str = "名单.csv") -> list[str]:
    """Why a list is refused."""
    with pytest.raises(XlKpiError) as raised:
        listed(tmp_path, content, name)
    return [zh(found) for found in raised.value.findings]


def names(units: list[Unit]) -> list[str]:
    return [unit.name for unit in units]


def workbook(rows: Rows, *merges: str, formats: dict[str, str] | None = None) -> bytes:
    """A workbook with some rows, as openpyxl writes it."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    for merge in merges:
        sheet.merge_cells(merge)
    for cell, code in (formats or {}).items():
        sheet[cell].number_format = code
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


# --- rows and columns


def test_a_comma_behind_every_row_does_not_shift_the_columns(tmp_path: Path) -> None:
    units, told = listed(tmp_path, "单位名称,单位代码\n甲中心,A01,\n乙中心,A02,\n")
    assert units == [Unit("甲中心", "A01"), Unit("乙中心", "A02")]
    assert told == []


def test_a_comma_behind_the_heading_leaves_a_column_without_name(tmp_path: Path) -> None:
    units, _ = listed(tmp_path, "单位名称,单位代码,\n甲中心,A01,新增\n")
    assert units == [Unit("甲中心", "A01")]


def test_a_row_with_more_cells_than_the_heading_is_refused_with_its_number(tmp_path: Path) -> None:
    (message,) = refused(tmp_path, "单位名称,单位代码\n甲中心,A01\n乙中心,A02,新增\n")
    for words in ("第3行", "“新增”", "单位名称", "列名"):
        assert words in message


def test_a_remark_beside_a_table_of_excel_is_not_read_and_told(tmp_path: Path) -> None:
    units, told = listed(tmp_path, workbook([["单位名称"], ["甲", "新增"], ["乙"]]), "名单.xlsx")
    assert names(units) == ["甲", "乙"]
    assert told == ["单位名单 名单.xlsx 第2行：列名以外的格子里有内容，没有读"]


@pytest.mark.parametrize("heading", ["单位,单位名称", "单位名称,单位"])
def test_a_column_of_names_comes_before_one_of_units_of_measure(tmp_path: Path, heading: str) -> None:
    first = heading.startswith("单位名称")
    row = "甲中心,家" if first else "家,甲中心"
    units, _ = listed(tmp_path, f"{heading}\n{row}\n")
    assert names(units) == ["甲中心"]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    (message,) = refused(tmp_path, "单位名称,单位名称\n甲,乙\n")
    assert "2 列都叫“单位名称”" in message


def test_a_title_above_the_heading_is_passed_over(tmp_path: Path) -> None:
    units, _ = listed(tmp_path, "2024年被考核单位名单,\n序号, 单 位 名 称 *\n1,甲\n")
    assert names(units) == ["甲"]


def test_full_width_commas_are_named(tmp_path: Path) -> None:
    (message,) = refused(tmp_path, "单位名称，单位代码\n甲，A01\n")
    assert "全角逗号" in message


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters_that_programs_write_are_known(tmp_path: Path, delimiter: str) -> None:
    content = f"单位名称{delimiter}单位代码\n甲{delimiter}007\n"
    units, _ = listed(tmp_path, content.encode("utf-16" if delimiter == "\t" else "utf-8"))
    assert units == [Unit("甲", "007")]


def test_a_quote_that_is_not_closed_does_not_swallow_the_rest(tmp_path: Path) -> None:
    (message,) = refused(tmp_path, '单位名称,单位代码\n"甲,1\n乙,2\n')
    assert "引号" in message


# --- rows that are no units


def test_what_stands_below_a_list_is_told_and_is_no_unit(tmp_path: Path) -> None:
    rows = "单位名称,单位代码\n甲,1\n\n乙,2\n合 计,2\n共2家,\n填表人：张三,\n填表日期：2024年1月,\n备注：新增一家,\n"
    units, told = listed(tmp_path, rows)
    assert names(units) == ["甲", "乙"]
    for number, words in ((3, "空行"), (5, "合计"), (6, "共2家"), (7, "填表人"), (8, "填表日期"), (9, "备注")):
        assert any(f"第{number}行：" in message and words in message for message in told), (number, told)
    assert len(told) == 6
    assert "张三" not in "".join(told)


def test_a_sum_beside_the_names_is_no_unit_either(tmp_path: Path) -> None:
    units, told = listed(tmp_path, workbook([["序号", "单位名称"], [1, "甲"], ["合计", 1]]), "名单.xlsx")
    assert names(units) == ["甲"]
    assert "第3行：“合计”" in told[0]


def test_units_whose_names_are_like_such_words_are_units(tmp_path: Path) -> None:
    like = ["审核中心", "合计量器具检定所", "共青城市疾控中心", "小计生服务站", "说明书印刷厂"]
    units, told = listed(tmp_path, "单位名称\n" + "\n".join(like) + "\n")
    assert names(units) == like
    assert told == []


def test_the_heading_repeated_on_the_next_page_is_no_unit(tmp_path: Path) -> None:
    units, told = listed(tmp_path, "单位名称\n甲\n单位名称\n乙\n")
    assert names(units) == ["甲", "乙"]
    assert "第3行" in told[0]


def test_empty_rows_are_named_together(tmp_path: Path) -> None:
    _, told = listed(tmp_path, "单位名称\n甲\n\n\n乙\n")
    assert told == ["单位名单 名单.csv 第3、4行：空行，跳过"]


# --- what stands in a cell


@pytest.mark.parametrize("name", ["NA", "null", "None", "nan", "N/A", "-", "TRUE院", "1.0"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_name_is_taken_for_nothing(tmp_path: Path, name: str, kind: str) -> None:
    content = f"单位名称\n{name}\n".encode() if kind == "csv" else workbook([["单位名称"], [name]])
    units, _ = listed(tmp_path, content, f"名单.{kind}")
    assert names(units) == [name]


def test_numbers_are_codes_as_they_show(tmp_path: Path) -> None:
    rows: Rows = [["单位名称", "单位代码"], ["甲", 7], ["乙", 370400123456], ["丙", 12]]
    units, _ = listed(tmp_path, workbook(rows, formats={"B2": "000"}), "名单.xlsx")
    assert [unit.code for unit in units] == ["007", "370400123456", "12"]


def test_characters_that_do_not_show_are_removed_and_told(tmp_path: Path) -> None:
    units, told = listed(tmp_path, "\ufeff单位名称\n甲\u200b中心\n\u202a乙中心\u202c\n丙\u3000中心\n")
    assert names(units) == ["甲中心", "乙中心", "丙 中心"]
    assert told == ["单位名单 名单.csv 第2、3行：去掉了看不见的字符"]


# --- levels


def test_a_merged_level_holds_for_every_row_of_it(tmp_path: Path) -> None:
    rows: Rows = [["层级", "单位名称"], ["市", "甲"], [None, "乙"], ["县级", "丙"], [None, "丁"], [None, "戊"]]
    units, told = listed(tmp_path, workbook(rows, "A2:A3", "A4:A6"), "名单.xlsx")
    assert [(unit.name, unit.level) for unit in units] == [
        ("甲", "市"), ("乙", "市"), ("丙", "县"), ("丁", "县"), ("戊", "县"),
    ]  # fmt: skip
    assert ["第2、3行" in told[0], "第4、5、6行" in told[1]] == [True, True]


def test_rows_without_the_level_that_others_have_are_named(tmp_path: Path) -> None:
    units, told = listed(tmp_path, "层级,单位名称\n市,甲\n,乙\n,丙\n")
    assert [unit.level for unit in units] == ["市", None, None]
    (message,) = told
    for words in ("第3、4行", "层级", "--level"):
        assert words in message


def test_a_name_merged_over_two_rows_is_one_unit(tmp_path: Path) -> None:
    rows: Rows = [["单位名称", "联系人"], ["甲", "张"], [None, "李"], ["乙", "王"]]
    units, told = listed(tmp_path, workbook(rows, "A2:A3"), "名单.xlsx")
    assert names(units) == ["甲", "乙"]
    assert "第3行" in told[0]
    assert "第2行" in told[0]


# --- one key for a unit


@pytest.mark.parametrize(
    "other",
    ["枣庄市立医院(东院)", "枣庄市立医院 （东院）", "枣庄市立医院\u3000(东院）", "枣庄市立医院（\u200b东院）"],
)
def test_brackets_spaces_and_what_does_not_show_do_not_make_another_unit(tmp_path: Path, other: str) -> None:
    assert unit_key("枣庄市立医院（东院）") == unit_key(other)
    (message,) = refused(tmp_path, f"单位名称\n枣庄市立医院（东院）\n{other}\n")
    assert "第3行" in message
    assert "第2行重复" in message


def test_other_units_have_other_keys() -> None:
    assert len({unit_key(name) for name in ("枣庄市立医院", "枣庄市立医院（东院）", "枣庄市立医院（西院）")}) == 3


# --- workbooks that other readers stumble over


ROWS: Rows = [["单位名称", "单位代码", "成立日期"], ["甲", "007", 44865]]


def spoilt(old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The list with some XML written otherwise."""
    parts = parts_of(workbook(ROWS))
    text = parts[part].decode()
    assert old in text
    parts[part] = text.replace(old, new).encode()
    return zipped(parts)


def test_a_strict_workbook_is_read(tmp_path: Path) -> None:
    parts = parts_of(workbook(ROWS))
    strict = {
        name: content.replace(MAIN.encode(), STRICT_MAIN.encode()).replace(OFFICE.encode(), STRICT_OFFICE.encode())
        for name, content in parts.items()
    }
    assert strict != parts
    units, _ = listed(tmp_path, zipped(strict), "名单.xlsx")
    assert units == [Unit("甲", "007")]


def test_dates_in_any_form_do_not_matter(tmp_path: Path) -> None:
    for value in ("2022-10-31T00:00:00Z", "2022/10/31", "二〇二二年"):
        content = spoilt('<c r="C2" t="n"><v>44865</v></c>', f'<c r="C2" t="d"><v>{value}</v></c>')
        units, _ = listed(tmp_path, content, "名单.xlsx")
        assert units == [Unit("甲", "007")]


def test_styles_that_make_no_sense_do_not_matter(tmp_path: Path) -> None:
    content = spoilt("<cellXfs", '<cellXfs bad="1"><xf numFmtId="x"/></cellXfs><cellXfs2', "xl/styles.xml")
    parts = parts_of(content)
    parts["xl/styles.xml"] = (
        parts["xl/styles.xml"].replace(b"</cellXfs>", b"</cellXfs2>").replace(b'x"/></cellXfs2>', b'x"/></cellXfs>')
    )
    units, _ = listed(tmp_path, zipped(parts), "名单.xlsx")
    assert units == [Unit("甲", "007")]


def test_the_first_sheet_with_anything_on_it_is_read_and_the_others_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, name in (("名单", "甲"), ("去年", "乙")):
        sheet = book.create_sheet(title)
        sheet.append(["单位名称"])
        sheet.append([name])
    buffer = io.BytesIO()
    book.save(buffer)
    units, told = listed(tmp_path, buffer.getvalue(), "名单.xlsx")
    assert names(units) == ["甲"]
    assert told == ["单位名单 名单.xlsx：只读了工作表“名单”，没有读：去年"]


def test_rows_hidden_by_a_filter_are_units_all_the_same_and_told(tmp_path: Path) -> None:
    content = spoilt('<row r="2"', '<row r="2" hidden="1"')
    units, told = listed(tmp_path, content, "名单.xlsx")
    assert names(units) == ["甲"]
    assert told == ["单位名单 名单.xlsx 第2行：隐藏的行，也算在内"]


def test_a_workbook_under_the_name_of_a_csv_is_read_as_what_it_is(tmp_path: Path) -> None:
    assert names(listed(tmp_path, workbook(ROWS), "名单.csv")[0]) == ["甲"]


def test_what_is_no_list_is_refused_by_what_it_is(tmp_path: Path) -> None:
    (message,) = refused(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "名单.xls")
    assert "名单.xls" in message
    (message,) = refused(tmp_path, "单位名称\n甲\n", "名单.xlsx")
    assert "名单.xlsx" in message
    assert "openpyxl" not in message


def test_a_list_of_very_many_rows_is_refused_before_it_takes_long(tmp_path: Path) -> None:
    (message,) = refused(tmp_path, "单位名称\n" + "甲\n" * 100_001)
    assert "100000 行" in message
