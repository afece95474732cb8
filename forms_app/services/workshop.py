"""Opens pieces of work: where a transaction begins, and what is done before it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from forms_app.db.actors import SERVICE, Actor
from forms_app.db.database import Database, Session
from forms_app.db.tables import MOMENT
from forms_app.domain.working_days import Calendar
from forms_app.policies.shelf import Shelf
from forms_app.services.counting import count_touched
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class Workshop:
    """Opens pieces of work on one database. The clock is read here and nowhere else."""

    database: Database
    shelf: Shelf
    calendars: Callable[[str], Calendar]
    clock: Callable[[], datetime]
    actor: Actor = SERVICE
    """For whom its pieces of work are done."""

    def on_behalf_of(self, actor: Actor) -> Workshop:
        """The same, for pieces of work that reach only what this actor may reach."""
        return replace(self, actor=actor)

    @contextmanager
    def writing(self) -> Iterator[Work]:
        """Work that is committed at the end of the block and undone by any exception in it. What it changed is counted last."""
        with self.database.writing(self.actor) as session:
            work = self._begun(session)
            yield work
            count_touched(work)

    @contextmanager
    def reading(self) -> Iterator[Work]:
        with self.database.reading(self.actor) as session:
            yield self._begun(session)

    def _begun(self, session: Session) -> Work:
        now = self.clock()
        session.info[MOMENT] = now
        return Work(session, now, self.shelf, self.calendars)
