"""The panel's actions on saved files, each one entry: its words, what it asks, what it does.

To add one, write its function in `files` and its entry in ACTIONS: the panel makes button, form and table of that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from xl_kpi import api
from xl_kpi.addin.carrying import carry
from xl_kpi.addin.files import Outcome, Progress, Watch, blanks, check, recalculate, units_of
from xl_kpi.findings import Finding, either

Answers = Mapping[str, Any]
"""What was answered, by the key of each Ask, in the type that its kind says."""


@dataclass(frozen=True)
class Ask:
    """Something an action has to know.

    kind: files (list[Path], one or more workbooks), folder (Path, which is there), sources (list[Path], files or one
    folder), target (Path of a folder to write to, which may still have to be made), workbook (Path), scheme (str, a name
    or the path of a .yaml; with it come `year`, int, and `level`, 省, 市, 县 or None), units (Path of a list, or str with a
    unit in each line).
    """

    key: str
    kind: Literal["files", "folder", "sources", "target", "workbook", "scheme", "units"]
    label: str


@dataclass(frozen=True)
class Action:
    """A button of the panel that needs no Excel: its words (zh, en), its letter (Alt), what it asks, what it does.

    `when` says to a beginner what he has in hand; `verb` is the button by which the form is sent off. An action that asks
    for a single thing has no form.
    """

    name: str
    words: tuple[str, str]
    letter: str
    when: tuple[str, str]
    tip: tuple[str, str]
    verb: tuple[str, str]
    asks: Callable[[], tuple[Ask, ...]]
    run: Callable[[Answers, Progress, Watch], Outcome]

    @property
    def label(self) -> str:
        """The words on the button, in the language of messages."""
        return either(*self.words)


def _run_blanks(answers: Answers, at: Progress, watch: Watch) -> Outcome:
    told: list[Finding] = []  # what was passed over in the list
    units = units_of(answers["units"], told.append)
    level, year = answers.get("level"), answers.get("year")
    outcome = blanks(answers["scheme"], units, answers["target"], level, year, at, watch)
    return replace(outcome, said="\n".join([outcome.said, *(each.message for each in told)]))


ACTIONS: tuple[Action, ...] = (
    Action(
        "folder",
        ("核对文件夹", "check a folder"),
        "D",
        ("收回了各单位的工作簿", "workbooks came back"),
        (
            "选择存放工作簿的文件夹，逐个重新计分、核对，列成一张表：哪些通过、哪些有问题、哪些退回以及原因。不改动任何文件。",
            "check every workbook of a folder; no file is changed",
        ),
        ("核对", "Check"),
        lambda: (Ask("folder", "folder", either("核对哪个文件夹里的考核工作簿？", "which folder?")),),
        lambda answers, at, watch: check([answers["folder"]], at, watch),
    ),
    Action(
        "files",
        ("核对文件", "check files"),
        "F",
        ("只核对一份或几份", "one or a few only"),
        (
            "选择一个或几个工作簿，重新计分、核对，逐处列出问题。不改动任何文件。",
            "check one workbook or several; no file is changed",
        ),
        ("核对", "Check"),
        lambda: (Ask("files", "files", either("核对哪些考核工作簿？", "which workbooks?")),),
        lambda answers, at, watch: check(answers["files"], at, watch),
    ),
    Action(
        "blanks",
        ("生成空白模板", "make blanks"),
        "N",
        ("要给各单位下发空白工作簿", "blanks are to be sent out"),
        (
            "选择考核方案、年度和单位，为每个单位生成一份空白工作簿，保存到所选文件夹。",
            "make a blank workbook for each unit",
        ),
        ("生成", "Make"),
        lambda: (
            Ask("scheme", "scheme", either("考核方案", "scheme")),
            Ask("units", "units", either("单位", "units")),
            Ask("target", "target", either("存到文件夹", "into folder")),
        ),
        _run_blanks,
    ),
    Action(
        "recalc",
        ("重算", "recalculate"),
        "R",
        ("文件里显示的数不是最新的", "the numbers shown are not the latest"),
        (
            "把工作簿里的公式重新算一遍，结果另存到所选文件夹，原文件不动。用于由程序填入、没有用 Excel 或 WPS 打开过的工作簿。",
            "work the results out anew, into another folder",
        ),
        ("重算", "Recalculate"),
        lambda: (
            Ask("sources", "sources", either("重算哪些工作簿", "which workbooks")),
            Ask("target", "target", either("存到文件夹", "into folder")),
        ),
        lambda answers, at, watch: recalculate(answers["sources"], answers["target"], at, watch),
    ),
    Action(
        "carry",
        ("搬到新表", "carry over"),
        "C",
        ("表格改版了，已填的数要搬过去", "the form was revised"),
        (
            "为每份工作簿按现行方案生成新表，把原来填的数搬过去，另存到所选文件夹，原文件不动；搬不过去的逐个列出。",
            "a fresh workbook for each, with the old one's answers; what finds no place is listed",
        ),
        ("搬到新表", "Carry over"),
        lambda: (
            Ask("sources", "sources", either("搬哪些工作簿", "which workbooks")),
            Ask("target", "target", either("新表存到文件夹", "into folder")),
        ),
        lambda answers, at, watch: carry(answers["sources"], answers["target"], at, watch),
    ),
)


@functools.cache
def titles() -> dict[str, str]:
    """The schemes shipped: title by name, in order of name. Takes about a second the first time."""
    return {name: api.describe(name).title for name in api.schemes()}
