"""What the ribbon does, in xlwings on the stand-in for Excel: findings, marks, going about, exporting, calls counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwings as xw
from fake_excel import Desktop

from xl_kpi import api
from xl_kpi.addin import commands
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.workbook.plan import CHECKS, ENTRY


@pytest.fixture
def book(excel: Desktop, typical: Path) -> xw.Book:
    """The case 典型, open in Excel."""
    return xw.App().books.open(typical)


def block(book: xw.Book) -> list[list[object]]:
    """What stands in the block of findings, without its empty rows."""
    rows = book.sheets[CHECKS].range(commands._BLOCK).formula
    return [list(row) for row in rows if any(row)]


def test_a_workbook_in_order_has_nothing_to_list(book: xw.Book) -> None:
    report, told = commands.check(book)
    assert (report.verdict, told.alarm) == ("accept", False)
    assert "301.41 / 400" in told.text
    assert [row for row in block(book) if row[0] != "提示"] == []


SPOILT: dict[str, Callable[[xw.Book], None]] = {
    "an input emptied": lambda book: book.sheets[ENTRY].range("E10").clear_contents(),
    "a text for a number": lambda book: setattr(book.sheets[ENTRY].range("E10"), "raw_value", "'９５"),
    "out of range": lambda book: setattr(book.sheets[ENTRY].range("E10"), "raw_value", -5),
    "the total overwritten": lambda book: (
        book.sheets["汇总"].api.Unprotect(),
        setattr(book.sheets["汇总"].range("D8"), "raw_value", 400),
        book.sheets["汇总"].api.Protect(),
    ),
    "a row hidden": lambda book: setattr(book.sheets[ENTRY].api.Range("A10").EntireRow, "Hidden", True),
}


@pytest.mark.parametrize("what", SPOILT)
def test_findings_are_those_of_the_saved_file(book: xw.Book, tmp_path: Path, what: str) -> None:
    SPOILT[what](book)
    report, told = commands.check(book)
    saved = tmp_path / "saved.xlsx"
    commands.clear(book)
    book.api.SaveCopyAs(str(saved))
    assert told.alarm
    assert report.findings == api.check(saved).findings
    assert report.assessment == api.check(saved).assessment


def test_findings_are_listed_with_links_and_their_rows_marked(book: xw.Book) -> None:
    book.sheets[ENTRY].range("E10").clear_contents()
    report, _ = commands.check(book)
    (missing,) = [f for f in report.findings if f.code == "missing"]
    assert [row for row in block(book) if row[2] == "missing"] == [
        ["提醒", f'=HYPERLINK("#\'{ENTRY}\'!E10","{ENTRY}!E10")', "missing", "10", missing.message]
    ]


def test_clearing_leaves_the_workbook_as_it_was(book: xw.Book) -> None:
    before = [sheet.used_range.formula for sheet in book.sheets]
    book.sheets[ENTRY].range("E10").raw_value = -5
    commands.check(book)
    assert block(book) != []
    book.sheets[ENTRY].range("E10").raw_value = 13
    commands.clear(book)
    assert block(book) == []
    assert [sheet.used_range.formula for sheet in book.sheets] == before


def test_the_number_of_calls_does_not_grow_with_the_findings(excel: Desktop, book: xw.Book) -> None:
    with excel.counted() as few:
        commands.check(book)
    for known in api.workbook_map(commands.copy_of(book))["inputs"][:30]:
        book.sheets[ENTRY].range(known["cells"]["self"].partition("!")[2]).clear_contents()
    with excel.counted() as many:
        commands.check(book)
    assert Counter(few) == Counter(many)
    assert len(many) <= 60, Counter(many)


def test_excels_settings_are_put_back_even_after_an_error(book: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(source: object) -> api.Report:
        raise RuntimeError("stop")

    monkeypatch.setattr(api, "check", fails)
    with pytest.raises(RuntimeError):
        commands.check(book)
    assert (book.app.api.ScreenUpdating, book.app.api.EnableEvents, book.app.api.StatusBar) == (True, True, False)


def test_next_and_previous_go_round_through_the_places_listed(book: xw.Book) -> None:
    for at in ("E10", "E12"):
        book.sheets[ENTRY].range(at).clear_contents()
    commands.check(book)
    first = commands.go(book, 1)
    places = []
    for _ in range(3):
        places.append((book.app.api.ActiveSheet.Name, book.app.api.ActiveCell.GetAddress(False, False)))
        commands.go(book, 1)
    assert first.text
    assert len(set(places)) >= 2
    commands.go(book, -1)
    assert places[-1] == (book.app.api.ActiveSheet.Name, book.app.api.ActiveCell.GetAddress(False, False))


def test_a_cell_with_two_findings_is_one_stop_and_does_not_end_the_round(book: xw.Book) -> None:
    twice = [
        finding("missing", at=f"{ENTRY}!{at}", label=label)
        for at, label in (("E10", "甲"), ("E10", "乙"), ("E12", "丙"))
    ]
    commands._write(book, twice)
    places = []
    for _ in range(3):
        told = commands.go(book, 1)
        places.append((told.place, told.text))
    messages = [found.message for found in twice]
    assert places[0] == places[2] == ((ENTRY, "E10"), f"{messages[0]}　{messages[1]}")
    assert places[1] == ((ENTRY, "E12"), messages[2])


def test_a_place_on_a_hidden_sheet_is_not_gone_to(book: xw.Book) -> None:
    commands._write(book, [finding("missing", at=f"{ENTRY}!E10", label="甲")])
    book.api.Worksheets(ENTRY).Visible = 0
    with pytest.raises(XlKpiError, match="请先取消隐藏"):
        commands.go(book, 1)


def test_an_incomplete_workbook_is_exported_only_once_confirmed(book: xw.Book, tmp_path: Path) -> None:
    book.sheets[ENTRY].range("E10").clear_contents()
    commands.check(book)
    refused = commands.export(book, tmp_path)
    assert refused.path is None
    assert any("未填" in message for message in refused.missing)
    done = commands.export(book, tmp_path, confirmed=True)
    assert done.path is not None
    assert done.path.name == "枣庄市中心血站_2022_zaozhuang-blood-2022.xlsx"
    report = api.check(done.path)
    assert {f.code for f in report.findings if f.severity != "info"} == {"missing"}
    content = commands.without_marks(done.path)
    assert content == done.path.read_bytes()


def test_the_rules_of_the_active_cells_task_are_shown(book: xw.Book) -> None:
    book.app.api.Goto(book.api.Worksheets(ENTRY).Range("E10"))
    commands.rule_of(book)
    assert (book.app.api.ActiveSheet.Name, book.app.api.ActiveCell.Row) == ("评分规则", 5)


def test_a_folder_gives_one_table(typical: Path, excel: Desktop) -> None:
    (typical.parent / "坏的.xlsx").write_bytes(b"")
    table = commands.folder_table(typical.parent)
    assert [len(line) for line in table] == [9, 9, 9]
    assert {line[2] for line in table[1:]} == {"通过", "退回"}
    app = xw.App()
    commands.show_table(app, table)
    assert app.books.active.sheets[0].range("A1:I1").raw_value[0][0] == "文件"


def test_a_book_that_is_not_ours_is_said_to_be_none(excel: Desktop) -> None:
    report, told = commands.check(xw.App().books[0])
    assert (report.verdict, told.alarm) == ("reject", True)
    assert "不是由本系统生成" in told.text


def test_without_the_sheet_of_findings_a_check_reports_and_the_rest_says_why_not(book: xw.Book) -> None:
    book.sheets[CHECKS].api.Name = "改名"
    report, told = commands.check(book)
    assert ({f.code for f in report.findings}, told.alarm) == ({"structure"}, True)
    for work in (commands.clear, lambda book: commands.go(book, 1)):
        with pytest.raises(XlKpiError, match="没有工作表“核对”"):
            work(book)


@pytest.mark.parametrize("name", ["甲 单位.xlsx", "甲'单位.xlsx", "2022=终稿.xlsx", "a;b.xlsx"])
def test_odd_names_of_the_workbook_do_no_harm(excel: Desktop, typical: Path, tmp_path: Path, name: str) -> None:
    odd = tmp_path / name
    odd.write_bytes(typical.read_bytes())
    report, _ = commands.check(xw.App().books.open(odd))
    assert (report.file, report.verdict) == (name, "accept")


def test_several_open_workbooks_are_not_mixed_up(book: xw.Book, typical: Path, tmp_path: Path) -> None:
    other = tmp_path / "另一份.xlsx"
    other.write_bytes(typical.read_bytes())
    second = book.app.books.open(other)
    second.sheets[ENTRY].range("E10").clear_contents()
    assert commands.check(book)[0].verdict == "accept"
    assert commands.check(second)[0].verdict == "flag"
