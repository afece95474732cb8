"""Limits count the same in every process, and give back what they took."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from forms_app.db.database import Database
from forms_app.db.tables import Allowance, AuditEntry
from forms_app.domain.limits import Limit
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import Shelf
from forms_app.services.limits import allows, forget_what_is_over
from forms_app.services.workshop import Workshop
from tests.factories.keys import KEYS

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
FIVE = Limit("five", 5, timedelta(minutes=10))
SECRET = b"invented " * 4


class Place:
    def __init__(self, url: str) -> None:
        self.url, self.now, self.database = url, NOON, Database(url, KEYS)

    def workshop(self, database: Database | None = None) -> Workshop:
        return Workshop(database or self.database, Shelf([]), calendar_of, lambda: self.now)

    def take(self, whose: str = "ada", database: Database | None = None) -> bool:
        with self.workshop(database).writing() as work:
            return allows(work, FIVE, whose=whose, secret=SECRET)


@pytest.fixture
def place(database_url: str) -> Iterator[Place]:
    place = Place(database_url)
    yield place
    place.database.close()


def test_so_many_at_once_and_then_one_each_while(place: Place) -> None:
    assert [place.take() for _ in range(7)] == [True] * 5 + [False] * 2
    place.now += timedelta(minutes=10)
    assert [place.take(), place.take()] == [True, False]
    place.now += timedelta(hours=1)
    assert [place.take() for _ in range(6)] == [True] * 5 + [False]


def test_each_has_their_own(place: Place) -> None:
    for _ in range(6):
        place.take("ada")

    assert place.take("bella")


def test_a_refusal_is_in_the_trail_by_its_code(place: Place) -> None:
    for _ in range(6):
        place.take()

    with place.database.reading() as session:
        assert session.execute(select(AuditEntry.action, AuditEntry.code)).all() == [("limit_reached", "five")]


def test_whoever_asks_at_the_same_time_in_another_process_takes_of_the_same(place: Place) -> None:
    def eight_times(_: int) -> int:
        database = Database(place.url, KEYS)  # connections of its own, as another process has
        taken = sum(place.take(database=database) for _ in range(8))
        database.close()
        return taken

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(eight_times, range(4))) == FIVE.at_once


def test_what_is_whole_again_is_forgotten_and_what_is_not_stays(place: Place) -> None:
    place.take("ada")
    place.now += timedelta(minutes=9)
    place.take("bella")
    place.now += timedelta(minutes=5)

    with place.workshop().writing() as work:
        forget_what_is_over(work)

    with place.database.reading() as session:
        assert len(session.scalars(select(Allowance)).all()) == 1


def test_nobody_can_read_whose_it_is(place: Place) -> None:
    place.take("192.0.2.7")

    with place.database.reading() as session:
        assert "192.0.2.7" not in session.scalars(select(Allowance.key)).one()
