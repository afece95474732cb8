"""Which escalations a transaction changes: what the register counts of them is counted anew before it is committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, UOWTransaction

from forms_app.db.tables import (
    Acknowledgement,
    Attempt,
    Delivery,
    DeliveryEvent,
    Document,
    Escalation,
    Party,
    Person,
    RegisterEntry,
    StageRecord,
)
from forms_app.domain.register import State

TOUCHED = "touched"
ESCALATION, DOCUMENT, DELIVERY, PERSON = "escalation", "document", "delivery", "person"
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
"""The rows by which the register counts, and what each says of its escalation.

Whoever writes one past the session says so with `touch`: a test looks.
"""
TAKES_PART_BY = ("left_at", "agency_id")
"""What of a person decides whether they take part still: who is needed at a stage may be lacking from then on."""


def touch(session: Session, what: str, row_id: UUID) -> None:
    """Says that this transaction changes what is counted of the escalation of this document, delivery or person."""
    session.info.setdefault(TOUCHED, set()).add((what, row_id))


def is_touched(session: Session) -> bool:
    """Whether anything was changed since `take_touched` was last asked."""
    session.flush()
    return bool(session.info.get(TOUCHED))


def _notice(session: Session, _: UOWTransaction) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        found = NAMED_BY.get(type(row))
        if found is not None:
            what, name = found
            touch(session, what, name(row))
        elif isinstance(row, Person) and any(inspect(row).attrs[name].history.has_changes() for name in TAKES_PART_BY):
            touch(session, PERSON, row.id)


event.listen(Session, "after_flush", _notice)


def take_touched(session: Session) -> Sequence[UUID]:
    """The escalations that were changed since this was last asked, each once, in the order in which they are locked."""
    named: set[tuple[str, UUID]] = session.info.pop(TOUCHED, set())
    ids = {each for what, each in named if what == ESCALATION}
    documents = [each for what, each in named if what == DOCUMENT]
    if deliveries := [each for what, each in named if what == DELIVERY]:
        documents += session.scalars(select(Delivery.document_id).where(Delivery.id.in_(deliveries))).all()
    if documents:
        ids |= set(session.scalars(select(Document.escalation_id).where(Document.id.in_(documents))))
    if people := [each for what, each in named if what == PERSON]:
        open_ones = select(Party.escalation_id).join(RegisterEntry, RegisterEntry.escalation_id == Party.escalation_id)
        is_open = RegisterEntry.state == State.OPEN.value
        ids |= set(session.scalars(open_ones.where(Party.person_id.in_(people), is_open)))
    return sorted(ids)
