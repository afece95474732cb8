"""What each kind of document says: everything to the parties, and to the Board nothing that identifies anybody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms_app.db.tables import Agency, Document, Person
from forms_app.documents import contexts
from forms_app.domain.answers import Answered, Section
from forms_app.domain.clocks import Due, Running
from forms_app.domain.filing import Written
from forms_app.domain.policy import DEIDENTIFIED, Audience, Citation, DocumentKind, Event, Limit, Side, Unit
from forms_app.domain.records import Account, Agreement, Dissent, FollowUp
from forms_app.domain.working_days import end_of
from forms_app.services.escalations import record
from forms_app.services.filling.values import timeliness
from forms_app.services.in_words import by_when, kept, month, spell_limit
from tests.factories.everything import at_the_chair, everything, fall_silent, look_after_what_is_due
from tests.factories.forms import SECTIONS
from tests.factories.policies import notice, notices, policy
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
            names = [*session.scalars(select(Person.name)), *session.scalars(select(Agency.name))]
            said = contexts_of(session, *DEIDENTIFIED)
            identified = contexts_of(session, *(set(contexts_kinds()) - DEIDENTIFIED))

    assert said
    leaks = [text for text in (*TYPED, *names) for each in said if text in json.dumps(each, ensure_ascii=False)]
    assert leaks == []
    assert any("Ottilie Marchbank" in json.dumps(each, ensure_ascii=False) for each in identified), "the search works"


def contexts_kinds() -> list[str]:
    return [kind.value for kind in DocumentKind]


@pytest.mark.parametrize("kind", sorted(DEIDENTIFIED))
def test_a_deidentified_value_has_no_day_on_which_anything_happened(kind: str, sqlite_url: str) -> None:
    with scene(sqlite_url, "berkshire") as here:
        list(walk_every_way(here, "main"))
        with here.database.reading() as session:
            found = contexts_of(session, kind)

    for each in found:
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


@pytest.mark.requirement("U-28")
def test_a_confirmation_says_also_who_had_not_agreed_before_or_to_the_actions_alone(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here:
        here.responding = ("socialcare", "police")
        escalation = here.open().escalation_id
        care, police = here.at("socialcare", "practitioner"), here.at("police", "practitioner")
        proposed = here.outcome(escalation, by=here.raiser).record_id
        here.answer(escalation, by=police, to=proposed, agrees=False)
        actions_only = Agreement(outcome=proposed, agrees=False, agrees_actions=True, reasons="Not the threshold.")
        here.record(escalation, actions_only, by=care)
        again = here.outcome(escalation, by=here.raiser).record_id
        here.answer(escalation, by=police, to=again)
        here.answer(escalation, by=care, to=again)
        with here.database.reading() as session:
            (value,) = contexts_of(session, "written_confirmation")

    assert [line["answer"] for line in value["agreement"]] == [
        "To an earlier outcome: did not agree on 1 March 2027 at 10:30am: The plan is too late.",
        "To an earlier outcome: agreed to the actions, but not to the outcome, on 1 March 2027 at 10:30am: Not the threshold.",
        "Recorded this outcome on 1 March 2027 at 10:30am",
        "Agreed on 1 March 2027 at 10:30am",
        "Agreed on 1 March 2027 at 10:30am",
    ]


@pytest.mark.requirement("H-48")
def test_dissent_that_came_before_a_second_decision_stands_in_its_confirmation(sqlite_url: str) -> None:
    with scene(sqlite_url, everything()) as here:
        escalation = at_the_chair(here)
        chair, care = here.holder("chair"), here.at("socialcare", "practitioner")
        here.outcome(escalation, by=chair)
        here.record(escalation, Dissent(), by=care)
        here.record(escalation, FollowUp(carried_out=(False,), then="reopen"), by=here.raiser)
        here.clock.forward(minutes=1)
        here.outcome(escalation, by=chair)
        with here.database.reading() as session:
            first, second = contexts_of(session, "written_confirmation")

    assert "dissent" not in json.dumps(first["agreement"])
    assert next(line["answer"] for line in second["agreement"]) == "Recorded dissent on 1 March 2027 at 10:30am"


def test_that_nobody_is_in_danger_is_not_printed_and_that_somebody_is_always(sqlite_url: str) -> None:
    said = [("no", "No"), ("acted", "There is danger, and the emergency has been reported")]
    with scene(sqlite_url, "hull") as here:
        escalation = here.open().escalation_id
        for code, answer in said:
            danger = Answered(id="danger", question="Is anybody in immediate danger?", answer=answer, codes=(code,))
            sections = (Section(title="Immediate danger", answers=(danger,)), *SECTIONS)
            write = Written(form_key=uuid4(), sections=sections, happened_on=here.today)
            with here.workshop.writing() as work:
                record(
                    work,
                    by=here.raiser,
                    escalation_id=escalation,
                    seen=here.seen(escalation),
                    facts=Account(),
                    written=write,
                )
            here.clock.forward(minutes=1)
        with here.database.reading() as session:
            silent, told = contexts_of(session, "stage_record")

    assert [section["title"] for section in silent["sections"]] == ["What happened"]
    assert told["sections"][0]["answers"][0]["answer"] == said[1][1]


@pytest.mark.requirement("U-08")
def test_the_board_is_told_that_nothing_happens_and_the_parties_why_the_service_wrote(sqlite_url: str) -> None:
    with scene(sqlite_url, everything()) as here:
        here.open()
        fall_silent(here)
        with here.database.reading() as session:
            (notice,) = contexts_of(session, "notice_to_board")
            (told,) = contexts_of(session, "stage_record")

    assert notice["reason"] == "Nothing has been recorded for 3 working days at Stage talk."
    facts = {fact["name"]: fact["value"] for fact in notice["facts"]}
    assert facts["Where it stands"] == "Stage talk"
    assert facts["Counted as an escalation"] == "Not yet"
    assert told["written_by"]["name"] == "This service"
    assert told["sections"][0]["answers"][0]["answer"] == "Nothing had been recorded since 1 March 2027 at 10:30am."


@pytest.mark.requirement("H-49")
def test_the_board_is_told_that_the_decision_stands_while_it_is_challenged(sqlite_url: str) -> None:
    with scene(sqlite_url, everything()) as here:
        escalation = here.open().escalation_id
        here.step_up(escalation)
        here.clock.strike(2027, 3, 9)
        look_after_what_is_due(here)
        with here.database.reading() as session:
            (notice,) = contexts_of(session, "notice_to_board")

    facts = {fact["name"]: fact["value"] for fact in notice["facts"]}
    assert facts["The decision that is questioned"] == "Stands while it is challenged"
    assert "Counted as an escalation" not in facts


@pytest.mark.requirement("B-29")
def test_a_gap_in_policy_goes_to_two_sub_groups_of_which_each_has_its_own_seat(sqlite_url: str) -> None:
    gap = notice(
        Event.RESOLVED,
        DocumentKind.NOTICE_TO_BOARD,
        Audience.SUB_GROUP,
        Audience.POLICY_SUB_GROUP,
        only_if="policy_gap",
    )
    with scene(sqlite_url, policy(notices=(*notices(), gap))) as here:
        subgroup, second = here.holder("sub_group"), here.holder("policy_sub_group")
        escalation, care = here.open().escalation_id, here.at("socialcare", "practitioner")
        proposed = here.outcome(escalation, by=care, policy_gap=True).record_id
        told = here.told(here.answer(escalation, by=here.raiser, to=proposed).record_id)

    assert told["notice_to_board"] == {here.raiser, subgroup, second}


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
    assert timeliness(latest("hull"), [clock], now)[0].kept == to_the_board


def test_a_moment_is_said_to_the_minute_only_where_it_is_meant_so() -> None:
    at = datetime(2026, 3, 29, 13, 0, tzinfo=UTC)

    assert by_when(running(TUESDAY)) == "End of 2 March 2027"
    assert by_when(running(Due(at=at, day=date(2026, 3, 29), to_the_minute=True))) == "29 March 2026 at 2pm"
    assert by_when(running(None)) == "Without delay"
    assert month(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "July 2026"


def test_limits_of_several_stages_say_of_which_each_is_and_who_acts_there() -> None:
    policy = latest("west-sussex")
    first, fifth = (
        replace(running(None), side=None, stage=("main", stage)) for stage in ("professionals", "partnership")
    )

    said = [(limit.who, limit.what) for limit in timeliness(policy, [first, fifth], SOON)]

    assert said == [("Both sides", "Stage 1: Answer"), ("Everyone who takes part", "Stage 5: Answer")]
    assert timeliness(policy, [first], SOON)[0].what == "Answer"
