"""The language of whoever sits at this edge, of the command line or of the add-in: nothing below an edge knows one."""

from __future__ import annotations

from xl_kpi.words import Fact, Language, Told, said, say

_chosen: Language = "zh"


def choose(language: Language) -> None:
    """Speak it from here on; Chinese unless told."""
    global _chosen
    _chosen = language


def language() -> Language:
    """The language that was chosen."""
    return _chosen


def spoken(told: Told) -> str:
    """A finding, or a part of a sentence, in the language that was chosen."""
    return say(told, _chosen)


def worded(code: str, /, **facts: Fact) -> str:
    """The words of a code in the language that was chosen."""
    return spoken(said(code, **facts))
