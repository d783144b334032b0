"""The archive around a workbook: what is refused of it, by which code and at what cost; what stays when a part is replaced."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from effort import calls
from small_package import (
    SHEET,
    Entry,
    archive,
    code_of,
    entries,
    shipped,
    with_part,
)
from zips import zipped

from xl_kpi.xlsx.archive import CONTENT_TYPES, admitted, loose, pack, replace_parts, squeezed
from xl_kpi.xlsx.archive import with_part as archive_with_part
from xl_kpi.xlsx.package import unpack, unpack_on_demand
from xl_kpi.xlsx.refused import Refused

pytestmark = pytest.mark.usefixtures("nothing_leaves_the_process")


NOISE = random.Random(1).randbytes(400_000)  # as much as a ratio below the budget takes
ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a flat bomb": (lambda: with_part("xl/b.xml", bytes(60 << 20)), "unsafe-package"),
    "a bomb over the size of a part": (lambda: with_part("xl/b.xml", bytes(70 << 20)), "too-large"),
    "parts over the size of all": (
        lambda: archive([*entries(), *(Entry(b"xl/%d.bin" % n, NOISE, size=60 << 20) for n in range(3))]),
        "too-large",
    ),
    "a size below what inflates": (
        lambda: archive(entries(content=SHEET + bytes(50 << 20), size=len(SHEET))),
        "damaged",
    ),
    "a size above what inflates": (lambda: archive(entries(size=len(SHEET) + 1)), "damaged"),
    "a stored part of another size": (lambda: archive(entries(method=0, size=len(SHEET) - 1)), "damaged"),
    "a size above the budget": (lambda: archive(entries(size=0xFFFF_FFF0)), "too-large"),
    "a size in the header other than in the directory": (lambda: archive(entries(local_size=1)), "unsafe-package"),
    "a name in the header other than in the directory": (
        lambda: archive(entries(local_name=b"xl/c.xml")),
        "unsafe-package",
    ),
    "two names for one entry": (
        lambda: archive([*entries(), replace(entries()[0], name=b"xl/twin.xml", at=0)]),
        "unsafe-package",
    ),
    "an entry within another": (lambda: archive([*entries(), Entry(b"xl/twin.xml", at=40)]), "unsafe-package"),
    "an entry past the end": (lambda: archive(entries(at=1 << 30)), "unsafe-package"),
    "a gap between entries": (lambda: archive(entries(gap=b"PK\3\4hidden")), "unsafe-package"),
    "a gap before the directory": (lambda: archive(entries(), gap=b"hidden"), "unsafe-package"),
    "another directory in the comment": (lambda: archive(entries(), comment=archive(entries())), "unsafe-package"),
    "something after the end": (lambda: archive(entries()) + b"\0", "damaged"),
    "100,000 entries": (lambda: zipped({str(n): b"" for n in range(100_000)}), "too-large"),
    "60,000 entries": (lambda: zipped({str(n): b"" for n in range(60_000)}), "too-large"),
    "a part twice": (lambda: archive([*entries(), Entry(b"xl/a.xml", SHEET)]), "ambiguous"),
    "a part twice but for case": (lambda: with_part("XL/A.xml", SHEET), "ambiguous"),
    "a folder named as a part": (lambda: with_part("xl/a.xml/"), "ambiguous"),
    "an encrypted entry": (lambda: archive(entries(flags=0x801)), "encrypted"),
    "a strange compression": (lambda: archive(entries(method=12)), "unsafe-package"),
    "a wrong checksum": (lambda: archive(entries(crc=1)), "damaged"),
    "a deflated part that is none": (
        lambda: archive(entries(method=0)).replace(b"\0\0\0\0!\0", b"\x08\0\0\0!\0"),
        "damaged",
    ),
    "no entries": (lambda: zipped({}), "not-a-workbook"),
    "a zip in a zip in a zip": (
        lambda: zipped({"a.zip": zipped({"a.zip": zipped({"a": bytes(1 << 20)})})}),
        "not-a-workbook",
    ),
} | {
    f"a part named {name!r}": (lambda name=name: with_part(name), "unsafe-package")  # type: ignore[misc]
    for name in (
        *("../a.xml", "xl/../../a.xml", "..", ".", "xl/./a2.xml", "/etc/passwd", "//host/a", "xl//a2.xml"),
        *("xl\\a2.xml", "..\\a.xml", "C:a.xml", "c:/a.xml", "xl/a\0.xml", ""),
    )
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_with_this_is_refused_by_its_code_with_little_work_and_memory(name: str) -> None:
    make, code = ARCHIVES[name]
    content = make()
    tracemalloc.start()
    try:
        refused, count = calls(lambda: code_of(lambda: unpack(content)))
        assert refused == code
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 << 20
    assert count < MOST_CALLS


MOST_CALLS = 2000  # they take some hundreds

WITHIN = {
    *("a size below what inflates", "a size above what inflates", "a stored part of another size"),
    *("a wrong checksum", "a deflated part that is none"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_on_demand_only_what_is_wrong_within_a_part_waits_until_it_is_asked_for(name: str) -> None:
    make, code = ARCHIVES[name]
    content = make()
    if name in WITHIN:
        parts = unpack_on_demand(content)
        assert code_of(lambda: parts["xl/a.xml"]) == code
    else:
        assert code_of(lambda: unpack_on_demand(content)) == code


def test_a_bomb_within_a_part_is_never_unpacked() -> None:
    bomb = zipped({"zeros": bytes(200 << 20)})
    tracemalloc.start()
    try:
        assert unpack(with_part("xl/embeddings/bomb.zip", bomb))["xl/embeddings/bomb.zip"] == bomb
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_a_workbook_cut_off_anywhere_is_damaged() -> None:
    content = shipped()
    places = [*range(2, 40), *random.Random(1).sample(range(40, len(content)), 150), len(content) - 1]
    assert {code_of(lambda place=place: unpack(content[:place])) for place in places} == {"damaged"}  # type: ignore[misc]


def test_a_workbook_with_a_wrong_byte_is_refused_or_reads_the_same() -> None:
    content, expected, chance = shipped(), unpack(shipped()), random.Random(2)
    codes = set()
    for _ in range(400):
        spoilt = bytearray(content)
        spoilt[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        try:
            assert unpack(bytes(spoilt)) == expected
        except Refused as refused:
            codes.add(refused.code)
    assert "damaged" in codes
    assert codes <= {"damaged", "unsafe-package", "ambiguous", "not-a-workbook", "encrypted", "too-large"}


def test_replacing_a_part_leaves_the_others_and_the_package_as_they_are() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.comment = "来自 WPS".encode()
        for number, name in enumerate(["[Content_Types].xml", "xl/workbook.xml", "xl/图片.bin", "xl/a.xml"]):
            info = zipfile.ZipInfo(name, (2023, 5, 6, 7, 8, 10 + 2 * number))
            info.compress_type = zipfile.ZIP_STORED if number % 2 else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, f"{name} ".encode() * 100)
    original = buffer.getvalue()
    changed = replace_parts(original, {"xl/workbook.xml": b"new"})
    with zipfile.ZipFile(io.BytesIO(original)) as old, zipfile.ZipFile(io.BytesIO(changed)) as new:
        assert new.testzip() is None
        assert new.comment == old.comment
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            assert (after.filename, after.date_time, after.compress_type, after.external_attr) == (
                before.filename,
                before.date_time,
                before.compress_type,
                before.external_attr,
            )
            expected = b"new" if before.filename == "xl/workbook.xml" else old.read(before)
            assert new.read(after) == expected


@pytest.mark.parametrize(
    "contents",
    [
        [],
        [b""],
        [b"<a>", b"\xe7\x94\xb2", b"</a>"],
        [b"word " * 50_000, "名".encode() * 60_000, b"word " * 50_000],  # a loose piece over one block
        [NOISE, NOISE[:70_000], b""],
    ],
    ids=["nothing", "empty", "short", "long", "noise"],
)
def test_a_part_put_together_of_compressed_pieces_is_read_as_any_other(contents: list[bytes]) -> None:
    package = pack({CONTENT_TYPES: b"<Types/>", "甲.xml": b"<a/>"})
    pieces = [loose(content) if at % 2 else squeezed(content) for at, content in enumerate(contents)]
    made = archive_with_part(package, "xl/b.bin", pieces)
    assert made == archive_with_part(package, "xl/b.bin", pieces)
    with zipfile.ZipFile(io.BytesIO(made)) as found, zipfile.ZipFile(io.BytesIO(package)) as before:
        assert found.testzip() is None
        assert found.namelist() == [*before.namelist(), "xl/b.bin"]
        assert found.read("xl/b.bin") == b"".join(contents)
        one, other = found.infolist()[-1], before.infolist()[0]
        for said in ("date_time", "compress_type", "create_system", "create_version", "external_attr", "flag_bits"):
            assert getattr(one, said) == getattr(other, said), said
    looked_over = admitted(made)
    assert {name: looked_over.read(name) for name in looked_over.entries} == {
        CONTENT_TYPES: b"<Types/>",
        "甲.xml": b"<a/>",
        "xl/b.bin": b"".join(contents),
    }
