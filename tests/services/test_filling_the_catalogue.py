"""What the documents say that are made beside the ladder's own: meetings, acknowledgement, referral, and what the Board is let know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms_app.db.tables import Document, Person, SubjectOfConcern
from forms_app.domain.answers import Answered, Section, to_json
from forms_app.domain.filing import Written
from forms_app.domain.policy import (
    DEIDENTIFIED,
    RELEASED,
    Audience,
    Choice,
    DocumentKind,
    Event,
    Meeting,
    Policy,
)
from forms_app.domain.records import (
    AgreedAction,
    Contact,
    MeetingCalled,
    MeetingHeld,
    ProformaMade,
    RestrictedNote,
)
from forms_app.services.escalations import record
from tests.factories.everything import at_the_chair, busy, everything, fall_silent
from tests.factories.forms import SUBJECT
from tests.factories.policies import BOTH, CHAIR, SOURCE, notice, notices, policy, route, stage
from tests.factories.scenes import Scene, scene, shelf
from tests.factories.walks import settle, walk_every_way

PANEL = Meeting(
    id="panel",
    title="Resolution panel",
    form="panel",
    conveners=BOTH,
    members=(CHAIR,),
    at_least=2,
    composition=("Statutory and voluntary members take part.",),
    independent=("chair",),
    recommendations=True,
    source=SOURCE,
)


def said(session: Session, kind: str) -> list[dict[str, Any]]:
    wanted = select(Document.context).where(Document.kind == kind).order_by(Document.owed_at, Document.id)
    return [json.loads(each) for each in session.scalars(wanted)]


def the_only(here: Scene, kind: str) -> dict[str, Any]:
    with here.database.reading() as session:
        (value,) = said(session, kind)
        return value


def titles(here: Scene) -> list[str]:
    with here.database.reading() as session:
        return [title for _, title in sorted(session.execute(select(Document.owed_at, Document.title)))]


# --- meetings ---


def a_panel(here: Scene) -> None:
    """A panel is called for Wednesday and held, without the police; somebody of social care writes the minutes."""
    here.responding = ("socialcare", "police")
    escalation, care = here.open().escalation_id, here.at("socialcare", "practitioner")
    both = (here.raiser, care)
    everybody = (*both, here.at("police", "practitioner"))
    call = MeetingCalled(meeting="panel", at=here.clock.now + timedelta(days=2), conveners=both, invited=everybody)
    called = here.record(escalation, call, by=here.raiser).record_id
    here.clock.forward(days=2)
    action = AgreedAction(what="Write one plan", who="Both", by_when=date(2027, 3, 9))
    held = MeetingHeld(
        meeting="panel", called=called, attended=both, confirmed=("independent-chair",), recommendations=(action,)
    )
    here.record(escalation, held, by=care)


@pytest.mark.requirement("H-30", "U-27")
def test_an_invitation_says_what_when_who_and_what_the_policy_asks_of_it(database_url: str) -> None:
    with scene(database_url, policy(meetings=(PANEL,))) as here:
        a_panel(here)
        value = the_only(here, "meeting_invitation")

        assert (value["meeting"], value["when"]) == ("Resolution panel", "3 March 2027 at 10:30am")
        assert [person["agency"] for person in value["conveners"]] == [
            here.agency("school").name,
            here.agency("socialcare").name,
        ]
        assert [person["agency"] for person in value["invited"]] == [here.agency("police").name]
        assert value["rules"][2:] == [
            "At least 2 people attend",
            "Statutory and voluntary members take part.",
            "The chair is independent of the case",
        ]
        assert value["subject"][0]["answer"] == "Ottilie Marchbank"
        assert "Invitation: Resolution panel on 3 March 2027" in titles(here)


@pytest.mark.requirement("U-46", "H-44", "B-27")
def test_minutes_say_who_came_who_did_not_what_was_confirmed_and_what_is_recommended(database_url: str) -> None:
    with scene(database_url, policy(meetings=(PANEL,))) as here:
        a_panel(here)
        value = the_only(here, "meeting_minutes")

        assert value["held_on"] == "3 March 2027"
        assert value["written_by"]["agency"] == here.agency("socialcare").name
        assert [person["agency"] for person in value["absent"]] == [here.agency("police").name]
        assert len(value["attended"]) == 2
        assert value["confirmed"] == ["The chair is independent of the case"]
        assert value["actions"] == [{"what": "Write one plan", "who": "Both", "by_when": "9 March 2027"}]
        assert value["sections"][0]["answers"][0]["answer"] == "The referral was closed after one call."
        assert "Minutes: Resolution panel on 3 March 2027" in titles(here)


def test_a_meeting_that_was_not_called_here_has_minutes_without_a_list_of_who_was_missing(sqlite_url: str) -> None:
    with scene(sqlite_url, policy(meetings=(PANEL,))) as here:
        escalation, care = here.open().escalation_id, here.at("socialcare", "practitioner")
        held = MeetingHeld(meeting="panel", attended=(here.raiser, care))
        here.record(escalation, held, by=here.raiser)

        assert the_only(here, "meeting_minutes")["absent"] == []


# --- the sheet ---


@pytest.mark.requirement("H-33", "W-14")
def test_the_sheet_lists_every_party_with_what_they_said_and_asks_the_others(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        escalation, care = here.open().escalation_id, here.at("socialcare", "practitioner")
        first = here.outcome(escalation, by=here.raiser).record_id
        here.answer(escalation, by=care, to=first, agrees=False)
        here.clock.forward(hours=1)
        second = here.outcome(escalation, by=here.raiser).record_id
        here.clock.forward(hours=1)
        here.answer(escalation, by=care, to=second)
        value, names = the_only(here, "acknowledgement_sheet"), {place.person for place in here.places(escalation)}

        asked = {person["agency"]: person for person in value["people"]}
        assert asked[here.agency("school").name]["said"] == "Recorded this outcome on 1 March 2027 at 11:30am"
        assert asked[here.agency("socialcare").name]["said"] == "Agreed on 1 March 2027 at 12:30pm"
        assert all(not person["choices"] for person in asked.values())
        assert len(value["people"]) == len(names)
        raiser = next(person["name"] for person in value["people"] if person["agency"] == here.agency("school").name)
        assert value["return_to"].startswith(f"Give the signed sheet to {raiser}, ")


def test_whoever_has_said_nothing_is_asked_with_a_pen_and_whoever_has_left_is_not_asked(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here:
        escalation = here.open().escalation_id
        here.step_up(escalation, everybody=True)
        care = here.at("socialcare", "practitioner")
        with here.database.writing() as session:
            leaver = session.get_one(Person, care)
            leaver.left_at, gone = here.clock.now, leaver.name
        settle(here, escalation)
        value = the_only(here, "acknowledgement_sheet")

        quiet = [person for person in value["people"] if person["said"] == "Nothing yet"]
        assert quiet
        assert all([choice[0] for choice in person["choices"]] == ["☐", "☐"] for person in quiet)
        assert gone not in {person["name"] for person in value["people"]}


# --- the referral ---


def referring() -> Policy:
    """Two stages, the second with a Chair, to whom it is referred."""
    last = stage("chair", actors=(*BOTH, CHAIR))
    referred = notice(Event.STAGE_ENTERED, DocumentKind.REFERRAL, stages=("chair",))
    first = stage("talk")
    return policy(route(first, last), notices=(*notices(), referred), meetings=(PANEL,))


@pytest.mark.requirement("H-29")
def test_a_referral_compiles_both_accounts_and_every_attempt_from_the_logs(database_url: str) -> None:
    with scene(database_url, referring()) as here:
        escalation, care = here.open().escalation_id, here.at("socialcare", "practitioner")
        here.record(escalation, Contact(how="telephone"), by=here.raiser)
        wrong = here.account(escalation, by=care).record_id
        here.clock.forward(hours=1)
        here.account(escalation, by=care, corrects=wrong, reason="The date was wrong")
        proposed = here.outcome(escalation, by=here.raiser).record_id
        here.answer(escalation, by=care, to=proposed, agrees=False)
        here.record(escalation, MeetingHeld(meeting="panel", attended=(here.raiser, care)), by=care)
        told = here.told(here.step_up(escalation).record_id)
        value = the_only(here, "referral")
        school, social_care = here.agency("school").name, here.agency("socialcare").name

        assert told["referral"] == {place.person for place in here.places(escalation)}
        assert value["to"] == "independent_chair"
        assert value["why"] == "It was not resolved at Stage talk."
        whose = [section["title"] for section in value["sections"]]
        assert [title.partition(" by ")[0] for title in whose] == [
            "What happened (concern",
            "What happened (account",
            "What happened (taken further",
        ]
        assert whose[1].endswith(f", {social_care}, 1 March 2027 at 11:30am)"), "the corrected one alone"
        assert [(each["what"], each["who"].rpartition(", ")[2]) for each in value["attempts"]] == [
            ("Contact by telephone", school),
            ("Account", social_care),
            ("Account", social_care),
            ("Outcome recorded: Agreed", school),
            ("Did not agree to the outcome", social_care),
            ("Resolution panel", social_care),
            ("Taken further", school),
        ]
        assert value["attempts"][4]["said"] == "The plan is too late."
        assert "The referral was closed after one call." in value["attempts"][0]["said"]
        assert [line["left"] for line in value["stages"]] == ["1 March 2027 at 11:30am", "Not yet"]


def test_no_referral_says_a_restricted_note_or_goes_to_anybody_who_takes_no_part(database_url: str) -> None:
    canary = Section(
        title="A note", answers=(Answered(id="note", question="What?", answer="Quillfeather was not trained"),)
    )
    with scene(database_url, everything_with_a_referral()) as here:
        escalation = busy(here)
        with here.workshop.writing() as work:
            record(
                work,
                by=here.at("school", "first_line_manager"),
                escalation_id=escalation,
                seen=here.seen(escalation),
                facts=RestrictedNote(about="competence"),
                written=Written(form_key=uuid4(), sections=(canary,), happened_on=here.today),
            )
        here.step_up(escalation)
        told = here.told(here.step_up(escalation).record_id)
        with here.database.reading() as session:
            every = list(session.scalars(select(Document.context)))

        assert told["referral"] == {place.person for place in here.places(escalation)}
        assert not [each for each in every if "Quillfeather" in each or "Restricted note" in each]


def everything_with_a_referral() -> Policy:
    able = everything()
    referred = notice(Event.STAGE_ENTERED, DocumentKind.REFERRAL, stages=("chair",))
    return able.model_copy(update={"notices": (*able.notices, referred)})


# --- for the Board: an allow-list ---

ALLOWED = {
    "Where it stands",
    "Opened",
    "Raised by",
    "Raised with",
    "Age band",
    "Route",
    "Reason",
    "Counted as an escalation",
    "The decision that is questioned",
    "Outcome",
    "Agreed actions",
    "Policy gap found",
    "Dissent recorded",
    "What came of it",
}

PLACES = {"heading", "reason", "part", "to", "stage", "facts", "stages", "time_limits", "learning", "texts"}


@pytest.mark.requirement("U-40", "U-44", "U-49")
@pytest.mark.parametrize("key", [each.key for each in shelf()])
def test_a_deidentified_document_says_what_is_on_the_list_and_nothing_else(key: str, sqlite_url: str) -> None:
    with scene(sqlite_url, shelf().get(key)) as here:
        for way in here.policy.routes:
            list(walk_every_way(here, way.id))
        asked = {question.label for question in here.policy.questions if question.on_proforma}
        kinds = {kind.title for kind in here.policy.agency_kinds}
        with here.database.reading() as session:
            found = [each for kind in DEIDENTIFIED for each in said(session, kind)]

        assert found
        for value in found:
            facts = {fact["name"]: fact["value"] for fact in value["facts"]}
            assert set(facts) - asked <= ALLOWED
            assert {facts["Raised by"], *facts["Raised with"].split(", ")} <= kinds
            assert set(value) <= PLACES
            assert not value.get("texts"), "those come in when it is released"
            assert value["heading"]["issued_on"] == "March 2027"


def born(here: Scene, births: str) -> None:
    """Adds dates of birth to the subject of every escalation."""
    answered = Answered(id="births", question="Dates of birth", answer=births)
    sections = (SUBJECT[0].model_copy(update={"answers": (*SUBJECT[0].answers, answered)}),)
    with here.database.writing() as session:
        for row in session.scalars(select(SubjectOfConcern)):
            row.answers = to_json(sections)


@pytest.mark.requirement("U-40")
def test_a_proforma_says_the_band_of_age_on_the_day_of_opening_and_not_the_birth(database_url: str) -> None:
    with scene(database_url, policy()) as here:
        escalation = here.open().escalation_id
        born(here, "12 March 2017, and the other 4/5/2024")
        here.clock.strike(2028, 1, 10)
        here.record(escalation, ProformaMade(), by=here.raiser)
        value = the_only(here, "board_proforma")

        facts = {fact["name"]: fact["value"] for fact in value["facts"]}
        assert facts["Age band"] == "1 to 4, 5 to 9"
        assert not [year for year in ("2017", "2024") if year in json.dumps(value)]


def parts(here: Scene) -> Iterator[tuple[str, str]]:
    with here.database.reading() as session:
        wanted = select(Document).where(Document.kind == "board_proforma").order_by(Document.owed_at, Document.id)
        for row in session.scalars(wanted):
            yield json.loads(row.context)["part"], row.title


@pytest.mark.requirement("U-44", "U-48", "U-50")
def test_a_proforma_says_why_it_is_made_in_its_text_and_in_its_title(sqlite_url: str) -> None:
    unit = Audience.BUSINESS_UNIT
    made = (
        notice(Event.STAGE_ENTERED, DocumentKind.BOARD_PROFORMA, unit),
        notice(Event.RESOLVED, DocumentKind.BOARD_PROFORMA, unit, stages=("two",)),
        notice(Event.RESOLVED, DocumentKind.BOARD_PROFORMA, Audience.CHAIR, only_if="learning"),
    )
    lessons = (Choice(id="training", title="A need for training"),)
    with scene(sqlite_url, policy(notices=(*notices(), *made), learning=lessons)) as here:
        for goes_on in (False, True):
            escalation = here.open().escalation_id
            care = here.at("socialcare", "practitioner")
            here.clock.forward(minutes=1)
            if goes_on:
                here.record(escalation, ProformaMade(), by=here.raiser)
                here.clock.forward(minutes=1)
                here.step_up(escalation)
                here.clock.forward(minutes=1)
            proposed = here.outcome(escalation, by=care, learning=("training",)).record_id
            here.answer(escalation, by=here.raiser, to=proposed)
            here.clock.forward(minutes=1)

        assert list(parts(here)) == [
            ("Learning", "Board proforma (learning)"),
            ("How it stands now", "Board proforma (how it stands now)"),
            ("Opening", "Board proforma (opening)"),
            ("Closing", "Board proforma (closing)"),
        ]


def test_a_proforma_of_silence_says_how_it_stands(sqlite_url: str) -> None:
    able = everything()
    told = notice(Event.GONE_QUIET, DocumentKind.BOARD_PROFORMA, Audience.BUSINESS_UNIT)
    with scene(sqlite_url, able.model_copy(update={"notices": (*able.notices, told)})) as here:
        here.open()
        fall_silent(here)

        assert [part for part, _ in parts(here)] == ["How it stands now"]


@pytest.mark.requirement("B-28", "B-29")
def test_a_report_and_a_notice_of_a_gap_say_to_whom_they_go_and_where_it_was(database_url: str) -> None:
    with scene(database_url, "berkshire") as here:
        list(walk_every_way(here, "main"))
        with here.database.reading() as session:
            reports, gaps = said(session, "sub_group_report"), said(session, "policy_gap_notice")
            waiting = set(session.scalars(select(Document.kind).where(Document.issued_at.is_(None)))) & RELEASED

        assert [report["to"] for report in reports] == ["Sub-group"]
        assert {gap["to"] for gap in gaps} == {"Chair, Policy and Procedures Sub-Group"}
        assert {gap["stage"] for gap in gaps} == {here.policy.stage_title(each) for each in here.policy.main.stages}
        assert waiting == {"board_proforma", "sub_group_report", "policy_gap_notice"}


@pytest.mark.requirement("H-48")
def test_whoever_dissented_is_counted_for_the_board_and_not_named(sqlite_url: str) -> None:
    able = everything_with_a_referral()
    told = notice(Event.RESOLVED, DocumentKind.NOTICE_TO_BOARD, Audience.BUSINESS_UNIT)
    with scene(sqlite_url, able.model_copy(update={"notices": (*able.notices, told)})) as here:
        escalation = at_the_chair(here)
        here.outcome(escalation, by=here.holder("chair"))
        value = the_only(here, "notice_to_board")

        assert {fact["name"]: fact["value"] for fact in value["facts"]}["Dissent recorded"] == "No"
