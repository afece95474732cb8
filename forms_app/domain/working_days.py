"""Days as the policies count them, and the one place that turns an instant into a UK date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from forms_app.domain.errors import CalendarEnds

LONDON = ZoneInfo("Europe/London")


def uk_date(instant: datetime) -> date:
    """The date in the United Kingdom at this instant. Raises ValueError for an instant without a zone."""
    return uk_time(instant).date()


def uk_time(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone")
    return instant.astimezone(LONDON)


def start_of(day: date) -> datetime:
    """The instant at which the UK day begins, in UTC."""
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The instant at which the UK day is over (midnight at its end), in UTC."""
    return start_of(day + timedelta(days=1))


def instant_of(day: date, at: time) -> datetime:
    """The instant, in UTC, at which the clocks of the United Kingdom show this. Raises ValueError when they never do."""
    found = datetime.combine(day, at, LONDON).astimezone(UTC)
    if uk_time(found).replace(tzinfo=None) != datetime.combine(day, at):
        raise ValueError("The clocks go forward on this day: there is no such time")
    return found


def years_later(day: date, years: int) -> date:
    """What began on 29 February ends on 1 March, so that no day is lost."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are working days. It knows where it ends, and refuses any day outside."""

    first: date
    last: date
    closed: Mapping[date, str]
    """Bank holidays of the Board's nation and the Board's own closures, by name; Saturdays and Sundays are not listed."""

    def is_working(self, day: date) -> bool:
        return self.why_closed(day) is None

    def why_closed(self, day: date) -> str | None:
        """The day of the week or the holiday by which this is no working day; None for one that is."""
        if not self.first <= day <= self.last:
            raise CalendarEnds(day, self.last)
        return f"{day:%A}" if day.weekday() >= 5 else self.closed.get(day)

    def working_days_after(self, day: date) -> Iterator[date]:
        """The working days after this one, without end until the calendar's own end."""
        while True:
            day += timedelta(days=1)
            if self.is_working(day):
                yield day

    def nth_after(self, day: date, count: int) -> date:
        """The last of `count` working days, the day itself not counted."""
        following = self.working_days_after(day)
        for _ in range(count - 1):
            next(following)
        return next(following)

    def this_or_next(self, day: date) -> date:
        return day if self.is_working(day) else next(self.working_days_after(day))


def spell_date(day: date) -> str:
    """The date as GOV.UK writes it: 5 January 2027."""
    return f"{day.day} {day:%B %Y}"


def spell_time(instant: datetime) -> str:
    """The UK date and time as GOV.UK writes them: 5 January 2027 at 4:30pm."""
    local = uk_time(instant)
    return f"{spell_date(local.date())} at {spell_hour(local.time())}"


def spell_hour(at: time) -> str:
    """A time of day as GOV.UK writes it: 4:30pm."""
    minute = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minute}{'am' if at.hour < 12 else 'pm'}"
