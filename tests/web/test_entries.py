"""The forms of everything beside the ladder, each from its first page to its record, with good and with bad input."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import html
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse
from wtforms import Form

from forms_app.db.tables import Document, OutboxItem, Person
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.escalation import Left, Open, Resolved
from forms_app.domain.filing import NOBODY_IN_SEAT, NamedParty
from forms_app.domain.policy import (
    Actor,
    Audience,
    Choice,
    Closer,
    Duty,
    Helper,
    Meeting,
    Policy,
    RestrictedNotes,
    Side,
    Unit,
)
from forms_app.domain.records import (
    AgreedAction,
    Alongside,
    CameOf,
    Contact,
    Correction,
    Danger,
    Dissent,
    FiledOnRecord,
    FollowUp,
    HelpAsked,
    InformationGiven,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    PeopleJoin,
    ProformaMade,
    RestrictedNote,
    StepDone,
    StepsSet,
    Support,
    TimeAnswered,
    TimeSet,
)
from forms_app.forms.fields import TimeOfDay
from forms_app.logs import configure_logs
from tests.factories import policies
from tests.factories.policies import BOTH, CHAIR, SOURCE, clock, limit
from tests.web.clerk import Answers, Office, choices_on, day, hidden, office, problems_on, questions_on, words_on

TODAY = date(2027, 3, 1)
SOON, YESTERDAY = TODAY + timedelta(days=4), TODAY - timedelta(days=1)
WHO = {"raiser": ("school", "practitioner"), "other": ("socialcare", "practitioner")}
FIRST_LINE = Actor(side=Side.RAISING, level="first_line_manager")
MEETINGS = (
    Meeting(id="joint", title="Joint meeting", form="meeting", conveners=BOTH, source=SOURCE),
    Meeting(
        id="panel",
        title="Resolution panel",
        form="panel",
        conveners=(BOTH[0],),
        members=(CHAIR,),
        at_least=2,
        composition=("Voluntary organisations are represented.",),
        independent=("chair", "members"),
        methodology=True,
        recommendations=True,
        source=SOURCE,
    ),
)


def policy() -> Policy:
    """First among practitioners, tier by tier and by a date that all accept; then before a chair whose word is final."""
    talk = policies.stage(
        "talk",
        supported_by=("first_line_manager",),
        repeats_tiers=True,
        actors=(*BOTH, FIRST_LINE.model_copy(update={"needed": False})),
        alongside=(Choice(id="referral", title="A referral to children’s social care"),),
        clocks=(clock("accept", limit=limit(Unit.AGREED)),),
        meetings=MEETINGS,
    )
    closing = policies.stage("any").closing.model_copy(update={"who": Closer.ARBITER, "dissent_recorded": True})
    chair = policies.stage("chair", actors=(*BOTH, CHAIR), closing=closing, arbiter_sets_steps=True)
    return policies.policy(
        policies.route(talk, chair, after="leaves_for"),
        helpers=(
            Helper(id="officer", title="The liaison officer", seat=Audience.LIAISON_OFFICER, source=SOURCE),
            Helper(id="lawyer", title="The policy group", seat=Audience.POLICY_SUB_GROUP, source=SOURCE),
        ),
        restricted_notes=RestrictedNotes(levels=("first_line_manager", "senior_manager"), source=SOURCE),
        duties=(
            Duty(id="tell", text="Tell the staff", side="all", due="at_once", source=SOURCE),
            Duty(id="done", text="Check that it was done", side=Side.RAISING, due="action_date", source=SOURCE),
        ),
    )


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Office]:
    with office(sqlite_url, policy()) as found:
        yield found


@pytest.fixture
def escalation(here: Office) -> UUID:
    return here.scene.open().escalation_id


def who(here: Office, name: str) -> UUID:
    return here.scene.at(*WHO[name])


def sent(answer: TestResponse) -> None:
    assert answer.status_code == 303, (problems_on(answer), words_on(answer))
    assert "/sent/" in answer.location


def refused(answer: TestResponse, *sentences: str) -> None:
    assert answer.status_code == 422, answer.status
    assert problems_on(answer) == list(sentences)


def opened(here: Office) -> UUID:
    return here.scene.open().escalation_id


def resolved(here: Office, *, actions: Sequence[AgreedAction] | None = None) -> UUID:
    """Settled between the practitioners."""
    found = here.scene.open().escalation_id
    given = {} if actions is None else {"actions": tuple(actions)}
    outcome = here.scene.outcome(found, by=who(here, "other"), **given).record_id
    here.scene.answer(found, by=here.scene.raiser, to=outcome)
    return found


def at_the_chair(here: Office) -> UUID:
    found = here.scene.open().escalation_id
    here.scene.step_up(found)
    return found


def decided(here: Office) -> UUID:
    """By the chair, whose word is final."""
    found = at_the_chair(here)
    here.scene.outcome(found, by=here.scene.holder("chair"), actions=())
    return found


def gone(here: Office) -> UUID:
    """To a procedure outside."""
    found = at_the_chair(here)
    here.scene.step_up(found)
    return found


def joined(here: Office, escalation: UUID, agency: str, level: str) -> UUID:
    """Somebody who takes part as well."""
    person = here.scene.at(agency, level)
    by = here.scene.raiser if agency == "school" else who(here, "other")
    side = Side.RAISING if agency == "school" else Side.RESPONDING
    facts = PeopleJoin(because="supports", joins=(person,))
    here.scene.record(escalation, facts, by=by, people=(NamedParty(person, side, level),))
    return person


# --- the contact log, and the child's file ---

CONTACT: dict[str, Any] = {
    **day("f-happened", YESTERDAY),
    "f-time": "2:30pm",
    "f-how": "telephone",
    "f-with": "Ann Invented, nurse",
    "f-said": "The visit was put off.",
    "f-agreed": "Nothing",
}


@pytest.mark.requirement("U-18", "H-15", "U-34")
@pytest.mark.parametrize("name", WHO)
def test_each_side_keeps_its_own_log_of_contacts(here: Office, escalation: UUID, name: str) -> None:
    sent(here.fill(escalation, who(here, name), "contact", {"contact": CONTACT}))

    record = here.records(escalation)[-1]
    assert here.facts(escalation) == Contact(how="telephone")
    assert record.person_id == who(here, name)
    assert record.happened_on == YESTERDAY
    said = here.said(escalation)
    assert (said["time"], said["with"], said["said"]) == ("2:30pm", "Ann Invented, nurse", "The visit was put off.")
    assert here.scene.documents(record.id) == []


@pytest.mark.requirement("U-18", "H-15")
def test_both_sides_read_each_others_log(here: Office, escalation: UUID) -> None:
    sent(here.fill(escalation, who(here, "other"), "contact", {"contact": CONTACT}))

    page = here.visitor(here.scene.raiser).get(f"/escalations/{escalation}")

    for words in ("The visit was put off.", "By telephone", "2:30pm", "Ann Invented, nurse"):
        assert words in words_on(page)


def test_a_contact_that_is_still_to_come_is_refused(here: Office, escalation: UUID) -> None:
    bad = {**CONTACT, **day("f-happened", SOON), "f-time": "2:30", "f-how": "", "f-said": " "}

    refused(
        here.fill(escalation, here.scene.raiser, "contact", {"contact": bad}),
        "The date must be 1 March 2027 or earlier",
        "Write “am” or “pm” after the time, for example 9:30am or 2pm",
        "Choose an answer to “How?”",
        "Enter an answer to “What was said?”",
    )
    assert len(here.records(escalation)) == 1


@pytest.mark.parametrize(("form", "page"), [("contact", CONTACT), ("danger", None)])
def test_what_has_happened_did_not_happen_later_today(
    here: Office, escalation: UUID, form: str, page: dict[str, Any] | None
) -> None:
    answers = DANGER if page is None else {"contact": page}
    last = [*answers][-1]
    later = {**answers[last], **day("f-happened", TODAY), "f-time": "10:31am"}

    refused(here.fill(escalation, here.scene.raiser, form, {**answers, last: later}), "The time must be in the past")

    sent(here.fill(escalation, here.scene.raiser, form, {**answers, last: {**later, "f-time": "10:30am"}}))


@pytest.mark.parametrize("name", WHO)
@pytest.mark.requirement("W-29", "S-23", "U-41", "H-32", "U-51")
def test_each_agency_says_where_its_copy_is_also_after_the_end(here: Office, name: str) -> None:
    escalation = resolved(here)
    filing = {**day("f-happened", TODAY), "f-where": "Child records", "f-number": "4711", "f-meeting": "Social care"}

    sent(here.fill(escalation, who(here, name), "filing", {"filing": filing}))

    assert here.facts(escalation) == FiledOnRecord()
    assert {**here.said(escalation), "danger": ""} == {
        "danger": "",
        "happened": "1 March 2027",
        "where": "Child records",
        "number": "4711",
        "meeting": "Social care",
    }
    assert isinstance(here.scene.standing(escalation), Resolved)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("2pm", "14:00"),
        ("2.30 p.m.", "14:30"),
        ("14:30", "14:30"),
        ("8:15", "08:15"),
        ("02:30", "02:30"),
        ("12am", "00:00"),
        ("Midday", "12:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, means: str) -> None:
    form = AtSomeTime(MultiDict({"at": typed}))

    assert form.validate()
    assert form.at.codes() == (means,)


@pytest.mark.parametrize(
    "typed", ["", "2:30", "7:15", "14", "13pm", "24:00", "9:75am", "٣:30pm", "soon", "-2pm", "2pmm"]
)
def test_a_time_that_could_be_another_is_asked_back(typed: str) -> None:
    form = AtSomeTime(MultiDict({"at": typed}))

    assert not form.validate()
    assert form.at.typed == (typed,)


class AtSomeTime(Form):
    at = TimeOfDay("At what time?")


# --- information ---


def ask(here: Office, escalation: UUID, **changed: Any) -> TestResponse:
    agency = str(here.scene.agency("socialcare").id)
    given = {"f-agency": agency, "f-what": "The dates of all visits, to plan ours", **day("f-by", SOON), **changed}
    return here.fill(escalation, here.scene.raiser, "information-request", {"request": given})


@pytest.mark.requirement("H-16")
def test_an_agency_is_asked_for_information_by_a_date_and_answers(here: Office, escalation: UUID) -> None:
    sent(ask(here, escalation))

    request = here.records(escalation)[-1]
    assert here.facts(escalation) == InformationRequest(agency=here.scene.agency("socialcare").id, by_when=SOON)
    assert here.scene.told(request.id)["stage_record"] == {here.scene.raiser, who(here, "other")}
    page = here.visitor(who(here, "other")).get(here.path(escalation, "information-given", "answer"))
    (label,) = choices_on(page, "f-request")
    assert label.endswith("1 March 2027, needed by 5 March 2027: The dates of all visits, to plan ours")

    answer = {"f-request": str(request.id), "f-answer": "2 and 9 February"}
    sent(here.fill(escalation, who(here, "other"), "information-given", {"answer": answer}))

    assert here.facts(escalation) == InformationGiven(request=request.id)
    assert here.said(escalation)["answer"] == "2 and 9 February"


def test_nobody_asks_their_own_agency_nor_one_that_takes_no_part(here: Office, escalation: UUID) -> None:
    page = here.visitor(here.scene.raiser).get(here.path(escalation, "information-request", "request"))
    assert list(choices_on(page, "f-agency").values()) == [str(here.scene.agency("socialcare").id)]

    for agency in ("school", "police"):
        refused(
            ask(here, escalation, **{"f-agency": str(here.scene.agency(agency).id)}),
            "Choose an answer to “Which agency do you ask?” from the list",
        )
    refused(ask(here, escalation, **day("f-by", YESTERDAY)), "The date must be 1 March 2027 or later")


def test_only_the_agency_that_was_asked_answers_and_only_once(here: Office, escalation: UUID) -> None:
    nothing_asked = here.visitor(who(here, "other")).get(here.path(escalation, "information-given"))
    assert nothing_asked.status_code == 409
    sent(ask(here, escalation))
    answer = {"f-request": str(here.records(escalation)[-1].id), "f-answer": "2 and 9 February"}
    assert here.visitor(here.scene.raiser).get(here.path(escalation, "information-given")).status_code == 409

    sent(here.fill(escalation, who(here, "other"), "information-given", {"answer": answer}))

    assert here.visitor(who(here, "other")).get(here.path(escalation, "information-given")).status_code == 409


def test_of_two_requests_the_one_is_chosen_that_is_answered(here: Office, escalation: UUID) -> None:
    sent(ask(here, escalation))
    sent(ask(here, escalation, **{"f-what": "Who is the social worker?"}))
    second = here.records(escalation)[-1].id

    refused(
        here.fill(escalation, who(here, "other"), "information-given", {"answer": {"f-answer": "Nobody yet"}}),
        "Choose an answer to “Which request do you answer?”",
    )
    answer = {"f-request": str(second), "f-answer": "Nobody yet"}
    sent(here.fill(escalation, who(here, "other"), "information-given", {"answer": answer}))

    assert here.facts(escalation) == InformationGiven(request=second)


def test_what_a_colleague_has_answered_meanwhile_is_not_answered_again(here: Office, escalation: UUID) -> None:
    sent(ask(here, escalation))
    request, other = here.records(escalation)[-1].id, who(here, "other")
    visitor, path = here.visitor(other), here.path(escalation, "information-given", "answer")
    visitor.get(path)
    here.scene.record(escalation, InformationGiven(request=request), by=other)

    answer = visitor.post(path, {"f-request": str(request), "f-answer": "Zebedee is well"})

    assert answer.status_code == 409
    assert "Zebedee is well" in words_on(answer)
    assert len(here.records(escalation)) == 3


# --- meetings ---

CALL: dict[str, Any] = {
    "f-meeting": "joint",
    **day("f-day", date(2027, 7, 1)),
    "f-time": "2pm",
    "f-place": "Room 4",
    "f-agenda": "The plan",
}


def call(here: Office, escalation: UUID, guests: dict[str, Any], **changed: Any) -> TestResponse:
    pages = {"meeting": {**CALL, **changed}, "invited": guests}
    return here.fill(escalation, here.scene.raiser, "meeting-called", pages)


@pytest.mark.requirement("H-26", "U-27", "U-37")
def test_both_sides_convene_a_meeting_to_which_more_people_are_invited(here: Office, escalation: UUID) -> None:
    raiser, other = here.scene.raiser, who(here, "other")
    manager, colleague = here.scene.at("school", "first_line_manager"), here.scene.at("socialcare", "senior_manager")
    guests = {
        "f-with": str(other),
        "f-invited": str(other),
        "f-others-0-person": str(manager),
        "f-others-1-person": str(colleague),
    }

    sent(call(here, escalation, guests))

    assert here.facts(escalation) == MeetingCalled(
        meeting="joint",
        at=datetime(2027, 7, 1, 13, tzinfo=UTC),
        conveners=(raiser, other),
        invited=(other, manager, colleague),
    )
    places = {place.person: place for place in here.scene.places(escalation)}
    assert (places[manager].side, places[manager].level) == (Side.RAISING, "first_line_manager")
    assert (places[colleague].side, places[colleague].level) == (Side.RESPONDING, "senior_manager")
    assert len(here.said(escalation)["others"].splitlines()) == 2
    assert here.scene.told(here.records(escalation)[-1].id)["meeting_invitation"] >= {raiser, other, manager, colleague}


@pytest.mark.requirement("H-26")
def test_a_meeting_of_both_sides_is_not_called_by_one_alone(here: Office, escalation: UUID) -> None:
    refused(
        call(here, escalation, {"f-invited": str(who(here, "other"))}),
        "Choose at least one answer to “Who convenes it together with you?”",
    )


@pytest.mark.requirement("H-26")
def test_a_second_convener_of_ones_own_side_does_not_speak_for_the_other(here: Office, escalation: UUID) -> None:
    colleague = here.scene.at("school", "colleague")
    facts = PeopleJoin(because="supports", joins=(colleague,))
    people = (NamedParty(colleague, Side.RAISING, "practitioner"),)
    here.scene.record(escalation, facts, by=here.scene.raiser, people=people)

    refused(
        call(here, escalation, {"f-with": str(colleague), "f-invited": str(who(here, "other"))}),
        "The policy has both sides convene this meeting: name with whom you convene it.",
    )


def test_a_meeting_is_called_for_a_time_to_come_that_exists(here: Office, escalation: UUID) -> None:
    refused(call(here, escalation, {}, **day("f-day", YESTERDAY)), "The date must be 1 March 2027 or later")
    refused(
        call(here, escalation, {}, **day("f-day", TODAY), **{"f-time": "10:30am"}),
        "The time must be later than now",
    )
    refused(
        call(here, escalation, {}, **day("f-day", date(2027, 3, 28)), **{"f-time": "1:30am"}),
        "The clocks go forward on this day: there is no such time",
    )
    refused(
        call(here, escalation, {}, **{"f-meeting": "", "f-time": ""}),
        "Choose an answer to “Which meeting is it?”",
        "Enter the time for “At what time does it begin?”",
    )


@pytest.mark.requirement("H-30")
def test_a_panel_says_what_the_policy_asks_and_takes_people_for_the_board(here: Office, escalation: UUID) -> None:
    chair = here.scene.holder("chair")
    refused(call(here, escalation, {}, **{"f-meeting": "panel"}), "Choose who is invited")
    page = here.visitor(here.scene.raiser).get(here.path(escalation, "meeting-called", "invited"))
    for words in ("Voluntary organisations are represented.", "At least 2 people attend", "The chair is independent"):
        assert words in words_on(page)
    guests = choices_on(page, "f-others-0-person").values()
    assert str(chair) in guests
    assert str(here.scene.at("police", "practitioner")) not in guests

    sent(call(here, escalation, {"f-others-0-person": str(chair)}, **{"f-meeting": "panel"}))

    place = next(place for place in here.scene.places(escalation) if place.person == chair)
    assert (place.side, place.level) == (Side.BOARD, "independent_chair")


def test_only_who_convenes_it_calls_a_meeting(here: Office, escalation: UUID) -> None:
    manager = joined(here, escalation, "school", "senior_manager")
    assert here.visitor(manager).get(here.path(escalation, "meeting-called")).status_code == 409
    page = here.visitor(who(here, "other")).get(here.path(escalation, "meeting-called", "meeting"))

    assert list(choices_on(page, "f-meeting").values()) == ["joint"]


HELD: Answers = {
    "tests": {
        "f-composition-0": "no",
        "f-composition-0-why": "Nobody could come.",
        "f-independent-chair": "yes",
        "f-independent-members": "yes",
    },
    "minutes": {"f-methodology": "Mediation", "f-minutes": "Both spoke.", "f-outcome": "A new plan"},
    "recommendations": {
        "f-recommendations-0-what": "Review the form",
        "f-recommendations-0-who": "Both leads",
        **day("f-recommendations-0-by_when", SOON),
    },
}


@pytest.mark.requirement("H-30", "U-46", "W-12")
def test_a_panel_is_recorded_with_tests_method_minutes_and_recommendations(here: Office, escalation: UUID) -> None:
    chair, raiser = here.scene.holder("chair"), here.scene.raiser
    sent(call(here, escalation, {"f-others-0-person": str(chair)}, **{"f-meeting": "panel", **day("f-day", TODAY)}))
    called = here.records(escalation)[-1].id
    which = {"f-which": str(called), **day("f-happened", TODAY)}
    there = {"f-attended": [str(raiser), str(chair)], "f-more": "A note taker", "f-away": ""}

    sent(here.fill(escalation, raiser, "meeting-held", {"which": which, "attended": there, **HELD}))

    assert here.facts(escalation) == MeetingHeld(
        meeting="panel",
        called=called,
        attended=(raiser, chair),
        confirmed=("independent-chair", "independent-members"),
        recommendations=(AgreedAction(what="Review the form", who="Both leads", by_when=SOON),),
    )
    said = here.said(escalation)
    assert (said["methodology"], said["minutes"], said["outcome"]) == ("Mediation", "Both spoke.", "A new plan")
    assert said["composition-0-why"] == "Nobody could come."
    assert "recommendations" not in said, "they stand in the facts, each with its owner and date"
    page = here.visitor(raiser).get(here.path(escalation, "meeting-held", "which"))
    assert str(called) not in choices_on(page, "f-which").values()


@pytest.mark.requirement("H-30")
def test_a_panel_that_met_no_test_says_why_and_too_few_are_no_panel(here: Office, escalation: UUID) -> None:
    raiser = here.scene.raiser
    which = {"f-which": "panel", **day("f-happened", TODAY)}

    refused(
        here.fill(escalation, raiser, "meeting-held", {"which": which, "attended": {"f-attended": str(raiser)}}),
        "At least 2 people must attend: name everybody who did, or hold it again.",
    )
    there = {"f-attended": [str(raiser), str(who(here, "other"))]}
    unmet = {**HELD["tests"], "f-composition-0-why": ""}
    refused(
        here.fill(escalation, raiser, "meeting-held", {"which": which, "attended": there, "tests": unmet}),
        "Enter an answer to “Why was this not so (test 1), and what was done instead?”",
    )


@pytest.mark.requirement("U-27", "U-37", "H-44")
def test_a_meeting_that_was_not_called_here_is_recorded_and_none_that_is_to_come(
    here: Office, escalation: UUID
) -> None:
    other = who(here, "other")
    pages: dict[str, dict[str, Any]] = {
        "which": {"f-which": "joint", **day("f-happened", SOON)},
        "attended": {"f-attended": str(other)},
        "minutes": {"f-minutes": "Both spoke.", "f-outcome": "Nothing"},
    }
    refused(here.fill(escalation, other, "meeting-held", pages), "The date must be 1 March 2027 or earlier")
    pages["which"] = {"f-which": "joint", **day("f-happened", YESTERDAY)}

    sent(here.fill(escalation, other, "meeting-held", pages))

    assert here.facts(escalation) == MeetingHeld(meeting="joint", called=None, attended=(other,))
    assert here.records(escalation)[-1].happened_on == YESTERDAY


# --- time ---


@pytest.mark.requirement("S-24", "H-41")
def test_a_date_becomes_the_limit_when_the_other_side_accepts_it(here: Office, escalation: UUID) -> None:
    raiser, other = here.scene.raiser, who(here, "other")
    page = here.visitor(raiser).get(here.path(escalation, "time", "time"))
    assert "when every side has accepted it" in words_on(page)

    sent(here.fill(escalation, raiser, "time", {"time": day("f-time_frame", SOON)}))

    assert here.facts(escalation) == TimeSet(time_frame=SOON)
    proposal = here.records(escalation)[-1].id
    assert here.visitor(raiser).get(here.path(escalation, "time-answer")).status_code == 409
    page = here.visitor(other).get(here.path(escalation, "time-answer", "answer"))
    assert "proposes 5 March 2027." in words_on(page)

    sent(here.fill(escalation, other, "time-answer", {"answer": {"f-accepts": "yes"}}))

    assert here.facts(escalation) == TimeAnswered(proposal=proposal, accepts=True)
    now = here.scene.standing(escalation)
    assert isinstance(now, Open)
    assert [running.due.day for running in now.clocks if running.due] == [SOON]
    assert here.visitor(other).get(here.path(escalation, "time-answer")).status_code == 409


@pytest.mark.requirement("S-24")
def test_a_date_is_refused_with_a_reason_and_the_limit_stays_open(here: Office, escalation: UUID) -> None:
    other = who(here, "other")
    sent(here.fill(escalation, here.scene.raiser, "time", {"time": day("f-time_frame", SOON)}))
    refused(
        here.fill(escalation, other, "time-answer", {"answer": {"f-accepts": "no"}}),
        "Enter an answer to “Why not, and which date would you accept?”",
    )

    answer = {"f-accepts": "no", "f-why_not": "The doctor is away until the 8th."}
    sent(here.fill(escalation, other, "time-answer", {"answer": answer}))

    now = here.scene.standing(escalation)
    assert isinstance(now, Open)
    assert [running.due for running in now.clocks] == [None]
    assert here.said(escalation)["why_not"] == "The doctor is away until the 8th."


def test_nobody_accepts_a_date_that_came_after_the_one_they_read(here: Office, escalation: UUID) -> None:
    raiser, other = here.scene.raiser, who(here, "other")
    sent(here.fill(escalation, raiser, "time", {"time": day("f-time_frame", SOON)}))
    visitor, path = here.visitor(other), here.path(escalation, "time-answer")
    for page, given in {"danger": {"f-danger": "no"}, "answer": {"f-accepts": "yes"}}.items():
        visitor.get(f"{path}/{page}")
        assert visitor.post(f"{path}/{page}", given).status_code == 303
    check = visitor.get(f"{path}/check")
    key = check.text.partition('name="form_key" value="')[2][:36]
    sent(here.fill(escalation, raiser, "time", {"time": day("f-time_frame", SOON + timedelta(days=90))}))

    answer = visitor.post(f"{path}/check", {"form_key": key})

    assert answer.status_code == 409
    assert len(here.records(escalation)) == 3


@pytest.mark.requirement("B-11")
def test_a_date_that_protects_the_child_comes_with_its_reason(here: Office, escalation: UUID) -> None:
    raiser = here.scene.raiser
    refused(here.fill(escalation, raiser, "time", {"time": {}}), "Give a date.")
    refused(
        here.fill(escalation, raiser, "time", {"time": day("f-protect_by", SOON)}),
        "Enter an answer to “Why must it be sooner?”",
    )

    sooner = {**day("f-protect_by", SOON), "f-protect_because": "He goes home on Friday."}
    sent(here.fill(escalation, raiser, "time", {"time": sooner}))

    assert here.facts(escalation) == TimeSet(protect_by=SOON, protect_because="He goes home on Friday.")


def test_where_the_policy_sets_the_limit_only_an_earlier_date_is_asked(here: Office) -> None:
    escalation = at_the_chair(here)
    page = here.visitor(here.scene.raiser).get(here.path(escalation, "time", "time"))

    assert "f-time_frame" not in page.text
    refused(
        here.fill(escalation, here.scene.raiser, "time", {"time": {}}),
        "Enter the date for “Must it be settled sooner to protect the child?”",
    )


# --- people ---


def add(here: Office, escalation: UUID, because: str, who_joins: dict[str, Any], by: str = "raiser") -> TestResponse:
    why = {"f-because": because, "f-why": "Somebody is away."}
    return here.fill(escalation, who(here, by), "people", {"because": why, "who": who_joins})


def reasons(here: Office, escalation: UUID, by: UUID) -> set[str]:
    return set(choices_on(here.visitor(by).get(here.path(escalation, "people", "because")), "f-because").values())


@pytest.mark.requirement("U-35", "H-24")
def test_the_reasons_are_those_that_the_stage_and_the_side_have(here: Office, escalation: UUID) -> None:
    everywhere = {"stands_in", "supports", "chain_exhausted"}
    assert reasons(here, escalation, here.scene.raiser) == {*everywhere, "acts", "next_tier"}

    here.scene.step_up(escalation)

    assert reasons(here, escalation, here.scene.raiser) == everywhere
    assert reasons(here, escalation, here.scene.holder("chair")) == {"stands_in", "supports"}


def test_a_place_that_nobody_fills_is_filled(here: Office, escalation: UUID) -> None:
    manager = here.scene.at("school", "first_line_manager")
    assert add(here, escalation, "acts", {}).status_code == 422
    page = here.visitor(here.scene.raiser).get(here.path(escalation, "people", "who"))
    (field,) = questions_on(page)

    sent(add(here, escalation, "acts", {field: str(manager)}))

    assert here.facts(escalation) == PeopleJoin(because="acts", joins=(manager,))
    place = next(place for place in here.scene.places(escalation) if place.person == manager)
    assert (place.side, place.level) == (Side.RAISING, "first_line_manager")


def test_somebody_stands_in_for_one_who_has_left(here: Office) -> None:
    escalation = here.scene.open(everybody=True).escalation_id
    own = (place.person for place in here.scene.places(escalation) if place.side is Side.RAISING)
    manager = next(person for person in own if person != here.scene.raiser)
    with here.scene.workshop.writing() as work:
        work.session.get_one(Person, here.scene.raiser).left_at = here.scene.clock.now

    because = {"f-because": "stands_in", "f-why": "They have left."}
    page = {"f-instead": str(here.scene.raiser), "f-person": str(here.scene.at("school", "colleague"))}
    sent(here.fill(escalation, manager, "people", {"because": because, "who": page}))


def test_somebody_stands_in_for_another_of_their_agency(here: Office, escalation: UUID) -> None:
    raiser, colleague = here.scene.raiser, here.scene.at("school", "colleague")
    page = {"f-instead": str(raiser), "f-person": str(raiser)}
    refused(add(here, escalation, "stands_in", page), "Choose somebody else: this is whose place is taken.")
    foreign = {"f-instead": str(raiser), "f-person": str(who(here, "other"))}
    refused(add(here, escalation, "stands_in", foreign), "Choose an answer to “Who stands in?” from the list")

    sent(add(here, escalation, "stands_in", {"f-instead": str(raiser), "f-person": str(colleague)}))

    assert here.facts(escalation) == PeopleJoin(because="stands_in", joins=(colleague,), instead_of=raiser)
    place = next(place for place in here.scene.places(escalation) if place.person == colleague)
    assert (place.side, place.level) == (Side.RAISING, "practitioner")


@pytest.mark.requirement("B-19", "S-13")
def test_somebody_is_brought_in_support(here: Office, escalation: UUID) -> None:
    manager = here.scene.at("socialcare", "senior_manager")
    refused(add(here, escalation, "supports", {}, by="other"), "Choose who joins.")
    foreign = {"f-others-0-person": str(here.scene.at("school", "senior_manager"))}
    assert add(here, escalation, "supports", foreign, by="other").status_code == 422

    sent(add(here, escalation, "supports", {"f-others-0-person": str(manager)}, by="other"))

    assert here.facts(escalation) == PeopleJoin(because="supports", joins=(manager,))
    place = next(place for place in here.scene.places(escalation) if place.person == manager)
    assert (place.side, place.level) == (Side.RESPONDING, "senior_manager")


@pytest.mark.requirement("U-35")
def test_a_stage_goes_up_tier_by_tier_on_both_sides(here: Office, escalation: UUID) -> None:
    tier = [here.scene.at(agency, "senior_manager") for agency in ("school", "socialcare")]
    same = {"f-others-0-person": str(here.scene.at("school", "colleague"))}
    refused(add(here, escalation, "next_tier", same), "Person 1: Choose an answer to “Person” from the list")
    rows = {f"f-others-{number}-person": str(person) for number, person in enumerate(tier)}

    sent(add(here, escalation, "next_tier", rows))

    assert here.facts(escalation) == PeopleJoin(because="next_tier", joins=tuple(tier))
    assert here.scene.stage(escalation).id == "talk"


@pytest.mark.requirement("H-24")
@pytest.mark.parametrize(("by", "agency"), [("raiser", "socialcare"), ("other", "school")])
def test_who_has_nobody_more_senior_turns_to_the_other_sides_next_tier(
    here: Office, escalation: UUID, by: str, agency: str
) -> None:
    senior = here.scene.at(agency, "senior_manager")
    own = here.scene.at("school" if by == "raiser" else "socialcare", "senior_manager")
    refused(
        add(here, escalation, "chain_exhausted", {"f-others-0-person": str(own)}, by=by),
        "Person 1: Choose an answer to “Person” from the list",
    )

    sent(add(here, escalation, "chain_exhausted", {"f-others-0-person": str(senior)}, by=by))

    assert here.facts(escalation) == PeopleJoin(because="chain_exhausted", joins=(senior,))
    assert senior in here.scene.told(here.records(escalation)[-1].id)["stage_record"]


# --- what people say of it ---


@pytest.mark.requirement("H-23", "U-29", "W-06")
def test_a_manager_says_that_they_do_not_support_it_and_the_other_side_is_told(here: Office, escalation: UUID) -> None:
    manager = joined(here, escalation, "school", "first_line_manager")
    assert here.visitor(here.scene.raiser).get(here.path(escalation, "support")).status_code == 409
    refused(
        here.fill(escalation, manager, "support", {"support": {"f-supports": "no"}}),
        "Enter an answer to “Why do you not support it?”",
    )

    answer = {"f-supports": "no", "f-why_not": "The threshold is not met."}
    sent(here.fill(escalation, manager, "support", {"support": answer}))

    assert here.facts(escalation) == Support(supports=False)
    assert who(here, "other") in here.scene.told(here.records(escalation)[-1].id)["stage_record"]


@pytest.mark.requirement("W-06")
def test_a_manager_supports_it(here: Office, escalation: UUID) -> None:
    manager = joined(here, escalation, "school", "first_line_manager")

    sent(here.fill(escalation, manager, "support", {"support": {"f-supports": "yes", "f-advice": "Ring them."}}))

    assert here.facts(escalation) == Support(supports=True)
    assert here.said(escalation)["advice"] == "Ring them."


def test_dissent_from_a_final_word_is_recorded_once_by_each(here: Office) -> None:
    escalation, raiser = decided(here), here.scene.raiser
    refused(
        here.fill(escalation, raiser, "dissent", {"dissent": {}}),
        "Enter an answer to “With what do you not agree, and why?”",
    )

    sent(here.fill(escalation, raiser, "dissent", {"dissent": {"f-why": "He is not safe."}}))

    assert here.facts(escalation) == Dissent()
    assert isinstance(here.scene.standing(escalation), Resolved)
    assert here.visitor(raiser).get(here.path(escalation, "dissent")).status_code == 409
    assert here.visitor(who(here, "other")).get(here.path(escalation, "dissent")).status_code == 200


def test_where_all_sides_agreed_there_is_no_dissent(here: Office) -> None:
    assert here.visitor(here.scene.raiser).get(here.path(resolved(here), "dissent")).status_code == 409


# --- steps, and what goes on alongside ---


def step(number: int, what: str) -> dict[str, str]:
    row = f"f-steps-{number}"
    return {f"{row}-what": what, f"{row}-who": "Both leads", **day(f"{row}-by_when", SOON)}


@pytest.mark.requirement("S-33")
def test_who_decides_sets_the_process_and_each_step_is_taken(here: Office) -> None:
    escalation, chair = at_the_chair(here), here.scene.holder("chair")
    process = {"process": {"f-how": "In two steps."}}
    refused(here.fill(escalation, chair, "steps", {**process, "steps": {}}), "Write down at least one step")
    steps = {**step(0, "Visit together"), **step(1, "Write one plan")}

    sent(here.fill(escalation, chair, "steps", {**process, "steps": steps}))

    facts, record = here.facts(escalation), here.records(escalation)[-1].id
    assert isinstance(facts, StepsSet)
    assert [each.what for each in facts.steps] == ["Visit together", "Write one plan"]
    assert here.visitor(here.scene.raiser).get(here.path(escalation, "steps")).status_code == 409

    other = who(here, "other")
    taken = {"f-step": f"{record}.1", **day("f-happened", TODAY), "f-came": "It is written."}
    sent(here.fill(escalation, other, "step-done", {"step": taken}))

    assert here.facts(escalation) == StepDone(steps=record, number=1)
    page = here.visitor(here.scene.raiser).get(here.path(escalation, "step-done", "step"))
    assert list(choices_on(page, "f-step").values()) == [f"{record}.0"]
    refused(
        here.fill(escalation, other, "step-done", {"step": taken}),
        "Choose an answer to “Which step was taken?” from the list",
    )


@pytest.mark.requirement("U-21")
def test_a_referral_goes_on_beside_it(here: Office, escalation: UUID) -> None:
    raiser, path = here.scene.raiser, here.path(escalation, "alongside", "alongside")
    begun = {"f-item": "begun.referral", **day("f-happened", TODAY), "f-number": "R 17", "f-what": ""}

    sent(here.fill(escalation, raiser, "alongside", {"alongside": begun}))

    assert here.facts(escalation) == Alongside(item="referral", state="begun")
    assert here.said(escalation)["number"] == "R 17"
    assert isinstance(here.scene.standing(escalation), Open)
    assert list(choices_on(here.visitor(raiser).get(path), "f-item").values()) == ["ended.referral"]
    refused(
        here.fill(escalation, raiser, "alongside", {"alongside": begun}),
        "Choose an answer to “What has begun or ended?” from the list",
    )
    sent(here.fill(escalation, raiser, "alongside", {"alongside": {**begun, "f-item": "ended.referral"}}))
    assert here.facts(escalation) == Alongside(item="referral", state="ended")


# --- help, danger, notes, the proforma ---


@pytest.mark.requirement("W-10")
def test_who_is_asked_for_help_takes_part(here: Office, escalation: UUID) -> None:
    officer = here.scene.holder("liaison_officer")

    sent(here.fill(escalation, here.scene.raiser, "help", {"help": {"f-helper": "officer", "f-what": "Mediate"}}))

    assert here.facts(escalation) == HelpAsked(helper="officer")
    assert officer in {place.person for place in here.scene.places(escalation)}
    assert here.visitor(officer).get(f"/escalations/{escalation}").status_code == 200


@pytest.mark.requirement("W-10")
def test_help_of_a_seat_that_nobody_holds_is_refused_at_its_question(here: Office, escalation: UUID) -> None:
    answer = {"help": {"f-helper": "lawyer", "f-what": "Mediate"}}
    with here.scene.database.writing() as session:
        session.execute(update(Person).where(Person.seat == "policy_sub_group").values(seat=None))

    refused(here.fill(escalation, here.scene.raiser, "help", answer), NOBODY_IN_SEAT)
    with pytest.raises(NotAllowedNow, match=NOBODY_IN_SEAT):
        here.scene.record(escalation, HelpAsked(helper="lawyer"), by=here.scene.raiser)


DANGER: Answers = {
    "danger": {"f-danger": "acted"},
    "done": {
        "f-what": "He was hit.",
        **day("f-happened", TODAY),
        "f-time": "9am",
        "f-told": "999, by me",
        "f-done": "He is with his aunt.",
    },
}


@pytest.mark.requirement("B-12")
@pytest.mark.parametrize("where", [opened, resolved, gone])
def test_immediate_danger_is_reported_whatever_the_escalation_stands_at(
    here: Office, where: Callable[[Office], UUID]
) -> None:
    escalation = where(here)

    sent(here.fill(escalation, who(here, "other"), "danger", DANGER))

    assert here.facts(escalation) == Danger()
    assert here.said(escalation)["done"] == "He is with his aunt."
    assert here.scene.raiser in here.scene.told(here.records(escalation)[-1].id)["stage_record"]


def test_somebody_whom_nobody_has_told_of_the_danger_is_stopped_first(here: Office, escalation: UUID) -> None:
    visitor, path = here.visitor(here.scene.raiser), here.path(escalation, "danger", "danger")
    page = visitor.get(path)
    assert "Call 999." in words_on(page)

    answer = visitor.post(path, {"f-danger": "yes"})

    assert "Stop. Do this first" in answer.text
    assert visitor.get(here.path(escalation, "danger", "check")).status_code == 303


SECRET = "Quillfeather Brambleby"


def note(here: Office, escalation: UUID, by: UUID) -> TestResponse:
    about = {"f-about": "competence", "f-note": f"{SECRET} was asked twice."}
    return here.fill(escalation, by, "restricted-note", {"note": about})


@pytest.mark.requirement("W-31")
def test_a_restricted_note_says_first_who_can_read_it(here: Office, escalation: UUID) -> None:
    manager = joined(here, escalation, "school", "first_line_manager")
    page = here.visitor(manager).get(here.path(escalation, "restricted-note", "note"))
    for words in (
        "Inventedshire Primary School",
        "first_line_manager, senior_manager",
        "in no document, no list and no email",
    ):
        assert words in words_on(page)

    sent(note(here, escalation, manager))

    assert here.facts(escalation) == RestrictedNote(about="competence")
    assert SECRET in here.said(escalation)["note"]


@pytest.mark.requirement("W-31")
@pytest.mark.parametrize("name", WHO)
def test_a_restricted_note_is_written_at_the_levels_of_the_policy(here: Office, escalation: UUID, name: str) -> None:
    assert note(here, escalation, who(here, name)).status_code == 409
    assert (
        here.visitor(here.scene.at("police", "first_line_manager"))
        .get(here.path(escalation, "restricted-note"))
        .status_code
        == 404
    )


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as it is logged in earnest."""
    stream, root = io.StringIO(), logging.getLogger()
    before = (root.handlers, root.level, logging.raiseExceptions)
    configure_logs(stream)
    yield stream
    root.handlers, level, logging.raiseExceptions = before
    root.setLevel(level)


@pytest.mark.requirement("W-31")
def test_a_restricted_note_leaves_nothing_behind_that_others_read(
    here: Office, escalation: UUID, logged: io.StringIO
) -> None:
    manager = joined(here, escalation, "school", "first_line_manager")
    their_manager = joined(here, escalation, "socialcare", "first_line_manager")
    raiser, other = here.scene.raiser, who(here, "other")
    sent(note(here, escalation, manager))
    written = here.records(escalation)[-1].id
    sent(here.fill(escalation, other, "contact", {"contact": CONTACT}))
    sent(here.fill(escalation, other, "proforma", {"proforma": {"f-made": "confirmed"}}))
    here.scene.step_up(escalation)
    here.scene.outcome(escalation, by=here.scene.holder("chair"))

    assert here.scene.documents(written) == []
    with here.scene.database.reading() as session:
        left = [*session.scalars(select(Document.context)), *session.scalars(select(Document.title))]
        left += [str(payload) for payload in session.scalars(select(OutboxItem.payload))]
    assert left
    unit = here.scene.holder("business_unit")
    for person in (raiser, other, their_manager, here.scene.holder("chair")):
        pages = [f"/escalations/{escalation}", "/escalations", here.path(escalation, "contact")]
        left += [here.visitor(person).get(page).text for page in pages]
        assert here.visitor(person).get(f"/escalations/{escalation}/sent/{written}").status_code == 404
    left += [here.visitor(unit).get("/register").text, here.visitor(unit).get("/register/today").text]
    traces = [text for text in (*left, logged.getvalue()) if "Quillfeather" in text or "Restricted note" in text]
    assert traces == []
    assert SECRET in here.visitor(manager).get(f"/escalations/{escalation}").text
    assert '"/escalations/<uuid:escalation_id>/<form:path>/<page_id>"' in logged.getvalue()


@pytest.mark.requirement("U-50")
@pytest.mark.parametrize("where", [opened, resolved, gone])
def test_anybody_who_takes_part_makes_a_proforma_at_any_stage(here: Office, where: Callable[[Office], UUID]) -> None:
    escalation = where(here)
    other = who(here, "other")
    refused(here.fill(escalation, other, "proforma", {"proforma": {}}), "Confirm that it is to be made, or go back")

    sent(here.fill(escalation, other, "proforma", {"proforma": {"f-made": "confirmed"}}))

    assert here.facts(escalation) == ProformaMade()
    assert here.scene.told(here.records(escalation)[-1].id) == {"board_proforma": {here.scene.raiser, other}}


# --- after the end ---

ACTIONS = [
    AgreedAction(what=what, who="Social worker", by_when=SOON) for what in ("Visit the family", "Ring the school")
]


def follow(here: Office, escalation: UUID, pages: Answers, by: str = "raiser") -> TestResponse:
    return here.fill(escalation, who(here, by), "follow-up", pages)


BOTH_DONE: dict[str, Any] = {"f-action-0": "yes", "f-action-1": "yes"}
ONE_DONE: dict[str, Any] = {**BOTH_DONE, "f-action-1": "no", "f-instead-1": "Nobody answered."}
WHY = {"f-why": "We looked."}


@pytest.mark.requirement("W-16", "W-25", "W-32")
def test_each_agreed_action_is_followed_up(here: Office) -> None:
    escalation = resolved(here, actions=ACTIONS)
    page = here.visitor(here.scene.raiser).get(here.path(escalation, "follow-up", "duty"))
    assert list(choices_on(page, "f-duty").values()) == ["tell", "done", "-"]

    sent(
        follow(here, escalation, {"duty": {"f-duty": "done"}, "actions": BOTH_DONE, "then": {"f-then": "done", **WHY}})
    )

    assert here.facts(escalation) == FollowUp(duty="done", carried_out=(True, True), then="done")
    page = here.visitor(here.scene.raiser).get(here.path(escalation, "follow-up", "duty"))
    assert list(choices_on(page, "f-duty").values()) == ["tell", "-"]


@pytest.mark.requirement("W-16", "W-25", "W-32")
def test_what_was_not_carried_out_is_not_done_but_gets_a_date_or_is_open_again(here: Office) -> None:
    escalation = resolved(here, actions=ACTIONS)
    duty = {"duty": {"f-duty": "done"}}
    refused(
        follow(here, escalation, {**duty, "actions": {**ONE_DONE, "f-instead-1": ""}}),
        "Enter an answer to “What happened instead of action 2?”",
    )
    refused(
        follow(here, escalation, {**duty, "actions": ONE_DONE, "then": {"f-then": "done", **WHY}}),
        "An action was not carried out: give a new date, or open the escalation again.",
    )
    refused(
        follow(here, escalation, {**duty, "actions": ONE_DONE, "then": {"f-then": "again", **WHY}}),
        "Enter the date for “On which day will it be looked at again?”",
    )
    again = {"f-then": "again", **day("f-again", SOON), **WHY}

    sent(follow(here, escalation, {**duty, "actions": ONE_DONE, "then": again}))

    assert here.facts(escalation) == FollowUp(duty="done", carried_out=(True, False), then="again", again_on=SOON)
    assert here.said(escalation)["instead-1"] == "Nobody answered."

    sent(follow(here, escalation, {**duty, "actions": ONE_DONE, "then": {"f-then": "reopen", **WHY}}))

    assert here.facts(escalation) == FollowUp(duty="done", carried_out=(True, False), then="reopen")
    now = here.scene.standing(escalation)
    assert isinstance(now, Open)
    assert now.visit.stage.id == "talk"


def test_a_duty_that_is_not_about_the_actions_asks_nothing_of_them(here: Office) -> None:
    escalation = resolved(here, actions=ACTIONS)
    other = who(here, "other")
    page = here.visitor(other).get(here.path(escalation, "follow-up", "duty"))
    assert list(choices_on(page, "f-duty").values()) == ["tell", "-"], "the other duty is the raising side's"

    sent(follow(here, escalation, {"duty": {"f-duty": "tell"}, "then": {"f-then": "done", **WHY}}, by="other"))

    assert here.facts(escalation) == FollowUp(duty="tell", then="done")


def test_an_end_without_duties_and_actions_is_followed_up_all_the_same(here: Office) -> None:
    escalation = decided(here)
    sent(follow(here, escalation, {"duty": {"f-duty": "-"}, "then": {"f-then": "reopen", **WHY}}))

    assert here.facts(escalation) == FollowUp(then="reopen")
    assert isinstance(here.scene.standing(escalation), Open)


@pytest.mark.parametrize(("resumes", "then"), [("no", Left), ("yes", Open)])
def test_somebody_says_what_came_of_it_elsewhere(here: Office, resumes: str, then: type) -> None:
    escalation = gone(here)
    came = {**day("f-happened", TODAY), "f-what": "The Minister wrote.", "f-resumes": resumes}

    sent(here.fill(escalation, who(here, "other"), "came-of", {"came": came}))

    assert here.facts(escalation) == CameOf(resumes=resumes == "yes")
    assert isinstance(here.scene.standing(escalation), then)
    assert here.visitor(who(here, "other")).get(here.path(escalation, "came-of")).status_code == 409


# --- all of them ---

START: dict[str, Callable[[Office], UUID]] = {
    "dissent": decided,
    "steps": at_the_chair,
    "step-done": at_the_chair,
    "follow-up": resolved,
    "came-of": gone,
}
FORMS = (
    "contact", "filing", "information-request", "information-given", "meeting-called", "meeting-held", "time", "time-answer",
    "people", "support", "dissent", "steps", "step-done", "alongside", "help", "danger", "restricted-note", "proforma",
    "follow-up", "came-of",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_nobody_else_sees_the_form(here: Office, form: str) -> None:
    escalation = START.get(form, opened)(here)

    for person in (here.scene.at("police", "practitioner"), here.scene.holder("business_unit")):
        visitor = here.visitor(person)
        assert visitor.get(here.path(escalation, form)).status_code == 404
        for page in ("danger", "check", "delete"):
            path = here.path(escalation, form, page)
            assert visitor.get(path).status_code == 404
            assert visitor.post(path, {"f-danger": "no"}).status_code == 404
    assert here.visitor(here.scene.raiser).get(here.path(uuid4(), form)).status_code == 404


OPEN_ONLY = ("information-request", "meeting-called", "meeting-held", "time", "people", "alongside", "help")
ENDED_ONLY = ("follow-up", "came-of", "dissent")


@pytest.mark.parametrize("form", OPEN_ONLY)
def test_what_belongs_to_an_open_escalation_is_refused_after_the_end(here: Office, form: str) -> None:
    escalation = resolved(here)

    answer = here.visitor(here.scene.raiser).get(here.path(escalation, form))

    assert answer.status_code == 409
    assert "You cannot do this at this stage of the escalation." in words_on(answer)


@pytest.mark.parametrize("form", ENDED_ONLY)
def test_what_follows_the_end_is_refused_before_it(here: Office, escalation: UUID, form: str) -> None:
    visitor, path = here.visitor(here.scene.raiser), here.path(escalation, form, "danger")
    visitor.get("/escalations")

    answer = visitor.post(path, {"f-danger": "acted", "f-danger_acted": "Zebedee is safe"})

    assert answer.status_code == 409
    assert "Zebedee is safe" in words_on(answer)


# --- corrections ---

CORRECTION = {"f-wrong": "It says Tuesday", "f-right": "It was Wednesday", "f-why": "I misread my diary"}


@pytest.mark.requirement("U-12")
@pytest.mark.parametrize("where", [opened, decided, gone], ids=["open", "resolved", "left"])
def test_a_record_is_corrected_from_its_place_on_the_page_and_stays_as_it_was(
    here: Office, where: Callable[[Office], UUID]
) -> None:
    escalation, raiser = where(here), here.scene.raiser
    sent(here.fill(escalation, raiser, "contact", {"contact": CONTACT}))
    contact = here.records(escalation)[-1]
    visitor, page = here.visitor(raiser), f"/escalations/{escalation}"
    link = f"{page}/correction?record={contact.id}"
    assert link in visitor.get(page).text
    assert visitor.get(link).status_code == 200

    sent(here.fill(escalation, raiser, "correction", {"correction": CORRECTION}))

    correction = here.records(escalation)[-1]
    assert here.facts(escalation) == Correction(corrects=contact.id)
    assert here.said(escalation)["right"] == "It was Wednesday"
    assert here.said(escalation)["record"].startswith("Contact, ")
    unchanged = next(each for each in here.records(escalation) if each.id == contact.id)
    assert (unchanged.facts, unchanged.sections) == (contact.facts, contact.sections)
    for reader in (visitor, here.visitor(who(here, "other"))):
        shown = html.fromstring(reader.get(page).text)
        corrected, corrects = (shown.xpath(f"//*[@id='record-{each.id}']")[0] for each in (contact, correction))
        assert corrected.xpath(f".//a[@href='#record-{correction.id}']/text()") == ["Corrected later"]
        assert corrects.xpath(f".//a[@href='#record-{contact.id}']/text()") == ["Corrects an earlier record"]
    told = here.scene.told(correction.id)["stage_record"]
    assert told >= {raiser, who(here, "other")}


def test_only_ones_own_records_are_offered_for_correction(here: Office, escalation: UUID) -> None:
    raiser, other = here.scene.raiser, who(here, "other")
    here.scene.account(escalation, by=raiser)
    sent(here.fill(escalation, other, "contact", {"contact": CONTACT}))
    concern, _, contact = here.records(escalation)

    shown = here.visitor(raiser).get(here.path(escalation, "correction", "record"))

    assert set(choices_on(shown, "f-record").values()) == {str(concern.id)}
    here.visitor(raiser).get(f"{here.path(escalation, 'correction')}?record={contact.id}")
    answer = here.fill(escalation, raiser, "correction", {"record": {"f-record": str(contact.id)}})
    refused(answer, "Choose an answer to “Which of your records is wrong?” from the list")
    assert f"correction?record={contact.id}" not in here.visitor(raiser).get(f"/escalations/{escalation}").text


def test_coming_from_another_record_keeps_what_was_written(here: Office, escalation: UUID) -> None:
    raiser, form = here.scene.raiser, here.path(escalation, "correction")
    sent(here.fill(escalation, raiser, "contact", {"contact": CONTACT}))
    concern, contact = here.records(escalation)
    visitor = here.visitor(raiser)
    visitor.get(f"{form}?record={contact.id}")
    here.fill(escalation, raiser, "correction", {"correction": {"f-wrong": "It says Tuesday"}})

    visitor.get(f"{form}?record={concern.id}")

    assert "It says Tuesday" in visitor.get(f"{form}/correction").text
    assert f'value="{concern.id}" checked' in visitor.get(f"{form}/record").text


ONCE: dict[str, Answers] = {
    "contact": {"contact": CONTACT},
    "danger": DANGER,
    "time": {"time": day("f-time_frame", SOON)},
    "proforma": {"proforma": {"f-made": "confirmed"}},
    "help": {"help": {"f-helper": "officer", "f-what": "Mediate"}},
}


@pytest.mark.parametrize("form", ONCE)
def test_a_form_that_is_sent_twice_is_recorded_once(here: Office, escalation: UUID, form: str) -> None:
    answer = here.fill(escalation, here.scene.raiser, form, ONCE[form])
    sent(answer)
    record = here.records(escalation)[-1]

    again = here.visitor(here.scene.raiser).post(
        here.path(escalation, form, "check"), {"form_key": str(record.form_key)}
    )

    assert again.status_code == 303
    assert again.location == answer.location
    assert len(here.records(escalation)) == 2


def test_what_is_begun_is_kept_and_can_be_thrown_away(here: Office, escalation: UUID) -> None:
    raiser, path = here.scene.raiser, here.path(escalation, "contact")
    assert here.fill(escalation, raiser, "contact", {"contact": {"f-said": "Half a sentence"}}).status_code == 422
    assert "Half a sentence" in here.visitor(raiser).get(f"{path}/contact").text
    assert "Half a sentence" not in here.visitor(who(here, "other")).get(f"{path}/contact").text

    visitor = here.visitor(raiser)
    assert visitor.post(path).status_code == 405, "at one press it would be gone"
    assert f'href="{path}/delete"' in visitor.get(path).text
    question = visitor.get(f"{path}/delete")
    assert "You cannot get it back." in words_on(question)
    assert "Half a sentence" in visitor.get(f"{path}/contact").text

    assert visitor.post(f"{path}/delete").status_code == 303

    assert visitor.get(f"{path}/delete").location == path
    assert "Half a sentence" not in here.visitor(raiser).get(f"{path}/contact").text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("contact", "Nobody gets a copy: everyone who takes part can read it on the escalation’s page."),
        ("proforma", "You get it, and so does the person who raised the concern. Nobody else does."),
        ("time", "Everyone who takes part gets a copy, and so do you."),
    ],
)
def test_it_says_before_and_after_who_learns_of_it(here: Office, escalation: UUID, form: str, sentence: str) -> None:
    visitor, path = here.visitor(here.scene.raiser), here.path(escalation, form)
    for page, given in {"danger": {"f-danger": "no"}, **ONCE[form]}.items():
        visitor.get(f"{path}/{page}")
        visitor.post(f"{path}/{page}", given)

    check = visitor.get(f"{path}/check")
    assert sentence in words_on(check)
    receipt = visitor.get(visitor.post(f"{path}/check", {"form_key": hidden(check, "form_key")}).location)
    assert ("Everyone who takes part gets an email" in words_on(receipt)) == (form == "time")
    assert (sentence in words_on(receipt)) == (form != "time")
