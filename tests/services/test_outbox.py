"""What is owed is done once, by one worker at a time, and by another one when the first is gone."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from forms_app.db.outbox import Claim, OutboxKind, claim, fail, finish, is_due, needs_attention, owe
from forms_app.db.tables import OutboxItem
from forms_app.services.outbox import LEASE, MOST_INTERRUPTIONS
from forms_app.services.posting import WAITS
from tests.mail.owed import NOW, FakeIssued, FakePostbox, Office, Recipient, open_office, owe_delivery, owe_document
from tests.services.claiming import Together, claim_all, claim_all_carelessly

LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def owe_one(office: Office, key: str = "a", about: UUID | None = None, **more: Any) -> None:
    with office.workshop.writing() as work:
        owe(work.session, OutboxKind.MAKE_DOCUMENT, about or uuid4(), key, work.now, **more)


def claimed(office: Office, worker: str, now: datetime = NOW, limit: int = 9) -> list[Claim]:
    with office.workshop.writing() as work:
        return list(claim(work.session, worker, now, limit, LEASE))


# --- owing ---


def test_what_is_owed_twice_under_one_key_is_owed_once(office: Office) -> None:
    first, second = uuid4(), uuid4()

    owe_one(office, "a", first, payload={"to": "x"})
    owe_one(office, "a", second)

    (item,) = office.items()
    assert (item.about_id, item.payload, item.tries) == (first, {"to": "x"}, 0)


def test_what_is_owed_twice_in_one_transaction_is_owed_once(office: Office) -> None:
    with office.workshop.writing() as work:
        for _ in range(2):
            owe(work.session, OutboxKind.MAKE_DOCUMENT, uuid4(), "a", work.now)

    assert len(office.items()) == 1


def test_what_is_owed_goes_with_its_transaction(office: Office) -> None:
    def owe_and_fail() -> None:
        with office.workshop.writing() as work:
            owe(work.session, OutboxKind.MAKE_DOCUMENT, uuid4(), "a", work.now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        owe_and_fail()

    assert office.items() == []


# --- claiming and finishing ---


def test_the_oldest_are_claimed_first_and_no_more_than_asked_for(office: Office) -> None:
    for number in range(5):
        office.clock.go_on(seconds=1)
        owe_one(office, f"{number}")

    taken = claimed(office, "w1", office.clock.now, limit=3)

    by_age = [item.id for item in office.items()]
    assert [one.item_id for one in taken] == by_age[:3]
    assert [one.item_id for one in claimed(office, "w2", office.clock.now)] == by_age[3:]


def test_what_is_claimed_is_nobody_elses_until_the_lease_ends(office: Office) -> None:
    owe_one(office)

    assert len(claimed(office, "w1")) == 1
    assert claimed(office, "w2") == []
    (again,) = claimed(office, "w2", LATER)

    assert again.tries == 2


def test_a_worker_that_lost_its_claim_cannot_end_the_work(office: Office) -> None:
    owe_one(office)
    (first,) = claimed(office, "w1")
    claimed(office, "w2", LATER)

    with office.workshop.writing() as work:
        assert not finish(work.session, first.item_id, "w1", LATER)
        assert not fail(work.session, first.item_id, "w1", "No.", LATER)
    assert office.items()[0].done_at is None
    with office.workshop.writing() as work:
        assert finish(work.session, first.item_id, "w2", LATER)
        assert not finish(work.session, first.item_id, "w2", LATER), "and only once"


def test_an_end_that_is_not_fenced_would_end_the_work_of_another(office: Office) -> None:
    owe_one(office)
    (first,) = claimed(office, "w1")
    claimed(office, "w2", LATER)

    with office.workshop.writing() as work:
        unfenced(work.session, first.item_id, LATER)

    assert office.items()[0].done_at is not None
    assert office.items()[0].claimed_by == "w2"


def unfenced(session: Session, item_id: UUID, now: datetime) -> None:
    session.execute(update(OutboxItem).where(OutboxItem.id == item_id).values(done_at=now))


def test_what_is_put_off_is_not_due_before_its_time(office: Office) -> None:
    owe_one(office)
    (one,) = claimed(office, "w1")
    with office.workshop.writing() as work:
        assert fail(work.session, one.item_id, "w1", "Not yet.", NOW + timedelta(minutes=9))

    with office.workshop.reading() as work:
        due = [is_due(work.session, NOW + timedelta(minutes=minutes)) for minutes in (0, 8, 9)]

    assert due == [False, False, True]


def test_a_code_to_sign_in_with_comes_first_and_forms_that_nobody_waits_for_come_last(office: Office) -> None:
    kinds = [OutboxKind.MAKE_BLANK_FORMS, OutboxKind.MAKE_DOCUMENT, OutboxKind.SIGN_IN_MESSAGE]
    with office.workshop.writing() as work:
        for number, kind in enumerate(kinds):
            owe(work.session, kind, uuid4(), kind.value, work.now - timedelta(minutes=9 - number))

    assert [claimed(office, "w1", limit=1)[0].kind for _ in kinds] == list(reversed(kinds))


def test_what_is_done_is_not_due(office: Office) -> None:
    owe_one(office, payload={"code": "402817"})
    (one,) = claimed(office, "w1")
    with office.workshop.writing() as work:
        finish(work.session, one.item_id, "w1", NOW)

    with office.workshop.reading() as work:
        assert not is_due(work.session, NOW + timedelta(days=9))
    assert office.items()[0].payload is None


def test_a_claim_does_not_print_what_it_carries(office: Office) -> None:
    owe_one(office, payload={"code": "402817"})

    (one,) = claimed(office, "w1")

    assert one.payload == {"code": "402817"}
    assert "402817" not in repr(one)


# --- several processes ---


def shares(url: str, place: Path, take: Callable[[str, str, Together], list[UUID]]) -> list[list[UUID]]:
    """What each of four processes took, after they waited for each other."""
    together = Together(place / "here", 4)
    together.place.mkdir()
    with ProcessPoolExecutor(together.count, mp_context=multiprocessing.get_context("spawn")) as pool:
        began = [pool.submit(take, url, f"w{number}", together) for number in range(together.count)]
        return [one.result(timeout=120) for one in began]


def owe_many(office: Office, count: int) -> None:
    with office.workshop.writing() as work:
        for number in range(count):
            owe(work.session, OutboxKind.MAKE_DOCUMENT, uuid4(), f"{number}", work.now)


def test_several_processes_do_everything_and_nothing_twice(
    office: Office, database_url: str, tmp_path: Path, release: bool
) -> None:
    count = 3000 if release else 240
    owe_many(office, count)

    taken = shares(database_url, tmp_path, claim_all)

    times = Counter(item for share in taken for item in share)
    assert len(times) == count
    assert set(times.values()) == {1}
    assert sum(bool(share) for share in taken) > 1, "more than one process had a part in it"


def test_a_claim_without_its_lock_would_do_things_twice(office: Office, database_url: str, tmp_path: Path) -> None:
    owe_many(office, 240)

    taken = shares(database_url, tmp_path, claim_all_carelessly)

    times = Counter(item for share in taken for item in share)
    assert max(times.values()) > 1


def test_an_idle_worker_does_not_wait_for_a_writer(office: Office) -> None:
    owe_one(office)
    claimed(office, "w1")
    looked = threading.Thread(target=office.work)

    with office.workshop.writing() as work:
        work.session.connection().exec_driver_sql("UPDATE outbox SET fault = 'being written'")
        looked.start()
        looked.join(timeout=5)
        still_waits = looked.is_alive()
    looked.join()

    assert not still_waits


def test_a_worker_that_claimed_without_looking_would_wait_for_a_writer(sqlite_url: str) -> None:
    with open_office(sqlite_url) as office:
        careless = threading.Thread(target=claimed, args=(office, "w2"))
        with office.workshop.writing() as work:
            work.session.connection().exec_driver_sql("UPDATE outbox SET fault = 'being written'")
            careless.start()
            careless.join(timeout=0.5)
            waits = careless.is_alive()
        careless.join()

    assert waits


# --- the round ---


def test_a_round_does_documents_and_then_their_deliveries(office: Office) -> None:
    owe_document(office, [Recipient("a@brackenshire.example"), Recipient("b@brackenshire.example")])

    assert office.work() == 3

    posted = {message.to for message in office.postbox.posted}
    assert posted == {"a@brackenshire.example", "b@brackenshire.example"}
    assert all(item.done_at for item in office.items())


def test_a_round_ends_after_so_many_and_wakes_another_when_there_is_work(office: Office) -> None:
    owe_document(office, [Recipient(f"{number}@brackenshire.example") for number in range(5)])
    woken: list[str] = []

    counts = [office.work(most=4, wake_another=lambda: woken.append("woken")) for _ in range(3)]

    assert counts == [4, 2, 0]
    assert len(woken) == 2


def test_one_item_that_cannot_be_done_does_not_stop_the_others(office: Office) -> None:
    bad = owe_document(office)
    office.clock.go_on(seconds=1)
    good = owe_document(office)

    def issue(kind: str, context: object, layout: bytes | None = None) -> FakeIssued:
        if office.document(bad).issued_at is None and office.item(bad).fault is None:
            raise KeyError("Ottilie Marchbank")
        return FakeIssued()

    office.issue = issue
    with capture_logs() as logs:
        office.work()

    assert office.item(bad).fault == (
        "Something happened that this service does not know (KeyError). Look in the worker's log."
    )
    assert office.document(good).issued_at is not None
    assert [(entry["event"], entry["item"]) for entry in logs] == [("outbox_item_failed", str(office.item(bad).id))]
    assert "Marchbank" not in str([{**entry, "exc_info": None} for entry in logs])


def test_an_item_whose_worker_dies_every_time_is_given_up(office: Office) -> None:
    delivery = owe_delivery(office, Recipient("a@brackenshire.example"))

    class Killed(BaseException):
        pass

    class Deadly(FakePostbox):
        def post(self, message: object) -> Any:
            raise Killed

    office.postbox = Deadly()
    for _ in range(len(WAITS) + MOST_INTERRUPTIONS):
        with pytest.raises(Killed):
            office.work()
        office.clock.go_on(seconds=LEASE.total_seconds() + 1)
    office.postbox = FakePostbox()
    office.work()

    with office.workshop.reading() as work:
        (shown,) = needs_attention(work.session, work.now)
    assert shown.about_id == delivery
    assert shown.fault == f"It was tried {len(WAITS) + MOST_INTERRUPTIONS} times, and the worker stopped each time."
    assert office.work() == 0


def test_work_of_a_kind_that_this_version_does_not_know_is_shown(office: Office) -> None:
    with office.workshop.writing() as work:
        work.session.add(
            OutboxItem(kind="fold_paper", about_id=uuid4(), dedupe_key="f", owed_at=work.now, not_before=work.now)
        )

    office.work()

    assert "does not know this kind of work" in str(office.items()[0].fault)


# --- what a person must look at ---


def test_what_was_given_up_or_waits_too_long_needs_attention(office: Office) -> None:
    old = owe_document(office)
    office.clock.go_on(minutes=20)
    new = owe_document(office)

    with office.workshop.reading() as work:
        everything = needs_attention(work.session, work.now)
        of_new = needs_attention(work.session, work.now, about=[new])
        of_old = needs_attention(work.session, work.now, about=[old])
        soon = needs_attention(work.session, work.now, longer_than=timedelta(minutes=30))

    assert [one.about_id for one in everything] == [one.about_id for one in of_old] == [old]
    assert [*of_new, *soon] == []
