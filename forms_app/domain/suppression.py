"""Counts so small that they could tell of whom they are, and what would give them away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SMALLEST = 5
"""The smallest count that is told."""


@dataclass(frozen=True, slots=True)
class Told:
    """Some counts and their sum, as far as they may be told: None for what may not."""

    parts: tuple[int | None, ...]
    total: int | None
    at_least: int | None
    """In the place of a total that would give a part away: the sum of the parts that are told."""


def told(counts: Sequence[int]) -> Told:
    """A total is told only beside parts that are all told: with one of them left out it would be a subtraction."""
    parts = tuple(count if count >= SMALLEST else None for count in counts)
    if all(part is not None for part in parts) and counts:
        return Told(parts, sum(counts), None)
    shown = sum(part for part in parts if part is not None)
    return Told(parts, None, shown or None)
