"""The report of a self-test: what was tried, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xl_kpi import __version__


@dataclass(frozen=True)
class Tried:
    """One thing tried: whether it passed (None: not tried), and the details."""

    name: str
    ok: bool | None
    details: str = ""


def report(tried: list[Tried]) -> str:
    """What was tried, as a text; where a path leads through somebody's home, that is left out."""
    marks = {True: "通过", False: "没有通过", None: "没有试"}
    lines = [f"xl_kpi {__version__} 自检报告　{summary(tried)}", ""]
    for each in tried:
        lines.append(f"[{marks[each.ok]}] {each.name}")
        lines += [f"    {line}" for line in each.details.splitlines()]
    return "\r\n".join(lines).replace(str(Path.home()), "~") + "\r\n"


def summary(tried: list[Tried]) -> str:
    """How many passed and how many did not."""
    counts = [sum(each.ok is ok for each in tried) for ok in (True, False, None)]
    return f"通过 {counts[0]} 项，没有通过 {counts[1]} 项，没有试 {counts[2]} 项"
