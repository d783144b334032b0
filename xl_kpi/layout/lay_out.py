"""The sheets of a workbook, laid out together: a scheme's plan. A new sheet is a module of sheets/ and an entry here."""

from __future__ import annotations

from functools import lru_cache

from xl_kpi.layout.plan import CHECKS, CODE, COVER, ENTRY, FORM, META, RULES, SUMMARY, UNIT, Plan
from xl_kpi.layout.sheet import Sheet
from xl_kpi.layout.sheets import checks, cover, entry, form, meta, rules, summary
from xl_kpi.program.build import Program
from xl_kpi.scheme.model import Scheme

# In the order an official sees them.
_SHEETS = {
    COVER: cover.lay_out,
    FORM: form.lay_out,
    ENTRY: entry.lay_out,
    SUMMARY: summary.lay_out,
    CHECKS: checks.lay_out,
    RULES: rules.lay_out,
    META: meta.lay_out,
}
_LINKED_TO = (ENTRY, FORM, SUMMARY)  # laid out first: other sheets link to what stands there


def lay_out(program: Program, unit: str = UNIT, code: str = CODE) -> Plan:
    """Every sheet of a program's workbook, for a unit or (from which copies are cut) for none yet."""
    plan = Plan(program, {name: Sheet(name) for name in _SHEETS}, unit=unit, code=code)
    for name in dict.fromkeys((*_LINKED_TO, *_SHEETS)):
        _SHEETS[name](plan, plan.sheets[name])
    return plan


@lru_cache(maxsize=32)
def plan_of(scheme: Scheme) -> Plan:
    """The plan of a settled scheme; kept, because every workbook of a batch asks for the same one."""
    return lay_out(Program.of(scheme))
