"""A workbook of ours of an older version, described by itself: its inputs by their names, its columns by their headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from xl_kpi.findings import WorkbookError, finding
from xl_kpi.layout.plan import ENTRY, FORM, META
from xl_kpi.program import nodes
from xl_kpi.program.stages import Stage
from xl_kpi.returned.read import Meta, Opened, answer, opened
from xl_kpi.rules.parts import SETUP, Kind
from xl_kpi.words import Said, said
from xl_kpi.xlsx.addresses import a1, address, areas, column_letter
from xl_kpi.xlsx.around import ReadValidation
from xl_kpi.xlsx.cells import ReadCell, Value
from xl_kpi.xlsx.looks import Styles
from xl_kpi.xlsx.source import Source
from xl_kpi.xlsx.worksheet import Worksheet

_REFERS = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?([0-9]+)(?::\$?\3\$?\4)?")
_HEADINGS = ("任务", "指标", "单位", "采用值")
_FREE = ("扣分原因", "佐证材料")
_SCORE_FROM = re.compile(rf"'?{ENTRY}'?!\$?[A-Z]{{1,3}}\$?([0-9]+)")
_LAST_HEADING = 20


@dataclass(frozen=True)
class Columns:
    """The heading's row of 数据填报, and the columns (from 1) that matter; of the stages those that it has.

    `note` is that of 填报说明, 0 in workbooks without it.
    """

    row: int
    task: int
    label: int
    unit: int
    stages: dict[Stage, int]
    adopted: int
    note: int

    @property
    def first(self) -> int:
        """The column of the first stage."""
        return next(iter(self.stages.values()))


@dataclass(frozen=True)
class Entry:
    """An input as the old workbook has it: its id, its row, and what the row says of it. An unknown kind is None."""

    id: str
    row: int
    label: str
    unit: str
    kind: Kind | None
    choices: tuple[str, ...]

    @property
    def task(self) -> str:
        """The task that asks for it."""
        return nodes.task_of(self.id)


@dataclass(frozen=True)
class FreeText:
    """A text of 考核表: its task (empty where that cannot be told), how the task is numbered, the heading above it."""

    task: str
    number: str
    title: str
    at: str
    value: str


@dataclass
class OldBook:
    """What an old workbook says: whose it is, and its inputs by id. `broken` are names whose row is gone."""

    file: str
    meta: Meta
    sheets: Mapping[str, Worksheet]
    styles: Styles
    date1904: bool
    sheet: str
    columns: Columns
    entries: dict[str, Entry] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def spoilt(self, row: int, wanted: str, found: str) -> WorkbookError:
        """The refusal of a workbook in which a name leads to a row with another label."""
        at = f"{self.sheet}!{a1(row, self.columns.label)}"
        why = said("carry.label-elsewhere", at=at, wanted=wanted, found=found)
        return WorkbookError(finding("carry-spoilt", file=self.file, why=why))

    @cached_property
    def unnamed_labels(self) -> set[str]:
        """The labels of rows for inputs that no name leads to."""
        return {_words(self._cell(row, self.columns.label)) for row in self._unnamed_rows()}

    def _unnamed_rows(self) -> list[int]:
        named = {entry.row for entry in self.entries.values()}
        cells = self.sheets[self.sheet].cells
        adopted = column_letter(self.columns.adopted)
        rows = [address(name)[0] for name in cells if name.rstrip("0123456789") == adopted]
        return [row for row in rows if row not in named and row > self.columns.row and self._is_read(row)]

    def _is_read(self, row: int) -> bool:
        """Whether the formula of 采用值 reads the values of its own row, and of no other."""
        return self._reads(row) == self._values(row)

    def _reads(self, row: int) -> set[str]:
        formula = (self._cell(row, self.columns.adopted).formula or "").replace("$", "")
        return {found[0] for found in re.finditer(r"(?<![A-Z!'])[A-Z]{1,3}[0-9]+", formula)}

    def _values(self, row: int) -> set[str]:
        return {a1(row, column) for column in self.columns.stages.values()}

    def lacks_a_heading(self, row: int) -> bool:
        """Whether 采用值 comes from one more column than those of the stages: its heading is gone."""
        return self._reads(row) > self._values(row)

    def unnamed(self) -> Iterator[tuple[Stage, str, str, Value]]:
        """What was typed into rows that no name leads to: which stage, cell, label, value."""
        for row in self._unnamed_rows():
            for stage, column in self.columns.stages.items():
                value = answer(self._cell(row, column).value)
                if value is not None:
                    yield stage, a1(row, column), _words(self._cell(row, self.columns.label)), value

    def _cell(self, row: int, column: int) -> ReadCell:
        return self.sheets[self.sheet].cells.get(a1(row, column), ReadCell())

    # 考核表

    @cached_property
    def _form(self) -> tuple[int, dict[str, int]]:
        """The heading's row of 考核表 and its columns by title; 0 where there is none."""
        found = _heading(self.sheets[FORM], _FREE) if FORM in self.sheets else None
        return found or (0, {})

    def free_texts(self) -> Iterator[FreeText]:
        """The texts typed beside the tasks."""
        _, columns = self._form
        for row, (task, number) in self._scored().items():
            for title in _FREE:
                at = a1(row, columns[title])
                value = answer(self.sheets[FORM].cells.get(at, ReadCell()).value)
                if value is not None:
                    said = value if isinstance(value, str) else f"{value:.15g}"
                    yield FreeText(task, number, title, at, said)

    def _scored(self) -> dict[int, tuple[str, str]]:
        """The rows of 考核表 that show a task's score; its id (empty where that cannot be told) and its number.

        The score comes from the last row of a block of 数据填报, the inputs above which are the task's.
        """
        heading, columns = self._form
        score_column = columns.get(next(iter(self.columns.stages)).score)
        if not heading or score_column is None:
            return {}
        scores: dict[int, int] = {}
        for name, cell in self.sheets[FORM].cells.items():
            row, column = address(name)
            source = _SCORE_FROM.search(cell.formula or "") if column == score_column and row > heading else None
            if source is not None:
                scores[row] = int(source[1])
        found: dict[int, tuple[str, str]] = {}
        before = 0
        for row, score in sorted(scores.items(), key=lambda item: item[1]):
            inside = {e.task for e in self.entries.values() if before < e.row < score and e.task != SETUP}
            found[row] = (inside.pop() if len(inside) == 1 else "", _words(self._cell(score, self.columns.task)))
            before = score
        return dict(sorted(found.items()))

    def other_texts(self) -> Iterator[tuple[str, str, Value]]:
        """What was typed into other cells that are open: signatures, names of persons."""
        _, columns = self._form
        free = {a1(row, columns[title]) for row in self._scored() for title in _FREE}
        stages = {column_letter(column) for column in self.columns.stages.values()}
        beside = {a1(e.row, self.columns.note) for e in self.entries.values()} if self.columns.note else set()
        for name, sheet in self.sheets.items():
            for at, cell in sheet.cells.items():
                if cell.formula is not None or self._locked(sheet, at):
                    continue
                if name == FORM and at in free:
                    continue
                if name == self.sheet and (at in beside or at.rstrip("0123456789") in stages):
                    continue
                value = answer(cell.value)
                if value is not None and name != META:
                    yield name, at, value

    def _locked(self, sheet: Worksheet, at: str) -> bool:
        style = sheet.styles.get(at, "0")
        index = int(style) if style.isdigit() else 0
        return index >= len(self.styles.cells) or self.styles.cells[index].locked


def old_book(source: Source, stages: Sequence[Stage]) -> OldBook:
    """A workbook of ours of any version, with some or all of the stages. Raises WorkbookError where it is none, or its inputs cannot be told apart."""
    found = opened(source)
    names = {
        name.name: name.refers_to for name in found.book.names if not name.local and nodes.named_input(name.name)
    }
    sheet = ENTRY
    if ENTRY not in found.sheets:
        raise _lost(found, said("carry.no-sheet", name=ENTRY))
    heading = _heading(found.sheets[sheet], (*_HEADINGS, stages[0].column))
    if heading is None or not names:
        lacking = said("carry.headings-gone") if names else said("carry.names-gone")
        raise _lost(found, lacking)
    row, titles = heading
    typed = {stage: titles[stage.column] for stage in stages if stage.column in titles}
    columns = Columns(
        row, titles["任务"], titles["指标"], titles["单位"], typed, titles["采用值"], titles.get("填报说明", 0)
    )
    book = OldBook(found.file, found.meta, found.sheets, found.styles, found.book.date1904, sheet, columns)
    kinds = _Kinds(found, sheet)
    rows: dict[int, str] = {}
    for name, refers_to in names.items():
        id = nodes.named_input(name)
        if "#REF!" in refers_to:
            book.broken.append(name)
            continue
        target = _REFERS.fullmatch(refers_to.removeprefix("="))
        at = (target[1] or target[2]).replace("''", "'") if target else ""
        if target is None or at != sheet or target[3] != column_letter(columns.first):
            raise _lost(found, said("carry.name-refers", name=name, refers_to=refers_to))
        number = int(target[4])
        if number in rows:
            raise _lost(found, said("carry.one-row", name=name, rows=rows[number]))
        rows[number] = name
        label = _words(book._cell(number, columns.label))
        if book.lacks_a_heading(number):
            raise _lost(found, said("carry.headings-gone"))
        if number <= row or not label or not book._is_read(number):
            where = f"{sheet}!{a1(number, columns.label)}"
            raise _lost(
                found,
                said("carry.not-its-row", where=where, name=name),
            )
        kind, choices = kinds.of(number, columns.first)
        book.entries[id] = Entry(id, number, label, _words(book._cell(number, columns.unit)), kind, choices)
    _check_blocks(found, book)
    return book


def _check_blocks(found: Opened, book: OldBook) -> None:
    """Raises WorkbookError where the inputs of one task do not stand together, numbered alike: names were moved."""
    seen: dict[str, str] = {}
    before = ""
    for entry in sorted(book.entries.values(), key=lambda entry: entry.row):
        number = _words(book._cell(entry.row, book.columns.task))
        if entry.task in seen and (entry.task != before or number != seen[entry.task]):
            raise _lost(found, said("carry.rows-moved", task=entry.task, sheet=book.sheet, row=entry.row))
        seen.setdefault(entry.task, number)
        before = entry.task


def _lost(found: Opened, why: Said) -> WorkbookError:
    return WorkbookError(finding("carry-spoilt", file=found.file, why=why))


def _heading(sheet: Worksheet, titles: tuple[str, ...]) -> tuple[int, dict[str, int]] | None:
    """The first row that has all of some titles, and the column of each title in it."""
    rows: dict[int, dict[str, int]] = defaultdict(dict)
    for name, cell in sheet.cells.items():
        row, column = address(name)
        if row <= _LAST_HEADING and isinstance(cell.value, str):
            rows[row].setdefault(_words(cell), column)
    return next(((row, found) for row, found in sorted(rows.items()) if set(titles) <= found.keys()), None)


def _words(cell: ReadCell) -> str:
    value = cell.value
    if isinstance(value, float):
        return f"{value:.15g}"
    return value.strip() if isinstance(value, str) else ""


_BY_RULE: dict[str, Kind] = {"list": "choice", "whole": "count", "date": "date", "textLength": "text"}


class _Kinds:
    """What kind of answer each row takes: by its validation, and the format of its cell."""

    def __init__(self, found: Opened, sheet: str) -> None:
        self.styles, self.read = found.styles, found.sheets[sheet]
        self.rules: list[tuple[list[tuple[tuple[int, int], tuple[int, int]]], ReadValidation]] = [
            (areas(rule.cells), rule) for rule in self.read.validations
        ]

    def of(self, row: int, column: int) -> tuple[Kind | None, tuple[str, ...]]:
        """The kind, if it can be told, and the choices there are."""
        rule = next(
            (
                rule
                for where, rule in self.rules
                if any(top <= row <= bottom and left <= column <= right for (top, left), (bottom, right) in where)
            ),
            None,
        )
        style = self.read.styles.get(a1(row, column), "0")
        index = int(style) if style.isdigit() else 0
        code = self.styles.cells[index].number_format if index < len(self.styles.cells) else ""
        if rule is not None and rule.kind in _BY_RULE:
            choices = tuple(rule.low.strip('"').split(",")) if rule.kind == "list" else ()
            return _BY_RULE[rule.kind], choices
        # A decimal, or a formula of ours where “无” is an answer too; or the validation is gone, as pasting takes it away.
        if "%" in code:
            return "percent", ()
        if "yy" in code:
            return "date", ()
        return {"0": "count", "General": "number"}.get(code) if rule is not None else None, ()  # type: ignore[return-value]  # kinds
