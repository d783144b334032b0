"""What officials are told about an edit that was honest: one line, where, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_contents import MEASURES
from mutations import BY_NAME

from xl_kpi import api


def told(name: str, folder: Path, at: str = "") -> list[str]:
    """What `check` says of a kind of file: every message, or those of one cell, but remarks."""
    kind = BY_NAME[name]
    path = folder / kind.file
    path.write_bytes(kind.content())
    findings = api.check(path).findings
    return [f.message for f in findings if f.severity != "info" and at in ("", f"{f.sheet}!{f.cell}")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("input-formula", "“已完成的具体措施数”填的是公式，按其存储的结果 13 计分。请改填数值"),
        ("newer-function-input", "“已完成的具体措施数”填的是公式，按其存储的结果 13 计分。请改填数值"),
        ("text-formula-input", "“已完成的具体措施数”填的是公式，按其存储的结果 13 计分。请改填数值"),
        ("circular-input", "“已完成的具体措施数”填的是公式，按其存储的结果 12 计分。请改填数值"),
        (
            "unknown-function-input-out-of-range",
            "“已完成的具体措施数”填的是公式，存储的结果 15 不能计分。请改填数值",
        ),
        ("input-formula-uncalculated", "“已完成的具体措施数”填的是公式，没有结果，不能计分。请改填数值"),
    ],
)
def test_a_formula_in_place_of_a_number_is_one_line_that_says_whether_it_counts(
    name: str, message: str, tmp_path: Path
) -> None:
    assert told(name, tmp_path, MEASURES) == [message]


@pytest.mark.parametrize("name", ["dispimg-input", "dispimg-input-by-excel"])
def test_a_picture_in_place_of_a_number_is_one_line_that_says_so(name: str, tmp_path: Path) -> None:
    (message,) = told(name, tmp_path, MEASURES)
    assert message.startswith("“已完成的具体措施数”填的是图片（嵌入单元格的），")
    assert message.endswith("不能计分。请改填数值")
