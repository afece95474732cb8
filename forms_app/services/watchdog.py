"""Whether what is owed is being done, for those who use the service and for those who run it."""

from __future__ import annotations

import time

from forms_app.db import workers
from forms_app.db.reach import UNREACHABLE
from forms_app.db.restores import is_on_hold
from forms_app.domain.watchdog import LATE_AFTER, TRIES_OF_STANDING_WORK, Health, Signs, judge
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

HEARTBEAT_SECONDS = 30
LOOKS_EVERY_SECONDS = 15


def health(work: Work) -> Health:
    return judge(_signs(work), work.now)


def _signs(work: Work) -> Signs:
    return Signs(
        heard_at=workers.last_heard_of(work.session),
        due_since=workers.due_since(work.session, work.now),
        not_taken=workers.messages_not_taken(work.session, work.now - LATE_AFTER),
        standing_failed=workers.has_standing_fault(work.session, TRIES_OF_STANDING_WORK),
        on_hold=is_on_hold(work.session),
    )


class Watchdog:
    """What one process knows of the health; it asks the database anew every few seconds, and not at each request."""

    def __init__(self, workshop: Workshop, *, every_seconds: float = LOOKS_EVERY_SECONDS) -> None:
        self._workshop, self._every = workshop, every_seconds
        self._known: Health | None = None
        self._look_at = 0.0

    def health(self) -> Health | None:
        """None when the database cannot be asked: that is said in another way."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + self._every
            self._known = self._look()
        return self._known

    def _look(self) -> Health | None:
        try:
            with self._workshop.reading() as work:
                return health(work)
        except UNREACHABLE:
            return None


class Heartbeat:
    """One worker process that says from time to time that it is there."""

    def __init__(self, workshop: Workshop, name: str) -> None:
        self._workshop, self._name = workshop, name
        self._beat_at = 0.0

    def beat(self) -> None:
        if time.monotonic() < self._beat_at:
            return
        with self._workshop.writing() as work:
            workers.note_worker(work.session, self._name, work.now)
        self._beat_at = time.monotonic() + HEARTBEAT_SECONDS
