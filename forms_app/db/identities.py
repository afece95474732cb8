"""Agencies' own providers, and as whom they know people: every read and write by name."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from forms_app.db.tables import Identity, IdentityProvider


def provider_of_domain(session: Session, domain: str) -> IdentityProvider | None:
    """Of several Boards' the first; they all name the same."""
    wanted = select(IdentityProvider).where(IdentityProvider.domain == domain)
    return session.scalars(wanted.order_by(IdentityProvider.id).limit(1)).one_or_none()


def has_providers(session: Session) -> bool:
    return bool(session.scalar(select(exists(IdentityProvider.id))))


def provider_of_board(session: Session, board_id: UUID, domain: str) -> IdentityProvider | None:
    return session.scalars(
        select(IdentityProvider).where(IdentityProvider.board_id == board_id, IdentityProvider.domain == domain)
    ).one_or_none()


def other_boards_provider(session: Session, board_id: UUID | None, domain: str) -> IdentityProvider | None:
    """What another Board than this says of a domain."""
    wanted = select(IdentityProvider).where(IdentityProvider.domain == domain, IdentityProvider.board_id != board_id)
    return session.scalars(wanted.limit(1)).one_or_none()


def set_providers(session: Session, board_id: UUID, providers: Sequence[IdentityProvider]) -> None:
    """What a Board says from now on, in the place of what it said before."""
    session.execute(delete(IdentityProvider).where(IdentityProvider.board_id == board_id))
    session.add_all(providers)


def identity_of_subject(session: Session, issuer: str, subject_hash: str) -> Identity | None:
    return session.scalars(
        select(Identity).where(Identity.issuer == issuer, Identity.subject_hash == subject_hash)
    ).one_or_none()


def identity_of_person(session: Session, issuer: str, person_id: UUID) -> Identity | None:
    return session.scalars(
        select(Identity).where(Identity.issuer == issuer, Identity.person_id == person_id)
    ).one_or_none()


def forget_identities(session: Session, person_id: UUID) -> None:
    """No issuer knows this person until they come from there by their address."""
    session.execute(delete(Identity).where(Identity.person_id == person_id))
