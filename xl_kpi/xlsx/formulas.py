"""The text of formulas, without its =: what it refers to, what in it programs write differently, what is strange in it.

openpyxl takes formulas that somebody else wrote apart; it is loaded only then, as most files have none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from xl_kpi.xlsx.addresses import Place, address, area, names_in, within

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


_REFERENCE = re.compile(r"(?:'([^']+)'|([^\W\d]\w*))?(!)?\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?")
_LITERAL = re.compile(r'("(?:[^"]|"")*")')


_WIDE = 10_000  # cells: a range over this is not written out


def references(text: str, sheet: str, among: Collection[Place]) -> set[Place]:
    """Which of some cells a formula that stands on a sheet refers to, however large its ranges are."""
    found: set[Place] = set()
    for part in _LITERAL.split(text)[::2]:
        for quoted, bare, mark, left, top, right, bottom in _REFERENCE.findall(part):
            on = (quoted or bare) if mark else sheet
            try:
                where = area(f"{left}{top}:{right}{bottom}" if right else left + top)
            except ValueError:  # a name such as ABC1234567
                continue
            (first, west), (last, east) = where
            if (last - first + 1) * (east - west + 1) <= _WIDE:
                found |= {(on, name) for name in names_in(where) if (on, name) in among}
            else:
                inside = (place for place in among if place[0] == on)
                found |= {p for p in inside if within(address(p[1]), where)}
    return found


def circular(start: Place, texts: Mapping[Place, str]) -> bool:
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


@lru_cache(maxsize=8192)
def plain(formula: str) -> str:
    """A formula without what programs write differently: spaces, the quotes around sheet names, the ends of lines in
    texts, and how many digits they write of a number."""
    parts = _LITERAL.split(formula)
    return "".join(
        one_kind_of_line(part) if number % 2 else _NUMBER.sub(_shortest, re.sub(r"[\s']", "", part))
        for number, part in enumerate(parts)
    )


_NUMBER = re.compile(r"(?<![\w.$!])[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?(?![\w.!:(])")


def _shortest(number: re.Match[str]) -> str:
    return repr(float(number[0]))


def one_kind_of_line(text: str) -> str:
    """A text whose lines all end in the same way."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
