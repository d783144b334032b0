"""XML before it is parsed: a DOCTYPE however it is written, another encoding, too deep or none at all."""

from __future__ import annotations

import pytest
from small_package import (
    DOCTYPES,
    code_of,
    everything,
    small,
)
from zips import zipped

from xl_kpi.xlsx import limits
from xl_kpi.xlsx.markup import parse_xml
from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.refused import Refused

pytestmark = pytest.mark.usefixtures("nothing_leaves_the_process")


def test_what_comes_in_at_the_limits_comes_in() -> None:
    deep = b"<a>" * (limits.MAX_DEPTH - 1) + b"</a>" * (limits.MAX_DEPTH - 1)
    xml = b"<workbook>" + deep + b"</workbook>"
    assert parse_xml(xml).tag == "workbook"
    with pytest.raises(Refused, match="嵌套"):
        parse_xml(b"<a>" + xml + b"</a>")


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "_rels/.rels", "xl/book.xml", "xl/sharedStrings.xml", "xl/a.xml"]
)
@pytest.mark.parametrize("name", DOCTYPES)
def test_a_doctype_is_refused_however_it_is_written_and_wherever_it_stands(name: str, part: str) -> None:
    assert code_of(lambda: unpack(zipped(small() | {part: DOCTYPES[name]}))) == "unsafe-xml"


@pytest.mark.parametrize("name", DOCTYPES)
def test_the_parser_of_small_parts_refuses_a_doctype_by_itself(name: str) -> None:
    assert code_of(lambda: parse_xml(DOCTYPES[name])) == "unsafe-xml"


def test_a_doctype_spoken_of_in_a_comment_or_a_text_is_none() -> None:
    xml = b'<?xml version="1.0"?><!-- <!DOCTYPE a> --><a>&lt;!DOCTYPE<![CDATA[<!DOCTYPE a>]]></a>'
    assert parse_xml(xml).text == "<!DOCTYPE<!DOCTYPE a>"


@pytest.mark.parametrize("part", ["[Content_Types].xml", "_rels/.rels", "xl/book.xml", "xl/_rels/book.xml.rels"])
@pytest.mark.parametrize("depth", [65, 200_000])
def test_xml_that_is_too_deep_is_refused(part: str, depth: int) -> None:
    deep = b"<a>" * depth + b"</a>" * depth
    assert code_of(lambda: everything(zipped(small() | {part: deep}))) == "unsafe-xml"


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "_rels/.rels", "xl/book.xml", "xl/_rels/book.xml.rels", "xl/sharedStrings.xml"]
)
@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"\x00\x01",
        b"<a/><a/>",
        "<a>\ud800</a>".encode("utf-8", "surrogatepass"),
        b"<a>&nbsp;</a>",
    ],
)
def test_a_part_that_is_no_xml_makes_the_file_damaged(part: str, xml: bytes) -> None:
    assert code_of(lambda: everything(zipped(small() | {part: xml}))) in ("damaged", "unsafe-xml")


def test_what_power_query_keeps_in_utf_16_does_not_make_a_workbook_unsafe() -> None:
    mashup = '<?xml version="1.0" encoding="utf-16"?><DataMashup/>'.encode("utf-16")
    content = zipped(small() | {"customXml/item1.xml": mashup, "xl/model/item.data": "<x/>".encode("utf-16")})
    assert everything(content)


def test_a_sheet_in_utf_16_is_refused_wherever_it_stands() -> None:
    parts = small() | {"customXml/item1.xml": "<worksheet/>".encode("utf-16")}
    parts["xl/_rels/book.xml.rels"] = parts["xl/_rels/book.xml.rels"].replace(b'"a.xml"', b'"../customXml/item1.xml"')
    del parts["xl/a.xml"]
    assert code_of(lambda: everything(zipped(parts))) == "unsafe-xml"
