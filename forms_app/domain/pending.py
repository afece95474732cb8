"""What is still to be done in an escalation: what it is, who can do it, and by when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from forms_app.domain.acts import acts_at, is_arbiter, meetings_called, open_requests, steps_to_take
from forms_app.domain.clocks import Due, Running, due_on
from forms_app.domain.escalation import Left, Open, OwedDuty, Party, Resolved, Standing, Visit
from forms_app.domain.policy import BOTH_SIDES, Moment, Side
from forms_app.domain.records import (
    Account,
    Concern,
    FiledOnRecord,
    FollowUp,
    InformationRequest,
    MeetingCalled,
    PeopleJoin,
    Place,
    Step,
    StepsSet,
)
from forms_app.domain.waiting import has_begun
from forms_app.domain.working_days import uk_date

ACCOUNTS = frozenset({Moment.ACCOUNT_BY_RAISING, Moment.ACCOUNT_BY_RESPONDING, Moment.ACCOUNTS_BY_ALL})
"""What a clock waits for that each party does for itself."""
SETTLED = frozenset({Moment.OUTCOME_RECORDED, Moment.RESOLVED, Moment.STAGE_LEFT})
"""What a clock waits for that an answer to a proposed outcome would bring."""


class What(StrEnum):
    """The kinds of what is to be done. Their words are the emails' own."""

    CLOCK = "clock"
    """A time limit of the policy."""
    REVIEW = "review"
    """The day on which what was agreed is looked at again."""
    ACTION = "action"
    """An agreed action, a step that the arbiter set, or what somebody was asked for."""
    CHECK = "check"
    """To say, after the end, whether what was agreed was done."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """To say whether one agrees with an outcome."""
    FILING = "filing"
    """To say that the record is on the child's file."""
    MEETING = "meeting"
    """A meeting that comes, or one of which nothing was recorded."""


Group = tuple[Place, ...]
"""People any of whom can do it: those of one party, as a rule. Empty where nobody of it takes part."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One thing that is still to be done."""

    what: What
    about: str
    """What it is, of ids and codes alone: always the same for the same thing."""
    groups: tuple[Group, ...]
    """Each of which has to do it."""
    due: Due | None
    """None where the policy knows no moment: without delay, or not agreed yet."""
    since: datetime
    can_be_late: bool = True
    """False for a day of which nobody owes word that it was kept."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A document of the outcome that reached somebody, and that they have not answered."""

    person: UUID
    accepted_at: datetime


def pending(
    now: Standing, *, places: Sequence[Place], unanswered: Iterable[Unanswered] = (), at: datetime
) -> Iterator[Pending]:
    """All that is still to be done, by those who still take part."""
    there = tuple(place for place in places if not place.has_left)
    match now:
        case Open():
            yield from _clocks(now, there)
            yield from _answers(now, there)
            yield from _requests(now, there)
            yield from _steps(now, there)
            yield from _meetings(now, there, at)
        case Resolved():
            yield from _duties(now, there)
            yield from _agreed(now, there)
            yield from _acknowledgements(there, unanswered)
            yield from _filing(now, there)
        case Left():
            yield from _filing(now, there)


# --- while it is open --------------------------------------------------------------------------------------------


def _clocks(now: Open, there: Sequence[Place]) -> Iterator[Pending]:
    stops = {clock.id: clock.stops for clock in now.visit.stage.clocks}
    for clock in now.clocks:
        if clock.met_at is None:
            groups = tuple(_who_keeps(now, clock, stops.get(clock.id, Moment.STAGE_LEFT), there))
            yield Pending(What.CLOCK, f"{now.visit.entry.id}-{clock.id}", groups, clock.due, clock.started_at)


def _who_keeps(now: Open, clock: Running, stops: Moment, there: Sequence[Place]) -> Iterator[Group]:
    """Those whose word is still missing: whoever has written an account, or agreed to the outcome, has done their part."""
    visit, waits_for = now.visit, now.proposed.waits_for if now.proposed is not None else frozenset()
    if waits_for and stops in SETTLED:
        yield from _groups(visit, there, waits_for)
        return
    own = [step for step in visit.steps if isinstance(step.facts, Account | Concern)]
    written = {(step.side, step.agency) for step in own} if stops in ACCOUNTS else set()
    sides = visit.stage.sides if clock.side is None else {clock.side}
    yield from _groups(visit, there, set(_parties(visit, sides)) - written, clock.level)
    if Side.BOARD in sides and Side.BOARD not in {side for side, _ in written}:
        yield _arbiters(visit, there)


def _answers(now: Open, there: Sequence[Place]) -> Iterator[Pending]:
    """What one party proposed, and others have not answered."""
    for what, proposed in ((What.ACKNOWLEDGEMENT, now.proposed), (What.ACTION, now.time_proposed)):
        if proposed is not None and proposed.waits_for:
            groups = tuple(_groups(now.visit, there, proposed.waits_for))
            yield Pending(what, f"{proposed.step.id}", groups, None, proposed.step.entered_at)


def _requests(now: Open, there: Sequence[Place]) -> Iterator[Pending]:
    for step in open_requests(now):
        assert isinstance(step.facts, InformationRequest)
        group = tuple(place for place in there if place.agency == step.facts.agency)
        yield Pending(What.ACTION, f"{step.id}", (group,), due_on(step.facts.by_when), step.entered_at)


def _steps(now: Open, there: Sequence[Place]) -> Iterator[Pending]:
    for step, number in steps_to_take(now):
        assert isinstance(step.facts, StepsSet)
        action = step.facts.steps[number]
        groups = _of_both_sides(now.visit, there)
        yield Pending(What.ACTION, f"{step.id}-{number}", groups, due_on(action.by_when), step.entered_at)


def _meetings(now: Open, there: Sequence[Place], at: datetime) -> Iterator[Pending]:
    """Those that come, for all who are asked to come; those that were, for whoever convened them."""
    for step in meetings_called(now):
        called = step.facts
        assert isinstance(called, MeetingCalled)
        by = (step.person, *called.conveners)
        if has_begun(step, at):
            group = _present({each for each in by if each is not None}, there, now.recorded)
            yield Pending(What.MEETING, f"{step.id}", (group,), None, called.at)
        else:
            group = _present({*called.conveners, *called.invited}, there, now.recorded)
            moment = Due(at=called.at, day=uk_date(called.at), to_the_minute=True)
            yield Pending(What.MEETING, f"{step.id}", (group,), moment, step.entered_at, can_be_late=False)


def _present(people: Collection[UUID], there: Sequence[Place], recorded: Sequence[Step]) -> Group:
    """Those of these people who still take part, and whoever stands in for the others."""
    found = set(people)
    for step in recorded:
        match step.facts:
            case PeopleJoin(because="stands_in", instead_of=UUID() as absent) as joined if absent in found:
                found.update(joined.joins)
            case _:
                pass
    return tuple(place for place in there if place.people & found)


# --- after the end -----------------------------------------------------------------------------------------------


def _duties(now: Resolved, there: Sequence[Place]) -> Iterator[Pending]:
    for owed in now.duties:
        if owed.met_at is None:
            what = What.REVIEW if owed.duty.due == "review_date" else What.CHECK
            yield Pending(what, f"{now.step.id}-{owed.duty.id}", _who_owes(now, owed, there), owed.due, now.at)


def _who_owes(now: Resolved, owed: OwedDuty, there: Sequence[Place]) -> tuple[Group, ...]:
    last = now.visits[-1]
    groups = tuple(_groups(last, there, _parties(last, owed.waits_for)))
    return (*groups, _arbiters(last, there)) if Side.BOARD in owed.waits_for else groups


def _agreed(now: Resolved, there: Sequence[Place]) -> Iterator[Pending]:
    """The days that were agreed. Only a duty of the policy makes anybody say that they were kept."""
    said = [step.facts for step in now.since if isinstance(step.facts, FollowUp)]
    done = said[-1].carried_out if said else ()
    groups = _of_both_sides(now.visits[-1], there)
    for number, action in enumerate(now.outcome.actions):
        if not (number < len(done) and done[number]):
            due, about = due_on(action.by_when), f"{now.step.id}-{number}"
            yield Pending(What.ACTION, about, groups, due, now.at, can_be_late=False)
    day = (said[-1].again_on if said else None) or now.outcome.review_on
    is_duty = any(owed.duty.due == "review_date" for owed in now.duties)
    if day is not None and not is_duty and not (said and said[-1].then == "done"):
        yield Pending(What.REVIEW, f"{now.step.id}-review", groups, due_on(day), now.at, can_be_late=False)


def _acknowledgements(there: Sequence[Place], unanswered: Iterable[Unanswered]) -> Iterator[Pending]:
    for each in unanswered:
        group = tuple(place for place in there if each.person in place.people)
        if group:
            yield Pending(What.ACKNOWLEDGEMENT, f"{each.person}", (group,), None, each.accepted_at)


def _filing(now: Resolved | Left, there: Sequence[Place]) -> Iterator[Pending]:
    """A copy from before the end is without the end: each agency says so again."""
    last = now.visits[-1]
    filed = {step.agency for step in now.since if isinstance(step.facts, FiledOnRecord)}
    waits_for = {(side, agency) for side, agency in _parties(last, BOTH_SIDES) if agency not in filed}
    for party in sorted(waits_for):
        groups = tuple(_groups(last, there, [party]))
        yield Pending(What.FILING, f"{last.entry.id}-{party[1]}", groups, None, now.at)


# --- who ---------------------------------------------------------------------------------------------------------


def _parties(visit: Visit, sides: Collection[Side]) -> Iterator[Party]:
    return (party for party in visit.concerned if party[0] in sides)


def _groups(
    visit: Visit, there: Sequence[Place], parties: Iterable[Party], level: str | None = None
) -> Iterator[Group]:
    """Of each party those who act at the stage, at the level if somebody does; all of it where nobody does."""
    for party in sorted(parties):
        of_party = tuple(place for place in there if place.party == party)
        acting = tuple(place for place in of_party if acts_at(visit.stage, place))
        at_level = tuple(place for place in acting if level in place.levels)
        yield at_level or acting or of_party


def _of_both_sides(visit: Visit, there: Sequence[Place]) -> tuple[Group, ...]:
    """Everybody who acts: where it was not said by whom of the directory something is to be done."""
    return tuple(_groups(visit, there, _parties(visit, BOTH_SIDES)))


def _arbiters(visit: Visit, there: Sequence[Place]) -> Group:
    return tuple(place for place in there if is_arbiter(visit, place))
