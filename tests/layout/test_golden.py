"""The small workbook against the one kept in golden/, part by part, as XML a person can read and diff.

golden/small.yaml is a made-up scheme with one of everything. Each part of its workbook is kept as normalised XML:
indented, attributes sorted, prefixes fixed, a cell a line with the text it shares written out, runs of blank rows that
look alike folded into one comment; the fingerprint is left out, because it changes with any field the model gains. When a change to the workbook is meant,
read the diff of golden/ after

    XL_KPI_GOLDEN=write python -m pytest tests/layout/test_golden.py

and commit it. The theme is that of Office, and docProps/app.xml says nothing: both are left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import ecma376
import pytest
from opened import MAIN, opened

GOLDEN = Path(__file__).parents[1] / "golden"
PARTS = {
    **{f"sheet{n}_{name}.xml": f"xl/worksheets/sheet{n}.xml" for n, name in enumerate(
        ("封面", "考核表", "数据填报", "汇总", "核对", "评分规则", "xl_kpi"), 1
    )},
    "workbook.xml": "xl/workbook.xml",
    "workbook.rels.xml": "xl/_rels/workbook.xml.rels",
    "styles.xml": "xl/styles.xml",
    "strings.xml": "xl/sharedStrings.xml",
    "chart.xml": "xl/charts/chart1.xml",
    "drawing.xml": "xl/drawings/drawing1.xml",
    "content_types.xml": "[Content_Types].xml",
    "core.xml": "docProps/core.xml",
}  # fmt: skip
ON_ONE_LINE = {"c", "font", "border", "xf", "fill", "si", "c:pt"}

pytestmark = pytest.mark.xdist_group("workbooks")


def normalised(part: bytes, strings: list[str]) -> str:
    """A part as indented XML, its attributes sorted, without namespace declarations and the fingerprint."""
    tree = ElementTree.fromstring(part)
    for cell in tree.iter(f"{MAIN}c"):
        value = cell.find(f"{MAIN}v")
        if cell.get("t") == "s" and value is not None and value.text:
            value.text = strings[int(value.text)]
    lines = [*_lines(tree, 0), ""]
    return re.sub(r"(?<=<[tv]>)[0-9a-f]{16}(?=</[tv]>)", "fingerprint", "\n".join(lines))


def _lines(element: ElementTree.Element, depth: int) -> Iterator[str]:
    name = ecma376.named(element.tag)
    pad = "  " * depth
    if name in ON_ONE_LINE or not len(element):
        yield pad + _one_line(element)
        return
    yield f"{pad}{_opening(element)}>"
    like, folded = "", 0
    for child in element:
        look = _blank_row(child)
        if look and look == like:
            folded += 1
            continue
        if folded:
            yield f"{pad}  <!-- {folded} more rows like this -->"
        like, folded = look, 0
        yield from _lines(child, depth + 1)
    if folded:
        yield f"{pad}  <!-- {folded} more rows like this -->"
    yield f"{pad}</{name}>"


def _blank_row(element: ElementTree.Element) -> str:
    """What a row without any value looks like; empty for everything else."""
    if ecma376.named(element.tag) != "row" or any(len(cell) for cell in element):
        return ""
    look = {name: value for name, value in element.attrib.items() if name != "r"}
    return str((look, [(re.sub(r"\d", "", cell.attrib["r"]), cell.get("s")) for cell in element]))


def _one_line(element: ElementTree.Element) -> str:
    inside = escape(element.text or "") + "".join(map(_one_line, element))
    return f"{_opening(element)}>{inside}</{ecma376.named(element.tag)}>" if inside else f"{_opening(element)}/>"


def _opening(element: ElementTree.Element) -> str:
    attributes = sorted((ecma376.named(name), value) for name, value in element.attrib.items())
    return f"<{ecma376.named(element.tag)}" + "".join(f" {name}={quoteattr(value)}" for name, value in attributes)


@pytest.mark.parametrize("kept", PARTS)
def test_the_small_workbook_is_as_it_was(kept: str) -> None:
    small = opened("small")
    found = normalised(small.parts[PARTS[kept]], small.strings)
    path = GOLDEN / kept
    if os.environ.get("XL_KPI_GOLDEN") == "write":
        path.write_text(found, encoding="utf-8", newline="\n")
    # Line by line, so that a failure shows the lines that changed.
    assert found.split("\n") == path.read_text(encoding="utf-8").split("\n")


def test_no_golden_part_is_left_over() -> None:
    assert {path.name for path in GOLDEN.glob("*.xml")} == set(PARTS)
