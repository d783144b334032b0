"""A thousand blank workbooks of one scheme: copies cut from one template, against rendering each with openpyxl.

    .venv/bin/python tests/bench/blanks.py [--count 1000] [--renders 10 | --full]

Both are timed in one run on one machine; only the ratio means anything. `cut` includes its one render.
"""

from __future__ import annotations

import argparse
import time

from xl_kpi import api
from xl_kpi.workbook import clone
from xl_kpi.workbook.plan import plan_of
from xl_kpi.workbook.write import render


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
        render(plan)
    each = (time.perf_counter() - started) / renders
    rendering = each * options.count

    print(f"{options.scheme}: {options.count} blanks of about {max(sizes) / 1000:.0f} kB")
    print(
        f"cut:    {cutting:8.1f} s  (template {first:.1f} s, then {(cutting - first) / options.count * 1e3:.2f} ms each)"
    )
    how = "all rendered" if options.full else f"{renders} rendered, scaled"
    print(f"render: {rendering:8.1f} s  ({each:.2f} s each; {how})")
    print(f"ratio:  {rendering / cutting:8.0f} x")


if __name__ == "__main__":
    main()
