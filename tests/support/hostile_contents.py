"""What is typed and pasted into cells: answers, formulas, cached values.

Addresses are those of 枣庄市中心血站 2022, filled as the hand-worked case 典型 (301.41 points, 合格): E10 已完成的具体措施数 13 项
(t02, 8.79 points), E17 生产安全事故起数 0 (一票否决, t03, 20), E29 办结及时率 98% (t05, 2.5), E35 推进干部思想作风能力建设 是 (t06, 10),
E60 法治建设任务未完成项数 1 (t10, 5), E83 本年采血量 18360 (t14 and t26, 37.5 and 12).
"""

from __future__ import annotations

from hostile_book import (
    CHECKS,
    COVER,
    ENTRY,
    FORM,
    STYLES,
    SUMMARY,
    WORKBOOK,
    Book,
    Change,
    Kind,
    accept,
    answered,
    filled,
    flag,
    reject,
    unscored,
    validation,
)

TOTAL, GRADE, VETO = f"{SUMMARY}!D8", f"{SUMMARY}!B15", f"{SUMMARY}!F19"  # F19: 安全生产, 一票否决
SCORE = f"{ENTRY}!H8"  # t01, 8.5
MEASURES, ACCIDENTS, TIMELY = f"{ENTRY}!E10", f"{ENTRY}!E17", f"{ENTRY}!E29"
BUILD, UNDONE, COLLECTED, REASON = f"{ENTRY}!E35", f"{ENTRY}!E60", f"{ENTRY}!E83", f"{ENTRY}!E6"
OFF = f"{ENTRY}!E5"

# What is left when the task of an input cannot be scored: 301.41 less its points.
NO_OFF = unscored(292.91, "t01")
NO_MEASURES = unscored(292.62, "t02")
NO_ACCIDENTS = unscored(281.41, "t03")
NO_TIMELY = unscored(298.91, "t05")
NO_BUILD = unscored(291.41, "t06")
NO_UNDONE = unscored(296.41, "t10")
NO_COLLECTED = unscored(251.91, "t14", "t26")

FORMULAS = [
    Kind("untouched", "nothing is changed", accept(), lambda b: b),
    Kind("untouched-hospital", "nothing is changed", accept(), lambda b: b, base="hospital"),
    Kind("untouched-cdc", "nothing is changed", accept(), lambda b: b, base="cdc"),
    Kind("untouched-emergency", "nothing is changed", accept(), lambda b: b, base="emergency"),
    Kind(
        "score-constant",
        "a task's score is overwritten by full points",
        flag("formula-changed"),
        lambda b: b.number(SCORE, 10),
        SCORE,
    ),
    Kind(
        "total-constant",
        "the total is overwritten by a higher one",
        flag("formula-changed"),
        lambda b: b.number(TOTAL, 390),
        TOTAL,
    ),
    Kind(
        "total-same-constant",
        "the total's value is pasted over its formula",
        flag("formula-changed"),
        lambda b: b.number(TOTAL, 301.41),
        TOTAL,
    ),
    Kind(
        "total-another-formula",
        "points are added in the total's formula",
        flag("formula-changed"),
        lambda b: b.computes(TOTAL, "ROUND(SUM(D5),2)+60", "361.41"),
        TOTAL,
    ),
    Kind(
        "total-equivalent-formula",
        "the total is reached by another formula",
        flag("formula-changed"),
        lambda b: b.computes(TOTAL, "ROUND(D6+D7,2)", "301.41"),
        TOTAL,
    ),
    Kind(
        "literal-changed",
        "a word within a formula's quotes gains a space",
        flag("formula-changed"),
        lambda b: b.on(SUMMARY, r'(<c r="F19".*?<f>.*?)"未触发"', r'\1"未触发 "'),
        VETO,
    ),
    Kind(
        "total-text",
        "the total is overwritten by a text",
        flag("formula-changed"),
        lambda b: b.words(TOTAL, "390"),
        TOTAL,
    ),
    Kind("score-emptied", "a score is emptied", flag("formula-changed"), lambda b: b.write(SCORE, ""), SCORE),
    Kind(
        "score-deleted",
        "a score's cell is taken out",
        flag("formula-changed"),
        lambda b: b.element(SCORE, ""),
        SCORE,
    ),
    Kind(
        "veto-constant",
        "a triggered veto reads 未触发 as a constant",
        flag("formula-changed"),
        lambda b: b.words(f"{SUMMARY}!B14", "未触发").number(ACCIDENTS, 1),
        f"{SUMMARY}!B14",
        (Change(total=281.41, grade="不合格", vetoes=(("t03", "fail"),), tasks={"t03": 0}),),
    ),
    Kind(
        "check-constant",
        "a check reads 通过 as a constant",
        flag("formula-changed"),
        lambda b: b.words(f"{CHECKS}!C4", "通过"),
        f"{CHECKS}!C4",
    ),
    Kind(
        "form-constant",
        "a score on the printed form is overwritten",
        flag("formula-changed"),
        lambda b: b.number(f"{FORM}!F5", 10),
        f"{FORM}!F5",
    ),
    Kind(
        "stage-constant",
        "the stage on the cover reads 终裁 as a constant",
        flag("formula-changed"),
        lambda b: b.words(f"{COVER}!C6", "终裁"),
        f"{COVER}!C6",
    ),
    Kind(
        "external-formula",
        "a score is fetched from another workbook",
        flag("formula-changed"),
        lambda b: b.computes(SCORE, "[1]Sheet1!$A$1", "10"),
        SCORE,
    ),
    Kind(
        "data-table",
        "a score is the result of a data table, whose formula stands nowhere",
        flag("formula-changed") | reject("not-computable"),
        lambda b: b.write(SCORE, '<f t="dataTable" ref="H8" dt2D="0" dtr="0" r1="E5"/><v>10</v>'),
        SCORE,
    ),
    Kind(
        "array-formula",
        "another formula is entered as an array",
        flag("formula-changed"),
        lambda b: b.write(SCORE, '<f t="array" ref="H8">MAX(E5:G5)+9</f><v>10.5</v>'),
        SCORE,
    ),
    Kind(
        "array-over-others",
        "the right formula is entered as an array that covers the cells beside it",
        flag("formula-changed") | reject("ambiguous", "not-computable"),
        lambda b: b.write(SCORE, f'<f t="array" ref="H8:I9">{b.formula(SCORE)}</f><v>8.5</v>'),
        SCORE,
    ),
    Kind(
        "cut-and-paste",
        "an input is cut and pasted one row down: the formulas follow it",
        flag("formula-changed"),
        lambda b: b.on(
            ENTRY, r'(<c r="M10"[^>]*><f>)(.*?)</f>', lambda f: f[1] + f[2].replace("E10", "E11") + "</f>"
        ),
        f"{ENTRY}!M10",
    ),
]


def _share(book: Book, changed: bool = False) -> Book:
    """M5 to M7 share one formula; changed, the first of them is another."""
    formula = book.formula(f"{ENTRY}!M5")
    if changed:
        formula = formula.replace("E5,&quot;&quot;", "0,&quot;&quot;").replace('E5,""', '0,""')
    book.on(ENTRY, r'(<c r="M5"[^>]*>)<f>.*?</f>', lambda f: f'{f[1]}<f t="shared" ref="M5:M7" si="0">{formula}</f>')
    for row in (6, 7):
        book.on(ENTRY, rf'(<c r="M{row}"[^>]*>)<f>.*?</f>', r'\1<f t="shared" si="0"/>')
    return book


def _decoy_child(book: Book) -> Book:
    """A score shows its right formula and follows another: what a member of a shared formula says is not looked at."""
    formula = book.formula(SCORE)
    book.write(f"{ENTRY}!H5", f'<f t="shared" ref="H5:H8" si="3">{book.formula(f"{ENTRY}!H5")}</f><v>1.5</v>')
    return book.write(SCORE, f'<f t="shared" si="3">{formula}</f><v>8.5</v>')


SHARED = [
    Kind("shared-formulas", "equal formulas are written as a shared one, as Excel does", accept(), _share),
    Kind(
        "shared-master-changed",
        "the formula that two cells share is another",
        flag("formula-changed"),
        lambda b: _share(b, changed=True),
        f"{ENTRY}!M7",
    ),
    Kind(
        "shared-elsewhere",
        "a score shares the formula of a cell it has nothing to do with",
        flag("formula-changed"),
        lambda b: _share(b).write(SCORE, '<f t="shared" si="0"/><v>10</v>'),
        SCORE,
    ),
    Kind(
        "shared-without-master",
        "a score shares a formula that stands nowhere",
        # Excel repairs such a file and leaves the value: refusing it is as right as saying that the formula is gone.
        flag("formula-changed") | reject("ambiguous", "damaged", "not-computable"),
        lambda b: b.write(SCORE, '<f t="shared" si="77"/><v>10</v>'),
        SCORE,
    ),
    Kind(
        "shared-decoy-text",
        "a score shows the right formula but belongs to another shared one, which counts",
        flag("formula-changed") | reject("ambiguous"),
        _decoy_child,
        SCORE,
    ),
    Kind(
        "shared-number-twice",
        "two shared formulas have one number",
        flag("formula-changed") | reject("ambiguous"),
        lambda b: _share(b).write(SCORE, f'<f t="shared" ref="H8" si="0">{b.formula(SCORE)}</f><v>8.5</v>'),
    ),
]

NOT_COMPUTABLE = [
    Kind(
        "circular-self",
        "the total refers to itself",
        reject("not-computable"),
        lambda b: b.computes(TOTAL, "ROUND(D8,2)", "390"),
        TOTAL,
    ),
    Kind(
        "circular-ring",
        "a score refers to the total, and the total to it",
        reject("not-computable"),
        lambda b: b.computes(SCORE, "'汇总'!D8-292.91", "8.5"),
    ),
    Kind(
        "circular-input",
        "an input is a formula of the total: what it shows counts, 12 of 14 measures less half a point",
        flag("input-formula"),
        lambda b: b.computes(MEASURES, "ROUND('汇总'!D8/25,0)", "12"),
        MEASURES,
        (Change(total=300.69, tasks={"t02": 8.07}),),
    ),
    Kind(
        "unknown-function",
        "a score uses a function that does not exist",
        reject("not-computable"),
        lambda b: b.computes(SCORE, "NOSUCHFUNC(1)", "10"),
        SCORE,
    ),
    Kind(
        "unknown-add-in-function",
        "a score uses a function of an add-in",
        reject("not-computable"),
        lambda b: b.computes(SCORE, "_xll.BONUS(E5)", "10"),
        SCORE,
    ),
    Kind(
        "unreadable-formula",
        "a score's formula is no formula",
        # Another formula than ours it is in any case.
        reject("not-computable", "damaged") | flag("formula-changed"),
        lambda b: b.computes(SCORE, "IF((1,", "10"),
        SCORE,
    ),
    Kind(
        "unknown-function-in-input",
        "an input uses a function that does not exist and shows #NAME?",
        flag("input-formula"),
        lambda b: b.computes(MEASURES, "NOSUCHFUNC(13)", "#NAME?", "e"),
        MEASURES,
        (NO_MEASURES,),
    ),
]

# Texts that seem to say the number the hand-worked case has: they do not count, as in the workbook's own formulas, and
# the finding says what to type.
READ = [
    ("ascii", MEASURES, "13", NO_MEASURES),
    ("full-width", MEASURES, "１３", NO_MEASURES),
    ("spaces", MEASURES, " 13 ", NO_MEASURES),
    ("ideographic-space", MEASURES, "　13　", NO_MEASURES),
    ("unit", MEASURES, "13项", NO_MEASURES),
    ("unit-spaced", UNDONE, "1 项", NO_UNDONE),
    ("decimal", OFF, "1.5", NO_OFF),
    ("points", OFF, "1.5分", NO_OFF),
    ("full-width-point", OFF, "１．５", NO_OFF),
    ("percent", TIMELY, "98%", NO_TIMELY),
    ("full-width-percent", TIMELY, "９８％", NO_TIMELY),
    ("percent-spaced", TIMELY, " 98 %", NO_TIMELY),
    ("choice-spaced", BUILD, " 是 ", NO_BUILD),
]
# Texts that are no answer, and what is left without it.
REFUSED = [
    ("dash", UNDONE, "—", NO_UNDONE),
    ("nan", UNDONE, "nan", NO_UNDONE),
    ("inf", COLLECTED, "inf", NO_COLLECTED),
    ("underscore", COLLECTED, "18_360", NO_COLLECTED),
    ("about", MEASURES, "约13", NO_MEASURES),
    ("at-least", MEASURES, "13以上", NO_MEASURES),
    ("range", MEASURES, "12-13", NO_MEASURES),
    ("percent-in-count", MEASURES, "13%", NO_MEASURES),
    ("other-unit", MEASURES, "13人", NO_MEASURES),
    ("words", MEASURES, "十三", NO_MEASURES),
    ("hexadecimal", MEASURES, "0x0D", NO_MEASURES),
    ("formula-text", MEASURES, "=13", NO_MEASURES),
    ("zero-in-veto", ACCIDENTS, "无", NO_ACCIDENTS),
    ("dash-in-veto", ACCIDENTS, "-", NO_ACCIDENTS),
    ("space-in-veto", ACCIDENTS, "　", NO_ACCIDENTS),
]
TEXT_NUMBERS = [
    *(
        Kind(
            f"text-number-{name}",
            f"a number is the text '{text}'",
            flag("text-number"),
            lambda b, at=at, text=text: b.words(at, text),
            at,
            (left,),
        )
        for name, at, text, left in READ
    ),
    *(
        Kind(
            f"text-{name}",
            f"a number is the text '{text}', which is none",
            # Only spaces: nothing was filled in, or something that is no number.
            flag("invalid", "missing") if not text.strip() else flag("invalid"),
            lambda b, at=at, text=text: b.words(at, text),
            at,
            (left,),
        )
        for name, at, text, left in REFUSED
    ),
    Kind(
        "text-whole-percent",
        "a percentage is the text '98', which may be 98% or 9800%",
        flag("invalid", "out-of-range", "text-number"),
        lambda b: b.words(TIMELY, "98"),
        TIMELY,
        # Typed as a number into the cell it would be 98%; as a stored text it is not clear. Never 1, never 9800%.
        (NO_TIMELY,),
    ),
    Kind(
        "text-thousands",
        "a number is the text '18,360'",
        flag("text-number"),
        lambda b: b.words(COLLECTED, "18,360"),
        COLLECTED,
        (NO_COLLECTED,),
    ),
    Kind(
        "text-date",
        "a date is the text '2022-09-30'",
        flag("text-number"),
        lambda b: b.words(f"{ENTRY}!E71", "2022-09-30"),
        f"{ENTRY}!E71",
        (unscored(390, "t12"),),
        "blood-full",
    ),
]

NO_ANSWER = [
    Kind(
        "blank-scored",
        "a scored input is left blank",
        flag("missing"),
        lambda b: b.write(UNDONE, ""),
        UNDONE,
        (NO_UNDONE,),
    ),
    Kind(
        "zero-scored",
        "the same input is 0",
        accept(),
        lambda b: answered(bytes(b), {"t10.undone": 0}),
        outcomes=(Change(total=306.41, tasks={"t10": 10}),),
    ),
    Kind(
        "blank-veto",
        "an input of a veto is left blank: never 'not triggered'",
        flag("missing"),
        lambda b: b.write(ACCIDENTS, ""),
        ACCIDENTS,
        (NO_ACCIDENTS,),
    ),
    Kind(
        "empty-text-veto",
        'an input of a veto is an empty text, as pasting the value of ="" leaves behind',
        flag("missing"),
        lambda b: b.words(ACCIDENTS, ""),
        ACCIDENTS,
        (NO_ACCIDENTS,),
    ),
    Kind(
        "deleted-input",
        "the cell of an input is taken out",
        flag("missing"),
        lambda b: b.element(ACCIDENTS, ""),
        ACCIDENTS,
        (NO_ACCIDENTS,),
    ),
    Kind(
        "over-the-bound",
        "15 of 14 measures",
        flag("out-of-range"),
        lambda b: b.number(MEASURES, 15),
        MEASURES,
        (NO_MEASURES,),
    ),
    Kind(
        "negative", "-1 tasks left undone", flag("out-of-range"), lambda b: b.number(UNDONE, -1), UNDONE, (NO_UNDONE,)
    ),
    Kind(
        "whole-percent",
        "98 where 98% belongs",
        flag("out-of-range"),
        lambda b: b.number(TIMELY, 98),
        TIMELY,
        (NO_TIMELY,),
    ),
    Kind("fraction-in-count", "1.5 tasks", flag("invalid"), lambda b: b.number(UNDONE, 1.5), UNDONE, (NO_UNDONE,)),
    Kind(
        "huge",
        "1e308",
        flag("out-of-range", "invalid"),
        lambda b: b.number(COLLECTED, "1e308"),
        COLLECTED,
        (NO_COLLECTED,),
    ),
    Kind(
        "infinite",
        "a number too large for a number",
        flag("out-of-range", "invalid") | reject("damaged"),
        lambda b: b.number(COLLECTED, "1e999"),
        COLLECTED,
        (NO_COLLECTED,),
    ),
    Kind(
        "nan-number",
        "a numeric cell that says NaN",
        flag("invalid") | reject("damaged"),
        lambda b: b.number(COLLECTED, "NaN"),
        COLLECTED,
        (NO_COLLECTED,),
    ),
    Kind(
        "underscore-number",
        "a numeric cell that says 1_3",
        flag("invalid") | reject("damaged"),
        lambda b: b.number(MEASURES, "1_3"),
        MEASURES,
        (NO_MEASURES,),
    ),
    Kind(
        "not-in-list",
        "部分 where 是 or 否 belongs",
        flag("invalid"),
        lambda b: b.words(BUILD, "部分"),
        BUILD,
        (NO_BUILD,),
    ),
    Kind(
        "number-in-choice",
        "1 where 是 or 否 belongs",
        flag("invalid"),
        lambda b: b.number(BUILD, 1),
        BUILD,
        (NO_BUILD,),
    ),
    Kind(
        "inconsistent",
        "more external controls passed than there were",
        flag("inconsistent"),
        lambda b: b.number(f"{ENTRY}!E94", 13),
        f"{ENTRY}!E94",
        (unscored(263.91, "t14"),),
    ),
    Kind(
        "error-input",
        "#DIV/0! in an input",
        flag("invalid"),
        lambda b: b.write(UNDONE, "<v>#DIV/0!</v>", "e"),
        UNDONE,
        (NO_UNDONE,),
    ),
    Kind(
        "error-veto-input",
        "#REF! in an input of a veto: never 'not triggered'",
        flag("invalid"),
        lambda b: b.write(ACCIDENTS, "<v>#REF!</v>", "e"),
        ACCIDENTS,
        (NO_ACCIDENTS,),
    ),
    Kind(
        "boolean-veto-input",
        "FALSE in an input of a veto: never 0",
        flag("invalid"),
        lambda b: b.write(ACCIDENTS, "<v>0</v>", "b"),
        ACCIDENTS,
        (NO_ACCIDENTS,),
    ),
    Kind(
        "boolean-choice",
        "TRUE where 是 belongs",
        flag("invalid"),
        lambda b: b.write(BUILD, "<v>1</v>", "b"),
        BUILD,
        (NO_BUILD,),
    ),
    Kind(
        "reviewed",
        "a reviewer enters 2 undone tasks: t10 comes to 0",
        accept(),
        lambda b: _reviewed(),
        outcomes=(Change(total=296.41, tasks={"t10": 0}),),
    ),
    Kind(
        "swapped-inputs",
        "two inputs are exchanged: 13 undone tasks, 1 measure (10×1÷14 less 0.5: 0.21)",
        flag("stale"),
        lambda b: b.number(MEASURES, 1).number(UNDONE, 13),
        outcomes=(Change(total=287.83, tasks={"t02": 0.21, "t10": 0}),),
    ),
]


def _reviewed() -> bytes:
    return answered(filled("blood"), {"stage": "review", "answers": {"t10.undone": 2}})


STALE = [
    Kind(
        "stale-input",
        "an input is changed, what the formulas show is not",
        flag("stale"),
        lambda b: b.number(UNDONE, 0),
        TOTAL,
        (Change(total=306.41, tasks={"t10": 10}),),
    ),
    Kind(
        "stale-total", "only what the total shows is changed", flag("stale"), lambda b: b.shows(TOTAL, "390"), TOTAL
    ),
    Kind("stale-grade", "the grade shows 优秀", flag("stale"), lambda b: b.shows(GRADE, "优秀", "str"), GRADE),
    Kind(
        "stale-as-text",
        "the total shows the text 301.41",
        flag("stale"),
        lambda b: b.shows(TOTAL, "301.41", "str"),
        TOTAL,
    ),
    Kind(
        "stale-veto",
        "an accident is entered, the veto shows 未触发",
        flag("stale"),
        lambda b: b.number(ACCIDENTS, 1),
        VETO,
        (Change(total=281.41, grade="不合格", vetoes=(("t03", "fail"),), tasks={"t03": 0}),),
    ),
    Kind("error-total", "the total shows #REF!", flag("stale"), lambda b: b.shows(TOTAL, "#REF!", "e"), TOTAL),
    Kind("error-veto", "a veto shows #DIV/0!", flag("stale"), lambda b: b.shows(VETO, "#DIV/0!", "e"), VETO),
    Kind(
        "never-recalculated",
        "filled by a program: the formulas show what the blank showed",
        accept("not-recalculated"),
        lambda b: filled("blood", calculated=False),
    ),
    Kind(
        "uncalculated",
        "no formula has a cached value, as openpyxl saves",
        flag("uncalculated"),
        lambda b: [b.sub(part, r"(</f>)<v>[^<]*</v>", r"\1", 0) for part in b.sheets() if "</f><v>" in b.text(part)],
    ),
    Kind(
        "one-uncalculated",
        "one formula has no cached value",
        flag("uncalculated"),
        lambda b: b.write(TOTAL, f"<f>{b.formula(TOTAL)}</f>"),
    ),
]

_EVIL = '=HYPERLINK("http://127.0.0.1:9/","x")'
TEXTS = [
    *(
        Kind(
            f"text-starts-with-{name}",
            f"a reason begins with {text[:1]!r}",
            accept(),
            lambda b, text=text: answered(bytes(b), {"t01.judged_reason": text}),
        )
        for name, text in {
            "equals": _EVIL,
            "plus": "+1+1",
            "minus": "-2+3",
            "at": "@SUM(1)",
            "tab": "\t=1+1",
            "url": "http://127.0.0.1:9/",
        }.items()
    ),
    Kind(
        "text-escapes",
        "a reason holds what Excel writes as _x000D_, and an emoji",
        accept(),
        lambda b: answered(bytes(b), {"t01.judged_reason": "甲_x000D_\r\n乙😀"}),
    ),
    Kind(
        "free-texts",
        "reasons and evidence on the form, names and signatures on the cover",
        accept(),
        lambda b: (
            b.words(f"{FORM}!H5", "扣分：台账不全").words(f"{FORM}!I5", "见附件1").words(f"{COVER}!C22", "张三")
        ),
    ),
    Kind(
        "add-in-findings",
        "the add-in's findings in the block kept for them",
        accept(),
        lambda b: b.words(f"{CHECKS}!F4", "警告").words(f"{CHECKS}!H4", "请核对"),
    ),
]

INPUT_FORMULAS = [
    Kind(
        "input-formula",
        "an input holds =6+7",
        flag("input-formula"),
        lambda b: b.computes(MEASURES, "6+7", "13"),
        MEASURES,
    ),
    Kind(
        "input-formula-of-input",
        "an input holds a formula of another input",
        flag("input-formula"),
        lambda b: b.computes(COLLECTED, "E87", "18360"),
        COLLECTED,
    ),
    Kind(
        "input-formula-uncalculated",
        "an input holds =6+7 and no result",
        flag("input-formula", "missing", "uncalculated"),
        lambda b: b.write(MEASURES, "<f>6+7</f>"),
        MEASURES,
        (NO_MEASURES,),
    ),
    Kind(
        "input-webservice",
        "an input fetches its value from the network",
        flag("input-formula", "foreign"),
        lambda b: b.computes(MEASURES, '_xlfn.WEBSERVICE("http://127.0.0.1:9/")', "13"),
        MEASURES,
    ),
    Kind(
        "input-external",
        "an input fetches its value from another workbook",
        flag("input-formula", "foreign"),
        lambda b: b.computes(MEASURES, "'C:\\x\\[b.xlsx]S'!A1", "13"),
        MEASURES,
    ),
]

CONSTANTS = [
    Kind(
        "label-changed",
        "an indicator's label is another",
        flag("constant-changed"),
        lambda b: b.words(f"{ENTRY}!B17", "生产安全事故起数（不含一般事故）"),
        f"{ENTRY}!B17",
    ),
    Kind(
        "heading-changed",
        "自报值 is named 核实值",
        flag("constant-changed"),
        lambda b: b.words(f"{ENTRY}!E3", "核实值"),
        f"{ENTRY}!E3",
    ),
    Kind(
        "standard-changed",
        "a standard shown is lower",
        flag("constant-changed"),
        lambda b: b.words(f"{ENTRY}!D10", "≥10"),
        f"{ENTRY}!D10",
    ),
    Kind(
        "points-changed",
        "a task is worth 20 points instead of 10",
        flag("constant-changed"),
        lambda b: b.number(f"{FORM}!E5", 20),
        f"{FORM}!E5",
    ),
    Kind(
        "points-as-text",
        "a task's points are the text 10",
        flag("constant-changed"),
        lambda b: b.words(f"{FORM}!E5", "10"),
        f"{FORM}!E5",
    ),
    Kind(
        "number-as-boolean",
        "a number that is 1 is TRUE, which counts as 1 in some programs only",
        flag("constant-changed"),
        lambda b: b.write("核对!A4", "<v>1</v>", "b"),
        "核对!A4",
    ),
    Kind(
        "points-as-formula",
        "a task's points are the formula =10",
        flag("constant-changed", "formula-changed"),
        lambda b: b.computes(f"{FORM}!E5", "10", "10"),
        f"{FORM}!E5",
    ),
    Kind(
        "label-emptied",
        "an indicator's label is gone",
        flag("constant-changed"),
        lambda b: b.write(f"{ENTRY}!B17", ""),
        f"{ENTRY}!B17",
    ),
    Kind(
        "swapped-labels",
        "two labels are exchanged: each answer would be read as the other's",
        # Only the labels moved: nothing is read shifted, but it may as well be taken for sorted rows.
        flag("constant-changed") | reject("structure"),
        lambda b: b.words(f"{ENTRY}!B17", "因重大风险隐患被上级部门通报批评次数").words(
            f"{ENTRY}!B18", "生产安全事故起数"
        ),
    ),
    Kind(
        "rule-changed",
        "a rule's explanation is another",
        flag("constant-changed"),
        lambda b: b.words("评分规则!D4", "不扣分"),
        "评分规则!D4",
    ),
    Kind(
        "extra-in-run",
        "a text in an empty locked cell within the range that decides the stage",
        flag("extra-content"),
        lambda b: b.words(f"{ENTRY}!G8", "x"),
        f"{ENTRY}!G8",
    ),
    Kind(
        "extra-number",
        "a number in an empty locked cell",
        flag("extra-content"),
        lambda b: b.number(f"{ENTRY}!D5", 5),
        f"{ENTRY}!D5",
    ),
    Kind(
        "extra-beside",
        "a note to the right of the table",
        flag("extra-content"),
        lambda b: b.words(f"{ENTRY}!P5", "见附件"),
        f"{ENTRY}!P5",
    ),
    Kind(
        "extra-below",
        "a line below the table",
        flag("extra-content"),
        lambda b: b.words(f"{SUMMARY}!A40", "加分 10"),
        f"{SUMMARY}!A40",
    ),
    Kind(
        "extra-hyperlink-formula",
        "a HYPERLINK formula beside the table",
        flag("extra-content", "foreign"),
        lambda b: b.computes(f"{ENTRY}!P5", 'HYPERLINK("http://127.0.0.1:9/","x")', "x", "str"),
        f"{ENTRY}!P5",
    ),
    Kind(
        "extra-unknown-function",
        "a formula beside the table that nothing computes, on which nothing depends",
        flag("extra-content"),
        lambda b: b.computes(f"{ENTRY}!P5", "NOSUCHFUNC(1)", "1"),
        f"{ENTRY}!P5",
    ),
    Kind(
        "extra-blank", "an empty cell with a style beside the table", accept(), lambda b: b.write(f"{ENTRY}!P5", "")
    ),
]

FORMATS = [
    Kind(
        "format-literal",
        "the total always shows 100",
        flag("number-format"),
        lambda b: b.restyle(TOTAL, '"100"'),
        TOTAL,
    ),
    Kind(
        "format-nothing", "an input shows nothing", flag("number-format"), lambda b: b.restyle(UNDONE, ";;;"), UNDONE
    ),
    Kind(
        "format-thousands",
        "18360 shows as 18.36",
        flag("number-format"),
        lambda b: b.restyle(COLLECTED, "0.00,"),
        COLLECTED,
    ),
    Kind("format-appended", "1 shows as 10", flag("number-format"), lambda b: b.restyle(UNDONE, '0"0"'), UNDONE),
    Kind("format-rounded", "8.5 shows as 9", flag("number-format"), lambda b: b.restyle(SCORE, "0"), SCORE),
    # The same number by the letter, another to the eye.
    Kind(
        "format-percent",
        "8.5 shows as 850%",
        flag("number-format") | accept(),
        lambda b: b.restyle(SCORE, "0%"),
        SCORE,
    ),
    Kind(
        "format-condition",
        "the total shows 390 if over 300",
        flag("number-format"),
        lambda b: b.restyle(TOTAL, '[>300]"390";General'),
        TOTAL,
    ),
    Kind(
        "format-date",
        "13 shows as a date",
        flag("number-format"),
        lambda b: b.restyle(MEASURES, "yyyy-mm-dd"),
        MEASURES,
    ),
    Kind(
        "format-conditional-formatting",
        "a conditional format gives the total another number format",
        flag("number-format"),
        lambda b: _conditional_number(b),
        TOTAL,
    ),
    Kind("format-two-decimals", "8.5 shows as 8.50", accept(), lambda b: b.restyle(SCORE, "0.00")),
    Kind("format-whole-percent", "98.00% shows as 98%", accept(), lambda b: b.restyle(TIMELY, "0%")),
    Kind(
        "format-other-date",
        "2022-09-30 shows as 2022/9/30",
        accept(),
        lambda b: b.restyle(f"{ENTRY}!E71", "yyyy/m/d"),
        base="blood-full",
    ),
    Kind(
        "unlocked-total", "the total is not locked", flag("unlocked"), lambda b: b.restyle(TOTAL, locked=False), TOTAL
    ),
    Kind(
        "unlocked-label",
        "a label is not locked",
        flag("unlocked"),
        lambda b: b.restyle(f"{ENTRY}!B17", locked=False),
        f"{ENTRY}!B17",
    ),
    Kind(
        "locked-input", "an input is locked", accept() | flag("unlocked"), lambda b: b.restyle(MEASURES, locked=True)
    ),
]


def _conditional_number(book: Book) -> Book:
    number = book.text(STYLES).count("<dxf>")
    dxf = '<dxf><numFmt numFmtId="901" formatCode="&quot;390&quot;"/></dxf></dxfs>'
    book.sub(STYLES, r'<dxfs count="\d+">', f'<dxfs count="{number + 1}">').sub(STYLES, "</dxfs>", dxf)
    rule = f'<cfRule type="expression" priority="99" dxfId="{number}"><formula>TRUE</formula></cfRule>'
    formatting = f'<conditionalFormatting sqref="D8">{rule}</conditionalFormatting>'
    return book.on(SUMMARY, "<conditionalFormatting", formatting + "<conditionalFormatting")


_VALIDATION = validation("E10:G10")
VALIDATIONS = [
    Kind(
        "validation-gone",
        "an input may be anything",
        flag("validation-changed"),
        lambda b: b.on(ENTRY, _VALIDATION, ""),
        MEASURES,
    ),
    Kind(
        "validation-wider",
        "an input may be up to 99",
        flag("validation-changed"),
        lambda b: b.on(ENTRY, _VALIDATION, lambda v: v[0].replace("<formula2>14<", "<formula2>99<")),
        MEASURES,
    ),
    Kind(
        "validation-warns",
        "a wrong value is only warned about",
        flag("validation-changed"),
        lambda b: b.on(ENTRY, _VALIDATION, lambda v: v[0].replace('errorStyle="stop"', 'errorStyle="warning"')),
        MEASURES,
    ),
    Kind(
        "validation-silent",
        "a wrong value is not refused",
        flag("validation-changed"),
        lambda b: b.on(ENTRY, _VALIDATION, lambda v: v[0].replace('showErrorMessage="1"', 'showErrorMessage="0"')),
        MEASURES,
    ),
    Kind(
        "validation-narrower-range",
        "自报值 is no longer validated, 核实值 is",
        flag("validation-changed"),
        lambda b: b.on(ENTRY, _VALIDATION, lambda v: v[0].replace("E10:G10", "F10:G10")),
        MEASURES,
    ),
    Kind(
        "validation-other-list",
        "a list offers 部分 as well",
        flag("validation-changed"),
        lambda b: b.on(ENTRY, r'(sqref="E35:G35".*?<formula1>"是)', r"\1,部分"),
        BUILD,
    ),
    Kind(
        "validations-all-gone",
        "no input is validated",
        flag("validation-changed"),
        lambda b: b.on(ENTRY, r"<dataValidations.*?</dataValidations>", ""),
        MEASURES,
    ),
    Kind(
        "pasted-over",
        "15 pasted from another workbook: without its validation, locked, in a plain style",
        flag("out-of-range"),
        lambda b: b.element(MEASURES, '<c r="E10"><v>15</v></c>').on(ENTRY, _VALIDATION, ""),
        MEASURES,
        (NO_MEASURES,),
    ),
    Kind(
        "validations-merged",
        "equal validations are written as one, as Excel and WPS do",
        accept(),
        lambda b: _merged_validations(b),
    ),
]


def _merged_validations(book: Book) -> Book:
    """Two 是/否 lists with the same messages become one with both ranges."""
    book.on(ENTRY, validation("E36:G36"), "")
    return book.on(ENTRY, r'sqref="E35:G35"', 'sqref="E35:G36"')


SETTINGS = [
    *(
        Kind(
            f"calculation-{name}",
            does,
            flag("calc-settings"),
            lambda b, attribute=attribute: b.sub(WORKBOOK, "<calcPr ", f"<calcPr {attribute} "),
        )
        for name, attribute, does in (
            ("manual", 'calcMode="manual"', "formulas are calculated on demand only"),
            ("as-displayed", 'fullPrecision="0"', "values are cut to what is displayed"),
            ("iterative", 'iterate="1"', "circular references are calculated"),
        )
    ),
    Kind(
        "calculation-default",
        "the calculation settings Excel itself writes",
        accept(),
        lambda b: b.sub(WORKBOOK, "<calcPr [^>]*/>", '<calcPr calcId="191029"/>'),
    ),
]

KINDS = (
    *FORMULAS,
    *SHARED,
    *NOT_COMPUTABLE,
    *TEXT_NUMBERS,
    *NO_ANSWER,
    *STALE,
    *TEXTS,
    *INPUT_FORMULAS,
    *CONSTANTS,
    *FORMATS,
    *VALIDATIONS,
    *SETTINGS,
)
