"""The people of a Board's agencies: what is said of each, what about them needs a second person, and who is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from forms_app.domain.contacts import stamp_of
from forms_app.domain.working_days import years_later

A_MONTH = timedelta(days=30)
LEAD, BOARD_MEMBER = "safeguarding_lead", "board_member"
"""Levels by which people look for each other, in every policy that has them."""


class Lets(StrEnum):
    """What may be changed about a person that lets them in, or lets them see more: never by one person alone."""

    SEAT = "seat"
    ADMINISTER = "administer"
    ADDRESS = "address"
    """Whoever has the mailbox of a person's address is that person to the service."""


class Show(StrEnum):
    """Which of the people are listed."""

    PRESENT = "present"
    LEFT = "left"
    LOCKED = "locked"
    NEVER = "never"
    """Those who have never signed in."""
    SPECIAL = "special"
    """Those who hold a seat at the Board or administer people."""


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What whoever administers people may change by themselves."""

    agency_id: UUID
    name: str
    job_title: str
    level: str
    telephone: str = ""

    @property
    def stamp(self) -> str:
        """Says by itself whether somebody changed the person since they were looked at."""
        return stamp_of(str(self.agency_id), self.name, self.job_title, self.level, self.telephone)


def attestation_due(last: date | None, added: date | None) -> date | None:
    """By when an agency says again that its list is right: a year after the last time, or after it was added."""
    day = last or added
    return None if day is None else years_later(day, 1)
