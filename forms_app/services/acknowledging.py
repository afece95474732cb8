"""What the recipient of a document says to it: that they have read it, or whether they agree with the outcome in it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from forms_app.db import ledger, received
from forms_app.db.tables import Acknowledgement, Delivery, Person
from forms_app.domain.deliveries import ANSWERED, Answer, EventKind
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.mail.compose import Kind
from forms_app.services.notifying import notify
from forms_app.services.places import speaks_now_for
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class Before:
    """What was before somebody when they answered."""

    sha256: str
    """Of the PDF as issued."""
    number: int
    """Of their own last answer to it; none yet is 0."""


def say_read(work: Work, *, by: UUID, document_id: UUID) -> None:
    """Notes that its recipient says that they have read it. Said twice it is noted once.

    Raises NotFound for anybody else, and NotAllowedNow for a document that asks for an answer.
    """
    delivery = _own(work, by, document_id)
    if delivery.document.kind in ANSWERED:
        raise NotAllowedNow("This document asks whether you agree.")
    key = f"{EventKind.SEEN}:{delivery.id}"
    if ledger.add_event(work.session, delivery.id, EventKind.SEEN, work.now, person_id=by, key=key):
        _note(work, "document_seen", by, delivery)


def acknowledge(work: Work, *, by: UUID, document_id: UUID, before: Before, answer: Answer, reasons: str = "") -> None:
    """Adds the answer of its recipient to a document, and to exactly the bytes that were before them.

    The same answer again changes nothing. Raises NotFound for anybody but the recipient, NotAllowedNow for a document that
    asks for no answer and for an answer without its reasons, and ChangedMeanwhile when something else was before them.
    """
    delivery = _own(work, by, document_id)
    if delivery.document.kind not in ANSWERED:
        raise NotAllowedNow("This document asks for no answer.")
    if answer is not Answer.AGREES and not reasons.strip():
        raise NotAllowedNow("Say why you do not agree.")
    sha256 = next(file.sha256 for file in delivery.document.files if file.format == "pdf")
    if before.sha256 != sha256:
        raise ChangedMeanwhile("Your answer was about another file than the one that was issued.")
    last = delivery.acknowledgements[-1] if delivery.acknowledgements else None
    if last is not None and (last.answer, last.reasons) == (answer, reasons):
        return
    number = 0 if last is None else last.number
    if before.number != number:
        raise ChangedMeanwhile("You have answered this document since you opened this page.")
    work.session.add(
        Acknowledgement(
            delivery_id=delivery.id,
            number=number + 1,
            at=work.now,
            answer=answer.value,
            reasons=reasons,
            sha256=sha256,
        )
    )
    _note(work, "document_acknowledged", by, delivery)
    if answer is not Answer.AGREES:
        _tell_who_recorded_it(work, delivery, number + 1)


def _own(work: Work, by: UUID, document_id: UUID) -> Delivery:
    delivery = received.delivery_to(work.session, document_id, by, lock=True)
    if delivery is None:
        raise NotFound("There is no such document.")
    return delivery


def _note(work: Work, action: str, by: UUID, delivery: Delivery) -> None:
    escalation = delivery.document.escalation
    work.note(action, person=by, board=escalation.board_id, escalation=escalation.id, about=delivery.document_id)


def _tell_who_recorded_it(work: Work, delivery: Delivery, number: int) -> None:
    """Or whoever has their place since; where that is the one who answers or nobody, whoever raised the concern."""
    document = ledger.document_with_parties(work.session, delivery.document_id)
    escalation, by = document.escalation, document.record.person_id
    raiser = next(party.person for party in escalation.parties if party.is_raiser)
    for person in (None if by is None else speaks_now_for(escalation, by), raiser):
        if person is not None and _may_be_told(person, delivery):
            notify(
                work,
                Kind.DISAGREEMENT,
                person,
                key=f"{delivery.id}:{number}",
                escalation=document.escalation_id,
                about=document.id,
            )
            return


def _may_be_told(person: Person, delivery: Delivery) -> bool:
    return person.left_at is None and person.id != delivery.person_id
