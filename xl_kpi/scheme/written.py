"""A scheme as its file says it: what the Excel form, comparisons, the next year and the fingerprint rest on.

A written scheme is one tree of the models of `model.py`, typed, with nothing settled: a reference is a Ref, a standard
may be a ByLevel, and wherever a value is open to a reading a ByReading stands in its place. The fields' annotations do
not mention that one: they say what holds once the readings are settled, which is all that rules and programs ever see.
So a written scheme is a type of its own, and nothing but the walk, the transform and this module looks into its tree.

What is written can be changed by typed values (`changed`), and dumped to exactly the values of a file; reading the dump
gives the scheme to work with, checked whole, as reading the file does. Where readings are concerned, plain data has the
first word (see `readings.py`), because only whole models can be validated: the values of other options are taken from
the scheme as it is under them, so each is typed as its place in it demands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from xl_kpi.rules.tree import Place, transform
from xl_kpi.scheme.readings import KEY, ByReading, Reading, is_open

Under = Callable[[Mapping[str, str]], BaseModel]


@dataclass(frozen=True)
class Written:
    """A scheme as written; equal to another that says the same."""

    tree: BaseModel

    @classmethod
    def of(cls, data: Any, under: Under) -> Written:
        """The scheme that plain data says, given what it is under any choice of its readings (references by id)."""
        return cls(_typed(data, (), {}, under))

    def dump(self) -> dict[str, Any]:
        """The plain data of the scheme's file, value for value: what it says and no more. Whole numbers are whole."""
        data: dict[str, Any] = plain(self.tree)
        return data

    def changed(self, change: Callable[[Any, Place], Any]) -> Written:
        """The scheme with values changed (see `transform`), such as its year; it is checked when it is next read."""
        return Written(transform(self.tree, change))

    def choosing(self, readings: Mapping[str, str]) -> Written:
        """The scheme with other options of its readings chosen, by reading id."""

        def choose(value: Any, _: Place) -> Any:
            if isinstance(value, Reading) and readings.get(value.id, value.chosen) != value.chosen:
                return value.model_copy(update={"chosen": readings[value.id]})
            return value

        return self.changed(choose)


def plain(value: Any) -> Any:
    """A typed value as a scheme file writes it; defaults that it does not write are left out."""
    if isinstance(value, ByReading):
        return {KEY: {"id": value.id} | {option: plain(of) for option, of in value.values.items()}}
    if isinstance(value, BaseModel):
        written = (name for name in type(value).model_fields if name in value.model_fields_set)
        return {name: plain(getattr(value, name)) for name in written}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if isinstance(value, str) else value


def _typed(data: Any, place: Place, choices: Mapping[str, str], under: Under) -> Any:
    """What plain data at a place is as a typed value, with a ByReading wherever the data is open to a reading."""
    if is_open(data):
        name = data[KEY]["id"]
        options = {option: value for option, value in data[KEY].items() if option != "id"}
        of = {o: _typed(value, place, {**choices, name: o}, under) for o, value in options.items()}
        return ByReading(id=name, values=of)
    value = _at(under(choices), place)
    if not _holds_open(data):
        return value
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    made = {name: _typed(item, (*place, name), choices, under) for name, item in inside if _holds_open(item)}
    if isinstance(value, BaseModel):
        return value.model_copy(update={str(name): item for name, item in made.items()})
    return value | made if isinstance(value, dict) else tuple(made.get(n, item) for n, item in enumerate(value))


def _holds_open(data: Any) -> bool:
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list | tuple) else ()
    return is_open(data) or any(map(_holds_open, inside))


def _at(value: Any, place: Place) -> Any:
    for part in place:
        value = getattr(value, str(part)) if isinstance(value, BaseModel) else value[part]
    return value
