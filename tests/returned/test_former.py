"""Workbooks with the fingerprint that their template had before: recognised, and no others with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from xl_kpi import api, shipped
from xl_kpi.findings import WorkbookError
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.returned.former import FORMER
from xl_kpi.returned.read import read

ZHANGPING = "zhangping-health-2019"
OLDER = Path(__file__).parents[1] / "older" / f"{ZHANGPING}-2.xlsx"  # all of 满分 of tests/cases filled in


def test_a_workbook_with_the_former_fingerprint_is_read_as_what_it_is() -> None:
    fingerprint = plan_of(api.scheme(ZHANGPING)).fingerprint
    assert read(OLDER).meta.fingerprint == FORMER[fingerprint] != fingerprint
    report = api.check(OLDER)
    assert (report.verdict, report.findings) == ("accept", ())
    assert report.assessment is not None
    assert report.assessment.total == 1500


def test_every_scheme_shipped_has_its_former_fingerprint_at_every_level() -> None:
    for name in shipped.names():
        for level in api.describe(name).levels or (None,):
            assert plan_of(api.scheme(name, level)).fingerprint in FORMER


def test_the_former_fingerprint_of_another_content_is_refused_with_how_to_carry_the_answers(tmp_path: Path) -> None:
    text = (shipped.TEMPLATES / f"{ZHANGPING}.yaml").read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(text.replace("share: 0.85", "share: 0.8"), encoding="utf-8")
    with pytest.raises(WorkbookError, match=r"指纹不符.*xl-kpi new .*xl-kpi carry "):
        read(OLDER, str(own))


def test_what_is_filled_into_a_workbook_with_the_former_fingerprint_leaves_it_as_it_is() -> None:
    filled = api.fill(OLDER, {"stage": "self", "answers": {"t01.done": 0.5}})
    assert read((OLDER.name, filled)).meta.fingerprint == read(OLDER).meta.fingerprint
