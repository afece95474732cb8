"""The work that is owed outside the request: owed in the transaction of its reason, claimed under a lease, finished by its claimant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CTE, ColumnElement, and_, case, exists, literal, or_, select, update
from sqlalchemy.orm import Session

from forms_app.db.database import insert_into
from forms_app.db.sealing import SERVICE_KEY, sealed
from forms_app.db.tables import Board, Delivery, OutboxItem, Restore

LONG_OWED = timedelta(minutes=15)


class OutboxKind(StrEnum):
    MAKE_DOCUMENT = "make_document"
    """About a Document."""
    MAKE_REPORT = "make_report"
    """About a BoardReport."""
    POST_DELIVERY = "post_delivery"
    """About a Delivery."""
    WATCH = "watch"
    """About a StageRecord: whether, when a time has run out, it is still the escalation's last. Owed at that time."""
    MAKE_BLANK_FORMS = "make_blank_forms"
    """About a Board."""
    DRAW_LAYOUT = "draw_layout"
    """About a WordLayout: its sample as pictures."""
    REHEARSE = "rehearse"
    """About a RehearsedPolicy."""
    BEGIN_POLICY = "begin_policy"
    """About a PolicyAdoption: what follows from it. Owed at the moment from which it is in force."""
    POST_NOTIFICATION = "post_notification"
    """About a Notification."""
    TELL_WEBHOOK = "tell_webhook"
    """About a WebhookMessage."""
    REMIND = "remind"
    """About a Board: whom to remind of what today. One row for ever, due again on the next day."""
    LOOK_AFTER_PEOPLE = "look_after_people"
    """About a Board: who is locked, and which agency is reminded of its yearly word. One row for ever, due again on the next day."""
    LOOK_AFTER_RECORDS = "look_after_records"
    """About a Board: what comes due by its rules of retention. One row for ever, due again on the next day."""
    MAKE_SET = "make_set"
    """About a DocumentSet."""
    DELETE_SET = "delete_set"
    """About a DocumentSet. Owed at the moment at which it goes."""
    DESTROY = "destroy"
    """About a Destruction that a second person has confirmed."""
    PUBLISH_HEAD = "publish_head"
    """About nothing: the head of the trail goes into a file. One row for ever, due again an hour later."""
    MAIL_HEAD = "mail_head"
    """About a Board: the head of the trail goes to its agencies' leads. One row for ever, due again a week later."""
    COUNT = "count"
    """About nothing: what the register has not counted by today's rules, and quarters. One row for ever, due again an hour later."""
    READ_BOUNCES = "read_bounces"
    """About nothing: whether messages came back. One row for ever, due again a minute later."""
    SIGN_IN_MESSAGE = "sign_in_message"
    """About a SignInCode; its words are in the payload and nowhere else."""


STANDING = frozenset(
    {
        OutboxKind.REMIND,
        OutboxKind.LOOK_AFTER_PEOPLE,
        OutboxKind.LOOK_AFTER_RECORDS,
        OutboxKind.PUBLISH_HEAD,
        OutboxKind.MAIL_HEAD,
        OutboxKind.COUNT,
        OutboxKind.READ_BOUNCES,
    }
)
"""What comes round for ever: it can be put off again and again, and is never given up."""
LAST = (
    OutboxKind.MAKE_BLANK_FORMS,
    OutboxKind.DRAW_LAYOUT,
    OutboxKind.REHEARSE,
    OutboxKind.MAKE_SET,
    OutboxKind.READ_BOUNCES,
    OutboxKind.TELL_WEBHOOK,
)
"""What takes seconds and nobody waits for."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One item that one worker may work on until its lease ends. `tries` counts this one."""

    item_id: UUID
    kind: str
    about_id: UUID
    tries: int
    worker: str
    payload: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Behind:
    """Where messages were lately not taken, one after the other: what else goes there comes after everything else."""

    documents: Collection[UUID] = ()
    domains: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Attention:
    """An item at which a person should look: given up, or owed for a long time."""

    item_id: UUID
    kind: str
    about_id: UUID
    owed_at: datetime
    tries: int
    parked_at: datetime | None
    fault: str | None


def owe(
    session: Session,
    kind: OutboxKind,
    about_id: UUID,
    dedupe_key: str,
    now: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    """Owes one piece of work. Owing it again under the same key changes nothing."""
    item_id = uuid4()
    session.execute(
        insert_into(session, OutboxItem)
        .values(
            id=item_id,
            kind=kind.value,
            about_id=about_id,
            dedupe_key=dedupe_key,
            payload=payload and sealed(session, OutboxItem.payload, SERVICE_KEY, item_id, payload),
            owed_at=now,
            not_before=now,
        )
        .on_conflict_do_nothing(index_elements=[OutboxItem.dedupe_key])
    )


def is_due(session: Session, now: datetime) -> bool:
    """Whether anything could be claimed. Only reads: ask this first, so that idle workers do not hold SQLite's write lock."""
    return bool(session.scalar(select(exists().where(_due(now)))))


NOTHING_BEHIND = Behind()


def claim(
    session: Session, worker: str, now: datetime, limit: int, lease: timedelta, behind: Behind = NOTHING_BEHIND
) -> Sequence[Claim]:
    """Takes the oldest due items for this worker until the lease ends. Nobody else can take them before that."""
    due = _oldest_due(now, limit, behind)
    items = session.scalars(
        update(OutboxItem)
        .where(OutboxItem.id.in_(select(due.c.id)))
        .values(claimed_by=worker, claimed_until=now + lease, tries=OutboxItem.tries + 1)
        .returning(OutboxItem)
        .execution_options(synchronize_session=False)
    ).all()
    return [
        Claim(item.id, item.kind, item.about_id, item.tries, worker, item.payload)
        for item in sorted(items, key=lambda item: (item.not_before, item.id))
    ]


def finish(session: Session, item_id: UUID, worker: str, now: datetime) -> bool:
    """The work is done. False, and no change, when the worker's lease ended and another worker took it."""
    return _settle(session, item_id, worker, done_at=now, payload=None, fault=None)


def fail(session: Session, item_id: UUID, worker: str, sentence: str, not_before: datetime) -> bool:
    """The work could not be done and is tried again, not before a moment. The sentence holds nothing personal."""
    return _settle(session, item_id, worker, fault=sentence, not_before=not_before)


def park(session: Session, item_id: UUID, worker: str, sentence: str, now: datetime) -> bool:
    """The work is given up: a person must look at it. The sentence holds nothing personal."""
    return _settle(session, item_id, worker, fault=sentence, parked_at=now, payload=None)


def put_off(session: Session, claimed: Claim, sentence: str, now: datetime, waits: Sequence[timedelta]) -> bool:
    """The work could not be done and is tried again after the next wait; after the last one it is parked."""
    if is_last_try(claimed, waits):
        return park(session, claimed.item_id, claimed.worker, sentence, now)
    wait = waits[min(claimed.tries, len(waits)) - 1]
    return fail(session, claimed.item_id, claimed.worker, sentence, now + wait)


def is_last_try(claimed: Claim, waits: Sequence[timedelta]) -> bool:
    """Whether the work is given up if it cannot be done this time."""
    return claimed.kind not in STANDING and claimed.tries > len(waits)


def postpone(session: Session, claimed: Claim, moment: datetime) -> bool:
    """It is not the time for this work before a moment. That was no try. False as `finish` is."""
    tries = claimed.tries - 1
    return _settle(session, claimed.item_id, claimed.worker, owed_at=moment, not_before=moment, tries=tries)


def finish_until(session: Session, item_id: UUID, worker: str, moment: datetime) -> bool:
    """The work is done for now, and due again at a moment. False as `finish` is."""
    return _settle(session, item_id, worker, owed_at=moment, not_before=moment, tries=0, fault=None)


def try_again(session: Session, kind: OutboxKind, about: Collection[UUID], now: datetime) -> None:
    """Makes work that was put off or given up due at once, with all its tries before it. What is being worked on goes on."""
    session.execute(
        update(OutboxItem)
        .where(
            OutboxItem.kind == kind.value,
            OutboxItem.about_id.in_(about),
            OutboxItem.done_at.is_(None),
            OutboxItem.claimed_by.is_(None),
        )
        .values(not_before=now, parked_at=None, tries=0)
        .execution_options(synchronize_session=False)
    )


def owe_again(session: Session, kind: OutboxKind, about: Collection[UUID], now: datetime) -> None:
    """Owes work anew that was done or given up, with all its tries before it. What is being worked on goes on."""
    session.execute(
        update(OutboxItem)
        .where(OutboxItem.kind == kind.value, OutboxItem.about_id.in_(about), OutboxItem.claimed_by.is_(None))
        .values(owed_at=now, not_before=now, done_at=None, parked_at=None, fault=None, tries=0)
        .execution_options(synchronize_session=False)
    )


def came_back(session: Session, kind: OutboxKind, about_id: UUID, sentence: str, now: datetime) -> bool:
    """What was done came to nothing in the end: a person must look at it. False, and no change, when it was not done."""
    found = session.execute(
        update(OutboxItem)
        .where(OutboxItem.dedupe_key == f"{kind}:{about_id}")
        .where(OutboxItem.done_at.is_not(None), OutboxItem.parked_at.is_(None))
        .values(fault=sentence, parked_at=now)
        .returning(OutboxItem.id)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None


def is_owed(session: Session, kind: OutboxKind, about: UUID) -> bool:
    """Whether this work is owed, or was."""
    return bool(session.scalar(select(exists().where(OutboxItem.kind == kind.value, OutboxItem.about_id == about))))


def boards_without(session: Session, kind: OutboxKind) -> Sequence[UUID]:
    """The Boards for which this work was never owed."""
    looked = exists().where(OutboxItem.kind == kind.value, OutboxItem.about_id == Board.id)
    return session.scalars(select(Board.id).where(~looked.correlate(Board)).order_by(Board.id)).all()


def needs_attention(
    session: Session, now: datetime, *, longer_than: timedelta = LONG_OWED, about: Collection[UUID] | None = None
) -> Sequence[Attention]:
    """What was given up, and what has been owed for longer than it should be; the oldest first.

    With `about`, only the work about these documents, deliveries or codes.
    """
    wanted = select(OutboxItem).where(
        or_(
            OutboxItem.parked_at.is_not(None),
            and_(OutboxItem.done_at.is_(None), OutboxItem.owed_at < now - longer_than),
        )
    )
    if about is not None:
        wanted = wanted.where(OutboxItem.about_id.in_(about))
    items = session.scalars(wanted.order_by(OutboxItem.owed_at, OutboxItem.id)).all()
    return [
        Attention(item.id, item.kind, item.about_id, item.owed_at, item.tries, item.parked_at, item.fault)
        for item in items
    ]


def why_parked(session: Session, dedupe_key: str) -> str | None:
    """The sentence with which this work was given up; None when it was not."""
    wanted = select(OutboxItem.fault).where(OutboxItem.dedupe_key == dedupe_key, OutboxItem.parked_at.is_not(None))
    return session.scalar(wanted)


def may_go() -> ColumnElement[bool]:
    """After a restore nothing may, until somebody has let it go, but what brings a code to whoever signs in to do so."""
    on_hold = exists().where(Restore.let_go_at.is_(None))
    return or_(OutboxItem.kind == OutboxKind.SIGN_IN_MESSAGE.value, ~on_hold)


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(
        OutboxItem.done_at.is_(None),
        OutboxItem.parked_at.is_(None),
        OutboxItem.not_before <= now,
        or_(OutboxItem.claimed_until.is_(None), OutboxItem.claimed_until < now),
        may_go(),
    )


def _oldest_due(now: datetime, limit: int, behind: Behind) -> CTE:
    # A code comes first: somebody sits and waits for it. What nobody waits for comes last. What was never
    # tried comes before what failed, and what goes where nothing is taken after the rest, so that no dead address delays
    # another; that something failed is told before more is tried.
    # Named and locked, so that PostgreSQL cannot run it twice and take more rows than the limit. SQLite leaves the lock out.
    return (
        select(OutboxItem.id)
        .where(_due(now))
        .order_by(
            OutboxItem.kind != OutboxKind.SIGN_IN_MESSAGE,
            OutboxItem.kind.in_(LAST),
            OutboxItem.tries > 0,
            *_behind(behind),
            OutboxItem.kind != OutboxKind.POST_NOTIFICATION,
            OutboxItem.not_before,
            OutboxItem.id,
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )


def _behind(behind: Behind) -> list[ColumnElement[int]]:
    """Nothing to ask where nothing failed: then no row need be joined."""
    marks: list[ColumnElement[bool]] = [Delivery.document_id.in_(behind.documents)] if behind.documents else []
    marks += [Delivery.mail_domain.in_(behind.domains)] if behind.domains else []
    posts = OutboxItem.kind == OutboxKind.POST_DELIVERY
    found = [exists().where(posts, Delivery.id == OutboxItem.about_id, mark).correlate(OutboxItem) for mark in marks]
    return [sum((case((each, 1), else_=0) for each in found), literal(0))] if found else []


def _settle(session: Session, item_id: UUID, worker: str, **values: Any) -> bool:
    settled = session.execute(
        update(OutboxItem)
        .where(OutboxItem.id == item_id, OutboxItem.claimed_by == worker, OutboxItem.done_at.is_(None))
        .values(claimed_by=None, claimed_until=None, **values)
        .returning(OutboxItem.id)
        .execution_options(synchronize_session=False)
    )
    return settled.first() is not None
