"""The signs that workers leave: that they are there, and what waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from forms_app.db.database import insert_into
from forms_app.db.outbox import STANDING, OutboxKind, may_go
from forms_app.db.tables import OutboxItem, WorkerProcess

KEPT = timedelta(days=1)
MESSAGES = (OutboxKind.POST_DELIVERY, OutboxKind.POST_NOTIFICATION, OutboxKind.SIGN_IN_MESSAGE)
NOT_AWAITED = (OutboxKind.MAKE_BLANK_FORMS, OutboxKind.DRAW_LAYOUT)
"""What takes long, comes last, and nobody waits for."""


def note_worker(session: Session, name: str, now: datetime) -> None:
    """This worker process is there. At its first sign, those of which nobody heard for long are forgotten."""
    seen = session.execute(update(WorkerProcess).where(WorkerProcess.name == name).values(seen_at=now))
    if seen.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
        return
    session.execute(
        insert_into(session, WorkerProcess).values(name=name, started_at=now, seen_at=now).on_conflict_do_nothing()
    )
    session.execute(delete(WorkerProcess).where(WorkerProcess.seen_at < now - KEPT))


def last_heard_of(session: Session) -> datetime | None:
    return session.scalar(select(func.max(WorkerProcess.seen_at)))


def due_since(session: Session, now: datetime) -> datetime | None:
    """Since when the oldest work has been due that nobody has taken up, or whose worker fell silent."""
    waits = and_(
        OutboxItem.done_at.is_(None),
        OutboxItem.parked_at.is_(None),
        OutboxItem.not_before <= now,
        or_(OutboxItem.claimed_until.is_(None), OutboxItem.claimed_until < now),
        OutboxItem.kind.not_in([kind.value for kind in NOT_AWAITED]),
        may_go(),
    )
    return session.scalar(select(func.min(OutboxItem.not_before)).where(waits))


def messages_not_taken(session: Session, owed_before: datetime) -> int:
    """How many messages wait that were owed before a moment, and after the last one that was taken."""
    of_messages = OutboxItem.kind.in_([kind.value for kind in MESSAGES])
    taken = session.scalar(select(func.max(OutboxItem.done_at)).where(of_messages, OutboxItem.done_at.is_not(None)))
    waiting = select(func.count()).where(
        of_messages, OutboxItem.done_at.is_(None), OutboxItem.parked_at.is_(None), OutboxItem.owed_at < owed_before
    )
    if taken is not None:
        waiting = waiting.where(OutboxItem.owed_at > taken)
    return session.scalar(waiting) or 0


def has_standing_fault(session: Session, tries: int) -> bool:
    """Whether work that comes round for ever failed this often since it was last done."""
    failed = exists().where(
        OutboxItem.kind.in_([kind.value for kind in STANDING]),
        OutboxItem.fault.is_not(None),
        or_(OutboxItem.tries >= tries, OutboxItem.parked_at.is_not(None)),
    )
    return bool(session.scalar(select(failed)))
