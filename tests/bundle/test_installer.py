"""A bundle installed by its own 安装.sh, from its folder alone, and what it says where that cannot be done."""

from __future__ import annotations

import ensurepip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from xl_kpi import __version__
from xl_kpi.bundle import installer
from xl_kpi.bundle.targets import PYTHONS, TARGETS
from xl_kpi.bundle.write import write

Make = Callable[..., Path]  # see conftest.py
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TARGET = next((t for t in TARGETS.values() if t.platform == installer.sysconfig.get_platform()), None)

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or TARGET is None or HERE not in PYTHONS, reason="安装.sh 用于 x86-64、ARM64 的 Linux"
)

# A program by the name of ours, that says from where it runs.
PROGRAM = {
    "xl_kpi/__init__.py": f"__version__ = {__version__!r}\n",
    "xl_kpi/__main__.py": "import sys, helped\nprint(helped.WORD, *sys.argv[1:])\n",
}


def bundle(at: Path, make_wheel: Make, word: str = "first") -> Path:
    """A bundle of a small program with one other package, and the pip that Python itself brings."""
    wheels = at / "files" / "wheels"
    make_wheel(wheels, f"xl_kpi-{__version__}-py3-none-any", ["helped>=1"], PROGRAM)
    make_wheel(wheels, "helped-1.5-py3-none-any", [], {"helped.py": f"WORD = {word!r}\n"})
    pip = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"), None)
    if pip is None:
        pytest.skip("这个 Python 没有自带 pip（ensurepip）")
    shutil.copy(pip, wheels)
    assert TARGET is not None
    write(at, TARGET, PYTHONS)
    return at


class Home:
    """Somebody's account on a PC, with a desktop, whose python3 is this one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "桌面").mkdir(parents=True)
        (path / "bin").mkdir()
        (path / "bin" / f"python{HERE}").symlink_to(sys.executable)
        self.installed = path / ".local" / "share" / "xl_kpi"

    def install(
        self, folder: Path, *arguments: str, path: str = "", script: str = "安装.sh"
    ) -> subprocess.CompletedProcess[str]:
        """Run 安装.sh; nothing on the way to the internet would answer."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PIP_", "PYTHON"))}
        environment = {**kept, "HOME": str(self.path), "PATH": path or f"{self.path / 'bin'}:/usr/bin:/bin"}
        environment |= {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_INDEX": "0", "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            ["sh", folder / script, *arguments], cwd=folder, env=environment, capture_output=True, text=True
        )

    def run(self, *arguments: str) -> str:
        """What the installed program prints."""
        python = installer.python_of(self.installed / "env")
        return subprocess.run([python, "-I", "-m", "xl_kpi", *arguments], capture_output=True, text=True).stdout


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_it_installs_from_a_folder_with_any_name_and_puts_the_panel_on_the_desktop(
    tmp_path: Path, home: Home, make_wheel: Make
) -> None:
    done = home.install(bundle(tmp_path / "移动 (盘) & $HOME '1'", make_wheel))
    assert (done.returncode, done.stderr) == (0, "")
    assert home.run("demo") == "first demo\n"
    icon = home.path / "桌面" / "绩效考核面板.desktop"
    assert os.access(icon, os.X_OK)
    command = f'Exec="{home.installed}/env/bin/python" -I -m xl_kpi panel\n'
    assert command in icon.read_text(encoding="utf-8")
    menu = home.path / ".local/share/applications/xl-kpi-panel.desktop"
    assert command in menu.read_text(encoding="utf-8")
    away = home.install(tmp_path / "移动 (盘) & $HOME '1'", script="卸载.sh")
    assert (away.returncode, away.stdout) == (0, "已卸载。\n")
    assert [path for path in (icon, menu, home.installed) if path.exists()] == []
    again = home.install(tmp_path / "移动 (盘) & $HOME '1'", script="卸载.sh")
    assert (again.returncode, "没有安装过" in again.stderr) == (1, True)


def test_a_newer_bundle_takes_the_place_of_the_older_and_a_bad_one_leaves_it(
    tmp_path: Path, home: Home, make_wheel: Make
) -> None:
    assert home.install(bundle(tmp_path / "1", make_wheel), "--no-shortcut").returncode == 0
    assert list((home.path / "桌面").iterdir()) == []
    assert home.install(bundle(tmp_path / "2", make_wheel, "second"), "--no-shortcut").returncode == 0
    assert home.run() == "second\n"
    broken = bundle(tmp_path / "3", make_wheel, "third")
    (broken / "files" / "wheels" / "helped-1.5-py3-none-any.whl").unlink()
    manifest = json.loads((broken / "files" / "manifest.json").read_text(encoding="utf-8"))
    del manifest["sha256"]["wheels/helped-1.5-py3-none-any.whl"]  # made without it, not spoilt since
    (broken / "files" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = home.install(broken)
    assert done.returncode == 1
    assert "没有装成" in done.stderr
    assert home.run() == "second\n"
    assert sorted(path.name for path in home.installed.iterdir()) == ["env"]


@pytest.mark.parametrize("spoil", ["cut", "gone"])
def test_a_file_spoilt_on_the_way_is_named_and_nothing_is_installed(
    spoil: str, tmp_path: Path, home: Home, make_wheel: Make
) -> None:
    folder = bundle(tmp_path / "安装包", make_wheel)
    wheel = folder / "files" / "wheels" / "helped-1.5-py3-none-any.whl"
    if spoil == "cut":
        wheel.write_bytes(wheel.read_bytes()[:-7])
    else:
        wheel.unlink()
    done = home.install(folder)
    assert done.returncode == 1
    assert "文件不全或已损坏：files/wheels/helped-1.5-py3-none-any.whl。请重新复制整个文件夹" in done.stderr
    assert not home.installed.exists()


def test_without_a_python_that_will_do_it_says_what_to_ask_for(tmp_path: Path, home: Home, make_wheel: Make) -> None:
    folder = bundle(tmp_path / "安装包", make_wheel)
    (home.path / "old").mkdir()
    for name in ("sh", "dirname", "cat"):
        (home.path / "old" / name).symlink_to(str(shutil.which(name)))
    (home.path / "old" / "python3").write_text("#!/bin/sh\nexit 2\n")  # as one too old for -I and -P
    (home.path / "old" / "python3").chmod(0o755)
    done = home.install(folder, path=str(home.path / "old"))
    assert done.returncode == 1
    assert "没有找到可以用的 Python：要 64 位的 Python 3.11 至 3.14 之一" in done.stderr
    (folder / "files" / "setup.py").unlink()
    assert "请把整个文件夹复制过来" in home.install(folder).stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pythons": ["3.98", "3.99"]}, "要 3.98 至 3.99"),
        ({"platform": "win-amd64", "serves": "64 位 Windows"}, "这个安装包用于64 位 Windows"),
        ({"glibc": "9.99"}, "这个系统太旧"),
        ({}, ""),
    ],
)
def test_a_python_or_system_that_will_not_do_is_told_why(changed: dict[str, object], said: str) -> None:
    assert TARGET is not None
    manifest = {"pythons": [HERE], "platform": TARGET.platform, "serves": TARGET.serves, "glibc": "2.17", **changed}
    why = installer.unfit(manifest)
    assert said in why
    assert bool(why) is bool(said)


def test_the_python_of_microsofts_store_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TARGET is not None
    manifest = {"pythons": [HERE], "platform": TARGET.platform, "serves": TARGET.serves, "glibc": "2.17"}
    monkeypatch.setattr(sys, "executable", r"C:\Users\王\AppData\Local\Microsoft\WindowsApps\python3.12.exe")
    assert "微软商店" in installer.unfit(manifest)


def test_what_officials_read_is_shown_right_by_their_editors(tmp_path: Path) -> None:
    for target in TARGETS.values():
        folder = tmp_path / target.name
        (folder / "files" / "wheels").mkdir(parents=True)
        write(folder, target, target.pythons)
        for note in (folder / "说明.txt", folder / "files" / "no-python.txt"):
            content = note.read_bytes()
            assert content.startswith(b"\xef\xbb\xbf") is target.windows
            assert (b"\r\n" in content) is target.windows
            assert content.count(b"\n") == (content.count(b"\r\n") or content.count(b"\n"))
        assert target.serves in (folder / "说明.txt").read_text(encoding="utf-8-sig")
        for name in ("安装", "卸载"):
            script = (folder / f"{name}.{'bat' if target.windows else 'sh'}").read_bytes()
            assert (b'"%SETUP%" --uninstall' in script or b'"$setup" --uninstall' in script) is (name == "卸载")


def test_a_path_with_every_odd_character_is_quoted_as_desktops_read_it() -> None:
    # Desktop Entry Specification: ", `, $ and \ are escaped inside the quotes, then \ once more in the file; % is doubled.
    assert installer._quoted(Path('/a b/$x/`y`/"z"/100%')) == r'"/a b/\\$x/\\`y\\`/\\"z\\"/100%%"'
