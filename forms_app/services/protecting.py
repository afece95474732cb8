"""Says that the address of a child must be kept secret, when nobody knew it at the beginning."""

from __future__ import annotations

from uuid import UUID

from forms_app.db import ledger, reads, releases
from forms_app.domain.answers import from_json, to_json
from forms_app.domain.errors import NotFound
from forms_app.domain.secrecy import is_protected, with_secrecy
from forms_app.services.releasing import hold_what_tells_where
from forms_app.services.work import Work


def protect_address(work: Work, *, by: UUID, escalation_id: UUID) -> None:
    """Whatever was not made yet, and tells where the child can be found, is held; what was made goes by link.

    Raises NotFound.
    """
    escalation = reads.escalation_for(work.session, escalation_id, by, lock=True)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    subject = from_json(escalation.subject.answers)
    if is_protected(subject):
        return
    escalation.subject.answers = to_json(with_secrecy(subject))
    work.note("address_protected", person=by, board=escalation.board_id, escalation=escalation.id)
    work.session.flush()
    for document in releases.not_yet_issued(work.session, escalation.id):
        hold_what_tells_where(work, escalation, document)
    for delivery in ledger.to_travel_attached(work.session, escalation.id):
        delivery.attached = False
