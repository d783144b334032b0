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
from xl_kpi.findings import Finding
from xl_kpi.report.language import spoken, worded
from xl_kpi.words import Said, said

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
    """A button of the panel that needs no Excel: its words, its letter (Alt), what it asks, what it does.

    `when` says to a beginner what he has in hand; `verb` is the button by which the form is sent off. An action that asks
    for a single thing has no form.
    """

    name: str
    words: Said
    letter: str
    when: Said
    tip: Said
    verb: Said
    asks: Callable[[], tuple[Ask, ...]]
    run: Callable[[Answers, Progress, Watch], Outcome]

    @property
    def label(self) -> str:
        """The words on the button, in the language of messages."""
        return spoken(self.words)


def _run_blanks(answers: Answers, at: Progress, watch: Watch) -> Outcome:
    told: list[Finding] = []  # what was passed over in the list
    units = units_of(answers["units"], told.append)
    level, year = answers.get("level"), answers.get("year")
    outcome = blanks(answers["scheme"], units, answers["target"], level, year, at, watch)
    return replace(outcome, said="\n".join([outcome.said, *(spoken(each) for each in told)]))


ACTIONS: tuple[Action, ...] = (
    Action(
        "folder",
        said("addin.check-folder"),
        "D",
        said("addin.workbooks-came-back"),
        said("addin.check-every-workbook-folder"),
        said("panel.check"),
        lambda: (Ask("folder", "folder", worded("addin.which-folder")),),
        lambda answers, at, watch: check([answers["folder"]], at, watch),
    ),
    Action(
        "files",
        said("addin.check-files"),
        "F",
        said("addin.one-few-only"),
        said("addin.check-one-workbook-several"),
        said("panel.check"),
        lambda: (Ask("files", "files", worded("addin.which-workbooks")),),
        lambda answers, at, watch: check(answers["files"], at, watch),
    ),
    Action(
        "blanks",
        said("addin.make-blanks"),
        "N",
        said("addin.blanks-sent-out"),
        said("addin.make-blank-workbook-each"),
        said("addin.make"),
        lambda: (
            Ask("scheme", "scheme", worded("addin.scheme")),
            Ask("units", "units", worded("addin.units")),
            Ask("target", "target", worded("addin.into-folder")),
        ),
        _run_blanks,
    ),
    Action(
        "recalc",
        said("addin.recalculate"),
        "R",
        said("addin.numbers-shown-not-latest"),
        said("addin.work-results-out-anew"),
        said("panel.recalculate"),
        lambda: (
            Ask("sources", "sources", worded("panel.recalculate-which")),
            Ask("target", "target", worded("addin.into-folder")),
        ),
        lambda answers, at, watch: recalculate(answers["sources"], answers["target"], at, watch),
    ),
    Action(
        "carry",
        said("addin.carry-over"),
        "C",
        said("addin.form-revised"),
        said("addin.fresh-workbook-each-old"),
        said("panel.carry-over"),
        lambda: (
            Ask("sources", "sources", worded("panel.carry-which")),
            Ask("target", "target", worded("panel.new-into-folder")),
        ),
        lambda answers, at, watch: carry(answers["sources"], answers["target"], at, watch),
    ),
)


@functools.cache
def titles() -> dict[str, str]:
    """The schemes shipped: title by name, in order of name. Takes about a second the first time."""
    return {name: api.describe(name).title for name in api.schemes()}
