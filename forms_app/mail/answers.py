"""What came back when one message was handed to the mail server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    ACCEPTED = "accepted"
    """The mail server took the message. Nothing stronger: nobody may have read it."""
    REFUSED = "refused"
    """The mail server refused this message or this address for good."""
    NOT_REACHED = "not_reached"
    """The message was not taken this time; it may be another time."""
    INTERRUPTED = "interrupted"
    """The connection ended after the message was sent and before the answer: nobody knows whether it was taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    result: Result
    sentence: str
    """What happened, for a person; never the server's own words, which may repeat an address."""
    smtp_code: int | None = None
