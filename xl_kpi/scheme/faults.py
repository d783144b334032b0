"""What is wrong with the values of a scheme file, one finding for one mistake: where as people count, what, what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import reduce
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from xl_kpi.findings import Finding, finding
from xl_kpi.rules import REGISTRY
from xl_kpi.rules.base import Rule
from xl_kpi.rules.tree import Place
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.readings import Misread
from xl_kpi.words import Fact, Said, reason_of, said

Branches = list[tuple[Place, str]]  # where one of several things was tried, and which


def value_findings(
    error: ValidationError | Misread, data: Any, file: str, line_of: Callable[[Sequence[str | int]], int]
) -> list[Finding]:
    """One finding (scheme-value) for each mistake that reading found in the data of a file, its readings settled."""

    def told(place: Place, why: Fact, named: Place) -> Finding:
        line = line_of(place)
        at = said("scheme.at-line", line=line) if line else ""
        return finding("scheme-value", file=file, line=at, path=path_words(named, data), why=why)

    if isinstance(error, Misread):
        return [told(error.place, error.why, error.place)]
    by_place: dict[Place, ErrorDetails] = {}
    among_alternatives: set[Place] = set()
    for place, branches, problem in _meant(error.errors(), data):
        by_place.setdefault(place, problem)
        among_alternatives.update(at for at, _ in branches)
    slips = {place: _known_key(place, data) for place, p in by_place.items() if p["type"] == "extra_forbidden"}
    found = []
    for place, problem in by_place.items():
        if any(other[: len(place)] == place and len(other) > len(place) for other in by_place):
            continue  # what is wrong inside it is the mistake; this is its consequence
        if problem["type"] == "missing" and place in {(*p[:-1], key) for p, key in slips.items() if key}:
            continue  # it is there, under a name that is misspelt
        beside = {p[:-1] for p in slips}
        if problem["type"] == "missing" and place[:-1] in beside & among_alternatives:
            continue  # which of several things it should be cannot be told before the key is right
        found.append(told(place, _why(place, problem, data, slips), place[:-1] if place in slips else place))
    return found


def _meant(problems: Sequence[ErrorDetails], data: Any) -> Iterator[tuple[Place, Branches, ErrorDetails]]:
    """The problems with their places, of a value that may be one of several things those of the one that was meant."""
    traced = [(*_trace(problem, data), problem) for problem in problems]
    choices: dict[Place, dict[str, int]] = {}
    for _, branches, _ in traced:
        for at, alternative in branches:
            counts = choices.setdefault(at, {})
            counts[alternative] = counts.get(alternative, 0) + 1
    meant = {at: _choice(counts, _at(data, at)) for at, counts in choices.items()}
    for place, branches, problem in traced:
        if all(meant[at] == alternative for at, alternative in branches):
            yield place, branches, problem


def _choice(counts: Mapping[str, int], value: Any) -> str:
    """Of a model and a plain value the one that the value looks like, of several models the one with fewest problems."""
    models = [name for name in counts if re.search(r"\b[A-Z]\w*\]*$", name)]
    plain = [name for name in counts if name not in models]
    if isinstance(value, dict):
        return min(models or plain, key=lambda name: counts[name])
    return (plain or models)[0]


def _trace(problem: ErrorDetails, data: Any) -> tuple[Place, Branches]:
    """Where in the file a problem is, and which alternatives were being tried where (names of ours, not of the file)."""
    place: list[str | int] = []
    branches: Branches = []
    for number, part in enumerate(problem["loc"], 1):
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside:
            data = data[part]
        elif problem["type"] != "missing" or number < len(problem["loc"]):
            branches.append((tuple(place), str(part)))
            continue
        place.append(part)
    return tuple(place), branches


def _at(data: Any, place: Place) -> Any:
    for part in place:
        data = data[part]
    return data


# --- where, as people count


def path_words(place: Place, data: Any) -> Fact:
    """A place as people count: 第3个任务（t03“安全生产”）的 rule → at_least."""
    words: list[Fact] = []
    numbered = {id(task): number for number, task in enumerate(_tasks(data), 1)}
    node, depth, kind = data, 0, ""
    for number, part in enumerate(place, 1):
        node = node[part] if _has(node, part) else None
        if isinstance(part, int) and kind == "tasks":
            words = [said("place.nth-task", number=numbered.get(id(node), part + 1), called=_called(node))]
        elif isinstance(part, int) and kind == "groups":
            depth += 1
            level = said(f"place.depth-{min(depth, 9)}")
            words = [said("place.nth-group", number=part + 1, depth=level, called=_called(node))]
        elif isinstance(part, int) and words:
            words[-1] = said("place.nth", of=words[-1], number=part + 1)
        elif part not in ("groups", "tasks") or number == len(place):
            words.append(str(part))
        kind = str(part)
    if not words:
        return said("place.whole")
    named = words[0] != str(place[0]) and len(words) > 1
    inner = reduce(lambda outer, key: said("place.key", outer=outer, key=key), words[1:] if named else words)
    return said("place.within", outer=words[0], inner=inner) if named else inner


def _has(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _called(node: Any) -> Fact:
    if not isinstance(node, dict):
        return ""
    id, name = node.get("id"), node.get("name")
    called = f"{id}" if isinstance(id, str) else ""
    called += f"“{_short(' '.join(name.split()))}”" if isinstance(name, str) else ""
    return called and said("place.called", called=called)


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _tasks(node: Any) -> Iterator[Any]:
    """The tasks of a scheme's data, in the order of the file."""
    if isinstance(node, dict):
        for key in ("groups", "tasks"):
            for item in node[key] if isinstance(node.get(key), list) else ():
                if key == "tasks":
                    yield item
                else:
                    yield from _tasks(item)


# --- what, and what to do


def _why(place: Place, problem: ErrorDetails, data: Any, slips: Mapping[Place, str]) -> Fact:
    kind, key = problem["type"], str(place[-1]) if place else ""
    if kind == "missing":
        return said("scheme.key-missing", key=key)
    if kind == "extra_forbidden":
        return _unknown_key(place, data, slips.get(place, ""))
    if kind == "union_tag_not_found":
        near = get_close_matches("type", [str(k) for k in problem["input"]], 1) if _is_dict(problem) else []
        if near:
            return said("scheme.type-misspelt", key=near[0], rules=tuple(REGISTRY))
        return said("scheme.type-missing", rules=tuple(REGISTRY))
    if kind == "union_tag_invalid":
        tag = str(problem["ctx"]["tag"])
        return said("scheme.no-such-rule", type=tag, near=_near(tag, REGISTRY), rules=tuple(REGISTRY))
    why = _words(problem)
    if kind == "value_error" and isinstance(problem["input"], dict | list):
        return why
    if problem["input"] is None:
        return said("scheme.value-empty", key=key, why=why)
    return said("scheme.value-wrong", value=_shown(problem["input"]), why=why)


def _is_dict(problem: ErrorDetails) -> bool:
    return isinstance(problem["input"], dict)


def _near(word: str, known: Iterable[str]) -> Fact:
    near = get_close_matches(word, list(known), 1)
    return said("program.meant", near=near[0]) if near else ""


def _unknown_key(place: Place, data: Any, meant: str) -> Said:
    key = str(place[-1])
    for colon in "：:":
        if colon in key:
            return said("scheme.key-with-colon", key=key, word=key.partition(colon)[0])
    if meant:
        return said("scheme.key-misspelt", key=key, meant=meant)
    return said("scheme.no-such-key", key=key, keys=_keys_at(place[:-1], data))


def _known_key(place: Place, data: Any) -> str:
    """The key that a misspelt one means; empty where none is near."""
    near = get_close_matches(str(place[-1]).strip().lower(), _keys_at(place[:-1], data), 1, cutoff=0.7)
    return near[0] if near else ""


def _keys_at(place: Place, data: Any) -> list[str]:
    """The keys that may stand at a place."""
    annotation: Any = Scheme
    for part in place:
        models = list(_models(annotation, data))
        data = data[part]
        if isinstance(part, str):
            fields = [model.model_fields[part].annotation for model in models if part in model.model_fields]
            annotation = Union[tuple(fields)] if fields else NoneType  # noqa: UP007  # built while running
    return list(dict.fromkeys(key for model in _models(annotation, data) for key in model.model_fields))


def _models(annotation: Any, value: Any) -> Iterator[type[BaseModel]]:
    """The models among what an annotation allows; of rules the one whose type the value gives."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        tag = value.get("type") if isinstance(value, dict) else None
        if not issubclass(annotation, Rule) or REGISTRY.get(str(tag)) in (annotation, None):
            yield annotation
    elif get_origin(annotation) in (Union, UnionType, tuple, list, Annotated):
        for inner in get_args(annotation):
            yield from _models(inner, value)


def _shown(value: Any) -> Fact:
    if isinstance(value, dict | list):
        return said("scheme.several-things")
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else f"“{value}”"
    return _short(text, 40)


_WORDS = {
    "float_parsing": "scheme.be-number",
    "float_type": "scheme.be-number",
    "finite_number": "scheme.be-number",
    "int_parsing": "scheme.be-whole",
    "int_parsing_size": "scheme.be-whole",
    "int_type": "scheme.be-whole",
    "int_from_float": "scheme.be-whole",
    "string_type": "scheme.be-text",
    "string_sub_type": "scheme.be-text",
    "string_unicode": "scheme.be-text",
    "tuple_type": "scheme.be-list",
    "list_type": "scheme.be-list",
    "dict_type": "scheme.be-keys",
    "model_type": "scheme.be-keys",
    "model_attributes_type": "scheme.be-keys",
    "bool_type": "scheme.be-truth",
    "bool_parsing": "scheme.be-truth",
}
_BOUNDS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
_PATTERNS = (("(0[1-9]", "scheme.be-day"), ("[a-z0-9-]*$", "scheme.be-scheme-id"), ("^[a-z]", "scheme.be-id"))


def _words(problem: ErrorDetails) -> Fact:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _WORDS:
        return said(_WORDS[kind])
    if kind == "value_error":
        error = context.get("error")
        return reason_of(error) if isinstance(error, ValueError) else problem["msg"].removeprefix("Value error, ")
    if kind in _BOUNDS:
        name = _BOUNDS[kind]
        percent = "-percent" if name == "le" and context[name] == 1 else ""
        return said(f"scheme.be-{name}{percent}", limit=f"{context[name]:g}")
    if kind == "literal_error":
        expected = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return said("scheme.be-one-of", expected=expected, near=_near(str(problem["input"]), expected))
    if kind == "too_short":
        return said("scheme.be-longer", least=context.get("min_length", 1))
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        return said(next((code for part, code in _PATTERNS if part in pattern), "scheme.be-of-form"))
    return said("scheme.no-value-for-this")
