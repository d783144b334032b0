"""How cells look: one table from the plan's style names to fonts, fills and borders.

Fonts are those of official documents (仿宋 body, 黑体 headings, 方正小标宋 titles). Each carries its family and the
Chinese character set, by which Excel, WPS and LibreOffice choose a substitute on a machine without it.
"""

from __future__ import annotations

from xl_kpi.xlsx.sheet import Difference, Look, Typeface

BODY, HEAD, TITLE = Typeface("仿宋", 3), Typeface("黑体", 2), Typeface("方正小标宋简体", 3)

BLUE, GREY, GREEN, RED = "DDEBF7", "F2F2F2", "E2EFDA", "F8CBAD"

LOOKS: dict[str, Look] = {
    "text": Look(BODY, border=""),
    "title": Look(TITLE, 20, across="center", border=""),
    "title2": Look(HEAD, 14, across="center", border=""),
    "cover_title": Look(TITLE, 24, across="center", border=""),
    "hint": Look(BODY, 10, color="595959", border=""),
    "header": Look(HEAD, 11, fill="D9E1F2", across="center"),
    "band": Look(HEAD, 12, fill="D9E1F2", across="center"),
    "block": Look(HEAD, 11, fill="E7E6E6"),
    "label": Look(BODY),
    "label_bold": Look(HEAD),
    "link": Look(BODY, 10, color="1F4E79", underline=True, across="center"),
    "center": Look(BODY, across="center"),
    "small": Look(BODY, 10, across="center", color="595959"),
    "note": Look(BODY, 10, color="404040"),
    "question": Look(BODY, 10, color="9C0006"),
    "number": Look(BODY, across="center"),
    "status": Look(BODY, across="center", fill=GREY),
    "outcome": Look(HEAD, 12, across="center"),
    "computed": Look(BODY, across="center", fill=GREY),
    "aside": Look(BODY, fill=GREY),  # in hidden columns: centred, a number would show in the margin beside them
    "step": Look(BODY, 10, italic=True, color="595959", fill="FAFAFA"),
    "step_center": Look(BODY, 10, italic=True, color="595959", fill="FAFAFA", across="center"),
    "step_value": Look(BODY, 10, italic=True, color="404040", fill="FAFAFA", across="center"),
    "score": Look(HEAD, 11, fill=GREEN, across="center"),
    "score_label": Look(HEAD, 11, fill=GREEN),
    "score_note": Look(BODY, 10, color="595959", fill=GREEN),
    "total": Look(HEAD, 12, fill="D9E1F2", across="center"),
    "form_text": Look(BODY, 10.5),
    "form_center": Look(BODY, 10.5, across="center"),
    "form_score": Look(HEAD, 11, across="center", fill=GREY),
    "head_label": Look(HEAD, 12, border=""),
    "head_value": Look(HEAD, 12, border=""),
    "head_input": Look(HEAD, 12, border="", locked=False),
    "foot": Look(BODY, 10.5, border=""),
    "signature": Look(BODY, 12, border="", locked=False),
    "card": Look(BODY, 12, across="center"),
    "card_label": Look(HEAD, 12, fill=GREY, across="center"),
    "card_value": Look(HEAD, 14, across="center"),
    "guide": Look(BODY, 11),
    "sign": Look(BODY, 12, locked=False),
    "input": Look(BODY, fill=BLUE, across="center", locked=False),
    "input_text": Look(BODY, 10, fill=BLUE, locked=False),
    "review": Look(BODY, fill="EDF4FB", across="center", locked=False),
    "review_text": Look(BODY, 10, fill="EDF4FB", locked=False),
    "free_text": Look(BODY, 10, fill="F7FBFF", locked=False),
    "free_line": Look(BODY, 10, fill="F7FBFF", wrap=False, locked=False),
    "free_link": Look(BODY, 10, fill="F7FBFF", color="1F4E79", underline=True, wrap=False, locked=False),
}

UNLOCKED = frozenset(name for name, look in LOOKS.items() if not look.locked)
"""The styles of cells that an official fills in; every other cell is locked."""

CONDITION_LOOKS: dict[str, Difference] = {
    "wanting": Difference(fill="FFE699"),
    "wrong": Difference(fill=RED, color="9C0006", bold=True),
    "good": Difference(color="375623"),
    "marked": Difference(fill="FCE4D6"),
}
