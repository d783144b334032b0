"""What is done to sheets and to the workbook as a whole: rows, columns, tabs, hiding, merging, protection, names,
identity, settings of other programs, foreign content, size."""

from __future__ import annotations

import re

from hostile_book import (
    BOOK_RELS,
    CHECKS,
    CONTENT_TYPES,
    COVER,
    DOC_RELS,
    ENTRY,
    FORM,
    HEAD,
    MAIN,
    META,
    RULES,
    STYLES,
    SUMMARY,
    TEXTS,
    WORKBOOK,
    Book,
    Change,
    Kind,
    accept,
    answered,
    filled,
    flag,
    reject,
    unscored,
    with_attributes,
)

PLAIN = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
_WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"


def add_sheet(book: Book, name: str, state: str = "visible", xml: str = PLAIN) -> Book:
    """A further worksheet after the others."""
    book.add_part("xl/worksheets/sheet8.xml", xml, _WORKSHEET)
    book.relate(BOOK_RELS, "rId80", "worksheet", "/xl/worksheets/sheet8.xml")
    return book.sub(
        WORKBOOK, "</sheets>", f'<sheet name="{name}" sheetId="80" state="{state}" r:id="rId80" /></sheets>'
    )


def _remove_sheet(book: Book, name: str) -> Book:
    """A sheet is deleted, as a program does."""
    part = book.sheet(name)
    del book.parts[part]
    book.sub(CONTENT_TYPES, f'<Override PartName="/{part}"[^>]*/>', "")
    book.sub(BOOK_RELS, re.escape(book.relation(part)), "")
    return _unlist(book, name)


def _unlist(book: Book, name: str) -> Book:
    """The tab of a sheet alone is gone."""
    return book.sub(WORKBOOK, f'<sheet name="{name}"[^>]*/>', "")


def _swap_names(book: Book) -> Book:
    text = book.text(WORKBOOK).replace(f'name="{ENTRY}"', 'name="?"').replace(f'name="{FORM}"', f'name="{ENTRY}"')
    return book.put(WORKBOOK, text.replace('name="?"', f'name="{FORM}"'))


STRUCTURE = [
    *(
        Kind(
            f"row-inserted-{number}",
            f"a row is inserted in {sheet}; formulas, names, validations and links follow",
            # The hidden sheet may be read by its keys; moved, it is no longer known to be ours.
            reject("structure", "not-ours") if sheet == META else reject("structure"),
            lambda b, sheet=sheet, row=row: b.insert_row(sheet, row),
        )
        for number, (sheet, row) in enumerate(
            ((ENTRY, 17), (COVER, 5), (FORM, 8), (SUMMARY, 8), (CHECKS, 6), (RULES, 6), (META, 4)), 1
        )
    ),
    *(
        Kind(
            f"row-deleted-{number}",
            f"a row is deleted in {sheet}; what refers to it follows",
            reject("structure", "not-ours") if sheet == META else reject("structure"),
            lambda b, sheet=sheet, row=row: b.delete_row(sheet, row),
        )
        for number, (sheet, row) in enumerate(
            ((ENTRY, 18), (COVER, 16), (FORM, 9), (SUMMARY, 12), (CHECKS, 8), (RULES, 8), (META, 5)), 1
        )
    ),
    Kind(
        "task-row-above-inserted",
        "a row is inserted above the first input",
        reject("structure"),
        lambda b: b.insert_row(ENTRY, 4),
    ),
    Kind(
        "column-inserted-entry",
        "a column is inserted in 数据填报",
        reject("structure"),
        lambda b: b.insert_column(ENTRY, "D"),
    ),
    Kind(
        "column-inserted-form",
        "a column is inserted in 考核表",
        reject("structure"),
        lambda b: b.insert_column(FORM, "C"),
    ),
    Kind(
        "column-inserted-stages",
        "a column is inserted between 自报值 and 核实值",
        reject("structure"),
        lambda b: b.insert_column(ENTRY, "F"),
    ),
    Kind(
        "rows-exchanged",
        "two whole rows of inputs are exchanged, as a sort does",
        reject("structure"),
        lambda b: _exchange_rows(b, 17, 18),
    ),
    Kind(
        "sheet-renamed",
        "数据填报 is called 数据填报1",
        reject("structure"),
        lambda b: renamed_sheet(b, ENTRY, "数据填报1"),
    ),
    Kind(
        "sheet-renamed-summary",
        "汇总 is called 总分",
        reject("structure"),
        lambda b: renamed_sheet(b, SUMMARY, "总分"),
    ),
    Kind("sheet-added", "a sheet is added", accept("sheet-added"), lambda b: add_sheet(b, "Sheet1")),
    Kind(
        "sheet-added-hidden",
        "a very hidden sheet is added",
        flag("hidden"),
        lambda b: add_sheet(b, "x", "veryHidden"),
        "x!A1",
    ),
    Kind("sheet-missing", "评分规则 is deleted", reject("structure"), lambda b: _remove_sheet(b, RULES)),
    Kind("sheet-missing-entry", "数据填报 is deleted", reject("structure"), lambda b: _remove_sheet(b, ENTRY)),
    Kind(
        "sheet-missing-meta",
        "the hidden sheet is deleted",
        reject("not-ours", "structure"),
        lambda b: _remove_sheet(b, META),
    ),
    Kind(
        "sheet-unlisted",
        "the tab of 评分规则 is gone, its part is left",
        reject("structure", "ambiguous"),
        lambda b: _unlist(b, RULES),
    ),
    Kind("sheets-swapped", "two sheets exchange their names", reject("structure"), _swap_names),
]


def renamed_sheet(book: Book, name: str, to: str) -> Book:
    """A tab's new name, which every formula and name follows."""
    for part in book.sheets():
        book.put(part, book.text(part).replace(f"'{name}'!", f"'{to}'!"))
    text = book.text(WORKBOOK).replace(f'<sheet name="{name}"', f'<sheet name="{to}"')
    return book.put(WORKBOOK, text.replace(f"'{name}'!", f"'{to}'!"))


def _exchange_rows(book: Book, one: int, other: int) -> Book:
    def renamed(row: str, number: int, to: int) -> str:
        row = row.replace(f'<row r="{number}"', f'<row r="{to}"')
        return re.sub(rf"\b([A-N]){number}\b", rf"\g<1>{to}", row)

    part = book.sheet(ENTRY)
    text = book.text(part)
    first, second = (re.findall(rf'<row r="{number}"[^>]*>.*?</row>', text, re.DOTALL)[0] for number in (one, other))
    both = renamed(second, other, one) + renamed(first, one, other)
    assert first + second in text
    return book.put(part, text.replace(first + second, both))


def _row(number: int, attributes: str) -> tuple[str, str]:
    return rf'<row r="{number}"', f'<row r="{number}" {attributes}'


def _filtered(book: Book) -> Book:
    """The state column filtered for 选填: every other row of the table does not show."""
    criteria = '<filterColumn colId="8"><filters><filter val="选填"/></filters></filterColumn>'
    book.on(ENTRY, r'<autoFilter ref="([^"]*)" ?/>', rf'<autoFilter ref="\1">{criteria}</autoFilter>')
    book.on(ENTRY, "<sheetPr>", '<sheetPr filterMode="1">')

    def hide(row: re.Match[str]) -> str:
        shown = int(row[1]) < 4 or re.search(r'<c r="I\d+"[^>]*>(<f>[^<]*</f>)?<v>选填</v>', row[0])
        return row[0] if shown else row[0].replace("<row ", '<row hidden="1" ', 1)

    return book.on(ENTRY, r'<row r="(\d+)"[^>]*>.*?</row>', hide, 0)


HIDING = [
    Kind("sheet-hidden", "考核表 is hidden", flag("hidden"), lambda b: _state(b, FORM, "hidden")),
    Kind("sheet-very-hidden", "核对 is very hidden", flag("hidden"), lambda b: _state(b, CHECKS, "veryHidden")),
    Kind("sheet-hidden-entry", "数据填报 is hidden", flag("hidden"), lambda b: _state(b, ENTRY, "hidden")),
    Kind(
        "row-hidden", "the row of an input is hidden", flag("hidden"), lambda b: b.on(ENTRY, *_row(17, 'hidden="1"'))
    ),
    Kind(
        "row-hidden-true",
        'the same, written hidden="true"',
        flag("hidden"),
        lambda b: b.on(ENTRY, *_row(17, 'hidden="true"')),
    ),
    Kind(
        "row-flat",
        "the row of an input has no height",
        flag("hidden"),
        lambda b: b.on(ENTRY, r'<row r="17" ht="[^"]*"', '<row r="17" ht="0"'),
    ),
    Kind(
        "row-nearly-flat",
        "the row of an input is half a point high",
        flag("hidden"),
        lambda b: b.on(ENTRY, r'<row r="17" ht="[^"]*"', '<row r="17" ht="0.5"'),
    ),
    Kind(
        "rows-flat-by-default",
        "rows without a height of their own are hidden",
        flag("hidden") | accept(),
        lambda b: b.on(META, 'defaultRowHeight="15"', 'defaultRowHeight="15" zeroHeight="1"'),
    ),
    Kind(
        "row-hidden-summary",
        "the total's row is hidden",
        flag("hidden"),
        lambda b: b.on(SUMMARY, *_row(8, 'hidden="1"')),
    ),
    Kind("column-hidden", "the column 核实值 is hidden", flag("hidden"), lambda b: b.column(ENTRY, 6, hidden="1")),
    Kind(
        "column-flat",
        "the column 自报值 has no width",
        flag("hidden"),
        lambda b: b.column(ENTRY, 5, width="0"),
    ),
    Kind(
        "filter-as-cover",
        "数据填报 is filtered, and the total's row on 汇总, where there is no filter, is hidden",
        flag("hidden"),
        lambda b: _filtered(b).on(SUMMARY, *_row(8, 'hidden="1"')),
    ),
    Kind("filtered", "数据填报 is filtered by its state column", accept("filtered"), _filtered),
    Kind(
        "column-shown",
        "the hidden columns are shown",
        accept(),
        lambda b: b.attributes(b.sheet(ENTRY), "<col [^>]*>", hidden=None),
    ),
    Kind(
        "resized",
        "a row is higher, a column wider, the zoom 120%, panes are not frozen",
        accept(),
        lambda b: (
            b.on(ENTRY, r'<row r="17" ht="[^"]*"', '<row r="17" ht="40"')
            .column(ENTRY, 2, width="60")
            .on(ENTRY, "<sheetView ", '<sheetView zoomScale="120" ')
            .on(ENTRY, "<pane [^>]*/>", "")
            .on(ENTRY, "<selection [^>]*/>", "", 0)
        ),
    ),
]


def _state(book: Book, sheet: str, state: str) -> Book:
    return book.attributes(WORKBOOK, rf'<sheet (?=[^>]*name="{sheet}")[^>]*>', state=state)


def _merge(book: Book, sheet: str, *areas: str) -> Book:
    """Further merged areas; 数据填报 has none of its own."""
    made = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    text = book.text(book.sheet(sheet))
    if "<mergeCells" in text:
        return book.on(sheet, "</mergeCells>", made + "</mergeCells>")
    after = next(tag for tag in (r"(<autoFilter[^>]*/>)", r"(<sheetProtection[^>]*/>)") if re.search(tag, text))
    return book.on(sheet, after, rf'\1<mergeCells count="{len(areas)}">{made}</mergeCells>')


MERGES = [
    Kind(
        "merge-over-inputs",
        "two inputs are merged: the lower one's value does not show and counts",
        flag("merge-changed"),
        lambda b: _merge(b, ENTRY, "E17:E18"),
    ),
    Kind(
        "merge-over-stages",
        "自报值 and 核实值 of an input are merged",
        flag("merge-changed"),
        lambda b: _merge(b, ENTRY, "E17:F17"),
    ),
    Kind(
        "value-under-merge",
        "a value stands under a merge of ours",
        # It is content where none should be; that it does not show is the same fact.
        flag("extra-content", "merge-changed", "hidden"),
        lambda b: b.number(f"{SUMMARY}!C13", 99),
        f"{SUMMARY}!C13",
    ),
    Kind(
        "merge-gone",
        "a merge on the cover is split",
        flag("merge-changed"),
        lambda b: b.on(COVER, '<mergeCell ref="B8:E8" ?/>', ""),
    ),
    Kind(
        "merges-all-gone",
        "no cells on 汇总 are merged",
        flag("merge-changed"),
        lambda b: b.on(SUMMARY, "<mergeCells.*?</mergeCells>", ""),
    ),
    Kind(
        "merges-overlap",
        "one merge lies across another",
        flag("merge-changed") | reject("ambiguous", "damaged"),
        lambda b: _merge(b, COVER, "D8:F9"),
    ),
]

_PROTECTION = r"<sheetProtection[^>]*/>"
PROTECTION = [
    Kind("protection-gone", "数据填报 is not protected", flag("unprotected"), lambda b: b.on(ENTRY, _PROTECTION, "")),
    Kind(
        "protection-off",
        "the protection of 汇总 is switched off",
        flag("unprotected"),
        lambda b: b.on(SUMMARY, 'sheet="1"', 'sheet="0"'),
    ),
    Kind(
        "protection-loose",
        "数据填报 is protected, but rows may be inserted and deleted",
        flag("unprotected") | accept(),  # nothing was inserted: to insist on the small print is a matter of taste
        lambda b: b.attributes(b.sheet(ENTRY), _PROTECTION, insertRows="0", deleteRows="0"),
    ),
    Kind(
        "protected-range-free",
        "a range that anybody may edit covers the scores",
        flag("unprotected", "unlocked"),
        lambda b: b.on(
            ENTRY,
            f"({_PROTECTION})",
            r'\1<protectedRanges><protectedRange sqref="H1:H241" name="x"/></protectedRanges>',
        ),
    ),
    Kind(
        "protection-password",
        "数据填报 has got a password",
        accept(),
        lambda b: b.on(ENTRY, "<sheetProtection ", '<sheetProtection password="CC1A" '),
    ),
]

_NAME = r'<definedName name="out_total">.*?</definedName>'
NAMES = [
    Kind(
        "name-repointed",
        "the name of the total refers to the maximum",
        flag("name-changed"),
        lambda b: b.sub(WORKBOOK, _NAME, f"<definedName name=\"out_total\">'{SUMMARY}'!$B$8</definedName>"),
    ),
    Kind("name-removed", "the name of the total is gone", flag("name-changed"), lambda b: b.sub(WORKBOOK, _NAME, "")),
    Kind(
        "name-input-repointed",
        "the name of an input refers to another",
        flag("name-changed"),
        lambda b: b.sub(WORKBOOK, r'(name="in_t10__undone">[^<]*)\$60', r"\g<1>$61"),
    ),
    Kind(
        "name-constant",
        "the name of the total is a number",
        flag("name-changed"),
        lambda b: b.sub(WORKBOOK, _NAME, '<definedName name="out_total">390</definedName>'),
    ),
    Kind(
        "name-broken",
        "the name of the total refers to nothing",
        flag("name-changed"),
        lambda b: b.sub(WORKBOOK, _NAME, '<definedName name="out_total">#REF!</definedName>'),
    ),
    Kind(
        "name-shadowed",
        "汇总 has a name of its own that is called like the total's",
        flag("name-changed"),
        lambda b: b.sub(
            WORKBOOK,
            "</definedNames>",
            f'<definedName name="out_total" localSheetId="3">\'{SUMMARY}\'!$B$8</definedName></definedNames>',
        ),
    ),
    Kind(
        "name-auto-open",
        "a hidden name that runs on opening",
        flag("foreign"),
        lambda b: b.sub(
            WORKBOOK,
            "</definedNames>",
            f'<definedName name="_xlnm.Auto_Open" hidden="1">\'{ENTRY}\'!$N$1</definedName></definedNames>',
        ),
    ),
    Kind(
        "name-dde",
        "a name that calls another program",
        flag("foreign"),
        lambda b: b.sub(
            WORKBOOK, "</definedNames>", "<definedName name=\"x\">cmd|'/C calc'!A0</definedName></definedNames>"
        ),
    ),
    Kind(
        "name-print-area",
        "a print area is set",
        accept(),
        lambda b: b.sub(
            WORKBOOK,
            "</definedNames>",
            f'<definedName name="_xlnm.Print_Area" localSheetId="2">\'{ENTRY}\'!$A$1:$J$241</definedName></definedNames>',
        ),
    ),
]


def _meta(book: Book, row: int, value: str | int) -> Book:
    at = f"{META}!B{row}"
    return book.words(at, value) if isinstance(value, str) else book.number(at, value)


IDENTITY = [
    Kind("other-product", "the hidden sheet names another product", reject("not-ours"), lambda b: _meta(b, 1, "kpi")),
    Kind("unknown-scheme", "a scheme that there is not", reject("not-ours"), lambda b: _meta(b, 2, "no-such-2022")),
    Kind(
        "scheme-path",
        "a scheme named by a path out of the templates",
        reject("not-ours"),
        lambda b: _meta(b, 2, "../../../../etc/passwd"),
    ),
    Kind(
        "another-scheme",
        "the hidden sheet names another scheme of ours",
        reject("not-ours", "structure", "other-version"),
        lambda b: _meta(b, 2, "zaozhuang-cdc-2022"),
    ),
    Kind("other-version", "built from version 99 of the scheme", reject("other-version"), lambda b: _meta(b, 3, 99)),
    Kind("older-version", "built from version 0 of the scheme", reject("other-version"), lambda b: _meta(b, 3, 0)),
    Kind("version-text", "the version is a text", reject("other-version", "not-ours"), lambda b: _meta(b, 3, "一")),
    Kind(
        "other-year",
        "the year on the hidden sheet alone is changed",
        reject("not-ours", "other-year", "structure"),
        lambda b: _meta(b, 4, 2023),
    ),
    Kind("year-nonsense", "the year is 99999", reject("not-ours", "other-year"), lambda b: _meta(b, 4, 99999)),
    Kind(
        "year-infinite",
        "the year is 1e999",
        reject("not-ours", "other-year", "damaged"),
        lambda b: b.number(f"{META}!B4", "1e999"),
    ),
    Kind(
        "year-error",
        "the year is an error value",
        reject("not-ours", "other-year"),
        lambda b: b.write(f"{META}!B4", "<v>#REF!</v>", "e"),
    ),
    Kind(
        "other-level",
        "the level on the hidden sheet alone is changed",
        reject("not-ours", "other-level", "structure"),
        lambda b: _meta(b, 5, "县"),
        base="emergency",
    ),
    Kind(
        "level-nonsense",
        "a level there is not",
        reject("not-ours", "other-level"),
        lambda b: _meta(b, 5, "乡"),
        base="emergency",
    ),
    Kind(
        "level-without",
        "a level where the scheme has none",
        # The scheme is one and the same at every level: a stray text on the hidden sheet, or another's workbook.
        reject("not-ours", "other-level", "structure") | flag("extra-content", "constant-changed"),
        lambda b: _meta(b, 5, "市"),
    ),
    Kind("fingerprint", "another fingerprint", reject("not-ours", "other-version"), lambda b: _meta(b, 6, "0" * 16)),
    Kind(
        "other-unit-cover",
        "the cover names another unit than the hidden sheet",
        reject("other-unit"),
        lambda b: b.words(f"{COVER}!C4", "滕州市中心血站"),
    ),
    Kind(
        "other-unit-meta",
        "the hidden sheet names another unit than the cover",
        reject("other-unit"),
        lambda b: _meta(b, 7, "滕州市中心血站"),
    ),
    Kind(
        "other-unit-form",
        "the printed form alone names another unit",
        # Two places still agree: a changed text, or a workbook of whom nobody knows.
        flag("constant-changed") | reject("other-unit"),
        lambda b: b.words(f"{FORM}!C2", "滕州市中心血站"),
    ),
    Kind(
        "unit-nowhere",
        "no place names a unit",
        reject("other-unit", "not-ours") | flag("constant-changed"),
        lambda b: [b.words(at, "") for at in (f"{COVER}!C4", f"{FORM}!C2", f"{SUMMARY}!A2", f"{META}!B7")],
    ),
]


def _in_1904(book: Book, attribute: str = 'date1904="1"') -> Book:
    """The workbook counts dates from 1904."""
    return book.sub(WORKBOOK, "<workbookPr ?/>", f"<workbookPr {attribute}/>")


def _dates_1904(attribute: str) -> bytes:
    """2022-09-30 is 1,462 days fewer, which the formulas take for a day in 2018: they show t12 as 有误, in Excel as well."""
    full = filled("blood-full")
    return bytes(_in_1904(Book("blood-full", answered(full, {"t12.built_date": 43372})), attribute))


OTHER_DATES = [
    Kind(
        "dates-1904",
        "dates are counted from 1904",
        flag("date-1904"),
        lambda b: _dates_1904('date1904="1"'),
        base="blood-full",
    ),
    Kind(
        "dates-1904-true",
        'the same, written date1904="true"',
        flag("date-1904"),
        lambda b: _dates_1904('date1904="true"'),
        base="blood-full",
    ),
    Kind(
        "dates-1904-shown-converted",
        "dates are counted from 1904, and the formulas show what they would for dates from 1900",
        # Early is in time: the formulas come to the same for a day in 2018.
        flag("date-1904"),
        lambda b: _in_1904(b).on(ENTRY, "<v>44834</v>", "<v>43372</v>", 0),
        base="blood-full",
    ),
    Kind(
        "dates-1904-misread",
        "the workbook is said to count from 1904, and does not: 2022-09-30 is 2026-10-01",
        # A day after the deadline, as the cell shows it.
        flag("date-1904"),
        _in_1904,
        outcomes=(Change(total=390, tasks={"t12": 0.0}),),
        base="blood-full",
    ),
]

# --- saved by other programs

_APP = (
    f'{HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>WPS Office_12.1.0.19770_F1E327BC-269C-435d-A152-05C5408002CA</Application></Properties>"
)
_CUSTOM = (
    f'{HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="ICV"><vt:lpwstr>0F3A</vt:lpwstr></property>'
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="3" name="KSOProductBuildVer">'
    "<vt:lpwstr>2052-12.1.0.19770</vt:lpwstr></property></Properties>"
)
_CELL_IMAGES = (
    f'{HEAD}<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>'
)


def wps_parts(book: Book) -> Book:
    """The parts that WPS adds to what it saves."""
    book.parts["docProps/app.xml"] = _APP.encode()
    book.add_part(
        "docProps/custom.xml", _CUSTOM, "application/vnd.openxmlformats-officedocument.custom-properties+xml"
    )
    book.relate("_rels/.rels", "rId90", "custom-properties", "docProps/custom.xml")
    book.add_part("xl/cellimages.xml", _CELL_IMAGES, "application/vnd.wps-officedocument.cellimage+xml")
    book.put(
        "xl/_rels/cellimages.xml.rels",
        f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
    )
    book.relate(BOOK_RELS, "rId90", "http://www.wps.cn/officeDocument/2020/cellImage", "cellimages.xml")
    data = f'{HEAD}<woProps xmlns="https://web.wps.cn/et/2018/main"><woSheetsProps/></woProps>'
    book.parts["customXml/item1.xml"] = data.encode()
    book.relate(BOOK_RELS, "rId91", "customXml", "../customXml/item1.xml")
    book.add_part(
        "customXml/itemProps1.xml",
        f'{HEAD}<ds:datastoreItem ds:itemID="{{06C82605-B75B-4693-9329-32AAD527C692}}" '
        'xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml"><ds:schemaRefs/></ds:datastoreItem>',
        "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
    )
    return book.relate("customXml/_rels/item1.xml.rels", "rId1", "customXmlProps", "itemProps1.xml")


_EXTRA = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac xr etc" '
    'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" '
    'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" '
    'xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData" xr:uid="{00000000-0001-0000-0000-000000000000}"'
)


def _namespaces(book: Book) -> Book:
    for part in book.sheets():
        book.sub(part, "<worksheet ", f"<worksheet {_EXTRA} ")
        book.sub(part, "<row ", '<row x14ac:dyDescent="0.15" ', 0)
    alternate = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="x15"><x15ac:absPath url="C:\\上报\\" '
        'xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"/></mc:Choice></mc:AlternateContent>'
    )
    book.sub(WORKBOOK, "<workbookPr ?/>", lambda found: found[0] + alternate)
    return book.sub(
        WORKBOOK,
        "<workbook ",
        '<workbook xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" ',
    )


def rich_strings(book: Book) -> Book:
    """Shared strings with runs and phonetic guides among them, and a count that is wrong."""
    number = 0

    def one(item: re.Match[str]) -> str:
        nonlocal number
        number += 1
        text = item[1]
        if number % 7 != 3 or "&" in text:
            return f'<si><t xml:space="preserve">{text}</t></si>'
        half = len(text) // 2
        guide = '<rPh sb="0" eb="1"><t>pinyin</t></rPh><phoneticPr fontId="1" type="noConversion"/>'
        runs = "".join(f'<r><t xml:space="preserve">{piece}</t></r>' for piece in (text[:half], text[half:]))
        return f"<si>{runs}{guide}</si>"

    book.sub(TEXTS, r"<si><t[^>]*>([^<]*)</t></si>", one, 0)
    return book.sub(TEXTS, "<sst ", f'<sst count="9999" uniqueCount="{number}" ')


def inline_strings(book: Book) -> Book:
    """Every text stands in its cell."""
    texts = re.findall(r"<si><t[^>]*>([^<]*)</t></si>", book.text(TEXTS))

    def one(cell: re.Match[str]) -> str:
        return f'{cell[1]}t="inlineStr"{cell[2]}><is><t xml:space="preserve">{texts[int(cell[3])]}</t></is></c>'

    for part in book.sheets():
        book.sub(part, r'(<c r="[A-Z]+\d+"[^>]*?)t="s"([^>]*)><v>(\d+)</v></c>', one, 0)
    return book


def renumbered_styles(book: Book) -> Book:
    """Every cell format once more behind the others, and the cells use those, in the opposite order."""
    styles = book.text(STYLES)
    xfs = re.search(r'<cellXfs count="(\d+)">(.*?)</cellXfs>', styles, re.DOTALL)
    assert xfs
    count = int(xfs[1])
    every = re.findall(r"<xf [^>]*?/>|<xf .*?</xf>", xfs[2], re.DOTALL)
    assert len(every) == count
    made = f'<cellXfs count="{2 * count}">{xfs[2]}{"".join(reversed(every))}</cellXfs>'
    book.put(STYLES, styles.replace(xfs[0], made))
    for part in book.sheets():
        book.sub(part, r'(<c r="[A-Z]+\d+" s=")(\d+)"', lambda s: f'{s[1]}{2 * count - 1 - int(s[2])}"', 0)
    return book


def _wps(book: Book) -> Book:
    """All that WPS does at once."""
    _namespaces(renumbered_styles(rich_strings(wps_parts(book))))
    for part in book.sheets():
        book.put(part, re.sub(r"<dimension [^>]*/>", "", book.text(part)))
    return book


_SPREADSHEETML = re.compile(r"xl/(workbook|styles|sharedStrings|worksheets/[^/]*)\.xml")


def prefixed(book: Book) -> Book:
    """`x:` before every element, as the Open XML SDK writes."""
    for part in list(book.parts):
        if _SPREADSHEETML.fullmatch(part):
            text = re.sub(r"<(/?)(?=[A-Za-z])", r"<\1x:", book.text(part))
            book.put(part, text.replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"'))
    return book


_STRICT = {
    MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
    DOC_RELS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "http://schemas.openxmlformats.org/drawingml/2006/": "http://purl.oclc.org/ooxml/drawingml/",
    "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties": (
        "http://purl.oclc.org/ooxml/officeDocument/extendedProperties"
    ),
}


def strict(book: Book) -> Book:
    """The Strict variant of the format: other namespaces and other types of relationship."""
    for part in book.parts:
        if part != CONTENT_TYPES:
            text = book.text(part)
            for transitional, iso in _STRICT.items():
                text = text.replace(transitional, iso)
            book.put(part, text)
    return book.sub(WORKBOOK, r"<((?:x:)?workbook) ", r'<\1 conformance="strict" ')


def _comments(book: Book) -> Book:
    comment = '<comment ref="E10" authorId="0"><text><r><t>见附件</t></r></text></comment>'
    book.add_part(
        "xl/comments1.xml",
        f'{HEAD}<comments xmlns="{MAIN}"><authors><author>李四</author></authors><commentList>{comment}</commentList></comments>',
        "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml",
    )
    return book.relate(_rels(book, ENTRY), "rId95", "comments", "../comments1.xml")


def _rels(book: Book, sheet: str) -> str:
    folder, _, name = book.sheet(sheet).rpartition("/")
    return f"{folder}/_rels/{name}.rels"


OTHER_PROGRAMS = [
    Kind("wps-parts", "WPS's own parts: KSOProductBuildVer, cellimages, etCustomData", accept(), wps_parts),
    Kind("wps-namespaces", "further namespaces, xr:uid, alternate content", accept(), _namespaces),
    Kind("rich-strings", "shared strings have runs and phonetic guides", accept(), rich_strings),
    Kind("inline-strings", "every text stands in its cell", accept(), inline_strings),
    Kind("styles-renumbered", "every cell's format has another number", accept(), renumbered_styles),
    Kind("wps", "all that WPS does at once", accept(), _wps),
    Kind("prefixes", "every element has the prefix x:", accept(), prefixed),
    Kind("strict", "Strict Open XML", accept(), strict),
    Kind("strict-prefixes", "Strict Open XML with prefixes", accept(), lambda b: strict(prefixed(b))),
    Kind(
        "spans",
        "rows say which columns they span, and have a style",
        accept(),
        lambda b: [b.sub(part, r"<row ", '<row spans="1:12" s="1" customFormat="1" ', 0) for part in b.sheets()],
    ),
    Kind(
        "without-cell-names",
        "cells and rows do not say where they are, as the format allows",
        # To read them by their place is right; to refuse what no office program writes is safe.
        accept() | reject("damaged", "ambiguous"),
        lambda b: b.put(b.sheet(META), re.sub(r' r="[A-Z]*\d+"', "", b.text(b.sheet(META)))),
    ),
    Kind(
        "cdata",
        "numbers in CDATA sections",
        accept(),
        lambda b: b.on(ENTRY, r"<v>(\d+)</v>", r"<v><![CDATA[\1]]></v>", 0),
    ),
    Kind(
        "numbers-written-otherwise",
        "13 is written 1.3E1",
        accept(),
        lambda b: b.on(ENTRY, r"<v>13</v>", "<v>1.3E1</v>", 0),
    ),
    Kind("comments", "a comment on an input", accept(), _comments),
    Kind(
        "formula-spelling",
        "formulas are written with spaces and without quotes around names of sheets",
        accept(),
        lambda b: [
            b.sub(
                part,
                r"<f>(.*?)</f>",
                lambda f: "<f>" + re.sub(r"'([^'!]*)'!", r"\1!", f[1]).replace(",", ", ") + "</f>",
                0,
            )
            for part in (b.sheet(FORM), b.sheet(SUMMARY))
        ],
    ),
]

# --- foreign content

_BINARY = "application/vnd.openxmlformats-officedocument.oleObject"


def _external(book: Book, inner: str) -> Book:
    xml = f'{HEAD}<externalLink xmlns="{MAIN}" xmlns:r="{DOC_RELS}">{inner}</externalLink>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
    book.add_part("xl/externalLinks/externalLink1.xml", xml, kind)
    book.relate(
        "xl/externalLinks/_rels/externalLink1.xml.rels",
        "rId1",
        "externalLinkPath",
        "file:///127.0.0.1/x/b.xlsx",
        external=True,
    )
    book.relate(BOOK_RELS, "rId96", "externalLink", "externalLinks/externalLink1.xml")
    return book.sub(
        WORKBOOK,
        "</sheets>",
        '</sheets><externalReferences><externalReference r:id="rId96"/></externalReferences>',
    )


def _object(book: Book) -> Book:
    book.add_part("xl/embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0" + bytes(508), _BINARY)
    book.relate(_rels(book, ENTRY), "rId97", "oleObject", "../embeddings/oleObject1.bin")
    _with_relations(book)
    element = '<oleObjects><oleObject progId="Package" shapeId="1025" r:id="rId97"/></oleObjects>'
    return book.on(ENTRY, "</worksheet>", element + "</worksheet>")


def _macro(book: Book, content_type: bool = True) -> Book:
    book.add_part("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + bytes(508), "application/vnd.ms-office.vbaProject")
    book.relate(
        BOOK_RELS, "rId98", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin"
    )
    if content_type:
        kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
        book.sub(
            CONTENT_TYPES, r"application/vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet\.main\+xml", kind
        )
    return book


def _connection(book: Book) -> Book:
    connection = '<connection id="1" name="c" type="4" refreshedVersion="6" refreshOnLoad="1"><webPr url="http://127.0.0.1:9/"/></connection>'
    book.add_part(
        "xl/connections.xml",
        f'{HEAD}<connections xmlns="{MAIN}">{connection}</connections>',
        "application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml",
    )
    return book.relate(BOOK_RELS, "rId99", "connections", "connections.xml")


def _web_image(book: Book) -> Book:
    book.relate("xl/drawings/_rels/drawing1.xml.rels", "rId99", "image", "http://127.0.0.1:9/x.png", external=True)
    return book


def _with_relations(book: Book) -> Book:
    """The namespace of relationships declared on 数据填报."""
    part = book.sheet(ENTRY)
    return book.sub(part, "<worksheet [^>]*>", lambda tag: with_attributes(tag[0], {"xmlns:r": DOC_RELS}))


def _link(book: Book) -> Book:
    book.relate(_rels(book, ENTRY), "rId99", "hyperlink", "http://127.0.0.1:9/", external=True)
    _with_relations(book)
    return book.on(ENTRY, "</hyperlinks>", '<hyperlink ref="B5" r:id="rId99"/></hyperlinks>')


FOREIGN = [
    Kind(
        "external-link",
        "a link to another workbook",
        flag("foreign"),
        lambda b: _external(
            b, '<externalBook r:id="rId1"><sheetNames><sheetName val="S"/></sheetNames></externalBook>'
        ),
    ),
    Kind(
        "dde-link",
        "a link that calls another program",
        flag("foreign"),
        lambda b: _external(
            b, '<ddeLink ddeService="cmd" ddeTopic="/C calc"><ddeItems><ddeItem name="A0"/></ddeItems></ddeLink>'
        ),
    ),
    Kind("ole-object", "an embedded object", flag("foreign"), _object),
    Kind("macro", "a macro, as .xlsm renamed .xlsx", flag("foreign"), _macro),
    Kind("macro-unsaid", "a macro in a package that does not say so", flag("foreign"), lambda b: _macro(b, False)),
    Kind("connection", "a connection that is refreshed on opening", flag("foreign"), _connection),
    Kind("web-image", "a picture on a web server", flag("foreign"), _web_image),
    # Followed by nobody who does not click on it; Excel makes one of every address that is typed.
    Kind("hyperlink", "a cell linked to a web server", flag("foreign") | accept(), _link),
    Kind(
        "template-injection",
        "the workbook's settings lie on a web server",
        flag("foreign"),
        lambda b: b.relate(BOOK_RELS, "rId99", "attachedTemplate", "http://127.0.0.1:9/x.xltx", external=True),
    ),
]

# --- size


def _many_rows(book: Book) -> Book:
    rows = "".join(f'<row r="{row}" s="25" customFormat="1"/>' for row in range(300, 1_000_300))
    return book.on(ENTRY, "</sheetData>", lambda _: rows + "</sheetData>")


def _many_merges(book: Book) -> Book:
    return _merge(book, ENTRY, *(f"P{row}:Q{row}" for row in range(1, 100_001)))


def _many_styled(book: Book) -> Book:
    rows = "".join(
        f'<row r="{row}">' + "".join(f'<c r="{c}{row}" s="25"/>' for c in "ABCDEFGHIJ") + "</row>"
        for row in range(300, 60_300)
    )
    return book.on(ENTRY, "</sheetData>", lambda _: rows + "</sheetData>")


def _last_row(book: Book, cell: str) -> Book:
    return book.on(ENTRY, "</sheetData>", f'<row r="1048576"><c r="{cell}" s="25"/></row></sheetData>')


BIG = accept() | reject("too-large")
SIZE = [
    Kind("used-range", "the used range reaches to row 1048576", BIG, lambda b: _last_row(b, "A1048576"), heavy=True),
    Kind("far-cell", "a styled blank in XFD1048576", BIG, lambda b: _last_row(b, "XFD1048576"), heavy=True),
    Kind(
        "far-value",
        "a value in XFD1048576",
        flag("extra-content") | reject("too-large"),
        lambda b: b.on(ENTRY, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        heavy=True,
    ),
    Kind(
        "dimension-lies",
        "the sheet says that it is one cell",
        accept(),
        lambda b: b.on(ENTRY, '<dimension ref="[^"]*"', '<dimension ref="A1"'),
    ),
    Kind(
        "beyond-the-sheet",
        "a cell beyond the last row and column there are",
        reject("too-large", "damaged", "ambiguous"),
        lambda b: b.on(ENTRY, "</sheetData>", '<row r="1048577"><c r="XFE1048577"><v>1</v></c></row></sheetData>'),
    ),
    Kind("million-rows", "a million styled rows", BIG, _many_rows, heavy=True),
    Kind("many-styled", "600,000 styled blanks", BIG, _many_styled, heavy=True),
    Kind(
        "merge-everything",
        "a merge over the whole sheet",
        flag("merge-changed") | reject("too-large"),
        lambda b: _merge(b, ENTRY, "A1:XFD1048576"),
        heavy=True,
    ),
    Kind(
        "many-merges",
        "100,000 merges beside the table",
        flag("merge-changed") | reject("too-large"),
        _many_merges,
        heavy=True,
    ),
    Kind(
        "long-text",
        "a reason of 20 million characters",
        flag("invalid", "out-of-range") | reject("too-large", "damaged", "unsafe-package"),
        lambda b: b.words(f"{ENTRY}!E6", "长" * 20_000_000),
        outcomes=(unscored(292.91, "t01"),),
        heavy=True,
    ),
    Kind(
        "unique-count-lies",
        "the table of shared strings says that it holds four thousand million",
        accept() | reject("too-large", "unsafe-xml", "damaged", "ambiguous"),
        lambda b: rich_strings(b).sub("xl/sharedStrings.xml", 'uniqueCount="[0-9]+"', 'uniqueCount="4000000000"'),
        heavy=True,
    ),
]

KINDS = (
    *STRUCTURE,
    *HIDING,
    *MERGES,
    *PROTECTION,
    *NAMES,
    *IDENTITY,
    *OTHER_DATES,
    *OTHER_PROGRAMS,
    *FOREIGN,
    *SIZE,
)
