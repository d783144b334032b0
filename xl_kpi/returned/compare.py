"""What a file shows against what its answers come to: formulas that are gone, values that are stale."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from xl_kpi.expr import ops
from xl_kpi.findings import Finding, finding
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import Plan
from xl_kpi.layout.values import blank_values
from xl_kpi.outward import masked
from xl_kpi.returned.expected import expected
from xl_kpi.returned.verify import Examined
from xl_kpi.scheme.model import Scheme
from xl_kpi.words import Fact, said
from xl_kpi.xlsx.cells import ReadValue, Value

_TOLERANCE = 1e-9


def findings(plan: Plan, examined: Examined, values: Sequence[Value]) -> Iterator[Finding]:
    """A finding for each formula that is gone or another, and for each cell that shows what its formula does not give.

    `values` is what `shown` gives for the answers as the workbook's formulas see them. A workbook that still shows
    everywhere what it showed when blank, or that says of itself that it was filled by `fill` since, was never
    recalculated: that is said once, and is nothing to hold against the unit.
    """
    stale: list[tuple[str, ReadValue, Value]] = []
    uncalculated = 0
    formulas = expected(plan.scheme).formulas
    for formula, found, computed in zip(formulas, examined.shown, values, strict=True):
        if (formula.sheet, formula.name) in examined.changed:
            at = f"{formula.sheet}!{formula.name}"
            yield finding("formula-changed", at=at, computed=quoted(plan, computed))
        elif found is None and computed != "":  # some programs write no value where the result is an empty text
            uncalculated += 1
        else:
            found = "" if found is None else found
            equal = found == computed and type(found) is type(computed)  # which is quickly said, and true of most
            if not equal and not same(found, computed):
                stale.append((f"{formula.sheet}!{formula.name}", found, computed))
    if uncalculated:
        yield finding("uncalculated", count=uncalculated)
    if stale and (examined.pending or _as_blank(plan, examined, values)):
        yield finding("not-recalculated", count=len(stale))
    else:
        for at, found, computed in stale:
            yield finding("stale", at=at, shown=quoted(plan, found), computed=quoted(plan, computed))


def _as_blank(plan: Plan, examined: Examined, values: Sequence[Value]) -> bool:
    """Whether a workbook shows what it showed when blank wherever it shows something and its formula is the plan's."""
    blank = blank_values(plan.scheme).items()
    return all(
        same("" if found is None else found, empty)
        for (place, empty), found, computed in zip(blank, examined.shown, values, strict=True)
        if place not in examined.changed and (found is not None or computed == "")
    )


@lru_cache(maxsize=16)
def vocabulary(scheme: Scheme) -> frozenset[str]:
    """The words that a workbook's own formulas can show: those may be quoted; what else stands there was typed."""
    program = plan_of(scheme).program
    choices = (choice for bound in program.inputs() for choice in bound.spec.choices)
    return frozenset(text for formula in expected(scheme).formulas for text in ops.texts(formula.op)).union(choices)


@lru_cache(maxsize=16)
def sentences(scheme: Scheme) -> re.Pattern[str]:
    """The texts with numbers in them that a workbook's own formulas can show; those may be quoted as well."""
    made = {joined.args for formula in expected(scheme).formulas for joined in ops.sentences(formula.op)}
    forms = {
        "".join(re.escape(arg.value) if isinstance(arg, ops.Text) else r"-?\d+(?:\.\d+)?" for arg in args)
        for args in made
    }
    return re.compile("|".join(sorted(forms)) or r"(?!)")


def same(left: ReadValue, right: ReadValue) -> bool:
    """Whether two values are one: numbers to nine digits."""
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= _TOLERANCE * max(1.0, abs(left), abs(right))
    return _word(left) == _word(right)


def _word(value: ReadValue) -> ReadValue:
    """A boolean as the word it is read as: an input of TRUE is an answer, if a wrong one."""
    return str(value).upper() if isinstance(value, bool) else value


def quoted(plan: Plan, value: ReadValue) -> Fact:
    """A value for a finding: numbers and the workbook's own words are quoted, what else was typed is masked."""
    if value is None or value == "":
        return said("returned.blank")
    value = _word(value)
    if isinstance(value, str):
        own = value in vocabulary(plan.scheme) or sentences(plan.scheme).fullmatch(value)
        return f"“{value}”" if own else masked(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)
