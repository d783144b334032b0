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

from xl_kpi.workbook.cells import unescape
from xl_kpi.workbook.strings import shared_strings

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
