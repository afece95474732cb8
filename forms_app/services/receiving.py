"""What somebody finds of the documents that were sent to them, and what the ledger notes when they are given one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import ledger, reads, received
from forms_app.db.tables import Acknowledgement, Delivery, DeliveryEvent
from forms_app.documents.catalogue import PAGE
from forms_app.documents.faults import DocumentFault
from forms_app.domain.deliveries import ANSWERED, EventKind
from forms_app.domain.errors import NotFound
from forms_app.domain.working_days import spell_time
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What this person answered to a document."""

    number: int
    answer: str
    """A `domain.deliveries.Answer`."""
    reasons: str
    at: str


@dataclass(frozen=True, slots=True)
class Received:
    """One document that was sent to this person, and what they have done with it."""

    document_id: UUID
    escalation_id: UUID
    record_id: UUID
    reference: str
    title: str
    sent: str
    asks_answer: bool
    """Whether they are asked whether they agree; of any other they only say that they have read it."""
    is_opened: bool
    seen: str
    """When they said that they have read it; empty while they have not."""
    answers: tuple[GivenAnswer, ...]
    """From the first to the last, which counts."""
    sha256: str
    """Of the PDF as issued: what an answer is about."""

    @property
    def waits(self) -> bool:
        """Whether they have still to answer it, or to say that they have read it."""
        return not self.answers if self.asks_answer else not self.seen

    @property
    def answer(self) -> GivenAnswer | None:
        return self.answers[-1] if self.answers else None


@dataclass(frozen=True, slots=True)
class WebVersion:
    title: str
    """As it stands in the document."""
    content: str
    """The markup as issued."""


def received_by(work: Work, *, by: UUID) -> tuple[Received, ...]:
    """All that this person was sent: first what waits for them, and the newest before the others."""
    every = [_received(delivery) for delivery in received.deliveries_to(work.session, by)]
    return tuple(sorted(every, key=lambda each: not each.waits))


def received_document(work: Work, *, by: UUID, document_id: UUID) -> Received | None:
    """One of them; None for what is not for them, or was never sent to them."""
    delivery = received.delivery_to(work.session, document_id, by)
    return None if delivery is None else _received(delivery)


def has_web_version(work: Work, *, document_id: UUID) -> bool:
    """What was issued before there were any has none. Ask first whether the person may see the document."""
    return reads.size_of_files(work.session, [document_id], [PAGE]) > 0


def web_version_for(work: Work, *, by: UUID, document_id: UUID) -> WebVersion:
    """A document as a page, for somebody for whom it is.

    Raises NotFound, also where there is no web version, and DocumentFault for one that is not as it was issued.
    """
    document = reads.document_to_download(work.session, document_id, by)
    file = reads.file_of(work.session, document_id, PAGE) if document is not None else None
    if document is None or file is None:
        raise NotFound("There is no such document.")
    if hashlib.sha256(file.content).hexdigest() != file.sha256:
        raise DocumentFault("The web version that is stored here is not the one that was issued. It was not shown.")
    board = document.escalation.board_id
    work.note("document_read", person=by, board=board, escalation=document.escalation_id, about=document.id)
    note_given_out(work, by=by, document_id=document_id, file_format=PAGE)
    title = json.loads(document.context)["heading"]["title"]
    return WebVersion(title, file.content.decode())


# --- what the ledger notes of it ---


def note_opened(work: Work, *, by: UUID, document_id: UUID) -> None:
    """Notes once that somebody to whom it was sent has proved the address, and was shown the page of the document."""
    _note(work, by, document_id, EventKind.OPENED)


def note_given_out(work: Work, *, by: UUID, document_id: UUID, file_format: str) -> None:
    """Notes once that they were given its bytes in this format."""
    _note(work, by, document_id, EventKind.DOWNLOADED, file_format)


def _note(work: Work, by: UUID, document_id: UUID, kind: EventKind, code: str = "") -> None:
    delivery_id = received.delivery_id_to(work.session, document_id, by)
    if delivery_id is not None:
        key = f"{kind}:{delivery_id}:{code}"
        ledger.add_event(work.session, delivery_id, kind, work.now, person_id=by, code=code, key=key)


def _received(delivery: Delivery) -> Received:
    document = delivery.document
    return Received(
        document_id=document.id,
        escalation_id=document.escalation_id,
        record_id=document.record_id,
        reference=document.escalation.reference,
        title=document.title,
        sent=spell_time(delivery.owed_at),
        asks_answer=document.kind in ANSWERED,
        is_opened=_when(delivery.events, EventKind.OPENED) != "",
        seen=_when(delivery.events, EventKind.SEEN),
        answers=tuple(map(_given, delivery.acknowledgements)),
        sha256=next(file.sha256 for file in document.files if file.format == "pdf"),
    )


def _when(events: Sequence[DeliveryEvent], kind: EventKind) -> str:
    return next((spell_time(event.at) for event in events if event.kind == kind), "")


def _given(acknowledgement: Acknowledgement) -> GivenAnswer:
    return GivenAnswer(
        number=acknowledgement.number,
        answer=acknowledgement.answer,
        reasons=acknowledgement.reasons,
        at=spell_time(acknowledgement.at),
    )
