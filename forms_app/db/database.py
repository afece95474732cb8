"""One database, by its URL: an embedded SQLite file or a PostgreSQL server, with the same promises from both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session as Session

from forms_app.db.actors import SERVICE, Actor

BUSY_MILLISECONDS = 15_000
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
)


def insert_into(session: Session, table: type[Any]) -> postgresql.Insert | sqlite.Insert:
    """An insertion that can say what becomes of it where there is such a row already. Both databases have the same words for it."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table)


class Database:
    """Hands out sessions. One session is one transaction; nobody keeps two open in one thread."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    @contextmanager
    def writing(self, actor: Actor = SERVICE) -> Iterator[Session]:
        """A transaction that is committed at the end of the block and undone by any exception in it."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            actor.begin(session)
            yield session

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


def _engine(url: str) -> Engine:
    url = driver_url(url)
    if not url.startswith("sqlite"):
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=5, max_overflow=5)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


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
