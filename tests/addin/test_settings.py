"""Excel's settings after an action: those of before, at whichever call Excel turns busy, and for how long."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw
from fake_excel import CALL_REJECTED, CELL_EDITING, CELL_EDITING_BARE, RETRY_LATER, Desktop

from xl_kpi import api
from xl_kpi.addin import entry, settings
from xl_kpi.api import listed
from xl_kpi.findings import finding
from xl_kpi.layout import listing
from xl_kpi.layout.plan import CHECKS, ENTRY

_MANUAL = -4135
ALL = ("ScreenUpdating", "EnableEvents", "CalculateBeforeSave", "Calculation", "StatusBar")
HOWS = [CELL_EDITING, CELL_EDITING_BARE, CALL_REJECTED, RETRY_LATER]


@pytest.fixture
def book(excel: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> xw.Book:
    """A workbook with a place for findings and nothing else, in front under manual calculation; a check finds one thing.

    So an action takes a moment, and can be done once for each of its calls.
    """
    found = api.Report(
        "甲.xlsx", "flag", "missing", (finding("missing", at=f"{ENTRY}!E10", label="甲", remedy="请填写"),)
    )
    monkeypatch.setattr(api, "check", lambda _: found)
    monkeypatch.setattr(listed, "without", lambda source: source[1])
    made = openpyxl.Workbook()
    for sheet in (ENTRY, CHECKS, "汇总"):
        made.create_sheet(sheet)
    for column, title in enumerate(listing.TITLES, listing.COLUMN):
        made[CHECKS].cell(listing.TITLE_ROW, column, title)
    made.save(tmp_path / "甲.xlsx")
    book = xw.App().books.open(tmp_path / "甲.xlsx")
    book.app.api.Calculation = _MANUAL
    book.activate()
    return book


@pytest.fixture
def press(book: xw.Book, excel: Desktop, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Presses a button of the ribbon; gives what was told."""
    monkeypatch.setattr(sys, "argv", ["-c", f"--hwnd={book.app.hwnd}"])

    def pressed(action: str) -> list[str]:
        excel.person.boxes.clear()
        entry.run(action)
        return excel.person.told

    return pressed


def state(book: xw.Book) -> dict[str, object]:
    return {name: getattr(book.app.api, name) for name in ALL}


def calls_of(excel: Desktop, act: Callable[[], object]) -> int:
    with excel.counted() as calls:
        act()
    return len(calls)


ACTIONS = ["check", "clear", "recalculate", "next", "rules"]


@pytest.mark.parametrize("how", HOWS, ids=["editing", "editing, bare", "rejected", "later"])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_excel_that_stays_busy_from_any_call_on_is_told_of_and_put_right_by_the_next_action(
    excel: Desktop, book: xw.Book, press: Callable[[str], list[str]], action: str, how: tuple[object, ...]
) -> None:
    press("check")
    press("clear")
    before = state(book)
    for call in range(calls_of(excel, lambda: press(action))):
        book.app.api.StatusBar = False
        with excel.refusing(how, at_most=200, after=call) as refused:
            told = press(action)
        assert refused
        assert len(told) == 1, call
        assert "Excel 正忙" in told[0] or call > 0
        press("recalculate")
        assert state(book) == before, call
        assert list(Path(tempfile.gettempdir()).glob("xl-kpi-excel-*")) == []


@pytest.mark.parametrize("how", HOWS, ids=["editing", "editing, bare", "rejected", "later"])
@pytest.mark.parametrize("action", ["check", "clear", "recalculate"])
def test_an_excel_that_is_busy_for_a_while_from_any_call_on_has_its_settings_at_the_end(
    excel: Desktop, book: xw.Book, press: Callable[[str], list[str]], action: str, how: tuple[object, ...]
) -> None:
    press(action)
    before = state(book)
    for call in range(calls_of(excel, lambda: press(action))):
        with excel.refusing(how, at_most=200, after=call, lasting=12):
            told = press(action)
        assert len(told) == 1
        assert state(book) == before, call


def test_settings_are_otherwise_around_the_one_write_alone(
    excel: Desktop, book: xw.Book, press: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = api.check
    seen = []

    def check(source: object) -> api.Report:
        seen.append(state(book))
        return checked(source)  # type: ignore[arg-type]

    monkeypatch.setattr(api, "check", check)
    with excel.counted() as calls:
        press("check")
    assert [(one["ScreenUpdating"], one["EnableEvents"], one["CalculateBeforeSave"]) for one in seen] == [(True,) * 3]
    off, on = (
        [n for n, call in enumerate(calls) if call == f"set Application.{name}"]
        for name in ("EnableEvents", "ScreenUpdating")
    )
    write = calls.index("set Range.Value")
    assert min(off + on) < write < max(off + on)
    assert [
        call for call in calls[min(off + on) : max(off + on)] if not call.endswith(("EnableEvents", "ScreenUpdating"))
    ] == ["set Range.Value"]


def test_what_the_official_had_turned_off_stays_off(
    excel: Desktop, book: xw.Book, press: Callable[[str], list[str]]
) -> None:
    book.app.api.EnableEvents = False
    book.app.api.CalculateBeforeSave = False
    before = state(book)
    for action in ("check", "clear"):
        press(action)
        assert state(book) == before
        with excel.refusing(after=12):
            press(action)
        press("recalculate")
        assert state(book) == before


def test_once_the_message_is_read_settings_are_put_back_if_excel_is_free_again(
    excel: Desktop, book: xw.Book, press: Callable[[str], list[str]]
) -> None:
    before = state(book)
    with excel.counted() as calls:
        press("check")
    press("clear")
    write = calls.index("set Range.Value")
    with excel.refusing(after=write):
        excel.person.before = lambda: setattr(excel, "_refusal", None)  # Enter ends the editing, then OK is pressed
        (told,) = press("check")
    assert "请先结束单元格编辑" in told
    assert state(book) == before


@pytest.mark.parametrize(
    "noted",
    ["", "[]", "{", json.dumps({"Visible": False, "Calculation": 1, "ScreenUpdating": "no", "EnableEvents": None})],
)
def test_a_file_of_that_name_that_is_not_ours_changes_nothing(
    excel: Desktop, book: xw.Book, press: Callable[[str], list[str]], noted: str
) -> None:
    before = state(book)
    Path(tempfile.gettempdir(), f"xl-kpi-excel-{book.app.pid}.json").write_text(noted, encoding="utf-8")
    with excel.counted() as calls:
        assert settings.restore(book.app)
    assert [call for call in calls if call.startswith("set")] == []
    press("check")
    assert state(book) == before


def test_without_a_place_for_the_note_settings_are_put_back_at_the_end_all_the_same(
    book: xw.Book, press: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(book)
    monkeypatch.setattr(tempfile, "tempdir", "/gone")
    with settings.changed(book.app, EnableEvents=False, StatusBar="正在核对"):
        assert state(book) != before
    assert state(book) == before
