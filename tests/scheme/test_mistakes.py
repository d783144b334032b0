"""What people get wrong in a scheme file: each mistake, made in the smallest scheme of CONTRIBUTING, gets one message.

The message says where (task, key, line), what was written and what to do, in Chinese.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from said import all_zh, zh

from xl_kpi.findings import SchemeError
from xl_kpi.program.load import load
from xl_kpi.scheme.lint import lint

ROOT = Path(__file__).parents[2]
SMALLEST = re.search(
    r"```yaml example\.yaml\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL
)
assert SMALLEST is not None
SCHEME = SMALLEST[1]
SECOND_RULE = (
    "rule: {type: threshold, input: {id: accidents, label: 生产安全事故起数, kind: count, unit: 起}, at_most: 0}"
)
VETO = """        vetoes:
          - effects: [fail]
            when: [{input: accidents, at_least: 1}]
"""
SECOND_POINTS = "        points: 10\n        rule: {"
SECOND = ("t02", "安全生产")


@dataclass(frozen=True)
class Mistake:
    """What is put in the place of what, and the words that the message must have."""

    changes: tuple[tuple[str, str], ...]
    says: tuple[str, ...]
    encoding: str = "utf-8"

    def text(self) -> str:
        """The smallest scheme with the mistake in it."""
        text = SCHEME
        for right, wrong in self.changes:
            assert right in text, right
            text = text.replace(right, wrong, 1)
        return text


def swapped(right: str, wrong: str, *says: str) -> Mistake:
    """Some words of the file written otherwise."""
    return Mistake(((right, wrong),), says)


def ruled(rule: str, *says: str, target: str = "") -> Mistake:
    """The second task scored by another rule (and its veto left out, which asks for the first one's input)."""
    changes = [(SECOND_RULE, f"rule: {rule}"), (VETO, "")]
    if target:
        changes.append(("target: 全年不发生生产安全事故。", f"target: {target}"))
    return Mistake(tuple(changes), (*SECOND, *says))


RATE = "input: {id: r, label: 签发率, kind: percent}"

MISTAKES: dict[str, Mistake] = {
    # typing
    "a tab": swapped("        target: 办结", "\t\ttarget: 办结", "第 20 行", "target", "制表符", "空格"),
    "a full-width colon": swapped(
        "        points: 10\n        rule:\n", "        points：10\n        rule:\n",
        "第 21 行", "t01", "points", "全角", "points: ",
    ),
    "a full-width colon in braces": swapped("at_most: 0", "at_most：0", "第 34 行", *SECOND, "at_most：0", "半角", "at_most: "),
    "no space after a colon": swapped(
        "        points: 10\n        rule:\n", "        points:10\n        rule:\n",
        "第 21 行", "t01", "points", "空格",
    ),
    "a colon inside a text": swapped("target: 办结", "target: 要求: 办结", "第 20 行", "t01", "target", "“: ”", "双引号"),
    "a text that begins with %": swapped("name: 市长", "name: %市长", "第 19 行", "name", "“%”", "双引号"),
    "a text that begins with *": swapped("name: 安全", "name: *安全", "第 31 行", "name", "“*”", "双引号"),
    "half a quote": swapped("name: 市长", 'name: "市长', "第 19 行", "name", "引号", "补上"),
    "half a brace": swapped("kind: percent}, at_least: 1}", "kind: percent, at_least: 1}", "第 27 行", "t01", "rule", "“}”", "补上"),
    "a line too far in": swapped(SECOND_POINTS, " " + SECOND_POINTS, "第 33 行", *SECOND, "points", "缩进"),
    "a dash left out": swapped("      - id: t02", "        id: t02", "第 30 行", "“id”", "两次", "删去"),
    "a key twice": swapped("year: 2024\n", "year: 2024\nyear: 2025\n", "第 5 行", "“year”", "两次", "删去"),
    "two schemes in one file": swapped("groups:", "---\ngroups:", "第 13 行", "---", "分成两个文件"),
    "saved as ANSI": Mistake((), ("GB18030", "UTF-8", "另存为"), "gb18030"),
    "saved as Unicode": Mistake((), ("UTF-16", "UTF-8", "另存为"), "utf-16"),
    # keys and values
    "an id with a hyphen": swapped("id: t02", "id: T-02", "第 30 行", "第2个任务", "T-02", "id", "小写字母", "t01"),
    "a misspelt key": swapped(SECOND_POINTS, SECOND_POINTS.replace("points", "pionts"), *SECOND, "pionts", "是不是“points”"),
    "a misspelt key of a rule": swapped("at_most: 0", "at_msot: 0", *SECOND, "rule", "at_msot", "是不是“at_most”"),
    "an unknown rule": swapped("type: threshold, input: {id: acc", "type: thresold, input: {id: acc", *SECOND, "thresold", "是不是“threshold”", "deduct"),
    "no type of rule": swapped("{type: threshold, input: {id: acc", "{input: {id: acc", *SECOND, "type", "threshold"),
    "an unknown kind": swapped("kind: count", "kind: counts", *SECOND, "input → kind", "counts", "是不是“count”"),
    "points with their unit": swapped(SECOND_POINTS, SECOND_POINTS.replace("10", "10分"), "第 33 行", *SECOND, "points", "10分", "数字", "单位"),
    "no points": swapped(SECOND_POINTS, SECOND_POINTS.replace(" 10", ""), *SECOND, "points", "空的", "数字"),
    "points left out": swapped(SECOND_POINTS, "        rule: {", *SECOND, "缺少 points", "补上"),
    "yes for a number": swapped("at_most: 0", "at_most: yes", *SECOND, "at_most", "数字", "yes"),
    "no number at all": swapped("at_most: 0", "at_most: .inf", "第 34 行", *SECOND, ".inf", "数"),
    "a misspelt effect": swapped("effects: [fail]", "effects: [failed]", *SECOND, "effects", "failed", "是不是“fail”"),
    "a text for a list": swapped("effects: [fail]", "effects: fail", *SECOND, "effects", "列表", "- "),
    "two standards": swapped("at_most: 0", "at_most: 0, at_least: 1", *SECOND, "rule", "只能写一个"),
    "a day that there is not": ruled("{type: checklist, items: [{id: a, label: 甲, due: 02-30}]}", "第 34 行", "due", "02-30", "2月没有30日"),
    "a day that this year has not": Mistake(
        ((SECOND_RULE, "rule: {type: checklist, items: [{id: a, label: 甲, due: 02-29}]}"), (VETO, ""), ("year: 2024", "year: 2023"), ("心2024年度绩效考核任务要点\nyear", "心2023年度绩效考核任务要点\nyear")),
        (*SECOND, "due", "02-29", "2023年2月没有29日"),
    ),
    "a whole date for a day": ruled("{type: checklist, items: [{id: a, label: 甲, due: 2024-02-30}]}", "第 34 行", "due", "2024-02-30", "月-日"),
    "a grade of 90": swapped("groups:\n", "grades: {bands: [{name: 优, at_least: 90}, {name: 差, at_least: 0}]}\ngroups:\n", "grades", "第1项", "90", "0.9"),
    # what does not hold together
    "points that do not add up": swapped("points: 20\ncolumns", "points: 30\ncolumns", "某市疾控中心2024年度", "20 分", "30 分", "points"),
    "an id twice": swapped("id: t02", "id: t01", "t01", *SECOND[1:], "市长热线", "不同编号"),
    "an input that is not there": swapped("[{input: accidents,", "[{input: acident,", *SECOND, "acident", "是不是“accidents”"),
    # what loads, and scores another thing than is meant
    "95 for 95%": swapped("at_least: 0.95", "at_least: 95", "t01", "回访满意率", "at_least", "9500%", "0.95"),
    "5 for 5% of growth": ruled("{type: growth, label: 增长率, current: {id: a, label: 今年}, previous: {id: b, label: 去年}, then: {type: threshold, at_least: 5}}", "增长率", "at_least", "500%", "0.05", target="较上年增长5%以上。"),
    "a tally that is full anyhow": ruled("{type: tally, label: 项目合计, items: [{input: {id: n, label: 项目数, kind: count}, each: 1}], then: {type: full}}", "then", "full", "项目合计", "填 0 也得满分", "threshold"),
    "full points for nothing": ruled("{type: full}", "full", "人人得满分", "threshold"),
    "a share of 3": ruled("{type: level, id: g, label: 等次, levels: [优, 良, 差], at_least: 优, shares: {良: 3}}", "shares", "良", "300%", "0.5"),
    "a share that rises": ruled("{type: level, id: g, label: 等次, levels: [优, 良, 中, 差], at_least: 优, shares: {良: 0.5, 中: 0.8}}", "shares", "中", "0.8", "改正"),
    "the lowest grade is enough": ruled("{type: level, id: g, label: 等次, levels: [优, 良], at_least: 良}", "at_least", "“良”", "最低", "levels"),
    "a step of 100 percentage points": ruled(f"{{type: step, {RATE}, at_least: 0.9, per: 1, each: 2}}", "per", "100 个百分点", "0.01"),
    "a step that costs all": ruled(f"{{type: step, {RATE}, at_least: 0.9, each: 20}}", "each", "20", "10 分", "改正"),
    "ends in the wrong order": ruled(f"{{type: threshold, {RATE}, between: [0.9, 0.5]}}", "between", "[0.9, 0.5]", "[0.5, 0.9]"),
    "a standard above the range": ruled("{type: threshold, input: {id: r, label: 会议月数, kind: count, max: 12}, at_least: 13}", "会议月数", "at_least", "13", "0～12", "max"),
    "a standard below the range": ruled("{type: threshold, input: {id: r, label: 会议次数, kind: count}, at_least: -1}", "会议次数", "at_least", "-1", "不小于 0"),
    "a standard that all meet": ruled("{type: threshold, input: {id: r, label: 会议次数, kind: count}, at_least: 0}", "会议次数", "at_least", "0", "都达标", "改正"),
    "a fraction of a count": ruled("{type: threshold, input: {id: r, label: 合格率, kind: count}, at_least: 0.9}", "合格率", "0.9", "整数", "percent"),
    "a rate that is no percent": ruled("{type: threshold, input: {id: r, label: 合格率}, at_least: 0.95}", "合格率", "0.95", "95%", "percent", target="合格率95%以上。"),
    "bounds in the wrong order": ruled("{type: threshold, input: {id: r, label: 会议月数, kind: count, min: 12, max: 1}, at_least: 12}", "会议月数", "min 12", "max 1", "对调"),
    "a bound of 10000%": ruled("{type: threshold, input: {id: r, label: 签发率, kind: percent, max: 100}, at_least: 0.9}", "签发率", "max", "10000%", "100% 写 1"),
    "more off than there is": ruled("{type: deduct, items: [{input: {id: n, label: 违规次数, kind: count}, each: 50}]}", "违规次数", "each 50", "10 分", "改正"),
    "an answer that cannot be chosen": ruled("{type: deduct, items: [{input: {id: n, label: 是否迟报, kind: choice, choices: [是, 否]}, when: 有, each: 2}]}", "是否迟报", "when", "“有”", "是、否"),
    "bands that overlap": ruled(f"{{type: tiers, {RATE}, bands: [{{at_least: 0.9, share: 1}}, {{at_least: 0.6, share: 0.8, up_to: 0.95}}]}}", "95%～90%", "有重叠", "reading"),
    "bands upside down": ruled(f"{{type: tiers, {RATE}, bands: [{{at_least: 0.9, share: 0.6}}, {{at_least: 0.6, share: 0.8}}]}}", "60%", "share 0.8", "90%", "改正"),
    "bands out of order": ruled(f"{{type: tiers, {RATE}, bands: [{{at_least: 0.6, share: 0.6}}, {{at_least: 0.9, share: 1}}]}}", "rule", "从高到低"),
    "a measure that nobody judges": ruled("{type: ratio, label: 合格率, numerator: {id: a, label: 合格数, kind: count}, denominator: {id: b, label: 总数, kind: count}, then: {type: threshold, input: a, at_least: 5}}", "then", "input", "合格率", "删去"),
    "a value over itself": ruled("{type: ratio, label: 合格率, numerator: {id: a, label: 合格数, kind: count}, denominator: a, then: {type: threshold, at_least: 0.9}}", "合格率", "“a”", "另一填报项"),
    "weights that do not tie": Mistake(
        (("            - label: 办结及时率", "            - label: 办结及时率\n              weight: 0.7"), ("            - label: 回访满意率", "            - label: 回访满意率\n              weight: 0.2")),
        ("t01", "市长热线", "weight", "0.7、0.2", "0.9", "应合计 1"),
    ),
    "a veto that always strikes": swapped("at_least: 1}]", "at_least: 0}]", *SECOND, "第1条否决", "at_least 0", "都成立", "改正"),
    "a veto that never strikes": swapped("[{input: accidents, at_least: 1}]", "[{input: accidents, below: 0}]", *SECOND, "第1条否决", "below 0", "不会成立", "改正"),
    "grades out of order": swapped("groups:\n", "grades: {bands: [{name: 合格, at_least: 0.6}, {name: 优秀, at_least: 0.9}, {name: 差, at_least: 0}]}\ngroups:\n", "“优秀”", "90%", "从高到低"),
    "no grade for the rest": swapped("groups:\n", "grades: {bands: [{name: 优秀, at_least: 0.9}, {name: 合格, at_least: 0.6}]}\ngroups:\n", "grades", "“合格”", "60%", "从 0 起"),
    "a factor of 92": ruled(f"{{type: tiers, {RATE}, bands: [{{at_least: 0.9, share: 1}}], factor: 92}}", "factor", "9200%", "0.92"),
    "a case that is never reached": ruled("{type: cases, cases: [{when: {input: {id: n, label: 开工项目数, kind: count}, at_least: 1}, rule: {type: judged, label: 酌情得分, mode: score}}, {when: {input: n, at_least: 2}, rule: {type: full}}]}", "cases 第2种", "开工项目数≥2", "第1种", "写在前面"),
    "limits in the wrong order": ruled("{type: limited, least: 8, most: 3, rule: {type: threshold, input: {id: n, label: 签约金额}, at_least: 1}}", "least 8", "most 3", "改正"),
    "a limit above the points": ruled("{type: limited, most: 30, rule: {type: threshold, input: {id: n, label: 签约金额}, at_least: 1}}", "most 30", "10 分", "改正"),
    "a reading that is not there": swapped("at_most: 0", "at_most: {by_reading: {id: x, a: 0, b: 1}}", "第2个任务", *SECOND, "rule → at_most", "by_reading", "readings"),
    "two inputs of one name": ruled("{type: ratio, label: 合格率, numerator: {id: a, label: 事件数, kind: count}, denominator: {id: b, label: 事件数, kind: count}, then: {type: threshold, at_least: 0.9}}", "a 和 b", "事件数", "label"),
    # the form
    "a number in the name": swapped("name: 安全生产", "name: 安全生产达标率98%", "t02", "任务要点名称", "98%", "narrative"),
    "a number in another column": Mistake(
        ((SECOND_POINTS, "        extra: {评分标准: 每发生1起扣5分}\n" + SECOND_POINTS), ("  - {title: 分值,", "  - {title: 评分标准, shows: extra, key: 评分标准}\n  - {title: 分值,")),
        (*SECOND, "评分标准", "5", "narrative"),
    ),
    "a number of the target": swapped("不发生生产安全事故。", "不发生生产安全事故，12月31日前整改。", *SECOND, "年度目标", "12月31日", "narrative"),
    "a column of groups that are not there": swapped("  - {title: 任务要点名称", "  - {title: 二级指标, shows: group2, width: 10}\n  - {title: 任务要点名称", "二级指标", "group2", "1 级", "删去"),
    "a column that nothing fills": swapped("  - {title: 分值,", "  - {title: 责任人, shows: extra, key: 责任人}\n  - {title: 分值,", "责任人", "extra", "key"),
    "words that no column shows": swapped(SECOND_POINTS, "        extra: {责任人: 张三}\n" + SECOND_POINTS, *SECOND, "责任人", "columns"),
    "other points in the group's name": swapped("name: 重点工作（20分）", "name: 重点工作（30分）", "重点工作", "30 分", "20", "改正"),
    "other points in the words beside them": swapped(SECOND_POINTS, "        points_text: 一票否决 20\n" + SECOND_POINTS, *SECOND, "points_text", "一票否决 20", "10", "改正"),
    "another year in the title": swapped("year: 2024", "year: 2025", "year", "2025", "2024", "改正"),
    "levels that the scheme has not": swapped(SECOND_POINTS, "        applies: [县]\n" + SECOND_POINTS, *SECOND, "applies", "县", "levels"),
    "an explanation of other words": swapped(SECOND_POINTS, "        narrative: [{text: 满意率, reason: 参考}]\n" + SECOND_POINTS, *SECOND, "narrative", "满意率", "照原文"),
}  # fmt: skip


def told(path: Path) -> list[str]:
    """What is said of a scheme file, remarks left out."""
    try:
        return [zh(found) for found in lint(load(str(path))) if found.severity != "info"]
    except SchemeError as error:
        return all_zh(error.findings)


def test_the_smallest_scheme_itself_has_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(SCHEME, encoding="utf-8")
    assert told(path) == []


def test_there_are_mistakes_enough() -> None:
    assert len(MISTAKES) >= 30


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_one_message_that_says_where_what_and_what_to_do(mistake: Mistake, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_bytes(mistake.text().encode(mistake.encoding))
    (message,) = told(path)
    for words in mistake.says:
        assert words in message, message
    assert re.findall(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}", message) == [], "a sentence in English"
    assert not re.search(r"pydantic|YAMLError|\d\.?\de[+-]\d", message)


# What is as it should be, and was taken for a mistake or could be: nothing is said.
SOUND: dict[str, Mistake] = {
    "每…1次": swapped("不发生生产安全事故。", "不发生生产安全事故；每月召开1次会议，每季度至少演练1次，每发生1起通报1人。", ""),
    "1:100": Mistake(
        ((SECOND_RULE, "rule: {type: threshold, input: {id: r, label: 医护比, unit: 名}, at_least: 100}"), (VETO, ""), ("不发生生产安全事故。", "医护比达到1:100。")), ()
    ),
    "1∶0.5 as a quotient": Mistake(
        ((SECOND_RULE, "rule: {type: threshold, input: {id: r, label: 床护比, unit: 名/床}, at_least: 0.5}"), (VETO, ""), ("不发生生产安全事故。", "床护比达到1∶0.5。")), ()
    ),
    "years and numbers of documents": swapped("不发生生产安全事故。", "按《办法》（2016年版）、鲁卫发〔2019〕10号和2021-2023年行动计划，不发生事故。", ""),
    "a day's name": swapped("name: 安全生产", "name: 12.1世界艾滋病日宣传", ""),
    "扣完为止": Mistake(
        ((SECOND_RULE, "rule: {type: deduct, items: [{input: {id: n, label: 违规次数, kind: count}, each: 2}]}"), (VETO, ""), ("全年不发生生产安全事故。", "每违规1次扣2分，扣完为止。")), ()
    ),
    "每低1个百分点": Mistake(
        ((SECOND_RULE, f"rule: {{type: step, {RATE}, at_least: 0.9, each: 2}}"), (VETO, ""), ("全年不发生生产安全事故。", "签发率≥90%，每低1%扣2分，扣完为止。")), ()
    ),
    "a growth of 0": Mistake(
        ((SECOND_RULE, "rule: {type: growth, label: 增长率, current: {id: a, label: 今年}, previous: {id: b, label: 去年}, then: {type: threshold, at_least: 0}}"), (VETO, "")), ()
    ),
    "weights two to one": Mistake(
        (("            - label: 办结及时率", "            - label: 办结及时率\n              weight: 2"),), ()
    ),
}  # fmt: skip


@pytest.mark.parametrize("sound", SOUND.values(), ids=SOUND)
def test_what_is_as_it_should_be_is_not_complained_of(sound: Mistake, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(sound.text(), encoding="utf-8")
    found = list(lint(load(str(path))))
    assert [finding.code for finding in found if finding.code != "scheme-default-grades"] == []
