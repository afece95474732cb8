"""A PDF that travels locked: opened by its password alone, the same inside, and open to screen readers."""

from __future__ import annotations

import io

import page
import pikepdf
import pytest

from forms_app.documents import pdf
from forms_app.documents.catalogue import KINDS
from forms_app.documents.locks import lock
from forms_app.documents.readback import pdf_pages
from tests.documents.examples import HARD, PLAIN

PASSWORD = "4T7Q-X2MB-KKD2-WW9H"
KIND = KINDS["written_confirmation"]
READ_ALOUD = 1 << 9
"""Bit 10 of the permissions, which PDF/UA-1 (7.16) wants set."""


@pytest.fixture(scope="module", params=["plain", "hard"])
def made(request: pytest.FixtureRequest) -> bytes:
    contexts = PLAIN if request.param == "plain" else HARD
    return pdf.make(KIND, contexts["written_confirmation"])


@pytest.fixture(scope="module")
def locked(made: bytes) -> bytes:
    return lock(made, PASSWORD)


def opened(locked: bytes) -> bytes:
    again = io.BytesIO()
    with pikepdf.open(io.BytesIO(locked), password=PASSWORD) as document:
        document.save(again)
    return again.getvalue()


@pytest.mark.parametrize("wrong", ["", "4T7Q-X2MB-KKD2-WW9J", PASSWORD.lower()])
def test_no_other_password_opens_it(locked: bytes, wrong: str) -> None:
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(locked), password=wrong)


def test_it_is_locked_with_aes_of_256_bits_its_properties_included(locked: bytes, made: bytes) -> None:
    with pikepdf.open(io.BytesIO(locked), password=PASSWORD) as document:
        assert (document.encryption.R, document.encryption.bits) == (6, 256)
        assert str(document.encryption.stream_method) == "EncryptionMethod.aesv3"
        assert document.encryption.P & READ_ALOUD
        assert document.allow.accessibility
        assert not document.allow.modify_other
    assert b"pdfuaid" in made
    assert b"pdfuaid" not in locked


def test_inside_it_is_the_same_and_accessible(locked: bytes, made: bytes) -> None:
    assert pdf_pages(opened(locked)) == pdf_pages(made)
    report = page.validate_pdf_bytes(opened(locked), profile="ua1")
    assert report.is_compliant, report.failures


def test_a_lock_that_shut_screen_readers_out_would_be_seen(made: bytes) -> None:
    shut = io.BytesIO()
    with pikepdf.open(io.BytesIO(made)) as document:
        # Of the oldest encryption alone: with R6 pikepdf does not let anybody shut them out.
        document.save(
            shut,
            encryption=pikepdf.Encryption(
                user="a", owner="b", R=3, aes=False, metadata=False, allow=pikepdf.Permissions(accessibility=False)
            ),
        )
    with pikepdf.open(io.BytesIO(shut.getvalue()), password="a") as document:
        assert not document.encryption.P & READ_ALOUD


def test_two_copies_are_never_alike(made: bytes) -> None:
    """Which is why the copy that was sent is kept."""
    assert lock(made, PASSWORD) != lock(made, PASSWORD)
