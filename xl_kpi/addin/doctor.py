"""What may keep the add-in from working on a machine, each thing with its remedy. Nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from xl_kpi import __version__
from xl_kpi.addin.build import CONF_SHEET, INTERPRETER, build
from xl_kpi.addin.install import from_store, is_private, python_check, start_folder_of, store_check
from xl_kpi.addin.machine import (
    ADDIN,
    AGAIN,
    NAME,
    PANEL,
    REINSTALL,
    THIS_MACHINE,
    WITHOUT,
    Check,
    System,
    Words,
    checked,
    platform_check,
)
from xl_kpi.addin.policies import child_processes, macros_check, mark_of_the_web, network_folder
from xl_kpi.api import Refused, parse_xml, sheet_parts, unpack


def doctor(start_folder: Path | None = None, system: System = THIS_MACHINE) -> list[Check]:
    """Everything the add-in needs to work, each looked at, in the order in which to put it right. Nothing is changed.

    Raises XlKpiError where there is no such start folder.
    """
    checks = [platform_check(system)]
    windows = system.platform == "win32"
    if not windows and start_folder is None:
        return checks
    path = start_folder_of(start_folder, system) / NAME
    program = _excel_program(system)
    if windows:
        checks += [_excel(program, system), _registration(system)]
    content = system.read(str(path))
    real = system.real(str(path))
    if is_private(real) or from_store(system.python):
        checks.append(store_check(real if is_private(real) else system.python))
    installed, interpreter = _addin(path, content)
    checks.append(installed)
    if content is not None:
        checks.append(python_check(interpreter, system))
    if windows:
        office = _office(program)
        if content is not None:
            checks.append(mark_of_the_web(path, office, system))
        checks += network_folder(real, office, system)
        checks += [macros_check(office, start_folder is None, system), child_processes(system)]
    return checks


# Excel

_APP_PATH = r"Software\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_BITS = {0x014C: 32, 0x8664: 64, 0xAA64: 64}  # the machine a program is for, as its header says
_WPS = re.compile(r"(?:^|[\\\"])(?:et|wps|ksolaunch)\.exe|kingsoft|wps office", re.IGNORECASE)
_EXCEL = re.compile(r"(?:^|[\\\"])excel\.exe", re.IGNORECASE)


def _excel_program(system: System) -> str:
    """The path of EXCEL.EXE, "" where none is registered."""
    for hive in ("HKLM", "HKCU"):
        path = str(system.registry(rf"{hive}\{_APP_PATH}", "") or "").strip('" ')
        if _EXCEL.search(path) and not _WPS.search(path):
            return path
    return ""


def _office(program: str) -> str:
    """The version of Office under which its settings stand: 14.0 is 2010, 15.0 is 2013, 16.0 is every later one."""
    found = re.search(r"\\Office(\d\d)\\", program, re.IGNORECASE)
    return f"{found[1]}.0" if found else "16.0"


def _excel(program: str, system: System) -> Check:
    name: Words = "Excel", "Excel"
    if not program:
        says = "没有找到 Excel（注册表 App Paths 中没有）", "not found (App Paths of the registry)"
        return checked(name, False, says, ("加载项只能在 Excel 里使用，请安装 Excel", "install Excel"), WITHOUT)
    bits = _bits(system.read(program) or b"")
    zh, en = (f"{bits} 位", f"{bits}-bit") if bits else ("位数不明", "of unknown bitness")
    return checked(
        name, True, (f"{program}，{zh}，与 Python 的位数无关", f"{program}, {en}; Python's need not be the same")
    )


def _bits(program: bytes) -> int | None:
    """Of the head of a program: at 0x3C it says where PE, two zeros and the machine stand."""
    start = int.from_bytes(program[0x3C:0x40], "little")
    mark, machine = program[start : start + 4], program[start + 4 : start + 6]
    return _BITS.get(int.from_bytes(machine, "little")) if mark == b"PE\0\0" else None


def _registration(system: System) -> Check:
    """Whether programs that ask for Excel get Excel: WPS can put itself there."""
    name: Words = "Excel.Application", "Excel.Application"
    clsid = system.registry(r"HKCR\Excel.Application\CLSID", "")
    server = str(system.registry(rf"HKCR\CLSID\{clsid}\LocalServer32", "") or "")
    repair = (
        "请修复 Office：控制面板→程序和功能→Microsoft Office→更改→快速修复，再重启电脑",
        "repair Office (Programs and Features, Microsoft Office, Change, Quick Repair) and restart",
    )
    if _WPS.search(server):
        untick = (
            "请打开开始菜单→WPS Office→配置工具→高级→兼容设置，取消“WPS Office 兼容第三方系统和软件”；仍不行，",
            "untick the compatibility with other software in WPS's configuration tool (Advanced, Compatibility), or ",
        )
        says = (
            f"WPS 已接管 Excel 的接口（{server}），加载项会连到 WPS 或报错",
            f"WPS has taken over ({server}): what asks for Excel gets WPS",
        )
        return checked(name, False, says, untick, repair)
    if not _EXCEL.search(server):
        zh, en = (server, server) if server else ("没有登记", "nothing")
        return checked(name, False, (f"Excel 的接口没有指向 Excel：{zh}", f"does not lead to Excel: {en}"), repair)
    return checked(name, True, (f"指向 Excel（{server}）", f"leads to Excel ({server})"))


# The add-in


def _addin(path: Path, content: bytes | None) -> tuple[Check, str]:
    """Whether it is installed as this version builds it, and the Python it names ("" where it cannot be told)."""

    def wrong(zh: str, en: str, remedy: Words = AGAIN) -> Check:
        return checked(ADDIN, False, (f"{path}：{zh}", f"{path}: {en}"), remedy)

    if content is None:
        zh, en = "没有安装，或无法读取", "not installed, or not readable"
        gone = (
            "。装过又不见了的，多半被安全软件（Windows Defender、360、火绒等）隔离，请看其保护历史记录或隔离区",
            ". If it was installed and is gone, an antivirus has most likely quarantined it: see its history",
        )
        return checked(ADDIN, False, (f"{path}：{zh}", f"{path}: {en}"), AGAIN, gone, PANEL), ""
    try:
        parts = unpack(content)
        interpreter = _registered(parts)
    except (Refused, KeyError):
        return wrong("文件已损坏，或不是本系统的加载项", "damaged, or none of ours"), ""
    try:
        # Part by part: what a zip compresses to depends on the Python that wrote it.
        current = parts == unpack(build(interpreter))
    except ValueError as error:
        return wrong(f"无法核对，{error}", f"cannot be compared, {error}", REINSTALL), interpreter
    if not current:
        zh, en = f"不是 xl_kpi {__version__} 的加载项，或被改动过", f"not that of xl_kpi {__version__}, or altered"
        return wrong(zh, en), interpreter
    says = (
        f"{path}：已安装，与 xl_kpi {__version__} 一致。Excel 里如没有“绩效考核”选项卡，"
        "请看文件→选项→加载项→管理“禁用项目”",
        f"{path}: installed, that of xl_kpi {__version__}. Where its tab does not show, see Disabled Items in Excel's "
        "options, Add-ins",
    )
    return checked(ADDIN, True, says), interpreter


def _registered(parts: Mapping[str, bytes]) -> str:
    """The Python that an add-in names. Raises Refused for a damaged one, KeyError for one without our sheet."""
    sheet = parse_xml(parts[sheet_parts(parts)[CONF_SHEET]])
    texts = ["".join(cell.itertext()) for cell in sheet.iterfind(".//{*}c")]
    return dict(pairwise(texts)).get(INTERPRETER, "")
