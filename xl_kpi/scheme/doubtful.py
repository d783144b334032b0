"""Parts of a rule that cannot be meant whatever it judges: weights, shares, bands, answers, bounds of an input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from xl_kpi.findings import either
from xl_kpi.rules.cases import Cases
from xl_kpi.rules.level import Level
from xl_kpi.rules.limited import Limited
from xl_kpi.rules.parts import ByLevel, Input, Kind, Number, When, key
from xl_kpi.rules.tiers import Tiers
from xl_kpi.xlsx.cells import number_text

OPEN = 1e7  # a bound from here on is none: nobody would fill in so much


@dataclass(frozen=True)
class Doubt:
    """Something that cannot be meant, with its remedy, and the numbers it is about."""

    what: str
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

    def range(self) -> str:
        """What can be filled in, in words."""
        low, high = abs(self.low) < OPEN, abs(self.high) < OPEN
        if low and high:
            return f"{self.say(self.low)}～{self.say(self.high)}"
        return either(
            f"不小于 {self.say(self.low)}" if low else "不限", f"from {self.say(self.low)}" if low else "any"
        )


def plain(value: float) -> str:
    """A number without exponent, to nine decimals."""
    return number_text(round(value, 9))


def input_doubts(asked: Input) -> Iterator[Doubt]:
    """What an input accepts that cannot be meant."""
    low, high = asked.bounds
    if asked.kind not in ("choice", "text", "date") and low > high:
        zh = f"“{asked.label}”的 min {plain(low)} 大于 max {plain(high)}，什么都填不进去。请对调或改正"
        yield Doubt(either(zh, f"{asked.label!r}: min {plain(low)} is above max {plain(high)}"))
    elif asked.kind == "percent":
        for name, value, most in (("max", high, 10), ("min", low, 1)):
            if value > most:
                zh = f"“{asked.label}”是百分数，{name} 写的 {plain(value)} 即 {plain(value * 100)}%。请写成小数，如 100% 写 1"
                yield Doubt(either(zh, f"{asked.label!r}: {name} {plain(value)} is {plain(value * 100)}%"), (value,))


def answer_doubts(asked: Input, answer: str, what: str) -> Iterator[Doubt]:
    """An answer that cannot be chosen."""
    if asked.kind == "text":
        return
    if answer.casefold() not in {choice.casefold() for choice in asked.choices}:
        listed = "、".join(asked.choices)
        have = f"“{asked.label}”的选项是：{listed}" if listed else f"“{asked.label}”不是选择项"
        zh = (
            f"{what} 写的“{answer}”选不到，{have}。请改为其中之一"
            if listed
            else f"{what} 写的“{answer}”填不出来，{have}。请改正"
        )
        yield Doubt(either(zh, f"{what}: {answer!r} is no answer to {asked.label!r} ({listed})"))


def level_doubts(rule: Level) -> Iterator[Doubt]:
    """Shares of grades that cannot be meant."""
    place = rule.levels.index(rule.at_least)
    if place == len(rule.levels) - 1:
        zh = f"at_least 写的“{rule.at_least}”是最低一等，选哪个都得满分。请改正，或检查 levels 是否从高到低"
        yield Doubt(either(zh, f"at_least {rule.at_least!r} is the lowest grade"))
    before = 1.0
    for name in sorted(rule.shares, key=rule.levels.index):
        share = rule.shares[name]
        if rule.levels.index(name) <= place:
            zh = f"shares 里的“{name}”已达到 at_least“{rule.at_least}”，得满分，写的 {plain(share)} 不起作用。请删去"
            yield Doubt(either(zh, f"{name!r} gets full points; its share does not count"), (share,))
        elif not 0 <= share <= 1:
            zh = f"shares 里“{name}”写的 {plain(share)} 是分值的 {plain(share * 100)}%。应写分值的几成（0～1），如得一半写 0.5，不写得分"
            yield Doubt(either(zh, f"the share of {name!r} is {plain(share)}; it must lie between 0 and 1"), (share,))
        elif share > before:
            zh = f"shares 里“{name}”写的 {plain(share)}，比更好的等次还多。请改正"
            yield Doubt(either(zh, f"the share of {name!r} is above that of a better grade"), (share,))
        else:
            before = share


def weight_doubts(given: list[float], points: float | None) -> Iterator[Doubt]:
    """Weights that are fractions, percentages or points, and do not tie as such; 2 to 1 is a proportion and ties anyhow."""
    total = round(sum(given), 9)
    if len(set(given)) == 1:
        return
    if max(given) < 1 and total != 1:
        should = "1"
    elif max(given) >= 10 and min(given) >= 5 and total != 100 and (points is None or abs(total - points) > 0.005):
        should = "100" + (f" 或分值 {plain(points)}" if points is not None else "")
    else:
        return
    listed = "、".join(map(plain, given))
    zh = f"weight {listed} 合计 {plain(total)}，应合计 {should}。请改正"
    yield Doubt(either(zh, f"the weights {listed} add up to {plain(total)}, not to {should}"), tuple(given))


def band_doubts(rule: Tiers, measure: Measure) -> Iterator[Doubt]:
    """Bands that end before they begin, and shares that rise as completion falls."""
    for band in rule.bands:
        if band.up_to is not None and band.up_to <= band.at_least:
            zh = f"档次 at_least {plain(band.at_least)} 的 up_to {plain(band.up_to)} 不高于它自己的下限。请改正"
            yield Doubt(either(zh, f"a band from {plain(band.at_least)} ends at {plain(band.up_to)}"), (band.up_to,))
    for better, worse in pairwise(rule.bands):
        if worse.share >= better.share:
            zh = f"完成 {measure.say(worse.at_least)} 的一档 share {plain(worse.share)}，不低于"
            zh += f"完成 {measure.say(better.at_least)} 的一档 {plain(better.share)}。档次越低，share 应越小，请改正"
            yield Doubt(either(zh, f"a lower band has the share {plain(worse.share)}"), (worse.share,))
    if isinstance(rule.factor, int | float) and not 0 < rule.factor <= 1:
        zh = f"factor 写的 {plain(rule.factor)} 即 {plain(rule.factor * 100)}%。应写小数（0～1），如 92% 写 0.92"
        yield Doubt(either(zh, f"the factor {plain(rule.factor)} is {plain(rule.factor * 100)}%"), (rule.factor,))


def limit_doubts(rule: Limited, points: float | None) -> Iterator[Doubt]:
    """Limits in the wrong order, or above the points there are."""
    least, most = (value if isinstance(value, int | float) else None for value in (rule.least, rule.most))
    if least is not None and most is not None and least >= most:
        zh = f"limited 的 least {plain(least)} 不小于 most {plain(most)}，填多少都是一个分数。请改正"
        yield Doubt(either(zh, f"least {plain(least)} is not below most {plain(most)}"), (least, most))
    elif most is not None and points is not None and most > round(points, 6):
        zh = f"limited 的 most {plain(most)} 超过分值 {plain(points)} 分。请改正 most 或分值"
        yield Doubt(either(zh, f"most {plain(most)} is above the {plain(points)} points"), (most,))


def order_doubts(rule: Cases) -> Iterator[Doubt]:
    """A case that is never reached, because one before it holds whenever it does."""
    before: list[tuple[int, When]] = []
    for number, case in enumerate(rule.cases, 1):
        when = case.when
        if when is None:
            continue
        first = next((n for n, earlier in before if _covers(earlier, when)), 0)
        if first:
            zh = f"cases 第{number}种情形（{when.sentence()}）轮不到：符合它的都已按第{first}种计分。请把条件严的写在前面"
            yield Doubt(either(zh, f"case {number} is never reached: case {first} holds whenever it does"))
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
            zh = f"填报项 {seen[asked.label]} 和 {asked.id} 都叫“{asked.label}”，填报时分不清。请改写其中一个的 label"
            yield Doubt(either(zh, f"{seen[asked.label]} and {asked.id} are both called {asked.label!r}"))
        seen.setdefault(asked.label, asked.id)


def numbers_in(parameter: Number | None) -> Iterator[float]:
    """The numbers that a parameter may come to; what the bureau fills in is not known yet."""
    values = parameter.by_level.values() if isinstance(parameter, ByLevel) else (parameter,)
    return (float(value) for value in values if isinstance(value, int | float))
