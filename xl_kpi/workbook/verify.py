"""What came back against the plan: a finding for everything that is not as the workbook was sent out.

Proof that a workbook is ours is not a mark in it: the plan is rebuilt from the scheme and every formula, constant,
lock, validation, name, number format and setting is compared. What cannot be read without guessing stops the reading
(WorkbookError); everything else is a finding beside which the recalculated values count.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from openpyxl.formula import Tokenizer
from openpyxl.utils import FORMULAE

from xl_kpi.expr import semantics
from xl_kpi.findings import Finding, WorkbookError, either, finding
from xl_kpi.outward import masked
from xl_kpi.rules.base import Input, show
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.program import STAGES, BoundInput
from xl_kpi.workbook.answers import reading
from xl_kpi.workbook.cells import ReadCell, ReadValue, Value
from xl_kpi.workbook.draft import Validation, a1, column_letter
from xl_kpi.workbook.expected import (
    Expected,
    ExpectedSheet,
    Place,
    expected,
    names_in,
    plain,
    references,
    within,
)
from xl_kpi.workbook.foreign import foreign
from xl_kpi.workbook.looks import Look, plain_format, shows
from xl_kpi.workbook.plan import CODE, COVER, UNIT, plan_of
from xl_kpi.workbook.read import Filled, Meta, input_cells
from xl_kpi.workbook.refused import Refused
from xl_kpi.workbook.worksheet import Area, ReadValidation, Worksheet, address, areas

_1904 = 1462  # days between the two date systems


@dataclass
class Examined:
    """A workbook that was read and compared with its plan: all that scoring and reporting need of it."""

    typed: dict[str, Value]  # by node id, as the workbook's own formulas see it
    counted: dict[str, Value]  # the same as it counts: texts that say a number are read, 1904 dates converted
    shown: list[ReadValue]  # what each formula cell shows, in the order of `expected(scheme).formulas`
    changed: set[Place]  # formula cells whose formula is gone or another
    findings: list[Finding] = field(default_factory=list)


def examine(filled: Filled) -> Examined:
    """Compare a workbook with its plan. Raises WorkbookError where it cannot be read or its structure is not the plan's."""
    try:
        return _examined(filled)
    except Refused as refused:  # parts that only the comparison looks into
        raise WorkbookError(finding(refused.code, file=filled.file, why=refused.why)) from None


def _examined(filled: Filled) -> Examined:
    plan = expected(filled.plan.scheme)
    found: list[Finding] = []
    for name, sheet in plan.sheets.items():
        found += _constants(name, sheet, filled)
    shown: list[ReadValue] = []
    changed: set[Place] = set()
    for name, sheet in plan.sheets.items():
        cells = filled.sheets[name].cells
        present = [cells.get(at, _NOTHING) for at in sheet.formulas]
        shown += [cell.value for cell in present]
        changed |= {
            (name, formula.name)
            for formula, cell in zip(sheet.formulas.values(), present, strict=True)
            if cell.formula != formula.text and plain(cell.formula or "") != plain(formula.text)
        }
    typed = filled.typed()
    counted, read = _counted(filled, typed)
    found += read
    if found or changed or _has_other_formulas(plan, filled):
        found += _computable(plan, filled, changed)
    for name, sheet in plan.sheets.items():
        found += _contents(name, sheet, filled)
        found += _merges(name, sheet, filled.sheets[name])
        found += _looks(name, sheet, filled)
        found += _conditions(name, sheet, filled)
        found += _validations(name, sheet, filled.sheets[name])
        found += _hidden(name, sheet, filled)
    found += _settings(plan, filled)
    return Examined(typed, counted, shown, changed, list(_trimmed(found)))


_NOTHING = ReadCell()


# structure and constants


def _constants(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """Constants that are gone or another. Answers are read by address, so a shift must be noticed before anything is read."""
    cells = filled.sheets[name].cells
    wrong = {
        at: wanted.value
        for at, wanted in sheet.constants.items()
        if (found := cells.get(at, _NOTHING)) != wanted or found.value is True  # which Python takes for 1
    }
    for at in [at for at, wanted in wrong.items() if isinstance(wanted, str) and (UNIT in wanted or CODE in wanted)]:
        named = _named(str(wrong.pop(at)), filled.meta)
        cell = cells.get(at)
        # A unit without a code: the text is empty, and programs drop such a cell.
        if ((cell.value or "") if cell is not None else "") != named:
            if name == COVER and UNIT in str(sheet.constants[at].value) and cell is not None and cell.value:
                why = either("封面上写的是别的名称", "its cover names another")
                raise WorkbookError(finding("other-unit", file=filled.file, found=filled.meta.unit, expected=why))
            wrong[at] = named
    if not wrong:
        return
    moved = _moved(sheet, cells, wrong)
    if moved:
        why = either(f"{name}!{moved} 应为“{wrong[moved]}”", f"{name}!{moved} should be {wrong[moved]!r}")
        raise WorkbookError(finding("structure", why=why))
    for at, wanted in wrong.items():
        text = wanted if isinstance(wanted, str) else f"{wanted:g}"
        yield finding("constant-changed", at=f"{name}!{at}", expected=text)


def _named(text: str, meta: Meta) -> str:
    return text.replace(UNIT, meta.unit).replace(CODE, meta.code)


def _moved(sheet: ExpectedSheet, cells: Mapping[str, ReadCell], wrong: Mapping[str, ReadValue]) -> str:
    """The first constant that stands elsewhere in its row or column, or whose whole row is gone; "" for none."""
    elsewhere: dict[ReadValue, set[tuple[str, int]]] = defaultdict(set)
    for at, cell in cells.items():
        if cell.formula is None and at not in sheet.free and cell != sheet.constants.get(at):
            row, column = address(at)
            elsewhere[cell.value] |= {("row", row), ("column", column)}
    rows = defaultdict(list)
    for at in (*sheet.constants, *sheet.formulas):
        rows[address(at)[0]].append(at)
    for at, wanted in wrong.items():
        row, column = address(at)
        if elsewhere.get(wanted, set()) & {("row", row), ("column", column)}:
            return at
        if len(rows[row]) > 1 and not any(other in cells for other in rows[row]):
            return at
    return ""


# answers


def _counted(filled: Filled, typed: dict[str, Value]) -> tuple[dict[str, Value], list[Finding]]:
    """The answers as they count, and a finding for each that does not count as it stands."""
    counted = dict(typed)
    findings = []
    inputs = _inputs(filled.plan.scheme)
    converted = False
    for node, value in typed.items():
        bound = inputs[node]
        if isinstance(value, str):
            read = _read(value, bound.spec)
            if read is not None:
                counted[node] = read
                shown = read if isinstance(read, str) else show(read, bound.spec.kind)
                details = {"label": bound.spec.label, "value": masked(value), "read": shown}
                findings.append(finding("text-number", at=filled.plan.at(node), **details))
        elif filled.book.date1904 and bound.spec.kind == "date" and value is not None:
            counted[node] = value + _1904
            converted = True
    if converted:
        findings.append(finding("date-1904"))
    for node, sheet, name in input_cells(filled.plan.scheme):
        cell = filled.sheets[sheet].cells.get(name)
        if cell is not None and cell.formula is not None:
            spec = inputs[node].spec
            value = typed.get(node)
            shown = show(value, spec.kind) if isinstance(value, float) else masked(value or "")
            details = {"label": spec.label, "value": shown or either("空白", "blank")}
            findings.append(finding("input-formula", at=f"{sheet}!{name}", **details))
    return counted, findings


@lru_cache(maxsize=16)
def _inputs(scheme: Scheme) -> dict[str, BoundInput]:
    """The inputs of a settled scheme, by the node of each of their cells."""
    return {bound.id + stage: bound for bound in plan_of(scheme).program.inputs() for stage in STAGES}


def _read(value: str, spec: Input) -> float | str | None:
    if (spec.kind == "choice" and value in spec.choices) or (spec.if_none is not None and value == semantics.NONE):
        return None
    return reading(value, spec)


# formulas that are not the plan's

_FOREIGN_FUNCTIONS = frozenset(
    {"WEBSERVICE", "FILTERXML", "ENCODEURL", "RTD", "CALL", "REGISTER.ID", "HYPERLINK", "DDE"}
)
_OUTSIDE = re.compile(r"\[[^\]]+\]|\|")


def _has_other_formulas(plan: Expected, filled: Filled) -> bool:
    """Whether a formula stands where there may be anything, or where nothing should be."""
    for name, sheet in plan.sheets.items():
        cells = filled.sheets[name].cells
        if any(cells[at].formula is not None for at in (cells.keys() & sheet.free) | (cells.keys() - sheet.used)):
            return True
    return False


def _computable(plan: Expected, filled: Filled, changed: set[Place]) -> Iterator[Finding]:
    """Whether every formula that is not the plan's has a value at all, and refers to nothing outside the workbook."""
    own = {
        (sheet, name): cell.formula
        for sheet, read in filled.sheets.items()
        for name, cell in read.cells.items()
        if cell.formula is not None and (name not in plan.sheets[sheet].formulas or (sheet, name) in changed)
    }
    if not own:
        return
    texts = {(f.sheet, f.name): f.text for f in plan.formulas} | own
    texts = {place: text for place, text in texts.items() if text and (place in own or place not in changed)}
    for place, text in own.items():
        at = "!".join(place)
        unknown, outside = _strange(text)
        if unknown:
            why = either(f"函数 {unknown} 不受支持", f"the function {unknown} is not supported")
            yield finding("not-computable", at=at, why=why)
        elif _circular(place, texts):
            yield finding("not-computable", at=at, why=either("循环引用", "it refers to itself"))
        if outside:
            what = either(f"引用外部数据的公式（{at}）", f"a formula that refers to something outside ({at})")
            yield finding("foreign", at=at, what=what)


def _strange(formula: str) -> tuple[str, bool]:
    """A function no engine knows (or ""), and whether the formula refers to anything outside the workbook."""
    try:
        tokens = Tokenizer(f"={formula}").items
    except Exception:  # whatever a tokenizer of foreign formulas can raise
        return masked(formula), False
    unknown, outside = "", False
    for token in tokens:
        if token.type == "FUNC" and token.subtype == "OPEN":
            function = token.value.rstrip("(").upper().removeprefix("_XLFN.").removeprefix("_XLWS.")
            if function in _FOREIGN_FUNCTIONS:
                outside = outside or function != "HYPERLINK"
            elif function not in FORMULAE or function != token.value.rstrip("(").upper():
                unknown = unknown or (function if function.isascii() else masked(function))
        elif token.type == "OPERAND" and token.subtype == "RANGE" and _OUTSIDE.search(token.value):
            outside = True
    return unknown, outside or "|" in re.sub(r'"[^"]*"', "", formula)


def _circular(start: Place, texts: Mapping[Place, str]) -> bool:
    """Whether a formula reads itself, through whatever others."""
    seen: set[Place] = set()
    waiting = [start]
    while waiting:
        sheet, name = waiting.pop()
        for read in references(texts[sheet, name], sheet, texts.keys()):
            if read == start:
                return True
            if read not in seen:
                seen.add(read)
                waiting.append(read)
    return False


# cells


def _contents(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """What stands where nothing should: only unlocked cells may be filled in."""
    cells = filled.sheets[name].cells
    for at in sorted(cells.keys() - sheet.used, key=address):
        if cells[at].value not in (None, "") or cells[at].formula is not None:
            yield finding("extra-content", at=f"{name}!{at}")


def _merges(name: str, sheet: ExpectedSheet, read: Worksheet) -> Iterator[Finding]:
    merges = set(read.merges)
    for merge in sorted(merges - sheet.merges):
        under = [at for at in read.cells if at != a1(*merge[0]) and within(address(at), merge)]
        why = either(f"，遮住了 {'、'.join(under[:5])}", f"; they cover {', '.join(under[:5])}") if under else ""
        yield finding("merge-changed", at=f"{name}!{a1(*merge[0])}", why=why)
    for merge in sorted(sheet.merges - merges):
        yield finding("merge-changed", at=f"{name}!{a1(*merge[0])}", why="")
    for at in sorted(read.cells.keys() & sheet.covered):
        if read.cells[at].value not in (None, ""):
            what = either("合并单元格下面的内容", "what stands under merged cells")
            yield finding("hidden", at=f"{name}!{at}", what=what)


def _looks(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """Cells that are no longer locked, and numbers behind a format that shows another number."""
    read, table = filled.sheets[name], filled.styles.cells
    for wanted, planned in sheet.looks.items():
        styles = set(map(read.styles.get, planned))
        apart = {style for style in styles if style is not None and not _same_look(table[int(style)], wanted)}
        for at in planned if apart else ():
            style = read.styles.get(at)
            if style not in apart:
                continue
            found = table[int(style)]
            if wanted.locked and not found.locked:
                yield finding("unlocked", at=f"{name}!{at}")
            if at in read.cells and _misleads(found.number_format, wanted.number_format, read.cells[at]):
                formats = {"format": found.number_format, "expected": wanted.number_format}
                yield finding("number-format", at=f"{name}!{at}", **formats)


def _conditions(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """Numbers that a conditional format shows in a number format of its own; none of ours sets one."""
    read = filled.sheets[name]
    for where, index in read.conditions:
        code = filled.styles.conditional.get(index)
        if code is None:
            continue
        for wanted, planned in sheet.looks.items():
            for at in planned:
                value = read.cells[at].value if at in read.cells else None
                covered = isinstance(value, float) and any(within(address(at), part) for part in where)
                if covered and _misleads(code, wanted.number_format, read.cells[at]):
                    formats = {"format": code, "expected": wanted.number_format}
                    yield finding("number-format", at=f"{name}!{at}", **formats)


def _same_look(found: Look, wanted: Look) -> bool:
    return not (wanted.locked and not found.locked) and _same_format(found.number_format, wanted.number_format)


_DATE = re.compile(r"[ymd年月日/\-., ]*[ymd][ymd年月日/\-., ]*")


def _same_format(found: str, wanted: str) -> bool:
    found, wanted = plain_format(found), plain_format(wanted)
    return found == wanted or bool(_DATE.fullmatch(found) and _DATE.fullmatch(wanted))


def _misleads(found: str, wanted: str, cell: ReadCell) -> bool:
    if _same_format(found, wanted):
        return False
    if isinstance(cell.value, float):
        return not shows(found, cell.value)
    # The fourth section of a format is for texts; one without @ shows another text, or none.
    return isinstance(cell.value, str) and cell.value != "" and found.count(";") > 2 and "@" not in found


def _validations(name: str, sheet: ExpectedSheet, read: Worksheet) -> Iterator[Finding]:
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


# the sheet and the workbook


def _hidden(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    read = filled.sheets[name]
    if filled.book.sheets[name].state != "visible" and not filled.plan.sheets[name].very_hidden:
        what = either(f"工作表“{name}”", f"the sheet {name!r}")
        yield finding("hidden", at=f"{name}!A1", what=what)
    rows = sorted(read.hidden_rows & sheet.rows)
    if rows and read.filtered:
        yield finding("filtered", name=name, count=len(rows))
    else:
        for row in rows:
            yield finding("hidden", at=f"{name}!A{row}", what=either(f"第 {row} 行", f"row {row}"))
    hidden = {column for first, last in read.hidden_columns for column in range(first, last + 1)}
    for column in sorted(hidden & sheet.columns - sheet.hidden_columns):
        letter = column_letter(column)
        yield finding("hidden", at=f"{name}!{letter}1", what=either(f"{letter} 列", f"column {letter}"))


def _settings(plan: Expected, filled: Filled) -> Iterator[Finding]:
    for name, read in filled.sheets.items():
        if not read.protected:
            yield finding("unprotected", at=f"{name}!A1", name=name)
        for first, _ in read.editable:
            yield finding("unlocked", at=f"{name}!{a1(*first)}")
    for what in _calculation(filled.book.calculation):
        yield finding("calc-settings", what=what)
    names = {name.name: name.refers_to for name in filled.book.names if not name.local}
    shadowed = {name.name for name in filled.book.names if name.local}
    for wanted, refers_to in plan.names.items():
        found = names.get(wanted, "")
        if wanted in shadowed or (found != refers_to and plain(found) != plain(refers_to)):
            yield finding("name-changed", name=wanted, expected=refers_to)
    for what in foreign(filled.parts):
        yield finding("foreign", what=what)


def _calculation(settings: Mapping[str, str]) -> Iterator[str]:
    if settings.get("calcMode", "auto") != "auto":
        yield either("手动计算", "manual")
    if settings.get("fullPrecision", "1") in ("0", "false"):
        yield either("以显示精度为准", "precision as displayed")
    if settings.get("iterate", "0") in ("1", "true"):
        yield either("迭代计算", "iterative")


def _trimmed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, but of one kind on one sheet no more than an official would read; the rest are counted."""
    counts: Counter[tuple[str, str]] = Counter()
    for found in findings:
        counts[found.code, found.sheet] += 1
        if counts[found.code, found.sheet] <= MOST_OF_A_KIND:
            yield found
    for (code, sheet), count in counts.items():
        if count > MOST_OF_A_KIND:
            yield finding("more", at=f"{sheet}!", kind=code, count=count - MOST_OF_A_KIND)


MOST_OF_A_KIND = 50
