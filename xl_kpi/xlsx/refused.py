"""Why a file from outside is not read: the one error of everything that opens one."""

from __future__ import annotations

from xl_kpi.findings import either


class Refused(ValueError):
    """A file that is not read: a code of the catalogue, and why in words ("" where the code says all)."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(code, why)  # both in `args`, so that it survives the way back from a worker process
        self.code = code
        self.why = why

    def __str__(self) -> str:
        return self.why or self.code


def damaged(zh: str, en: str) -> Refused:
    """What is broken, or not what it says of itself."""
    return Refused("damaged", either(zh, en))


def unsafe(zh: str, en: str) -> Refused:
    """What no program writes that means well."""
    return Refused("unsafe-package", either(zh, en))


def ambiguous(zh: str, en: str) -> Refused:
    """What two programs could read as two things."""
    return Refused("ambiguous", either(zh, en))


def too_large(zh: str, en: str) -> Refused:
    """What is over one of the budgets."""
    return Refused("too-large", either(zh, en))


def not_a_workbook(zh: str, en: str) -> Refused:
    """Another kind of file, by its name."""
    return Refused("not-a-workbook", either(zh, en))
