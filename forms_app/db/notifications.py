"""Every read and write of the messages that are no documents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, union_all
from sqlalchemy.orm import Session, joinedload

from forms_app.db.database import insert_into
from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import Attempt, Delivery, Notification, OutboxItem, Person, SignInCode, SignInSession


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification, when it was accepted, and whether it still waits or was given up."""

    id: UUID
    person_id: UUID
    accepted_at: datetime | None
    waits: bool
    was_given_up: bool

    def tells_since(self, moment: datetime) -> bool:
        """Whether its person is told by it of what was so at a moment, or will be."""
        return self.waits or (not self.was_given_up and self.accepted_at is not None and self.accepted_at >= moment)


@dataclass(frozen=True, slots=True)
class NotReached:
    """Somebody whom emails do not reach, and since when that is known."""

    person: Person
    since: datetime


def notification_to_send(session: Session, notification_id: UUID, *, lock: bool = False) -> Notification:
    """The notification with the person to whom it goes, their Board and their agency.

    With `lock`, whoever asks whether it is on its way, or would add a delivery to it, waits for this transaction.
    """
    wanted = select(Notification).where(Notification.id == notification_id)
    person = joinedload(Notification.person)
    wanted = wanted.options(person.joinedload(Person.board), person.joinedload(Person.agency))
    return session.scalars(wanted.with_for_update(of=Notification) if lock else wanted).one()


def is_on_its_way(session: Session, kind: str, person_id: UUID, about_id: UUID) -> bool:
    """Whether one of this kind about the same waits to be accepted; it is not accepted before this transaction is over."""
    wanted = select(Notification.id).where(_about(kind, about_id), Notification.person_id == person_id)
    wanted = wanted.where(Notification.accepted_at.is_(None), _is_owed())
    return session.scalars(wanted.with_for_update(of=Notification)).first() is not None


def last_accepted(session: Session, kind: str, person_id: UUID, about_id: UUID) -> datetime | None:
    """When the last of this kind about the same was accepted."""
    wanted = select(func.max(Notification.accepted_at)).where(_about(kind, about_id))
    return session.scalar(wanted.where(Notification.person_id == person_id))


def count_about(session: Session, kind: str, person_id: UUID, about_id: UUID) -> int:
    """How many of this kind about the same were ever owed to a person."""
    wanted = select(func.count()).where(_about(kind, about_id), Notification.person_id == person_id)
    return session.scalar(wanted) or 0


def told_of(session: Session, kind: str, about_id: UUID) -> Sequence[Notified]:
    """Everybody who was told of this, or is about to be, in the order in which it was owed."""
    wanted = select(Notification, _is_owed(), _given_up()).where(_about(kind, about_id))
    found = session.execute(wanted.order_by(Notification.owed_at, Notification.id))
    return [
        Notified(each.id, each.person_id, each.accepted_at, bool(waits), bool(given_up))
        for each, waits, given_up in found
    ]


def not_reached_since(session: Session, kind: str, about_id: UUID, since: datetime) -> Collection[UUID]:
    """The people of whom a message of this kind about the same, owed since a moment, was given up."""
    wanted = select(Notification.person_id).where(_about(kind, about_id), Notification.owed_at > since, _given_up())
    return set(session.scalars(wanted))


def accepted_since(session: Session, since: datetime, person_id: UUID, kinds: Collection[str]) -> Sequence[datetime]:
    """When messages of these kinds to a person were accepted since a moment, the oldest first."""
    wanted = select(Notification.accepted_at).where(Notification.person_id == person_id, Notification.kind.in_(kinds))
    found = session.scalars(wanted.where(Notification.accepted_at > since).order_by(Notification.accepted_at))
    return [at for at in found if at is not None]


def says_it_already(session: Session, one: Notification, *, everywhere: bool) -> bool:
    """Whether a message of its kind to the same person was accepted since this one was owed.

    About the same escalation or Board, or with `everywhere` about any.
    """
    wanted = select(Notification.id).where(
        Notification.kind == one.kind,
        Notification.person_id == one.person_id,
        Notification.id != one.id,
        Notification.accepted_at > one.owed_at,
    )
    if not everywhere:
        wanted = wanted.where(Notification.escalation_id.is_not_distinct_from(one.escalation_id))
    return session.scalars(wanted.limit(1)).first() is not None


def open_together(session: Session, kind: str, person_id: UUID) -> UUID | None:
    """The message that waits to be sent to a person with several documents, and is not begun.

    It is not begun before this transaction is over.
    """
    wanted = select(Notification.id).where(Notification.kind == kind, Notification.person_id == person_id)
    wanted = wanted.where(Notification.accepted_at.is_(None), _is_owed())
    wanted = wanted.order_by(Notification.owed_at, Notification.id).with_for_update(of=Notification)
    for each in session.scalars(wanted).all():
        # Asked once it is held: whoever began it meanwhile has written so.
        begun = select(Attempt.id).join(Delivery, Delivery.id == Attempt.delivery_id)
        if session.scalars(begun.where(Delivery.notification_id == each).limit(1)).first() is None:
            return each
    return None


def not_reached(session: Session, board_id: UUID) -> Sequence[NotReached]:
    """The people of a Board whom a message without a document did not reach, the longest first.

    Whoever has signed in since proved that emails reach them. A code that ran out before it was sent, or was used, says nothing.
    """
    is_parked = OutboxItem.parked_at.is_not(None)
    is_of_code = (OutboxItem.about_id == SignInCode.id) & (OutboxItem.kind == OutboxKind.SIGN_IN_MESSAGE.value)
    in_time = OutboxItem.done_at.is_not(None) | (OutboxItem.parked_at < SignInCode.expires_at)
    failed = union_all(
        select(Notification.person_id, OutboxItem.parked_at).join(OutboxItem, _of_outbox()).where(is_parked),
        select(SignInCode.person_id, OutboxItem.parked_at)
        .join(OutboxItem, is_of_code)
        .where(is_parked, SignInCode.used_at.is_(None), in_time),
    ).subquery()
    signed_in = exists().where(
        SignInSession.person_id == failed.c.person_id, SignInSession.started_at > failed.c.parked_at
    )
    since = select(failed.c.person_id, func.min(failed.c.parked_at).label("since")).where(~signed_in)
    since_when = since.group_by(failed.c.person_id).subquery()
    found = session.execute(
        select(Person, since_when.c.since)
        .join(since_when, since_when.c.person_id == Person.id)
        .where(Person.board_id == board_id, Person.left_at.is_(None))
        .options(joinedload(Person.agency))
        .order_by(since_when.c.since, Person.id)
    )
    return [NotReached(person, at) for person, at in found]


def _about(kind: str, about_id: UUID) -> ColumnElement[bool]:
    return (Notification.kind == kind) & (Notification.about_id == about_id)


def _is_owed() -> ColumnElement[bool]:
    waits = OutboxItem.done_at.is_(None) & OutboxItem.parked_at.is_(None)
    return exists().where(_of_outbox(), waits).correlate(Notification)


def _given_up() -> ColumnElement[bool]:
    return exists().where(_of_outbox(), OutboxItem.parked_at.is_not(None)).correlate(Notification)


def _of_outbox() -> ColumnElement[bool]:
    posting = OutboxKind.POST_NOTIFICATION.value
    return (OutboxItem.about_id == Notification.id) & (OutboxItem.kind == posting)


def add(session: Session, **values: Any) -> bool:
    """Adds one. False, and no change, when there is one under the same key already."""
    added = session.execute(
        insert_into(session, Notification)
        .values(**values)
        .on_conflict_do_nothing(index_elements=[Notification.dedupe_key])
        .returning(Notification.id)
    )
    return added.first() is not None
