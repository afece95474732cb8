"""Anybody does anything in any order, on every route of every policy file: the engine agrees with a reader of the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from forms_app.domain.acts import Act, acts_open_to, fault_of, opens_by_itself, overtaken
from forms_app.domain.circulation import NOT_CIRCULATED, happening_of, owed
from forms_app.domain.escalation import Left, Open, Resolved, Standing, outcome_waiting, standing
from forms_app.domain.policy import Audience, Policy, Side
from forms_app.domain.records import (
    Account,
    AgreedAction,
    Agreement,
    Alongside,
    CameOf,
    Concern,
    ConcernedAgency,
    Contact,
    Correction,
    Danger,
    Dissent,
    Facts,
    FiledOnRecord,
    FollowUp,
    HelpAsked,
    InformationGiven,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    Outcome,
    PeopleJoin,
    Place,
    ProformaMade,
    Quiet,
    RestrictedNote,
    Step,
    StepDone,
    StepsSet,
    StepUp,
    Support,
    TimeAnswered,
    TimeSet,
    Timing,
)
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.reader import read_policy
from forms_app.policies.shelf import SHIPPED
from tests.conftest import RELEASE
from tests.domain.reading import Line, Reading, read

INVENTED = Path(__file__).parent.parent / "policies" / "invented"
FILES = [*sorted(SHIPPED.glob("*.yaml")), *sorted(INVENTED.glob("*.yaml"))]
RAW = {file: read(file) for file in FILES}
POLICIES = {file: read_policy(file) for file in FILES}
ROUTES = [(file, route["id"]) for file in FILES for route in RAW[file]["routes"]]
BEGINNING = datetime(2027, 3, 22, 9, 30, tzinfo=UTC)
"""Before a weekend, a change of the clocks, and Easter."""
DAYS = [date(2027, 3, 20) + timedelta(days=number) for number in range(40)]
STEPS = 40 if RELEASE else 24
KINDS = tuple(act.value for act in Act if act is not Act.OPEN)
ALWAYS_OPEN = {
    "correction",
    "contact",
    "filing",
    "danger",
    "proforma",
    "restricted_note",
    "information_request",
    "people",
    "support",
}
RARELY_OPEN = set(KINDS) - ALWAYS_OPEN
TRIES = 4
"""How often something is tried in other ways until it is taken."""


def everybody(policy: Policy, responding: Sequence[UUID]) -> tuple[Place, ...]:
    """Somebody at every level of both sides and of the Board's."""
    raising, office = uuid4(), uuid4()
    levels = [level.id for level in policy.levels]
    first = Place(uuid4(), raising, Side.RAISING, levels[0], is_raiser=True)
    return (
        first,
        *(Place(uuid4(), raising, Side.RAISING, level) for level in levels),
        *(Place(uuid4(), agency, Side.RESPONDING, level) for agency in responding for level in levels),
        *(Place(uuid4(), office, Side.BOARD, level) for level in levels),
    )


class Walk:
    """One escalation, told at the same time to the engine and to a reader of the file."""

    def __init__(self, file: Path, route: str, seed: int) -> None:
        self.chance, self.raw, self.policy = Random(seed), RAW[file], POLICIES[file]
        self.calendar = calendar_of(self.policy.nation)
        several = self.policy.several_responding_agencies
        agencies = tuple(uuid4() for _ in range(self.one(*range(1, 4 if several else 2))))
        # Of the last of several agencies nobody takes part: without its word nothing is agreed.
        self.places = everybody(self.policy, agencies[:2])
        self.now, self.steps = BEGINNING, list[Step]()
        self.reader = Reading(self.raw, self.calendar.closed, self.places[0], agencies)
        concern = Concern(
            shape=None,
            category="any",
            agencies=tuple(ConcernedAgency(id=agency, name="Another") for agency in agencies),
            timing=self.timing(),
        )
        line = Line(uuid4(), self.now, self.places[0], concern)
        self.reader.opens(route, line)
        self.write(line, route, self.reader.stage["id"])

    def write(self, line: Line, route: str, stage: str) -> None:
        who = line.person
        side, agency, person = (who.side, who.agency, who.person) if who else (None, None, None)
        self.steps.append(Step(line.id, route, stage, side, agency, person, self.now.date(), line.at, line.facts))

    def standing(self) -> Standing:
        return standing(self.policy, self.steps, places=self.places, calendar=self.calendar)

    def one(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def day(self) -> date | None:
        return self.one(None, *DAYS)

    def timing(self) -> Timing:
        priorities = [priority["id"] for priority in self.raw.get("priorities", ())]
        return Timing(
            concern_identified_on=self.one(None, date(2027, 3, 19)),
            decision_received_on=self.one(None, date(2027, 3, 18)),
            time_frame=self.day(),
            protect_by=self.day(),
            protect_because=self.one("She goes home.", "She goes home.", " "),
            priority=self.one(None, *priorities),
        )

    def known(self, kind: type, last: int = 2) -> UUID:
        """One of the latest records of a kind, or none at all."""
        found = [step.id for step in self.steps if isinstance(step.facts, kind)]
        return self.one(*(found[-last:] or [uuid4()]))

    def actions(self) -> tuple[AgreedAction, ...]:
        return (AgreedAction(what="Visit", who="Somebody", by_when=DAYS[20]),) * self.one(0, 1, 2)

    def everything(self, *names: str) -> list[str]:
        """The ids of everything that stands under these names at any stage of the policy."""
        stages = [stage for route in self.raw["routes"] for stage in route["stages"]]
        found = [item["id"] for stage in stages for name in names for item in stage.get(name, ())]
        return [*found, *(item["id"] for name in names for item in self.raw.get(name, ())), "of_no_policy"]

    def facts(self, kind: str) -> Facts:  # noqa: C901 a case for each kind
        """A record of this kind as somebody could send it, sound or not."""
        match kind:
            case "account":
                corrects = self.one(None, None, self.known(Account))
                return Account(corrects=corrects, reason=self.one("A slip.", ""))
            case "correction":
                return Correction(corrects=self.one(*(step.id for step in self.steps), uuid4()))
            case "outcome":
                return self.outcome()
            case "agreement":
                return Agreement(outcome=self.known(Outcome), agrees=self.one(True, True, False))
            case "step_up":
                return self.step_up()
            case "information_request":
                return InformationRequest(agency=self.one(*(place.agency for place in self.places)), by_when=DAYS[9])
            case "information_given":
                return InformationGiven(request=self.known(InformationRequest))
            case "meeting_called" | "meeting_held":
                return self.meeting(kind)
            case "time":
                because = self.one("She goes home.", "")
                return TimeSet(time_frame=self.day(), protect_by=self.day(), protect_because=because)
            case "time_answer":
                proposal = self.one(self.known(TimeSet), self.known(StepUp, 1), self.steps[0].id)
                return TimeAnswered(proposal=proposal, accepts=self.one(True, True, False))
            case "people":
                joins, instead = (self.one(*self.places) for _ in range(2))
                reasons: tuple[Literal["stands_in", "acts", "next_tier"], ...] = ("stands_in", "acts", "next_tier")
                return PeopleJoin(because=self.one(*reasons), joins=(joins.person,), instead_of=instead.person)
            case "steps":
                return StepsSet(steps=self.actions())
            case "step_done":
                return StepDone(steps=self.known(StepsSet), number=self.one(0, 1))
            case "alongside":
                return Alongside(item=self.one(*self.everything("alongside")), state=self.one("begun", "ended"))
            case "help":
                return HelpAsked(helper=self.one(*self.everything("helpers")))
            case "follow_up":
                return self.follow_up()
            case "came_of":
                return CameOf(resumes=self.one(True, False))
            case _:
                return SIMPLE[kind]

    def outcome(self) -> Outcome:
        every = [gate["id"] for gate in self.reader.stage.get("gates", ())]
        return Outcome(
            outcome=self.one(*self.reader.stage["closing"]["outcomes"], *self.everything("outcomes")),
            actions=self.actions(),
            review_on=self.one(DAYS[30], DAYS[30], None),
            gates=tuple(self.one(every, every, [])),
            checks=tuple(self.one([], [], [self.one(*self.everything("checks"))])),
            learning=tuple(self.one([], [], [self.one(*self.everything("learning"))])),
        )

    def step_up(self) -> StepUp:
        reader = self.reader
        anywhere = [(route["id"], stage["id"]) for route in self.raw["routes"] for stage in route["stages"]]
        here = [(reader.stay.route["id"], stage["id"]) for stage in reader.stay.route["stages"]]
        route, stage = self.one(*[reader.place_after() or (None, None)] * 3, *here, *here, *anywhere, (None, None))
        reasons = [reason["id"] for each in reader.stay.route["stages"] for reason in each["skip"].get("reasons", ())]
        every = self.everything("gates")
        gates = self.one(every, every, every, [])
        return StepUp(
            route=route,
            stage=stage,
            timing=self.timing(),
            gates=tuple(gates),
            skip_reason=self.one(None, "pattern", *reasons),
        )

    def meeting(self, kind: str) -> Facts:
        meeting = self.one(*self.everything("meetings"))
        people = tuple(place.person for place in self.places[: self.one(1, 2, 5)])
        if kind == "meeting_called":
            return MeetingCalled(meeting=meeting, at=self.now, conveners=people[:1], invited=people)
        return MeetingHeld(meeting=meeting, called=self.one(None, self.known(MeetingCalled)), attended=people)

    def follow_up(self) -> FollowUp:
        now = self.standing()
        count = len(now.outcome.actions) if isinstance(now, Resolved) else 0
        carried_out = self.one((True,) * count, (True,) * count, (False,) * count, (), (True,))
        duty = self.one(None, *self.everything("duties"))
        then = self.one("done", "again", "reopen")
        return FollowUp(duty=duty, carried_out=carried_out, then=then, again_on=self.one(None, DAYS[35]))

    # --- one thing happens

    def goes_on(self) -> None:
        self.now += self.one(*(timedelta(hours=hours) for hours in (0, 1, 7, 26, 75, 120)))
        if self.one(True, False, False, False):
            self.time_runs_out()
        kind, people = self.one(*KINDS), [*self.places]
        if self.one(True, True, True, False):
            kind, people = self.something_open()
        people = [*people, *[place for place in people if place.is_raiser] * 4]
        for _ in range(TRIES):
            who, facts, similar = self.one(*people), self.facts(kind), self.one(0, 1, 2, 3)
            if self.is_taken(who, facts, similar):
                self.record(Line(uuid4(), self.now, who, facts))
                return

    def something_open(self) -> tuple[str, list[Place]]:
        """What somebody may do, mostly on the ladder, and who may: otherwise nobody would ever get far."""
        may = {place: self.reader.may(place) for place in self.places}
        known = sorted(set().union(*may.values()))
        kind = self.one(*known, *[each for each in known if each in RARELY_OPEN] * 4)
        return kind, [place for place in self.places if kind in may[place]]

    def is_taken(self, who: Place, facts: Facts, similar: int) -> bool:
        """Whether the engine takes it: as a reader of the file would say."""
        now = self.standing()
        taken = (
            facts.kind in acts_open_to(who, now)
            and overtaken(facts, who, now, outcome_seen=outcome_waiting(now)) is None
            and fault_of(facts, who, now, similar=similar) is None
        )
        assert taken == self.reader.takes(who, facts, similar), (who, facts, similar, self.where())
        return taken

    def time_runs_out(self) -> None:
        now, expected = self.standing(), self.reader.opens_unanswered(self.now)
        late = [] if not isinstance(now, Open) else [each.id for each in opens_by_itself(now) if each.is_late(self.now)]
        assert sorted(late) == sorted(expected), self.where()
        if late:
            route, stage = expected[late[0]]
            self.record(Line(uuid4(), self.now, None, StepUp(route=route, stage=stage, unanswered=late[0])))
        elif isinstance(now, Open):
            self.record(Line(uuid4(), self.now, None, Quiet()))

    def record(self, line: Line) -> None:
        route, stage = self.reader.stay.route["id"], self.reader.stage["id"]
        self.reader.hears(line)
        self.write(line, route, stage)
        self.agrees()

    def where(self) -> object:
        return self.reader.stay.route["id"], self.reader.stage["id"], self.reader.end

    # --- what must be true at every moment

    def agrees(self) -> None:
        now, reader = self.standing(), self.reader
        assert {Open: "", Resolved: "resolved", Left: "left"}[type(now)] == reader.end
        stays = [(visit.route.id, visit.stage.id, visit.entered_at, visit.left_at) for visit in now.visits]
        assert stays == [(stay.route["id"], stay.stage["id"], stay.since, stay.until) for stay in reader.stays]
        assert sum(visit.left_at is None for visit in now.visits) == isinstance(now, Open)
        for place in self.places:
            assert {str(act) for act in acts_open_to(place, now)} == reader.may(place), (place, self.where())
        if isinstance(now, Open):
            self.is_in_time(now)
        if isinstance(now, Resolved):
            assert reader.ended is not None
            assert now.step.id == reader.ended.id
            assert isinstance(reader.ended.facts, Outcome)
            assert {each.duty.id for each in now.duties} == set(reader.duties(reader.ended.facts))
        self.tells_the_raiser(now)

    def is_in_time(self, now: Open) -> None:
        expected = self.reader.due()
        assert {clock.id: clock.due and clock.due.at for clock in now.clocks} == expected, self.where()
        latest = self.reader.latest()
        firm = {clock["id"] for clock in self.reader.stage["clocks"] if not clock.get("may_be_shortened", True)}
        for clock in now.clocks:
            if latest is not None and clock.id not in firm:
                assert clock.due is not None
                assert clock.due.at <= latest, clock.id

    def tells_the_raiser(self, now: Standing) -> None:
        step = self.steps[-1]
        happening = happening_of(step, now)
        assert (happening is None) == (step.facts.kind in NOT_CIRCULATED)
        if happening is None:
            return
        outside = {audience: (SEATS[audience],) for audience in Audience}
        outcome = now.outcome if isinstance(now, Resolved) else None
        found = owed(self.policy, happening, now=now, places=self.places, outside=outside, outcome=outcome)
        assert found, happening
        assert all(self.places[0].person in circulation.recipients for circulation in found)


SEATS = {audience: uuid4() for audience in Audience}
SIMPLE: dict[str, Facts] = {
    "contact": Contact(how="telephone"),
    "filing": FiledOnRecord(),
    "support": Support(supports=False),
    "dissent": Dissent(),
    "danger": Danger(),
    "restricted_note": RestrictedNote(about="competence"),
    "proforma": ProformaMade(),
}


@pytest.mark.requirement("B-31", "B-35", "S-11")
@pytest.mark.parametrize(("file", "route"), ROUTES, ids=[f"{file.stem}-{route}" for file, route in ROUTES])
@settings(
    max_examples=250 if RELEASE else 25,
    # A smaller seed is no shorter walk.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(seed=st.integers(0, 2**32))
def test_whatever_anybody_does_the_engine_and_a_reader_of_the_file_agree(file: Path, route: str, seed: int) -> None:
    walk = Walk(file, route, seed)
    walk.agrees()

    for _ in range(STEPS):
        walk.goes_on()
