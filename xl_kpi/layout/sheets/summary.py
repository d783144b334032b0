"""汇总: scores against points by group, the grade, every veto, how complete it is, and a chart."""

from __future__ import annotations

from xl_kpi.expr import ops
from xl_kpi.layout.plan import ENTRY, Plan
from xl_kpi.layout.sheet import Condition, Sheet
from xl_kpi.layout.sheets import form
from xl_kpi.program import nodes
from xl_kpi.program.nothing import less
from xl_kpi.program.outcome import quotient
from xl_kpi.rules.parts import show
from xl_kpi.scheme.model import EFFECT_NAMES, Group
from xl_kpi.xlsx.addresses import a1
from xl_kpi.xlsx.sheet import Chart

WIDTHS = (40, 12, 12, 12, 12, 34)
TOP = 4


def lay_out(plan: Plan, sheet: Sheet) -> None:
    """Outcome, groups with the chart beside them, vetoes."""
    sheet.tab = "548235"
    sheet.one_page = True
    sheet.widths = dict(enumerate(WIDTHS, 1))
    sheet.put(1, 1, "考核结果汇总", style="title", to=(1, 6))
    sheet.put(2, 1, plan.unit, style="head_value", to=(2, 3))
    sheet.put(2, 4, plan.period, style="head_value", to=(2, 6))
    sheet.heights |= {1: 40, 2: 24}
    row = _groups(plan, sheet, TOP)
    row = _outcome(plan, sheet, row + 1)
    row = _vetoes(plan, sheet, row + 1)
    _chart(plan, sheet, row + 1)


def _groups(plan: Plan, sheet: Sheet, row: int) -> int:
    titles = ("指标", "分值", plan.program.stages[0].score, "核定得分", "得分率", "说明")
    for column, title in enumerate(titles, 1):
        sheet.put(row, column, title, style="header")
    sheet.heights[row] = 24
    for top in plan.scheme.groups:
        row = _group(plan, sheet, row + 1, top, 0)
    row += 1
    sheet.put(row, 1, "合计", style="total")
    plan.home(sheet, row, 2, nodes.MAX, style="total")
    plan.home(sheet, row, 3, nodes.own(nodes.TOTAL), style="total")
    plan.home(sheet, row, 4, nodes.TOTAL, style="total")
    plan.home(sheet, row, 5, nodes.RATE, style="total", number_format="0.00%")
    rounding = plan.scheme.rounding
    how = "四舍五入" if rounding.mode == "half_up" else "截去以后各位"
    sheet.put(row, 6, f"各项得分保留{rounding.digits}位小数（{how}）", style="note")
    sheet.heights[row] = 24
    return row + 1


def _group(plan: Plan, sheet: Sheet, row: int, group: Group, depth: int) -> int:
    name = " ".join(group.name.split())
    sheet.put(row, 1, "　" * depth + name, style="label_bold" if depth == 0 else "label")
    plan.home(sheet, row, 2, nodes.group_points(group.id), style="number")
    plan.home(sheet, row, 3, nodes.own(nodes.group_score(group.id)), style="number")
    plan.home(sheet, row, 4, nodes.group_score(group.id), style="number")
    left_out = [task.left_out for task in plan.program.tasks if task.left_out and task.task in group.all_tasks()]
    rate = quotient(ops.Ref(nodes.group_score(group.id)), less(ops.Const(group.points), left_out))
    sheet.put(row, 5, op=rate, style="number", number_format="0.00%")
    sheet.put(row, 6, f"{len(list(group.all_tasks()))}项任务", style="note")
    sheet.height_for(row, [("　" * depth + name, WIDTHS[0])], least=20)
    for below in group.groups:
        row = _group(plan, sheet, row + 1, below, depth + 1)
    return row


def _outcome(plan: Plan, sheet: Sheet, row: int) -> int:
    bands = "、".join(f"{b.name}≥{show(b.at_least, 'percent')}" for b in plan.scheme.grades.bands[:-1])
    default = "（原文未给出等次标准，此为默认）" if plan.scheme.grades.default else ""
    any_veto = any(task.vetoes for task in plan.program.tasks)
    veto_note = "按下表各否决条款自动判断" if any_veto else "本方案没有否决条款"
    lines = [
        ("应填项中未填", nodes.MISSING, "“数据填报”中状态为“未填”的项数"),
        ("填写有误", nodes.INVALID, "状态为“有误”“超范围”“不一致”的项数，须改正后才计分"),
        ("已填", nodes.FILLED, ""),
        ("填报状态", nodes.COMPLETE, "全部填好且无误才为“已完成”"),
        ("否决情况", nodes.VETOES, veto_note),
        ("等次", nodes.GRADE, bands + default),
    ]
    first = row
    for label, node, note in lines:
        sheet.put(row, 1, label, style="label_bold")
        plan.home(sheet, row, 2, node, style="outcome", to=(row, 3))
        sheet.put(row, 4, note, style="note", to=(row, 6))
        sheet.height_for(row, [(note, WIDTHS[3] + WIDTHS[4] + WIDTHS[5])], least=22)
        row += 1
    area = f"{a1(first, 2)}:{a1(row - 1, 2)}"
    cell = a1(first, 2)
    sheet.conditions.append(Condition(area, f'OR({cell}="未完成",{cell}="未填")', "wanting"))
    sheet.conditions.append(Condition(area, f'OR({cell}="一票否决",{cell}="一票否优",{cell}="该项不得分")', "wrong"))
    return row


def _vetoes(plan: Plan, sheet: Sheet, row: int) -> int:
    vetoes = [(number, task, veto) for number, task in enumerate(plan.program.tasks, 1) for veto in task.vetoes]
    if not vetoes:
        return row
    sheet.put(row, 1, "否决条款所在任务", style="header")
    sheet.put(row, 2, "效果", style="header", to=(row, 3))
    sheet.put(row, 4, "触发条件", style="header", to=(row, 5))
    sheet.put(row, 6, "状态", style="header")
    sheet.heights[row] = 24
    first = row + 1
    for number, task, veto in vetoes:
        row += 1
        name = f"{form.number_of(number, task)}　{' '.join(task.task.name.split())}"
        link = plan.link_to_task(ENTRY, task.id)
        effects = "、".join(EFFECT_NAMES[e] for e in veto.effects)
        sheet.put(row, 1, name, style="label")
        sheet.put(row, 2, effects, style="link", link=link, tip="转到这一项的填报处", to=(row, 3))
        condition = veto.sentence.rpartition("：")[0]
        sheet.put(row, 4, condition, style="note", to=(row, 5))
        plan.home(sheet, row, 6, veto.id, style="status")
        sheet.height_for(row, [(name, WIDTHS[0]), (condition, WIDTHS[3] + WIDTHS[4])], least=22)
    area, cell = f"{a1(first, 6)}:{a1(row, 6)}", a1(first, 6)
    sheet.conditions.append(Condition(area, f'{cell}="触发"', "wrong"))
    sheet.conditions.append(Condition(area, f'{cell}="未触发"', "good"))
    sheet.conditions.append(Condition(area, f'OR({cell}="未填",{cell}="有误")', "wanting"))
    return row + 1


def _chart(plan: Plan, sheet: Sheet, row: int) -> None:
    first, last = TOP + 1, TOP + len(list(plan.scheme.all_groups()))
    sheet.chart = Chart("各级指标得分与分值", a1(row, 1), (1, first, last), ((2, TOP, last), (4, TOP, last)))
