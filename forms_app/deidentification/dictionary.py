"""What identifies the people of one escalation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Sort(StrEnum):
    """What an identifier is, which decides what of it is looked for; also the rule of what is found by it."""

    NAME = "name"
    BIRTH = "birth"
    ADDRESS = "address"
    SCHOOL = "school"
    PRACTICE = "practice"
    NUMBER = "number"
    AGENCY = "agency"
    ROLE = "role"
    CONTACT = "contact"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something that identifies somebody, as it was typed; several lines are several of them."""

    what: str
    """What it is, as it stands in a sentence: “the child’s name”."""
    text: str = field(repr=False)
    sort: Sort = Sort.NAME
