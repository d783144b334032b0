"""Where text that somebody typed goes out: terminal, findings, tables, CSV, JUnit. There it is words, and nothing runs it.

A returned workbook may hold anything: a text that a spreadsheet takes for a formula, an escape sequence that repaints
a terminal, marks that turn the order of reading, names of persons.
"""

from __future__ import annotations

import re
import unicodedata
from json import dumps

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


def dead(text: str) -> str:
    """A text as `plain` gives it, with an apostrophe in front of one that a spreadsheet would take for a formula."""
    return ("'" if _LIVE.match(text) else "") + plain(text)
