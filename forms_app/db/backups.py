"""Copies of the database, encrypted on the way to a public key, and a database filled from one.

A backup is one age file. Inside stands one line of JSON, the manifest, and after it an SQLite database or what pg_dump
writes. Nothing of it is ever on a disk in the clear but the database itself.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Protocol

import pyrage
from pyrage import x25519
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.engine import URL, make_url

from forms_app.db import verify_trail
from forms_app.db.actors import SERVICE
from forms_app.db.database import Database, driver_url, engine_at
from forms_app.db.faults import DatabaseFault
from forms_app.db.keys import WrappingKeys
from forms_app.db.migrate import is_known, migrate
from forms_app.db.restores import put_on_hold
from forms_app.db.tables import TrailHead

LONGEST_MANIFEST = 4096
SECRET_KEY = re.compile(r"^AGE-SECRET-KEY-1[0-9A-Z]+$", re.MULTILINE)
OTHER_KIND = (
    "This backup is of {0}, and DATABASE_URL names a database of another kind. It can be restored into {0} alone."
)
KINDS = {"sqlite": "an SQLite database", "postgresql": "a PostgreSQL database"}
NO_RECIPIENT = "“{}” is no public key of age: it begins with age1, and `age-keygen` prints it."
NO_IDENTITY = (
    "There is no key in {}. It is the file that `age-keygen` wrote, with a line that begins with AGE-SECRET-KEY-1."
)
WRONG_KEY = "This key does not open the backup. It was encrypted to another one."
BROKEN = "The backup is cut short or was changed: nothing was restored."
NOT_EMPTY = "There is something in the database already. A backup is restored into an empty one only."
NEWER = (
    "The backup has tables in a newer form ({}) than this version of the service knows. Restore it with that version."
)
Environment = Callable[[Mapping[str, str]], dict[str, str]]
"""This process's environment with more in it: only `settings` reads it."""


class BackupFault(DatabaseFault):
    """No backup was made, or none restored. The sentence says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in front of the copy."""

    kind: str
    made_at: str
    form: str
    """The last migration that ran."""
    trail_count: int
    trail_hash: str

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)


class Sink(Protocol):
    """Where a decrypted copy goes. `write` may be called any number of times; `finish` once, and only if all of it came."""

    def write(self, content: bytes, /) -> int: ...

    def finish(self) -> None: ...


# --- making one ----------------------------------------------------------------------------------------------------


def back_up(url: str, to: Path, recipients: Sequence[str], now: datetime, environment: Environment) -> Manifest:
    """Writes a copy of the database as it is at one moment, while the service runs. Raises BackupFault."""
    keys = [_recipient(each) for each in recipients]
    if not keys:
        raise BackupFault("Say to whom the backup is encrypted: --to age1…, or BACKUP_RECIPIENTS.")
    part = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        with _new_file(part) as output, _copying(url, now, environment) as (manifest, content):
            line = json.dumps(asdict(manifest)).encode() + b"\n"
            pyrage.encrypt_io(_Joined(line, content), output, keys)
            output.flush()
            os.fsync(output.fileno())
        os.link(part, to)
    except FileExistsError:
        raise BackupFault(f"There is a file at {to} already, and it is left as it is.") from None
    except OSError as fault:
        raise BackupFault(f"The backup cannot be written to {to}: {fault.strerror or 'the disk refused it'}.") from None
    finally:
        part.unlink(missing_ok=True)
    return manifest


@contextmanager
def _copying(url: str, now: datetime, environment: Environment) -> Iterator[tuple[Manifest, IO[bytes]]]:
    engine = engine_at(url)
    try:
        with engine.connect() as connection:
            connection.execution_options(sqlite_begin="DEFERRED")
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            manifest = _manifest(connection, now)
            if manifest.kind == "sqlite":
                # Every page as this transaction sees it, with what still stands in the WAL.
                yield manifest, BytesIO(_raw(connection).serialize())
            else:
                with _dumping(url, connection, environment) as content:
                    yield manifest, content
    finally:
        engine.dispose()


def _manifest(connection: Connection, now: datetime) -> Manifest:
    form = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    count, last = connection.execute(select(TrailHead.count, TrailHead.hash)).one()
    return Manifest(connection.dialect.name, now.isoformat(), form, count, last)


@contextmanager
def _dumping(url: str, connection: Connection, environment: Environment) -> Iterator[IO[bytes]]:
    """pg_dump of the same moment. The table of the form of tables stays empty in it: see `_fill_postgresql`."""
    snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    words = ["pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-password", "--enable-row-security"]
    words += ["--exclude-table-data=alembic_version", "--exclude-table=queue.*"]
    with _program(words, url, environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout
        _ended_well(process, "pg_dump")


def _recipient(key: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise BackupFault(NO_RECIPIENT.format(key[:12])) from None


# --- restoring one ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """The empty database that is filled, and with what."""

    url: str
    wrapping: WrappingKeys
    now: datetime
    environment: Environment


def restore(target: Target, file: Path, identities: Path) -> Manifest:
    """Fills an empty database from a backup, puts what is owed on hold, and brings it to the newest form.

    Raises BackupFault, and SealFault where the keys of what is sealed in it are not here.
    """
    keys = _identities(identities)
    _require_empty(target.url)
    opening = _Opening(lambda manifest: _sink(target, manifest))
    try:
        with file.open("rb") as content:
            pyrage.decrypt_io(content, opening, keys)
        opening.finish()
    except pyrage.DecryptError as fault:
        raise BackupFault(WRONG_KEY if "matching keys" in str(fault) else BROKEN) from None
    except OSError as fault:
        raise BackupFault(_why_unread(file, fault)) from None
    finally:
        opening.close()
    assert opening.manifest is not None
    return opening.manifest


def faults_of(url: str, manifest: Manifest) -> list[str]:
    """What is wrong in a restored database: its trail, and that it ends where the manifest says."""
    head = verify_trail.Head(manifest.trail_count, manifest.trail_hash, "the manifest of the backup")
    try:
        rows, own_head = verify_trail.rows_of(_place(url))
        verdict = verify_trail.verify(rows, [head], own_head=own_head)
    except verify_trail.Unreadable as fault:
        return [str(fault)]
    return [verdict.fault] if verdict.fault else []


def _place(url: str) -> str:
    """The database as the stand-alone check names it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.database or ""
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


def _require_empty(url: str) -> None:
    engine = engine_at(url)
    try:
        with engine.connect() as connection:
            if inspect(connection).get_table_names():
                raise BackupFault(NOT_EMPTY)
    finally:
        engine.dispose()


def _identities(file: Path) -> list[x25519.Identity]:
    try:
        written = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BackupFault(f"The key at {file} cannot be read.") from None
    try:
        found = [x25519.Identity.from_str(each) for each in SECRET_KEY.findall(written)]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise BackupFault(NO_IDENTITY.format(file))
    return found


def _why_unread(file: Path, fault: OSError) -> str:
    """What age itself finds wrong has no number of the system's."""
    return BROKEN if fault.errno is None else f"The backup at {file} cannot be read: {fault.strerror}."


def _sink(target: Target, manifest: Manifest) -> Sink:
    kind = make_url(target.url).get_backend_name()
    if kind != manifest.kind:
        raise BackupFault(OTHER_KIND.format(KINDS.get(manifest.kind, manifest.kind)))
    if not is_known(target.url, manifest.form):
        raise BackupFault(NEWER.format(manifest.form))
    return _IntoSqlite(target, manifest) if kind == "sqlite" else _IntoPostgresql(target, manifest)


class _IntoSqlite:
    """Beside the place of the database, and moved there when everything is done: at no moment could the service use half of it."""

    def __init__(self, target: Target, manifest: Manifest) -> None:
        self._target, self._manifest = target, manifest
        self._place = Path(make_url(target.url).database or "")
        self._part = self._place.with_name(f".{self._place.name}.{secrets.token_hex(4)}")
        self._file = _new_file(self._part)

    def write(self, content: bytes) -> int:
        return self._file.write(content)

    def finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        url = f"sqlite:///{self._part}"
        _put_on_hold(url, self._manifest, self._target.now, with_form=False)
        migrate(url, self._target.wrapping)
        _require_keys(url, self._target.wrapping)
        with closing(sqlite3.connect(self._part)) as connection:
            if connection.execute("PRAGMA foreign_key_check").fetchall():
                raise BackupFault("Rows of the backup point at rows that are not in it: nothing was restored.")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for more in ("", "-wal", "-shm"):  # what a look at the empty place may have left there
            self._place.with_name(self._place.name + more).unlink(missing_ok=True)
        self._part.rename(self._place)

    def close(self) -> None:
        self._file.close()
        for more in ("", "-wal", "-shm"):
            self._part.with_name(self._part.name + more).unlink(missing_ok=True)


class _IntoPostgresql:
    """In one transaction of pg_restore. It leaves out in which form the tables are, and without that the service does not start."""

    def __init__(self, target: Target, manifest: Manifest) -> None:
        self._target, self._manifest = target, manifest
        words = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-password"]
        words += [f"--dbname={_named(target.url).database}"]
        self._running = _program(words, target.url, target.environment, stdin=subprocess.PIPE)
        self._process = self._running.__enter__()

    def write(self, content: bytes) -> int:
        assert self._process.stdin is not None
        try:
            return self._process.stdin.write(content)
        except BrokenPipeError:
            _ended_well(self._process, "pg_restore")
            raise

    def finish(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        _ended_well(self._process, "pg_restore")
        _put_on_hold(self._target.url, self._manifest, self._target.now, with_form=True)
        migrate(self._target.url, self._target.wrapping)
        _require_keys(self._target.url, self._target.wrapping)

    def close(self) -> None:
        """Ended before all of it came, it has changed nothing."""
        self._running.__exit__(None, None, None)


def _put_on_hold(url: str, manifest: Manifest, now: datetime, *, with_form: bool) -> None:
    """From here on the database can be used, and everything in it is on hold."""
    engine = engine_at(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL forms_app.actor = '{SERVICE.kind}'"))
            if with_form:
                connection.execute(text("INSERT INTO alembic_version VALUES (:form)"), {"form": manifest.form})
            put_on_hold(connection, now, manifest.moment)
    finally:
        engine.dispose()


def _require_keys(url: str, wrapping: WrappingKeys) -> None:
    """Raises SealFault where the keys of what is sealed are not here."""
    with closing(Database(url, wrapping)) as database:
        database.require_keys()


class _Opening:
    """Takes the manifest off what is decrypted, and hands the rest on to where the manifest says that it belongs."""

    def __init__(self, sink_of: Callable[[Manifest], Sink]) -> None:
        self._sink_of = sink_of
        self._sink: Any = None
        self._begun = b""
        self.manifest: Manifest | None = None

    def write(self, content: bytes) -> int:
        if self._sink is not None:
            self._sink.write(content)
            return len(content)
        self._begun += content
        line, end, rest = self._begun.partition(b"\n")
        if not end and len(line) > LONGEST_MANIFEST:
            raise BackupFault("This file is encrypted to the key, and is no backup of this service.")
        if end:
            self.manifest = _read(line)
            self._sink = self._sink_of(self.manifest)
            self._sink.write(rest)
        return len(content)

    def flush(self) -> None:
        pass

    def finish(self) -> None:
        if self._sink is None:
            raise BackupFault(BROKEN)
        self._sink.finish()

    def close(self) -> None:
        if self._sink is not None:
            self._sink.close()


def _read(line: bytes) -> Manifest:
    try:
        found = Manifest(**json.loads(line))
        datetime.fromisoformat(found.made_at)
    except (ValueError, TypeError):
        raise BackupFault("This file is encrypted to the key, and is no backup of this service.") from None
    return found


# --- parts -----------------------------------------------------------------------------------------------------------


class _Joined:
    """The line, and then what the other reads."""

    def __init__(self, line: bytes, content: IO[bytes]) -> None:
        self._line, self._content = BytesIO(line), content

    def read(self, size: int = -1) -> bytes:
        return self._line.read(size) or self._content.read(size)


def _new_file(at: Path) -> IO[bytes]:
    """A file that nobody else reads, and that was not there."""
    return os.fdopen(os.open(at, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _named(url: str) -> URL:
    return make_url(driver_url(url))


@contextmanager
def _program(
    words: Sequence[str], url: str, environment: Environment, *, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """One of PostgreSQL's own programs. What it needs to reach the server is in its environment, where `ps` does not show it."""
    named = _named(url)
    reach = {
        "PGHOST": named.host,
        "PGPORT": None if named.port is None else str(named.port),
        "PGUSER": named.username,
        "PGPASSWORD": None if named.password is None else str(named.password),
        "PGDATABASE": named.database,
        "PGOPTIONS": f"-c forms_app.actor={SERVICE.kind}",
    }
    try:
        process = subprocess.Popen(  # noqa: S603 - fixed words
            words,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment({name: value for name, value in reach.items() if value is not None}),
        )
    except FileNotFoundError:
        raise BackupFault(f"{words[0]} is not installed here: it comes with PostgreSQL’s client programs.") from None
    try:
        yield process
    finally:
        process.kill()
        with suppress(BrokenPipeError), process:  # which closes its pipes, and waits for it
            pass


def _ended_well(process: subprocess.Popen[bytes], program: str) -> None:
    said = b"" if process.stderr is None else process.stderr.read()
    if process.wait() != 0:
        lines = [line for line in said.decode("utf-8", "replace").splitlines() if "error:" in line]
        raise BackupFault(f"{program} could not do it: {lines[0] if lines else 'it gave no reason'}")
