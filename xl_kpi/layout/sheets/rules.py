"""评分规则: how each task is scored, in a sentence; the readings chosen; the numbers of the text that are not scored."""

from __future__ import annotations

from collections.abc import Iterator

from xl_kpi.layout.plan import ENTRY, RULES, Plan
from xl_kpi.layout.sheet import Sheet
from xl_kpi.layout.sheets import form
from xl_kpi.rules.parts import show
from xl_kpi.scheme.model import EFFECT_NAMES, Scheme
from xl_kpi.xlsx.addresses import a1

WIDTHS = (7, 24, 8, 58, 40, 30)
TITLES = ("序号", "任务", "分值", "评分规则", "采用的口径", "不计分的数字及原因")
TOP = 3


def lay_out(plan: Plan, sheet: Sheet) -> None:
    """What holds for the whole scheme, then a line for each task."""
    sheet.widths = dict(enumerate(WIDTHS, 1))
    sheet.put(1, 1, f"{plan.scheme.title}——评分规则", style="title2", to=(1, 6))
    sheet.put(
        2,
        1,
        "原文有歧义或未写明的，按“采用的口径”计分；表后的“通用规则”列出另有一种口径的地方。如有异议，请向考核组织单位提出。",
        style="hint",
        to=(2, 6),
    )
    for column, title in enumerate(TITLES, 1):
        sheet.put(TOP, column, title, style="header")
    sheet.heights |= {1: 30, 2: 20, TOP: 24}
    row = TOP
    rows = plan.task_rows[RULES] = {}
    for number, task in enumerate(plan.program.tasks, 1):
        row += 1
        rows[task.id] = row
        name = " ".join(task.task.name.split())
        rule = plan.scheme.explain(task.task) + "".join(f"\n否决：{veto.sentence}。" for veto in task.vetoes)
        readings = "\n".join(task.task.readings())
        if task.task.superseded:
            readings += f"\n已被更正取代的原文：{task.task.superseded}"
        narrative = "\n".join(f"“{n.text}”：{n.reason}" for n in task.task.narrative)
        link = plan.link_to_task(ENTRY, task.id)
        sheet.put(row, 1, form.number_of(number, task), style="link", link=link, tip="转到填报处")
        sheet.put(row, 2, name, style="label")
        # LibreOffice gives a General cell the format of the one it refers to.
        number_format = form.points_format(task.task)
        plan.show(sheet, row, 3, task.points, style="number", number_format=number_format)
        for column, text in ((4, rule), (5, readings), (6, narrative)):
            sheet.put(row, column, text, style="note")
        texts = [(name, WIDTHS[1]), (rule, WIDTHS[3]), (readings, WIDTHS[4]), (narrative, WIDTHS[5])]
        sheet.height_for(row, texts, least=22)
    row += 1
    sheet.put(row, 1, "通用规则", style="block", to=(row, 6))
    sheet.heights[row] = 22
    for text in _general(plan.scheme):
        row += 1
        sheet.put(row, 1, text, style="note", to=(row, 6))
        sheet.height_for(row, [(text, sum(WIDTHS))], least=20)
    sheet.freeze = a1(TOP + 1, 1)
    sheet.title_rows = (TOP, TOP)


def _general(scheme: Scheme) -> Iterator[str]:
    how = "四舍五入" if scheme.rounding.mode == "half_up" else "截去以后各位"
    reading = f"（{scheme.rounding.reading}）" if scheme.rounding.reading else ""
    yield f"得分：每项任务的得分保留{scheme.rounding.digits}位小数，{how}{reading}；不低于0分，不高于该项分值。"
    bands = "，".join(f"得分率{show(b.at_least, 'percent')}及以上为{b.name}" for b in scheme.grades.bands[:-1])
    default = "（原文未给出等次标准，此为默认值，可在方案中修改）" if scheme.grades.default else ""
    yield f"等次：{bands}，其余为{scheme.grades.bands[-1].name}{default}。"
    best, worst = scheme.grades.bands[0].name, scheme.grades.bands[-1].name
    yield (
        f"否决：{EFFECT_NAMES['fail']}——等次定为{worst}，总分照计；{EFFECT_NAMES['no_excellent']}——不得评为{best}；"
        f"{EFFECT_NAMES['zero_task']}——该项得0分。未填的否决项不视为“未触发”，等次显示为“未完成”。"
    )
    yield "未填的项目不计分，也不当作0分；填写有误、超范围或前后不一致的，改正后才计分。"
    for one in scheme.readings:
        yield "计分口径：" + (one if isinstance(one, str) else one.sentence())
    yield f"依据：{scheme.source.document}。{scheme.source.note}"
    yield from scheme.notes
