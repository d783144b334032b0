"""自检: every action, dialog and trouble tried in the Excel of this machine, on demo workbooks of our own, and told in one text.

The report is for sending in: versions, what passed, what failed and how. It names no person, no file of anybody's and no
answer of theirs. Books that are open are left alone; what is opened is closed, and settings and selection are put back.
"""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from xl_kpi import api
from xl_kpi.addin import attach, commands, files, pressing, settings, trouble
from xl_kpi.addin.desk import Desk, ExcelDesk
from xl_kpi.addin.excel import xw
from xl_kpi.addin.tried import Tried, report
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.words import said

REPORT = "自检报告.txt"

Action = Callable[[Any, Desk], commands.Told]

_SETTINGS = ("ScreenUpdating", "EnableEvents", "DisplayAlerts", "Calculation", "StatusBar")
_OK, _YES, _NO = 1, 6, 7  # the buttons of a message box
_SECONDS = 10.0  # for Excel to turn busy, or free again

_sleep = time.sleep


class Wrong(Exception):
    """Something is not as it must be: what was wanted, what was found."""


def _must(true: bool, said: str) -> None:
    if not true:
        raise Wrong(said)


@dataclass
class _Script:
    """A desk that answers by itself and remembers what was said."""

    folder_: Path
    file_: Path
    scheme: str
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def tell(self, text: str, alarm: bool) -> None:
        self.told.append(text)

    def confirm(self, text: str) -> bool:
        self.asked.append(text)
        return True

    def file(self, title: str, kinds: str) -> Path | None:
        return self.file_

    def folder(self, title: str) -> Path | None:
        return self.folder_

    def text(self, title: str, preset: str) -> str | None:
        return preset or self.scheme


def run(app: xw.App | None, actions: dict[str, Action], folder: Path, attended: bool) -> tuple[Path, list[Tried]]:
    """Try everything and write the report into a folder; its path, and what was tried.

    `attended`: somebody is there to press what the dialogs say; otherwise the boxes are answered from here. Raises
    XlKpiError where no Excel shows a workbook, OSError where the folder cannot be written to.
    """
    if app is None:
        where = said("addin.no-workbook-open")
        why = said("addin.open-excel-new-workbook")
        raise XlKpiError(finding("executor", where=where, why=why))
    with tempfile.TemporaryDirectory(prefix="xl-kpi-") as scratch:
        bench = _Bench(app, actions, Path(scratch), attended)
        bench.everything()
    path = folder / REPORT
    api.save(path, report(bench.tried).encode("utf-8-sig"))  # Notepad of Windows 7 to 11 reads it
    return path, bench.tried


class _Bench:
    def __init__(self, app: xw.App, actions: dict[str, Action], scratch: Path, attended: bool) -> None:
        self.app, self.actions, self.scratch, self.attended = app, actions, scratch, attended
        self.tried: list[Tried] = []
        self.demos: list[Path] = []
        self.plain: Path | None = None  # one of a scheme without levels: its blanks can be made from names alone
        out, listed = scratch / "out", scratch / "units.csv"
        out.mkdir()
        listed.write_text("单位名称\n示例单位甲\n示例单位乙\n", encoding="utf-8")
        self.script = _Script(out, listed, min(api.schemes()))

    def everything(self) -> None:
        self.attempt("版本", self.versions)
        with self.as_before():
            self.attempt("生成演示工作簿", self.make_demos)
            for path in self.demos:
                self.attempt(f"重算并比较：{path.stem}", partial(self.compare, path))
            if self.plain is not None:
                self.on_a_book(self.plain)
            self.attempt("对话框：提示、警告、是与否", self.boxes)
            self.attempt("对话框：文件、文件夹、一行文字", self.pickers if self.attended else None)
            self.attempt("正忙的 Excel", self.busy)
            self.without_a_book()

    def attempt(self, name: str, work: Callable[[], str] | None) -> bool:
        """Try one thing; whatever happens is written down."""
        if work is None:
            self.tried.append(Tried(name, None, "需要有人在场：请在功能区或面板中点“自检”"))
            return False
        try:
            self.tried.append(Tried(name, True, work()))
        except Wrong as wrong:
            self.tried.append(Tried(name, False, str(wrong)))
        except XlKpiError as error:
            self.tried.append(Tried(name, False, files.explained(error)))
        except Exception as error:  # it is what is looked for
            self.tried.append(Tried(name, False, trouble.words(error)))
        return bool(self.tried[-1].ok)

    # what is tried

    def versions(self) -> str:
        excel = self.app.api
        bits = 64 if sys.maxsize > 1 << 32 else 32
        return "\n".join(
            (
                f"系统 {platform.system()} {platform.release()} {platform.version()}",
                f"Python {platform.python_version()}，{bits} 位，xlwings {version('xlwings')}",
                f"Excel {excel.Version}，内部版本 {excel.Build}",
            )
        )

    def make_demos(self) -> str:
        for name in api.schemes():
            for level in api.describe(name).levels or (None,):
                scheme = api.scheme(name, level)
                path = self.scratch / api.filename(scheme, f"示例单位{level or ''}")
                filled = api.fill((path.name, api.build(scheme, "示例单位")), api.simulate(scheme, 1))
                api.save(path, api.recalculated((path.name, getattr(filled, "content", filled))))
                self.demos.append(path)
                if level is None:
                    self.plain = self.plain or path
        return f"{len(self.demos)} 份"

    @contextmanager
    def opened(self, path: Path) -> Iterator[xw.Book]:
        book = self.app.books.open(str(path))
        try:
            book.activate()
            yield book
        finally:
            book.close()

    def compare(self, path: Path) -> str:
        """Recalculated by this Excel, the total, the grade, the vetoes and every checked value are ours."""
        ours = api.cells(path)
        with self.opened(path) as book:
            self.app.api.CalculateFull()
            outputs = api.workbook_map(path)["outputs"]
            for what, place in (
                (key, outputs[key]) for key in ("total", "max", "grade", "vetoes") if outputs.get(key)
            ):
                sheet, _, cell = place.rpartition("!")
                sheet = sheet.strip("'")
                theirs, own = book.sheets[sheet].range(cell).raw_value, ours[sheet, cell]
                _must(_same(theirs, own), f"{what}（{place}）：Excel 算得 {theirs!r}，本程序算得 {own!r}")
            found = api.check(commands.copy_of(book))
        wrong = [
            f"{each.code} {each.sheet}!{each.cell}"
            for each in found.findings
            if each.code in ("stale", "uncalculated")
        ]
        _must(not wrong, "Excel 重算后与本程序不一致：" + "、".join(wrong[:20]))
        return f"总分 {found.assessment.total:g}" if found.assessment else found.code

    def on_a_book(self, path: Path) -> None:
        """Every action, on one demo workbook."""
        try:
            with self.opened(path) as book:
                for action in self.actions:
                    if action != "selftest":
                        self.attempt(f"按钮 {action}", partial(self.press, action, book))
        except Exception as error:
            self.tried.append(Tried("打开和关闭演示工作簿", False, trouble.words(error)))

    def press(self, action: str, book: xw.Book) -> str:
        book.activate()
        before = {each.name for each in self.app.books}
        told = self.actions[action](self.app, self.script)
        for each in list(self.app.books):
            if each.name not in before:
                each.close()  # the table of 核对文件夹
        _must("Excel 正忙" not in told.text, told.text)
        if action == "check":
            _must(told.report is not None and told.report.verdict != "reject", told.text)
        if action in ("blanks", "export"):
            _must(any(self.script.folder_.iterdir()), "没有写出文件")
        return told.text.splitlines()[0][:60] if told.text and action != "doctor" else ""

    def boxes(self) -> str:
        desk = ExcelDesk(self.app)
        with pressing.pressed(_OK, self.attended):
            desk.tell("自检：这是一条提示。请按“确定”。", False)
        with pressing.pressed(_OK, self.attended):
            desk.tell("自检：这是一条警告，应带感叹号。请按“确定”。", True)
        for button, word, answer in ((_YES, "是", True), (_NO, "否", False)):
            with pressing.pressed(button, self.attended):
                pressed = desk.confirm(f"自检：请按“{word}”。")
            _must(pressed is answer, f"按“{word}”，收到的是“{'是' if pressed else '否'}”")
        return ""

    def pickers(self) -> str:
        desk = ExcelDesk(self.app)
        _must(desk.file("自检：请按“取消”", "工作簿 (*.xlsx),*.xlsx") is None, "选文件：取消没有被认出")
        _must(desk.folder("自检：请按“取消”") is None, "选文件夹：取消没有被认出")
        typed = desk.text("自检：请直接按“确定”", "自检")
        _must(typed == "自检", f"输入一行文字：收到 {typed!r}")
        return ""

    def busy(self) -> str:
        """A cell that is being edited: the message is ours, and the settings are right afterwards."""
        before = self.settings()
        self.app.api.SendKeys("{F2}")
        _must(self.until(lambda: not self.takes_calls()), "没能让 Excel 进入编辑状态")
        try:
            self.actions["recalculate"](self.app, self.script)
        except Exception as error:
            _must(trouble.is_busy(error), f"没有认出 Excel 正忙：{trouble.words(error)}")
        else:
            raise Wrong("Excel 正忙时没有报告")
        finally:
            pressing.escape(self.app.hwnd or 0)
            free = self.until(self.takes_calls)
        _must(free, "Excel 仍在编辑状态，请按 Esc")
        settings.restore(self.app)
        _must(self.settings() == before, f"设置没有恢复：{self.settings()}，原来 {before}")
        return ""

    def without_a_book(self) -> None:
        """A second Excel of our own, without a workbook, then with a demo workbook in Protected View."""
        own: list[xw.App] = []
        if not self.attempt("另开一个 Excel", partial(self.another, own)):
            return
        try:
            self.attempt("没有打开工作簿的 Excel", lambda: self.no_book(own[0]))
            self.attempt("受保护的视图", lambda: self.protected(own[0]))
        finally:
            self.attempt("关闭另开的 Excel", lambda: str(own[0].api.Quit() or ""))

    def another(self, own: list[xw.App]) -> str:
        own.append(xw.App(add_book=False))
        return ""

    def no_book(self, own: xw.App) -> str:
        pressed = attach.window([f"--hwnd={own.api.Hwnd}"])
        reached = attach.calling(pressed)
        _must(reached is None, "没有工作簿的 Excel 也连上了")
        try:
            self.actions["check"](None, self.script)
        except XlKpiError as error:
            return files.explained(error)
        raise Wrong("没有打开的工作簿时没有说明")

    def protected(self, own: xw.App) -> str:
        own.api.ProtectedViewWindows.Open(str(self.demos[0]))
        try:
            attach.book(own)
        except XlKpiError as error:
            said = files.explained(error)
            _must("启用编辑" in said or "Enable Editing" in said, said)
            return said
        raise Wrong("受保护的视图没有被认出")

    # what it takes

    def settings(self) -> dict[str, object]:
        return {name: getattr(self.app.api, name) for name in _SETTINGS}

    @contextmanager
    def as_before(self) -> Iterator[None]:
        """Whatever was tried, the official finds Excel as it was."""
        before, excel = self.settings(), self.app.api
        names = [book.name for book in self.app.books]
        front, sheet, cells = excel.ActiveWorkbook, excel.ActiveSheet, excel.Selection
        try:
            yield
        finally:
            self.attempt("恢复原状", lambda: self.put_back(before, names, front, sheet, cells))

    def put_back(self, before: dict[str, object], names: list[str], front: Any, sheet: Any, cells: Any) -> str:
        settings.restore(self.app)
        for name, value in before.items():
            if getattr(self.app.api, name) != value:
                setattr(self.app.api, name, value)
        with suppress(AttributeError):  # Protected View was in front
            front.Activate()
            sheet.Activate()
            cells.Select()
        _must(self.settings() == before, f"设置：{self.settings()}，原来 {before}")
        left = len(self.app.books) - len(names)
        _must(left == 0, f"多出 {left} 个打开的工作簿")
        return ""

    def takes_calls(self) -> bool:
        try:
            _ = self.app.api.Hwnd
            self.app.api.StatusBar = False
        except Exception:
            return False
        return True

    def until(self, holds: Callable[[], bool]) -> bool:
        for _ in range(int(_SECONDS * 10)):
            if holds():
                return True
            _sleep(0.1)
        return False


def _same(theirs: object, ours: object) -> bool:
    """Whether Excel's value is ours; numbers to nine digits after the point, an empty text as a blank."""
    if isinstance(theirs, (int, float)) and isinstance(ours, (int, float)):
        return abs(float(theirs) - float(ours)) < 1e-9
    return (theirs or "") == (ours or "")
