"""A thousand blank workbooks of one scheme: copies cut from one template, against rendering each with openpyxl.

    .venv/bin/python tests/bench/blanks.py [--count 1000] [--renders 10 | --full]

All are timed in one run on one machine; only the ratios mean anything. `cut` includes its one render by our own
writer. openpyxl is given the same cells, looks, merged areas, widths and validations, and no more.
"""

from __future__ import annotations

import argparse
import io
import time
from copy import copy
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation

from xl_kpi import api
from xl_kpi.blank import clone
from xl_kpi.blank.render import render
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import Plan
from xl_kpi.layout.style import LOOKS
from xl_kpi.xlsx.addresses import a1, column_letter
from xl_kpi.xlsx.archive import pack


def main() -> None:
    """Measure, and print the seconds and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scheme", default="zaozhuang-hospital-2022")
    parser.add_argument("--count", type=int, default=1000, help="how many blanks")
    parser.add_argument("--renders", type=int, default=10, help="how many to render; the rest is extrapolated")
    parser.add_argument("--full", action="store_true", help="render all of them")
    options = parser.parse_args()
    scheme = api.scheme(options.scheme)
    renders = options.count if options.full else min(options.renders, options.count)

    started = time.perf_counter()
    template = clone.template_of(scheme)
    first = time.perf_counter() - started
    sizes = {len(template.cut(f"示例医院{n:05d}", f"H{n:05d}")) for n in range(options.count)}
    cutting = time.perf_counter() - started

    plan = plan_of(scheme)  # both sides find it made already
    started = time.perf_counter()
    for _ in range(renders):
        pack(render(plan))
    own = (time.perf_counter() - started) / renders
    started = time.perf_counter()
    for _ in range(renders):
        by_openpyxl(plan)
    each = (time.perf_counter() - started) / renders
    rendering = each * options.count

    print(f"{options.scheme}: {options.count} blanks of about {max(sizes) / 1000:.0f} kB")
    print(
        f"cut:    {cutting:8.1f} s  (template {first:.1f} s, then {(cutting - first) / options.count * 1e3:.2f} ms each)"
    )
    how = "all rendered" if options.full else f"{renders} rendered, scaled"
    print(f"render: {own * options.count:8.1f} s  by our own writer ({own:.2f} s each; {how})")
    print(f"render: {rendering:8.1f} s  by openpyxl ({each:.2f} s each; {how})")
    print(f"ratio:  {rendering / cutting:8.0f} x")


def by_openpyxl(plan: Plan) -> bytes:
    """The workbook of a plan as one would write it with openpyxl."""
    book = Workbook()
    book.remove(book.worksheets[0])
    formulas = {(f.sheet, f.name): f"={f.text}" for f in plan.formula_cells}
    for sheet in plan.sheets.values():
        target = book.create_sheet(sheet.name)
        looks: dict[tuple[str, str], Any] = {}
        for (row, column), cell in sorted(sheet.cells.items()):
            made: Any = target.cell(row, column, formulas.get((sheet.name, a1(row, column)), cell.value))
            key = (cell.style, cell.number_format)
            if key not in looks:  # setting a style looks six tables up: once for each look
                _dress(made, *key)
                looks[key] = made._style
            made._style = copy(looks[key])
        for (top, left), (bottom, right) in sheet.merges:
            target.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
        for column, width in sheet.widths.items():
            target.column_dimensions[column_letter(column)].width = width
        for rule in sheet.validations:
            validation = DataValidation(rule.kind, rule.low, rule.high or None, sqref=rule.cells, prompt=rule.prompt)
            target.add_data_validation(validation)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _dress(made: Any, name: str, number_format: str) -> None:
    look = LOOKS[name]
    made.font = Font(name=look.font.name, size=look.size, bold=look.bold, italic=look.italic, color=look.color)
    made.fill = PatternFill("solid", fgColor=look.fill) if look.fill else PatternFill()
    made.alignment = Alignment(horizontal=look.across, vertical=look.down, wrap_text=look.wrap)
    side = Side(style="thin", color="808080") if look.border else Side()
    made.border = Border(left=side, right=side, top=side, bottom=side)
    made.protection = Protection(locked=look.locked)
    made.number_format = number_format


if __name__ == "__main__":
    main()
