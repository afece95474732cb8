"""Seals a PDF with the certificate of whoever runs the service (PAdES B-B): a changed byte shows, without the service and for years."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import page
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf

from forms_app.documents.catalogue import Issued, kind_of
from forms_app.documents.faults import DocumentFault

Issue = Callable[..., Issued]
PROFILE = "ua1"
FIELD = SigFieldSpec(
    "Seal",
    readable_field_name="Seal of the service",
    # PDF/UA wants a field that is seen to be tagged, PDF/A forbids to hide one: this one is outside the page.
    invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
)
SIGNATURE = PdfSignatureMetadata(
    field_name=FIELD.sig_field_name, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
)
log = structlog.get_logger(__name__)


class SealFault(Exception):
    """The certificate cannot be used. The sentence says why."""


class AddsNothingElse(IncrementalPdfFileWriter):
    def _update_meta(self) -> None:
        """Leaves the properties as they are: no date, and not who sealed it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A key with its certificate."""

    _signer: SimpleSigner
    ends_at: datetime

    @classmethod
    def from_file(cls, path: Path, passphrase: str | None, *, at: datetime) -> Seal:
        """From a PKCS#12 file. Raises SealFault for one that does not open, or is not valid at this moment."""
        content, opens = path.read_bytes(), passphrase.encode() if passphrase else None
        certificate = _certificate_in(content, opens)
        if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc:
            raise SealFault(
                f"its certificate is valid from {certificate.not_valid_before_utc:%-d %B %Y} "
                f"to {certificate.not_valid_after_utc:%-d %B %Y}, and not today"
            )
        signer = SimpleSigner.load_pkcs12_data(content, other_certs=[], passphrase=opens)
        return cls(signer, certificate.not_valid_after_utc)

    def sign(self, pdf: bytes, password: str | None = None) -> bytes:
        """The PDF with a seal at its end, its own bytes untouched. Raises DocumentFault for one that is not accessible then."""
        writer = AddsNothingElse(io.BytesIO(pdf))
        if password is not None:
            writer.encrypt(password)  # type: ignore[no-untyped-call]
        sealed: bytes = sign_pdf(writer, SIGNATURE, signer=self._signer, new_field_spec=FIELD).getvalue()
        if password is None and not page.validate_pdf_bytes(sealed, profile=PROFILE).is_compliant:
            raise DocumentFault("The sealed PDF is not accessible (PDF/UA-1) and was not issued.")
        return sealed

    def sealing(self, issue: Issue, clock: Callable[[], datetime]) -> Issue:
        """Issues documents with a seal on the PDF.

        Not on a de-identified one, because a seal tells the second in which it was made. A certificate that has run out holds
        up no document: it goes without a seal, and the log says so each time.
        """

        def issue_sealed(kind_code: str, *rest: Any, **options: Any) -> Issued:
            issued, kind = issue(kind_code, *rest, **options), kind_of(kind_code)
            if not kind.identified or kind.is_blank:
                return issued
            if clock() >= self.ends_at:
                log.error("certificate_for_seals_ran_out", kind=kind_code)
                return issued
            return replace(issued, pdf=self.sign(issued.pdf))

        return issue_sealed


def _certificate_in(content: bytes, passphrase: bytes | None) -> x509.Certificate:
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(content, passphrase)
    except ValueError:
        raise SealFault("it is not a PKCS#12 file, or the passphrase is another") from None
    if key is None or certificate is None:
        raise SealFault("it has no key with a certificate")
    return certificate
