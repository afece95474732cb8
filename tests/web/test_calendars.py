"""The dates of an escalation in the calendars of those who take part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar, Event

from forms_app.domain.policy import Actor, Duty, Meeting, Side, Unit
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


# --- every date of an escalation ---


def dates(here: Office, escalation: UUID, person: UUID) -> list[Event]:
    answer = here.visitor(person).get(f"/escalations/{escalation}/calendar.ics")
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Content-Disposition"] == "attachment; filename=calendar.ics"
    return list(Calendar.from_ical(answer.data).events)


@pytest.fixture
def full(sqlite_url: str) -> Iterator[Office]:
    """Limits in days and in hours, a meeting, and after the end an action, a duty and a review."""
    limits = (
        policies.clock("days", limit=policies.limit(Unit.WORKING_DAYS, 2)),
        policies.clock("hours", limit=policies.limit(Unit.HOURS, 24)),
        policies.clock("soon", limit=policies.limit(Unit.WITHOUT_DELAY)),
    )
    duty = Duty(id="check", text="Check it", side="all", due="action_date", source=policies.SOURCE)
    stage = policies.stage("one", meetings=(MEETING,), clocks=limits)
    with office(sqlite_url, policies.policy(policies.route(stage, after="leaves_for"), duties=(duty,))) as found:
        yield found


def test_every_date_that_is_to_be_kept_is_an_event_the_whole_day_or_to_the_minute(full: Office) -> None:
    raiser = full.scene.raiser
    escalation = full.scene.open().escalation_id
    facts = MeetingCalled(meeting="talk", at=AT, conveners=(raiser,), invited=())
    called = full.scene.record(escalation, facts, by=raiser).record_id
    opened = full.scene.clock.now

    found = {(event["summary"].partition(": ")[2], event["dtstart"].dt) for event in dates(full, escalation, raiser)}

    two_days_later = date(2027, 3, 3)
    assert found == {
        ("time limit", two_days_later),
        ("time limit", opened + timedelta(hours=24)),
        ("meeting", AT),
    }
    by_id = {str(event["uid"]): event for event in dates(full, escalation, full.scene.at("socialcare", "practitioner"))}
    assert f"{called}@escalations" in by_id, "the same as in the file of the meeting alone"
    whole = next(event for event in by_id.values() if event["dtstart"].dt == two_days_later)
    assert whole["dtend"].dt == two_days_later + timedelta(days=1)
    assert whole["transp"] == "TRANSPARENT"


def test_after_the_end_there_are_the_dates_that_were_agreed(full: Office) -> None:
    escalation = full.scene.open().escalation_id
    proposed = full.scene.outcome(escalation, by=full.scene.raiser).record_id
    full.scene.answer(escalation, by=full.scene.at("socialcare", "practitioner"), to=proposed)
    today = full.scene.today

    found = dates(full, escalation, full.scene.raiser)

    assert {(event["summary"].partition(": ")[2], event["dtstart"].dt) for event in found} == {
        ("action due", today + timedelta(days=3)),
        ("check what was agreed", today + timedelta(days=3)),
        ("review", today + timedelta(days=28)),
    }
    again = dates(full, escalation, full.scene.raiser)
    assert [event["uid"] for event in again] == [event["uid"] for event in found]
    assert len({event["uid"] for event in found}) == 3


def test_what_is_kept_has_no_event_any_more_and_the_page_no_link(full: Office) -> None:
    visitor = full.visitor(full.scene.raiser)
    escalation = full.scene.open().escalation_id
    link = f"/escalations/{escalation}/calendar.ics"
    assert link in visitor.get(f"/escalations/{escalation}").text

    full.scene.step_up(escalation)

    assert dates(full, escalation, full.scene.raiser) == []
    assert link not in visitor.get(f"/escalations/{escalation}").text


def test_the_dates_say_nothing_that_anybody_typed_and_name_nobody(full: Office) -> None:
    escalation = full.scene.open().escalation_id
    proposed = full.scene.outcome(escalation, by=full.scene.raiser).record_id
    full.scene.answer(escalation, by=full.scene.at("socialcare", "practitioner"), to=proposed)

    for event in dates(full, escalation, full.scene.raiser):
        assert set(event) <= {"UID", "DTSTAMP", "DTSTART", "DTEND", "TRANSP", "SUMMARY", "URL", "CLASS"}
        said = event.to_ical().decode()
        written = [answer.answer for section in SECTIONS for answer in section.answers]
        for typed in ("Ottilie", "Marchbank", "School", "Social", "Visit", "Check it", *written):
            assert typed not in said


def test_the_dates_are_for_those_who_take_part(full: Office) -> None:
    escalation = full.scene.open().escalation_id

    for other in (full.scene.at("police", "practitioner"), full.scene.holder("business_unit")):
        assert full.visitor(other).get(f"/escalations/{escalation}/calendar.ics").status_code == 404
