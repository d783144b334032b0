"""Cells that a program left out are put where they belong, and every other byte stays."""

from __future__ import annotations

import pytest

from xl_kpi.xlsx.addresses import address
from xl_kpi.xlsx.insert import with_cells
from xl_kpi.xlsx.worksheet import read_worksheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet(rows: str, prefix: str = "") -> bytes:
    """A sheet with some rows."""
    space = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    return (
        f'<?xml version="1.0"?><{prefix}worksheet {space}="{MAIN}"><{prefix}cols/>{rows}<{prefix}pageMargins left="1"/>'
        f"</{prefix}worksheet>"
    ).encode()


CASES = {
    "in the middle of a row": (
        '<sheetData><row r="2"><c r="A2"><v>1</v></c><c r="C2"/></row></sheetData>',
        {"B2": "3"},
        '<sheetData><row r="2"><c r="A2"><v>1</v></c><c r="B2" s="3"/><c r="C2"/></row></sheetData>',
    ),
    "at both ends of a row, in any order": (
        '<sheetData><row r="2"><c r="B2"/></row></sheetData>',
        {"C2": "1", "A2": "", "AA2": "2"},
        '<sheetData><row r="2"><c r="A2"/><c r="B2"/><c r="C2" s="1"/><c r="AA2" s="2"/></row></sheetData>',
    ),
    "in a row without cells": (
        '<sheetData><row r="2" ht="20"></row></sheetData>',
        {"B2": "1"},
        '<sheetData><row r="2" ht="20"><c r="B2" s="1"/></row></sheetData>',
    ),
    "in a row that is one tag": (
        '<sheetData><row r="2" ht="20"/><row r="3"/></sheetData>',
        {"B2": "1"},
        '<sheetData><row r="2" ht="20"><c r="B2" s="1"/></row><row r="3"/></sheetData>',
    ),
    "in the last row, one tag with a space": (
        '<sheetData><row r="2" /></sheetData>',
        {"B2": "1", "B3": "1"},
        '<sheetData><row r="2"><c r="B2" s="1"/></row><row r="3"><c r="B3" s="1"/></row></sheetData>',
    ),
    "between an empty row and the next": (
        '<sheetData><row r="2"/><row r="5"/></sheetData>',
        {"A2": "", "A3": "", "B3": "", "A5": ""},
        '<sheetData><row r="2"><c r="A2"/></row><row r="3"><c r="A3"/><c r="B3"/></row><row r="5"><c r="A5"/></row></sheetData>',
    ),
    "above all rows": (
        '<sheetData><row r="2"><c r="A2"/></row></sheetData>',
        {"A1": ""},
        '<sheetData><row r="1"><c r="A1"/></row><row r="2"><c r="A2"/></row></sheetData>',
    ),
    "in a sheet without rows": (
        "<sheetData></sheetData>",
        {"A1": ""},
        '<sheetData><row r="1"><c r="A1"/></row></sheetData>',
    ),
    "in a sheet whose table of rows is one tag": (
        "<sheetData/>",
        {"B1": "", "A1": "", "A2": ""},
        '<sheetData><row r="1"><c r="A1"/><c r="B1"/></row><row r="2"><c r="A2"/></row></sheetData>',
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_cells_stand_where_they_belong(name: str, prefix: str) -> None:
    def prefixed(rows: str) -> bytes:
        for tag in ("sheetData", "row", "c", "v"):
            for mark in (" ", ">", "/"):
                rows = rows.replace(f"<{tag}{mark}", f"<{prefix}{tag}{mark}")
            rows = rows.replace(f"</{tag}>", f"</{prefix}{tag}>")
        return sheet(rows, prefix)

    before, cells, after = CASES[name]
    made = with_cells(prefixed(before), {address(name): style for name, style in cells.items()})
    assert made == prefixed(after)
    assert read_worksheet(made).styles.keys() == read_worksheet(prefixed(before)).styles.keys() | cells.keys()
