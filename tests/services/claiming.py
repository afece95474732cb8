"""What each of several processes does with one outbox, in earnest and with the guard taken away."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forms_app.db.database import Database
from forms_app.db.outbox import Claim, claim, finish, is_due
from forms_app.db.tables import OutboxItem
from tests.factories.keys import KEYS
from tests.mail.owed import NOW

LEASE = timedelta(minutes=1)


@dataclass(frozen=True)
class Together:
    """A place at which so many processes wait for each other."""

    place: Path
    count: int

    def wait(self, worker: str) -> None:
        (self.place / worker).touch()
        while len(list(self.place.iterdir())) < self.count:
            time.sleep(0.005)


def claim_all(url: str, worker: str, together: Together) -> list[UUID]:
    """Claims and finishes until nothing is due; the items that this process had."""
    return _take_all(url, worker, together, carefully=True)


def claim_all_carelessly(url: str, worker: str, together: Together) -> list[UUID]:
    """The same by first looking and then writing, without a lock."""
    return _take_all(url, worker, together, carefully=False)


def _take_all(url: str, worker: str, together: Together, *, carefully: bool) -> list[UUID]:
    database, taken, now = Database(url, KEYS), [], NOW
    together.wait(worker)
    while True:
        with database.reading() as session:
            if not is_due(session, now):
                break
            looked_at = [] if carefully else _look(session)
        with database.writing() as session:
            claims = claim(session, worker, now, 3, LEASE) if carefully else _take(session, worker, looked_at, now)
        for one in claims:
            with database.writing() as session:
                finish(session, one.item_id, worker, now)
            taken.append(one.item_id)
    database.close()
    return taken


def _look(session: Session) -> Sequence[UUID]:
    wanted = select(OutboxItem.id).where(OutboxItem.done_at.is_(None)).order_by(OutboxItem.id).limit(3)
    return session.scalars(wanted).all()


def _take(session: Session, worker: str, items: Sequence[UUID], now: datetime) -> list[Claim]:
    session.execute(update(OutboxItem).where(OutboxItem.id.in_(items)).values(claimed_by=worker))
    return [Claim(item, "", item, 1, worker) for item in items]
