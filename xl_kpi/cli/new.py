"""`xl-kpi new`: blank workbooks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Said
from xl_kpi.cli.screen import CLEAN, progress, tell_one
from xl_kpi.findings import XlKpiError, either, finding


def run(
    scheme: Annotated[list[str], Said("方案名称或 .yaml 路径；all 表示全部方案")],
    *,
    unit: Annotated[list[str], Said("单位名称，可重复")] = [],  # noqa: B006 # never changed
    units: Annotated[Path | None, Said("单位名单（.xlsx 或 .csv，列名：单位名称、单位代码、层级）")] = None,
    level: Annotated[api.Level | None, Said("分级方案的层级；不分级的方案不受影响")] = None,
    year: Annotated[int | None, Said("考核年度，默认为方案的年度")] = None,
    out: Annotated[Path, Said("存放的文件夹")],
) -> int:
    """A workbook of every scheme for every unit, the scheme's own unless some are named."""
    names = [n for name in scheme for n in (api.schemes() if name == "all" else [name])]
    named = [api.Unit(" ".join(name.split())) for name in unit]
    if units:
        named += api.read_units(units, tell_one)
    keys = Counter(api.unit_key(one.name) for one in named)
    twice = next((one.name for one in named if keys[api.unit_key(one.name)] > 1), None)
    if twice:
        why = either(f"单位“{twice}”写了两次（空格、全角半角不算不同）", f"the unit {twice!r} stands twice")
        raise XlKpiError(finding("units", file="", where="", why=why))
    jobs = [(api.scheme(name, one.level or level, year), one) for name in names for one in named or [api.Unit("")]]
    targets = [api.filename(settled, one.name) for settled, one in jobs]
    api.refuse_clash(targets)
    out.mkdir(parents=True, exist_ok=True)
    for (settled, one), target in progress(list(zip(jobs, targets, strict=True)), "生成"):
        api.save(out / target, api.build(settled, one.name, one.code))
        print(out / target)
    return CLEAN
