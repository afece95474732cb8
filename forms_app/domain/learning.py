"""The registers of learning and of gaps in a policy: what a line says, whose it is, and which lines somebody asks for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from uuid import UUID

from forms_app.domain.seats import Seat

LIMIT = 1500
"""Characters in each text of a line."""
SUB_GROUPS = (Seat.SUB_GROUP, Seat.POLICY_SUB_GROUP)


class Kind(StrEnum):
    """Which of the two registers."""

    LEARNING = "learning"
    GAP = "gap"


class Show(StrEnum):
    """Which lines to list."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a line is: exactly one of these."""

    person_id: UUID | None = None
    agency_id: UUID | None = None
    seat: Seat | None = None

    def __post_init__(self) -> None:
        if [self.person_id, self.agency_id, self.seat].count(None) != 2:
            raise ValueError("a line belongs to a person, to an agency or to a seat")

    @classmethod
    def read(cls, code: str) -> Owner:
        """Raises ValueError for anything that `code` does not give."""
        what, _, which = code.partition("-")
        match what:
            case "person":
                return cls(person_id=UUID(which))
            case "agency":
                return cls(agency_id=UUID(which))
            case "seat":
                return cls(seat=Seat(which))
            case _:
                raise ValueError("no owner is named like this")

    @property
    def code(self) -> str:
        """As forms and addresses name it."""
        if self.seat is not None:
            return f"seat-{self.seat.value}"
        return f"person-{self.person_id}" if self.person_id else f"agency-{self.agency_id}"


@dataclass(frozen=True, slots=True)
class LineDetails:
    """What somebody writes into a line."""

    kind: Kind
    policy_key: str
    code: str | None
    """Which of the policy's kinds of learning; None for a gap, and for what the policy does not name."""
    section: str
    what: str
    action: str
    owner: Owner
    due_on: date
    sub_group: Seat | None

    def differs_in(self, other: LineDetails) -> list[str]:
        """The names of the fields that are not the same."""
        return [each.name for each in fields(self) if getattr(self, each.name) != getattr(other, each.name)]

    @property
    def texts(self) -> dict[str, str]:
        """What was typed, by field."""
        return {"what": self.what, "section": self.section, "action": self.action}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines somebody asks for."""

    kind: Kind
    show: Show = Show.OPEN
    sub_group: Seat | None = None
    owner: Owner | None = None


def is_overdue(due_on: date, *, is_done: bool, today: date) -> bool:
    """It can still be done on the day itself."""
    return not is_done and due_on < today
