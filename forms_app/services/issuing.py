"""Makes the files of a document that is owed, once, and owes its deliveries."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

from pydantic import ValidationError

from forms_app.db import ledger, outbox
from forms_app.db.layouts import layout_in_force
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.releases import is_held
from forms_app.db.tables import Document, DocumentFile
from forms_app.documents.catalogue import PAGE, Issued, kind_of
from forms_app.documents.contexts import Context
from forms_app.documents.digest import digest_of
from forms_app.documents.faults import DocumentFault
from forms_app.domain.answers import from_json
from forms_app.domain.deliveries import Why
from forms_app.domain.secrecy import is_protected
from forms_app.services.attachments import LOCKED
from forms_app.services.settling import put_off
from forms_app.services.webhooks import tell_of_document
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

WAITS = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10))
"""Between one try and the next. After the last, a person must look."""


Issue = Callable[[str, Context, bytes | None], Issued]
"""Makes the files of a kind, with the Board's own Word layout if there is one. Raises DocumentFault."""


def make_document(
    workshop: Workshop, claim: Claim, issue: Issue, follow: Callable[[Work], Claim | None] = lambda _: None
) -> Claim | None:
    """Makes the files with no transaction open; then files, deliveries, the end of this work and the claim of the next in one.

    Nothing is made of a document that is held: whoever lets it go owes it anew.
    """
    with workshop.reading() as work:
        read = ledger.document_to_make(work.session, claim.about_id)
        kind, context = read.kind, read.context
        is_due = read.issued_at is None and not is_held(work.session, read.id)
        found = layout_in_force(work.session, read.escalation.board_id, kind)
        layout_id, layout = (found.id, found.content) if found else (None, None)
        digest = digest_of(kind, context, layout)
        issued = _made_before(work, read, digest) if is_due else None
    try:
        if is_due and issued is None:
            issued = made_from(kind, context, layout, issue)
    except DocumentFault as fault:
        with workshop.writing() as work:
            put_off(work, claim, str(fault), WAITS, Why.UNFIT)
        return None
    with workshop.writing() as work:
        document = ledger.document_to_make(work.session, claim.about_id, lock=True)
        is_as_read = document.context == context and not is_held(work.session, document.id)
        if issued is not None and document.issued_at is None and is_as_read:
            document.layout_id = layout_id
            _keep(work, document, issued, digest)
        for delivery in ledger.deliveries_of(work.session, document.id) if document.issued_at is not None else ():
            owe_posting(work, delivery.id)
        outbox.finish(work.session, claim.item_id, claim.worker, work.now)
        return follow(work)


def _made_before(work: Work, document: Document, digest: str) -> Issued | None:
    """The files of another document of the same escalation that was made from the very same, as long as they are whole.

    They are copied and not shared, so that each document can go without the other. Never from another escalation: what is the
    same by chance, or by a fault, must not tie two together.
    """
    twin = ledger.issued_with(work.session, document.escalation_id, digest)
    files = [file for file in ledger.files_of(work.session, twin.id) if file.format != LOCKED] if twin else []
    whole = {file.format: file.content for file in files if hashlib.sha256(file.content).hexdigest() == file.sha256}
    return Issued(**whole) if whole.keys() == {"docx", "pdf", PAGE} else None


def made_from(kind_code: str, context: str, layout: bytes | None, issue: Issue) -> Issued:
    """The bytes. Raises DocumentFault."""
    kind = kind_of(kind_code)
    try:
        value = kind.context.model_validate_json(context)
    except ValidationError as fault:
        # The error itself quotes what people typed.
        places = ", ".join(sorted({".".join(map(str, error["loc"])) for error in fault.errors()}))
        raise DocumentFault(f"What was recorded for this {kind.code} does not fill one. Look at: {places}.") from None
    return issue(kind.code, value, layout)  # type: ignore[arg-type]  # the catalogue's contexts are the contexts


def _keep(work: Work, document: Document, issued: Issued, digest: str) -> None:
    document.issued_at, document.digest = work.now, digest
    for file_format, content in (("docx", issued.docx), ("pdf", issued.pdf), (PAGE, issued.page)):
        work.session.add(
            DocumentFile(
                document_id=document.id,
                format=file_format,
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                issued_at=work.now,
            )
        )
    escalation = document.escalation
    work.note("document_issued", board=escalation.board_id, escalation=escalation.id, about=document.id)
    tell_of_document(work, escalation.board_id, document)


def owe_making(work: Work, document: Document, *, release: int = 0) -> None:
    """Owes the files of a document, once; of one that was held, once for each release."""
    kind = OutboxKind.MAKE_DOCUMENT
    key = f"{kind}:{document.id}:{release}" if release else f"{kind}:{document.id}"
    outbox.owe(work.session, kind, document.id, key, work.now)


def owe_posting(work: Work, delivery_id: UUID) -> None:
    """Owes the message of one delivery, once, of a document whose files are there."""
    kind = OutboxKind.POST_DELIVERY
    outbox.owe(work.session, kind, delivery_id, f"{kind}:{delivery_id}", work.now)


def owe_posting_again(work: Work, delivery_ids: Collection[UUID]) -> None:
    """Owes the messages of these deliveries anew. Each keeps its Message-ID; what went together goes together.

    Of a child whose address became secret since, nothing travels attached any more.
    """
    deliveries = ledger.deliveries_by_id(work.session, delivery_ids)
    for delivery in deliveries:
        if delivery.attached and is_protected(from_json(delivery.document.escalation.subject.answers)):
            delivery.attached = False
    alone = [delivery.id for delivery in deliveries if delivery.notification_id is None]
    together = {delivery.notification_id for delivery in deliveries if delivery.notification_id is not None}
    outbox.owe_again(work.session, OutboxKind.POST_DELIVERY, alone, work.now)
    outbox.owe_again(work.session, OutboxKind.POST_NOTIFICATION, together, work.now)
