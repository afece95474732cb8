"""How long what is kept: the Boards' rules, holds, warnings and lists, every read by name; and the one way in which rows go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import OperationalError
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Table,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from forms_app.db import keys
from forms_app.db.database import Database
from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import (
    Base,
    Destruction,
    DestructionItem,
    Draft,
    Escalation,
    Notification,
    OutboxItem,
    Party,
    Person,
    RetentionHold,
    RetentionRule,
    RetentionWarning,
    SignInCode,
    SignInSession,
    UnfinishedSignIn,
)
from forms_app.domain.people import LEAD
from forms_app.domain.retention import DEFAULTS, CountedFrom, RecordClass, Rule

# --- rules and holds -----------------------------------------------------------------------------------------------


def rule_of(session: Session, board_id: UUID, of: RecordClass) -> Rule:
    """The Board's own rule for a class of record, or the one for Boards that have said nothing."""
    found = rule_row(session, board_id, of)
    return DEFAULTS[of] if found is None else Rule(CountedFrom(found.counted_from), found.length, found.warning_days)


def rule_row(session: Session, board_id: UUID, of: RecordClass) -> RetentionRule | None:
    wanted = select(RetentionRule).where(RetentionRule.board_id == board_id, RetentionRule.record_class == of.value)
    return session.scalars(wanted).one_or_none()


def open_holds(session: Session, escalations: Collection[UUID]) -> Sequence[RetentionHold]:
    """The holds on these escalations that nobody has lifted, the oldest first."""
    wanted = select(RetentionHold).where(
        RetentionHold.escalation_id.in_(escalations), RetentionHold.lifted_at.is_(None)
    )
    return session.scalars(wanted.order_by(RetentionHold.placed_at, RetentionHold.id)).all()


def holds_of_board(session: Session, board_id: UUID) -> Sequence[tuple[RetentionHold, str]]:
    """The open holds of a Board, each with the reference of its escalation, the newest first."""
    found = session.execute(
        select(RetentionHold, Escalation.reference)
        .join(Escalation, Escalation.id == RetentionHold.escalation_id)
        .where(Escalation.board_id == board_id, RetentionHold.lifted_at.is_(None))
        .order_by(RetentionHold.placed_at.desc(), RetentionHold.id)
    )
    return [(hold, reference) for hold, reference in found]


def escalation_of_board(
    session: Session, escalation_id: UUID, board_id: UUID, *, lock: bool = False
) -> Escalation | None:
    """Any escalation of a Board, with the agencies that take part, without what anybody wrote."""
    wanted = select(Escalation).where(Escalation.id == escalation_id, Escalation.board_id == board_id)
    wanted = wanted.options(*AGENCIES)
    return session.scalars(wanted.with_for_update(of=Escalation) if lock else wanted).one_or_none()


def escalation_with_reference(session: Session, reference: str, board_id: UUID) -> Escalation | None:
    wanted = select(Escalation).where(Escalation.reference == reference, Escalation.board_id == board_id)
    return session.scalars(wanted).one_or_none()


# --- warnings ------------------------------------------------------------------------------------------------------


def escalation_to_weigh(session: Session, escalation_id: UUID, *, lock: bool = False) -> Escalation | None:
    """One escalation with everything by which its time is worked out."""
    wanted = (
        select(Escalation)
        .where(Escalation.id == escalation_id)
        .options(
            joinedload(Escalation.board),
            joinedload(Escalation.subject),
            *AGENCIES,
            selectinload(Escalation.parties).joinedload(Party.person),
            selectinload(Escalation.records),
        )
        .execution_options(populate_existing=True)
    )
    return session.scalars(wanted.with_for_update(of=Escalation) if lock else wanted).one_or_none()


def escalations_after(
    session: Session, board_id: UUID, after: UUID | None, opened_before: datetime, most: int
) -> Sequence[UUID]:
    """The next of a Board's escalations that were opened before a moment, in the order of their ids."""
    wanted = select(Escalation.id).where(Escalation.board_id == board_id, Escalation.opened_at < opened_before)
    if after is not None:
        wanted = wanted.where(Escalation.id > after)
    return session.scalars(wanted.order_by(Escalation.id).limit(most)).all()


def warning_about(session: Session, escalation_id: UUID) -> RetentionWarning | None:
    wanted = select(RetentionWarning).where(RetentionWarning.escalation_id == escalation_id)
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def warnings_of_board(session: Session, board_id: UUID) -> Sequence[RetentionWarning]:
    """What is to be destroyed, the first to go first, each with its escalation and the agencies that take part."""
    return session.scalars(
        select(RetentionWarning)
        .where(RetentionWarning.board_id == board_id)
        .options(joinedload(RetentionWarning.escalation).options(*AGENCIES))
        .order_by(RetentionWarning.due_on, RetentionWarning.id)
    ).all()


def forget_warnings(session: Session, board_id: UUID) -> None:
    """After another rule was set: everybody is told anew."""
    session.execute(delete(RetentionWarning).where(RetentionWarning.board_id == board_id))


def leads_of(session: Session, agencies: Collection[UUID]) -> Sequence[Person]:
    """The safeguarding leads of these agencies who have not left."""
    wanted = select(Person).where(Person.agency_id.in_(agencies), Person.level == LEAD, Person.left_at.is_(None))
    return session.scalars(wanted.order_by(Person.id)).all()


def warned_since(
    session: Session, board_id: UUID, since: datetime, agency_id: UUID | None
) -> Sequence[RetentionWarning]:
    """What people were warned of since a moment, by reference: of a whole Board, or only where one agency takes part."""
    wanted = (
        select(RetentionWarning)
        .join(RetentionWarning.escalation)
        .where(RetentionWarning.board_id == board_id, RetentionWarning.warned_at >= since)
        .options(contains_eager(RetentionWarning.escalation))
    )
    if agency_id is not None:
        takes_part = exists().where(Party.escalation_id == Escalation.id, Party.agency_id == agency_id)
        wanted = wanted.where(takes_part.correlate(Escalation))
    return session.scalars(wanted.order_by(Escalation.reference)).all()


# --- lists ---------------------------------------------------------------------------------------------------------


def destruction_of_board(
    session: Session, destruction_id: UUID, board_id: UUID, *, lock: bool = False
) -> Destruction | None:
    wanted = select(Destruction).where(Destruction.id == destruction_id, Destruction.board_id == board_id)
    wanted = wanted.options(*WHO, selectinload(Destruction.items)).execution_options(populate_existing=True)
    return session.scalars(wanted.with_for_update(of=Destruction) if lock else wanted).one_or_none()


def destructions_of_board(session: Session, board_id: UUID) -> Sequence[Destruction]:
    """Every list of a Board, the newest first."""
    wanted = select(Destruction).where(Destruction.board_id == board_id).options(*WHO, selectinload(Destruction.items))
    return session.scalars(wanted.order_by(Destruction.number.desc())).all()


def destruction_to_do(session: Session, destruction_id: UUID) -> Destruction:
    wanted = select(Destruction).where(Destruction.id == destruction_id).options(selectinload(Destruction.items))
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def item_to_do(session: Session, item_id: UUID) -> DestructionItem:
    """One line of a list. On PostgreSQL nobody else works on it meanwhile."""
    wanted = select(DestructionItem).where(DestructionItem.id == item_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def last_number(session: Session, board_id: UUID) -> int:
    return session.scalar(select(func.max(Destruction.number)).where(Destruction.board_id == board_id)) or 0


def listed_elsewhere(session: Session, escalations: Collection[UUID]) -> Collection[UUID]:
    """Which of these stand on a list that is not done with."""
    wanted = (
        select(DestructionItem.escalation_id)
        .join(Destruction, Destruction.id == DestructionItem.destruction_id)
        .where(
            DestructionItem.escalation_id.in_(escalations),
            Destruction.finished_at.is_(None),
            or_(Destruction.decision.is_(None), Destruction.decision == "confirmed"),
        )
    )
    return set(session.scalars(wanted))


# --- drafts --------------------------------------------------------------------------------------------------------


def drafts_saved_before(session: Session, board_id: UUID, moment: datetime) -> Sequence[Draft]:
    """The drafts of a Board's people in which nobody has typed since, the oldest first, without what they say."""
    of_board = select(Person.id).where(Person.board_id == board_id)
    wanted = select(Draft).where(Draft.person_id.in_(of_board), Draft.saved_at < moment)
    return session.scalars(wanted.order_by(Draft.saved_at, Draft.id)).all()


def was_told(session: Session, person_id: UUID, about_draft: str, before: datetime) -> bool:
    """Whether somebody was owed the message that a draft will be forgotten, before a moment."""
    key = f"draft_ends:{person_id}:{about_draft}"
    wanted = select(Notification.owed_at).where(Notification.dedupe_key == key)
    owed_at = session.scalar(wanted)
    return owed_at is not None and owed_at <= before


# --- what is left of signing in ------------------------------------------------------------------------------------


def forget_sign_ins(session: Session, before: datetime) -> None:
    """Codes, sessions and sign-ins that ended before a moment, and the messages with the codes. The trail says who signed in."""
    session.execute(delete(SignInCode).where(SignInCode.expires_at < before))
    session.execute(delete(SignInSession).where(func.coalesce(SignInSession.ended_at, SignInSession.seen_at) < before))
    session.execute(delete(UnfinishedSignIn).where(UnfinishedSignIn.begun_at < before))
    messages = OutboxItem.kind == OutboxKind.SIGN_IN_MESSAGE.value
    session.execute(delete(OutboxItem).where(messages, OutboxItem.owed_at < before))


def forget_reminders(session: Session, board_id: UUID, before: datetime) -> None:
    """The reminders of a Board's people that were owed before a moment, whether they went or not."""
    old = select(Notification.id).where(
        Notification.board_id == board_id, Notification.kind == REMINDER, Notification.owed_at < before
    )
    session.execute(delete(OutboxItem).where(OutboxItem.about_id.in_(old)))
    session.execute(delete(Notification).where(Notification.id.in_(old)))


# --- the one way in which rows go ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gone:
    """How much of an escalation was destroyed."""

    rows: int
    files: int


def destroy(session: Session, escalation_id: UUID) -> Gone:
    """Deletes every row that belongs to an escalation, and its data key. What only points at it points at nothing.

    What belongs to it follows from the tables themselves: a row does that names it, or that must name a row which does. So
    a table that is added one day goes too. The trail names escalations and belongs to none.
    """
    owned = _owned(session, escalation_id)
    ids = [each for found in owned.values() for each in found]
    notifications = Base.metadata.tables["notifications"]
    about = _found(session, notifications, notifications.c.about_id.in_(ids))
    owned[notifications] = list({*owned[notifications], *about})
    gone = {
        "outbox": _delete(session, OutboxItem.__table__, OutboxItem.about_id.in_([*ids, *about])),
        "drafts": _delete(session, Draft.__table__, Draft.key_id == escalation_id),
    }
    for table, column, target in _loose_ends(owned):
        session.execute(update(table).where(column.in_(target)).values({column.name: None}))
    for table in reversed(owned):
        gone[table.name] = _delete(session, table, _key(table).in_(owned[table]))
    assert gone["escalations"] == 1, "there was such an escalation"
    keys.destroy(session, escalation_id)
    session.expire_all()
    return Gone(rows=sum(gone.values()), files=gone["document_files"])


Owned = dict[Table, list[UUID]]


def _owned(session: Session, escalation_id: UUID) -> Owned:
    """The tables that have rows of an escalation, parents first, and which rows those are.

    Asked table by table: put together in one question they take PostgreSQL half a minute to plan.
    """
    found: Owned = {}
    for table in Base.metadata.sorted_tables:
        if table.name == Escalation.__tablename__:
            found[table] = [escalation_id]
            continue
        which = [
            key.parent.in_(found[key.column.table])
            for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
            if key.column.table in found and (not key.parent.nullable or key.parent.name == "escalation_id")
        ]
        if which:
            found[table] = list(_found(session, table, or_(*which)))
    return found


def _found(session: Session, table: Table, which: ColumnElement[bool]) -> Sequence[UUID]:
    return session.scalars(select(_key(table)).where(which)).all()


def _key(table: Table) -> Column[Any]:
    (key,) = table.primary_key
    return key


def _loose_ends(owned: Owned) -> Iterator[tuple[Table, Column[Any], list[UUID]]]:
    """The columns that may point at what goes from what stays."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table in owned and key.parent.nullable and key.parent.name != "escalation_id":
                yield table, key.parent, owned[key.column.table]


def _delete(session: Session, table: FromClause, which: ColumnElement[bool]) -> int:
    assert isinstance(table, Table)
    return int(session.execute(delete(table).where(which)).rowcount)  # type: ignore[attr-defined]  # a DELETE has one


def wipe(database: Database) -> bool:
    """Takes what was deleted out of the files of SQLite. False while others read or write: try later.

    `secure_delete` overwrites a row where it stood, and not the copies that were left behind when pages were put in
    order. On PostgreSQL the server's own vacuuming does it: see docs/running.md. Until then nothing of it can be read,
    since the data key is gone.
    """
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        if connection.dialect.name != "sqlite" or raw is None:
            return True
        try:
            raw.execute("VACUUM")
        except OperationalError:
            return False
        return not raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


REMINDER = "reminder"
AGENCIES = (selectinload(Escalation.parties).joinedload(Party.agency),)
WHO = (joinedload(Destruction.proposed_by), joinedload(Destruction.decided_by))
