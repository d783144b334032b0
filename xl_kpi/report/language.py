"""The language of whoever sits at this edge, of the command line or of the add-in: nothing below an edge knows one."""

from __future__ import annotations

from xl_kpi import findings
from xl_kpi.words import Fact, Language, Told, said, say


def choose(language: Language) -> None:
    """Speak it from here on; Chinese unless told."""
    findings.speak(language)


def language() -> Language:
    """The language that was chosen."""
    return findings._language


def spoken(told: Told) -> str:
    """A finding, or a part of a sentence, in the language that was chosen."""
    return say(told, findings._language)


def worded(code: str, /, **facts: Fact) -> str:
    """The words of a code in the language that was chosen."""
    return spoken(said(code, **facts))
