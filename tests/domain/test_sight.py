"""How much a party sees, by the policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError

from forms_app.domain.acts import WITHOUT_SIGHT, acts_open_to
from forms_app.domain.policy import Policy, Sees, Side, Sight
from forms_app.domain.records import Contact, MeetingCalled, Place
from forms_app.domain.sight import is_hidden, is_told_who, sees
from tests.factories.courses import CHAIRING, MONDAY, OTHER, RAISER, Course
from tests.factories.policies import CHAIR, SOURCE, policy, route, stage

LATER = MONDAY + timedelta(hours=2)
CHAIR_LATER = replace(CHAIRING, joined_at=LATER)


def policy_with(*sight: Sight) -> Policy:
    given = policy(route(stage("talk", actors=(*stage("talk").actors, CHAIR))))
    return given.model_copy(update={"sight": sight})


def board(how_much: Sees, **more: object) -> Sight:
    return Sight.model_validate({"side": Side.BOARD, "sees": how_much, "source": SOURCE, **more})


def test_without_a_word_of_the_policy_everybody_sees_everything() -> None:
    given = policy_with()

    assert {sees(given, place, ()) for place in (RAISER, OTHER, CHAIR_LATER)} == {Sees.EVERYTHING}
    assert not is_hidden(Sees.EVERYTHING, CHAIR_LATER, entered_at=MONDAY, written_by=RAISER.person)


def test_the_first_that_fits_counts_and_it_is_of_one_side() -> None:
    given = policy_with(board(Sees.FROM_JOINING, levels=(CHAIRING.level,)), board(Sees.DEIDENTIFIED))

    assert sees(given, CHAIR_LATER, ()) is Sees.FROM_JOINING
    assert sees(given, replace(CHAIR_LATER, level="mediator"), ()) is Sees.DEIDENTIFIED
    assert sees(given, OTHER, ()) is Sees.EVERYTHING


def test_the_raiser_sees_everything_whatever_the_policy_says() -> None:
    given = policy_with(Sight(side=Side.RAISING, sees=Sees.FROM_JOINING, source=SOURCE))

    assert sees(given, RAISER, ()) is Sees.EVERYTHING
    assert sees(given, replace(RAISER, person=uuid4(), is_raiser=False), ()) is Sees.FROM_JOINING


@pytest.mark.parametrize(("earlier", "is_seen"), [(True, False), (False, True)])
def test_from_joining_on_what_came_before_is_hidden_and_ones_own_is_not(earlier: bool, is_seen: bool) -> None:
    at = LATER - timedelta(minutes=1) if earlier else LATER

    assert is_hidden(Sees.FROM_JOINING, CHAIR_LATER, entered_at=at, written_by=RAISER.person) is not is_seen
    assert not is_hidden(Sees.FROM_JOINING, CHAIR_LATER, entered_at=at, written_by=CHAIRING.person)


def test_what_hides_it_ends_with_a_meeting_that_is_called_after_they_joined() -> None:
    given = policy_with(board(Sees.DEIDENTIFIED, until="meeting_called"))
    course = Course(given, (RAISER, OTHER, CHAIRING)).opened()
    called = MeetingCalled(meeting="any", at=LATER, conveners=(), invited=())

    course.wrote(RAISER, called, at=LATER - timedelta(hours=1))
    assert sees(given, CHAIR_LATER, course.steps) is Sees.DEIDENTIFIED
    course.wrote(OTHER, called, at=LATER + timedelta(hours=1))
    assert sees(given, CHAIR_LATER, course.steps) is Sees.EVERYTHING


def test_whoever_is_not_told_whom_it_is_about_can_do_next_to_nothing() -> None:
    blind, sighted = policy_with(board(Sees.DEIDENTIFIED)), policy_with()
    acts = {}
    for given in (blind, sighted):
        course = Course(given, (RAISER, OTHER, CHAIRING)).opened()
        course.wrote(OTHER, Contact(how="telephone"))
        acts[bool(given.sight)] = acts_open_to(CHAIRING, course.standing())

    assert acts[True] == acts[False] & WITHOUT_SIGHT
    assert acts[True] < acts[False]
    assert not is_told_who(blind, CHAIRING, ())


# --- what a policy can say of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sight", "sentence"),
    [
        (Sight(side=Side.RESPONDING, sees=Sees.DEIDENTIFIED, source=SOURCE), "only the Board’s side can see less"),
        (board(Sees.EVERYTHING, until="meeting_called"), "waits for no meeting"),
        (board(Sees.DEIDENTIFIED, levels=("nobody",)), "no level is called “nobody”"),
    ],
)
def test_what_makes_no_sense_is_a_fault(sight: Sight, sentence: str) -> None:
    given = policy_with(sight)

    with pytest.raises(ValidationError, match=sentence):
        Policy.model_validate(given.model_dump())


def test_a_place_that_joined_at_the_beginning_sees_from_the_beginning() -> None:
    place = Place(uuid4(), uuid4(), Side.BOARD, CHAIRING.level)

    assert not is_hidden(Sees.FROM_JOINING, place, entered_at=MONDAY, written_by=None)
