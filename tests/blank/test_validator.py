"""Microsoft's own validator has nothing to say against any file we write, from the profile of Office 2007 on."""

from __future__ import annotations

import re

import open_xml_validator
import pytest
import yaml
from open_xml_validator import PROFILES, Judged
from opened import ROOT, SHIPPED, SMALL, built

from xl_kpi import api
from xl_kpi.addin import build as addin
from xl_kpi.xlsx.archive import pack
from xl_kpi.xlsx.package import unpack

pytestmark = pytest.mark.xdist_group("workbooks")
OFTEN = ("Office2007", "Office2010", "Microsoft365")
STYLE, PROMPT = "a style that is not there", "a prompt title of 33 characters"


def answered(workbook: str) -> tuple[bytes, bytes]:
    """A workbook with the answers of a case worked by hand typed in, texts among them, and the same recalculated."""
    scheme, _, level = workbook.partition("@")
    done: dict[str, dict[str, object]] = {}
    chosen: dict[str, object] = {}
    for case in yaml.safe_load((ROOT / "tests" / "cases" / f"{scheme}.yaml").read_text(encoding="utf-8")):
        done[case["name"]] = {**done.get(case.get("base"), {}), **(case["answers"] or {})}
        if (case.get("level") or "") == level and len(done[case["name"]]) > len(chosen):
            chosen = done[case["name"]]
    assert chosen, workbook
    filled = api.fill(("工作簿.xlsx", built(workbook, "甲 & 乙<医院>", "0012")), chosen)
    return filled, api.recalculated(("工作簿.xlsx", filled))


def spoilt(package: bytes, part: str, old: str, new: str) -> bytes:
    """A workbook of which one part is another in one place."""
    parts = unpack(package)
    text, changed = re.subn(old, new, parts[part].decode(), count=1)
    assert changed == 1
    return pack({**parts, part: text.encode()})


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """All files, judged in one process."""
    open_xml_validator.need()
    files: dict[str, tuple[bytes, tuple[str, ...]]] = {"small.xlsx": (built("small"), PROFILES)}
    for workbook in SHIPPED:
        filled, recalculated = answered(workbook)
        files[f"{workbook} blank.xlsx"] = (built(workbook), OFTEN)
        files[f"{workbook} clone, filled.xlsx"] = (filled, ("Microsoft365",))
        files[f"{workbook} recalculated.xlsx"] = (recalculated, ("Office2010",))
    files["add-in.xlam"] = (addin.build("C:\\Python\\pythonw.exe"), PROFILES)
    sheet = "xl/worksheets/sheet3.xml"
    small = api.build(api.scheme(str(SMALL)), "示例单位")
    files[f"{STYLE}.xlsx"] = (spoilt(small, sheet, r'(<c r="E5" s=")\d+"', r'\g<1>9999"'), PROFILES)
    long = spoilt(small, sheet, r'promptTitle="[^"]*"', f'promptTitle="{"长" * 33}"')
    files[f"{PROMPT}.xlsx"] = (long, PROFILES)
    return open_xml_validator.judged(files, tmp_path_factory.mktemp("validator"))


@pytest.mark.parametrize("what", [STYLE, PROMPT])
def test_the_validator_finds_what_excel_would_repair(judged: Judged, what: str) -> None:
    for profile, errors in judged.errors[f"{what}.xlsx"].items():
        assert errors, profile
        assert all("/xl/worksheets/sheet3.xml" in error for error in errors), profile


def test_every_file_we_write_is_valid(judged: Judged) -> None:
    ours = {name: found for name, found in judged.errors.items() if name not in (f"{STYLE}.xlsx", f"{PROMPT}.xlsx")}
    assert len(ours) == 3 * len(SHIPPED) + 2
    assert {profile for found in ours.values() for profile in found} == set(PROFILES)
    wrong = [f"{name}, {profile}: {e}" for name, found in ours.items() for profile, es in found.items() for e in es]
    assert not wrong, "\n".join([f"{len(wrong)} errors", *wrong[:20]])


def test_the_validator_opens_no_socket_and_leaves_nothing_at_home(judged: Judged) -> None:
    assert judged.sockets == 0
    assert judged.home == []
