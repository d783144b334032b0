"""Parts of a rule that cannot be meant whatever it judges: weights, shares, bands, answers, bounds of an input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from xl_kpi.rules.cases import Cases
from xl_kpi.rules.level import Level
from xl_kpi.rules.limited import Limited
from xl_kpi.rules.parts import ByLevel, Input, Kind, Number, When, key
from xl_kpi.rules.tiers import Tiers
from xl_kpi.words import Fact, Said, said
from xl_kpi.xlsx.cells import number_text

OPEN = 1e7  # a bound from here on is none: nobody would fill in so much


@dataclass(frozen=True)
class Doubt:
    """Something that cannot be meant, with its remedy, and the numbers it is about."""

    what: Said
    about: tuple[float, ...] = ()


@dataclass(frozen=True)
class Measure:
    """A value that a rule judges: what it is called, its kind, and between what it lies (fractions for percentages)."""

    label: str
    kind: Kind
    low: float
    high: float

    def say(self, value: float) -> str:
        """A value as an official reads it."""
        return plain(value * 100) + "%" if self.kind == "percent" else plain(value)

    def range(self) -> Fact:
        """What can be filled in, in words."""
        low, high = abs(self.low) < OPEN, abs(self.high) < OPEN
        if low and high:
            return f"{self.say(self.low)}～{self.say(self.high)}"
        return said("scheme.range-from", least=self.say(self.low)) if low else said("scheme.range-any")


def plain(value: float) -> str:
    """A number without exponent, to nine decimals."""
    return number_text(round(value, 9))


def input_doubts(asked: Input) -> Iterator[Doubt]:
    """What an input accepts that cannot be meant."""
    low, high = asked.bounds
    if asked.kind not in ("choice", "text", "date") and low > high:
        yield Doubt(said("scheme.min-above-max", label=asked.label, low=plain(low), high=plain(high)))
    elif asked.kind == "percent":
        for name, value, most in (("max", high, 10), ("min", low, 1)):
            if value > most:
                yield Doubt(
                    said(
                        "scheme.percent-limit",
                        label=asked.label,
                        name=name,
                        value=plain(value),
                        percent=plain(value * 100),
                    ),
                    (value,),
                )


def answer_doubts(asked: Input, answer: str, what: Fact) -> Iterator[Doubt]:
    """An answer that cannot be chosen."""
    if asked.kind == "text":
        return
    if answer.casefold() not in {choice.casefold() for choice in asked.choices}:
        facts: dict[str, Fact] = {"what": what, "answer": answer, "label": asked.label}
        if asked.choices:
            yield Doubt(said("scheme.not-a-choice", choices=asked.choices, **facts))
        else:
            yield Doubt(said("scheme.not-an-answer", **facts))


def level_doubts(rule: Level) -> Iterator[Doubt]:
    """Shares of grades that cannot be meant."""
    place = rule.levels.index(rule.at_least)
    if place == len(rule.levels) - 1:
        yield Doubt(said("scheme.least-lowest-grade", at_least=rule.at_least))
    before = 1.0
    for name in sorted(rule.shares, key=rule.levels.index):
        share = rule.shares[name]
        if rule.levels.index(name) <= place:
            yield Doubt(
                said("scheme.share-of-full-points", name=name, at_least=rule.at_least, share=plain(share)), (share,)
            )
        elif not 0 <= share <= 1:
            yield Doubt(
                said("scheme.share-no-fraction", name=name, share=plain(share), percent=plain(share * 100)),
                (share,),
            )
        elif share > before:
            yield Doubt(said("scheme.share-above-better-grade", name=name, share=plain(share)), (share,))
        else:
            before = share


def weight_doubts(given: list[float], points: float | None) -> Iterator[Doubt]:
    """Weights that are fractions, percentages or points, and do not tie as such; 2 to 1 is a proportion and ties anyhow."""
    total = round(sum(given), 9)
    if len(set(given)) == 1:
        return
    if max(given) < 1 and total != 1:
        should: Fact = "1"
    elif max(given) >= 10 and min(given) >= 5 and total != 100 and (points is None or abs(total - points) > 0.005):
        should = "100" if points is None else said("scheme.hundred-or-points", points=plain(points))
    else:
        return
    listed = [plain(weight) for weight in given]
    yield Doubt(said("scheme.weights-add-up-not", listed=listed, total=plain(total), should=should), tuple(given))


def band_doubts(rule: Tiers, measure: Measure) -> Iterator[Doubt]:
    """Bands that end before they begin, and shares that rise as completion falls."""
    for band in rule.bands:
        if band.up_to is not None and band.up_to <= band.at_least:
            yield Doubt(
                said("scheme.band-from-ends", at_least=plain(band.at_least), up_to=plain(band.up_to)), (band.up_to,)
            )
    for better, worse in pairwise(rule.bands):
        if worse.share >= better.share:
            yield Doubt(
                said(
                    "scheme.band-share-rises",
                    at_least=measure.say(worse.at_least),
                    share=plain(worse.share),
                    better=measure.say(better.at_least),
                    better_share=plain(better.share),
                ),
                (worse.share,),
            )
    if isinstance(rule.factor, int | float) and not 0 < rule.factor <= 1:
        yield Doubt(
            said("scheme.factor-percent", factor=plain(rule.factor), percent=plain(rule.factor * 100)),
            (rule.factor,),
        )


def limit_doubts(rule: Limited, points: float | None) -> Iterator[Doubt]:
    """Limits in the wrong order, or above the points there are."""
    least, most = (value if isinstance(value, int | float) else None for value in (rule.least, rule.most))
    if least is not None and most is not None and least >= most:
        yield Doubt(said("scheme.least-not-below-most", least=plain(least), most=plain(most)), (least, most))
    elif most is not None and points is not None and most > round(points, 6):
        yield Doubt(said("scheme.most-above-points", most=plain(most), points=plain(points)), (most,))


def order_doubts(rule: Cases) -> Iterator[Doubt]:
    """A case that is never reached, because one before it holds whenever it does."""
    before: list[tuple[int, When]] = []
    for number, case in enumerate(rule.cases, 1):
        when = case.when
        if when is None:
            continue
        first = next((n for n, earlier in before if _covers(earlier, when)), 0)
        if first:
            yield Doubt(said("scheme.case-never-reached", number=number, when=when.sentence(), first=first))
        before.append((number, when))


def _covers(earlier: When, later: When) -> bool:
    """Whether whatever fulfils the later condition fulfils the earlier one."""
    if key(earlier.input) != key(later.input):
        return False
    if later.text is not None:
        return earlier.text == later.text
    least = [when.at_least if when.at_least is not None else when.above for when in (earlier, later)]
    if least[0] is not None and least[1] is not None:
        strict = earlier.above is not None and later.above is None
        return least[1] > least[0] or (least[1] == least[0] and not strict)
    most = [when.at_most if when.at_most is not None else when.below for when in (earlier, later)]
    if most[0] is not None and most[1] is not None:
        strict = earlier.below is not None and later.below is None
        return most[1] < most[0] or (most[1] == most[0] and not strict)
    return False


def label_doubts(inputs: Iterable[Input]) -> Iterator[Doubt]:
    """Two inputs of a task that an official could not tell apart."""
    seen: dict[str, str] = {}
    for asked in inputs:
        if asked.label in seen:
            yield Doubt(said("scheme.both-called", seen=seen[asked.label], id=asked.id, label=asked.label))
        seen.setdefault(asked.label, asked.id)


def numbers_in(parameter: Number | None) -> Iterator[float]:
    """The numbers that a parameter may come to; what the bureau fills in is not known yet."""
    values = parameter.by_level.values() if isinstance(parameter, ByLevel) else (parameter,)
    return (float(value) for value in values if isinstance(value, int | float))
