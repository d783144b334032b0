"""Text that a unit typed is words wherever it goes out: on the terminal, in findings, CSV, JUnit and workbooks."""

from __future__ import annotations

import csv
import io
import posixpath
import shutil
import subprocess
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xl_kpi import api, outward
from xl_kpi.engines.base import Engine
from xl_kpi.findings import XlKpiError
from xl_kpi.report import csv as csv_file
from xl_kpi.report import junit
from xl_kpi.words import in_words

SMALL = Path(__file__).resolve().parent / "golden" / "small.yaml"

# What a unit may type, and what a cell of the CSV file then holds.
HOSTILE = {
    "=1+1": "'=1+1",
    "+1": "'+1",
    "-1": "'-1",
    "@SUM(1)": "'@SUM(1)",
    "\t=1+1": "' =1+1",
    "\tx": "' x",
    "\r=1+1": "' =1+1",
    "\n=1+1": "' =1+1",
    "x\r\n=1+1": "x  =1+1",
    "＝1+1": "'＝1+1",
    "＋1": "'＋1",
    "－1": "'－1",
    "＠SUM(1)": "'＠SUM(1)",
    " =1+1": "' =1+1",
    "　＝1+1": "'　＝1+1",
    "'=1+1": "''=1+1",
    '"=1+1': "'\"=1+1",
    '",=1+1,"': '",=1+1,"',
    "'x": "'x",
    '"x"': '"x"',
    "|x": "|x",
    ";=1+1": ";=1+1",
    "http://example.com/": "http://example.com/",
    "file:///etc/passwd": "file:///etc/passwd",
    "=cmd|'/c calc'!A0": "'=cmd|'/c calc'!A0",
    '=HYPERLINK("http://example.com","x")': '\'=HYPERLINK("http://example.com","x")',
    "{=1+1}": "{=1+1}",
    "</testcase><x a='b'>&amp;]]>": "</testcase><x a='b'>&amp;]]>",
    "\x1b[2J\x07\x9b31m": "\\x1b[2J\\x07\\x9b31m",
    "\x00=1+1": "\\x00=1+1",
    "\u202e=1+1\u2069": "\\u202e=1+1\\u2069",
    "\u200b=1+1\ufeff": "\\u200b=1+1\\ufeff",
    "\ud800=1+1": "\\ud800=1+1",
    "一\u2028二\u2029三\x85四": "一\\u2028二\\u2029三\\x85四",
    "枣庄市疾病预防控制中心　（本级）": "枣庄市疾病预防控制中心　（本级）",
}
every_text = pytest.mark.parametrize("text", HOSTILE, ids=ascii)


# the terminal


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31m红\x1b[0m", "\\x1b[31m红\\x1b[0m"),
        ("a\x7fb\x80c", "a\\x7fb\\x80c"),
        ("甲\u202e乙", "甲\\u202e乙"),
        ("\u2066\u200e\u200f\u061c", "\\u2066\\u200e\\u200f\\u061c"),
        ("甲\u200b乙\u00ad\u2060\ufeff", "甲\\u200b乙\\xad\\u2060\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\u3164\u115f\uffa0\ufffe\ufdd0", "\\u3164\\u115f\\uffa0\\ufffe\\ufdd0"),
        ("\udcff", "\\udcff"),
        ("一行\n二行\t三\r\n", "一行 二行 三  "),
        ("C:\\x1b", "C:\\x1b"),
    ],
)
def test_what_is_not_seen_or_acts_shows_as_its_escape(text: str, seen: str) -> None:
    assert outward.plain(text) == seen


@pytest.mark.parametrize(
    "text",
    [
        "枣庄市立医院　2022年“三级公立医院”考核——达95%以上（含）；¥1,234.5，4.5‰，℃、①、㎡",
        "𠮷野家、䶮、\U00031350",  # rare ideographs, the last one newer than this Python's tables
        "葛\U000e0100城",  # an ideograph with the mark that chooses its form
        "长" * 5000,
    ],
)
def test_ordinary_text_is_unchanged_and_uncut(text: str) -> None:
    assert outward.plain(text) == text


@given(st.text(alphabet=st.characters()))
def test_no_text_moves_the_cursor_or_turns_the_order_of_reading(text: str) -> None:
    seen = outward.plain(text)
    assert not {unicodedata.category(char) for char in seen} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert outward.plain(seen) == seen
    seen.encode("utf-8")


# findings


@pytest.mark.parametrize(
    "text",
    [
        "95",
        "９５",
        " 95 ",
        "1_000",
        "1，234，5",
        "90-95",
        "≥95%",
        "4.5‰",
        "—",
        "/",
        "",
        "95分",
        "95 分",
        "3起、2起",
        "5万元/人",
        "2022年10月31日",
        "2022-10-31 08:30:00",
        "12个月",
        "1e5",
        "=1+1",
        "无",
        " 无。",
        "（暂无）",
        "N/A",
        "#DIV/0!",
        "NaN",
        "TRUE",
        "未开展",
        "不合格",
        "A+++",
    ],
)
def test_figures_and_words_for_nothing_are_quoted_in_a_finding(text: str) -> None:
    assert in_words(outward.masked(text), "zh") == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("张三", 2),
        ("张三95分", 5),
        ("95分（张三）", 7),
        ("95 王", 4),
        ("万家", 2),  # units by the letter, a name by the look
        ("3名项家升", 5),
        ("1 项家", 4),
        ("高天", 2),
        ("⽅⻢", 2),  # radicals, as copied from a PDF, that read 方马
        ("Zhang San", 9),
        ("Ⓩⓗⓐⓝⓖ", 5),
        ("㊀㊁", 2),
        ("\ue5e5", 1),
        ("因停电未开展，联系人李四", 12),
        ("无，李四", 4),
        ("九十五", 3),
        ("=HYPERLINK(1)", 13),
    ],
)
def test_free_words_are_counted_and_not_quoted(text: str, count: int) -> None:
    assert in_words(outward.masked(text), "zh") == f"〔{count}字文字〕"


def test_what_is_quoted_is_plain_and_at_most_40_characters() -> None:
    assert in_words(outward.masked("9" * 40), "zh") == "9" * 40
    assert in_words(outward.masked("9" * 41), "zh") == "9" * 39 + "…"
    assert in_words(outward.masked("\x1b95\u202e"), "zh") == "\\x1b95\\u202e"


def test_a_mask_speaks_the_language_of_messages() -> None:
    assert in_words(outward.masked("张三"), "en") == "[text of 2 characters]"


def test_a_long_text_is_masked_at_once() -> None:
    """As long as Excel takes in a cell; a pattern that goes back over digits would not end."""
    assert in_words(outward.masked("1" * 32766 + "王"), "zh") == "〔32767字文字〕"
    assert in_words(outward.masked("1 " * 16383 + "王"), "zh") == "〔32767字文字〕"


# CSV


def table(texts: list[str]) -> str:
    """A CSV file with one row for each text: its number, the text, and a negative score."""
    rows = [{"number": number, "text": text, "score": -1.5} for number, text in enumerate(texts)]
    return "".join(csv_file.csv(rows, {"number": "序号", "text": "=文字", "score": "得分"}))


def test_a_csv_file_is_read_back_as_the_texts_and_numbers_and_nothing_begins_a_formula() -> None:
    content = table(list(HOSTILE))
    assert content.encode("utf-8").startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""))
    assert head == ["序号", "'=文字", "得分"]
    assert rows == [[str(number), cell, "-1.5"] for number, cell in enumerate(HOSTILE.values())]


def test_a_value_that_is_not_there_is_an_empty_cell_and_numbers_are_not_text() -> None:
    rows = [{"a": None, "b": -3, "c": 0.1}, {"b": 1e-7}]
    assert list(csv_file.csv(rows, {"a": "甲", "b": "乙", "c": "丙"})) == [
        "\ufeff甲,乙,丙\r\n",
        ",-3,0.1\r\n",
        ",1e-07,\r\n",
    ]


@given(st.lists(st.text(alphabet=st.characters() | st.sampled_from("=+-@\"',;\t\r\n ＝")), min_size=1))
def test_no_text_makes_a_cell_that_begins_as_a_formula_or_another_row(texts: list[str]) -> None:
    _, *rows = csv.reader(io.StringIO(table(texts), newline=""))
    assert len(rows) == len(texts)
    for row in rows:
        assert len(row) == 3
        assert not row[1].lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_libreoffice_opens_the_csv_file_with_no_formula_and_no_link(
    engine_named: Callable[[str], Engine], tmp_path: Path
) -> None:
    engine_named("libreoffice")  # skips where there is none
    bare = "\ufeff" + "".join(f'"{text}"\r\n' for text in ("=1+1", "+1+1"))
    assert formulas(converted(bare, tmp_path / "bare")), "a text that is not guarded becomes a formula here"

    package = converted(table(list(HOSTILE)), tmp_path / "guarded")
    assert formulas(package) == {}
    assert "hyperlink" not in "".join(
        str(package[name], "utf-8") for name in package if name.endswith((".xml", ".rels"))
    )
    strings = ["".join(item.itertext()) for item in ElementTree.fromstring(package["xl/sharedStrings.xml"])]
    assert set(HOSTILE.values()) <= set(strings)


def converted(content: str, folder: Path) -> dict[str, bytes]:
    """A CSV file as LibreOffice opens it and saves it as a workbook: the parts of the package."""
    folder.mkdir()
    (folder / "table.csv").write_text(content, encoding="utf-8", newline="")
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice is not None
    command = [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
    command += ["--infilter=Text - txt - csv (StarCalc):44,34,76,1", "--convert-to", "xlsx", "--outdir", str(folder)]
    subprocess.run([*command, str(folder / "table.csv")], check=True, capture_output=True, timeout=120)
    return parts_of((folder / "table.xlsx").read_bytes())


# JUnit


def report(verdict: str, code: str, text: str, **changes: Any) -> dict[str, Any]:
    """What `check --json` says of a file, as far as JUnit takes it; `text` stands wherever a unit's words may."""
    severity = "info" if verdict == "accept" else "error"
    findings = [
        {"code": "date-1904", "severity": "info", "sheet": "", "cell": "", "message": "日期已换算"},
        {"code": code, "severity": severity, "sheet": "数据填报", "cell": "F8", "message": f"填的是“{text}”"},
    ]
    made = {"file": f"{text}.xlsx", "verdict": verdict, "code": code, "scheme": "small-2024", "findings": findings}
    return {**made, **changes}


def suite_of(reports: list[dict[str, Any]]) -> ElementTree.Element:
    """The one test suite of a JUnit file, as a reader of XML has it."""
    stream = io.BytesIO()
    junit.write(iter(reports), stream)
    root = ElementTree.fromstring(stream.getvalue())
    assert root.tag == "testsuites"
    (suite,) = root
    assert {key: value for key, value in suite.attrib.items() if key != "name"} == root.attrib
    return suite


def test_each_file_is_a_test_case_and_its_verdict_an_error_a_failure_or_nothing() -> None:
    suite = suite_of(
        [
            report("reject", "damaged", "甲", scheme=""),
            report("flag", "invalid", "乙"),
            report("accept", "ok", "丙"),
            report("accept", "ok", "丁", findings=[]),
        ]
    )
    assert suite.attrib == {"name": "xl-kpi", "tests": "4", "failures": "1", "errors": "1", "skipped": "0"}
    assert [case.attrib for case in suite] == [
        {"name": "甲.xlsx", "classname": "xl-kpi"},
        {"name": "乙.xlsx", "classname": "small-2024"},
        {"name": "丙.xlsx", "classname": "small-2024"},
        {"name": "丁.xlsx", "classname": "small-2024"},
    ]
    said = [[(part.tag, part.attrib, part.text) for part in case] for case in suite]
    assert said == [
        [("error", {"type": "damaged", "message": "填的是“甲”"}, "info 日期已换算\nerror 数据填报!F8 填的是“甲”")],
        [("failure", {"type": "invalid", "message": "填的是“乙”"}, "info 日期已换算\nerror 数据填报!F8 填的是“乙”")],
        [("system-out", {}, "info 日期已换算\ninfo 数据填报!F8 填的是“丙”")],
        [],
    ]


@every_text
def test_junit_is_read_back_as_the_text_and_nothing_of_it_is_markup(text: str) -> None:
    (case,) = suite_of([report("flag", "invalid", text)])
    seen = outward.plain(text)
    assert case.attrib == {"name": f"{seen}.xlsx", "classname": "small-2024"}
    (failure,) = case
    assert failure.attrib == {"type": "invalid", "message": f"填的是“{seen}”"}
    assert failure.text == f"info 日期已换算\nerror 数据填报!F8 填的是“{seen}”"
    assert list(failure) == []


@given(st.text(alphabet=st.characters()))
def test_any_text_makes_valid_junit(text: str) -> None:
    assert len(suite_of([report("reject", "damaged", text), report("accept", "ok", text)])) == 2


def test_the_reports_of_a_long_run_are_taken_one_by_one() -> None:
    """Each report is gone before the next but one is made, so that memory does not grow with the number of files."""
    alive = 0
    most = 0

    class Watched(dict[str, Any]):
        def __init__(self) -> None:
            nonlocal alive, most
            super().__init__(report("flag", "invalid", "甲"))
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def reports() -> Iterator[Watched]:
        for _ in range(1000):
            yield Watched()

    stream = io.BytesIO()
    junit.write(reports(), stream)
    assert stream.getvalue().count(b"<testcase ") == 1000
    assert most <= 2


def test_no_reports_are_an_empty_suite() -> None:
    assert suite_of([]).attrib["tests"] == "0"


# workbooks

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def parts_of(package: bytes) -> dict[str, bytes]:
    """The parts of a package by name."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sheets_of(parts: dict[str, bytes]) -> dict[str, ElementTree.Element]:
    """The worksheets of a package as trees, by part."""
    return {
        name: ElementTree.fromstring(part)
        for name, part in parts.items()
        if posixpath.dirname(name) == "xl/worksheets" and name.endswith(".xml")
    }


def formulas(parts: dict[str, bytes]) -> dict[tuple[str, str], str | None]:
    """Every formula of a package by part and cell."""
    return {
        (part, cell.attrib["r"]): formula.text
        for part, tree in sheets_of(parts).items()
        for cell in tree.iter(f"{MAIN}c")
        for formula in cell.iter(f"{MAIN}f")
    }


def links(parts: dict[str, bytes]) -> dict[str, object]:
    """Whatever leads from a package elsewhere: its relationships, and the hyperlinks of its sheets."""
    relationships: dict[str, object] = {name: part for name, part in parts.items() if name.endswith(".rels")}
    return relationships | {
        part: [link.attrib for link in tree.iter(f"{MAIN}hyperlink")] for part, tree in sheets_of(parts).items()
    }


def texts(parts: dict[str, bytes]) -> list[tuple[str | None, str]]:
    """Every shared text that a cell of a package holds, with the type of the cell."""
    table = ElementTree.fromstring(parts["xl/sharedStrings.xml"])
    strings = ["".join(item.text or "" for item in entry.iter(f"{MAIN}t")) for entry in table]
    return [
        (cell.get("t"), strings[int(cell.findtext(f"{MAIN}v") or "")])
        for tree in sheets_of(parts).values()
        for cell in tree.iter(f"{MAIN}c")
        if cell.get("t") == "s"
    ]


@cache
def blank() -> bytes:
    """A blank workbook of the small scheme."""
    return api.build(api.scheme(str(SMALL)))


@every_text
@pytest.mark.xdist_group("small")
def test_a_units_name_in_its_workbook_adds_no_formula_and_no_link(text: str) -> None:
    if {"Cc", "Cs"} & set(map(unicodedata.category, text)):
        with pytest.raises(XlKpiError, match="控制字符"):
            api.build(api.scheme(str(SMALL)), unit=text)
        return
    parts = parts_of(api.build(api.scheme(str(SMALL)), unit=text, code=text))
    assert formulas(parts) == formulas(parts_of(blank()))
    assert links(parts) == links(parts_of(blank()))
    assert ("s", text.strip()) in texts(parts)


@every_text
@pytest.mark.xdist_group("small")
def test_a_text_filled_in_adds_no_formula_and_no_link_before_or_after_recalculation(
    text: str, tmp_path: Path
) -> None:
    path = tmp_path / "工作簿.xlsx"
    path.write_bytes(blank())
    kinds = {item["id"]: item["kind"] for item in api.workbook_map(path, str(SMALL))["inputs"]}
    inputs = list(kinds)
    # What says a number is one where a number is asked for.
    numbers = text in ("+1", "-1", "＋1", "－1")
    kept = [node for node, kind in kinds.items() if not (numbers and kind in ("number", "count"))]
    if "Cs" in map(unicodedata.category, text):
        with pytest.raises(XlKpiError, match="无效字符"):
            api.fill(path, dict.fromkeys(inputs, text), str(SMALL))
        return
    path.write_bytes(api.fill(path, dict.fromkeys(inputs, text), str(SMALL)))
    for package in (path.read_bytes(), api.recalculated(path, str(SMALL))):
        parts = parts_of(package)
        assert formulas(parts) == formulas(parts_of(blank()))
        assert links(parts) == links(parts_of(blank()))
        written = [(kind, one_line_end(found)) for kind, found in texts(parts)]
        assert written.count(("s", one_line_end(escaped(text)))) == len(kept)


def escaped(text: str) -> str:
    """A text as Excel writes what XML cannot hold."""
    return "".join(f"_x{ord(char):04X}_" if ord(char) < 32 and char not in "\t\n\r" else char for char in text)


def one_line_end(text: str) -> str:
    """A text with every line end the same: XML does not keep them apart."""
    return text.replace("_x000D_", "\r").replace("\r\n", "\n").replace("\r", "\n")
