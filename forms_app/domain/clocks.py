"""When something is due: one limit counted from one event. Worked out each time it is asked for, never stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from forms_app.domain.policy import Citation, Limit, Side, Unit
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
            return _end(calendar.nth_after(uk_date(start), _amount(limit)))
        case Unit.WORKING_WEEKS:
            return _end(calendar.nth_after(uk_date(start), WORKING_WEEK * _amount(limit)))
        case Unit.CALENDAR_DAYS:
            return _end(uk_date(start) + timedelta(days=_amount(limit)))
        case Unit.SAME_WORKING_DAY:
            return _end(calendar.this_or_next(uk_date(start)))
        case Unit.STATED | Unit.AGREED:
            return None if stated is None else replace(_end(stated), because=limit.unit.value)
        case Unit.BY_PRIORITY:
            chosen = limit.priorities.get(priority or "")
            return None if chosen is None else due(chosen, start=start, calendar=calendar)
        case Unit.WITHOUT_DELAY:
            return None


def shorter(first: Due | None, second: Due | None) -> Due | None:
    """Whichever ends sooner; a moment that is set always beats none."""
    if first is None or second is None:
        return first or second
    return second if second.at < first.at else first


def protects_child(day: date | None) -> Due | None:
    """A date chosen because it protects the child. It can only shorten: always combine it with `shorter`."""
    return None if day is None else replace(_end(day), because="protects_child")


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

    def is_late(self, now: datetime) -> bool:
        """Whether it was met too late, or was not met before its moment passed."""
        return self.due is not None and (self.met_at or self.left_at or now) >= self.due.at


def _end(day: date) -> Due:
    return Due(at=end_of(day), day=day)


def _amount(limit: Limit) -> int:
    assert limit.amount is not None, "checked when the policy was read"
    return limit.amount
