"""The panel on a screen in memory, before the stand-in for Excel: its buttons for Excel, its list, and an Excel that goes away."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw
from desk import Official
from fake_excel import CALL_REJECTED, CELL_EDITING, Desktop
from said import zh

from xl_kpi import api, cli
from xl_kpi.addin import actions, commands, entry, files, findings_list
from xl_kpi.addin.files import Outcome
from xl_kpi.api import listed
from xl_kpi.bulk.folder import Found
from xl_kpi.findings import Finding
from xl_kpi.layout import listing
from xl_kpi.layout.plan import CHECKS, ENTRY, RULES
from xl_kpi.report.language import choose

try:
    import tkinter as tk
    from tkinter import filedialog, messagebox

    import panel_window

    from xl_kpi.addin import dialogs, panel
    from xl_kpi.addin.panel import excel as excel_side
    from xl_kpi.addin.panel import widgets
except ImportError:
    if os.environ.get("CI"):
        raise
    pytest.skip("这个 Python 没有 tkinter，跳过面板的测试", allow_module_level=True)

pytestmark = [pytest.mark.xdist_group("panel"), pytest.mark.usefixtures("display")]  # in one process: one screen

Opened = Callable[[Path], xw.Book]


@pytest.fixture(autouse=True)
def _cleared_away() -> Iterator[None]:
    """Tk goes in the thread that made it, and not in that of another test's work."""
    yield
    gc.collect()


@pytest.fixture
def official() -> Official:
    return Official()


@pytest.fixture
def window(excel: Desktop, official: Official) -> Iterator[panel.Panel]:
    """The panel, in front; no Excel runs yet."""
    root = tk.Tk()
    shown = panel.Panel(root, official)
    root.update()
    root.focus_force()
    root.update()
    yield shown
    root.destroy()


@pytest.fixture
def opened(excel: Desktop) -> Opened:
    """Opens a file in Excel, as the workbook in front."""

    def opens(path: Path) -> xw.Book:
        app = xw.apps.active or xw.App()
        book = app.books.open(path)
        book.activate()
        return book

    return opens


@pytest.fixture(scope="module")
def report(typical_content: bytes) -> api.Report:
    """What a check says of the case 典型 with one input left out (E7) and one out of range (E10)."""
    source = ("typical.xlsx", typical_content)
    ids = {known["cells"]["self"]: known["id"] for known in api.workbook_map(source)["inputs"]}
    answers = {ids[f"{ENTRY}!E7"]: None, ids[f"{ENTRY}!E10"]: 99}
    return api.check((source[0], api.fill(source, answers)))


@pytest.fixture
def light(tmp_path: Path, opened: Opened) -> Callable[[str], xw.Book]:
    """Opens a workbook that has our sheets but nothing on them except the head of the list, which takes a hundredth of the time."""

    def opens(name: str) -> xw.Book:
        made = openpyxl.Workbook()
        for sheet in (ENTRY, CHECKS, RULES, "汇总"):
            made.create_sheet(sheet)
        for column, title in enumerate(listing.TITLES, listing.COLUMN):
            made[CHECKS].cell(listing.TITLE_ROW, column, title)
        made.save(tmp_path / name)
        return opened(tmp_path / name)

    return opens


@pytest.fixture
def book(light: Callable[[str], xw.Book], report: api.Report, monkeypatch: pytest.MonkeyPatch) -> xw.Book:
    """A light workbook in front; whatever is checked gives `report`."""
    monkeypatch.setattr(api, "check", lambda source: report)
    return light("枣庄市中心血站.xlsx")


def press(window: panel.Panel, action: str) -> None:
    window.root.event_generate("<FocusIn>")  # whoever presses has come back from Excel
    window.root.update()
    window.buttons[action].invoke()
    window.root.update()


def place(found: Finding) -> str:
    return f"{found.sheet}!{found.cell}" if found.cell else found.sheet


def rows(window: panel.Panel) -> list[tuple[str, ...]]:
    tree = window.results.findings
    return [tuple(map(str, tree.item(row, "values"))) for row in tree.get_children()]


def selected(window: panel.Panel) -> str:
    """The place of the finding that is selected."""
    (row,) = window.results.findings.selection()
    return str(window.results.findings.set(row, "place"))


def double_click(window: panel.Panel, number: int) -> None:
    tree = window.results.findings
    row = tree.get_children()[number]
    tree.see(row)
    window.root.update()
    x, y, width, height = tree.bbox(row)
    for event in ("<ButtonPress-1>", "<ButtonRelease-1>") * 2:
        tree.event_generate(event, x=x + width // 2, y=y + height // 2)
    window.root.update()


def middle(window: panel.Panel) -> tuple[int, int]:
    """A point in the middle of the results, on the screen."""
    steps = window.face.steps
    return steps.winfo_rootx() + steps.winfo_width() // 2, steps.winfo_rooty() + steps.winfo_height() // 2


def at(app: xw.App) -> tuple[str, str, str]:
    """The workbook, sheet and cell in front."""
    return app.books.active.name, app.api.ActiveSheet.Name, app.api.ActiveCell.GetAddress(False, False)


def test_the_buttons_for_excel_are_the_ribbons_in_its_words(window: panel.Panel) -> None:
    ribbon = {button.action: button.label for group in excel_side.ribbon().values() for button in group}
    own = {action.name for action in actions.ACTIONS}
    assert set(ribbon) == set(entry.ACTIONS)
    assert set(window.buttons) == set(ribbon) | own
    for name, button in window.buttons.items():
        assert str(button.cget("text")).partition("(")[0] == ribbon.get(
            name, str(button.cget("text")).partition("(")[0]
        )
    assert str(window.buttons["check"].cget("text")) == "核对总分与否决"
    assert str(window.buttons["folder"].cget("text")) == "核对文件夹(D)…"  # the same action, the same words


def test_a_check_lists_the_findings_of_the_saved_file_and_writes_them_into_the_workbook(
    window: panel.Panel, opened: Opened, typical: Path, official: Official
) -> None:
    book = opened(typical)
    book.sheets[ENTRY].range("E7").clear_contents()
    book.sheets[ENTRY].range("E10").raw_value = 99
    saved = api.check(commands.copy_of(book))
    press(window, "check")
    assert rows(window) == [(findings_list.level(f), place(f), zh(f)) for f in saved.findings]
    assert {("提醒", f"{ENTRY}!E7"), ("错误", f"{ENTRY}!E10")} <= {row[:2] for row in rows(window)}
    assert str(window.results.headline.cget("text")) == f"{typical.name}　{commands.headline(saved)}"
    assert typical.name in str(window.results.counts.cget("text"))
    assert book.sheets[CHECKS].range(listed.BLOCK).formula[0][4] == zh(saved.findings[0])
    assert official.told == []  # what it found stands in the window
    tags = [window.results.findings.item(row, "tags") for row in window.results.findings.get_children()]
    assert [str(tag) for (tag,) in tags] == [found.severity for found in saved.findings]


def test_the_finding_selected_is_shown_in_full(window: panel.Panel, book: xw.Book) -> None:
    press(window, "check")
    for row, (level, place, message) in zip(window.results.findings.get_children(), rows(window), strict=True):
        window.results.findings.selection_set(row)
        window.root.update()
        assert (
            window.results.detail.get("1.0", "end").strip()
            == "　".join(filter(None, (level, place))) + f"\n{message}"
        )


def test_a_double_click_goes_to_the_cell_whatever_is_in_front(
    window: panel.Panel, book: xw.Book, light: Callable[[str], xw.Book]
) -> None:
    press(window, "check")
    places = [row[1] for row in rows(window)]
    number = places.index(f"{ENTRY}!E10")
    double_click(window, number)
    assert at(book.app) == (book.name, ENTRY, "E10")
    light("另一份.xlsx")
    double_click(window, places.index(f"{ENTRY}!E7"))
    assert at(book.app) == (book.name, ENTRY, "E7")
    assert book.app.api.StatusBar == rows(window)[places.index(f"{ENTRY}!E7")][2]
    assert window.status.get() == f"已转到 {ENTRY}!E7。"


def test_the_keyboard_checks_and_goes(window: panel.Panel, book: xw.Book) -> None:
    window.root.event_generate("<F5>")
    window.root.update()
    assert rows(window)
    assert window.root.focus_get() is window.results.findings
    window.results.findings.event_generate("<Return>")
    window.root.update()
    assert "!".join(at(book.app)[1:]) == selected(window)
    window.buttons["clear"].focus_set()
    window.buttons["clear"].event_generate("<Return>")
    window.root.update()
    assert window.results.outcome is None


def test_next_and_previous_move_in_the_list_too(window: panel.Panel, book: xw.Book) -> None:
    press(window, "check")
    book.app.api.Goto(book.api.Worksheets(ENTRY).Range("E7"))
    press(window, "next")
    assert "!".join(at(book.app)[1:]) == selected(window) == f"{ENTRY}!E10"
    press(window, "previous")
    assert "!".join(at(book.app)[1:]) == selected(window) == f"{ENTRY}!E7"


def test_clearing_empties_the_list_of_the_same_workbook_only(
    window: panel.Panel, book: xw.Book, light: Callable[[str], xw.Book]
) -> None:
    press(window, "check")
    light("另一份.xlsx")
    press(window, "clear")
    assert rows(window)
    book.activate()
    press(window, "clear")
    assert window.results.outcome is None
    assert window.status.get() == "标记已清除。"
    assert window.face.steps.winfo_containing(*middle(window)) is not None


def test_the_other_actions_are_the_ribbons(
    window: panel.Panel, opened: Opened, official: Official, typical: Path, tmp_path: Path
) -> None:
    book = opened(typical)
    book.app.api.Goto(book.api.Worksheets(ENTRY).Range("E7"))
    press(window, "rules")
    assert at(book.app)[1] == RULES

    out = tmp_path / "存放"
    out.mkdir()
    official.answers = {"folder": out, "confirm": True}
    press(window, "export")
    assert typical.name in window.status.get()
    assert [path.name for path in out.iterdir()] == [typical.name]
    assert official.told == []


def test_recalculating_says_that_it_was_done(window: panel.Panel, book: xw.Book) -> None:
    book.sheets[ENTRY].range("A1").formula = "=1+1"
    press(window, "recalculate")
    assert window.status.get() == "已重新计算。"


def test_without_a_workbook_the_buttons_for_excel_are_off_and_say_why(
    window: panel.Panel, official: Official
) -> None:
    assert "请先打开" in window.workbook.get()
    for name, button in window.buttons.items():
        usable = name in {action.name for action in actions.ACTIONS} | {"doctor"}
        assert button.instate(["!disabled" if usable else "disabled"]), name
        assert ("现在不能用" in window.tip(name)) is not usable
    assert window.workbook.get() in window.tip("check")
    press(window, "check")
    window.do("check")  # as a key would
    assert official.told == []
    press(window, "doctor")
    assert "操作系统" in official.told[0][0]


def test_excel_and_workbooks_may_come_and_go(
    window: panel.Panel, book: xw.Book, official: Official, light: Callable[[str], xw.Book]
) -> None:
    window.root.event_generate("<FocusIn>")
    window.root.update()
    assert window.workbook.get() == book.name
    press(window, "check")
    book.app.quit()
    window.do("check")
    assert "请先打开" in window.workbook.get()
    double_click(window, 0)
    assert ["请打开它" in text for text, _ in official.told] == [True]
    again = light("又一份.xlsx")
    window.root.event_generate("<FocusIn>")
    press(window, "check")
    assert window.workbook.get() == again.name
    assert again.name in str(window.results.headline.cget("text"))
    double_click(window, 0)
    assert "!".join(at(again.app)[1:]) == selected(window)


def test_a_cell_of_a_workbook_that_was_closed_is_not_gone_to_and_a_message_says_so(
    window: panel.Panel, book: xw.Book, official: Official, light: Callable[[str], xw.Book]
) -> None:
    press(window, "check")
    light("另一份.xlsx")
    book.close()
    before = at(xw.apps.active)
    double_click(window, 0)
    ((text, alarm),) = official.told
    assert alarm
    assert "请打开它，重新核对" in text
    assert at(xw.apps.active) == before


def test_a_cell_of_a_hidden_or_deleted_sheet_is_not_gone_to_and_a_message_says_so(
    window: panel.Panel, book: xw.Book, official: Official
) -> None:
    press(window, "check")
    book.api.Worksheets(ENTRY).Visible = 0
    double_click(window, 0)
    assert "请先取消隐藏" in official.told[-1][0]
    book.api.Worksheets(ENTRY).Name = "改名"
    double_click(window, 0)
    assert "这一步没有做成" in official.told[-1][0]
    assert "Traceback" not in official.told[-1][0]
    assert window.buttons["check"].instate(["!disabled"])  # and one can go on


@pytest.mark.parametrize("how", [CELL_EDITING, CALL_REJECTED])
def test_a_busy_excel_is_told_of_within_bounds(
    window: panel.Panel,
    book: xw.Book,
    excel: Desktop,
    official: Official,
    how: tuple[object, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xw._xlwindows, "N_COM_ATTEMPTS", 3)
    press(window, "check")
    with excel.refusing(how, at_most=100):
        press(window, "check")
        double_click(window, 0)
        assert "暂时读不到" in window.workbook.get()
    assert len(official.told) == 2
    assert all("请先结束单元格编辑" in text and alarm for text, alarm in official.told)
    press(window, "check")
    assert window.workbook.get() == book.name


def test_a_workbook_that_is_not_ours_is_said_to_be_none(window: panel.Panel, official: Official) -> None:
    xw.App()
    window.refresh()
    press(window, "check")
    assert "不是由本系统生成" in str(window.results.headline.cget("text"))
    assert [row[0] for row in rows(window)] == ["错误"]
    window.results.go()
    assert "没有对应的单元格" in window.status.get()


def test_while_something_is_done_nothing_else_can_be(
    window: panel.Panel, book: xw.Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def slow(app: xw.App | None, desk: entry.Desk) -> commands.Told:
        seen.append({button.instate(["disabled"]) for button in window.buttons.values()})
        seen.append((window.status.get(), str(window.root.cget("cursor"))))
        window.root.event_generate("<F5>")
        window.buttons["check"].invoke()
        window.close()
        return commands.Told("")

    monkeypatch.setitem(entry.ACTIONS, "recalculate", slow)
    press(window, "recalculate")
    assert seen == [{True}, ("正在进行：重新计算…", "watch")]
    assert window.results.outcome is None
    assert {button.instate(["disabled"]) for button in window.buttons.values()} == {False}
    assert str(window.root.cget("cursor")) == ""


def test_nothing_is_cut_off_in_the_smallest_window(window: panel.Panel, book: xw.Book) -> None:
    press(window, "check")
    window.root.geometry("x".join(map(str, window.root.minsize())))
    window.root.update()
    for button in window.buttons.values():
        assert button.winfo_width() >= button.winfo_reqwidth()
        assert button.winfo_rootx() + button.winfo_width() <= window.root.winfo_rootx() + window.root.winfo_width()
    bottom = window.face.saved.winfo_rooty()
    for shown in (window.results.table, window.results.findings):
        assert shown.winfo_rooty() + shown.winfo_height() <= bottom
        assert shown.winfo_height() > 3 * window.root.tk.call("font", "metrics", "TkDefaultFont", "-linespace")
    assert (
        window.face.saved.winfo_rooty() + window.face.saved.winfo_height()
        <= window.root.winfo_rooty() + window.root.winfo_height()
    )
    assert window.root.minsize()[1] <= 700  # the screens of offices are 768 high


def test_its_dialogs_ask_as_the_ribbons_do(window: panel.Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, object]]] = []

    def answers(module: object, name: str, answer: object) -> None:
        def ask(*words: str, **options: object) -> object:
            asked.append(("".join(words[1:]), options))
            return answer

        monkeypatch.setattr(module, name, ask)

    for name in ("showinfo", "showwarning"):
        answers(messagebox, name, "ok")
    answers(messagebox, "askyesno", True)
    answers(filedialog, "askopenfilename", "/甲/单位.csv")
    answers(filedialog, "askdirectory", "")
    desk = dialogs.WindowDesk(window.root)
    desk.tell("好", False)
    assert desk.confirm("仍要导出吗？")
    assert desk.file("选择单位名单", entry._LISTS) == Path("/甲/单位.csv")
    assert asked[-1][1]["filetypes"] == [("单位名单", ["*.xlsx", "*.csv"])]
    assert desk.folder("存到哪里？") is None


@pytest.mark.parametrize(("button", "answer"), [("ok", "cdc-emergency"), ("cancel", None)])
def test_a_line_of_text_is_asked_for(window: panel.Panel, button: str, answer: str | None) -> None:
    def fill_in() -> None:
        dialog = next((each for each in window.root.winfo_children() if isinstance(each, dialogs._Line)), None)
        if dialog is None or dialog.grab_current() is not dialog:
            window.root.after(5, fill_in)  # it is not there yet
            return
        assert dialog.line.get() == "zaozhuang"
        dialog.line.delete(0, "end")
        dialog.line.insert(0, " cdc-emergency ")
        getattr(dialog, button)()

    window.root.after(5, fill_in)
    assert dialogs.WindowDesk(window.root).text("用哪个方案？", "zaozhuang") == answer


def test_a_button_says_what_it_does_when_pointed_at(window: panel.Panel) -> None:
    (tip,) = (b.tip for group in excel_side.ribbon().values() for b in group if b.action == "export")
    shown = widgets.Tip(window.buttons["export"], lambda: tip)
    shown.show()
    (words,) = (child for each in window.buttons["export"].winfo_children() for child in each.winfo_children())
    assert str(words.cget("text")) == tip
    assert "先核对" in tip
    shown.hide(None)
    assert window.buttons["export"].winfo_children() == []


def test_the_command_opens_the_panel_and_ends_when_it_is_closed(
    excel: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = []
    actions.titles()  # read already, so that the thread that reads them has nothing of earlier tests to clear away

    def loop(root: tk.Tk) -> None:
        titles.append(root.title())
        root.destroy()

    monkeypatch.setattr(tk.Tk, "mainloop", loop)
    assert cli.main(["panel"]) == 0
    assert titles == ["绩效考核面板"]


def test_without_a_screen_a_message_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPLAY", ":no")
    assert cli.main(["panel"]) == 2
    assert "没有可以显示窗口的桌面" in capsys.readouterr().err


def test_a_python_without_tkinter_is_told_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tkinter", None)
    for name in [name for name in sys.modules if name.startswith("xl_kpi.addin.panel")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("xl_kpi.addin.panel")
    assert cli.main(["panel"]) == 2
    assert "python3-tk" in capsys.readouterr().err


def test_in_english_it_speaks_english(excel: Desktop) -> None:
    choose("en")
    root = tk.Tk()
    try:
        shown = panel.Panel(root, Official())
        assert "open the workbook" in shown.workbook.get()
        assert "check a folder" in str(shown.buttons["folder"].cget("text"))
    finally:
        root.destroy()
        choose("zh")


def test_the_command_line_loads_neither_tkinter_nor_xlwings() -> None:
    script = "import sys, xl_kpi.cli; sys.exit(len({'tkinter', 'xlwings'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_finding_of_a_file_goes_to_the_cell_where_excel_has_the_file_open_and_else_opens_it(
    window: panel.Panel,
    book: xw.Book,
    tmp_path: Path,
    report: api.Report,
    official: Official,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    program = panel_window.opener(tmp_path)
    lines = tuple(
        files.check_line(report, Found(path, path.name))
        for path in (tmp_path / book.name, tmp_path / "没有打开的.xlsx")
    )
    shutil.copy(tmp_path / book.name, tmp_path / "没有打开的.xlsx")
    window.show(Outcome("核对结果", "两个文件", files.check_columns(), lines))
    window.root.update()
    number = [row[1] for row in rows(window)].index(f"{ENTRY}!E10")
    double_click(window, number)
    assert at(book.app) == (book.name, ENTRY, "E10")
    assert not program.exists()
    panel_window.choose(window.results.table, 1)
    double_click(window, number)
    panel_window.wait(window, program.exists)
    assert set(program.read_text(encoding="utf-8").splitlines()) == {str(tmp_path / "没有打开的.xlsx")}
    assert official.told == []
