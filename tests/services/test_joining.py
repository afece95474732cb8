"""Who joins for which reason, on whose side, at which level; and what became of the place of somebody who left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import pytest

from forms_app.db.tables import Interest, Person
from forms_app.domain.acts import Act, acts_open_to, unfilled
from forms_app.domain.errors import DomainError, NotAllowedNow, NotFound
from forms_app.domain.escalation import Open, Resolved
from forms_app.domain.filing import NOBODY_IN_SEAT, NamedParty
from forms_app.domain.policy import Actor, Audience, Closer, Helper, Meeting, Policy, Side
from forms_app.domain.records import HelpAsked, InformationRequest, MeetingCalled, MeetingHeld, PeopleJoin
from forms_app.services.boards import leave
from tests.factories.policies import BOTH, CHAIR, SOURCE, policy, route, stage
from tests.factories.scenes import Scene, scene

MANAGERS = tuple(Actor(side=side, level="first_line_manager") for side in (Side.RAISING, Side.RESPONDING))
Reason = Literal["acts", "stands_in", "supports", "next_tier", "chain_exhausted"]


def meeting(meeting_id: str, *conveners: Actor) -> Meeting:
    return Meeting(id=meeting_id, title="A meeting", form="meeting", conveners=conveners, source=SOURCE)


def under() -> Policy:
    first = stage("one", repeats_tiers=True, actors=(*BOTH, MANAGERS[1].model_copy(update={"needed": False})))
    last = stage("three", closes=Closer.ARBITER, actors=(*BOTH, CHAIR))
    return policy(
        route(first, stage("two", actors=MANAGERS), last),
        meetings=(meeting("joint", *BOTH), meeting("chairs", CHAIR)),
        helpers=(Helper(id="officer", title="Officer", seat=Audience.LIAISON_OFFICER, source=SOURCE),),
        several_responding_agencies=True,
    )


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, under()) as made:
        yield made


def refused(here: Scene, doing: Callable[[], Any]) -> DomainError:
    """The refusal, once it is sure that nothing of it was recorded."""
    before = here.count()
    with pytest.raises(DomainError) as found:
        doing()
    assert here.count() == before
    return found.value


def joins(
    here: Scene,
    escalation: UUID,
    because: Reason,
    who: UUID,
    side: Side,
    level: str,
    *,
    by: UUID | None = None,
    instead_of: UUID | None = None,
) -> None:
    facts = PeopleJoin(because=because, joins=(who,), instead_of=instead_of)
    here.record(escalation, facts, by=by or here.raiser, people=(NamedParty(who, side, level),))


def leaves(here: Scene, agency: str, level: str) -> None:
    with here.workshop.writing() as work:
        leave(work, f"{level.replace('_', '.')}@{agency}.inventedshire.example")


def place_of(here: Scene, escalation: UUID, person: UUID) -> Any:
    return next(place for place in here.places(escalation) if place.person == person)


def may(here: Scene, escalation: UUID, person: UUID) -> frozenset[Act]:
    return acts_open_to(place_of(here, escalation, person), here.standing(escalation))


# --- for each reason ---


def test_a_place_of_the_stage_that_nobody_fills_is_filled_by_anybody_and_only_once(here: Scene) -> None:
    escalation, manager = here.open().escalation_id, here.at("socialcare", "first_line_manager")

    joins(here, escalation, "acts", manager, Side.RESPONDING, "first_line_manager")

    assert place_of(here, escalation, manager).level == "first_line_manager"
    colleague = here.at("socialcare", "colleague")
    for level in ("first_line_manager", "practitioner", "senior_manager"):
        again = refused(here, lambda level=level: joins(here, escalation, "acts", colleague, Side.RESPONDING, level))
        assert str(again) == "Choose a place at this stage that nobody fills yet."


def test_somebody_is_supported_from_their_own_agency(here: Scene) -> None:
    escalation, colleague = here.open().escalation_id, here.at("school", "colleague")

    joins(here, escalation, "supports", colleague, Side.RAISING, "practitioner")

    assert place_of(here, escalation, colleague).side is Side.RAISING
    other, theirs = here.at("socialcare", "practitioner"), here.at("socialcare", "colleague")
    wrong = refused(here, lambda: joins(here, escalation, "supports", theirs, Side.RESPONDING, "practitioner"))
    assert str(wrong) == "Choose somebody of the side for which this reason is meant."
    joins(here, escalation, "supports", theirs, Side.RESPONDING, "practitioner", by=other)


def test_of_several_agencies_on_one_side_each_brings_its_own_people(here: Scene) -> None:
    here.responding = ("socialcare", "police")
    escalation, officer = here.open().escalation_id, here.at("police", "colleague")
    other = here.at("socialcare", "practitioner")

    wrong = refused(
        here, lambda: joins(here, escalation, "supports", officer, Side.RESPONDING, "practitioner", by=other)
    )

    assert str(wrong) == "Choose somebody of your own agency."


@pytest.mark.requirement("H-24")
def test_who_has_nobody_more_senior_turns_to_the_next_tier_of_the_other_side(here: Scene) -> None:
    escalation, senior = here.open().escalation_id, here.at("socialcare", "senior_manager")

    joins(here, escalation, "chain_exhausted", senior, Side.RESPONDING, "senior_manager")

    assert place_of(here, escalation, senior).side is Side.RESPONDING
    own = here.at("school", "senior_manager")
    wrong = refused(here, lambda: joins(here, escalation, "chain_exhausted", own, Side.RAISING, "senior_manager"))
    assert str(wrong) == "Choose somebody of the side for which this reason is meant."


@pytest.mark.requirement("U-35")
def test_the_next_tier_of_either_side_joins(here: Scene) -> None:
    escalation = here.open().escalation_id

    joins(here, escalation, "next_tier", here.at("school", "senior_manager"), Side.RAISING, "senior_manager")
    joins(here, escalation, "next_tier", here.at("socialcare", "senior_manager"), Side.RESPONDING, "senior_manager")

    assert len(here.places(escalation)) == 4


@pytest.mark.requirement("U-35", "H-24")
@pytest.mark.parametrize("because", ["next_tier", "chain_exhausted"])
def test_the_next_tier_is_above_those_who_act_now(here: Scene, because: str) -> None:
    escalation, colleague = here.open().escalation_id, here.at("socialcare", "colleague")

    wrong = refused(here, lambda: joins(here, escalation, because, colleague, Side.RESPONDING, "practitioner"))

    assert str(wrong) == "Choose somebody more senior than those who act here now."


def test_a_stand_in_takes_over_what_the_level_does(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.step_up(escalation)
    absent, colleague = here.at("school", "first_line_manager"), here.at("school", "colleague")

    joins(here, escalation, "stands_in", colleague, Side.RAISING, "first_line_manager", instead_of=absent)

    assert "first_line_manager" in place_of(here, escalation, colleague).levels


def test_whoever_takes_part_already_can_stand_in_and_acts_at_both_levels(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.step_up(escalation)
    absent = here.at("school", "first_line_manager")

    joins(here, escalation, "stands_in", here.raiser, Side.RAISING, "first_line_manager", instead_of=absent)

    assert place_of(here, escalation, here.raiser).levels == {"practitioner", "first_line_manager"}
    assert len(here.places(escalation)) == 4


def test_one_person_takes_the_place_of_one_other_of_their_own_agency_at_the_same_level(here: Scene) -> None:
    escalation = here.open().escalation_id
    other, colleague = here.at("socialcare", "practitioner"), here.at("school", "colleague")

    def stands_in(level: str, instead_of: UUID | None, who: UUID = colleague) -> DomainError:
        return refused(
            here, lambda: joins(here, escalation, "stands_in", who, Side.RAISING, level, instead_of=instead_of)
        )

    for absent in (None, other):
        assert str(stands_in("practitioner", absent)) == "Choose whose place is taken: somebody of your own side."
    same = "One person takes the place of another, at the same level."
    assert str(stands_in("senior_manager", here.raiser)) == same
    assert str(stands_in("practitioner", here.raiser, here.raiser)) == same


def test_who_joins_is_who_the_record_says(here: Scene) -> None:
    escalation, colleague = here.open().escalation_id, here.at("school", "colleague")
    facts = PeopleJoin(because="supports", joins=(here.at("school", "senior_manager"),))
    named = (NamedParty(colleague, Side.RAISING, "practitioner"),)

    for people in (named, ()):
        wrong = refused(here, lambda people=people: here.record(escalation, facts, by=here.raiser, people=people))
        assert str(wrong) == "Choose who joins."


# --- at two levels ---


def test_one_person_acts_at_two_levels_of_a_small_agency(here: Scene) -> None:
    escalation = here.open().escalation_id
    other = here.at("socialcare", "practitioner")
    named = (
        NamedParty(here.raiser, Side.RAISING, "first_line_manager"),
        NamedParty(other, Side.RESPONDING, "first_line_manager"),
    )

    here.step_up(escalation, people=named)

    assert {place.person for place in here.places(escalation)} == {here.raiser, other}
    assert place_of(here, escalation, other).levels == {"practitioner", "first_line_manager"}
    now = here.standing(escalation)
    assert isinstance(now, Open)
    assert unfilled(now, here.places(escalation), [here.agency("socialcare").id]) == []


def test_somebody_named_twice_when_it_is_opened_acts_at_both_levels(here: Scene) -> None:
    manager = MANAGERS[0].model_copy(update={"side": Side.RAISING})
    first = stage("one", actors=(*BOTH, manager))
    with scene_of(here, policy(route(first))) as small:
        named = (
            NamedParty(small.at("socialcare", "practitioner"), Side.RESPONDING, "practitioner"),
            NamedParty(small.raiser, Side.RAISING, "first_line_manager"),
        )
        escalation = small.open(people=named).escalation_id
        assert place_of(small, escalation, small.raiser).levels == {"practitioner", "first_line_manager"}


def scene_of(here: Scene, adopted: Policy) -> Any:
    """Another policy on the same database: the same people, under another version."""
    return scene(here.database.engine.url.render_as_string(hide_password=False), adopted)


# --- somebody has left ---


def test_the_place_of_somebody_who_left_is_named_again_for_the_next_stage(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.step_up(escalation)
    leaves(here, "socialcare", "practitioner")

    missing = refused(here, lambda: here.step_up(escalation, people=here.named(here.policy.main.stages[2])[2:]))

    assert isinstance(missing, NotAllowedNow)
    assert str(missing) == f"Name who acts at this stage as: {here.policy.level_title('practitioner')}."


def test_who_left_keeps_nobody_from_agreeing_once_somebody_acts_in_their_place(here: Scene) -> None:
    escalation = here.open().escalation_id
    proposed = here.outcome(escalation, by=here.raiser).record_id
    leaves(here, "socialcare", "practitioner")
    colleague = here.at("socialcare", "colleague")

    joins(here, escalation, "acts", colleague, Side.RESPONDING, "practitioner")
    here.answer(escalation, by=colleague, to=proposed)

    assert isinstance(here.standing(escalation), Resolved)


def test_what_was_settled_stays_settled_when_somebody_leaves(here: Scene) -> None:
    escalation = here.open().escalation_id
    proposed = here.outcome(escalation, by=here.raiser).record_id
    here.answer(escalation, by=here.at("socialcare", "practitioner"), to=proposed)

    leaves(here, "socialcare", "practitioner")

    assert isinstance(here.standing(escalation), Resolved)


# --- meetings ---


@pytest.mark.requirement("H-26", "U-37")
def test_what_both_sides_convene_is_called_by_both(here: Scene) -> None:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    alone = MeetingCalled(meeting="joint", at=here.clock.now, conveners=(here.raiser,), invited=(other,))

    found = refused(here, lambda: here.record(escalation, alone, by=here.raiser))
    assert str(found) == "The policy has both sides convene this meeting: name with whom you convene it."
    here.record(escalation, alone.model_copy(update={"conveners": (here.raiser, other)}), by=here.raiser)


def test_who_is_invited_joins_and_nobody_is_invited_who_does_not(here: Scene) -> None:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    guest = here.at("school", "senior_manager")
    called = MeetingCalled(meeting="joint", at=here.clock.now, conveners=(here.raiser, other), invited=(guest,))

    nobody = refused(here, lambda: here.record(escalation, called, by=here.raiser))
    assert str(nobody) == "Invite people who take part, or name them so that they join."
    here.record(escalation, called, by=here.raiser, people=(NamedParty(guest, Side.RAISING, "senior_manager"),))

    assert place_of(here, escalation, guest).side is Side.RAISING


@pytest.mark.requirement("H-30")
@pytest.mark.parametrize("agency", ["school", "socialcare"])
def test_nobody_of_an_agency_that_is_involved_comes_to_a_panel_for_the_board(here: Scene, agency: str) -> None:
    escalation = here.open().escalation_id
    here.step_up(escalation)
    here.step_up(escalation)
    chair, guest = here.holder("chair"), here.at(agency, "senior_manager")
    panel = MeetingCalled(meeting="chairs", at=here.clock.now, conveners=(chair,), invited=(guest,))

    named = (NamedParty(guest, Side.BOARD, "senior_manager"),)
    found = refused(here, lambda: here.record(escalation, panel, by=chair, people=named))
    assert str(found) == "Somebody was named for a side on which their agency does not stand."

    guest = here.at("police", "senior_manager")
    sound = panel.model_copy(update={"invited": (guest,)})
    here.record(escalation, sound, by=chair, people=(NamedParty(guest, Side.BOARD, "senior_manager"),))


def test_who_attended_takes_part_and_the_record_is_of_the_meeting_that_was_called(here: Scene) -> None:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    called = MeetingCalled(meeting="joint", at=here.clock.now, conveners=(here.raiser, other), invited=(other,))
    of_it = here.record(escalation, called, by=here.raiser).record_id
    stranger = MeetingHeld(meeting="joint", called=of_it, attended=(here.at("police", "practitioner"),))

    found = refused(here, lambda: here.record(escalation, stranger, by=here.raiser))
    assert str(found).startswith("Name only people who take part")
    here.record(escalation, stranger.model_copy(update={"attended": (here.raiser, other)}), by=here.raiser)


# --- help, and requests ---


@pytest.mark.requirement("W-10")
def test_whoever_holds_the_seat_joins_to_help_and_once(here: Scene) -> None:
    escalation, officer = here.open().escalation_id, here.holder("liaison_officer")

    for _ in range(2):
        here.record(escalation, HelpAsked(helper="officer"), by=here.raiser)

    place = place_of(here, escalation, officer)
    assert (place.side, place.level) == (Side.BOARD, "liaison_officer")
    assert may(here, escalation, officer).isdisjoint(
        {Act.RECORD_OUTCOME, Act.STEP_UP, Act.ANSWER_OUTCOME, Act.SET_TIME}
    )
    assert len(here.places(escalation)) == 3


def test_whoever_declared_an_interest_is_not_asked_to_help(here: Scene) -> None:
    escalation, officer = here.open().escalation_id, here.holder("liaison_officer")
    with here.workshop.writing() as work:
        work.session.add(Interest(escalation_id=escalation, person_id=officer, words="", declared_at=work.now))

    found = refused(here, lambda: here.record(escalation, HelpAsked(helper="officer"), by=here.raiser))

    assert str(found) == NOBODY_IN_SEAT


def test_nobody_of_an_agency_that_is_involved_helps_for_the_board(here: Scene) -> None:
    escalation, partial = here.open().escalation_id, here.at("socialcare", "colleague")
    with here.database.writing() as session:
        session.get_one(Person, partial).seat = "liaison_officer"

    here.record(escalation, HelpAsked(helper="officer"), by=here.raiser)

    assert partial not in {place.person for place in here.places(escalation)}


def test_where_nobody_holds_the_seat_help_cannot_be_asked(here: Scene) -> None:
    escalation = here.open().escalation_id
    with here.workshop.writing() as work:
        leave(work, "liaison@board.inventedshire.example")

    found = refused(here, lambda: here.record(escalation, HelpAsked(helper="officer"), by=here.raiser))

    assert str(found).startswith("Nobody holds this seat at your Board now.")


@pytest.mark.requirement("H-16")
def test_a_request_is_for_an_agency_that_can_read_it(here: Scene) -> None:
    escalation, day = here.open().escalation_id, here.today + timedelta(days=3)
    police, social_care = (here.agency(name).id for name in ("police", "socialcare"))

    found = refused(
        here, lambda: here.record(escalation, InformationRequest(agency=police, by_when=day), by=here.raiser)
    )
    assert str(found) == "Nobody of this agency takes part yet. Add somebody first, then ask."
    here.record(escalation, InformationRequest(agency=social_care, by_when=day), by=here.raiser)


def test_nobody_is_named_who_is_not_in_the_directory(here: Scene) -> None:
    escalation = here.open().escalation_id
    leaves(here, "school", "senior_manager")
    gone = here.at("school", "senior_manager")

    found = refused(here, lambda: joins(here, escalation, "supports", gone, Side.RAISING, "senior_manager"))

    assert isinstance(found, NotFound)


def test_where_only_ones_own_manager_takes_part_nobody_else_can_be_asked(database_url: str) -> None:
    with scene(database_url, "berkshire") as here:
        escalation, social_care = here.open().escalation_id, here.agency("socialcare").id
        asked = InformationRequest(agency=social_care, by_when=here.today + timedelta(days=3))

        found = refused(here, lambda: here.record(escalation, asked, by=here.raiser))

        assert str(found) == "Nobody of this agency takes part yet. Add somebody first, then ask."
