"""A scheme file's text to plain data, and to the line each value stands on; what is no YAML is said in Chinese.

The YAML library speaks English and in terms of its grammar. What people get wrong is a handful of slips of the keyboard:
they are recognised in the line that was stopped at, and named with line, task and key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from xl_kpi.findings import SchemeError, finding
from xl_kpi.words import Fact, Said, said

Path_ = tuple[str | int, ...]
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Document:
    """The data of a scheme file, and its nodes, which know their lines."""

    data: Any
    root: yaml.Node | None = None

    def line(self, place: Sequence[str | int]) -> int:
        """The line (from 1) on which the value at a place of the data stands, or the nearest around it; 0 for none."""
        node, line = self.root, 0
        for part in place:
            key, node = _below(node, part)
            if key is None:
                break
            line = key.start_mark.line + 1
        return line


def _below(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The node that names a part of another, and the part itself; a key may come in by a merge (<<)."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag != _MERGE and key.value == part:
                return key, value
        for key, value in node.value:
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for source in merged if key.tag == _MERGE else ():
                found = _below(source, part)
                if found[0] is not None:
                    return found
    return None, None


class _Loader(yaml.CSafeLoader):
    """YAML as usual, but nothing is dropped or changed without a word.

    A key that stands twice is an error; a date stays the text it is; what is no finite number is none.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.tag != _MERGE]
        twice = next((n for n, key in enumerate(keys) if key in keys[:n]), None)
        if twice is not None:
            at = [key for key, _ in node.value if key.tag != _MERGE][twice].start_mark
            why = said("yaml.key-twice", key=keys[twice])
            raise _Slip(at.line, why)
        return super().construct_mapping(node, deep)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        value: float = super().construct_yaml_float(node)
        if value != value or abs(value) == float("inf"):
            why = said("yaml.no-number", value=node.value)
            raise _Slip(node.start_mark.line, why)
        return value


class _Slip(Exception):
    """A slip found while the data are built: the line (from 0), and what it is."""

    def __init__(self, line: int, why: Said) -> None:
        self.line, self.why = line, why
        super().__init__(why)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)


def read_yaml(path: Path) -> Document:
    """The document in a scheme file. Raises SchemeError with line, task, key, what is wrong and what to do."""
    try:
        content = path.read_bytes()
    except OSError as error:
        why = said("yaml.cannot-be-opened", reason=error.strerror)
        raise SchemeError(finding("scheme-unreadable", where="", file=path.name, why=why)) from None
    text = _decoded(path.name, content)
    loader = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        data = None if root is None else loader.construct_document(root)
    except _Slip as slip:
        raise _unreadable(path.name, text, slip.line, slip.why) from None
    except yaml.MarkedYAMLError as error:
        line, why = _diagnosed(text, error)
        raise _unreadable(path.name, text, line, why) from None
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        why = said("yaml.no-yaml")
        raise SchemeError(finding("scheme-unreadable", where="", file=path.name, why=why)) from None
    finally:
        if loader is not None:
            loader.dispose()
    return Document(data, root)


def _decoded(file: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    names = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
    encoding: Fact = names.get(content[:2], "")
    if not encoding:
        try:
            content.decode("gb18030")
            encoding = said("yaml.gb18030")
        except UnicodeDecodeError:
            encoding = ""
    if encoding and b"\0" not in content[2:]:
        why = said("yaml.not-utf-8", encoding=encoding)
    elif encoding == "UTF-16":
        why = said("yaml.utf-16")
    else:
        why = said("yaml.no-text")
    raise SchemeError(finding("scheme-unreadable", where="", file=file, why=why))


_TASK = re.compile(r"^(\s*)-\s+id\s*[:：]\s*[\"']?([\w-]+)")
_NAME = re.compile(r"^\s*name\s*[:：]\s*[\"']?(.{1,20})")
_KEY = re.compile(r"^\s*(?:-\s+)?[\"']?(\w[\w-]*)[\"']?\s*[:：]")


def _unreadable(file: str, text: str, line: int, why: Said) -> SchemeError:
    """The error at a line (from 0): the task it is in and its key named where they can be told."""
    lines = text.splitlines()
    at = lines[line] if line < len(lines) else ""
    indent = len(at) - len(at.lstrip())
    task = name = ""
    for number in range(min(line, len(lines) - 1), -1, -1):
        found = _TASK.match(lines[number].replace("\t", "    "))
        if found and (len(found[1]) < indent or number == line):
            named = (_NAME.match(one) for one in lines[number + 1 : number + 4])
            name = next((match[1].strip("\"' ") for match in named if match), "")
            task = found[2]
            break
    where = said("yaml.line", line=line + 1)
    if task:
        where = said("yaml.line-of-task", line=where, task=f"{task}“{name}”" if name else task)
    key = _KEY.match(at)
    if key:
        where = said("yaml.line-of-key", line=where, key=key[1])
    return SchemeError(finding("scheme-unreadable", file=file, where=said("yaml.where", where=where), why=why))


def _diagnosed(text: str, error: yaml.MarkedYAMLError) -> tuple[int, Said]:
    """The line (from 0) that is wrong, and what is wrong with it; the library stops at that line or the next."""
    lines = text.splitlines() or [""]
    mark = error.problem_mark or error.context_mark
    stopped = min(mark.line if mark else 0, len(lines) - 1)
    began = error.context_mark.line if error.context_mark else stopped
    problem = error.problem or ""
    for number in (stopped, stopped - 1, began):
        if 0 <= number < len(lines) and (why := _slip_in(lines[number])):
            return number, why
    known = next((words for words in _PROBLEMS if words[0] in problem), None)
    if known is None:
        return stopped, said("yaml.line-wrong")
    _, at_start, code = known
    return (began if at_start else stopped), said(code)


def _slip_in(line: str) -> Said | None:
    """A slip of the keyboard in a line that was stopped at; None for none that is known."""
    body = line.lstrip(" ")
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return said("yaml.tab")
    wide = re.match(r"(?:-\s+)?(\w[\w-]*)：", body, re.ASCII)
    if wide:
        return said("yaml.full-width-colon", key=wide[1])
    tight = re.match(r"(?:-\s+)?([a-z]\w*):(?=\S)", body, re.ASCII)
    if tight:
        return said("yaml.no-space", key=tight[1])
    value = re.match(r"(?:-\s+)?(\w[\w-]*):\s+(.+)", body, re.ASCII)
    if value:
        return _slip_in_value(value[1], value[2])
    return None


def _slip_in_value(key: str, value: str) -> Said | None:
    whole = said("yaml.quote-it", key=key)
    if value[0] in "%@`*&!|>" and not re.match(r"[*&]\w+\s*$|[|>][-+]?\d?\s*$|&\w+ ", value, re.ASCII):
        return said("yaml.begins", value=value[0], whole=whole)
    if value[0] not in "\"'{[" and re.search(r":(?:\s|$)", value):
        return said("yaml.colon-in-text", whole=whole)
    if value[0] in "\"'" and value.count(value[0]) % 2:
        return said("yaml.half-a-quote", value=value[0])
    if value[0] in "\"'" and not value.rstrip().endswith(value[0]):
        return said("yaml.words-behind-quote", whole=whole)
    for opening, closing in ("{}", "[]"):
        if value[0] == opening and value.count(opening) > value.count(closing):
            return said("yaml.not-closed", opening=opening, closing=closing)
    return None


# Words of the library's problem; whether it is said of where the thing began; what it means.
_PROBLEMS = (
    ("found undefined alias", False, "yaml.unknown-alias"),
    ("duplicate anchor", False, "yaml.anchor-twice"),
    ("but found another document", False, "yaml.two-documents"),
    ("could not determine a constructor", False, "yaml.tag"),
    ("unexpected end of stream", True, "yaml.quote-open"),
    ("expected ',' or", True, "yaml.bracket-open"),
    ("did not find expected ',' or", True, "yaml.bracket-open"),
    ("could not find expected ':'", True, "yaml.no-colon"),
    ("did not find expected key", False, "yaml.indentation"),
    ("did not find expected '-' indicator", False, "yaml.list-indentation"),
    ("block sequence entries are not allowed", False, "yaml.dash-misplaced"),
    ("mapping values are not allowed", False, "yaml.colon-too-many"),
    ("cannot start any token", False, "yaml.special-character"),
)  # fmt: skip
