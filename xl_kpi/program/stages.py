"""The stages of an assessment: who fills in what, one after the other. A new stage is one entry of STAGES."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A round of filling in, in a column of its own on 数据填报; the last value filled in is the one that counts."""

    id: str  # how nodes, `fill` and `map` call it
    word: str  # the stage as the workbook shows it
    deed: str  # what is done to a value: 自报, which gives 自报值
    people: str  # who does it
    style: str  # the look of its cells, one of layout.style

    @property
    def column(self) -> str:
        """The heading of its column."""
        return f"{self.deed}值"

    @property
    def score(self) -> str:
        """The heading of the scores that its values alone come to."""
        return f"{self.word}得分"


STAGES = (
    Stage("self", "自评", "自报", "单位", "input"),
    Stage("review", "复核", "核实", "复核人员", "review"),
    Stage("final", "终裁", "终裁", "终裁人员", "review"),
)
