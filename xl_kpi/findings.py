"""Findings (问题): everything the product has to tell somebody, with one catalogue of codes.

A finding says where, what, and what to do. Codes are stable: others' checks and the add-in go by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
Language = Literal["zh", "en"]
Verdict = Literal["accept", "flag", "reject"]


@dataclass(frozen=True)
class Kind:
    """A code's severity and its sentence in each language; braces take the finding's details."""

    severity: Severity
    zh: str
    en: str


CATALOGUE: dict[str, Kind] = {
    # schemes
    "scheme-unreadable": Kind("error", "{file} 无法读取：{where}{why}", "{file} cannot be read: {where}{why}"),
    "scheme-unknown": Kind(
        "error",
        "没有名为“{name}”的方案。现有方案：{known}；也可写 .yaml 文件的路径",
        "no scheme named {name!r}; there are: {known}",
    ),
    "scheme-value": Kind("error", "{file}{line} {path}：{why}", "{file}{line}, {path}: {why}"),
    "scheme-total": Kind(
        "error",
        "{where}：下级分值合计 {found} 分，与标明的 {declared} 分不符。请核对各项 points",
        "{where}: the points below add up to {found}, not to the declared {declared}",
    ),
    "scheme-duplicate-id": Kind(
        "error",
        "{where}：编号“{id}”已经用于{other}。请为每项使用不同编号",
        "{where}: the id {id!r} is that of {other} already",
    ),
    "scheme-reference": Kind(
        "error",
        "{where}：引用了不存在的填报项“{id}”{meant}。请改为已有的编号",
        "{where}: there is no input {id!r}{meant}",
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
    "scheme-doubt": Kind("error", "{where}：{what}", "{where}: {what}"),
    "scheme-duplicate-task": Kind(
        "warning",
        "{where}：与 {other} 的任务、目标完全相同。两项都保留计分，请向方案制定单位确认",
        "{where} repeats {other} word for word",
    ),
    "scheme-band": Kind(
        "warning",
        "{where}：档次在 {gap} 处{what}，按注明的口径处理：{reading}",
        "{where}: bands {what} at {gap}",
    ),
    "scheme-band-unread": Kind(
        "error",
        "{where}：档次在 {gap} 处{what}，又没有注明口径。请加 reading 说明如何处理",
        "{where}: bands {what} at {gap} and no reading says what to do",
    ),
    "scheme-over-deduction": Kind(
        "info",
        "{where}：扣分合计（{most}）可超过分值 {points} 分，原文没有写“扣完为止”，按扣完为止计",
        "{where}: deductions ({most}) can exceed its {points} points, and stop there",
    ),
    "scheme-unbound": Kind(
        "error",
        "{where}：“{column}”栏的数字“{number}”没有用到。请写进评分规则；不计分的列入 narrative 并写明原因",
        "{where}: the number {number!r} in the column {column!r} is neither in the rule nor in narrative",
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
    "scheme-reading": Kind(
        "info",
        "{where}：{text}。采用的口径：{chosen}。另一种口径：{others}",
        "{where}: {text}; read as: {chosen}; or else: {others}",
    ),
    "scheme-default-grades": Kind(
        "info",
        "原文没有给出等次标准，使用默认等次：{bands}",
        "the source gives no grades; the default applies: {bands}",
    ),
    # workbooks
    "nothing-to-do": Kind("error", "{where}：{why}。请检查路径", "{where}: {why}"),
    "executor": Kind("error", "{where}：{why}", "{where}: {why}"),
    "carry-left": Kind("warning", "“{label}”填的 {value} 没有搬：{why}", "{label!r}: {value} was not carried: {why}"),
    "carry-note": Kind("info", "{what}", "{what}"),
    "no-workbooks": Kind(
        "error",
        "{where} 里没有考核工作簿（.xlsx 文件）。请选择存放工作簿的文件夹，压缩包要先解压",
        "there is no workbook in {where}",
    ),
    "exists": Kind(
        "error",
        "文件夹 {folder} 里已有同名文件：{names}。没有改动任何文件；请换一个文件夹，或先把它们移走",
        "{folder} already holds {names}; nothing was changed: choose another folder, or move them",
    ),
    "not-found": Kind("error", "找不到文件 {file}。请检查路径", "{file} does not exist"),
    # files that are no workbook of ours, each by its name
    "lock-file": Kind(
        "error",
        "{file} 是打开文件时留下的锁文件，不是工作簿。请关闭 Excel 或 WPS，改交文件名开头没有“~$”“.~”的那一个",
        "{file} is the lock file of an open workbook; hand in the one without ~$",
    ),
    "empty-file": Kind(
        "error", "{file} 是空文件（0 字节）。请重新保存并重新上报", "{file} is empty; save it and hand it in again"
    ),
    "encrypted": Kind(
        "error",
        "{file} 设了打开密码。请在 Excel 或 WPS 中打开，取消密码，另存为 .xlsx 后再交",
        "{file} is encrypted; remove the password and save it as .xlsx",
    ),
    "sealed": Kind(
        "error",
        "{file} 被单位的加密软件（{why}）加密，打不开。请在装有该软件的电脑上申请解密（外发），再交解密后的文件",
        "{file} is encrypted by security software ({why}); hand in a copy released by it",
    ),
    "restricted": Kind(
        "error",
        "{file} 设了权限管理（IRM），只有获准的账号能打开。请在“文件—信息—保护工作簿”中取消限制访问，另存为 .xlsx 后再交",
        "{file} is under rights management; lift the restriction and save it as .xlsx",
    ),
    "old-format": Kind(
        "error",
        "{file} 不是 .xlsx，而是{why}。请在 Excel 或 WPS 中打开，另存为 .xlsx 后再交",
        "{file} is {why}, not .xlsx; open it and save it as .xlsx",
    ),
    "not-a-workbook": Kind(
        "error",
        "{file} 不是 .xlsx 工作簿：{why}。请在 Excel 或 WPS 中打开原文件，另存为 .xlsx 后再交",
        "{file} is not an .xlsx workbook: {why}",
    ),
    "damaged": Kind(
        "error",
        "{file} 已损坏：{why}。请在 Excel 或 WPS 中打开并修复，另存为 .xlsx 后再交，或重新填报",
        "{file} is damaged: {why}",
    ),
    "unsafe-package": Kind(
        "error",
        "{file} 的压缩包异常，拒绝打开：{why}。请在 Excel 或 WPS 中另存为 .xlsx 后再交",
        "{file} was not opened, its archive is not safe: {why}",
    ),
    "unsafe-xml": Kind(
        "error",
        "{file} 的内部 XML 异常，拒绝读取：{why}。请在 Excel 或 WPS 中另存为 .xlsx 后再交",
        "{file} was not read, its XML is not safe: {why}",
    ),
    "too-large": Kind(
        "error",
        "{file} 超出允许的大小：{why}。请删除多余的行、列、图片后另存，或用下发的空白工作簿重新填报",
        "{file} is too large: {why}",
    ),
    "ambiguous": Kind(
        "error",
        "{file} 的内部结构有歧义，不同软件会读出不同内容：{why}。请在 Excel 或 WPS 中另存为 .xlsx 后再交",
        "{file} can be read in more than one way: {why}",
    ),
    "unprocessable": Kind(
        "error",
        "{file} 处理失败：{why}。其他文件不受影响；请在 Excel 或 WPS 中另存为 .xlsx 后再交，仍不行请报告",
        "{file} could not be processed: {why}; no other file is affected",
    ),
    "not-ours": Kind(
        "error",
        "{file} 不是由本系统生成的考核工作簿：{why}。请使用下发的空白工作簿填报",
        "{file} is not one of our workbooks: {why}",
    ),
    "other-version": Kind(
        "error",
        "{file} 按方案第 {found} 版生成，现行为第 {current} 版。请先生成新表：{new}，再把已填的数搬过去：{carry}",
        "{file} was built from version {found} of the scheme; {current} is in force: build a new blank ({new}), "
        "then carry the answers over ({carry})",
    ),
    "carry-spoilt": Kind(
        "error",
        "{file}：{why}，为免错行，没有搬。请撤销对行列、名称的改动后再搬，或照旧表手工填入新表",
        "{file}: {why}; nothing was carried. Undo what was done to rows, columns and names, or type the answers anew",
    ),
    "other-year": Kind(
        "error",
        "{file} 是 {found} 年度的工作簿，本次考核的是 {expected} 年度。请改交 {expected} 年度的工作簿",
        "{file} is of {found}, not of {expected}",
    ),
    "other-level": Kind(
        "error",
        "{file} 是{found}级的工作簿，应为{expected}级。请改用{expected}级的空白工作簿填报",
        "{file} is for level {found}, not {expected}",
    ),
    "other-unit": Kind(
        "error",
        "{file} 是“{found}”的工作簿，{expected}。请改交本单位的工作簿",
        "{file} is the workbook of {found!r}; {expected}",
    ),
    "structure": Kind(
        "error",
        "{why}",
        "the structure was changed: {why}",
    ),
    "not-computable": Kind(
        "error",
        "此处的公式无法计算：{why}。请撤销改动；或用“搬到新表”把已填的数搬过去",
        "the formula here cannot be computed: {why}",
    ),
    # several files
    "duplicate": Kind(
        "info", "与 {other} 的填报内容完全相同，只计一份", "holds the same answers as {other}; one of them counts"
    ),
    "conflict": Kind(
        "error",
        "同一单位交了内容不同的文件：{others}。请该单位确认以哪一份为准，删去其余的",
        "the same unit handed in different files: {others}; ask which one counts",
    ),
    "missing-unit": Kind("error", "“{unit}”没有交工作簿。请催交", "{unit!r} handed in no workbook"),
    "misnamed": Kind(
        "warning",
        "文件名说的是“{named}”，内容是“{found}”。请核对是否交错文件",
        "the file is named for {named!r} but is of {found!r}",
    ),
    # what was changed in a workbook
    "more": Kind(
        "warning",
        "与上面相同的问题另有 {count} 处，没有一一列出",
        "{count} more of the same kind ({kind}) are not listed",
    ),
    "constant-changed": Kind(
        "warning", "此处的文字或数字应为“{expected}”。请改回", "the text or number here should be {expected!r}"
    ),
    "unlocked": Kind(
        "warning",
        "此处的锁定已取消。请在“设置单元格格式”的“保护”中重新勾选“锁定”",
        "the cell here should be locked and is not",
    ),
    "unprotected": Kind(
        "warning",
        "工作表“{name}”的保护已取消。请核对内容，并重新保护工作表",
        "the protection of the sheet {name!r} was removed",
    ),
    "validation-changed": Kind(
        "warning",
        "此处的填写限制（数据验证）已被去掉或改动，可能是从别处粘贴所致。填的数已按原限制核对",
        "the validation here is gone or another; what was filled in was checked against the original",
    ),
    "name-changed": Kind(
        "warning",
        "名称 {name} 应指向 {expected}。请在“公式”的“名称管理器”中改回",
        "the name {name} should refer to {expected}",
    ),
    "number-format": Kind(
        "warning",
        "数字格式“{format}”使此处显示的数与实际的值不同。以实际的值为准；请恢复原格式“{expected}”",
        "the number format {format!r} shows another number than the cell holds; it should be {expected!r}",
    ),
    "hidden": Kind("warning", "{what}被隐藏。请取消隐藏，核对其中内容", "{what} is hidden"),
    "too-narrow": Kind(
        "warning",
        "{column} 列太窄，此处的数显示为“####”。请把这一列拉宽",
        "the column {column} is too narrow: the number here shows as ####",
    ),
    "filtered": Kind(
        "info",
        "工作表“{name}”处于筛选状态，有 {count} 行没有显示",
        "the sheet {name!r} is filtered: {count} rows do not show",
    ),
    "sheet-added": Kind(
        "info",
        "多出工作表“{name}”。不影响计分；如要退回重报，请先把它移到另一个文件",
        "the sheet {name!r} was added; it does not count. Move it to another file before a new report",
    ),
    "sheet-copied": Kind(
        "warning",
        "多出工作表“{name}”，是“{copied}”的副本。只按“{copied}”计分；如果数填在“{name}”里，请抄回“{copied}”，再删去“{name}”",
        "the sheet {name!r} is a copy of {copied!r}, which alone counts",
    ),
    "sheet-moved": Kind(
        "info",
        "工作表“{name}”换了位置。不影响计分；可拖回{before}",
        "the sheet {name!r} was moved; it belongs behind {before!r}",
    ),
    "merge-changed": Kind(
        "warning",
        "此处的合并单元格与原表不同{why}。请恢复",
        "the merged cells here are not the original ones{why}",
    ),
    "extra-content": Kind(
        "warning", "此处应为空白，却有内容。请删去，说明写在规定的栏内", "the cell here should be empty"
    ),
    "calc-settings": Kind(
        "warning",
        "工作簿的计算设置已改为{what}，显示的数可能不对。以重新计算的为准；请在“公式”的“计算选项”中改回“自动”",
        "the workbook's calculation was set to {what}",
    ),
    "foreign": Kind(
        "warning",
        "工作簿含有{what}，未予打开或执行。请删除后再交",
        "the workbook holds {what}, which was neither followed nor run",
    ),
    "date-1904": Kind(
        "warning",
        "工作簿改用了 1904 日期系统：表内公式把日期当成早四年零一天，这里按显示的日期计分。请在“选项”的“高级”中取消“使用 1904 日期系统”，再核对每个日期",
        "the workbook counts dates from 1904: its formulas take them for days four years and a day earlier, here they count "
        "as they show; turn this off in Excel's advanced options and look over every date",
    ),
    "text-number": Kind(
        "error",
        "“{label}”填的是文字“{value}”，不计分。{remedy}",
        "{label!r} holds the text {value!r}, which does not count; {remedy}",
    ),
    "input-formula": Kind(
        "warning",
        "“{label}”填的是{what}，{how}。{remedy}",
        "{label!r} holds {what}; {how}: {remedy}",
    ),
    "engine-missing": Kind("error", "不能用 {engine} 重算：{why}", "the engine {engine} cannot be used: {why}"),
    "engine-failed": Kind(
        "info",
        "用 {engine} 重算这一份没有成功：{why}。不影响结论，结论以本系统的计算为准",
        "the engine {engine} could not recalculate this file: {why}; the verdict rests on the scorer, as ever",
    ),
    "engine-gave-up": Kind(
        "error",
        "用 {engine} 无法计算这一份：{why}。没有改动；可改用其他引擎，或不写 --engine",
        "the engine {engine} cannot recalculate this file: {why}; nothing was written, try without --engine",
    ),
    "engine-differs": Kind(
        "error",
        "引擎 {engine} 算得 {found}，本系统算得 {computed}。请报告这一差异",
        "the engine {engine} gives {found}, the scorer {computed}",
    ),
    "missing": Kind("warning", "“{label}”未填，{remedy}", "{label!r} is not filled in: {remedy}"),
    "invalid": Kind("error", "“{label}”{why}", "{label!r}: {why}"),
    "out-of-range": Kind("error", "“{label}”{why}请改正", "{label!r}: {why}"),
    "inconsistent": Kind("error", "“{label}”{why}", "{label!r}: {why}"),
    "question": Kind(
        "info",
        "“{label}”填的是 {value}，{asked}请改正，或在填报说明（{note}）中写明",
        "{label!r} is {value}: a hundred times too small or too large? Type it anew with its sign, or say in {note} "
        "that it is meant",
    ),
    "none": Kind(
        "info", "“{label}”没有发生，{worth}。请复核是否属实", "{label!r}: nothing to rate; it counts as {worth}"
    ),
    "veto": Kind("info", "“{task}”触发{effect}：{why}", "{task!r} triggers {effect}: {why}"),
    "not-recalculated": Kind(
        "info",
        "填报后还没有重新计算，{count} 个单元格还显示填报前的结果。计分以填报的数为准；请在 Excel 或 WPS 中打开，按 F9 后保存",
        "not recalculated since it was filled: {count} cells still show what they showed before",
    ),
    "stale": Kind(
        "warning",
        "单元格显示 {shown}，按填报数据重新计算应为 {computed}。以重新计算的为准；请在 Excel 或 WPS 中按 F9 重算后保存",
        "the cell shows {shown}, recomputed it is {computed}",
    ),
    "uncalculated": Kind(
        "warning",
        "{count} 个公式单元格没有计算结果。以重新计算的为准；请在 Excel 或 WPS 中打开并保存一次",
        "{count} formula cells hold no result; what they come to was worked out anew",
    ),
    "formula-changed": Kind(
        "error",
        "此处原来的公式被改掉了，以重新计算的 {computed} 为准。请撤销改动；或用“搬到新表”把已填的数搬过去",
        "the formula here was replaced; recomputed it is {computed}",
    ),
    "filled-as-given": Kind(
        "info",
        "“{label}”（{id}）{why}。已照原样填入，核对时会指出",
        "{label!r} ({id}): {why}. It was filled in as given; the check will point it out",
    ),
    "answers": Kind("error", "填报数据：{why}。请改正后再填", "answers: {why}"),
    "units-note": Kind("info", "单位名单 {file}{where}：{why}", "list of units {file}{where}: {why}"),
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


# The verdict policy. A file with a finding of one of these codes is rejected: it is none of ours, or cannot be read
# without guessing, or what it holds cannot be computed. Any other error or warning flags it: the recalculated values
# count, and the file is listed. Remarks (info) leave it accepted.
REJECTING = frozenset(
    {
        "not-found",
        "lock-file",
        "empty-file",
        "encrypted",
        "sealed",
        "restricted",
        "old-format",
        "not-a-workbook",
        "damaged",
        "unsafe-package",
        "unsafe-xml",
        "too-large",
        "ambiguous",
        "unprocessable",
        "not-ours",
        "other-version",
        "other-year",
        "other-level",
        "other-unit",
        "structure",
        "not-computable",
        "missing-unit",
    }
)
OK = "ok"


def verdict(findings: Iterable[Finding]) -> tuple[Verdict, str]:
    """The one verdict of a file, and the code it rests on (OK for a file that is accepted)."""
    found = list(findings)
    rejecting = next((f.code for f in found if f.code in REJECTING), "")
    if rejecting:
        return "reject", rejecting
    flagging = next((f.code for f in found if f.severity != "info"), "")
    return ("flag", flagging) if flagging else ("accept", OK)


def verdict_word(verdict: Verdict) -> str:
    """A verdict as it is told."""
    words = {"accept": ("通过", "accepted"), "flag": ("有问题", "flagged"), "reject": ("退回", "rejected")}
    return either(*words[verdict])


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
