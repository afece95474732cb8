"""The seats at a Board: what somebody is there, beside what they are in their own agency."""

from __future__ import annotations

from enum import StrEnum


class Seat(StrEnum):
    BUSINESS_UNIT = "business_unit"
    CHAIR = "chair"
    SCRUTINEER = "scrutineer"
    SUB_GROUP = "sub_group"
    POLICY_SUB_GROUP = "policy_sub_group"
    DIRECTORS = "directors"
    LIAISON_OFFICER = "liaison_officer"
    ANALYST = "analyst"
    """Sees numbers, and no escalation."""
    AUDITOR = "auditor"
    """Sees the trail, and no escalation."""


NEEDS_SECOND_STEP = frozenset({Seat.BUSINESS_UNIT, Seat.CHAIR, Seat.SCRUTINEER, Seat.AUDITOR})
"""Who may open nothing before they have something beside their email that proves who they are; so must whoever administers an agency."""
