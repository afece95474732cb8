"""What a message that came back says: a delivery status notice (RFC 3464), by the Message-ID of what we sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from enum import StrEnum
from uuid import UUID

from forms_app.mail.compose import BEGINS, Kind

MOST_BYTES = 256 * 1024
"""Of a message only its beginning is read: a notice has what is asked for before the text that it sends back."""
MOST_PARTS = 25
LONGEST_HEADER = 2000
"""Of those that say what a part is: the standard library takes half a minute over one as long as it may be."""

KINDS = {BEGINS.get(kind, kind.value): kind for kind in Kind}
_OURS = re.compile(r"<?\b([a-z_-]{1,40})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SAYS_WHAT_IT_IS = re.compile(rb"^content-type:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)


class Fate(StrEnum):
    FAILED = "failed"
    """It is given up."""
    DELAYED = "delayed"
    """It is still being tried."""
    ARRIVED = "arrived"
    """It was delivered, or handed to a server that says no more."""


ACTIONS = {
    "failed": Fate.FAILED,
    "delayed": Fate.DELAYED,
    "delivered": Fate.ARRIVED,
    "relayed": Fate.ARRIVED,
    "expanded": Fate.ARRIVED,
}
FATES = {"5": Fate.FAILED, "4": Fate.DELAYED, "2": Fate.ARRIVED}
"""By the first figure of the status, where no action is named."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is known of one message of ours. Anybody can have written it, and nothing else of it is kept."""

    kind: Kind
    about_id: UUID
    fate: Fate
    status: str
    """Three numbers, such as 5.1.1; empty where it gives none."""
    sent_at: datetime | None
    """The date of the message that it is about: the same message can have been sent more than once."""


def read_notice(content: bytes) -> Notice | None:
    """What a message, or its beginning, says of one of ours; None when that is nothing. Raises nothing."""
    try:
        return _notice(content[:MOST_BYTES])
    except Exception:  # noqa: BLE001 - whatever a stranger wrote must not stop the reading
        return None


def _notice(content: bytes) -> Notice | None:
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if lines.lower().count(b"boundary") > MOST_PARTS:
        return None
    if any(len(found.group()) > LONGEST_HEADER for found in _SAYS_WHAT_IT_IS.finditer(lines)):
        return None
    whole = BytesParser(policy=policy.compat32).parsebytes(lines)
    reports = [part for part in whole.walk() if part.get_content_type() == "message/delivery-status"]
    groups = [group for report in reports for group in report.get_payload() if isinstance(group, Message)]
    said = _said(groups)
    about = _about(whole, groups)
    if said is None or about is None:
        return None
    return Notice(*about[:2], *said, sent_at=about[2])


def _said(groups: list[Message]) -> tuple[Fate, str] | None:
    """The worst of what it says of any recipient: one address can stand for several."""
    known = [(fate, status) for group in groups if (fate := _fate(group, status := _status(group)))]
    return min(known, key=lambda each: list(Fate).index(each[0]), default=None)


def _fate(group: Message, status: str) -> Fate | None:
    return ACTIONS.get(_text(group, "Action").strip().lower()) or FATES.get(status[:1])


def _status(group: Message) -> str:
    found = _STATUS.search(_text(group, "Status"))
    return found.group(1) if found else ""


def _about(whole: Message, groups: list[Message]) -> tuple[Kind, UUID, datetime | None] | None:
    """The message of ours, and its date: from what was sent back, from the report, or from what it answers to."""
    for sent_back in _sent_back(whole):
        if ours := _ours(_text(sent_back, "Message-ID")):
            return *ours, _date(sent_back)
    named = [_text(group, "X-Original-Message-ID") for group in groups]
    for text in (*named, _text(whole, "In-Reply-To"), _text(whole, "References")):
        if ours := _ours(text):
            return *ours, None
    return None


def _sent_back(whole: Message) -> Iterator[Message]:
    """The message, or its headers, as the notice gives it back."""
    for part in whole.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list):
            yield from (inner for inner in payload if isinstance(inner, Message))
        elif part.get_content_type() == "text/rfc822-headers":
            headers = part.get_payload(decode=True)
            assert isinstance(headers, bytes)
            yield BytesParser(policy=policy.compat32).parsebytes(headers, headersonly=True)


def _ours(text: str) -> tuple[Kind, UUID] | None:
    found = _OURS.search(text)
    kind = KINDS.get(found.group(1)) if found else None
    return (kind, UUID(found.group(2))) if found and kind else None


def _date(message: Message) -> datetime | None:
    try:
        date = parsedate_to_datetime(_text(message, "Date"))
    except (TypeError, ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _text(message: Message, header: str) -> str:
    # A header that is no ASCII is not a string here.
    return str(message.get(header, ""))
