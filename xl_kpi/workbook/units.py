"""Lists of units (name, code, level) from Excel or CSV."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from xl_kpi.findings import Finding, XlKpiError, either, finding
from xl_kpi.rules.base import Level
from xl_kpi.workbook.package import unpack
from xl_kpi.workbook.read import name_and_content
from xl_kpi.workbook.refused import Refused

if TYPE_CHECKING:
    import pandas as pd

_HEADS = {
    "name": ("name", "单位", "单位名称", "名称", "被考核单位"),
    "code": ("code", "代码", "单位代码", "编码"),
    "level": ("level", "层级", "级别"),
}


_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def unwritable(text: str) -> bool:
    """Whether a text holds characters that cannot stand in a workbook: control characters and halves of pairs."""
    return bool(_UNWRITABLE.search(text))


def unit_key(name: str) -> str:
    """What a unit's name comes to whoever types it: case, spaces and full-width letters make no difference."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True)
class Unit:
    """A unit to be assessed."""

    name: str
    code: str = ""
    level: Level | None = None


def read_units(path: Path) -> list[Unit]:
    """The units of a list, in its order. Raises XlKpiError with every problem: file, row, what to do."""
    table = _table(path).fillna("")
    columns = {
        field: next((c for c in table.columns if str(c).strip().lower() in heads), None)
        for field, heads in _HEADS.items()
    }
    if columns["name"] is None:
        raise XlKpiError(
            finding(
                "units",
                file=path.name,
                where="",
                why=either(
                    "第一行须有列名“单位名称”（可另有“单位代码”“层级”）",
                    "the first row must name a column 单位名称 or name",
                ),
            )
        )
    units: list[Unit] = []
    problems: list[Finding] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(table.to_dict("records"), 2):
        fields = {f: " ".join(str(row[c]).split()) if c is not None else "" for f, c in columns.items()}
        if not any(fields.values()):
            continue
        why = _problem(fields, seen)
        if why:
            problems.append(finding("units", file=path.name, where=f" 第{number}行", why=why))
            continue
        seen[fields["name"]] = number
        level = fields["level"].removesuffix("级") or None
        units.append(Unit(fields["name"], fields["code"], level))  # type: ignore[arg-type]  # checked by _problem
    if not units and not problems:
        problems.append(
            finding("units", file=path.name, where="", why=either("没有列出任何单位", "it lists no unit"))
        )
    if problems:
        raise XlKpiError(*problems)
    return units


def _problem(fields: dict[str, str], seen: dict[str, int]) -> str:
    if not fields["name"]:
        return either("缺少单位名称", "the name is missing")
    if fields["name"] in seen:
        return either(
            f"单位“{fields['name']}”与第{seen[fields['name']]}行重复", f"repeats row {seen[fields['name']]}"
        )
    if unwritable(fields["name"] + fields["code"]):
        return either("单位名称或代码含有不可见的控制字符", "name or code holds control characters")
    if fields["level"] and fields["level"].removesuffix("级") not in get_args(Level):
        return either(f"层级“{fields['level']}”应为省、市或县", "the level must be 省, 市 or 县")
    return ""


def _table(path: Path) -> pd.DataFrame:
    import pandas as pd  # only here: every worker that checks files would carry its 40 MB

    name, content = name_and_content(path)
    try:
        if path.suffix.lower() == ".csv":
            return pd.read_csv(io.StringIO(_decoded(content)), dtype=str)
        unpack(content)
        return pd.read_excel(io.BytesIO(content), dtype=str, engine="openpyxl")
    except Refused as refused:
        why = refused.why or either("不是可以读取的 .xlsx", "not a readable .xlsx")
        raise XlKpiError(finding("units", file=name, where="", why=why)) from None
    except Exception as error:  # pandas and its readers raise many kinds; all mean that the list is unreadable
        why = either(f"无法读取（{type(error).__name__}），应为 .xlsx 或 .csv", "not a readable .xlsx or .csv")
        raise XlKpiError(finding("units", file=name, where="", why=why)) from None


def _decoded(content: bytes) -> str:
    """CSV saved by Excel in China is GB18030 unless somebody chose UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")
