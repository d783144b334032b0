"""The plan of a workbook: every sheet, cell, name and formula of a scheme. The only module that knows addresses.

Writer, reader, messages and the add-in all ask the plan. It knows nothing of openpyxl.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from xl_kpi.expr import ops
from xl_kpi.expr.to_excel import to_excel
from xl_kpi.layout import listing
from xl_kpi.layout.sheet import Homes, Sheet
from xl_kpi.program import nodes
from xl_kpi.program.build import Program
from xl_kpi.program.inputs import BoundInput
from xl_kpi.rules.parts import SETUP
from xl_kpi.scheme.model import Scheme
from xl_kpi.xlsx.addresses import Address, a1, column_letter, quote_sheet

LAYOUT = 4  # raise when the same scheme gives another workbook

# What a blank shows until a unit's workbook is cut from it; each stands in one shared string.
UNIT, CODE = "〔被考核单位〕", "〔单位代码〕"

COVER, FORM, ENTRY, SUMMARY, CHECKS, RULES, META = (
    "封面",
    "考核表",
    "数据填报",
    "汇总",
    "核对",
    "评分规则",
    "_xl_kpi",
)


@dataclass(frozen=True)
class Formula:
    """A formula cell: where it is, the node it shows (None for an expression of its own), its text without the =."""

    sheet: str
    name: str
    node: str | None
    op: ops.Op
    text: str


@dataclass
class Plan:
    """A workbook of one scheme, year and level; units differ only in the shared strings UNIT and CODE."""

    program: Program
    sheets: dict[str, Sheet] = field(default_factory=dict)
    homes: dict[str, tuple[str, Address]] = field(default_factory=dict)
    # What sheets say of themselves: where each task begins (by sheet and task), the columns of a table by heading.
    task_rows: dict[str, dict[str, int]] = field(default_factory=dict)
    columns: dict[str, dict[str, int]] = field(default_factory=dict)
    unit: str = UNIT
    code: str = CODE

    @property
    def scheme(self) -> Scheme:
        """The scheme, settled for its level."""
        return self.program.scheme

    @property
    def period(self) -> str:
        """Which assessment: year and level."""
        level = f"（{self.scheme.level}级）" if self.scheme.level else ""
        return f"{self.scheme.year}年度{level}"

    # placing

    def home(self, sheet: Sheet, row: int, column: int, node: str, **look: Any) -> None:
        """Give a node its cell: its formula if it has one, else a blank to be filled in."""
        if node in self.homes:
            raise ValueError(f"{node} has two homes")
        self.homes[node] = (sheet.name, (row, column))
        op = self.program.formulas.get(node)
        if isinstance(op, ops.Const):
            sheet.put(row, column, op.value, **look)
        else:
            sheet.put(row, column, op=op, **look)

    def show(self, sheet: Sheet, row: int, column: int, node: str, **look: Any) -> None:
        """Show a node that has its home elsewhere."""
        sheet.put(row, column, op=ops.Ref(node), **look)

    def place(self, sheet: str, row: int, column: int = 1) -> str:
        """A place for hyperlinks."""
        return f"{quote_sheet(sheet)}!{a1(row, column)}"

    def link_to(self, node: str) -> str:
        """A node's home, for hyperlinks."""
        sheet, address = self.homes[node]
        return self.place(sheet, *address)

    def link_to_task(self, sheet: str, task: str) -> str:
        """Where a task begins on a sheet, for hyperlinks."""
        return self.place(sheet, self.task_rows[sheet][task])

    # asking

    def task_at(self, sheet: str, row: int) -> str:
        """Which task a row of 考核表, 数据填报 or 评分规则 belongs to; "" for none."""
        tasks = [(first, task) for task, first in self.task_rows.get(sheet, {}).items() if task != SETUP]
        if sheet == ENTRY:  # a block of rows each
            return max((each for each in tasks if each[0] <= row), default=(0, ""))[1]
        return dict(tasks).get(row, "")

    def at(self, node: str) -> str:
        """Where a node stands, as `数据填报!E5`."""
        sheet, address = self.homes[node]
        return f"{sheet}!{a1(*address)}"

    @cached_property
    def formula_cells(self) -> list[Formula]:
        """Every formula cell with the node it shows, in the order in which values shown are kept."""
        at_home = {place: node for node, place in self.homes.items()}
        found = []
        for sheet in self.sheets.values():
            homes = Homes(self.homes, self.sheets, sheet.name)
            for at, cell in sheet.cells.items():
                if cell.op is not None:
                    text = to_excel(cell.op, homes).removeprefix("=")
                    found.append(Formula(sheet.name, a1(*at), at_home.get((sheet.name, at)), cell.op, text))
        return found

    def names(self) -> Iterator[tuple[str, str]]:
        """Workbook-scoped names: every input's 自报值 cell as in_<task>__<input>, the outcomes as out_<node>, and the rows the add-in marks."""
        for bound in self.program.inputs():
            yield nodes.input_name(bound.id), self._absolute(nodes.typed(bound.id, self.program.stages[0]))
        for node in (nodes.TOTAL, nodes.MAX, nodes.RATE, nodes.GRADE, nodes.VETOES, nodes.COMPLETE):
            yield nodes.outcome_name(node), self._absolute(node)
        column = column_letter(listing.MARKED_COLUMN)
        yield listing.MARKED_ROWS, f"{quote_sheet(CHECKS)}!${column}${listing.FIRST}:${column}${listing.LAST}"

    def _absolute(self, node: str) -> str:
        sheet, (row, column) = self.homes[node]
        column_name = a1(1, column)[:-1]
        return f"{quote_sheet(sheet)}!${column_name}${row}"

    @cached_property
    def fingerprint(self) -> str:
        """Which template this is: the scheme as written, the level and year it is settled for, and the layout."""
        template = [self.scheme.written.dump(), self.scheme.level, self.scheme.year, LAYOUT]
        text = json.dumps(template, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def input_map(self) -> list[dict[str, Any]]:
        """Where every input is (the `inputs` of `xl-kpi map`)."""
        return [self._mapped(bound) for bound in self.program.inputs()]

    def _mapped(self, bound: BoundInput) -> dict[str, Any]:
        spec = bound.spec
        bounded = spec.kind not in ("choice", "text")
        low, high = spec.bounds
        return {
            "id": bound.id,
            "task": bound.task,
            "label": spec.label,
            "kind": spec.kind,
            "required": spec.required,
            "min": low if bounded else None,
            "max": high if bounded else None,
            "choices": list(spec.choices),
            "none": spec.if_none is not None,
            "unit": spec.unit,
            "cells": {
                **{stage.id: self.at(nodes.typed(bound.id, stage)) for stage in self.program.stages},
                nodes.NOTE: self.at(nodes.note(bound.id)),
            },
        }

    def output_map(self) -> dict[str, Any]:
        """Where every outcome is (the `outputs` of `xl-kpi map`)."""
        return {
            **{node: self.at(node) for node in _MAPPED},
            "groups": {g.id: self.at(nodes.group_score(g.id)) for g in self.scheme.all_groups()},
            "tasks": {
                t.id: {
                    "self": self.at(nodes.own(t.score)),
                    "final": self.at(t.score),
                    "points": self.at(t.points),
                }
                for t in self.program.tasks
            },
        }


_MAPPED = (nodes.TOTAL, nodes.MAX, nodes.GRADE, nodes.VETOES, nodes.RATE, nodes.COMPLETE)


def filename(settled: Scheme, unit: str = "") -> str:
    """The name a unit's workbook goes by; characters no file name may hold are replaced."""
    safe = "".join("_" if char in '\\/:*?"<>|' or ord(char) < 32 else char for char in unit or settled.unit)
    return f"{safe.strip('. ')}_{settled.year}_{settled.id}.xlsx"
