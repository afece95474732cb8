"""Every read of the trail by name. An auditor's is of one Board, a timeline of one escalation: never more than a page at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, joinedload

from forms_app.db.tables import AuditEntry, Destruction, DestructionItem, Escalation, Party, Person

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries. What is None is not asked."""

    since: datetime | None = None
    until: datetime | None = None
    actions: Collection[str] | None = None
    person_id: UUID | None = None
    escalation_id: UUID | None = None


def entries_of_board(
    session: Session, board_id: UUID, wanted: Wanted, *, before: int | None, most: int
) -> Sequence[AuditEntry]:
    """The newest first, and only those with a smaller number than `before`."""
    return _page(session, and_(AuditEntry.board_id == board_id, *_asked(wanted)), before, most)


def entries_of_escalation(
    session: Session, escalation_id: UUID, actions: Collection[str], *, before: int | None, most: int
) -> Sequence[AuditEntry]:
    """The newest first, and only those with a smaller number than `before`."""
    of_it = and_(AuditEntry.escalation_id == escalation_id, AuditEntry.action.in_(actions))
    return _page(session, of_it, before, most)


def every_entry(session: Session) -> Iterator[AuditEntry]:
    """The whole trail from its beginning, a part at a time."""
    last = 0
    while some := session.scalars(
        select(AuditEntry).where(AuditEntry.id > last).order_by(AuditEntry.id).limit(AT_ONCE)
    ).all():
        yield from some
        last = some[-1].id
        session.expunge_all()


def people_by_id(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Person]:
    """With their agencies."""
    found = session.scalars(select(Person).where(Person.id.in_(ids)).options(joinedload(Person.agency)))
    return {person.id: person for person in found}


def references_by_id(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    found = session.execute(
        select(Escalation.id, Escalation.reference)
        .where(Escalation.id.in_(ids))
        .union(
            select(DestructionItem.escalation_id, DestructionItem.reference).where(
                DestructionItem.escalation_id.in_(ids)
            )
        )
    )
    return {row[0]: row[1] for row in found}


def escalation_called(session: Session, reference: str, board_id: UUID) -> UUID | None:
    """Also one that was destroyed: its entries stay."""
    wanted = select(Escalation.id).where(Escalation.reference == reference, Escalation.board_id == board_id)
    listed = (
        select(DestructionItem.escalation_id)
        .join(Destruction, Destruction.id == DestructionItem.destruction_id)
        .where(DestructionItem.reference == reference, Destruction.board_id == board_id)
    )
    return session.scalar(wanted.union(listed).limit(1))


def places_in(session: Session, escalation_id: UUID) -> Mapping[UUID, UUID]:
    """The person of each place."""
    found = session.execute(select(Party.id, Party.person_id).where(Party.escalation_id == escalation_id))
    return {row.id: row.person_id for row in found}


def _page(session: Session, of: ColumnElement[bool], before: int | None, most: int) -> Sequence[AuditEntry]:
    wanted = select(AuditEntry).where(of)
    if before is not None:
        wanted = wanted.where(AuditEntry.id < before)
    return session.scalars(wanted.order_by(AuditEntry.id.desc()).limit(most)).all()


def _asked(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        asked.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        asked.append(AuditEntry.at < wanted.until)
    if wanted.actions is not None:
        asked.append(AuditEntry.action.in_(wanted.actions))
    if wanted.person_id is not None:
        asked.append(AuditEntry.person_id == wanted.person_id)
    if wanted.escalation_id is not None:
        asked.append(AuditEntry.escalation_id == wanted.escalation_id)
    return asked
