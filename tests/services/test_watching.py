"""What the service does of itself when a time runs out: once, in time, and never over anybody's head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.db import outbox
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.tables import AuditEntry, OutboxItem, StageRecord
from forms_app.domain.acts import unfilled
from forms_app.domain.errors import ChangedMeanwhile, DomainError
from forms_app.domain.escalation import Open, Resolved
from forms_app.domain.filing import NamedParty, Seen
from forms_app.domain.policy import Actor, Audience, DocumentKind, Event, Gate, Moment, Policy, Quiet, Side, Unit
from forms_app.domain.records import Contact, PeopleJoin, RestrictedNote, StepUp
from forms_app.domain.working_days import Calendar
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services.boards import leave
from forms_app.services.history import step_of
from forms_app.services.outbox import LEASE
from forms_app.services.watching import look_after
from forms_app.services.workshop import Workshop
from tests.factories.breaking import Broken, breaking
from tests.factories.everything import everything, look_after_what_is_due
from tests.factories.policies import BOTH, SOURCE, cap, clock, limit, notice, notices, policy, route, stage
from tests.factories.scenes import Scene, scene

MANAGERS = tuple(Actor(side=side, level="first_line_manager") for side in (Side.RAISING, Side.RESPONDING))
ANSWER = clock(
    "answer",
    side=Side.RESPONDING,
    limit=limit(Unit.WORKING_DAYS, 2),
    stops=Moment.ACCOUNT_BY_RESPONDING,
    if_unanswered="opens_next_stage",
)
DUE = (2027, 3, 4, 0, 0)
"""Two working days after Monday 1 March 2027 are over when Thursday begins."""


def two_stages(**second: Any) -> Policy:
    return policy(route(stage("one", clocks=(ANSWER,)), stage("two", **{"actors": MANAGERS, **second})))


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, two_stages()) as made:
        yield made


def by_the_service(here: Scene) -> list[StageRecord]:
    with here.database.reading() as session:
        wanted = select(StageRecord).where(StageRecord.person_id.is_(None)).order_by(StageRecord.number)
        found = list(session.scalars(wanted))
        session.expunge_all()
        return found


def looks_owed(here: Scene) -> list[OutboxItem]:
    with here.database.reading() as session:
        wanted = select(OutboxItem).where(OutboxItem.kind == OutboxKind.WATCH.value, OutboxItem.done_at.is_(None))
        found = list(session.scalars(wanted.order_by(OutboxItem.not_before)))
        session.expunge_all()
        return found


def claim_of(item: OutboxItem, worker: str = "worker") -> Claim:
    return Claim(item.id, item.kind, item.about_id, 1, worker)


def stage_of(here: Scene, escalation: UUID) -> str:
    return here.stage(escalation).id


# --- nobody answers in time ---


def test_when_nobody_answers_in_time_the_next_stage_opens(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.clock.strike(*DUE)

    look_after_what_is_due(here)

    (record,) = by_the_service(here)
    facts = step_of(record).facts
    assert isinstance(facts, StepUp)
    assert (facts.stage, facts.unanswered) == ("two", "answer")
    assert (record.side, record.agency_id, record.entered_at) == (None, None, here.clock.now)
    assert stage_of(here, escalation) == "two"


def test_its_record_is_noted_and_the_parties_and_whoever_joins_are_told(here: Scene) -> None:
    here.open()
    here.clock.strike(*DUE)

    look_after_what_is_due(here)

    (record,) = by_the_service(here)
    managers = {here.at(agency, "first_line_manager") for agency in ("school", "socialcare")}
    told = {here.raiser, here.at("socialcare", "practitioner")} | managers
    assert here.told(record.id) == {"stage_record": told}
    with here.database.reading() as session:
        noted = Counter(session.scalars(select(AuditEntry.action).where(AuditEntry.about_id == record.id)))
    assert noted == {"step_up_by_the_service": 1}


def test_a_minute_before_nothing_happens(here: Scene) -> None:
    here.open()
    here.clock.strike(2027, 3, 3, 23, 59)

    look_after_what_is_due(here)

    assert by_the_service(here) == []


def test_whoever_answers_in_time_stops_it(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.account(escalation, by=here.at("socialcare", "practitioner"))
    here.clock.strike(2027, 3, 20)

    look_after_what_is_due(here)

    assert by_the_service(here) == []
    assert stage_of(here, escalation) == "one"


def test_of_several_agencies_every_one_has_to_answer(here: Scene) -> None:
    here.responding = ("socialcare", "police")
    escalation = here.open().escalation_id
    here.account(escalation, by=here.at("socialcare", "practitioner"))
    here.clock.strike(*DUE)

    look_after_what_is_due(here)

    assert stage_of(here, escalation) == "two"


def test_something_else_that_is_recorded_moves_nothing(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.clock.forward(hours=5)
    here.record(escalation, Contact(how="telephone"), by=here.raiser)
    here.clock.strike(*DUE)

    look_after_what_is_due(here)

    assert stage_of(here, escalation) == "two"


def test_after_it_was_settled_nothing_opens(here: Scene) -> None:
    escalation = here.open().escalation_id
    proposed = here.outcome(escalation, by=here.raiser).record_id
    here.answer(escalation, by=here.at("socialcare", "practitioner"), to=proposed)
    here.clock.strike(2027, 3, 20)

    look_after_what_is_due(here)

    assert isinstance(here.standing(escalation), Resolved)
    assert by_the_service(here) == []


def test_the_last_stage_has_nothing_to_open(database_url: str) -> None:
    with scene(database_url, policy(route(stage("one", clocks=(ANSWER,))))) as here:
        here.open()
        assert looks_owed(here) == []


def test_a_stage_before_which_something_must_be_confirmed_does_not_open_by_itself(database_url: str) -> None:
    told = Gate(id="told", before="entering", statement="The leads know.", otherwise="Tell the leads.", source=SOURCE)
    with scene(database_url, two_stages(gates=(told,))) as here:
        here.open()
        assert looks_owed(here) == []


def test_a_limit_over_several_stages_that_was_over_when_a_stage_began_opens_nothing_more(database_url: str) -> None:
    three = [stage(name, clocks=(ANSWER,)) for name in ("one", "two", "three")]
    under = policy(route(*three, stage("four"), caps=(cap("one", "two", "three"),)))
    with scene(database_url, under) as here:
        escalation = here.open().escalation_id
        here.clock.strike(*DUE)
        for _ in range(4):
            look_after_what_is_due(here)
            here.clock.forward(days=9)
        assert stage_of(here, escalation) == "two"


# --- who acts at the stage that has opened ---


def test_where_nobody_holds_the_level_the_stage_is_open_and_anybody_may_name_who_acts(database_url: str) -> None:
    with scene(database_url, two_stages(actors=(BOTH[0], Actor(side=Side.RESPONDING, level="senior_manager")))) as here:
        escalation = here.open().escalation_id
        with here.workshop.writing() as work:
            leave(work, "senior.manager@socialcare.inventedshire.example")
        here.clock.strike(*DUE)
        look_after_what_is_due(here)

        now, responding = here.standing(escalation), [here.agency("socialcare").id]
        assert isinstance(now, Open)
        missing = unfilled(now, here.places(escalation), responding)
        assert [(actor.level, agency) for actor, agency in missing] == [("senior_manager", responding[0])]

        colleague = here.at("socialcare", "colleague")
        joins = (NamedParty(colleague, Side.RESPONDING, "senior_manager"),)
        here.record(escalation, PeopleJoin(because="acts", joins=(colleague,)), by=here.raiser, people=joins)
        assert unfilled(now, here.places(escalation), responding) == []


def test_a_stage_that_opened_by_itself_without_the_other_side_is_not_closed_by_one_alone(database_url: str) -> None:
    alone = stage("one", actors=BOTH[:1], clocks=(clock(limit=limit(Unit.HOURS, 2), if_unanswered="opens_next_stage"),))
    with scene(database_url, policy(route(alone, stage("two")))) as here:
        escalation = here.open().escalation_id
        here.clock.forward(hours=3)
        look_after_what_is_due(here)
        assert {place.side for place in here.places(escalation)} == {Side.RAISING}, (
            "two practitioners: nobody is guessed"
        )

        here.outcome(escalation, by=here.raiser)

        now = here.standing(escalation)
        assert isinstance(now, Open)
        assert now.proposed is not None
        assert now.proposed.waits_for == {(Side.RESPONDING, here.agency("socialcare").id)}


def test_nobody_can_say_that_a_stage_opened_by_itself(here: Scene) -> None:
    escalation = here.open().escalation_id
    claims = StepUp(route="main", stage="two", unanswered="answer")

    filed = here.record(escalation, claims, by=here.raiser, people=here.named(here.policy.main.stages[1]))

    with here.database.reading() as session:
        facts = step_of(session.get_one(StageRecord, filed.record_id)).facts
    assert isinstance(facts, StepUp)
    assert facts.unanswered is None


def test_nobody_joins_for_a_place_that_somebody_fills_already(here: Scene) -> None:
    escalation, colleague = here.open().escalation_id, here.at("school", "colleague")
    joins = (NamedParty(colleague, Side.RAISING, "first_line_manager"),)
    here.record(escalation, PeopleJoin(because="supports", joins=(colleague,)), by=here.raiser, people=joins)
    here.clock.strike(*DUE)

    look_after_what_is_due(here)

    assert stage_of(here, escalation) == "two"
    assert here.at("school", "first_line_manager") not in {place.person for place in here.places(escalation)}


# --- at the same moment ---


def together(*doings: Callable[[], Any]) -> list[Any]:
    """What came of each, begun at the same instant: a refusal is also something."""
    meeting = Barrier(len(doings))

    def one(doing: Callable[[], Any]) -> Any:
        meeting.wait(timeout=30)
        try:
            return doing()
        except DomainError as refused:
            return refused

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(one, doings))


def test_two_workers_open_it_once(here: Scene) -> None:
    """As when the first worker's lease has ended while it still works."""
    here.open()
    (item,) = looks_owed(here)
    here.clock.strike(*DUE)

    together(*(lambda name=name: look_after(here.workshop, claim_of(item, name)) for name in ("a", "b", "c")))

    assert len(by_the_service(here)) == 1


@pytest.mark.parametrize("turn", range(3))
def test_of_a_person_and_the_service_one_takes_it_further(here: Scene, turn: int) -> None:
    escalation = here.open().escalation_id
    (item,) = looks_owed(here)
    here.clock.strike(*DUE)
    seen = Seen("main", "one")

    _, came_of_it = together(
        lambda: look_after(here.workshop, claim_of(item)),
        lambda: here.step_up(escalation, by=here.raiser, seen=seen),
    )

    service, person = by_the_service(here), not isinstance(came_of_it, DomainError)
    assert len(service) + person == 1
    assert person or isinstance(came_of_it, ChangedMeanwhile)
    assert len(here.standing(escalation).visits) == 2


@pytest.mark.parametrize("turn", range(3))
def test_an_answer_at_the_last_moment_is_either_there_or_too_late_and_never_both(here: Scene, turn: int) -> None:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    (item,) = looks_owed(here)
    here.clock.strike(*DUE)

    _, answered = together(
        lambda: look_after(here.workshop, claim_of(item)),
        lambda: here.account(escalation, by=other, seen=Seen("main", "one")),
    )

    assert isinstance(answered, ChangedMeanwhile) == (len(by_the_service(here)) == 1)


def test_a_worker_that_stops_anywhere_leaves_nothing_half_done(here: Scene) -> None:
    here.open()
    (item,) = looks_owed(here)
    here.clock.strike(*DUE)
    before, number = here.count(), 0

    while True:
        number += 1
        with here.workshop.writing() as work:
            (claim,) = [
                one for one in outbox.claim(work.session, "worker", work.now, 100, LEASE) if one.item_id == item.id
            ]
        with breaking(here.database, number) as hit:
            try:
                look_after(here.workshop, claim)
            except Broken:
                assert here.count() == before, hit
                here.clock.forward(minutes=5)
                continue
        break

    assert number > 5
    assert len(by_the_service(here)) == 1
    assert item.id not in {left.id for left in looks_owed(here)}


# --- a bank holiday that was added later ---


def test_a_bank_holiday_that_was_added_later_moves_the_opening(here: Scene) -> None:
    escalation = here.open().escalation_id
    (item,) = looks_owed(here)
    mourning = date(2027, 3, 3)

    def with_mourning(nation: str) -> Calendar:
        calendar = calendar_of(nation)
        return replace(calendar, closed={**calendar.closed, mourning: "A day of mourning"})

    later = Workshop(here.database, here.shelf, with_mourning, here.clock)
    here.clock.strike(*DUE)
    with here.workshop.writing() as work:
        (claim,) = [one for one in outbox.claim(work.session, "worker", work.now, 100, LEASE) if one.item_id == item.id]
    look_after(later, claim)

    assert by_the_service(here) == []
    (again,) = looks_owed(here)
    assert again.not_before == here.clock.now + timedelta(days=1)

    here.clock.forward(days=1)
    look_after(later, claim_of(again))
    assert stage_of(here, escalation) == "two"


# --- nothing is recorded for a while ---


@pytest.fixture
def silent(database_url: str) -> Iterator[Scene]:
    told = notice(Event.GONE_QUIET, DocumentKind.NOTICE_TO_BOARD, Audience.BUSINESS_UNIT)
    under = everything().model_copy(
        update={"quiet": Quiet(limit=limit(Unit.WORKING_DAYS, 3), source=SOURCE), "notices": (*notices(), told)}
    )
    with scene(database_url, under) as made:
        yield made


def test_after_a_silence_the_parties_and_the_board_are_told_and_again_after_the_next(silent: Scene) -> None:
    silent.open()
    for day in ((2027, 3, 4), (2027, 3, 5), (2027, 3, 10), (2027, 3, 11)):
        silent.clock.strike(*day, hour=0)
        look_after_what_is_due(silent)

    records = by_the_service(silent)
    assert [(record.kind, record.happened_on) for record in records] == [
        ("quiet", date(2027, 3, 5)),
        ("quiet", date(2027, 3, 11)),
    ]
    for record in records:
        told = silent.told(record.id)
        assert silent.raiser in told["stage_record"]
        assert silent.holder("business_unit") in told["notice_to_board"]


def test_a_record_of_anybody_begins_the_silence_anew(silent: Scene) -> None:
    escalation = silent.open().escalation_id
    silent.clock.strike(2027, 3, 4, 9)
    silent.record(escalation, Contact(how="email"), by=silent.at("socialcare", "practitioner"))
    silent.clock.strike(2027, 3, 9, 9)

    look_after_what_is_due(silent)

    assert by_the_service(silent) == []


def test_a_restricted_note_moves_nothing_that_others_could_notice(silent: Scene) -> None:
    escalation = silent.open().escalation_id
    manager = silent.at("school", "first_line_manager")
    joins = (NamedParty(manager, Side.RAISING, "first_line_manager"),)
    silent.record(escalation, PeopleJoin(because="supports", joins=(manager,)), by=silent.raiser, people=joins)
    silent.clock.strike(2027, 3, 4, 9)
    silent.record(escalation, RestrictedNote(about="competence"), by=manager)
    silent.clock.strike(2027, 3, 5, 0)

    look_after_what_is_due(silent)

    assert [record.kind for record in by_the_service(silent)] == ["quiet"]
