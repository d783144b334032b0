"""Whatever was done to a sheet, its remembered pieces say what it says as a whole: cell for cell, or the same refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
from at_random import spoilt
from mutations import KINDS

from xl_kpi.xlsx.book import sheet_parts
from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.strings import shared_strings
from xl_kpi.xlsx.worksheet import Worksheet, read_whole, read_worksheet

Read = Callable[[bytes, list[str]], Worksheet]
CHUNKS = 4
LIGHT = [kind for kind in KINDS if not kind.heavy]


def sheets(packages: Iterable[bytes]) -> Iterator[tuple[bytes, list[str]]]:
    """The XML of every sheet in some files, once, with the shared strings of the first that has it."""
    seen = set()
    for package in packages:
        try:
            parts = unpack(package)
            strings, names = shared_strings(parts), sheet_parts(parts).values()
        except Refused:
            continue
        for xml in {parts[name] for name in names} - seen:
            seen.add(xml)
            yield xml, strings


def differ(xml: bytes, strings: list[str]) -> bool:
    whole, *read = (outcome(read, xml, strings) for read in (read_whole, read_worksheet, read_worksheet))
    return any(found != whole for found in read)


def outcome(read: Read, xml: bytes, strings: list[str]) -> tuple[object, ...]:
    try:
        found = read(xml, strings)
    except Refused as refused:
        return refused.code, refused.why
    return found, list(found.cells), list(found.styles)  # dictionaries are equal in another order


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_sheets_tampered_with_and_honestly_edited_say_the_same_by_pieces(chunk: int) -> None:
    read = sheets(kind.content() for kind in LIGHT[chunk::CHUNKS])
    assert [xml[:2000] for xml, strings in read if differ(xml, strings)] == []


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_sheets_spoilt_at_random_say_the_same_by_pieces(chunk: int) -> None:
    read = sheets(spoilt(seed) for seed in range(chunk, 200, CHUNKS))
    assert [xml[:2000] for xml, strings in read if differ(xml, strings)] == []
