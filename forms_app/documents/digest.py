"""The digest of everything that the files of a document are made from: where it is the same, so are they."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from forms_app.documents import fonts, templates

LIBRARIES = ("weasyprint", "pydyf", "docxtpl", "lxml", "jinja2")


def digest_of(kind_code: str, context: str, layout: bytes | None = None) -> str:
    """SHA-256 in hexadecimal digits. `context` is JSON, and `layout` a Board's own Word template."""
    return _sha256(_making(), kind_code.encode(), context.encode(), *([] if layout is None else [layout]))


@cache
def _making() -> bytes:
    """The digest of what all documents are made with: templates, fonts, our own program and the libraries that draw."""
    return _sha256(*_parts()).encode()


def _parts() -> Iterator[bytes]:
    for folder in (templates.FOLDER, Path(__file__).parent):
        for file in sorted(file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts):
            yield file.relative_to(folder).as_posix().encode()
            yield file.read_bytes()
    yield from (path.read_bytes() for path in fonts.paths())
    yield from (f"{name} {version(name)}".encode() for name in LIBRARIES)


def _sha256(*parts: bytes) -> str:
    """Each part by its own digest, so that none can pass for the end of another."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
