"""Formulas that somebody else wrote. openpyxl takes them apart; it is loaded only then, as most files need none of it."""

from __future__ import annotations

import re

OUTSIDE_FUNCTIONS = frozenset(
    {"WEBSERVICE", "FILTERXML", "ENCODEURL", "RTD", "CALL", "REGISTER.ID", "HYPERLINK", "DDE"}
)
_OUTSIDE = re.compile(r"\[[^\]]+\]|\|")


def taken_apart(formula: str) -> tuple[list[str], bool] | None:
    """The functions of a formula (without its =) that Excel 2007 has not, and whether it refers to anything outside.

    None for a text that is no formula.
    """
    from openpyxl.formula import Tokenizer
    from openpyxl.utils import FORMULAE

    try:
        tokens = Tokenizer(f"={formula}").items
    except Exception:  # whatever a tokenizer of foreign formulas can raise
        return None
    unknown, outside = [], False
    for token in tokens:
        if token.type == "FUNC" and token.subtype == "OPEN":
            function = token.value.rstrip("(").upper().removeprefix("_XLFN.").removeprefix("_XLWS.")
            if function in OUTSIDE_FUNCTIONS:
                outside = outside or function != "HYPERLINK"
            elif function not in FORMULAE or function != token.value.rstrip("(").upper():
                unknown.append(function)
        elif token.type == "OPERAND" and token.subtype == "RANGE" and _OUTSIDE.search(token.value):
            outside = True
    return unknown, outside or "|" in re.sub(r'"[^"]*"', "", formula)
