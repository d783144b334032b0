"""From a button's action to a message, as VBA starts it: every action over xlwings and Excel's own dialogs, answered by
a person; what is asked, what an Excel that is busy or empty gets told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwings as xw
import yaml
from fake_excel import CALL_REJECTED, CELL_EDITING, CELL_EDITING_BARE, RETRY_LATER, Desktop

from xl_kpi import api
from xl_kpi.addin import TITLE, entry
from xl_kpi.addin.machine import Check
from xl_kpi.layout.plan import ENTRY, RULES

ROOT = Path(__file__).resolve().parents[2]

Press = Callable[[str], str]


@pytest.fixture
def app(excel: Desktop, typical: Path) -> xw.App:
    """Excel with the case 典型 open."""
    app = xw.App()
    app.books.open(typical).activate()
    return app


@pytest.fixture
def press(excel: Desktop, app: xw.App, monkeypatch: pytest.MonkeyPatch) -> Press:
    """Presses a button of the ribbon, by its action; gives what was told in the end."""
    monkeypatch.setattr(sys, "argv", ["-c", "--from_xl=1", f"--hwnd={app.hwnd}"])

    def pressed(action: str) -> str:
        before = len(excel.person.boxes)
        entry.run(action)
        told = [box for box in excel.person.boxes[before:] if not box.question]
        assert len(told) <= 1
        return told[0].text if told else ""

    return pressed


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder to put things into."""
    folder = tmp_path / "上报"
    folder.mkdir()
    return folder


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A list of two units."""
    path = tmp_path / "单位.csv"
    path.write_text("单位名称\n甲血站\n乙血站\n", encoding="utf-8")
    return path


def test_every_action_of_the_macros_is_there_and_no_other() -> None:
    text = (ROOT / "macros" / "XlKpiActions.bas").read_text(encoding="ascii")
    called = {part.split("'")[0] for part in text.split("entry.run('")[1:]}
    assert called == set(entry.ACTIONS)


# --- each action, with good news and with a warning


def icon(excel: Desktop) -> str:
    """That of the last message."""
    return excel.person.boxes[-1].icon


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("check", "301.41 / 400"),
        ("recalculate", "已重新计算"),
        ("clear", "标记已清除"),
        ("doctor", "操作系统"),
    ],
)
def test_an_action_ends_in_a_message_of_excels(excel: Desktop, press: Press, action: str, says: str) -> None:
    assert says in press(action)
    assert [(box.title, box.icon) for box in excel.person.boxes] == [("绩效考核", "information")]


def test_a_check_that_finds_something_ends_in_a_warning(excel: Desktop, app: xw.App, press: Press) -> None:
    app.books.active.sheets[ENTRY].range("E10").clear_contents()
    assert "发现 1 处问题" in press("check")
    assert icon(excel) == "warning"


def test_going_on_shows_the_finding_in_the_status_bar_and_no_message(app: xw.App, press: Press) -> None:
    app.books.active.sheets[ENTRY].range("E10").clear_contents()
    press("check")
    for action in ("next", "previous"):
        assert press(action) == ""
        assert app.api.StatusBar not in (False, "")


def test_going_on_with_nothing_listed_says_to_check_first(excel: Desktop, press: Press) -> None:
    assert press("next") == "没有列出的问题。请先点“核对总分与否决”。"
    assert icon(excel) == "warning"


def test_the_rules_of_a_task_are_shown_without_a_message_and_elsewhere_with_one(
    excel: Desktop, app: xw.App, press: Press
) -> None:
    app.api.Goto(app.books.active.sheets[ENTRY].range("E10").api)
    assert press("rules") == ""
    assert app.api.ActiveSheet.Name == RULES
    app.books.active.sheets["封面"].activate()
    assert "不属于某项任务" in press("rules")
    assert icon(excel) == "information"


def test_a_workbook_that_is_not_ours_is_said_to_be_none(excel: Desktop, app: xw.App, press: Press) -> None:
    app.books.add().activate()
    for action in ("check", "clear", "next", "previous", "rules"):
        assert "不是由本系统生成" in press(action)
        assert icon(excel) == "warning"


def test_the_export_of_a_workbook_that_is_not_ours_is_refused(
    excel: Desktop, app: xw.App, press: Press, out: Path
) -> None:
    app.books.add().activate()
    excel.person.folder = out
    assert "不是由本系统生成" in press("export")
    assert list(out.iterdir()) == []


def test_an_incomplete_workbook_is_exported_only_if_the_official_says_so(
    excel: Desktop, app: xw.App, press: Press, out: Path
) -> None:
    app.books.active.sheets[ENTRY].range("E10").clear_contents()
    excel.person.folder = out
    assert press("export") == ""
    assert list(out.iterdir()) == []
    (question,) = excel.person.boxes
    assert (question.question, question.icon, question.title) == (True, "warning", "绩效考核")
    assert "还有 1 处没有填好" in question.text
    excel.person.yes = True
    name = "枣庄市中心血站_2022_zaozhuang-blood-2022.xlsx"
    assert press("export") == f"已导出：{out / name}"
    assert icon(excel) == "information"
    assert [path.name for path in out.iterdir()] == [name]


def test_a_complete_workbook_is_exported_without_a_question(excel: Desktop, press: Press, out: Path) -> None:
    excel.person.folder = out
    assert "已导出" in press("export")
    assert len(excel.person.boxes) == 1


def test_giving_up_in_a_dialog_does_nothing(excel: Desktop, press: Press, listed: Path) -> None:
    person = excel.person
    for action in ("export", "folder", "blanks"):
        assert press(action) == ""
    person.file = listed
    assert press("blanks") == ""
    person.typed = None
    assert press("blanks") == ""
    assert [kind for kind, _ in person.asked] == [
        "folder",
        "folder",
        "text",
        "file",
        "text",
        "file",
        "folder",
        "text",
    ]
    assert person.boxes == []


def test_blanks_are_made_for_the_open_workbooks_scheme_and_a_list(
    excel: Desktop, press: Press, listed: Path, out: Path
) -> None:
    excel.person.file, excel.person.folder = listed, out
    assert "2 份" in press("blanks")
    assert icon(excel) == "information"
    made = sorted(out.iterdir())
    assert [api.workbook_map(path)["unit"] for path in made] == ["乙血站", "甲血站"]


def test_a_scheme_that_is_not_there_is_said_to_be_so(excel: Desktop, press: Press, listed: Path, out: Path) -> None:
    excel.person.file, excel.person.folder, excel.person.typed = listed, out, "没有的方案"
    assert "没有的方案" in press("blanks")
    assert icon(excel) == "warning"


def test_a_list_that_cannot_be_read_is_named(excel: Desktop, press: Press, tmp_path: Path, out: Path) -> None:
    excel.person.file, excel.person.folder = tmp_path / "不在.csv", out
    assert "不在.csv" in press("blanks")
    assert icon(excel) == "warning"


def test_a_folder_is_checked_into_a_new_workbook(excel: Desktop, app: xw.App, press: Press, typical: Path) -> None:
    excel.person.folder = typical.parent
    assert "核对了 1 个文件" in press("folder")
    assert app.books.active.sheets[0].range("B2").raw_value == "枣庄市中心血站"


def test_a_folder_without_a_workbook_is_said_to_have_none(excel: Desktop, press: Press, out: Path) -> None:
    excel.person.folder = out
    assert "没有考核工作簿" in press("folder")
    assert icon(excel) == "warning"


def test_a_diagnosis_that_finds_something_wrong_is_a_warning(
    excel: Desktop, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Check("宏", False, "被禁用", "请启用")
    monkeypatch.setattr(entry.doctor, "doctor", lambda: [wrong])
    assert press("doctor") == "× 宏：被禁用\n请启用"
    assert icon(excel) == "warning"


# --- an Excel that takes no calls


def edited(excel: Desktop) -> bool:
    """Whether one message was told, with a warning: to end editing the cell."""
    told = [box for box in excel.person.boxes if not box.question]
    return [box.icon for box in told] == ["warning"] and "请先结束单元格编辑" in told[0].text


HOWS = [CELL_EDITING, CELL_EDITING_BARE, CALL_REJECTED, RETRY_LATER]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("action", sorted(set(entry.ACTIONS) - {"doctor"}))
def test_a_cell_that_is_being_edited_is_said_after_a_few_attempts(
    excel: Desktop, press: Press, listed: Path, out: Path, action: str, how: tuple[object, ...]
) -> None:
    excel.person.folder, excel.person.file, excel.person.typed = out, listed, "zaozhuang-blood-2022"
    with excel.refusing(how, at_most=10):
        press(action)
    assert edited(excel)


def test_waiting_for_excel_is_a_matter_of_seconds(excel: Desktop, app: xw.App, press: Press) -> None:
    with excel.refusing(after=10):
        press("check")
    assert 5 <= sum(excel.waited) <= 30  # at the end of the check, and once more when the message was read


def test_the_status_bar_is_excels_again_after_many_files_even_after_an_error(
    excel: Desktop, app: xw.App, press: Press, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []

    def fails(*_: object, **__: object) -> bytes:
        said.append(app.api.StatusBar)
        raise OSError(28, "磁盘已满")

    monkeypatch.setattr(api, "check_all", fails)
    monkeypatch.setattr(api, "build", fails)
    excel.person.folder, excel.person.file = listed.parent, listed
    for action in ("folder", "blanks"):
        assert "磁盘已满" in press(action)
        assert app.api.StatusBar is False
    assert said == ["正在核对 1/1…", "正在生成 1/2…"]


def test_an_excel_that_xlwings_gives_up_on_is_busy(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    def gives_up(app: xw.App | None, desk: entry.Desk) -> None:
        raise xw._xlwindows.ExcelBusyError

    monkeypatch.setitem(entry.ACTIONS, "check", gives_up)
    assert "请先结束单元格编辑" in press("check")


def test_the_title_of_the_messages_is_the_same_in_vba() -> None:
    strings = yaml.safe_load((ROOT / "macros" / "strings.yaml").read_text(encoding="utf-8"))
    assert strings["TITLE"] == TITLE
