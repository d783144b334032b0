"""A filled workbook taken apart to be tampered with, and how a kind of tampering and its right answer are written down.

The XML is edited as text: what is built here is regular (tests/blank holds that), and what must not be touched
stays byte for byte. Nothing here reads a workbook through xl_kpi.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from cases import Case, cases_of
from zips import parts_of, zipped

from xl_kpi import api

Verdict = Literal["accept", "flag", "reject"]
COVER, FORM, ENTRY, SUMMARY, CHECKS, RULES, META = (
    *("封面", "考核表", "数据填报", "汇总", "核对", "评分规则"),
    "_xl_kpi",
)
CONTENT_TYPES, WORKBOOK, STYLES = "[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml"
TEXTS = "xl/sharedStrings.xml"
BOOK_RELS = "xl/_rels/workbook.xml.rels"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOC_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# --- what is right


@dataclass(frozen=True)
class Expected:
    """The verdicts that are right for a file, each with the codes of which one must be given; none: any will do."""

    allowed: Mapping[Verdict, frozenset[str]]

    def __or__(self, other: Expected) -> Expected:
        """Either is right."""
        return Expected({**self.allowed, **other.allowed})

    def __str__(self) -> str:
        return " | ".join(f"{verdict}({', '.join(sorted(codes))})" for verdict, codes in self.allowed.items())


def accept(*codes: str) -> Expected:
    """Accepted; an information of one of these codes is given, where there are any."""
    return Expected({"accept": frozenset(codes)})


def flag(*codes: str) -> Expected:
    """Flagged, one of the codes among the findings."""
    return Expected({"flag": frozenset(codes)})


def reject(*codes: str) -> Expected:
    """Rejected with one of the codes."""
    return Expected({"reject": frozenset(codes)})


@dataclass(frozen=True)
class Outcome:
    """What a file comes to: points, grade, vetoes triggered as (task, effect), scores by task (None: not scored)."""

    total: float
    grade: str
    vetoes: frozenset[tuple[str, str]]
    tasks: Mapping[str, float | None]


@dataclass(frozen=True)
class Change:
    """How the outcome differs from the untouched workbook's, worked by hand; None or nothing: as it was."""

    total: float | None = None
    grade: str | None = None
    vetoes: tuple[tuple[str, str], ...] | None = None
    tasks: Mapping[str, float | None] = field(default_factory=dict)

    def of(self, was: Outcome) -> Outcome:
        """The outcome after the change."""
        return Outcome(
            was.total if self.total is None else self.total,
            self.grade or was.grade,
            was.vetoes if self.vetoes is None else frozenset(self.vetoes),
            {**was.tasks, **self.tasks},
        )


SAME = Change()


def unscored(total: float, *tasks: str) -> Change:
    """Some tasks have no score and the assessment is unfinished; the total is given, worked by hand."""
    return Change(total=total, grade="未完成", tasks=dict.fromkeys(tasks))


# --- the workbooks to start from: whole assessments worked by hand in tests/cases

BASES: dict[str, tuple[str, str]] = {
    "blood": ("zaozhuang-blood-2022", "典型"),
    "blood-full": ("zaozhuang-blood-2022", "满分"),
    "hospital": ("zaozhuang-hospital-2022", "典型"),
    "cdc": ("zaozhuang-cdc-2022", "典型"),
    "emergency": ("cdc-emergency", "典型（市）"),
}


def case_of(base: str) -> Case:
    """The hand-worked case a base is filled with."""
    scheme, name = BASES[base]
    return next(case for case in cases_of(scheme) if case.name == name)


def outcome_of(base: str) -> Outcome:
    """What the untouched base comes to, as worked by hand; no base triggers a veto."""
    case = case_of(base)
    assert case.expected["vetoes"] == "未触发"
    tasks = {task: score if isinstance(score, int | float) else None for task, score in case.tasks.items()}
    return Outcome(case.expected["total"], case.expected["grade"], frozenset(), tasks)


@cache
def filled(base: str, calculated: bool = True) -> bytes:
    """A base as a unit hands it in: built, filled, and with the values its formulas show (or those of the blank)."""
    case = case_of(base)
    return answered(api.build(case.settled), dict(case.answers), calculated)


def answered(package: bytes, answers: Mapping[str, object], calculated: bool = True) -> bytes:
    """A workbook with answers typed in, and recalculated."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.xlsx"
        path.write_bytes(package)
        path.write_bytes(api.fill(path, answers))
        return api.recalculated(path) if calculated else path.read_bytes()


# --- the workbook in pieces

_REFERENCE = re.compile(
    r'"(?:[^"]|"")*"|(?P<sheet>\'[^\']+\'!)?(?P<first>\$?[A-Z]{1,3}\$?\d+)(?P<last>:\$?[A-Z]{1,3}\$?\d+)?(?![\w(])'
)
Moved = Callable[[int, int], tuple[int, int] | None]  # (row, column) to where it went, or None where it is gone


def column_number(letters: str) -> int:
    """A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """1 is A."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def split(cell: str) -> tuple[int, int]:
    """E5 as (5, 5), row first."""
    found = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", cell)
    assert found, cell
    return int(found[2]), column_number(found[1])


def inline(value: str) -> str:
    """The body of a cell of type inlineStr."""
    return f'<is><t xml:space="preserve">{escape(value)}</t></is>'


def with_attributes(tag: str, changes: Mapping[str, str | None]) -> str:
    """An element's first tag with some attributes of other values, None for without them, whatever their order."""
    for name, value in changes.items():
        tag = re.sub(rf'\s{name}="[^"]*"', "", tag)
        if value is not None:
            tag = re.sub(r"^<[^\s/>]+", lambda begin, name=name, value=value: f'{begin[0]} {name}="{value}"', tag)
    return tag


def validation(cells: str) -> str:
    """A pattern for the validation of some cells."""
    return rf'<dataValidation [^>]*sqref="{cells}".*?</dataValidation>'


class Book:
    """A filled workbook as parts; each method changes it in one way, `bytes()` packs it up again."""

    def __init__(self, base: str, package: bytes | None = None) -> None:
        self.base = base
        self.parts = parts_of(package or filled(base))

    def __bytes__(self) -> bytes:
        return zipped(self.parts)

    # parts

    def text(self, part: str) -> str:
        """A part as text."""
        return self.parts[part].decode()

    def put(self, part: str, text: str) -> Book:
        """Write a part."""
        self.parts[part] = text.encode()
        return self

    def sub(self, part: str, pattern: str, by: str | Callable[[re.Match[str]], str], count: int = 1) -> Book:
        """Replace what matches in a part; count 0 for every place. There must be one."""
        text, found = re.subn(pattern, by, self.text(part), count=count, flags=re.DOTALL)
        assert found, f"{pattern} is not in {part}"
        return self.put(part, text)

    def add_part(self, part: str, text: str | bytes, content_type: str) -> Book:
        """A new part, with its content type."""
        self.parts[part] = text.encode() if isinstance(text, str) else text
        return self.sub(
            CONTENT_TYPES, "</Types>", f'<Override PartName="/{part}" ContentType="{content_type}"/></Types>'
        )

    def relate(self, rels: str, id: str, kind: str, target: str, external: bool = False) -> Book:
        """A relationship; `kind` is the type's last word, or a whole type."""
        kind = kind if "/" in kind else f"{DOC_RELS}/{kind}"
        mode = ' TargetMode="External"' if external else ""
        element = f'<Relationship Id="{id}" Type="{kind}" Target="{target}"{mode}/>'
        if rels not in self.parts:
            space = "http://schemas.openxmlformats.org/package/2006/relationships"
            self.put(rels, f'{HEAD}<Relationships xmlns="{space}"></Relationships>')
        return self.sub(rels, "</Relationships>", lambda _: element + "</Relationships>")

    def sheet(self, name: str) -> str:
        """The part of a sheet."""
        found = re.search(rf'<sheet name="{name}"[^>]*r:id="(\w+)"', self.text(WORKBOOK))
        assert found, name
        relation = re.search(rf'<Relationship [^>]*Id="{found[1]}"[^>]*>', self.text(BOOK_RELS))
        assert relation
        target = re.findall('Target="([^"]+)"', relation[0])[0]
        return target[1:] if target.startswith("/") else f"xl/{target}"

    def relation(self, part: str) -> str:
        """The relationship of the workbook that leads to a part, as the XML has it."""
        target = part.removeprefix("xl/")
        return re.findall(rf'<Relationship [^>]*Target="(?:/xl/)?{target}"[^>]*>', self.text(BOOK_RELS))[0]

    def attributes(self, part: str, pattern: str, **changes: str | None) -> Book:
        """Set attributes of every tag that matches; None takes one away."""
        return self.sub(part, pattern, lambda tag: with_attributes(tag[0], changes), 0)

    def column(self, sheet: str, number: int, **changes: str | None) -> Book:
        """Set attributes of a column's element."""
        pattern = rf'<col (?=[^>]*min="{number}")(?=[^>]*max="{number}")[^>]*>'
        return self.attributes(self.sheet(sheet), pattern, **changes)

    def sheets(self) -> list[str]:
        """The parts of all sheets."""
        return [self.sheet(name) for name in (COVER, FORM, ENTRY, SUMMARY, CHECKS, RULES, META)]

    def on(self, sheet: str, pattern: str, by: str | Callable[[re.Match[str]], str], count: int = 1) -> Book:
        """`sub` on a sheet's part."""
        return self.sub(self.sheet(sheet), pattern, by, count)

    # cells, named as `数据填报!E5`

    def at(self, input_id: str, stage: str = "self") -> str:
        """The cell of an input."""
        column = {"self": "E", "review": "F", "final": "G"}[stage]
        name = f"in_{input_id.replace('.', '__')}"
        found = re.search(rf'<definedName name="{name}">\'数据填报\'!\$E\$(\d+)<', self.text(WORKBOOK))
        assert found, input_id
        return f"{ENTRY}!{column}{found[1]}"

    def cell(self, at: str) -> str:
        """A cell's element."""
        sheet, _, name = at.partition("!")
        found = re.search(_CELL.format(name), self.text(self.sheet(sheet)), re.DOTALL)
        assert found, f"{at} is not there"
        return found[0]

    def formula(self, at: str) -> str:
        """A cell's formula, as the XML has it."""
        found = re.search(r"<f[^>]*>(.*?)</f>", self.cell(at), re.DOTALL)
        assert found, at
        return found[1]

    def element(self, at: str, xml: str) -> Book:
        """Put something in the place of a cell's element; nothing deletes it."""
        sheet, _, name = at.partition("!")
        return self.on(sheet, _CELL.format(name), lambda _: xml)

    def write(self, at: str, body: str, kind: str = "") -> Book:
        """Give a cell another body and type, its style stays; a cell that is not there is made."""
        sheet, _, name = at.partition("!")
        if not re.search(_CELL.format(name), self.text(self.sheet(sheet)), re.DOTALL):
            self._make(sheet, name)
        style = re.search(r' s="\d+"', self.cell(at))
        kind = f' t="{kind}"' if kind else ""
        return self.element(at, f'<c r="{name}"{style[0] if style else ""}{kind}>{body}</c>')

    def number(self, at: str, value: float | str) -> Book:
        """A number in place of whatever a cell holds."""
        return self.write(at, f"<v>{value}</v>")

    def words(self, at: str, value: str) -> Book:
        """A text in place of whatever a cell holds."""
        return self.write(at, inline(value), "inlineStr")

    def shows(self, at: str, value: str, kind: str = "") -> Book:
        """Another cached value under the same formula."""
        return self.write(at, f"<f>{self.formula(at)}</f><v>{value}</v>", kind)

    def computes(self, at: str, formula: str, value: str, kind: str = "") -> Book:
        """Another formula."""
        return self.write(at, f"<f>{escape(formula)}</f><v>{value}</v>", kind)

    def _make(self, sheet: str, name: str) -> None:
        row, column = split(name)
        text = self.text(self.sheet(sheet))
        found = re.search(rf'(<row r="{row}"[^>]*>)(.*?)</row>', text, re.DOTALL)
        if found is None:
            self.on(sheet, "</sheetData>", f'<row r="{row}"></row></sheetData>')  # rows are made below all others
            return self._make(sheet, name)
        cells = re.findall(_CELL.format("[A-Z]+[0-9]+"), found[2], re.DOTALL)
        before = [cell for cell in cells if split(re.findall('r="(.*?)"', cell)[0])[1] < column]
        made = f'{found[1]}{"".join(before)}<c r="{name}"/>{"".join(cells[len(before) :])}</row>'
        self.put(self.sheet(sheet), text.replace(found[0], made))

    # styles

    def restyle(self, at: str, number_format: str | None = None, locked: bool | None = None) -> Book:
        """Give a cell a style of its own: as it was but for the number format or the lock."""
        styles = self.text(STYLES)
        xfs = re.search(r'<cellXfs count="(\d+)">(.*?)</cellXfs>', styles, re.DOTALL)
        style = re.search(r' s="(\d+)"', self.cell(at))
        assert xfs
        assert style
        xf = re.findall(r"<xf [^>]*?/>|<xf .*?</xf>", xfs[2], re.DOTALL)[int(style[1])]
        if number_format is not None:
            xf = xf.replace(' applyNumberFormat="1"', "")
            xf = re.sub(r'numFmtId="\d+"', 'numFmtId="900" applyNumberFormat="1"', xf, count=1)
            code = escape(number_format, {'"': "&quot;"})
            styles = styles.replace("</numFmts>", f'<numFmt numFmtId="900" formatCode="{code}" /></numFmts>')
        if locked is not None:
            xf = re.sub(r"<protection[^>]*/>", "", xf).replace(' applyProtection="1"', "")
            xf = re.sub(r"<xf ([^>]*?) ?/>", r"<xf \1></xf>", xf)
            protection = f'<protection locked="{int(locked)}" hidden="0" /></xf>'
            xf = xf.replace("<xf ", '<xf applyProtection="1" ').replace("</xf>", protection)
        count = int(xfs[1])
        made = f'<cellXfs count="{count + 1}">{xfs[2]}{xf}</cellXfs>'
        self.put(STYLES, styles.replace(xfs[0], made))
        cell = self.cell(at)
        return self.element(at, cell.replace(style[0], f' s="{count}"', 1))

    # rows and columns, as a program inserts and deletes them: whatever refers to them follows

    def insert_row(self, sheet: str, row: int) -> Book:
        """An empty row above a row."""
        return self._relocate(sheet, lambda r, c: (r + (r >= row), c))

    def delete_row(self, sheet: str, row: int) -> Book:
        """Take a row out, with the merges, links and validations that lie in it."""
        self.on(sheet, rf'<row r="{row}"[^>]*?(?:/>|>.*?</row>)', "")
        area = rf'"[A-Z]+{row}(?::[A-Z]+{row})?"'
        gone = rf"<(?:mergeCell|hyperlink) ref={area}[^>]*/>|<dataValidation [^>]*sqref={area}.*?</dataValidation>"
        self.put(self.sheet(sheet), re.sub(gone, "", self.text(self.sheet(sheet)), flags=re.DOTALL))
        return self._relocate(sheet, lambda r, c: None if r == row else (r - (r > row), c))

    def insert_column(self, sheet: str, letters: str) -> Book:
        """An empty column to the left of a column."""
        column = column_number(letters)
        return self._relocate(sheet, lambda r, c: (r, c + (c >= column)))

    def _relocate(self, sheet: str, moved: Moved) -> Book:
        part = self.sheet(sheet)
        for other in self.sheets():
            self.put(
                other,
                re.sub(
                    r"(<f>|<formula>)(.*?)(</f>|</formula>)",
                    lambda f, own=other == part: f[1] + _moved(f[2], sheet, own, moved) + f[3],
                    self.text(other),
                    flags=re.DOTALL,
                ),
            )
        self.sub(
            WORKBOOK,
            r"(<definedName [^>]*>)(.*?)</",
            lambda n: f"{n[1]}{_moved(n[2], sheet, False, moved)}</",
            count=0,
        )
        text = self.text(part)
        text = re.sub(r'<row r="(\d+)"', lambda r: f'<row r="{(moved(int(r[1]), 1) or (0,))[0]}"', text)
        text = re.sub(r'<c r="([A-Z]+\d+)"', lambda c: f'<c r="{_moved(c[1], sheet, True, moved)}"', text)
        text = re.sub(r'\b(ref|sqref)="([^"]*)"', lambda a: f'{a[1]}="{_moved(a[2], sheet, True, moved)}"', text)
        return self.put(part, text)


_CELL = r'<c r="{}"(?=[ />])[^>]*?(?:/>|>.*?</c>)'


def _moved(formula: str, sheet: str, own: bool, moved: Moved) -> str:
    """A formula or list of references after cells of a sheet have moved; `own`: it stands on that sheet."""

    def one(found: re.Match[str]) -> str:
        name = found["sheet"]
        if found["first"] is None or not (name == f"'{sheet}'!" if name else own):
            return found[0]
        first = _one_moved(found["first"], moved)
        if found["last"] is None:
            return (name or "") + first
        last = _one_moved(found["last"][1:], moved)
        if first == "#REF!":  # the range shrinks
            first = found["first"]
        if last == "#REF!":
            row, column = split(found["last"][1:])
            last = f"{column_letters(column)}{row - 1}"
        return f"{name or ''}{first}:{last}"

    return _REFERENCE.sub(one, formula)


def _one_moved(cell: str, moved: Moved) -> str:
    place = moved(*split(cell))
    if place is None:
        return "#REF!"
    row, column = place
    dollars = re.fullmatch(r"(\$?)[A-Z]+(\$?)\d+", cell)
    assert dollars
    return f"{dollars[1]}{column_letters(column)}{dollars[2]}{row}"


# --- kinds of tampering

Make = Callable[[Book], object]


@dataclass(frozen=True)
class Kind:
    """One kind of tampering: what it does to a workbook and what is the right answer to it."""

    name: str
    does: str
    expected: Expected
    make: Make  # changes the book and returns anything, or returns the file's bytes
    at: str = ""  # the cell that a finding of an expected code must name
    outcomes: tuple[Change, ...] = (SAME,)  # where there is more than one, each is right
    base: str = "blood"
    file: str = "上报.xlsx"
    heavy: bool = False  # time and memory are what it is about

    def content(self) -> bytes:
        """The file's bytes."""
        book = Book(self.base)
        made = self.make(book)
        return made if isinstance(made, bytes) else bytes(book)
