"""Backups: what only its key opens, restored into an empty database and nowhere else, with everything that was owed on hold."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyrage import encrypt, x25519
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from forms_app.commands import main
from forms_app.db import backups, outbox
from forms_app.db.backups import BackupFault, Target
from forms_app.db.database import Database
from forms_app.db.faults import DatabaseFault
from forms_app.db.keys import WrappingKeys
from forms_app.db.migrate import require_newest, upgrade
from forms_app.db.restores import let_go
from forms_app.settings import child_environment
from tests.factories.keys import KEYS, SEALING_KEYS
from tests.factories.scenes import latest, scene
from tests.postgres import PostgresServer

MADE_AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def environment(more: Any) -> dict[str, str]:
    return child_environment(**more)


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, Path]:
    """A public key, and the file of its other half, as age-keygen writes it."""
    identity = x25519.Identity.generate()
    file = tmp_path / "key.txt"
    file.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public()), file


def back_up(url: str, to: Path, key: tuple[str, Path]) -> Path:
    backups.back_up(url, to, [key[0]], MADE_AT, environment)
    return to


def restore(url: str, file: Path, key: tuple[str, Path]) -> None:
    backups.restore(Target(url, KEYS, MADE_AT + timedelta(days=1), environment), file, key[1])


def other_url(url: str, request: pytest.FixtureRequest) -> str:
    """An empty database of the same kind."""
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    found: str = request.getfixturevalue(f"empty_{kind}_url")
    return found


def of_owner(url: str, request: pytest.FixtureRequest) -> str:
    """The same database for whom it belongs to."""
    if url.startswith("sqlite"):
        return url
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.url(make_url(url).database or "")


def every_row(url: str) -> dict[str, list[Any]]:
    """Everything but what a restore itself writes."""
    database = Database(url, KEYS)
    with database.reading() as session:
        names = [
            "boards", "people", "escalations", "stage_records", "documents", "deliveries", "outbox", "audit_entries",
            "alembic_version",
        ]  # fmt: skip
        found = {each: sorted(map(repr, session.execute(text(f"SELECT * FROM {each}")))) for each in names}  # noqa: S608
    database.close()
    return found


@pytest.fixture
def filled_url(database_url: str) -> str:
    """A database with an escalation in it, and so with documents to make, a trail and somebody to remind."""
    with scene(database_url, latest("hull")) as here:
        here.open()
    return database_url


def test_a_restored_database_holds_what_was_there(
    filled_url: str, tmp_path: Path, key: tuple[str, Path], request: pytest.FixtureRequest
) -> None:
    before, empty = every_row(filled_url), other_url(filled_url, request)

    restore(empty, back_up(filled_url, tmp_path / "one.age", key), key)

    assert every_row(empty) == before
    assert not due(empty), "it waits for somebody's word"
    with closing(Database(empty, KEYS)) as database, database.writing() as session:
        let_go(session, MADE_AT + timedelta(days=1))
    assert due(empty)


def test_nothing_of_it_is_on_the_disk_in_the_clear(filled_url: str, tmp_path: Path, key: tuple[str, Path]) -> None:
    file = back_up(filled_url, tmp_path / "one.age", key)

    assert file.stat().st_mode & 0o077 == 0
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    assert b"SQLite format" not in file.read_bytes()
    assert b"PGDMP" not in file.read_bytes()
    assert not list(tmp_path.glob(".one.age*")), "what was begun is gone"


@pytest.mark.parametrize("harm", ["another key", "cut", "edited", "no backup"])
def test_what_is_not_whole_or_not_ours_restores_nothing(
    filled_url: str, tmp_path: Path, key: tuple[str, Path], request: pytest.FixtureRequest, harm: str
) -> None:
    empty, file = other_url(filled_url, request), back_up(filled_url, tmp_path / "one.age", key)
    content = file.read_bytes()
    changed = {
        "cut": content[:-70_000],
        "edited": content[:-5000] + bytes([content[-5000] ^ 1]) + content[-4999:],
        "no backup": encrypt(b"a letter" * 1000, [x25519.Recipient.from_str(key[0])]),
    }
    file.write_bytes(changed.get(harm, content))
    if harm == "another key":
        key[1].write_text(str(x25519.Identity.generate()))

    with pytest.raises(BackupFault) as refused:
        restore(empty, file, key)

    said = {"another key": "does not open", "cut": "cut short", "edited": "was changed", "no backup": "is no backup"}
    assert said[harm] in str(refused.value)
    assert tables(empty) == set()
    assert sorted(path.name for path in tmp_path.iterdir() if ".part" in path.name or path.name.startswith(".")) == []


def test_a_database_that_is_not_empty_is_left_alone(filled_url: str, tmp_path: Path, key: tuple[str, Path]) -> None:
    file, before = back_up(filled_url, tmp_path / "one.age", key), every_row(filled_url)

    with pytest.raises(BackupFault, match="into an empty one only"):
        restore(filled_url, file, key)

    assert every_row(filled_url) == before


def test_a_form_of_the_tables_that_nobody_knows_yet_is_refused(
    filled_url: str, tmp_path: Path, key: tuple[str, Path], request: pytest.FixtureRequest
) -> None:
    empty = other_url(filled_url, request)
    run(of_owner(filled_url, request), "UPDATE alembic_version SET version_num = '9999'")
    file = back_up(filled_url, tmp_path / "one.age", key)

    with pytest.raises(BackupFault, match="newer form"):
        restore(empty, file, key)

    assert tables(empty) == set()


def test_a_backup_of_the_other_kind_of_database_is_refused(
    sqlite_url: str, empty_postgresql_url: str, tmp_path: Path, key: tuple[str, Path]
) -> None:
    file = back_up(sqlite_url, tmp_path / "one.age", key)

    with pytest.raises(BackupFault, match="an SQLite database alone"):
        restore(empty_postgresql_url, file, key)


def test_a_restore_that_dies_before_its_end_leaves_nothing_that_would_send(
    filled_url: str, tmp_path: Path, key: tuple[str, Path], request: pytest.FixtureRequest, monkeypatch: Any
) -> None:
    empty, file = other_url(filled_url, request), back_up(filled_url, tmp_path / "one.age", key)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backups, "put_on_hold", die)
    with pytest.raises(KeyboardInterrupt):
        restore(empty, file, key)

    assert tables(empty) == set() or not every_row(empty)["alembic_version"], (
        "without a form the service does not start"
    )
    if tables(empty):
        with pytest.raises(DatabaseFault):
            require_newest(empty)


def test_without_the_keys_of_what_is_sealed_nothing_is_restored(
    sqlite_url: str, tmp_path: Path, key: tuple[str, Path]
) -> None:
    file, place = back_up(sqlite_url, tmp_path / "one.age", key), f"sqlite:///{tmp_path}/new.db"
    others = WrappingKeys(f"others:{base64.b64encode(bytes(32)).decode()}")

    with pytest.raises(DatabaseFault, match="SEALING_KEYS"):
        backups.restore(Target(place, others, MADE_AT, environment), file, key[1])

    assert tables(place) == set()


def test_a_backup_never_takes_the_place_of_a_file(sqlite_url: str, tmp_path: Path, key: tuple[str, Path]) -> None:
    file = tmp_path / "one.age"
    file.write_text("yesterday's")

    with pytest.raises(BackupFault, match="already"):
        back_up(sqlite_url, file, key)

    assert file.read_text() == "yesterday's"


def test_the_commands_say_what_they_did_and_nothing_personal(
    sqlite_url: str,
    tmp_path: Path,
    key: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with scene(sqlite_url, latest("hull")) as here:
        here.open()
    for name, value in surroundings(sqlite_url).items():
        monkeypatch.setenv(name, value)

    assert main(["backup", str(tmp_path / "one.age")]) == 1
    assert "BACKUP_RECIPIENTS" in capsys.readouterr().err
    assert main(["backup", str(tmp_path / "one.age"), "--to", key[0]]) == 0
    assert main(["outbox", "go"]) == 1
    assert "Nothing is on hold" in capsys.readouterr().err
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/restored.db")
    assert main(["restore", str(tmp_path / "one.age"), "--identity", str(key[1])]) == 0
    assert main(["outbox", "show"]) == 0
    assert main(["outbox", "go"]) == 0
    said = capsys.readouterr()

    assert "The trail is whole" in said.out
    assert "documents to make" in said.out
    assert "inventedshire" not in said.out + said.err


def test_an_older_backup_is_brought_to_the_newest_form(
    empty_database_url: str, tmp_path: Path, key: tuple[str, Path], request: pytest.FixtureRequest
) -> None:
    upgrade(empty_database_url, "0014")
    file = back_up(empty_database_url, tmp_path / "one.age", key)
    kind = "sqlite" if empty_database_url.startswith("sqlite") else "postgresql"
    place = f"sqlite:///{tmp_path}/new.db" if kind == "sqlite" else request.getfixturevalue("another_postgresql_url")

    restore(place, file, key)

    with closing(Database(place, KEYS)) as database:
        database.require_keys()
    with pytest.raises(BackupFault):
        restore(place, file, key)


@pytest.fixture
def another_postgresql_url(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


def due(url: str) -> bool:
    with closing(Database(url, KEYS)) as database, database.reading() as session:
        return outbox.is_due(session, MADE_AT + timedelta(days=1))


def surroundings(url: str) -> dict[str, str]:
    return {
        "SECRET_KEY": "x" * 40,
        "SEALING_KEYS": SEALING_KEYS,
        "SERVICE_URL": "https://escalations.example",
        "MAIL_SENDER": "escalations@escalations.example",
        "DATABASE_URL": url,
    }


def tables(url: str) -> set[str]:
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return set()
    database = Database(url, KEYS)
    with database.engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
    database.close()
    return found


def run(url: str, command: str) -> None:
    database = Database(url, KEYS)
    with database.engine.begin() as connection:
        connection.execute(text(command))
    database.close()
