"""A sealed PDF: checked by pyHanko and by Poppler, accessible and kept for long as before, and a changed byte shows."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import page
import pikepdf
import pytest
import structlog
from asn1crypto import pem as armour
from asn1crypto.x509 import Certificate as ParsedCertificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers import SimpleSigner, sign_pdf
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from forms_app.documents import pdf
from forms_app.documents.catalogue import KINDS
from forms_app.documents.issue import issue
from forms_app.documents.locks import lock
from forms_app.documents.readback import pdf_pages
from forms_app.documents.seals import FIELD, SIGNATURE, AddsNothingElse, Seal, SealFault
from tests.documents.examples import HARD, PLAIN
from tests.factories.certificates import DAY, NOW, PASSPHRASE, Certificate, certificate, certificate_without_a_key

CONFIRMATION = PLAIN["written_confirmation"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("seal"))


@pytest.fixture(scope="module")
def seal(own: Certificate) -> Seal:
    return Seal.from_file(own.file, PASSPHRASE, at=NOW)


@pytest.fixture(scope="module", params=["plain", "hard"])
def made(request: pytest.FixtureRequest) -> bytes:
    contexts = PLAIN if request.param == "plain" else HARD
    return pdf.make(KINDS["written_confirmation"], contexts["written_confirmation"])


def is_valid(content: bytes, own: Certificate, password: str | None = None) -> bool:
    reader = PdfFileReader(io.BytesIO(content))
    if password is not None:
        reader.decrypt(password)
    (signature,) = reader.embedded_signatures
    trusted = ValidationContext(trust_roots=[ParsedCertificate.load(armour.unarmor(own.pem)[2])], allow_fetching=False)
    return bool(validate_pdf_signature(signature, trusted).bottom_line)


def test_the_seal_is_valid_and_says_nothing_else(seal: Seal, own: Certificate, made: bytes) -> None:
    content = seal.sign(made)

    assert is_valid(content, own)
    assert content.startswith(made), "what was made is untouched"
    assert pdf_pages(content) == pdf_pages(made)
    with pikepdf.open(io.BytesIO(content)) as after, pikepdf.open(io.BytesIO(made)) as before:
        assert dict(after.docinfo) == dict(before.docinfo)
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        (field,) = after.Root.AcroForm.Fields
        assert (field.V.SubFilter, field.V.keys()) == (
            "/ETSI.CAdES.detached",
            {"/Type", "/Filter", "/SubFilter", "/Contents", "/ByteRange", "/M"},
        )


@pytest.mark.parametrize("profile", ["ua1", "2a"])
def test_a_sealed_pdf_keeps_both_standards(seal: Seal, made: bytes, profile: str) -> None:
    report = page.validate_pdf_bytes(seal.sign(made), profile=profile)

    assert report.is_compliant, report.failures


def test_a_field_on_the_page_would_be_refused(own: Certificate, made: bytes) -> None:
    signer = SimpleSigner.load_pkcs12(str(own.file), passphrase=PASSPHRASE.encode())
    on_the_page = SigFieldSpec(FIELD.sig_field_name)

    content = sign_pdf(AddsNothingElse(io.BytesIO(made)), SIGNATURE, signer=signer, new_field_spec=on_the_page)

    assert not page.validate_pdf_bytes(content.getvalue(), profile="ua1").is_compliant


def test_a_changed_byte_shows(seal: Seal, own: Certificate, made: bytes) -> None:
    content = bytearray(seal.sign(made))
    at = content.index(b"</dc:title>") - 20
    content[at] ^= 1

    assert not is_valid(bytes(content), own)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="Poppler’s pdfsig is not installed")
def test_poppler_finds_it_valid_and_a_changed_one_not(seal: Seal, made: bytes, tmp_path: Path) -> None:
    content = bytearray(seal.sign(made))
    (tmp_path / "sealed.pdf").write_bytes(content)
    content[content.index(b"</dc:title>") - 20] ^= 1
    (tmp_path / "changed.pdf").write_bytes(content)

    def said(name: str) -> str:
        command = ["pdfsig", "-nocert", str(tmp_path / name)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    assert "Signature is Valid" in said("sealed.pdf")
    assert "Total document signed" in said("sealed.pdf")
    assert "Signature is Valid" not in said("changed.pdf")


def test_a_sealed_pdf_can_be_locked_and_is_sealed_again(seal: Seal, own: Certificate, made: bytes) -> None:
    locked = lock(seal.sign(made), "4T7Q-X2MB")
    again = seal.sign(locked, "4T7Q-X2MB")

    with pikepdf.open(io.BytesIO(locked), password="4T7Q-X2MB") as document:
        assert "/AcroForm" not in document.Root, "no seal that is broken"
    assert is_valid(again, own, "4T7Q-X2MB")
    with pikepdf.open(io.BytesIO(again), password="4T7Q-X2MB") as document:
        opened = io.BytesIO()
        document.save(opened)
    assert pdf_pages(opened.getvalue()) == pdf_pages(made)
    assert page.validate_pdf_bytes(opened.getvalue(), profile="ua1").is_compliant


def test_only_the_pdf_of_a_document_that_names_people_is_sealed(seal: Seal) -> None:
    """A seal tells when it was made, to the second: a de-identified document tells only the month."""
    issue_sealed = seal.sealing(issue, lambda: NOW)

    confirmation = issue_sealed("written_confirmation", CONFIRMATION)
    proforma = issue_sealed("board_proforma", PLAIN["board_proforma"])

    assert b"/ETSI.CAdES.detached" in confirmation.pdf
    assert confirmation.docx == issue("written_confirmation", CONFIRMATION).docx
    assert proforma == issue("board_proforma", PLAIN["board_proforma"])


def test_a_certificate_that_has_run_out_holds_up_no_document(seal: Seal) -> None:
    with structlog.testing.capture_logs() as logs:
        issued = seal.sealing(issue, lambda: NOW + DAY)("written_confirmation", CONFIRMATION)

    assert issued == issue("written_confirmation", CONFIRMATION)
    assert logs == [{"event": "certificate_for_seals_ran_out", "kind": "written_confirmation", "log_level": "error"}]


# --- what is wrong with a file is said when the service starts ---


def test_another_passphrase_and_another_file_are_named(own: Certificate, tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_bytes(own.pem)

    with pytest.raises(SealFault, match="passphrase"):
        Seal.from_file(own.file, "another", at=NOW)
    with pytest.raises(SealFault, match="not a PKCS#12 file"):
        Seal.from_file(tmp_path / "own.pem", PASSPHRASE, at=NOW)


@pytest.mark.parametrize(("begins", "ends"), [(NOW - 2 * DAY, NOW - DAY), (NOW + DAY, NOW + 2 * DAY)])
def test_a_certificate_that_is_not_valid_today_is_named(begins: datetime, ends: datetime, tmp_path: Path) -> None:
    with pytest.raises(SealFault, match=f"{ends:%B %Y}, and not today"):
        Seal.from_file(certificate(tmp_path, begins=begins, ends=ends).file, PASSPHRASE, at=NOW)


def test_a_file_without_a_key_is_named(own: Certificate, tmp_path: Path) -> None:
    alone = certificate_without_a_key(tmp_path, own.pem)

    with pytest.raises(SealFault, match="no key"):
        Seal.from_file(alone, PASSPHRASE, at=NOW)
