"""What a party sees of what was recorded, as the policy says it: by default all that the two sides recorded for each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from forms_app.domain.policy import Policy, Sees, Sight
from forms_app.domain.records import MeetingCalled, MeetingHeld, Place, Step


def sees(policy: Policy, place: Place, recorded: Sequence[Step]) -> Sees:
    """How much this party sees, after these records."""
    sight = _sight_of(policy, place)
    if sight is None or place.is_raiser or (sight.until is not None and _has_met(place, recorded)):
        return Sees.EVERYTHING
    return sight.sees


def is_told_who(policy: Policy, place: Place, recorded: Sequence[Step]) -> bool:
    """Whether this party is told whom it is about."""
    return sees(policy, place, recorded) is not Sees.DEIDENTIFIED


def is_hidden(how_much: Sees, place: Place, *, entered_at: datetime, written_by: UUID | None) -> bool:
    """Whether a record is not for this party, who sees so much. One's own stays."""
    if how_much is Sees.EVERYTHING or written_by == place.person:
        return False
    return how_much is Sees.DEIDENTIFIED or (place.joined_at is not None and entered_at < place.joined_at)


def _sight_of(policy: Policy, place: Place) -> Sight | None:
    fitting = (each for each in policy.sight if each.side is place.side)
    return next((each for each in fitting if not each.levels or place.levels & set(each.levels)), None)


def _has_met(place: Place, recorded: Sequence[Step]) -> bool:
    joined = place.joined_at
    return any(
        isinstance(step.facts, MeetingCalled | MeetingHeld) and (joined is None or step.entered_at >= joined)
        for step in recorded
    )
