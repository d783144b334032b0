"""From a button's action to a message: every action, what is asked, what an Excel that is busy or empty gets told."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlwings as xw
import yaml
from desk import Official
from fake_excel import CALL_REJECTED, CELL_EDITING, CELL_EDITING_BARE, Desktop

from xl_kpi import api
from xl_kpi.addin import entry
from xl_kpi.workbook.plan import ENTRY

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app(excel: Desktop, typical: Path) -> xw.App:
    """Excel with the case 典型 open."""
    app = xw.App()
    app.books.open(typical).activate()
    return app


def test_every_action_of_the_macros_is_there_and_no_other() -> None:
    text = (ROOT / "macros" / "XlKpiActions.bas").read_text(encoding="ascii")
    called = {part.split("'")[0] for part in text.split("entry.run('")[1:]}
    assert called == set(entry.ACTIONS)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("check", "301.41 / 400"),
        ("recalculate", "已重新计算"),
        ("clear", "标记已清除"),
        ("next", "没有列出的问题"),
        ("doctor", "操作系统"),
    ],
)
def test_an_action_ends_in_a_message(app: xw.App, action: str, says: str) -> None:
    official = Official()
    entry.perform(action, app, official)
    if action == "next":  # the example has remarks only; they are gone through without a message
        assert [text for text, _ in official.told if says not in text] == []
    else:
        assert says in official.told[0][0]


@pytest.fixture
def _three_attempts(app: xw.App, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `run` has it on Windows."""
    monkeypatch.setattr(xw._xlwindows, "N_COM_ATTEMPTS", 3)


def edited(official: Official) -> bool:
    """Whether one message was told: to end editing the cell."""
    return len(official.told) == 1 and official.told[0][1] and "请先结束单元格编辑" in official.told[0][0]


@pytest.mark.parametrize("how", [CELL_EDITING, CELL_EDITING_BARE, CALL_REJECTED])
@pytest.mark.parametrize("action", sorted(set(entry.ACTIONS) - {"doctor"}))
@pytest.mark.usefixtures("_three_attempts")
def test_a_cell_that_is_being_edited_is_said_after_a_few_attempts(
    excel: Desktop, app: xw.App, tmp_path: Path, action: str, how: tuple[object, ...]
) -> None:
    (tmp_path / "单位.csv").write_text("单位名称\n甲血站\n", encoding="utf-8")
    official = Official({"folder": tmp_path, "file": tmp_path / "单位.csv", "text": "zaozhuang-blood-2022"})
    with excel.refusing(how, at_most=10):
        entry.perform(action, app, official)
    assert edited(official)


@pytest.mark.parametrize("how", [CELL_EDITING, CELL_EDITING_BARE, CALL_REJECTED])
@pytest.mark.parametrize(
    ("action", "at"),
    [
        ("check", "set Application.ScreenUpdating"),
        ("check", "set Application.CalculateBeforeSave"),
        ("check", "call Workbook.SaveCopyAs"),
        ("check", "set Range.Value"),
        ("clear", "set Range.Value"),
        ("next", "get Range.Formula"),
        ("recalculate", "call Application.CalculateFull"),
        ("export", "call Workbook.SaveCopyAs"),
    ],
)
@pytest.mark.usefixtures("_three_attempts")
def test_editing_that_begins_half_way_is_said_after_a_few_attempts_and_leaves_the_settings(
    excel: Desktop, app: xw.App, tmp_path: Path, action: str, at: str, how: tuple[object, ...]
) -> None:
    names = ("ScreenUpdating", "EnableEvents", "CalculateBeforeSave", "Calculation", "StatusBar")
    before = {name: getattr(app.api, name) for name in names}
    official = Official({"folder": tmp_path})
    with excel.refusing(how, at_most=10, only=at) as refused:
        entry.perform(action, app, official)
    assert refused
    assert edited(official)
    assert {name: getattr(app.api, name) for name in names} == before


def test_the_status_bar_is_excels_again_after_many_files_even_after_an_error(
    app: xw.App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []

    def fails(*_: object, **__: object) -> bytes:
        said.append(app.api.StatusBar)
        raise OSError(28, "磁盘已满")

    monkeypatch.setattr(api, "check_all", fails)
    monkeypatch.setattr(api, "build", fails)
    (tmp_path / "单位.csv").write_text("单位名称\n甲血站\n乙血站\n", encoding="utf-8")
    for action in ("folder", "blanks"):
        official = Official({"folder": tmp_path, "file": tmp_path / "单位.csv"})
        entry.perform(action, app, official)
        assert "磁盘已满" in official.told[0][0]
        assert app.api.StatusBar is False
    assert said == ["正在核对 1/1…", "正在生成 1/2…"]


def test_an_excel_that_xlwings_gives_up_on_is_busy(app: xw.App, monkeypatch: pytest.MonkeyPatch) -> None:
    def gives_up(app: xw.App | None, desk: entry.Desk) -> None:
        raise xw._xlwindows.ExcelBusyError

    monkeypatch.setitem(entry.ACTIONS, "check", gives_up)
    official = Official()
    entry.perform("check", app, official)
    assert "请先结束单元格编辑" in official.told[0][0]


def test_going_on_with_nothing_listed_says_to_check_first(app: xw.App) -> None:
    official = Official()
    entry.perform("next", app, official)
    assert official.told == [("没有列出的问题。请先点“核对总分与否决”。", True)]


def test_without_a_workbook_it_says_to_open_one(app: xw.App) -> None:
    for book in list(app.books):
        book.close()
    official = Official()
    entry.perform("check", app, official)
    assert "请先打开" in official.told[0][0]


def test_an_incomplete_workbook_is_exported_only_if_the_official_says_so(app: xw.App, tmp_path: Path) -> None:
    app.books.active.sheets[ENTRY].range("E10").clear_contents()
    out = tmp_path / "上报"
    out.mkdir()
    no, yes = Official({"folder": out}), Official({"folder": out, "confirm": True})
    entry.perform("export", app, no)
    assert list(out.iterdir()) == []
    assert "还有 1 处没有填好" in no.asked[-1]
    entry.perform("export", app, yes)
    assert [path.name for path in out.iterdir()] == ["枣庄市中心血站_2022_zaozhuang-blood-2022.xlsx"]


def test_giving_up_in_a_dialog_does_nothing(app: xw.App) -> None:
    for action in ("export", "folder", "blanks"):
        official = Official()
        entry.perform(action, app, official)
        assert official.told == []


def test_blanks_are_made_for_the_open_workbooks_scheme_and_a_list(app: xw.App, tmp_path: Path) -> None:
    listed, out = tmp_path / "单位.csv", tmp_path / "空白"
    listed.write_text("单位名称\n甲血站\n乙血站\n", encoding="utf-8")
    out.mkdir()
    official = Official({"file": listed, "folder": out})
    entry.perform("blanks", app, official)
    assert "2 份" in official.told[0][0]
    made = sorted(out.iterdir())
    assert [api.workbook_map(path)["unit"] for path in made] == ["乙血站", "甲血站"]


def test_a_folder_is_checked_into_a_new_workbook(app: xw.App, typical: Path) -> None:
    official = Official({"folder": typical.parent})
    entry.perform("folder", app, official)
    assert "核对了 1 个文件" in official.told[0][0]
    assert app.books.active.sheets[0].range("B2").raw_value == "枣庄市中心血站"


def test_the_supertips_promise_no_action_that_is_not_there() -> None:
    strings = yaml.safe_load((ROOT / "macros" / "strings.yaml").read_text(encoding="utf-8"))
    assert strings["TITLE"] == entry.TITLE
