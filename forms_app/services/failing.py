"""A delivery that cannot reach its recipient: it stands on the ledger, and somebody is told who can ring them."""

from __future__ import annotations

from forms_app.db import ledger
from forms_app.db.people import seat_holders
from forms_app.db.tables import Delivery
from forms_app.domain.deliveries import EventKind
from forms_app.domain.policy import Audience
from forms_app.mail.compose import Kind
from forms_app.services.notifying import notify
from forms_app.services.work import Work


def note_failure(work: Work, delivery: Delivery, kind: EventKind, *, code: str, key: str | None = None) -> None:
    """Writes that a delivery was given up or came back, and tells whoever recorded it and the business unit.

    `code` says why, `key` is what it was read from: the same is neither written nor told twice.
    """
    if not ledger.add_event(work.session, delivery.id, kind, work.now, code=code, key=key):
        return
    document = ledger.failed_document(work.session, delivery.document_id)
    recorded_by = document.record.person or next(p.person for p in document.escalation.parties if p.is_raiser)
    office = [p for p in seat_holders(work.session, document.escalation.board_id) if p.seat == Audience.BUSINESS_UNIT]
    for person in {each.id: each for each in (recorded_by, *office)}.values():
        if person.id != delivery.person_id and person.left_at is None:
            notify(
                work,
                Kind.DELIVERY_FAILED,
                person,
                key=f"{document.id}:{delivery.id}:{work.now:%Y%m%d%H%M}",
                escalation=document.escalation_id,
                about=document.id,
            )
