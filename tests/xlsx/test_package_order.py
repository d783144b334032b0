"""Every part of every workbook as ECMA-376 and Excel's limits want it.

Excel says "we found a problem with some content" and repairs, or drops, what is out of order or over a limit; WPS and
LibreOffice pass over it in silence. So nothing here asks xl_kpi: the grammar is `ecma376.py`, the limits are Excel's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from xml.etree import ElementTree

import ecma376
import pytest
from opened import MAIN, SHIPPED, XML, Cell, Opened, opened, square
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

pytestmark = [pytest.mark.xdist_group("workbooks"), pytest.mark.parametrize("workbook", SHIPPED)]

# What every engine reads alike.
FUNCTIONS = """
    IF AND OR NOT SUM SUMPRODUCT MIN MAX ROUND ROUNDDOWN COUNT COUNTA COUNTIF AVERAGE MEDIAN RANK INDEX MATCH IFERROR
    ISNUMBER ABS
"""
ALLOWED = frozenset(FUNCTIONS.split())
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|"
    r"xl/styles\.xml|xl/sharedStrings\.xml|xl/theme/theme1\.xml|xl/worksheets/sheet[1-7]\.xml|xl/worksheets/_rels/sheet4\.xml\.rels|"
    r"xl/drawings/drawing1\.xml|xl/drawings/_rels/drawing1\.xml\.rels|xl/charts/chart1\.xml"
)


def excel_length(text: str) -> int:
    """The length as Excel counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def formula_cells(book: Opened) -> Iterator[tuple[str, Cell]]:
    """Each formula cell with its sheet."""
    for sheet, cells in book.cells.items():
        yield from ((sheet, cell) for cell in cells.values() if cell.formula is not None)


@cache
def tokens(formula: str) -> list[Token]:
    """A formula's tokens, white space left out."""
    return [token for token in Tokenizer(f"={formula}").items if token.type != Token.WSPACE]


def merges(book: Opened, sheet: str) -> list[tuple[int, int, int, int]]:
    """The merged areas of a sheet."""
    return [square(item.attrib["ref"]) for item in book.sheet(sheet).iter(f"{MAIN}mergeCell")]


def areas(sqref: str) -> list[tuple[int, int, int, int]]:
    """The areas of an sqref."""
    return [square(area) for area in sqref.split()]


def overlapping(found: list[tuple[int, int, int, int]]) -> bool:
    """Whether any cell lies in two of the areas."""
    seen: set[tuple[int, int]] = set()
    for top, left, bottom, right in found:
        inside = {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
        if seen & inside:
            return True
        seen |= inside
    return False


# the package


def test_every_part_follows_the_order_and_attributes_of_the_standard(workbook: str) -> None:
    book = opened(workbook)
    wrong = []
    for part in book.parts:
        if part == "xl/theme/theme1.xml":
            continue  # the Office theme, as below
        grammar = ecma376.looked_up(ecma376.GRAMMARS, part)
        assert isinstance(grammar, dict), f"{part} is not described in ecma376.py"
        wrong += [f"{part}: {breach}" for breach in ecma376.breaches(book.tree(part), grammar)]
    assert sorted(set(wrong)) == []


def test_the_theme_is_the_office_theme_word_for_word(workbook: str) -> None:
    theme = ElementTree.canonicalize(opened(workbook).parts["xl/theme/theme1.xml"].decode())
    assert '<a:clrScheme name="Office">' in theme
    assert '<a:fontScheme name="Office">' in theme
    assert [child.tag.rpartition("}")[2] for child in ElementTree.fromstring(theme)] == [
        "themeElements",
        "objectDefaults",
        "extraClrSchemeLst",
    ]


def test_the_package_holds_the_parts_of_a_plain_workbook_and_nothing_else(workbook: str) -> None:
    book = opened(workbook)
    assert [name for name in book.entries if not PARTS.fullmatch(name)] == []
    assert len({name.lower() for name in book.entries}) == len(book.entries)


def test_every_part_declares_its_content_type(workbook: str) -> None:
    book = opened(workbook)
    types = book.tree("[Content_Types].xml")
    defaults = {item.attrib["Extension"]: item.attrib["ContentType"] for item in types if "Extension" in item.attrib}
    overrides = [(item.attrib["PartName"], item.attrib["ContentType"]) for item in types if "PartName" in item.attrib]
    assert len({name.lower() for name, _ in overrides}) == len(overrides)
    declared = {name.lstrip("/"): kind for name, kind in overrides}
    assert set(declared) <= set(book.parts)
    for part in book.parts:
        if part != "[Content_Types].xml":
            kind = declared.get(part, defaults.get(part.rpartition(".")[2]))
            assert kind == ecma376.looked_up(ecma376.CONTENT_TYPE, part), part


def test_every_relationship_resolves_and_every_part_is_reached(workbook: str) -> None:
    book = opened(workbook)
    reached, waiting = {"[Content_Types].xml"}, [""]
    while waiting:
        part = waiting.pop()
        found = book.relationships(part)
        if found:
            folder, _, name = part.rpartition("/")
            reached.add(f"{folder}/_rels/{name}.rels".lstrip("/"))
        for relationship in found.values():
            assert relationship.target in book.parts, f"{part} leads to {relationship.target}, which is not there"
            if relationship.target not in reached:
                reached.add(relationship.target)
                waiting.append(relationship.target)
        if part:
            asked = {
                value
                for element in book.tree(part).iter()
                for tag, value in element.attrib.items()
                if ecma376.named(tag) == "r:id"
            }
            assert asked <= set(found), f"{part} asks for {asked - set(found)}"
    assert reached == set(book.parts)


# sheets


def test_sheet_names_are_legal_and_unique(workbook: str) -> None:
    names = list(opened(workbook).sheets)
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 1 <= excel_length(name) <= 31
        assert not re.search(r"[\[\]:*?/\\]|^'|'$", name)


def test_rows_and_cells_ascend_and_the_dimension_covers_them(workbook: str) -> None:
    book = opened(workbook)
    for sheet in book.sheets:
        tree = book.sheet(sheet)
        rows = [int(row.attrib["r"]) for row in tree.iter(f"{MAIN}row")]
        assert rows == sorted(set(rows))
        corners = []
        for row in tree.iter(f"{MAIN}row"):
            places = [square(cell.attrib["r"])[:2] for cell in row]
            assert {r for r, _ in places} <= {int(row.attrib["r"])}
            assert [c for _, c in places] == sorted({c for _, c in places})
            corners += places
        dimension = next(tree.iter(f"{MAIN}dimension")).attrib["ref"]
        top, left, bottom, right = square(dimension)
        assert (top, left) == (min(r for r, _ in corners), min(c for _, c in corners)), sheet
        assert (bottom, right) == (max(r for r, _ in corners), max(c for _, c in corners)), sheet


def test_columns_and_rows_keep_to_excels_sizes(workbook: str) -> None:
    book = opened(workbook)
    for sheet in book.sheets:
        before = 0
        for column in book.sheet(sheet).iter(f"{MAIN}col"):
            first, last = int(column.attrib["min"]), int(column.attrib["max"])
            assert before < first <= last <= 16384, f"{sheet}: columns {first} to {last}"
            assert 0 < float(column.attrib["width"]) <= 255
            before = last
        for row in book.sheet(sheet).iter(f"{MAIN}row"):
            assert 0 < float(row.get("ht", "15")) <= 409, f"{sheet} row {row.attrib['r']}"
            assert "ht" not in row.attrib or row.get("customHeight") == "1"


def test_merged_ranges_do_not_overlap_and_hide_no_value(workbook: str) -> None:
    book = opened(workbook)
    for sheet, cells in book.cells.items():
        merged = merges(book, sheet)
        assert not overlapping(merged), sheet
        by_place = {square(name)[:2]: cell for name, cell in cells.items()}
        for top, left, bottom, right in merged:
            assert (top, left) != (bottom, right)
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    cell = by_place.get((row, column))
                    if cell is not None and (row, column) != (top, left):
                        assert cell.value is None, f"{sheet}!{cell.name} under a merge"
                        assert cell.formula is None, f"{sheet}!{cell.name} under a merge"


def test_texts_fit_a_cell_and_hold_nothing_xml_loses(workbook: str) -> None:
    book = opened(workbook)
    for sheet in book.sheets:
        for element in book.sheet(sheet).iter(f"{MAIN}t"):
            text = element.text or ""
            assert excel_length(text) <= 32767
            assert not CONTROL.search(text)
            if text != text.strip(" \t\n\r"):
                assert element.get(f"{XML}space") == "preserve", repr(text)


def test_every_index_into_the_styles_is_there(workbook: str) -> None:
    book = opened(workbook)
    styles = book.tree("xl/styles.xml")
    counts = {}
    for group in styles:
        name = group.tag.removeprefix(MAIN)
        counts[name] = len(group)
        assert group.get("count", str(len(group))) == str(len(group)), name
    assert {cell.style for cells in book.cells.values() for cell in cells.values()} <= set(range(counts["cellXfs"]))
    custom = {int(item.attrib["numFmtId"]) for item in styles.iter(f"{MAIN}numFmt")}
    assert all(number >= 164 for number in custom)
    for xf in styles.iter(f"{MAIN}xf"):
        assert int(xf.get("fontId", "0")) < counts["fonts"]
        assert int(xf.get("fillId", "0")) < counts["fills"]
        assert int(xf.get("borderId", "0")) < counts["borders"]
        number = int(xf.get("numFmtId", "0"))
        assert number in custom or number < 50
    looks = {int(rule.attrib["dxfId"]) for sheet in book.sheets for rule in book.sheet(sheet).iter(f"{MAIN}cfRule")}
    assert looks <= set(range(counts["dxfs"]))


def test_no_number_format_leaves_a_dangling_point_or_an_open_quote(workbook: str) -> None:
    for item in opened(workbook).tree("xl/styles.xml").iter(f"{MAIN}numFmt"):
        code = item.attrib["formatCode"]
        assert code.count('"') % 2 == 0, code
        # 0.## shows 5 as "5." in Excel.
        assert not re.search(r"\.[#?]", code), code
        assert excel_length(code) <= 255


# validations, conditional formats, names, links


def test_data_validations_keep_to_excels_limits(workbook: str) -> None:
    book = opened(workbook)
    for sheet in book.sheets:
        covered: list[tuple[int, int, int, int]] = []
        for group in book.sheet(sheet).iter(f"{MAIN}dataValidations"):
            assert group.get("count") == str(len(group))
        for item in book.sheet(sheet).iter(f"{MAIN}dataValidation"):
            at = f"{sheet}!{item.attrib['sqref']}"
            for name, limit in (("promptTitle", 32), ("prompt", 255), ("errorTitle", 32), ("error", 225)):
                assert 0 < excel_length(item.get(name, "")) <= limit, f"{at}: {name}"
            formulas = [element.text or "" for element in item]
            if item.get("type") == "list":
                assert len(formulas) == 1, at
                assert excel_length(formulas[0]) <= 255, at
                assert re.fullmatch(r'"[^"]+"', formulas[0]), at
                entries = formulas[0].strip('"').split(",")
                assert all(entry and entry == entry.strip() for entry in entries), at
                assert len({entry.casefold() for entry in entries}) == len(entries), at
                assert item.get("showDropDown", "0") == "0", f"{at}: the arrow is hidden"
            elif item.get("type") == "custom":  # a rate that also takes “无”
                assert len(formulas) == 1, at
                assert excel_length(formulas[0]) <= 255, at
                assert "无" in formulas[0], at
            else:
                assert len(formulas) == 2, at
                low, high = map(float, formulas)
                assert low <= high, at
            covered += areas(item.attrib["sqref"])
        assert not overlapping(covered), f"{sheet}: two validations on one cell"


def test_conditional_formats_are_well_formed(workbook: str) -> None:
    book = opened(workbook)
    for sheet, cells in book.cells.items():
        priorities = [int(rule.attrib["priority"]) for rule in book.sheet(sheet).iter(f"{MAIN}cfRule")]
        assert len(set(priorities)) == len(priorities)
        for group in book.sheet(sheet).iter(f"{MAIN}conditionalFormatting"):
            (area,) = areas(group.attrib["sqref"])
            top, left, bottom, right = area
            assert any(top <= square(n)[0] <= bottom and left <= square(n)[1] <= right for n in cells)
            for rule in group:
                (formula,) = rule
                text = formula.text or ""
                assert text
                assert not text.startswith("="), text
                found = tokens(text)
                assert sum(t.subtype == Token.OPEN for t in found) == sum(t.subtype == Token.CLOSE for t in found)
                assert {t.value.rstrip("(") for t in found if t.type == Token.FUNC and t.subtype == Token.OPEN} <= {
                    "AND",
                    "OR",
                    "NOT",
                    "COUNTIF",
                    "LEN",
                    "ROW",
                }
                references = [t.value for t in found if t.subtype == Token.RANGE]
                assert references, text
                if references == ["marked_rows"]:  # a name: it may lead to another sheet
                    continue
                # Relative to the first cell of the area: its row, so that no rule looks a row up or down.
                for reference in references:
                    assert "!" not in reference, text
                    assert square(reference)[0] == top, f"{sheet}: {text} on {group.attrib['sqref']}"


def test_defined_names_are_legal_unique_and_lead_to_cells(workbook: str) -> None:
    book = opened(workbook)
    seen = set()
    for item in book.tree("xl/workbook.xml").iter(f"{MAIN}definedName"):
        name, scope = item.attrib["name"], item.get("localSheetId")
        assert (name.casefold(), scope) not in seen, f"{name} stands twice"
        seen.add((name.casefold(), scope))
        if scope is not None:
            assert name in ("_xlnm.Print_Titles", "_xlnm.Print_Area", "_xlnm._FilterDatabase")
            assert int(scope) < len(book.sheets)
            continue
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,254}", name), name
        assert not re.fullmatch(r"(?i)[A-Z]{1,3}\d+|R\d*C\d*|[RC]", name), f"{name} reads as a cell"
        found = re.fullmatch(r"'([^']+)'!\$([A-Z]+)\$(\d+)(?::\$\2\$\d+)?", item.text or "")
        assert found, f"{name} refers to {item.text}"
        assert f"{found[2]}{found[3]}" in book.cells[found[1]], f"{name} refers to {item.text}"


def test_every_hyperlink_leads_to_a_cell_of_the_workbook(workbook: str) -> None:
    book = opened(workbook)
    count = 0
    for sheet in book.sheets:
        links = [item.attrib for item in book.sheet(sheet).iter(f"{MAIN}hyperlink")]
        assert len({link["ref"] for link in links}) == len(links)
        for link in links:
            found = re.fullmatch(r"'([^']+)'!([A-Z]+\d+)", link["location"])
            assert found, link
            assert found[2] in book.cells[found[1]], link
            assert book.cells[sheet][link["ref"]].value, f"{sheet}!{link['ref']} has nothing to click on"
            assert excel_length(link.get("tooltip", "")) <= 255
            count += 1
    assert count > 0


# formulas


def test_every_formula_cell_has_a_cached_value_of_its_type(workbook: str) -> None:
    for sheet, cell in formula_cells(opened(workbook)):
        assert cell.value is not None, f"{sheet}!{cell.name}"
        assert cell.kind in ("n", "str"), f"{sheet}!{cell.name}: {cell.kind}"
        if cell.kind == "n":
            float(cell.value)


def test_formulas_use_the_allow_list_and_nothing_else(workbook: str) -> None:
    for sheet, cell in formula_cells(opened(workbook)):
        at = f"{sheet}!{cell.name}"
        assert cell.formula
        assert excel_length(cell.formula) <= 8192, at
        assert "{" not in cell.formula, f"{at}: an array constant"
        depth = deepest = 0
        for token in tokens(cell.formula):
            if token.type == Token.FUNC and token.subtype == Token.OPEN:
                assert token.value.rstrip("(") in ALLOWED, f"{at}: {token.value}"
            depth += {Token.OPEN: 1, Token.CLOSE: -1}.get(token.subtype, 0)
            deepest = max(deepest, depth)
            assert token.type != Token.ARRAY, at
            assert token.type != Token.OP_POST, f"{at}: a percent sign"
            assert token.subtype not in (Token.LOGICAL, Token.ERROR), f"{at}: {token.value}"
            assert not (token.type == Token.OP_IN and token.value in (" ", ",")), f"{at}: a union or intersection"
        assert depth == 0, at
        assert deepest <= 64, at
        assert "--" not in cell.formula, at


def references(book: Opened) -> Iterator[tuple[str, str, str]]:
    """Each reference of each formula: the cell it stands in, the sheet and the area it refers to."""
    for sheet, cell in formula_cells(book):
        for token in tokens(cell.formula or ""):
            if token.subtype == Token.RANGE:
                quoted, _, area = token.value.rpartition("!")
                yield f"{sheet}!{cell.name}", quoted.strip("'") or sheet, area


def test_references_are_bounded_and_end_at_cells_that_are_there(workbook: str) -> None:
    book = opened(workbook)
    for at, sheet, area in references(book):
        assert re.fullmatch(r"\$?[A-Z]{1,3}\$?\d+(:\$?[A-Z]{1,3}\$?\d+)?", area), f"{at}: {area}"
        for corner in area.replace("$", "").split(":"):
            assert corner in book.cells[sheet], f"{at} refers to {sheet}!{corner}, where nothing is"
        top, left, bottom, right = square(area)
        assert (bottom - top + 1) * (right - left + 1) <= 5000, f"{at}: {area}"


def test_no_formula_depends_on_itself(workbook: str) -> None:
    book = opened(workbook)
    formulas = {f"{sheet}!{cell.name}" for sheet, cell in formula_cells(book)}
    by_column: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for place in formulas:
        sheet, _, name = place.partition("!")
        row, column = square(name)[:2]
        by_column.setdefault((sheet, column), []).append((row, place))
    needs: dict[str, set[str]] = {place: set() for place in formulas}
    for at, sheet, area in references(book):
        top, left, bottom, right = square(area)
        for column in range(left, right + 1):
            needs[at] |= {place for row, place in by_column.get((sheet, column), []) if top <= row <= bottom}
    while free := {place for place, waiting in needs.items() if not waiting}:
        needs = {place: waiting - free for place, waiting in needs.items() if place not in free}
    assert sorted(needs)[:5] == []
