"""What an unclear text is taken to mean (口径): the choice is a key of the scheme, the same for every unit.

A value anywhere in a scheme may be written `{by_reading: {id: <reading>, <option>: value, …}}`, one value for each
option of that reading. Options are settled on the plain data, before it becomes a model: whatever is chosen, the scheme
is checked whole. In a scheme as written such a value is a ByReading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from xl_kpi.rules.parts import Id, Model
from xl_kpi.rules.tree import Place, transform
from xl_kpi.words import Fact, Said, SaidError, said

KEY = "by_reading"


class Reading(Model):
    """A place where the text can be taken in more than one way: what is open, the words it rests on, and the choice."""

    id: Id
    text: str = Field(description="什么没有写明")
    ground: str = Field(default="", description="依据的原文词句，或为什么这样掌握")
    chosen: str = Field(description="采用的口径，alternatives 的键之一")
    alternatives: dict[str, str] = Field(min_length=2, description="各种口径，连同采用的一种；键供 by_reading 引用")

    @model_validator(mode="after")
    def _chosen_is_there(self) -> Reading:
        if self.chosen not in self.alternatives:
            raise SaidError(said("scheme.chosen-unknown", chosen=self.chosen, options=tuple(self.alternatives)))
        return self

    def others(self) -> list[str]:
        """The alternatives that were not chosen, in words."""
        return [text for option, text in self.alternatives.items() if option != self.chosen]

    def sentence(self) -> str:
        """The reading as officials see it."""
        ground = f"依据：{self.ground}。" if self.ground else ""
        other = "；".join(self.others())
        return f"{self.text}。采用的口径：{self.alternatives[self.chosen]}。{ground}另一种口径：{other}。"


class ByReading(Model):
    """A value for each option of a reading: what a scheme as written may hold in the place of any value."""

    id: str
    values: dict[str, Any]


class Misread(SaidError):
    """A by_reading that is wrong: where it stands in the data, and why."""

    def __init__(self, place: Place, why: Said) -> None:
        self.place = place
        super().__init__(why)


def is_open(data: Any) -> bool:
    """Whether plain data is a value for each option of a reading."""
    return isinstance(data, dict) and data.keys() == {KEY}


def settled(data: Any, choices: Mapping[str, str]) -> Any:
    """A scheme's plain data with every by_reading settled: by the choices, else as the scheme's readings have chosen.

    Raises ValueError for a choice, a reading or an option there is none of.
    """
    if not isinstance(data, dict):
        return data
    listed = data.get("readings")
    readings = {
        entry["id"]: entry
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict)
        and isinstance(entry.get("id"), str)
        and isinstance(entry.get("alternatives"), dict)
    }
    for name, option in choices.items():
        if name not in readings:
            raise SaidError(said("scheme.no-such-reading", id=name))
        if option not in readings[name]["alternatives"]:
            raise SaidError(
                said("scheme.no-such-option", id=name, option=option, options=tuple(readings[name]["alternatives"]))
            )
    readings = {name: entry | {"chosen": choices.get(name, entry.get("chosen"))} for name, entry in readings.items()}

    def choose(value: Any, place: Place) -> Any:
        if choices and place[:1] == ("readings",) and len(place) == 2 and isinstance(value, dict):
            value = readings.get(value.get("id"), value)
        while is_open(value):
            value = _choice(value[KEY], readings, place)
        return value

    return transform(data, choose)


def _choice(by: Any, readings: Mapping[str, Any], place: Place) -> Any:
    name = by.get("id") if isinstance(by, dict) else None
    if not isinstance(name, str) or name not in readings:
        known: Fact = tuple(readings) or said("scheme.none-yet")
        raise Misread(place, said("scheme.by-reading-id", known=known))
    options, chosen = readings[name]["alternatives"].keys(), readings[name]["chosen"]
    if by.keys() - {"id"} != options:
        raise Misread(place, said("scheme.by-reading-options", id=name, options=sorted(options)))
    if chosen not in by:
        raise Misread(place, said("scheme.by-reading-chosen", id=name, chosen=chosen))
    return by[chosen]
