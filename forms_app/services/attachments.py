"""PDFs that travel locked: the copy that is sent, and the password that is only shown to somebody who has signed in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from uuid import UUID

from forms_app.db import ledger, reads
from forms_app.db.tables import DocumentFile
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

LOCKED = "pdf_locked"
"""The format of the copy: of the same document, and never offered for download."""
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GROUPS, LETTERS_IN_GROUP = 4, 4

Lock = Callable[[bytes, UUID], bytes]
"""Makes the copy of a PDF that opens with the password of its document."""


def password_of(secret: bytes, document_id: UUID) -> str:
    """Eighty bits, in groups that can be read out on the telephone. It is worked out, and stored nowhere."""
    digest = hmac.digest(secret, b"password of an attachment:" + document_id.bytes, hashlib.sha256)
    letters = "".join(LETTERS[byte % len(LETTERS)] for byte in digest[: GROUPS * LETTERS_IN_GROUP])
    return "-".join(letters[at : at + LETTERS_IN_GROUP] for at in range(0, len(letters), LETTERS_IN_GROUP))


def password_for(work: Work, *, by: UUID, document_id: UUID, secret: bytes) -> str | None:
    """The password of the copy that was sent locked, for somebody to whom the document is owed; None if none was."""
    document = reads.document_for(work.session, document_id, by)
    if document is None or all(file.format != LOCKED for file in document.files):
        return None
    return password_of(secret, document_id)


def make_locked_copy(workshop: Workshop, document_id: UUID, lock: Lock) -> None:
    """Makes the one copy of a document that everybody is sent, with no transaction open, unless it is there already.

    Its digest is kept with it, for whoever checks a file. Nothing happens while the document has no files.
    """
    with workshop.reading() as work:
        files = {file.format: file.content for file in ledger.files_of(work.session, document_id)}
    if LOCKED in files or "pdf" not in files:
        return
    content = lock(files["pdf"], document_id)
    with workshop.writing() as work:
        ledger.document_to_make(work.session, document_id, lock=True)
        if any(file.format == LOCKED for file in ledger.files_of(work.session, document_id)):
            return
        work.session.add(
            DocumentFile(
                document_id=document_id,
                format=LOCKED,
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                issued_at=work.now,
            )
        )
