"""核对: each check with its result, linked to where it is; beside them a block the add-in writes its findings to."""

from __future__ import annotations

from xl_kpi.expr import ops, semantics
from xl_kpi.layout import listing
from xl_kpi.layout.plan import ENTRY, Plan
from xl_kpi.layout.sheet import Condition, Sheet
from xl_kpi.layout.sheets import form
from xl_kpi.program import nodes
from xl_kpi.program.nothing import less
from xl_kpi.program.tasks import BoundTask
from xl_kpi.rules.parts import IF_NONE_WORDS
from xl_kpi.xlsx.addresses import a1

WIDTHS = (7, 50, 12, 46, 3, 8, 20, 20, 8, 90)
TOP = listing.TITLE_ROW


def lay_out(plan: Plan, sheet: Sheet) -> None:
    """Whole-workbook checks first, then one for each task."""
    sheet.tab = "BF8F00"
    sheet.widths = dict(enumerate(WIDTHS, 1))
    sheet.put(1, 1, "核对", style="title2", to=(1, 4))
    sheet.put(2, 1, "“通过”以外的项目须处理：单击序号可转到对应的单元格。", style="hint", to=(2, 4))
    sheet.heights |= {1: 30, 2: 20, TOP: 24}
    for column, title in enumerate(("序号", "核对项目", "结果", "说明"), 1):
        sheet.put(TOP, column, title, style="header")
    row = TOP
    for name, node, check, note in _overall(plan):
        row += 1
        _line(plan, sheet, row, name, check, note, plan.link_to(node))
    for number, task in enumerate(plan.program.tasks, 1):
        row += 1
        name = f"{form.number_of(number, task)}　{' '.join(task.task.name.split())}"
        vetoes = "；".join(veto.sentence for veto in task.vetoes)
        link = plan.link_to_task(ENTRY, task.id)
        _line(plan, sheet, row, name, _task_check(task), vetoes, link)
    checked = row
    row = _nothings(plan, sheet, row + 1)
    area, cell = f"{a1(TOP + 1, 3)}:{a1(checked, 3)}", a1(TOP + 1, 3)
    sheet.conditions.append(Condition(area, f'{cell}="通过"', "good"))
    sheet.conditions.append(Condition(area, f'{cell}="缺失"', "wanting"))
    sheet.conditions.append(Condition(area, f'AND({cell}<>"通过",{cell}<>"缺失")', "wrong"))
    sheet.filter = f"A{TOP}:{a1(row, 4)}"
    sheet.freeze = a1(TOP + 1, 1)
    sheet.title_rows = (TOP, TOP)
    sheet.print_area = f"A1:{a1(row, 4)}"
    _findings_block(sheet)


def _line(plan: Plan, sheet: Sheet, row: int, name: str, check: ops.Op, note: str, link: str) -> None:
    sheet.put(row, 1, row - TOP, style="link", link=link, tip="转到这一项")
    sheet.put(row, 2, name, style="label")
    sheet.put(row, 3, op=check, style="status")
    sheet.put(row, 4, note, style="note")
    sheet.height_for(row, [(name, WIDTHS[1]), (note, WIDTHS[3])], least=20)


def _nothings(plan: Plan, sheet: Sheet, row: int) -> int:
    """The list a reviewer goes through: every rate of what may not have happened, and whether that was the answer."""
    nothings = plan.program.nothings
    if not nothings:
        return row - 1
    title = "没有发生的比率（结果为“无”的，复核时请核实确实没有发生）"
    sheet.put(row, 1, title, style="block", to=(row, 4))
    sheet.heights[row] = 22
    first = row + 1
    labels = {task.id: form.number_of(number, task) for number, task in enumerate(plan.program.tasks, 1)}
    for nothing in nothings:
        row += 1
        name = f"{labels[nothing.task]}　{nothing.label}"
        note = f"{_SAID[nothing.on in plan.program.typed_rates()]}：{IF_NONE_WORDS[nothing.counts]}"
        _line(
            plan, sheet, row, name, nothing.shown, note, plan.link_to(nodes.typed(nothing.on, plan.program.stages[0]))
        )
    area, cell = f"{a1(first, 3)}:{a1(row, 3)}", a1(first, 3)
    sheet.conditions.append(Condition(area, f'{cell}="{semantics.NONE}"', "wanting"))
    return row


_SAID = {True: "填“无”的", False: "件数为0的"}


def _passes(holds: ops.Op, otherwise: str) -> ops.Op:
    return ops.If(holds, ops.Text(semantics.PASSED), ops.Text(otherwise))


def _overall(plan: Plan) -> list[tuple[str, str, ops.Op, str]]:
    tasks = plan.program.tasks
    none = ops.Const(0)
    scores = ops.Round(ops.Sum(tuple(task.score for task in tasks)), plan.scheme.rounding.digits)
    points = ops.Round(ops.Sum(tuple(task.points for task in tasks)), plan.scheme.rounding.digits)
    declared = less(ops.Const(plan.scheme.points), (task.left_out for task in tasks if task.left_out))
    apart = "" if isinstance(declared, ops.Const) else "（不参评的分值除外）"
    complete = _passes(ops.Compare("=", ops.Ref(nodes.MISSING), none), "缺失")
    valid = _passes(ops.Compare("=", ops.Ref(nodes.INVALID), none), semantics.INVALID)
    tied = _passes(ops.Compare("=", ops.Ref(nodes.TOTAL), scores), semantics.INCONSISTENT)
    given = ops.Compare("=", ops.Count(tuple(task.points for task in tasks)), ops.Const(len(tasks)))
    tie = _passes(ops.Compare("=", points, declared), semantics.INCONSISTENT)
    full = ops.If(given, tie, ops.Text("缺失"))  # points that the bureau has still to fill in
    within = _passes(ops.Compare("<=", ops.Ref(nodes.TOTAL), declared), semantics.OUT_OF_RANGE)
    vetoed = ops.If(
        ops.Is(nodes.VETOES, semantics.UNFINISHED),
        ops.Text("缺失"),
        _passes(ops.Is(nodes.VETOES, semantics.NOT_TRIGGERED), "否决"),
    )
    return [
        ("填报完整：没有未填的项目", nodes.MISSING, complete, ""),
        ("填写有效：没有有误、超范围、不一致的项目", nodes.INVALID, valid, ""),
        ("总分等于各任务核定得分之和", nodes.TOTAL, tied, ""),
        (f"各任务分值之和等于{plan.scheme.points:g}分{apart}", nodes.MAX, full, ""),
        ("总分不超过满分", nodes.TOTAL, within, ""),
        ("没有触发否决", nodes.VETOES, vetoed, ""),
    ]


def _task_check(task: BoundTask) -> ops.Op:
    statuses = tuple(nodes.status(bound.id) for bound in task.inputs)
    result: ops.Op = ops.Text(semantics.PASSED)
    fatal = [ops.Is(veto.id, semantics.TRIGGERED) for veto in task.vetoes]
    if fatal:
        result = ops.If(ops.some(*fatal), ops.Text("否决"), result)
    # A task may also wait for the bureau's numbers or for another task's inputs: then its score says so.
    for word in (semantics.INVALID, semantics.MISSING):
        shown = "缺失" if word == semantics.MISSING else word
        result = ops.If(ops.Is(task.score, word), ops.Text(shown), result)
    for word in (semantics.INVALID, semantics.INCONSISTENT, semantics.OUT_OF_RANGE):
        if statuses:
            found = ops.Compare(">", ops.CountText(statuses, word), ops.Const(0))
            result = ops.If(found, ops.Text(word), result)
    return result


def _findings_block(sheet: Sheet) -> None:
    """Where the add-in lists what it found; unlocked, empty until then."""
    sheet.put(1, listing.COLUMN, "加载项核对结果", style="title2", to=(1, listing.LAST_COLUMN))
    sheet.put(2, listing.COLUMN, "使用Excel加载项“核对”后，结果写在此处。", style="hint", to=(2, listing.LAST_COLUMN))
    for column, title in enumerate(listing.TITLES, listing.COLUMN):
        sheet.put(listing.TITLE_ROW, column, title, style="header")
    for row in range(listing.FIRST, listing.LAST + 1):
        for column in range(listing.COLUMN, listing.LAST_COLUMN + 1):
            sheet.put(row, column, style="free_link" if column == listing.COLUMN + 1 else "free_line")
