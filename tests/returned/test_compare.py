"""Comparing what a file shows with what it should show."""

from __future__ import annotations

import pytest

from xl_kpi import api
from xl_kpi.layout import values as layout_values
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.returned import compare
from xl_kpi.returned.blueprint import Blueprint
from xl_kpi.words import in_words


@pytest.mark.parametrize("scheme", api.schemes())
def test_what_a_workbooks_own_formulas_show_is_quoted_and_not_masked(scheme: str) -> None:
    settled = api.scheme(scheme, "市")
    plan = plan_of(settled)
    shown = {value for value in layout_values.blank_values(plan).values() if isinstance(value, str) and value}
    assert {"未填", "缺失", "通过", "未完成"} <= shown
    assert {text: compare.quoted(Blueprint(plan), text) for text in shown} == {text: f"“{text}”" for text in shown}
    assert in_words(compare.quoted(Blueprint(plan), "张三丰"), "zh") == "〔3字文字〕"
