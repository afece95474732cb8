"""Which escalations a transaction changes: what the register counts of them is counted anew before it is committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.orm import Session, UOWTransaction

from forms_app.db.tables import (
    Acknowledgement,
    Attempt,
    Delivery,
    DeliveryEvent,
    Document,
    Escalation,
    Party,
    StageRecord,
)

TOUCHED = "touched"
ESCALATION, DOCUMENT, DELIVERY = "escalation", "document", "delivery"
NAMED_BY: Mapping[type[Any], tuple[str, Callable[[Any], UUID]]] = {
    Escalation: (ESCALATION, lambda row: row.id),
    StageRecord: (ESCALATION, lambda row: row.escalation_id),
    Party: (ESCALATION, lambda row: row.escalation_id),
    Document: (ESCALATION, lambda row: row.escalation_id),
    Delivery: (DOCUMENT, lambda row: row.document_id),
    Attempt: (DELIVERY, lambda row: row.delivery_id),
    DeliveryEvent: (DELIVERY, lambda row: row.delivery_id),
    Acknowledgement: (DELIVERY, lambda row: row.delivery_id),
}
"""The rows by which the register counts, and what each says of its escalation. Nothing writes them past the session: a test looks."""


def _notice(session: Session, _: UOWTransaction) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        found = NAMED_BY.get(type(row))
        if found is not None:
            what, name = found
            session.info.setdefault(TOUCHED, set()).add((what, name(row)))


event.listen(Session, "after_flush", _notice)


def take_touched(session: Session) -> Sequence[UUID]:
    """The escalations that were changed since this was last asked, each once, in the order in which they are locked."""
    session.flush()
    named: set[tuple[str, UUID]] = session.info.pop(TOUCHED, set())
    ids = {each for what, each in named if what == ESCALATION}
    documents = [each for what, each in named if what == DOCUMENT]
    if deliveries := [each for what, each in named if what == DELIVERY]:
        documents += session.scalars(select(Delivery.document_id).where(Delivery.id.in_(deliveries))).all()
    if documents:
        ids |= set(session.scalars(select(Document.escalation_id).where(Document.id.in_(documents))))
    return sorted(ids)
