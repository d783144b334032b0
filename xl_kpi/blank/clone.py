"""One workbook rendered, many units: a copy differs from its template only in the parts that name the unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from xl_kpi.blank.render import render
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import CODE, UNIT
from xl_kpi.scheme.model import Scheme
from xl_kpi.xlsx.archive import Piece, loose, pack, squeezed, with_part
from xl_kpi.xlsx.cells import text_xml

_UNIT, _CODE = UNIT.encode(), CODE.encode()
_PLACEHOLDER = re.compile(b"(" + re.escape(_UNIT) + b"|" + re.escape(_CODE) + b")")


@dataclass(frozen=True)
class Template:
    """A rendered workbook: the parts that are the same for all units, packed, and those that name the unit.

    Of the latter all but the names is compressed already.
    """

    package: bytes
    naming: dict[str, tuple[Piece | bytes, ...]]  # by part: pieces, and a placeholder for each name

    def cut(self, unit: str, code: str) -> bytes:
        """The workbook of one unit."""
        names = {_UNIT: loose(text_xml(unit).encode()), _CODE: loose(text_xml(code).encode())}
        package = self.package
        for name, pieces in self.naming.items():
            package = with_part(package, name, (p if isinstance(p, Piece) else names[p] for p in pieces))
        return package


@lru_cache(maxsize=16)
def template_of(scheme: Scheme) -> Template:
    """The template of a settled scheme; rendered once."""
    parts = render(plan_of(scheme))
    naming = {name: pieces(content) for name, content in parts.items() if _PLACEHOLDER.search(content)}
    return Template(pack({name: parts[name] for name in parts if name not in naming}), naming)


def pieces(content: bytes) -> tuple[Piece | bytes, ...]:
    """A part cut at the placeholders in it, what lies between them compressed."""
    return tuple(p if p in (_UNIT, _CODE) else squeezed(p) for p in _PLACEHOLDER.split(content))


def blank(scheme: Scheme, unit: str, code: str = "") -> bytes:
    """The blank workbook of a unit, byte for byte the same whenever it is made."""
    return template_of(scheme).cut(unit, code)
