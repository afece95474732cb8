"""What every session promises, on both kinds of database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError, StatementError
from sqlalchemy.orm import Session

from forms_app.db.database import Database, driver_url
from forms_app.db.tables import Agency, Board, Escalation, WorkerProcess
from tests.factories.keys import KEYS
from tests.factories.scenes import scene

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url, KEYS)
    yield made
    made.close()


def board(code: str = "INV") -> Board:
    return Board(code=code, name=f"{code} Board", policy_key="hull@2015", telephone="1", email="a@b.example")


def codes(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Board.code).order_by(Board.code)))


def test_what_is_written_is_there_for_everybody(database: Database, database_url: str) -> None:
    with database.writing() as session:
        session.add(board())

    another = Database(database_url, KEYS)
    assert codes(another) == ["INV"]
    another.close()


def test_any_exception_undoes_everything_that_was_written(database: Database) -> None:
    class Odd(BaseException):
        pass

    def write() -> None:
        with database.writing() as session:
            session.add(board())
            session.flush()
            raise Odd

    with pytest.raises(Odd):
        write()

    assert codes(database) == []


def test_what_is_written_while_reading_is_undone(database: Database) -> None:
    with database.reading() as session:
        session.add(board())
        session.flush()

    assert codes(database) == []


def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Agency(board_id=uuid4(), name="Nowhere", kind="school"))


def test_a_row_that_others_point_at_cannot_be_deleted(database: Database) -> None:
    with database.writing() as session:
        session.add(whole := board())
        session.flush()
        session.add(Agency(board_id=whole.id, name="School", kind="school"))

    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(text("DELETE FROM boards"))


def test_without_our_settings_sqlite_lets_a_row_point_nowhere(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with Session(engine) as session, session.begin():
        session.add(Agency(board_id=uuid4(), name="Nowhere", kind="school"))
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("trusted_schema", 0),
        ("busy_timeout", 15_000),
    ],
)
def test_every_connection_to_sqlite_is_set_up(sqlite_url: str, pragma: str, value: object) -> None:
    database = Database(sqlite_url, KEYS)
    with database.reading() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value
    database.close()


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as session:
        session.add(board())
        session.flush()
        seen: list[list[str]] = []
        reader = threading.Thread(target=lambda: seen.append(codes(database)))
        reader.start()
        reader.join(timeout=10)

    assert seen == [[]]


def test_a_second_writer_of_sqlite_waits_and_sees_what_the_first_wrote(sqlite_url: str) -> None:
    database, began, seen = Database(sqlite_url, KEYS), threading.Event(), []

    def second() -> None:
        began.set()
        with database.writing() as session:
            seen.extend(session.scalars(select(Board.code)))

    with database.writing() as session:
        assert not session.scalars(select(Board.code)).all()
        waiting = threading.Thread(target=second)
        waiting.start()
        began.wait(timeout=10)
        session.add(board())
    waiting.join(timeout=20)
    database.close()

    assert seen == ["INV"]


# --- moments ---


@pytest.mark.parametrize(
    "moment", [NOON, NOON.astimezone(timezone(timedelta(hours=5, minutes=30))), NOON.replace(microsecond=123456)]
)
def test_a_moment_comes_back_as_the_same_instant_in_utc(database: Database, moment: datetime) -> None:
    with database.writing() as session:
        session.add(WorkerProcess(name="worker", started_at=moment, seen_at=moment))

    with database.reading() as session:
        found = session.scalars(select(WorkerProcess.seen_at)).one()
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2027, 3, 1)  # noqa: DTZ001 what is tried here
    with pytest.raises(StatementError, match="without a time zone"), database.writing() as session:
        session.add(WorkerProcess(name="worker", started_at=naive, seen_at=naive))


# --- what is loaded ---


def test_what_was_not_asked_for_is_an_error_and_not_another_query(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        here.open()
        with here.database.reading() as session:
            escalation = session.scalars(select(Escalation)).one()
            for name in ("board", "subject", "parties", "records"):
                with pytest.raises(InvalidRequestError, match="lazy='raise'"):
                    getattr(escalation, name)


def test_an_error_of_the_database_does_not_print_what_was_to_be_written(database: Database) -> None:
    with database.writing() as session:
        session.add(board())
    twice = board()
    twice.telephone = "01632 960999"

    with pytest.raises(IntegrityError) as found, database.writing() as session:
        session.add(twice)

    assert "01632 960999" not in str(found.value)


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u:p@h:5/d?sslmode=require", "postgresql+psycopg://u:p@h:5/d?sslmode=require"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:///var/forms.db", "sqlite:///var/forms.db"),
    ],
)
def test_a_postgresql_url_gets_the_driver_that_is_installed(given: str, becomes: str) -> None:
    assert driver_url(given) == becomes
