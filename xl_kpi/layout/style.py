"""How cells look: one table from the plan's style names to fonts, fills and borders, and the part that holds them.

Fonts are those of official documents (仿宋 body, 黑体 headings, 方正小标宋 titles). Each carries its family and the
Chinese character set, by which Excel, WPS and LibreOffice choose a substitute on a machine without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import quoteattr

from xl_kpi.layout.sheet import UNLOCKED
from xl_kpi.xlsx.markup import DECLARATION, MAIN

BODY, HEAD, TITLE = "仿宋", "黑体", "方正小标宋简体"
_GBK = 134  # the character set number of simplified Chinese

BLUE, GREY, GREEN, RED = "DDEBF7", "F2F2F2", "E2EFDA", "F8CBAD"
LINE = "808080"


@dataclass(frozen=True)
class Look:
    """A style: font, size, fill colour, alignment, border."""

    font: str = BODY
    size: float = 11
    bold: bool = False
    italic: bool = False
    color: str = "000000"
    fill: str = ""
    across: str = "left"
    down: str = "center"
    border: Literal["thin", ""] = "thin"
    underline: bool = False
    wrap: bool = True


LOOKS: dict[str, Look] = {
    "text": Look(border=""),
    "title": Look(TITLE, 20, across="center", border=""),
    "title2": Look(HEAD, 14, across="center", border=""),
    "cover_title": Look(TITLE, 24, across="center", border=""),
    "hint": Look(size=10, color="595959", border=""),
    "header": Look(HEAD, 11, fill="D9E1F2", across="center"),
    "band": Look(HEAD, 12, fill="D9E1F2", across="center"),
    "block": Look(HEAD, 11, fill="E7E6E6"),
    "label": Look(),
    "label_bold": Look(HEAD),
    "link": Look(size=10, color="1F4E79", underline=True, across="center"),
    "center": Look(across="center"),
    "small": Look(size=10, across="center", color="595959"),
    "note": Look(size=10, color="404040"),
    "question": Look(size=10, color="9C0006"),
    "number": Look(across="center"),
    "status": Look(across="center", fill=GREY),
    "outcome": Look(HEAD, 12, across="center"),
    "computed": Look(across="center", fill=GREY),
    "aside": Look(fill=GREY),  # in hidden columns: centred, a number would show in the margin beside them
    "step": Look(size=10, italic=True, color="595959", fill="FAFAFA"),
    "step_center": Look(size=10, italic=True, color="595959", fill="FAFAFA", across="center"),
    "step_value": Look(size=10, italic=True, color="404040", fill="FAFAFA", across="center"),
    "score": Look(HEAD, 11, fill=GREEN, across="center"),
    "score_label": Look(HEAD, 11, fill=GREEN),
    "score_note": Look(size=10, color="595959", fill=GREEN),
    "total": Look(HEAD, 12, fill="D9E1F2", across="center"),
    "form_text": Look(size=10.5),
    "form_center": Look(size=10.5, across="center"),
    "form_score": Look(HEAD, 11, across="center", fill=GREY),
    "head_label": Look(HEAD, 12, border=""),
    "head_value": Look(HEAD, 12, border=""),
    "head_input": Look(HEAD, 12, border=""),
    "foot": Look(size=10.5, border=""),
    "signature": Look(size=12, border=""),
    "card": Look(size=12, across="center"),
    "card_label": Look(HEAD, 12, fill=GREY, across="center"),
    "card_value": Look(HEAD, 14, across="center"),
    "guide": Look(size=11),
    "sign": Look(size=12),
    "input": Look(fill=BLUE, across="center"),
    "input_text": Look(size=10, fill=BLUE),
    "review": Look(fill="EDF4FB", across="center"),
    "review_text": Look(size=10, fill="EDF4FB"),
    "free_text": Look(size=10, fill="F7FBFF"),
    "free_line": Look(size=10, fill="F7FBFF", wrap=False),
    "free_link": Look(size=10, fill="F7FBFF", color="1F4E79", underline=True, wrap=False),
}


@dataclass(frozen=True)
class Difference:
    """What a conditional format adds: a fill, a font colour, bold."""

    fill: str = ""
    color: str = ""
    bold: bool = False


# A conditional format names its look by its place in this table.
CONDITION_LOOKS: dict[str, Difference] = {
    "wanting": Difference(fill="FFE699"),
    "wrong": Difference(fill=RED, color="9C0006", bold=True),
    "good": Difference(color="375623"),
    "marked": Difference(fill="FCE4D6"),
}

# Number formats that every program knows by number, ECMA-376 part 1, 18.8.30.
_BUILT_IN = {"General": 0, "0": 1, "0.00%": 10, "@": 49}
_FIRST_OWN = 164

# The font of rows and columns without a style: column widths count its digits.
_NORMAL = '<font><sz val="11"/><color theme="1"/><name val="Calibri"/><family val="2"/><scheme val="minor"/></font>'
_NO_FILLS = '<fill><patternFill patternType="none"/></fill>', '<fill><patternFill patternType="gray125"/></fill>'
_NO_BORDER = "<border><left/><right/><top/><bottom/><diagonal/></border>"


class StyleTable:
    """The styles that the cells of one workbook use, numbered in the order in which they are asked for."""

    def __init__(self) -> None:
        self._formats: dict[str, int] = {}
        self._fonts = {_NORMAL: 0}
        self._fills = {fill: number for number, fill in enumerate(_NO_FILLS)}  # Excel keeps these two places
        self._borders = {_NO_BORDER: 0}
        self._cells = {'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>': 0}
        self._known: dict[tuple[str, str], int] = {}

    def index(self, name: str, number_format: str) -> int:
        """The number by which a cell names its style: one of LOOKS with a number format."""
        key = name, number_format
        if key not in self._known:
            self._known[key] = _numbered(self._cells, self._cell(name, number_format))
        return self._known[key]

    def _cell(self, name: str, number_format: str) -> str:
        look = LOOKS[name]
        format_id = _BUILT_IN.get(number_format)
        if format_id is None:
            format_id = self._formats.setdefault(number_format, _FIRST_OWN + len(self._formats))
        font = _numbered(self._fonts, _font(look))
        fill = _numbered(self._fills, _fill(look.fill)) if look.fill else 0
        border = _numbered(self._borders, _border()) if look.border else 0
        wrap = ' wrapText="1"' if look.wrap else ""
        free = name in UNLOCKED
        return (
            f'<xf numFmtId="{format_id}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
            ' applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"'
            + (' applyProtection="1">' if free else ">")
            + f'<alignment horizontal="{look.across}" vertical="{look.down}"{wrap}/>'
            + ('<protection locked="0"/></xf>' if free else "</xf>")
        )

    def part(self) -> bytes:
        """The styles part with what has been asked for, its elements in the order of the schema (CT_Stylesheet, CT_Font)."""
        formats = [f'<numFmt numFmtId="{n}" formatCode={quoteattr(code)}/>' for code, n in self._formats.items()]
        lists = (
            ("numFmts", formats),
            ("fonts", self._fonts),
            ("fills", self._fills),
            ("borders", self._borders),
            ("cellStyleXfs", ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>']),
            ("cellXfs", self._cells),
            ("cellStyles", ['<cellStyle name="Normal" xfId="0" builtinId="0"/>']),
            ("dxfs", [_difference(look) for look in CONDITION_LOOKS.values()]),
        )
        body = "".join(f'<{name} count="{len(held)}">{"".join(held)}</{name}>' for name, held in lists if held)
        return f'{DECLARATION}<styleSheet xmlns="{MAIN}">{body}</styleSheet>'.encode()


def _numbered(table: dict[str, int], element: str) -> int:
    return table.setdefault(element, len(table))


def _font(look: Look) -> str:
    return (
        "<font>"
        + ("<b/>" if look.bold else "")
        + ("<i/>" if look.italic else "")
        + ("<u/>" if look.underline else "")
        + f'<sz val="{look.size:g}"/><color rgb="FF{look.color}"/><name val="{look.font}"/>'
        + f'<family val="{2 if look.font == HEAD else 3}"/><charset val="{_GBK}"/></font>'
    )


def _fill(color: str) -> str:
    return f'<fill><patternFill patternType="solid"><fgColor rgb="FF{color}"/><bgColor indexed="64"/></patternFill></fill>'


def _border() -> str:
    sides = ("left", "right", "top", "bottom")
    drawn = "".join(f'<{side} style="thin"><color rgb="FF{LINE}"/></{side}>' for side in sides)
    return f"<border>{drawn}<diagonal/></border>"


def _difference(look: Difference) -> str:
    font = ("<b/>" if look.bold else "") + (f'<color rgb="FF{look.color}"/>' if look.color else "")
    fill = f'<fill><patternFill patternType="solid"><bgColor rgb="FF{look.fill}"/></patternFill></fill>'
    return "<dxf>" + (f"<font>{font}</font>" if font else "") + (fill if look.fill else "") + "</dxf>"
