"""Reminds people of what is due and overdue: one message a person and day, worked out when it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from forms_app.db import outbox
from forms_app.db.outbox import Claim
from forms_app.db.tables import Person
from forms_app.services.work import Work, Workshop

WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in one escalation, as a reminder names it: by the reference, and no words that anybody typed."""

    reference: str
    what: str
    """A code: clock, review, action, check, acknowledgement, filing or meeting."""
    by: date | None
    """The day by the end of which it is due; None where there is no such day."""
    since: date | None = None
    """Where there is no such day: since when it waits."""
    on_closed_day: bool = False
    """Whether hours are counted, and end on a day that is not a working day."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What one person is reminded of at one moment."""

    late: tuple[Line, ...] = ()
    coming: tuple[Line, ...] = ()
    to_office: bool = False
    """Whether it is for the Board's business unit, which finds everything at /register; everybody else at /escalations."""

    def __bool__(self) -> bool:
        return bool(self.late or self.coming)


def lines_for(work: Work, person: Person, *, owed_at: datetime) -> Lines:
    """What this person is reminded of now; nothing by a reminder that was owed on an earlier day: the next one says it all."""
    return Lines()


def remind_board(workshop: Workshop, claim: Claim) -> None:
    """Owes a reminder to everybody of a Board who has something to do, or whose colleagues have not done it."""
    with workshop.writing() as work:
        outbox.finish_until(work.session, claim.item_id, claim.worker, work.now + timedelta(days=1))
