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
    checked,
    platform_check,
)
from xl_kpi.addin.policies import child_processes, macros_check, mark_of_the_web, network_folder
from xl_kpi.api import Refused, parse_xml, sheet_parts, unpack
from xl_kpi.words import Said, reason_of, said


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
    name = said("addin.excel")
    if not program:
        says = said("addin.not-found-app-paths")
        return checked(name, False, says, said("addin.install-excel"), WITHOUT)
    bits = _bits(system.read(program) or b"")
    width = said("addin.bits", bits=bits) if bits else said("addin.bits-unknown")
    return checked(name, True, said("addin.excel-is", program=program, bits=width))


def _bits(program: bytes) -> int | None:
    """Of the head of a program: at 0x3C it says where PE, two zeros and the machine stand."""
    start = int.from_bytes(program[0x3C:0x40], "little")
    mark, machine = program[start : start + 4], program[start + 4 : start + 6]
    return _BITS.get(int.from_bytes(machine, "little")) if mark == b"PE\0\0" else None


def _registration(system: System) -> Check:
    """Whether programs that ask for Excel get Excel: WPS can put itself there."""
    name = said("addin.excel-application")
    clsid = system.registry(r"HKCR\Excel.Application\CLSID", "")
    server = str(system.registry(rf"HKCR\CLSID\{clsid}\LocalServer32", "") or "")
    repair = said("addin.repair-office-programs-features")
    if _WPS.search(server):
        untick = said("addin.untick-compatibility-other-software")
        says = said("addin.wps-has-taken-over", server=server)
        return checked(name, False, says, untick, repair)
    if not _EXCEL.search(server):
        leads = said("addin.leads-elsewhere", server=server or said("addin.not-registered"))
        return checked(name, False, leads, repair)
    return checked(name, True, said("addin.leads-excel", server=server))


# The add-in


def _addin(path: Path, content: bytes | None) -> tuple[Check, str]:
    """Whether it is installed as this version builds it, and the Python it names ("" where it cannot be told)."""

    def wrong(why: Said, remedy: Said = AGAIN) -> Check:
        return checked(ADDIN, False, said("addin.of-path", path=str(path), why=why), remedy)

    if content is None:
        gone = said("addin.if-installed-gone-antivirus")
        return checked(ADDIN, False, said("addin.not-installed", path=str(path)), AGAIN, gone, PANEL), ""
    try:
        parts = unpack(content)
        interpreter = _registered(parts)
    except (Refused, KeyError):
        return wrong(said("addin.damaged")), ""
    try:
        # Part by part: what a zip compresses to depends on the Python that wrote it.
        current = parts == unpack(build(interpreter))
    except ValueError as error:
        return wrong(said("addin.not-compared", why=reason_of(error)), REINSTALL), interpreter
    if not current:
        return wrong(said("addin.altered", version=__version__)), interpreter
    says = said("addin.installed-xl-kpi-where", path=str(path), version__=__version__)
    return checked(ADDIN, True, says), interpreter


def _registered(parts: Mapping[str, bytes]) -> str:
    """The Python that an add-in names. Raises Refused for a damaged one, KeyError for one without our sheet."""
    sheet = parse_xml(parts[sheet_parts(parts)[CONF_SHEET]])
    texts = ["".join(cell.itertext()) for cell in sheet.iterfind(".//{*}c")]
    return dict(pairwise(texts)).get(INTERPRETER, "")
