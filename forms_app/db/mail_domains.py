"""Every read and write of the mail domains of agencies, and of what is owed to the addresses there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, joinedload

from forms_app.db.tables import Agency, Attempt, Delivery, DeliveryEvent, MailDomain
from forms_app.domain.deliveries import RULED_OUT, EventKind


def mail_domains_of(session: Session, agencies: Collection[UUID]) -> Sequence[MailDomain]:
    return session.scalars(select(MailDomain).where(MailDomain.agency_id.in_(agencies))).all()


def mail_domains_of_board(session: Session, board_id: UUID) -> Sequence[MailDomain]:
    """All of a Board's, with their agencies and whoever confirmed them, by agency and domain."""
    domains = session.scalars(
        select(MailDomain)
        .join(MailDomain.agency)
        .where(Agency.board_id == board_id)
        .options(joinedload(MailDomain.agency), joinedload(MailDomain.confirmed_by))
    )
    return sorted(domains, key=lambda row: (row.agency.name, row.domain))


def mail_domain_to_decide(session: Session, board_id: UUID, domain_id: UUID) -> MailDomain | None:
    """One of this Board's, with its agency. On PostgreSQL nobody else decides about it meanwhile."""
    return session.scalars(
        select(MailDomain)
        .join(MailDomain.agency)
        .where(Agency.board_id == board_id, MailDomain.id == domain_id)
        .options(joinedload(MailDomain.agency))
        .with_for_update(of=MailDomain)
    ).one_or_none()


def hold_mail_domains(session: Session, agency_id: UUID, domains: Collection[str]) -> None:
    """Whoever decides about one of these waits for this transaction, or has decided before, which it sees."""
    wanted = select(MailDomain).where(MailDomain.agency_id == agency_id, MailDomain.domain.in_(domains))
    held = wanted.order_by(MailDomain.id).with_for_update(read=True)
    session.scalars(held.execution_options(populate_existing=True)).all()


def unaccepted_deliveries(session: Session, people: Collection[UUID]) -> Sequence[Delivery]:
    """The deliveries owed to these people that no mail server has accepted and nobody withdrew."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.person_id.in_(people), Delivery.withdrawn_at.is_(None), ~_accepted())
        .order_by(Delivery.owed_at, Delivery.id)
        .with_for_update(of=Delivery)
    ).all()


def ruled_out_deliveries(session: Session, people: Collection[UUID]) -> Sequence[UUID]:
    """The deliveries owed to these people that were given up because of the rule for their address, and nothing since."""
    ended = [EventKind.GIVEN_UP.value, EventKind.BOUNCED.value]
    last = (
        select(func.max(DeliveryEvent.number))
        .where(DeliveryEvent.delivery_id == Delivery.id, DeliveryEvent.kind.in_(ended))
        .correlate(Delivery)
        .scalar_subquery()
    )
    return session.scalars(
        select(Delivery.id)
        .join(DeliveryEvent, DeliveryEvent.delivery_id == Delivery.id)
        .where(Delivery.person_id.in_(people), Delivery.withdrawn_at.is_(None), ~_accepted())
        .where(DeliveryEvent.number == last, DeliveryEvent.code.in_(RULED_OUT))
        .order_by(Delivery.owed_at, Delivery.id)
    ).all()


def _accepted() -> ColumnElement[bool]:
    return exists().where(Attempt.delivery_id == Delivery.id, Attempt.result == "accepted")
