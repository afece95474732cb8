"""One database, by its URL: an embedded SQLite file or a PostgreSQL server, with the same promises from both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session as Session

from forms_app.db import trail
from forms_app.db.actors import SERVICE, Actor
from forms_app.db.inserting import insert_into as insert_into
from forms_app.db.keys import KeyRing, WrappingKeys, require_keys
from forms_app.db.sealing import use_keys

BUSY_MILLISECONDS = 15_000
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
)


class Database:
    """Hands out sessions. One session is one transaction; nobody keeps two open in one thread."""

    def __init__(self, url: str, wrapping: WrappingKeys | None = None) -> None:
        """Without keys nothing that is sealed can be read or written, which a copy of the whole does not need."""
        self.engine = engine_at(url)
        self._wrapping = wrapping
        if wrapping is not None:
            use_keys(self.engine.dialect, KeyRing(self.engine, wrapping))

    def require_keys(self) -> None:
        """Raises DatabaseFault where something is not sealed yet, or was sealed by a key that is not here."""
        assert self._wrapping is not None
        with self.reading() as session:
            require_keys(session, self._wrapping)

    @contextmanager
    def writing(self, actor: Actor = SERVICE) -> Iterator[Session]:
        """A transaction that is committed at the end of the block and undone by any exception in it.

        Whatever was noted in it is written last: no session that writes goes past the trail.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            actor.begin(session)
            yield session
            trail.write_down(session)

    @contextmanager
    def reading(self, actor: Actor = SERVICE) -> Iterator[Session]:
        """A transaction that only reads: on SQLite it does not wait for writers."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"sqlite_begin": "DEFERRED"})
            actor.begin(session)
            yield session
            session.rollback()

    def close(self) -> None:
        self.engine.dispose()


def driver_url(url: str) -> str:
    """The URL with the driver that we install: psycopg 3 for PostgreSQL."""
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def engine_at(url: str) -> Engine:
    url = driver_url(url)
    if not url.startswith("sqlite"):
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=5, max_overflow=5)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgresql(connection: Any, _: object) -> None:
    # With the policies on rows it thinks short questions dear, and would compile each for seconds.
    connection.execute("SET jit TO off")
    connection.commit()


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own: see _begin_sqlite
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that first reads and then writes loses updates unless it takes the write lock at once.
    kind = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {kind}")
