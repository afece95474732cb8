"""What each kind of document says: everything to the parties, and to the Board nothing that identifies anybody."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms_app.db.tables import Document, Person
from forms_app.documents import contexts
from forms_app.domain.clocks import Due, Running
from forms_app.domain.policy import DEIDENTIFIED, Citation, Limit, Side, Unit
from forms_app.domain.working_days import end_of
from forms_app.services.filling import by_when, kept, month, spell_limit, timeliness
from tests.factories.scenes import latest, scene, shelf
from tests.factories.walks import settle, walk_every_way

TYPED = (
    "Ottilie Marchbank",
    "The referral was closed after one call.",
    "She has had no meal since Friday.",
    "Visit the family",
    "Social worker",
    "The plan is too late.",
    "Her school place",
)
MONDAY = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)


def contexts_of(session: Session, *kinds: str) -> list[dict[str, Any]]:
    wanted = select(Document.context).order_by(Document.owed_at, Document.id)
    return [json.loads(each) for each in session.scalars(wanted.where(Document.kind.in_(kinds)))]


# --- nothing that identifies ---


@pytest.mark.requirement("U-40", "U-49")
@pytest.mark.parametrize("key", [policy.key for policy in shelf()])
def test_what_goes_to_the_board_has_no_name_and_nothing_that_was_typed(key: str, sqlite_url: str) -> None:
    with scene(sqlite_url, shelf().get(key)) as here:
        for route in here.policy.routes:
            list(walk_every_way(here, route.id))
        with here.database.reading() as session:
            names = list(session.scalars(select(Person.name)))
            said = contexts_of(session, *DEIDENTIFIED)
            identified = contexts_of(session, *(set(contexts_kinds()) - DEIDENTIFIED))

    assert said
    leaks = [text for text in (*TYPED, *names) for each in said if text in json.dumps(each, ensure_ascii=False)]
    assert leaks == []
    assert any("Ottilie Marchbank" in json.dumps(each, ensure_ascii=False) for each in identified), "the search works"


def contexts_kinds() -> list[str]:
    return ["written_account", "stage_record", "written_confirmation", "notice_to_board", "board_proforma"]


@pytest.mark.parametrize("kind", sorted(DEIDENTIFIED))
def test_a_deidentified_value_has_no_day_on_which_anything_happened(kind: str, sqlite_url: str) -> None:
    with scene(sqlite_url, "berkshire") as here:
        list(walk_every_way(here, "main"))
        with here.database.reading() as session:
            found = contexts_of(session, kind)

    for each in found:
        each["heading"].pop("issued_on")
        assert "2027-" not in json.dumps(each)
        assert "1 March" not in json.dumps(each)


# --- everything, to the parties ---


@pytest.mark.requirement("B-32", "U-28")
def test_a_confirmation_says_outcome_actions_what_is_open_the_review_and_who_agreed(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        escalation = here.open().escalation_id
        other = here.at("socialcare", "practitioner")
        proposed = here.outcome(
            escalation, by=other, outstanding="Her school place", review_on=date(2027, 4, 1)
        ).record_id
        here.clock.forward(hours=2)
        here.answer(escalation, by=here.raiser, to=proposed)
        with here.database.reading() as session:
            (value,) = contexts_of(session, "written_confirmation")

    assert (value["outcome"], value["outstanding"], value["review"]) == ("Agreed", "Her school place", "1 April 2027")
    assert value["resolved_on"] == "1 March 2027 at 12:30pm"
    assert [(action["what"], action["by_when"]) for action in value["actions"]] == [
        ("Visit the family", "4 March 2027")
    ]
    assert [line["answer"] for line in value["agreement"]] == [
        "Recorded this outcome on 1 March 2027 at 10:30am",
        "Agreed on 1 March 2027 at 12:30pm",
    ]
    assert "The referral was closed after one call." in json.dumps(value)


def test_an_account_says_who_raised_it_about_whom_and_by_when_each_side_acts(database_url: str) -> None:
    with scene(database_url, "four-lscb") as here:
        here.open(concern_identified_on=date(2027, 3, 1))
        with here.database.reading() as session:
            (value,) = contexts_of(session, "written_account")
            name = session.get_one(Person, here.raiser).name

    assert value["raised_by"]["name"] == name
    assert value["subject"] == [{"question": "Full names", "answer": "Ottilie Marchbank"}]
    assert [(line["by_when"], line["kept"]) for line in value["time_limits"]] == [
        ("End of 1 March 2027", "Done on 1 March 2027 at 10:30am"),
        ("End of 2 March 2027", "Open"),
    ]


def test_a_document_says_what_was_so_when_it_was_owed_and_goes_on_saying_it(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        filed = here.open()
        (before,) = (each.context for each in here.documents(filed.record_id))
        with here.database.writing() as session:
            session.get_one(Person, here.raiser).name = "Renamed Afterwards"
        settle(here, filed.escalation_id)

        (after,) = (each.context for each in here.documents(filed.record_id))

    assert before == after
    assert contexts.WrittenAccount.model_validate_json(after).heading.reference


# --- words ---


@pytest.mark.parametrize(
    ("unit", "amount", "said"),
    [
        (Unit.WORKING_DAYS, 1, "1 working day"),
        (Unit.WORKING_DAYS, 2, "2 working days"),
        (Unit.WORKING_WEEKS, 1, "1 working week"),
        (Unit.HOURS, 24, "24 hours"),
        (Unit.CALENDAR_DAYS, 1, "1 calendar day"),
        (Unit.SAME_WORKING_DAY, None, "The same working day"),
        (Unit.WITHOUT_DELAY, None, "Without delay"),
        (Unit.AGREED, None, "A time that both sides accept"),
    ],
)
def test_a_limit_is_said_as_the_policy_says_it(unit: Unit, amount: int | None, said: str) -> None:
    assert spell_limit(Limit(unit=unit, amount=amount)) == said


def running(due: Due | None, **more: datetime) -> Running:
    return Running(
        id="a",
        side=Side.RAISING,
        level=None,
        does="Answer",
        limit=Limit(unit=Unit.WORKING_DAYS, amount=1) if due else Limit(unit=Unit.WITHOUT_DELAY),
        started_at=MONDAY,
        due=due,
        met_at=more.get("met_at"),
        left_at=more.get("left_at"),
        source=Citation(section="1", words="one day"),
    )


TUESDAY = Due(at=end_of(date(2027, 3, 2)), day=date(2027, 3, 2))
SOON, LATE = MONDAY + timedelta(hours=1), MONDAY + timedelta(days=3)


@pytest.mark.parametrize(
    ("clock", "now", "to_a_party", "to_the_board"),
    [
        (running(TUESDAY), SOON, "Open", "Open"),
        (running(TUESDAY), LATE, "Overdue", "Overdue"),
        (running(TUESDAY, met_at=SOON), LATE, "Done on 1 March 2027 at 11am", "Kept"),
        (running(TUESDAY, met_at=LATE), LATE, "Late, on 4 March 2027 at 10am", "Late"),
        (running(TUESDAY, left_at=SOON), LATE, "Not recorded", "Not recorded"),
        (running(TUESDAY, left_at=LATE), LATE, "Not done in time", "Not done in time"),
        (running(None), LATE, "Open", "Open"),
        (running(None, met_at=LATE), LATE, "Done on 4 March 2027 at 10am", "Kept"),
    ],
)
def test_what_became_of_a_clock(clock: Running, now: datetime, to_a_party: str, to_the_board: str) -> None:
    assert kept(clock, now) == to_a_party
    assert timeliness(latest("hull"), clock, now).kept == to_the_board


def test_a_moment_is_said_to_the_minute_only_where_it_is_meant_so() -> None:
    at = datetime(2026, 3, 29, 13, 0, tzinfo=UTC)

    assert by_when(running(TUESDAY)) == "End of 2 March 2027"
    assert by_when(running(Due(at=at, day=date(2026, 3, 29), to_the_minute=True))) == "29 March 2026 at 2pm"
    assert by_when(running(None)) == "Without delay"
    assert month(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "July 2026"
