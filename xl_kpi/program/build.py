"""A scheme as a program: every value of an assessment as a node, with the expression that gives it.

The workbook plan gives each node a cell and compiles its expression to a formula; scoring evaluates the same
expressions in numpy. Node ids:

    t05.ontime@self @review @final   what was typed: 自报值, 核实值, 终裁值
    t05.ontime                       采用值: the last filled of the three; with @own behind it, of the first alone
    t05.ontime@note @hint            填报说明, as typed; 提示: what is asked about a percentage
    t05.ontime?                      状态: 已填 未填 有误 超范围 不一致 选填
    t05#1                            an intermediate result
    t05=  t05$  t05!1                the task's score, points, first veto
    group:g1  points:g1              a group's score and points
    total rate grade vetoes stage complete missing invalid filled   the outcome

A node id with `@self` behind it is the same value worked out from 自报值 alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from xl_kpi.expr import ops, semantics
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.findings import Finding, SchemeError, either, finding
from xl_kpi.program.nothing import BoundNothing, contradiction, excludes_inside, less, unguarded
from xl_kpi.program.questions import Standard, question
from xl_kpi.program.questions import standards as numeric_standards
from xl_kpi.rules.base import SETUP, Ask, Constraint, Context, Input, key, term
from xl_kpi.scheme.model import Effect, Figure, Relation, Scheme, Task, Veto
from xl_kpi.xlsx.cells import serial

SELF, REVIEW, FINAL = "@self", "@review", "@final"
STAGES = (SELF, REVIEW, FINAL)
OWN = "@own"
NOTE, HINT = "@note", "@hint"
BAD_STATES = (semantics.INVALID, semantics.OUT_OF_RANGE, semantics.INCONSISTENT)


@dataclass(frozen=True)
class BoundInput:
    """An input in its place: its node id, the task it belongs to (SETUP for the bureau's), and the standard beside it."""

    id: str
    task: str
    spec: Input
    standard: str
    constraints: tuple[Constraint, ...] = ()
    measured_by: Standard | None = None  # the standard in numbers, of a percentage


@dataclass(frozen=True)
class BoundStep:
    """An intermediate result: its node id and how its row is labelled."""

    id: str
    label: str
    unit: str
    standard: str


@dataclass(frozen=True)
class BoundVeto:
    """A veto: its node id, its effects, and what triggers it."""

    id: str
    effects: tuple[Effect, ...]
    sentence: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class BoundTask:
    """A task with all its nodes."""

    task: Task
    inputs: tuple[BoundInput, ...]
    steps: tuple[BoundStep, ...]
    vetoes: tuple[BoundVeto, ...]
    left_out: str = ""  # the step that shows the points nothing is assessed of, where there can be any

    @property
    def id(self) -> str:
        """The task's id."""
        return self.task.id

    @property
    def score(self) -> str:
        """The node of the adopted score; with @self behind it, of the self-assessed one."""
        return f"{self.task.id}="

    @property
    def points(self) -> str:
        """The node of the points."""
        return f"{self.task.id}$"


@dataclass
class Program:
    """All nodes of an assessment: what is asked, and the formulas in an order in which they can be worked out."""

    scheme: Scheme
    setup: tuple[BoundInput, ...] = ()
    tasks: tuple[BoundTask, ...] = ()
    formulas: dict[str, ops.Op] = field(default_factory=dict)
    nothings: tuple[BoundNothing, ...] = ()

    @classmethod
    def of(cls, scheme: Scheme) -> Program:
        """The program of a scheme whose level is settled. Raises SchemeError for a reference to no input."""
        return _Builder(scheme).build()

    def evaluate(self, typed: Sequence[Mapping[str, float | str | None]]) -> Batch:
        """Every node for N workbooks, from what was typed in each by node id (`t05.ontime@self`)."""
        batch = Batch(len(typed))
        for bound in self.inputs():
            for stage in STAGES:
                node = bound.id + stage
                batch.put(node, [answers.get(node) for answers in typed])
            if bound.id + HINT in self.formulas:
                batch.put(bound.id + NOTE, [answers.get(bound.id + NOTE) for answers in typed])
        for node, expression in self.formulas.items():
            batch.compute(node, expression)
        return batch

    def typed_rates(self) -> frozenset[str]:
        """The inputs that take “无” for an answer."""
        return frozenset(bound.id for bound in self.inputs() if bound.spec.if_none is not None)

    def inputs(self) -> Iterator[BoundInput]:
        """Every input, the bureau's first."""
        yield from self.setup
        for task in self.tasks:
            yield from task.inputs


class _Builder:
    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.formulas: dict[str, ops.Op] = {}
        self.left_out: list[str] = []
        self.divisors = {_full(task.id, name) for task in scheme.tasks() for name in task.rule.divisors()}
        self.setup = tuple(
            BoundInput(f"{SETUP}.{spec.id}", SETUP, spec, "", (*self._points_tie(spec), *self._asked_by_rules(spec)))
            for spec in scheme.setup()
        )
        self.per_task = {task.id: self._inputs_of(task) for task in scheme.tasks()}
        self.known = {i.id for i in self._all_inputs()}

    def _all_inputs(self) -> Iterator[BoundInput]:
        yield from self.setup
        for bound in self.per_task.values():
            yield from bound

    def build(self) -> Program:
        self._check_references()
        for bound in self._all_inputs():
            self.formulas[bound.id] = _adopted(bound.id, STAGES)
            if bound.task != SETUP:
                self.formulas[bound.id + OWN] = _adopted(bound.id, (SELF,))
        for bound in self._all_inputs():
            if bound.spec.kind == "percent":
                asked = question(bound.id, bound.id + NOTE, bound.spec, bound.measured_by)
                self.formulas[bound.id + HINT] = asked
        for bound in self._all_inputs():
            status = _status(bound)
            self.formulas[f"{bound.id}?"] = status
            if bound.task != SETUP:
                self.formulas[f"{bound.id}?{SELF}"] = ops.rename(status, self._self_view)
        tasks = tuple(self._task(task) for task in self.scheme.tasks())
        self._groups()
        self._outcome(tasks)
        return Program(self.scheme, self.setup, tasks, self.formulas, tuple(self._nothings()))

    # inputs

    def _inputs_of(self, task: Task) -> tuple[BoundInput, ...]:
        standards = task.rule.standards()
        measures = {_full(task.id, name): standard for name, standard in numeric_standards(task.rule)}
        constraints = [*task.rule.constraints(self._context(task)), *(_relation(r) for r in task.constraints)]
        bound = []
        for asked in task.inputs():
            spec = _in_year(asked, self.scheme.year)
            if f"{task.id}.{spec.id}" in self.divisors and spec.bounds[0] <= 0:
                spec = spec.model_copy(update={"min": 1.0 if spec.kind == "count" else 0.000001})
            own = tuple(self._placed(c, task) for c in constraints if c.on in (spec.id, f"{task.id}.{spec.id}"))
            node = f"{task.id}.{spec.id}"
            for name in spec.of_counts:
                label = self.scheme.with_labels(f"「{name}」", task)
                own += (contradiction(spec, node, _full(task.id, name), label),)
            bound.append(BoundInput(node, task.id, spec, standards.get(spec.id, ""), own, measures.get(node)))
        return tuple(bound)

    def _asked_by_rules(self, spec: Input) -> tuple[Constraint, ...]:
        """What the rules of tasks hold a number of the bureau to."""
        node = f"{SETUP}.{spec.id}"
        tasks = self.scheme.tasks()
        held = (c for task in tasks for c in task.rule.constraints(self._context(task)) if c.on == node)
        return tuple(dict.fromkeys(held))

    def _placed(self, constraint: Constraint, task: Task) -> Constraint:
        """A constraint with node ids in place of the task's own, and labels in place of ids in its message."""
        return replace(
            constraint,
            on=_full(task.id, constraint.on),
            holds=_qualify(constraint.holds, task.id),
            message=self.scheme.with_labels(constraint.message, task),
            most=None if constraint.most is None else _qualify(constraint.most, task.id),
            there=constraint.there and _full(task.id, constraint.there),
        )

    def _points_tie(self, spec: Input) -> tuple[Constraint, ...]:
        """The asked points of a group must make up its declared total, once all of them are there."""
        for group in self.scheme.all_groups():
            asked = [t.points.ask.id for t in group.tasks if isinstance(t.points, Ask)]
            if spec.id in asked:
                known = sum(t.points for t in group.tasks if not isinstance(t.points, Ask))
                ids = tuple(f"{SETUP}.{i}" for i in asked)
                tie = ops.Compare("=", ops.Sum(ids), ops.Const(round(group.points - known, 6)))
                incomplete = ops.Compare("<", ops.Count(ids), ops.Const(len(ids)))
                message = f"“{group.name}”各项分值合计须为{group.points:g}分（待填的各项合计须为{group.points - known:g}分）"
                return (Constraint(f"{SETUP}.{spec.id}", ops.Or((incomplete, tie)), message),)
        return ()

    def _check_references(self) -> None:
        wrong = []
        for task in self.scheme.tasks():
            try:
                read = set(ops.ids(_qualify(task.rule.lower(self._context(task)), task.id)))
            except ValueError as error:
                wrong.append(finding("scheme-rule", where=self.scheme.called(task), why=str(error)))
                continue
            read |= {_full(task.id, key(when.input)) for veto in task.vetoes for when in veto.when}
            read |= {_full(task.id, name) for spec in task.inputs() for name in spec.of_counts}
            read |= {_full(task.id, name) for f in task.figures for name in (f.numerator, f.denominator)}
            read |= {i for b in self.per_task[task.id] for c in b.constraints for i in ops.ids(c.holds)}
            read |= {
                _full(task.id, name) for r in task.constraints for name in (*_names(r.smaller), *_names(r.larger))
            }
            wrong += [self._no_such_input(task, node) for node in sorted(read - self.known)]
            own = {bound.spec.id for bound in self.per_task[task.id]}
            wrong += [
                finding(
                    "scheme-rule",
                    where=self.scheme.called(task),
                    why=f"constraints 的 smaller 须以本任务的填报项开头（{r.message}）",
                )
                for r in task.constraints
                if _names(r.smaller)[0].removeprefix(f"{task.id}.") not in own
            ]
            wrong += self._uncomputable(task)
        if not self.known and not wrong:
            why = "没有任何填报项，无从考核"
            wrong.append(finding("scheme-rule", where=self.scheme.title, why=why))
        if wrong:
            raise SchemeError(*wrong)

    def _no_such_input(self, task: Task, node: str) -> Finding:
        known = [name.removeprefix(f"{task.id}.") for name in self.known]
        name = node.removeprefix(f"{task.id}.")
        near = next(iter(get_close_matches(name, known, 1)), "")
        meant = either(f"，是不是“{near}”", f", {near!r} is meant?") if near else ""
        return finding("scheme-reference", where=self.scheme.called(task), id=name, meant=meant)

    def _uncomputable(self, task: Task) -> Iterator[Finding]:
        """Inputs that a rule computes with, or a veto goes by, although they may be blank or are no numbers."""
        specs = {bound.id: bound.spec for bound in self._all_inputs()}
        guarded = {_full(task.id, name) for name in task.rule.guarded()}
        computed = set(_numbers_read(_qualify(task.rule.lower(self._context(task)), task.id))) - guarded
        asked = {_full(task.id, key(when.input)) for veto in task.vetoes for when in veto.when}
        compared = {_full(task.id, key(w.input)) for v in task.vetoes for w in v.when if w.text is None}
        figured = {_full(task.id, name) for f in task.figures for name in (f.numerator, f.denominator)}
        rule = _qualify(task.rule.lower(self._context(task)), task.id)
        unaware = {*unguarded(rule), *figured, *compared}
        for node in sorted(unaware & specs.keys()):
            if specs[node].if_none is not None:
                why = f"填报项“{specs[node].label}”可以填“无”，不能在这里计算或比较（没有发生时怎样计分没有写明）"
                yield finding("scheme-rule", where=task.name, why=why)
        if excludes_inside(task.rule):
            why = "if_none: exclude 不能写在 then 的规则里，请写在外层规则或填报项上"
            yield finding("scheme-rule", where=task.name, why=why)
        counted = {_full(task.id, name) for item in task.inputs() for name in item.of_counts}
        for node in sorted(counted & specs.keys()):
            if specs[node].kind in ("choice", "text", "percent"):
                why = f"of_counts 写的“{specs[node].label}”不是件数"
                yield finding("scheme-rule", where=task.name, why=why)
        for node in sorted((computed | asked) & specs.keys()):
            spec = specs[node]
            if not spec.required:
                yield finding(
                    "scheme-rule",
                    where=self.scheme.called(task),
                    why=f"填报项“{spec.label}”用于计分或否决，不能设为可不填",
                )
            elif spec.kind in ("choice", "text") and node in computed | compared:
                yield finding(
                    "scheme-rule",
                    where=self.scheme.called(task),
                    why=f"填报项“{spec.label}”不是数字，不能用来计算或比较大小",
                )

    def _context(self, task: Task) -> Context:
        return Context(term(task.points), self.scheme.year)

    # tasks

    def _task(self, task: Task) -> BoundTask:
        steps: list[BoundStep] = []
        points, left_out = self._points(task, steps)
        rule = self._lift(_qualify(task.rule.lower(self._context(task)), task.id), task.id, steps)
        for figure in task.figures:
            shown = ops.Step(figure.label, "%" if figure.kind == "percent" else figure.unit, _figure(figure, task.id))
            self._lift(shown, task.id, steps)
        inputs = self.per_task[task.id]
        vetoes = tuple(self._veto(task, n, veto) for n, veto in enumerate(task.vetoes, 1))
        zero = [self._triggered(task, veto) for veto in task.vetoes if "zero_task" in veto.effects]
        score: ops.Op = ops.Min((points, ops.Max((ops.Const(0), rule))))
        rounding = self.scheme.rounding
        score = (
            ops.Round(score, rounding.digits)
            if rounding.mode == "half_up"
            else ops.RoundDown(ops.Round(score, 9), rounding.digits)
        )
        if zero:
            score = ops.If(ops.some(*zero), ops.Const(0), score)
        if left_out:
            score = ops.If(ops.Compare("<=", points, ops.Const(0)), ops.Text(semantics.EXCLUDED), score)
        needs = self._needs([rule, *zero], task.id)
        self._both_views(f"{task.id}=", _when_ready(needs, score))
        return BoundTask(task, inputs, tuple(steps), vetoes, left_out)

    def _points(self, task: Task, steps: list[BoundStep]) -> tuple[ops.Op, str]:
        """The points a task is assessed of, and the step (if any) that shows what is left out of them."""
        points = term(task.points)
        lost = task.rule.left_out(self._context(task))
        if lost is None:
            self.formulas[f"{task.id}$"] = points
            return points, ""
        shown = ops.Step("不参评的分值", "分", ops.Round(lost, self.scheme.rounding.digits))
        self._lift(_qualify(shown, task.id), task.id, steps)
        node = steps[-1].id
        self.left_out.append(node)
        left = less(points, [node])
        # Points that the bureau has yet to fill in stay blank.
        self.formulas[f"{task.id}$"] = (
            ops.If(ops.IsNumber(points.id), left, points) if isinstance(points, ops.Ref) else left
        )
        return left, node

    def _nothings(self) -> Iterator[BoundNothing]:
        """Every place where “无” (or a count of 0) says that there was nothing to rate, each once."""
        for task in self.scheme.tasks():
            seen = set()
            for nothing in task.rule.nothings():
                when = _qualify(nothing.when, task.id)
                if when not in seen:
                    seen.add(when)
                    needs = list(dict.fromkeys(ops.ids(when)))
                    said = ops.If(when, ops.Text(semantics.NONE), ops.Text("—"))
                    label = self.scheme.with_labels(nothing.label, task)
                    on = _full(task.id, nothing.on)
                    yield BoundNothing(on, task.id, label, nothing.counts, _when_ready(needs, said))

    def _both_views(self, node: str, expression: ops.Op) -> None:
        self.formulas[node] = expression
        self.formulas[f"{node}{SELF}"] = ops.rename(expression, self._self_view)

    def _self_view(self, node: str) -> str:
        """The node that says the same from 自报值 alone; the bureau's numbers hold for both."""
        if node.startswith(f"{SETUP}."):
            return node
        return node + (OWN if node in self.known else SELF)

    def _needs(self, expressions: Iterable[ops.Op], task: str) -> list[str]:
        """The inputs that must be in order before the expressions mean anything: the task's own, and what they read."""
        needs = {bound.id: None for bound in self.per_task[task]}
        needs |= dict.fromkeys(i for e in expressions for i in self._read(e))
        return list(needs)

    def _read(self, expression: ops.Op) -> Iterator[str]:
        for name in ops.ids(expression):
            node = name.removesuffix(
                "?"
            )  # a step reads its inputs and their states; the states' own constraints do not count
            if node in self.known:
                yield node
            else:
                yield from self._read(self.formulas[node])

    def _lift(self, op: ops.Op, task: str, steps: list[BoundStep]) -> ops.Op:
        """Give every Step inside a node of its own, innermost first, and refer to it."""
        op = ops.rebuild(op, lambda child: self._lift(child, task, steps))
        if not isinstance(op, ops.Step):
            return op
        for step in steps:
            if self.formulas[step.id] == self._shown_step(op.arg) and step.label == op.label:
                return ops.Ref(step.id)
        node = f"{task}#{len(steps) + 1}"
        steps.append(BoundStep(node, op.label, op.unit, op.standard))
        self._both_views(node, self._shown_step(op.arg))
        return ops.Ref(node)

    def _shown_step(self, arg: ops.Op) -> ops.Op:
        needs = list(dict.fromkeys(self._read(arg)))
        return ops.If(_ready(needs), arg, ops.Text(""))

    # vetoes

    def _triggered(self, task: Task, veto: Veto) -> ops.Op:
        return ops.some(*(_qualify(when.holds(), task.id) for when in veto.when))

    def _veto(self, task: Task, number: int, veto: Veto) -> BoundVeto:
        triggered = self._triggered(task, veto)
        needs = list(dict.fromkeys(ops.ids(triggered)))
        state = ops.If(triggered, ops.Text(semantics.TRIGGERED), ops.Text(semantics.NOT_TRIGGERED))
        node = f"{task.id}!{number}"
        self.formulas[node] = _when_ready(needs, state)
        sentence = self.scheme.with_labels(veto.sentence(), task)
        return BoundVeto(node, veto.effects, sentence, tuple(needs))

    # groups and the outcome

    def _groups(self) -> None:
        for group in reversed(list(self.scheme.all_groups())):
            below = [f"group:{g.id}" for g in group.groups] + [f"{t.id}=" for t in group.tasks]
            points = [f"points:{g.id}" for g in group.groups] + [f"{t.id}$" for t in group.tasks]
            self._both_views(f"group:{group.id}", self._sum(below))
            self.formulas[f"points:{group.id}"] = self._sum(points)

    def _sum(self, nodes: list[str]) -> ops.Op:
        return ops.Round(ops.Sum(tuple(nodes)), self.scheme.rounding.digits)

    def _outcome(self, tasks: tuple[BoundTask, ...]) -> None:
        out = self.formulas
        statuses = tuple(f"{bound.id}?" for bound in self._all_inputs())
        out["stage"] = self._stage()
        out["missing"] = ops.CountText(statuses, semantics.MISSING)
        out["filled"] = ops.CountText(statuses, semantics.FILLED)
        out["invalid"] = ops.total(*(ops.CountText(statuses, word) for word in BAD_STATES))
        unready = ops.Add((ops.Ref("missing"), ops.Ref("invalid")))
        done = ops.Compare("=", unready, ops.Const(0))
        out["complete"] = ops.If(done, ops.Text(semantics.COMPLETE), ops.Text(semantics.UNFINISHED))
        self._both_views("total", self._sum([f"group:{g.id}" for g in self.scheme.groups]))
        out["max"] = self._sum([f"points:{g.id}" for g in self.scheme.groups])
        out["rate"] = quotient(ops.Ref("total"), less(ops.Const(self.scheme.points), self.left_out))
        vetoes = [veto for task in tasks for veto in task.vetoes]
        out["vetoes"] = self._veto_summary(vetoes)
        out["grade"] = self._grade(vetoes)

    def _stage(self) -> ops.Op:
        """The last stage at which anything was filled in."""

        def used(stage: str) -> ops.Op:
            cells = ops.CountFilled(tuple(bound.id + stage for bound in self._all_inputs()))
            return ops.Compare(">", cells, ops.Const(0))

        review = ops.If(used(REVIEW), ops.Text("复核"), ops.Text("自评"))
        return ops.If(used(FINAL), ops.Text("终裁"), review)

    def _veto_summary(self, vetoes: list[BoundVeto]) -> ops.Op:
        words: list[tuple[Effect, str]] = [
            ("zero_task", "该项不得分"),
            ("no_excellent", "一票否优"),
            ("fail", "一票否决"),
        ]
        state: ops.Op = ops.Text(semantics.NOT_TRIGGERED)
        for effect, word in words:
            state = ops.If(_any_triggered(vetoes, effect), ops.Text(word), state) if _with(vetoes, effect) else state
        if not vetoes:
            return state
        ids = tuple(veto.id for veto in vetoes)
        answered = ops.Add((ops.CountText(ids, semantics.TRIGGERED), ops.CountText(ids, semantics.NOT_TRIGGERED)))
        unanswered = ops.Compare("<", answered, ops.Const(len(ids)))
        # A veto that is triggered counts at once; one that is not answered leaves the rest open.
        if _with(vetoes, "fail"):
            return ops.If(
                _any_triggered(vetoes, "fail"),
                ops.Text("一票否决"),
                ops.If(unanswered, ops.Text(semantics.UNFINISHED), state),
            )
        return ops.If(unanswered, ops.Text(semantics.UNFINISHED), state)

    def _grade(self, vetoes: list[BoundVeto]) -> ops.Op:
        bands = self.scheme.grades.bands
        grade: ops.Op = ops.Text(bands[-1].name)
        for number, band in reversed(list(enumerate(bands[:-1]))):
            earned: ops.Op = ops.Compare(">=", ops.Ref("rate"), ops.Const(band.at_least))
            if number == 0 and _with(vetoes, "no_excellent"):
                earned = ops.And((earned, ops.Not(_any_triggered(vetoes, "no_excellent"))))
            grade = ops.If(earned, ops.Text(band.name), grade)
        if _with(vetoes, "fail"):
            grade = ops.If(_any_triggered(vetoes, "fail"), ops.Text(bands[-1].name), grade)
        return ops.If(ops.Is("complete", semantics.COMPLETE), grade, ops.Text(semantics.UNFINISHED))


def _with(vetoes: list[BoundVeto], effect: Effect) -> tuple[str, ...]:
    return tuple(veto.id for veto in vetoes if effect in veto.effects)


def _any_triggered(vetoes: list[BoundVeto], effect: Effect) -> ops.Op:
    count = ops.CountText(_with(vetoes, effect), semantics.TRIGGERED)
    return ops.Compare(">", count, ops.Const(0))


def _adopted(node: str, stages: Iterable[str]) -> ops.Op:
    """The last filled of some stages' values; an error value becomes a word, so that it goes no further."""
    value: ops.Op = ops.Text("")
    for stage in stages:
        value = ops.If(ops.Filled(node + stage), ops.Ref(node + stage), value)
    return ops.IfError(value, semantics.ERROR_TEXT)


def _status(bound: BoundInput) -> ops.Op:
    """已填 when the value is of its kind, in range, and agrees with the other inputs; else the word for what is wrong."""
    spec, node = bound.spec, bound.id
    state = _agreement(bound, of_none=False)
    if spec.kind == "choice":
        listed = ops.some(*(ops.Is(node, choice) for choice in spec.choices))
        state = ops.If(listed, state, ops.Text(semantics.INVALID))
    elif spec.kind == "text":
        state = ops.If(ops.Is(node, semantics.ERROR_TEXT), ops.Text(semantics.INVALID), state)
    else:
        value = ops.Ref(node)
        low, high = (ops.Const(bound) for bound in spec.bounds)
        outside = ops.Or((ops.Compare("<", value, low), ops.Compare(">", value, high)))
        state = ops.If(outside, ops.Text(semantics.OUT_OF_RANGE), state)
        if spec.kind in ("count", "date"):
            whole = ops.Compare("=", value, ops.RoundDown(value, 0))
            state = ops.If(whole, state, ops.Text(semantics.INVALID))
        state = ops.If(ops.IsNumber(node), state, ops.Text(semantics.INVALID))
        if spec.if_none is not None:
            state = ops.If(ops.Is(node, semantics.NONE), _agreement(bound, of_none=True), state)
    blank = semantics.MISSING if spec.required else semantics.OPTIONAL
    return ops.IfError(ops.If(ops.Filled(node), state, ops.Text(blank)), semantics.INVALID)


def _agreement(bound: BoundInput, of_none: bool) -> ops.Op:
    constraints = [constraint for constraint in bound.constraints if constraint.of_none == of_none]
    if not constraints:
        return ops.Text(semantics.FILLED)
    breaches = [breach(constraint, bound.id) for constraint in constraints]
    broken = ops.Compare(">", ops.total(*breaches), ops.Const(0))
    return ops.If(broken, ops.Text(semantics.INCONSISTENT), ops.Text(semantics.FILLED))


def breach(constraint: Constraint, on: str) -> ops.Op:
    """1 where an input breaks a constraint, else 0; also 0 while a number it is held against is not there yet."""
    broken: ops.Op = ops.If(constraint.holds, ops.Const(0), ops.Const(1))
    others = dict.fromkeys(i for i in _numbers_read(constraint.holds) if i != on)
    if others:
        broken = ops.If(ops.every(*(ops.IsNumber(i) for i in others)), broken, ops.Const(0))
    return broken


def _numbers_read(op: ops.Op) -> Iterator[str]:
    if isinstance(op, ops.Ref):
        yield op.id
    for child in ops.children(op):
        yield from _numbers_read(child)


def _figure(figure: Figure, task: str) -> ops.Op:
    top, bottom = _full(task, figure.numerator), _full(task, figure.denominator)
    both = ops.Compare("=", ops.CountText((f"{top}?", f"{bottom}?"), semantics.FILLED), ops.Const(2))
    quotient = ops.If(
        ops.Compare("=", ops.Ref(bottom), ops.Const(0)), ops.Text("—"), ops.Div(ops.Ref(top), ops.Ref(bottom))
    )
    return ops.If(both, quotient, ops.Text(""))


def quotient(top: ops.Op, bottom: ops.Op) -> ops.Op:
    """top / bottom; 0 where the bottom is 0 because nothing is assessed."""
    if isinstance(bottom, ops.Const):
        return ops.Div(top, bottom)
    return ops.If(ops.Compare(">", bottom, ops.Const(0)), ops.Div(top, bottom), ops.Const(0))


def _names(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def _relation(relation: Relation) -> Constraint:
    smaller, larger = (ops.total(*(ops.Ref(i) for i in _names(side))) for side in (relation.smaller, relation.larger))
    return Constraint(_names(relation.smaller)[0], ops.Compare("<=", smaller, larger), relation.message)


def _in_year(spec: Input, year: int) -> Input:
    """A date may lie before the assessment's year (done early) or after it (done late), unless the scheme says otherwise.

    Ten years either way are enough for both, and refuse a year that was mistyped.
    """
    if spec.kind != "date" or spec.min is not None:
        return spec
    first, last = datetime.date(year - 10, 1, 1), datetime.date(year + 10, 12, 31)
    return spec.model_copy(update={"min": serial(first), "max": serial(last)})


def _full(task: str, name: str) -> str:
    return name if "." in name else f"{task}.{name}"


def _qualify(op: ops.Op, task: str) -> ops.Op:
    return ops.rename(op, lambda name: _full(task, name))


def _ready(needs: list[str]) -> ops.Op:
    """Whether every input is in order: 已填, or blank where that is allowed."""
    states = tuple(f"{node}?" for node in needs)
    good = ops.Add((ops.CountText(states, semantics.FILLED), ops.CountText(states, semantics.OPTIONAL)))
    return ops.Compare("=", good, ops.Const(len(states)))


def _when_ready(needs: list[str], then: ops.Op) -> ops.Op:
    """The value once every input is in order; until then the word that says what is wanting."""
    if not needs:
        return then
    states = tuple(f"{node}?" for node in needs)
    missing = ops.Compare(">", ops.CountText(states, semantics.MISSING), ops.Const(0))
    unready = ops.If(missing, ops.Text(semantics.MISSING), ops.Text(semantics.INVALID))
    return ops.If(_ready(needs), then, unready)
