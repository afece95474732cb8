"""Reminds people of what is due and overdue: one message a person and day, worked out when it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog

from forms_app.db import outbox, reads
from forms_app.db import reminders as reading
from forms_app.db.outbox import Claim
from forms_app.db.people import business_unit_of
from forms_app.db.releases import people_by_id
from forms_app.db.tables import Delivery, Escalation, Person
from forms_app.domain.deliveries import EventKind
from forms_app.domain.errors import CalendarEnds
from forms_app.domain.escalation import Resolved
from forms_app.domain.pending import Unanswered
from forms_app.domain.policy import Audience
from forms_app.domain.reminders import Reminder, morning_of, reminders
from forms_app.domain.working_days import Calendar, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.history import places_of, policy_of, standing_of
from forms_app.services.notifying import notify
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

HOUR = 8
AT_ONCE = 100
"""How many escalations are read in one transaction."""
log = structlog.get_logger(__name__)


# --- in the morning ----------------------------------------------------------------------------------------------


def remind_board(workshop: Workshop, claim: Claim, hour: int = HOUR) -> None:
    """Owes a reminder to everybody of a Board who has something to do, or whose colleagues have not done it.

    At this hour of each working day in the United Kingdom; later on the same day, where no worker was there at the hour.
    """
    with workshop.reading() as work:
        calendar = _calendar_of(work, claim.about_id)
        today = uk_date(work.now)
        was_due = reading.owed_at(work.session, claim.item_id) <= morning_of(today, hour) <= work.now
    if was_due and _is_working(today, calendar):
        _owe_all(workshop, claim.about_id, today)
    with workshop.writing() as work:
        moment = _next_morning(work.now, hour, calendar)
        outbox.finish_until(work.session, claim.item_id, claim.worker, moment)


def _owe_all(workshop: Workshop, board_id: UUID, today: date) -> None:
    """Page by page, so that no transaction takes long. Whoever is found on several pages is owed one message."""
    with workshop.reading() as work:
        ids = reading.may_be_reminded_of(work.session, board_id, today)
    for some in _pages(ids):
        with workshop.reading() as work:
            people = {each.to for _, each in _of_escalations(work, reading.escalations_with(work.session, some))}
        if people:
            with workshop.writing() as work:
                _owe(work, board_id, people, today)


def _owe(work: Work, board_id: UUID, people: set[UUID | None], today: date) -> None:
    found = list(people_by_id(work.session, {each for each in people if each is not None}).values())
    if None in people:
        found += business_unit_of(work.session, board_id)
    for person in found:
        if person.left_at is None:
            notify(work, Kind.REMINDER, person, key=f"{today:%Y-%m-%d}")


def _next_morning(now: datetime, hour: int, calendar: Calendar) -> datetime:
    """The next of the hours at which people are reminded."""
    today = uk_date(now)
    days = (today + timedelta(days=number) for number in range(1 if morning_of(today, hour) <= now else 0, 366))
    return morning_of(next(day for day in days if _is_working(day, calendar)), hour)


def _is_working(day: date, calendar: Calendar) -> bool:
    """Beyond the end of the calendar any day is one: somebody must look, and each escalation says for itself what it knows."""
    try:
        return calendar.is_working(day)
    except CalendarEnds:
        return True


def _calendar_of(work: Work, board_id: UUID) -> Calendar:
    return work.calendar(work.policy_of(reading.board_to_remind(work.session, board_id)))


# --- what it says ------------------------------------------------------------------------------------------------


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
    """Whether it is for the Board's business unit, which finds everything at /register/today; everybody else at /escalations."""

    def __bool__(self) -> bool:
        return bool(self.late or self.coming)


def lines_for(work: Work, person: Person, *, owed_at: datetime) -> Lines:
    """What this person is reminded of now; nothing by a reminder that was owed on an earlier day: the next one says it all."""
    if uk_date(owed_at) != uk_date(work.now) or person.left_at is not None:
        return Lines()
    own = reads.escalations_of(work.session, person.id)
    found = {_line(escalation, each) for escalation, each in _of_escalations(work, own) if each.to == person.id}
    in_office: set[tuple[bool, Line]] = set()
    if person.seat == Audience.BUSINESS_UNIT:
        in_office = {_line(*each) for each in _of_board(work, person.board_id) if each[1].to is None}
    lines = sorted(found | in_office, key=_order)
    return Lines(
        late=tuple(line for is_late, line in lines if is_late),
        coming=tuple(line for is_late, line in lines if not is_late),
        to_office=bool(in_office),
    )


def _line(escalation: Escalation, each: Reminder) -> tuple[bool, Line]:
    return each.is_late, Line(escalation.reference, each.what.value, each.by, each.since, each.on_closed_day)


def _order(found: tuple[bool, Line]) -> tuple[date, str, str]:
    """What is due first, or has waited longest, comes first."""
    line = found[1]
    return line.by or line.since or date.max, line.reference, line.what


# --- of which escalations ----------------------------------------------------------------------------------------


def _of_board(work: Work, board_id: UUID) -> Iterator[tuple[Escalation, Reminder]]:
    for some in _pages(reading.may_be_reminded_of(work.session, board_id, uk_date(work.now))):
        yield from _of_escalations(work, reading.escalations_with(work.session, some))


def _pages(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _of_escalations(work: Work, escalations: Sequence[Escalation]) -> Iterator[tuple[Escalation, Reminder]]:
    """Everything of which anybody is reminded. One escalation of which nothing can be worked out silences no other."""
    deliveries: dict[UUID, list[Delivery]] = {}
    for delivery in reading.deliveries_of_outcomes(work.session, [escalation.id for escalation in escalations]):
        deliveries.setdefault(delivery.document.escalation_id, []).append(delivery)
    for escalation in escalations:
        try:
            found = _of_one(work, escalation, deliveries.get(escalation.id, ()))
        except Exception:
            log.exception("escalation_not_reminded_of", escalation=str(escalation.id))
        else:
            yield from ((escalation, each) for each in found)


def _of_one(work: Work, escalation: Escalation, deliveries: Iterable[Delivery]) -> frozenset[Reminder]:
    now = standing_of(work, escalation)
    return reminders(
        now,
        places=places_of(escalation),
        unanswered=_unanswered(deliveries, now.at) if isinstance(now, Resolved) else (),
        at=work.now,
        calendar=work.calendar(policy_of(work, escalation)),
    )


def _unanswered(deliveries: Iterable[Delivery], end: datetime) -> Iterator[Unanswered]:
    """Who has answered none of the documents of this end, though one reached them; an earlier end asks nobody any more."""
    of_person: dict[UUID, list[Delivery]] = {}
    for delivery in deliveries:
        if delivery.document.owed_at >= end:
            of_person.setdefault(delivery.person_id, []).append(delivery)
    for person, own in of_person.items():
        reached = [at for each in own if (at := _reached_at(each)) is not None]
        if reached and not any(each.acknowledgements for each in own):
            yield Unanswered(person, min(reached))


def _reached_at(delivery: Delivery) -> datetime | None:
    """When a mail server first accepted it; None where the last that was accepted came back."""
    accepted = [attempt.at for attempt in delivery.attempts if attempt.result == "accepted"]
    came_back = [event.at for event in delivery.events if event.kind == EventKind.BOUNCED]
    if not accepted or (came_back and came_back[-1] >= accepted[-1]):
        return None
    return accepted[0]
