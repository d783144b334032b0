"""The add-in's file: the same bytes every time, well formed for every outside reader, and xlwings hardened in it."""

import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pytest
import pyvbaanalysis
import yaml
from pyopenvba import ExcelFile, check_file

from xl_kpi.addin import build as building
from xl_kpi.engines.base import Engine

MODULES = ["ThisWorkbook", "Sheet1", "XlKpiActions", "XlKpiRibbon", "xlwings", "Dictionary"]


@pytest.fixture(scope="module")
def content() -> bytes:
    return building.build()


@pytest.fixture(scope="module")
def xlam(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("addin") / "xl_kpi.xlam"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture(scope="module")
def modules(xlam: Path) -> dict[str, str]:
    with ExcelFile(xlam) as addin:
        return addin.vba_modules()


# The package


def test_every_build_gives_the_same_bytes(content: bytes) -> None:
    script = "import hashlib; from xl_kpi.addin.build import build; print(hashlib.sha256(build()).hexdigest())"
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == hashlib.sha256(content).hexdigest()


def test_the_interpreter_stands_on_the_add_ins_sheet_and_nowhere_else(parts: dict[str, bytes]) -> None:
    python = r"C:\用户\R&D <1>\python.exe"
    with zipfile.ZipFile(io.BytesIO(building.build(python))) as package:
        changed = {name for name in package.namelist() if package.read(name) != parts[name]}
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    assert changed == {"xl/worksheets/sheet1.xml"}
    assert r"C:\用户\R&amp;D &lt;1&gt;\python.exe" in sheet


def test_excel_takes_it_for_an_add_in_with_a_ribbon_and_macros(parts: dict[str, bytes]) -> None:
    # The type of the main part is what makes a workbook an add-in (IsAddin); xlwings' own add-in was saved by Excel.
    excels = Path(str(distribution("xlwings").locate_file("xlwings/addin/xlwings.xlam")))
    with zipfile.ZipFile(excels) as package:
        theirs = package.read("[Content_Types].xml").decode()
    main = re.compile(r'PartName="/xl/workbook.xml" ContentType="([^"]*)"')
    assert main.findall(parts["[Content_Types].xml"].decode()) == main.findall(theirs) != []
    relation = re.search(r"<Relationship [^>]*customUI/customUI14\.xml[^>]*>", parts["_rels/.rels"].decode())
    assert relation
    assert 'Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"' in relation[0]
    assert parts["customUI/customUI14.xml"] == (building.MACROS / "customUI14.xml").read_bytes()
    assert '<sheet name="xl_kpi.conf" ' in parts["xl/workbook.xml"].decode()


def test_nothing_tells_who_made_the_template_or_when(content: bytes, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = (parts["docProps/core.xml"] + parts["docProps/app.xml"]).decode()
    assert not re.search(r"creator|lastModifiedBy|created|modified|Company|\d{4}-\d\d-\d\d", properties)
    assert not [name for name, part in parts.items() if b"Smith" in part]


def test_pyopenvba_finds_nothing_to_repair(xlam: Path) -> None:
    report = check_file(xlam)
    assert report.complete
    assert report.issues == ()
    with ExcelFile(xlam) as addin:
        assert addin.validate() == []


def test_the_project_and_its_modules_bear_our_names(xlam: Path) -> None:
    with ExcelFile(xlam) as addin:
        assert addin.module_names() == MODULES
        assert addin.vba_project().name == "XlKpi"
        # Two places hold the name of the project, and Excel refuses one where they differ.
        assert b'\r\nName="XlKpi"\r\n' in addin._get_cfb().get_stream("PROJECT")


def test_it_brings_no_code_compiled_by_another_office(xlam: Path) -> None:
    """[MS-OVBA] 2.3.4.1: the mark, version FFFF, 00, and two bytes that are ignored; nothing after them."""
    with ExcelFile(xlam) as addin:
        storage = addin._get_cfb()
        assert storage.get_stream_in_storage("VBA", "_VBA_PROJECT") == b"\xcc\x61\xff\xff\x00\x00\x00"
        assert [name for name in storage.list_streams() if name.startswith("__SRP")] == []


def test_libreoffice_loads_it_and_reads_its_messages(
    engine_named: Callable[[str], Engine], xlam: Path, tmp_path: Path
) -> None:
    engine_named("libreoffice")  # skips without it
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice is not None
    run = subprocess.run(
        [
            soffice,
            "--headless",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--infilter=Calc MS Excel 2007 VBA XML",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76",
            "--outdir",
            str(tmp_path),
            str(xlam),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "Error" not in run.stdout + run.stderr
    with (tmp_path / "xl_kpi.csv").open(encoding="utf-8", newline="") as table:
        rows = dict(csv.reader(table))
    strings = yaml.safe_load((building.MACROS / "strings.yaml").read_text(encoding="utf-8"))
    assert rows == {"INTERPRETER": "", **strings}


# The VBA


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pyparsing's, as oletools is imported
def test_olevba_sees_our_modules_and_no_code_that_starts_by_itself(xlam: Path) -> None:
    from oletools.olevba import VBA_Parser

    parser = VBA_Parser(str(xlam))
    try:
        assert [Path(name).stem for _, _, name, _ in parser.extract_macros()] == MODULES
        found = parser.analyze_macros()
        assert not parser.detect_vba_stomping()
    finally:
        parser.close()
    assert [word for kind, word, _ in found if kind == "AutoExec"] == []
    # What starting Python takes, and what a word of xlwings' reminds olevba of. Anything new wants looking at.
    suspicious = {word for kind, word, _ in found if kind == "Suspicious"}
    assert suspicious == {
        "WScript.Shell", "run", "shell", "CreateObject", "command", "Chr",
        "Environ", "environment", "ExpandEnvironmentStrings", "open", "Kill",
        "MacScript", "applescript", "System", "call", "Windows", "binary", "Hex Strings", "Base64 Strings",
    }  # fmt: skip


WINDOWS = {"VBA7": 1, "VBA6": 1, "Win64": 1, "Win32": 1, "Win16": 0, "Mac": 0}
OLD_WINDOWS = {"VBA7": 0, "VBA6": 1, "Win64": 0, "Win32": 1, "Win16": 0, "Mac": 0}
MAC = {"VBA7": 1, "VBA6": 1, "Win64": 0, "Win32": 0, "Win16": 0, "Mac": 1}


def faults(modules: dict[str, str], constants: dict[str, int]) -> list[str]:
    """What pyvbaanalysis holds for wrong, with every variable declared (xlwings' module does not say Option Explicit)."""
    kinds = pyvbaanalysis.ModuleSymbolKind
    kind = {"ThisWorkbook": kinds.DOCUMENT, "Sheet1": kinds.DOCUMENT, "Dictionary": kinds.CLASS}
    explicit = modules["xlwings"].replace("Option Private Module", "Option Private Module\r\nOption Explicit")
    found = pyvbaanalysis.analyze_project(
        [
            pyvbaanalysis.ModuleInput(name, kind.get(name, kinds.STANDARD), source)
            for name, source in (modules | {"xlwings": explicit}).items()
        ],
        conditional_compilation=pyvbaanalysis.ConditionalCompilationEnvironment(compiler_constants=constants),
        host="excel",
    )
    error = pyvbaanalysis.DiagnosticSeverity.ERROR
    return [f"{name}: {one.message}" for name, all_ in found.items() for one in all_ if one.severity is error]


@pytest.mark.parametrize("constants", [WINDOWS, OLD_WINDOWS, MAC], ids=["windows", "old windows", "mac"])
def test_static_analysis_finds_no_error(modules: dict[str, str], constants: dict[str, int]) -> None:
    # Excel for Mac has AppleScriptTask, which pyvbaanalysis has not heard of.
    assert [fault for fault in faults(modules, constants) if "AppleScriptTask" not in fault] == []


def test_static_analysis_would_find_one(modules: dict[str, str]) -> None:
    wrong = modules["xlwings"].replace(
        "PythonDir = ParentFolder(PYTHON_WIN)", "PythonDirectory = UpperFolder(PYTHON_WIN)"
    )
    assert len(faults(modules | {"xlwings": wrong}, WINDOWS)) == 2


def test_vba_is_ascii(modules: dict[str, str]) -> None:
    assert all(source.isascii() for source in modules.values())


def test_chinese_in_vba_source_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    macros = tmp_path / "macros"
    shutil.copytree(building.MACROS, macros)
    with (macros / "XlKpiRibbon.bas").open("a", encoding="utf-8") as source:
        source.write("' 一票否决\n")
    monkeypatch.setattr(building, "MACROS", macros)
    with pytest.raises(ValueError, match=r"XlKpiRibbon, line \d+: VBA source must be ASCII"):
        building.build()


# xlwings, hardened


def stock() -> str:
    return building._of_xlwings("xlwings_custom_addin.bas")


def code(source: str) -> str:
    """VBA without its remarks."""
    return re.sub(r"^((?:[^'\"\n]|\"[^\"\n]*\")*)'.*$", r"\1", source, flags=re.MULTILINE)


def test_the_headers_of_others_stay(modules: dict[str, str]) -> None:
    licence = stock()[stock().index("'xlwings is distributed") : stock().index("'Attribute VB_Name")].strip()
    assert "BSD 3-clause license" in licence
    assert licence in modules["xlwings"]
    assert "(c) Tim Hall" in modules["Dictionary"]
    assert "@license: MIT" in modules["Dictionary"]


@pytest.mark.parametrize(
    "word",
    [
        "ActiveWorkbook", "Declare", "XLPy", "ONEDRIVE", "SHAREPOINT", "CONDA PATH",
        "LICENSE_KEY", "UDF", "ADD_WORKBOOK", "prepare_sys_path", "Frozen", "GetDirectory", "USERPROFILE", ".py",
        "RunFrozenPython", "SaveConfig", "GetConfigFromFile", "VBProject", "Worksheets", "Popup", "cmd.exe /C", "--wb",
    ],
)  # fmt: skip
def test_what_a_workbook_could_reach_is_gone(modules: dict[str, str], word: str) -> None:
    assert word in stock(), "xlwings has changed: this word proves nothing any more"
    assert word not in code(modules["xlwings"])


def test_the_only_workbook_asked_is_the_add_in_itself(modules: dict[str, str]) -> None:
    ours = "".join(code(modules[name]) for name in ("xlwings", "XlKpiActions", "XlKpiRibbon"))
    assert set(re.findall(r"\b(?:Active|This)\w+", ours)) == {"ThisWorkbook"}
    assert set(re.findall(r'GetConfig\("?(\w+)', ours)) == {"configKey", "INTERPRETER", "TITLE", "key"}


def test_nothing_of_the_add_in_is_a_worksheet_function_but_what_is_private_to_the_project(
    modules: dict[str, str],
) -> None:
    """A public function in a module that is not private is a function in the cells of every workbook."""
    for name in ("xlwings", "XlKpiActions", "XlKpiRibbon"):
        functions = re.findall(r"^(?:Public )?Function (\w+)", modules[name], re.MULTILINE)
        assert "\r\nOption Private Module\r\n" in modules[name] or functions == [], name
    assert re.findall(r"^Public Function (\w+)", modules["xlwings"], re.MULTILINE) == ["RunPython", "GetConfig"]


RECIPE = yaml.safe_load((building.MACROS / "xlwings.yaml").read_text(encoding="utf-8"))
ANCHORS = [
    pytest.param(place, change[end], id=f"{place} {end} {number}")
    for place, changes in RECIPE["edits"].items()
    for number, change in enumerate(changes)
    for end in ("old", "until")
    if end in change
]


@pytest.mark.parametrize(("place", "text"), ANCHORS)
def test_an_xlwings_that_lacks_what_is_replaced_stops_the_build(place: str, text: str) -> None:
    source = stock().replace("\r\n", "\n")
    for lacking in (source.replace(text, ""), source.replace(text, "' something else\n")):
        with pytest.raises(ValueError, match="xlwings is not the version"):
            building.hardened(lacking)


@pytest.mark.parametrize("name", RECIPE["keep"])
def test_an_xlwings_that_lacks_a_procedure_or_has_it_twice_stops_the_build(name: str) -> None:
    source = stock().replace("\r\n", "\n")
    found = re.search(rf"^(?:Public |Private )?(Sub|Function) {name}\(.*?^End \1\n", source, re.DOTALL | re.MULTILINE)
    assert found
    for changed in (source.replace(found[0], ""), source + found[0]):
        with pytest.raises(ValueError, match=rf"the procedure {name}|in {name},|in the module,"):
            building.hardened(changed)


def test_another_version_of_xlwings_stops_the_build() -> None:
    with pytest.raises(ValueError, match=r"'Version: 0\.37\.8.* stands 0 times, not once"):
        building.hardened(stock().replace("0.37.8", "0.37.9"))
