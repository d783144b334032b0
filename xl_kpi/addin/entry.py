"""Where the ribbon's buttons arrive: one action by name, on the Excel that asked. Whatever happens ends in a message.

A message says what to do; what was typed is left as it is.
"""

from __future__ import annotations

import locale
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from xl_kpi import api
from xl_kpi.addin import attach, commands, doctor, excel, files, opening, selftest, settings, trouble
from xl_kpi.addin.desk import BareDesk, ExcelDesk
from xl_kpi.addin.desk import Desk as Desk
from xl_kpi.addin.excel import xw
from xl_kpi.addin.tried import summary
from xl_kpi.findings import XlKpiError
from xl_kpi.report.language import worded

Action = Callable[[xw.App | None, Desk], commands.Told]

_LISTS = "单位名单 (*.xlsx;*.csv),*.xlsx;*.csv"


def run(action: str) -> None:
    """Do one action of the ribbon. Never raises: what goes wrong is told above Excel, or, without it, to stderr."""
    do_not_wait()
    try:
        pressed = attach.window(sys.argv)
        app, why = _excel_of(pressed)
        above = app or pressed
        if above is None:
            raise RuntimeError("no Excel is running")
        desk = ExcelDesk(above) if app else BareDesk(above)
        if why:
            desk.tell(why, True)
            return
        try:
            perform(action, app, desk)
        except Exception as error:
            desk.tell(unforeseen(error), True)
    except Exception:  # the last place that can see it; VBA shows what it finds in stderr, which it reads as ANSI
        sys.stderr.buffer.write(traceback.format_exc().encode(locale.getpreferredencoding(False), "backslashreplace"))
        raise SystemExit(1) from None


def _excel_of(pressed: xw.App | None) -> tuple[xw.App | None, str]:
    """The Excel to work on, if it can be reached, and what is to be told instead of working."""
    try:
        return attach.calling(pressed), ""
    except XlKpiError as error:
        return None, files.explained(error)


def unforeseen(error: BaseException) -> str:
    """What to say of an error that nobody foresaw."""
    text = worded("addin.could-not-be-done")
    return f"{text}\n{trouble.words(error)}"


def do_not_wait() -> None:
    """A busy Excel is to be told of: xlwings would ask it for ever."""
    excel.tame()


def perform(action: str, app: xw.App | None, desk: Desk) -> None:
    """Do one action and tell what came of it. Raises KeyError for an action there is not, and what nobody foresaw."""
    command = ACTIONS[action]
    told = outcome(lambda: command(app, desk))
    if told.text:
        desk.tell(told.text, told.alarm)
    settings.restore(app)  # of what could not be put back, now that the official has read why


def outcome(work: Callable[[], commands.Told]) -> commands.Told:
    """What some work has to say, or why it could not be done. Raises what nobody foresaw."""
    try:
        return work()
    except (XlKpiError, OSError) as error:
        return commands.Told(files.explained(error), True)
    except Exception as error:
        if not trouble.is_busy(error):
            raise
        return commands.Told(
            "Excel 正忙：请先结束单元格编辑（按 Enter 或 Esc），关闭打开着的对话框，再点一次。", True
        )


def active_excel() -> xw.App | None:
    """The Excel in front; None where none with a workbook runs, or xlwings has no way to one, as on Linux."""
    return attach.front()


def active_book(app: xw.App | None) -> xw.Book:
    """The workbook in front. Raises XlKpiError where there is none, or it is in Protected View."""
    return attach.book(app)


def _check(app: xw.App | None, desk: Desk) -> commands.Told:
    return commands.check(active_book(app))[1]


def _go(step: int) -> Action:
    def go(app: xw.App | None, desk: Desk) -> commands.Told:
        told = commands.go(active_book(app), step)
        return told if told.alarm else replace(told, text="")  # the status bar says it

    return go


def _export(app: xw.App | None, desk: Desk) -> commands.Told:
    book = active_book(app)
    folder = desk.folder("把上报副本存到哪个文件夹？")
    if folder is None:
        return commands.Told("")
    done = commands.export(book, folder)
    if done.path is None:
        shown = "\n".join(done.missing[:8]) + ("\n……" if len(done.missing) > 8 else "")
        if not desk.confirm(f"还有 {len(done.missing)} 处没有填好：\n{shown}\n\n仍要导出吗？"):
            return commands.Told("")
        done = commands.export(book, folder, confirmed=True)
    return commands.Told(f"已导出：{done.path}")


def _folder(app: xw.App | None, desk: Desk) -> commands.Told:
    folder = desk.folder("核对哪个文件夹里的考核工作簿？")
    if folder is None:
        return commands.Told("")
    with commands.progress(app, worded("addin.work-checking")) as at:
        outcome = files.check([folder], at)
    count = len(outcome.lines)
    if app is not None:
        commands.show_table(app, outcome.table())
        return commands.Told(f"核对了 {count} 个文件，结果在新工作簿中。")
    path = (
        Path(tempfile.mkdtemp(prefix="xl-kpi-")) / "核对结果.xlsx"
    )  # no workbook is open that it could stand beside
    files.save_table(outcome, path)
    opening.open_with_system(path)
    return commands.Told(f"核对了 {count} 个文件，结果在随后打开的工作簿中（{path}）。")


def _blanks(app: xw.App | None, desk: Desk) -> commands.Told:
    scheme = desk.text(f"用哪个考核方案？现有：{'、'.join(api.schemes())}", _scheme_of(app))
    listed = desk.file("选择单位名单", _LISTS) if scheme else None
    folder = desk.folder("把空白工作簿存到哪个文件夹？") if listed else None
    if not scheme or listed is None or folder is None:
        return commands.Told("")
    units = files.units_of(listed)
    with commands.progress(app, worded("addin.making")) as at:
        return commands.Told(files.blanks(scheme, units, folder, at=at).said)


def _scheme_of(app: xw.App | None) -> str:
    """The scheme of the open workbook, if it is one of ours."""
    try:
        book = active_book(app)
    except XlKpiError:
        return ""
    return api.check(commands.copy_of(book)).scheme


def _doctor(app: xw.App | None, desk: Desk) -> commands.Told:
    found = doctor.doctor()
    lines = [f"{check.mark} {check.name}：{check.says}\n{check.remedy}".rstrip() for check in found]
    return commands.Told("\n".join(lines), any(check.ok is False for check in found))


def _selftest(app: xw.App | None, desk: Desk) -> commands.Told:
    attach.book(app)
    if not desk.confirm(
        "自检用演示工作簿把各个按钮和提示都试一遍，需要几分钟；其间会出现几个对话框，请照上面的话按。"
        "打开着的工作簿不受影响。现在开始吗？"
    ):
        return commands.Told("")
    folder = desk.folder("自检报告存到哪个文件夹？")
    if folder is None:
        return commands.Told("")
    path, tried = selftest.run(app, ACTIONS, folder, attended=True)
    failed = any(each.ok is False for each in tried)
    return commands.Told(f"自检完成：{summary(tried)}。\n报告：{path}\n请把它发给维护人员。", failed)


def _settled(action: Action) -> Action:
    """The same action, after what an earlier one could not put back."""

    def do(app: xw.App | None, desk: Desk) -> commands.Told:
        settings.restore(app, waiting=False)
        return action(app, desk)

    return do


_ACTIONS: dict[str, Action] = {
    "recalculate": lambda app, desk: commands.recalculate(active_book(app)),
    "check": _check,
    "previous": _go(-1),
    "next": _go(1),
    "clear": lambda app, desk: commands.clear(active_book(app)),
    "blanks": _blanks,
    "export": _export,
    "folder": _folder,
    "rules": lambda app, desk: commands.rule_of(active_book(app)),
    "doctor": _doctor,
    "selftest": _selftest,
}
ACTIONS = {name: _settled(action) for name, action in _ACTIONS.items()}
