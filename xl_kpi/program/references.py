"""What a scheme refers to: every input that a rule, a veto or a constraint names is there, and can be computed with."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from xl_kpi.expr import ops
from xl_kpi.findings import Finding, SchemeError, finding
from xl_kpi.program import nodes
from xl_kpi.program.inputs import Inputs, context_of, names_of, numbers_read, placed
from xl_kpi.program.nothing import excludes_inside, unguarded
from xl_kpi.rules.parts import key
from xl_kpi.scheme.model import Scheme, Task
from xl_kpi.words import reason_of, said


def check_references(scheme: Scheme, inputs: Inputs) -> None:
    """Raises SchemeError with every reference to no input, and to one that cannot be used as it is."""
    wrong: list[Finding] = []
    for task in scheme.tasks():
        try:
            rule = placed(task.rule.lower(context_of(scheme, task)), task.id)
        except ValueError as error:
            wrong.append(finding("scheme-rule", where=scheme.called(task), why=reason_of(error)))
            continue
        wrong += _of_task(scheme, task, inputs, rule)
    if not inputs.specs and not wrong:
        why = said("program.no-inputs")
        wrong.append(finding("scheme-rule", where=scheme.title, why=why))
    if wrong:
        raise SchemeError(*wrong)


def _of_task(scheme: Scheme, task: Task, inputs: Inputs, rule: ops.Op) -> Iterator[Finding]:
    named = [key(when.input) for veto in task.vetoes for when in veto.when]
    named += [name for spec in task.inputs() for name in spec.of_counts]
    named += [name for f in task.figures for name in (f.numerator, f.denominator)]
    named += [name for r in task.constraints for name in (*names_of(r.smaller), *names_of(r.larger))]
    read = {*ops.ids(rule), *(nodes.adopted(task.id, name) for name in named)}
    read |= {i for bound in inputs.of_task[task.id] for c in bound.constraints for i in ops.ids(c.holds)}
    for node in sorted(read - inputs.specs.keys()):
        yield _no_such_input(scheme, task, node, inputs)
    own = {bound.id for bound in inputs.of_task[task.id]}
    for relation in task.constraints:
        if nodes.adopted(task.id, names_of(relation.smaller)[0]) not in own:
            why = said("program.constraint-elsewhere", message=relation.message)
            yield finding("scheme-rule", where=scheme.called(task), why=why)
    yield from _uncomputable(scheme, task, inputs, rule)


def _no_such_input(scheme: Scheme, task: Task, node: str, inputs: Inputs) -> Finding:
    known = [nodes.name_in(task.id, known) for known in inputs.specs]
    name = nodes.name_in(task.id, node)
    near = next(iter(get_close_matches(name, known, 1)), "")
    meant = said("program.meant", near=near) if near else ""
    return finding("scheme-reference", where=scheme.called(task), id=name, meant=meant)


def _uncomputable(scheme: Scheme, task: Task, inputs: Inputs, rule: ops.Op) -> Iterator[Finding]:
    """Inputs that a rule computes with, or a veto goes by, although they may be blank or are no numbers."""
    specs = inputs.specs
    guarded = {nodes.adopted(task.id, name) for name in task.rule.guarded()}
    computed = set(numbers_read(rule)) - guarded
    asked = {nodes.adopted(task.id, key(when.input)) for veto in task.vetoes for when in veto.when}
    compared = {nodes.adopted(task.id, key(w.input)) for v in task.vetoes for w in v.when if w.text is None}
    figured = {nodes.adopted(task.id, name) for f in task.figures for name in (f.numerator, f.denominator)}
    unaware = {*unguarded(rule), *figured, *compared}
    for node in sorted(unaware & specs.keys()):
        if specs[node].if_none is not None:
            why = said("program.none-unguarded", label=specs[node].label)
            yield finding("scheme-rule", where=task.name, why=why)
    if excludes_inside(task.rule):
        why = said("program.exclude-inside")
        yield finding("scheme-rule", where=task.name, why=why)
    counted = {nodes.adopted(task.id, name) for item in task.inputs() for name in item.of_counts}
    for node in sorted(counted & specs.keys()):
        if specs[node].kind in ("choice", "text", "percent"):
            why = said("program.of-counts-no-count", label=specs[node].label)
            yield finding("scheme-rule", where=task.name, why=why)
    for node in sorted((computed | asked) & specs.keys()):
        spec = specs[node]
        if not spec.required:
            why = said("program.not-optional", label=spec.label)
            yield finding("scheme-rule", where=scheme.called(task), why=why)
        elif spec.kind in ("choice", "text") and node in computed | compared:
            why = said("program.no-number", label=spec.label)
            yield finding("scheme-rule", where=scheme.called(task), why=why)
