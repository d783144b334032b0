"""Which Excel an action works on: the one that asked, through whichever window there is a way; never WPS."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwings as xw
from fake_excel import WPS, Desktop
from fake_excel.com import ComError

from xl_kpi import api
from xl_kpi.addin import attach, desk, entry, files, opening
from xl_kpi.findings import XlKpiError


@pytest.fixture
def opened(excel: Desktop, typical: Path) -> xw.App:
    """Excel with the case 典型 in front."""
    app = xw.App()
    app.books.open(typical).activate()
    return app


@pytest.fixture
def press(excel: Desktop, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], list[str]]:
    """Presses a button above a window; gives what was told."""

    def pressed(hwnd: int, action: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["-c", f"--hwnd={hwnd}"])
        excel.person.boxes.clear()
        entry.run(action)
        assert {box.owner for box in excel.person.boxes} <= {hwnd}
        return excel.person.told

    return pressed


Press = Callable[[int, str], list[str]]


# --- WPS, and whatever else has windows like Excel's


@pytest.mark.parametrize("image", [WPS, r"D:\\office6\\wps.exe", r"C:\\tools\\EXCEL.EXE.exe", ""])
def test_what_is_not_excel_is_not_attached_to(excel: Desktop, opened: xw.App, image: str) -> None:
    other = excel.start(image)
    other.application.vba_get("Workbooks").vba_get("Add")
    assert xw.apps.active.pid == other.hwnd  # xlwings would take it
    assert attach.front() == opened
    assert list(attach.excels()) == [opened]
    opened.kill()
    assert attach.front() is None
    with pytest.raises(XlKpiError, match=r"不是 Excel.*核对文件"):
        attach.book(attach.front())


def test_wps_is_called_by_its_name(excel: Desktop) -> None:
    excel.start(WPS).application.vba_get("Workbooks").vba_get("Add")
    with pytest.raises(XlKpiError, match="打开工作簿的程序是 WPS，不是 Excel"):
        attach.book(attach.front())


@pytest.mark.parametrize("action", list(entry.ACTIONS))
def test_a_button_pressed_in_wps_is_told_so_and_does_nothing(
    excel: Desktop, opened: xw.App, press: Press, action: str
) -> None:
    other = excel.start(WPS)
    other.application.vba_get("Workbooks").vba_get("Add")
    with excel.counted() as calls:
        (told,) = press(other.hwnd, action)
    assert "是 WPS，不是 Excel" in told
    assert calls == []


# --- no workbook open


@pytest.fixture
def empty(excel: Desktop) -> int:
    """The window of an Excel without a workbook; xlwings has no way to it."""
    hwnd = excel.start().hwnd
    with pytest.raises(OSError, match="Unspecified error"):
        _ = xw.App(impl=xw._xlwindows.App(xl=hwnd)).api
    return hwnd


@pytest.mark.parametrize("action", ["check", "recalculate", "next", "previous", "clear", "export", "rules"])
def test_without_a_workbook_a_message_says_to_open_one(press: Press, empty: int, action: str) -> None:
    (told,) = press(empty, action)
    assert "请先打开" in told


def test_without_a_workbook_the_machine_is_diagnosed(press: Press, empty: int) -> None:
    assert "操作系统" in press(empty, "doctor")[0]


@pytest.fixture
def dialogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, display: None) -> Path:
    """Answers the dialogs of our own, on a screen; gives the folder chosen."""
    from xl_kpi.addin import dialogs

    out, listed = tmp_path / "存放", tmp_path / "单位.csv"
    out.mkdir()
    listed.write_text("单位名称\n甲血站\n乙血站\n", encoding="utf-8")
    monkeypatch.setattr(dialogs.filedialog, "askdirectory", lambda **_: str(out))
    monkeypatch.setattr(dialogs.filedialog, "askopenfilename", lambda **_: str(listed))
    monkeypatch.setattr(dialogs._Line, "__init__", lambda self, *_: setattr(self, "answer", "zaozhuang-blood-2022"))
    return out


def test_without_a_workbook_blanks_are_made(press: Press, empty: int, dialogs: Path) -> None:
    (told,) = press(empty, "blanks")
    assert "2 份" in told
    assert sorted(api.workbook_map(path)["unit"] for path in dialogs.iterdir()) == ["乙血站", "甲血站"]


def test_without_a_workbook_a_folder_is_checked_and_the_table_opened(
    press: Press, empty: int, dialogs: Path, typical: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (dialogs / "甲.xlsx").write_bytes(typical.read_bytes())
    opened: list[Path] = []
    monkeypatch.setattr(opening, "open_with_system", opened.append)
    (told,) = press(empty, "folder")
    assert "核对了 1 个文件" in told
    (table,) = opened
    assert str(table) in told
    assert table.name == "核对结果.xlsx"
    assert [found.path for found in files.listing([table]).files] == [table]


def test_a_window_of_our_own_leaves_nothing_for_another_thread_to_clear_away(
    display: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tkinter

    from xl_kpi.addin import dialogs

    made: list[weakref.ref[tkinter.Tk]] = []
    init = tkinter.Tk.__init__
    monkeypatch.setattr(
        tkinter.Tk, "__init__", lambda self, *args: (made.append(weakref.ref(self)), init(self, *args))[1]
    )
    monkeypatch.setattr(dialogs._Line, "wait_window", lambda self, _: self.ok())  # pressed at once
    gc.disable()
    try:
        assert desk.BareDesk(None).text("哪个方案？", "甲") == "甲"
        assert [window() for window in made] == [None]
    finally:
        gc.enable()


def test_without_tkinter_it_says_to_open_any_workbook(
    press: Press, empty: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tkinter", None)
    for action in ("blanks", "folder"):
        (told,) = press(empty, action)
        assert "请先新建或打开任意一个工作簿" in told


def test_a_window_without_a_workbook_leads_to_another_of_the_same_excel(
    excel: Desktop, opened: xw.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Excel 2013 and later have it: each workbook has a window of its own."""
    spare = excel.start()
    monkeypatch.setattr(xw._xlwindows.win32process, "GetWindowThreadProcessId", lambda hwnd: (0, opened.hwnd))
    found = attach.calling(xw.App(impl=xw._xlwindows.App(xl=spare.hwnd)))
    assert found is not None
    assert found.books.active.name == opened.books.active.name


# --- Protected View


@pytest.mark.parametrize("action", ["check", "recalculate", "next", "previous", "clear", "export", "rules"])
def test_a_file_in_protected_view_is_said_to_be_so(excel: Desktop, opened: xw.App, press: Press, action: str) -> None:
    excel.of(opened.hwnd).protected_view = True
    (told,) = press(opened.hwnd, action)
    assert "启用编辑" in told
    excel.of(opened.hwnd).protected_view = False
    assert "启用编辑" not in "".join(press(opened.hwnd, "recalculate"))


# --- a broken cache of pywin32's


BROKEN = "module 'win32com.gen_py.00020813-0000-0000-C000-000000000046x0x1x9' has no attribute 'CLSIDToClassMap'"


@pytest.mark.parametrize("heals", [True, False])
def test_a_broken_cache_is_deleted_once_and_excel_tried_again(
    excel: Desktop, opened: xw.App, press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heals: bool
) -> None:
    cache = tmp_path / "gen_py" / "3.11"
    cache.mkdir(parents=True)
    (cache / "dicts.dat").write_bytes(b"")
    monkeypatch.setattr(sys.modules["win32com"], "__gen_path__", str(cache))
    monkeypatch.setitem(sys.modules, "win32com.gen_py.00020813", type(sys)("win32com.gen_py.00020813"))
    tried = []

    def dispatching() -> None:
        tried.append(cache.exists())
        if cache.exists() or not heals:
            raise AttributeError(BROKEN)

    excel.dispatching = dispatching
    (told,) = press(opened.hwnd, "recalculate")
    assert not cache.exists()
    assert "win32com.gen_py.00020813" not in sys.modules
    assert tried[:2] == [True, False]
    assert told == "已重新计算。" if heals else "CLSIDToClassMap" in told


def test_nothing_but_that_cache_is_ever_deleted(
    tmp_path: Path, excel: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (tmp_path, ""):
        monkeypatch.setattr(sys.modules["win32com"], "__gen_path__", str(path))
        attach.clear_cache()
    assert tmp_path.exists()


# --- what nobody foresaw


def test_an_error_of_excels_is_shown_in_its_own_words_with_its_number(
    excel: Desktop, opened: xw.App, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type("com_error", (ComError,), {})

    def fails(*_: object) -> None:
        raise kind(
            -2147352567,
            "发生意外。",
            (0, "Microsoft Excel", "类 Workbook 的 SaveCopyAs 方法无效", "", 0, -2146827284),
            None,
        )

    monkeypatch.setitem(entry.ACTIONS, "check", fails)
    (told,) = press(opened.hwnd, "check")
    for words in ("请看一下 Excel", "类 Workbook 的 SaveCopyAs 方法无效", "发生意外", "0x80020009", "0x800A03EC"):
        assert words in told
    assert "\\u" not in told
    assert "(0, " not in told


def test_where_no_message_can_be_shown_the_error_goes_where_vba_reads_it(
    excel: Desktop,
    opened: xw.App,
    press: Press,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(entry.locale, "getpreferredencoding", lambda _: "gbk")
    monkeypatch.setattr(desk.ExcelDesk, "tell", lambda *_: (_ for _ in ()).throw(RuntimeError("没有窗口 ☃")))
    with pytest.raises(SystemExit):
        press(opened.hwnd, "recalculate")
    said = capfdbinary.readouterr().err.decode("gbk")  # VBA reads it as ANSI
    assert "没有窗口 \\u2603" in said
