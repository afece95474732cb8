"""The entries that there were before they were bound: numbered without a gap and bound by the migration, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from alembic import command
from sqlalchemy import Connection, DateTime, Text, Uuid, column, create_engine, select, table

from forms_app.db import migrate
from forms_app.db.database import driver_url
from forms_app.db.migrate import upgrade
from forms_app.db.verify_trail import rows_of, verify

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
ENTRIES = table(
    "audit_entries", column("id"), column("at", DateTime(timezone=True)), column("action", Text),
    column("person_id", Uuid), column("board_id", Uuid), column("escalation_id", Uuid), column("about_id", Uuid),
    column("code", Text),
)  # fmt: skip


def entry(number: int) -> dict[str, object]:
    return {
        "id": number,
        "at": NOON + timedelta(minutes=number, microseconds=number),
        "action": "signed_in",
        "person_id": uuid4(),
        "board_id": None,
        "escalation_id": uuid4(),
        "about_id": None if number % 2 else uuid4(),
        "code": "né|\n" if number % 2 else None,
    }


def test_what_was_written_before_is_bound_and_comes_back(empty_database_url: str) -> None:
    upgrade(empty_database_url, "0012")
    # With gaps, as PostgreSQL leaves them where something was undone.
    written = [entry(number) for number in (2, 3, 7, 9)]
    with _connected(empty_database_url) as connection:
        connection.execute(ENTRIES.insert(), written)

    upgrade(empty_database_url, "0013")
    rows, own_head = rows_of(empty_database_url)
    found = list(rows)
    assert [row.number for row in found] == [1, 2, 3, 4]
    assert own_head == (4, found[-1].hash)
    assert verify(found, own_head=own_head).fault is None

    command.downgrade(migrate._config(empty_database_url), "0012")
    assert _said(empty_database_url) == [{**each, "id": number} for number, each in enumerate(written, 1)]
    upgrade(empty_database_url, "0013")
    again, own_head = rows_of(empty_database_url)
    assert list(again) == found


def test_a_trail_without_an_entry_is_one_too(empty_database_url: str) -> None:
    upgrade(empty_database_url, "0013")

    rows, own_head = rows_of(empty_database_url)

    assert verify(rows, own_head=own_head).fault is None


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(driver_url(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _said(url: str) -> list[dict[str, object]]:
    with _connected(url) as connection:
        found = [dict(row) for row in connection.execute(select(ENTRIES).order_by(ENTRIES.c.id)).mappings()]
    # SQLite keeps no zone.
    return [{**each, "at": each["at"].replace(tzinfo=UTC)} if not each["at"].tzinfo else each for each in found]
