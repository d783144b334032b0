"""A bundle as a folder: wheels, what installs them, and what officials read."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from xl_kpi import __version__
from xl_kpi.bundle import texts
from xl_kpi.bundle.targets import GLIBC, Target

_HERE = Path(__file__).resolve().parent


def write(folder: Path, target: Target, pythons: Sequence[str]) -> None:
    """Put into a folder, whose `files/wheels` are there already, everything else of a bundle."""
    files = folder / "files"
    shutil.copyfile(_HERE / "installer.py", files / "setup.py")
    served = tuple(pythons)
    _note(files / "no-python.txt", texts.no_python(target, served), target)
    _note(folder / "说明.txt", texts.read_me(target, __version__, served), target)
    for name, arguments in (("安装", ""), ("卸载", "--uninstall")):
        script = folder / (f"{name}.bat" if target.windows else f"{name}.sh")
        script.write_bytes(batch(target, served, arguments) if target.windows else shell(served, arguments))
        script.chmod(0o755)
    counted = [files / "setup.py", *sorted((files / "wheels").glob("*.whl"))]
    manifest = {
        "version": __version__,
        "platform": target.platform,
        "serves": target.serves,
        "pythons": list(served),
        "glibc": f"2.{GLIBC}",
        "sha256": {
            path.relative_to(files).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in counted
        },
    }
    (files / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")


def _note(path: Path, text: str, target: Target) -> None:
    """A text for Notepad, which knows UTF-8 by its mark and wants CR LF; or for any editor of Linux."""
    path.write_bytes(_crlf(text).encode("utf-8-sig") if target.windows else text.encode())


def batch(target: Target, pythons: Sequence[str], arguments: str = "") -> bytes:
    """安装.bat, or with other arguments for setup.py 卸载.bat: ASCII, for cmd.exe reads it in the code page of the PC, whichever that is; CR LF, or it misses labels."""
    versions = [f"{each}-arm64" if target.platform == "win-arm64" else each for each in reversed(pythons)]
    text = (_HERE / "install.bat").read_text(encoding="ascii")
    text = text.replace("@VERSIONS@", " ".join(versions)).replace("@ARGUMENTS@", arguments)
    text = text.replace("@INCOMPLETE@", ",".join(str(ord(char)) for char in texts.INCOMPLETE))
    return _crlf(text).encode("ascii")


def shell(pythons: Sequence[str], arguments: str = "") -> bytes:
    """安装.sh, or with other arguments for setup.py 卸载.sh."""
    text = (_HERE / "install.sh").read_text(encoding="utf-8")
    text = text.replace("@ARGUMENTS@", arguments)
    return text.replace("@VERSIONS@", " ".join(f"python{each}" for each in reversed(pythons))).encode()


def _crlf(text: str) -> str:
    return "\r\n".join(text.splitlines()) + "\r\n"


_STARTERS = {
    "绩效考核面板.bat": 'start "" "%~dp0python\\pythonw.exe" -I -m xl_kpi panel',
    "安装Excel加载项.bat": '"%~dp0python\\python.exe" -I -m xl_kpi addin install\npause',
    "xl-kpi.bat": '"%~dp0python\\python.exe" -I -m xl_kpi %*',
}


def whole(python: Path, wheels: Path, folder: Path) -> None:
    """A folder to unzip and run: a copy of a whole Python of Windows with xl_kpi in it, and what starts it.

    Raises ValueError for a Python that cannot show windows, as the embeddable one, subprocess.CalledProcessError.
    """
    program = folder / "python" / "python.exe"
    shutil.copytree(python, folder / "python", ignore=shutil.ignore_patterns("__pycache__", "Scripts", "Doc"))
    try:
        subprocess.run([program, "-I", "-c", "import tkinter, venv"], check=True)
    except subprocess.CalledProcessError:
        raise ValueError(f"{python} 没有 tkinter：不要用 embeddable 版") from None
    pip = next(wheels.glob("pip-*.whl"))
    command: list[str | Path] = [
        program,
        "-I",
        pip / "pip",
        "install",
        "--no-index",
        "--find-links",
        wheels,
        "--no-warn-script-location",
    ]
    subprocess.run([*command, f"xl-kpi=={__version__}"], check=True)
    shutil.rmtree(folder / "python" / "Scripts", ignore_errors=True)  # they name this machine's folders
    for name, line in _STARTERS.items():
        (folder / name).write_bytes(_crlf(f"@echo off\n{line}").encode("ascii"))
    text = "\n".join(
        [
            f"绩效考核工作簿 xl_kpi {__version__}　免安装",
            "",
            "　　把整个文件夹解压到一个不再移动的地方，双击“绩效考核面板.bat”打开面板。",
            "　　不用上网，不用管理员权限，不用另装 Python。用于 64 位 Windows 10、11。",
            "　　用 Excel、单位又允许宏的，还可以双击“安装Excel加载项.bat”。",
            "　　卸载：删除这个文件夹。",
            "",
        ]
    )
    (folder / "说明.txt").write_bytes(_crlf(text).encode("utf-8-sig"))
