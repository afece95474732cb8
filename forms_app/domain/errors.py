"""What can go wrong, named for what it is; each is worded for people at the edge, in one place."""

from __future__ import annotations

from datetime import date


class DomainError(Exception):
    """Something was refused. `str()` of it is a plain sentence and never carries personal text."""


class CalendarEnds(DomainError):
    def __init__(self, day: date, ends: date) -> None:
        super().__init__(
            f"The list of bank holidays ends on {ends.day} {ends:%B %Y}, before {day.day} {day:%B %Y}. "
            "Ask the people who run this service to update it."
        )


class NotAllowedNow(DomainError):
    """The policy does not allow this action at this moment, or not by this person."""


class NotFound(DomainError):
    """There is nothing there that this person may see."""


class ChangedMeanwhile(DomainError):
    """Somebody else acted on the same escalation first; nothing of this action was recorded."""


class UnfitText(DomainError):
    """Text that cannot be kept as it was typed. The sentence points at the place."""
