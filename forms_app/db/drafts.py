"""What people are writing and have not sent yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, union_all
from sqlalchemy.orm import Session

from forms_app.db.database import insert_into
from forms_app.db.sealing import sealed
from forms_app.db.tables import Document, Draft, Escalation, Person


def draft_of(session: Session, person_id: UUID, about: str, form: str) -> Draft | None:
    """This person's draft of a form. Whoever else writes for them at this moment is waited for."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    return session.scalars(
        select(Draft).where(Draft.person_id == person_id, Draft.about == about, Draft.form == form)
    ).one_or_none()


def begun_draft(session: Session, person_id: UUID, about: str, form: str, now: datetime) -> Draft:
    """The draft, a new one if there is none. On PostgreSQL nobody else begins, changes or forgets it meanwhile."""
    draft_id, key_id = uuid4(), _key_of(session, person_id, about)
    nothing = sealed(session, Draft.answers, key_id, draft_id, {})
    new = insert_into(session, Draft).values(
        id=draft_id, person_id=person_id, about=about, key_id=key_id, form=form, answers=nothing, saved_at=now
    )
    # Only an update waits for whoever has it and begins again when they forget it; it changes nothing.
    kept = new.on_conflict_do_update(
        index_elements=[Draft.person_id, Draft.about, Draft.form], set_={Draft.form: new.excluded.form}
    )
    return session.scalars(kept.returning(Draft), execution_options={"populate_existing": True}).one()


def _key_of(session: Session, person_id: UUID, about: str) -> UUID:
    """That of the escalation that it is about, so that nothing of it outlives that; of the Board where it is about something else."""
    named = [_as_id(part) for part in about.split(":")[:2]]
    escalations = select(Escalation.id).where(Escalation.id.in_(named))
    through_documents = select(Document.escalation_id).where(Document.id.in_(named))
    found = session.scalar(union_all(escalations, through_documents).limit(1)) if any(named) else None
    return found or session.scalars(select(Person.board_id).where(Person.id == person_id)).one()


def _as_id(part: str) -> UUID | None:
    try:
        return UUID(part)
    except ValueError:
        return None


def draft_with_id(session: Session, person_id: UUID, draft_id: UUID) -> Draft | None:
    return session.scalars(select(Draft).where(Draft.id == draft_id, Draft.person_id == person_id)).one_or_none()


def forget_drafts_in(session: Session, person_id: UUID, escalation_id: UUID) -> None:
    """Whatever this person typed about an escalation, or a document of it, and has not sent."""
    session.execute(delete(Draft).where(Draft.person_id == person_id, Draft.key_id == escalation_id))


def drafts_of(session: Session, person_id: UUID) -> Sequence[Draft]:
    return session.scalars(select(Draft).where(Draft.person_id == person_id).order_by(Draft.saved_at.desc())).all()


def forget_draft(session: Session, draft_id: UUID) -> None:
    session.execute(delete(Draft).where(Draft.id == draft_id))
