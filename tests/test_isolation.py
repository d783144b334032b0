"""Nothing that lies in a folder of files that came back runs, whatever command is run there and whatever it starts.

The folder holds a decoy of every module of the standard library and of every one installed, of some that libraries try
and do without, and of programs. And every Python that starts notes each module it looks for while the folder is on its
path, whether or not there is a decoy of it.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from bulk_files import ANSWERS, SMALL, returned, small

from xl_kpi import api, cli, engines, isolation

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "summary"))
sys.path.append(str(ROOT / "tests" / "addin"))

from dask_cluster import Cluster  # noqa: E402  # they lie in the folders just added
from desk import XVFB, screen  # noqa: E402

pytestmark = [
    pytest.mark.xdist_group("isolation"),  # one folder for all
    pytest.mark.skipif(sys.platform == "win32", reason="以 POSIX 的脚本启动"),
]

# What libraries try to import and do without.
TRIED = {
    *(
        "defusedxml",
        "lxml",
        "numexpr",
        "bottleneck",
        "pyarrow",
        "numba",
        "jinja2",
        "scipy",
        "polars",
        "plotly",
        "cython",
    ),
    *(
        "sitecustomize",
        "usercustomize",
        "org",
        "win32api",
        "pythoncom",
        "appscript",
        "colorama",
        "uarray",
        "setproctitle",
    ),
}


class Folder:
    """A folder of files that came back, with decoys, and what was run by or looked for from it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.path = base / "收回"
        self.ran, self.exposed, self.pids = base / "ran", base / "exposed", base / "pids"
        self.script = base / "bin" / "xl-kpi"
        installed = {name for name in importlib.metadata.packages_distributions() if name.isidentifier()}
        self.away: set[str] = set()
        self.decoys = {*sys.stdlib_module_names, *installed, *TRIED, "xl_kpi"}
        for folder in (self.path, self.script.parent, base / "site"):
            folder.mkdir()
        note = NOTE.format(folder=str(self.path), file=str(self.exposed), pids=str(self.pids))
        (base / "site" / "sitecustomize.py").write_text(note)
        self.script.write_text(_script_of_pip())
        self.script.chmod(0o755)
        for name in self.decoys:
            (self.path / f"{name}.py").write_text(f"open({str(self.ran)!r}, 'a').write('{name}\\n')\n")
        for name in (".Tk.py", ".tk.py", ".xl-kpi.py"):  # Tk looks for them at home
            (self.path / name).write_text(f"open({str(self.ran)!r}, 'a').write('{name}\\n')\n")
        for name in ("soffice", "libreoffice", "Xvfb", "xdg-open"):
            (self.path / name).write_text(f"#!/bin/sh\necho {name} >> {self.ran}\n")
            (self.path / name).chmod(0o755)
        told = self.path / "decoy-1.dist-info"  # pydantic and dask ask every distribution on the path for plugins
        told.mkdir()
        (told / "METADATA").write_text("Metadata-Version: 2.1\nName: decoy\nVersion: 1\n")
        (told / "entry_points.txt").write_text("[pydantic]\na = plugin:p\n[dask.backends]\na = plugin:p\n")
        (self.path / "plugin.py").write_text(f"open({str(self.ran)!r}, 'a').write('plugin\\n')\np = None\n")
        for unit in ("甲单位", "乙单位"):
            (self.path / f"{unit}.xlsx").write_bytes(returned(unit))
        (self.path / "空白_甲单位").write_bytes(api.build(small(), "甲单位"))  # not among those of a folder
        (self.path / "方案.yaml").write_bytes(SMALL.read_bytes())
        (self.path / "单位.csv").write_text("单位名称,单位代码\n甲单位,A01\n乙单位,B02\n", encoding="utf-8")
        (self.path / "答卷.json").write_text(json.dumps({"t1.deployed": ANSWERS["t1.deployed"]}), encoding="utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        """As whoever works in the folder has it: a search path with an empty part, no home."""
        kept = {name: value for name, value in os.environ.items() if name not in ("HOME", isolation.SAFE)}
        path = os.pathsep.join(["", os.environ["PATH"], "."])
        return {**kept, "PATH": path, "PYTHONPATH": str(self.base / "site"), **more}

    def run(self, *command: str, code: int = 0) -> str:
        """What a command prints that is run in the folder."""
        done = subprocess.run(
            [sys.executable, *command], cwd=self.path, env=self.environment(), capture_output=True, text=True
        )
        assert self.what_ran() == []
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Some decoys put away; that their modules are looked for is then no fault."""
        self.away = set(names)
        for name in names:
            (self.path / f"{name}.py").rename(self.base / f"{name}.py")
        try:
            yield
        finally:
            for name in names:
                (self.base / f"{name}.py").rename(self.path / f"{name}.py")
            self.away = set()

    def before_any_program(self) -> set[str]:
        """The modules that `python -m` has looked for before the first line of what it runs."""
        (self.base / "site" / "first.py").write_text("import sys\nprint(*sys.modules)\n")
        said = subprocess.run(
            [sys.executable, "-m", "first"], cwd=self.base, env=self.environment(), capture_output=True, text=True
        )
        return {name.partition(".")[0] for name in said.stdout.split()} & self.decoys - {"sitecustomize"} | {"runpy"}

    def what_ran(self) -> list[str]:
        """The decoys that ran, and the modules that were looked for in the folder; forgotten once told."""
        found = [line for file in (self.ran, self.exposed) if file.exists() for line in file.read_text().split()]
        for file in (self.ran, self.exposed):
            file.unlink(missing_ok=True)
        return [name for name in found if name.partition(".")[0] not in self.away]

    def started(self) -> int:
        """How many Pythons have started so far."""
        return len(self.pids.read_text().split())


NOTE = """
import os, sys
_pids = open({pids!r}, "a", buffering=1)
print(os.getpid(), file=_pids)
_exposed = open({file!r}, "a", buffering=1)
def _note(event, said):
    if event == "import" and any(part in ("", ".", {folder!r}) for part in said[2] or ()):
        print(said[0], file=_exposed)
sys.addaudithook(_note)
"""


def _script_of_pip() -> str:
    """The program xl-kpi as pip makes it."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, function = scripts["xl-kpi"].partition(":")
    started = f"if __name__ == '__main__':\n    sys.exit({function}())\n"
    return f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\n{started}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("isolation"))


SCHEME = ("--scheme", "方案.yaml")
COMMANDS: dict[str, Sequence[str]] = {
    "schemes": ["schemes", "--json"],
    "lint": ["lint", "方案.yaml"],
    "new": ["new", "方案.yaml", "--units", "单位.csv", "--out", "../空白"],
    "map": ["map", "甲单位.xlsx", *SCHEME],
    "fill": ["fill", "甲单位.xlsx", "答卷.json", *SCHEME, "--out", "../填.xlsx"],
    "carry": ["carry", "甲单位.xlsx", "--into", "空白_甲单位", *SCHEME, "--out", "../搬.xlsx"],
    "check one": ["check", "甲单位.xlsx", *SCHEME],
    "check by formulas": ["check", "甲单位.xlsx", *SCHEME, "--engine", "formulas"],
    "check by formualizer": ["check", "甲单位.xlsx", "乙单位.xlsx", *SCHEME, "--engine", "formualizer"],
    "recalc": ["recalc", "甲单位.xlsx", "乙单位.xlsx", *SCHEME, "--out", "../重算"],
    "demo": ["demo", "../演示"],
    "addin build": ["addin", "build", "--out", "../xl_kpi.xlam"],
    "addin doctor": ["addin", "doctor"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_runs_what_lies_in_the_folder(folder: Folder, name: str) -> None:
    folder.run(str(folder.script), *COMMANDS[name])


def test_every_command_is_among_them() -> None:
    assert {arguments[0] for arguments in COMMANDS.values()} | {"panel"} == set(cli.COMMANDS)


def test_no_worker_runs_what_lies_in_the_folder(folder: Folder) -> None:
    before = folder.started()
    folder.run(
        str(folder.script), "check", ".", *SCHEME, "--workers", "2", "--csv", "../表.csv", "--junit", "../表.xml"
    )
    assert folder.started() - before >= 3, "no workers were started"


def test_the_same_by_python_m(folder: Folder) -> None:
    """But for what Python itself looks for in the current folder before a line of ours runs, and xl_kpi."""
    with folder.without("xl_kpi", *folder.before_any_program()):
        assert "zaozhuang-cdc-2022" in folder.run("-m", "xl_kpi", "schemes")
        folder.run("-m", "xl_kpi", "check", "甲单位.xlsx", "乙单位.xlsx", *SCHEME)
    folder.run("-P", "-m", "xl_kpi", "check", "甲单位.xlsx", "乙单位.xlsx", *SCHEME)


def test_the_same_as_excel_starts_it(folder: Folder) -> None:
    """The ribbon's own line for the interpreter; without an Excel the action ends there."""
    started = (ROOT / "macros" / "xlwings.yaml").read_text(encoding="utf-8")
    assert '" -E -P -B -c """ & PythonCommand' in started
    work = "from xl_kpi.addin import entry; entry.outcome(lambda: entry.ACTIONS['doctor'](None, None))"
    folder.run("-E", "-P", "-B", "-c", work)
    pooled = "from xl_kpi import cli; cli.main(['check', '.', '--scheme', '方案.yaml', '--workers', '2'])"
    folder.run("-E", "-P", "-B", "-c", pooled)


def test_a_python_whose_children_would_not_listen_is_refused(folder: Folder) -> None:
    with folder.without("xl_kpi", *folder.before_any_program()):
        folder.run("-E", "-m", "xl_kpi", "schemes", code=2)


def test_the_same_with_libreoffice(folder: Folder, engine_named: Callable[[str], engines.base.Engine]) -> None:
    engine_named("libreoffice")
    folder.run(str(folder.script), "check", "甲单位.xlsx", "乙单位.xlsx", *SCHEME, "--engine", "libreoffice")


@pytest.mark.skipif(find_spec("distributed") is None, reason="没有安装 distributed（xl-kpi[cluster]）")
def test_the_same_on_a_cluster_whose_workers_stand_in_the_folder(folder: Folder) -> None:
    cluster = Cluster(folder.base, at=folder.path, env=folder.environment() | {isolation.SAFE: "1"})
    try:
        cluster.add_worker()
        given = ("甲单位.xlsx", "乙单位.xlsx", *SCHEME, "--scheduler", cluster.address)
        folder.run(str(folder.script), "check", *given)
        folder.run(str(folder.script), "check", *given, "--ship")
    finally:
        cluster.stop()
    assert folder.what_ran() == []


@pytest.mark.skipif(XVFB is None and not os.environ.get("CI"), reason="没有安装 Xvfb")
@pytest.mark.skipif(find_spec("tkinter") is None and not os.environ.get("CI"), reason="这个 Python 没有 tkinter")
def test_the_same_in_the_panel(folder: Folder) -> None:
    with screen() as display:
        panel = subprocess.Popen(
            [sys.executable, str(folder.script), "panel"],
            cwd=folder.path,
            env=folder.environment(DISPLAY=display),
            stderr=subprocess.PIPE,
        )
        try:
            assert _until(lambda: panel.poll() is not None or _shows_a_window(display)), "no window"
            assert panel.poll() is None, panel.stderr and panel.stderr.read()
        finally:
            panel.kill()
            panel.communicate()
    assert folder.what_ran() == []


def _shows_a_window(display: str) -> bool:
    # Asked in a process of its own: Tk ends one when a screen goes that it has seen.
    ask = "import sys, tkinter; sys.exit(len(tkinter.Tk().winfo_interps()) < 2)"
    environment = os.environ | {"DISPLAY": display}
    return not subprocess.run([sys.executable, "-c", ask], env=environment, check=False).returncode


def _until(true: Callable[[], bool]) -> bool:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if true():
            return True
        time.sleep(0.2)
    return False


def test_a_relative_part_of_pythonpath_is_dropped_here_and_for_those_started(folder: Folder) -> None:
    asked = (
        "import os, sys; from xl_kpi.isolation import isolate; isolate(); print(os.environ['PYTHONPATH'], *sys.path)"
    )
    site = str(folder.base / "site")
    given = os.pathsep.join([str(ROOT), "", site, ".", "子", str(folder.base)])
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=folder.base,
        env=folder.environment(PYTHONPATH=given),
        capture_output=True,
        text=True,
        check=True,
    )
    folder.what_ran()  # with -c xl_kpi itself was looked for in the current folder
    left, *path = done.stdout.split()
    assert left == os.pathsep.join([str(ROOT), site])
    assert site in path
    assert not {"", ".", "子", str(folder.base), str(folder.base / "子")} & set(path)


@pytest.mark.parametrize("where", [ROOT, Path(os.__file__).parent])
def test_where_python_or_this_program_lies_stays_on_the_path(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(where)
    assert isolation.without_current([str(where), "", "."]) == [str(where)]


def test_what_opens_a_workbook_is_the_systems_program(folder: Folder) -> None:
    work = (
        "from xl_kpi import isolation; isolation.isolate(); from pathlib import Path\n"
        "from xl_kpi.addin import entry, opening\n"
        "try: (opening.open_with_system(Path('甲单位.xlsx')) or exit()).wait(20)\n"
        "except Exception: pass\n"  # there may be none
    )
    folder.run("-P", "-c", work)


def test_a_program_of_the_current_folder_is_not_found(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.path)
    monkeypatch.setenv(
        "PATH", os.pathsep.join(["", ".", "../收回", str(folder.path), str(folder.path.parent / "bin")])
    )
    assert isolation.program("Xvfb") is None
    assert isolation.program("xl-kpi") == str(folder.script)
