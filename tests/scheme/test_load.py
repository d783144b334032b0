"""Loading a scheme: what is wrong with it is said all at once, in Chinese, with where it is and what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from probe_scheme import Data, probe, task, tasks_in
from said import zh

from xl_kpi.findings import Finding, SchemeError
from xl_kpi.program.load import load, parse
from xl_kpi.scheme.load import json_schema
from xl_kpi.scheme.resolve import resolve
from xl_kpi.shipped import TEMPLATES, names

FILE = "试验.yaml"
SCHEMA = TEMPLATES / "scheme.schema.json"


def problems(data: Any) -> tuple[Finding, ...]:
    """What loading finds wrong; none where the scheme loads."""
    try:
        parse(data, FILE)
    except SchemeError as error:
        return error.findings
    return ()


def said(data: Any) -> list[tuple[str, str]]:
    """The code and the message of each problem."""
    return [(found.code, zh(found)) for found in problems(data)]


def where(found: Finding) -> str:
    """The path that a scheme-value message names."""
    named = re.match(rf"{re.escape(FILE)} (.+?)：", zh(found))
    assert named is not None, zh(found)
    return named[1]


def written(tmp_path: Path, data: Any, name: str = "probe.yaml") -> str:
    """The path of a scheme file with the data in it."""
    path = tmp_path / name
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return str(path)


def test_the_probe_these_tests_spoil_is_sound(tmp_path: Path) -> None:
    assert problems(probe()) == ()
    assert load(written(tmp_path, probe())).points == 10


# --- totals


def test_a_total_that_does_not_tie_is_refused_at_the_level_of_the_scheme() -> None:
    ((code, message),) = said(probe(points=11))
    assert code == "scheme-total"
    assert message.startswith("试验方案：下级分值合计 10 分，与标明的 11 分不符。")


def test_a_total_that_does_not_tie_is_refused_at_the_level_of_an_outer_group() -> None:
    data = probe(points=12)
    data["groups"][0]["points"] = 12
    ((code, message),) = said(data)
    assert code == "scheme-total"
    assert message.startswith("外层：下级分值合计 10 分，与标明的 12 分不符。")


def test_a_total_that_does_not_tie_is_refused_at_the_level_of_the_tasks() -> None:
    data = probe()
    tasks_in(data)[0]["points"] = 4.01
    ((code, message),) = said(data)
    assert code == "scheme-total"
    assert message.startswith("内层：下级分值合计 10.01 分，与标明的 10 分不符。")


def test_totals_that_do_not_tie_are_reported_at_every_level_at_once() -> None:
    data = probe(points=13)
    data["groups"][0]["points"] = 12
    data["groups"][0]["groups"][0]["points"] = 11
    assert said(data) == [
        ("scheme-total", "试验方案：下级分值合计 12 分，与标明的 13 分不符。请核对各项 points"),
        ("scheme-total", "外层：下级分值合计 11 分，与标明的 12 分不符。请核对各项 points"),
        ("scheme-total", "内层：下级分值合计 10 分，与标明的 11 分不符。请核对各项 points"),
    ]


def test_points_with_decimals_tie_as_decimals() -> None:
    data = probe(task("t1", 0.1), task("t2", 0.2), points=0.3)
    data["groups"][0]["points"] = data["groups"][0]["groups"][0]["points"] = 0.3
    assert 0.1 + 0.2 != 0.3
    assert problems(data) == ()


ASKED = {"ask": {"id": "p", "label": "分值"}}


def test_points_that_are_asked_for_leave_the_total_open() -> None:
    data = probe(task("t1", ASKED), task("t2", 6), points=10)
    data["groups"][0]["points"] = data["groups"][0]["groups"][0]["points"] = 10
    assert problems(data) == ()


@pytest.mark.parametrize("declared", [6, 5])
def test_points_that_are_asked_for_must_have_something_left_for_them(declared: int) -> None:
    data = probe(task("t1", ASKED), task("t2", 6), points=declared)
    data["groups"][0]["points"] = data["groups"][0]["groups"][0]["points"] = declared
    assert [code for code, _ in said(data)] == ["scheme-total"]


# --- values


def test_a_wrong_value_is_reported_with_file_path_value_reason_and_what_to_do(tmp_path: Path) -> None:
    data = probe()
    tasks_in(data)[1]["rule"]["at_least"] = "九成"
    with pytest.raises(SchemeError) as raised:
        load(written(tmp_path, data, "某市2022.yaml"))
    (found,) = raised.value.findings
    lines = (tmp_path / "某市2022.yaml").read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "九成" in text)
    assert zh(found) == (
        f"某市2022.yaml 第 {line} 行 第2个任务（t2“任务t2”）的 rule → at_least：写的是 “九成”，应为数字，只写数（半角），不带单位和文字"
    )


def spoilt(*path: str | int, value: Any) -> Data:
    """The probe with one value changed or added."""
    data: Any = probe()
    node = data
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    result: Data = data
    return result


RULE = ("groups", 0, "groups", 0, "tasks", 0, "rule")
WHEN_LOW = {"input": "rate", "below": 0.5}
# One wrong value each, where it stands, and a word that must be in the reason.
WRONG_VALUES: dict[str, tuple[tuple[str | int, ...], Any, str]] = {
    "text for a number": (("points",), "十分", "应为数字"),
    "text for a whole number": (("year",), "今年", "应为整数"),
    "year out of range": (("year",), 1999, "2000"),
    "version below one": (("version",), 0, "1"),
    "number for a text": (("title",), 2022, "引号"),
    "bad id": (("id",), "试验", "小写字母"),
    "unknown way of rounding": (("rounding",), {"mode": "up"}, "half_up"),
    "a grade above 100%": (("grades", "bands", 0, "at_least"), 90, "1"),
    "no groups": (("groups",), [], "项数"),
    "a text for a list": (("groups",), "无", "列表"),
    "unknown effect": ((*RULE[:-1], "vetoes"), [{"effects": ["x"], "when": [WHEN_LOW]}], "fail"),
    "two standards": ((*RULE, "at_most"), 1, "一个"),
    "unknown kind of input": ((*RULE, "input", "kind"), "rate", "percent"),
    "choices without choice": ((*RULE, "input", "choices"), ["是", "否"], "choices"),
    "bad input id": ((*RULE, "input", "id"), "Rate 1", "小写字母"),
}


@pytest.mark.parametrize(("path", "value", "reason"), WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_every_wrong_value_is_refused_with_its_reason(path: tuple[str | int, ...], value: Any, reason: str) -> None:
    found = [zh(problem) for problem in problems(spoilt(*path, value=value))]
    assert found
    assert any(reason in message for message in found), found


@pytest.mark.parametrize(("path", "value", "reason"), WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_every_reason_is_in_chinese(path: tuple[str | int, ...], value: Any, reason: str) -> None:
    for found in problems(spoilt(*path, value=value)):
        why = zh(found).partition("不符合要求——")[2]
        # Names of keys and allowed values may stand in it, an English sentence may not.
        assert not re.search(r"[A-Za-z]+ [A-Za-z]+ [A-Za-z]+", why), zh(found)


PLACES: dict[str, tuple[tuple[str | int, ...], Any, str]] = {
    "of the scheme": (("points",), "十分", "points"),
    "of an outer group": (("groups", 0, "points"), "十", "第1个一级指标（g1“外层”）的 points"),
    "of an inner group": (("groups", 0, "groups", 0, "points"), "十", "第1个二级指标（g11“内层”）的 points"),
    "of the second task": (("groups", 0, "groups", 0, "tasks", 1, "points"), "六", "第2个任务（t2“任务t2”）的 points"),
    "inside a rule": ((*RULE, "input", "kind"), "rate", "第1个任务（t1“任务t1”）的 rule → input → kind"),
    "of a list": (("columns", 1, "shows"), "x", "columns 第2项的 shows"),
    "of a list in a task": ((*RULE[:-1], "vetoes"), [{"effects": ["x"], "when": [WHEN_LOW]}], "第1个任务（t1“任务t1”）的 vetoes 第1项 → effects 第1项"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "value", "words"), PLACES.values(), ids=PLACES)
def test_a_place_is_named_as_people_count(path: tuple[str | int, ...], value: Any, words: str) -> None:
    (found,) = problems(spoilt(*path, value=value))
    assert where(found) == words


def test_a_task_is_counted_through_the_whole_scheme() -> None:
    data = probe()
    second = json.loads(json.dumps(data["groups"][0]))
    second |= {"id": "g2", "name": "第二类"}
    second["groups"][0] |= {"id": "g21", "tasks": [task("t3", 4), task("t4", 6, rule={"type": "x"})]}
    data["groups"].append(second)
    (found,) = problems(data | {"points": 20})
    assert where(found) == "第4个任务（t4“任务t4”）的 rule"


@pytest.mark.parametrize("name", WRONG_VALUES)
def test_one_wrong_value_is_one_problem(name: str) -> None:
    path, value, _ = WRONG_VALUES[name]
    found = said(spoilt(*path, value=value))
    assert len(found) == 1, found


def test_a_value_that_is_missing_is_named() -> None:
    data = probe()
    del tasks_in(data)[1]["name"]
    assert said(data) == [("scheme-value", f"{FILE} 第2个任务（t2）的 name：缺少 name。请补上这一项")]


def test_an_unknown_key_is_refused_and_named() -> None:
    data = probe()
    tasks_in(data)[0]["rule"]["at_leest"] = 0.9
    ((_, message),) = said(data)
    assert message == f"{FILE} 第1个任务（t1“任务t1”）的 rule：没有“at_leest”这个键，是不是“at_least”？请改正"


def test_an_unknown_key_that_is_like_none_is_answered_with_those_there_are() -> None:
    data = probe()
    tasks_in(data)[0]["rule"]["xyz"] = 0.9
    ((_, message),) = said(data)
    assert "没有“xyz”这个键" in message
    assert "at_least、above、at_most" in message
    assert "bands" not in message  # a key of another rule


def test_an_unknown_rule_is_refused_with_the_rules_there_are() -> None:
    data = probe()
    tasks_in(data)[0]["rule"]["type"] = "thresold"
    ((_, message),) = said(data)
    assert "没有评分规则“thresold”，是不是“threshold”" in message
    for rule in ("threshold", "deduct", "composite", "tiers", "growth"):
        assert rule in message


def test_a_rule_without_its_type_is_refused() -> None:
    data = probe()
    del tasks_in(data)[0]["rule"]["type"]
    ((_, message),) = said(data)
    assert where(problems(data)[0]) == "第1个任务（t1“任务t1”）的 rule"
    assert "缺少 type" in message


def test_points_below_zero_are_refused() -> None:
    data = probe(task("t1", -5), task("t2", 15))
    assert problems(data) != ()


def test_yes_is_not_taken_for_one_point() -> None:
    # YAML reads the words yes, on and true as a truth value.
    data = probe()
    tasks_in(data)[0]["points"] = True
    tasks_in(data)[1]["points"] = 9
    assert problems(data) != ()


@pytest.mark.parametrize("data", [None, [], "试验", 7])
def test_a_file_that_holds_no_mapping_is_refused(data: Any) -> None:
    ((code, message),) = said(data)
    assert code == "scheme-value"
    assert message.startswith(f"{FILE} （全文）：")


def test_a_rule_that_has_nothing_to_judge_is_a_problem_of_its_task() -> None:
    data = probe()
    del tasks_in(data)[0]["rule"]["input"]
    ((code, message),) = said(data)
    assert code == "scheme-rule"
    assert message.startswith("第1项“任务t1”（t1）：threshold 规则没有 input")


def test_a_constraint_that_no_input_of_its_task_could_show_is_a_problem_of_its_task() -> None:
    relation = {"smaller": "t2.rate", "larger": "rate", "message": "前者不得大于后者"}
    ((code, message),) = said(probe(task("t1", 4, constraints=[relation]), task("t2", 6)))
    assert code == "scheme-rule"
    assert message.startswith("第1项“任务t1”（t1）：")
    assert "前者不得大于后者" in message


# --- ids and references


def test_an_id_that_two_tasks_have_is_refused() -> None:
    assert said(probe(task("t1", 4), task("t1", 6))) == [
        (
            "scheme-duplicate-id",
            "第2项“任务t1”（t1）：编号“t1”已经用于第1项“任务t1”（t1）。请为每项使用不同编号",
        )
    ]


def test_an_id_that_a_group_and_a_task_have_is_refused() -> None:
    data = probe()
    data["groups"][0]["id"] = "t2"
    assert said(data) == [
        ("scheme-duplicate-id", "第2项“任务t2”（t2）：编号“t2”已经用于“外层”。请为每项使用不同编号")
    ]


def test_an_id_that_two_groups_have_is_refused() -> None:
    data = probe()
    data["groups"][0]["groups"][0]["id"] = "g1"
    assert said(data) == [("scheme-duplicate-id", "“内层”：编号“g1”已经用于“外层”。请为每项使用不同编号")]


def test_the_bureaus_own_id_is_not_to_be_had() -> None:
    assert [code for code, _ in said(probe(task("setup", 4)))] == ["scheme-duplicate-id"]


def test_an_input_declared_twice_must_say_the_same() -> None:
    same = {"id": "rate", "label": "合格率", "kind": "percent"}
    assert problems(probe(task("t1", 4, basics=[same]))) == ()
    other = {"id": "rate", "label": "合格数", "kind": "count"}
    assert said(probe(task("t1", 4, basics=[other]))) == [
        (
            "scheme-duplicate-id",
            "第1项“任务t1”（t1）：编号“rate”已经用于另一填报项“合格率”。请为每项使用不同编号",
        )
    ]


def test_a_number_asked_of_the_bureau_twice_must_say_the_same() -> None:
    first, other = {"ask": {"id": "std", "label": "标准"}}, {"ask": {"id": "std", "label": "目标"}}
    rule = probe()["groups"][0]["groups"][0]["tasks"][0]["rule"]
    data = probe(task("t1", 4, rule=rule | {"at_least": first}), task("t2", 6, rule=rule | {"at_least": first}))
    assert problems(data) == ()
    data = probe(task("t1", 4, rule=rule | {"at_least": first}), task("t2", 6, rule=rule | {"at_least": other}))
    assert [code for code, _ in said(data)] == ["scheme-duplicate-id"]


WHEN_NOWHERE = {"effects": ["fail"], "when": [{"input": "nowhere", "at_least": 1}]}
REFERENCES: dict[str, tuple[Data, str]] = {
    "rule": ({"rule": {"type": "threshold", "input": "nowhere", "at_least": 1}}, "nowhere"),
    "rule, another task's": ({"rule": {"type": "threshold", "input": "t2.nowhere", "at_least": 1}}, "t2.nowhere"),
    "rule, no such task": (
        {"rule": {"type": "threshold", "input": "t9.rate", "at_least": 1}},
        "t9.rate”，是不是“t2.rate",
    ),
    "veto": ({"vetoes": [WHEN_NOWHERE]}, "nowhere"),
    "figure": ({"figures": [{"label": "比", "numerator": "rate", "denominator": "nowhere"}]}, "nowhere"),
    "constraint": ({"constraints": [{"smaller": "rate", "larger": "nowhere", "message": "大小"}]}, "nowhere"),
}


@pytest.mark.parametrize(("keys", "id"), REFERENCES.values(), ids=REFERENCES)
def test_a_reference_to_an_input_that_is_not_there_is_refused_and_named(keys: Data, id: str) -> None:
    assert said(probe(task("t1", 4, **keys), task("t2", 6))) == [
        ("scheme-reference", f"第1项“任务t1”（t1）：引用了不存在的填报项“{id}”。请改为已有的编号")
    ]


def test_a_reference_to_another_tasks_input_is_found() -> None:
    keys = {"rule": {"type": "threshold", "input": "t2.rate", "at_least": 1}}
    assert problems(probe(task("t1", 4, **keys), task("t2", 6))) == ()


# --- levels


def by_level(**values: float) -> Data:
    """The probe's rule with a standard for each of some levels."""
    rule: Data = tasks_in(probe())[0]["rule"]
    return rule | {"at_least": {"by_level": values}}


def test_a_scheme_with_levels_is_not_settled_without_one() -> None:
    scheme = parse(probe(task("t1", 4, rule=by_level(省=0.9, 县=0.8)), levels=["省", "县"]), FILE)
    for level in (None, "市", "村"):
        with pytest.raises(SchemeError) as raised:
            resolve(scheme, level)  # type: ignore[arg-type]  # 村 is none of the three
        (found,) = raised.value.findings
        assert found.code == "scheme-level"
        assert "probe" in zh(found)
        assert "省、县" in zh(found)
        assert "--level" in zh(found)


def test_a_live_scheme_with_levels_wants_one_of_them() -> None:
    with pytest.raises(SchemeError) as raised:
        resolve(load("cdc-emergency"), None)
    assert [found.code for found in raised.value.findings] == ["scheme-level"]
    assert "省、市、县" in str(raised.value)


def test_every_level_gets_its_own_standard_and_its_own_tasks() -> None:
    data = probe(task("t1", 4, rule=by_level(省=0.9, 县=0.8)), task("t2", 6, applies=["县"]), levels=["省", "县"])
    scheme = parse(data, FILE)
    province, county = resolve(scheme, "省"), resolve(scheme, "县")
    assert [one.rule.model_dump()["at_least"] for one in province.tasks()] == [0.9]
    assert [one.rule.model_dump()["at_least"] for one in county.tasks()] == [0.8, 0.9]
    assert (province.level, county.level, scheme.level) == ("省", "县", None)


def test_a_standard_that_lacks_a_level_is_found_on_loading_with_the_task_it_is_in() -> None:
    found = said(probe(task("t1", 4), task("t2", 6, rule=by_level(省=0.9)), levels=["省", "市"]))
    assert [code for code, _ in found] == ["scheme-level"]
    assert "市级" in found[0][1]
    assert "任务t2" in found[0][1]


def test_standards_by_level_in_a_scheme_without_levels_are_a_problem_of_the_scheme() -> None:
    ((_, message),) = said(probe(task("t1", 4, rule=by_level(省=0.9)), task("t2", 6)))
    assert "任务t1" in message


# --- files


def test_a_scheme_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(SchemeError) as raised:
        load("zaozhuang-cdc-2021")
    (found,) = raised.value.findings
    assert found.code == "scheme-unknown"
    assert "“zaozhuang-cdc-2021”" in zh(found)
    for name in (
        "cdc-emergency",
        "zaozhuang-blood-2022",
        "zaozhuang-cdc-2022",
        "zaozhuang-hospital-2022",
        "zhangping-health-2019",
    ):
        assert name in zh(found)


def test_a_file_that_is_not_there_is_an_unknown_scheme(tmp_path: Path) -> None:
    with pytest.raises(SchemeError) as raised:
        load(str(tmp_path / "没有.yaml"))
    assert [found.code for found in raised.value.findings] == ["scheme-unknown"]


# Each with words of what is said.
UNREADABLE: dict[str, tuple[bytes, str]] = {
    "broken syntax": ("id: [probe\ntitle: 试验".encode(), "第 1 行的 id"),
    "a tab for indentation": (b"groups:\n\t- id: g1\n", "第 2 行"),
    "another encoding": ("title: 试验方案".encode("gb18030"), "另存为"),
    "two documents": (b"id: a\n---\nid: b\n", "第 2 行"),
    "an alias to nothing": (b"rule: *tiers\n", "第 1 行的 rule"),
    "an object of Python": (b"id: !!python/object/apply:os.getcwd []\n", "第 1 行的 id"),
    "a binary file": (bytes(range(256)), "不是文本文件"),
    "a control character": (b"id: a\x07b\n", "不允许的字符"),
    "nested beyond all measure": (b"[" * 5000, "第 1 行"),
}


@pytest.mark.parametrize(("content", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_as_yaml_is_refused_by_name(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "坏的.yaml"
    path.write_bytes(content)
    with pytest.raises(SchemeError) as raised:
        load(str(path))
    (found,) = raised.value.findings
    assert found.code == "scheme-unreadable"
    assert zh(found).startswith("坏的.yaml 无法读取：")
    assert words in zh(found)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    # Otherwise the first is dropped without a word, and with it, say, a rule.
    path = tmp_path / "probe.yaml"
    text = yaml.safe_dump(probe(), allow_unicode=True, sort_keys=False)
    path.write_text(text.replace("year: 2022\n", "year: 2022\nyear: 2023\n"), encoding="utf-8")
    with pytest.raises(SchemeError):
        load(str(path))


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path, probe())
    assert load(path).title == "试验方案"
    Path(path).write_text(yaml.safe_dump(probe(title="新方案"), allow_unicode=True), encoding="utf-8")
    assert load(path).title == "新方案"


# --- all at once


def test_wrong_values_in_several_places_are_all_reported() -> None:
    data = probe(year="今年", unknown=1)
    tasks_in(data)[0]["points"] = "四"
    tasks_in(data)[1]["rule"]["type"] = "none"
    del data["source"]["seed"]
    messages = [message for _, message in said(data)]
    for path in ("year：", "“unknown”", "t1“任务t1”）的 points", "t2“任务t2”）的 rule：", "source → seed："):
        assert any(path in message for message in messages), path
    assert len(messages) == 5


def test_totals_and_ids_are_reported_together() -> None:
    assert [code for code, _ in said(probe(task("t1", 4), task("t1", 6), points=11))] == [
        "scheme-total",
        "scheme-duplicate-id",
    ]


def test_references_of_several_tasks_are_reported_together() -> None:
    keys = {"rule": {"type": "threshold", "input": "nowhere", "at_least": 1}}
    assert [code for code, _ in said(probe(task("t1", 4, **keys), task("t2", 6, **keys)))] == ["scheme-reference"] * 2


def test_totals_and_references_are_reported_together() -> None:
    keys = {"rule": {"type": "threshold", "input": "nowhere", "at_least": 1}}
    codes = [code for code, _ in said(probe(task("t1", 4, **keys), task("t2", 6), points=11))]
    assert codes == ["scheme-total", "scheme-reference"]


# --- JSON Schema


def test_the_json_schema_beside_the_templates_is_the_one_of_the_models() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == json_schema(), (
        "write it anew: xl_kpi.scheme.load.json_schema() to templates/scheme.schema.json"
    )


def test_every_template_names_the_json_schema_to_its_editor() -> None:
    for name in names():
        first = (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8").partition("\n")[0]
        assert first == f"# yaml-language-server: $schema={SCHEMA.name}"


def errors_by_schema(data: Any) -> list[str]:
    """What the JSON Schema finds wrong with a scheme's data."""
    validators = pytest.importorskip("jsonschema.validators", reason="jsonschema 未安装，不核对 JSON Schema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kind = validators.validator_for(schema)
    kind.check_schema(schema)
    return [f"{list(error.path)}: {error.message}" for error in kind(schema).iter_errors(data)]


@pytest.mark.parametrize("name", names())
def test_the_json_schema_accepts_every_template(name: str) -> None:
    data = yaml.safe_load((TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8"))
    assert errors_by_schema(data) == []


def test_the_json_schema_refuses_an_unknown_key_and_an_unknown_rule() -> None:
    assert errors_by_schema(probe()) == []
    data = probe()
    tasks_in(data)[0]["rule"]["at_leest"] = 1
    assert errors_by_schema(data)
    data = probe()
    tasks_in(data)[0]["rule"]["type"] = "thresold"
    assert errors_by_schema(data)


@pytest.mark.parametrize("name", names())
def test_a_scheme_shipped_holds_together_however_it_is_read(name: str) -> None:
    """Whoever checks a workbook relies on that: it is not looked at again."""
    assert load(name, anew=True) == load(name)
