"""What the documents show is true: commands run and print that, every subcommand is named, every link leads somewhere.

`python tests/test_docs.py` prints what each command prints now, for bringing a document up to date.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from xl_kpi import cli
from xl_kpi.report.language import choose

ROOT = Path(__file__).resolve().parent.parent
RUN = ("README.md", "CONTRIBUTING.md")
LINKED = (*RUN, "CHANGELOG.md")

_FENCE = re.compile(r"^```(\w+) ?(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"#.*?(?:退出码|exit code) (\d)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass
class Command:
    """A command as a document shows it: its arguments, its exit code, and the lines shown below it."""

    text: str
    code: int = 0
    shown: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> list[str]:
        """Without the program's name and the comment."""
        return shlex.split(self.text, comments=True)[1:]


@dataclass
class Section:
    """A document's part under one heading: its commands, in order, share a folder and the files it shows."""

    document: str
    title: str
    files: dict[str, str]
    commands: list[Command]


def sections() -> list[Section]:
    """The sections that show commands, in order. The tour takes long: a document runs it once, where its output stands."""
    found: list[Section] = []
    for document in RUN:
        for part in re.split(r"^(?=## )", (ROOT / document).read_text(encoding="utf-8"), flags=re.MULTILINE):
            files: dict[str, str] = {}
            commands: list[Command] = []
            for language, name, body in _FENCE.findall(part):
                if language in ("json", "csv", "yaml") and name:
                    files[name] = body
                elif language == "console":
                    commands += _session(body)
                elif language == "bash":
                    commands += (Command(text) for text in _in_shell(body))
            commands = [c for c in commands if c.shown or c.arguments[0] != "demo"]
            if commands:
                found.append(Section(document, part.partition("\n")[0].strip("# "), files, commands))
    return found


def _session(body: str) -> Iterator[Command]:
    """`$ xl-kpi …` lines with the output below each."""
    current: Command | None = None
    for line in body.splitlines():
        if line.startswith("$ "):
            if current is not None:
                yield current
            code = _EXIT.search(line)
            current = Command(line[2:], int(code[1]) if code else 0)
        elif current is not None:
            current.shown.append(line)
    if current is not None:
        yield current


def _in_shell(body: str) -> Iterator[str]:
    """The xl-kpi commands in lines for a shell, without the folder of the program."""
    for line in body.splitlines():
        for text in line.partition(" #")[0].split("&&"):
            program, _, rest = text.strip().partition(" ")
            if program.rpartition("/")[2] == "xl-kpi":
                yield f"xl-kpi {rest}"


def run(command: Command) -> tuple[int, list[str]]:
    """The exit code and everything printed, messages after data; paths as on Linux."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(command.arguments)
        except SystemExit as stop:  # argparse ends the program itself
            code = int(stop.code or 0)
    text = out.getvalue() + err.getvalue()
    return code, [line.rstrip() for line in text.replace(os.sep, "/").splitlines()]


def agrees(shown: list[str], printed: list[str]) -> bool:
    """Whether output is as shown, where … stands for anything: within its line, or for any lines when alone on one."""
    pattern = ""
    for line in shown:
        if line == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*".join(re.escape(text) for text in line.rstrip().split("…")) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


@contextlib.contextmanager
def folder_of(section: Section, folder: Path) -> Iterator[None]:
    """Work in a folder with the files the section shows, and the schemes beside them."""
    for name, content in section.files.items():
        (folder / name).write_text(content, encoding="utf-8")
    shutil.copytree(ROOT / "templates", folder / "templates")
    with contextlib.chdir(folder):
        try:
            yield
        finally:
            choose("zh")


@pytest.mark.xdist_group("docs")  # in one process, where a scheme rendered once serves every section
@pytest.mark.parametrize("section", [pytest.param(s, id=f"{s.document}-{n}") for n, s in enumerate(sections())])
def test_commands_do_what_the_document_shows(section: Section, tmp_path: Path) -> None:
    with folder_of(section, tmp_path):
        for command in section.commands:
            code, printed = run(command)
            said = "\n".join(printed[:40])
            assert code == command.code, f"{command.text}\n{said}"
            if command.shown:
                assert agrees(command.shown, printed), f"{command.text} now prints:\n{said}"


def test_the_readme_names_every_subcommand_and_no_other() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bxl-kpi ([a-z]+)\b", text)) == set(cli.COMMANDS)


@pytest.mark.parametrize("document", LINKED)
def test_links_lead_to_files_that_are_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [t for t in _LINK.findall(text) if not t.startswith(("http", "#"))]
    assert [t for t in targets if not (ROOT / t).exists()] == []
    anchors = {t[1:] for t in _LINK.findall(text) if t.startswith("#")}
    headings = {h.strip().lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    assert anchors <= headings


def test_every_picture_is_shown_and_small() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for picture in (ROOT / ".github" / "pictures").glob("*.png"):
        assert f"({picture.relative_to(ROOT).as_posix()})" in text
        assert picture.stat().st_size < 150_000


def test_every_scheme_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for scheme in (ROOT / "templates").glob("*.yaml"):
        assert f"[{scheme.stem}](templates/{scheme.name})" in text


@pytest.mark.parametrize(
    ("shown", "printed", "agree"),
    [
        (["甲", "乙"], ["甲", "乙"], True),
        (["甲"], ["甲", "乙"], False),
        (["甲", "…"], ["甲", "乙", "丙"], True),
        (["…", "丙"], ["甲", "乙", "丙"], True),
        (["甲", "…", "乙"], ["甲", "乙"], True),
        (["数据填报!E…　“甲”未填"], ["数据填报!E17　“甲”未填"], True),
        (["数据填报!E…　“乙”未填"], ["数据填报!E17　“甲”未填"], False),
        (["…"], [], True),
        (["100.5"], ["100x5"], False),
    ],
)
def test_an_ellipsis_stands_for_what_is_left_out(shown: list[str], printed: list[str], agree: bool) -> None:
    assert agrees(shown, printed) is agree


if __name__ == "__main__":
    for each in sections():
        with tempfile.TemporaryDirectory() as scratch, folder_of(each, Path(scratch)):
            for shown_command in each.commands:
                exit_code, lines = run(shown_command)
                sys.stdout.write("\n".join([f"$ {shown_command.text}   [{exit_code}]", *lines[:60], "", ""]))
