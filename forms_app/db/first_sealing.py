"""Seals what stands open in a database that is older than its seals, and for a way back opens it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import LargeBinary, Table, column, delete, func, select, table, update
from sqlalchemy.orm import Session

from forms_app.db.database import Database
from forms_app.db.sealing import (
    BELONGS_BY,
    INDEX_KEY,
    SERVICE_KEY,
    VERSION,
    Sealed,
    blind_index,
    ensure_key,
    key_of,
    sealed_columns,
)
from forms_app.db.tables import Base, DataKey, SealedPlace

AT_ONCE = 200
Row = Mapping[str, Any]
Rewriting = Callable[[Session, Table, Sealed, Row], Mapping[str, Any]]
"""What is to be written into a row in the place of what stands there, by column."""


def seal_what_is_open(database: Database) -> None:
    """Seals every column that is to be sealed and was not yet, some rows in each transaction: cut off, it goes on when it is run again.

    A column is sealed once. What stands open in it afterwards is never sealed, so that nobody can have it pass for ours.
    """
    with database.writing() as session:
        for key in (SERVICE_KEY, INDEX_KEY):
            ensure_key(session, key)
        done = set(session.scalars(select(SealedPlace.place)))
    for kind, sealed in _sealed():
        if sealed.place not in done:
            while _rewrite(database, kind, sealed, _in_its_seal, is_sealed=False):
                pass
            with database.writing() as session:
                session.add(SealedPlace(place=sealed.place))


def open_what_is_sealed(database: Database) -> None:
    """Before the tables go back to a form that knows of no seals. Afterwards there is no data key any more either."""
    for kind, sealed in _sealed():
        while _rewrite(database, kind, sealed, _open, is_sealed=True):
            pass
    with database.writing() as session:
        session.execute(delete(SealedPlace))
        session.execute(delete(DataKey))


def _sealed() -> Iterator[tuple[Table, Sealed]]:
    return ((kind, sealed) for kind in Base.metadata.sorted_tables for _, sealed in sealed_columns(kind))


def _rewrite(database: Database, kind: Table, sealed: Sealed, rewriting: Rewriting, *, is_sealed: bool) -> bool:
    """Rewrites some rows. Whether there were any."""
    (own,) = kind.primary_key
    kept = [column(each.name, each.type) for each in kind.columns if each is own or each.name in BELONGS_BY]
    bare = table(kind.name, column(sealed.column, LargeBinary), *kept, *_index_of(sealed))
    found, row = bare.c[sealed.column], bare.c[own.name]
    starts = func.coalesce(func.substr(found, 1, len(VERSION), type_=LargeBinary), b"")  # SQLite has none of nothing
    wanted = select(found, *kept).where(found.is_not(None), starts == VERSION if is_sealed else starts != VERSION)
    with database.writing() as session:
        rows = [dict(each) for each in session.execute(wanted.order_by(row).limit(AT_ONCE)).mappings()]
        for each in rows:
            written = rewriting(session, kind, sealed, each)
            session.execute(update(bare).where(row == each[own.name]).values(written))
    return bool(rows)


def _index_of(sealed: Sealed) -> Iterator[Any]:
    if sealed.index is not None:
        yield column(sealed.index, LargeBinary)


def _in_its_seal(session: Session, kind: Table, sealed: Sealed, row: Row) -> Mapping[str, Any]:
    (own,) = kind.primary_key
    value = sealed.from_bytes(row[sealed.column])
    written: dict[str, Any] = {sealed.column: sealed.sealed(session, key_of(session, kind, row), row[own.name], value)}
    if sealed.index is not None:
        written[sealed.index] = blind_index(session.get_bind().dialect, sealed.place, value)
    return written


def _open(session: Session, kind: Table, sealed: Sealed, row: Row) -> Mapping[str, Any]:
    (own,) = kind.primary_key
    value = session.execute(select(kind.columns[sealed.column]).where(own == row[own.name])).scalar_one()
    return {sealed.column: sealed.to_bytes(value)}
