"""What a file shows against what its answers come to: formulas that are gone, values that are stale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xl_kpi.findings import Finding, finding
from xl_kpi.outward import masked
from xl_kpi.returned.blueprint import Blueprint
from xl_kpi.returned.verify import Examined
from xl_kpi.words import Fact, said
from xl_kpi.xlsx.cells import ReadValue, Value

_TOLERANCE = 1e-9


def findings(blueprint: Blueprint, examined: Examined, values: Sequence[Value]) -> Iterator[Finding]:
    """A finding for each formula that is gone or another, and for each cell that shows what its formula does not give.

    `values` is what `shown` gives for the answers as the workbook's formulas see them. A workbook that still shows
    everywhere what it showed when blank, or that says of itself that it was filled by `fill` since, was never
    recalculated: that is said once, and is nothing to hold against the unit.
    """
    stale: list[tuple[str, ReadValue, Value]] = []
    uncalculated = 0
    formulas = blueprint.plan.formula_cells
    for formula, found, computed in zip(formulas, examined.shown, values, strict=True):
        if (formula.sheet, formula.name) in examined.changed:
            at = f"{formula.sheet}!{formula.name}"
            yield finding("formula-changed", at=at, computed=quoted(blueprint, computed))
        elif found is None and computed != "":  # some programs write no value where the result is an empty text
            uncalculated += 1
        else:
            found = "" if found is None else found
            equal = found == computed and type(found) is type(computed)  # which is quickly said, and true of most
            if not equal and not same(found, computed):
                stale.append((f"{formula.sheet}!{formula.name}", found, computed))
    if uncalculated:
        yield finding("uncalculated", count=uncalculated)
    if stale and (examined.pending or _as_blank(blueprint, examined, values)):
        yield finding("not-recalculated", count=len(stale))
    else:
        for at, found, computed in stale:
            yield finding("stale", at=at, shown=quoted(blueprint, found), computed=quoted(blueprint, computed))


def _as_blank(blueprint: Blueprint, examined: Examined, values: Sequence[Value]) -> bool:
    """Whether a workbook shows what it showed when blank wherever it shows something and its formula is the plan's."""
    return all(
        same("" if found is None else found, empty)
        for (place, empty), found, computed in zip(blueprint.blank.items(), examined.shown, values, strict=True)
        if place not in examined.changed and (found is not None or computed == "")
    )


def same(left: ReadValue, right: ReadValue) -> bool:
    """Whether two values are one: numbers to nine digits."""
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= _TOLERANCE * max(1.0, abs(left), abs(right))
    return _word(left) == _word(right)


def _word(value: ReadValue) -> ReadValue:
    """A boolean as the word it is read as: an input of TRUE is an answer, if a wrong one."""
    return str(value).upper() if isinstance(value, bool) else value


def quoted(blueprint: Blueprint, value: ReadValue) -> Fact:
    """A value for a finding: numbers and the workbook's own words are quoted, what else was typed is masked."""
    if value is None or value == "":
        return said("returned.blank")
    value = _word(value)
    if isinstance(value, str):
        own = value in blueprint.vocabulary or blueprint.sentences.fullmatch(value)
        return f"“{value}”" if own else masked(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)
