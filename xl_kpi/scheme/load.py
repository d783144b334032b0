"""Loading schemes from YAML: every problem is collected, and names file, path, value and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xl_kpi.findings import Finding, SchemeError, finding
from xl_kpi.program.build import Program
from xl_kpi.rules.parts import SETUP, Ask, Input, Level, asks
from xl_kpi.scheme.faults import value_findings
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.yaml_text import read_yaml
from xl_kpi.shipped import TEMPLATES, names
from xl_kpi.words import Fact, reason_of, said


def load(scheme: str, level: Level | None = None) -> Scheme:
    """A scheme by name or by the path of its .yaml, settled for a level where it has levels and one is given.

    Raises SchemeError with every problem found: unreadable, a wrong value, totals that do not tie, ids that clash.
    """
    path = Path(scheme) if scheme.endswith((".yaml", ".yml")) else TEMPLATES / f"{scheme}.yaml"
    if not path.is_file():
        raise SchemeError(finding("scheme-unknown", name=scheme, known=tuple(names())))
    loaded = _loaded(path, path.stat().st_mtime_ns)
    return settle(loaded, level) if level is not None else loaded


@lru_cache(maxsize=32)
def _loaded(path: Path, changed: int) -> Scheme:
    """The scheme in a file as of its time of change: a batch asks for the same one again and again."""
    document = read_yaml(path)
    return parse(document.data, path.name, document.line)


def _nowhere(place: Sequence[str | int]) -> int:
    """The line of data that came from no file."""
    return 0


def parse(data: Any, file: str, line_of: Callable[[Sequence[str | int]], int] = _nowhere) -> Scheme:
    """A scheme from plain data. Raises SchemeError with every problem found.

    `file` is named in messages; `line_of` says on which of its lines a place of the data stands (0 for none).
    """
    try:
        scheme = Scheme.model_validate(data)
    except ValidationError as error:
        raise SchemeError(*value_findings(error, data, file, line_of)) from None
    twice = list(_id_problems(scheme))
    problems = [*_total_problems(scheme), *twice]
    if twice:  # which of two things an id names cannot be told, nor then what refers to it
        raise SchemeError(*problems)
    problems += _reading_problems(scheme, lambda error: value_findings(error, data, file, line_of))
    for level in scheme.levels or (None,):
        try:
            Program.of(settle(scheme, level))
        except SchemeError as error:
            problems += error.findings
            break  # the other levels would say most of it again
    if problems:
        raise SchemeError(*problems)
    return scheme


def _reading_problems(scheme: Scheme, told: Callable[[ValidationError], list[Finding]]) -> Iterator[Finding]:
    """What is wrong with the scheme under a reading that is not the chosen one, each tried by itself."""
    for reading in scheme.choices():
        for option in reading.alternatives:
            if option != reading.chosen:
                try:
                    other = scheme.read_as({reading.id: option})
                    for level in scheme.levels or (None,):
                        Program.of(settle(other, level))
                except ValidationError as error:
                    yield from told(error)
                except SchemeError as error:
                    yield from error.findings


def settle(scheme: Scheme, level: Level | None) -> Scheme:
    """The scheme at a level. Raises SchemeError where the level is missing, unknown, or leaves a number open."""
    try:
        return scheme.at(level)
    except ValueError as error:
        raise SchemeError(finding("scheme-level", scheme=scheme.id, why=reason_of(error))) from None


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


def _total_problems(scheme: Scheme) -> Iterator[Finding]:
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


def _id_problems(scheme: Scheme) -> Iterator[Finding]:
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
