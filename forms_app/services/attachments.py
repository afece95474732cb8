"""PDFs that travel locked: the copy that is sent, and the password that is only shown to somebody who has signed in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from uuid import UUID

from forms_app.db import ledger
from forms_app.db.tables import DocumentFile
from forms_app.services.work import Work, Workshop

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


def locked_copy(workshop: Workshop, document_id: UUID, lock: Lock) -> DocumentFile | None:
    """The one copy of a document that is sent to everybody, made with no transaction open when there is none yet.

    None while the document has no files. The digest of what was sent is kept with it, for whoever checks a file.
    """
    with workshop.reading() as work:
        files = {file.format: file for file in ledger.files_of(work.session, document_id)}
    if LOCKED in files or "pdf" not in files:
        return files.get(LOCKED)
    content = lock(files["pdf"].content, document_id)
    with workshop.writing() as work:
        return _keep(work, document_id, content)


def _keep(work: Work, document_id: UUID, content: bytes) -> DocumentFile:
    ledger.document_to_make(work.session, document_id, lock=True)
    for file in ledger.files_of(work.session, document_id):
        if file.format == LOCKED:
            return file
    file = DocumentFile(
        document_id=document_id,
        format=LOCKED,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        issued_at=work.now,
    )
    work.session.add(file)
    return file
