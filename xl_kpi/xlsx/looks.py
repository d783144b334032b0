"""What a workbook's styles say that matters to the numbers: whether a cell is locked, and its number format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple
from xml.etree.ElementTree import Element

from xl_kpi.xlsx.markup import local, parse_xml
from xl_kpi.xlsx.refused import Refused, damaged

GENERAL = "General"
_BUILT_IN = {  # ECMA-376 Part 1, 18.8.30, and 5 to 8 and 41 to 44 as Excel has them in English
    0: r'General', 1: r'0', 2: r'0.00', 3: r'#,##0', 4: r'#,##0.00', 5: r'"$"#,##0_);("$"#,##0)',
    6: r'"$"#,##0_);[Red]("$"#,##0)', 7: r'"$"#,##0.00_);("$"#,##0.00)', 8: r'"$"#,##0.00_);[Red]("$"#,##0.00)',
    9: r'0%', 10: r'0.00%', 11: r'0.00E+00', 12: r'# ?/?', 13: r'# ??/??', 14: r'mm-dd-yy', 15: r'd-mmm-yy',
    16: r'd-mmm', 17: r'mmm-yy', 18: r'h:mm AM/PM', 19: r'h:mm:ss AM/PM', 20: r'h:mm', 21: r'h:mm:ss',
    22: r'm/d/yy h:mm', 37: r'#,##0_);(#,##0)', 38: r'#,##0_);[Red](#,##0)', 39: r'#,##0.00_);(#,##0.00)',
    40: r'#,##0.00_);[Red](#,##0.00)', 41: r'_(* #,##0_);_(* \(#,##0\);_(* "-"_);_(@_)',
    42: r'_("$"* #,##0_);_("$"* \(#,##0\);_("$"* "-"_);_(@_)',
    43: r'_(* #,##0.00_);_(* \(#,##0.00\);_(* "-"??_);_(@_)',
    44: r'_("$"* #,##0.00_)_("$"* \(#,##0.00\)_("$"* "-"??_)_(@_)', 45: r'mm:ss', 46: r'[h]:mm:ss', 47: r'mmss.0',
    48: r'##0.0E+0', 49: r'@',
}  # fmt: skip


class Styles(NamedTuple):
    """The styles of a workbook: the look of each cell style, and the number formats of conditional formats."""

    cells: tuple[Look, ...]
    conditional: dict[str, str]  # by index, those that set one


class Look(NamedTuple):
    """Whether a cell is locked, and its number format as a code."""

    locked: bool
    number_format: str


@lru_cache(maxsize=64)
def read_styles(styles_xml: bytes) -> Styles:
    """The styles of a styles part: cell styles by `s` of a cell, conditional ones by their dxfId. Raises Refused.

    Kept by the bytes: workbooks saved by one program share their styles.
    """
    formats = dict(_BUILT_IN)
    cells: list[Look] = []
    conditional: dict[str, str] = {}
    try:
        for part in parse_xml(styles_xml):
            if local(part.tag) == "numFmts":
                formats |= {int(f.attrib["numFmtId"]): f.attrib["formatCode"] for f in part}
            elif local(part.tag) == "cellXfs":
                cells = [_look(xf, formats) for xf in part]
            elif local(part.tag) == "dxfs":
                for index, look in enumerate(part):
                    for child in look:
                        if local(child.tag) == "numFmt":
                            conditional[str(index)] = child.get("formatCode", GENERAL)
    except (KeyError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise damaged("xlsx.cell-styles-not-valid") from None
    return Styles(tuple(cells), conditional)


def _look(xf: Element, formats: Mapping[int, str]) -> Look:
    unlocked = any(local(child.tag) == "protection" and child.get("locked", "1") in ("0", "false") for child in xf)
    return Look(not unlocked, formats.get(int(xf.get("numFmtId", "0")), GENERAL))


@lru_cache(maxsize=1024)
def plain_format(code: str) -> str:
    """A number format without what programs write differently: colours, locales, padding, needless quotes, case."""
    code = re.sub(r"\[(?:\$[^\]]*|[A-Za-z]+\d*)\]|_.", "", code)
    code = re.sub(r'"([^"0-9#?.,%@;]*)"|\\([^0-9#?.,%@;])', r"\1\2", code).strip().casefold()
    return "general" if code in ("", "@") else code


def width_of(code: str, value: float) -> int:
    """How many characters a column must hold to show a number and no ####; what is not known is taken for little."""
    plain = plain_format(code)
    pattern = _SIMPLE.fullmatch(plain)
    if plain != "general" and pattern is not None:
        places = len(pattern["places"] or "")
        return len(f"{100 * value:.{places}f}%" if pattern["percent"] else f"{value:.{places}f}")
    if "y" in plain and "d" in plain:
        return len("2022-1-1")
    # Places are left out where there is no room for them, and a long number is written 1E+06.
    return min(len(f"{abs(value):.0f}"), len("1E+06")) + (value < 0)


_SIMPLE = re.compile(r"[#,]*0*(?:\.(?P<places>[0#?]+))?(?P<percent>%?)")


def shows(code: str, value: float) -> bool:
    """Whether a number format shows a number as it is, to the last digit there is; a percentage as one.

    Only plain patterns of digits are known to; whatever else a code does is taken for another number.
    """
    plain = plain_format(code)
    if plain == "general":
        return True
    pattern = _SIMPLE.fullmatch(plain)
    if pattern is None or plain.endswith((",", "#")):
        return False
    digits = len(pattern["places"] or "") + (2 if pattern["percent"] else 0)
    exact = Decimal(repr(value))
    return exact == exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
