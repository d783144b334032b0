"""How cells look: one table from the plan's style names to openpyxl styles.

Fonts are those of official documents (仿宋 body, 黑体 headings, 方正小标宋 titles). Each carries its family and the
Chinese character set, by which Excel, WPS and LibreOffice choose a substitute on a machine without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle

from xl_kpi.workbook.draft import UNLOCKED

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

# What conditional formats add.
CONDITION_LOOKS: dict[str, DifferentialStyle] = {
    "wanting": DifferentialStyle(fill=PatternFill(bgColor="FFE699", fill_type="solid")),
    "wrong": DifferentialStyle(
        font=Font(color="9C0006", bold=True), fill=PatternFill(bgColor=RED, fill_type="solid")
    ),
    "good": DifferentialStyle(font=Font(color="375623")),
    "marked": DifferentialStyle(fill=PatternFill(bgColor="FCE4D6", fill_type="solid")),
}


@cache
def font(name: str) -> Font:
    """The openpyxl font of a style."""
    look = LOOKS[name]
    return Font(
        name=look.font,
        size=look.size,
        bold=look.bold or None,
        italic=look.italic or None,
        color=look.color,
        charset=_GBK,
        family=3 if look.font != HEAD else 2,
        underline="single" if look.underline else None,
    )


@cache
def fill(name: str) -> PatternFill:
    """The openpyxl fill of a style."""
    look = LOOKS[name]
    return PatternFill("solid", fgColor=look.fill) if look.fill else PatternFill()


@cache
def alignment(name: str) -> Alignment:
    """The openpyxl alignment of a style."""
    look = LOOKS[name]
    return Alignment(horizontal=look.across, vertical=look.down, wrap_text=look.wrap)


@cache
def border(name: str) -> Border:
    """The openpyxl border of a style."""
    look = LOOKS[name]
    if not look.border:
        return Border()
    side = Side(style=look.border, color=LINE)
    return Border(left=side, right=side, top=side, bottom=side)


@cache
def protection(name: str) -> Protection:
    """Whether cells of a style are locked."""
    return Protection(locked=name not in UNLOCKED)
