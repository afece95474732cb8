"""Three invented Boards' policies use, as data alone, everything that a policy can say; each is walked to its end by services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.db.tables import Board
from forms_app.domain.acts import unfilled
from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Left, Open, Resolved
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Clock, Closer, Meeting, Policy, Side, Stage, Subject, Unit
from forms_app.domain.records import (
    AgreedAction,
    Alongside,
    CameOf,
    Dissent,
    FollowUp,
    HelpAsked,
    MeetingCalled,
    MeetingHeld,
    PeopleJoin,
    RestrictedNote,
    StepDone,
    StepsSet,
    StepUp,
    Support,
    TimeAnswered,
    TimeSet,
)
from forms_app.policies.reader import read_policy
from forms_app.policies.shelf import Shelf
from forms_app.services import escalations
from tests.factories.everything import look_after_what_is_due
from tests.factories.scenes import Scene, scene

FILES = sorted((Path(__file__).parent / "invented").glob("*.yaml"))
POLICIES = {file.stem.partition("-")[0]: read_policy(file) for file in FILES}


# --- between them they use every capability ---


def stages(policy: Policy) -> Iterator[Stage]:
    for route in policy.routes:
        yield from route.stages


def clocks(policy: Policy) -> Iterator[Clock]:
    for stage in stages(policy):
        yield from stage.clocks


def meetings(policy: Policy) -> list[Meeting]:
    return [meeting for stage in stages(policy) for meeting in policy.meetings_at(stage)]


def units(policy: Policy) -> set[Unit]:
    return {clock.limit.unit for clock in clocks(policy)}


def closers(policy: Policy) -> set[Closer]:
    return {stage.closing.who for stage in stages(policy)}


def sides_of(policy: Policy) -> list[set[Side]]:
    return [set(stage.sides) for stage in stages(policy)]


USES: dict[str, Callable[[Policy], bool]] = {
    "M1 one stage": lambda policy: len(policy.main.stages) == 1,
    "M1 seven stages": lambda policy: {stage.number for stage in policy.main.stages} >= set(range(1, 8)),
    "M1 a stage without a counterpart": lambda policy: {Side.RAISING} in sides_of(policy),
    "M2 stages that do not count": lambda policy: sum(not stage.counts for stage in stages(policy)) == 2,
    "M3 several clocks at one stage": lambda policy: any(len(stage.clocks) > 2 for stage in stages(policy)),
    "M3 what shows it": lambda policy: any(clock.shown_by for clock in clocks(policy)),
    "M4 units": lambda policy: (
        {
            Unit.WORKING_DAYS,
            Unit.HOURS,
            Unit.CALENDAR_DAYS,
            Unit.WORKING_WEEKS,
            Unit.SAME_WORKING_DAY,
            Unit.WITHOUT_DELAY,
        }
        <= units(policy)
    ),
    "M5 stated and agreed": lambda policy: {Unit.STATED, Unit.AGREED} <= units(policy),
    "M5 by priority": lambda policy: Unit.BY_PRIORITY in units(policy),
    "M6 not to be shortened": lambda policy: {clock.may_be_shortened for clock in clocks(policy)} == {True, False},
    "M7 caps": lambda policy: len(policy.main.caps) > 1,
    "M8 every rule of passing over": lambda policy: (
        {stage.skip.rule for stage in stages(policy)} == {"never", "raiser", "second_person", "urgency"}
    ),
    "M9 no response opens the next": lambda policy: any(c.if_unanswered == "opens_next_stage" for c in clocks(policy)),
    "M10 routes by category and status": lambda policy: (
        any(route.categories for route in policy.routes) and any(route.subject_status for route in policy.routes)
    ),
    "M10 joins and returns": lambda policy: {"joins", "returns_to"} <= {route.after.kind for route in policy.routes},
    "M10 leaves": lambda policy: policy.main.after.kind == "leaves_for",
    "M10 its own arbiter": lambda policy: any(route.final_arbiter for route in policy.routes[1:]),
    "M11 alongside": lambda policy: any(stage.alongside for stage in stages(policy)),
    "M12 own manager": lambda policy: any(stage.supported_by for stage in stages(policy)),
    "M12 leads of each agency": lambda policy: any(gate.per_agency for stage in stages(policy) for gate in stage.gates),
    "M13 only where something was learned": lambda policy: any(each.only_if == "learning" for each in policy.notices),
    "M13 on a gap in policy": lambda policy: any(each.only_if == "policy_gap" for each in policy.notices),
    "M13 from a stage on": lambda policy: any(each.only_if == "from_stage_reached" for each in policy.notices),
    "M13 on every use": lambda policy: any(each.on == "opened" and not each.identified for each in policy.notices),
    "M14 all, one side, an arbiter": lambda policy: (
        {Closer.ALL_SIDES, Closer.RAISING_SIDE, Closer.ARBITER} <= closers(policy)
    ),
    "M14 the raiser alone": lambda policy: Closer.RAISER in closers(policy),
    "M14 dissent": lambda policy: any(stage.closing.dissent_recorded for stage in stages(policy)),
    "M15 equivalents": lambda policy: bool(policy.equivalents),
    "M15 tier by tier": lambda policy: any(stage.repeats_tiers for stage in stages(policy)),
    "M15 levels that serve as well": lambda policy: any(a.or_levels for stage in stages(policy) for a in stage.actors),
    "M16 an adult, an unborn child": lambda policy: {Subject.ADULT, Subject.UNBORN} <= set(policy.subjects),
    "M16 several, nobody": lambda policy: {Subject.CHILDREN, Subject.NONE} <= set(policy.subjects),
    "M17 several agencies": lambda policy: policy.several_responding_agencies,
    "M17 one agency": lambda policy: not policy.several_responding_agencies,
    "M18 every form of meeting": lambda policy: {each.form for each in meetings(policy)} >= {"panel", "mediation"},
    "M18 composition, independence": lambda policy: any(m.composition and m.independent for m in meetings(policy)),
    "M18 methodology": lambda policy: any(meeting.methodology for meeting in meetings(policy)),
    "M18 recommendations": lambda policy: any(meeting.recommendations for meeting in meetings(policy)),
    "M19 a local addition": lambda policy: bool(policy.local_additions),
    "M20 a count": lambda policy: policy.pattern is not None and policy.pattern.count is not None,
    "M21 duties": lambda policy: {duty.due for duty in policy.duties} >= {"at_once", "action_date"},
    "M21 a review date": lambda policy: policy.review_date == "required",
    "M22 Scotland": lambda policy: policy.nation == "scotland",
    "M22 Northern Ireland": lambda policy: policy.nation == "northern-ireland",
    "M22 England and Wales": lambda policy: policy.nation == "england-and-wales",
    "other words": lambda policy: policy.words.stage == "step",
    "helpers": lambda policy: bool(policy.helpers),
    "restricted notes": lambda policy: policy.restricted_notes is not None,
    "quiet": lambda policy: policy.quiet is not None,
    "steps of an arbiter": lambda policy: any(stage.arbiter_sets_steps for stage in stages(policy)),
    "a decision that stands": lambda policy: any(stage.closing.decision_stands for stage in stages(policy)),
}


@pytest.mark.parametrize("capability", USES)
def test_every_capability_is_used_by_one_of_them(capability: str) -> None:
    assert [name for name, policy in POLICIES.items() if USES[capability](policy)], capability


@pytest.mark.parametrize("number", range(1, 23))
def test_all_twenty_two_are_looked_for_and_claimed_in_a_file(number: int) -> None:
    claims = [file.read_text().partition("\nid:")[0] for file in FILES]

    assert any(name.split()[0] == f"M{number}" for name in USES)
    assert any(f"M{number} " in claim or f"M{number}," in claim for claim in claims)


# --- Kirkmoor: seven steps, in Scotland ---


@contextmanager
def board_of(name: str, url: str) -> Iterator[Scene]:
    with scene(url, POLICIES[name]) as here:
        yield here


def clock(here: Scene, escalation: UUID, name: str) -> Running:
    return next(each for each in here.standing(escalation).clocks if each.id == name)


def day_of(here: Scene, escalation: UUID, name: str) -> date | None:
    due = clock(here, escalation, name).due
    return due.day if due else None


def where(here: Scene, escalation: UUID) -> str:
    return here.stage(escalation).id


def test_kirkmoor_from_a_conversation_to_the_convener(sqlite_url: str) -> None:
    with board_of("kirkmoor", sqlite_url) as here:
        here.responding = ("socialcare", "police")
        here.clock.strike(2026, 12, 29, 9)
        escalation = here.open().escalation_id
        assert not here.stage(escalation).counts
        for place in here.places(escalation):
            here.account(escalation, by=place.person)
        here.clock.forward(hours=1)
        here.step_up(escalation)
        reflect(here, escalation)
        here.clock.strike(2026, 12, 31, 9)
        here.step_up(escalation)
        assert day_of(here, escalation, "first_week") == date(2027, 1, 11), "1 and 4 January are closed"

        here.account(escalation, by=here.raiser)
        assert day_of(here, escalation, "respond") == date(2027, 1, 7)
        here.account(escalation, by=here.at("socialcare", "practitioner"))
        here.clock.strike(2027, 1, 8, 0)
        look_after_what_is_due(here)
        assert where(here, escalation) == "team_leaders", "the police have not answered"

        refuse_support_and_go_on(here, escalation)
        leap_with_a_second_person(here, escalation)
        here.step_up(escalation)
        now = here.standing(escalation)
        assert isinstance(now, Open)
        assert now.visit.stage.id == "convener"

        decided = here.outcome(escalation, by=here.holder("chair"), outcome="decided", learning=("training",))
        told = here.told(decided.record_id)
        assert told["board_proforma"] == {here.raiser, here.holder("business_unit"), here.holder("chair")}
        assert told["sub_group_report"] == {here.raiser, here.holder("sub_group")}
        follow_up_in_turn(here, escalation)


def reflect(here: Scene, escalation: UUID) -> None:
    both = (here.raiser, here.at("police", "practitioner"))
    called = MeetingCalled(meeting="reflection", at=here.clock.now, conveners=both, invited=both)
    record = here.record(escalation, called, by=here.raiser).record_id
    here.record(escalation, MeetingHeld(meeting="reflection", called=record, attended=both), by=both[1])
    assert clock(here, escalation, "hold").met_at == here.clock.now


def refuse_support_and_go_on(here: Scene, escalation: UUID) -> None:
    manager = here.at("school", "first_line_manager")
    told = here.told(here.record(escalation, Support(supports=False), by=manager).record_id)
    assert here.at("socialcare", "practitioner") in told["stage_record"], "the other side is told"
    here.step_up(escalation, by=here.raiser)


def leap_with_a_second_person(here: Scene, escalation: UUID) -> None:
    leap = StepUp(route="main", stage="chief_officers", skip_reason="stuck")
    named = here.named(here.policy.stage("main", "chief_officers"))
    with pytest.raises(Exception, match="wants a second person"):
        here.record(escalation, leap, by=here.raiser, people=named)
    here.record(escalation, leap, by=here.at("school", "senior_manager"), people=named)


def follow_up_in_turn(here: Scene, escalation: UUID) -> None:
    for agency in ("school", "socialcare"):
        done = FollowUp(duty="carried_out", carried_out=(True,), then="done")
        here.record(escalation, done, by=here.at(agency, "practitioner"))
    here.record(escalation, FollowUp(duty="tell_staff", then="done"), by=here.at("police", "practitioner"))
    now = here.standing(escalation)
    assert isinstance(now, Resolved)
    assert all(owed.met_at for owed in now.duties)


def test_kirkmoor_leaves_for_a_court_and_comes_back(sqlite_url: str) -> None:
    with board_of("kirkmoor", sqlite_url) as here:
        escalation = here.open().escalation_id
        while not isinstance(here.standing(escalation), Left):
            here.step_up(escalation)
        visited = [visit.stage.id for visit in here.standing(escalation).visits]
        assert visited == [stage.id for stage in here.policy.main.stages]

        here.record(escalation, CameOf(resumes=True), by=here.raiser)

        assert where(here, escalation) == "convener"


def test_kirkmoor_has_had_two_of_its_kind(sqlite_url: str) -> None:
    with board_of("kirkmoor", sqlite_url) as here:
        here.open()
        escalation = here.open().escalation_id
        leap = StepUp(route="main", stage="chief_officers", skip_reason="pattern")

        here.record(escalation, leap, by=here.raiser, people=here.named(here.policy.stage("main", "chief_officers")))

        assert where(here, escalation) == "chief_officers"


# --- Fenna: one stage, and two tracks, in Northern Ireland ---


def test_fenna_is_settled_by_the_raiser_alone(sqlite_url: str) -> None:
    with board_of("fenna", sqlite_url) as here:
        here.clock.strike(2027, 3, 12, 16)
        escalation = here.open(priority="soon").escalation_id
        assert day_of(here, escalation, "answer") == date(2027, 3, 18), "St Patrick’s Day is closed"
        other = here.at("socialcare", "practitioner")
        here.record(escalation, HelpAsked(helper="officer"), by=other)
        assert here.holder("liaison_officer") in {place.person for place in here.places(escalation)}

        here.clock.strike(2027, 3, 23, 0)
        look_after_what_is_due(here)
        quiet = here.standing(escalation)
        assert isinstance(quiet, Open)
        assert quiet.visit.steps[-1].facts.kind == "quiet"

        manager = here.at("school", "senior_manager")
        joins = (NamedParty(manager, Side.RAISING, "senior_manager"),)
        here.record(escalation, PeopleJoin(because="supports", joins=(manager,)), by=here.raiser, people=joins)
        note = here.record(escalation, RestrictedNote(about="competence"), by=manager)
        assert here.documents(note.record_id) == []
        with pytest.raises(Exception, match="does not let you"):
            here.outcome(escalation, by=manager)
        here.outcome(escalation, by=here.raiser)
        now = here.standing(escalation)
        assert isinstance(now, Resolved)
        assert [owed.duty.id for owed in now.duties] == ["review"]


def test_fenna_takes_a_child_in_care_to_the_panel_by_itself_and_from_there_back_to_the_conference(
    sqlite_url: str,
) -> None:
    with board_of("fenna", sqlite_url) as here:
        with pytest.raises(Exception, match="not for a child of this status"):
            here.open("looked_after")
        escalation = in_care(here)
        here.clock.strike(2027, 3, 4, 0)
        look_after_what_is_due(here)
        now = here.standing(escalation)
        assert isinstance(now, Open)
        assert (now.visit.route.id, now.visit.stage.id) == ("conference", "panel")
        assert unfilled(now, here.places(escalation), [here.agency("socialcare").id]) == []

        here.record(escalation, StepUp(route=None, stage=None), by=here.at("socialcare", "first_line_manager"))

        now = here.standing(escalation)
        assert isinstance(now, Left)
        assert now.after.kind == "returns_to"


def in_care(here: Scene) -> UUID:
    named = here.named(here.policy.route("looked_after").stages[0], opening=True)
    concern = here.concern("looked_after", named)
    facts = concern.facts.model_copy(update={"subject_status": "in_care"})
    with here.workshop.writing() as work:
        return escalations.open_escalation(work, by=here.raiser, concern=replace(concern, facts=facts)).escalation_id


def test_fenna_records_dissent_from_a_chair_whose_decision_stands(sqlite_url: str) -> None:
    with board_of("fenna", sqlite_url) as here:
        escalation = here.open("conference").escalation_id
        now = here.standing(escalation)
        assert isinstance(now, Open)
        assert now.decision_stands
        with pytest.raises(Exception, match="does not let you"):
            here.outcome(escalation, by=here.raiser)

        here.outcome(escalation, by=here.at("socialcare", "conference_chair"))
        here.record(escalation, Dissent(), by=here.raiser)

        assert isinstance(here.standing(escalation), Resolved)


# --- Ashby: three stages, in England ---


def test_ashby_agrees_its_time_mediates_and_ends_with_the_scrutineers_steps(sqlite_url: str) -> None:
    with board_of("ashby", sqlite_url) as here:
        friday = here.today + timedelta(days=4)
        opened = here.open(time_frame=friday)
        escalation, other = opened.escalation_id, here.at("socialcare", "practitioner")
        assert here.holder("business_unit") in here.told(opened.record_id)["notice_to_board"]
        here.record(escalation, TimeAnswered(proposal=opened.record_id, accepts=True), by=other)
        assert day_of(here, escalation, "accepted") == day_of(here, escalation, "stated") == friday
        here.record(escalation, Alongside(item="referral", state="begun"), by=other)
        here.record(escalation, TimeSet(protect_by=here.today, protect_because="She goes home."), by=other)
        assert day_of(here, escalation, "accepted") == here.today

        here.step_up(escalation)
        mediate(here, escalation)
        here.step_up(escalation)
        end_with_the_scrutineer(here, escalation)


def mediate(here: Scene, escalation: UUID) -> None:
    both = tuple(here.at(agency, "senior_manager") for agency in ("school", "socialcare"))
    called = MeetingCalled(meeting="mediation", at=here.clock.now, conveners=both, invited=both)
    record = here.record(escalation, called, by=both[0]).record_id
    here.record(escalation, MeetingHeld(meeting="mediation", called=record, attended=both), by=both[1])
    here.record(escalation, Alongside(item="referral", state="ended"), by=both[1])
    tier = here.at("school", "executive")
    joins = (NamedParty(tier, Side.RAISING, "executive"),)
    here.record(escalation, PeopleJoin(because="next_tier", joins=(tier,)), by=both[0], people=joins)


def end_with_the_scrutineer(here: Scene, escalation: UUID) -> None:
    scrutineer, other = here.at("board", "scrutineer"), here.at("socialcare", "practitioner")
    step = AgreedAction(what="Meet", who="The directors", by_when=here.today)
    record = here.record(escalation, StepsSet(steps=(step,)), by=scrutineer).record_id
    here.record(escalation, StepDone(steps=record, number=0), by=other)
    member = here.at("charity", "board_member")
    panel = MeetingCalled(meeting="panel", at=here.clock.now, conveners=(scrutineer,), invited=(member, other))
    joins = (NamedParty(member, Side.BOARD, "board_member"),)
    called = here.record(escalation, panel, by=scrutineer, people=joins).record_id
    attended = (scrutineer, member, other)
    here.record(escalation, MeetingHeld(meeting="panel", called=called, attended=attended), by=scrutineer)
    here.outcome(escalation, by=scrutineer, outcome="decided", policy_gap=True)
    here.record(escalation, Dissent(), by=here.raiser)
    assert isinstance(here.standing(escalation), Resolved)


def test_ashby_finishes_under_the_version_that_it_began_under(sqlite_url: str) -> None:
    first = POLICIES["ashby"]
    only = first.main.stages[2].model_copy(update={"groups": first.main.stages[0].groups})
    later = first.model_copy(
        update={"version": "2027-01", "routes": (first.main.model_copy(update={"stages": (only,)}),)}
    )
    with board_of("ashby", sqlite_url) as here:
        escalation = here.open().escalation_id
        with here.database.writing() as session:
            session.scalars(select(Board)).one().policy_key = later.key
        after = replace(here, policy=later, shelf=Shelf([*here.shelf, later]))
        assert where(after, after.open().escalation_id) == "scrutineer"

        here.step_up(escalation)

        assert where(here, escalation) == "tiers"
        proposed = here.outcome(escalation, by=here.raiser).record_id
        here.answer(escalation, by=here.at("socialcare", "practitioner"), to=proposed)
        assert isinstance(here.standing(escalation), Resolved)
