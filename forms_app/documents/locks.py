"""Locks a PDF with a password (AES-256), so that it can travel attached."""

from __future__ import annotations

import io
import re
import secrets

import pikepdf

AS_MADE = re.compile(rb"\A.*?\nstartxref\n\d+\n%%EOF\n", re.DOTALL)
"""A PDF without what was added to its end: a seal does not survive locking, and is set again afterwards."""


def lock(pdf: bytes, password: str) -> bytes:
    """The same document, opened by the password alone, and open then to screen readers (PDF/UA asks for that).

    Nobody knows the other password, with which all could be changed. The bytes differ each time.
    """
    found = AS_MADE.match(pdf)
    assert found is not None
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(found.group())) as document:
        document.save(
            locked,
            encryption=pikepdf.Encryption(
                user=password,
                owner=secrets.token_urlsafe(32),
                R=6,
                allow=pikepdf.Permissions(
                    accessibility=True, extract=True, modify_other=False, modify_annotation=False
                ),
            ),
        )
    return locked.getvalue()
