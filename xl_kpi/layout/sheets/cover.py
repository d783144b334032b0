"""封面: whose assessment it is, where it stands, how to fill it in, and the signatures."""

from __future__ import annotations

from xl_kpi.layout.plan import Plan
from xl_kpi.layout.sheet import Condition, Sheet
from xl_kpi.program import nodes
from xl_kpi.program.stages import Stage
from xl_kpi.xlsx.addresses import a1

WIDTHS = (4, 24, 34, 24, 34, 4)

_STEPS = (
    "1．在“数据填报”表的蓝色格中逐项填写{column}，起数、次数没有发生填0，比率没有发生填“无”；“状态”列全部为“已填”或“选填”即为填完。",
    "2．在“考核表”中核对得分，填写扣分原因和佐证材料；在“汇总”“核对”表中查看总分、否决和未完成的项目。",
    "3．打印“考核表”，签字盖章后与本工作簿一并上报。请勿改动工作表名称，勿插入或删除行列。",
    "4．{by_whom}中填写与{deed}不同的数；采用值取最后填写的一个。",
)


def lay_out(plan: Plan, sheet: Sheet) -> None:
    """Title, particulars, overall status, guide, signature block."""
    sheet.tab = "7F7F7F"
    sheet.one_page = True
    sheet.widths = dict(enumerate(WIDTHS, 1))
    sheet.put(2, 2, plan.scheme.title, style="cover_title", to=(2, 5))
    sheet.height_for(2, [(plan.scheme.title, sum(WIDTHS[1:5]) / 2.2)], least=60, line=36)
    row = _particulars(plan, sheet, 4)
    row = _status(plan, sheet, row + 1)
    row = _guide(sheet, row + 1, plan.program.stages)
    _signatures(sheet, row + 1)


def _pair(sheet: Sheet, row: int, column: int, label: str, value: str | None, style: str) -> None:
    sheet.put(row, column, label, style="card_label")
    sheet.put(row, column + 1, value, style=style)


def _particulars(plan: Plan, sheet: Sheet, row: int) -> int:
    scheme = plan.scheme
    _pair(sheet, row, 2, "被考核单位", plan.unit, "card")
    _pair(sheet, row, 4, "单位代码", plan.code, "card")
    _pair(sheet, row + 1, 2, "考核年度", f"{scheme.year}年", "card")
    _pair(sheet, row + 1, 4, "层级", f"{scheme.level}级" if scheme.level else "不分级", "card")
    sheet.put(row + 2, 2, "考核阶段", style="card_label")
    plan.home(sheet, row + 2, 3, nodes.STAGE, style="card")
    _pair(sheet, row + 2, 4, "方案编号", f"{scheme.id}　第{scheme.version}版", "card")
    for r in range(row, row + 3):
        sheet.heights[r] = 30
    return row + 3


def _status(plan: Plan, sheet: Sheet, row: int) -> int:
    sheet.put(row, 2, "总　体　状　态", style="band", to=(row, 5))
    sheet.heights[row] = 26
    pairs = [
        ("填报状态", nodes.COMPLETE, "未填项数", nodes.MISSING),
        ("有误项数", nodes.INVALID, "否决情况", nodes.VETOES),
        ("总分（按采用值）", nodes.TOTAL, "满分", nodes.MAX),
        ("得分率", nodes.RATE, "等次", nodes.GRADE),
    ]
    first = row + 1
    for left, left_node, right, right_node in pairs:
        row += 1
        for column, label, node in ((2, left, left_node), (4, right, right_node)):
            sheet.put(row, column, label, style="card_label")
            number_format = "0.00%" if node == nodes.RATE else "General"
            plan.show(sheet, row, column + 1, node, style="card_value", number_format=number_format)
        sheet.heights[row] = 28
    area, cell = f"{a1(first, 3)}:{a1(row, 5)}", a1(first, 3)
    sheet.conditions.append(Condition(area, f'{cell}="未完成"', "wanting"))
    sheet.conditions.append(Condition(area, f'OR({cell}="一票否决",{cell}="一票否优")', "wrong"))
    sheet.conditions.append(Condition(area, f'{cell}="已完成"', "good"))
    return row + 1


def _guide(sheet: Sheet, row: int, stages: tuple[Stage, ...]) -> int:
    sheet.put(row, 2, "填　报　说　明", style="band", to=(row, 5))
    sheet.heights[row] = 26
    by_whom = "、".join(f"{stage.people}在“{stage.column}”" for stage in stages[1:])
    for text in _STEPS:
        step = text.format(by_whom=by_whom, deed=stages[0].deed, column=stages[0].column)
        row += 1
        sheet.put(row, 2, step, style="guide", to=(row, 5))
        sheet.height_for(row, [(step, sum(WIDTHS[1:5]))], least=22)
    return row + 1


def _signatures(sheet: Sheet, row: int) -> None:
    blocks = [
        ("主管部门（盖章）", "主管部门负责人（签字）"),
        ("被考核单位（盖章）", "单位负责人（签字）"),
        ("填报人（签字）", "填报日期"),
    ]
    for left, right in blocks:
        for column, label in ((2, left), (4, right)):
            sheet.put(row, column, label, style="card_label")
            sheet.put(row, column + 1, style="sign")
        sheet.heights[row] = 34
        row += 1
