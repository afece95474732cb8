"""What each party may do at a moment, each way on, and the sentence with which the rest is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from forms_app.domain.acts import (
    ALWAYS,
    Act,
    Onward,
    fault_of_opening,
    is_filled,
    meetings_called,
    open_requests,
    opens_by_itself,
    reads_restricted,
    steps_to_take,
    unfilled,
    ways_on,
)
from forms_app.domain.policy import (
    Actor,
    Audience,
    Check,
    Choice,
    Closer,
    Closing,
    Duty,
    Gate,
    Helper,
    Meeting,
    Pattern,
    Policy,
    RestrictedNotes,
    Side,
    Skip,
    Unit,
)
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
    RestrictedNote,
    StepDone,
    StepsSet,
    StepUp,
    Support,
    TimeAnswered,
    TimeSet,
    Timing,
)
from tests.factories.courses import (
    CHAIRING,
    EVERYBODY,
    MANAGER,
    MONDAY,
    OTHER,
    POLICE,
    RAISER,
    SCHOOL,
    SERGEANT,
    SOCIAL_CARE,
    Course,
    course,
)
from tests.factories.policies import BOTH, CHAIR, SOURCE, clock, limit, policy, route, stage

FRIDAY = date(2027, 3, 5)
ACTION = AgreedAction(what="Visit", who="Social worker", by_when=FRIDAY)
REASON = Choice(id="urgent", title="It cannot wait")


def arbiter(**closing: bool) -> dict[str, Any]:
    return {
        "actors": (*BOTH, CHAIR),
        "closing": Closing(who=Closer.ARBITER, outcomes=("agreed",), source=SOURCE, **closing),
    }


def meeting(**more: Any) -> Meeting:
    return Meeting(**{"id": "talk", "title": "Talk", "form": "meeting", "conveners": BOTH, "source": SOURCE, **more})


def gate(before: str) -> Gate:
    return Gate(id="told", before=before, statement="The leads know.", otherwise="Tell the leads.", source=SOURCE)


def who_may(walk: Course, act: Act) -> set[Place]:
    return {place for place in walk.places if act in walk.acts(place)}


# --- what every party may always do ---


@pytest.mark.requirement("B-12", "U-50")
@pytest.mark.parametrize("ending", ["open", "resolved", "left"])
def test_danger_contacts_the_file_and_a_proforma_are_open_to_everybody_always(ending: str) -> None:
    walk = course(stage(), after="leaves_for")
    if ending == "resolved":
        walk.settled(OTHER).answered(RAISER)
    if ending == "left":
        walk.went_on()

    assert all(walk.acts(place) >= ALWAYS for place in EVERYBODY)


@pytest.mark.requirement("W-31")
def test_a_restricted_note_is_for_those_who_hold_the_level_and_not_for_those_who_were_named_for_it() -> None:
    under = policy(restricted_notes=RestrictedNotes(levels=("senior_manager",), source=SOURCE))
    head = replace(MANAGER, person=uuid4(), level="practitioner", post="senior_manager")
    named = replace(MANAGER, person=uuid4(), level="senior_manager", post="practitioner")
    walk = Course(under, (*EVERYBODY, head, named)).opened()

    assert who_may(walk, Act.WRITE_RESTRICTED_NOTE) == {head}
    assert reads_restricted(head, under)
    assert not reads_restricted(named, under)
    assert not any(reads_restricted(place, policy()) for place in (head, named))


# --- information ---


@pytest.mark.requirement("H-16")
def test_a_request_waits_for_the_agency_that_was_asked_also_when_the_stage_was_left() -> None:
    walk = course(places=(*EVERYBODY, SERGEANT))
    walk.wrote(RAISER, InformationRequest(agency=POLICE, by_when=FRIDAY))
    request = walk.last()
    walk.went_on()

    assert who_may(walk, Act.GIVE_INFORMATION) == {SERGEANT}
    assert [step.id for step in open_requests(walk.open())] == [request]
    assert walk.refusal(SERGEANT, InformationGiven(request=request)) is None
    walk.wrote(SERGEANT, InformationGiven(request=request))
    assert who_may(walk, Act.GIVE_INFORMATION) == set()


def test_a_request_is_for_another_agency_and_answered_once_by_that_one() -> None:
    walk = course(places=(*EVERYBODY, SERGEANT))
    own = InformationRequest(agency=SCHOOL, by_when=FRIDAY)
    assert walk.refusal(RAISER, own) == "Choose another agency: this is your own."
    walk.wrote(RAISER, InformationRequest(agency=POLICE, by_when=FRIDAY))
    of_the_police = walk.last()
    walk.wrote(RAISER, InformationRequest(agency=SOCIAL_CARE, by_when=FRIDAY))

    refused = walk.refusal(OTHER, InformationGiven(request=of_the_police))

    assert refused == "This request has been answered already, or is not for your agency."


# --- meetings ---


@pytest.mark.requirement("H-26", "U-27")
def test_whoever_convenes_calls_and_records_a_meeting_of_the_stage_or_of_any_stage() -> None:
    under = policy(route(stage(meetings=(meeting(conveners=(CHAIR,)),)), stage("two")), meetings=(meeting(id="any"),))
    walk = Course(under).opened()

    assert who_may(walk, Act.CALL_MEETING) == {RAISER, OTHER, CHAIRING}
    called = MeetingCalled(meeting="talk", at=MONDAY, conveners=(), invited=())
    assert walk.refusal(RAISER, called) == "The policy does not let you call this meeting at this stage."
    assert walk.refusal(CHAIRING, called) is None
    assert walk.refusal(RAISER, called.model_copy(update={"meeting": "any"})) is None


def test_a_meeting_that_was_called_is_recorded_once_also_when_the_stage_was_left() -> None:
    walk = course(stage(meetings=(meeting(),)), stage("two"))
    walk.wrote(RAISER, MeetingCalled(meeting="talk", at=MONDAY, conveners=(), invited=()))
    called = walk.last()
    walk.went_on()
    held = MeetingHeld(meeting="talk", called=called, attended=())

    assert who_may(walk, Act.RECORD_MEETING) == {RAISER, OTHER}
    assert walk.refusal(OTHER, held) is None
    assert walk.refusal(OTHER, held.model_copy(update={"called": None})) is not None
    walk.wrote(OTHER, held)
    assert meetings_called(walk.open()) == []
    assert who_may(walk, Act.RECORD_MEETING) == set()


@pytest.mark.requirement("H-30")
def test_fewer_than_must_attend_are_no_meeting_and_nobody_counts_twice() -> None:
    walk = course(stage(meetings=(meeting(at_least=2),)))
    once, twice = ((RAISER.person,) * count for count in (1, 2))

    for attended in (once, twice):
        refused = walk.refusal(RAISER, MeetingHeld(meeting="talk", attended=attended))
        assert refused == "At least 2 people must attend: name everybody who did, or hold it again."
    assert walk.refusal(RAISER, MeetingHeld(meeting="talk", attended=(RAISER.person, OTHER.person))) is None


# --- time ---


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (TimeSet(), "Give a date."),
        (TimeSet(protect_by=FRIDAY), "Say why it must be sooner."),
        (TimeSet(protect_by=FRIDAY, protect_because="She goes home."), None),
        (
            TimeSet(time_frame=FRIDAY),
            "The policy sets the limit of this stage: you can only shorten it, to protect the child.",
        ),
    ],
)
def test_a_limit_of_the_policy_can_only_be_shortened_with_a_reason(facts: TimeSet, said: str | None) -> None:
    assert course(stage(clocks=(clock(limit=limit(Unit.WORKING_DAYS, 2)),))).refusal(OTHER, facts) == said


def test_who_acts_for_the_board_sets_the_time_of_a_stage_that_they_opened() -> None:
    under = policy(route(stage("one", **arbiter(), steps_up="board_side"), stage("two", **arbiter())))
    walk = Course(under).opened().went_on(CHAIRING)

    assert Act.SET_TIME in walk.acts(CHAIRING)


def test_an_answer_to_a_date_that_was_replaced_is_too_late() -> None:
    walk = Course(policy(route(stage(clocks=(clock(limit=limit(Unit.AGREED)),))))).opened(time_frame=FRIDAY)
    old = TimeAnswered(proposal=walk.last(), accepts=True)
    walk.wrote(RAISER, TimeSet(time_frame=FRIDAY + timedelta(days=1)))

    assert walk.refusal(OTHER, old) == "Another date was proposed since you began."


@pytest.mark.parametrize("facts", [StepUp(route="main", stage="two"), None])
def test_a_sooner_date_needs_its_reason_also_when_a_stage_begins(facts: StepUp | None) -> None:
    timing = Timing(protect_by=FRIDAY, protect_because=" ")
    walk = course()
    if facts is not None:
        assert walk.refusal(RAISER, facts.model_copy(update={"timing": timing})) == "Say why it must be sooner."
    else:
        concern = Concern(shape=None, category="other", agencies=(), timing=timing)
        assert fault_of_opening(concern, walk.under, walk.under.main) == "Say why it must be sooner."


# --- people ---


@pytest.mark.requirement("H-23")
def test_a_manager_of_the_raiser_says_whether_they_support_it_and_nobody_else() -> None:
    there = stage(supported_by=("practitioner", "first_line_manager"))
    walk = course(there)

    assert who_may(walk, Act.SAY_SUPPORT) == {MANAGER}, "not the raiser, who is a practitioner"
    assert walk.refusal(MANAGER, Support(supports=False)) is None


def test_somebody_who_acts_at_a_further_level_may_do_what_that_level_may() -> None:
    both = replace(MANAGER, person=uuid4(), level="practitioner", also=frozenset({"first_line_manager"}))
    there = stage(supported_by=("first_line_manager",), actors=(Actor(side=Side.RAISING, level="first_line_manager"),))
    walk = course(there, places=(RAISER, both, OTHER))

    assert who_may(walk, Act.SAY_SUPPORT) == {both}
    assert unfilled(walk.open(), walk.places, (SOCIAL_CARE,)) == []


@pytest.mark.requirement("U-35")
def test_going_up_tier_by_tier_is_for_stages_that_do() -> None:
    tier = PeopleJoin(because="next_tier", joins=())

    assert course(stage(repeats_tiers=True)).refusal(RAISER, tier) is None
    assert course().refusal(RAISER, tier) is not None


def test_a_place_is_filled_at_any_of_its_levels_by_somebody_of_the_agency_who_has_not_left() -> None:
    actor = Actor(side=Side.RESPONDING, level="senior_manager", or_levels=("practitioner",))
    walk = course(stage(actors=(BOTH[0], actor)), places=(*EVERYBODY, replace(SERGEANT, has_left=True)))

    assert is_filled(walk.places, actor, SOCIAL_CARE)
    assert unfilled(walk.open(), walk.places, (SOCIAL_CARE, POLICE)) == [(actor, POLICE)]


@pytest.mark.requirement("W-10")
def test_help_is_asked_of_those_whom_the_policy_names() -> None:
    helper = Helper(id="officer", title="Liaison officer", seat=Audience.LIAISON_OFFICER, source=SOURCE)
    walk = Course(policy(helpers=(helper,))).opened()

    assert who_may(walk, Act.ASK_HELP) == {RAISER, MANAGER, OTHER}
    assert walk.refusal(OTHER, HelpAsked(helper="officer")) is None
    assert walk.refusal(OTHER, HelpAsked(helper="other")) == "The policy names nobody whom you could ask for this."
    assert who_may(course(), Act.ASK_HELP) == set()


def test_whoever_stands_in_for_the_raiser_closes_where_the_raiser_alone_does() -> None:
    walk = course(stage(closes=Closer.RAISER))
    assert who_may(walk, Act.RECORD_OUTCOME) == {RAISER}

    walk.wrote(MANAGER, PeopleJoin(because="stands_in", joins=(MANAGER.person,), instead_of=RAISER.person))

    assert who_may(walk, Act.RECORD_OUTCOME) == {RAISER, MANAGER}


def test_whoever_stands_in_for_somebody_else_does_not_close_for_the_raiser() -> None:
    walk = course(stage(closes=Closer.RAISER))

    walk.wrote(MANAGER, PeopleJoin(because="stands_in", joins=(MANAGER.person,), instead_of=OTHER.person))
    walk.wrote(MANAGER, PeopleJoin(because="supports", joins=(MANAGER.person,), instead_of=RAISER.person))

    assert who_may(walk, Act.RECORD_OUTCOME) == {RAISER}


# --- the arbiter's steps, and what goes on alongside ---


@pytest.mark.requirement("S-33")
def test_the_arbiter_sets_the_steps_and_setting_them_again_replaces_those_that_were_not_taken() -> None:
    walk = course(stage(**arbiter(), arbiter_sets_steps=True))
    assert who_may(walk, Act.SET_STEPS) == {CHAIRING}
    assert who_may(walk, Act.FINISH_STEP) == set()
    walk.wrote(CHAIRING, StepsSet(steps=(ACTION, ACTION)))
    first = walk.last()
    walk.wrote(OTHER, StepDone(steps=first, number=0))
    assert [number for _, number in steps_to_take(walk.open())] == [1]
    too_late = "This step has been taken already, or other steps were set since you began."
    assert walk.refusal(RAISER, StepDone(steps=first, number=0)) == too_late

    walk.wrote(CHAIRING, StepsSet(steps=(ACTION,)))

    assert [(step.id, number) for step, number in steps_to_take(walk.open())] == [(walk.last(), 0)]
    assert walk.refusal(RAISER, StepDone(steps=first, number=1)) == too_late


@pytest.mark.requirement("U-21")
def test_what_goes_on_alongside_begins_and_ends_once_also_after_the_stage() -> None:
    there = stage(alongside=(Choice(id="referral", title="A referral"),))
    walk = course(there, stage("two"))
    begun, ended = (Alongside(item="referral", state=state) for state in ("begun", "ended"))

    assert walk.refusal(OTHER, ended) == "This has not begun yet, or has ended already."
    assert walk.refusal(OTHER, Alongside(item="other", state="begun")) is not None
    walk.wrote(OTHER, begun)
    assert walk.refusal(OTHER, begun) == "This goes on already."
    walk.went_on()
    assert who_may(walk, Act.NOTE_ALONGSIDE) == set(EVERYBODY)
    assert walk.refusal(OTHER, begun) == "The policy does not name this at this stage.", "it does not begin here"
    walk.wrote(OTHER, ended)
    assert who_may(walk, Act.NOTE_ALONGSIDE) == set()


# --- the outcome ---


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome(outcome="decided"), "This stage cannot end with that outcome."),
        (Outcome(outcome="agreed"), "Tell the leads."),
        (
            Outcome(outcome="agreed", gates=("told",), checks=("other",)),
            "The policy does not name this check at this stage.",
        ),
        (
            Outcome(outcome="agreed", gates=("told",), learning=("b",)),
            "The policy does not name this kind of learning.",
        ),
        (Outcome(outcome="agreed", gates=("told",), checks=("fed_back",), learning=("a",)), None),
    ],
)
def test_an_outcome_is_one_of_the_stage_with_everything_confirmed(outcome: Outcome, said: str | None) -> None:
    there = stage(gates=(gate("resolving"),), checks=(Check(id="fed_back", text="Fed back", source=SOURCE),))
    walk = Course(policy(route(there), learning=(Choice(id="a", title="A"),))).opened()

    assert walk.refusal(RAISER, outcome) == said


def test_an_answer_is_to_the_latest_outcome() -> None:
    walk = course().settled(OTHER)
    first = Agreement(outcome=walk.last(), agrees=True)
    walk.settled(OTHER)

    assert walk.refusal(RAISER, first) == "Another outcome was recorded since you began."


def test_agreeing_to_the_actions_alone_does_not_close_it() -> None:
    walk = course().settled(OTHER)
    walk.wrote(RAISER, Agreement(outcome=walk.last(), agrees=False, agrees_actions=True, reasons="Not the threshold."))

    assert walk.open().proposed is not None


@pytest.mark.requirement("H-48")
@pytest.mark.parametrize("recorded", [True, False])
def test_dissent_from_a_decision_is_recorded_once_by_each_and_only_where_the_policy_says(recorded: bool) -> None:
    walk = course(stage(**arbiter(dissent_recorded=recorded))).settled(CHAIRING)
    assert who_may(walk, Act.DISSENT) == ({RAISER, MANAGER, OTHER} if recorded else set())

    walk.wrote(RAISER, Dissent())

    assert who_may(walk, Act.DISSENT) == ({MANAGER, OTHER} if recorded else set())


@pytest.mark.requirement("H-49")
def test_a_decision_stands_while_it_is_challenged_where_the_stage_says_so() -> None:
    assert course(stage(**arbiter(decision_stands=True))).open().decision_stands
    assert not course().open().decision_stands


# --- ways on ---


def skipping(rule: str, *to: str, similar: int | None = None, **more: Any) -> Course:
    skip = Skip(rule=rule, to=to, reasons=(REASON,), source=SOURCE)
    stages = (stage("one", skip=skip, **more), stage("two"), stage("three"), stage("four", gates=(gate("entering"),)))
    pattern = None if similar is None else Pattern(count=similar, months=6, opens="three", source=SOURCE)
    return Course(policy(route(*stages), pattern=pattern)).opened()


def leap(to: str, reason: str | None = "urgent", *gates: str) -> StepUp:
    return StepUp(route="main", stage=to, skip_reason=reason, gates=gates)


def names(ways: tuple[Onward, ...]) -> list[str]:
    return [way.key for way in ways]


@pytest.mark.requirement("S-11", "U-24", "W-07")
def test_stages_are_passed_over_by_the_rule_of_the_stage_and_with_its_reason() -> None:
    walk = skipping("urgency", "three")

    assert names(ways_on(walk.open())) == ["main.two", "main.three"]
    assert [stage.id for stage in ways_on(walk.open())[1].passes_over] == ["two"]
    assert walk.refusal(RAISER, leap("three")) is None
    for reason in (None, "pattern", "of_no_policy"):
        assert walk.refusal(RAISER, leap("three", reason)) is not None
    for elsewhere in (leap("four", "urgent", "told"), leap("one"), StepUp(route=None, stage=None)):
        assert walk.refusal(RAISER, elsewhere) == "The policy takes this stage to another one."
    assert names(ways_on(skipping("never", "three").open())) == ["main.two"]


def test_a_second_person_is_of_the_side_that_raised_it_and_not_the_raiser() -> None:
    walk = skipping("second_person", "three", steps_up="any_side")

    assert walk.refusal(MANAGER, leap("three")) is None
    for alone in (RAISER, OTHER):
        refused = walk.refusal(alone, leap("three"))
        assert refused is not None
        assert refused.startswith("To pass over stages, the policy wants a second person")
    assert walk.refusal(RAISER, leap("two", None)) is None, "the next stage is for the raiser too"


@pytest.mark.requirement("S-32")
def test_so_many_similar_escalations_are_a_reason_of_their_own() -> None:
    walk = skipping("never", similar=3)
    for count in range(3):
        assert walk.refusal(RAISER, leap("three", "pattern"), similar=count) is not None
    assert walk.refusal(RAISER, leap("three", "pattern"), similar=3) is None


def test_a_pattern_needs_no_second_person_where_passing_over_does() -> None:
    walk = skipping("second_person", "three", similar=3)

    assert names(ways_on(walk.open(), similar=3)) == ["main.two", "main.three", "main.three.pattern"]
    assert walk.refusal(RAISER, leap("three", "pattern"), similar=3) is None
    assert walk.refusal(RAISER, leap("three", "urgent"), similar=3) is not None
    assert walk.refusal(MANAGER, leap("three", "urgent"), similar=3) is None


@pytest.mark.requirement("U-36")
def test_what_must_be_confirmed_before_a_stage_is_confirmed_by_whoever_goes_there() -> None:
    walk = skipping("raiser", "four")

    assert walk.refusal(RAISER, leap("four")) == "Tell the leads."
    assert walk.refusal(RAISER, leap("four", "urgent", "told")) is None


def test_the_service_opens_no_stage_before_which_something_must_be_confirmed() -> None:
    late = clock(limit=limit(Unit.HOURS, 1), if_unanswered="opens_next_stage")
    assert [each.id for each in opens_by_itself(course(stage(clocks=(late,)), stage("two")).open())] == ["discuss"]
    assert opens_by_itself(course(stage(clocks=(late,)), stage("two", gates=(gate("entering"),))).open()) == []
    assert opens_by_itself(course(stage(clocks=(late,)), after="leaves_for").open()) == []


# --- opening ---


def opening(under: Policy, **facts: Any) -> str | None:
    agencies = (ConcernedAgency(id=SOCIAL_CARE, name="Social care"),)
    concern = Concern(**{"shape": None, "category": "other", "agencies": agencies, **facts})
    return fault_of_opening(concern, under, under.main)


def test_a_concern_fits_its_route() -> None:
    two = tuple(ConcernedAgency(id=each, name="Another") for each in (SOCIAL_CARE, POLICE))
    status = Choice(id="in_care", title="In care")
    plain = policy(route(stage(gates=(gate("opening"),)), subject_status=(status,)), several_responding_agencies=False)
    sound = {"gates": ("told",), "subject_status": "in_care"}

    assert opening(plain, **sound) is None
    assert opening(plain, **{**sound, "category": "of_no_policy"}) == "The policy does not name this reason."
    assert opening(plain, **{**sound, "subject_status": None}) is not None
    assert opening(plain, **{**sound, "agencies": two}) == "The policy is for a disagreement with one agency."
    assert opening(plain, **{**sound, "gates": ()}) == "Tell the leads."


# --- after the end ---


def settled(*duties: Duty, **outcome: Any) -> Course:
    walk = Course(policy(route(), duties=duties)).opened()
    return walk.wrote(OTHER, Outcome(**{"outcome": "agreed", **outcome})).answered(RAISER)


DUTIES = (
    Duty(id="carried_out", text="Check", side="all", due="action_date", source=SOURCE),
    Duty(id="write", text="Write", side=Side.RESPONDING, due="at_once", source=SOURCE),
)
NOT_CARRIED_OUT = "An action was not carried out: give a new date, or open the escalation again."


@pytest.mark.parametrize(
    ("by", "facts", "said"),
    [
        (RAISER, FollowUp(carried_out=(True,), then="done"), None),
        (RAISER, FollowUp(carried_out=(), then="done"), "Say of every agreed action whether it was carried out."),
        (RAISER, FollowUp(carried_out=(False,), then="done"), NOT_CARRIED_OUT),
        (RAISER, FollowUp(carried_out=(False,), then="again", again_on=FRIDAY), None),
        (RAISER, FollowUp(carried_out=(False,), then="again"), "Give the date on which it will be looked at again."),
        (RAISER, FollowUp(carried_out=(False,), then="reopen"), None),
        (RAISER, FollowUp(duty="other", carried_out=(True,), then="done"), "The policy does not name this duty here."),
        (RAISER, FollowUp(duty="write", then="done"), "This is for another side to say."),
        (OTHER, FollowUp(duty="write", then="done"), None),
        (OTHER, FollowUp(duty="write", carried_out=(False,), then="done"), None),
        (OTHER, FollowUp(duty="carried_out", carried_out=(False,), then="done"), NOT_CARRIED_OUT),
        (OTHER, FollowUp(carried_out=(False,), then="reopen"), None),
    ],
)
def test_a_follow_up_says_of_each_action_whether_it_was_done_and_what_follows(
    by: Place, facts: FollowUp, said: str | None
) -> None:
    assert settled(*DUTIES, actions=(ACTION,)).refusal(by, facts) == said


def test_whoever_decided_opens_again_what_came_back_and_nobody_else_of_the_board() -> None:
    member = replace(CHAIRING, person=uuid4(), level="senior_manager")
    walk = course(stage(**arbiter(), steps_up="board_side"), after="leaves_for", places=(*EVERYBODY, member))
    walk.went_on(CHAIRING)

    assert walk.refusal(CHAIRING, CameOf(resumes=True)) is None
    assert "came_of" not in walk.acts(member), "who only helps says nothing of what became of it"
    assert "came_of" in walk.acts(OTHER)


def test_what_the_other_side_says_came_of_it_does_not_close_the_way_back() -> None:
    walk = course(stage(), after="leaves_for").went_on().wrote(OTHER, CameOf(resumes=False))

    assert "came_of" not in walk.acts(OTHER)
    assert walk.refusal(RAISER, CameOf(resumes=True)) is None
    assert "came_of" not in walk.wrote(RAISER, CameOf(resumes=False)).acts(MANAGER), "the side has said it"


def test_nothing_of_an_open_escalation_is_taken_after_its_end() -> None:
    walk = settled()
    every: tuple[Facts, ...] = (Account(), StepUp(route="main", stage="two"), Support(supports=True))

    assert not any(facts.kind in walk.acts(place) for facts in every for place in EVERYBODY)


# --- corrections ---


@pytest.mark.requirement("U-12")
@pytest.mark.parametrize("ending", ["open", "resolved", "left", "open again"])
def test_whoever_recorded_something_corrects_it_whatever_has_happened_since(ending: str) -> None:
    walk = course(stage(), after="leaves_for")
    concern = walk.last()
    walk.wrote(OTHER, Contact(how="telephone"))
    contact = walk.last()
    if ending in {"resolved", "open again"}:
        walk.settled(OTHER).answered(RAISER)
    if ending == "left":
        walk.went_on()
    walk.wrote(RAISER, FiledOnRecord())
    filed = walk.last()
    if ending == "open again":
        walk.wrote(OTHER, FollowUp(then="reopen"))

    assert who_may(walk, Act.CORRECT) == {RAISER, OTHER}
    assert [walk.refusal(RAISER, Correction(corrects=each)) for each in (concern, filed)] == [None, None]
    assert walk.refusal(OTHER, Correction(corrects=contact)) is None
    for by, theirs in ((OTHER, concern), (OTHER, filed), (RAISER, contact), (RAISER, uuid4())):
        found = walk.refusal(by, Correction(corrects=theirs))
        assert found == "You can correct only what you recorded yourself. Ask whoever recorded this to correct it."


@pytest.mark.requirement("U-12")
def test_a_correction_is_corrected_by_whoever_wrote_it_and_nothing_else_changes() -> None:
    walk = course()
    before = walk.open()
    walk.wrote(RAISER, Correction(corrects=walk.last()))
    correction = walk.last()
    walk.wrote(OTHER, Contact(how="telephone"))

    assert walk.refusal(RAISER, Correction(corrects=correction)) is None
    assert walk.refusal(OTHER, Correction(corrects=correction)) is not None
    assert walk.open().clocks == before.clocks


@pytest.mark.parametrize("facts", [Account(), RestrictedNote(about="competence"), ProformaMade()])
def test_what_is_written_again_or_read_by_few_or_holds_no_words_is_not_corrected(facts: Facts) -> None:
    walk = course().wrote(OTHER, facts)

    assert Act.CORRECT not in walk.acts(OTHER)
    walk.wrote(OTHER, Contact(how="telephone"))
    assert walk.refusal(OTHER, Correction(corrects=walk.steps[-2].id)) is not None
