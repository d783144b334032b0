"""The Excel add-in xl_kpi.xlam, built from the text in macros/: VBA, ribbon, messages.

Two modules come from the installed xlwings (BSD and MIT; their headers stay). `hardened` makes the one that starts Python
deaf to whatever workbook is open, as macros/xlwings.yaml says. The same text gives the same bytes.
"""

from __future__ import annotations

import re
import struct
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import yaml
from pyopenvba import ExcelFile, VBAModuleKind
from pyopenvba.cfb import CFB
from pyopenvba.vba import compress, decompress

from xl_kpi.api import escape, pack

# Beside the package in a checkout, inside it once installed.
_HERE = Path(__file__).resolve().parent.parent
MACROS = next((d for d in (_HERE / "macros", _HERE.parent / "macros") if d.is_dir()), _HERE)

PROJECT = "XlKpi"  # a VBA project may not be named as one of its modules
CONF_SHEET = "xl_kpi.conf"
INTERPRETER = "INTERPRETER"  # the key of the sheet that names the Python to start

_RIBBON_PART = "customUI/customUI14.xml"
_RIBBON_TYPE = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TEMPLATE = "VBAProject"  # the name that pyOpenVBA gives a new project
_PROJECTNAME = 0x0004  # the record of its name, [MS-OVBA] 2.3.4.2.1.6
_NOT_COMPILED = bytes.fromhex("CC61 FFFF 00 0000")  # the stream _VBA_PROJECT as [MS-OVBA] 2.3.4.1 has it written
_CHANGED = "xlwings is not the version that macros/xlwings.yaml was written for: in {where}, {wanted} stands {found} times, not once"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def build(interpreter: str = "") -> bytes:
    """The add-in as a file. `interpreter` is the full path of the Python that its buttons start.

    Raises ValueError where the VBA is not ASCII, or is not the xlwings that macros/xlwings.yaml was written for.
    """
    modules = {path.stem: path.read_text(encoding="utf-8") for path in sorted(MACROS.glob("*.bas"))}
    modules["xlwings"] = hardened(_of_xlwings("xlwings_custom_addin.bas"))
    classes = {"Dictionary": _of_xlwings("addin/Dictionary.cls")}
    for name, source in [*modules.items(), *classes.items()]:
        if not source.isascii():
            # The project's code page is 1252: Chinese would become question marks without a word.
            line = next(n for n, text in enumerate(source.splitlines(), 1) if not text.isascii())
            raise ValueError(f"{name}, line {line}: VBA source must be ASCII; Chinese belongs in strings.yaml")
    with tempfile.TemporaryDirectory(prefix="xl-kpi-") as scratch:
        path = Path(scratch) / "xl_kpi.xlam"  # it works on a file only
        with ExcelFile.create_new(path) as addin:
            project = addin.vba_project()
            project.delete_module("Module1")
            for name, source in modules.items():
                project.add_module(name, _crlf(source))
            for name, source in classes.items():
                project.add_module(name, _crlf(source), kind=VBAModuleKind.other)
            addin.save()
        with zipfile.ZipFile(path) as package:
            parts = {name: package.read(name) for name in package.namelist()}
    strings = yaml.safe_load((MACROS / "strings.yaml").read_text(encoding="utf-8"))
    return pack(_with_our_parts(parts, {INTERPRETER: interpreter, **strings}))


def hardened(source: str) -> str:
    """xlwings' module for add-ins, as macros/xlwings.yaml says: the licence, the procedures kept, each with its edits.

    Raises ValueError naming the place that is not there exactly once.
    """
    recipe: dict[str, Any] = yaml.safe_load((MACROS / "xlwings.yaml").read_text(encoding="utf-8"))
    source = source.replace("\r\n", "\n")
    edits: dict[str, list[dict[str, str]]] = recipe["edits"]
    kept = {"licence": source[: _position(source, recipe["procedures_begin"], "the module")]}
    kept |= {name: _procedure(source, name, name in recipe["public"]) for name in recipe["keep"]}
    if not edits.keys() <= kept.keys():
        raise ValueError(f"xlwings.yaml edits what it does not keep: {', '.join(edits.keys() - kept.keys())}")
    for name, changes in edits.items():
        text = kept[name]
        for change in changes:
            start = _position(text, change["old"], name)
            end = start + len(change["old"])
            if "until" in change:
                end = start + _position(text[start:], change["until"], name)
            text = text[:start] + change["new"] + text[end:]
        kept[name] = text
    return "\n".join(kept.values())


def _position(text: str, wanted: str, where: str) -> int:
    """Where the wanted text begins, which must stand there once."""
    found = text.count(wanted)
    if found != 1:
        raise ValueError(_CHANGED.format(where=where, wanted=repr(wanted.strip()), found=found))
    return text.index(wanted)


def _procedure(source: str, name: str, public: bool) -> str:
    """A procedure's text, without what is compiled conditionally around it."""
    pattern = rf"^(?:Public |Private )?((Sub|Function) {name}\(.*?^End \2\n)"
    found = list(re.finditer(pattern, source, re.DOTALL | re.MULTILINE))
    if len(found) != 1:
        raise ValueError(_CHANGED.format(where="the module", wanted=f"the procedure {name}", found=len(found)))
    return f"{'Public' if public else 'Private'} {found[0][1]}"


def _of_xlwings(name: str) -> str:
    # As a file: importing xlwings takes longer than the build, and starts looking for Excel.
    return Path(str(distribution("xlwings").locate_file(f"xlwings/{name}"))).read_bytes().decode("ascii")


def _crlf(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\n", "\r\n")


def _named(project: bytes) -> bytes:
    """A VBA project under our name, in both places that hold it, and without another Office's compiled code.

    pyOpenVBA has no call for either. What the template brings in _VBA_PROJECT was compiled by the Office that made it.
    """
    storage = CFB.from_bytes(project)
    listing = decompress(storage.get_stream_in_storage("VBA", "dir"))
    old, new = (struct.pack("<HI", _PROJECTNAME, len(name)) + name.encode("ascii") for name in (_TEMPLATE, PROJECT))
    storage.write_stream_in_storage("VBA", "dir", compress(_replaced(listing, old, new)))
    storage.write_stream_in_storage("VBA", "_VBA_PROJECT", _NOT_COMPILED)
    text = storage.get_stream("PROJECT")
    storage.write_stream("PROJECT", _replaced(text, f'Name="{_TEMPLATE}"'.encode(), f'Name="{PROJECT}"'.encode()))
    renamed: bytes = storage.to_bytes()
    return renamed


def _replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    if content.count(old) != 1:
        raise ValueError(
            f"pyOpenVBA's template has changed: {old!r} stands there {content.count(old)} times, not once"
        )
    return content.replace(old, new)


def _with_our_parts(parts: dict[str, bytes], conf: dict[str, str]) -> dict[str, bytes]:
    """The package's parts with our sheet and ribbon, and without the names and times of who made the template."""
    relation = f'<Relationship Id="rIdRibbon" Type="{_RIBBON_TYPE}" Target="{_RIBBON_PART}"/></Relationships>'
    sheet_name = f'<sheet name="{CONF_SHEET}"'
    return parts | {
        "_rels/.rels": _replaced(parts["_rels/.rels"], b"</Relationships>", relation.encode()),
        _RIBBON_PART: (MACROS / "customUI14.xml").read_bytes(),
        "xl/workbook.xml": _replaced(parts["xl/workbook.xml"], b'<sheet name="Sheet1"', sheet_name.encode()),
        "xl/vbaProject.bin": _named(parts["xl/vbaProject.bin"]),
        "xl/worksheets/sheet1.xml": _conf_sheet(conf).encode(),
        "docProps/core.xml": _CORE.encode(),
        "docProps/app.xml": _APP.encode(),
    }


def _conf_sheet(conf: dict[str, str]) -> str:
    def cell(name: str, text: str) -> str:
        return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'

    rows = "".join(
        f'<row r="{row}">{cell(f"A{row}", key)}{cell(f"B{row}", value)}</row>'
        for row, (key, value) in enumerate(conf.items(), 1)
    )
    return (
        f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetPr codeName="Sheet1"/><dimension ref="A1:B{len(conf)}"/>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


_CORE = (
    f"{_DECLARATION}<cp:coreProperties"
    ' xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>xl_kpi</dc:title></cp:coreProperties>'
)
_APP = (
    f"{_DECLARATION}<Properties"
    ' xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>Microsoft Excel</Application></Properties>"
)
