"""Who is reminded of what on one day. Nothing of it is stored: a holiday that is added later moves it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from uuid import UUID

from forms_app.domain.clocks import Due
from forms_app.domain.escalation import Left, Open, Resolved, Standing
from forms_app.domain.pending import Group, Pending, Unanswered, What, pending
from forms_app.domain.policy import Policy
from forms_app.domain.records import FollowUp, Place
from forms_app.domain.working_days import LONDON, Calendar, uk_date

# Everything is counted in working days of the policy's nation. docs/decisions/0019-reminders.md says why so.
BEFORE = 1
"""So long before its last working day those who must act are reminded; and on that day."""
MANAGER_AFTER = 1
"""So long after its day their manager is told; those who must act are reminded from its day on, every day."""
OFFICE_AFTER = 3
"""So long after its day the business unit is told; as soon as a manager would be, where none takes part."""
CHASED_EVERY = 3
"""What has no day of its own comes again after so long: to who must act, then also to their manager, then to the office."""
FILED_WITHIN = 5
"""The same of an agency that has not said that the record is on the child's file."""
CHASED_FOR = 60
"""So long at most. What has a day of its own is never given up."""
CHASED_FOR_DAYS = timedelta(days=2 * CHASED_FOR)
"""Which so many working days never exceed, whatever holidays fall into them."""


class Reach(IntEnum):
    """How far up somebody is told."""

    WHO_ACTS = 1
    MANAGER = 2
    OFFICE = 3


@dataclass(frozen=True, slots=True)
class Reminder:
    """One person is reminded of one thing."""

    to: UUID | None
    """None for the Board's business unit."""
    what: What
    by: date | None
    since: date | None
    """Where there is no day by which: since when it waits."""
    is_late: bool
    on_closed_day: bool = False
    """Whether hours are counted, and end on a day that is not a working day."""


def reminders(
    now: Standing,
    *,
    places: Sequence[Place],
    unanswered: Iterable[Unanswered] = (),
    at: datetime,
    calendar: Calendar,
) -> frozenset[Reminder]:
    """Who is reminded of what at this moment. Raises CalendarEnds."""
    found = pending(now, places=places, unanswered=unanswered, at=at)
    return frozenset(reminder for each in found for reminder in _of(each, now.policy, places, at, calendar))


def last_day_of_reminders(now: Standing, reached_at: datetime | None) -> date:
    """The last day on which anybody can be reminded of anything, by what is recorded now; `date.max` while there is no such day.

    `reached_at` is when a mail server last took a document that its recipients answer.
    """
    days: list[date] = []
    match now:
        case Open():
            return date.max
        case Resolved() if any(owed.met_at is None for owed in now.duties):
            return date.max
        case Resolved():
            said = [step.facts for step in now.since if isinstance(step.facts, FollowUp)]
            days = [action.by_when for action in now.outcome.actions]
            days += [day for day in (now.outcome.review_on, *(each.again_on for each in said)) if day is not None]
        case Left():
            pass
    since = now.at if reached_at is None else max(now.at, reached_at)
    return max([uk_date(since) + CHASED_FOR_DAYS, *days])


def morning_of(day: date, hour: int) -> datetime:
    """When people are reminded on a day: at this hour of the clock in the United Kingdom, or the next where it is left out."""
    return datetime.combine(day, time(hour), LONDON).astimezone(UTC)


def _of(each: Pending, policy: Policy, places: Sequence[Place], at: datetime, calendar: Calendar) -> Iterator[Reminder]:
    reach = _reach(each, at, calendar)
    if reach is None:
        return
    for to in _recipients(each, reach, policy, places):
        yield Reminder(
            to=to,
            what=each.what,
            by=each.due.day if each.due else None,
            since=None if each.due else uk_date(each.since),
            is_late=each.due is not None and at >= each.due.at,
            on_closed_day=_ends_on_closed_day(each, calendar),
        )


# --- when --------------------------------------------------------------------------------------------------------


def _reach(each: Pending, at: datetime, calendar: Calendar) -> Reach | None:
    """Who is told today; None where nobody is. What is sent on a day off says what the working day before it said."""
    today = _working_day(uk_date(at), calendar)
    if each.due is None:
        return _chased(_working_days(uk_date(each.since), today, calendar), _every(each.what))
    if at < each.due.at:
        return Reach.WHO_ACTS if _is_close(each.due, today, calendar) else None
    if not each.can_be_late:
        return None
    days = _working_days(each.due.day, today, calendar)
    if days >= OFFICE_AFTER:
        return Reach.OFFICE
    return Reach.MANAGER if days >= MANAGER_AFTER else Reach.WHO_ACTS


def _chased(days: int, every: int) -> Reach | None:
    if days == 0 or days % every or days > CHASED_FOR:
        return None
    return Reach(min(days // every, Reach.OFFICE))


def _every(what: What) -> int:
    return FILED_WITHIN if what is What.FILING else CHASED_EVERY


def _is_close(due: Due, today: date, calendar: Calendar) -> bool:
    """Whether today is the last working day on which it can still be done in time, or the one before."""
    if due.day > calendar.last:
        return False
    last = _working_day(due.day, calendar)
    return _working_days(today, last, calendar) <= BEFORE


def _working_day(day: date, calendar: Calendar) -> date:
    """The day itself, or the last working day before it."""
    while not calendar.is_working(day):
        day -= timedelta(days=1)
    return day


def _working_days(after: date, until: date, calendar: Calendar) -> int:
    """How many working days there are after a day, up to another one."""
    days = (until - after).days
    return sum(calendar.is_working(after + timedelta(days=number)) for number in range(1, days + 1))


def _ends_on_closed_day(each: Pending, calendar: Calendar) -> bool:
    due = each.due
    return each.what is What.CLOCK and due is not None and due.to_the_minute and not calendar.is_working(due.day)


# --- whom --------------------------------------------------------------------------------------------------------


def _recipients(each: Pending, reach: Reach, policy: Policy, places: Sequence[Place]) -> set[UUID | None]:
    found: set[UUID | None] = {place.person for group in each.groups for place in group}
    if reach is Reach.WHO_ACTS:
        return found
    above = [_managers(group, policy, places) for group in each.groups]
    found.update(place.person for managers in above for place in managers)
    if reach is Reach.OFFICE or not all(above):
        found.add(None)
    return found


def _managers(group: Group, policy: Policy, places: Sequence[Place]) -> list[Place]:
    """Those at the next level above the lowest of a group, of its own agency and side. Nobody else may know of it."""
    order = [choice.id for choice in policy.levels]

    def height(place: Place) -> int:
        return max((order.index(level) for level in place.levels if level in order), default=-1)

    lowest = min(map(height, group), default=len(order))
    parties = {place.party for place in group}
    above = [place for place in places if not place.has_left and place.party in parties and height(place) > lowest]
    nearest = min(map(height, above), default=-1)
    return [place for place in above if height(place) == nearest]
