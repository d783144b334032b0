"""Many returned files at once: who works on them, what befalls the workers, and what the files say about each other."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
from bulk_files import SMALL, resaved, returned, small, too_wide, with_cell, with_meta, with_text
from dask_cluster import kill_who_writes
from returns_functions import Befallen, Watched

from xl_kpi import api
from xl_kpi.api import ANY, Asked, Crew, Source
from xl_kpi.bulk import returns
from xl_kpi.findings import SchemeError

bulk = pytest.mark.xdist_group("bulk")
posix = pytest.mark.skipif(sys.platform == "win32", reason="信号是 POSIX 的概念")
HERE = Crew(0)

Files = Mapping[str, bytes]
Row = dict[str, Any]  # with the keys of `xl-kpi check --json`


def check(files: Sequence[Source] | Files, asked: Asked = ANY, crew: Crew = HERE, **more: Any) -> list[Row]:
    """The verdicts on files, given by name or as sources."""
    sources = list(files.items()) if isinstance(files, Mapping) else files
    return list(rows_of(sources, str(SMALL), asked, crew=crew, **more))


def rows_of(*given: Any, **more: Any) -> Iterator[Row]:
    """The same, as they come."""
    with closing(api.check_all(*given, **more)) as reports:  # type: ignore[type-var]  # it is a generator
        for report in reports:
            yield report.as_json("zh")


def verdicts(rows: Sequence[Row]) -> dict[str, tuple[str, str, str | None]]:
    """Of each file its verdict, code and the file of which it is a copy."""
    return {row["file"]: (row["verdict"], row["code"], row["duplicate_of"]) for row in rows}


def messages(row: Row, code: str) -> list[str]:
    """What a row says under a code."""
    return [found["message"] for found in row["findings"] if found["code"] == code]


POISON = "毒.xlsx"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of every verdict, three of one unit, and one at which a native library aborts."""
    inside = tmp_path_factory.mktemp("收回")
    for number in range(12):
        (inside / f"{number:02d}.xlsx").write_bytes(api.build(small(), f"单位{number}"))
    (inside / "03.xlsx").write_bytes(returned("单位3"))
    (inside / "05.xlsx").write_bytes(b"<html>")
    (inside / "08.xlsx").write_bytes(returned("单位3", {"t3.accidents": 2}))
    (inside / "09.xlsx").write_bytes(b"")
    (inside / "10.xlsx").write_bytes((inside / "03.xlsx").read_bytes())
    (inside / POISON).write_bytes(too_wide())
    (inside / "small.yaml").write_bytes(SMALL.read_bytes())
    return inside


def sources_of(folder: Path) -> list[Source]:
    """The files of a folder, those that will be poison not at an end."""
    paths: list[Source] = sorted(folder.glob("*.xlsx"))
    return [*paths[4:], *paths[:4]]


# a poisonous file


@bulk
@posix
def test_a_poisonous_file_costs_only_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process killed, a native library that aborts, an exception: each hits one file, its neighbours are unharmed."""
    monkeypatch.setattr(returns, "_CHUNK", 4)
    clean = check(sources_of(folder))
    rows = check(
        sources_of(folder), crew=Befallen(2, victims={"06.xlsx": "kill", POISON: "abort", "01.xlsx": "raise"})
    )
    why = {"06.xlsx": "处理进程意外终止", POISON: "处理进程意外终止", "01.xlsx": "LookupError"}
    assert [row for row in rows if row["file"] not in why] == [row for row in clean if row["file"] not in why]
    assert [row["file"] for row in rows] == [row["file"] for row in clean]
    for row in rows:
        if row["file"] in why:
            assert (row["verdict"], row["code"]) == ("reject", "unprocessable")
            assert messages(row, "unprocessable")[0].startswith(f"{row['file']} 处理失败：{why[row['file']]}。")
    assert "张三丰" not in json.dumps(rows, ensure_ascii=False)


def test_a_single_file_too_is_opened_only_by_the_crew() -> None:
    crew = Watched(0)
    check({"a.xlsx": returned("甲")}, crew=crew)
    assert crew.drawn == [("_known", "a.xlsx"), ("checked", "a.xlsx")]


@bulk
@posix
def test_recalculating_too_isolates_each_file(folder: Path) -> None:
    clean = list(api.recalculate_all(sources_of(folder), str(SMALL), crew=HERE))
    results = list(api.recalculate_all(sources_of(folder), str(SMALL), crew=Befallen(1, victims={"06.xlsx": "kill"})))
    at = [source.name if isinstance(source, Path) else "" for source in sources_of(folder)].index("06.xlsx")
    assert results[:at] + results[at + 1 :] == clean[:at] + clean[at + 1 :]
    lost = results[at]
    assert isinstance(lost, tuple)
    assert [found.code for found in lost] == ["unprocessable"]
    assert sum(isinstance(result, bytes) for result in results) == 9


# on a cluster


@pytest.mark.xdist_group("cluster")
@pytest.mark.skipif(find_spec("distributed") is None, reason="没有安装 distributed（xl-kpi[cluster]）")
@posix
@pytest.mark.parametrize("ship", [False, True], ids=["paths", "bytes"])
def test_a_cluster_says_the_same_even_when_a_worker_is_killed(
    folder: Path, cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ship: bool
) -> None:
    """Its workers work in another folder: what is named from here is found there."""
    monkeypatch.setattr(returns, "_CHUNK", 4)
    monkeypatch.chdir(folder)
    sources: list[Source] = [source.relative_to(folder) for source in sources_of(folder) if isinstance(source, Path)]
    pid = tmp_path / "pid"
    killer = threading.Thread(target=kill_who_writes, args=(pid,))
    killer.start()
    crew = Befallen(None, cluster, ship, {"06.xlsx": "pid"}, str(pid))
    rows = list(rows_of(sources, "small.yaml", crew=crew))
    killer.join()
    assert pid.exists(), "nobody was killed"
    assert rows == list(rows_of(sources, "small.yaml", crew=HERE))
    assert {row["verdict"] for row in rows} == {"flag", "reject"}


# copies and conflicts


def test_the_same_bytes_twice_count_once() -> None:
    book = returned("甲")
    rows = check({"a.xlsx": book, "b.xlsx": book})
    assert verdicts(rows) == {"a.xlsx": ("accept", "ok", None), "b.xlsx": ("accept", "ok", "a.xlsx")}
    assert [found["code"] for found in rows[0]["findings"]] == []
    assert messages(rows[1], "duplicate") == ["与 a.xlsx 的填报内容完全相同，只计一份"]
    assert [row["total"] for row in rows] == [67.5, 67.5]


def test_the_same_answers_saved_anew_count_once_and_each_keeps_its_verdict() -> None:
    stored = returned("甲", calculated=False)
    files = {
        "1 原样.xlsx": stored,
        "2 另存.xlsx": resaved(stored),
        "3 重算.xlsx": api.recalculated(("", stored), str(SMALL)),
    }
    assert len(set(files.values())) == 3
    assert verdicts(check(files)) == {
        "1 原样.xlsx": ("accept", "ok", None),
        "2 另存.xlsx": ("accept", "ok", "1 原样.xlsx"),
        "3 重算.xlsx": ("accept", "ok", "1 原样.xlsx"),
    }


def test_a_text_that_says_a_number_is_another_answer() -> None:
    rows = check({"数.xlsx": returned("甲"), "文字.xlsx": with_text(returned("甲"), "数据填报!E16", "1起")})
    assert [row["verdict"] for row in rows] == ["flag", "flag"]
    assert all(messages(row, "conflict") for row in rows)
    assert [row["invalid"] for row in rows] == [0, 1]


def test_different_answers_of_one_unit_are_both_flagged_and_name_each_other() -> None:
    files = {"a.xlsx": returned("甲"), "b.xlsx": returned("乙"), "c.xlsx": returned("甲", {"t3.accidents": 2})}
    rows = check(files)
    assert verdicts(rows) == {
        "a.xlsx": ("flag", "conflict", None),
        "b.xlsx": ("accept", "ok", None),
        "c.xlsx": ("flag", "conflict", None),
    }
    assert "c.xlsx。" in messages(rows[0], "conflict")[0]
    assert "a.xlsx。" in messages(rows[2], "conflict")[0]
    assert [row["total"] for row in rows] == [67.5, 67.5, 62.5]  # each still says what it comes to


def test_of_three_files_two_alike_all_are_flagged_and_none_wins_by_numbers() -> None:
    files = {
        "a.xlsx": returned("甲"),
        "b.xlsx": returned("甲", {"t3.accidents": 2}),
        "c.xlsx": resaved(returned("甲")),
    }
    rows = check(files)
    assert {file: said[:2] for file, said in verdicts(rows).items()} == dict.fromkeys(files, ("flag", "conflict"))
    assert ["：b.xlsx。" in messages(rows[n], "conflict")[0] for n in (0, 2)] == [True, True]
    assert "：a.xlsx、c.xlsx。" in messages(rows[1], "conflict")[0]
    assert rows[2]["duplicate_of"] == "a.xlsx"


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "甲.xlsx" for folder in ("六月", "七月")]
    for path, changed in zip(paths, ({}, {"t3.accidents": 2}), strict=True):
        path.parent.mkdir()
        path.write_bytes(returned("甲", changed))
    rows = list(rows_of([*paths, ("乙.xlsx", returned("乙"))], str(SMALL), crew=HERE))
    assert [row["file"] for row in rows] == [*map(str, paths), "乙.xlsx"]
    assert f"：{paths[1]}。" in messages(rows[0], "conflict")[0]


def test_a_conflict_stands_before_what_else_flags_a_file() -> None:
    rows = check({"a.xlsx": returned("甲"), "b.xlsx": api.build(small(), "甲")})
    assert [row["findings"][0]["code"] for row in rows] == ["conflict", "conflict"]
    assert [row["verdict"] for row in rows] == ["flag", "flag"]


def test_a_rejected_file_beside_a_good_one_is_no_conflict() -> None:
    good = returned("甲")
    files = {
        "damaged.xlsx": good[:-500],
        "not-computable.xlsx": with_cell(
            returned("甲", {"t3.accidents": 2}), "数据填报!H16", "<f>甲乙丙(1)</f><v>1</v>"
        ),
        "other-unit.xlsx": with_text(good, "封面!C4", "乙"),
        "other-version.xlsx": with_meta(good, "version", "2"),
    }
    rows = check(files | {"ok.xlsx": good})
    assert [(row["verdict"], row["code"]) for row in rows[:-1]] == [
        ("reject", name.removesuffix(".xlsx")) for name in files
    ]
    assert verdicts(rows)["ok.xlsx"] == ("accept", "ok", None)
    assert not any(messages(row, "conflict") for row in rows)


def test_a_file_damaged_in_one_sheet_is_known_by_its_unit_and_contradicts_none() -> None:
    """Whose it is is said by parts that are whole; the others are looked into only when it is checked."""

    def damaged(book: bytes) -> bytes:
        before, mark, after = resaved(book).partition(b"<sheetData><row ")
        return before + mark + b"R" + after[1:]

    files = {
        "a.xlsx": damaged(returned("甲", {"t3.accidents": 2})),
        "b.xlsx": returned("甲"),
        "c.xlsx": damaged(returned("乙")),
        "d.xlsx": damaged(returned("甲")),
    }
    rows = check(files, Asked(units=("甲", "乙", "丙")))
    assert [(row["file"], row["unit"], row["verdict"], row["code"], row["duplicate_of"]) for row in rows] == [
        ("a.xlsx", "甲", "reject", "damaged", None),
        ("b.xlsx", "甲", "accept", "ok", None),
        ("c.xlsx", "乙", "reject", "damaged", None),
        ("d.xlsx", "甲", "reject", "damaged", None),
        ("", "丙", "reject", "missing-unit", None),
    ]
    assert not any(messages(row, "conflict") for row in rows)


@pytest.mark.parametrize("spelled", ["a医院", "A医院 ", " A 医院", "Ａ医院"])
def test_a_unit_is_the_same_however_it_is_spelled(spelled: str) -> None:
    """Case, spaces and full-width letters do not make two units of one."""
    names = {"A医院", spelled}
    same = check({"a.xlsx": returned("A医院"), "b.xlsx": returned(spelled)})
    assert [row["duplicate_of"] for row in same] == [None, "a.xlsx"], names
    different = check({"a.xlsx": returned("A医院"), "b.xlsx": returned(spelled, {"t3.accidents": 2})})
    assert [row["code"] for row in different] == ["conflict", "conflict"], names


def test_one_file_with_the_units_code_and_one_without_are_of_one_unit() -> None:
    rows = check({"a.xlsx": returned("甲"), "b.xlsx": returned("甲", {"t3.accidents": 2}, code="007")})
    assert [row["code"] for row in rows] == ["conflict", "conflict"]


def test_units_of_one_name_with_codes_of_their_own_are_two() -> None:
    rows = check(
        {"a.xlsx": returned("中心卫生院", code="1"), "b.xlsx": returned("中心卫生院", {"t3.accidents": 2}, code="2")}
    )
    assert [row["code"] for row in rows] == ["ok", "ok"]


def test_one_unit_in_two_years_is_no_conflict() -> None:
    years = {"2024.xlsx": returned("甲"), "2025.xlsx": returned("甲", {"t3.accidents": 2}, year=2025)}
    assert [(row["year"], row["code"]) for row in check(years)] == [(2024, "ok"), (2025, "ok")]


def test_a_file_that_is_rejected_as_not_asked_for_conflicts_with_none() -> None:
    files = {"a.xlsx": returned("甲"), "b.xlsx": returned("甲", {"t3.accidents": 2})}
    for asked in (Asked(year=2023), Asked(units=("乙",))):
        rows = check(files, asked)[:2]
        assert [row["verdict"] for row in rows] == ["reject", "reject"]
        assert [len(row["findings"]) for row in rows] == [1, 1], rows[0]["findings"]


# who is asked for


def test_units_that_handed_in_nothing_are_listed_and_others_rejected() -> None:
    files = {"a.xlsx": returned("甲"), "b.xlsx": returned("丁"), "c.xlsx": b""}
    rows = check(files, Asked(units=("甲", "乙", "丙")))
    assert [(row["file"], row["unit"], row["verdict"], row["code"]) for row in rows] == [
        ("a.xlsx", "甲", "accept", "ok"),
        ("b.xlsx", "丁", "reject", "other-unit"),
        ("c.xlsx", "", "reject", "empty-file"),
        ("", "乙", "reject", "missing-unit"),
        ("", "丙", "reject", "missing-unit"),
    ]
    assert len({tuple(row) for row in rows}) == 1, "some rows lack keys that others have"
    assert all("乙" in message for message in messages(rows[3], "missing-unit"))


def test_a_unit_whose_file_is_of_no_use_is_not_called_missing() -> None:
    rows = check({"a.xlsx": returned("甲", year=2025)}, Asked(year=2024, units=("甲",)))
    assert [(row["unit"], row["code"]) for row in rows] == [("甲", "other-year")]


def test_the_list_knows_a_unit_however_it_is_spelled() -> None:
    rows = check({"a.xlsx": returned("A医院")}, Asked(units=("a医院",)))
    assert [row["code"] for row in rows] == ["ok"]


def test_another_year_is_rejected_by_name() -> None:
    files = {"a.xlsx": returned("甲"), "b.xlsx": returned("乙", year=2025)}
    assert [row["code"] for row in check(files, Asked(year=2025))] == ["other-year", "ok"]
    assert [row["code"] for row in check(files, Asked(level="县"))] == ["ok", "ok"]  # this scheme has no levels


def test_another_level_is_rejected_by_name_and_one_unit_at_two_levels_or_in_two_schemes_is_no_conflict() -> None:
    settled = [
        api.scheme("cdc-emergency", "省"),
        api.scheme("cdc-emergency", "市"),
        api.scheme("zaozhuang-blood-2022"),
    ]
    books: list[Source] = [(f"{number}.xlsx", api.build(scheme, "甲")) for number, scheme in enumerate(settled)]
    assert [row["code"] for row in rows_of(books, crew=HERE)] == ["missing"] * 3
    rows = list(rows_of(books, asked=Asked(level="市"), crew=HERE))
    assert [row["code"] for row in rows] == ["other-level", "missing", "missing"]


# as they come


class Opened(Sequence[Source]):
    """Files of which it is noted how often each was asked for."""

    def __init__(self, files: Sequence[Source]) -> None:
        self._files = files
        self.asked = [0] * len(files)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: Any) -> Any:
        self.asked[index] += 1
        return self._files[index]


def test_a_verdict_is_there_before_the_last_file_is_looked_at_again() -> None:
    """The first pass takes hashes and owners of all files; the second, which reads them, does not run ahead."""
    files = Opened([(f"{number}.xlsx", api.build(small(), f"单位{number}")) for number in range(20)])
    rows = rows_of(files, str(SMALL), crew=HERE)
    for number in range(1, 20):
        next(rows)
        assert sum(asked > 1 for asked in files.asked) <= number + 1, files.asked
    rows.close()  # type: ignore[attr-defined]


@bulk
@posix
def test_memory_stays_flat_however_many_files_there_are(tmp_path: Path) -> None:
    sources: list[Source] = []
    for number in range(400):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(api.build(small(), f"单位{number}"))
        sources.append(path)
    here = psutil.Process()
    crew = Watched(2)
    before = here.memory_info().rss
    grown = heaviest = ahead = 0
    for number, row in enumerate(rows_of(sources, str(SMALL), crew=crew)):
        assert row["unit"] == f"单位{number}"
        if number % 20 == 0:
            grown = max(grown, here.memory_info().rss - before)
            heaviest = max([heaviest, *_weights(here)])
        ahead = max(ahead, len(crew.checked()) - number)
    assert number == 399
    assert ahead <= 4 * 2 * returns._CHUNK, "files are drawn only a few chunks ahead of the consumer"
    assert grown < 40 * 2**20, f"{grown >> 20} MB more here"
    assert 0 < heaviest < 300 * 2**20, f"{heaviest >> 20} MB in a worker"


def _weights(parent: psutil.Process) -> Iterator[int]:
    """What each worker holds: at its peak, where the system says so."""
    for child in parent.children():
        try:
            status = Path(f"/proc/{child.pid}/status").read_text()
        except OSError:
            yield 0
        else:
            peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
            yield int(peak) * 1024


# taking up a run that was broken off


def some(count: int = 6) -> dict[str, bytes]:
    """Files of units of their own, one of them rejected."""
    files = {f"{number}.xlsx": api.build(small(), f"单位{number}") for number in range(count)}
    return files | {"1.xlsx": b"<html>"}


def resumed(files: Files, journal: Path, **more: Any) -> tuple[list[Row], list[str]]:
    """The rows of a run with a journal, and which files were worked on."""
    crew = Watched(0)
    rows = check(files, crew=crew, journal=journal, **more)
    return rows, crew.checked()


@pytest.mark.parametrize("stopped", [1, 3, 5])
def test_what_was_finished_is_not_done_again(tmp_path: Path, stopped: int) -> None:
    files, journal = some(), tmp_path / "journal"
    rows = rows_of(list(files.items()), str(SMALL), crew=HERE, journal=journal)
    first = [next(rows) for _ in range(stopped)]
    rows.close()  # type: ignore[attr-defined]
    again, worked_on = resumed(files, journal)
    assert again == check(files)
    assert again[:stopped] == first
    assert worked_on == list(files)[stopped:]
    assert resumed(files, journal) == (again, [])


def test_a_changed_a_renamed_and_a_new_file_are_done_and_nothing_else(tmp_path: Path) -> None:
    files, journal = some(), tmp_path / "journal"
    resumed(files, journal)
    files["2.xlsx"] = returned("单位2")
    files["9.xlsx"] = files.pop("4.xlsx")
    files["0 新.xlsx"] = returned("新")
    files = dict(sorted(files.items()))
    rows, worked_on = resumed(files, journal)
    assert worked_on == ["0 新.xlsx", "2.xlsx", "9.xlsx"]
    assert rows == check(files)


def test_copies_and_conflicts_are_found_anew(tmp_path: Path) -> None:
    """They depend on the other files, so a finished row must not carry the old ones."""
    journal = tmp_path / "journal"
    both = {"a.xlsx": returned("甲"), "b.xlsx": returned("甲", {"t3.accidents": 2})}
    assert [row["code"] for row in resumed(both, journal)[0]] == ["conflict", "conflict"]
    rows, worked_on = resumed({"a.xlsx": both["a.xlsx"]}, journal)
    assert ([row["code"] for row in rows], worked_on) == (["ok"], [])


@pytest.mark.parametrize(
    "end",
    [b"", b"{", b'{"key": "', b'{"key": "0", "row": {"file": "\xe5', bytes(300)],
    ids=["nothing", "brace", "key", "half a character", "zeros"],
)
def test_a_line_that_was_half_written_is_passed_over(tmp_path: Path, end: bytes) -> None:
    files, journal = some(), tmp_path / "journal"
    resumed(files, journal)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]) + end)
    rows, worked_on = resumed(files, journal)
    assert (rows, worked_on) == (check(files), ["4.xlsx", "5.xlsx"])
    assert resumed(files, journal) == (rows, [])


@pytest.mark.parametrize("seed", range(5))
def test_a_journal_cut_anywhere_is_taken_up(tmp_path: Path, seed: int) -> None:
    files, journal = some(4), tmp_path / "journal"
    resumed(files, journal)
    whole = journal.read_bytes()
    journal.write_bytes(whole[: random.Random(seed).randrange(len(whole))])
    rows, worked_on = resumed(files, journal)
    assert rows == check(files)
    assert worked_on == list(files)[len(files) - len(worked_on) :]


@pytest.mark.parametrize(
    "damaged", [b"null", b"[]", b'{"key": []}', b'{"row": {}}', b"\xff\xfe", b"{}", b"", b"1" * 5000, bytes(50)]
)
def test_a_damaged_line_costs_only_itself(tmp_path: Path, damaged: bytes) -> None:
    files, journal = some(), tmp_path / "journal"
    resumed(files, journal)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], damaged + b"\n", *lines[4:]]))
    rows, worked_on = resumed(files, journal)
    assert (rows, worked_on) == (check(files), ["2.xlsx"])
    assert resumed(files, journal) == (rows, [])


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 a workbook", "单位,总分\n甲,67.5\n".encode(), b"\n", b"{}\n", bytes(9)]
)
def test_a_file_that_is_no_journal_is_not_written_over(tmp_path: Path, content: bytes) -> None:
    """A slip of the hand (--resume 甲.xlsx) must not cost a file."""
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(api.XlKpiError, match="不是进度文件"):
        resumed(some(2), path)
    assert path.read_bytes() == content


def test_another_question_does_not_get_an_old_answer(tmp_path: Path) -> None:
    files, journal = some(2), tmp_path / "journal"
    resumed(files, journal)
    every = list(files)
    for more in ({"asked": Asked(year=2024)}, {"asked": Asked(units=("单位0",))}, {"asked": Asked(level="县")}):
        assert resumed(files, journal, **more)[1] == every, more
        assert resumed(files, journal, **more)[1] == []
    assert resumed(files, journal)[1] == []


def test_another_version_or_scheme_does_not_get_an_old_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, journal, scheme = list(some(2).items()), tmp_path / "journal", tmp_path / "scheme.yaml"

    def worked_on() -> list[str]:
        crew = Watched(0)
        rows = list(rows_of(files, str(scheme), crew=crew, journal=journal))
        assert [row["file"] for row in rows] == ["0.xlsx", "1.xlsx"]
        return crew.checked()

    scheme.write_bytes(SMALL.read_bytes())
    assert worked_on() == ["0.xlsx", "1.xlsx"]
    assert worked_on() == []
    scheme.write_bytes(SMALL.read_bytes() + b"\n")
    assert worked_on() == ["0.xlsx", "1.xlsx"]
    monkeypatch.setattr(returns, "__version__", "9.9")
    assert worked_on() == ["0.xlsx", "1.xlsx"]
    assert worked_on() == []


def test_another_engine_does_not_get_an_old_answer(tmp_path: Path) -> None:
    files, journal = {"1.xlsx": b"<html>"}, tmp_path / "journal"
    resumed(files, journal)
    assert resumed(files, journal, engine="formulas")[1] == ["1.xlsx"]


def test_a_file_that_was_lost_is_tried_again(tmp_path: Path) -> None:
    files = {"0.xlsx": returned("甲"), "1.xlsx": returned("乙")}
    journal = tmp_path / "journal"
    lost = check(files, crew=Befallen(0, victims={"1.xlsx": "raise"}), journal=journal)
    assert [row["code"] for row in lost] == ["ok", "unprocessable"]
    rows, worked_on = resumed(files, journal)
    assert ([row["code"] for row in rows], worked_on) == (["ok", "ok"], ["1.xlsx"])


def test_a_file_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    path, journal = tmp_path / "a.xlsx", tmp_path / "journal"
    other = tmp_path / "b.xlsx"
    other.write_bytes(returned("乙"))
    sources: list[Source] = [path, other]
    assert [row["code"] for row in check(sources, journal=journal)] == ["not-found", "ok"]
    crew = Watched(0)
    assert [row["code"] for row in check(sources, crew=crew, journal=journal)] == ["not-found", "ok"]
    assert crew.checked() == ["a.xlsx"]


def test_a_scheme_that_does_not_load_is_said_before_any_file() -> None:
    with pytest.raises(SchemeError):
        list(rows_of([("a.xlsx", b"")], "nowhere.yaml", crew=HERE))
