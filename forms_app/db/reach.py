"""Whether the database answers, and the errors that say that it does not."""

from __future__ import annotations

from sqlalchemy import exc, text

from forms_app.db.database import Database

UNREACHABLE: tuple[type[Exception], ...] = (exc.InterfaceError, exc.OperationalError, exc.TimeoutError)
"""What a session raises when the database cannot be reached, or is too busy to answer."""


def answers(database: Database) -> bool:
    try:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
    except UNREACHABLE:
        return False
    return True
