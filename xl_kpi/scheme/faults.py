"""What is wrong with the values of a scheme file, one finding for one mistake: where as people count, what, what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from xl_kpi.findings import Finding, either, finding
from xl_kpi.rules import REGISTRY
from xl_kpi.rules.base import Rule
from xl_kpi.rules.tree import Place
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.readings import Misread

Branches = list[tuple[Place, str]]  # where one of several things was tried, and which


def value_findings(
    error: ValidationError | Misread, data: Any, file: str, line_of: Callable[[Sequence[str | int]], int]
) -> list[Finding]:
    """One finding (scheme-value) for each mistake that reading found in the data of a file, its readings settled."""

    def told(place: Place, why: str, named: Place) -> Finding:
        line = line_of(place)
        at = either(f" 第 {line} 行", f", line {line}") if line else ""
        return finding("scheme-value", file=file, line=at, path=path_words(named, data), why=why)

    if isinstance(error, Misread):
        return [told(error.place, str(error), error.place)]
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


def path_words(place: Place, data: Any) -> str:
    """A place as people count: 第3个任务（t03“安全生产”）的 rule → at_least."""
    words: list[str] = []
    numbered = {id(task): number for number, task in enumerate(_tasks(data), 1)}
    node, depth, kind = data, 0, ""
    for number, part in enumerate(place, 1):
        node = node[part] if _has(node, part) else None
        if isinstance(part, int) and kind == "tasks":
            words = [either(f"第{numbered.get(id(node), part + 1)}个任务", f"task {part + 1}") + _called(node)]
        elif isinstance(part, int) and kind == "groups":
            depth += 1
            level = "一二三四五六七八九"[min(depth, 9) - 1]
            words = [either(f"第{part + 1}个{level}级指标", f"group {part + 1}") + _called(node)]
        elif isinstance(part, int) and words:
            words[-1] += either(f" 第{part + 1}项", f" {part + 1}")
        elif part not in ("groups", "tasks") or number == len(place):
            words.append(str(part))
        kind = str(part)
    if not words:
        return either("（全文）", "(the whole)")
    named = words[0] != str(place[0]) and len(words) > 1
    inner = " → ".join(words[1:] if named else words)
    return words[0] + either("的 ", ", ") + inner if named else inner


def _has(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _called(node: Any) -> str:
    if not isinstance(node, dict):
        return ""
    id, name = node.get("id"), node.get("name")
    said = f"{id}" if isinstance(id, str) else ""
    said += f"“{_short(' '.join(name.split()))}”" if isinstance(name, str) else ""
    return f"（{said}）" if said else ""


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


def _why(place: Place, problem: ErrorDetails, data: Any, slips: Mapping[Place, str]) -> str:
    kind, key = problem["type"], str(place[-1]) if place else ""
    if kind == "missing":
        return either(f"缺少 {key}。请补上这一项", f"{key} is missing")
    if kind == "extra_forbidden":
        return _unknown_key(place, data, slips.get(place, ""))
    if kind == "union_tag_not_found":
        near = get_close_matches("type", [str(k) for k in problem["input"]], 1) if _is_dict(problem) else []
        zh = f"没有“{near[0]}”这个键，是不是“type”？请改正" if near else "评分规则缺少 type。请写明用哪种规则"
        return either(
            f"{zh}（可用的有：{'、'.join(REGISTRY)}）", f"the rule's type is missing; one of {', '.join(REGISTRY)}"
        )
    value = _shown(problem["input"])
    if kind == "union_tag_invalid":
        tag = str(problem["ctx"]["tag"])
        return either(
            f"没有评分规则“{tag}”{_near(tag, REGISTRY)}。可用的有：{'、'.join(REGISTRY)}",
            f"there is no rule {tag!r}; there are {', '.join(REGISTRY)}",
        )
    zh, en = _words(problem)
    if kind == "value_error" and isinstance(problem["input"], dict | list):
        return zh
    if problem["input"] is None:
        return either(f"{key} 后面是空的，{zh}", f"{key} is empty: {en}")
    return either(f"写的是 {value}，{zh}", f"{value} is wrong: {en}")


def _is_dict(problem: ErrorDetails) -> bool:
    return isinstance(problem["input"], dict)


def _near(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), 1)
    return f"，是不是“{near[0]}”" if near else ""


def _unknown_key(place: Place, data: Any, meant: str) -> str:
    key = str(place[-1])
    for colon in "：:":
        if colon in key:
            word = key.partition(colon)[0]
            return either(
                f"“{key}”连成了一个词：冒号要用半角，后面空一格，写成 {word}: …",
                f"write {word!r}, a colon and a space",
            )
    if meant:
        return either(f"没有“{key}”这个键，是不是“{meant}”？请改正", f"there is no key {key!r}; {meant!r} is meant?")
    keys = "、".join(_keys_at(place[:-1], data))
    return either(
        f"没有“{key}”这个键。请删去，或改为这里可以写的：{keys}", f"there is no key {key!r}; there are: {keys}"
    )


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


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return either("好几项内容", "several things")
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else f"“{value}”"
    return _short(text, 40)


_NUMBER = "应为数字，只写数（半角），不带单位和文字", "it should be a number"
_WHOLE = "应为整数，只写数（半角），不带单位和文字", "it should be a whole number"
_TEXT = "应为文字；是数字或日期的请加双引号", "it should be a text; put numbers in quotes"
_KEYS = "应为几个“键: 值”，另起一行缩进书写", "it should be keys and values"
_LIST = "应为列表，每项前加“- ”", "it should be a list"
_TRUTH = "应为 true 或 false", "it should be true or false"
_WORDS: dict[str, tuple[str, str]] = {
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "string_type": _TEXT,
    "string_sub_type": _TEXT,
    "string_unicode": _TEXT,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
}
_BOUNDS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
_BOUND_WORDS = {"gt": "应大于", "ge": "不得小于", "lt": "应小于", "le": "不得大于"}
_PATTERNS = (
    ("(0[1-9]", "应写成“月-日”，如 10-31（两位数，半角）", "it should be month-day, such as 10-31"),
    ("[a-z0-9-]*$", "方案编号只用小写字母、数字和短横线，如 example-2024", "lower-case letters, digits and hyphens"),
    ("^[a-z]", "编号以小写字母开头，只用小写字母和数字，词之间用一个下划线，如 t01、rate_ok", "as t01 or rate_ok"),
)


def _words(problem: ErrorDetails) -> tuple[str, str]:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "value_error":
        said = problem["msg"].removeprefix("Value error, ")
        return said, said
    if kind in _BOUNDS:
        name = _BOUNDS[kind]
        limit = f"{context[name]:g}"
        hint = "；百分数写成小数，如 90% 写 0.9" if name == "le" and context[name] == 1 else ""
        return _BOUND_WORDS[name] + limit + hint, f"it must be {kind.replace('_', ' ')} {limit}"
    if kind == "literal_error":
        expected = str(context["expected"]).replace("'", "").replace(" or ", "、").replace(", ", "、")
        given = str(problem["input"])
        return f"应为以下之一：{expected}{_near(given, expected.split('、'))}", f"it should be one of {expected}"
    if kind == "too_short":
        least = context.get("min_length", 1)
        return f"项数太少，至少要有 {least} 项", f"there must be {least} at least"
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        return next(((zh, en) for part, zh, en in _PATTERNS if part in pattern), ("格式不对", "its form is wrong"))
    return "不是这里可以写的值", "it is no value for this place"
