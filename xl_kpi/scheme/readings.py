"""What an unclear text is taken to mean (口径): the choice is a key of the scheme, the same for every unit.

A value anywhere in a scheme may be written `{by_reading: {id: <reading>, <option>: value, …}}`, one value for each
option of that reading. Options are settled on the plain data, before it becomes a model: whatever is chosen, the scheme
is checked whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from xl_kpi.rules.parts import Id, Model
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


class Misread(SaidError):
    """A by_reading that is wrong: where it stands in the data, and why."""

    def __init__(self, place: tuple[str | int, ...], why: Said) -> None:
        self.place = place
        super().__init__(why)


def settled(data: Any, choices: Mapping[str, str]) -> Any:
    """A scheme's plain data with every by_reading settled: by the choices, else as the scheme's readings have chosen.

    Raises ValueError for a choice, a reading or an option there is none of.
    """
    if not isinstance(data, dict):
        return data
    readings = {
        entry["id"]: entry
        for entry in data.get("readings") or ()
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
    chosen = {name: choices.get(name, entry.get("chosen")) for name, entry in readings.items()}
    options = {name: frozenset(entry["alternatives"]) for name, entry in readings.items()}
    made = _settled(data, chosen, options, ())
    if choices:
        made["readings"] = [
            entry | {"chosen": chosen[entry["id"]]}
            if isinstance(entry, dict) and entry.get("id") in choices
            else entry
            for entry in made["readings"]
        ]
    return made


def _settled(
    data: Any, chosen: Mapping[str, Any], options: Mapping[str, frozenset[str]], path: tuple[str | int, ...]
) -> Any:
    if isinstance(data, dict):
        if data.keys() == {KEY}:
            return _settled(_choice(data[KEY], chosen, options, path), chosen, options, path)
        return {name: _settled(value, chosen, options, (*path, name)) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_settled(value, chosen, options, (*path, number)) for number, value in enumerate(data)]
    return data


def _choice(
    by: Any, chosen: Mapping[str, Any], options: Mapping[str, frozenset[str]], path: tuple[str | int, ...]
) -> Any:
    if not isinstance(by, dict) or by.get("id") not in chosen:
        known: Fact = tuple(chosen) or said("scheme.none-yet")
        raise Misread(path, said("scheme.by-reading-id", known=known))
    name = by["id"]
    given = by.keys() - {"id"}
    if given != options[name]:
        raise Misread(path, said("scheme.by-reading-options", id=name, options=sorted(options[name])))
    if chosen[name] not in by:
        raise Misread(path, said("scheme.by-reading-chosen", id=name, chosen=chosen[name]))
    return by[chosen[name]]
