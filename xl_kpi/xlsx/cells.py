"""What a cell holds, and how it is written in a sheet's XML."""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass
from typing import NamedTuple

from xl_kpi.xlsx.escapes import escape


@dataclass(frozen=True)
class CellError:
    """An error value as the file has it, e.g. #DIV/0!."""

    code: str

    def __str__(self) -> str:
        return self.code


Value = float | str | None
ReadValue = float | str | bool | CellError | None


class ReadCell(NamedTuple):
    """A cell as it stands in the file: its value, and its formula without the leading = (None where there is none)."""

    value: ReadValue = None
    formula: str | None = None


def read_value(kind: str, number: str, words: str, has_formula: bool) -> ReadValue:
    """A cell's value from its type `t`, the text of its `v` and the text in its `is`; "" where it has none.

    Raises ValueError for what is no value of the type, or what one program would read and another pass over. A shared
    string is none by itself: see `string_index`.
    """
    if kind == "inlineStr" if number else words and kind != "inlineStr":
        raise ValueError(kind)
    if words:
        return unescape(words)
    if not number:
        return "" if kind == "str" and has_formula else None
    if kind == "n":
        return _number(number) if number.strip() else None
    if kind == "str":
        return unescape(number)
    if kind == "b":
        return number.strip() not in ("0", "false")
    if kind == "e":
        return CellError(number)
    if kind == "d":
        return _moment(number)
    raise ValueError(kind)


def number_text(value: float) -> str:
    """A number as Excel writes it: no exponent, no needless zeros."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.15f}".rstrip("0").rstrip(".")
    return text if float(text) == value else repr(value)


def serial(day: datetime.date) -> float:
    """A date as Excel's serial number (1900 system)."""
    return float((day - datetime.date(1899, 12, 30)).days)


def string_index(text: str) -> int:
    """The index of a shared string, as the `v` of a cell has it. Raises ValueError, and IndexError for one below 0."""
    index = int(text)
    if index < 0:
        raise IndexError(text)
    return index


def _number(text: str) -> float:
    # float() also takes 1_000, full-width digits, nan and inf; none of them is a number in a file.
    number = float(text)
    if not math.isfinite(number) or "_" in text or not text.isascii():
        raise ValueError(text)
    return number


def _moment(text: str) -> float:
    """An ISO date or moment, as Strict files hold them, to a serial number."""
    moment = datetime.datetime.fromisoformat(text.strip().removesuffix("Z"))
    return serial(moment.date()) + (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86400


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """A text of a cell with its `_xHHHH_` read as the characters they stand for, as Excel reads them."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # Two escapes can be the halves of one character; a half alone could be neither printed nor written.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# XML cannot hold these, or not keep them apart (a carriage return); Excel writes them as _xHHHH_.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")

# What would read as such an escape is escaped itself.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def text_xml(value: str) -> str:
    """A text of a cell as XML holds it; `unescape` reads it back."""
    value = _ESCAPE.sub("_x005F_", value)
    return escape(_CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", value))
