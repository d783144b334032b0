"""What a text comes to where a number, a percentage, a count, a date or a choice belongs; every case worked by hand."""

from __future__ import annotations

import math
import sys
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xl_kpi.program.answers import reading
from xl_kpi.rules.parts import Input

NUMBER = Input(id="n", label="得分", kind="number", unit="分")
BARE = Input(id="n", label="数", kind="number")
PER_CENT = Input(id="n", label="以百分数计的数", kind="number", unit="%")
PER_MILLE = Input(id="n", label="在册率", kind="number", unit="‰")
MONEY = Input(id="n", label="经费", kind="number", unit="万元/人")
AREA = Input(id="n", label="面积", kind="number", unit="M2")
PERCENT = Input(id="p", label="及时率", kind="percent")
COUNT = Input(id="c", label="事件数", kind="count", unit="起")
MONTHS = Input(id="c", label="月数", kind="count", unit="个月")
DATE = Input(id="d", label="日期", kind="date")
YES_NO = Input(id="y", label="是否完成", kind="choice", choices=("是", "否"))
GRADES = Input(id="g", label="等级", kind="choice", choices=("A++", "A+", "A", "B++", "B+", "B"))
LEVELS = Input(id="l", label="级别", kind="choice", choices=("5级", "4级", "5级以上"))
TWINS = Input(id="t", label="写法相近的选项", kind="choice", choices=("a级", "A级", "B级"))
WORDS = Input(id="w", label="理由", kind="text")

NUMBERS = [
    ("95", 95.0),
    (" 95 ", 95.0),
    ("\t95\r\n", 95.0),
    ("\u300095\u00a0", 95.0),
    ("９５", 95.0),
    ("９５．５", 95.5),
    ("0095", 95.0),
    ("95.30", 95.3),
    ("0", 0.0),
    ("+95", 95.0),
    ("＋95", 95.0),
    ("-5", -5.0),
    ("－5", -5.0),
    ("−5", -5.0),
    ("–5", -5.0),
    ("—5", -5.0),
    ("﹣5", -5.0),
    ("1,234", 1234.0),
    ("1，234", 1234.0),
    ("１，２３４，５６７．８", 1234567.8),
    ("95分", 95.0),
    ("95 分", 95.0),
    ("95　分 ", 95.0),
    ("９５分", 95.0),
    ("-1,234.5分", -1234.5),
    # not one number
    ("", None),
    (" ", None),
    ("分", None),
    ("95分分", None),
    ("95起", None),
    ("分95", None),
    ("9分5", None),
    ("95.", None),
    (".5", None),
    ("1.2.3", None),
    ("1,23", None),
    ("1，234，5", None),
    ("1234,567", None),
    ("0,123", None),
    (",123", None),
    ("1,234,", None),
    ("1、234", None),
    ("1 234", None),
    ("9 5", None),
    ("--5", None),
    ("+-5", None),
    ("- 5", None),
    ("5-", None),
    ("(5)", None),
    ("—", None),
    ("-", None),
    ("——", None),
    ("/", None),
    ("nan", None),
    ("NaN", None),
    ("inf", None),
    ("-Infinity", None),
    ("1e5", None),
    ("1E+5", None),
    ("1_000", None),
    ("0x1F", None),
    ("1/2", None),
    ("½", None),
    ("5²", None),
    ("⑤", None),
    ("⒈5", None),
    ("٩٥", None),
    ("九十五", None),
    ("九5", None),
    ("90-95", None),
    ("90～95", None),
    ("90~95", None),
    ("约95", None),
    ("95左右", None),
    ("≥95", None),
    (">95", None),
    ("95+", None),
    ("95%", None),
    ("9.5‰", None),
    ("95.0 96.0", None),
    ("¥95", None),
    ("9\u200b5", None),
    ("\u202e59", None),
    ("=1+1", None),
    ("=95", None),
    ("'95", None),
    ("@x", None),
    ("TRUE", None),
    ("错误值", None),
    ("2022-10-31", None),
    ("9" * 400, None),
]

OTHERS = [
    # the unit is the input's own, or it says something else
    (BARE, "95", 95.0),
    (BARE, "95分", None),
    (BARE, "95%", None),
    (PER_CENT, "95%", 95.0),
    (PER_CENT, "95％", 95.0),
    (PER_CENT, "95", 95.0),
    (PER_MILLE, "4.5‰", 4.5),
    (PER_MILLE, "4.5", 4.5),
    (PER_MILLE, "0.45%", None),
    (MONEY, "3.2万元/人", 3.2),
    (MONEY, "3.2万元／人", 3.2),
    (MONEY, "3.2万元", None),
    (MONEY, "3.2万", None),
    (AREA, "80m2", 80.0),
    (AREA, "80Ｍ２", 80.0),
    (AREA, "80m²", None),
    (AREA, "m2", None),
    # percentages are fractions
    (PERCENT, "95%", 0.95),
    (PERCENT, "９５％", 0.95),
    (PERCENT, "95﹪", 0.95),
    (PERCENT, "95 %", 0.95),
    (PERCENT, "95.3%", 0.953),
    (PERCENT, "0.07%", 0.0007),
    (PERCENT, "100%", 1.0),
    (PERCENT, "1,200%", 12.0),
    (PERCENT, "-3.5%", -0.035),
    (PERCENT, "0.95", None),  # 0.95% or 95%
    (PERCENT, "95", None),
    (PERCENT, "1", None),
    (PERCENT, "9.5‰", None),
    (PERCENT, "95%%", None),
    (PERCENT, "%95", None),
    (PERCENT, "95百分点", None),
    (PERCENT, "百分之95", None),
    (PERCENT, "19/20", None),
    # counts: whether they are whole is judged elsewhere
    (COUNT, "3", 3.0),
    (COUNT, "３起", 3.0),
    (COUNT, "3 起", 3.0),
    (COUNT, "3.5起", 3.5),
    (COUNT, "-1", -1.0),
    (COUNT, "1,234起", 1234.0),
    (COUNT, "3次", None),
    (COUNT, "3%", None),
    (COUNT, "三起", None),
    (COUNT, "3起、2起", None),
    (COUNT, "无", None),
    (MONTHS, "6个月", 6.0),
    (MONTHS, "6个", None),
    (MONTHS, "6月", None),
    # dates: 2022-10-31 is day 44865 in Excel, 2024-02-29 day 45351, 1900-03-01 day 61
    (DATE, "2022-10-31", 44865.0),
    (DATE, "2022/10/31", 44865.0),
    (DATE, "2022.10.31", 44865.0),
    (DATE, "2022年10月31日", 44865.0),
    (DATE, "2022 年 10 月 31 日", 44865.0),
    (DATE, "２０２２年１０月３１日", 44865.0),
    (DATE, "2022—10—31", 44865.0),
    (DATE, " 20221031 ", 44865.0),
    (DATE, "2022-10-31 00:00:00", 44865.0),
    (DATE, "2022-10-31T00:00:00", 44865.0),
    (DATE, "2022/10/31 0:00", 44865.0),
    (DATE, "2022-1-5", 44566.0),
    (DATE, "2022年01月05日", 44566.0),
    (DATE, "2024-02-29", 45351.0),
    (DATE, "1900-03-01", 61.0),
    (DATE, "1900-02-28", None),
    (DATE, "2023-02-29", None),
    (DATE, "2022-13-01", None),
    (DATE, "2022-00-10", None),
    (DATE, "0000-01-01", None),
    (DATE, "20221301", None),
    (DATE, "2022-10/31", None),
    (DATE, "2022-10-31 08:30:00", None),
    (DATE, "2022-10-31 00:00:01", None),
    (DATE, "10/31/2022", None),
    (DATE, "31.10.2022", None),
    (DATE, "22-10-31", None),
    (DATE, "2022年10月", None),
    (DATE, "2022年10月31", None),
    (DATE, "10月31日", None),
    (DATE, "2022-10-31前", None),
    (DATE, "2022-10-31至2022-11-02", None),
    (DATE, "二〇二二年十月三十一日", None),
    (DATE, "44865", None),
    (DATE, "-2022-10-31", None),
    # choices, as listed
    (YES_NO, " 是 ", "是"),
    (YES_NO, "否\u3000", "否"),
    (YES_NO, "是。", None),
    (YES_NO, "是否", None),
    (YES_NO, "√", None),
    (YES_NO, "TRUE", None),
    (YES_NO, "1", None),
    (YES_NO, "", None),
    (GRADES, "a++", "A++"),
    (GRADES, "Ａ＋＋", "A++"),
    (GRADES, " b+ ", "B+"),
    (GRADES, "A ++", None),
    (GRADES, "A+++", None),
    (GRADES, "C", None),
    (LEVELS, "５级", "5级"),
    (LEVELS, "5", None),
    (TWINS, "ａ级", None),
    (TWINS, "b级", "B级"),
    # any text is an answer as it stands
    (WORDS, "95", None),
    (WORDS, "因停电未开展", None),
]


@pytest.mark.parametrize(("text", "stands_for"), NUMBERS)
def test_a_number_is_read_only_from_a_text_that_says_one_number(text: str, stands_for: float | None) -> None:
    assert reading(text, NUMBER) == stands_for


@pytest.mark.parametrize(("spec", "text", "stands_for"), OTHERS)
def test_a_text_is_read_by_the_kind_and_unit_of_its_input(
    spec: Input, text: str, stands_for: float | str | None
) -> None:
    found = reading(text, spec)
    assert found == stands_for
    assert type(found) is type(stands_for)


def test_minus_nothing_is_nothing() -> None:
    found = reading("-0", NUMBER)
    assert isinstance(found, float)
    assert math.copysign(1.0, found) == 1.0


def test_no_character_but_a_digit_of_some_width_reads_as_a_number() -> None:
    """All of Unicode, one character at a time: no circled, raised, Roman or Chinese numeral slips in."""
    found = {char: reading(char, BARE) for char in map(chr, range(sys.maxunicode + 1))}
    digits = {char: float(value) for first in "0０" for value in range(10) for char in [chr(ord(first) + value)]}
    assert {char: value for char, value in found.items() if value is not None} == digits


ALL = (NUMBER, BARE, PER_CENT, PER_MILLE, MONEY, AREA, PERCENT, COUNT, MONTHS, DATE, YES_NO, GRADES, TWINS, WORDS)
near = st.text(alphabet="0159０９.,，．+-—－%％‰ \u3000\u00a0年月日/:T分起个eEx_是否Aa＋²①٣", max_size=14)


@given(st.text() | near, st.sampled_from(ALL))
@example("9" * 5000, NUMBER)
@example("9" * 5000, DATE)
@example("1" + ",000" * 2000, COUNT)
@example("\ud800", NUMBER)
def test_any_text_comes_to_a_finite_number_a_listed_choice_or_nothing(text: str, spec: Input) -> None:
    found = reading(text, spec)
    if spec.kind == "choice":
        assert found is None or found in spec.choices
    elif found is not None:
        assert isinstance(found, float)
        assert math.isfinite(found)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_decimal_text_of_a_number_reads_as_that_number(number: float) -> None:
    exact = Decimal(repr(number))
    for text in (f"{exact:f}", f"{exact:,f}", f" {exact:f}分"):
        assert reading(text, NUMBER) == number
    assert reading(f"{exact.scaleb(2):f}%", PERCENT) == number
