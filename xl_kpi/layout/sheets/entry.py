"""数据填报: every input in blocks by task, its values by stage, what was adopted, and how the score came about."""

from __future__ import annotations

from typing import Literal

from xl_kpi.expr import semantics
from xl_kpi.layout.listing import MARKED_ROWS
from xl_kpi.layout.plan import ENTRY, FORM, Plan
from xl_kpi.layout.sheet import Condition, Sheet
from xl_kpi.layout.sheets import form
from xl_kpi.program import asking, nodes
from xl_kpi.program.inputs import BoundInput
from xl_kpi.program.stages import Stage
from xl_kpi.program.tasks import BoundTask
from xl_kpi.rules.parts import SETUP, Ask, Kind, show
from xl_kpi.words import say
from xl_kpi.xlsx.addresses import a1
from xl_kpi.xlsx.sheet import Validation

HEADER = 3
TASK, LABEL, UNIT, STANDARD, FIRST = 1, 2, 3, 4, 5  # the columns up to the first for values


class _Columns:
    """The columns of the table from 1, with headings and widths: one a stage stands in the middle."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self.adopted = FIRST + len(stages)
        self.typed = range(FIRST, self.adopted)
        self.status, self.asked, self.manner, self.remark = range(self.adopted + 1, self.adopted + 5)
        self.own, self.own_status = self.remark + 1, self.remark + 2
        self.shown: list[tuple[str, float]] = [
            *(("任务", 7), ("指标", 36), ("单位", 8), ("标准", 12)),
            *((stage.column, 11.5) for stage in stages),
            *(("采用值", 11.5), ("状态", 8), ("提示", 24), ("说明", 30), ("填报说明", 20)),
        ]
        self.hidden: list[tuple[str, float]] = [(f"{stages[0].deed}采用值", 10), (f"{stages[0].deed}状态", 10)]


FORMATS = {
    "percent": "0.00%",
    "count": "0",
    "date": "yyyy-mm-dd",
    "text": "@",
    "number": "General",
    "choice": "@",
}


def lay_out(plan: Plan, sheet: Sheet) -> None:
    """Blocks of rows: the bureau's numbers first if there are any, then one block for each task."""
    sheet.tab = "2E75B6"
    at = _Columns(plan.program.stages)
    for column, (title, width) in enumerate(at.shown + at.hidden, 1):
        sheet.widths[column] = width
        sheet.put(HEADER, column, title, style="header")
    sheet.hidden_columns |= {at.own, at.own_status}
    sheet.put(1, 1, f"{plan.scheme.title}——数据填报", style="title2", to=(1, at.remark))
    sheet.put(2, 1, _guide(plan.program.stages), style="hint", to=(2, at.remark))
    sheet.heights |= {1: 30, 2: 34, HEADER: 24}
    plan.task_rows[ENTRY] = {}
    row = HEADER + 1
    if plan.program.setup:
        plan.task_rows[ENTRY][SETUP] = row
        sheet.put(row, 1, "由考核组织单位填写（原文没有给出的分值、标准）", style="block", to=(row, at.remark))
        sheet.heights[row] = 22
        for bound in plan.program.setup:
            row += 1
            _input_row(plan, sheet, at, row, bound, "")
        row += 1
    for number, task in enumerate(plan.program.tasks, 1):
        row = _block(plan, sheet, at, row, number, task)
    last = row - 1
    _conditions(sheet, at, HEADER + 1, last)
    sheet.freeze = a1(HEADER + 1, UNIT)
    sheet.title_rows = (HEADER, HEADER)
    sheet.filter = f"A{HEADER}:{a1(last, at.remark)}"


def _guide(stages: tuple[Stage, ...]) -> str:
    return (
        f"填写蓝色格：{'，'.join(f'{stage.people}填“{stage.column}”' for stage in stages)}；“采用值”取最后填写的一个。"
        f"起数、次数没有发生填0；比率没有发生填“{semantics.NONE}”；不能空着。比率{asking.PERCENTAGE}。"
        "“提示”问到而所填无误的，在“填报说明”写一句，不再提示。灰色格由公式计算，不能修改。"
    )


def _block(plan: Plan, sheet: Sheet, at: _Columns, row: int, number: int, task: BoundTask) -> int:
    plan.task_rows[ENTRY][task.id] = row
    label = form.number_of(number, task)
    name = " ".join(task.task.name.split())
    link = plan.place(FORM, form.row_of(number), len(plan.scheme.columns) + 1)
    sheet.put(row, 1, f"{label}　{name}", style="block", link=link, tip="转到考核表中的这一项", to=(row, at.remark))
    sheet.height_for(row, [(name, sum(width for _, width in at.shown) - 10)], least=22)
    for bound in task.inputs:
        row += 1
        _input_row(plan, sheet, at, row, bound, label)
    for step in task.steps:
        row += 1
        sheet.put(row, TASK, label, style="small")
        sheet.put(row, LABEL, step.label, style="step")
        sheet.put(row, UNIT, step.unit, style="step_center")
        sheet.put(row, STANDARD, _brief(plan, step.standard), style="step_center")
        number_format = "0.00%" if step.unit == "%" else "0.00##"
        plan.home(sheet, row, FIRST, nodes.own(step.id), style="step_value", number_format=number_format)
        plan.home(sheet, row, at.adopted, step.id, style="step_value", number_format=number_format)
        for column in (*at.typed[1:], at.status, at.asked, at.remark):
            sheet.put(row, column, style="step")
        sheet.put(row, at.manner, "自动计算", style="step")
        sheet.height_for(row, [(step.label, sheet.widths[LABEL])])
    row += 1
    sheet.put(row, TASK, label, style="small")
    sheet.put(row, LABEL, "得　分", style="score_label")
    sheet.put(row, UNIT, "分", style="score")
    plan.show(sheet, row, STANDARD, task.points, style="score", number_format='"满分"General')
    plan.home(sheet, row, FIRST, nodes.own(task.score), style="score")
    plan.home(sheet, row, at.adopted, task.score, style="score")
    for column in (*at.typed[1:], at.status, at.asked, at.remark):
        sheet.put(row, column, style="score")
    sheet.put(row, at.manner, "自动计算", style="score_note")
    sheet.heights[row] = 22
    return row + 1


def _input_row(plan: Plan, sheet: Sheet, at: _Columns, row: int, bound: BoundInput, label: str) -> None:
    spec = bound.spec
    number_format = FORMATS[spec.kind]
    sheet.put(row, TASK, label, style="small")
    sheet.put(row, LABEL, spec.label, style="label")
    sheet.put(row, UNIT, "%" if spec.kind == "percent" else spec.unit, style="center")
    standard = _brief(plan, bound.standard)
    sheet.put(row, STANDARD, standard, style="center")
    for column, stage in zip(at.typed, plan.program.stages, strict=True):
        look = stage.style + ("_text" if spec.kind == "text" else "")
        plan.home(sheet, row, column, nodes.typed(bound.id, stage), style=look, number_format=number_format)
    plan.home(sheet, row, at.adopted, bound.id, style="computed", number_format=number_format)
    plan.home(sheet, row, at.status, nodes.status(bound.id), style="status")
    if bound.task != SETUP:
        plan.home(sheet, row, at.own, nodes.own(bound.id), style="aside", number_format=number_format)
        plan.home(sheet, row, at.own_status, nodes.own(nodes.status(bound.id)), style="aside")
    manner = asking.manner(spec)
    if nodes.hint(bound.id) in plan.program.formulas:
        plan.home(sheet, row, at.asked, nodes.hint(bound.id), style="question")
    else:
        sheet.put(row, at.asked, style="question")
    sheet.put(row, at.manner, manner, style="note")
    plan.home(sheet, row, at.remark, nodes.note(bound.id), style="free_text", number_format="@")
    sheet.height_for(
        row,
        [
            (spec.unit, sheet.widths[UNIT]),
            (spec.label, sheet.widths[LABEL]),
            (manner, sheet.widths[at.manner]),
            (standard, sheet.widths[STANDARD]),
        ],
        least=_ROOM.get(spec.kind, 20),
    )
    sheet.validations.append(_validation(bound, standard, f"{a1(row, FIRST)}:{a1(row, at.typed[-1])}"))


_ROOM = {"text": 48, "percent": 36}  # for a sentence, and for a question beside it


def _brief(plan: Plan, standard: str) -> str:
    """A standard that fits its narrow column: one that the bureau fills in is told by the row where it stands."""
    for bound in plan.program.setup:
        told = show(Ask(ask=bound.spec))
        if told in standard:
            return standard.partition(told)[0] + f"第{plan.homes[bound.id][1][0]}行所填"
    return standard


def _validation(bound: BoundInput, standard: str, cells: str) -> Validation:
    """What Excel lets in, and what it says: at the cell how to fill it in, and when it refuses what must be there."""
    spec = bound.spec
    hints = "；".join(text for text in (asking.manner(spec), standard and f"标准{standard}") if text)
    says = {
        "prompt_title": spec.label[:31],
        "prompt": f"{spec.label}\n{hints}"[:250],
        "error_title": "填写有误",
        "error": f"“{spec.label[:60]}”：{say(asking.wanted(spec), 'zh')}。"[:220],
    }
    if spec.kind == "choice":
        return Validation(cells, "list", '"' + ",".join(spec.choices) + '"', "", **says)
    if spec.kind == "text":
        return Validation(cells, "textLength", "0", "500", **says | {"error": "最多500字。请缩短后重新填写。"})
    low, high = (f"{limit:.6f}".rstrip("0").rstrip(".") for limit in spec.bounds)
    if spec.if_none is not None:
        # Excel's own percentages would refuse the word; the formula is relative to the first of the cells.
        cell = cells.partition(":")[0]
        rate = f'OR({cell}="{semantics.NONE}",AND(ISNUMBER({cell}),{cell}>={low},{cell}<={high}))'
        return Validation(cells, "custom", rate, "", **says)
    return Validation(cells, _LET_IN[spec.kind], low, high, **says)


_LET_IN: dict[Kind, Literal["whole", "decimal", "date"]] = {
    "count": "whole",
    "date": "date",
    "percent": "decimal",
    "number": "decimal",
}


def _conditions(sheet: Sheet, at: _Columns, first: int, last: int) -> None:
    status = a1(1, at.status)[:-1]
    area = f"{a1(first, at.status)}:{a1(last, at.status)}"
    wrong = f'OR(${status}{first}="有误",${status}{first}="超范围",${status}{first}="不一致")'
    typed = f"{a1(first, FIRST)}:{a1(last, at.typed[-1])}"
    sheet.conditions.append(Condition(typed, wrong, "wrong"))
    sheet.conditions.append(Condition(area, f'${status}{first}="未填"', "wanting"))
    sheet.conditions.append(Condition(area, wrong, "wrong"))
    sheet.conditions.append(Condition(area, f'${status}{first}="已填"', "good"))
    asked = f"{a1(first, at.asked)}:{a1(last, at.asked)}"
    sheet.conditions.append(Condition(asked, f"LEN({a1(first, at.asked)})>0", "wanting"))
    scores = f"{a1(first, at.adopted)}:{a1(last, at.adopted)}"
    sheet.conditions.append(Condition(scores, f'{a1(first, at.adopted)}="未填"', "wanting"))
    sheet.conditions.append(Condition(scores, f'{a1(first, at.adopted)}="有误"', "wrong"))
    # Rows in which the add-in found something: it lists their numbers beside its findings on 核对.
    marked = f"COUNTIF({MARKED_ROWS},ROW())>0"
    sheet.conditions.append(Condition(f"{a1(first, TASK)}:{a1(last, at.remark)}", marked, "marked"))
