"""What a person at the command line is told when the database cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.errors import UndefinedColumn, UndefinedTable
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError

from forms_app.domain.errors import DomainError

KINDS = ("sqlite", "postgresql", "postgres")
RUN_MIGRATE = "The database is not in its newest form. Run `forms-app migrate` first."
NOT_MIGRATED = (UndefinedColumn, UndefinedTable)


class DatabaseFault(DomainError):
    """The database cannot be used. The sentence says which, why and what to do, and never a password."""


@contextmanager
def faults_told(url: str) -> Iterator[None]:
    """Turns what goes wrong with the database itself into a DatabaseFault. A fault of what is written stays what it is."""
    parsed = _known(url)
    _make_folder(parsed)
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except DBAPIError as fault:
        reason = str(fault.orig)
        if isinstance(fault.orig, NOT_MIGRATED) or "no such table" in reason or "no such column" in reason:
            raise DatabaseFault(RUN_MIGRATE) from None
        raise DatabaseFault(_unusable(parsed, " ".join(reason.split()))) from None


def _known(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in KINDS:
        raise DatabaseFault(
            "DATABASE_URL names no database that this service knows: write it like sqlite:////path/to/file.db or "
            "postgresql://user:password@host/name."
        )
    return parsed


def _make_folder(url: URL) -> None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise DatabaseFault(_unusable(url, f"{fault.filename}: {fault.strerror}")) from None


def _unusable(url: URL, reason: str) -> str:
    place = url.set(query={}).render_as_string(hide_password=True)
    return (
        f"The database at {place} cannot be used ({reason}). See that it can be reached and that DATABASE_URL is right."
    )
