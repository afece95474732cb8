"""A meeting in the calendar of somebody who takes part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from forms_app.domain.policy import Actor, Meeting, Side
from forms_app.domain.records import MeetingCalled
from tests.factories import policies
from tests.factories.forms import SECTIONS
from tests.web.clerk import Office, office

AT = datetime(2027, 7, 1, 13, 30, tzinfo=UTC)
MEETING = Meeting(
    id="talk",
    title="Meeting of both sides",
    form="meeting",
    conveners=(Actor(side=Side.RAISING, level="practitioner"),),
    source=policies.SOURCE,
)


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Office]:
    stage = policies.stage("one", meetings=(MEETING,))
    with office(sqlite_url, policies.policy(policies.route(stage, policies.stage("two")))) as found:
        yield found


@pytest.fixture
def called(here: Office) -> tuple[UUID, UUID]:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    facts = MeetingCalled(meeting="talk", at=AT, conveners=(raiser,), invited=())
    return escalation, here.scene.record(escalation, facts, by=raiser).record_id


def path(escalation: UUID, record: UUID) -> str:
    return f"/escalations/{escalation}/records/{record}/meeting.ics"


@pytest.mark.requirement("H-26")
def test_a_meeting_is_taken_into_a_calendar(here: Office, called: tuple[UUID, UUID]) -> None:
    for person in (here.scene.raiser, here.scene.at("socialcare", "practitioner")):
        answer = here.visitor(person).get(path(*called))

        assert answer.mimetype == "text/calendar"
        assert answer.headers["Content-Disposition"] == "attachment; filename=meeting.ics"
        (event,) = Calendar.from_ical(answer.data).events
        assert event["dtstart"].dt == AT
        assert event["uid"] == f"{called[1]}@escalations"
        assert event["url"] == f"http://escalations.example/escalations/{called[0]}"


def test_it_says_when_and_of_which_escalation_and_nothing_else(here: Office, called: tuple[UUID, UUID]) -> None:
    answer = here.visitor(here.scene.raiser).get(path(*called))

    (event,) = Calendar.from_ical(answer.data).events
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "URL", "CLASS"}
    assert event["summary"].startswith("Escalation INV-")
    assert event["summary"].endswith(": meeting")
    written = [answer.answer for section in SECTIONS for answer in section.answers]
    for typed in ("Ottilie", "Marchbank", "School", "Social Care", *written):
        assert typed not in answer.text


def test_nobody_else_learns_of_it(here: Office, called: tuple[UUID, UUID]) -> None:
    assert here.visitor(here.scene.at("police", "practitioner")).get(path(*called)).status_code == 404


def test_what_is_no_meeting_has_no_calendar_file(here: Office, called: tuple[UUID, UUID]) -> None:
    escalation, _ = called
    concern = here.records(escalation)[0].id

    for record in (concern, uuid4()):
        assert here.visitor(here.scene.raiser).get(path(escalation, record)).status_code == 404
