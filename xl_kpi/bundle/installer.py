"""What 安装.bat and 安装.sh hand over to: installs xl_kpi from the folder it lies in, for this user, without internet.

A copy of it lies in each bundle as files/setup.py. It runs under whatever Python the PC has, so it needs nothing but the
standard library; and it says in Chinese what goes wrong, for officials.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TITLE = "绩效考核面板"


class Refused(Exception):
    """Why it cannot be installed, and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Install; returns 0 if that was done. With --probe: 0 if this Python can do it, and nothing is done."""
    parser = argparse.ArgumentParser(description="安装 xl_kpi：只装在你自己的账户里，不用上网，不用管理员权限")
    parser.add_argument("--probe", action="store_true", help="只看这个 Python 能不能用")
    parser.add_argument("--to", type=Path, default=None, help="装到哪个文件夹")
    parser.add_argument("--no-shortcut", action="store_true", help="不在桌面上放图标")
    parser.add_argument("--addin", choices=("yes", "no"), help="是否把加载项装进 Excel，不写则询问")
    parser.add_argument("--uninstall", action="store_true", help="卸载")
    parser.add_argument("--shortcut-in", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--shortcut-off", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # where it is no console: what the code page lacks is no reason to stop
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if options.shortcut_in is not None or options.shortcut_off:
        _windows_shortcut(options.shortcut_in)
        return 0
    try:
        manifest: dict[str, Any] = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
        why = unfit(manifest)
        if options.probe:
            print(why)
            return 1 if why else 0
        if why:
            raise Refused(why)
        if options.uninstall:
            uninstall(options.to or usual_folder())
            return 0
        install(manifest, options.to or usual_folder(), not options.no_shortcut, options.addin)
    except Refused as refused:
        print(f"\n没有{'卸载' if options.uninstall else '装成'}：{refused}", file=sys.stderr)
        return 1
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"\n没有{'卸载' if options.uninstall else '装成'}：{error}", file=sys.stderr)
        return 1
    return 0


def unfit(manifest: dict[str, Any]) -> str:
    """Why this Python cannot install this bundle; empty if it can."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version not in manifest["pythons"]:
        return f"Python 是 {version}，要 {manifest['pythons'][0]} 至 {manifest['pythons'][-1]}"
    found = sysconfig.get_platform()
    if found != manifest["platform"]:
        return f"这个安装包用于{manifest['serves']}，而这个 Python 是 {found} 的"
    if "\\WindowsApps\\" in sys.executable or "PythonSoftwareFoundation" in sys.executable:
        return "微软商店里的 Python 把文件写到别处，Excel 看不到。请安装从 python.org 下载的 Python"
    library, libc = platform.libc_ver()
    if sys.platform == "linux" and not (library == "glibc" and _number(libc) >= _number(manifest["glibc"])):
        return f"这个系统太旧（glibc {libc}，要 {manifest['glibc']} 或更新的）"
    return ""


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def usual_folder() -> Path:
    """Where it goes unless told: in the user's own part of the disk."""
    if sys.platform == "win32":
        return Path(os.environ["LOCALAPPDATA"]) / "xl_kpi"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "xl_kpi"


def install(manifest: dict[str, Any], folder: Path, shortcut: bool, addin: str | None) -> None:
    """Make an environment in a folder, with all of the bundle in it, in place of an earlier one.

    Raises Refused, OSError, subprocess.CalledProcessError.
    """
    import venv  # not of every Python; and --probe needs none

    print(f"安装 xl_kpi {manifest['version']} 到 {folder}，约需一两分钟……", flush=True)
    _whole(manifest)
    environment = folder / "env"
    folder.mkdir(parents=True, exist_ok=True)
    old = _set_aside(environment)
    try:
        # Without pip, which a Linux may keep in a package of its own: that of the bundle does it.
        venv.create(environment, with_pip=False, symlinks=sys.platform != "win32")
        python = python_of(environment)
        pip = next((HERE / "wheels").glob("pip-*.whl"))
        _run(
            *(python, "-I", pip / "pip", "install", "--no-index", "--find-links", HERE / "wheels", "--quiet"),
            *("--disable-pip-version-check", "--no-warn-script-location", f"xl-kpi=={manifest['version']}"),
        )
        _run(python, "-I", "-m", "xl_kpi", "schemes", stdout=subprocess.DEVNULL)
    except BaseException:
        shutil.rmtree(environment, ignore_errors=True)
        if old.exists():
            old.rename(environment)
        raise
    shutil.rmtree(old, ignore_errors=True)
    print(f"装好了：{environment}")
    if shortcut:
        _put_shortcut(python, folder)
    if (
        sys.platform == "win32"
        and (addin or _asked("要把加载项装进 Excel 吗？单位允许宏的选 y，用 WPS 的选 n")) == "yes"
    ):
        done = subprocess.run([python, "-I", "-m", "xl_kpi", "addin", "install"], check=False)
        if done.returncode:
            print("加载项没有装上，原因见上面；不影响使用面板。")


def _set_aside(environment: Path) -> Path:
    """Rename an environment, if there is one; returns the new path. Raises Refused while it is in use."""
    old = environment.with_name("env.old")
    shutil.rmtree(old, ignore_errors=True)
    if environment.exists():
        try:
            environment.rename(old)  # which Windows refuses while any of its files is in use
        except OSError:
            raise Refused("装着的正在使用。请关闭绩效考核面板和 Excel，再来一次") from None
    return old


def uninstall(folder: Path) -> None:
    """Take away all that `install` put on this PC. Raises Refused where it is in use or was not installed."""
    python = python_of(folder / "env")
    if not python.exists():
        raise Refused(f"没有安装过（{folder}）")
    if sys.platform == "win32":  # first, with the environment's own Python
        subprocess.run([python, "-I", "-m", "xl_kpi", "addin", "uninstall"], check=False)
        subprocess.run([python, "-I", HERE / "setup.py", "--shortcut-off"], check=False)
    else:
        for place in _linux_places():
            place.unlink(missing_ok=True)
    shutil.rmtree(_set_aside(folder / "env"))
    with contextlib.suppress(OSError):  # somebody put something there
        folder.rmdir()
    print("已卸载。")


def _whole(manifest: dict[str, Any]) -> None:
    """Raises Refused where a file of the bundle is not there or is not as it was made."""
    for name, digest in manifest["sha256"].items():
        path = HERE / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise Refused(f"文件不全或已损坏：files/{name}。请重新复制整个文件夹（压缩包要先全部解压）")


def python_of(environment: Path) -> Path:
    """The interpreter of an environment."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _run(*command: object, **more: Any) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    subprocess.run([str(part) for part in command], check=True, env=kept | {"PIP_CONFIG_FILE": os.devnull}, **more)


def _asked(question: str) -> str:
    try:
        return "yes" if input(f"{question}（y/n）：").strip().lower().startswith("y") else "no"
    except EOFError:  # nobody is there to be asked
        return "no"


def _put_shortcut(python: Path, folder: Path) -> None:
    """绩效考核面板 on the desktop; that it could not be put there is no reason to undo the rest."""
    try:
        if sys.platform == "win32":
            _run(python, "-I", HERE / "setup.py", "--shortcut-in", folder)
        else:
            _linux_shortcut(python, folder)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"没能在桌面上放图标（{error}）。可在终端中运行：{python} -I -m xl_kpi panel", file=sys.stderr)
    else:
        print(f"桌面上有了“{TITLE}”，双击打开。")


def _windows_shortcut(folder: Path | None) -> None:
    """Put the shortcut to what is in a folder on the desktop; without a folder, take it away.

    Run by the environment's own Python, which has pywin32; WScript.Shell would not take Chinese on every Windows.
    """
    import pythoncom  # type: ignore[import-untyped]
    from win32com.shell import shell, shellcon  # type: ignore[import-untyped]

    desktop = Path(shell.SHGetFolderPath(0, shellcon.CSIDL_DESKTOPDIRECTORY, None, 0))
    if folder is None:
        (desktop / f"{TITLE}.lnk").unlink(missing_ok=True)
        return
    link = pythoncom.CoCreateInstance(
        shell.CLSID_ShellLink, None, pythoncom.CLSCTX_INPROC_SERVER, shell.IID_IShellLink
    )
    link.SetPath(str(folder / "env" / "Scripts" / "pythonw.exe"))
    link.SetArguments("-I -m xl_kpi panel")
    link.SetWorkingDirectory(str(folder))
    link.SetDescription("核对、生成绩效考核工作簿")
    link.QueryInterface(pythoncom.IID_IPersistFile).Save(str(desktop / f"{TITLE}.lnk"), 0)
    ctypes.windll.shell32.SHChangeNotify(0x8000000, 0, None, None)  # type: ignore[attr-defined]  # shown at once


def _linux_shortcut(python: Path, folder: Path) -> None:
    entry = (
        "[Desktop Entry]\nType=Application\nVersion=1.0\n"
        f"Name={TITLE}\nComment=核对、生成绩效考核工作簿\n"
        f"Exec={_quoted(python)} -I -m xl_kpi panel\nPath={folder}\nTerminal=false\nCategories=Office;\n"
    )
    for place in _linux_places():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(entry, encoding="utf-8")
        place.chmod(0o755)  # desktops start only what may be run


def _linux_places() -> list[Path]:
    """Where a desktop of Linux looks for what can be started: its menu, and what lies on it."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    menu, desktop = data / "applications" / "xl-kpi-panel.desktop", _desktop()
    return [menu] if desktop is None else [menu, desktop / f"{TITLE}.desktop"]


def _quoted(path: Path) -> str:
    """An argument of Exec=, by the Desktop Entry Specification: quoted once, and once more as a value of the file."""
    inner = "".join("\\" + char if char in '"`$\\' else char for char in str(path)).replace("%", "%%")
    return '"' + inner.replace("\\", "\\\\") + '"'


def _desktop() -> Path | None:
    """The folder of what lies on the desktop, which has another name in every language."""
    tool = shutil.which("xdg-user-dir")
    if tool is not None and os.path.isabs(tool):
        said = subprocess.run([tool, "DESKTOP"], capture_output=True, text=True, check=False).stdout.strip()
        if said and Path(said).is_dir() and Path(said) != Path.home():
            return Path(said)
    return next((place for name in ("桌面", "Desktop") if (place := Path.home() / name).is_dir()), None)


if __name__ == "__main__":
    raise SystemExit(main())
