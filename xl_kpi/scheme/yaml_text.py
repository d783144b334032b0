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

from xl_kpi.findings import SchemeError, either, finding

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
            why = either(
                f"“{keys[twice]}”在同一段中写了两次。请删去一个", f"{keys[twice]!r} stands twice; delete one"
            )
            raise _Slip(at.line, why)
        return super().construct_mapping(node, deep)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        value: float = super().construct_yaml_float(node)
        if value != value or abs(value) == float("inf"):
            why = either(f"“{node.value}”不是具体的数。请写出数字", f"{node.value!r} is no number")
            raise _Slip(node.start_mark.line, why)
        return value


class _Slip(Exception):
    """A slip found while the data are built: the line (from 0), and what it is."""

    def __init__(self, line: int, why: str) -> None:
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
        why = either(f"打不开（{error.strerror}）。请检查路径和权限", f"it cannot be opened ({error.strerror})")
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
        why = either(
            "含有 YAML 不允许的字符或写法。请用记事本新建文件，另存为 UTF-8，把文字重新粘贴进去",
            "it holds characters or forms that YAML does not allow",
        )
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
    encoding = names.get(content[:2], "")
    if not encoding:
        try:
            content.decode("gb18030")
            encoding = either("GB18030（记事本里叫 ANSI）", "GB18030 (ANSI)")
        except UnicodeDecodeError:
            encoding = ""
    if encoding and b"\0" not in content[2:]:
        why = either(
            f"文件编码是 {encoding}，不是 UTF-8。请用记事本打开，另存为，编码选 UTF-8",
            f"it is in {encoding}, not UTF-8; save it as UTF-8",
        )
    elif encoding == "UTF-16":
        why = either(
            "文件编码是 UTF-16，不是 UTF-8。请用记事本打开，另存为，编码选 UTF-8", "it is in UTF-16; save it as UTF-8"
        )
    else:
        why = either("不是文本文件。请选择 UTF-8 编码的 .yaml 方案文件", "it is no text; a scheme is YAML in UTF-8")
    raise SchemeError(finding("scheme-unreadable", where="", file=file, why=why))


_TASK = re.compile(r"^(\s*)-\s+id\s*[:：]\s*[\"']?([\w-]+)")
_NAME = re.compile(r"^\s*name\s*[:：]\s*[\"']?(.{1,20})")
_KEY = re.compile(r"^\s*(?:-\s+)?[\"']?(\w[\w-]*)[\"']?\s*[:：]")


def _unreadable(file: str, text: str, line: int, why: str) -> SchemeError:
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
    where = either(f"第 {line + 1} 行", f"line {line + 1}")
    if task:
        where += either(f"（{task}“{name}”）" if name else f"（{task}）", f" ({task})")
    key = _KEY.match(at)
    if key:
        where += either(f"的 {key[1]}", f", {key[1]}")
    return SchemeError(finding("scheme-unreadable", file=file, where=where + either("：", ": "), why=why))


def _diagnosed(text: str, error: yaml.MarkedYAMLError) -> tuple[int, str]:
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
        return stopped, either(
            "这一行（或上一行）不合 YAML 的写法。请对照上下行的缩进、冒号、引号改正",
            "this line or the one above is no YAML",
        )
    _, at_start, zh, en = known
    return (began if at_start else stopped), either(zh, en)


def _slip_in(line: str) -> str:
    """A slip of the keyboard in a line that was stopped at; empty for none that is known."""
    body = line.lstrip(" ")
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return either("行首用了制表符（Tab）。请改用空格缩进，与上下行对齐", "a tab indents it; use spaces")
    wide = re.match(r"(?:-\s+)?(\w[\w-]*)：", body, re.ASCII)
    if wide:
        return either(
            f"冒号是全角的“：”。请改为半角冒号加一个空格，写成 {wide[1]}: …", "a full-width colon; write ': '"
        )
    tight = re.match(r"(?:-\s+)?([a-z]\w*):(?=\S)", body, re.ASCII)
    if tight:
        return either(f"冒号后面少一个空格。请写成 {tight[1]}: …", "a space is missing after the colon")
    value = re.match(r"(?:-\s+)?(\w[\w-]*):\s+(.+)", body, re.ASCII)
    if value:
        return _slip_in_value(value[1], value[2])
    return ""


def _slip_in_value(key: str, value: str) -> str:
    whole = either(f'请给整段文字加双引号，写成 {key}: "…"', f'put the whole text in quotes: {key}: "…"')
    if value[0] in "%@`*&!|>" and not re.match(r"[*&]\w+\s*$|[|>][-+]?\d?\s*$|&\w+ ", value, re.ASCII):
        return either(
            f"文字以“{value[0]}”开头，在 YAML 中有特殊含义。{whole}", f"it begins with {value[0]!r}. {whole}"
        )
    if value[0] not in "\"'{[" and re.search(r":(?:\s|$)", value):
        return either(
            f"文字里有半角冒号加空格“: ”，会被当作另一个键。{whole}，或把冒号改为全角“：”",
            f"the text holds ': '. {whole}",
        )
    if value[0] in "\"'" and value.count(value[0]) % 2:
        return either(f"引号 {value[0]} 只有一半。请补上另一半", "a quote is not closed")
    if value[0] in "\"'" and not value.rstrip().endswith(value[0]):
        return either(f"引号后面还有文字。{whole}", f"words follow the closing quote. {whole}")
    for opening, closing in ("{}", "[]"):
        if value[0] == opening and value.count(opening) > value.count(closing):
            return either(f"“{opening}”没有配对的“{closing}”。请补上", f"{opening} is not closed")
    return ""


# Words of the library's problem; whether it is said of where the thing began; what it means.
_PROBLEMS = (
    ("found undefined alias", False, "引用了没有定义过的名称（*…）。请改为已有的名称，或给以“*”开头的文字加引号", "an unknown alias"),
    ("duplicate anchor", False, "同一名称（&…）定义了两次。请换一个名称", "an anchor stands twice"),
    ("but found another document", False, "文件里有两段方案（以“---”隔开）。请分成两个文件", "two documents in one file"),
    ("could not determine a constructor", False, "有 YAML 标记“!…”，方案不用标记。请删去", "a tag, which schemes have not"),
    ("unexpected end of stream", True, "从这里开始的引号没有结束。请补上另一半引号", "a quote is not closed"),
    ("expected ',' or", True, "从这里开始的 { } 或 [ ] 没有写完，或项与项之间少了逗号。请补上", "a bracket or a comma is missing"),
    ("did not find expected ',' or", True, "从这里开始的 { } 或 [ ] 没有写完，或项与项之间少了逗号。请补上", "a bracket or a comma is missing"),
    ("could not find expected ':'", True, "这一行没有写成“键: 值”。请补上半角冒号和空格，或与上一行的文字接成一行", "no 'key: value'"),
    ("did not find expected key", False, "缩进与上面几行不齐，或上一行没有写完。请用空格对齐同一级的各行", "the indentation does not agree"),
    ("did not find expected '-' indicator", False, "缩进与上面各项的“-”不齐，或少了“-”。请对齐", "the list's dashes do not agree"),
    ("block sequence entries are not allowed", False, "“-”不能写在这里。请另起一行，缩进后再写“- ”", "a dash cannot stand here"),
    ("mapping values are not allowed", False, "这里多了一个半角冒号，或缩进与上一行不齐。文字中的冒号请用全角“：”，或给整段文字加双引号", "a colon too many"),
    ("cannot start any token", False, "文字以特殊字符开头。请给整段文字加双引号", "a character that cannot begin a text"),
)  # fmt: skip
