"""Where the ribbon's buttons arrive: one action by name, on the Excel that asked. Whatever happens ends in a message.

VBA reads what Python writes to stderr in the code page of the system, so Chinese goes out through Excel alone. A message
says what to do; what was typed is left as it is.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import replace

from xl_kpi import api
from xl_kpi.addin import commands, excel, files, install, settings, trouble
from xl_kpi.addin.desk import Desk as Desk
from xl_kpi.addin.desk import ExcelDesk
from xl_kpi.addin.excel import xw
from xl_kpi.findings import XlKpiError, either, finding

Action = Callable[[xw.App | None, Desk], commands.Told]

_LISTS = "单位名单 (*.xlsx;*.csv),*.xlsx;*.csv"


def run(action: str) -> None:
    """Do one action of the ribbon. Never raises: what goes wrong is told through Excel, or, without it, to stderr."""
    do_not_wait()
    try:
        app = _calling_excel(sys.argv)
        perform(action, app, ExcelDesk(app))
    except Exception:  # the last place that can see it; VBA shows what it finds in stderr
        sys.stderr.write(traceback.format_exc().encode("ascii", "backslashreplace").decode())
        raise SystemExit(1) from None


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


def _calling_excel(arguments: list[str]) -> xw.App:
    """The Excel whose button was pressed: VBA hands over its window; elsewhere the active one."""
    handed = next((a.partition("=")[2] for a in arguments if a.startswith("--hwnd=")), "")
    if handed.isdigit() and hasattr(xw, "_xlwindows"):
        return xw.App(impl=xw._xlwindows.App(xl=int(handed)))
    active = active_excel()
    if active is None:
        raise RuntimeError("no Excel is running")
    return active


def active_excel() -> xw.App | None:
    """The Excel in front; None where none with a workbook runs, or xlwings has no way to one, as on Linux."""
    active: xw.App | None = xw.apps.active if xw.engines.active is not None else None
    return active


def active_book(app: xw.App | None) -> xw.Book:
    """The workbook in front. Raises XlKpiError where there is none."""
    if app is None or len(app.books) == 0:
        raise _nothing_open()
    return app.books.active


def _nothing_open() -> XlKpiError:
    if xw.engines.active is None:
        where = either(f"在这个系统（{sys.platform}）上连接不到 Excel", f"there is no way to Excel on {sys.platform}")
        why = either("请先保存工作簿，再运行 xl-kpi check 文件名", "save the workbook and run xl-kpi check FILE")
    else:
        where = either("没有打开的工作簿", "no workbook is open")
        why = either("请先打开要核对的考核工作簿（用 Excel，不是 WPS），再点一次", "open the workbook in Excel first")
    return XlKpiError(finding("executor", where=where, why=why))


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
    if app is None:  # the table goes into a workbook
        raise _nothing_open()
    folder = desk.folder("核对哪个文件夹里的考核工作簿？")
    if folder is None:
        return commands.Told("")
    with commands.progress(app, either("正在核对", "checking")) as at:
        table = commands.folder_table(folder, at)
    commands.show_table(app, table)
    return commands.Told(f"核对了 {len(table) - 1} 个文件，结果在新工作簿中。")


def _blanks(app: xw.App | None, desk: Desk) -> commands.Told:
    scheme = desk.text(f"用哪个考核方案？现有：{'、'.join(api.schemes())}", _scheme_of(app))
    listed = desk.file("选择单位名单", _LISTS) if scheme else None
    folder = desk.folder("把空白工作簿存到哪个文件夹？") if listed else None
    if not scheme or listed is None or folder is None:
        return commands.Told("")
    units = files.units_of(listed)
    with commands.progress(app, either("正在生成", "making")) as at:
        return commands.Told(files.blanks(scheme, units, folder, at=at).said)


def _scheme_of(app: xw.App | None) -> str:
    """The scheme of the open workbook, if it is one of ours."""
    if app is None or len(app.books) == 0:
        return ""
    return api.check(commands.copy_of(app.books.active)).scheme


def _doctor(app: xw.App | None, desk: Desk) -> commands.Told:
    found = install.doctor()
    marks = {True: "√", False: "×", None: "·"}
    lines = [f"{marks[check.ok]} {check.name}：{check.says}\n{check.remedy}".rstrip() for check in found]
    return commands.Told("\n".join(lines), any(check.ok is False for check in found))


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
}
ACTIONS = {name: _settled(action) for name, action in _ACTIONS.items()}
