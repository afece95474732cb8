"""One place of a text that a person has to look at."""

from __future__ import annotations

import dataclasses


class ScanFailed(Exception):
    """Nobody knows what stands in these texts, and so nothing may be released."""


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    field: str
    start: int
    end: int
    text: str = dataclasses.field(repr=False)
    rule: str
    """What found it: a code."""
    why: str
    """What it looks like, as a sentence."""
    suggestion: str = ""
    """Words to put in its place, where some are obvious."""
    certain: bool = True
    """Whether it is no ordinary word, age or number that happens to look like this."""
