"""What honest people do to their workbook, and what looks like it and is not.

Addresses and points are those of hostile_contents.py: 枣庄市中心血站 2022, filled as the hand-worked case 典型.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hostile_book import (
    BOOK_RELS,
    CHECKS,
    COVER,
    ENTRY,
    FORM,
    MAIN,
    META,
    RULES,
    SUMMARY,
    WORKBOOK,
    Book,
    Kind,
    accept,
    flag,
    reject,
)
from hostile_contents import MEASURES, NO_MEASURES
from hostile_sheets import add_sheet, renamed_sheet, wps_parts

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
        (NO_MEASURES,),
    ),
    Kind(
        "label-as-unknown-function",
        "a label is a formula that nothing computes",
        flag("constant-changed"),
        lambda b: b.computes(f"{ENTRY}!B17", "NOSUCHFUNC(1)", "生产安全事故起数", "str"),
        f"{ENTRY}!B17",
    ),
]


def _evidence(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def _row(number: int, body: str, kind: str = "") -> str:
    kind = f' t="{kind}"' if kind else ""
    return f'<row r="{number}"><c r="A{number}"{kind}>{body}</c></row>'


def _tabs(book: Book, order: Sequence[str]) -> Book:
    """The tabs in another order; names that belong to one sheet follow it, as programs have them do."""
    text = book.text(WORKBOOK)
    found = re.search(r"<sheets>(.*?)</sheets>", text, re.DOTALL)
    assert found
    tabs = {re.findall('name="(.*?)"', tab)[0]: tab for tab in re.findall(r"<sheet [^>]*/>", found[1])}
    was = list(tabs)
    text = text.replace(found[1], "".join(tabs[name] for name in order))
    moved = {str(was.index(name)): str(order.index(name)) for name in was}
    return book.put(WORKBOOK, re.sub(r'localSheetId="(\d+)"', lambda m: f'localSheetId="{moved[m[1]]}"', text))


def _first(book: Book) -> Book:
    add_sheet(book, "佐证")
    return _tabs(book, ["佐证", COVER, FORM, ENTRY, SUMMARY, CHECKS, RULES, META])


def _chart_sheet(book: Book) -> Book:
    xml = f'<chartsheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"/></sheetViews></chartsheet>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.chartsheet+xml"
    book.add_part("xl/chartsheets/sheet1.xml", xml, kind)
    book.relate(BOOK_RELS, "rId81", "chartsheet", "/xl/chartsheets/sheet1.xml")
    return book.sub(WORKBOOK, "</sheets>", '<sheet name="图" sheetId="81" r:id="rId81"/></sheets>')


def copied_row(book: Book, row: int) -> Book:
    """A row is copied and inserted above itself: what refers to it follows the original down."""
    part = book.sheet(ENTRY)
    copied = re.findall(rf'<row r="{row}"[^>]*>.*?</row>', book.text(part), re.DOTALL)[0]
    book.insert_row(ENTRY, row)
    return book.sub(part, rf'<row r="{row + 1}"', lambda found: copied + found[0])


SHEETS = [
    Kind("evidence-sheet", "a sheet 佐证 behind ours", accept("sheet-added"), lambda b: add_sheet(b, "佐证")),
    Kind("evidence-sheet-first", "a sheet 佐证 before ours", accept("sheet-added"), _first),
    Kind(
        "evidence-sheet-hospital",
        "a sheet 佐证 in a hospital's workbook",
        accept("sheet-added"),
        lambda b: add_sheet(b, "佐证"),
        base="hospital",
    ),
    Kind(
        "evidence-sheet-formulas",
        "it computes from ours, with a function that Excel 2010 does not have",
        accept("sheet-added"),
        lambda b: add_sheet(
            b,
            "佐证",
            xml=_evidence(
                _row(1, f"<f>'{SUMMARY}'!D8*2</f><v>602.82</v>") + _row(2, "<f>_xlfn.XLOOKUP(1,B:B,C:C)</f>")
            ),
        ),
    ),
    Kind(
        "evidence-sheet-picture",
        "it holds pictures in cells, by WPS",
        accept("sheet-added"),
        lambda b: add_sheet(
            wps_parts(b), "佐证", xml=_evidence(_row(1, f"<f>{_PICTURE}</f><v>{_PICTURE_SHOWN}</v>", "str"))
        ),
    ),
    Kind(
        "evidence-sheets",
        "two sheets of evidence",
        accept("sheet-added"),
        lambda b: _chart_sheet(add_sheet(b, "佐证")),
    ),
    Kind("evidence-chart-sheet", "a chart on a sheet of its own", accept("sheet-added"), _chart_sheet),
    Kind(
        "evidence-sheet-outside",
        "a sheet behind ours fetches something from the network",
        flag("foreign"),
        lambda b: add_sheet(b, "佐证", xml=_evidence(_row(1, '<f>_xlfn.WEBSERVICE("http://127.0.0.1:9/")</f>'))),
        "佐证!A1",
    ),
    Kind(
        "evidence-sheet-hidden",
        "a sheet behind ours is hidden",
        flag("hidden"),
        lambda b: add_sheet(b, "佐证", "hidden"),
        "佐证!A1",
    ),
    Kind(
        "evidence-sheet-damaged",
        "a sheet behind ours is no XML",
        reject("damaged"),
        lambda b: add_sheet(b, "佐证", xml="<worksheet>"),
    ),
    Kind(
        "entry-copied",
        "数据填报 is copied: which of the two was filled?",
        flag("sheet-copied"),
        lambda b: add_sheet(b, "数据填报 (2)", xml=b.text(b.sheet(ENTRY))),
        "数据填报 (2)!A1",
    ),
    Kind(
        "tabs-moved",
        "汇总 is dragged before 封面",
        accept("sheet-moved"),
        lambda b: _tabs(b, [SUMMARY, COVER, FORM, ENTRY, CHECKS, RULES, META]),
    ),
    Kind(
        "sheet-renamed-with-evidence",
        "汇总 is called 总分, and a sheet is added",
        reject("structure"),
        lambda b: add_sheet(renamed_sheet(b, SUMMARY, "总分"), "佐证"),
    ),
    Kind(
        "row-copied",
        "a row of inputs is copied and inserted above itself",
        reject("structure"),
        lambda b: copied_row(b, 17),
    ),
    Kind(
        "rows-inserted-apart",
        "rows are inserted in two places",
        reject("structure"),
        lambda b: b.insert_row(ENTRY, 17).insert_row(ENTRY, 18).insert_row(ENTRY, 100),
    ),
    Kind(
        "row-inserted-and-deleted",
        "a row is inserted and another deleted: from there on all is where it was",
        reject("structure"),
        lambda b: b.insert_row(ENTRY, 17).delete_row(ENTRY, 61),
    ),
    Kind(
        "row-inserted-with-evidence",
        "a row is inserted, and a sheet added",
        reject("structure"),
        lambda b: add_sheet(b.insert_row(ENTRY, 17), "佐证"),
    ),
    Kind(
        "row-inserted-hospital",
        "a row is inserted far down in a hospital's inputs",
        reject("structure"),
        lambda b: b.insert_row(ENTRY, 300),
        base="hospital",
    ),
]


def _gnumeric(book: Book) -> Book:
    """Gnumeric says of every workbook that it is calculated iteratively."""
    book.sub(WORKBOOK, "<calcPr ", '<calcPr iterate="1" iterateCount="100" iterateDelta="0.001" ')
    return book.sub("docProps/app.xml", r"<Application>[^<]*</Application>", "<Application>gnumeric</Application>")


SHOWN = [
    Kind(
        "column-narrow",
        "the column 自报值 is two characters wide: 18360 shows as ####",
        flag("too-narrow"),
        lambda b: b.column(ENTRY, 5, width="2"),
    ),
    Kind(
        "column-narrow-total",
        "the total's column is a character wide",
        flag("too-narrow"),
        lambda b: b.column(SUMMARY, 4, width="1.2"),
    ),
    Kind(
        "column-narrow-scores",
        "the column of scores on 考核表 is a character wide",
        flag("too-narrow"),
        lambda b: b.column(FORM, 6, width="1"),
    ),
    Kind("column-narrower", "自报值 is nine characters wide", accept(), lambda b: b.column(ENTRY, 5, width="9")),
    Kind("column-narrow-texts", "labels are cut off", accept(), lambda b: b.column(ENTRY, 2, width="5")),
    Kind(
        "tabs-hidden",
        "the window shows no tabs",
        flag("hidden"),
        lambda b: b.sub(WORKBOOK, "<workbookView ", '<workbookView showSheetTabs="0" '),
    ),
    Kind(
        "window-hidden",
        "the workbook opens without a window",
        flag("hidden"),
        lambda b: b.sub(WORKBOOK, "<workbookView ", '<workbookView visibility="hidden" '),
    ),
    Kind(
        "zeros-hidden",
        "what is 0 looks blank in 数据填报",
        flag("hidden"),
        lambda b: b.on(ENTRY, "<sheetView ", '<sheetView showZeros="0" '),
        f"{ENTRY}!A1",
    ),
    Kind(
        "zeros-hidden-false",
        'the same on 汇总, written showZeros="false"',
        flag("hidden"),
        lambda b: b.on(SUMMARY, "<sheetView ", '<sheetView showZeros="false" '),
        f"{SUMMARY}!A1",
    ),
    Kind(
        "window-small",
        "the window is small, another tab is in front, tabs take more room",
        accept(),
        lambda b: b.sub(WORKBOOK, "<workbookView ", '<workbookView tabRatio="800" activeTab="2" firstSheet="1" '),
    ),
    Kind("gnumeric-iterates", "Gnumeric says that the workbook is calculated iteratively", accept(), _gnumeric),
]

KINDS = (*FORMULAS_NOBODY_READS, *FORMULAS_AS_ANSWERS, *SHEETS, *SHOWN)
