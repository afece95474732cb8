"""What a file says of itself: the references that it carries, found with limits and without a reader of documents.

A file that somebody sends may be made to harm whoever opens it. Nothing here understands more of it than packed and plain bytes.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from itertools import islice
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

BEGINNINGS = (b"%PDF-", b"PK\x03\x04")
REFERENCE = re.compile(rb"(?<![A-Z0-9-])[A-Z]{3,4}-[2-9B-DF-HJKMNP-RTV-Z]{7}(?![A-Z0-9-])")
"""As `services.escalations` makes them."""
STREAM = re.compile(rb"stream\r?\n")
DIRECTORY_ENTRY = b"PK\x01\x02"
MOST_PARTS = 2000
LARGEST_PART = 512 * 1024
MOST_UNPACKED = 16 * 1024 * 1024
MOST_REFERENCES = 50
UNREADABLE = (BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)


def is_pdf_or_word(content: bytes) -> bool:
    """By how it begins; a file of another kind was never issued."""
    return content.startswith(BEGINNINGS)


def references_in(content: bytes) -> frozenset[str]:
    """The references of escalations that stand in a PDF or Word file, as far as it can be read without being opened."""
    parts = _parts_of_word(content) if content.startswith(b"PK") else _parts_of_pdf(content)
    found: set[str] = set()
    unpacked = 0
    for part in parts:
        # A title can be written in two bytes a letter.
        found.update(match.decode() for match in REFERENCE.findall(part.replace(b"\0", b"")))
        unpacked += len(part)
        if unpacked > MOST_UNPACKED or len(found) > MOST_REFERENCES:
            break
    return frozenset(found)


def _parts_of_word(content: bytes) -> Iterator[bytes]:
    if content.count(DIRECTORY_ENTRY) > MOST_PARTS:
        return
    try:
        with ZipFile(BytesIO(content)) as package:
            for entry in package.infolist()[:MOST_PARTS]:
                if entry.compress_type in (ZIP_STORED, ZIP_DEFLATED):
                    with package.open(entry) as part:
                        yield part.read(LARGEST_PART)
    except UNREADABLE:
        return


def _parts_of_pdf(content: bytes) -> Iterator[bytes]:
    yield content
    every = memoryview(content)
    for start in islice(STREAM.finditer(content), MOST_PARTS):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(every[start.end() :], LARGEST_PART)
