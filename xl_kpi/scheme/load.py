"""Reading schemes: plain data to a scheme, and what is wrong with the frame of it. What its rules refer to and compute
is looked at where they become a program (`program/load.py`, by which schemes are loaded)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from xl_kpi.findings import Finding, SchemeError, finding
from xl_kpi.rules.parts import SETUP, Ask, Input, asks
from xl_kpi.scheme.faults import value_findings
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.readings import Misread, settled
from xl_kpi.scheme.resolve import with_references
from xl_kpi.scheme.written import Written
from xl_kpi.words import Fact, said


def nowhere(place: Sequence[str | int]) -> int:
    """The line of data that came from no file."""
    return 0


class Draft:
    """A scheme's plain data, which can be read under one choice of its readings and another; each is validated once.

    `file` is named in messages; `line_of` says on which of its lines a place of the data stands (0 for none).
    """

    def __init__(self, data: Any, file: str, line_of: Callable[[Sequence[str | int]], int] = nowhere) -> None:
        self.data, self.file, self.line_of = data, file, line_of
        self._chosen: set[tuple[str, str]] = set()  # what it chooses itself
        self._read: dict[frozenset[tuple[str, str]], Scheme] = {}

    def read(self, readings: Mapping[str, str] | None = None) -> Scheme:
        """The scheme, its references still by id. Raises SchemeError with every value that is wrong."""
        asked = frozenset((readings or {}).items() - self._chosen)
        if asked not in self._read:
            data = self.data
            try:
                data = settled(self.data, dict(asked))
                self._read[asked] = Scheme.model_validate(data)
            except (ValidationError, Misread) as error:
                raise SchemeError(*value_findings(error, data, self.file, self.line_of)) from None
            if not asked:
                self._chosen = {(reading.id, reading.chosen) for reading in self._read[asked].choices()}
        return self._read[asked]

    def scheme(self, readings: Mapping[str, str] | None = None) -> Scheme:
        """The scheme with what its references name, its level not settled. Raises SchemeError as `read` does."""
        return with_references(self.read(readings))

    def written(self) -> Written:
        """The scheme as written. Raises SchemeError for a value that is wrong under some choice of its readings."""
        return Written.of(self.data, self.read)


def json_schema() -> str:
    """The JSON Schema of scheme files, for editors; generated from the models."""
    schema = Scheme.model_json_schema()
    for name, model in schema["$defs"].items():
        if name != "Reading":
            for key, value in model.get("properties", {}).items():
                if "const" not in value:  # the type of a rule is not a matter of reading
                    model["properties"][key] = {"anyOf": [value, {"$ref": "#/$defs/ByReading"}]}
    schema["$defs"]["ByReading"] = _BY_READING
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


_BY_READING = {
    "description": "A value for each option of a reading (readings), by the reading's id.",
    "type": "object",
    "properties": {"by_reading": {"type": "object", "required": ["id"], "minProperties": 3}},
    "required": ["by_reading"],
    "additionalProperties": False,
}


def total_problems(scheme: Scheme) -> Iterator[Finding]:
    """Points that do not add up to what the group above them, or the scheme, declares."""
    parts: list[tuple[str, float, list[float | Ask]]] = [
        (scheme.title, scheme.points, [g.points for g in scheme.groups])
    ]
    for group in scheme.all_groups():
        below: list[float | Ask] = [*(g.points for g in group.groups), *(t.points for t in group.tasks)]
        parts.append((group.name, group.points, below))
    for where, declared, points in parts:
        known = round(sum(p for p in points if not isinstance(p, Ask)), 6)
        asked = any(isinstance(p, Ask) for p in points)
        if (known >= declared) if asked else (known != declared):
            yield finding("scheme-total", where=where, found=f"{known:g}", declared=f"{declared:g}")


def id_problems(scheme: Scheme) -> Iterator[Finding]:
    """Ids that name two things."""
    named: list[tuple[str, Fact]] = [(group.id, f"“{group.name}”") for group in scheme.all_groups()]
    named += [(task.id, scheme.called(task)) for task in scheme.tasks()]
    seen: dict[str, Fact] = {SETUP: said("scheme.bureau-numbers")}
    for name, where in named:
        if name in seen:
            yield finding("scheme-duplicate-id", where=where, id=name, other=seen[name])
        seen.setdefault(name, where)
    for task in scheme.tasks():
        yield from _disagreeing(task.declared(), scheme.called(task))
    yield from _disagreeing(asks(scheme), scheme.title)


def _disagreeing(declarations: Iterable[Input], where: Fact) -> Iterator[Finding]:
    """The same id may be declared twice only if it says the same."""
    declared: dict[str, Input] = {}
    for declaration in declarations:
        first = declared.setdefault(declaration.id, declaration)
        if first != declaration:
            other = said("scheme.other-input", label=first.label)
            if first.label == declaration.label:
                other = said("scheme.other-way")
            yield finding("scheme-duplicate-id", where=where, id=declaration.id, other=other)
