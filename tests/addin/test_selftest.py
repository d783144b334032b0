"""The self-test, whole, on the stand-in: with nothing wrong it says so, and each failure put into the stand-in is reported."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from fake_excel import WPS, Desktop, lacking

from xl_kpi import api, cli
from xl_kpi.addin import attach, entry, selftest
from xl_kpi.addin.tried import Tried

SCHEME = "zaozhuang-blood-2022"

Run = Callable[[], list[Tried]]


@pytest.fixture
def app(excel: Desktop, typical: Path, monkeypatch: pytest.MonkeyPatch) -> xw.App:
    """Excel with somebody's workbook open, some cells of it selected; nobody is there to press anything."""
    monkeypatch.setattr(selftest, "_sleep", lambda _: None)
    excel.person.absent = True
    app = xw.App()
    book = app.books.open(typical)
    book.sheets["数据填报"].activate()
    book.sheets["数据填报"].range("B7:C9").select()
    return app


@pytest.fixture
def one_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    """One scheme alone: the others take long, and are for the run that shows that nothing is wrong."""
    monkeypatch.setattr(api, "schemes", lambda: [SCHEME])


@pytest.fixture
def run(app: xw.App, tmp_path: Path) -> Run:
    return lambda: selftest.run(app, entry.ACTIONS, tmp_path, attended=False)[1]


def failed(tried: list[Tried]) -> dict[str, str]:
    return {each.name: each.details for each in tried if each.ok is False}


def at(app: xw.App) -> list[object]:
    excel = app.api
    names = [book.name for book in app.books]
    return [names, excel.ActiveWorkbook.Name, excel.ActiveSheet.Name, excel.Selection.GetAddress(), excel.StatusBar]


def test_with_nothing_wrong_everything_passes_and_excel_is_as_before(
    excel: Desktop, app: xw.App, tmp_path: Path, typical: Path
) -> None:
    content, before = typical.read_bytes(), at(app)
    path, tried = selftest.run(app, entry.ACTIONS, tmp_path, attended=False)
    assert failed(tried) == {}
    names = [each.name for each in tried]
    for name in api.schemes():
        assert any(name in each for each in names), name
    assert {f"按钮 {action}" for action in entry.ACTIONS if action != "selftest"} <= set(names)
    assert [each.name for each in tried if each.ok is None] == ["对话框：文件、文件夹、一行文字"]
    assert (at(app), typical.read_bytes(), len(excel.instances)) == (before, content, 1)
    said = path.read_text(encoding="utf-8-sig")
    assert (path.name, said.startswith("xl_kpi ")) == ("自检报告.txt", True)
    for words in ("没有通过 0 项", "Excel 16.0", "Python ", "[通过] 受保护的视图", "[通过] 正忙的 Excel"):
        assert words in said
    assert typical.stem not in said  # nobody's file
    assert str(Path.home()) not in said


@pytest.mark.usefixtures("one_scheme")
def test_with_somebody_there_every_dialog_is_shown(excel: Desktop, app: xw.App, tmp_path: Path) -> None:
    person = excel.person
    person.absent = False
    person.before = lambda: setattr(person, "yes", "请按“是”" in _next(person))
    monkeypatched = xw._xlwindows.win32api.MessageBox
    _words.clear()

    def message_box(owner: int, text: str, title: str, style: int) -> int:
        _words.append(text)
        return int(monkeypatched(owner, text, title, style))

    xw._xlwindows.win32api.MessageBox = message_box
    _, tried = selftest.run(app, entry.ACTIONS, tmp_path, attended=True)
    assert failed(tried) == {}
    assert [each.ok for each in tried if each.ok is None] == [True][1:]
    assert [box.icon for box in person.boxes] == ["information", "warning", "warning", "warning"]
    assert {kind for kind, _ in person.asked} == {"file", "folder", "text"}


_words: list[str] = []


def _next(_person: object) -> str:
    return _words[-1]


# --- failures put in


def _total_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    calculate = lacking.CALLS["Application", "CalculateFull"]

    def wrong(instance: Any, application: Any) -> Any:
        done = calculate(instance, application)
        for book in application.workbooks_.books:
            for sheet in book.sheets_:
                if sheet.name == "汇总" and "示例" in book.name:
                    cell = sheet.cells_[(8, 4)]
                    cell.formula, cell.value = "", 1.0
        return done

    monkeypatch.setitem(lacking.CALLS, ("Application", "CalculateFull"), wrong)


def _no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xw._xlwindows.win32con, "MB_ICONWARNING", "no", raising=False)


def _unspecified(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(22, "Unspecified error")

    monkeypatch.setattr(attach, "calling", fails)


def _no_protected_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lacking.GETS, ("Application", "ActiveProtectedViewWindow"), lambda *_: None)


def _settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lacking.SETS, ("Application", "DisplayAlerts"), lambda *_: None)
    monkeypatch.setitem(
        entry.ACTIONS, "clear", lambda app, desk: setattr(app.api, "EnableEvents", False) or entry.commands.Told("")
    )
    monkeypatch.setitem(
        lacking.SETS,
        ("Application", "EnableEvents"),
        lambda instance, _: setattr(instance.application, "enable_events", False),
    )


def _action_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("按钮坏了")

    monkeypatch.setitem(entry.ACTIONS, "rules", fails)


def _copy_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lacking.CALLS, ("Workbook", "SaveCopyAs"), lambda *_: None)


def _busy_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest.trouble, "_BUSY", ())


Fault = tuple[Callable[[pytest.MonkeyPatch], None], str, str]
FAULTS: list[list[Fault]] = [  # in one run those that do not hide each other
    [
        (_total_wrong, "重算并比较", "Excel 算得 1.0"),
        (_no_warning, "对话框：提示、警告、是与否", "TypeError"),
        (_no_protected_view, "受保护的视图", "没有打开的工作簿"),
        (_settings_stay, "恢复原状", "'EnableEvents': False"),
        (_action_fails, "按钮 rules", "按钮坏了"),
        (_busy_unknown, "正忙的 Excel", "没有认出 Excel 正忙"),
    ],
    [
        (_unspecified, "没有打开工作簿的 Excel", "Unspecified error"),
        (_copy_fails, "按钮 check", "没有写出工作簿的副本"),
    ],
]


@pytest.mark.usefixtures("one_scheme")
@pytest.mark.parametrize("faults", FAULTS)
def test_failures_are_reported_and_the_rest_tried_all_the_same(
    run: Run, excel: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: list[Fault]
) -> None:
    for put_in, _, _ in faults:
        put_in(monkeypatch)
    tried = run()
    wrong = failed(tried)
    for _, name, words in faults:
        assert any(name in each and words in details for each, details in wrong.items()), (name, wrong)
    assert tried[-1].name == "恢复原状"
    assert "[没有通过]" in (tmp_path / "自检报告.txt").read_text(encoding="utf-8-sig")
    assert len(excel.instances) == 1


def test_without_excel_it_says_to_open_one(
    excel: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    excel.start(WPS)
    assert cli.main(["addin", "doctor", "--self-test"]) == 2
    assert "请先打开 Excel" in capsys.readouterr().err
    assert list(tmp_path.glob("*.txt")) == []


@pytest.mark.usefixtures("one_scheme")
def test_the_command_writes_the_report_and_ends_with_what_it_found(
    app: xw.App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert cli.main(["addin", "doctor", "--self-test"]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == "自检报告.txt"
    assert "没有通过 0 项" in said.err


@pytest.mark.usefixtures("one_scheme")
def test_the_button_asks_first_and_says_where_the_report_is(
    excel: Desktop, app: xw.App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    excel.person.absent = False
    monkeypatch.setattr(sys, "argv", ["-c", f"--hwnd={app.hwnd}"])
    entry.run("selftest")
    assert len(excel.person.boxes) == 1  # not now
    monkeypatch.setattr(selftest, "run", lambda *_, **__: (tmp_path / "自检报告.txt", [Tried("甲", True)]))
    excel.person.yes, excel.person.folder = True, tmp_path
    entry.run("selftest")
    assert str(tmp_path / "自检报告.txt") in excel.person.told[-1]
