"""Every read and write of the mail domains of agencies."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from forms_app.db.tables import Agency, MailDomain


def mail_domain(session: Session, agency_id: UUID, domain: str) -> MailDomain | None:
    return session.scalars(
        select(MailDomain).where(MailDomain.agency_id == agency_id, MailDomain.domain == domain)
    ).one_or_none()


def mail_domains_of_board(session: Session, board_id: UUID) -> Sequence[MailDomain]:
    """All of a Board's, with their agencies, by agency and domain."""
    return session.scalars(
        select(MailDomain)
        .join(MailDomain.agency)
        .where(Agency.board_id == board_id)
        .options(joinedload(MailDomain.agency))
        .order_by(Agency.name, MailDomain.domain)
    ).all()
