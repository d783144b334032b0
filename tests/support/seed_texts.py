"""The five source documents as the tests read them: a parser of their own, so that no scheme is its own witness.

`tests/seeds/` holds the documents byte for byte. In the first four the statutory table is plain text: a line that
begins with a tab begins a cell, lines without one go on with it, and a cell of a merged group is blank after its first
row. The fifth is the text of slides, without a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "seeds"

# Scheme id to source document.
SEED_OF = {
    "zaozhuang-cdc-2022": "000_a3837cc822eef8eb.txt",
    "zaozhuang-blood-2022": "001_d07873c4c1e1d447.txt",
    "zaozhuang-hospital-2022": "002_b1816e7c27ea88ea.txt",
    "zhangping-health-2019": "003_2b56145e1ad8d9ff.txt",
    "cdc-emergency": "004_2e197957291764c5.simplified.txt",
}
ZAOZHUANG = ("zaozhuang-cdc-2022", "zaozhuang-blood-2022", "zaozhuang-hospital-2022")
ZHANGPING = "zhangping-health-2019"
EMERGENCY = "cdc-emergency"
TABLED = (*ZAOZHUANG, ZHANGPING)

_REMARK = "［评分标准］"  # 漳平's table ends with it, in one cell across all columns


@dataclass(frozen=True)
class Row:
    """One line of the table: the groups it stands under, then its own cells, with no space at either end."""

    groups: tuple[str, ...]
    number: str
    name: str
    target: str
    points: str
    extra: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table: its column titles, its rows in order, and the lines of the remark below it."""

    titles: tuple[str, ...]
    rows: tuple[Row, ...]
    remark: tuple[str, ...] = ()


@cache
def text_of(scheme: str) -> str:
    """The source document of a scheme."""
    return (SEEDS / SEED_OF[scheme]).read_text(encoding="utf-8")


@cache
def table_of(scheme: str) -> Table:
    """The statutory table in the source document of a scheme."""
    text = text_of(scheme)
    if scheme == ZHANGPING:
        return _zhangping(_cells(text[text.index("\t序号\n") :]))
    return _zaozhuang(_cells(text[text.index("\t一级指标\n") :]))


def _cells(table: str) -> list[str]:
    """Every cell from the first of the table on, stripped at both ends."""
    # The last line is what is left of the mark that ends the table: a space, and in one document a bracket.
    body, _, mark = table.rstrip("\n").rpartition("\n")
    assert mark.strip() in ("", ")"), mark
    before, *cells = re.split(r"(?m)^\t", body)
    assert not before, before
    return [cell.strip() for cell in cells]


def _rows(cells: list[str], width: int) -> list[list[str]]:
    assert len(cells) % width == 0, f"{len(cells)} cells do not make rows of {width}"
    return [cells[at : at + width] for at in range(0, len(cells), width)]


def _joined(cell: str) -> str:
    """A cell whose words a narrow column has broken into lines."""
    return re.sub(r"\s+", "", cell)


def _zaozhuang(cells: list[str]) -> Table:
    titles, *rows = _rows(cells, 5)
    found: list[Row] = []
    groups = ["", ""]
    for *above, name, target, points in rows:
        groups = [_joined(new) or old for new, old in zip(above, groups, strict=True)]
        found.append(Row(tuple(groups), "", name, target, points, {}))
    return Table(tuple(titles), tuple(found))


def _zhangping(cells: list[str]) -> Table:
    end = next(at for at, cell in enumerate(cells) if cell.startswith(_REMARK))
    titles, *rows = _rows(cells[:end], 8)
    titles = [_joined(title) for title in titles]
    found: list[Row] = []
    groups = ["", ""]
    for number, category, first, name, points, *people in rows:
        if number == titles[0]:
            continue  # the header, repeated on every page
        # A page begins with its groups again, so a group may be named twice in a row.
        groups = [_joined(category) or groups[0], _joined(first) or groups[1]]
        # One name a line, with blank lines between them in some rows.
        names = ["\n".join(filter(None, cell.split("\n"))) for cell in people]
        extra = dict(zip(titles[5:], names, strict=True))
        found.append(Row(tuple(groups), number, name, "", points, extra))
    (remark,) = cells[end:]
    return Table(tuple(titles), tuple(found), tuple(remark.split("\n")))
