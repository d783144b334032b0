"""The styles part of a workbook that we write: looks, numbered as cells ask for them."""

from __future__ import annotations

from xl_kpi.xlsx.escapes import quoteattr
from xl_kpi.xlsx.markup import DECLARATION, MAIN
from xl_kpi.xlsx.sheet import Difference, Look

_GBK = 134  # the character set number of simplified Chinese
_LINE = "808080"

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
        self._differences: dict[str, int] = {}
        self._known: dict[Look, int] = {}

    def index(self, look: Look) -> int:
        """The number by which a cell names its look."""
        if look not in self._known:
            self._known[look] = _numbered(self._cells, self._cell(look))
        return self._known[look]

    def difference(self, look: Difference) -> int:
        """The number by which a conditional format names its look."""
        return _numbered(self._differences, _difference(look))

    def _cell(self, look: Look) -> str:
        format_id = _BUILT_IN.get(look.number_format)
        if format_id is None:
            format_id = self._formats.setdefault(look.number_format, _FIRST_OWN + len(self._formats))
        font = _numbered(self._fonts, _font(look))
        fill = _numbered(self._fills, _fill(look.fill)) if look.fill else 0
        border = _numbered(self._borders, _border()) if look.border else 0
        wrap = ' wrapText="1"' if look.wrap else ""
        quoted = ' quotePrefix="1"' if look.quoted else ""
        return (
            f'<xf numFmtId="{format_id}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"{quoted}'
            ' applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"'
            + (">" if look.locked else ' applyProtection="1">')
            + f'<alignment horizontal="{look.across}" vertical="{look.down}"{wrap}/>'
            + ("</xf>" if look.locked else '<protection locked="0"/></xf>')
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
            ("dxfs", self._differences),
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
        + f'<sz val="{look.size:g}"/><color rgb="FF{look.color}"/><name val="{look.font.name}"/>'
        + f'<family val="{look.font.family}"/><charset val="{_GBK}"/></font>'
    )


def _fill(color: str) -> str:
    return f'<fill><patternFill patternType="solid"><fgColor rgb="FF{color}"/><bgColor indexed="64"/></patternFill></fill>'


def _border() -> str:
    sides = ("left", "right", "top", "bottom")
    drawn = "".join(f'<{side} style="thin"><color rgb="FF{_LINE}"/></{side}>' for side in sides)
    return f"<border>{drawn}<diagonal/></border>"


def _difference(look: Difference) -> str:
    font = ("<b/>" if look.bold else "") + (f'<color rgb="FF{look.color}"/>' if look.color else "")
    fill = f'<fill><patternFill patternType="solid"><bgColor rgb="FF{look.fill}"/></patternFill></fill>'
    return "<dxf>" + (f"<font>{font}</font>" if font else "") + (fill if look.fill else "") + "</dxf>"
