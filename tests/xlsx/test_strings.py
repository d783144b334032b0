"""Shared strings: their runs, escapes, namespaces and limits."""

from __future__ import annotations

import tracemalloc

import pytest
from small_package import (
    DOCTYPES,
    MAIN,
    code_of,
    rels,
    small,
)

from xl_kpi.xlsx.cells import unescape
from xl_kpi.xlsx.strings import StringTable, shared_strings

pytestmark = pytest.mark.usefixtures("nothing_leaves_the_process")


def strings(inside: str, attributes: str = "", prefix: str = "") -> list[str]:
    space = f'xmlns:{prefix.rstrip(":")}="{MAIN}"' if prefix else f'xmlns="{MAIN}"'
    xml = f"<{prefix}sst {space} {attributes}>{inside}</{prefix}sst>".encode()
    return shared_strings(small() | {"xl/sharedStrings.xml": xml})


def test_shared_strings_join_their_runs_and_leave_phonetic_guides_out() -> None:
    assert strings(
        "<si><t>总分</t></si>\n<si/><si><t/></si><si><t xml:space='preserve'> a\r\nb </t></si>"
        "<si><r><rPr><b/></rPr><t>甲</t></r>\n<r><t>乙</t></r></si>"
        "<si><t>課</t><rPh sb='0' eb='1'><t>か</t></rPh><phoneticPr/></si>"
        "<si><t>&lt;&amp;&#x1F600;<![CDATA[<b>]]><!-- no -->!</t></si>"
        "<extLst><si><t>no</t></si></extLst>"
    ) == ["总分", "", "", " a\nb ", "甲乙", "課", "<&😀<b>!"]


def test_texts_of_another_namespace_are_none() -> None:
    assert strings("<si><t>a</t><t xmlns='urn:x'>b</t><r xmlns='urn:x'><t>c</t></r></si><si xmlns='urn:x'/>") == ["a"]


def test_a_prefix_of_the_shared_strings_does_not_matter() -> None:
    assert strings("<x:si><x:t>a</x:t></x:si>", prefix="x:") == ["a"]


def test_the_count_that_shared_strings_claim_is_not_believed() -> None:
    tracemalloc.start()
    try:
        assert strings("<si><t>a</t></si>", 'count="999999999999" uniqueCount="4294967295"') == ["a"]
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_workbook_without_shared_strings_has_none_and_one_that_lost_them_is_damaged() -> None:
    assert shared_strings(small() | rels("sharedStrings", "other")) == []
    parts = small()
    del parts["xl/sharedStrings.xml"]
    assert code_of(lambda: shared_strings(parts)) == "damaged"


# By hand from ECMA-376 part 1, 22.4.2.4 (bstr)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a_x000D_b", "a\rb"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x005f__x0041_", "_A"),
        ("_x41_ _x00412_ _X0041_ x0041_ _x004G_", "_x41_ _x00412_ _X0041_ x0041_ _x004G_"),
        ("_xD83D__xDE00_", "😀"),
        ("_xD83D_", "\ufffd"),
        ("汇_x", "汇_x"),
    ],
)
def test_escapes_in_texts_are_read_as_excel_reads_them(written: str, meant: str) -> None:
    assert unescape(written) == meant
    assert strings(f"<si><t>{written}</t></si>") == [meant]


@pytest.mark.parametrize("name", [name for name in DOCTYPES if not name.startswith(("UTF", "EBC"))])
def test_the_reader_of_shared_strings_refuses_a_doctype_by_itself(name: str) -> None:
    parts = small() | {"xl/sharedStrings.xml": DOCTYPES[name]}
    assert code_of(lambda: shared_strings(parts)) == "unsafe-xml"


@pytest.mark.parametrize("depth", [65, 200_000])
def test_shared_strings_that_are_too_deep_are_refused(depth: int) -> None:
    parts = small() | {"xl/sharedStrings.xml": b"<sst>" + b"<si>" * depth + b"</si>" * depth + b"</sst>"}
    assert code_of(lambda: shared_strings(parts)) == "unsafe-xml"


# appending


def appended(xml: str, *texts: str) -> tuple[list[int], str]:
    """The numbers that texts get in a table, and the table afterwards."""
    found = StringTable.of_file(small() | {"xl/sharedStrings.xml": xml.encode()})
    assert found is not None
    name, table = found
    assert name == "xl/sharedStrings.xml"
    return [table.index(text) for text in texts], table.part().decode()


@pytest.mark.parametrize(
    ("before", "behind", "item"),
    [
        (f'<sst xmlns="{MAIN}"><si><t>是</t></si>', "</sst>", "<si><t>{}</t></si>"),
        # A count there may be stays as it is: no program goes by it.
        (
            f'<sst xmlns="{MAIN}" count="9" uniqueCount="1">\n<si><t>是</t></si>',
            "\n</sst >\r\n",
            "<si><t>{}</t></si>",
        ),
        (f'<x:sst xmlns:x="{MAIN}"><x:si><x:t>是</x:t></x:si>', "</x:sst>", "<x:si><x:t>{}</x:t></x:si>"),
        (f'<sst xmlns="{MAIN}"><si><r><rPr><b/></rPr><t>是</t></r></si>', "</sst>", "<si><t>{}</t></si>"),
    ],
)
def test_a_text_that_is_new_is_appended_and_nothing_else_changes(before: str, behind: str, item: str) -> None:
    numbers, table = appended(before + behind, "新", "是", "又", "新")
    assert numbers == [1, 0, 2, 1]
    added = item.format("新") + item.format("又")
    space = len(behind) - len(behind.lstrip())
    assert table == before + behind[:space] + added + behind[space:]
    assert shared_strings(small() | {"xl/sharedStrings.xml": table.encode()}) == ["是", "新", "又"]


def test_a_table_to_which_nothing_new_is_typed_stays_as_it_is() -> None:
    xml = f'<sst xmlns="{MAIN}"><si><t>a</t></si><si><t>a</t></si><si/></sst>'
    assert appended(xml, "a", "") == ([0, 2], xml)


@pytest.mark.parametrize("text", [" a ", "a\nb", "\r", "<&>\"'", "_x000D_", "\x01", "😀", "　全角　", ""])
def test_what_is_appended_is_read_as_it_was_typed(text: str) -> None:
    (number,), table = appended(f'<sst xmlns="{MAIN}"><si><t>a</t></si></sst>', text)
    assert shared_strings(small() | {"xl/sharedStrings.xml": table.encode()})[number] == text


@pytest.mark.parametrize(
    "xml",
    [
        f'<sst xmlns="{MAIN}"/>',
        f'<sst xmlns="{MAIN}"><si><t>a</t></si><extLst/></sst>',
        f'<sst xmlns="{MAIN}"><si><t>a</t></si></sst><!-- 备注 -->',
    ],
)
def test_a_table_without_a_plain_end_is_left_alone(xml: str) -> None:
    assert StringTable.of_file(small() | {"xl/sharedStrings.xml": xml.encode()}) is None


def test_a_workbook_without_a_table_has_none_to_append_to() -> None:
    assert StringTable.of_file(small() | rels("sharedStrings", "other")) is None
