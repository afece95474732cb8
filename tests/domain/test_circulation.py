"""Who is owed what, and that the person who first raised it is owed everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forms_app.domain.circulation import PARTIES, Circulation, Happening, RaiserLeftOut, happening_of, owed
from forms_app.domain.escalation import Open, standing
from forms_app.domain.policy import DEIDENTIFIED, OUTSIDE, Audience, DocumentKind, Event, Notice, Policy, Side
from forms_app.domain.records import (
    Concern,
    ConcernedAgency,
    Contact,
    Facts,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    Outcome,
    Place,
    Step,
)
from forms_app.policies.bank_holidays import calendar_of
from tests.factories.policies import notice, notices, policy, route, stage

RAISER = Place(uuid4(), uuid4(), Side.RAISING, "practitioner", is_raiser=True)
MANAGER = Place(uuid4(), RAISER.agency, Side.RAISING, "first_line_manager")
OTHER = Place(uuid4(), uuid4(), Side.RESPONDING, "practitioner")
CHAIR = Place(uuid4(), uuid4(), Side.BOARD, "independent_chair")
PLACES = (MANAGER, RAISER, OTHER, CHAIR)
SEATS = {audience: (uuid4(), uuid4()) for audience in OUTSIDE}


def opened(under: Policy) -> Open:
    concern = Concern(shape=None, category="other", agencies=(ConcernedAgency(id=OTHER.agency, name="Other"),))
    at = datetime(2027, 3, 1, 10, tzinfo=UTC)
    step = Step(uuid4(), "main", "one", Side.RAISING, RAISER.agency, RAISER.person, at.date(), at, concern)
    now = standing(under, [step], places=PLACES, calendar=calendar_of("england-and-wales"))
    assert isinstance(now, Open)
    return now


def sent(
    *more: Notice, on: Event = Event.OPENED, outcome: Outcome | None = None, at: str = "one"
) -> dict[str, set[UUID]]:
    under = policy(route(stage("one"), stage("two")), notices=(*notices(), *more))
    found = owed(under, Happening(on, "main", at), now=opened(under), places=PLACES, outside=SEATS, outcome=outcome)
    return {circulation.document.value: set(circulation.recipients) for circulation in found}


# --- the raiser ---


@pytest.mark.requirement("B-31")
def test_a_circulation_without_the_raiser_cannot_be_made() -> None:
    with pytest.raises(RaiserLeftOut):
        Circulation(DocumentKind.WRITTEN_CONFIRMATION, (OTHER.person,), RAISER.person)
    with pytest.raises(RaiserLeftOut):
        Circulation(DocumentKind.WRITTEN_CONFIRMATION, (), RAISER.person)


@pytest.mark.requirement("B-31")
def test_nobody_can_be_taken_off_one_that_was_made() -> None:
    made = Circulation(DocumentKind.WRITTEN_CONFIRMATION, (RAISER.person, OTHER.person), RAISER.person)

    with pytest.raises(AttributeError):
        made.recipients = (OTHER.person,)  # type: ignore[misc]
    with pytest.raises(RaiserLeftOut):
        replace(made, recipients=(OTHER.person,))


@pytest.mark.requirement("B-31")
@given(
    st.sampled_from(Event),
    st.sampled_from(sorted(DEIDENTIFIED)),
    st.lists(st.sampled_from(Audience), min_size=1, unique=True),
)
def test_whoever_a_notice_names_the_raiser_has_it_too(event: Event, kind: DocumentKind, to: list[Audience]) -> None:
    told = sent(notice(event, kind, *to), on=event)

    assert all(RAISER.person in people for people in told.values())
    wanted = {person for audience in to if audience in OUTSIDE for person in SEATS[audience]}
    wanted |= {
        place.person for audience in to if audience in PARTIES for place in PLACES if place.side is PARTIES[audience]
    }
    assert told[kind.value] == wanted | {RAISER.person}


# --- the others ---


def test_a_document_that_two_notices_make_goes_once_to_all_of_them_together() -> None:
    first = notice(Event.OPENED, DocumentKind.NOTICE_TO_BOARD, Audience.CHAIR)
    second = notice(Event.OPENED, DocumentKind.NOTICE_TO_BOARD, Audience.BUSINESS_UNIT)

    told = sent(first, second)

    seats = {*SEATS[Audience.CHAIR], *SEATS[Audience.BUSINESS_UNIT]}
    assert told["notice_to_board"] == {RAISER.person, *seats}


def test_a_document_says_whom_all_of_its_notices_name_and_whether_only_learning_makes_it() -> None:
    always = notice(Event.RESOLVED, DocumentKind.BOARD_PROFORMA, Audience.CHAIR)
    learnt = notice(Event.RESOLVED, DocumentKind.BOARD_PROFORMA, Audience.SUB_GROUP, only_if="learning")

    def made(*more: Notice) -> Circulation:
        under = policy(route(stage("one"), stage("two")), notices=(*notices(), *more))
        happening, lesson = Happening(Event.RESOLVED, "main", "one"), Outcome(outcome="agreed", learning=("training",))
        found = owed(under, happening, now=opened(under), places=PLACES, outside=SEATS, outcome=lesson)
        return next(each for each in found if each.document is DocumentKind.BOARD_PROFORMA)

    assert (made(learnt).to, made(learnt).for_learning) == ((Audience.SUB_GROUP,), True)
    assert (made(always, learnt).to, made(always, learnt).for_learning) == ((Audience.CHAIR, Audience.SUB_GROUP), False)


@pytest.mark.parametrize(
    ("facts", "event"),
    [
        (
            MeetingCalled(meeting="panel", at=datetime(2027, 3, 2, tzinfo=UTC), conveners=(), invited=()),
            Event.MEETING_CALLED,
        ),
        (MeetingHeld(meeting="panel", attended=()), Event.MEETING_HELD),
        (InformationRequest(agency=OTHER.agency, by_when=datetime(2027, 3, 2, tzinfo=UTC).date()), Event.ENTRY_MADE),
        (Contact(how="email"), None),
    ],
)
def test_a_meeting_called_and_a_meeting_held_are_events_of_their_own(facts: Facts, event: Event | None) -> None:
    now, at = opened(policy()), datetime(2027, 3, 1, 11, tzinfo=UTC)
    step = Step(uuid4(), "main", "one", Side.RAISING, RAISER.agency, RAISER.person, at.date(), at, facts)

    happening = happening_of(step, now)

    assert (happening and happening.event) == event


def test_nobody_is_owed_the_same_document_twice() -> None:
    under = policy(notices=(*notices(), notice(Event.OPENED, DocumentKind.WRITTEN_ACCOUNT, Audience.RAISING_SIDE)))

    (made,) = owed(under, Happening(Event.OPENED, "main", "one"), now=opened(under), places=PLACES, outside=SEATS)

    assert len(made.recipients) == len(set(made.recipients)) == len(PLACES)


def test_a_seat_that_nobody_holds_is_passed_over() -> None:
    under = policy(notices=(*notices(), notice(Event.OPENED, DocumentKind.NOTICE_TO_BOARD, Audience.SUB_GROUP)))

    made = owed(under, Happening(Event.OPENED, "main", "one"), now=opened(under), places=PLACES, outside={})

    assert {circulation.document: circulation.recipients for circulation in made}[DocumentKind.NOTICE_TO_BOARD] == (
        RAISER.person,
    )


@pytest.mark.parametrize(
    ("limits", "at", "goes"),
    [
        ({"stages": ("one",)}, "one", True),
        ({"stages": ("two",)}, "one", False),
        ({"routes": ("main",)}, "one", True),
        ({"stages": ("one",), "only_if": "from_stage_reached"}, "two", True),
        ({"stages": ("two",), "only_if": "from_stage_reached"}, "one", False),
        ({"only_if": "learning"}, "one", False),
        ({"only_if": "policy_gap"}, "one", False),
    ],
)
def test_a_notice_goes_only_where_it_applies(limits: dict[str, object], at: str, goes: bool) -> None:
    told = sent(notice(Event.RESOLVED, DocumentKind.BOARD_PROFORMA, Audience.CHAIR, **limits), on=Event.RESOLVED, at=at)

    assert ("board_proforma" in told) is goes


@pytest.mark.parametrize(
    ("only_if", "facts"), [("learning", {"learning": ("training",)}), ("policy_gap", {"policy_gap": True})]
)
def test_a_notice_of_what_was_found_goes_when_it_was_found(only_if: str, facts: dict[str, object]) -> None:
    given_notice = notice(Event.RESOLVED, DocumentKind.BOARD_PROFORMA, Audience.CHAIR, only_if=only_if)
    found, nothing = Outcome(outcome="agreed", **facts), Outcome(outcome="agreed")

    assert "board_proforma" in sent(given_notice, on=Event.RESOLVED, outcome=found)
    assert "board_proforma" not in sent(given_notice, on=Event.RESOLVED, outcome=nothing)


# --- what a policy cannot say ---


@pytest.mark.parametrize("audience", sorted(OUTSIDE))
@pytest.mark.parametrize("kind", sorted(set(DocumentKind) - DEIDENTIFIED))
def test_an_identified_document_cannot_go_to_the_board(kind: DocumentKind, audience: Audience) -> None:
    with pytest.raises(ValidationError, match="an identified document may only go to the parties"):
        notice(Event.RESOLVED, kind, audience)


@pytest.mark.parametrize("event", Event)
def test_a_policy_that_does_not_tell_the_parties_of_something_cannot_be_written(event: Event) -> None:
    silent = tuple(each for each in notices() if each.on is not event)

    with pytest.raises(ValidationError, match=f"no notice tells the parties of every route and stage when: {event}"):
        policy(notices=silent)
