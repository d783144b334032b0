"""What honest people do to their workbook, and what looks like it and is not.

Addresses and points are those of hostile_contents.py: 枣庄市中心血站 2022, filled as the hand-worked case 典型.
"""

from __future__ import annotations

from hostile_book import ENTRY, FORM, Book, Kind, accept, flag
from hostile_contents import MEASURES, NO_MEASURES

# Free cells of 考核表: what the unit says for itself, and its evidence. No formula reads them.
REMARK, EVIDENCE = f"{FORM}!H5", f"{FORM}!I5"
_PICTURE = '_xlfn.DISPIMG("ID_0A1B2C3D4E5F60718293A4B5C6D7E8F9",1)'
_PICTURE_SHOWN = '=DISPIMG("ID_0A1B2C3D4E5F60718293A4B5C6D7E8F9",1)'


def _picture(book: Book, at: str) -> Book:
    """A picture in a cell, as WPS saves it."""
    return book.computes(at, _PICTURE, _PICTURE_SHOWN, "str")


FORMULAS_NOBODY_READS = [
    Kind("dispimg-evidence", "a picture in a cell for evidence, by WPS", accept(), lambda b: _picture(b, EVIDENCE)),
    Kind(
        "dispimg-evidence-by-excel",
        "the same after Excel, which does not know the function, has saved it",
        accept(),
        lambda b: b.computes(EVIDENCE, _PICTURE, "#NAME?", "e"),
    ),
    Kind(
        "newer-function-remark",
        "a remark is put together by TEXTJOIN, which Excel 2010 does not have",
        accept(),
        lambda b: b.computes(REMARK, f'_xlfn.TEXTJOIN("、",TRUE,{ENTRY}!B10:B12)', "见附件", "str"),
    ),
    Kind(
        "newer-let-remark",
        "a remark is a LET with a name of its own",
        accept(),
        lambda b: b.computes(EVIDENCE, "_xlfn.LET(_xlpm.x,2,_xlpm.x*3)", "6"),
    ),
    Kind(
        "add-in-function-remark",
        "a remark is a function of an add-in",
        accept(),
        lambda b: b.computes(EVIDENCE, "_xll.NOTE(1)", "#NAME?", "e"),
    ),
    Kind(
        "circular-remark",
        "a remark refers to itself",
        accept(),
        lambda b: b.computes(EVIDENCE, "I5+1", "0"),
    ),
    Kind(
        "unreadable-remark",
        "a remark is a formula that no program understands",
        accept(),
        lambda b: b.computes(EVIDENCE, "IF((1,", "1"),
    ),
    Kind(
        "webservice-remark",
        "a remark is fetched from the network",
        flag("foreign"),
        lambda b: b.computes(EVIDENCE, '_xlfn.WEBSERVICE("http://127.0.0.1:9/")', "x", "str"),
        EVIDENCE,
    ),
]

FORMULAS_AS_ANSWERS = [
    Kind(
        "dispimg-input",
        "a picture where a number belongs",
        flag("input-formula"),
        lambda b: _picture(b, MEASURES),
        MEASURES,
        (NO_MEASURES,),
    ),
    Kind(
        "dispimg-input-by-excel",
        "the same after Excel has saved it",
        flag("input-formula"),
        lambda b: b.computes(MEASURES, _PICTURE, "#NAME?", "e"),
        MEASURES,
        (NO_MEASURES,),
    ),
    Kind(
        "newer-function-input",
        "an input is looked up by XLOOKUP: its result counts",
        flag("input-formula"),
        lambda b: b.computes(MEASURES, "_xlfn.XLOOKUP(1,A1:A9,B1:B9)", "13"),
        MEASURES,
    ),
    Kind(
        "unknown-function-input-out-of-range",
        "an input is 15 of 14 by a function that nothing here knows",
        flag("input-formula"),
        lambda b: b.computes(MEASURES, "NOSUCHFUNC(15)", "15"),
        MEASURES,
        (NO_MEASURES,),
    ),
    Kind(
        "text-formula-input",
        "an input is a formula that gives the text 13",
        flag("input-formula"),
        lambda b: b.computes(MEASURES, '"1"&amp;"3"'.replace("&amp;", "&"), "13", "str"),
        MEASURES,
    ),
    Kind(
        "label-as-unknown-function",
        "a label is a formula that nothing computes",
        flag("constant-changed"),
        lambda b: b.computes(f"{ENTRY}!B17", "NOSUCHFUNC(1)", "生产安全事故起数", "str"),
        f"{ENTRY}!B17",
    ),
]

KINDS = (*FORMULAS_NOBODY_READS, *FORMULAS_AS_ANSWERS)
