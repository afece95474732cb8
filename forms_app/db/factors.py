"""What proves a second time who somebody is: every read and change by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from forms_app.db.database import insert_into
from forms_app.db.tables import (
    AuthenticatorApp,
    Passkey,
    Person,
    RecoveryCode,
    SignInSession,
    SpentChallenge,
    UnfinishedSignIn,
)


def has_any(session: Session, person_id: UUID) -> bool:
    """Whether this person has a second step. Recovery codes are none: they stand in for one."""
    app = exists().where(AuthenticatorApp.person_id == person_id, AuthenticatorApp.proved_at.is_not(None))
    passkey = exists().where(Passkey.person_id == person_id)
    return bool(session.scalar(select(or_(app, passkey))))


def proved_app(session: Session, person_id: UUID) -> AuthenticatorApp | None:
    """The app whose codes count. On PostgreSQL nobody else uses a code of it meanwhile."""
    wanted = select(AuthenticatorApp).where(
        AuthenticatorApp.person_id == person_id, AuthenticatorApp.proved_at.is_not(None)
    )
    return session.scalar(wanted.with_for_update())


def app_being_set_up(session: Session, person_id: UUID) -> AuthenticatorApp | None:
    """The newest that nobody has proved yet."""
    wanted = select(AuthenticatorApp).where(
        AuthenticatorApp.person_id == person_id, AuthenticatorApp.proved_at.is_(None)
    )
    return session.scalars(wanted.order_by(AuthenticatorApp.made_at.desc(), AuthenticatorApp.id)).first()


def delete_apps(session: Session, person_id: UUID, *, keep: UUID | None = None) -> None:
    """Every app of the person but one."""
    session.execute(
        delete(AuthenticatorApp).where(
            AuthenticatorApp.person_id == person_id, AuthenticatorApp.id.is_distinct_from(keep)
        )
    )


def passkeys_of(session: Session, person_id: UUID) -> Sequence[Passkey]:
    """In the order in which they were added."""
    wanted = select(Passkey).where(Passkey.person_id == person_id)
    return session.scalars(wanted.order_by(Passkey.added_at, Passkey.id)).all()


def passkey_of(session: Session, person_id: UUID, passkey_id: UUID) -> Passkey | None:
    return session.scalar(select(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person_id))


def passkey_of_credential(session: Session, credential_id: bytes) -> Passkey | None:
    """Of somebody who has not left, with them and their Board. On PostgreSQL nobody else uses it meanwhile."""
    wanted = (
        select(Passkey).join(Passkey.person).where(Passkey.credential_id == credential_id, Person.left_at.is_(None))
    )
    found = wanted.options(joinedload(Passkey.person).joinedload(Person.board)).with_for_update(of=Passkey)
    return session.scalar(found)


def unused_recovery_codes(session: Session, person_id: UUID) -> int:
    wanted = select(func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return session.scalar(wanted) or 0


def spend_recovery_code(session: Session, person_id: UUID, code_hash: str, now: datetime) -> bool:
    """Whether the person had this code and had not used it."""
    spent = update(RecoveryCode).where(
        RecoveryCode.person_id == person_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(spent.values(used_at=now).returning(RecoveryCode.id)) is not None


def delete_recovery_codes(session: Session, person_id: UUID) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def delete_every(session: Session, person_id: UUID) -> None:
    """Everything that proves this person a second time."""
    delete_apps(session, person_id)
    session.execute(delete(Passkey).where(Passkey.person_id == person_id))
    delete_recovery_codes(session, person_id)


def spend_challenge(session: Session, digest: str, now: datetime, *, forget_before: datetime) -> bool:
    """Whether this challenge had not been spent. Those that are too old to be answered are forgotten."""
    session.execute(delete(SpentChallenge).where(SpentChallenge.spent_at < forget_before))
    spent = insert_into(session, SpentChallenge).values(digest=digest, spent_at=now).on_conflict_do_nothing()
    return session.scalar(spent.returning(SpentChallenge.digest)) is not None


def unfinished_of_token(session: Session, token_hash: str) -> UnfinishedSignIn | None:
    """With its person and their agency and Board. On PostgreSQL nobody else goes on with it meanwhile."""
    person = joinedload(UnfinishedSignIn.person)
    wanted = select(UnfinishedSignIn).where(UnfinishedSignIn.token_hash == token_hash)
    loaded = wanted.options(person.joinedload(Person.agency), person.joinedload(Person.board))
    return session.scalar(loaded.with_for_update(of=UnfinishedSignIn))


def open_session(session: Session, session_id: UUID) -> SignInSession | None:
    """A session that is not ended. On PostgreSQL nobody else proves anything in it meanwhile."""
    wanted = select(SignInSession).where(SignInSession.id == session_id, SignInSession.ended_at.is_(None))
    return session.scalar(wanted.with_for_update())


def end_unfinished(session: Session, person_id: UUID, now: datetime) -> None:
    session.execute(
        update(UnfinishedSignIn)
        .where(UnfinishedSignIn.person_id == person_id, UnfinishedSignIn.ended_at.is_(None))
        .values(ended_at=now)
    )
