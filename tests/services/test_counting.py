"""What the register and the numbers count is, after everything that people and workers do, what counting anew gives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

import forms_app
from forms_app.db import keeping, ledger
from forms_app.db import register as rows
from forms_app.db.actors import Actor
from forms_app.db.tables import (
    Delivery,
    Escalation,
    Person,
    RegisterAgency,
    RegisterEntry,
    RegisterStay,
)
from forms_app.db.touched import NAMED_BY
from forms_app.domain.deliveries import EventKind
from forms_app.domain.policy import Closer
from forms_app.domain.working_days import Calendar
from forms_app.policies.shelf import Shelf
from forms_app.services import counting, covering, leaving, recounting
from forms_app.services.workshop import Workshop
from tests.factories.policies import BOTH, CHAIR, policy, route, stage
from tests.factories.releases import release_everything
from tests.factories.scenes import Scene, scene
from tests.factories.sending import Sending

WITH_CHAIR = policy(route(stage("one"), stage("two", closes=Closer.ARBITER, actors=(*BOTH, CHAIR))))
SHORT = Calendar(first=date(2027, 1, 1), last=date(2027, 3, 2), closed={})
WRITTEN_PAST = {
    ("db/ledger.py", "Attempt"): "the next number is asked in the same statement; it says so with touch()",
}
"""Where a row by which the register counts is written past the session, and why nothing is missed."""


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as made:
        yield made


@pytest.fixture
def quick(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, WITH_CHAIR) as made:
        yield made


def count_all(workshop: Workshop) -> int:
    """Has the workers count everything that is left: how many that was."""
    return sum(iter(lambda: recounting.count_some(workshop), 0))


def differences(here: Scene) -> list[tuple[UUID, str]]:
    with here.workshop.reading() as work:
        return list(counting.differences(work, work.session.scalars(select(Escalation.id)).all()))


def entry(here: Scene, escalation: UUID) -> RegisterEntry:
    with here.workshop.reading() as work:
        found = work.session.get_one(RegisterEntry, escalation)
        work.session.expunge(found)
        return found


def deliveries(here: Scene) -> list[UUID]:
    with here.database.reading() as session:
        return list(session.scalars(select(Delivery.id).order_by(Delivery.document_id, Delivery.number)))


def test_what_a_worker_sent_and_what_came_back_are_counted(here: Scene) -> None:
    escalation = here.open().escalation_id
    for _ in range(3):
        here.step_up(escalation)
    release_everything(here.workshop, escalation)
    Sending(here).work()

    counted = entry(here, escalation)
    assert counted.delivered == counted.deliveries > 0
    assert counted.told_at is not None
    with here.workshop.writing() as work:
        ledger.add_event(work.session, deliveries(here)[0], EventKind.BOUNCED, work.now, code="5.1.1")
    assert entry(here, escalation).delivered == counted.delivered - 1
    assert differences(here) == []


def test_of_two_transactions_at_once_the_last_count_has_what_both_wrote(here: Scene) -> None:
    escalation = here.open().escalation_id
    both = deliveries(here)[:2]
    at_once = (
        Barrier(2) if here.database.engine.dialect.name == "postgresql" else None
    )  # SQLite has one writer at a time

    def post(delivery: UUID) -> None:
        with here.workshop.writing() as work:
            ledger.add_attempt(work.session, delivery, "accepted", work.now, 250)
            if at_once is not None:
                at_once.wait(20)

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(post, both))

    assert entry(here, escalation).delivered == 2
    assert differences(here) == []


def test_somebody_who_sees_little_leaves_a_count_of_everything(here: Scene) -> None:
    escalation = here.open().escalation_id
    Sending(here).work()
    before = entry(here, escalation)
    other = here.at("socialcare", "practitioner")
    with here.database.reading() as session:
        own = session.scalars(select(Delivery.id).where(Delivery.person_id == other)).one()
        board = session.get_one(Person, other).board_id

    with here.workshop.on_behalf_of(Actor("person", other, board)).writing() as work:
        ledger.add_event(work.session, own, EventKind.SEEN, work.now, person_id=other)

    after = entry(here, escalation)
    assert (after.deliveries, after.acknowledged) == (before.deliveries, before.acknowledged + 1)
    assert differences(here) == []


def test_where_the_calendar_ends_it_is_counted_as_open_and_anew_when_a_longer_one_comes(quick: Scene) -> None:
    ends = replace(quick.workshop, calendars=lambda _: SHORT)
    escalation = quick.open().escalation_id
    quick.clock.forward(days=9)
    with ends.writing() as work:
        counting.count(work, [escalation])
    assert entry(quick, escalation).state == "open"

    assert count_all(quick.workshop) == 1
    assert count_all(quick.workshop) == 0
    assert differences(quick) == []
    assert count_all(ends) == 1, "and again when the calendar is another one"


def test_what_nobody_counted_is_counted_by_a_worker(here: Scene) -> None:
    ids = {here.open().escalation_id for _ in range(3)}
    with here.database.writing() as session:
        for table in (RegisterAgency, RegisterStay, RegisterEntry):
            session.execute(delete(table))
    assert {name for _, name in differences(here)} == {"never counted"}

    assert count_all(here.workshop) == len(ids)
    assert differences(here) == []


def test_what_no_policy_is_known_for_is_not_looked_for_for_ever(quick: Scene) -> None:
    quick.open()
    with quick.database.writing() as session:
        for table in (RegisterAgency, RegisterStay, RegisterEntry):
            session.execute(delete(table))

    assert count_all(replace(quick.workshop, shelf=Shelf([]))) == 0
    assert count_all(quick.workshop) == 1


def test_what_was_destroyed_stays_counted_once(here: Scene) -> None:
    escalation, other = here.open().escalation_id, here.open().escalation_id
    with here.workshop.writing() as work:
        keeping.destroy(work.session, escalation)
        rows.destroyed(work.session, escalation, work.now)
    with here.workshop.writing() as work:
        counting.count(work, [escalation, other])

    assert entry(here, escalation).destroyed_at == here.clock.now
    assert count_all(here.workshop) == 0
    with here.database.reading() as session:
        for table in (RegisterEntry, RegisterAgency, RegisterStay):
            own = select(func.count()).select_from(table).where(table.escalation_id == escalation)
            assert session.scalar(own) == 1


def test_a_chair_who_leaves_is_lacking_from_then_on(quick: Scene) -> None:
    escalation = quick.open().escalation_id
    quick.step_up(escalation)
    assert entry(quick, escalation).lacks is None

    with quick.workshop.on_behalf_of(Actor("person", quick.raiser)).writing() as work:
        chair = work.session.get_one(Person, quick.holder("chair"))
        leaving.record_leaving(work, chair, by=None)
    assert entry(quick, escalation).lacks == CHAIR.level

    with quick.workshop.writing() as work:
        work.session.get_one(Person, chair.id).left_at = None
    assert entry(quick, escalation).lacks is None
    assert differences(quick) == []


def test_a_cover_that_begins_and_ends_by_itself_is_counted_by_a_worker(quick: Scene) -> None:
    escalation = quick.open().escalation_id
    quick.clock.forward(minutes=1)
    with quick.workshop.reading() as work:
        place = rows.whole(work.session, [escalation])[0].parties[0].place_id
    with quick.workshop.writing() as work:
        covering.name_cover(
            work,
            by=quick.raiser,
            escalation_id=escalation,
            place_id=place,
            seen=quick.raiser,
            person=quick.at("school", "colleague"),
            first=quick.today + timedelta(days=1),
            last=quick.today + timedelta(days=2),
        )
    assert count_all(quick.workshop) == 0

    quick.clock.forward(days=1)
    assert count_all(quick.workshop) == 1
    assert count_all(quick.workshop) == 0
    quick.clock.forward(days=2)
    assert count_all(quick.workshop) == 1
    assert count_all(quick.workshop) == 0


def test_nothing_that_is_counted_is_written_past_the_session() -> None:
    """A statement of its own is not noticed as an object of the session is."""
    names = {table.__name__ for table in NAMED_BY}
    root = Path(forms_app.__file__).parent
    found = {
        (str(file.relative_to(root)), table)
        for file in root.rglob("*.py")
        for table in _written_in(file.read_text("utf-8"), names)
    }
    assert found == set(WRITTEN_PAST)


def _written_in(source: str, names: set[str]) -> Iterator[str]:
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call):
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if name in {"insert", "update", "delete", "insert_into", "bulk_save_objects", "bulk_insert_mappings"}:
                yield from (
                    part.id
                    for given in call.args
                    for part in ast.walk(given)
                    if isinstance(part, ast.Name) and part.id in names
                )


def test_the_look_for_what_is_written_past_the_session_finds_it() -> None:
    names = {table.__name__ for table in NAMED_BY}
    assert list(_written_in("session.execute(update(Party).where(x).values(y=1))", names)) == ["Party"]
    assert list(_written_in("insert_into(session, Document.__table__)", names)) == ["Document"]
    assert list(_written_in("session.delete(row)", names)) == []


def test_a_difference_is_found(quick: Scene) -> None:
    escalation = quick.open().escalation_id
    with quick.database.writing() as session:
        found = session.get_one(RegisterEntry, escalation)
        found.category, found.documents = "another", 7
        session.execute(delete(RegisterStay))
    assert {name for _, name in differences(quick)} == {"category", "documents", "stays"}
