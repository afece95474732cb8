"""What waits for a second person, each agency's word that its list is right, and what was done to it: every read by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from forms_app.db.database import insert_into
from forms_app.db.tables import Agency, Attestation, AuditEntry, Person, Proposal


def waiting_proposals(session: Session, board_id: UUID) -> Sequence[Proposal]:
    """What waits to be confirmed at a Board, the oldest first, with whom it is about and who proposed it."""
    return session.scalars(
        select(Proposal)
        .join(Proposal.person)
        .where(Person.board_id == board_id, Proposal.decision.is_(None))
        .options(joinedload(Proposal.person).joinedload(Person.agency), joinedload(Proposal.proposed_by))
        .order_by(Proposal.proposed_at, Proposal.id)
    ).all()


def proposal_to_decide(session: Session, board_id: UUID, proposal_id: UUID) -> Proposal | None:
    """One that waits. On PostgreSQL nobody else decides about it meanwhile."""
    return session.scalars(
        select(Proposal)
        .join(Proposal.person)
        .where(Person.board_id == board_id, Proposal.id == proposal_id, Proposal.decision.is_(None))
        .options(
            joinedload(Proposal.person).joinedload(Person.agency),
            joinedload(Proposal.person).joinedload(Person.board),
            joinedload(Proposal.proposed_by),
        )
        .with_for_update(of=Proposal)
    ).one_or_none()


def withdraw_proposals(
    session: Session, person_id: UUID, by: UUID | None, now: datetime, what: str | None = None
) -> None:
    """Whatever waits about this person, or what waits of one kind, is confirmed by nobody any more."""
    waiting = update(Proposal).where(Proposal.person_id == person_id, Proposal.decision.is_(None))
    if what is not None:
        waiting = waiting.where(Proposal.what == what)
    session.execute(waiting.values(decision="withdrawn", decided_by_id=by, decided_at=now))


def last_attestations(session: Session, board_id: UUID) -> Mapping[UUID, Attestation]:
    """The last of each agency of a Board, with who gave it."""
    newest = (
        select(Attestation.agency_id, func.max(Attestation.day).label("day"))
        .join(Agency, Agency.id == Attestation.agency_id)
        .where(Agency.board_id == board_id)
        .group_by(Attestation.agency_id)
        .subquery()
    )
    found = session.scalars(
        select(Attestation)
        .join(newest, (newest.c.agency_id == Attestation.agency_id) & (newest.c.day == Attestation.day))
        .options(joinedload(Attestation.person))
    )
    return {each.agency_id: each for each in found}


def add_attestation(
    session: Session, *, agency_id: UUID, day: date, at: datetime, people: int, person_id: UUID
) -> bool:
    """False, and no change, when somebody of the agency gave their word on the same day already."""
    added = session.execute(
        insert_into(session, Attestation)
        .values(agency_id=agency_id, day=day, at=at, people=people, person_id=person_id)
        .on_conflict_do_nothing(index_elements=[Attestation.agency_id, Attestation.day])
        .returning(Attestation.id)
    )
    return added.first() is not None


def entries_about(
    session: Session, people: Collection[UUID], actions: Collection[str], since: datetime | None
) -> Sequence[AuditEntry]:
    """What was done to these people since a moment, the newest first, and no more than can be read."""
    wanted = select(AuditEntry).where(AuditEntry.about_id.in_(people), AuditEntry.action.in_(actions))
    if since is not None:
        wanted = wanted.where(AuditEntry.at > since)
    return session.scalars(wanted.order_by(AuditEntry.id.desc()).limit(500)).all()
