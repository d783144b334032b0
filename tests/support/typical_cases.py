"""One finished case of each scheme, worked by hand."""

from __future__ import annotations

from cases import Case, cases_of

TYPICAL = {
    "cdc-emergency": "典型（市）",
    "zaozhuang-blood-2022": "典型",
    "zaozhuang-cdc-2022": "典型",
    "zaozhuang-hospital-2022": "典型",
    "zhangping-health-2019": "典型",
}


def typical_case(scheme: str) -> Case:
    """The case a scheme's workbook is filled with."""
    return next(case for case in cases_of(scheme) if case.name == TYPICAL[scheme])
