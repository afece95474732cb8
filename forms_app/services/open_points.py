"""What is open in an escalation, in words: what was asked, proposed, called or set and waits, and what came of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forms_app.db.boards import agencies_of_board
from forms_app.db.tables import Escalation
from forms_app.domain.acts import meeting_of, meetings_called, not_held, open_requests, unfilled
from forms_app.domain.clocks import Due, due_on
from forms_app.domain.escalation import Left, Open, OwedDuty, Party, Resolved, Standing, TimeProposed
from forms_app.domain.policy import Actor, Policy
from forms_app.domain.records import (
    Alongside,
    InformationRequest,
    MeetingCalled,
    Step,
    StepDone,
    StepsSet,
    TimeAnswered,
)
from forms_app.domain.waiting import has_begun, steps_set
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.services.history import concern_of, places_of
from forms_app.services.in_words import SIDES
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class OpenPoint:
    what: str
    who: str
    by_when: str
    state: str
    is_late: bool = False
    record: UUID | None = None
    """The record in which it stands."""
    meeting: UUID | None = None
    """The record of a meeting that can still be put into a calendar."""


@dataclass(frozen=True, slots=True)
class OpenPoints:
    """Everything by which one escalation's open points are put into words."""

    work: Work
    policy: Policy
    escalation: Escalation
    now: Standing

    def lines(self) -> Iterator[OpenPoint]:
        match self.now:
            case Open() as now:
                yield from self._of_an_open_one(now)
            case Resolved(duties=duties):
                yield from map(self._duty, duties)
            case Left() as left:
                if left.came_of is None:
                    yield OpenPoint(f"What came of it: {left.after.title}", "Everyone who takes part", "", "Waiting")

    def _of_an_open_one(self, now: Open) -> Iterator[OpenPoint]:
        responding = [agency.id for agency in concern_of(self.escalation).agencies]
        for actor, agency in unfilled(now, places_of(self.escalation), responding):
            yield self._place(actor, agency)
        yield from self._requests(now)
        yield from self._date(now)
        for step in meetings_called(now):
            yield self._meeting(step)
        if (gate := not_held(now)) is not None:
            yield OpenPoint("A meeting before the outcome can be recorded", gate.otherwise, "", "Not recorded yet")
        yield from self._steps(now)
        yield from self._alongside(now)

    def _place(self, actor: Actor, agency: UUID | None) -> OpenPoint:
        title = actor.title or self.policy.level_title(actor.level)
        who = self.policy.words.board if agency is None else self._agency(agency)
        return OpenPoint(f"Somebody to act as: {title}", who, "", "Nobody is named yet")

    def _requests(self, now: Open) -> Iterator[OpenPoint]:
        for step in open_requests(now):
            assert isinstance(step.facts, InformationRequest)
            what = f"Information that {self._agency_of(step)} asked for"
            yield self._waiting(what, self._agency(step.facts.agency), due_on(step.facts.by_when), None, record=step.id)

    def _date(self, now: Open) -> Iterator[OpenPoint]:
        proposed = now.time_proposed
        if proposed is None or proposed.is_agreed:
            return
        what = f"The date that {self._agency_of(proposed.step)} proposed: {spell_date(proposed.time_frame)}"
        if proposed.waits_for:
            yield OpenPoint(what, self._parties(proposed.waits_for), "", "Not accepted yet", record=proposed.step.id)
        if proposed.refused:
            refusal = next(step for step in reversed(now.visit.steps) if _refuses(step, proposed))
            state = "Not accepted: propose another date"
            yield OpenPoint(what, self._parties(proposed.refused), "", state, record=refusal.id)

    def _meeting(self, step: Step) -> OpenPoint:
        facts = step.facts
        assert isinstance(facts, MeetingCalled)
        meeting = meeting_of(step, self.policy)
        over = has_begun(step, self.work.now)
        people = {party.person_id: party.person.name for party in self.escalation.parties}
        who = ", ".join(people[person] for person in facts.conveners if person in people)
        return OpenPoint(
            what=meeting.title if meeting is not None else facts.meeting,
            who=f"Convened by {who}" if who else "",
            by_when=spell_time(facts.at),
            state="Not recorded yet" if over else "Called",
            record=step.id,
            meeting=None if over else step.id,
        )

    def _steps(self, now: Open) -> Iterator[OpenPoint]:
        latest = steps_set(now)
        if latest is None or not isinstance(latest.facts, StepsSet):
            return
        taken = {
            step.facts.number: step.entered_at
            for step in now.visit.steps
            if isinstance(step.facts, StepDone) and step.facts.steps == latest.id
        }
        for number, action in enumerate(latest.facts.steps):
            yield self._waiting(action.what, action.who, due_on(action.by_when), taken.get(number), record=latest.id)

    def _alongside(self, now: Open) -> Iterator[OpenPoint]:
        titles = {item.id: item.title for visit in now.visits for item in visit.stage.alongside}
        latest = {step.facts.item: (step, step.facts) for step in now.recorded if isinstance(step.facts, Alongside)}
        for step, facts in latest.values():
            state = f"{'Begun' if facts.state == 'begun' else 'Ended'} on {spell_date(step.happened_on)}"
            yield OpenPoint(titles[facts.item], self._agency_of(step), "", state, record=step.id)

    def _duty(self, owed: OwedDuty) -> OpenPoint:
        sides = owed.waits_for or owed.sides
        who = ", ".join(f"{name} side" for side, name in SIDES.items() if side in sides)
        return self._waiting(owed.duty.text, who, owed.due, owed.met_at)

    # --- parts

    def _waiting(
        self, what: str, who: str, due: Due | None, done: datetime | None, record: UUID | None = None
    ) -> OpenPoint:
        late = done is None and due is not None and self.work.now >= due.at
        state = f"Done on {spell_date(uk_date(done))}" if done else ("Overdue" if late else "Waiting")
        return OpenPoint(what, who, spell_date(due.day) if due else "", state, late, record)

    def _parties(self, parties: Iterable[Party]) -> str:
        return ", ".join(sorted({self._agency(agency) for _, agency in parties}))

    def _agency_of(self, step: Step) -> str:
        assert step.agency is not None, "only the service itself has no agency"
        return self._agency(step.agency)

    def _agency(self, agency: UUID) -> str:
        """The name of an agency: of a party, as it was when the concern was opened, or of any other of the Board."""
        known = {party.agency_id: party.agency.name for party in self.escalation.parties}
        known |= {each.id: each.name for each in concern_of(self.escalation).agencies}
        if agency not in known:
            known |= {each.id: each.name for each in agencies_of_board(self.work.session, self.escalation.board.id)}
        return known[agency]


def _refuses(step: Step, proposed: TimeProposed) -> bool:
    facts = step.facts
    return isinstance(facts, TimeAnswered) and facts.proposal == proposed.step.id and not facts.accepts
