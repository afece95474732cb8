"""What a rule says of one place of a folded text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    start: int
    end: int
    rule: str
    why: str
    suggestion: str = ""
    certain: bool = True
    rank: int = 0
    """What the records say goes before what a pattern says, and that before a guess."""
