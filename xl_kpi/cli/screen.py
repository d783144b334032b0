"""What commands print: data on stdout, progress and messages on stderr."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from xl_kpi import outward
from xl_kpi.findings import Finding
from xl_kpi.report.text import MARKS, sentence

CLEAN, FOUND, USAGE = 0, 1, 2  # exit codes

Item = TypeVar("Item")


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """The items with a progress bar on a terminal, and none in a pipe."""
    if not sys.stderr.isatty():
        return items
    from tqdm import tqdm  # not where nobody sees it

    bar: Iterable[Item] = tqdm(items, desc=what, total=total, file=sys.stderr, leave=False)
    return bar


def tell(findings: Iterable[Finding]) -> None:
    """Say findings on stderr, a line each."""
    for found in findings:
        tell_one(found)


def tell_one(found: Finding) -> None:
    """Say a finding on stderr."""
    say(sentence(found))


def say(text: str) -> None:
    """A line on stderr, with nothing live in it."""
    print(outward.plain(text), file=sys.stderr)


def marked(found: Finding) -> str:
    """A finding's line, with the mark of how grave it is."""
    return f"{MARKS[found.severity]} {sentence(found)}"


def print_json(objects: Iterable[Any]) -> None:
    """One object a line."""
    for item in objects:
        print(outward.json_line(item), flush=True)


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table in columns; a Chinese character is two wide."""
    lines = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print(
            "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)
