"""People, their codes and their sessions: every read and change by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from forms_app.db.tables import Agency, Person, SignInCode, SignInSession
from forms_app.domain.policy import Audience


def present_person(session: Session, *, email: str) -> Person | None:
    """The person with this address who has not left. On PostgreSQL nobody else asks for a code of theirs meanwhile."""
    return session.scalar(
        select(Person).where(Person.email == email, Person.left_at.is_(None)).with_for_update(of=Person)
    )


def person_with_email(session: Session, email: str) -> Person | None:
    """The person with this address, also one who has left, with the Board."""
    return session.scalar(select(Person).where(Person.email == email).options(joinedload(Person.board)))


def person_with_board(session: Session, person_id: UUID) -> Person | None:
    """The person with Board and agency; None for one who has left."""
    return session.scalars(
        select(Person)
        .where(Person.id == person_id, Person.left_at.is_(None))
        .options(joinedload(Person.agency), joinedload(Person.board))
    ).one_or_none()


def people_of_board(session: Session, board_id: UUID) -> Sequence[Person]:
    """Everyone who works for the Board's agencies or its office and has not left, by agency and name."""
    return session.scalars(
        select(Person)
        .join(Person.agency)
        .where(Person.board_id == board_id, Person.left_at.is_(None))
        .options(joinedload(Person.agency), joinedload(Person.board))
        .order_by(Agency.name, Person.name, Person.id)
    ).all()


def seat_holders(session: Session, board_id: UUID) -> Sequence[Person]:
    """Everyone who holds a seat at the Board and has not left, by name."""
    return session.scalars(
        select(Person)
        .where(Person.board_id == board_id, Person.seat.is_not(None), Person.left_at.is_(None))
        .options(joinedload(Person.agency))
        .order_by(Person.name, Person.id)
    ).all()


def business_unit_of(session: Session, board_id: UUID) -> Sequence[Person]:
    """Those of the seat holders who are the Board's business unit."""
    return [person for person in seat_holders(session, board_id) if person.seat == Audience.BUSINESS_UNIT]


def codes_asked_since(session: Session, *, person_id: UUID, since: datetime) -> int:
    asked = select(func.count()).where(SignInCode.person_id == person_id, SignInCode.asked_at > since)
    return session.scalar(asked) or 0


def code_asked(session: Session, code_id: UUID) -> SignInCode | None:
    """The code of this id. On PostgreSQL nobody else tries it meanwhile."""
    return session.scalar(select(SignInCode).where(SignInCode.id == code_id).with_for_update())


def code_of_link(session: Session, link_hash: str) -> SignInCode | None:
    """The code whose link this is. On PostgreSQL nobody else uses it meanwhile."""
    return session.scalar(select(SignInCode).where(SignInCode.link_hash == link_hash).with_for_update())


def spend_codes(session: Session, *, person_id: UUID, now: datetime) -> None:
    """Ends every code of the person that was not used yet."""
    session.execute(
        update(SignInCode).where(SignInCode.person_id == person_id, SignInCode.used_at.is_(None)).values(used_at=now)
    )


def session_of_token(session: Session, token_hash: str) -> SignInSession | None:
    """The session of this token, with its person and their agency and Board."""
    person = joinedload(SignInSession.person)
    return session.scalar(
        select(SignInSession)
        .where(SignInSession.token_hash == token_hash)
        .options(person.joinedload(Person.agency), person.joinedload(Person.board))
    )


def end_sessions(session: Session, *, person_id: UUID, now: datetime) -> None:
    """Ends every session of the person that is still open."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def see_session(session: Session, *, session_id: UUID, now: datetime) -> None:
    """Writes down that an open session was used now."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.ended_at.is_(None))
        .values(seen_at=now)
    )
