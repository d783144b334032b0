"""The door by which files from outside come in: what comes in whole, what is refused, and what leads from part to part."""

from __future__ import annotations

import io
import pickle
import zipfile

import pytest
from effort import calls
from small_package import (
    DOCTYPES,
    SHEET,
    archive,
    code_of,
    content_types,
    entries,
    everything,
    relationships,
    shipped,
    small,
    workbook,
)
from zips import parts_of, zipped

from xl_kpi.xlsx import limits
from xl_kpi.xlsx.book import book
from xl_kpi.xlsx.package import related, unpack, unpack_on_demand
from xl_kpi.xlsx.refused import Refused

pytestmark = pytest.mark.usefixtures("nothing_leaves_the_process")


def test_a_workbook_written_by_hand_comes_in_whole() -> None:
    assert unpack(archive(entries())) == small() == unpack(zipped(small()))


def test_a_workbook_of_ours_comes_in_as_zipfile_reads_it() -> None:
    expected = parts_of(shipped())
    assert unpack(shipped()) == expected
    assert list(unpack(shipped())) == list(expected)


def test_folders_a_comment_and_sizes_that_follow_are_no_reason_to_refuse() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False  # zipfile then writes each entry's sizes behind it

        def tell(self) -> int:
            raise io.UnsupportedOperation

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        made.mkdir("xl")
        made.comment = "来自 WPS".encode()
        for name, content in small().items():
            made.writestr(name, content)
    assert unpack(pipe.getvalue()) == small()


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    ],
)
def test_templates_and_workbooks_with_macros_are_workbooks(kind: str) -> None:
    assert list(book(unpack(zipped(small() | {"[Content_Types].xml": content_types(("xl/book.xml", kind))}))).sheets)


def test_a_million_styled_rows_come_in_without_work_on_each() -> None:
    rows = "".join(f'<row r="{row}" s="3" customFormat="1" ht="15"/>' for row in range(1, limits.MAX_ROW + 1))
    content = zipped(small() | {"xl/a.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()})
    parts, count = calls(lambda: unpack(content))
    assert set(parts) == set(small())
    assert count < 10_000


@pytest.mark.parametrize(
    ("budget", "value"),
    [
        ("MAX_FILE_BYTES", 100),
        ("MAX_PARTS", 7),
        ("MAX_DIRECTORY_BYTES", 100),
        ("MAX_PART_BYTES", 100),
        ("MAX_BYTES_IN_ALL", 1000),
        ("MAX_XML_BYTES", 1000),
        ("MAX_MARKS", 20),
        ("MAX_TREE_BYTES", 100),
        ("MAX_TREE_MARKS", 5),
        ("MAX_SHEETS", 1),
        ("MAX_NAMES", 1),
        ("MAX_STRINGS", 0),
        ("MAX_TEXT", 1),
    ],
)
def test_over_each_budget_a_file_is_too_large(monkeypatch: pytest.MonkeyPatch, budget: str, value: int) -> None:
    names = "".join(f'<definedName name="n{n}">封面!$A$1</definedName>' for n in range(2))
    content = zipped(small() | {"xl/book.xml": workbook(f"<definedNames>{names}</definedNames>")})
    everything(content)
    monkeypatch.setattr(limits, budget, value)
    assert code_of(lambda: everything(content)) == "too-large"


def test_a_refusal_comes_back_from_a_worker_process() -> None:
    back = pickle.loads(pickle.dumps(Refused("damaged", "不完整")))
    assert (back.code, back.why, str(back), str(Refused("encrypted"))) == ("damaged", "不完整", "不完整", "encrypted")


def test_targets_resolve_against_the_folder_of_their_part() -> None:
    parts = {
        "xl/worksheets/_rels/s.xml.rels": relationships(
            ("a", "drawing", "../drawings/d.xml"), ("b", "comments", "/xl/c.xml"), ("c", "image", "../../../../d.png")
        ).replace(
            b"</R", b'<Relationship Id="d" Type="x/hyperlink" Target="http://a/../b" TargetMode="External"/></R'
        )
    }
    found = related(parts, "xl/worksheets/s.xml")
    assert {id: (relation.kind, relation.target, relation.external) for id, relation in found.items()} == {
        "a": ("drawing", "xl/drawings/d.xml", False),
        "b": ("comments", "xl/c.xml", False),
        "c": ("image", "d.png", False),
        "d": ("hyperlink", "http://a/../b", True),
    }
    assert related(parts, "xl/worksheets/t.xml") == {}


# On demand


def test_on_demand_the_parts_are_the_same() -> None:
    parts = unpack_on_demand(shipped())
    assert list(parts) == list(unpack(shipped()))
    assert dict(parts) == unpack(shipped())


def test_on_demand_a_part_is_refused_once_it_is_asked_for_and_the_others_are_read() -> None:
    parts = unpack_on_demand(archive(entries(crc=1)))
    assert (len(parts), "xl/a.xml" in parts, parts.get("xl/c.xml")) == (len(small()), True, None)
    for _ in range(2):
        assert {name: parts[name] for name in parts if name != "xl/a.xml"} | {"xl/a.xml": SHEET} == small()
        assert code_of(lambda: parts["xl/a.xml"]) == "damaged"


@pytest.mark.parametrize("name", DOCTYPES)
def test_on_demand_a_doctype_is_refused(name: str) -> None:
    parts = unpack_on_demand(zipped(small() | {"xl/a.xml": DOCTYPES[name]}))
    assert code_of(lambda: parts["xl/a.xml"]) == "unsafe-xml"


@pytest.mark.parametrize("budget", ["MAX_XML_BYTES", "MAX_MARKS"])
def test_on_demand_a_budget_of_all_holds_for_what_was_asked_for(monkeypatch: pytest.MonkeyPatch, budget: str) -> None:
    parts = unpack_on_demand(shipped())
    assert parts["xl/workbook.xml"]
    read = sum(len(parts[name]) for name in ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"))
    monkeypatch.setattr(limits, budget, read if budget == "MAX_XML_BYTES" else 100)
    assert code_of(lambda: parts["xl/styles.xml"]) == "too-large"
