"""The add-in on machines of every kind: installed, taken out, and each thing that keeps it from working named.

A machine is a `System`: its registry is a table, its files are those of tmp_path and a few programs.
"""

import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xlwings as xw
from fake_excel import Desktop
from python_calamine import CalamineWorkbook

import xl_kpi
from xl_kpi.addin import build as building
from xl_kpi.addin import doctor as doctoring
from xl_kpi.addin import install as installing
from xl_kpi.addin.doctor import doctor
from xl_kpi.addin.install import install, uninstall
from xl_kpi.addin.machine import THIS_MACHINE, Check, System
from xl_kpi.findings import XlKpiError
from xl_kpi.report.language import choose
from xl_kpi.xlsx.archive import replace_parts

PYTHON = r"C:\用户 甲\Program Files\Python311\python.exe"
OURS = (xl_kpi.__version__, version("xlwings"))
EXCEL = r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE"
EXCEL_2013 = r"C:\Program Files (x86)\Microsoft Office\Office15\EXCEL.EXE"
WPS = r"C:\Users\甲\AppData\Local\Kingsoft\WPS Office\12.1.0.26373\office6\et.exe"
CLSID = "{00024500-0000-0000-C000-000000000046}"

APP_PATH = r"HKLM\Software\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
SERVER = rf"HKCR\CLSID\{CLSID}\LocalServer32"
SECURITY = r"Microsoft\Office\16.0\Excel\Security"
USER, POLICY = r"HKCU\Software", r"HKCU\Software\Policies"
ASR = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
OFFICE_CHILDREN = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"

Registry = Mapping[tuple[str, str], str | int]
HEALTHY: Registry = {
    (APP_PATH, ""): EXCEL,
    (r"HKCR\Excel.Application\CLSID", ""): CLSID,
    (SERVER, ""): f'"{EXCEL}" /automation',
}


def program(machine: int) -> bytes:
    """The beginning of a Windows program, by the PE format: MZ, at 0x3C where the header is, PE and the machine."""
    return b"MZ".ljust(0x3C, b"\0") + b"\x80\0\0\0" + b"\0" * 0x40 + b"PE\0\0" + machine.to_bytes(2, "little")


def registry(*tables: Registry) -> Callable[[str, str], str | int | None]:
    """A registry with these values, a later one before an earlier; Windows looks names up whatever their case."""
    values = {(key.casefold(), name.casefold()): value for table in tables for (key, name), value in table.items()}
    return lambda key, name: values.get((key.casefold(), name.casefold()))


@pytest.fixture
def windows(tmp_path: Path) -> System:
    """A Windows on which nothing is wrong, and nothing is installed yet."""
    programs = {EXCEL: program(0x8664), EXCEL_2013: program(0x014C)}
    return System(
        platform="win32",
        environment={"APPDATA": str(tmp_path / "用户 甲" / "AppData" / "Roaming")},
        read=lambda path: programs.get(path) or THIS_MACHINE.read(path),
        registry=registry(HEALTHY),
        versions={PYTHON: OURS}.__getitem__,
        real=lambda path: path,
        startup=lambda: "",
        python=PYTHON,
    )


@pytest.fixture
def installed(windows: System) -> Path:
    return install(interpreter=PYTHON, system=windows)


@pytest.fixture
def english() -> Iterator[None]:
    choose("en")
    yield
    choose("zh")


def found(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def raising(error: Exception) -> Callable[..., Any]:
    def call(*_: object, **__: object) -> None:
        raise error

    return call


# Installing


def test_the_add_in_goes_where_excel_looks_on_its_start_and_comes_out_again(windows: System) -> None:
    xlstart = Path(windows.environment["APPDATA"]) / "Microsoft" / "Excel" / "XLSTART"
    assert install(interpreter=PYTHON, system=windows) == xlstart / "xl_kpi.xlam"
    assert os.listdir(xlstart) == ["xl_kpi.xlam"]
    assert (xlstart / "xl_kpi.xlam").read_bytes() == building.build(PYTHON)
    assert uninstall(system=windows) is True
    assert os.listdir(xlstart) == []
    assert uninstall(system=windows) is False


def test_nothing_else_in_the_start_folder_is_touched(installed: Path, windows: System) -> None:
    other = installed.with_name("单位 公用.xlsm")
    other.write_bytes(b"theirs")
    install(interpreter=PYTHON, system=windows)
    uninstall(system=windows)
    assert {path.name: path.read_bytes() for path in installed.parent.iterdir()} == {"单位 公用.xlsm": b"theirs"}


def test_installing_again_replaces_an_older_one(installed: Path, windows: System) -> None:
    installed.write_bytes(b"older")
    install(interpreter=PYTHON, system=windows)
    assert installed.read_bytes() == building.build(PYTHON)


def test_the_python_at_work_is_registered_unless_another_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "启动 文件夹"
    folder.mkdir()
    sheet = CalamineWorkbook.from_path(install(folder)).get_sheet_by_name("xl_kpi.conf")
    assert ["INTERPRETER", sys.executable] in sheet.to_python()
    checks = {check.name: check.ok for check in doctor(folder)}
    assert checks["加载项"] is checks["加载项登记的 Python"] is True
    assert uninstall(folder) is True


def test_while_excel_has_it_open_nothing_changes_and_no_second_one_stays(
    installed: Path, windows: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    replacing = os.replace

    def held_open(source: Any, target: Any) -> None:
        if Path(target) == installed:
            raise PermissionError(13, "Access is denied")
        replacing(source, target)

    installed.write_bytes(b"in use")
    monkeypatch.setattr(os, "replace", held_open)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(XlKpiError) as refused:
        install(interpreter=PYTHON, system=windows)
    assert os.listdir(installed.parent) == ["xl_kpi.xlam"]
    assert installed.read_bytes() == b"in use"
    for words in (str(installed), "Excel 正在使用", "没有改动", "关闭所有 Excel 窗口", "xl-kpi addin install"):
        assert words in str(refused.value)


def test_while_excel_has_it_open_it_is_not_taken_out(
    installed: Path, windows: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "unlink", raising(PermissionError(13, "Access is denied")))
    with pytest.raises(XlKpiError, match=r"没有改动.*关闭所有 Excel 窗口.*xl-kpi addin uninstall"):
        uninstall(system=windows)
    assert installed.exists()


@pytest.mark.parametrize("command", [install, uninstall, doctor])
def test_a_start_folder_that_is_not_there_is_not_made(command: Callable[[Path], object], tmp_path: Path) -> None:
    missing = tmp_path / "没有 的"
    with pytest.raises(XlKpiError, match=r"启动文件夹.*没有这个文件夹.*没有 的.*请检查路径"):
        command(missing)
    assert not missing.exists()


def test_without_appdata_it_says_who_should_log_on(windows: System) -> None:
    with pytest.raises(XlKpiError, match=r"APPDATA 没有设置.*请以平时使用 Excel 的用户登录"):
        install(interpreter=PYTHON, system=replace(windows, environment={}))


def test_a_python_that_cannot_serve_it_is_not_registered(windows: System) -> None:
    for interpreter in ("python", r"C:\没有\python.exe"):
        with pytest.raises(XlKpiError, match="xl-kpi addin install"):
            install(
                interpreter=interpreter, system=replace(windows, versions=raising(FileNotFoundError(2, "not found")))
            )
    assert not Path(windows.environment["APPDATA"]).exists()


def test_another_xlwings_stops_the_installation_and_leaves_doctor_working(
    installed: Path, windows: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (installing, doctoring):
        monkeypatch.setattr(module, "build", raising(ValueError("xlwings is not the version")))
    with pytest.raises(
        XlKpiError, match=r"加载项：不能生成，xlwings is not the version。请运行 python -m pip install"
    ):
        install(interpreter=PYTHON, system=windows)
    check = found(doctor(system=windows), "加载项")
    assert check.ok is False
    assert "xlwings is not the version" in check.says
    assert "pip install" in check.remedy


STORE = (
    r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.11_3.11.2544.0_x64__qbz5n2kfra8p0\python3.11.exe"
)
ALIAS = (
    r"C:\Users\甲\AppData\Local\Microsoft\WindowsApps\PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0\python.exe"
)
PRIVATE = (
    r"C:\Users\甲\AppData\Local\Packages\PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0\LocalCache\Roaming"
    r"\Microsoft\Excel\XLSTART\xl_kpi.xlam"
)
FROM_STORE = r"Microsoft Store 版 Python.*Excel 看不到.*python\.org.*xl-kpi panel"


@pytest.mark.parametrize("python", [STORE, ALIAS])
def test_a_python_from_the_store_is_refused_with_the_remedy(python: str, windows: System) -> None:
    asked = replace(windows, versions={python: OURS, PYTHON: OURS}.__getitem__)
    with pytest.raises(XlKpiError, match=FROM_STORE):
        install(interpreter=python, system=asked)
    with pytest.raises(XlKpiError, match=FROM_STORE):  # an environment made from it is under its spell too
        install(interpreter=PYTHON, system=replace(asked, python=python))
    assert not Path(windows.environment["APPDATA"]).exists()
    check = found(doctor(system=replace(asked, python=python)), "Microsoft Store 版 Python")
    assert check.ok is False


def test_what_went_to_a_private_copy_is_taken_back_and_said_to_be_of_no_use(windows: System) -> None:
    machine = replace(windows, real=lambda _: PRIVATE)
    with pytest.raises(XlKpiError, match=FROM_STORE):
        install(interpreter=PYTHON, system=machine)
    assert list(Path(windows.environment["APPDATA"]).rglob("*.xlam")) == []
    install(interpreter=PYTHON, system=windows)
    check = found(doctor(system=machine), "Microsoft Store 版 Python")
    assert (check.ok, PRIVATE in check.says) == (False, True)


def test_a_profile_that_lies_elsewhere_is_no_private_copy(windows: System) -> None:
    install(interpreter=PYTHON, system=replace(windows, real=lambda _: r"D:\用户数据\甲\XLSTART\xl_kpi.xlam"))
    assert len(list(Path(windows.environment["APPDATA"]).rglob("*.xlam"))) == 1


def test_a_running_excel_is_asked_for_its_start_folder(windows: System, tmp_path: Path) -> None:
    theirs = tmp_path / "另一个启动文件夹"
    theirs.mkdir()
    machine = replace(windows, startup=lambda: str(theirs))
    assert install(interpreter=PYTHON, system=machine) == theirs / "xl_kpi.xlam"
    assert found(doctor(system=machine), "加载项").ok is True
    assert uninstall(system=machine) is True
    assert not Path(windows.environment["APPDATA"]).exists()


def test_the_start_folder_is_asked_of_excel_itself(excel: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert THIS_MACHINE.startup() == ""
    app = xw.App()
    assert THIS_MACHINE.startup() == app.api.StartupPath == r"C:\Users\甲\AppData\Roaming\Microsoft\Excel\XLSTART"
    with excel.refusing():
        assert THIS_MACHINE.startup() == ""


def test_an_add_in_that_is_gone_at_once_was_quarantined(windows: System) -> None:
    machine = replace(windows, read=lambda _: None)
    with pytest.raises(XlKpiError, match=r"安全软件隔离.*保护历史记录.*xl-kpi panel"):
        install(interpreter=PYTHON, system=machine)
    check = found(doctor(system=machine), "加载项")
    for words in ("Windows Defender", "隔离", "xl-kpi panel"):
        assert words in check.remedy


NETWORK = r"\\server\profiles$\甲\AppData\Roaming\Microsoft\Excel\XLSTART\xl_kpi.xlam"
TRUSTED = rf"{SECURITY}\Trusted Locations"


@pytest.mark.parametrize(
    ("real", "values", "ok", "remedy"),
    [
        (NETWORK, {}, False, "文件→选项→信任中心"),
        (NETWORK.replace("\\\\", "\\\\?\\UNC\\", 1), {}, False, "文件→选项→信任中心"),
        (NETWORK, {(rf"{POLICY}\{TRUSTED}", "AllowNetworkLocations"): 0}, False, "请信息人员"),
        (NETWORK, {(rf"{USER}\{TRUSTED}", "AllowNetworkLocations"): 1}, None, "请确认其中有这个文件夹"),
    ],
)
def test_a_start_folder_on_a_server_is_not_trusted_by_itself(
    real: str, values: Registry, ok: bool | None, remedy: str, installed: Path, windows: System
) -> None:
    machine = replace(windows, real=lambda _: real, registry=registry(HEALTHY, values))
    check = found(doctor(system=machine), "启动文件夹的位置")
    assert check.ok is ok
    assert real in check.says
    assert remedy in check.remedy


@pytest.mark.parametrize("real", [r"C:\Users\甲\XLSTART\xl_kpi.xlam", r"\\?\C:\Users\甲\XLSTART\xl_kpi.xlam"])
def test_of_a_start_folder_on_a_disk_there_is_nothing_to_say(real: str, installed: Path, windows: System) -> None:
    checks = doctor(system=replace(windows, real=lambda _: real))
    assert "启动文件夹的位置" not in {check.name for check in checks}


# What doctor says


def test_on_a_machine_where_nothing_is_wrong_all_is_well_but_what_cannot_be_seen(
    installed: Path, windows: System
) -> None:
    before = installed.stat()
    checks = doctor(system=windows)
    assert [(check.name, check.ok) for check in checks] == [
        ("操作系统", True),
        ("Excel", True),
        ("Excel.Application", True),
        ("加载项", True),
        ("加载项登记的 Python", True),
        ("网络标记", True),
        ("宏", True),
        ("由 Excel 启动 Python", None),
    ]
    assert all(bool(check.remedy) is (check.ok is not True) for check in checks)
    assert (os.listdir(installed.parent), installed.stat().st_mtime_ns) == (["xl_kpi.xlam"], before.st_mtime_ns)


@pytest.mark.parametrize("key", [APP_PATH, APP_PATH.replace("HKLM", "HKCU")])
def test_excel_is_found_wherever_it_is_registered_with_its_bits(key: str, windows: System) -> None:
    for path, bits in ((EXCEL, "64 位"), (f'"{EXCEL_2013}"', "32 位"), (r"D:\Office\excel.exe", "位数不明")):
        check = found(doctor(system=replace(windows, registry=registry({(key, ""): path}))), "Excel")
        assert check.ok is True
        assert check.says.startswith(path.strip('"'))
        assert bits in check.says


@pytest.mark.parametrize("content", [b"", b"MZ", b"MZ" * 100, program(0x8664)[:-1], program(0x1234)])
def test_what_is_no_program_known_has_no_bits(content: bytes, windows: System) -> None:
    assert "位数不明" in found(doctor(system=replace(windows, read=lambda _: content)), "Excel").says


@pytest.mark.parametrize("apps", [{}, {(APP_PATH, ""): WPS}, {(APP_PATH, ""): WPS.replace("et.exe", "excel.exe")}])
def test_without_excel_it_names_the_command_line(apps: Registry, windows: System) -> None:
    check = found(doctor(system=replace(windows, registry=registry(apps))), "Excel")
    assert check.ok is False
    assert "没有找到 Excel" in check.says
    assert "请安装 Excel" in check.remedy
    assert "xl-kpi check" in check.remedy


@pytest.mark.parametrize(
    ("server", "ok", "says", "remedy"),
    [
        (f'"{EXCEL}" /automation', True, EXCEL, ""),
        (r"C:\PROGRA~1\MICROS~1\Office16\EXCEL.EXE /automation", True, "指向 Excel", ""),
        (f'"{WPS}" /automation', False, "WPS 已接管", "兼容第三方系统和软件"),
        (r"D:\wps\et.exe /automation", False, "WPS 已接管", "修复 Office"),
        (r"D:\办公\office6\wps.exe /et /automation", False, "WPS 已接管", "修复 Office"),
        (r"D:\Kingsoft\office6\excel.exe", False, "WPS 已接管", "修复 Office"),
        (r"C:\LibreOffice\scalc.exe", False, "没有指向 Excel：C:\\LibreOffice", "修复 Office"),
        ("", False, "没有登记", "修复 Office"),
    ],
)
def test_who_answers_to_the_name_of_excel(server: str, ok: bool, says: str, remedy: str, windows: System) -> None:
    machine = replace(windows, registry=registry(HEALTHY, {(SERVER, ""): server}))
    check = found(doctor(system=machine), "Excel.Application")
    assert check.ok is ok
    assert says in check.says
    assert remedy in check.remedy


def test_what_is_not_installed_is_said_and_nothing_about_its_python(windows: System) -> None:
    checks = doctor(system=windows)
    check = found(checks, "加载项")
    assert check.ok is False
    assert "xl_kpi.xlam：没有安装" in check.says
    assert "xl-kpi addin install" in check.remedy
    assert not {"加载项登记的 Python", "网络标记"} & {check.name for check in checks}


def ribbon_changed(content: bytes) -> bytes:
    return replace_parts(content, {"customUI/customUI14.xml": b"<customUI/>"})


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def foreign(_: bytes) -> bytes:
    return Path(next(p for p in building.MACROS.parent.glob("workbooks/**/*.xlsx"))).read_bytes()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (ribbon_changed, "或被改动过"),
        (half, "已损坏"),
        (foreign, "不是本系统的加载项"),
        (lambda _: b"", "已损坏"),
    ],
)
def test_another_file_in_its_place_is_noticed(
    change: Callable[[bytes], bytes], says: str, installed: Path, windows: System
) -> None:
    installed.write_bytes(change(installed.read_bytes()))
    check = found(doctor(system=windows), "加载项")
    assert check.ok is False
    assert check.says.startswith(str(installed))
    assert says in check.says
    assert "xl-kpi addin install" in check.remedy


def test_an_altered_add_in_still_tells_its_python(installed: Path, windows: System) -> None:
    installed.write_bytes(ribbon_changed(installed.read_bytes()))
    assert found(doctor(system=windows), "加载项登记的 Python").ok is True


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (raising(FileNotFoundError(2, "The system cannot find the file specified")), "没有这个文件"),
        (raising(OSError("ModuleNotFoundError: No module named 'xl_kpi'")), "不能使用，ModuleNotFoundError"),
        (raising(PermissionError(13, "Access is denied")), "不能使用，Access is denied"),
        (lambda _: ("0.0.9", OURS[1]), f"那里是 xl_kpi 0.0.9、xlwings {OURS[1]}，应为 xl_kpi {OURS[0]}"),
        (lambda _: (OURS[0], "0.30.0"), f"xlwings 0.30.0，应为 xl_kpi {OURS[0]}、xlwings {OURS[1]}"),
    ],
)
def test_a_python_that_no_longer_serves_is_named_with_why(
    answer: Callable[[str], tuple[str, str]], says: str, installed: Path, windows: System
) -> None:
    check = found(doctor(system=replace(windows, versions=answer)), "加载项登记的 Python")
    assert check.ok is False
    assert check.says.startswith(PYTHON)
    assert says in check.says
    assert "xl-kpi addin install" in check.remedy


@pytest.mark.parametrize("interpreter", ["", "python", r"..\python.exe", "/usr/bin/python3"])
def test_a_python_without_its_full_path_is_never_started(interpreter: str, installed: Path, windows: System) -> None:
    installed.write_bytes(building.build(interpreter))
    machine = replace(windows, versions=raising(AssertionError("started")))
    check = found(doctor(system=machine), "加载项登记的 Python")
    assert check.ok is False
    assert "不是完整路径" in check.says


@pytest.mark.parametrize("interpreter", [PYTHON, r"\\服务器\共享 夹\python.exe"])
def test_a_python_on_a_drive_or_a_share_will_do(interpreter: str, windows: System) -> None:
    machine = replace(windows, versions={interpreter: OURS}.__getitem__)
    install(interpreter=interpreter, system=machine)
    assert found(doctor(system=machine), "加载项登记的 Python").ok is True


@pytest.mark.parametrize(
    ("stream", "ok"),
    [
        (None, True),
        (b"", True),
        (b"[ZoneTransfer]\r\nZoneId=2\r\n", True),
        (b"[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.cn/\r\n", False),
        (b"\xef\xbb\xbf[ZoneTransfer]\r\nZoneId=4\r\n", False),
    ],
)
def test_the_mark_of_the_web_is_seen(stream: bytes | None, ok: bool, installed: Path, windows: System) -> None:
    if stream is not None:  # on Windows a stream of the file, elsewhere a file of that name
        Path(f"{installed}:Zone.Identifier").write_bytes(stream)
    check = found(doctor(system=windows), "网络标记")
    assert check.ok is ok
    assert str(installed) in check.says
    if not ok:
        assert "带有来自网络的标记" in check.says
        assert "xl-kpi addin install" in check.remedy
        assert "解除锁定" in check.remedy


def test_a_policy_on_files_from_the_internet_matters_with_the_mark_alone(installed: Path, windows: System) -> None:
    blocked = registry(HEALTHY, {(rf"{POLICY}\{SECURITY}", "blockcontentexecutionfrominternet"): 1})
    machine = replace(windows, registry=blocked)
    assert found(doctor(system=machine), "网络标记").ok is True
    Path(f"{installed}:Zone.Identifier").write_bytes(b"[ZoneTransfer]\r\nZoneId=3\r\n")
    assert "单位策略也不许例外" in found(doctor(system=machine), "网络标记").says
    assert "单位策略" not in found(doctor(system=windows), "网络标记").says


LOCATIONS = rf"{SECURITY}\Trusted Locations"
COMMON = r"Microsoft\Office\16.0\Common"


@pytest.mark.parametrize(
    ("values", "ok", "says", "remedy"),
    [
        ({(rf"{USER}\{SECURITY}", "VBAWarnings"): 1}, True, "没有被禁用", ""),
        ({(rf"{USER}\{SECURITY}", "VBAWarnings"): 2}, True, "没有被禁用", ""),
        ({(rf"{USER}\{SECURITY}", "VBAWarnings"): 3}, None, "禁用且不通知", "宏设置"),
        ({(rf"{USER}\{SECURITY}", "VBAWarnings"): 4}, None, "启动文件夹是受信任位置", "宏设置"),
        ({(rf"{POLICY}\{SECURITY}", "VBAWarnings"): 4}, None, "禁用且不通知", "请信息人员"),
        (
            {(rf"{POLICY}\{SECURITY}", "VBAWarnings"): 2, (rf"{USER}\{SECURITY}", "VBAWarnings"): 4},
            True,
            "没有被禁用",
            "",
        ),
        (
            {(rf"{USER}\{SECURITY}", "VBAWarnings"): 4, (rf"{USER}\{LOCATIONS}", "AllLocationsDisabled"): 1},
            False,
            "禁用且不通知",
            "宏设置",
        ),
        ({(rf"{USER}\{LOCATIONS}", "AllLocationsDisabled"): 1}, None, "询问是否启用宏", "受信任位置"),
        ({(rf"{POLICY}\{LOCATIONS}", "AllLocationsDisabled"): 1}, None, "询问是否启用宏", "请信息人员"),
        (
            {(rf"{USER}\{SECURITY}", "VBAWarnings"): 1, (rf"{POLICY}\{LOCATIONS}", "AllLocationsDisabled"): 1},
            True,
            "没有被禁用",
            "",
        ),
        ({(rf"{USER}\{SECURITY}", "DisableAllAddins"): 1}, False, "禁用所有加载项", "信任中心"),
        ({(rf"{POLICY}\{SECURITY}", "RequireAddinSig"): 1}, False, "有签名的加载项", "请信息人员"),
        ({(rf"{USER}\{SECURITY}", "RequireAddinSig"): 0}, True, "没有被禁用", ""),
        ({(rf"HKLM\Software\Policies\{COMMON}", "VBAOff"): 1}, False, "VBA 已被关闭", "xl-kpi check"),
        ({(r"HKCU\Software\Microsoft\Office\15.0\Excel\Security", "DisableAllAddins"): 1}, True, "没有被禁用", ""),
    ],
)
def test_what_keeps_macros_from_running(
    values: Registry, ok: bool | None, says: str, remedy: str, windows: System
) -> None:
    check = found(doctor(system=replace(windows, registry=registry(HEALTHY, values))), "宏")
    assert check.ok is ok
    assert says in check.says
    assert remedy in check.remedy


@pytest.mark.parametrize(("warnings", "ok"), [(1, True), (2, None), (4, False)])
def test_a_start_folder_of_ones_own_is_not_trusted_by_excel(
    warnings: int, ok: bool | None, tmp_path: Path, windows: System
) -> None:
    values = {(rf"{USER}\{SECURITY}", "VBAWarnings"): warnings}
    assert found(doctor(tmp_path, replace(windows, registry=registry(HEALTHY, values))), "宏").ok is ok


def test_the_settings_of_the_excel_that_is_installed_count(windows: System) -> None:
    values = {
        (APP_PATH, ""): EXCEL_2013,
        (r"HKCU\Software\Microsoft\Office\15.0\Excel\Security", "DisableAllAddins"): 1,
    }
    assert found(doctor(system=replace(windows, registry=registry(HEALTHY, values))), "宏").ok is False


@pytest.mark.parametrize(("state", "ok"), [("1", False), (1, False), ("2", None), ("0", None), ("6", None)])
def test_a_rule_against_child_processes_is_told_where_it_can_be_read(
    state: str | int, ok: bool | None, windows: System
) -> None:
    machine = replace(windows, registry=registry(HEALTHY, {(ASR, OFFICE_CHILDREN): state}))
    check = found(doctor(system=machine), "由 Excel 启动 Python")
    assert check.ok is ok
    assert ("禁止 Office 启动其他程序" in check.says) is (ok is False)
    for words in ("保护历史记录", "360", "火绒", "xl-kpi check"):
        assert words in check.remedy


@pytest.mark.parametrize(("platform", "words"), [("linux", "需要 Windows 版 Excel"), ("darwin", "试验性的")])
def test_elsewhere_it_says_what_works_there(platform: str, words: str, windows: System) -> None:
    machine = replace(windows, platform=platform)
    (check,) = doctor(system=machine)
    assert (check.name, check.ok) == ("操作系统", None)
    for part in (words, "生成空白工作簿", "核对", "重算", "命令行"):
        assert part in check.says
    with pytest.raises(XlKpiError, match=words):
        install(interpreter=PYTHON, system=machine)
    with pytest.raises(XlKpiError, match=words):
        uninstall(system=machine)


def test_on_a_mac_the_folder_can_be_named(tmp_path: Path, windows: System) -> None:
    python = "/Applications/Python 3.11/python3"
    machine = replace(windows, platform="darwin", versions={python: OURS}.__getitem__)
    install(tmp_path, python, machine)
    assert [(check.name, check.ok) for check in doctor(tmp_path, machine)] == [
        ("操作系统", None),
        ("加载项", True),
        ("加载项登记的 Python", True),
    ]


@pytest.mark.usefixtures("english")
def test_in_english_no_chinese_is_left(installed: Path, windows: System) -> None:
    home = windows.environment["APPDATA"]
    values = {
        (SERVER, ""): r"D:\wps\et.exe",
        (APP_PATH, ""): "",
        (rf"{USER}\{SECURITY}", "VBAWarnings"): 4,
        (ASR, OFFICE_CHILDREN): "1",
    }
    bad = replace(windows, registry=registry(HEALTHY, values), versions=raising(FileNotFoundError(2, "")))
    for machine in (windows, bad, replace(windows, platform="linux"), replace(windows, platform="darwin")):
        for check in doctor(system=machine):
            text = " ".join((check.name, check.says, check.remedy)).replace(home, "").replace(PYTHON, "")
            assert text.isascii()


# This machine


def test_a_python_without_xl_kpi_says_so_itself(tmp_path: Path) -> None:
    home = tmp_path / "另一个 Python"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    with pytest.raises(OSError, match="No module named 'xl_kpi'"):
        THIS_MACHINE.versions(str(python))
    assert THIS_MACHINE.versions(sys.executable) == OURS
    with pytest.raises(FileNotFoundError):
        THIS_MACHINE.versions(str(home / "gone"))


def test_a_program_that_is_no_python_or_never_answers_is_of_no_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0, stdout="", stderr=""))
    with pytest.raises(OSError, match="没有应答"):
        THIS_MACHINE.versions(PYTHON)
    monkeypatch.setattr(subprocess, "run", raising(subprocess.TimeoutExpired(PYTHON, 60)))
    with pytest.raises(OSError, match="60 秒没有应答"):
        THIS_MACHINE.versions(PYTHON)


class FakeWinreg:
    """The part of winreg that is used: `values` by hive, key, name and view."""

    HKEY_CLASSES_ROOT, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE = "classes", "user", "machine"
    KEY_READ, KEY_WOW64_64KEY, KEY_WOW64_32KEY = 0x20019, 0x0100, 0x0200
    values: Mapping[tuple[str, str, str, int], object] = {
        ("machine", r"Software\A", "", 0x0100): "both, 64",
        ("machine", r"Software\A", "", 0x0200): "both, 32",
        ("classes", "B", "", 0x0200): "32 alone",
        ("user", "C", "n", 0x0100): 4,
        ("user", "C", "binary", 0x0100): b"\x01",
    }

    class OpenKey:
        def __init__(self, hive: str, key: str, *, access: int) -> None:
            assert access & 0x20019 == 0x20019
            self.at = (hive, key, access & 0x0300)

        def __enter__(self) -> tuple[str, str, int]:
            return self.at

        def __exit__(self, *_: object) -> None:
            pass

    @classmethod
    def QueryValueEx(cls, opened: tuple[str, str, int], name: str) -> tuple[object, int]:
        hive, key, view = opened
        if (hive, key, name, view) not in cls.values:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return cls.values[hive, key, name, view], 1


def test_the_registry_is_read_in_the_view_of_64_bits_then_of_32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "winreg", FakeWinreg)  # type: ignore[arg-type]
    read = THIS_MACHINE.registry
    assert read(r"HKLM\Software\A", "") == "both, 64"
    assert read(r"HKCR\B", "") == "32 alone"
    assert read(r"HKCU\C", "n") == 4
    assert read(r"HKCU\C", "binary") is None
    assert read(r"HKCU\D", "n") is None


@pytest.mark.skipif(sys.platform == "win32", reason="it has a registry")
def test_elsewhere_there_is_no_registry() -> None:
    assert THIS_MACHINE.registry(r"HKLM\Software", "") is None


def test_it_is_imported_without_the_registry_and_without_xlwings() -> None:
    script = "import sys, xl_kpi.addin.doctor; print({'winreg', 'xlwings'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
