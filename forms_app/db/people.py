"""People, their codes and their sessions: every read and change by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from forms_app.db.tables import Delivery, Draft, Party, Person, SignInCode, SignInSession
from forms_app.domain.people import LEAD
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
    people = session.scalars(
        select(Person)
        .where(Person.board_id == board_id, Person.left_at.is_(None))
        .options(joinedload(Person.agency), joinedload(Person.board))
    )
    return sorted(people, key=lambda person: (person.agency.name, person.name, person.id))


def everybody_of_board(session: Session, board_id: UUID, agency_id: UUID | None = None) -> Sequence[Person]:
    """Everyone on a Board's list, or on one of its agencies', also who has left, with the agency."""
    wanted = select(Person).where(Person.board_id == board_id).options(joinedload(Person.agency))
    if agency_id is not None:
        wanted = wanted.where(Person.agency_id == agency_id)
    return session.scalars(wanted.order_by(Person.id)).all()


def person_to_change(session: Session, board_id: UUID, person_id: UUID) -> Person | None:
    """One of this Board's people, also one who has left. On PostgreSQL nobody else changes them meanwhile."""
    wanted = select(Person).where(Person.id == person_id, Person.board_id == board_id)
    wanted = wanted.options(joinedload(Person.agency), joinedload(Person.board))
    return session.scalars(wanted.with_for_update(of=Person)).one_or_none()


def dormant_people(session: Session, board_id: UUID, since: datetime) -> Sequence[Person]:
    """Whoever was added, and last signed in, before a moment, has not left and is not locked."""
    return session.scalars(
        select(Person)
        .where(Person.board_id == board_id, Person.left_at.is_(None), Person.locked_at.is_(None))
        .where(func.coalesce(Person.signed_in_at, Person.added_at) < since)
        .order_by(Person.id)
        .with_for_update(of=Person)
    ).all()


def is_waited_for(session: Session, person_id: UUID, since: datetime) -> bool:
    """Whether, since a moment, a document was owed to this person, or they were brought into an escalation."""
    owed = exists().where(Delivery.person_id == person_id, Delivery.owed_at > since, Delivery.withdrawn_at.is_(None))
    joined = exists().where(Party.person_id == person_id, Party.joined_at > since, Party.removed_at.is_(None))
    return bool(session.scalar(select(or_(owed, joined))))


def forget_drafts(session: Session, person_id: UUID) -> None:
    """Everything that this person typed and has not sent."""
    session.execute(delete(Draft).where(Draft.person_id == person_id))


def seat_holders(session: Session, board_id: UUID) -> Sequence[Person]:
    """Everyone who holds a seat at the Board and has not left, by name."""
    people = session.scalars(
        select(Person)
        .where(Person.board_id == board_id, Person.seat.is_not(None), Person.left_at.is_(None))
        .options(joinedload(Person.agency))
    )
    return sorted(people, key=lambda person: (person.name, person.id))


def business_unit_of(session: Session, board_id: UUID) -> Sequence[Person]:
    """Those of the seat holders who are the Board's business unit."""
    return [person for person in seat_holders(session, board_id) if person.seat == Audience.BUSINESS_UNIT]


def people_to_tell_the_head(session: Session, board_id: UUID) -> Sequence[Person]:
    """Each agency's safeguarding leads, and the Board's business unit."""
    keeps_it = or_(Person.level == LEAD, Person.seat == Audience.BUSINESS_UNIT)
    wanted = select(Person).where(Person.board_id == board_id, Person.left_at.is_(None), keeps_it)
    return session.scalars(wanted.order_by(Person.id)).all()


def code_asked(session: Session, code_id: UUID) -> SignInCode | None:
    """The code of this id. On PostgreSQL nobody else tries it meanwhile."""
    return session.scalar(select(SignInCode).where(SignInCode.id == code_id).with_for_update())


def code_of_link(session: Session, link_hash: str) -> SignInCode | None:
    """The code whose link this is. On PostgreSQL nobody else uses it meanwhile."""
    return session.scalar(select(SignInCode).where(SignInCode.link_hash == link_hash).with_for_update())


def board_of(session: Session, person_id: UUID) -> UUID | None:
    return session.scalar(select(Person.board_id).where(Person.id == person_id))


def forget_nobodys_codes(session: Session, *, before: datetime) -> None:
    """Deletes the codes of addresses that nobody has which ran out before a moment."""
    session.execute(delete(SignInCode).where(SignInCode.person_id.is_(None), SignInCode.expires_at < before))


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


def open_sessions(
    session: Session, *, person_id: UUID, used_since: datetime, begun_since: datetime
) -> Sequence[SignInSession]:
    """The person's sessions that nobody has ended, the one used last first."""
    return session.scalars(
        select(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
        .where(SignInSession.seen_at >= used_since, SignInSession.started_at > begun_since)
        .order_by(SignInSession.seen_at.desc(), SignInSession.id)
    ).all()


def own_session(session: Session, *, person_id: UUID, session_id: UUID) -> SignInSession | None:
    return session.scalars(
        select(SignInSession).where(SignInSession.id == session_id, SignInSession.person_id == person_id)
    ).one_or_none()


def end_sessions(session: Session, *, person_id: UUID, now: datetime, but: UUID | None = None) -> None:
    """Ends every session of the person that is still open, all `but` one."""
    ending = update(SignInSession).where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
    session.execute((ending if but is None else ending.where(SignInSession.id != but)).values(ended_at=now))


def note_browser(session: Session, *, token_hash: str, browser: str) -> None:
    session.execute(update(SignInSession).where(SignInSession.token_hash == token_hash).values(browser=browser))


def see_session(session: Session, *, session_id: UUID, now: datetime) -> None:
    """Writes down that an open session was used now."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.ended_at.is_(None))
        .values(seen_at=now)
    )
