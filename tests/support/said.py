"""Findings and parts of sentences in words, as tests quote them."""

from __future__ import annotations

from collections.abc import Iterable

from xl_kpi.words import Told, say


def zh(told: Told) -> str:
    """In Chinese, as it is quoted in tests."""
    return say(told, "zh")


def all_zh(told: Iterable[Told]) -> list[str]:
    """Several, each in Chinese."""
    return [zh(one) for one in told]
