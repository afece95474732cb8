"""What an escalation waits for from one party: what the page puts first, and the list of escalations marks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from forms_app.domain.acts import Act, acts_open_to, meetings_called, unfilled
from forms_app.domain.clocks import Due
from forms_app.domain.escalation import Left, Open, OwedDuty, Resolved, Standing
from forms_app.domain.policy import Side
from forms_app.domain.records import MeetingCalled, Place, Step, StepsSet, Support
from forms_app.domain.working_days import Calendar, uk_date

ASKED = (Act.ANSWER_OUTCOME, Act.ANSWER_TIME, Act.GIVE_INFORMATION, Act.SAY_WHAT_CAME)
"""What is only open to a party while it waits for this party."""


def awaited(
    place: Place, now: Standing, *, places: Sequence[Place], responding: Collection[UUID], at: datetime
) -> tuple[Act, ...]:
    """What waits for this party at this moment, the most urgent first."""
    acts = acts_open_to(place, now)
    waiting = [*(act for act in ASKED if act in acts), *_prepared(place, now, places, responding, at)]
    return tuple(act for act in waiting if act in acts)


def _prepared(
    place: Place, now: Standing, places: Sequence[Place], responding: Collection[UUID], at: datetime
) -> Iterator[Act]:
    match now:
        case Open():
            if place.people.isdisjoint({step.person for step in supports(now)}):
                yield Act.SAY_SUPPORT
            if any(agency == place.agency for _, agency in unfilled(now, places, responding)):
                yield Act.ADD_PEOPLE
            if any(has_begun(step, at) and convenes(step, place) for step in meetings_called(now)):
                yield Act.RECORD_MEETING
        case Resolved():
            if any(is_due(owed, at) and place.side in owed.waits_for for owed in now.duties):
                yield Act.FOLLOW_UP
        case Left():
            return


def supports(now: Standing) -> tuple[Step, ...]:
    """What each manager of the raising side said last, at the stage where it is, about the escalation."""
    here = now.visit.steps if isinstance(now, Open) else ()
    return tuple({step.person: step for step in here if isinstance(step.facts, Support)}.values())


def is_refusal(step: Step) -> bool:
    return isinstance(step.facts, Support) and not step.facts.supports


def steps_set(now: Open) -> Step | None:
    """The record of the steps that count at this stage: the latest."""
    return next((step for step in reversed(now.visit.steps) if isinstance(step.facts, StepsSet)), None)


def has_begun(meeting: Step, at: datetime) -> bool:
    return isinstance(meeting.facts, MeetingCalled) and meeting.facts.at <= at


def convenes(meeting: Step, place: Place) -> bool:
    return isinstance(meeting.facts, MeetingCalled) and not place.people.isdisjoint(
        {meeting.person, *meeting.facts.conveners}
    )


def is_due(owed: OwedDuty, at: datetime) -> bool:
    """Whether the day has come by which a duty after the end must be done, and it has not been."""
    return owed.met_at is None and (owed.due is None or uk_date(at) >= owed.due.day)


def days_without_record(last: datetime, at: datetime, calendar: Calendar) -> int:
    """How many whole working days have passed since the last record. Raises CalendarEnds."""
    today = uk_date(at)
    count = 0
    for day in calendar.working_days_after(uk_date(last)):
        if day >= today:
            break
        count += 1
    return count


def dues_of(side: Side, now: Standing) -> tuple[Due, ...]:
    """The moments of the policy that this side still has to keep, or has let pass."""
    clocks = now.clocks if isinstance(now, Open) else ()
    own = (clock.due for clock in clocks if clock.met_at is None and clock.side in (None, side))
    return tuple(due for due in own if due is not None)
