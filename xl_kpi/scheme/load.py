"""Loading schemes from YAML: every problem is collected, and names file, path, value and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from xl_kpi.findings import Finding, SchemeError, finding
from xl_kpi.rules.base import SETUP, Ask, Input, Level, asks
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.program import Program

# The schemes shipped: beside the package in a checkout, inside it once installed.
_HERE = Path(__file__).resolve().parent.parent
TEMPLATES = next((d for d in (_HERE / "templates", _HERE.parent / "templates") if d.is_dir()), _HERE)


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The names of the schemes shipped, in order."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.yaml")))


def load(scheme: str, level: Level | None = None) -> Scheme:
    """A scheme by name or by the path of its .yaml, settled for a level where it has levels and one is given.

    Raises SchemeError with every problem found: unreadable, a wrong value, totals that do not tie, ids that clash.
    """
    path = Path(scheme) if scheme.endswith((".yaml", ".yml")) else TEMPLATES / f"{scheme}.yaml"
    if not path.is_file():
        raise SchemeError(finding("scheme-unknown", name=scheme, known="、".join(names())))
    loaded = _loaded(path, path.stat().st_mtime_ns)
    return settle(loaded, level) if level is not None else loaded


@lru_cache(maxsize=32)
def _loaded(path: Path, changed: int) -> Scheme:
    """The scheme in a file as of its time of change: a batch asks for the same one again and again."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SchemeError(finding("scheme-unreadable", file=path.name, why=error)) from error
    return parse(data, path.name)


class _Loader(yaml.CSafeLoader):
    """YAML as usual, but a key that stands twice is an error: the first would be dropped without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = next((key for n, key in enumerate(keys) if key in keys[:n]), None)
        if twice is not None:
            raise yaml.YAMLError(f"第{node.start_mark.line + 1}行起的一段中，“{twice}”写了两次")
        return super().construct_mapping(node, deep)


def parse(data: Any, file: str) -> Scheme:
    """A scheme from plain data. Raises SchemeError with every problem found; `file` is named in messages."""
    try:
        scheme = Scheme.model_validate(data)
    except ValidationError as error:
        raise SchemeError(*_value_findings(error, data, file)) from None
    problems = [*_total_problems(scheme), *_id_problems(scheme), *_reading_problems(scheme, data, file)]
    for level in scheme.levels or (None,):
        try:
            Program.of(settle(scheme, level))
        except SchemeError as error:
            problems += error.findings
            break  # the other levels would say most of it again
    if problems:
        raise SchemeError(*problems)
    return scheme


def _reading_problems(scheme: Scheme, data: Any, file: str) -> Iterator[Finding]:
    """What is wrong with the scheme under a reading that is not the chosen one, each tried by itself."""
    for reading in scheme.choices():
        for option in reading.alternatives:
            if option != reading.chosen:
                try:
                    other = scheme.read_as({reading.id: option})
                    for level in scheme.levels or (None,):
                        Program.of(settle(other, level))
                except ValidationError as error:
                    yield from _value_findings(error, data, file)
                except SchemeError as error:
                    yield from error.findings


def settle(scheme: Scheme, level: Level | None) -> Scheme:
    """The scheme at a level. Raises SchemeError where the level is missing, unknown, or leaves a number open."""
    try:
        return scheme.at(level)
    except ValueError as error:
        raise SchemeError(finding("scheme-level", scheme=scheme.id, why=error)) from None


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


_TYPE_WORDS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这个键，请检查拼写",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "string_type": "应为文字（数字请加引号）",
    "literal_error": "不在允许的取值中",
    "union_tag_invalid": "没有这种评分规则",
    "union_tag_not_found": "评分规则缺少 type",
    "string_pattern_mismatch": "格式不对",
    "too_short": "项数太少",
    "tuple_type": "应为列表",
    "dict_type": "应为键值结构",
    "model_type": "应为键值结构",
    "greater_than": "应大于{gt}",
    "greater_than_equal": "不得小于{ge}",
    "less_than": "应小于{lt}",
    "less_than_equal": "不得大于{le}",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
}


def _value_findings(error: ValidationError, data: Any, file: str) -> list[Finding]:
    """One finding for each place in the file that is wrong.

    A field that may be one of several things gives one problem for each of them: the deepest place is the one meant,
    and what its surroundings then lack is only a consequence.
    """
    by_place: dict[tuple[str | int, ...], ErrorDetails] = {}
    for problem in error.errors():
        by_place.setdefault(_place(problem, data), problem)
    return [
        _value_finding(place, problem, file)
        for place, problem in by_place.items()
        if not any(other[: len(place)] == place and len(other) > len(place) for other in by_place)
    ]


def _place(problem: ErrorDetails, data: Any) -> tuple[str | int, ...]:
    """Where in the file a problem is: pydantic's path without the names of our models."""
    place: list[str | int] = []
    for number, part in enumerate(problem["loc"], 1):
        try:
            data = data[part]
        except (LookupError, TypeError):  # not a key or position of the file, but a name of ours; or what is missing
            if problem["type"] != "missing" or number < len(problem["loc"]):
                continue
        place.append(part)
    return tuple(place)


def _value_finding(place: tuple[str | int, ...], problem: ErrorDetails, file: str) -> Finding:
    context = problem.get("ctx", {})
    words = _TYPE_WORDS.get(problem["type"])
    why = words.format(**context) if words else problem["msg"].removeprefix("Value error, ")
    expected = context.get("expected") or context.get("expected_tags")
    value = json.dumps(problem["input"], ensure_ascii=False, default=str)
    if problem["type"] == "missing" or len(value) > 80:
        value = "（略）"
    path = ".".join(map(str, place)) or "（全文）"
    return finding("scheme-value", file=file, path=path, value=value, why=f"{why}（{expected}）" if expected else why)


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
    named = [(item.id, item.name) for item in scheme.all_groups()] + [(item.id, item.name) for item in scheme.tasks()]
    seen: set[str] = {SETUP}
    for name, where in named:
        if name in seen:
            yield finding("scheme-duplicate-id", where=where, id=name)
        seen.add(name)
    for task in scheme.tasks():
        yield from _disagreeing(task.declared(), task.name)
    yield from _disagreeing(asks(scheme), scheme.title)


def _disagreeing(declarations: Iterable[Input], where: str) -> Iterator[Finding]:
    """The same id may be declared twice only if it says the same."""
    declared: dict[str, Input] = {}
    for declaration in declarations:
        if declared.setdefault(declaration.id, declaration) != declaration:
            yield finding("scheme-duplicate-id", where=where, id=declaration.id)
