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


class Told(Protocol):
    """Whatever can be put into words: a finding, or a part of one."""

    @property
    def code(self) -> str: ...
    @property
    def details(self) -> Mapping[str, Fact]: ...


def said(code: str, /, **details: Fact) -> Said:
    """A part of a sentence. The words for it are looked up when it is said."""
    return Said(code, details)


def say(told: Told, language: Language) -> str:
    """A finding or a part of a sentence in words. Raises KeyError for an unknown code and for a fact that is lacking."""
    sentence = sentences(language)[told.code]
    return sentence.format(**{name: _in_words(fact, language) for name, fact in told.details.items()})


def _in_words(fact: Fact, language: Language) -> str | int | float:
    if isinstance(fact, str | int | float):
        return fact
    if fact is None:
        return ""
    if isinstance(fact, Said):
        return say(fact, language)
    return sentences(language)["and"].join(str(_in_words(one, language)) for one in fact)


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """Every sentence of a language by code."""
    text = (Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


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
