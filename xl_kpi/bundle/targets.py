"""The kinds of PC a bundle can be for, in the words of uv, of pip, of Python and of officials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Target:
    """A kind of PC.

    uv: its name for `--python-platform`.
    tags: the platform tags of wheels that run there, best first (PEP 425).
    markers: what environment markers say there (PEP 508), but for the Python's version.
    platform: what `sysconfig.get_platform()` says there.
    pythons: those for which everything has wheels.
    serves: the PCs, as officials know them.
    """

    name: str
    uv: str
    tags: tuple[str, ...]
    markers: Mapping[str, str]
    platform: str
    serves: str
    pythons: tuple[str, ...] = PYTHONS

    @property
    def windows(self) -> bool:
        """Whether it runs Windows."""
        return self.markers["sys_platform"] == "win32"


def _windows(machine: str) -> dict[str, str]:
    return {
        "os_name": "nt",
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "platform_release": "10",
        "platform_version": "10.0",
    }


def _linux(machine: str) -> dict[str, str]:
    return {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "platform_release": "",
        "platform_version": "",
    }


GLIBC = 28  # of 2.28, which numpy and pandas ask for: 统信 UOS 20, 麒麟 V10 and whatever is newer


def _manylinux(machine: str) -> tuple[str, ...]:
    oldest = 5 if machine == "x86_64" else 17
    legacy = {"x86_64": {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}, "aarch64": {17: "manylinux2014"}}
    found = []
    for minor in range(GLIBC, oldest - 1, -1):
        found.append(f"manylinux_2_{minor}_{machine}")
        if minor in legacy[machine]:
            found.append(f"{legacy[machine][minor]}_{machine}")
    return tuple(found)


TARGETS = {
    target.name: target
    for target in (
        Target(
            "windows-x64",
            "x86_64-pc-windows-msvc",
            ("win_amd64",),
            _windows("AMD64"),
            "win-amd64",
            "64 位 Windows 10、11（Intel、AMD、兆芯、海光处理器）",
        ),
        Target(
            "windows-arm64",
            "aarch64-pc-windows-msvc",
            ("win_arm64",),
            _windows("ARM64"),
            "win-arm64",
            "ARM 处理器的 Windows 11",
            PYTHONS[1:],  # PyYAML has no wheel for 3.11 there
        ),
        Target(
            "linux-x64",
            "x86_64-manylinux_2_28",
            _manylinux("x86_64"),
            _linux("x86_64"),
            "linux-x86_64",
            "64 位 Linux（统信 UOS 20、麒麟 V10 及更新的版本；Intel、AMD、兆芯、海光处理器）",
        ),
        Target(
            "linux-arm64",
            "aarch64-manylinux_2_28",
            _manylinux("aarch64"),
            _linux("aarch64"),
            "linux-aarch64",
            "64 位 Linux（统信 UOS 20、麒麟 V10 及更新的版本；鲲鹏、飞腾处理器）",
        ),
    )
}
