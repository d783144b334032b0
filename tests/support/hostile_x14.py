"""What some programs write in the extension of 2010 (x14): validations, conditional formats, ranges left open.

OnlyOffice writes all of its validations and conditional formats so; Excel those that the format of 2007 cannot say.
"""

from __future__ import annotations

import re

from hostile_book import ENTRY, SUMMARY, Book, Kind, accept, flag, validation
from hostile_contents import BUILD, MEASURES, TOTAL
from hostile_sheets import prefixed

_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"


def extended(book: Book, sheet: str, uri: str, xml: str) -> Book:
    """An extension at the end of a sheet, beside those that stand there."""
    ext = f'<ext uri="{{{uri}}}" xmlns:x14="{_X14}" xmlns:xm="{_XM}">{xml}</ext>'
    if "</extLst>" in book.text(book.sheet(sheet)):
        return book.on(sheet, "</extLst></worksheet>", lambda _: f"{ext}</extLst></worksheet>")
    return book.on(sheet, "</worksheet>", lambda _: f"<extLst>{ext}</extLst></worksheet>")


def x14_validations(book: Book, count: int = 0) -> Book:
    """The validations of 数据填报 (or the first so many) as OnlyOffice writes them; the last one in its own order."""
    part = book.sheet(ENTRY)
    moved: list[str] = []

    def move(found: re.Match[str]) -> str:
        if count and len(moved) >= count:
            return found[0]
        attributes = re.sub(r' sqref="[^"]*"| showDropDown="0"', "", found[1])
        limits = re.sub(r"<(formula[12])>(.*?)</\1>", r"<x14:\1><xm:f>\2</xm:f></x14:\1>", found[3])
        moved.append(f"<x14:dataValidation{attributes}>{limits}<xm:sqref>{found[2]}</xm:sqref></x14:dataValidation>")
        return ""

    pattern = r'<dataValidation((?: [a-zA-Z]+="[^"]*")*? sqref="([^"]*)"[^>]*)>(.*?)</dataValidation>'
    text = re.sub(pattern, move, book.text(part), flags=re.DOTALL)
    book.put(part, re.sub(r"<dataValidations[^>]*></dataValidations>", "", text))
    every = f'<x14:dataValidations count="{len(moved)}">{"".join(moved)}</x14:dataValidations>'
    return extended(book, ENTRY, "CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF", every)


def _altered(book: Book, cells: str, was: str, by: str) -> Book:
    """One validation is another, and all of them are written as x14."""

    def alter(found: re.Match[str]) -> str:
        assert was in found[0], was
        return found[0].replace(was, by)

    return x14_validations(book.on(ENTRY, validation(cells), alter))


def x14_condition(book: Book, sheet: str, cells: str, look: str) -> Book:
    """A conditional format of the extension, which brings its look along."""
    rule = f'<x14:cfRule type="expression" priority="99"><xm:f>TRUE</xm:f><x14:dxf>{look}</x14:dxf></x14:cfRule>'
    formatting = f"<x14:conditionalFormatting>{rule}<xm:sqref>{cells}</xm:sqref></x14:conditionalFormatting>"
    every = f"<x14:conditionalFormattings>{formatting}</x14:conditionalFormattings>"
    return extended(book, sheet, "78C0D931-6437-407d-A8EE-F0AAD7539E65", every)


def _prefixed(book: Book) -> Book:
    """`x:` before every element that has no other prefix."""
    part = book.sheet(ENTRY)
    return prefixed(book).sub(part, "(</?)x:(x14|xm):", r"\1\2:", 0)


def _range(book: Book, sheet: str, cells: str) -> Book:
    """A range that anybody may edit, as Excel 2010 and later write one with a password of their kind."""
    attributes = 'algorithmName="SHA-512" hashValue="AA==" saltValue="AA==" spinCount="100000" name="x"'
    opened = f"<x14:protectedRange {attributes}><xm:sqref>{cells}</xm:sqref></x14:protectedRange>"
    every = f"<x14:protectedRanges>{opened}</x14:protectedRanges>"
    return extended(book, sheet, "FC87AEE6-9EDD-4A0A-B7FB-166176984837", every)


_RED = '<font><b/><color rgb="FF9C0006"/></font>'
KINDS = (
    Kind("x14-validations", "all validations are written as x14", accept(), x14_validations),
    Kind("x14-validations-hospital", "the same of a hospital", accept(), x14_validations, base="hospital"),
    Kind("x14-validations-emergency", "the same by level", accept(), x14_validations, base="emergency"),
    Kind("x14-validations-some", "three validations are written as x14", accept(), lambda b: x14_validations(b, 3)),
    Kind(
        "x14-validations-prefixed",
        "x14, and every other element has a prefix too",
        accept(),
        lambda b: _prefixed(x14_validations(b)),
    ),
    Kind(
        "x14-validation-gone",
        "an input may be anything, the others are validated by x14",
        flag("validation-changed"),
        lambda b: x14_validations(b.on(ENTRY, validation("E10:G10"), "")),
        MEASURES,
    ),
    Kind(
        "x14-validation-wider",
        "an input may be up to 99, as x14 says",
        flag("validation-changed"),
        lambda b: _altered(b, "E10:G10", "<formula2>14<", "<formula2>99<"),
        MEASURES,
    ),
    Kind(
        "x14-validation-warns",
        "x14 only warns of a wrong value",
        flag("validation-changed"),
        lambda b: _altered(b, "E10:G10", 'errorStyle="stop"', 'errorStyle="warning"'),
        MEASURES,
    ),
    Kind(
        "x14-validation-silent",
        "x14 does not refuse a wrong value",
        flag("validation-changed"),
        lambda b: _altered(b, "E10:G10", ' showErrorMessage="1"', ""),
        MEASURES,
    ),
    Kind(
        "x14-validation-other-list",
        "a list of x14 offers 部分 as well",
        flag("validation-changed"),
        lambda b: _altered(b, "E35:G35", '<formula1>"是', '<formula1>"是,部分'),
        BUILD,
    ),
    Kind(
        "x14-validation-other-cells",
        "x14 validates 核实值 alone",
        flag("validation-changed"),
        lambda b: _altered(b, "E10:G10", 'sqref="E10:G10"', 'sqref="F10:G10"'),
        MEASURES,
    ),
    Kind(
        "x14-condition-number",
        "a conditional format of x14 shows the total as 390",
        flag("number-format"),
        lambda b: x14_condition(b, SUMMARY, "D8", '<numFmt numFmtId="901" formatCode="&quot;390&quot;"/>'),
        TOTAL,
    ),
    Kind(
        "x14-condition-nothing",
        "a conditional format of x14 shows an input as nothing",
        flag("number-format"),
        lambda b: x14_condition(b, ENTRY, "A1:A3 E5:E60", '<font/><numFmt numFmtId="901" formatCode=";;;"/>'),
        MEASURES,
    ),
    Kind(
        "x14-condition-colour",
        "a conditional format of x14 shows the total in red",
        accept(),
        lambda b: x14_condition(b, SUMMARY, "D8", _RED),
    ),
    Kind(
        "x14-protected-range",
        "a range of x14 that anybody may edit covers the scores",
        flag("unlocked"),
        lambda b: _range(b, ENTRY, "H1:H241"),
        f"{ENTRY}!H1",
    ),
    Kind(
        "x14-protected-range-total",
        "a range of x14 that anybody may edit is the total",
        flag("unlocked"),
        lambda b: _range(x14_validations(b), SUMMARY, "D8 B14"),
        TOTAL,
    ),
)
