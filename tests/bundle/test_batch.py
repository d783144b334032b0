"""安装.bat, read as cmd.exe reads it, and run by wine's where there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from xl_kpi.bundle import texts
from xl_kpi.bundle.targets import TARGETS
from xl_kpi.bundle.write import batch

X64 = TARGETS["windows-x64"]
CONTENT = batch(X64, X64.pythons)
LINES = CONTENT.decode("ascii").split("\r\n")
COMMANDS = [line for line in LINES if line and not line.startswith((":", "rem "))]
OF_WINDOWS = ("reg.exe", "powershell.exe", "notepad.exe")  # looked for in System32, where the script has gone before


def words(line: str) -> list[str]:
    """The words of a line as cmd.exe sees them: what stands in quotes is one, with its quotes."""
    return re.findall(r'(?:"[^"]*"|[^\s"])+', line)


def test_any_code_page_reads_it_alike_and_lines_end_as_cmd_wants() -> None:
    assert CONTENT.isascii()
    assert CONTENT.endswith(b"\r\n")
    assert CONTENT.count(b"\n") == CONTENT.count(b"\r\n") == CONTENT.count(b"\r")
    assert b"@VERSIONS@" not in CONTENT
    assert b"chcp" not in CONTENT


def test_every_label_that_is_gone_to_is_there_once_and_every_way_ends() -> None:
    labels = [line[1:] for line in LINES if line.startswith(":")]
    assert len(labels) == len({label.lower() for label in labels})
    gone_to = set(re.findall(r"\bgoto (?!:eof)(\w+)", "\n".join(COMMANDS))) | set(
        re.findall(r"\bcall :(\w+)", "\n".join(COMMANDS))
    )
    assert gone_to == set(labels)
    for label in labels:  # nothing falls into a label from above
        before = next(line for line in reversed(LINES[: LINES.index(f":{label}")]) if line)
        assert before.startswith(("goto ", "exit /b")), label
    assert [line for line in LINES if line][-1] == "exit /b %RESULT%"


def test_no_block_in_parentheses_holds_what_a_path_with_a_parenthesis_would_close() -> None:
    for line in COMMANDS:
        outside = re.sub(r'"[^"]*"', "", line)
        blocks = re.findall(r"\(([^()]*)\)", outside)
        assert outside.count("(") == outside.count(")") == len(blocks), line
        assert "(" not in outside or line.startswith("for "), line
        for block in blocks:  # the list of a for, and nothing else
            assert "%" not in block, line


def test_every_path_stands_in_quotes() -> None:
    for line in COMMANDS:
        assert line.count('"') % 2 == 0, line
        for word in words(line):
            bare = re.sub(r'"[^"]*"', "", word)
            if line.startswith("for /f"):
                bare = bare.replace("%%A", "")
            assert not re.search(r"%(~dp0|SETUP|PYTHON|SystemRoot|LocalAppData|KEY)|%~1|%%B|~\$PATH", bare), line
            assert "&" not in bare, line
            assert "|" not in bare, line


def test_it_runs_nothing_but_a_python_that_was_tried_and_what_is_of_windows() -> None:
    started = [line for line in COMMANDS if line.startswith('"') or line.split()[0] in OF_WINDOWS]
    for line in started:
        program = words(line)[0]
        assert program in ('"%PYTHON%"', '"%~1"', *OF_WINDOWS), line
        if program.startswith('"'):
            assert ' -I -B "%SETUP%"' in line, line
    assert len(started) == 4
    assert 'cd /d "%SystemRoot%\\System32"' in COMMANDS  # before anything is looked for: not in the current folder
    assert COMMANDS.index('cd /d "%SystemRoot%\\System32"') < min(map(COMMANDS.index, started))
    assert [line for line in COMMANDS if line.startswith("start ") and "notepad.exe" not in line] == []


def test_officials_read_chinese_where_no_python_can_speak() -> None:
    (line,) = [line for line in COMMANDS if line.startswith("powershell.exe")]
    codes = re.search(r"\[char\[\]\]\(([\d,]+)\)", line)
    assert codes is not None
    assert "".join(chr(int(code)) for code in codes[1].split(",")) == texts.INCOMPLETE
    assert "全部解压" in texts.INCOMPLETE


def test_on_arm_it_asks_for_pythons_of_arm() -> None:
    arm = TARGETS["windows-arm64"]
    assert b"(3.14-arm64 3.13-arm64 3.12-arm64)" in batch(arm, arm.pythons)


WINE = shutil.which("wine")


@pytest.mark.skipif(WINE is None, reason="没有安装 wine")
def test_cmd_of_wine_finds_the_launcher_and_hands_over(tmp_path: Path) -> None:
    """From a folder with every character that hurts; a program of Linux stands for Python's launcher."""
    folder = tmp_path / "离线 (包) & 试!"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "setup.py").touch()
    (folder / "a.bat").write_bytes(CONTENT)
    environment = {**os.environ, "HOME": str(tmp_path), "WINEPREFIX": str(tmp_path / "wine"), "WINEDEBUG": "-all"}
    environment |= {"LC_ALL": "C.UTF-8", "DISPLAY": ""}

    def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        assert WINE is not None
        return subprocess.run(
            [WINE, "cmd", "/c", command, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    try:
        done = run("a.bat", "--addin", "no")  # an argument: it does not wait for a key
        assert (done.returncode, "No Python 3.11" in done.stdout) == (1, True), done.stdout + done.stderr
        launcher = tmp_path / "wine" / "drive_c" / "windows" / "py.exe"
        launcher.write_text(f"#!/bin/sh\nprintf '%s|' \"$@\" >> '{tmp_path}/log'; echo >> '{tmp_path}/log'\n")
        launcher.chmod(0o755)
        assert run("a.bat", "--addin", "no").returncode == 0
        setup = [line.split("|")[:-1] for line in (tmp_path / "log").read_text().splitlines()]
        assert [line[:3] for line in setup] == [["-3.14", "-I", "-B"]] * 2
        assert [line[3].endswith("离线 (包) & 试!\\files\\setup.py") for line in setup] == [True, True]
        assert [line[4:] for line in setup] == [["--probe"], ["--addin", "no"]]
        (folder / "files" / "setup.py").unlink()
        assert "Unzip the whole folder" in run("a.bat", "--addin", "no").stdout
    finally:
        subprocess.run(["wineserver", "-k", "-w"], env=environment, check=False)
