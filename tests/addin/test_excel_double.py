"""The stand-in for Excel against what is known of Excel, pywin32 and xlwings 0.37.8, so that tests may rest on it."""

from __future__ import annotations

import ctypes
import datetime
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import xlwings as xw
from fake_excel import CALL_REJECTED, CELL_EDITING, CELL_EDITING_BARE, Desktop, called_from, installed
from fake_excel.com import ComError
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Protection
from pyopenvba.exceptions import VBAUnsupportedError

from xl_kpi import api

pytestmark = pytest.mark.xdist_group("addin")

SERIAL_OF_30_SEPTEMBER_2022 = 44834


@pytest.fixture
def sheet(excel: Desktop) -> xw.Sheet:
    """The sheet of a new, unsaved book."""
    return xw.App().books[0].sheets[0]


def saved(path: Path, **cells: Any) -> Path:
    """A workbook with one sheet that has these cells, written by openpyxl."""
    book = Workbook()
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return path


# --- values


def test_values_come_out_as_xlwings_gives_them(sheet: xw.Sheet) -> None:
    day = datetime.datetime(2022, 9, 30, 8, 30)
    sheet["A1:D2"].raw_value = [[1, "文字", True, day], ["", '=""', "=1/0", "=NA()"]]
    read = sheet["A1:D2"].options(ndim=2, err_to_str=True).value
    assert read == [[1.0, "文字", True, day], [None, None, "#DIV/0!", "#N/A"]]
    assert type(read[0][0]) is float  # a cell holds no integers
    assert sheet["C2:D2"].value == [None, None]  # an error without err_to_str


def test_raw_values_come_out_as_com_gives_them(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].raw_value = [["", datetime.datetime(2022, 9, 30)], ['=""', "=1/0"]]
    (blank, day), (empty_text, error) = sheet["A1:B2"].raw_value
    assert (blank, empty_text, error) == (None, "", -2146826281)
    assert day == datetime.datetime(2022, 9, 30, tzinfo=datetime.UTC)
    assert sheet["B1"].api.Value2 == float(SERIAL_OF_30_SEPTEMBER_2022)


def test_a_single_cell_is_no_block(sheet: xw.Sheet) -> None:
    assert (sheet.used_range.address, sheet.used_range.raw_value, sheet.used_range.formula) == ("$A$1", None, "")
    sheet["A1"].value = 2
    assert (sheet.used_range.raw_value, sheet.used_range.formula) == (2.0, "2")


def test_formulas_are_text_and_begin_with_their_equals_sign(sheet: xw.Sheet) -> None:
    sheet["A1:B2"].raw_value = [[1.5, "文字"], ["=A1*2", ""]]
    assert sheet["A1:B2"].formula == (("1.5", "文字"), ("=A1*2", ""))


def test_what_is_written_is_typed_in_unless_the_cell_is_text_or_an_apostrophe_comes_first(sheet: xw.Sheet) -> None:
    typed = [["91.5", "95%", "=1+1", "'=1+1", "'91.5"]]
    sheet["A1:E1"].raw_value = typed
    assert sheet["A1:E1"].value == [91.5, 0.95, 2.0, "=1+1", "91.5"]
    sheet["A2:C2"].number_format = "@"
    sheet["A2:C2"].raw_value = [row[:3] for row in typed]
    assert sheet["A2:C2"].value == ["91.5", "95%", "=1+1"]


def test_formats_links_notes_and_the_selection_are_kept(sheet: xw.Sheet) -> None:
    cell = sheet["B2"]
    assert (cell.color, cell.note, sheet.book.app.selection.address) == (None, None, "$A$1")
    cell.color = (255, 192, 0)
    cell.number_format = "0.00"
    cell.api.Hyperlinks.Add(Anchor=cell.api, Address="", SubAddress="'Sheet1'!A1", TextToDisplay="去填报")
    cell.add_note("应为 0 到 100")
    cell.select()
    assert (cell.color, cell.number_format, cell.value) == ((255, 192, 0), "0.00", "去填报")
    assert (cell.api.Hyperlinks(1).SubAddress, cell.note.text) == ("'Sheet1'!A1", "应为 0 到 100")
    assert sheet.book.app.selection.address == "$B$2"
    cell.color = None
    cell.note.delete()
    assert (cell.color, cell.note) == (None, None)


# --- protection


@pytest.fixture
def protected(excel: Desktop, tmp_path: Path) -> xw.Sheet:
    """A sheet protected with the password mima: A1 is locked, B1 is not, A2 has a formula."""
    book = Workbook()
    book.active["A1"], book.active["B1"], book.active["A2"] = "表头", 1, "=B1*2"
    book.active["B1"].protection = Protection(locked=False)
    book.active.protection.set_password("mima")
    book.save(tmp_path / "protected.xlsx")
    return xw.Book(str(tmp_path / "protected.xlsx")).sheets[0]


def test_a_locked_cell_of_a_protected_sheet_is_not_written(protected: xw.Sheet) -> None:
    with pytest.raises(ComError, match="protected sheet") as refused:
        protected["A1"].value = "改"
    assert refused.value.hresult == -2147352567
    assert refused.value.excepinfo[5] == -2146827284  # 0x800A03EC, on which xlwings does not try again
    assert protected["A1"].value == "表头"


def test_an_unlocked_cell_is_written_but_not_formatted(protected: xw.Sheet) -> None:
    protected["B1"].value = 21
    assert protected["A2"].value == 42.0
    link = {"Anchor": protected["B1"].api, "Address": "", "SubAddress": "A1"}
    with pytest.raises(ComError):
        protected["B1"].color = (255, 0, 0)
    with pytest.raises(ComError):
        protected["B1"].number_format = "@"
    with pytest.raises(ComError):
        protected["B1"].api.Hyperlinks.Add(**link)


def test_protection_ends_with_its_password_only(protected: xw.Sheet) -> None:
    assert protected.api.ProtectContents is True
    with pytest.raises(ComError):
        protected.api.Unprotect("guess")
    protected.api.Unprotect("mima")
    protected["A1"].value = "改"
    assert (protected.api.ProtectContents, protected["A1"].value) == (False, "改")
    protected.api.Protect("mima")
    with pytest.raises(ComError):
        protected["A1"].value = "又改"


# --- the application


def test_settings_of_excel_are_read_set_and_put_back_after_an_error(sheet: xw.Sheet) -> None:
    app = sheet.book.app
    during = {"screen_updating": False, "calculation": "manual", "enable_events": False, "status_bar": "正在核对"}
    before = {name: getattr(app, name) for name in during}
    assert before == {"screen_updating": True, "calculation": "automatic", "enable_events": True, "status_bar": False}

    def fails() -> None:
        with app.properties(**during):
            assert {name: getattr(app, name) for name in during} == during
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert {name: getattr(app, name) for name in during} == before


def test_under_manual_calculation_values_are_stale_until_calculated(sheet: xw.Sheet) -> None:
    sheet["A1:A2"].raw_value = [[1], ["=A1*10"]]
    sheet.book.app.calculation = "manual"
    sheet["A1"].value = 2
    assert sheet["A2"].value == 10
    sheet.book.app.calculate()
    assert sheet["A2"].value == 20


def test_a_message_box_is_noted_and_answered(excel: Desktop, sheet: xw.Sheet) -> None:
    app, question = sheet.book.app, "还有 3 项未填，仍要导出吗？"
    assert app.alert(question, "绩效考核", "yes_no", "critical") == "no"
    excel.person.yes = True
    assert app.alert(question, "绩效考核", "yes_no", "critical") == "yes"
    assert app.alert("好", "绩效考核", mode="info") == "ok"
    assert [(box.title, box.text, box.icon, box.question) for box in excel.person.boxes] == [
        ("绩效考核", question, "warning", True),
        ("绩效考核", question, "warning", True),
        ("绩效考核", "好", "information", False),
    ]


def test_xlwings_knows_two_kinds_of_message_and_no_other(sheet: xw.Sheet) -> None:
    with pytest.raises(KeyError):
        sheet.book.app.alert("注意", "绩效考核", mode="exclamation")


def test_dialogs_for_a_file_a_folder_and_a_line_are_answered(excel: Desktop, sheet: xw.Sheet) -> None:
    api = sheet.book.app.api
    asked = lambda: (api.GetOpenFilename("名单 (*.csv),*.csv", 1, "选择"), api.InputBox("哪个？", "绩效考核", "甲"))  # noqa: E731
    assert asked() == (False, "甲")
    excel.person.file, excel.person.typed = "单位.csv", None
    assert asked() == ("单位.csv", False)
    dialog = api.FileDialog(4)
    dialog.Title = "存到哪里？"
    assert (dialog.Title, dialog.Show()) == ("存到哪里？", 0)
    excel.person.folder = "上报"
    assert (dialog.Show(), dialog.SelectedItems(1)) == (-1, "上报")
    assert [kind for kind, _ in excel.person.asked] == ["file", "text", "file", "text", "folder", "folder"]


# --- books


def test_several_books_and_excels_are_told_apart(excel: Desktop, tmp_path: Path) -> None:
    first = xw.Book(str(saved(tmp_path / "甲 乙.xlsx", A1="甲")))
    second = xw.Book(str(saved(tmp_path / "it's.xlsx", A1="乙")))
    assert len(excel.instances) == 1
    assert (xw.books.active.name, [book.name for book in xw.books]) == ("it's.xlsx", ["甲 乙.xlsx", "it's.xlsx"])
    first.activate()
    assert xw.books.active.name == "甲 乙.xlsx"
    third = xw.App().books.open(saved(tmp_path / "三.xlsx", A1="丙"))
    assert (len(xw.apps), xw.books.active.name) == (2, "三.xlsx")
    assert [book.sheets[0]["A1"].value for book in (first, second, third)] == ["甲", "乙", "丙"]
    with pytest.raises(KeyError):
        first.app.books["三.xlsx"]
    third.app.quit()
    assert (len(xw.apps), xw.books.active.name) == (1, "甲 乙.xlsx")


def test_the_caller_is_found_by_name_among_the_open_books(excel: Desktop, tmp_path: Path) -> None:
    caller = xw.Book(str(saved(tmp_path / "甲 it's.xlsx", A1="甲")))
    other = xw.Book(str(saved(tmp_path / "乙.xlsx", A1="乙")))
    with called_from(caller):
        assert xw.Book.caller().sheets[0]["A1"].value == "甲"
    with called_from(other):
        assert xw.Book.caller().sheets[0]["A1"].value == "乙"
    with pytest.raises(Exception, match="must not be called directly"):
        xw.Book.caller()


def test_xlwings_does_not_find_a_caller_with_an_equals_sign_in_its_name(excel: Desktop, tmp_path: Path) -> None:
    # It takes what stands between the first and the second = of --wb=NAME; whoever needs the book asks for the active.
    book = xw.Book(str(saved(tmp_path / "2022=终稿.xlsx", A1="甲")))
    with called_from(book), pytest.raises(KeyError):
        xw.Book.caller()
    assert xw.books.active.sheets[0]["A1"].value == "甲"


def test_an_unsaved_book_has_no_path_until_it_is_saved(sheet: xw.Sheet, tmp_path: Path) -> None:
    book = sheet.book
    sheet["A1"].value = "未存盘"
    assert (book.api.Path, book.fullname) == ("", book.name)
    book.save(tmp_path / "存盘.xlsx")
    assert (book.fullname, book.api.Saved) == (str(tmp_path / "存盘.xlsx"), True)
    assert load_workbook(tmp_path / "存盘.xlsx").active["A1"].value == "未存盘"
    with pytest.raises(ComError):
        book.save(tmp_path / "没有的文件夹" / "存盘.xlsx")


def test_a_book_made_from_a_file_is_an_unsaved_copy_of_it(sheet: xw.Sheet, tmp_path: Path) -> None:
    app = sheet.book.app
    app.api.Workbooks.Add(str(saved(tmp_path / "模板.xlsx", A1=7)))
    assert (app.books.active.api.Path, app.books.active.sheets[0]["A1"].value) == ("", 7)


# --- calls


def test_reading_and_writing_a_sheet_takes_as_many_calls_for_ten_rows_as_for_a_thousand(
    excel: Desktop, sheet: xw.Sheet
) -> None:
    made = []
    for rows in (10, 1000):
        block = [[row, "文字"] for row in range(rows)]
        with excel.counted() as calls:
            sheet["A1"].resize(rows, 2).raw_value = block
            assert sheet.used_range.options(ndim=2, err_to_str=True).value == [
                [float(row), "文字"] for row, _ in block
            ]
        made.append(Counter(calls))
    assert made[0] == made[1]


def test_calls_are_counted_by_kind_and_name(excel: Desktop, sheet: xw.Sheet) -> None:
    with excel.counted() as calls:
        cells = sheet.range("A1:B2")
        cells.raw_value = [[1, 2], [3, 4]]
        _ = cells.raw_value, cells.formula
    assert calls == ["call Worksheet.Range", "set Range.Value", "get Range.Value", "get Range.Formula"]
    with excel.counted() as calls:
        _ = sheet.name
    assert calls == ["get Worksheet.Name"]


def test_the_cooked_value_costs_more_calls_than_the_raw(excel: Desktop, sheet: xw.Sheet) -> None:
    with excel.counted() as raw:
        sheet["A1:C3"].raw_value = [[1, 2, 3]] * 3
    with excel.counted() as cooked:
        sheet["A1:C3"].value = [[1, 2, 3]] * 3
    assert len(raw) == 2
    assert len(cooked) > 60  # xlwings compares app, book and sheet over and over to find the range's size


# --- a cell is being edited


@pytest.mark.parametrize("error", [CELL_EDITING, CELL_EDITING_BARE], ids=["wrapped", "bare"])
def test_while_a_cell_is_edited_reading_fails_at_once(
    excel: Desktop, sheet: xw.Sheet, error: tuple[Any, ...]
) -> None:
    with excel.refusing(error) as refused, pytest.raises(ComError, check=lambda raised: raised.args == error):
        _ = sheet.used_range
    assert refused == ["get Worksheet.UsedRange"]


@pytest.mark.parametrize(
    ("error", "act"),
    [
        (CELL_EDITING, lambda sheet: setattr(sheet, "name", "新")),
        (CALL_REJECTED, lambda sheet: setattr(sheet, "name", "新")),
        (CALL_REJECTED, lambda sheet: sheet.used_range),
        (CALL_REJECTED, lambda sheet: sheet.activate()),
    ],
    ids=["set while editing", "set while busy", "get while busy", "call while busy"],
)
def test_xlwings_would_ask_for_ever_and_the_double_ends_it(
    excel: Desktop, sheet: xw.Sheet, error: tuple[Any, ...], act: Any
) -> None:
    with excel.refusing(error, at_most=20) as refused, pytest.raises(pytest.fail.Exception, match="refused 20 calls"):
        act(sheet)
    assert len(refused) == 21
    act(sheet)  # the user pressed Enter


def test_xlwings_own_bound_ends_it_too(excel: Desktop, sheet: xw.Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xw._xlwindows, "N_COM_ATTEMPTS", 3)
    with excel.refusing(CALL_REJECTED) as refused, pytest.raises(ComError):
        sheet.name = "新"
    assert len(refused) == 3


def test_a_collection_that_is_refused_answers_none_without_a_word(excel: Desktop, sheet: xw.Sheet) -> None:
    # xlwings 0.37.8 tries a default member N_COM_ATTEMPTS + 1 times: once. The error comes at the next use, of None.
    sheets = sheet.book.sheets
    with excel.refusing(CALL_REJECTED):
        found = sheets("Sheet1")
    assert found.api is None


# --- what is not there


def test_what_the_double_lacks_fails_loudly_and_not_as_excel_would(sheet: xw.Sheet) -> None:
    with pytest.raises(VBAUnsupportedError, match="RevisionNumber"):
        _ = sheet.book.api.RevisionNumber
    with pytest.raises(ComError, match="Unknown name"):
        _ = sheet.api.NoSuchThing
    with pytest.raises(pytest.fail.Exception, match="no NoSuchThing to set"):  # with pywin32 xlwings would hang
        sheet.api.NoSuchThing = 1
    with pytest.raises(TypeError, match="can not be converted to a COM VARIANT"):
        sheet["A1"].value = object()
    with pytest.raises(ComError) as missing:
        _ = sheet.book.sheets["没有"]
    assert missing.value.excepinfo[5] == -2147352565  # DISP_E_BADINDEX


def test_afterwards_everything_is_as_it_was() -> None:
    def state() -> tuple[Any, ...]:
        names = ("pywintypes", "pythoncom", "win32com", "win32com.client", "win32api", "xlwings._xlwindows")
        modules: list[ModuleType | None] = [sys.modules.get(name) for name in names]
        there = [hasattr(ctypes, "windll"), ctypes.PyDLL, hasattr(xw, "_xlwindows"), hasattr(xw.Book, "_mock_caller")]
        return modules, there, xw.engines.active, list(xw.engines), xw.main.sys

    def fails() -> None:
        with installed() as desktop:
            book = xw.App().books[0]
            book.set_mock_caller()
            assert xw.Book.caller() == book
            assert (len(desktop.instances), xw.engines.active.name) == (1, "excel")
            raise ZeroDivisionError

    before = state()
    with pytest.raises(ZeroDivisionError):
        fails()
    assert state() == before


# --- one of our workbooks


@pytest.fixture
def book(excel: Desktop, typical: Path) -> xw.Book:
    """The case 典型, open."""
    return xw.Book(str(typical))


def place(book: xw.Book, address: str) -> xw.Range:
    """The cell of an address of `xl-kpi map`, such as 汇总!D8."""
    sheet, _, cell = address.partition("!")
    return book.sheets[sheet][cell]


def test_our_workbook_shows_the_total_worked_by_hand_and_follows_its_inputs(book: xw.Book, typical: Path) -> None:
    where = api.workbook_map(typical)
    cells = {one["id"]: one["cells"]["self"] for one in where["inputs"]}
    total = where["outputs"]["total"]
    assert place(book, total).value == 301.41
    place(book, cells["t01.judged"]).value = 0.5  # a deduction of 1.5 until now
    assert place(book, total).value == 302.41
    book.app.calculation = "manual"
    place(book, cells["t12.built"]).value = "是"  # ten points, built in time
    place(book, cells["t12.built_date"]).value = datetime.date(2022, 9, 30)
    assert place(book, cells["t12.built_date"]).value == datetime.datetime(2022, 9, 30)
    assert place(book, total).value == 302.41
    book.app.calculate()
    assert place(book, total).value == 312.41


def test_our_workbook_is_laid_out_in_excel_as_in_the_file(book: xw.Book, typical: Path) -> None:
    visible = {sheet.name: sheet.visible for sheet in book.sheets}
    hidden = visible.pop("_xl_kpi")
    assert (list(visible), set(visible.values()), hidden) == (
        ["封面", "考核表", "数据填报", "汇总", "核对", "评分规则"],
        {-1},
        2,
    )
    assert all(sheet.api.ProtectContents for sheet in book.sheets)
    cells = {one["id"]: one["cells"]["self"] for one in api.workbook_map(typical)["inputs"]}
    named = book.names["in_t01__judged"].refers_to_range
    assert f"{named.sheet.name}!{named.address}".replace("$", "") == cells["t01.judged"]
    assert named.api.Locked is False


def test_all_seven_sheets_are_read_in_under_forty_calls(excel: Desktop, book: xw.Book) -> None:
    with excel.counted() as calls:
        read = {}
        for sheet in book.sheets:
            used = sheet.used_range
            read[sheet.name] = used.raw_value, used.formula
    assert len(read) == 7
    assert len(calls) < 40, Counter(calls)


def test_a_saved_copy_is_checked_as_the_workbook_that_is_open(book: xw.Book, typical: Path, tmp_path: Path) -> None:
    cells = {one["id"]: one["cells"]["self"] for one in api.workbook_map(typical)["inputs"]}
    before = api.check(typical)
    copy = tmp_path / "副本" / "copy.xlsx"
    copy.parent.mkdir()
    book.api.SaveCopyAs(str(copy))
    unchanged = api.check(copy)
    assert unchanged.assessment is not None
    assert (unchanged.verdict, unchanged.findings) == (before.verdict, before.findings)
    assert unchanged.assessment.total == 301.41
    assert (book.fullname, book.app.books.count) == (str(typical), 1)

    place(book, cells["t01.judged"]).value = 0.5
    book.api.SaveCopyAs(str(copy))
    changed = api.check(copy)
    assert changed.assessment is not None
    assert (changed.verdict, changed.findings) == (before.verdict, before.findings)
    assert changed.assessment.total == 302.41
    assert api.check(typical) == before


def test_a_saved_copy_keeps_styles_locks_validations_names_merges_and_hidden_sheets(
    book: xw.Book, typical: Path, tmp_path: Path
) -> None:
    place(book, "数据填报!E5").value = 0.5
    book.api.SaveCopyAs(str(tmp_path / "copy.xlsx"))
    before, after = load_workbook(typical), load_workbook(tmp_path / "copy.xlsx")
    assert {k: v.attr_text for k, v in before.defined_names.items()} == {
        k: v.attr_text for k, v in after.defined_names.items()
    }
    for one, other in zip(before, after, strict=True):
        assert _looks(one) == _looks(other)


def _looks(sheet: Any) -> dict[str, Any]:
    cells = {
        cell.coordinate: [
            repr(look)
            for look in (cell.font, cell.fill, cell.border, cell.alignment, cell.protection, cell.number_format)
        ]
        for row in sheet.iter_rows()
        for cell in row
    }
    rules = sheet.data_validations.dataValidation
    return {
        "title": (sheet.title, sheet.sheet_state, repr(sheet.protection), sheet.freeze_panes, sheet.auto_filter.ref),
        "cells": cells,
        "merges": sorted(map(str, sheet.merged_cells.ranges)),
        "validations": sorted(repr(rule) for rule in rules),
        "links": [(link.ref, link.location) for link in sheet._hyperlinks],
        "columns": {name: (column.width, column.hidden) for name, column in sheet.column_dimensions.items()},
        "charts": len(sheet._charts),
    }
