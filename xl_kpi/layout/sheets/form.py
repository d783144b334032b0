"""考核表: the statutory form, with the columns of the source table and the scores beside them."""

from __future__ import annotations

from collections.abc import Iterator

from xl_kpi.expr import ops
from xl_kpi.layout.plan import ENTRY, FORM, Plan
from xl_kpi.layout.sheet import Condition, Sheet
from xl_kpi.program import nodes
from xl_kpi.program.tasks import BoundTask
from xl_kpi.scheme.model import Column, Group, Task
from xl_kpi.xlsx.addresses import a1

HEADER = 4
FIRST = HEADER + 1
PAPER = (770.0, 500.0)  # what A4 landscape holds between our margins, in points
CHARACTER = 5.5  # the width of a column's unit, in points


def row_of(number: int) -> int:
    """The row of the task that stands so many-th, from 1."""
    return HEADER + number


def _added(plan: Plan) -> tuple[tuple[str, float], ...]:
    """The columns behind those of the source: heading and width."""
    return (plan.program.stages[0].score, 10.0), ("核定得分", 10.0), ("扣分原因", 20.0), ("佐证材料", 20.0)


def number_of(number: int, task: BoundTask) -> str:
    """How a task is numbered: as the source numbers it, or by its place."""
    return task.task.number or str(number)


def lay_out(plan: Plan, sheet: Sheet) -> None:
    """Title, the line of units as in the source, the table, its total, the notes and the signatures."""
    sheet.tab = "C00000"
    columns = plan.scheme.columns
    count = len(columns)
    added = _added(plan)
    last = count + len(added)
    for number, column in enumerate(columns, 1):
        sheet.widths[number] = column.width
    for offset, (_, width) in enumerate(added, 1):
        sheet.widths[count + offset] = width
    _head(plan, sheet, last)
    plan.task_rows[FORM] = {task.id: row_of(number) for number, task in enumerate(plan.program.tasks, 1)}
    row = FIRST
    for number, task in enumerate(plan.program.tasks, 1):
        _task_row(plan, sheet, row_of(number), number, task)
        row = row_of(number) + 1
    _group_cells(plan, sheet)
    _total_row(plan, sheet, row)
    _foot(plan, sheet, row + 1, last)
    scores = f"{a1(FIRST, count + 1)}:{a1(row, count + 2)}"
    first = a1(FIRST, count + 1)
    sheet.conditions.append(Condition(scores, f'{first}="未填"', "wanting"))
    sheet.conditions.append(Condition(scores, f'{first}="有误"', "wrong"))
    sheet.freeze = a1(FIRST, 1)
    sheet.title_rows = (HEADER, HEADER)


def _head(plan: Plan, sheet: Sheet, last: int) -> None:
    scheme = plan.scheme
    count = len(scheme.columns)
    wide = max(range(3, count + 1), key=lambda c: sheet.widths[c])
    sheet.put(1, 1, scheme.title + (f"（{scheme.level}级）" if scheme.level else ""), style="title", to=(1, last))
    sheet.height_for(1, [(scheme.title, sum(sheet.widths.values()) / 1.8)], least=44, line=30)
    sheet.put(2, 1, "被考核单位：", style="head_label", to=(2, 2))
    sheet.put(2, 3, plan.unit, style="head_value", to=(2, wide))
    sheet.put(2, wide + 1, f"主管部门：{scheme.department}", style="head_input", to=(2, count + 1))
    sheet.put(2, count + 2, "主管部门负责人：", style="head_input", to=(2, last))
    sheet.heights[2] = 26
    own_score = plan.program.stages[0].score
    sheet.put(3, 1, f"得分由“数据填报”表自动计算；单击“{own_score}”可转到该项的填报处。", style="hint", to=(3, last))
    sheet.heights[3] = 18
    titles = [column.title for column in scheme.columns] + [title for title, _ in _added(plan)]
    columns = plan.columns[FORM] = {}
    for number, title in enumerate(titles, 1):
        sheet.put(HEADER, number, title, style="header")
        columns.setdefault(title, number)
    sheet.height_for(HEADER, [(title, sheet.widths[n]) for n, title in enumerate(titles, 1)], least=30)


def _task_row(plan: Plan, sheet: Sheet, row: int, number: int, bound: BoundTask) -> None:
    task = bound.task
    texts = []
    for column, spec in enumerate(plan.scheme.columns, 1):
        if spec.shows == "points":
            _points(plan, sheet, row, column, bound)
        elif not spec.shows.startswith("group"):
            text = _cell_text(spec, task, number)
            texts.append((text, spec.width))
            words = spec.shows in ("name", "target") and (len(text) > 8 or spec.width >= 30)
            sheet.put(row, column, text, style="form_text" if words else "form_center")
    count = len(plan.scheme.columns)
    link = plan.link_to_task(ENTRY, task.id)
    plan.show(sheet, row, count + 1, nodes.own(bound.score), style="form_score", link=link, tip="转到这一项的填报处")
    # Until somebody reviews, there is nothing 核定 to sign for.
    sheet.put(row, count + 2, op=_once_reviewed(plan, bound.score), style="form_score")
    sheet.put(row, count + 3, style="free_text")
    sheet.put(row, count + 4, style="free_text")
    sheet.height_for(row, texts, least=30)


def _cell_text(spec: Column, task: Task, number: int) -> str:
    if spec.shows == "number":
        return task.number or str(number)
    if spec.shows == "name":
        return task.name
    if spec.shows == "target":
        return task.target
    return task.extra.get(spec.key, "")


def _points(plan: Plan, sheet: Sheet, row: int, column: int, bound: BoundTask) -> None:
    plan.home(sheet, row, column, bound.points, style="form_center", number_format=points_format(bound.task))


def points_format(task: Task) -> str:
    """The format of a task's points. Words beside the number in the source (一票否决) go here: the cell stays a number."""
    words = "".join(line for line in task.points_text.split("\n") if not line.strip().isdigit())
    return f'"{words} "General' if words else "General"


def _group_cells(plan: Plan, sheet: Sheet) -> None:
    order = {task.id: number for number, task in enumerate(plan.program.tasks, 1)}
    columns = [(c, spec) for c, spec in enumerate(plan.scheme.columns, 1) if spec.shows.startswith("group")]
    found = [
        (column, spec.width, group.name, [row_of(order[task.id]) for task in group.all_tasks()])
        for column, spec in columns
        for group in _at_depth(plan.scheme.groups, int(spec.shows[-1]))
    ]
    for _, width, name, rows in found:
        if len(rows) == 1:
            sheet.height_for(rows[0], [(name, width)])
        elif len(rows) == 2:
            for row in rows:
                sheet.height_for(row, [(name, width)], line=8)
    pages = _pages(sheet, FIRST, FIRST + len(order))
    sheet.breaks += [page[0] - 1 for page in pages[1:]]
    for column, _, name, rows in found:
        for page in pages:
            run = [row for row in rows if row in page]
            if run:
                sheet.put(run[0], column, name, style="form_center", to=(run[-1], column))


def _pages(sheet: Sheet, first: int, end: int) -> list[range]:
    """The rows first to end-1 by printed page, so that every page begins with the groups' names."""
    scale = min(1.0, PAPER[0] / (sum(sheet.widths.values()) * CHARACTER))
    room = PAPER[1] / scale
    used = sum(sheet.heights[row] for row in range(1, first))
    pages = [range(first, first)]
    for row in range(first, end):
        if used + sheet.heights[row] > room:
            used = sheet.heights[HEADER]
            pages.append(range(row, row))
        used += sheet.heights[row]
        pages[-1] = range(pages[-1].start, row + 1)
    return pages


def _at_depth(groups: tuple[Group, ...], depth: int) -> Iterator[Group]:
    for group in groups:
        if depth == 1:
            yield group
        else:
            yield from _at_depth(group.groups, depth - 1)


def _total_row(plan: Plan, sheet: Sheet, row: int) -> None:
    count = len(plan.scheme.columns)
    points = next(c for c, spec in enumerate(plan.scheme.columns, 1) if spec.shows == "points")
    sheet.put(row, 1, "合　计", style="total", to=(row, points - 1))
    plan.show(sheet, row, points, nodes.MAX, style="total")
    for column in range(points + 1, count + 1):
        sheet.put(row, column, style="total")
    plan.show(sheet, row, count + 1, nodes.own(nodes.TOTAL), style="total")
    sheet.put(row, count + 2, op=_once_reviewed(plan, nodes.TOTAL), style="total")
    plan.show(sheet, row, count + 3, nodes.COMPLETE, style="total")
    plan.show(sheet, row, count + 4, nodes.GRADE, style="total")
    sheet.heights[row] = 28


def _once_reviewed(plan: Plan, node: str) -> ops.Op:
    """A score to sign for: while the stage is the first, a number is still 待核定; what is 未填 stays so."""
    pending = ops.And((ops.Is(nodes.STAGE, plan.program.stages[0].word), ops.IsNumber(node)))
    return ops.If(pending, ops.Text("待核定"), ops.Ref(node))


def _foot(plan: Plan, sheet: Sheet, row: int, last: int) -> None:
    width = sum(sheet.widths.values())
    for note in plan.scheme.notes:
        sheet.put(row, 1, note, style="foot", to=(row, last))
        sheet.height_for(row, [(note, width)])
        row += 1
    signatures = "单位负责人（签字）：　　　　　　　　填报人（签字）：　　　　　　　　日期：　　　　年　　月　　日"
    sheet.put(row, 1, signatures, style="signature", to=(row, last))
    sheet.heights[row] = 36
