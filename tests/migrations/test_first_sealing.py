"""A database that is older than its seals: everything in it is sealed when it is migrated, once, and also after being cut off."""

from __future__ import annotations

from contextlib import closing

import pytest
from alembic import command
from sqlalchemy import LargeBinary, column, create_engine, select, table, text

from forms_app.db import first_sealing
from forms_app.db.database import Database
from forms_app.db.faults import DatabaseFault
from forms_app.db.migrate import _config, downgrade, migrate, upgrade
from forms_app.db.people import person_with_email
from forms_app.db.sealing import SealFault
from forms_app.db.tables import Document, Person, StageRecord
from tests.factories.keys import KEYS
from tests.factories.scenes import scene

BEFORE = "0014"


def everything(url: str) -> list[tuple[object, ...]]:
    """What people wrote and who they are, as the service reads it."""
    wanted = (
        select(Person.id, Person.name, Person.email),
        select(StageRecord.id, StageRecord.sections, StageRecord.facts),
    )
    with closing(Database(url, KEYS)) as database, database.reading() as session:
        found = [
            tuple(row) for each in (*wanted, select(Document.id, Document.context)) for row in session.execute(each)
        ]
    return sorted(found, key=str)


@pytest.fixture
def older(empty_database_url: str) -> tuple[str, list[tuple[object, ...]]]:
    """A database with rows from before anything was sealed, and what the service read in it."""
    migrate(empty_database_url, KEYS)
    with scene(empty_database_url, "hull") as here:
        here.account(here.open().escalation_id, by=here.raiser)
    said = everything(empty_database_url)
    downgrade(empty_database_url, KEYS, BEFORE)
    return empty_database_url, said


def names(url: str) -> list[bytes]:
    """As they are stored."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(select(table("people", column("name", LargeBinary)))).scalars()
        stored = [each.encode() if isinstance(each, str) else bytes(each) for each in found]
    engine.dispose()
    return stored


def test_what_stood_open_is_sealed_and_says_the_same(
    older: tuple[str, list[tuple[object, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, said = older
    assert b"Leila Ashdown" in names(url), "nothing was sealed then"
    monkeypatch.setattr(first_sealing, "AT_ONCE", 3)

    upgrade(url)
    with closing(Database(url, KEYS)) as database:
        with pytest.raises(DatabaseFault, match="forms-app migrate"):
            database.require_keys()
        with database.reading() as session, pytest.raises(SealFault, match="is not sealed"):
            session.scalars(select(Person.name)).all()
    cut_off(url, monkeypatch)
    assert {each[:1] == b"\x01" for each in names(url)} == {True, False}
    migrate(url, KEYS)

    assert everything(url) == said
    assert {each[:1] for each in names(url)} == {b"\x01"}
    with closing(Database(url, KEYS)) as database, database.reading() as session:
        database.require_keys()
        assert person_with_email(session, "practitioner@school.inventedshire.example") is not None


def cut_off(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it seals the names of people."""
    rewrite = first_sealing._rewrite

    def until_names(database: Database, kind: object, sealed: first_sealing.Sealed, *more: object, **how: bool) -> bool:
        went_on = rewrite(database, kind, sealed, *more, **how)  # type: ignore[arg-type]
        if sealed.place == "people.name":
            raise KeyboardInterrupt
        return went_on

    with monkeypatch.context() as patched:
        patched.setattr(first_sealing, "_rewrite", until_names)
        with pytest.raises(KeyboardInterrupt):
            migrate(url, KEYS)


def test_what_somebody_else_leaves_open_later_is_never_sealed(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here, here.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE people SET name = CAST('Somebody Else' AS BLOB)")

    migrate(sqlite_url, KEYS)

    assert set(names(sqlite_url)) == {b"Somebody Else"}
    with pytest.raises(SealFault):
        everything(sqlite_url)


def test_a_migration_alone_does_not_take_back_what_is_sealed(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull"), pytest.raises(RuntimeError, match="What is sealed cannot be opened by a migration"):
        command.downgrade(_config(sqlite_url), BEFORE)

    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM data_keys")) == 3
    engine.dispose()
