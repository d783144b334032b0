"""Answers out of a workbook that is out already into a fresh one: by input id, all three stages, and the free texts.

The old workbook is of an older version or layout, so no plan describes it. Its answers are found by what it says of
itself: the defined names of its inputs, the headings of its columns, the formulas that read each row. Where these do not
agree it was spoilt, and is refused: nothing is ever read shifted. What finds no place is listed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xl_kpi.findings import WorkbookError, finding
from xl_kpi.layout.plan import FORM, Plan
from xl_kpi.program import nodes
from xl_kpi.returned.old_book import Entry, OldBook, old_book
from xl_kpi.returned.read import Filled, answer, read
from xl_kpi.returned.rewrite import patched
from xl_kpi.returned.verify import examine
from xl_kpi.rules.parts import Input, Kind
from xl_kpi.units.listing import unit_key
from xl_kpi.words import Language, Said, said, say
from xl_kpi.xlsx.addresses import a1
from xl_kpi.xlsx.cells import CellError, ReadCell, Value
from xl_kpi.xlsx.source import Source

_1904 = 1462  # days between the two date systems
Place = tuple[str, str]


@dataclass(frozen=True)
class Left:
    """A value that found no place: the input's id and stage (empty for other texts), its label, where it stands in the
    old workbook, and why it was left."""

    id: str
    stage: str
    label: str
    cell: str
    value: Value
    why: Said

    def as_json(self, language: Language) -> dict[str, object]:
        """The keys of the command line's contract."""
        return {
            "id": self.id,
            "stage": self.stage,
            "label": self.label,
            "cell": self.cell,
            "value": self.value,
            "why": say(self.why, language),
        }


@dataclass
class Carried:
    """The new workbook with the answers in it, how many there are, what was left, and what else to tell."""

    package: bytes = b""
    values: dict[Place, Value] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many values the new workbook holds of the old one's."""
        return len(self.values)


def carry(old: Source, into: Source, scheme_file: str = "") -> Carried:
    """The answers of one workbook of ours in a fresh one of the same scheme, unit, year and level.

    What the new workbook holds already stays. Raises WorkbookError for a file that is not ours or another's, for a new
    one that is not of the version in force, and for an old one whose answers cannot be told apart with certainty.
    """
    new = read(into, scheme_file)
    examine(new)  # a workbook whose rows were moved is not written to
    book = old_book(old, new.plan.program.stages)
    _same_assessment(book, new)
    carried = Carried()
    _inputs(book, new, carried)
    _texts(book, new, carried)
    for name in book.sheets:
        if name not in new.plan.sheets and book.sheets[name].cells:
            carried.notes.append(said("carry.added-sheet", name=name))
    typed = {place: value for place, value in carried.values.items() if _present(new, place) != value}
    carried.package = patched(new, typed, keep_formulas=False)
    return carried


def _same_assessment(book: OldBook, new: Filled) -> None:
    """Raises WorkbookError where the two are not of one scheme, unit, year and level."""
    meta, plan, into = book.meta, new.plan, new.meta
    if meta.scheme != plan.scheme.id:
        why = said("carry.other-scheme", scheme=meta.scheme, id=plan.scheme.id)
        raise WorkbookError(finding("not-ours", file=book.file, why=why))
    codes = {meta.code, into.code} - {""}
    if unit_key(meta.unit) != unit_key(into.unit) or len(codes) > 1:
        expected = said("carry.other-unit", unit=f"{into.unit}{into.code and f'（{into.code}）'}")
        raise WorkbookError(
            finding(
                "other-unit",
                file=book.file,
                found=f"{meta.unit}{meta.code and f'（{meta.code}）'}",
                expected=expected,
            )
        )
    if meta.year != plan.scheme.year:
        found = meta.year if isinstance(meta.year, str) else f"{meta.year or 0:g}"
        raise WorkbookError(finding("other-year", file=book.file, found=found, expected=plan.scheme.year))
    if meta.level != (plan.scheme.level or ""):
        raise WorkbookError(
            finding("other-level", file=book.file, found=meta.level, expected=plan.scheme.level or "")
        )


# inputs


def _inputs(book: OldBook, new: Filled, carried: Carried) -> None:
    specs = {bound.id: bound.spec for bound in new.plan.program.inputs()}
    _check_labels(book, specs)
    for entry in book.entries.values():
        spec = specs.get(entry.id)
        before = carried.count
        typed = [(stage.id, nodes.typed(entry.id, stage), column) for stage, column in book.columns.stages.items()]
        if book.columns.note:
            typed.append((nodes.NOTE, nodes.note(entry.id), book.columns.note))
        for stage, node, column in typed:
            at = a1(entry.row, column)
            cell = book.sheets[book.sheet].cells.get(at, ReadCell())
            value = answer(cell.value)
            if value is None and cell.formula is None:
                continue
            why = _misfit(entry, spec, cell, value, note=stage == nodes.NOTE)
            place = _home(new.plan, node) if spec is not None else ("", "")
            if spec is not None and not why:
                value = value if stage == nodes.NOTE else _fitting(value, spec, book)
                why = _taken(new, place, value)
            if why:
                found = cell.formula and f"={cell.formula}" if value is None else value
                carried.left.append(Left(entry.id, stage, entry.label, f"{book.sheet}!{at}", found, why))
            else:
                carried.values[place] = value
                if cell.formula is not None:
                    carried.notes.append(said("carry.formula-result", sheet=book.sheet, at=at))
        if spec is not None and entry.label != spec.label and carried.count > before:
            at = f"{book.sheet}!{a1(entry.row, book.columns.first)}"
            carried.notes.append(said("carry.label-changed", at=at, label=entry.label, now=spec.label))
    for name in book.broken:
        carried.notes.append(said("carry.row-gone", name=name))
    for unnamed_at, at, label, value in book.unnamed():
        why = said("carry.row-without-name")
        carried.left.append(Left("", unnamed_at.id, label, f"{book.sheet}!{at}", value, why))


def _check_labels(book: OldBook, specs: dict[str, Input]) -> None:
    """Raises WorkbookError where an input's label stands at another row, to which it does not belong: names were moved.

    A label that is new words for an old input stands nowhere else.
    """
    for entry in book.entries.values():
        spec = specs.get(entry.id)
        if spec is None or entry.label == spec.label:
            continue
        elsewhere = [
            other
            for other in book.entries.values()
            if other.label == spec.label and (other.id not in specs or specs[other.id].label != other.label)
        ]
        if elsewhere or spec.label in book.unnamed_labels:
            raise book.spoilt(entry.row, spec.label, entry.label)


def _misfit(entry: Entry, spec: Input | None, cell: ReadCell, value: Value, *, note: bool) -> Said | None:
    """Why a value does not fit the input of its id; None where it does. A note beside it fits any."""
    if spec is None:
        return said("carry.no-such-input")
    if isinstance(cell.value, CellError):
        return said("carry.error-value", value=str(cell.value))
    if value is None:
        return said("carry.formula-without-result")
    if note:
        return None
    if entry.unit != (unit := "%" if spec.kind == "percent" else spec.unit):
        return said("carry.other-measure", was=entry.unit, now=unit)
    if _another_kind(entry.kind, spec.kind, value):
        was, now = (said(f"kind.{kind}") for kind in (entry.kind or spec.kind, spec.kind))
        return said("carry.other-kind", was=was, now=now)
    if spec.kind == "choice" and entry.kind == "choice" and value not in spec.choices and value in entry.choices:
        return said("carry.not-a-choice", listed=spec.choices)
    return None


def _another_kind(was: Kind | None, now: Kind, value: Value) -> bool:
    """Whether an answer given in one kind would say something else in another."""
    if was is None or was == now:
        return False
    if {was, now} <= {"number", "count"}:
        return now == "count" and isinstance(value, float) and value != int(value)
    return now != "text" or was == "date"


def _fitting(value: Value, spec: Input, book: OldBook) -> Value:
    return value + _1904 if book.date1904 and spec.kind == "date" and isinstance(value, float) else value


def _home(plan: Plan, node: str) -> Place:
    sheet, address = plan.homes[node]
    return sheet, a1(*address)


def _present(new: Filled, place: Place) -> Value:
    cell = new.sheets[place[0]].cells.get(place[1])
    return None if cell is None else answer(cell.value)


def _taken(new: Filled, place: Place, value: Value) -> Said | None:
    """What stands in the new workbook already, where it is something else."""
    present = _present(new, place)
    if present in (None, value):
        return None
    return said("carry.taken", value=f"{present:.10g}" if isinstance(present, float) else present)


# the form


def _texts(book: OldBook, new: Filled, carried: Carried) -> None:
    """The free texts of 考核表, to the row of the same task; and other words that were typed, which are only listed."""
    rows, columns = new.plan.task_rows[FORM], new.plan.columns[FORM]
    for text in book.free_texts():
        column = columns.get(text.title)
        why: Said | None
        if text.task not in rows:
            why = said("carry.no-such-task")
        elif column is None:
            why = said("carry.no-such-column", title=text.title)
        else:
            place = (FORM, a1(rows[text.task], column))
            why = _taken(new, place, text.value)
            if not why:
                carried.values[place] = text.value
        if why:
            label = f"{text.number}——{text.title}"
            carried.left.append(Left(text.task, "", label, f"{FORM}!{text.at}", text.value, why))
    for sheet, at, value in book.other_texts():
        present = new.sheets[sheet].cells.values() if sheet in new.sheets else ()
        if sheet in new.sheets and not any(cell.value == value for cell in present):
            why = said("carry.no-input")
            carried.left.append(Left("", "", "", f"{sheet}!{at}", value, why))
