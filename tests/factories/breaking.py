"""Work that goes wrong in the middle, at whichever statement a test chooses."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from forms_app.db.database import Database


class Broken(Exception):
    """What was made to go wrong."""


class breaking:  # noqa: N801 it is read as a word
    """Breaks the work on a database at the nth statement that writes."""

    def __init__(self, database: Database, number: int) -> None:
        self.engine, self.left, self.hit = database.engine, number, list[str]()

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._count)
        return self.hit

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._count)

    def _count(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.split(maxsplit=1)[0] in {"INSERT", "UPDATE", "DELETE", "WITH"}:
            self.left -= 1
            if self.left == 0:
                self.hit.append(statement)
                raise Broken
