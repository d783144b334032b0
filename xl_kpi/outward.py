"""Where text that somebody typed goes out: terminal, findings, CSV, JUnit. There it is words, and nothing runs it.

A returned workbook may hold anything: a text that a spreadsheet takes for a formula, an escape sequence that repaints
a terminal, marks that turn the order of reading, names of persons.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from csv import writer
from json import dumps
from typing import IO, Any
from xml.etree import ElementTree

from xl_kpi.words import Said, said

# Categories that show nothing or act: control, format, halves of pairs, separators of lines and paragraphs.
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
# Letters and marks without a shape, and code points that are no characters. Variation selectors stay: they are
# part of how a rare ideograph is written.
_BLANK = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufdd0-\ufdef\ufffe\uffff]")


def plain(text: str) -> str:
    """A text for one line of a terminal: what is not seen or acts shows as its escape, e.g. \\x1b or \\u202e.

    Tabs and line ends become spaces. Everything else is unchanged, and nothing is cut.
    """
    return "".join(map(_seen, text))


def json_line(value: object) -> str:
    """A value as one line of JSON: Chinese as it is, what is not seen or acts as its escape."""
    return _UNCOMMON.sub(_as_json, dumps(value, ensure_ascii=False))


_UNCOMMON = re.compile(r"[^ -~\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e]")  # most of a line need not be looked at


def _as_json(found: re.Match[str]) -> str:
    char = found[0]
    if _seen(char) == char:
        return char
    return dumps(char)[1:-1] if char != "\x7f" else "\\u007f"  # which json leaves as it is


def _seen(char: str) -> str:
    if char in "\t\n\r":
        return " "
    if unicodedata.category(char) in _UNSEEN or _BLANK.match(char):
        return char.encode("unicode_escape").decode()
    return char


_LONGEST = 40
_WORDS = """
    无 没有 没 暂无 不详 未知 不清楚 是 否 有 空 空白 略 同上 零 未报 未填 未开展 未发生 未完成 已完成 完成 不涉及 不适用 待定 待核实
    见附件 合格 不合格 达标 不达标 未达标 优秀 良好 一般 较差 优 良 中 差 错误值
    n/a nan null none inf true false yes no ok a b c d div/0 ref value name num
"""
_UNITS = """
    分 起 次 人 人次 项 元 万 万元 亿 亿元 年 月 日 号 时 小时 分钟 天 季度 个季度 个月 个 家 例 份 篇 名 件 种 类 条 场 级 床 岁 升
    平方米 期 台 套 百分点 个百分点 e
"""
_WORD_LIST = frozenset(_WORDS.split())
_UNIT = f"(?:{'|'.join(_UNITS.split())})"
_FIGURES = re.compile(rf"(?:[ /]|\d(?: ?{_UNIT}(?:/{_UNIT})?)?)*")
_SIGNS = ("P", "Z", "Sm", "Sc", "Sk", "Cc", "Cf", "Cs")  # not other symbols: radicals among them can spell a name


def masked(text: str) -> str | Said:
    """How a finding quotes what a unit typed. Names of persons do not go out, so free words are counted, not quoted.

    Quoted are figures (digits, signs, and units right behind a digit) and the short list of words that stand for
    "nothing" or for an answer; these through `plain`, and at most 40 characters of them.
    """
    narrow = unicodedata.normalize("NFKC", text).casefold()
    shape = "".join(" " if char != "/" and unicodedata.category(char).startswith(_SIGNS) else char for char in narrow)
    if shape.strip() in _WORD_LIST or _FIGURES.fullmatch(shape):
        quoted = plain(text)
        return quoted if len(quoted) <= _LONGEST else quoted[: _LONGEST - 1] + "…"
    return said("masked", count=len(text))


_LIVE = re.compile(r"[\t\r\n]|[\s'\"]*[=+\-@＝＋－＠]")


def csv(rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> Iterator[str]:
    """A table as the lines of a CSV file that Excel, WPS and LibreOffice open with nothing live in it.

    `columns` gives each key of a row its heading; a key that a row does not have is an empty cell. The first line
    begins with the mark by which Excel knows UTF-8: write the lines as UTF-8, their ends unchanged (newline="").
    Numbers stay numbers. Other texts go through `plain`; one that a spreadsheet would take for a formula gets an
    apostrophe in front.
    """
    lines = writer(_Line())
    yield "\ufeff" + lines.writerow(map(_cell, columns.values()))
    for row in rows:
        yield lines.writerow(_cell(row.get(key)) for key in columns)


class _Line:
    """A file for the writer to write to, which hands each line back."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, int | float) else dead(str(value))


def dead(text: str) -> str:
    """A text as `plain` gives it, with an apostrophe in front of one that a spreadsheet would take for a formula."""
    return ("'" if _LIVE.match(text) else "") + plain(text)


def junit(reports: Iterable[Mapping[str, Any]], stream: IO[bytes]) -> None:
    """Reports of checks, as `xl-kpi check --json` has them, as JUnit XML for CI: a test case for each file.

    A rejected file is an error, a flagged one a failure with every finding; remarks on an accepted one stand in its
    output. The counts come before the cases, so the cases wait in a temporary file: no report is kept in memory.
    """
    cases = errors = failures = 0
    with tempfile.TemporaryFile() as waiting:
        for report in reports:
            cases += 1
            errors += report["verdict"] == "reject"
            failures += report["verdict"] == "flag"
            waiting.write(ElementTree.tostring(_case(report), encoding="unicode").encode() + b"\n")
        counts = f'tests="{cases}" failures="{failures}" errors="{errors}" skipped="0"'
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {counts}>\n<testsuite name="xl-kpi" {counts}>\n'
        stream.write(head.encode())
        waiting.seek(0)
        shutil.copyfileobj(waiting, stream)
        stream.write(b"</testsuite>\n</testsuites>\n")


_OUTCOMES = {"reject": "error", "flag": "failure"}


def _case(report: Mapping[str, Any]) -> ElementTree.Element:
    # Readers want a class name; a file that is none of ours is of no scheme.
    scheme = plain(report["scheme"]) or "xl-kpi"
    case = ElementTree.Element("testcase", name=plain(report["file"] or report["unit"]), classname=scheme)
    findings = report["findings"]
    said = "\n".join(map(_finding_line, findings))
    outcome = _OUTCOMES.get(report["verdict"])
    if outcome is not None:
        grave = next((f["message"] for f in findings if f["code"] == report["code"]), "")
        ElementTree.SubElement(case, outcome, type=plain(report["code"]), message=plain(grave)).text = said
    elif said:
        ElementTree.SubElement(case, "system-out").text = said
    return case


def _finding_line(finding: Mapping[str, str]) -> str:
    place = "!".join(part for part in (finding["sheet"], finding["cell"]) if part)
    return plain(" ".join(part for part in (finding["severity"], place, finding["message"]) if part))
