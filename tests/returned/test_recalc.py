"""`xl-kpi recalc` writes what formulas come to into a workbook, and nothing else of it changes.

What changed is looked for in the bytes by a reading of its own here; what formulas come to is worked out by other
engines, or by hand in tests/cases.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from bulk_files import SMALL, part_of, returned, with_cell
from opened import MAIN, Opened
from typical_cases import TYPICAL, typical_case
from zips import parts_of, zipped

import xl_kpi
from xl_kpi import api, cli, engines
from xl_kpi.engines.base import CellError, Engine, Value
from xl_kpi.engines.formualizer import recalculated_package
from xl_kpi.findings import WorkbookError

Save = Callable[[Mapping[str, bytes]], dict[str, bytes]]  # see tests/conftest.py


@cache
def stale(scheme: str) -> bytes:
    """A workbook filled by a program: its formulas still show what they showed when it was blank."""
    case = typical_case(scheme)
    return api.fill(("", api.build(case.settled)), case.answers)


def recalculated(content: bytes, engine: str = "native", scheme_file: str = "") -> bytes:
    return api.recalculated(("甲单位.xlsx", content), scheme_file, engine)


def small_recalculated(content: bytes, engine: str = "native") -> bytes:
    return recalculated(content, engine, str(SMALL))


# an independent reading of what is not to change

_CELL_WITH_FORMULA = re.compile(
    rb"<(?P<p>(?:x:)?)c(?P<attributes>(?: [a-z]+=\"[^\"<]*\")*) ?>"
    rb"(?P<formula><(?P=p)f(?:/>| [^<>]*/>|[^<>]*>[^<]*</(?P=p)f>))"
    rb"(?:<(?P=p)v ?/>|<(?P=p)v>[^<]*</(?P=p)v>)?</(?P=p)c>"
)


def without_values(xml: bytes) -> bytes:
    """A sheet with the values and types of the cells that hold formulas taken out; a chart without its numbers."""

    def bare(cell: re.Match[bytes]) -> bytes:
        attributes = re.sub(rb' t="[a-z]+"', b"", cell["attributes"])
        return b"<c" + attributes + b">" + cell["formula"] + b"</c>"

    if b"chartSpace" in xml:
        numbers = re.compile(rb"<c:numCache>.*?</c:numCache>", re.DOTALL)
        return numbers.sub(lambda cache: re.sub(rb"<c:v>[^<]*</c:v>", b"<c:v/>", cache[0]), xml)
    emptied, count = _CELL_WITH_FORMULA.subn(bare, xml)
    assert count == len(re.findall(rb"<(?:x:)?f[ >/]", xml)), "a formula was passed over"
    return emptied


def changed_parts(before: bytes, after: bytes) -> set[str]:
    """The sheets and charts that differ, in nothing but values of formulas; the entries are alike in all else.

    The time of an entry that was filled in and not recalculated says so; it goes.
    """
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(after)) as new:
        assert new.testzip() is None
        assert [_entry(info) for info in old.infolist()] == [_entry(info) for info in new.infolist()]
        assert old.comment == new.comment
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
        for name in changed:
            assert name.startswith(("xl/worksheets/", "xl/charts/")), name
            assert without_values(old.read(name)) == without_values(new.read(name)), name
    return changed


def _entry(info: zipfile.ZipInfo) -> tuple[object, ...]:
    made = (info.create_system, info.external_attr, info.internal_attr)
    time = (1980, 1, 1, 0, 0, 0) if info.date_time == (1980, 1, 2, 3, 4, 6) else info.date_time
    return (info.filename, time, info.compress_type, info.comment, info.extra, *made)


def formula_values(content: bytes) -> dict[str, tuple[str, str | None]]:
    """The type and value stored with every formula."""
    return {
        f"{sheet}!{cell.name}": (cell.kind, cell.value)
        for sheet, cells in Opened(content).cells.items()
        for cell in cells.values()
        if cell.formula is not None
    }


def apart(left: bytes, right: bytes) -> list[str]:
    """The formula cells whose values differ between two workbooks, numbers by more than a rounding error."""
    one, other = formula_values(left), formula_values(right)
    assert one.keys() == other.keys()
    return [at for at in one if not _alike(one[at], other[at])]


def _alike(left: tuple[str, str | None], right: tuple[str, str | None]) -> bool:
    if left[0] == right[0] == "n" and left[1] and right[1]:
        return abs(float(left[1]) - float(right[1])) <= 1e-9 * max(1.0, abs(float(left[1])))
    return left[0] == right[0] and (left[1] or "") == (right[1] or "")


# every scheme, every way of writing


@pytest.mark.parametrize("scheme", TYPICAL)
@pytest.mark.xdist_group("recalc")
def test_values_are_those_another_engine_gives_and_nothing_else_changes(scheme: str) -> None:
    done = recalculated(stale(scheme))
    assert changed_parts(stale(scheme), done)
    assert apart(done, recalculated_package(stale(scheme))) == []
    outputs = api.workbook_map(("a.xlsx", done))["outputs"]
    expected, values = typical_case(scheme).expected, formula_values(done)
    assert float(values[outputs["total"]][1] or "nan") == expected["total"]
    assert values[outputs["grade"]] == ("str", expected["grade"])
    assert recalculated(done) == done


@pytest.mark.parametrize("engine", ["formulas", "formualizer", "libreoffice"])
def test_another_engine_writes_the_same_values_to_the_byte(
    engine: str, engine_named: Callable[[str], Engine]
) -> None:
    engine_named(engine)
    content = returned("甲单位", calculated=False)
    done = small_recalculated(content, engine)
    assert apart(done, small_recalculated(content)) == []
    assert changed_parts(content, done) == changed_parts(content, small_recalculated(content))
    assert small_recalculated(done, engine) == done


Parts = dict[str, str]
SHEETS = re.compile(r"xl/worksheets/[^/]*\.xml")


def prefixed(parts: Parts) -> None:
    """`x:` before every element, as the Open XML SDK writes."""
    for name, xml in parts.items():
        if re.fullmatch(r"xl/(workbook|styles|worksheets/[^/]*)\.xml", name):
            xml = re.sub(r"<(?=/?[A-Za-z])(/?)", r"<\1x:", xml)
            parts[name] = xml.replace(f'xmlns="{MAIN[1:-1]}"', f'xmlns:x="{MAIN[1:-1]}"')


def shared(parts: Parts) -> None:
    """Texts that formulas show in the table too, and three formulas as one: as WPS and Excel may write."""
    texts = parts["xl/sharedStrings.xml"].split("<si>")
    texts[-1] = texts[-1].removesuffix("</sst>")

    def moved(found: re.Match[str]) -> str:
        texts.append(f'<t xml:space="preserve">{found[3]}</t></si>')
        return f'{found[1]} t="s">{found[2]}<v>{len(texts) - 2}</v></c>'

    cell = r'(<c r="[A-Z]+\d+"(?: s="\d+")?) t="str">(<f>[^<]*</f>)<v>([^<]*)</v></c>'
    for name in filter(SHEETS.fullmatch, parts):
        parts[name] = re.sub(cell, moved, parts[name])
    parts["xl/sharedStrings.xml"] = "<si>".join(texts) + "</sst>"
    one = r'(<c r="H8"[^>]*><f)(>.*?</f>.*?<c r="H9"[^>]*><f)>.*?(</f>.*?<c r="H10"[^>]*><f)>.*?</f>'
    by = r'\1 t="shared" ref="H8:H10" si="0"\2 t="shared" si="0">\3 t="shared" si="0"/>'
    parts[part_of("数据填报")], count = re.subn(one, by, parts[part_of("数据填报")], flags=re.DOTALL)
    assert count == 1


def inline(parts: Parts) -> None:
    """Texts in the cells themselves and no table, as openpyxl writes."""
    texts = re.findall(r"<si>(<t.*?</t>)</si>", parts.pop("xl/sharedStrings.xml"), re.DOTALL)
    for name in filter(SHEETS.fullmatch, parts):
        parts[name] = re.sub(
            r' t="s"><v>(\d+)</v>', lambda found: f' t="inlineStr"><is>{texts[int(found[1])]}</is>', parts[name]
        )
    for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        parts[name], count = re.subn(r"<(?:Override|Relationship) [^>]*sharedStrings[^>]*/>", "", parts[name])
        assert count == 1


def in_other_words(parts: Parts) -> None:
    """Attributes of other namespaces, comments, line ends, cells written out in full."""
    foreign = 'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
    for name in filter(SHEETS.fullmatch, parts):
        xml = (
            parts[name]
            .replace("<worksheet ", f"<worksheet {foreign} ")
            .replace("<row ", '<row x14ac:dyDescent="0.15" ')
        )
        xml = re.sub(r"(<c r=\"[A-Z]+\d+\"(?: s=\"\d+\")?)>(<f>[^<]*</f><v>)", r'\1 t="n" cm="0">\2', xml)
        parts[name] = re.sub(r"(</row>)", r"\1<!-- 备注 <c r=\"A1\"> -->\n", xml)


@pytest.mark.parametrize("change", [prefixed, shared, inline, in_other_words])
def test_what_other_programs_write_otherwise_stays_as_they_write_it(change: Callable[[Parts], None]) -> None:
    content = rewritten(returned("甲单位", calculated=False), change)
    done = small_recalculated(content)
    assert changed_parts(content, done)
    assert formula_values(done) == formula_values(returned("甲单位"))
    assert api.check(("甲单位.xlsx", done), str(SMALL)).verdict == "accept"
    assert small_recalculated(done) == done


def rewritten(content: bytes, change: Callable[[Parts], None]) -> bytes:
    """A workbook written in another way."""
    parts = {name: xml.decode() for name, xml in parts_of(content).items()}
    change(parts)
    return zipped(parts)


@pytest.mark.xdist_group("recalc")
def test_what_libreoffice_saved_stays_as_it_wrote_it(saved_by_libreoffice: Save) -> None:
    saved = saved_by_libreoffice({"a": stale("zaozhuang-blood-2022")})["a"]
    spoilt = io.BytesIO()  # every number that its formulas show is made 1, and has to come back
    with zipfile.ZipFile(io.BytesIO(saved)) as old, zipfile.ZipFile(spoilt, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            number = rb'(<c [^>]*?)( t="n")?(>(?:<f[^>]*>)[^<]*</f><v>)[-0-9.E]+</v>'
            new.writestr(info, re.sub(number, rb"\1\2\g<3>1</v>", old.read(info)))
    done = recalculated(spoilt.getvalue())
    assert changed_parts(spoilt.getvalue(), done)
    assert apart(done, saved) == []
    assert recalculated(done) == done


def test_the_archive_keeps_order_times_attributes_and_comments() -> None:
    draw = random.Random(5)
    content = returned("甲单位", calculated=False)
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        entries = [(info.filename, old.read(info)) for info in old.infolist()]
    draw.shuffle(entries)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        new.comment = "枣庄".encode()
        for name, xml in entries:
            info = zipfile.ZipInfo(name, (draw.randint(1981, 2030), 2, 3, 4, 5, 6))
            info.compress_type = draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
            info.external_attr, info.create_system = draw.choice([0, 0o644 << 16]), draw.choice([0, 3])
            info.comment = draw.choice([b"", b"note"])
            new.writestr(info, xml)
    done = small_recalculated(made.getvalue())
    assert changed_parts(made.getvalue(), done)
    assert formula_values(done) == formula_values(returned("甲单位"))


# what an engine can say


class Saying:
    """An engine that says what it is told to of some cells."""

    name = "formulas"

    def __init__(self, said: dict[str, Value]) -> None:
        self._said = said

    def recalculate(self, workbooks: list[bytes]) -> list[dict[str, Value]]:
        return [self._said for _ in workbooks]


@pytest.mark.parametrize(
    ("value", "kind", "stored"),
    [
        (12.5, "n", "12.5"),
        (-0.0, "n", "0"),
        (1e-7, "n", "0.0000001"),
        (45596.0, "n", "45596"),
        ("合格 & <优秀>", "str", "合格 & <优秀>"),
        (" ", "str", " "),
        ("95", "str", "95"),
        ("", "str", ""),
        (None, "n", None),
        (True, "b", "1"),
        (False, "b", "0"),
        (CellError("#DIV/0!"), "e", "#DIV/0!"),
        (CellError("#N/A"), "e", "#N/A"),
    ],
)
@pytest.mark.parametrize("change", [dict.copy, prefixed, in_other_words])
def test_every_kind_of_value_is_stored_as_its_kind(
    value: Value, kind: str, stored: str | None, change: Callable[[Parts], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = rewritten(returned("甲单位"), change)
    monkeypatch.setattr(engines, "named", lambda name: Saying({"汇总!D7": value, "汇总!B14": value}))
    done = small_recalculated(content, "formulas")
    assert changed_parts(content, done) == {part_of("汇总")}
    before, after = formula_values(content), formula_values(done)
    assert {at for at in after if before[at] != after[at]} == {"汇总!D7", "汇总!B14"}
    for at in ("汇总!D7", "汇总!B14"):  # a number before, and a text
        assert (after[at][0], (after[at][1] or "") or None) == (kind, stored or None)
    assert Opened(done).at("汇总!D7").formula == "ROUND(SUM(D5:D6),2)"


def test_an_error_that_libreoffice_finds_is_written_as_one(engine_named: Callable[[str], Engine]) -> None:
    engine_named("libreoffice")
    content = with_cell(returned("甲单位"), "汇总!E7", "<f>D7/0</f><v>0.675</v>")
    values = formula_values(small_recalculated(content, "libreoffice"))
    assert (values["汇总!E7"], values["封面!C12"]) == (("e", "#DIV/0!"), ("e", "#DIV/0!"))


@pytest.mark.parametrize("engine", ["formulas", "formualizer"])  # LibreOffice says #VALUE! of a circle: a value
def test_a_file_an_engine_cannot_calculate_is_not_written(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = with_cell(returned("甲单位"), "汇总!D7", "<f>D7+1</f><v>67.5</v>")
    path = tmp_path / "甲.xlsx"
    path.write_bytes(content)
    code = cli.main(["recalc", str(path), "--in-place", "--engine", engine, "--scheme", str(SMALL)])
    said = capsys.readouterr()
    assert (code, said.out, path.read_bytes()) == (1, "", content)
    assert "无法计算" in said.err


# what is wrong with a file stays wrong


def test_a_number_in_place_of_a_formula_stays_and_is_still_found() -> None:
    content = with_cell(returned("甲单位", {"t2.ontime": 0.9}, calculated=False), "汇总!D7", "<v>99</v>")
    done = small_recalculated(content)
    assert changed_parts(content, done)
    assert Opened(done).at("汇总!D7") == Opened(content).at("汇总!D7")
    # 67.5 with 20 instead of 16 points for t2: the first group has 50 of its 70, and the sum is still the plan's.
    assert formula_values(done)["汇总!D5"] == ("n", "50")
    found = {(f.code, f.sheet, f.cell) for f in api.check(("甲单位.xlsx", done), str(SMALL)).findings}
    assert ("formula-changed", "汇总", "D7") in found
    assert "stale" not in {code for code, _, _ in found}


def test_what_is_not_ours_has_findings_and_no_bytes() -> None:
    with pytest.raises(WorkbookError) as caught:
        recalculated(b"PK")
    assert caught.value.findings


# in place, killed in the middle


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 是 POSIX 的概念")
@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_killed_in_the_middle_leaves_each_file_old_or_new_and_whole(workers: int, tmp_path: Path) -> None:
    draw = random.Random(workers)
    olds = {f"{number:02d}.xlsx": returned(f"单位{number}", calculated=False) for number in range(24)}
    news = {name: small_recalculated(content) for name, content in olds.items()}
    command = [sys.executable, "-m", "xl_kpi", "recalc", str(tmp_path), "--in-place"]
    command += ["--workers", str(workers), "--scheme", str(SMALL)]
    environment = {**os.environ, "PYTHONPATH": str(Path(xl_kpi.__file__).parents[1])}
    half_done = 0
    for _ in range(4):
        for name, content in olds.items():
            (tmp_path / name).write_bytes(content)
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        assert run.stdout is not None
        for _ in range(draw.randint(1, len(olds) // 2)):  # so many files are done
            run.stdout.readline()
        time.sleep(draw.uniform(0, 0.02))
        run.kill()
        run.communicate()
        written = [name for name in olds if (tmp_path / name).read_bytes() == news[name]]
        assert all((tmp_path / name).read_bytes() == olds[name] for name in olds.keys() - set(written))
        half_done += 0 < len(written) < len(olds)
        left = {path.name for path in tmp_path.iterdir()} - olds.keys()
        assert not [name for name in left if name.endswith(".xlsx")], "what is left would be taken for a workbook"
        for name in left:
            (tmp_path / name).unlink()
    assert half_done, "no round was killed in the middle"
    assert subprocess.run(command, stdout=subprocess.DEVNULL, env=environment).returncode == 0
    assert {name: _digest((tmp_path / name).read_bytes()) for name in news} == {
        name: _digest(content) for name, content in news.items()
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
