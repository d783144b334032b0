"""One workbook rendered, many units: a copy differs from its template only in the parts that name the unit."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

from xl_kpi.scheme.model import Scheme
from xl_kpi.workbook.archive import fixed_entry, pack
from xl_kpi.workbook.package import unpack
from xl_kpi.workbook.plan import CODE, UNIT, plan_of
from xl_kpi.workbook.write import render

_UNIT, _CODE = UNIT.encode(), CODE.encode()
_PLACEHOLDER = re.compile(re.escape(_UNIT) + b"|" + re.escape(_CODE))


@dataclass(frozen=True)
class Template:
    """A rendered workbook: the parts that are the same for all units, packed, and those that name the unit."""

    package: bytes
    naming: dict[str, bytes]

    def cut(self, unit: str, code: str) -> bytes:
        """The workbook of one unit."""
        texts = {_UNIT: escape(unit).encode(), _CODE: escape(code).encode()}
        buffer = io.BytesIO(self.package)
        with zipfile.ZipFile(buffer, "a") as archive:  # appends: the parts already there are not compressed again
            for name, content in self.naming.items():
                # In one pass: a unit may be called anything, even by a placeholder's name.
                named = _PLACEHOLDER.sub(lambda found: texts[found[0]], content)
                archive.writestr(fixed_entry(name), named, compresslevel=6)
        return buffer.getvalue()


@lru_cache(maxsize=16)
def template_of(scheme: Scheme) -> Template:
    """The template of a settled scheme; rendered once."""
    parts = unpack(render(plan_of(scheme)))
    naming = {name: content for name, content in parts.items() if _UNIT in content or _CODE in content}
    return Template(pack({name: parts[name] for name in parts if name not in naming}), naming)


def blank(scheme: Scheme, unit: str, code: str = "") -> bytes:
    """The blank workbook of a unit, byte for byte the same whenever it is made."""
    return template_of(scheme).cut(unit, code)
