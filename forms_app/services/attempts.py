"""The attempts at posting one delivery, as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

from forms_app.db.tables import Attempt
from forms_app.domain.deliveries import Result, Tried

STARTED = "started"


def tried(attempts: Sequence[Attempt]) -> tuple[Tried, ...]:
    """Each attempt once: a started line with an answer is that answer, one without that is followed by another was interrupted."""
    found: list[Tried] = []
    for line, following in pairwise([*attempts, None]):
        assert line is not None
        if line.result == STARTED and following is not None and following.result != STARTED:
            continue
        result = "interrupted" if line.result == STARTED and following is not None else line.result
        again = bool(found) and found[-1].result == "interrupted"
        found.append(Tried(line.at, cast("Result", result), line.smtp_code, again))
    return tuple(found)
