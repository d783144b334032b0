"""Filled workbooks that another program has really opened and saved: accepted, and every number as before.

LibreOffice and Gnumeric are the programs themselves: they recalculate and write the file their own way. openpyxl drops
the cached values, SheetJS validations and protection, which is said, and nothing else. What programs write that cannot
be had without a licence is tried in hostile_written.py, as seen in files of theirs.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import uuid
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cases import Case
from hostile_book import answered
from typical_cases import TYPICAL, typical_case

from xl_kpi import api
from xl_kpi.engines import libreoffice
from xl_kpi.engines.base import Engine

Save = Callable[[Mapping[str, bytes]], dict[str, bytes]]  # see tests/conftest.py


def handed_in(scheme: str) -> bytes:
    """A workbook as a unit hands it in."""
    case = typical_case(scheme)
    return answered(api.build(case.settled), dict(case.answers))


def wrong(case: Case, content: bytes, path: Path) -> list[str]:
    """Whatever `check` says of a file that is not as worked by hand."""
    path.write_bytes(content)
    report = api.check(path).as_json("zh")
    found = {task["id"]: task["final"] for task in report["tasks"]}
    said = [
        f"{name}: {found.get(name)}, not {score}" for name, score in case.tasks.items() if found.get(name) != score
    ]
    said += [
        f"{f['code']} {f['sheet']}!{f['cell']} {f['message']}" for f in report["findings"] if f["severity"] != "info"
    ]
    right = ("accept", case.expected["total"], case.expected["grade"], [])
    outcome = (report["verdict"], report["total"], report["grade"], report["vetoes"])
    return said if outcome == right else [f"{outcome}, not {right}", *said]


@pytest.fixture(scope="module")
def resaved(saved_by_libreoffice: Save) -> dict[str, bytes]:
    """Every scheme's workbook, opened, recalculated and saved by LibreOffice."""
    return saved_by_libreoffice({scheme: handed_in(scheme) for scheme in TYPICAL})


def test_there_is_a_case_of_every_scheme() -> None:
    assert set(TYPICAL) == set(api.schemes())


@pytest.mark.xdist_group("hostile-resaved")
@pytest.mark.parametrize("scheme", TYPICAL)
def test_what_libreoffice_saves_is_accepted_with_every_number_as_worked_by_hand(
    scheme: str, resaved: dict[str, bytes], tmp_path: Path
) -> None:
    assert wrong(typical_case(scheme), resaved[scheme], tmp_path / "存盘.xlsx") == []


@pytest.mark.xdist_group("hostile-resaved")
@pytest.mark.parametrize("scheme", ["zaozhuang-blood-2022"])
def test_what_libreoffice_saved_and_somebody_then_tampered_with_is_noticed(
    scheme: str, resaved: dict[str, bytes], tmp_path: Path
) -> None:
    # What LibreOffice writes otherwise must not be a place to hide in.
    book = openpyxl.load_workbook(io.BytesIO(resaved[scheme]))
    book["汇总"]["D8"] = 390
    stream = io.BytesIO()
    book.save(stream)
    path = tmp_path / "改.xlsx"
    path.write_bytes(stream.getvalue())
    report = api.check(path)
    assert report.verdict == "flag"
    assert ("formula-changed", "汇总", "D8") in {(f.code, f.sheet, f.cell) for f in report.findings}


@pytest.mark.parametrize("scheme", TYPICAL)
def test_what_openpyxl_saves_wants_recalculating_and_nothing_else(scheme: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(handed_in(scheme)))
    path = tmp_path / "存盘.xlsx"
    book.save(path)
    report = api.check(path)
    assert {f.code for f in report.findings if f.severity != "info"} == {"uncalculated"}
    case = typical_case(scheme)
    assert report.assessment is not None
    assert (report.assessment.total, report.assessment.grade) == (case.expected["total"], case.expected["grade"])
    assert {task.id: task.final for task in report.assessment.tasks} == case.tasks


# --- other programs, which take a while or come from the network: with -m slow

_GNUMERIC = "ssconvert"
_NODE = """
const fs = require("fs"), SheetJS = require("xlsx"), ExcelJS = require("exceljs");
(async () => {
  for (const name of process.argv.slice(2)) {
    const book = SheetJS.read(fs.readFileSync(name), {cellStyles: true, cellNF: true});
    SheetJS.writeFile(book, name.replace(".xlsx", ".sheetjs.xlsx"), {bookSST: true});
    const other = new ExcelJS.Workbook();
    await other.xlsx.readFile(name);
    await other.xlsx.writeFile(name.replace(".xlsx", ".exceljs.xlsx"));
  }
})().catch(error => { console.error(error); process.exit(1); });
"""


def _only_when_asked(request: pytest.FixtureRequest, program: str) -> None:
    if "slow" not in request.config.option.markexpr:
        pytest.skip("很慢，用 pytest -m slow 运行")
    if shutil.which(program) is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI 环境中必须安装 {program}")
        pytest.skip(f"没有安装 {program}，跳过用它存盘的测试")


@pytest.mark.slow
@pytest.mark.xdist_group("hostile-gnumeric")
@pytest.mark.parametrize("scheme", TYPICAL)
def test_what_gnumeric_saves_is_accepted_with_every_number_as_worked_by_hand(
    scheme: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    _only_when_asked(request, _GNUMERIC)
    filled, saved = tmp_path / "填.xlsx", tmp_path / "存盘.xlsx"
    filled.write_bytes(handed_in(scheme))
    subprocess.run([_GNUMERIC, "--recalc", str(filled), str(saved)], check=True, capture_output=True, timeout=300)
    assert wrong(typical_case(scheme), saved.read_bytes(), saved) == []


@pytest.fixture(scope="module")
def saved_in_javascript(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder with every scheme's workbook as SheetJS and exceljs save it; both come from the npm registry."""
    _only_when_asked(request, "npm")
    folder = tmp_path_factory.mktemp("javascript")
    packages = ["exceljs@4.4.0", "xlsx@0.18.5"]
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
    installed = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if installed.returncode:
        pytest.skip(f"npm 装不上 {'、'.join(packages)}，跳过用它们存盘的测试：{installed.stderr[-200:]}")
    (folder / "save.js").write_text(_NODE, encoding="utf-8")
    for scheme in TYPICAL:
        (folder / f"{scheme}.xlsx").write_bytes(handed_in(scheme))
    names = [f"{scheme}.xlsx" for scheme in TYPICAL]
    subprocess.run(["node", "save.js", *names], cwd=folder, check=True, capture_output=True, timeout=600)
    return folder


@pytest.mark.slow
@pytest.mark.xdist_group("hostile-javascript")
@pytest.mark.parametrize("scheme", TYPICAL)
def test_what_exceljs_saves_is_accepted_with_every_number_as_worked_by_hand(
    scheme: str, saved_in_javascript: Path
) -> None:
    saved = saved_in_javascript / f"{scheme}.exceljs.xlsx"
    assert wrong(typical_case(scheme), saved.read_bytes(), saved) == []


@pytest.mark.slow
@pytest.mark.xdist_group("hostile-javascript")
@pytest.mark.parametrize("scheme", TYPICAL)
def test_what_sheetjs_saves_has_lost_validations_and_protection_and_nothing_else(
    scheme: str, saved_in_javascript: Path
) -> None:
    report = api.check(saved_in_javascript / f"{scheme}.sheetjs.xlsx")
    assert {f.code for f in report.findings if f.severity != "info"} == {"validation-changed", "unprotected", "more"}
    case = typical_case(scheme)
    assert report.assessment is not None
    assert (report.assessment.total, report.assessment.grade) == (case.expected["total"], case.expected["grade"])
    assert {task.id: task.final for task in report.assessment.tasks} == case.tasks


# --- typed by somebody, in the program itself


def _typed(scheme: str, folder: Path) -> bytes:
    """A blank opened in LibreOffice, filled key by key, and saved; by tests/support/libreoffice_session.py."""
    case = typical_case(scheme)
    blank, saved = folder / "空.xlsx", folder / "存盘.xlsx"
    blank.write_bytes(api.build(case.settled))
    requests: list[list[Any]] = [["open", str(blank)]]
    for bound in case.plan.program.inputs():
        value = case.answers.get(bound.id)
        if value is not None:
            sheet, cell = case.plan.at(f"{bound.id}@self").split("!")
            kind = bound.spec.kind
            number = value * 100 if kind == "percent" and not isinstance(value, str) else value
            text = number if isinstance(number, str) else f"{number:.10g}"
            # 3.0 for 3: LibreOffice would complete a 3 to a 3级 that stands above, and then refuse it.
            text += ".0" if text.isdecimal() and kind in ("count", "number") else ""
            requests.append(["type", sheet, cell, text])
    requests += [["save", str(saved)], ["end"]]
    profile, pipe = folder / "profile", f"xl-kpi-{uuid.uuid4().hex}"
    command = [str(libreoffice.program()), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    office = subprocess.Popen(
        [*command, "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp;"],
        env=os.environ | {"HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    script = Path(__file__).parents[1] / "support" / "libreoffice_session.py"
    try:
        done = subprocess.run(
            [PYTHON, "-I", str(script), pipe],
            input="".join(json.dumps(request) + "\n" for request in requests),
            capture_output=True,
            text=True,
            timeout=180,
        )
    finally:
        libreoffice.end(office)
        libreoffice.remove_pipe(profile)
        for left in Path("/tmp").glob(f"OSL_PIPE_*_{pipe}"):
            left.unlink(missing_ok=True)
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    errors = [reply["error"] for reply in replies[:-1] if "error" in reply]
    assert errors == [], done.stderr
    return saved.read_bytes()


PYTHON = "/usr/bin/python3"  # the one that the Debian package python3-uno belongs to


@pytest.mark.slow
@pytest.mark.parametrize("scheme", TYPICAL)
def test_what_is_typed_in_libreoffice_is_accepted_with_every_number_as_worked_by_hand(
    scheme: str, engine_named: Callable[[str], Engine], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if "slow" not in request.config.option.markexpr:
        pytest.skip("很慢，用 pytest -m slow 运行")
    engine_named("libreoffice")
    if subprocess.run([PYTHON, "-c", "import uno"], capture_output=True).returncode:
        pytest.skip(f"没有 {PYTHON} 的 uno 模块（python3-uno），跳过在 LibreOffice 中填报的测试")
    assert wrong(typical_case(scheme), _typed(scheme, tmp_path), tmp_path / "交.xlsx") == []
