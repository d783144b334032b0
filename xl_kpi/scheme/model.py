"""The scheme as data: groups of tasks, points, rules, vetoes, grades. Frozen; every field is what a YAML key says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Discriminator, Field, PrivateAttr, Tag, model_validator

from xl_kpi.rules import AnyRule
from xl_kpi.rules.base import rules_in
from xl_kpi.rules.parts import Ask, Id, Input, Level, Model, Real, When, asks
from xl_kpi.scheme.readings import Reading
from xl_kpi.scheme.written import Written
from xl_kpi.words import Said, SaidError, said

Effect = Literal["fail", "no_excellent", "zero_task"]
EFFECT_NAMES: dict[Effect, str] = {"fail": "一票否决", "no_excellent": "一票否优", "zero_task": "该项不得分"}


class Narrative(Model):
    """Words of the text with a number in them that is not scored, and why it is not."""

    text: str
    reason: str


class Relation(Model):
    """The sum of the smaller inputs must not exceed the sum of the larger; input ids of the task (or task.input)."""

    smaller: str | tuple[str, ...]
    larger: str | tuple[str, ...]
    message: str


class Figure(Model):
    """A quotient of two inputs that the form shows but does not score; input ids of the task (or task.input)."""

    label: str
    numerator: str
    denominator: str
    kind: Literal["percent", "number"] = "percent"
    unit: str = ""


class Veto(Model):
    """Any of the conditions triggers all of the effects."""

    effects: tuple[Effect, ...] = Field(min_length=1)
    when: tuple[When, ...] = Field(min_length=1)
    reading: str = ""

    def sentence(self) -> str:
        """The veto in Chinese."""
        return (
            "，或".join(when.sentence() for when in self.when)
            + "："
            + "、".join(EFFECT_NAMES[e] for e in self.effects)
        )


class Task(Model):
    """One line of the form (任务要点/指标): its words as the source has them, its points, how it is scored."""

    id: Id
    number: str = Field(default="", description="原表的序号或指标编号")
    name: str
    target: str = Field(default="", description="年度目标/指标要求，照录原文")
    points: Annotated[Real, Field(gt=0)] | Ask
    points_text: str = Field(default="", description="原表分值栏的文字，与数字不同时照录，如“一票否决 30”")
    extra: dict[str, str] = Field(default_factory=dict, description="原表的其他栏目，如分管领导、责任人")
    applies: tuple[Level, ...] = Field(default=("省", "市", "县"), description="适用的层级")
    rule: AnyRule
    vetoes: tuple[Veto, ...] = ()
    basics: tuple[Input, ...] = Field(default=(), description="只采集、不计分的基本数据")
    figures: tuple[Figure, ...] = Field(default=(), description="只显示、不计分的比率")
    constraints: tuple[Relation, ...] = ()
    narrative: tuple[Narrative, ...] = ()
    reading: str = Field(default="", description="原文有歧义时采用的口径，工作簿中向填报人说明")
    superseded: str = Field(default="", description="被更正取代的原文")

    def inputs(self) -> Iterator[Input]:
        """What the task asks the unit for, each id once, in the order of the form."""
        return iter({item.id: item for item in self.declared()}.values())

    def declared(self) -> Iterator[Input]:
        """Every declaration of an input, repeats included, for finding declarations that disagree."""
        yield from self.rule.inputs()
        for veto in self.vetoes:
            yield from (when.input for when in veto.when if isinstance(when.input, Input))
        yield from self.basics

    def readings(self) -> list[str]:
        """Every chosen reading on the task, its rules and its vetoes."""
        found = [
            self.reading,
            *(rule.reading for rule in rules_in(self.rule)),
            *(veto.reading for veto in self.vetoes),
        ]
        return list(dict.fromkeys(text for text in found if text))


class Group(Model):
    """A 一级/二级指标: its points, and either groups or tasks below it."""

    id: Id
    name: str = Field(description="照录原文，如“重点（职能）工作（390分）”")
    points: Annotated[Real, Field(gt=0)]
    groups: tuple[Group, ...] = ()
    tasks: tuple[Task, ...] = ()

    def all_tasks(self) -> Iterator[Task]:
        """The tasks below, in order."""
        for group in self.groups:
            yield from group.all_tasks()
        yield from self.tasks

    def all_groups(self) -> Iterator[Group]:
        """This group and those below, in order."""
        yield self
        for group in self.groups:
            yield from group.all_groups()


class Band(Model):
    """A grade and the least rate (fraction of the points) that earns it."""

    name: str
    at_least: float = Field(ge=0, le=1)


class Grades(Model):
    """The grades, best first; `default` marks that the source gives none."""

    default: bool = False
    bands: tuple[Band, ...] = Field(
        min_length=2,
        default=(
            Band(name="优秀", at_least=0.9),
            Band(name="良好", at_least=0.8),
            Band(name="合格", at_least=0.6),
            Band(name="不合格", at_least=0),
        ),
    )


class Rounding(Model):
    """How a task's score is rounded: to so many decimals, half up or cut."""

    digits: int = Field(default=2, ge=0, le=4)
    mode: Literal["half_up", "down"] = "half_up"
    reading: str = ""


class Column(Model):
    """A column of the statutory form: its title and what it shows; width in characters."""

    title: str
    shows: Literal["group1", "group2", "group3", "number", "name", "target", "points", "extra"]
    key: str = Field(default="", description="shows 为 extra 时，extra 中的键")
    width: float = 12


class Source(Model):
    """Where the scheme comes from."""

    document: str
    seed: str = Field(description="原文文件名")
    note: str = ""


# Told apart first, so that what is wrong with a reading is not told of a text.
AnyReading = Annotated[
    Annotated[str, Tag("text")] | Annotated[Reading, Tag("reading")],
    Discriminator(lambda value: "text" if isinstance(value, str) else "reading"),
]


class Scheme(Model):
    """An assessment scheme, whole. `level` is set once it has been settled for one level."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: int = Field(ge=1)
    title: str
    year: int = Field(ge=2000, le=2100)
    unit: str = Field(description="被考核单位；由多家单位使用的方案写通称")
    department: str = Field(default="", description="主管部门")
    source: Source
    levels: tuple[Level, ...] = ()
    level: Level | None = None
    points: Annotated[Real, Field(gt=0)]
    columns: tuple[Column, ...]
    rounding: Rounding = Rounding()
    grades: Grades = Grades(default=True)
    readings: tuple[AnyReading, ...] = Field(default=(), description="适用于整个方案的计分口径")
    notes: tuple[str, ...] = Field(default=(), description="原文表后的说明，如评分标准，照录")
    groups: tuple[Group, ...] = Field(min_length=1)
    _written: Written | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _readings_are_distinct(self) -> Scheme:
        ids = [reading.id for reading in self.choices()]
        twice = next((id for number, id in enumerate(ids) if id in ids[:number]), None)
        if twice is not None:
            raise SaidError(said("scheme.reading-twice", id=twice))
        return self

    @model_validator(mode="after")
    def _form_is_whole(self) -> Scheme:
        shown = [column.shows for column in self.columns]
        if len(shown) < 3 or shown.count("points") != 1 or "name" not in shown:
            raise SaidError(said("scheme.columns-lacking"))
        return self

    def __hash__(self) -> int:
        """Equal schemes hash alike; the whole content (with its dictionaries) need not take part."""
        return hash((self.id, self.version, self.year, self.level))

    def tasks(self) -> Iterator[Task]:
        """Every task in the order of the form."""
        for group in self.groups:
            yield from group.all_tasks()

    def all_groups(self) -> Iterator[Group]:
        """Every group in the order of the form."""
        for group in self.groups:
            yield from group.all_groups()

    def called(self, task: Task) -> Said:
        """How a message names a task: the number of the source, or its place in the form; its name; its id."""
        place = next((n for n, one in enumerate(self.tasks(), 1) if one is task), 0)
        number = task.number or str(place)
        name = " ".join(task.name.split()).translate({ord("“"): "‘", ord("”"): "’"})
        code = "place.task" if number.isdigit() else "place.task-numbered"
        return said(code, number=number, name=_short(name), id=task.id)

    def explain(self, task: Task) -> str:
        """How a task is scored, in Chinese."""
        return self.with_labels(task.rule.explain() + "。", task)

    def with_labels(self, text: str, task: Task) -> str:
        """A sentence of a task's with the inputs it names by id (「id」, 「task.id」) named by their labels."""

        def label(found: re.Match[str]) -> str:
            of, _, name = found[1].rpartition(".")
            asked = (item for t in self.tasks() if t.id == of or (not of and t is task) for item in t.inputs())
            return next((item.label for item in asked if item.id == name), found[0])

        return re.sub(r"「([a-z0-9_.]+)」", label, text)

    def setup(self) -> tuple[Input, ...]:
        """The numbers that the organising bureau fills in, each id once."""
        return tuple({item.id: item for item in asks(self)}.values())

    def choices(self) -> tuple[Reading, ...]:
        """The readings that have alternatives."""
        return tuple(reading for reading in self.readings if isinstance(reading, Reading))

    @property
    def written(self) -> Written:
        """The scheme as written, of which this is one reading. Raises ValueError for one that was never loaded."""
        if self._written is None:
            raise ValueError(f"{self.id} was not read from a scheme as written")
        return self._written

    def reading_of(self, written: Written) -> Scheme:
        """The same, as a reading of a scheme as written."""
        made = self.model_copy()
        made._written = written
        return made


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"
