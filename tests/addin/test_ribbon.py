"""The ribbon 绩效考核 and what its buttons do, up to the command that would start Python.

The VBA runs in pyOpenVBA's Excel; Windows (WScript.Shell, files, environment) is a stand-in that records.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from pyopenvba import ExcelFile
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.interpreter import NOTHING, VBAErrorValue, VBAInt, VBAObject, method
from pyopenvba.interpreter._intrinsics import INTRINSICS
from pyopenvba.interpreter._objects import MemberSpec

from xl_kpi.addin import build as building

PYTHON = r"C:\Program Files\Python311\python.exe"

# Label: the procedure behind it, and what Python is told.
BUTTONS = {
    "重新计算": ("XlKpiRecalculate", "recalculate"),
    "核对总分与否决": ("XlKpiCheck", "check"),
    "上一处问题": ("XlKpiPrevious", "previous"),
    "下一处问题": ("XlKpiNext", "next"),
    "清除标记": ("XlKpiClear", "clear"),
    "生成空白模板": ("XlKpiBlanks", "blanks"),
    "导出上报副本": ("XlKpiExport", "export"),
    "核对文件夹": ("XlKpiFolder", "folder"),
    "打开评分规则": ("XlKpiRules", "rules"),
    "诊断": ("XlKpiDoctor", "doctor"),
    "自检": ("XlKpiSelftest", "selftest"),
}

# Controls with a picture, by public lists of Office's control identifiers; none was seen in an Excel, so 自检 is worth a look
# at the ribbon. Names of other programs' pictures, such as Word's ReviewAcceptChange, leave a button of Excel's without one.
OFFICE_IMAGES = {
    "CalculateNow",
    "Consolidate",
    "DataValidationClearValidationCircles",
    "ErrorChecking",
    "FileDocumentInspect",
    "FileNewDefault",
    "FileSaveAs",
    "Help",
    "ReviewNextComment",
    "ReviewPreviousComment",
    "TraceError",
}


def python_command(action: str) -> str:
    return f"import xl_kpi.addin.entry; xl_kpi.addin.entry.run('{action}')"


# The ribbon's XML

NAMESPACE = "{http://schemas.microsoft.com/office/2009/07/customui}"

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,1023}").fullmatch
SHORT = re.compile(r".{1,1024}").fullmatch
LONG = re.compile(r".{1,4096}").fullmatch
KEYTIP = re.compile(r"\S{1,3}").fullmatch
SIZE = re.compile(r"normal|large").fullmatch

# The part of [MS-CUSTOMUI2] that the ribbon uses: of each element its children, and its attributes with their form.
GRAMMAR: dict[str, tuple[set[str], dict[str, Callable[[str], Any]]]] = {
    "customUI": ({"ribbon"}, {}),
    "ribbon": ({"tabs"}, {}),
    "tabs": ({"tab"}, {}),
    "tab": ({"group"}, {"id": NAME, "label": SHORT, "keytip": KEYTIP}),
    "group": ({"button"}, {"id": NAME, "label": SHORT}),
    "button": (
        set(),
        {
            "id": NAME,
            "label": SHORT,
            "screentip": SHORT,
            "supertip": LONG,
            "imageMso": SHORT,
            "size": SIZE,
            "onAction": SHORT,
        },
    ),
}
OPTIONAL = {"keytip", "size"}


def faults(xml: str) -> list[str]:
    """Where a ribbon breaks the rules above; Office ignores the whole ribbon for any of them, without a word."""
    found: list[str] = []
    ids: list[str] = []

    def look(element: ElementTree.Element) -> None:
        tag = element.tag.removeprefix(NAMESPACE)
        if not element.tag.startswith(NAMESPACE) or tag not in GRAMMAR:
            found.append(f"{element.tag} is not known")
            return
        children, attributes = GRAMMAR[tag]
        found.extend(f"{tag} lacks {name}" for name in attributes.keys() - OPTIONAL - element.attrib.keys())
        for name, value in element.attrib.items():
            if name not in attributes:
                found.append(f"{tag} may not have {name}")
            elif not attributes[name](value):
                found.append(f"{tag}: {name}={value!r}")
        ids.extend(element.attrib.get("id", "").split())
        for child in element:
            if child.tag.removeprefix(NAMESPACE) not in children:
                found.append(f"{tag} may not hold {child.tag}")
            look(child)

    root = ElementTree.fromstring(xml)
    if root.tag != f"{NAMESPACE}customUI":
        found.append(f"the root is {root.tag}")
    look(root)
    found.extend(f"the id {name} stands twice" for name in set(ids) if ids.count(name) > 1)
    return found


@pytest.fixture(scope="module")
def ribbon() -> str:
    return (building.MACROS / "customUI14.xml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def buttons(ribbon: str) -> list[dict[str, str]]:
    return [element.attrib for element in ElementTree.fromstring(ribbon).iter(f"{NAMESPACE}button")]


def test_the_ribbon_follows_the_rules_of_office(ribbon: str) -> None:
    assert faults(ribbon) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("2009/07", "2006/01", "is not known"),
        ('id="xlKpiNext"', 'id="xlKpiClear"', "the id xlKpiClear stands twice"),
        ('id="xlKpiNext"', 'id="1next"', "button: id="),
        ('size="large"', 'size="huge"', "button: size="),
        ('keytip="KP"', 'keytip="KEYS"', "tab: keytip="),
        ('onAction="XlKpiNext"', 'onClick="XlKpiNext"', "button may not have onClick"),
        ("<tabs>", "<tabs><button/>", "tabs may not hold"),
    ],
)
def test_a_ribbon_that_breaks_a_rule_is_found(ribbon: str, old: str, new: str, fault: str) -> None:
    assert any(fault in each for each in faults(ribbon.replace(old, new)))


def test_the_tab_bears_our_name_and_has_the_buttons_in_order(ribbon: str, buttons: list[dict[str, str]]) -> None:
    tabs = list(ElementTree.fromstring(ribbon).iter(f"{NAMESPACE}tab"))
    assert [tab.attrib["label"] for tab in tabs] == ["绩效考核"]
    assert [button["label"] for button in buttons] == list(BUTTONS)


def test_every_button_says_in_chinese_what_it_does(buttons: list[dict[str, str]]) -> None:
    for button in buttons:
        assert re.search(r"[\u4e00-\u9fff]{4}", button["screentip"]), button["label"]
        assert len(button["supertip"]) > len(button["screentip"]) > 0, button["label"]


def test_every_image_is_one_of_offices_own_and_none_stands_twice(buttons: list[dict[str, str]]) -> None:
    assert sorted(button["imageMso"] for button in buttons) == sorted(OFFICE_IMAGES)


def test_every_button_has_its_procedure_and_every_procedure_its_button(buttons: list[dict[str, str]]) -> None:
    source = (building.MACROS / "XlKpiRibbon.bas").read_text(encoding="ascii")
    procedures = re.findall(r"^Public Sub (\w+)\(ByVal control As Object\)$", source, re.MULTILINE)
    assert procedures == re.findall(r"^(?:Public |Private )?(?:Sub|Function) (\w+)", source, re.MULTILINE)
    assert {button["label"]: button["onAction"] for button in buttons} == {
        label: procedure for label, (procedure, _) in BUTTONS.items()
    }
    assert sorted(procedures) == sorted(procedure for procedure, _ in BUTTONS.values())


# The buttons in Excel

RIBBON_CALLER = VBAErrorValue(2023)  # #REF!, as Excel answers where neither a cell nor a drawing called


class Shell(VBAObject):
    """WScript.Shell: records what it was to run."""

    vba_type_name = "WshShell"

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.exit_code = 0
        self.refusal: VBARuntimeError | None = None

    @method
    def Run(self, Command: object, WindowStyle: object, WaitOnReturn: object) -> object:
        if self.refusal is not None:
            raise self.refusal
        assert (int(WindowStyle), WaitOnReturn) == (0, True)  # hidden, and Excel waits
        self.commands.append(str(Command))
        return VBAInt(self.exit_code, "Long")

    @method
    def ExpandEnvironmentStrings(self, Text: object) -> object:
        return str(Text).replace("%SystemRoot%", r"C:\Windows")


class Excel:
    """pyOpenVBA's Excel with the add-in loaded, on a Windows where certain files exist."""

    def __init__(self, xlam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app = ExcelApplication.open(xlam)
        self.app.application._this_workbook = self.app.workbook
        with ExcelFile(xlam) as addin:
            self.source = addin.get_module("xlwings")
        # The statements that touch files are not within pyOpenVBA's reach: a log deleted is a line on the console, and a
        # log read is `self.log`.
        self.log = ""
        deleting = self.source.replace("Kill LOG_FILE", "Debug.Print LOG_FILE")
        reading = re.sub(
            r"(Function ReadFile\(.*?\n).*?(?=End Function)", r"\1ReadFile = LogText()\n", deleting, flags=re.DOTALL
        )
        assert deleting != self.source
        assert reading != deleting
        self.app.add_module(reading, name="xlwings")
        monkeypatch.setitem(INTRINSICS, "logtext", lambda *_: self.log)
        self.shell = Shell()
        self.files = {PYTHON}
        self.caller: object = RIBBON_CALLER
        self.cancel_key: list[object] = []
        self.app.interpreter.host.create = lambda name: {"WScript.Shell": self.shell}[name]
        members = type(self.app.application)._vba_members
        for name, answer in {"Caller": lambda _: self.caller, "Hwnd": lambda _: VBAInt(4711, "Long")}.items():
            monkeypatch.setitem(members, name.lower(), MemberSpec(name, "property", getter=answer))
        spec = MemberSpec("EnableCancelKey", "property", setter=lambda _, value: self.cancel_key.append(int(value)))
        monkeypatch.setitem(members, "enablecancelkey", spec)
        monkeypatch.setitem(INTRINSICS, "environ", lambda *_: r"C:\Users\zhang\AppData\Local\Temp")
        monkeypatch.setitem(INTRINSICS, "getattr", self._attributes)

    def _attributes(self, _interpreter: object, arguments: list[object], _named: object) -> object:
        if arguments[0] not in self.files:
            raise VBARuntimeError(53, "File not found")
        return VBAInt(32, "Long")

    def press(self, procedure: str) -> None:
        self.app.run(procedure, NOTHING)

    @property
    def messages(self) -> list[str]:
        return [prompt for _, prompt, _, _ in self.app.dialogs]


@pytest.fixture(scope="module")
def xlam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("installed") / "xl_kpi.xlam"
    path.write_bytes(building.build(PYTHON))
    return path


@pytest.fixture
def excel(xlam: Path, monkeypatch: pytest.MonkeyPatch) -> Excel:
    return Excel(xlam, monkeypatch)


@pytest.mark.parametrize(("procedure", "action"), BUTTONS.values())
def test_a_button_runs_its_fixed_command_and_nothing_else(excel: Excel, procedure: str, action: str) -> None:
    excel.app.add_module(
        "Public Function RunPython(PythonCommand As String)\nDebug.Print PythonCommand\nEnd Function", name="xlwings"
    )
    excel.press(procedure)
    assert excel.app.console == [python_command(action)]
    assert excel.messages == []


def test_python_is_started_by_its_full_path_with_neither_environment_nor_folder(excel: Excel) -> None:
    excel.press("XlKpiCheck")
    (command,) = excel.shell.commands
    log = re.search(r"xlwings-[0-9A-F-]{36}\.log", command)
    assert log
    assert command == (
        r'"C:\Windows\System32\cmd.exe" /C C: & cd "C:\Program Files\Python311" & '
        r'"C:\Program Files\Python311\python.exe" -E -P -B -c '
        "\"import xl_kpi.addin.entry; xl_kpi.addin.entry.run('check')\" --from_xl=1 --hwnd=4711"
        rf' 2> "C:\Users\zhang\AppData\Local\Temp\{log[0]}" '
    )
    assert excel.messages == []
    assert excel.app.console == [rf"C:\Users\zhang\AppData\Local\Temp\{log[0]}"]  # deleted again
    assert excel.cancel_key == [2]  # xlErrorHandler: Esc is an error that is caught, and not the debugger


@pytest.mark.parametrize("registered", ["", "python", r"python.exe", r"..\python.exe", r"C:\gone\python.exe"])
def test_without_python_a_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registered: str
) -> None:
    path = tmp_path / "xl_kpi.xlam"
    path.write_bytes(building.build(registered))
    excel = Excel(path, monkeypatch)
    excel.files |= {"python", "python.exe", r"..\python.exe"}  # what lies in the current folder does not count
    excel.press("XlKpiCheck")
    assert excel.shell.commands == []
    (message,) = excel.messages
    assert "没有找到" in message
    assert "xl-kpi addin install" in message
    assert message.endswith(registered)


def test_where_programs_may_not_be_started_a_message_says_so(excel: Excel) -> None:
    excel.shell.refusal = VBARuntimeError(70, "Permission denied")
    excel.press("XlKpiCheck")
    (message,) = excel.messages
    assert "没能启动 Python" in message
    assert message.endswith("70: Permission denied")


def test_what_python_wrote_before_it_failed_is_shown_below_our_message(excel: Excel) -> None:
    excel.shell.exit_code, excel.log = 1, "No module named 'xl_kpi'"
    excel.press("XlKpiCheck")
    (message,) = excel.messages
    assert "Python 没有运行成功" in message
    assert message.endswith("No module named 'xl_kpi'")


def test_an_interruption_ends_in_a_message(excel: Excel) -> None:
    excel.shell.refusal = VBARuntimeError(18, "User interrupt")
    excel.press("XlKpiCheck")
    assert excel.messages == ["操作已中断。请重新点击按钮再做一次。"]


def test_messages_bear_our_title(excel: Excel) -> None:
    excel.files.clear()
    excel.press("XlKpiCheck")
    assert [title for _, _, title, _ in excel.app.dialogs] == ["绩效考核"]


# A workbook that wants more

CONFIGURATION = {
    "INTERPRETER": r"\\evil\share\python.exe",
    "INTERPRETER_WIN": r"\\evil\share\python.exe",
    "INTERPRETER_MAC": "/Volumes/evil/python",
    "PYTHONPATH": r"\\evil\share",
    "ADD_WORKBOOK_TO_PYTHONPATH": "true",
    "ONEDRIVE_COMMERCIAL_WIN": r"\\evil\share",
    "CONDA PATH": r"\\evil\conda",
    "CONDA ENV": "evil",
    "USE UDF SERVER": "True",
    "UDF MODULES": "evil",
    "DEBUG UDFS": "True",
    "SHOW CONSOLE": "True",
    "TEMP DIR": r"\\evil\share",
    "LICENSE_KEY": "evil",
    "SHOW_ERROR_POPUPS": "False",
    "MESSAGE_NO_PYTHON": "evil",
    "TITLE": "evil",
}


@pytest.fixture
def hostile(excel: Excel, tmp_path: Path) -> Excel:
    """The add-in with a workbook open, and in front, that tries to configure it, in a folder that does the same."""
    folder = tmp_path / "a^&calc& %CMDCMDLINE%"
    folder.mkdir()
    lines = "".join(f'"{key}","{value}"\n' for key, value in CONFIGURATION.items())
    for name in ("xlwings.conf", "xl_kpi.conf", "myaddin.conf"):
        (folder / name).write_text(lines, encoding="ascii")
    (folder / ".env").write_text(r"PYTHONPATH=\\evil\share", encoding="ascii")
    for name in ("xl_kpi.py", "python.exe", "cmd.exe", "xlwings64-0.37.8.dll"):
        (folder / name).write_text("evil", encoding="ascii")
    book = openpyxl.Workbook()
    for name in ("xl_kpi.conf", "xlwings.conf"):
        sheet = book.create_sheet(name)
        for row in CONFIGURATION.items():
            sheet.append(row)
    book.create_sheet("evil.py")["A1"] = "import os"
    path = folder / "=%CMDCMDLINE%&calc&'evil.xlsx"
    book.save(path)
    excel.app.activate_workbook(excel.app.open_workbook(path))
    excel.files |= {str(file) for file in folder.iterdir()} | {CONFIGURATION["INTERPRETER"]}
    assert excel.app.workbook.name == path.name
    return excel


def test_the_hostile_workbook_does_configure_the_module_as_xlwings_ships_it(hostile: Excel) -> None:
    """Else the tests below would prove nothing."""
    stock = building._of_xlwings("xlwings_custom_addin.bas").replace('"myaddin"', '"xl_kpi"')
    stock = re.sub(r"^( *#.*?) '.*$", r"\1", stock, flags=re.MULTILINE)  # remarks where pyOpenVBA cannot read them
    hostile.app.add_module(stock, name="xlwings")
    assert hostile.app.run("GetConfig", "INTERPRETER", "python") == r"\\evil\share\python.exe"
    assert hostile.app.run("GetConfig", "PYTHONPATH", "") == r"\\evil\share"


def test_no_workbook_configures_the_add_in(hostile: Excel) -> None:
    answers = {key: hostile.app.run("GetConfig", key, "unset") for key in CONFIGURATION}
    ours = {key: answers.pop(key) for key in ("INTERPRETER", "TITLE", "MESSAGE_NO_PYTHON")}
    assert ours["INTERPRETER"] == PYTHON
    assert ours["TITLE"] == "绩效考核"
    assert "xl-kpi addin install" in ours["MESSAGE_NO_PYTHON"]
    assert set(answers.values()) == {"unset"}


def test_no_name_folder_or_sheet_of_a_workbook_reaches_the_command_line(hostile: Excel) -> None:
    for procedure, action in BUTTONS.values():
        hostile.press(procedure)
        assert re.sub(r"xlwings-[0-9A-F-]{36}", "LOG", hostile.shell.commands.pop()) == (
            r'"C:\Windows\System32\cmd.exe" /C C: & cd "C:\Program Files\Python311" & '
            rf'"{PYTHON}" -E -P -B -c "{python_command(action)}" --from_xl=1 --hwnd=4711'
            r' 2> "C:\Users\zhang\AppData\Local\Temp\LOG.log" '
        )
    assert hostile.messages == []


def test_python_started_so_imports_nothing_from_the_workbooks_folder(hostile: Excel) -> None:
    """Even where that folder is the current one, and stands in PYTHONPATH."""
    hostile.press("XlKpiCheck")
    options = re.search(r'python\.exe" (-.*?) -c ', hostile.shell.commands[0])
    assert options
    folder = hostile.app.workbook.path
    script = "import xl_kpi; print(xl_kpi.__file__)"
    run = subprocess.run(
        [sys.executable, *options[1].split(), "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": folder},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(run.stdout.strip()).parent == Path(building.__file__).parents[1]


@pytest.mark.parametrize("caller", ["Button 1", NOTHING])
@pytest.mark.parametrize("command", ["import os; os.system('calc')", python_command("check")])
def test_neither_a_formula_nor_a_drawing_can_run_anything(hostile: Excel, caller: object, command: str) -> None:
    """Public functions of an add-in are worksheet functions, and a drawing in a file without macros may name one."""
    hostile.caller = hostile.app.sheet(1).sheet.vba_get("Range", ["A1"]) if caller is NOTHING else caller
    with pytest.raises(VBARuntimeError):
        hostile.app.run("RunPython", command)
    assert hostile.shell.commands == []


@pytest.mark.parametrize(
    "command",
    [
        "",
        "check",
        "import os; os.system('calc')",
        python_command("check") + "; import os",
        python_command("check').__class__('"),
        python_command("CHECK"),
    ],
)
def test_python_gets_no_command_but_those_of_the_buttons(hostile: Excel, command: str) -> None:
    with pytest.raises(VBARuntimeError):
        hostile.app.run("RunPython", command)
    assert hostile.shell.commands == []


def test_with_no_workbook_open_the_buttons_still_work(excel: Excel) -> None:
    excel.app.application.active_book = None
    excel.press("XlKpiBlanks")
    assert len(excel.shell.commands) == 1
