"""Workbooks as units hand them in, for tests of many at once: small ones, quickly made, and tampered with as text."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml
from zips import parts_of, zipped

from xl_kpi import api
from xl_kpi.scheme.model import Scheme

SMALL = Path(__file__).resolve().parents[1] / "golden" / "small.yaml"
ANSWERS: dict[str, Any] = yaml.safe_load((SMALL.parent / "small.answers.yaml").read_text(encoding="utf-8"))["answers"]
SHEETS = ("封面", "考核表", "数据填报", "汇总", "核对", "评分规则", "_xl_kpi")  # as small.yaml's workbook has them


@cache
def small(year: int = 2024) -> Scheme:
    """The scheme of these workbooks, for a year."""
    return api.scheme(str(SMALL), year=year)


def returned(
    unit: str, changed: Mapping[str, Any] | None = None, *, year: int = 2024, code: str = "", calculated: bool = True
) -> bytes:
    """A unit's workbook with the answers worked by hand (67.5 points, accepted), some of them changed."""
    due = ANSWERS["t1.deployed_date"] + 365 * (year - 2024)  # 31 October, for some years after 2024
    answers = {**ANSWERS, "t1.deployed_date": due, **(changed or {})}
    filled = api.fill(("", api.build(small(year), unit, code)), answers, str(SMALL))
    return api.recalculated(("", filled), str(SMALL)) if calculated else filled


def part_of(sheet: str) -> str:
    """The part that holds a sheet."""
    return f"xl/worksheets/sheet{SHEETS.index(sheet) + 1}.xml"


def changed_part(book: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """A workbook with one part changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info, change(content.decode()).encode() if info.filename == part else content)
    return buffer.getvalue()


def with_cell(book: bytes, at: str, inside: str, kind: str = "") -> bytes:
    """A workbook with another content, as XML, in a cell that has an element of its own."""
    sheet, _, name = at.partition("!")

    def change(xml: str) -> str:
        attributes = f' t="{kind}"' if kind else ""
        found = rf'<c r="{name}"((?: s="\d+")?)[^>]*?(?:/>|>.*?</c>)'
        new, count = re.subn(found, lambda m: f'<c r="{name}"{m[1]}{attributes}>{inside}</c>', xml)
        assert count == 1, at
        return new

    return changed_part(book, part_of(sheet), change)


def with_text(book: bytes, at: str, text: str) -> bytes:
    """A workbook with another text in a cell."""
    return with_cell(book, at, f'<is><t xml:space="preserve">{escape(text)}</t></is>', "inlineStr")


def with_meta(book: bytes, key: str, text: str) -> bytes:
    """A workbook whose hidden sheet says something else."""
    parts = parts_of(book)
    strings = re.findall(r"<si><t[^>]*>([^<]*)</t></si>", parts["xl/sharedStrings.xml"].decode())
    row = re.search(rf'<c r="A(\d+)"[^>]* t="s"><v>{strings.index(key)}</v>', parts[part_of("_xl_kpi")].decode())
    assert row is not None, key
    return with_text(book, f"_xl_kpi!B{row[1]}", text)


def resaved(book: bytes) -> bytes:
    """The same workbook as other bytes, as any program that saves it makes them."""
    return zipped(parts_of(book), zipfile.ZIP_STORED)


def too_wide() -> bytes:
    """A workbook with two cells in opposite corners: a reader that lays all cells between them out runs out of memory."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006/relationships"
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{workbook}"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{sheet}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}">'
        f'<Relationship Id="r1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}">'
        '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>',
    }
    return zipped(parts)
