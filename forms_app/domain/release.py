"""What people see and decide before a document leaves: its short texts, and each thing that was found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LIMIT = 1500
"""Characters in a short text."""
What = Literal["remove", "generalise", "keep"]


@dataclass(frozen=True, slots=True)
class ShortText:
    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """Something that was found, and where it stands."""

    number: int
    where: str
    """In which text or fact."""
    before: str
    text: str
    after: str
    why: str
    suggestion: str
    can_change: bool
    kept_because: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one thing that was found. `words` stand in its place, or are the reason for which it is kept."""

    number: int
    what: What
    words: str = ""
