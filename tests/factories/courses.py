"""An escalation that goes on record by record, as values: for tests of the engine without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from forms_app.domain.acts import Act, acts_open_to, fault_of, next_place, overtaken
from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Open, Resolved, Standing, outcome_waiting, standing
from forms_app.domain.policy import After, Policy, Side, Stage
from forms_app.domain.records import (
    Agreement,
    Concern,
    ConcernedAgency,
    Facts,
    Outcome,
    Place,
    Step,
    StepUp,
    Timing,
)
from forms_app.policies.bank_holidays import calendar_of
from tests.factories.policies import policy, route

MONDAY = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)
SCHOOL, SOCIAL_CARE, POLICE, OFFICE = uuid4(), uuid4(), uuid4(), uuid4()
RAISER = Place(uuid4(), SCHOOL, Side.RAISING, "practitioner", is_raiser=True)
MANAGER = Place(uuid4(), SCHOOL, Side.RAISING, "first_line_manager")
OTHER = Place(uuid4(), SOCIAL_CARE, Side.RESPONDING, "practitioner")
SERGEANT = Place(uuid4(), POLICE, Side.RESPONDING, "practitioner")
CHAIRING = Place(uuid4(), OFFICE, Side.BOARD, "independent_chair")
EVERYBODY = (RAISER, MANAGER, OTHER, CHAIRING)


@dataclass
class Course:
    """An escalation that goes on record by record, an hour between each."""

    under: Policy
    places: Sequence[Place] = EVERYBODY
    now: datetime = MONDAY
    steps: list[Step] = field(default_factory=list)
    route: str = "main"
    stage: str = ""

    def opened(self, **timing: object) -> Course:
        self.stage = self.under.route(self.route).stages[0].id
        agencies = {place.agency for place in self.places if place.side is Side.RESPONDING} or {SOCIAL_CARE}
        concerned = tuple(ConcernedAgency(id=agency, name="Another agency") for agency in sorted(agencies))
        return self.wrote(RAISER, Concern(shape=None, category="other", agencies=concerned, timing=Timing(**timing)))

    def wrote(self, by: Place, facts: Facts, *, at: datetime | None = None) -> Course:
        self.now = at or self.now
        self.steps.append(
            Step(
                id=uuid4(),
                route=self.route,
                stage=self.stage,
                side=by.side,
                agency=by.agency,
                person=by.person,
                happened_on=self.now.date(),
                entered_at=self.now,
                facts=facts,
            )
        )
        self.now += timedelta(hours=1)
        return self

    def went_on(self, by: Place = RAISER, *, at: datetime | None = None, **timing: object) -> Course:
        now = self.standing()
        assert isinstance(now, Open)
        to = next_place(self.under, now.visit)
        if isinstance(to, After):
            return self.wrote(by, StepUp(route=None, stage=None), at=at)
        self.wrote(by, StepUp(route=to.route.id, stage=to.stage.id, timing=Timing(**timing)), at=at)
        self.route, self.stage = to.route.id, to.stage.id
        return self

    def settled(self, by: Place, *, at: datetime | None = None) -> Course:
        return self.wrote(by, Outcome(outcome="agreed"), at=at)

    def answered(self, by: Place, *, agrees: bool = True, to: UUID | None = None) -> Course:
        found = to or next(step.id for step in reversed(self.steps) if isinstance(step.facts, Outcome))
        return self.wrote(by, Agreement(outcome=found, agrees=agrees))

    def standing(self) -> Standing:
        return standing(self.under, self.steps, places=self.places, calendar=calendar_of("england-and-wales"))

    def open(self) -> Open:
        now = self.standing()
        assert isinstance(now, Open)
        return now

    def resolved(self) -> Resolved:
        now = self.standing()
        assert isinstance(now, Resolved)
        return now

    def last(self) -> UUID:
        return self.steps[-1].id

    def refusal(self, by: Place, facts: Facts, *, similar: int = 0) -> str | None:
        """The sentence with which this record is refused; None when it would be taken."""
        now = self.standing()
        assert facts.kind in acts_open_to(by, now), "this party may not do it at all"
        return overtaken(facts, by, now, outcome_seen=outcome_waiting(now)) or fault_of(facts, by, now, similar=similar)

    def acts(self, place: Place) -> frozenset[Act]:
        return acts_open_to(place, self.standing())

    def clock(self, name: str) -> Running:
        return next(running for running in self.standing().clocks if running.id == name)


def course(*stages: Stage, after: str = "ends_here", places: Sequence[Place] = EVERYBODY) -> Course:
    return Course(policy(route(*stages, after=after)), places).opened()
