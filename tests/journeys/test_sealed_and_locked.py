"""A worker in earnest that is told to seal and to lock: what it keeps, what it sends, and how each is checked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import select
from sqlalchemy.orm import undefer

from forms_app.db.tables import DocumentFile
from forms_app.services.attachments import LOCKED, password_of
from tests.factories.certificates import PASSPHRASE, certificate
from tests.journeys.workers import Surroundings, wait_until, working
from tests.mail.owed import Office, Recipient, open_office, owe_document
from tests.smtp import SmtpServer

TO = (Recipient("one@brackenshire.example"), Recipient("two@brackenshire.example"))


@dataclass(frozen=True)
class SealingAndLocking(Surroundings):
    certificate: str = ""

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "ENCRYPT_ATTACHMENTS": "yes",
            "PDF_SIGNING_KEY": self.certificate,
            "PDF_SIGNING_PASSPHRASE": PASSPHRASE,
        }


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    with open_office(sqlite_url) as opened:
        opened.clock.now = datetime.now(UTC)
        yield opened


def test_the_stored_pdf_is_sealed_and_the_sent_one_is_sealed_and_locked(
    office: Office, sqlite_url: str, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    surroundings = SealingAndLocking(
        sqlite_url,
        f"sqlite:///{tmp_path / 'huey.db'}",
        smtp_server.port,
        certificate=str(certificate(tmp_path).file),
    )
    with working(surroundings, processes=1):
        document = owe_document(office, TO)
        wait_until(lambda: len(smtp_server.received) == len(TO), seconds=60)

    with office.workshop.reading() as work:
        found = work.session.scalars(select(DocumentFile).options(undefer(DocumentFile.content))).all()
        stored = {file.format: file.content for file in found}
    assert stored.keys() == {"docx", "page", "pdf", LOCKED}
    sent = [list(one.message.iter_attachments()) for one in smtp_server.received]
    assert [[part.get_payload(decode=True) for part in parts] for parts in sent] == [[stored[LOCKED]]] * len(TO)

    password = password_of(surroundings.environment()["SECRET_KEY"].encode(), document)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(stored[LOCKED]))
    with (
        pikepdf.open(io.BytesIO(stored[LOCKED]), password=password) as opened,
        pikepdf.open(io.BytesIO(stored["pdf"])) as kept,
    ):
        assert len(opened.pages) == len(kept.pages)
    assert password not in "".join(one.message.as_string() for one in smtp_server.received)
    for form in ("pdf", LOCKED):
        reader = PdfFileReader(io.BytesIO(stored[form]))
        if form == LOCKED:
            reader.decrypt(password)
        (seal,) = reader.embedded_signatures
        seal.compute_integrity_info()
        assert seal.coverage.name == "ENTIRE_FILE"
