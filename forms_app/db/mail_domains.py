"""Every read and write of the mail domains of agencies, and of what is owed to the addresses there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from forms_app.db.tables import Agency, Attempt, Delivery, MailDomain, Notification


def mail_domain(session: Session, agency_id: UUID, domain: str) -> MailDomain | None:
    return session.scalars(
        select(MailDomain).where(MailDomain.agency_id == agency_id, MailDomain.domain == domain)
    ).one_or_none()


def mail_domains_of_board(session: Session, board_id: UUID) -> Sequence[MailDomain]:
    """All of a Board's, with their agencies and whoever confirmed them, by agency and domain."""
    return session.scalars(
        select(MailDomain)
        .join(MailDomain.agency)
        .where(Agency.board_id == board_id)
        .options(joinedload(MailDomain.agency), joinedload(MailDomain.confirmed_by))
        .order_by(Agency.name, MailDomain.domain)
    ).all()


def mail_domain_to_decide(session: Session, board_id: UUID, domain_id: UUID) -> MailDomain | None:
    """One of this Board's, with its agency. On PostgreSQL nobody else decides about it meanwhile."""
    return session.scalars(
        select(MailDomain)
        .join(MailDomain.agency)
        .where(Agency.board_id == board_id, MailDomain.id == domain_id)
        .options(joinedload(MailDomain.agency))
        .with_for_update(of=MailDomain)
    ).one_or_none()


def unaccepted_deliveries(session: Session, people: Collection[UUID]) -> Sequence[Delivery]:
    """The deliveries owed to these people that no mail server has accepted and nobody withdrew."""
    accepted = select(Attempt.id).where(Attempt.delivery_id == Delivery.id, Attempt.result == "accepted")
    return session.scalars(
        select(Delivery)
        .where(Delivery.person_id.in_(people), Delivery.withdrawn_at.is_(None), ~accepted.exists())
        .order_by(Delivery.owed_at, Delivery.id)
        .with_for_update(of=Delivery)
    ).all()


def unaccepted_notifications(session: Session, people: Collection[UUID]) -> Sequence[UUID]:
    """The other messages owed to these people that no mail server has accepted."""
    return session.scalars(
        select(Notification.id)
        .where(Notification.person_id.in_(people), Notification.accepted_at.is_(None))
        .order_by(Notification.owed_at, Notification.id)
    ).all()
