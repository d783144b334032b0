"""Every sentence that the product says, by its code, one file a language. Nothing else knows a language.

`zh.json` and `en.json` hold the same codes, with the same facts in braces (the syntax of str.format). The code of a
finding is a word, that of a part of a sentence has its room in front: "xlsx.too-many-cells".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, Union

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

Fact: TypeAlias = Union[str, int, float, "Said", Sequence["Fact"], None]
"""What a sentence takes: a text as it stands (a name, a quotation), a number, a part of a sentence, or several of these."""


@dataclass(frozen=True)
class Said:
    """A part of a sentence as a fact: why, what to do, what there is."""

    code: str
    details: Mapping[str, Fact]

    def __hash__(self) -> int:
        return hash((self.code, *self.details.items()))

    def __format__(self, spec: str) -> str:
        raise TypeError(f"{self!r} is no text: say() it, in a language")


class SaidError(ValueError):
    """What will not do, and why as a fact."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)  # in `args`, so that it survives the way back from a worker process
        self.why = why

    def __str__(self) -> str:
        """In Chinese, as the product speaks where nobody chose: what a traceback shows."""
        return say(self.why, "zh")


class Told(Protocol):
    """Whatever can be put into words: a finding, or a part of one."""

    @property
    def code(self) -> str: ...
    @property
    def details(self) -> Mapping[str, Fact]: ...


def said(code: str, /, **details: Fact) -> Said:
    """A part of a sentence. The words for it are looked up when it is said."""
    return Said(code, {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in details.items()})


def say(told: Told, language: Language) -> str:
    """A finding or a part of a sentence in words. Raises KeyError for an unknown code and for a fact that is lacking."""
    sentence = sentences(language)[told.code]
    return sentence.format(**{name: _worded(fact, language) for name, fact in told.details.items()})


def in_words(fact: Fact, language: Language) -> str:
    """A fact as it stands in a sentence."""
    return str(_worded(fact, language))


def _worded(fact: Fact, language: Language) -> str | int | float:
    if isinstance(fact, str | int | float):
        return fact
    if fact is None:
        return ""
    if isinstance(fact, Said):
        return say(fact, language)
    return sentences(language)["and"].join(in_words(one, language) for one in fact)


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """Every sentence of a language by code."""
    text = (Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def reason_of(error: Exception) -> Fact:
    """Why something failed: as a fact where the error has it, else what it says, in whatever language that is."""
    return error.why if isinstance(error, SaidError) else str(error)


# Facts as plain data, to be kept in a file


def packed(fact: Fact) -> object:
    """A fact as JSON has it."""
    if isinstance(fact, str | int | float | None):
        return fact
    if isinstance(fact, Said):
        return {"said": fact.code, "details": {name: packed(one) for name, one in fact.details.items()}}
    return [packed(one) for one in fact]


def unpacked(data: object) -> Fact:
    """The fact that was packed. Raises TypeError, KeyError or AttributeError for other data."""
    if isinstance(data, str | int | float | None):
        return data
    if isinstance(data, list):
        return tuple(unpacked(one) for one in data)
    if isinstance(data, dict):
        return Said(data["said"], {name: unpacked(one) for name, one in data["details"].items()})
    raise TypeError(data)
