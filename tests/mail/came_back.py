"""Messages that come back, in the forms in which mail servers write them; every address is invented."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

FOLDER = Path(__file__).parent / "notices"
FAILURES = {"postfix": "5.1.1", "exim": "5.0.0", "exchange": "5.1.10", "gmail": "5.1.1", "wrapped": "5.7.1"}
"""The status in each notice of a message that was given up."""
NOTHING_CAME_BACK = ("out_of_office", "read_receipt")
SENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def came_back(form: str, message_id: str, *, sent_at: datetime = SENT) -> bytes:
    """A notice about the message of ours with this Message-ID, or an answer to it, in one of the forms in the folder."""
    date = format_datetime(sent_at)
    headers = base64.encodebytes(f"Date: {date}\nMessage-ID: <{message_id}>\n".encode())
    filled = (
        (FOLDER / f"{form}.eml").read_bytes().replace(b"@HEADERS_BASE64@", headers).replace(b"@NOT_UTF8@", b"R\xe9")
    )
    return filled.replace(b"@MESSAGE_ID@", message_id.encode()).replace(b"@DATE@", date.encode())
