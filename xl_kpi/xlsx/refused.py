"""Why a file from outside is not read: the one error of everything that opens one."""

from __future__ import annotations

from xl_kpi.words import Fact, Said, said, say


class Refused(ValueError):
    """A file that is not read: a code of the catalogue, and why ("" where the code says all)."""

    def __init__(self, code: str, why: Said | str = "") -> None:
        super().__init__(code, why)  # both in `args`, so that it survives the way back from a worker process
        self.code = code
        self.why = why

    def __str__(self) -> str:
        return say(self.why, "zh") if isinstance(self.why, Said) else self.why or self.code


def damaged(why: str, /, **facts: Fact) -> Refused:
    """What is broken, or not what it says of itself."""
    return Refused("damaged", said(why, **facts))


def unsafe(why: str, /, **facts: Fact) -> Refused:
    """What no program writes that means well."""
    return Refused("unsafe-package", said(why, **facts))


def ambiguous(why: str, /, **facts: Fact) -> Refused:
    """What two programs could read as two things."""
    return Refused("ambiguous", said(why, **facts))


def too_large(why: str, /, **facts: Fact) -> Refused:
    """What is over one of the budgets."""
    return Refused("too-large", said(why, **facts))


def not_a_workbook(what: str, /, **facts: Fact) -> Refused:
    """Another kind of file, by its name."""
    return Refused("not-a-workbook", said(what, **facts))
