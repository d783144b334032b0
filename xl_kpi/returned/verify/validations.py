"""Whether each cell to fill in still takes what it should and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from xl_kpi.findings import Finding, finding
from xl_kpi.returned.blueprint import ExpectedSheet
from xl_kpi.xlsx.addresses import Area, areas, names_in
from xl_kpi.xlsx.around import ReadValidation
from xl_kpi.xlsx.formulas import plain
from xl_kpi.xlsx.sheet import Validation
from xl_kpi.xlsx.worksheet import Worksheet


def validations(name: str, sheet: ExpectedSheet, read: Worksheet) -> Iterator[Finding]:
    exact = {rule.cells: rule for rule in read.validations}
    apart = [v for v in sheet.validations if not _same_rule(exact.get(v[0].cells), v[0])]
    if not apart:
        return
    by_cell: dict[str, list[ReadValidation]] = defaultdict(list)
    for rule in read.validations:
        for part in areas(rule.cells):
            for at in sheet.free if _is_wide(part) else names_in(part):
                by_cell[at].append(rule)
    for wanted, cells in apart:
        for at in cells:
            if not any(_same_rule(rule, wanted) for rule in by_cell[at]):
                yield finding("validation-changed", at=f"{name}!{at}")


def _is_wide(part: Area) -> bool:
    (top, left), (bottom, right) = part
    return (bottom - top + 1) * (right - left + 1) > _WIDE


_WIDE = 100_000  # cells: a validation over more is taken to be for every cell to fill in


def _same_rule(rule: ReadValidation | None, wanted: Validation) -> bool:
    if rule is None or rule.kind != wanted.kind or not rule.enforced:
        return False
    if wanted.kind in ("list", "custom"):
        return plain(rule.low) == plain(wanted.low)
    return (
        rule.operator == "between"
        and _limit(rule.low) == _limit(wanted.low)
        and _limit(rule.high) == _limit(wanted.high)
    )


def _limit(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
