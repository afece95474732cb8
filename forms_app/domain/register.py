"""What the Board counts of one escalation: a line of its register, and its stays at stages. Codes, ids, days and numbers; no word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from forms_app.domain.acts import meetings_called, unfilled
from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Left, Open, Resolved, Standing, Visit, clocks_of
from forms_app.domain.policy import Policy, Side
from forms_app.domain.records import Concern, FollowUp, MeetingHeld, Place, Step
from forms_app.domain.reminders import last_day_of_reminders
from forms_app.domain.working_days import Calendar, uk_date

UNSEEN = frozenset({"quiet", "restricted_note"})
"""Records that do not move an escalation on for the Board: the second it must not even hear of."""


class State(StrEnum):
    """How an escalation stands, as the register sorts and counts it."""

    OPEN = "open"
    RESOLVED = "resolved"
    LEFT = "left"
    """It went on outside the policy."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay at one stage."""

    number: int
    """From 1."""
    route: str
    stage: str
    entered_at: datetime
    left_at: datetime | None
    due_at: datetime | None
    """The latest moment that the policy gives for the stage; None where it gives none, or none yet."""
    kept: bool | None
    """Whether every limit of the stage was kept, once it was left; None before, and where there is no limit."""
    working_days: int | None
    """Whole working days from entering to leaving it, the day of entering not counted; None while it lasts."""


@dataclass(frozen=True, slots=True)
class Line:
    """All that follows from the records, the policy and the calendar."""

    state: State
    route: str
    stage: str
    ended_at: datetime | None
    recorded_at: datetime
    """When anybody last recorded anything that the Board may know of; the service's own word of a silence does not count."""
    is_quiet: bool
    """Whether its last record is that it has gone quiet."""
    counts: bool
    """Whether it ever reached a stage that counts as an escalation."""
    due_at: datetime | None
    due_side: str | None
    """Whose next moment that is: a `Side`, or None where all sides must act."""
    convenes: str | None
    """The meeting of the stage that the Board convenes and that nobody has called yet."""
    lacks: str | None
    """The level at which somebody of the Board is needed at the stage and nobody has been named: a chair to appoint."""
    outcome: str | None
    level_of_need: str | None
    learning: tuple[str, ...]
    policy_gap: bool
    actions: int
    """How many were agreed."""
    actions_done: int | None
    """How many were said to be carried out; None while nobody has said."""
    review_due_on: date | None
    review_held_on: date | None
    came_of_it: bool
    """Of one that left the policy: whether anybody said what came of it."""
    reminded_until: date
    """The last day on which anybody can be reminded of anything of it, by what is recorded."""
    stays: tuple[Stay, ...]


def line_of(
    now: Standing,
    *,
    places: Sequence[Place],
    level_of_need: str | None,
    reached_at: datetime | None,
    calendar: Calendar,
) -> Line:
    """What is counted of an escalation that stands like this, with these people. Raises CalendarEnds.

    `reached_at` is when a mail server last took a document of it that its recipients answer.
    """
    last, recorded = now.visits[-1], now.recorded
    running = next_clock(now) if isinstance(now, Open) else None
    outcome = now.outcome if isinstance(now, Resolved) else None
    reviews = [owed for owed in now.duties if owed.duty.due == "review_date"] if isinstance(now, Resolved) else []
    due_on = max((owed.due.day for owed in reviews if owed.due is not None), default=None)
    held = [owed.met_at for owed in reviews]
    return Line(
        state=_state(now),
        route=last.route.id,
        stage=last.stage.id,
        ended_at=None if isinstance(now, Open) else now.at,
        recorded_at=max(step.entered_at for step in recorded if step.facts.kind not in UNSEEN),
        is_quiet=isinstance(now, Open) and recorded[-1].facts.kind == "quiet",
        counts=any(visit.stage.counts for visit in now.visits),
        due_at=running.due.at if running is not None and running.due is not None else None,
        due_side=None if running is None or running.side is None else running.side.value,
        convenes=_to_convene(now) if isinstance(now, Open) else None,
        lacks=_lacks(now, places) if isinstance(now, Open) else None,
        outcome=outcome.outcome if outcome is not None else None,
        level_of_need=level_of_need,
        learning=outcome.learning if outcome is not None else (),
        policy_gap=outcome is not None and outcome.policy_gap,
        actions=len(outcome.actions) if outcome is not None else 0,
        actions_done=_carried_out(now) if isinstance(now, Resolved) else None,
        review_due_on=due_on,
        review_held_on=max(uk_date(at) for at in held if at is not None) if held and None not in held else None,
        came_of_it=isinstance(now, Left) and now.came_of is not None,
        reminded_until=last_day_of_reminders(now, reached_at),
        stays=tuple(_stays(now, calendar)),
    )


def next_clock(now: Open) -> Running | None:
    """The clock of which the next moment is that somebody still has to keep."""
    waiting = [clock for clock in now.clocks if clock.met_at is None and clock.due is not None]
    return min(waiting, key=lambda clock: clock.due.at if clock.due is not None else clock.started_at, default=None)


def level_of_need_in(policy: Policy, answers: Sequence[tuple[str, tuple[str, ...]]]) -> str | None:
    """The level of need by the latest answer to the question of the policy that asks for it; None where none does, or nobody said."""
    asks = next((question.id for question in policy.questions if question.level_of_need), None)
    chosen = [codes for question, codes in answers if question == asks and codes]
    return chosen[-1][0] if chosen else None


def _state(now: Standing) -> State:
    match now:
        case Open():
            return State.OPEN
        case Resolved():
            return State.RESOLVED
        case Left():
            return State.LEFT


def _to_convene(now: Open) -> str | None:
    """The first meeting of the stage that somebody of the Board convenes, while nobody has called or held it."""
    begun = {step.facts.meeting for step in now.visit.steps if isinstance(step.facts, MeetingHeld)}
    begun |= {getattr(step.facts, "meeting", "") for step in meetings_called(now)}
    return next(
        (
            meeting.id
            for meeting in now.visit.stage.meetings
            if meeting.id not in begun and any(actor.side is Side.BOARD for actor in meeting.conveners)
        ),
        None,
    )


def _lacks(now: Open, places: Sequence[Place]) -> str | None:
    if not any(place.is_raiser for place in places):
        return None
    found = unfilled(now, places, [agency.id for agency in opening(now.recorded).agencies])
    return next((actor.level for actor, _ in found if actor.side is Side.BOARD and actor.needed), None)


def _carried_out(now: Resolved) -> int | None:
    said = [step.facts.carried_out for step in now.since if isinstance(step.facts, FollowUp) and step.facts.carried_out]
    return sum(said[-1]) if said else None


def _stays(now: Standing, calendar: Calendar) -> Iterator[Stay]:
    clocks = clocks_of(now.visits, calendar=calendar)
    for number, visit in enumerate(now.visits, start=1):
        own = [clock for clock, stay in clocks if stay is visit]
        moments = [clock.due.at for clock in own if clock.due is not None]
        yield Stay(
            number=number,
            route=visit.route.id,
            stage=visit.stage.id,
            entered_at=visit.entered_at,
            left_at=visit.left_at,
            due_at=max(moments, default=None),
            kept=_kept(own, visit),
            working_days=None if visit.left_at is None else _days(visit.entered_at, visit.left_at, calendar),
        )


def _kept(clocks: Sequence[Running], visit: Visit) -> bool | None:
    limited = [clock for clock in clocks if clock.due is not None]
    if visit.left_at is None or not limited:
        return None
    return not any(clock.is_late(visit.left_at) for clock in limited)


def _days(since: datetime, until: datetime, calendar: Calendar) -> int:
    first, last, count = uk_date(since), uk_date(until), 0
    for day in calendar.working_days_after(first):
        if day > last:
            break
        count += 1
    return count


def opening(steps: Sequence[Step]) -> Concern:
    """The facts by which it was opened."""
    facts = steps[0].facts
    assert isinstance(facts, Concern), "an escalation begins with the concern"
    return facts
