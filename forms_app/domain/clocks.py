"""When something is due: one limit counted from one event. Worked out each time it is asked for, never stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from forms_app.domain.policy import Citation, DocumentKind, Limit, Side, Unit
from forms_app.domain.working_days import Calendar, end_of, uk_date

WORKING_WEEK = 5
"""Working days in one working week."""


@dataclass(frozen=True, slots=True)
class Due:
    """The instant from which it is late, in UTC. `day` is the UK date by the end of which, or in which, it is due."""

    at: datetime
    day: date
    to_the_minute: bool = False
    """True where hours are counted; otherwise the whole of `day` may be used."""
    because: str = "limit"
    """Which rule gave this moment: `limit`, `cap`, `protects_child`, `stated` or `agreed`."""


def due(
    limit: Limit,
    *,
    start: datetime,
    calendar: Calendar,
    stated: date | None = None,
    priority: str | None = None,
) -> Due | None:
    """When the limit, counted from `start`, is over; None where there is no moment (yet).

    Working days are counted from the UK date of the event, that day itself not counted. Hours are elapsed hours,
    counted in UTC, and do not move for a day that is not a working day. `stated` is the date which the side that
    escalates has set, or which all sides agreed. Raises CalendarEnds.
    """
    match limit.unit:
        case Unit.HOURS:
            at = start.astimezone(UTC) + timedelta(hours=_amount(limit))
            return Due(at=at, day=uk_date(at), to_the_minute=True)
        case Unit.WORKING_DAYS:
            return due_on(calendar.nth_after(uk_date(start), _amount(limit)))
        case Unit.WORKING_WEEKS:
            return due_on(calendar.nth_after(uk_date(start), WORKING_WEEK * _amount(limit)))
        case Unit.CALENDAR_DAYS:
            return due_on(uk_date(start) + timedelta(days=_amount(limit)))
        case Unit.SAME_WORKING_DAY:
            return due_on(calendar.this_or_next(uk_date(start)))
        case Unit.STATED | Unit.AGREED:
            return None if stated is None else replace(due_on(stated), because=limit.unit.value)
        case Unit.BY_PRIORITY:
            chosen = in_force(limit, priority)
            return None if chosen is limit else due(chosen, start=start, calendar=calendar)
        case Unit.WITHOUT_DELAY:
            return None


def in_force(limit: Limit, priority: str | None) -> Limit:
    """The limit that counts: where it depends on the priority, the one of this priority once there is one."""
    return limit.priorities.get(priority or "", limit)


def shorter(first: Due | None, second: Due | None) -> Due | None:
    """Whichever ends sooner; a moment that is set always beats none."""
    if first is None or second is None:
        return first or second
    return second if second.at < first.at else first


def protects_child(day: date | None) -> Due | None:
    """A date chosen because it protects the child. It can only shorten: always combine it with `shorter`."""
    return None if day is None else replace(due_on(day), because="protects_child")


@dataclass(frozen=True, slots=True)
class Running:
    """One clock of one stage, as it stands."""

    id: str
    side: Side | None
    """None where every side must act."""
    level: str | None
    does: str
    limit: Limit
    started_at: datetime
    due: Due | None
    met_at: datetime | None
    source: Citation
    left_at: datetime | None = None
    """When the escalation went on from the stage of this clock, whether or not the clock was met."""
    shown_by: DocumentKind | None = None
    """The document that shows that it was kept."""
    stage: tuple[str, str] | None = None
    """The route and stage of which it is; None for a limit over several stages."""

    def is_late(self, now: datetime) -> bool:
        """Whether it was met too late, or was not met before its moment passed."""
        return self.due is not None and (self.met_at or self.left_at or now) >= self.due.at


# --- how it was counted ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day from the event to the moment when something is due."""

    day: date
    number: int | None
    """Which day of the limit this is, from 1; None for a day that is not counted."""
    why_not: str = ""


def day_by_day(limit: Limit, *, start: datetime, calendar: Calendar) -> tuple[CountedDay, ...]:
    """Every day by which `due` counted this limit, the day of the event first; none where it does not count days."""
    moment = due(limit, start=start, calendar=calendar)
    if moment is None or moment.to_the_minute:
        return ()
    first, number = uk_date(start), 0
    days: list[CountedDay] = []
    for later in range((moment.day - first).days + 1):
        day = first + timedelta(days=later)
        why_not = _why_not(limit, day, first, calendar)
        number += not why_not
        days.append(CountedDay(day, None if why_not else number, why_not))
    return tuple(days)


def _why_not(limit: Limit, day: date, first: date, calendar: Calendar) -> str:
    if day == first and limit.unit is not Unit.SAME_WORKING_DAY:
        return "the day of the event itself"
    return "" if limit.unit is Unit.CALENDAR_DAYS else calendar.why_closed(day) or ""


def due_on(day: date) -> Due:
    return Due(at=end_of(day), day=day)


def _amount(limit: Limit) -> int:
    assert limit.amount is not None, "checked when the policy was read"
    return limit.amount
