"""Findings (问题): everything the product has to tell somebody, with one catalogue of codes.

A finding says where, what, and what to do. Codes are stable: others' checks and the add-in go by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Kind:
    """A code's severity and its sentence in each language; braces take the finding's details."""

    severity: Severity
    zh: str
    en: str


CATALOGUE: dict[str, Kind] = {
    # schemes
    "scheme-unreadable": Kind(
        "error",
        "{file} 无法读取：{why}。请检查文件是否完整、是否为 UTF-8 编码的 YAML",
        "{file} cannot be read: {why}",
    ),
    "scheme-unknown": Kind(
        "error",
        "没有名为“{name}”的方案。现有方案：{known}；也可写 .yaml 文件的路径",
        "no scheme named {name!r}; there are: {known}",
    ),
    "scheme-value": Kind(
        "error",
        "{file} 的 {path}：值 {value} 不符合要求——{why}。请改正后重新载入",
        "{file}, {path}: the value {value} is wrong: {why}",
    ),
    "scheme-total": Kind(
        "error",
        "{where}：下级分值合计 {found} 分，与标明的 {declared} 分不符。请核对各项分值",
        "{where}: the points below add up to {found}, not to the declared {declared}",
    ),
    "scheme-duplicate-id": Kind(
        "error", "{where}：编号“{id}”重复。请为每项使用不同编号", "{where}: the id {id!r} stands twice"
    ),
    "scheme-reference": Kind(
        "error", "{where}：引用了不存在的填报项“{id}”。请改为已有的编号", "{where}: there is no input {id!r}"
    ),
    "scheme-year": Kind(
        "error", "年度 {year} 无效，应在 2000 到 2100 之间", "the year {year} must lie between 2000 and 2100"
    ),
    "scheme-rule": Kind("error", "{where}：{why}。请改正评分规则", "{where}: {why}"),
    "scheme-level": Kind(
        "error",
        "方案 {scheme}：{why}。请用 --level 指明省、市、县之一",
        "scheme {scheme}: {why}; name a level with --level",
    ),
    "scheme-duplicate-task": Kind(
        "warning",
        "{where}：“{name}”与 {other} 的任务、目标完全相同。两项都保留计分，请向方案制定单位确认",
        "{where}: {name!r} repeats {other} word for word",
    ),
    "scheme-band": Kind(
        "warning",
        "{where}：档次在 {gap} 处{what}，按注明的读法处理：{reading}",
        "{where}: bands {what} at {gap}",
    ),
    "scheme-band-unread": Kind(
        "error",
        "{where}：档次在 {gap} 处{what}，又没有注明读法。请加 reading 说明如何处理",
        "{where}: bands {what} at {gap} and no reading says what to do",
    ),
    "scheme-over-deduction": Kind(
        "info",
        "{where}：扣分合计（最多 {most} 分）可超过分值 {points} 分，以扣完为止",
        "{where}: deductions can reach {most}, over its {points} points",
    ),
    "scheme-unbound": Kind(
        "error",
        "{where}：原文的数字“{number}”既没有进入评分规则，也没有列入 narrative。请补上",
        "{where}: the number {number!r} of the text is neither in the rule nor in narrative",
    ),
    "scheme-narrative": Kind(
        "error",
        "{where}：narrative 的“{text}”不在原文中。请照原文写",
        "{where}: the narrative {text!r} is not in the text",
    ),
    "scheme-grade": Kind(
        "error",
        "等次“{name}”永远不会出现：它的下限 {floor} 不低于更好的等次。请按从高到低排列",
        "the grade {name!r} can never be reached",
    ),
    "scheme-list": Kind(
        "error",
        "{where}：下拉选项合计 {length} 个字符，超过 255 个，Excel 会报错。请缩短选项",
        "{where}: the list has {length} characters, over Excel's 255",
    ),
    "scheme-asked": Kind(
        "info",
        "{where}：原文没有给出“{label}”，由考核组织单位在“数据填报”表填写",
        "{where}: the source does not give {label!r}; the organising bureau fills it in",
    ),
    "scheme-default-grades": Kind(
        "info",
        "原文没有给出等次标准，使用默认等次：{bands}",
        "the source gives no grades; the default applies: {bands}",
    ),
    # workbooks
    "nothing-to-do": Kind("error", "{where}：{why}。请检查路径", "{where}: {why}"),
    "not-found": Kind("error", "找不到文件 {file}。请检查路径", "{file} does not exist"),
    "not-a-workbook": Kind(
        "error",
        "{file} 不是 .xlsx 工作簿：{why}。请在 Excel 或 WPS 中打开原文件，另存为 .xlsx 后再交",
        "{file} is not an .xlsx workbook: {why}",
    ),
    "not-ours": Kind(
        "error",
        "{file} 不是由本系统生成的考核工作簿：{why}。请使用下发的空白工作簿填报",
        "{file} is not one of our workbooks: {why}",
    ),
    "other-version": Kind(
        "error",
        "{file} 按方案第 {found} 版生成，现行为第 {current} 版。请用现行版本重新生成空白工作簿并转填",
        "{file} was built from version {found} of the scheme; {current} is in force",
    ),
    "structure": Kind(
        "error",
        "工作表结构已改变：{why}。请勿插入、删除行列或改动工作表名；请用下发的空白工作簿重新填报",
        "the structure was changed: {why}",
    ),
    "missing": Kind("warning", "“{label}”未填。请填写，没有的填0或按要求选择", "{label!r} is not filled in"),
    "invalid": Kind("error", "“{label}”填的是“{value}”，{why}。请改正", "{label!r} holds {value!r}: {why}"),
    "out-of-range": Kind(
        "error",
        "“{label}”填的是 {value}，应在 {low} 到 {high} 之间。请核对",
        "{label!r} is {value}, it must lie between {low} and {high}",
    ),
    "inconsistent": Kind("error", "“{label}”：{why}。请核对相关数据", "{label!r}: {why}"),
    "veto": Kind("info", "“{task}”触发{effect}：{why}", "{task!r} triggers {effect}: {why}"),
    "not-recalculated": Kind(
        "info",
        "填报后还没有重新计算（{count} 个单元格仍显示空白时的结果）。在 Excel 或 WPS 中打开即自动计算，或用 xl-kpi recalc",
        "not recalculated since it was filled: {count} cells still show what the blank showed",
    ),
    "stale": Kind(
        "warning",
        "单元格显示 {shown}，按填报数据重新计算应为 {computed}。以重新计算的为准；请在 Excel 中按 F9 重算后保存",
        "the cell shows {shown}, recomputed it is {computed}",
    ),
    "uncalculated": Kind(
        "warning",
        "{count} 个公式单元格没有计算结果。以重新计算的为准；请在 Excel 或 WPS 中打开并保存一次",
        "{count} formula cells hold no result; what they come to was worked out anew",
    ),
    "formula-changed": Kind(
        "error",
        "此处应为公式，现在不是原来的公式。以重新计算的 {computed} 为准；请恢复原公式",
        "the formula here was replaced; recomputed it is {computed}",
    ),
    "answers": Kind("error", "填报数据：{why}。请改正后再填", "answers: {why}"),
    "units": Kind("error", "单位名单 {file}{where}：{why}。请改正", "list of units {file}{where}: {why}"),
}


@dataclass(frozen=True)
class Finding:
    """One thing to tell: its code, how grave it is, where (sheet and cell, or empty), and the message."""

    code: str
    severity: Severity
    message: str
    sheet: str = ""
    cell: str = ""

    def as_json(self) -> dict[str, Any]:
        """The keys of the command line's contract."""
        return asdict(self)


_language: Language = "zh"


def speak(language: Language) -> None:
    """Choose the language of messages made from here on; Chinese unless told."""
    global _language
    _language = language


def either(zh: str, en: str) -> str:
    """The words in the language of messages: for the details a message takes."""
    return zh if _language == "zh" else en


def finding(code: str, *, at: str = "", **details: object) -> Finding:
    """A finding of the catalogue. `at` is `sheet!A1` where it concerns a cell. Raises KeyError for an unknown code."""
    kind = CATALOGUE[code]
    template = kind.zh if _language == "zh" else kind.en
    sheet, _, cell = at.rpartition("!")
    return Finding(code, kind.severity, template.format(**details), sheet, cell)


class XlKpiError(Exception):
    """Something that stops the work at hand: one finding or several."""

    def __init__(self, *findings: Finding) -> None:
        self.findings: tuple[Finding, ...] = findings
        super().__init__("\n".join(f.message for f in findings))


class SchemeError(XlKpiError):
    """A scheme that does not load or does not hold together."""


class WorkbookError(XlKpiError):
    """A file that cannot be used as one of our workbooks."""


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among findings, None when there are none."""
    order: tuple[Severity, ...] = ("error", "warning", "info")
    present = {f.severity for f in findings}
    return next((severity for severity in order if severity in present), None)
