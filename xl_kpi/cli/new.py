"""`xl-kpi new`: blank workbooks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Help
from xl_kpi.cli.screen import CLEAN, progress, tell_one
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.report.language import worded
from xl_kpi.words import said


def run(
    scheme: Annotated[list[str], Help("help.new.scheme")],
    *,
    unit: Annotated[list[str], Help("help.new.unit")] = [],  # noqa: B006 # never changed
    units: Annotated[Path | None, Help("help.new.units")] = None,
    level: Annotated[api.Level | None, Help("help.new.level")] = None,
    year: Annotated[int | None, Help("help.new.year")] = None,
    out: Annotated[Path, Help("help.new.out")],
) -> int:
    """A workbook of every scheme for every unit, the scheme's own unless some are named."""
    names = [n for name in scheme for n in (api.schemes() if name == "all" else [name])]
    named = [api.Unit(" ".join(name.split())) for name in unit]
    if units:
        named += api.read_units(units, tell_one)
    keys = Counter(api.unit_key(one.name) for one in named)
    twice = next((one.name for one in named if keys[api.unit_key(one.name)] > 1), None)
    if twice:
        why = said("cli.unit-twice", name=twice)
        raise XlKpiError(finding("units", file="", where="", why=why))
    jobs = [(api.scheme(name, one.level or level, year), one) for name in names for one in named or [api.Unit("")]]
    targets = [api.filename(settled, one.name) for settled, one in jobs]
    api.refuse_clash(targets)
    out.mkdir(parents=True, exist_ok=True)
    for (settled, one), target in progress(list(zip(jobs, targets, strict=True)), worded("cli.making")):
        api.save(out / target, api.build(settled, one.name, one.code))
        print(out / target)
    return CLEAN
