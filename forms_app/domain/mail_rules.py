"""What may be sent to an address, by its domain."""

from __future__ import annotations

from enum import StrEnum


class Rule(StrEnum):
    ATTACH = "attach"
    """Listed as secure: an identified document may travel attached."""
    LINK = "link"
    """A message with a link; the document is opened by whoever proves the address."""
    NEVER = "never"
    """Nothing is sent there: people are told by telephone."""


def domain_of(address: str) -> str:
    """The part of an address after the @, in lower case."""
    return address.rpartition("@")[2].lower()


def is_foreign(domain: str) -> bool:
    """Whether it stands for letters other than a to z, with which it may look like another one on a screen."""
    return any(label.startswith("xn--") for label in domain.split("."))
