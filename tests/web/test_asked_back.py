"""What the forms ask back at once: what cannot be so, what says nothing, and what would be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from forms_app.domain.policy import Asked, Choice, Group, Internal, Moment, Policy, Skip, Subject, Unit, Words
from tests.factories import policies
from tests.factories.policies import SOURCE, cap, clock, limit, route, stage
from tests.journeys.form_filler import FormFiller
from tests.web.clerk import Office, choices_on, day, hidden, office, problems_on, questions_on, words_on

WEEK = clock("settle", limit=limit(Unit.WORKING_DAYS, 5))
DAY_AFTER = clock("answer", limit=limit(Unit.WORKING_DAYS, 1))
LATER = clock("accounts", limit=limit(Unit.WORKING_DAYS, 1), starts=Moment.ACCOUNT_BY_RESPONDING)
ASK_SOONER = "Must it be settled sooner to protect the child?"
TOO_LATE = "This is later than the limit, {}. Leave it empty or enter an earlier date"


def in_a_week() -> Policy:
    """Monday 1 March: the first stage has until the 8th; the second until the 2nd, and never beyond the 3rd."""
    talk, lead = stage("talk", clocks=(WEEK, DAY_AFTER)), stage("lead", clocks=(WEEK,))
    return policies.policy(route(talk, lead, caps=(cap("talk", "lead", limit=limit(Unit.WORKING_DAYS, 3)),)))


def without_delay() -> Policy:
    return policies.policy(route(stage("talk", clocks=(WEEK, clock())), stage("lead", clocks=(WEEK, LATER))))


def with_accounts() -> Policy:
    groups = [
        Group(title="What happened", asked=asked, questions=("what_happened",))
        for asked in (Asked.OPENING, Asked.ACCOUNT)
    ]
    return policies.policy(route(stage("talk", groups=tuple(groups)), stage("lead")))


def of_young_people() -> Policy:
    return policies.policy(words=Words(child="young person"))


@pytest.fixture
def here(sqlite_url: str, request: pytest.FixtureRequest) -> Iterator[Office]:
    with office(sqlite_url, request.param()) as found:
        yield found


def under(policy: Callable[[], Policy]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("here", [policy], indirect=True, ids=[policy.__name__])


def post(here: Office, address: str, given: dict[str, Any]) -> TestResponse:
    visitor = here.visitor(here.scene.raiser)
    return visitor.post(address, {"seen": hidden(visitor.get(address), "seen"), **given})


# --- the date that protects somebody ---


def opening(here: Office) -> str:
    post(here, "/escalations/new/agencies", {"f-agencies": str(here.scene.agency("socialcare").id)})
    return "/escalations/new/time"


def further(here: Office) -> str:
    return here.path(here.scene.open().escalation_id, "step-up", "time")


def shorten(here: Office) -> str:
    return here.path(here.scene.open().escalation_id, "time", "time")


def sooner(here: Office, address: str, on: date) -> list[str]:
    """What is refused; nothing when the date is taken."""
    return problems_on(post(here, address, {**day("f-protect_by", on), "f-protect_because": "He is alone."}))


@under(in_a_week)
@pytest.mark.parametrize("where", [opening, further, shorten])
def test_a_date_that_is_later_than_every_limit_protects_nobody(here: Office, where: Callable[[Office], str]) -> None:
    address = where(here)

    assert sooner(here, address, date(2027, 3, 5)) == [TOO_LATE.format("4 March 2027")]
    assert sooner(here, address, date(2027, 3, 4)) == []
    assert sooner(here, address, date(2027, 3, 2)) == []


@under(without_delay)
@pytest.mark.parametrize("where", [opening, further, shorten])
def test_a_date_is_taken_where_a_limit_has_no_moment_yet(here: Office, where: Callable[[Office], str]) -> None:
    assert sooner(here, where(here), date(2027, 6, 1)) == []


def stated_and_agreed() -> Policy:
    clocks = (clock("state", limit=limit(Unit.STATED)), clock("accept", limit=limit(Unit.AGREED)))
    return policies.policy(route(stage("talk", clocks=clocks), stage("lead", clocks=clocks)))


@under(stated_and_agreed)
@pytest.mark.parametrize("where", [opening, further])
def test_a_stated_date_that_all_sides_must_accept_as_well_is_taken(
    here: Office, where: Callable[[Office], str]
) -> None:
    address = where(here)

    answer = post(here, address, day("f-time_frame", date(2027, 3, 9)))

    assert answer.status_code == 303


@under(in_a_week)
@pytest.mark.parametrize("where", [opening, further, shorten])
def test_a_reason_to_be_sooner_wants_its_date(here: Office, where: Callable[[Office], str]) -> None:
    address = where(here)

    refused = post(here, address, {"f-protect_because": "He is alone."})

    assert f"Enter the date for “{ASK_SOONER}”" in problems_on(refused)


# --- the outcome ---


def outcome_page(here: Office) -> str:
    return here.path(here.scene.open().escalation_id, "outcome", "result")


@under(policies.policy)
def test_whoever_found_a_gap_says_which(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    result = {"f-outcome": "agreed", "f-outstanding": "None", "f-gap": "yes"}
    pages = {"when": day("f-happened", here.scene.today), "actions": {}, "result": result}

    refused = here.fill(escalation, raiser, "outcome", pages)
    assert problems_on(refused) == ["Enter an answer to “Which gap is it, and what should change?”"]
    which = {**result, "f-gap_what": "Nobody says who rings."}
    assert here.fill(escalation, raiser, "outcome", {**pages, "result": which}).status_code == 303

    assert here.said(escalation)["gap_what"] == "Nobody says who rings."


@under(policies.policy)
def test_whoever_found_no_gap_is_not_asked_which(here: Office) -> None:
    address = outcome_page(here)

    answer = post(here, address, {"f-outcome": "agreed", "f-outstanding": "None", "f-gap": "no"})

    assert answer.status_code == 303


# --- whom it is about ---


def of_individuals() -> Policy:
    return policies.policy(words=Words(child="individual"), subjects=(Subject.CHILD, Subject.CHILDREN, Subject.ADULT))


@under(of_individuals)
def test_a_child_is_called_a_child_where_an_adult_can_be_chosen_as_well(here: Office) -> None:
    shown = here.visitor(here.scene.raiser).get("/escalations/new/subject")

    assert list(choices_on(shown, "f-subject")) == ["One child", "Several children", "An adult at risk"]


def of_somebody_or_nobody() -> Policy:
    return policies.policy(subjects=(Subject.CHILD, Subject.NONE))


@under(of_somebody_or_nobody)
def test_whether_the_address_is_secret_is_asked_of_everybody_who_has_one(here: Office) -> None:
    address = "/escalations/new/subject"

    refused = problems_on(post(here, address, {"f-subject": "child", "f-names": "Ottilie Marchbank"}))
    assert refused == ["Choose an answer to “Must their address be kept secret from anybody?”"]
    assert post(here, address, {"f-subject": "none"}).status_code == 303
    said = {"f-subject": "child", "f-names": "Ottilie Marchbank", "f-protected": "yes"}
    assert post(here, address, said).status_code == 303


# --- who takes part ---


def also_within_an_agency() -> Policy:
    return policies.policy(internal=Internal(permitted=True, signpost="Use your own procedure.", source=SOURCE))


@under(also_within_an_agency)
def test_nobody_is_named_on_two_sides(here: Office) -> None:
    raiser, colleague = here.scene.raiser, here.scene.at("school", "colleague")
    post(here, "/escalations/new/agencies", {"f-agencies": str(here.scene.agency("school").id)})
    people = "/escalations/new/people"
    (place, _) = questions_on(here.visitor(raiser).get(people))

    refused = problems_on(post(here, people, {place: str(raiser)}))

    assert len(refused) == 1
    assert refused[0].endswith("stands on another side. Each person stands on one: choose somebody else")
    assert problems_on(post(here, people, {place: str(colleague)})) == []


# --- where it goes ---


def passing_over() -> Policy:
    reasons = (Choice(id="grave", title="It is grave"), Choice(id="late", title="It is late"))
    first = stage("talk", skip=Skip(rule="raiser", to=("chair",), reasons=reasons, source=SOURCE))
    return policies.policy(route(first, stage("lead"), stage("chair")))


@under(passing_over)
def test_why_stages_are_passed_over_is_checked_after_where_it_goes(here: Office) -> None:
    escalation = here.scene.open().escalation_id
    form = FormFiller(here.visitor(here.scene.raiser), here.scene.today)

    form.go_through(here.path(escalation, "step-up"), **{"f-way": "main.chair"})

    shown = words_on(here.visitor(here.scene.raiser).get(here.path(escalation, "step-up", "check")))
    assert shown.index("Where does it go?") < shown.index("Why are stages passed over?")


# --- what a form says of itself ---


def check_page(here: Office, escalation: UUID, form: str, pages: dict[str, dict[str, Any]]) -> str:
    for page, given in {"danger": {"f-danger": "no"}, **pages}.items():
        post(here, here.path(escalation, form, page), given)
    return words_on(here.visitor(here.scene.raiser).get(here.path(escalation, form, "check")))


@under(with_accounts)
def test_how_each_form_can_be_corrected_is_said_before_it_is_sent(here: Office) -> None:
    escalation, today = here.scene.open().escalation_id, day("f-happened", here.scene.today)
    contact = {**today, "f-how": "letter", "f-with": "Ann", "f-said": "Hello", "f-agreed": "Nothing"}

    account = check_page(here, escalation, "account", {"when": today, "questions-1": {"q-what_happened": "He fell."}})
    proforma = check_page(here, escalation, "proforma", {"proforma": {"f-made": "confirmed"}})
    logged = check_page(here, escalation, "contact", {"contact": contact})

    assert "cannot be changed. Until the escalation goes on from this stage, you can write it again" in account
    assert "cannot be changed. If something in it is wrong, you can record a correction" in logged
    assert "cannot be changed. You get it" in proforma


@under(of_young_people)
def test_the_forms_use_the_policys_word_for_the_child(here: Office) -> None:
    escalation, visitor = here.scene.open().escalation_id, here.visitor(here.scene.raiser)

    for path in (f"/escalations/{escalation}", here.path(escalation, "filing")):
        assert "Say where it is on the young person’s file" in words_on(visitor.get(path))
