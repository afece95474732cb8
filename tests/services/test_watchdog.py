"""The watchdog on a real database: what it takes for a sign, and what not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from forms_app.db import outbox
from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import OutboxItem, WorkerProcess
from forms_app.domain.watchdog import Health, State
from forms_app.mail.answers import Answer, Result
from forms_app.services.watchdog import Heartbeat, Watchdog, health
from tests.mail.owed import Office, Recipient, open_office, owe_code, owe_deliveries

GOOD = Health(State.WORKING, mail_is_on_time=True, standing_work_is_done=True)
NOT_REACHED = Answer(Result.NOT_REACHED, "The mail server could not be reached.")


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def found(office: Office) -> Health:
    with office.workshop.reading() as work:
        return health(work)


def beat(office: Office, name: str = "w1") -> None:
    Heartbeat(office.workshop, name).beat()


def workers(office: Office) -> dict[str, timedelta]:
    """How long each has been there."""
    with office.workshop.reading() as work:
        rows = work.session.scalars(select(WorkerProcess).order_by(WorkerProcess.name)).all()
        return {row.name: row.seen_at - row.started_at for row in rows}


def test_where_nothing_is_owed_yet_nothing_is_wrong(office: Office) -> None:
    assert found(office) == GOOD


def test_a_worker_that_falls_silent_is_gone_and_one_that_comes_is_there(office: Office) -> None:
    beat(office)
    office.clock.go_on(minutes=3)
    assert found(office).worker is State.GONE

    beat(office, "w2")
    assert found(office) == GOOD
    assert list(workers(office)) == ["w1", "w2"]


def test_a_heartbeat_is_written_at_most_every_thirty_seconds(office: Office) -> None:
    heartbeat = Heartbeat(office.workshop, "w1")
    heartbeat.beat()
    office.clock.go_on(seconds=5)
    heartbeat.beat()
    assert workers(office) == {"w1": timedelta(0)}

    beat(office)  # as the same process would half a minute later
    assert workers(office) == {"w1": timedelta(seconds=5)}


def test_those_who_were_not_heard_of_for_a_day_are_forgotten(office: Office) -> None:
    beat(office, "old")
    office.clock.go_on(days=1, seconds=1)
    beat(office, "new")

    assert list(workers(office)) == ["new"]


def test_what_is_due_and_not_taken_up_is_late(office: Office) -> None:
    owe_code(office)
    office.clock.go_on(minutes=4)
    beat(office)
    assert found(office) == GOOD

    office.clock.go_on(minutes=1, seconds=1)
    beat(office)
    assert found(office).worker is State.LATE

    office.work()
    assert found(office) == GOOD


def test_what_is_worked_on_is_not_late_until_its_lease_has_ended(office: Office) -> None:
    owe_code(office)
    office.clock.go_on(minutes=6)
    beat(office)
    with office.workshop.writing() as work:
        assert outbox.claim(work.session, "w1", work.now, 1, timedelta(minutes=3))
    assert found(office).worker is State.WORKING

    office.clock.go_on(minutes=3, seconds=1)
    beat(office)
    assert found(office).worker is State.LATE


def test_messages_that_nobody_takes_are_a_delay(office: Office) -> None:
    office.postbox.answers = [NOT_REACHED] * 3
    owe_deliveries(office, [Recipient("a@brackenshire.example"), Recipient("b@elsewhere.example")])
    owe_code(office)
    assert office.work(most=2) == 2
    office.clock.go_on(minutes=6)
    beat(office)
    assert (found(office).worker, found(office).mail_is_on_time) == (State.LATE, False)

    office.postbox.answers = []
    assert office.work(most=1) == 1
    assert found(office).mail_is_on_time, "the mail server takes messages again"


def test_what_is_tried_again_later_is_not_due(office: Office) -> None:
    office.postbox.answers = [NOT_REACHED] * 20
    owe_deliveries(office, [Recipient("a@brackenshire.example")])
    for _ in range(6):
        office.work()
        office.clock.go_on(minutes=2)
    office.work()
    beat(office)

    assert found(office) == GOOD


def test_what_takes_long_and_nobody_waits_for_is_not_late(office: Office) -> None:
    with office.workshop.writing() as work:
        outbox.owe(work.session, OutboxKind.MAKE_BLANK_FORMS, uuid4(), "blank", work.now)
    office.clock.go_on(hours=1)
    beat(office)

    assert found(office) == GOOD


def test_returned_messages_that_could_not_be_read_three_times_are_told(office: Office) -> None:
    with office.workshop.writing() as work:
        outbox.owe(work.session, OutboxKind.READ_BOUNCES, uuid4(), "bounces", work.now)
        work.session.execute(update(OutboxItem).values(tries=2, fault="The mailbox did not answer."))
    beat(office)
    assert found(office) == GOOD

    with office.workshop.writing() as work:
        work.session.execute(update(OutboxItem).values(tries=3))
    assert found(office) == Health(State.WORKING, mail_is_on_time=True, standing_work_is_done=False)


def test_a_web_process_asks_the_database_now_and_then(office: Office) -> None:
    often, seldom = Watchdog(office.workshop, every_seconds=0), Watchdog(office.workshop)
    beat(office)
    assert often.health() == seldom.health() == GOOD

    office.clock.go_on(minutes=3)
    assert seldom.health() == GOOD
    assert often.health() is not None
    assert often.health() != GOOD
