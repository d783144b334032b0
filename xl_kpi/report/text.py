"""What checking came to in words: a verdict, and a finding in a line."""

from __future__ import annotations

from xl_kpi.findings import Finding, Verdict
from xl_kpi.outward import plain
from xl_kpi.report.language import spoken, worded
from xl_kpi.words import Said, said

MARKS = {"error": "×", "warning": "！", "info": "·"}


def sentence(found: Finding) -> str:
    """A finding's place and message, with nothing live in it."""
    return placed(found.sheet, found.cell, spoken(found))


def placed(sheet: str, cell: str, message: str) -> str:
    """A message with its place in front, with nothing live in it."""
    return plain(f"{sheet}!{cell}　{message}" if cell else message)


def outcome(file: str, verdict: Verdict) -> str:
    """The verdict of a file; of a unit that handed in none, that."""
    return worded(f"verdict.{verdict if file else 'missing'}")


def unusable(error: OSError) -> Said:
    """That a file cannot be read or written, and why: in words of ours where we know, else in the system's."""
    why = getattr(error, "why", None) or error.strerror
    return said("cli.os-error", file=str(error.filename or ""), why=why)
