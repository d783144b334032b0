"""What checking came to in words: a verdict, and a finding in a line."""

from __future__ import annotations

from xl_kpi.findings import Finding, Verdict, either, verdict_word
from xl_kpi.outward import plain

MARKS = {"error": "×", "warning": "！", "info": "·"}


def sentence(found: Finding) -> str:
    """A finding's place and message, with nothing live in it."""
    return placed(found.sheet, found.cell, found.message)


def placed(sheet: str, cell: str, message: str) -> str:
    """A message with its place in front, with nothing live in it."""
    return plain(f"{sheet}!{cell}　{message}" if cell else message)


def outcome(file: str, verdict: Verdict) -> str:
    """The verdict of a file; of a unit that handed in none, that."""
    return verdict_word(verdict) if file else either("未交", "missing")
