"""What the ribbon does, in xlwings on the stand-in for Excel: findings, marks, going about, exporting, calls counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwings as xw
from fake_excel import Desktop, lacking
from mutations import BY_NAME
from pyopenvba.interpreter._values import EMPTY
from said import zh

from xl_kpi import api
from xl_kpi.addin import commands, files, findings_list
from xl_kpi.api import listed
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.layout.plan import CHECKS, ENTRY


@pytest.fixture
def book(excel: Desktop, typical: Path) -> xw.Book:
    """The case 典型, open in Excel."""
    return xw.App().books.open(typical)


def block(book: xw.Book) -> list[list[object]]:
    """What stands in the block of findings, without its empty rows."""
    rows = book.sheets[CHECKS].range(listed.BLOCK).formula
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
        ["提醒", f'=HYPERLINK("#\'{ENTRY}\'!E10","{ENTRY}!E10")', "missing", "10", zh(missing)]
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


# --- what the official had set stays set

_MANUAL, _AUTOMATIC = -4135, -4105
_SETTINGS = ("Calculation", "CalculateBeforeSave", "ScreenUpdating", "EnableEvents", "StatusBar")


def state(book: xw.Book) -> dict[str, object]:
    """Excel's settings, and where the official is."""
    excel = book.app.api
    at = {"book": excel.ActiveWorkbook.Name, "sheet": excel.ActiveSheet.Name, "at": excel.Selection.GetAddress()}
    return {name: getattr(excel, name) for name in _SETTINGS} | at


QUIET: dict[str, Callable[[xw.Book, Path], object]] = {
    "核对": lambda book, _: commands.check(book),
    "清除标记": lambda book, _: commands.clear(book),
    "导出": lambda book, folder: commands.export(book, folder, confirmed=True),
    "重新计算": lambda book, _: commands.recalculate(book),
}


def settle(book: xw.Book, calculation: int) -> dict[str, object]:
    """Somebody at work: an own mode of calculation, some cells selected."""
    book.app.api.Calculation = calculation
    book.sheets[ENTRY].activate()
    book.sheets[ENTRY].range("B7:C9").select()
    now = state(book)
    assert (now["Calculation"], now["sheet"], now["at"]) == (calculation, ENTRY, "$B$7:$C$9")
    return now


@pytest.mark.parametrize("calculation", [_MANUAL, _AUTOMATIC])
@pytest.mark.parametrize("command", QUIET)
def test_settings_and_selection_are_as_before(book: xw.Book, tmp_path: Path, command: str, calculation: int) -> None:
    before = settle(book, calculation)
    QUIET[command](book, tmp_path)
    assert state(book) == before


@pytest.mark.parametrize(
    ("command", "fails_at"),
    [
        ("核对", "call Workbook.SaveCopyAs"),
        ("核对", "set Range.Value"),
        ("核对", "set Application.EnableEvents"),
        ("清除标记", "set Range.Value"),
        ("导出", "call Workbook.SaveCopyAs"),
        ("重新计算", "call Application.CalculateFull"),
    ],
)
def test_settings_and_selection_are_as_before_even_after_an_error(
    excel: Desktop, book: xw.Book, tmp_path: Path, command: str, fails_at: str
) -> None:
    before = settle(book, _MANUAL)
    error = (-2147352567, "no", (0, None, None, None, 0, -2146827284), None)
    with excel.refusing(error, only=fails_at) as refused, pytest.raises(Exception, match="no"):
        QUIET[command](book, tmp_path)
    assert refused
    assert state(book) == before


def test_an_error_of_our_own_puts_the_settings_back_too(book: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(source: object) -> api.Report:
        raise RuntimeError("stop")

    before = settle(book, _MANUAL)
    monkeypatch.setattr(api, "check", fails)
    with pytest.raises(RuntimeError):
        commands.check(book)
    assert state(book) == before


def test_values_that_are_stale_under_manual_calculation_are_found_and_stay(book: xw.Book, tmp_path: Path) -> None:
    total = book.sheets["汇总"].range("D8")
    settle(book, _MANUAL)
    book.sheets[ENTRY].range("E10").raw_value = 10
    report, told = commands.check(book)
    assert "stale" in {f.code for f in report.findings}
    assert told.alarm
    assert round(total.raw_value, 2) == 301.41
    assert book.app.api.CalculateBeforeSave is True
    # and it is Excel's setting that would have hidden them
    commands.clear(book)
    saved = tmp_path / "saved.xlsx"
    book.api.SaveCopyAs(str(saved))
    assert "stale" not in {f.code for f in api.check(saved).findings}


# --- copies that cannot be read


def _writes(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def save_copy_as(_instance: object, _book: object, filename: str) -> object:
        Path(filename).write_bytes(content)
        return EMPTY

    monkeypatch.setitem(lacking.CALLS, ("Workbook", "SaveCopyAs"), save_copy_as)


def test_a_copy_that_security_software_encrypts_is_said_to_be_so(
    book: xw.Book, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _writes(b"\x62\x14\x23\x65\x03\x00\x01\x00E-SafeNet\x00LOCK" + bytes(range(256)), monkeypatch)
    before = state(book)
    for command in (lambda: commands.check(book), lambda: commands.export(book, tmp_path)):
        with pytest.raises(XlKpiError) as error:
            command()
        assert "加密" in str(error.value)
        assert "xl-kpi check" in str(error.value)
    assert state(book) == before


def test_a_workbook_with_a_password_is_said_to_have_one(book: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    _writes(BY_NAME["encrypted"].content(), monkeypatch)
    monkeypatch.setitem(lacking.GETS, ("Workbook", "HasPassword"), lambda *_: True)
    assert commands.check(book)[0].code == "encrypted"


def test_a_book_without_a_place_for_findings_is_said_to_be_none_of_ours(excel: Desktop) -> None:
    book = xw.App().books[0]
    for command in (lambda: commands.clear(book), lambda: commands.go(book, 1)):
        with pytest.raises(XlKpiError, match="不是由本系统生成"):
            command()


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
        finding("missing", at=f"{ENTRY}!{at}", label=label, remedy="请填写")
        for at, label in (("E10", "甲"), ("E10", "乙"), ("E12", "丙"))
    ]
    findings_list.write(book.app, findings_list.own(book), twice)
    places = []
    for _ in range(3):
        told = commands.go(book, 1)
        places.append((told.place, told.text))
    messages = [zh(found) for found in twice]
    assert places[0] == places[2] == ((ENTRY, "E10"), f"{messages[0]}　{messages[1]}")
    assert places[1] == ((ENTRY, "E12"), messages[2])


def test_a_place_on_a_hidden_sheet_is_not_gone_to(book: xw.Book) -> None:
    findings_list.write(
        book.app, findings_list.own(book), [finding("missing", at=f"{ENTRY}!E10", label="甲", remedy="请填写")]
    )
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
    content = listed.without(done.path)
    assert content == done.path.read_bytes()


def test_the_rules_of_the_active_cells_task_are_shown(book: xw.Book) -> None:
    book.app.api.Goto(book.api.Worksheets(ENTRY).Range("E10"))
    commands.rule_of(book)
    assert (book.app.api.ActiveSheet.Name, book.app.api.ActiveCell.Row) == ("评分规则", 5)


def test_a_folder_gives_one_table(typical: Path, excel: Desktop) -> None:
    (typical.parent / "坏的.xlsx").write_bytes(b"")
    table = files.check([typical.parent]).table()
    assert [len(line) for line in table] == [9, 9, 9]
    assert {line[2] for line in table[1:]} == {"通过", "退回"}
    app = xw.App()
    commands.show_table(app, table)
    assert app.books.active.sheets[0].range("A1:I1").raw_value[0][0] == "文件"


def test_progress_is_shown_at_once_then_at_most_twice_a_second(
    excel: Desktop, book: xw.Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(10_000))
    monkeypatch.setattr(commands.time, "monotonic", lambda: next(clock) / 10)
    shown = []
    with excel.counted() as calls, commands.progress(book.app, "正在核对") as at:
        for number in range(1, 121):
            at(number, 120)
            shown.append(excel.instances[0].application.status_bar)
    assert shown[0] == "正在核对 1/120…"
    assert shown[-1] != shown[0]
    assert 2 < len(set(shown)) <= 30
    assert len([call for call in calls if "StatusBar" in call]) <= 31
    assert book.app.api.StatusBar is False


def test_a_folders_progress_goes_from_its_first_file_to_its_last(typical: Path) -> None:
    for name in "甲乙":
        (typical.parent / f"{name}.xlsx").write_bytes(b"")
    seen: list[tuple[int, int]] = []
    files.check([typical.parent], lambda number, count: seen.append((number, count)))
    assert seen == [(1, 3), (2, 3), (3, 3), (3, 3)]


def test_a_book_that_is_not_ours_is_said_to_be_none(excel: Desktop) -> None:
    report, told = commands.check(xw.App().books[0])
    assert (report.verdict, told.alarm) == ("reject", True)
    assert "不是由本系统生成" in told.text


def test_the_list_of_an_earlier_check_does_not_outlast_a_check_that_rejects(book: xw.Book) -> None:
    book.sheets[ENTRY].range("E10").clear_contents()
    commands.check(book)
    book.sheets["汇总"].name = "总分"
    report, _ = commands.check(book)
    assert report.verdict == "reject"
    assert [row[2] for row in block(book)] == [f.code for f in report.findings] == ["structure"]


def test_a_locked_list_is_said_to_be_so_and_the_outcome_is_told(book: xw.Book) -> None:
    sheet = book.sheets[CHECKS]
    sheet.api.Unprotect()
    sheet.range("F4:F6").api.Locked = True
    sheet.api.Protect()
    book.sheets[ENTRY].range("E10").clear_contents()
    report, told = commands.check(book)
    assert {"missing", "unlocked"} & {f.code for f in report.findings} == {"missing"}
    assert "已锁定，没有列出" in told.text
    with pytest.raises(XlKpiError, match="已锁定"):
        commands.clear(book)


def test_anothers_sheet_of_the_same_name_is_left_as_it_is(excel: Desktop) -> None:
    book = xw.App().books.add()
    book.sheets[0].name = CHECKS
    book.sheets[0].range("F4").raw_value = "不要动"
    assert commands.check(book)[0].verdict == "reject"
    assert book.sheets[0].range("F4").raw_value == "不要动"


def test_without_the_sheet_of_findings_a_check_reports_and_the_rest_says_why_not(book: xw.Book) -> None:
    book.sheets[CHECKS].api.Name = "改名"
    report, told = commands.check(book)
    assert ({f.code for f in report.findings}, told.alarm) == ({"structure"}, True)
    for work in (commands.clear, lambda book: commands.go(book, 1)):
        with pytest.raises(XlKpiError, match="没有“核对”表"):
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
