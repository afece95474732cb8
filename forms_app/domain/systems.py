"""What other systems may do with a token, how a token looks, and of what they can be told."""

from __future__ import annotations

import string
import zlib
from datetime import timedelta
from enum import StrEnum

LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
BEGINS = "esc_"
"""By this, and by the checksum at their end, tools that look for secrets find tokens where none should be."""
TOKEN_BYTES = 30
BODY = 41
"""So many letters has what is random in a token, and so many its checksum."""
CHECKSUM = 6
SHOWN = len(BEGINS) + 6
"""So much of a token is kept readable, to recognise it by."""
LONGEST = timedelta(days=365)


class Scope(StrEnum):
    ESCALATIONS = "escalations:read"
    DOCUMENTS = "documents:read"
    FILING = "filing:write"
    REGISTER = "register:read"
    NUMBERS = "numbers:read"


OF_AGENCY = (Scope.ESCALATIONS, Scope.DOCUMENTS, Scope.FILING)
OF_BOARD = (Scope.REGISTER, Scope.NUMBERS)


class Event(StrEnum):
    """Of what a webhook tells."""

    DOCUMENT_ISSUED = "document_issued"
    STAGE_ENTERED = "stage_entered"
    TEST = "test"
    """Somebody asked for it, to see whether it arrives."""


CHOSEN_FOR_AGENCY = (Event.DOCUMENT_ISSUED, Event.STAGE_ENTERED)
CHOSEN_FOR_BOARD = (Event.STAGE_ENTERED,)


class Outcome(StrEnum):
    """What became of one message of a webhook in the end."""

    ACCEPTED = "accepted"
    GIVEN_UP = "given_up"
    LEFT = "left"
    """It was not sent: by then the webhook was paused or removed, or what it would tell of was not theirs any more."""


class Called(StrEnum):
    """How one try ended."""

    ANSWERED = "answered"
    NOT_PUBLIC = "not_public"
    NOT_REACHED = "not_reached"
    TOO_SLOW = "too_slow"
    NOT_TRUSTED = "not_trusted"


def token_of(random: bytes) -> str:
    """A token of these `TOKEN_BYTES` random bytes."""
    begun = BEGINS + _in_letters(int.from_bytes(random, "big"), BODY)
    return begun + _checksum(begun)


def is_token(text: str) -> bool:
    """Whether it could be one: what is not needs no look into the database."""
    begun, checksum = text[:-CHECKSUM], text[-CHECKSUM:]
    return (
        len(text) == len(BEGINS) + BODY + CHECKSUM
        and text.startswith(BEGINS)
        and text.isascii()
        and _checksum(begun) == checksum
    )


def _checksum(text: str) -> str:
    return _in_letters(zlib.crc32(text.encode()), CHECKSUM)


def _in_letters(number: int, length: int) -> str:
    found = ""
    while number:
        number, each = divmod(number, len(LETTERS))
        found = LETTERS[each] + found
    return found.rjust(length, LETTERS[0])
