"""What is on hold since this database was filled from a backup, and letting it go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Table, delete, exists, func, insert, select, union_all, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import Delivery, Notification, OutboxItem, Person, Restore, SignInCode, SignInSession

POSTS = (OutboxKind.POST_DELIVERY, OutboxKind.POST_NOTIFICATION)
"""What may have reached its recipient already, after the backup was made."""


@dataclass(frozen=True, slots=True)
class OwedKind:
    """How much of one kind of work is on hold."""

    kind: str
    count: int
    oldest: datetime


def open_restore(session: Session, *, lock: bool = False) -> Restore | None:
    """The last restore after which nobody has said go."""
    wanted = select(Restore).where(Restore.let_go_at.is_(None)).order_by(Restore.restored_at.desc()).limit(1)
    return session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def is_on_hold(session: Session) -> bool:
    return bool(session.scalar(select(exists().where(Restore.let_go_at.is_(None)))))


def owed_by_kind(session: Session) -> Sequence[OwedKind]:
    """What goes when somebody says so, by kind."""
    found = session.execute(
        select(OutboxItem.kind, func.count(), func.min(OutboxItem.owed_at))
        .where(*_waits())
        .group_by(OutboxItem.kind)
        .order_by(OutboxItem.kind)
    )
    return [OwedKind(kind, count, oldest) for kind, count, oldest in found]


def let_go(session: Session, now: datetime) -> None:
    session.execute(update(Restore).where(Restore.let_go_at.is_(None)).values(let_go_at=now))


def leave_unsent(session: Session, board_id: UUID, before: datetime, now: datetime) -> Sequence[tuple[str, UUID]]:
    """The messages to people of a Board that were owed before a moment are done, without being sent: what each was about."""
    of_board = select(Person.id).where(Person.board_id == board_id)
    about = union_all(
        select(Delivery.id).where(Delivery.person_id.in_(of_board)),
        select(Notification.id).where(Notification.person_id.in_(of_board)),
    )
    found = session.execute(
        update(OutboxItem)
        .where(*_waits(), OutboxItem.kind.in_([kind.value for kind in POSTS]), OutboxItem.owed_at < before)
        .where(OutboxItem.about_id.in_(about))
        .values(done_at=now, claimed_by=None, claimed_until=None, payload=None)
        .returning(OutboxItem.kind, OutboxItem.about_id)
        .execution_options(synchronize_session=False)
    )
    return [(kind, about_id) for kind, about_id in found]


def put_on_hold(connection: Connection, now: datetime, backup_made_at: datetime) -> None:
    """Writes down that this database was filled from a backup; ends every session, and every code that waits in it.

    What ended a session after the backup was made is not known here. Names only columns that every form of the tables has
    since there are backups.
    """
    restores, sessions, outbox, codes = (_table(each) for each in (Restore, SignInSession, OutboxItem, SignInCode))
    connection.execute(insert(restores).values(id=uuid4(), restored_at=now, backup_made_at=backup_made_at))
    connection.execute(update(sessions).where(sessions.c.ended_at.is_(None)).values(ended_at=now))
    connection.execute(delete(outbox).where(outbox.c.kind == OutboxKind.SIGN_IN_MESSAGE.value))
    connection.execute(delete(codes))


def _table(of: type[SignInCode | SignInSession | OutboxItem | Restore]) -> Table:
    table = of.__table__
    assert isinstance(table, Table)
    return table


def _waits() -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxItem.done_at.is_(None),
        OutboxItem.parked_at.is_(None),
        OutboxItem.kind != OutboxKind.SIGN_IN_MESSAGE.value,
    )
