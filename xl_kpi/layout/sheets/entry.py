"""数据填报: every input in blocks by task, its values by stage, what was adopted, and how the score came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from xl_kpi.expr import semantics
from xl_kpi.layout.sheet import Condition, Sheet
from xl_kpi.layout.sheets import form
from xl_kpi.layout.sheets.checks import MARKED_ROWS
from xl_kpi.program import asking
from xl_kpi.program.build import HINT, NOTE, OWN, SELF, STAGES, BoundInput, BoundTask
from xl_kpi.rules.base import SETUP, Ask, Kind, show
from xl_kpi.words import say
from xl_kpi.xlsx.addresses import a1
from xl_kpi.xlsx.sheet import Validation

if TYPE_CHECKING:
    from xl_kpi.layout.plan import Plan

TASK, LABEL, UNIT, STANDARD, FIRST, ADOPTED, STATUS, ASKED, MANNER, REMARK, OWN_VALUE, SELF_STATUS = (
    *(1, 2, 3, 4, 5, 8, 9, 10, 11, 12),
    *(13, 14),
)
HEADER = 3
TITLES = ("任务", "指标", "单位", "标准", "自报值", "核实值", "终裁值", "采用值", "状态", "提示", "说明", "填报说明")
WIDTHS = (7, 36, 8, 12, 11.5, 11.5, 11.5, 11.5, 8, 24, 30, 20)
FORMATS = {
    "percent": "0.00%",
    "count": "0",
    "date": "yyyy-mm-dd",
    "text": "@",
    "number": "General",
    "choice": "@",
}


def lay_out(plan: Plan) -> None:
    """Blocks of rows: the bureau's numbers first if there are any, then one block for each task."""
    sheet = plan.sheets["数据填报"]
    sheet.tab = "2E75B6"
    for column, (title, width) in enumerate(zip(TITLES, WIDTHS, strict=True), 1):
        sheet.widths[column] = width
        sheet.put(HEADER, column, title, style="header")
    for column, title in ((OWN_VALUE, "自报采用值"), (SELF_STATUS, "自报状态")):
        sheet.put(HEADER, column, title, style="header")
        sheet.widths[column] = 10
        sheet.hidden_columns.add(column)
    sheet.put(1, 1, f"{plan.scheme.title}——数据填报", style="title2", to=(1, REMARK))
    sheet.put(2, 1, _GUIDE, style="hint", to=(2, REMARK))
    sheet.heights |= {1: 30, 2: 34, HEADER: 24}
    row = HEADER + 1
    if plan.program.setup:
        plan.entry_rows[SETUP] = row
        sheet.put(row, 1, "由考核组织单位填写（原文没有给出的分值、标准）", style="block", to=(row, REMARK))
        sheet.heights[row] = 22
        for bound in plan.program.setup:
            row += 1
            _input_row(plan, sheet, row, bound, "")
        row += 1
    for number, task in enumerate(plan.program.tasks, 1):
        row = _block(plan, sheet, row, number, task)
    last = row - 1
    _conditions(sheet, HEADER + 1, last)
    sheet.freeze = a1(HEADER + 1, UNIT)
    sheet.title_rows = (HEADER, HEADER)
    sheet.filter = f"A{HEADER}:{a1(last, REMARK)}"


_GUIDE = (
    "填写蓝色格：单位填“自报值”，复核人员填“核实值”，终裁人员填“终裁值”；“采用值”取最后填写的一个。"
    f"起数、次数没有发生填0；比率没有发生填“{semantics.NONE}”；不能空着。比率{asking.PERCENTAGE}。"
    "“提示”问到而所填无误的，在“填报说明”写一句，不再提示。灰色格由公式计算，不能修改。"
)


def _block(plan: Plan, sheet: Sheet, row: int, number: int, task: BoundTask) -> int:
    plan.entry_rows[task.id] = row
    label = form.number_of(number, task)
    name = " ".join(task.task.name.split())
    link = plan.place("考核表", form.row_of(number), len(plan.scheme.columns) + 1)
    sheet.put(row, 1, f"{label}　{name}", style="block", link=link, tip="转到考核表中的这一项", to=(row, REMARK))
    sheet.height_for(row, [(name, sum(WIDTHS) - 10)], least=22)
    for bound in task.inputs:
        row += 1
        _input_row(plan, sheet, row, bound, label)
    for step in task.steps:
        row += 1
        sheet.put(row, TASK, label, style="small")
        sheet.put(row, LABEL, step.label, style="step")
        sheet.put(row, UNIT, step.unit, style="step_center")
        sheet.put(row, STANDARD, _brief(plan, step.standard), style="step_center")
        number_format = "0.00%" if step.unit == "%" else "0.00##"
        plan.home(sheet, row, FIRST, step.id + SELF, style="step_value", number_format=number_format)
        plan.home(sheet, row, ADOPTED, step.id, style="step_value", number_format=number_format)
        for column in (FIRST + 1, FIRST + 2, STATUS, ASKED, REMARK):
            sheet.put(row, column, style="step")
        sheet.put(row, MANNER, "自动计算", style="step")
        sheet.height_for(row, [(step.label, WIDTHS[LABEL - 1])])
    row += 1
    sheet.put(row, TASK, label, style="small")
    sheet.put(row, LABEL, "得　分", style="score_label")
    sheet.put(row, UNIT, "分", style="score")
    plan.show(sheet, row, STANDARD, task.points, style="score", number_format='"满分"General')
    plan.home(sheet, row, FIRST, task.score + SELF, style="score")
    plan.home(sheet, row, ADOPTED, task.score, style="score")
    for column in (FIRST + 1, FIRST + 2, STATUS, ASKED, REMARK):
        sheet.put(row, column, style="score")
    sheet.put(row, MANNER, "自动计算", style="score_note")
    sheet.heights[row] = 22
    return row + 1


def _input_row(plan: Plan, sheet: Sheet, row: int, bound: BoundInput, label: str) -> None:
    spec = bound.spec
    number_format = FORMATS[spec.kind]
    sheet.put(row, TASK, label, style="small")
    sheet.put(row, LABEL, spec.label, style="label")
    sheet.put(row, UNIT, "%" if spec.kind == "percent" else spec.unit, style="center")
    standard = _brief(plan, bound.standard)
    sheet.put(row, STANDARD, standard, style="center")
    for offset, stage in enumerate(STAGES):
        style = "input" if offset == 0 else "review"
        look = style + ("_text" if spec.kind == "text" else "")
        plan.home(sheet, row, FIRST + offset, bound.id + stage, style=look, number_format=number_format)
    plan.home(sheet, row, ADOPTED, bound.id, style="computed", number_format=number_format)
    plan.home(sheet, row, STATUS, f"{bound.id}?", style="status")
    if bound.task != SETUP:
        plan.home(sheet, row, OWN_VALUE, bound.id + OWN, style="aside", number_format=number_format)
        plan.home(sheet, row, SELF_STATUS, f"{bound.id}?{SELF}", style="aside")
    manner = asking.manner(spec)
    if bound.id + HINT in plan.program.formulas:
        plan.home(sheet, row, ASKED, bound.id + HINT, style="question")
    else:
        sheet.put(row, ASKED, style="question")
    sheet.put(row, MANNER, manner, style="note")
    plan.home(sheet, row, REMARK, bound.id + NOTE, style="free_text", number_format="@")
    sheet.height_for(
        row,
        [
            (spec.unit, WIDTHS[UNIT - 1]),
            (spec.label, WIDTHS[LABEL - 1]),
            (manner, WIDTHS[MANNER - 1]),
            (standard, WIDTHS[STANDARD - 1]),
        ],
        least=_ROOM.get(spec.kind, 20),
    )
    sheet.validations.append(_validation(bound, standard, f"{a1(row, FIRST)}:{a1(row, FIRST + 2)}"))


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


def _conditions(sheet: Sheet, first: int, last: int) -> None:
    status = a1(1, STATUS)[:-1]
    area = f"{a1(first, STATUS)}:{a1(last, STATUS)}"
    wrong = f'OR(${status}{first}="有误",${status}{first}="超范围",${status}{first}="不一致")'
    three = f"{a1(first, FIRST)}:{a1(last, FIRST + 2)}"
    sheet.conditions.append(Condition(three, wrong, "wrong"))
    sheet.conditions.append(Condition(area, f'${status}{first}="未填"', "wanting"))
    sheet.conditions.append(Condition(area, wrong, "wrong"))
    sheet.conditions.append(Condition(area, f'${status}{first}="已填"', "good"))
    asked = f"{a1(first, ASKED)}:{a1(last, ASKED)}"
    sheet.conditions.append(Condition(asked, f"LEN({a1(first, ASKED)})>0", "wanting"))
    scores = f"{a1(first, ADOPTED)}:{a1(last, ADOPTED)}"
    sheet.conditions.append(Condition(scores, f'{a1(first, ADOPTED)}="未填"', "wanting"))
    sheet.conditions.append(Condition(scores, f'{a1(first, ADOPTED)}="有误"', "wrong"))
    # Rows in which the add-in found something: it lists their numbers beside its findings on 核对.
    marked = f"COUNTIF({MARKED_ROWS},ROW())>0"
    sheet.conditions.append(Condition(f"{a1(first, TASK)}:{a1(last, REMARK)}", marked, "marked"))
