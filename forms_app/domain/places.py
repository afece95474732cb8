"""Why a place in an escalation changes hands, and who could take it over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Reason(StrEnum):
    """Why a place changes hands."""

    LEFT = "left"
    MOVED = "moved"
    AWAY = "away"
    WORK = "work"
    INTEREST = "interest"
    OTHER = "other"


REASONS: Mapping[Reason, str] = {
    Reason.LEFT: "They have left, or are about to",
    Reason.MOVED: "They work for another agency or team now",
    Reason.AWAY: "They are away for long",
    Reason.WORK: "Somebody else does this work now",
    Reason.INTEREST: "They have an interest in it, and should not act",
    Reason.OTHER: "Another reason",
}
"""In the words in which they are chosen, and shown to colleagues of the same agency."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could take a place over, or cover in it."""

    id: UUID
    name: str
