"""What a file says of itself is found in both formats, and no file that is made to harm costs more than a moment."""

from __future__ import annotations

import io
import random
import time
import zipfile
import zlib
from collections.abc import Iterator

import pikepdf
import pytest

from forms_app.documents import pdf, word
from forms_app.documents.catalogue import KINDS
from forms_app.documents.claims import is_pdf_or_word, references_in
from tests.documents.examples import PLAIN

REFERENCE = "BRK-4T7QX2M"
HEADING = PLAIN["notice_to_board"].heading.model_copy(update={"reference": REFERENCE})
NOTICE = PLAIN["notice_to_board"].model_copy(update={"heading": HEADING})
SECONDS = 3.0


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < SECONDS


def made_pdf() -> bytes:
    return pdf.make(KINDS["notice_to_board"], NOTICE)


def saved_anew(content: bytes) -> bytes:
    again = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.pages.append(document.pages[0])
        document.save(again, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return again.getvalue()


def package(*parts: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts:
            archive.writestr(name, part)
    return content.getvalue()


def test_both_files_of_a_document_say_to_which_escalation_they_belong() -> None:
    assert references_in(made_pdf()) == {REFERENCE}
    assert references_in(word.make(KINDS["notice_to_board"], NOTICE)) == {REFERENCE}


def test_a_pdf_that_another_program_saved_anew_still_says_it() -> None:
    assert references_in(saved_anew(made_pdf())) == {REFERENCE}


def test_a_title_of_two_bytes_a_letter_is_read() -> None:
    assert references_in(b"%PDF-1.7 /Title (" + f"Notice, {REFERENCE}".encode("utf-16-be") + b")") == {REFERENCE}


@pytest.mark.parametrize("text", [b"AB-4T7QX2M", b"BRK-4T7QX2", b"BRK-4T7QX2MM", b"BRK-AAAAAAA", b"XBRK-BRK-4T7QX2M"])
def test_what_is_no_reference_is_not_taken_for_one(text: bytes) -> None:
    assert references_in(b"%PDF-1.7\n" + text + b"\n") == frozenset()


@pytest.mark.parametrize(
    ("content", "fits"),
    [(b"%PDF-1.7", True), (b"PK\x03\x04", True), (b"", False), (b"MZ", False), (b"\xd0\xcf", False)],
)
def test_a_file_of_another_kind_is_known_by_its_beginning(content: bytes, fits: bool) -> None:
    assert is_pdf_or_word(content) is fits


PACKED = zlib.compress(b"\0" * 100_000_000, 9)
HOSTILE = {
    "a bomb in a PDF": b"%PDF-1.7\n" + (b"stream\n" + PACKED + b"\nendstream\n") * 50,
    "streams without end": b"%PDF-1.7\n" + b"stream\n" * 1_400_000,
    "no streams": b"%PDF-1.7\n" + b"\0" * 9_000_000,
    "references without end": b"%PDF-1.7\n" + b"".join(b"BRK-%07d " % n for n in range(2222222, 2622222)),
    "a bomb in a Word file": package(*((f"{n}.xml", b"\0" * 10_000_000) for n in range(20))),
    "twenty thousand parts": package(*((f"{n}.xml", b"") for n in range(20_000))),
    "no end of the directory": package(("a.xml", b"x"))[:-10],
    "a password": b"PK\x03\x04\x14\0\x01\0" + b"\0" * 400,
    "nothing": b"PK\x03\x04",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_file_made_to_harm_is_looked_at_for_a_moment(content: bytes) -> None:
    references_in(content)


def test_no_broken_file_breaks_the_search() -> None:
    chance = random.Random(4)
    for whole in (package(("a.xml", REFERENCE.encode() * 50), ("b.xml", b"x" * 500)), made_pdf()):
        for _ in range(1500):
            broken = bytearray(whole)
            for _ in range(chance.randint(1, 5)):
                broken[chance.randrange(4, len(broken))] = chance.randrange(256)
            references_in(bytes(broken))
