"""The panel without any Excel: every action on saved files to its end, in a window on a screen in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from desk import Official
from hostile_packages import ole

from xl_kpi import api, shipped
from xl_kpi.addin import actions
from xl_kpi.addin.actions import Action
from xl_kpi.addin.files import Column, Line, Outcome, Progress, Watch
from xl_kpi.layout.plan import ENTRY

try:
    import tkinter as tk

    import panel_window as pw
    from panel_window import answered, choose, do, double_click, finish, lines, opener, said, wait

    from xl_kpi.addin import panel
    from xl_kpi.addin.panel.form import Form
except ImportError:
    if os.environ.get("CI"):
        raise
    pytest.skip("这个 Python 没有 tkinter，跳过面板的测试", allow_module_level=True)

pytestmark = [pytest.mark.xdist_group("panel"), pytest.mark.usefixtures("display")]

OLDER = Path(__file__).resolve().parents[1] / "older"
NAME = "枣庄市中心血站_2022_zaozhuang-blood-2022.xlsx"


@pytest.fixture
def official() -> Official:
    return Official()


@pytest.fixture
def window(official: Official) -> Iterator[panel.Panel]:
    with pw.opened_window(official) as shown:
        yield shown


@pytest.fixture(scope="module")
def wanting(typical_answers: dict[str, Any]) -> bytes:
    """The case 典型 of another station, with one input left out (E7) and one out of range (E10)."""
    blank = ("blank.xlsx", api.build(api.scheme("zaozhuang-blood-2022"), "乙血站"))
    ids = {known["cells"]["self"]: known["id"] for known in api.workbook_map(blank)["inputs"]}
    return api.fill(blank, typical_answers | {ids[f"{ENTRY}!E7"]: None, ids[f"{ENTRY}!E10"]: 99})


@pytest.fixture
def returned(tmp_path: Path, typical_content: bytes, wanting: bytes) -> Path:
    """A folder as it comes back: a good file, one of another with questions, none of ours, encrypted, old, empty, and a lock."""
    folder = tmp_path / "收回"
    (folder / "补交").mkdir(parents=True)
    (folder / NAME).write_bytes(typical_content)
    other = api.fill(("other.xlsx", api.build(api.scheme("zaozhuang-cdc-2022"), "甲市疾控中心")), {})
    (folder / "补交" / "甲市疾控中心.xlsx").write_bytes(other)
    (folder / "有问题.xlsx").write_bytes(wanting)
    openpyxl.Workbook().save(folder / "通知.xlsx")
    (folder / "加密.xlsx").write_bytes(ole("EncryptionInfo", "EncryptedPackage"))
    (folder / "空.xlsx").write_bytes(b"")
    (folder / f"~${NAME}").write_bytes(b"lock")
    (folder / "说明.txt").write_text("不是工作簿", encoding="utf-8")
    return folder


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the program by which the system opens things; the file that it writes down."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    return opener(place)


def opened(window: panel.Panel, program: Path, count: int = 1) -> list[str]:
    """What the system was asked to open, once it has been asked so often."""
    wait(window, lambda: program.exists() and len(program.read_text(encoding="utf-8").splitlines()) >= count)
    return program.read_text(encoding="utf-8").splitlines()


def slow(run: Callable[[actions.Answers, Progress, Watch], Outcome]) -> Action:
    """An action that asks for a folder and does this."""
    like = pw.action("folder")
    return Action("slow", like.words, "Z", like.when, like.tip, like.verb, like.asks, run)


# the window


def test_it_starts_and_checks_without_xlwings(tmp_path: Path, typical_content: bytes) -> None:
    (tmp_path / NAME).write_bytes(typical_content)
    script = (
        "import sys, time, tkinter as tk\nfrom pathlib import Path\nfrom xl_kpi.addin import actions, panel\n"
        "if __name__ == '__main__':\n"
        "    root = tk.Tk()\n    shown = panel.Panel(root)\n    root.update()\n"
        "    shown.run(actions.ACTIONS[0], {'folder': Path(sys.argv[1])})\n"
        "    while shown.job is not None:\n        root.update(); time.sleep(0.01)\n"
        "    print(shown.results.headline.cget('text'), 'xlwings' in sys.modules)\n"
    )
    path = tmp_path / "start.py"
    path.write_text(script, encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(
        [sys.executable, str(path), str(tmp_path)], capture_output=True, encoding="utf-8", env=environment, check=True
    )
    assert ran.stdout == "核对了 1 个文件：通过 1，有问题 0，退回 0。 False\n"


def test_at_the_start_it_says_what_to_do_first(window: panel.Panel) -> None:
    texts = [str(child.cget("text")) for child in window.face.steps.winfo_children()]
    assert texts[0] == "从这里开始"
    for action in actions.ACTIONS:
        assert any(action.label in text and f"Alt+{action.letter}" in text for text in texts)
    assert not window.face.saved.winfo_ismapped()


def test_the_buttons_for_excel_are_off_and_say_why(window: panel.Panel, official: Official) -> None:
    assert "没有 Excel 可连接" in window.workbook.get()
    own = {action.name for action in actions.ACTIONS}
    for name, button in window.buttons.items():
        usable = name in own | {"doctor"}
        assert button.instate(["!disabled" if usable else "disabled"]), name
        assert ("没有 Excel 可连接" in window.tip(name)) is not usable
    window.do("check")
    assert official.told == []
    window.buttons["doctor"].invoke()
    assert "操作系统" in official.told[0][0]


def test_every_action_has_its_own_letter_and_words(window: panel.Panel) -> None:
    letters = [action.letter for action in actions.ACTIONS] + ["S"]
    assert len(set(letters)) == len(letters)
    for action in actions.ACTIONS:
        button = window.buttons[action.name]
        at = int(str(button.cget("underline")))
        assert str(button.cget("text"))[at] == action.letter
    assert len({action.name for action in actions.ACTIONS}) == len(actions.ACTIONS)


@pytest.mark.parametrize("size", ["480x600", "700x600", "1000x740"])
def test_no_button_is_cut_off(window: panel.Panel, returned: Path, size: str) -> None:
    do(window, "files", files=[returned / "有问题.xlsx", returned / NAME])
    window.root.geometry(size)
    window.root.update()
    right = window.root.winfo_rootx() + window.root.winfo_width()
    top = window.results.winfo_rooty()
    for button in window.buttons.values():
        assert button.winfo_width() >= button.winfo_reqwidth()
        assert button.winfo_rootx() + button.winfo_width() <= right
        assert button.winfo_rooty() + button.winfo_height() <= top
    for tree in (window.results.table, window.results.findings):
        assert tree.bbox(tree.get_children()[0])  # a line is to be seen
        assert tree.winfo_rooty() + tree.winfo_height() <= window.face.saved.winfo_rooty()


# checking


def test_a_folder_is_checked_into_a_table_with_the_findings_of_each_file(
    window: panel.Panel, returned: Path, wanting: bytes
) -> None:
    do(window, "folder", folder=returned)
    assert said(window).startswith("核对了 6 个文件：通过 1，有问题 2，退回 3。")
    assert "锁文件（~$） 1 个" in said(window)  # what was not looked at is told
    table = {row[0]: row[1:] for row in lines(window.results.table)}
    assert set(table) == {
        NAME,
        "补交/甲市疾控中心.xlsx".replace("/", os.sep),
        "有问题.xlsx",
        "通知.xlsx",
        "加密.xlsx",
        "空.xlsx",
    }
    # 301.41 of 400, worked by hand in the case 典型
    assert table[NAME][:4] == ("枣庄市中心血站", "通过", "301.41", "75.35%")
    assert table[NAME][6:] == ("0 / 0", "")
    assert table["有问题.xlsx"][1] == "有问题"
    assert table["有问题.xlsx"][6] == "1 / 1"
    assert table["有问题.xlsx"][7].startswith(f"{ENTRY}!E7")
    assert table["加密.xlsx"][1:7] == ("退回", "", "", "", "", "")
    assert "密码" in table["加密.xlsx"][7]
    assert "不是由本系统生成" in table["通知.xlsx"][7]
    assert "空文件" in table["空.xlsx"][7]
    (chosen,) = window.results.table.selection()
    assert window.results.table.set(chosen, "0") != NAME  # the first that calls for attention
    choose(window.results.table, [row[0] for row in lines(window.results.table)].index("有问题.xlsx"))
    assert [row[:2] for row in lines(window.results.findings)] == [
        ("提醒", f"{ENTRY}!E7"),
        ("错误", f"{ENTRY}!E10"),
        ("提示", ""),  # not recalculated since it was filled in
    ]
    assert "问题 2 处" in str(window.results.counts.cget("text"))
    choose(window.results.findings, 1)
    assert "填的是 99，应在 0 至 14 之间" in window.results.detail.get("1.0", "end")


def test_the_files_are_left_as_they_were(window: panel.Panel, returned: Path) -> None:
    before = {path: path.read_bytes() for path in returned.rglob("*") if path.is_file()}
    do(window, "folder", folder=returned)
    assert {path: path.read_bytes() for path in returned.rglob("*") if path.is_file()} == before


def test_files_are_chosen_in_the_systems_dialog(window: panel.Panel, returned: Path) -> None:
    window.chooser.last = str(returned)
    answered(window, f'"{NAME}" "有问题.xlsx"', window.buttons["files"].invoke)
    finish(window)
    assert [row[0] for row in lines(window.results.table)] == [NAME, "有问题.xlsx"]


def test_a_folder_is_chosen_in_the_systems_dialog_by_keyboard(window: panel.Panel, returned: Path) -> None:
    answered(window, str(returned), lambda: window.root.event_generate("<Alt-d>"))
    finish(window)
    assert "核对了 6 个文件" in said(window)


def test_f5_checks_again_what_was_checked(window: panel.Panel, returned: Path) -> None:
    do(window, "folder", folder=returned)
    for path in returned.rglob("*.xlsx"):
        if path.name != NAME:
            path.unlink()
    window.root.event_generate("<F5>")
    finish(window)
    assert said(window) == "核对了 1 个文件：通过 1，有问题 0，退回 0。"


@pytest.mark.parametrize("what", ["empty", "gone", "text"])
def test_a_folder_without_workbooks_is_told_of(
    window: panel.Panel, official: Official, tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "空的"
    if what != "gone":
        folder.mkdir()
    if what == "text":
        (folder / "说明.txt").write_text("无", encoding="utf-8")
    do(window, "folder", folder=folder)
    if what == "gone":
        assert "退回 1" in said(window)
        assert "找不到文件" in lines(window.results.table)[0][-1]
    else:
        assert official.told == [
            (f"{folder} 里没有考核工作簿（.xlsx 文件）。请选择存放工作簿的文件夹，压缩包要先解压", True)
        ]
        assert "没有完成" in window.status.get()


# sorting, copying, opening, saving


def test_columns_sort_and_turn_round(window: panel.Panel, returned: Path) -> None:
    do(window, "folder", folder=returned)
    tree = window.results.table

    def column(number: int) -> list[str]:
        window.root.tk.call(*window.root.tk.splitlist(tree.heading(str(number), "command")))
        window.root.update()
        return [row[number] for row in lines(tree)]

    assert column(2) == ["通过", "有问题", "有问题", "退回", "退回", "退回"]
    assert column(2) == ["退回", "退回", "退回", "有问题", "有问题", "通过"]
    assert "▼" in tree.heading("2", "text")
    totals = [float(text) for text in column(3) if text]
    assert totals == sorted(totals)
    assert column(3)[0] == "301.41"
    assert column(3)[-3:] == ["", "", ""]  # what has none comes last, whichever way


def test_findings_and_lines_can_be_copied(window: panel.Panel, tmp_path: Path, wanting: bytes) -> None:
    (tmp_path / "=1+1.xlsx").write_bytes(wanting)
    do(window, "files", files=[tmp_path / "=1+1.xlsx"])
    findings = window.results.findings
    findings.focus_force()
    findings.event_generate("<Control-a>")
    findings.event_generate("<Control-c>")
    copied = window.root.clipboard_get().split("\n")
    assert [line.split("\t")[1] for line in copied] == [f"{ENTRY}!E7", f"{ENTRY}!E10", ""]
    choose(window.results.table, 0)
    window.results.copy(window.results.table)
    assert window.root.clipboard_get().startswith("'=1+1.xlsx\t乙血站\t有问题\t")


def test_a_double_click_opens_the_file_with_the_systems_program(
    window: panel.Panel, returned: Path, program: Path, official: Official
) -> None:
    do(window, "files", files=[returned / NAME, returned / "有问题.xlsx"])
    double_click(window.results.table, 0)
    assert opened(window, program) == [str(returned / NAME)]
    choose(window.results.table, 1)
    double_click(window.results.findings, 1)
    assert opened(window, program, 2)[1] == str(returned / "有问题.xlsx")
    assert window.status.get() == f"已打开文件，请看 {ENTRY}!E10。"
    window.results.table.focus_force()
    window.results.table.event_generate("<Return>")
    assert opened(window, program, 3)[2] == str(returned / "有问题.xlsx")
    assert official.told == []


def test_what_cannot_be_opened_is_told_of(
    window: panel.Panel, returned: Path, program: Path, official: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(window, "files", files=[returned / NAME])
    opener(program.parent, code=3)  # as xdg-open says that no program is there
    double_click(window.results.table, 0)
    wait(window, lambda: bool(official.told))
    assert "请先安装 WPS 或 LibreOffice" in official.told[-1][0]
    monkeypatch.setenv("PATH", str(returned))
    double_click(window.results.table, 0)
    assert "请在文件管理器中打开它" in official.told[-1][0]
    (returned / NAME).unlink()
    double_click(window.results.table, 0)
    assert "已不在原处" in official.told[-1][0]
    assert len({text for text, _ in official.told}) == 3


def test_a_program_that_lies_there_is_not_started(
    window: panel.Panel, returned: Path, program: Path, official: Official
) -> None:
    script = returned / "有问题.sh"
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    do(window, "files", files=[script])
    double_click(window.results.table, 0)
    assert "不是工作簿，没有打开" in official.told[-1][0]
    assert not program.exists()


def test_the_table_is_saved_and_opened_and_nothing_in_it_is_live(
    window: panel.Panel, tmp_path: Path, wanting: bytes, program: Path
) -> None:
    name = "=HYPERLINK(1) http：‮.xlsx"
    (tmp_path / name).write_bytes(wanting)
    (tmp_path / NAME).write_bytes(wanting)
    do(window, "files", files=[tmp_path / name, tmp_path / NAME])
    target = tmp_path / "结果"
    answered(window, str(target), lambda: window.root.event_generate("<Alt-s>"))
    finish(window)
    saved = tmp_path / "结果.xlsx"
    assert opened(window, program) == [str(saved)]
    sheet = openpyxl.load_workbook(saved).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("文件", "单位", "结论", "总分", "得分率", "等次", "否决", "未填/有误", "第一个问题")
    assert rows[1][0] == "=HYPERLINK(1) http：\\u202e.xlsx"
    assert sheet["A2"].data_type == "s"
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink]
    assert isinstance(rows[1][3], float)
    assert str(saved) in window.status.get()


def test_a_table_that_is_open_elsewhere_is_saved_beside_it(
    window: panel.Panel, returned: Path, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(window, "files", files=[returned / NAME])
    target = tmp_path / "结果.xlsx"
    target.write_bytes(b"open elsewhere")
    replace = os.replace

    def refuses(source: str, to: Path) -> None:  # as Windows does
        if Path(to) == target:
            raise PermissionError(13, "Permission denied", str(source), None, str(to))
        replace(source, to)

    monkeypatch.setattr(os, "replace", refuses)
    monkeypatch.setattr("xl_kpi.xlsx.save._PAUSE", 0)
    monkeypatch.setattr(window.chooser, "target", lambda title, name: target)
    window.save()
    finish(window)
    assert "正被其他程序打开" in window.status.get()
    assert target.read_bytes() == b"open elsewhere"
    assert opened(window, program) == [str(tmp_path / "结果（新）.xlsx")]


# blanks


def fill_in(form: Form, scheme: str = "", units: str = "", target: str = "", level: str = "") -> None:
    """Fill in the form of 生成空白模板 as an official does."""
    box = form.fields["scheme"]
    box.current(list(actions.titles()).index(scheme))  # type: ignore[attr-defined]
    box.event_generate("<<ComboboxSelected>>")
    form.update()
    if level:
        form.fields["level"].set(level)  # type: ignore[attr-defined]
    form.fields["use_typed"].invoke()  # type: ignore[attr-defined]
    form.fields["typed"].insert("1.0", units)  # type: ignore[attr-defined]
    form.fields["target"].insert(0, target)  # type: ignore[attr-defined]
    form.update()


def test_blanks_are_made_for_units_that_are_typed(window: panel.Panel, tmp_path: Path, program: Path) -> None:
    window.root.event_generate("<Alt-n>")
    window.root.update()
    assert window.form is not None
    out = tmp_path / "新的" / "空白"
    fill_in(window.form, "cdc-emergency", "甲县疾控中心\n乙县疾控中心\n", str(out), "县")
    assert window.form.fields["year"].get() == "2023"  # type: ignore[attr-defined]
    window.form.fields["year"].set("2024")  # type: ignore[attr-defined]
    window.form.fields["target"].event_generate("<Return>")
    finish(window)
    assert said(window) == f"已生成 2 份空白工作簿，在 {out}。"
    made = {path.name: api.workbook_map(path) for path in out.iterdir()}
    assert sorted(made) == ["乙县疾控中心_2024_cdc-emergency.xlsx", "甲县疾控中心_2024_cdc-emergency.xlsx"]
    assert {(m["unit"], m["level"], m["year"]) for m in made.values()} == {
        ("甲县疾控中心", "县", 2024),
        ("乙县疾控中心", "县", 2024),
    }
    assert [row[0] for row in lines(window.results.table)] == ["甲县疾控中心", "乙县疾控中心"]
    window.face.folder.invoke()
    assert opened(window, program) == [str(out)]


def test_blanks_are_made_for_a_list_and_a_scheme_of_ones_own(window: panel.Panel, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    shutil.copy(next(Path(shipped.TEMPLATES).glob("zaozhuang-blood-2022.yaml")), own)
    listed = tmp_path / "单位.csv"
    listed.write_text("单位名称,单位代码\n甲血站,A1\n乙血站,B2\n", encoding="gb18030")
    window.buttons["blanks"].invoke()
    form = window.form
    assert form is not None
    answered(window, str(own), pw.button(form, "其他方案…").invoke)
    assert "own.yaml" in form.fields["scheme"].get()  # type: ignore[attr-defined]
    form.fields["units"].insert(0, str(listed))  # type: ignore[attr-defined]
    form.fields["target"].insert(0, str(tmp_path / "空白"))  # type: ignore[attr-defined]
    form.sent.invoke()
    finish(window)
    assert "已生成 2 份" in said(window)
    assert [row[:2] for row in lines(window.results.table)] == [("甲血站", "A1"), ("乙血站", "B2")]


def test_a_form_says_what_is_wanting_and_stays(window: panel.Panel) -> None:
    window.buttons["blanks"].invoke()
    form = window.form
    assert form is not None
    form.sent.invoke()
    assert "请选择考核方案" in str(form.error.cget("text"))
    assert "请选择单位名单，或直接填写单位" in str(form.error.cget("text"))
    assert "请选择存放结果的文件夹" in str(form.error.cget("text"))
    assert window.job is None
    form.fields["scheme"].focus_force()
    form.update()
    form.fields["scheme"].event_generate("<Escape>")
    assert not form.winfo_exists()


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"units": "甲\n乙\n 甲 "}, "“甲”写了两次"),
        ({"units": Path("坏名单.csv")}, "第3行：单位“甲”与第2行重复"),
        ({"units": Path("没有的.csv")}, "找不到文件"),
        ({"units": Path("加密.xlsx")}, "单位名单"),
        ({"level": None}, "没有写层级"),
        ({"target": Path("占用的文件") / "里面"}, "无法读写"),
        ({"scheme": "坏方案.yaml"}, "坏方案.yaml"),
        ({"year": 1990}, "1990"),
    ],
)
def test_what_is_wrong_in_the_answers_stands_in_the_form_which_keeps_them(
    window: panel.Panel,
    official: Official,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, object],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("坏名单.csv").write_text("单位名称\n甲\n甲\n\n", encoding="utf-8")
    Path("加密.xlsx").write_bytes(ole("EncryptionInfo", "EncryptedPackage"))
    Path("占用的文件").write_bytes(b"")
    Path("坏方案.yaml").write_text("id: [", encoding="utf-8")
    good = {"scheme": "cdc-emergency", "year": 2023, "level": "市", "units": "甲\n乙", "target": Path("空白")}
    do(window, "blanks", **(good | answers))
    assert window.form is not None
    assert says in str(window.form.error.cget("text"))
    assert "Traceback" not in str(window.form.error.cget("text"))
    assert official.told == []
    if "target" not in answers:
        assert window.form.fields["target"].get() == "空白"  # type: ignore[attr-defined]
    assert not Path("空白").exists() or not list(Path("空白").iterdir())


def test_a_file_that_is_there_is_never_written_over(window: panel.Panel, tmp_path: Path) -> None:
    filled = tmp_path / "甲血站_2022_zaozhuang-blood-2022.xlsx"
    filled.write_bytes(b"filled in by somebody")
    do(
        window,
        "blanks",
        scheme="zaozhuang-blood-2022",
        year=2022,
        level=None,
        units="乙血站\n甲血站",
        target=tmp_path,
    )
    assert window.form is not None
    assert "已有同名文件：甲血站_2022_zaozhuang-blood-2022.xlsx。没有改动任何文件" in str(
        window.form.error.cget("text")
    )
    assert [path.name for path in tmp_path.iterdir()] == [filled.name]
    assert filled.read_bytes() == b"filled in by somebody"


# recalculating


def test_files_are_recalculated_into_another_folder(
    window: panel.Panel, returned: Path, wanting: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "重算"
    before = (returned / "有问题.xlsx").read_bytes()
    window.buttons["recalc"].invoke()
    form = window.form
    assert form is not None
    answered(window, str(returned), pw.button(form, "选文件夹…").invoke)
    form.fields["target"].insert(0, str(out))  # type: ignore[attr-defined]
    form.sent.invoke()
    finish(window)
    assert said(window).startswith(f"重算了 3 份工作簿，在 {out}。3 份没有重算，原因见表。没有看的文件：")
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.xlsx")) == sorted(
        [NAME, "有问题.xlsx", os.path.join("补交", "甲市疾控中心.xlsx")]
    )
    assert (out / "有问题.xlsx").read_bytes() == api.recalculated(("有问题.xlsx", wanting))
    assert (returned / "有问题.xlsx").read_bytes() == before
    table = {row[0]: row[1:] for row in lines(window.results.table)}
    assert table["加密.xlsx"][0] == "没有重算"
    assert "密码" in table["加密.xlsx"][1]


def test_the_originals_folder_is_no_place_for_results(window: panel.Panel, returned: Path) -> None:
    before = (returned / NAME).read_bytes()
    do(window, "recalc", sources=[returned / NAME], target=returned)
    assert window.form is not None
    assert "已有同名文件" in str(window.form.error.cget("text"))
    assert (returned / NAME).read_bytes() == before


# long work


def test_the_window_lives_while_it_works_and_esc_stops_the_work(window: panel.Panel, returned: Path) -> None:
    def run(answers: actions.Answers, at: Progress, watch: Watch) -> Outcome:
        at(3, 10)
        while True:
            watch()
            threading.Event().wait(0.01)

    window.run(slow(run), {"folder": returned})
    wait(window, lambda: "第 3 个，共 10 个" in window.status.get())
    assert float(window.face.bar.cget("value")) == 2
    assert {button.instate(["disabled"]) for button in window.buttons.values()} == {True}
    window.root.geometry("900x650")
    wait(window, lambda: window.root.winfo_width() == 900)  # it answers
    window.start(actions.ACTIONS[0])  # as its keys would
    window.do("check")
    window.root.event_generate("<Escape>")
    finish(window)
    assert window.status.get() == "已取消。"
    assert not window.face.bar.winfo_ismapped()
    assert window.buttons["folder"].instate(["!disabled"])


def test_a_check_that_is_stopped_shows_what_was_done(window: panel.Panel, returned: Path) -> None:
    window.run(pw.action("folder"), {"folder": returned})
    window.cancel()
    finish(window)
    assert "已取消，6 份中的后 6 份没有处理。" in said(window)
    assert lines(window.results.table) == []


def test_closing_the_window_ends_the_work_first(official: Official, returned: Path) -> None:
    with pw.opened_window(official) as window:
        window.run(pw.action("folder"), {"folder": returned})
        window.root.update()
        job = window.job
        assert job is not None
        window.close()
        wait(window, lambda: window.job is None)
        assert not job.running
        with pytest.raises(tk.TclError, match="application has been destroyed"):
            window.root.winfo_exists()


def test_what_nobody_foresaw_ends_in_a_message(window: panel.Panel, official: Official, returned: Path) -> None:
    def run(answers: actions.Answers, at: Progress, watch: Watch) -> Outcome:
        raise ZeroDivisionError("unforeseen")

    window.run(slow(run), {"folder": returned})
    finish(window)
    ((text, alarm),) = official.told
    assert alarm
    assert "这一步没有做成" in text
    assert "ZeroDivisionError" in text
    assert window.buttons["folder"].instate(["!disabled"])


def test_many_lines_go_into_the_table_in_parts(window: panel.Panel, returned: Path) -> None:
    def run(answers: actions.Answers, at: Progress, watch: Watch) -> Outcome:
        made = tuple(Line((f"{n:05}", float(n))) for n in range(2000))
        return Outcome("很多", "2000 行", (Column("名", 5), Column("数", 4, "number")), made)

    window.run(slow(run), {"folder": returned})
    finish(window)
    wait(window, lambda: len(window.results.table.get_children()) == 2000)
    window.results.sort(1)
    window.results.sort(1)
    wait(window, lambda: len(window.results.table.get_children()) == 2000)
    assert lines(window.results.table)[0] == ("01999", "1999")


def test_old_workbooks_are_carried_over_and_what_was_left_is_listed(window: panel.Panel, tmp_path: Path) -> None:
    out = tmp_path / "新表"
    do(window, "carry", sources=[OLDER / "zhangping-health-2019-1.xlsx"], target=out)
    assert said(window).startswith(f"搬好了 1 份，在 {out}。")
    (row,) = lines(window.results.table)
    assert row[:2] == ("zhangping-health-2019-1.xlsx", "漳平市卫健局")
    assert row[4] == str(out / "zhangping-health-2019-1.xlsx")
    listed = [text for level, _, text in lines(window.results.findings) if level == "提醒"]
    assert len(listed) == int(row[3])
    assert all("没有搬" in text for text in listed)
    assert api.check(out / "zhangping-health-2019-1.xlsx").verdict != "reject"


@pytest.mark.skipif(sys.platform != "linux", reason="别的系统自己说明屏幕的分辨率")
def test_a_point_is_as_large_as_the_desktop_says(
    window: panel.Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = window.root.tk.call("tk", "scaling")
    (tmp_path / ".Xdefaults").write_text("Xft.dpi: 192\n", encoding="ascii")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pw.opened_window() as large:
        assert float(large.root.tk.call("tk", "scaling")) == pytest.approx(192 / 72, rel=0.01)
        assert large.root.winfo_width() <= large.root.winfo_screenwidth()
        for button in large.buttons.values():
            assert button.winfo_width() >= button.winfo_reqwidth()
        large.root.tk.call("tk", "scaling", before)  # it is the screen's, and other tests show windows on it too
