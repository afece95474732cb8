"""Whom to ring: what is said about a contact, and how long it can be relied on after somebody made sure."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass
from datetime import date
from hashlib import sha256

LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{LABEL}(?:\.{LABEL})+$"
"""One plain address, which cannot be taken for two or for a header."""
LONGEST_ADDRESS = 254
TELEPHONE = r"^(?=(?:[^0-9]*[0-9]){3})\+?[0-9 ().-]+(?: ?(?:ext|extension)\.? ?[0-9]{1,6})?$"
"""A number that can be dialled, from 101 up, with its extension."""


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """One contact; an empty text is something that nobody gave."""

    role: str
    name: str = ""
    telephone: str = ""
    out_of_hours_telephone: str = ""
    email: str = ""
    hours: str = ""

    @property
    def can_be_reached(self) -> bool:
        return bool(self.telephone or self.out_of_hours_telephone or self.email)

    @property
    def stamp(self) -> str:
        """Says by itself whether somebody changed the contact since it was looked at."""
        return stamp_of(*astuple(self))


def stamp_of(*texts: str) -> str:
    return sha256("\0".join(texts).encode()).hexdigest()[:16]


def is_telephone(text: str) -> bool:
    return re.fullmatch(TELEPHONE, text) is not None


def is_address(text: str) -> bool:
    return len(text) <= LONGEST_ADDRESS and re.fullmatch(ADDRESS, text) is not None


def dialled(telephone: str) -> str:
    """What a telephone dials: the number without its spaces and extension."""
    return re.sub(r"[^0-9+]", "", re.split("ext", telephone, flags=re.IGNORECASE)[0])


def needs_checking(checked_on: date | None, today: date) -> bool:
    """Whether nobody ever made sure, or last did more than a year ago."""
    if checked_on is None:
        return True
    return (checked_on.year, checked_on.month, checked_on.day) < (today.year - 1, today.month, today.day)
