"""The add-in on somebody's machine: put into Excel's start folder, taken out again, and what may keep it from working.

What is asked of the machine stands in `System`, so that a test can be any machine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from xl_kpi import __version__
from xl_kpi.addin.build import CONF_SHEET, INTERPRETER, build
from xl_kpi.findings import XlKpiError, either, finding
from xl_kpi.workbook.book import sheet_parts
from xl_kpi.workbook.markup import parse_xml
from xl_kpi.workbook.package import unpack
from xl_kpi.workbook.refused import Refused
from xl_kpi.workbook.saving import SavedBeside, save

NAME = "xl_kpi.xlam"

_HEAD = 1 << 20  # bytes: forty add-ins; of EXCEL.EXE the beginning is enough
_SECONDS = 60  # the first start of a Python whose files a virus scanner has not seen takes long


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD)
    except OSError:
        return None


def _registry(key: str, name: str) -> str | int | None:
    if sys.platform != "win32":
        return None
    import winreg  # of Windows alone

    hives = {"HKCR": winreg.HKEY_CLASSES_ROOT, "HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}
    hive, _, path = key.partition("\\")
    for view in (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY):  # Excel, Python or both may be of 32 bits
        try:
            with winreg.OpenKey(hives[hive], path, access=winreg.KEY_READ | view) as opened:
                value = winreg.QueryValueEx(opened, name)[0]
        except OSError:
            continue
        if isinstance(value, (str, int)):
            return value
    return None


def _versions(interpreter: str) -> tuple[str, str]:
    script = "import xl_kpi, importlib.metadata as m; print(xl_kpi.__version__, m.version('xlwings'))"
    try:
        ended = subprocess.run(
            [interpreter, "-E", "-P", "-B", "-c", script],  # as the buttons start it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        raise OSError(either(f"{_SECONDS} 秒没有应答", f"no answer within {_SECONDS} seconds")) from None
    words = ended.stdout.split()
    if ended.returncode or len(words) != 2:
        said = ended.stderr.strip().splitlines() or [either("没有应答", "no answer")]
        raise OSError(said[-1])
    return words[0], words[1]


@dataclass(frozen=True)
class System:
    """What is asked of a machine.

    read: the beginning of a file or of a stream of one (`path:stream`), None where it is not there or not readable.
    registry: a value by its key (HKCR, HKCU or HKLM, then the path) and name ("" is the default one), or None.
    versions: of xl_kpi and xlwings in the Python of that path. Raises FileNotFoundError where there is none, OSError
    saying why it does not start or does not have them.
    """

    platform: str  # as sys.platform
    environment: Mapping[str, str]
    read: Callable[[str], bytes | None]
    registry: Callable[[str, str], str | int | None]
    versions: Callable[[str], tuple[str, str]]


THIS_MACHINE = System(sys.platform, os.environ, _read, _registry, _versions)


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is well (None: cannot be seen from here), what was found, what to do ("" if well)."""

    name: str
    ok: bool | None
    says: str
    remedy: str


Words = tuple[str, str]  # the same in Chinese and in English


def _check(name: Words, ok: bool | None, says: Words, *remedy: Words) -> Check:
    return Check(either(*name), ok, either(*says), "".join(either(*words) for words in remedy))


def _error(check: Check) -> XlKpiError:
    """A check that is not well as what stops the work."""
    return XlKpiError(finding("executor", where=check.name, why=f"{check.says}{either('。', '; ')}{check.remedy}"))


# Installing

_SYSTEM: Words = "操作系统", "Operating system"
_ADDIN: Words = "加载项", "Add-in"
_FOLDER: Words = "Excel 的启动文件夹", "Excel's start folder"
_AGAIN: Words = (
    "请关闭 Excel，运行 xl-kpi addin install，再打开 Excel",
    "close Excel, run xl-kpi addin install, open Excel again",
)
_REINSTALL: Words = (
    "请运行 python -m pip install --force-reinstall xl-kpi，使 xlwings 恢复到规定的版本",
    "run python -m pip install --force-reinstall xl-kpi, which brings the xlwings it needs",
)
_WITHOUT: Words = "；也可保存工作簿后运行 xl-kpi check", "; or save the workbook and run xl-kpi check"


def install(start_folder: Path | None = None, interpreter: str = "", system: System = THIS_MACHINE) -> Path:
    """Write the add-in into Excel's start folder, for this Python unless told; the file written.

    A folder given must exist; Excel's own is made where Excel has not yet done so. Raises XlKpiError where there is no
    such folder, the Python cannot serve the add-in, or Excel has the add-in open (nothing is changed); else OSError.
    """
    interpreter = interpreter or sys.executable
    path = _folder(start_folder, system) / NAME
    python = _python(interpreter, system)
    if not python.ok:
        raise _error(python)
    try:
        content = build(interpreter)
    except ValueError as error:  # another xlwings than macros/ was written for
        raise _error(_check(_ADDIN, False, (f"不能生成，{error}", f"cannot be built, {error}"), _REINSTALL)) from None
    if start_folder is None:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        save(path, content)
    except SavedBeside as beside:
        beside.path.unlink(missing_ok=True)  # Excel opens whatever lies in its start folder: there would be two
        raise _in_use(path, "install") from None
    return path


def uninstall(start_folder: Path | None = None, system: System = THIS_MACHINE) -> bool:
    """Take the add-in out of Excel's start folder; False where it was not there.

    Raises XlKpiError where Excel has it open or there is no such folder.
    """
    path = _folder(start_folder, system) / NAME
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except PermissionError:
        raise _in_use(path, "uninstall") from None
    return True


def _folder(start_folder: Path | None, system: System) -> Path:
    if start_folder is not None:
        if start_folder.is_dir():
            return start_folder
        says = f"没有这个文件夹：{start_folder}", f"{start_folder} does not exist"
        raise _error(_check(_FOLDER, False, says, ("请检查路径", "check the path")))
    if system.platform != "win32":
        raise _error(_platform(system))
    roaming = system.environment.get("APPDATA", "")
    if not roaming:
        says = "环境变量 APPDATA 没有设置，找不到它", "APPDATA is not set"
        remedy = "请以平时使用 Excel 的用户登录后再运行", "log on as the user who works with Excel"
        raise _error(_check(_FOLDER, False, says, remedy))
    return Path(roaming) / "Microsoft" / "Excel" / "XLSTART"


def _in_use(path: Path, command: str) -> XlKpiError:
    says = f"Excel 正在使用 {path}，没有改动", f"Excel has {path} open, nothing was changed"
    remedy = (
        f"请保存并关闭所有 Excel 窗口（任务管理器里也没有 EXCEL.EXE），再运行 xl-kpi addin {command}；"
        "仍不行，请检查对该文件夹的写权限",
        f"close every Excel window and run xl-kpi addin {command} again; or check the rights to the folder",
    )
    return _error(_check(_ADDIN, False, says, remedy))


# Looking for what is wrong


def doctor(start_folder: Path | None = None, system: System = THIS_MACHINE) -> list[Check]:
    """Everything the add-in needs to work, each looked at, in the order in which to put it right. Nothing is changed.

    Raises XlKpiError where there is no such start folder.
    """
    checks = [_platform(system)]
    windows = system.platform == "win32"
    if not windows and start_folder is None:
        return checks
    path = _folder(start_folder, system) / NAME
    program = _excel_program(system)
    if windows:
        checks += [_excel(program, system), _registration(system)]
    content = system.read(str(path))
    installed, interpreter = _addin(path, content)
    checks.append(installed)
    if content is not None:
        checks.append(_python(interpreter, system))
    if windows:
        office = _office(program)
        if content is not None:
            checks.append(_mark(path, office, system))
        checks += [_macros(office, start_folder is None, system), _child_processes(system)]
    return checks


def _platform(system: System) -> Check:
    if system.platform == "win32":
        return _check(_SYSTEM, True, ("Windows，可以使用加载项", "Windows: the add-in works here"))
    works = (
        "生成空白工作簿、核对、重算都可在命令行进行",
        "blank workbooks, check and recalc work from the command line",
    )
    if system.platform == "darwin":
        limits = (
            "加载项在 macOS 上是试验性的，须指明 Excel 的启动文件夹",
            "the add-in is experimental here and has to be told Excel's start folder",
        )
    else:
        limits = "加载项需要 Windows 版 Excel", "the add-in needs Excel for Windows"
    remedy = (
        "请用 xl-kpi new、check、recalc；要用功能区按钮，请在装有 Excel 的 Windows 上安装加载项",
        "use xl-kpi new, check and recalc; for the ribbon install the add-in on Windows with Excel",
    )
    says = f"{system.platform}：{works[0]}；{limits[0]}", f"{system.platform}: {works[1]}; {limits[1]}"
    return _check(_SYSTEM, None, says, remedy)


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
        return _check(name, False, says, ("加载项只能在 Excel 里使用，请安装 Excel", "install Excel"), _WITHOUT)
    bits = _bits(system.read(program) or b"")
    zh, en = (f"{bits} 位", f"{bits}-bit") if bits else ("位数不明", "of unknown bitness")
    return _check(
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
        return _check(name, False, says, untick, repair)
    if not _EXCEL.search(server):
        zh, en = (server, server) if server else ("没有登记", "nothing")
        return _check(name, False, (f"Excel 的接口没有指向 Excel：{zh}", f"does not lead to Excel: {en}"), repair)
    return _check(name, True, (f"指向 Excel（{server}）", f"leads to Excel ({server})"))


# The add-in


def _addin(path: Path, content: bytes | None) -> tuple[Check, str]:
    """Whether it is installed as this version builds it, and the Python it names ("" where it cannot be told)."""

    def wrong(zh: str, en: str, remedy: Words = _AGAIN) -> Check:
        return _check(_ADDIN, False, (f"{path}：{zh}", f"{path}: {en}"), remedy)

    if content is None:
        return wrong("没有安装，或无法读取", "not installed, or not readable"), ""
    try:
        parts = unpack(content)
        interpreter = _registered(parts)
    except (Refused, KeyError):
        return wrong("文件已损坏，或不是本系统的加载项", "damaged, or none of ours"), ""
    try:
        # Part by part: what a zip compresses to depends on the Python that wrote it.
        current = parts == unpack(build(interpreter))
    except ValueError as error:
        return wrong(f"无法核对，{error}", f"cannot be compared, {error}", _REINSTALL), interpreter
    if not current:
        zh, en = f"不是 xl_kpi {__version__} 的加载项，或被改动过", f"not that of xl_kpi {__version__}, or altered"
        return wrong(zh, en), interpreter
    says = (
        f"{path}：已安装，与 xl_kpi {__version__} 一致。Excel 里如没有“绩效考核”选项卡，"
        "请看文件→选项→加载项→管理“禁用项目”",
        f"{path}: installed, that of xl_kpi {__version__}. Where its tab does not show, see Disabled Items in Excel's "
        "options, Add-ins",
    )
    return _check(_ADDIN, True, says), interpreter


def _registered(parts: Mapping[str, bytes]) -> str:
    """The Python that an add-in names. Raises Refused for a damaged one, KeyError for one without our sheet."""
    sheet = parse_xml(parts[sheet_parts(parts)[CONF_SHEET]])
    texts = ["".join(cell.itertext()) for cell in sheet.iterfind(".//{*}c")]
    return dict(pairwise(texts)).get(INTERPRETER, "")


def _python(interpreter: str, system: System) -> Check:
    """Whether that Python can serve the add-in: by its full path, with the xl_kpi and xlwings of this one."""

    def wrong(zh: str, en: str) -> Check:
        remedy = (
            "请在装有 xl_kpi 的 Python 里运行 xl-kpi addin install 重新登记，再重启 Excel",
            "run xl-kpi addin install in a Python that has xl_kpi, then restart Excel",
        )
        return _check(name, False, (f"{interpreter or '（空）'}：{zh}", f"{interpreter or 'nothing'}: {en}"), remedy)

    name: Words = "加载项登记的 Python", "The add-in's Python"
    full = r"[A-Za-z]:\\|\\\\" if system.platform == "win32" else "/"  # as the add-in itself demands
    if not re.match(full, interpreter):
        return wrong("不是完整路径", "no full path")
    try:
        found = system.versions(interpreter)
    except FileNotFoundError:
        return wrong("没有这个文件", "there is no such file")
    except OSError as error:
        why = error.strerror or str(error)
        return wrong(f"不能使用，{why}", f"of no use, {why}")
    wanted = __version__, version("xlwings")
    zh, en = f"xl_kpi {found[0]}、xlwings {found[1]}", f"xl_kpi {found[0]}, xlwings {found[1]}"
    if found != wanted:
        return wrong(
            f"版本不符，那里是 {zh}，应为 xl_kpi {wanted[0]}、xlwings {wanted[1]}",
            f"has {en}, not {wanted[0]} and {wanted[1]}",
        )
    return _check(name, True, (f"{interpreter}：{zh}", f"{interpreter}: {en}"))


# What Windows and Office forbid


def _setting(system: System, office: str, key: str, name: str) -> tuple[str | int | None, bool]:
    """An Office setting, and whether the organisation's policy makes it, which goes before the user's own."""
    for root in (r"Software\Policies", "Software"):
        for hive in ("HKLM", "HKCU"):
            value = system.registry(rf"{hive}\{root}\Microsoft\Office\{office}\{key}", name)
            if value is not None:
                return value, root != "Software"
    return None, False


def _mark(path: Path, office: str, system: System) -> Check:
    name = "网络标记", "Mark of the Web"
    stream = (system.read(f"{path}:Zone.Identifier") or b"").decode("utf-8", "replace")
    zone = re.search(r"^ZoneId=(\d+)", stream, re.MULTILINE)
    if not zone or int(zone[1]) < 3:  # 3 is the internet, 4 the restricted sites
        return _check(name, True, (f"{path}：没有来自网络的标记", f"{path}: not marked"))
    zh, en = f"{path}：带有来自网络的标记，Excel 会禁用其中的宏", f"{path}: marked, so Excel blocks its macros"
    if _setting(system, office, r"Excel\Security", "BlockContentExecutionFromInternet")[0] == 1:
        zh, en = f"{zh}，单位策略也不许例外", f"{en}, and a policy allows no exception"
    return _check(
        name, False, (zh, en), _AGAIN, ("；或右键该文件→属性→解除锁定", "; or unblock it in its properties")
    )


_MACROS: Words = "宏", "Macros"
_SIGNED_ONLY, _NEVER = 3, 4  # of VBAWarnings; 1 is every macro, 2 (as without it) asks


def _macros(office: str, in_xlstart: bool, system: System) -> Check:
    """Whether Excel runs the add-in's macros: it does in a trusted location, and its own start folder is one."""

    def wrong(ok: bool | None, by_policy: bool, says: Words, page: Words) -> Check:
        if by_policy:
            ask = "这是单位的策略，请信息人员允许这个加载项", "a policy says so, ask your administrators"
            return _check(_MACROS, ok, says, ask, _WITHOUT)
        where = (
            "请在 Excel 里打开文件→选项→信任中心→信任中心设置→",
            "in Excel: File, Options, Trust Center, Settings, ",
        )
        return _check(_MACROS, ok, says, where, page)

    if _setting(system, office, "Common", "VBAOff")[0] == 1:
        return wrong(False, True, ("Office 的 VBA 已被关闭", "VBA is turned off in Office"), ("", ""))
    for setting, says in _ADDINS_BLOCKED.items():
        value, by_policy = _setting(system, office, r"Excel\Security", setting)
        if value == 1:
            return wrong(False, by_policy, says, ("加载项，取消全部勾选", "Add-ins: untick everything"))
    warnings, by_policy = _setting(system, office, r"Excel\Security", "VBAWarnings")
    disabled, disabled_by_policy = _setting(
        system, office, r"Excel\Security\Trusted Locations", "AllLocationsDisabled"
    )
    trusted = in_xlstart and disabled != 1
    if warnings in (_SIGNED_ONLY, _NEVER):
        zh, en = "宏设置为禁用且不通知", "macros are disabled without notification"
        if trusted:
            zh += "；启动文件夹是受信任位置，加载项一般不受影响，但如功能区没有“绩效考核”，就是这个原因"
            en += "; the start folder is trusted, but where the tab does not show, this is why"
        page = "宏设置，选“禁用 VBA 宏，并发出通知”", "Macro Settings: disable with notification"
        return wrong(None if trusted else False, by_policy, (zh, en), page)
    if not trusted and warnings != 1:
        says = (
            "加载项所在的文件夹不是受信任位置，Excel 每次启动都会询问是否启用宏，须选“启用”",
            "the add-in's folder is not trusted: Excel asks on every start whether to enable macros",
        )
        page = "受信任位置，允许或加入这个文件夹", "Trusted Locations: allow or add the folder"
        return wrong(None, disabled_by_policy, says, page)
    return _check(_MACROS, True, ("没有被禁用", "not blocked"))


_ADDINS_BLOCKED: dict[str, Words] = {
    "DisableAllAddins": ("Excel 已禁用所有加载项", "Excel has all add-ins disabled"),
    "RequireAddinSig": ("Excel 只运行有签名的加载项", "Excel takes signed add-ins only"),
}
_ASR = r"HKLM\Software\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
_OFFICE_CHILDREN = (
    "d4f940ab-401b-4efc-aadc-ad5f3c50688a"  # Block all Office applications from creating child processes
)


def _child_processes(system: System) -> Check:
    """Whether Excel may start Python. Of what forbids it, only a group policy shows without an administrator's rights."""
    forbidden = str(system.registry(_ASR, _OFFICE_CHILDREN)) == "1"
    says = (
        "是否被安全软件或策略阻止，没有管理员权限无法查看",
        "whether an antivirus or a policy blocks it cannot be seen without an administrator's rights",
    )
    if forbidden:
        says = (
            f"单位策略禁止 Office 启动其他程序（ASR 规则 {_OFFICE_CHILDREN}），按钮不能工作",
            f"a policy forbids it (ASR rule {_OFFICE_CHILDREN}): the buttons cannot work",
        )
    remedy = (
        "点按钮后如提示没能启动 Python，请看 Windows 安全中心→病毒和威胁防护→保护历史记录，以及 360、火绒等的拦截记录，"
        "请信息人员允许 Excel 启动登记的 Python",
        "if a button says that Python was not started, look into Windows Security, Protection history, and your "
        "antivirus' log, and have Excel allowed to start the Python registered",
    )
    return _check(
        ("由 Excel 启动 Python", "Excel starting Python"), False if forbidden else None, says, remedy, _WITHOUT
    )
