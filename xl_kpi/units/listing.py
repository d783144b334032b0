"""Lists of units (name, code, level) from Excel or CSV: what is a unit, what is not, and what is told about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from xl_kpi.findings import Finding, XlKpiError, finding
from xl_kpi.rules.parts import Level
from xl_kpi.units.tables import UnitTable, read_table, spans
from xl_kpi.words import Said, said
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.source import name_and_content

_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Letters and marks without a shape; those of the category Cf (zero width, direction, byte order) are none either.
_SHAPELESS = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]")


def unwritable(text: str) -> bool:
    """Whether a text holds characters that cannot stand in a workbook: control characters and halves of pairs."""
    return bool(_UNWRITABLE.search(text))


def _visible(text: str) -> str:
    """A text without the characters that do not show."""
    if text.isascii():
        return text
    return "".join(c for c in text if unicodedata.category(c) != "Cf" and not _SHAPELESS.match(c))


def unit_key(name: str) -> str:
    """What a unit's name comes to whoever types it: case, spaces, full-width letters and brackets, and characters that do
    not show make no difference."""
    return "".join(unicodedata.normalize("NFKC", _visible(name)).casefold().split())


@dataclass(frozen=True)
class Unit:
    """A unit to be assessed."""

    name: str
    code: str = ""
    level: Level | None = None


# Words of a heading, the most certain first: 单位 may also be a unit of measure, or what a person belongs to.
_HEADS = {
    "name": ("单位名称", "被考核单位", "被考核单位名称", "机构名称", "名称", "单位", "name"),
    "code": ("单位代码", "机构代码", "代码", "编码", "code"),
    "level": ("层级", "单位层级", "级别", "level"),
}
_LAST_HEADING = 10  # a title and remarks may stand above the heading
# What stands below a list, or between its parts, and is no unit.
_SUM = re.compile(r"(?:合计|总计|小计|共计|总数|共)[:(]?[0-9一二三四五六七八九十百]*[家个所户名]?\)?(?:单位|机构)?")
_SIGNED = re.compile(
    r"(?:填表|制表|填报|审核|经办|复核)(?:人|单位|日期|时间)?(?:[:(（].*)?|(?:联系人|联系电话|电话|日期|单位负责人|负责人|备注|说明|注)[:].*"
)

Tell = Callable[[Finding], None]


def _silent(finding: Finding) -> None:
    """For who does not want to be told."""


def read_units(path: Path, tell: Tell = _silent) -> list[Unit]:
    """The units of a list, in its order; `tell` is told what was passed over or changed, with the rows.

    Raises XlKpiError with every problem: file, row, what to do.
    """
    name, content = name_and_content(path)
    try:
        table = read_table(content, path.suffix.lower())
    except Refused as refused:
        why = refused.why or said("units.not-readable-xlsx-csv")
        raise XlKpiError(finding("units", file=name, where="", why=why)) from None
    return _Reader(name, table, tell).units()


class _Reader:
    def __init__(self, file: str, table: UnitTable, tell: Tell) -> None:
        self.file, self.table, self._tell = file, table, tell
        self.heading, self.columns = self._headed()
        self.width = table.cells.get(self.heading, max(table.rows[self.heading]) + 1)
        self.passed: dict[Said, list[int]] = {}

    def units(self) -> list[Unit]:
        """Every unit. Raises XlKpiError with every problem."""
        table = self.table
        found: list[Unit] = []
        problems: list[Finding] = []
        seen: dict[str, int] = {}
        levels = self._levels()
        same = {
            row: top
            for top, bottom in spans(table.merges, self.columns["name"])
            for row in range(top + 1, bottom + 1)
        }
        for number in sorted(row for row in table.rows if row > self.heading):
            row = table.rows[number]
            words = self._pass_over(number, row, same)
            if words:
                self.passed.setdefault(words, []).append(number)
                continue
            fields = {key: self._clean(number, row.get(column, "")) for key, column in self.columns.items()}
            fields["level"] = levels.get(number, fields.get("level", ""))
            why = self._too_long(number, row) or _problem(fields, seen)
            if why:
                problems.append(self._finding(number, why))
                continue
            seen[unit_key(fields["name"])] = number
            level = fields["level"].removesuffix("级") or None
            if "level" in self.columns and level is None:
                self.passed.setdefault(_NO_LEVEL, []).append(number)
            found.append(Unit(fields["name"], fields.get("code", ""), level))  # type: ignore[arg-type]  # checked
        if not found and not problems:
            problems.append(finding("units", file=self.file, where="", why=said("units.lists-no-unit")))
        self._tell_passed(found)
        if problems:
            raise XlKpiError(*problems)
        return found

    # the heading

    def _headed(self) -> tuple[int, dict[str, int]]:
        """The row with the names of the columns, and where name, code and level stand."""
        for number, row in self.table.rows.items():
            if number > _LAST_HEADING:
                break
            titles: dict[str, list[int]] = {}
            for column, text in row.items():
                titles.setdefault(_title(text), []).append(column)
            columns = {key: found for key, heads in _HEADS.items() if (found := _column(titles, heads))}
            if "name" in columns:
                for head, at in columns.values():
                    if len(at) > 1:
                        why = said("units.columns-alike", at=len(at), head=head)
                        raise XlKpiError(self._finding(number, why))
                return number, {key: stands[0] for key, (_, stands) in columns.items()}
        first = self.table.rows.get(1, {})
        if any("，" in text and _title(text.partition("，")[0]) in _HEADS["name"] for text in first.values()):
            why = said("units.full-width-commas")
        else:
            why = said("units.no-heading")
        raise XlKpiError(finding("units", file=self.file, where="", why=why))

    # rows that are no units

    def _pass_over(self, number: int, row: Mapping[int, str], same: Mapping[int, int]) -> Said | None:
        """Why a row is no unit; None where it is one."""
        if not row:
            return said("units.empty-row")
        first = unicodedata.normalize("NFKC", "".join(_visible(row[min(row)]).split()))
        name = unicodedata.normalize("NFKC", "".join(_visible(row.get(self.columns["name"], "")).split()))
        for text in (first, name):
            if _SUM.fullmatch(text):
                return said("units.no-unit", text=text)
            if _SIGNED.fullmatch(text):
                what = re.split("[:(（]", text)[0]  # and not who it was
                return said("units.no-unit", text=what)
        if name in {_title(head) for head in _HEADS["name"]}:
            return said("units.heading-again")
        if number in same and not name:
            return said("units.merged-name", same=same[number])
        return None

    def _too_long(self, number: int, row: Mapping[int, str]) -> Said | None:
        beyond = [text for column, text in row.items() if column >= self.width]
        if not beyond:
            return None
        if not self.table.positional:
            self.passed.setdefault(said("units.beyond-heading"), []).append(number)
            return None
        return said("units.cell-too-many", beyond=beyond[0][:12])

    def _levels(self) -> dict[int, str]:
        """The level of each row inside a merge of the level's column."""
        if "level" not in self.columns:
            return {}
        column = self.columns["level"]
        found: dict[int, str] = {}
        for top, bottom in spans(self.table.merges, column):
            text = _visible(self.table.rows.get(top, {}).get(column, "")).strip()
            if text and top > self.heading:
                rows = range(top, min(bottom, max(self.table.rows)) + 1)
                found |= dict.fromkeys(rows, text)
                note = said("units.merged-level", text=text)
                self.passed.setdefault(note, []).extend(rows)
        return found

    def _clean(self, number: int, text: str) -> str:
        visible = _visible(text)
        if visible != text:
            note = said("units.invisible-removed")
            rows = self.passed.setdefault(note, [])
            if number not in rows:
                rows.append(number)
        return " ".join(visible.split())

    # telling

    def _tell_passed(self, found: list[Unit]) -> None:
        for remark in self.table.notes:
            self._tell(finding("units-note", file=self.file, where="", why=remark))
        if hidden := [row for row in self.table.hidden if row > self.heading]:
            self.passed[said("units.hidden-rows")] = hidden
        if all(unit.level is None for unit in found):
            self.passed.pop(_NO_LEVEL, None)
        for note, rows in sorted(self.passed.items(), key=lambda item: item[1][0]):
            self._tell(finding("units-note", file=self.file, where=_rows_said(rows), why=note))

    def _finding(self, number: int, why: Said) -> Finding:
        return finding("units", file=self.file, where=said("units.row", number=number), why=why)


_NO_LEVEL = said("units.no-level")


def _rows_said(rows: list[int]) -> Said:
    if len(rows) > 10:
        return said("units.rows-and-others", rows=rows[:10], count=len(rows))
    return said("units.rows", rows=rows)


def _title(text: str) -> str:
    """A heading without what does not tell it from another: spaces, width, case, a star or colon behind it."""
    return unit_key(text).rstrip("*:").removesuffix("(必填)").removesuffix("(选填)")


def _column(titles: Mapping[str, list[int]], heads: tuple[str, ...]) -> tuple[str, list[int]] | None:
    return next(((head, titles[head]) for head in heads if head in titles), None)


def _problem(fields: Mapping[str, str], seen: Mapping[str, int]) -> Said | None:
    name = fields["name"]
    if not name:
        return said("units.name-missing")
    if unit_key(name) in seen:
        row = seen[unit_key(name)]
        return said("units.repeats-row", name=name, row=row)
    if unwritable(name + fields.get("code", "")):
        return said("units.unwritable")
    if fields["level"] and fields["level"].removesuffix("级") not in get_args(Level):
        return said("units.no-such-level", level=fields["level"])
    return None
