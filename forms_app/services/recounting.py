"""Counts what is not counted: for the register after an upgrade and when a new calendar comes, and each quarter once it is time."""

from __future__ import annotations

from datetime import timedelta

from forms_app.db import outbox
from forms_app.db.outbox import Claim
from forms_app.services.counting import count, what_was_not_counted
from forms_app.services.figures import count_quarters
from forms_app.services.workshop import Workshop

BETWEEN = timedelta(hours=1)
MOST_IN_A_TURN = 10


def count_what_is_left(workshop: Workshop, claim: Claim) -> None:
    """Some at a time, so that nothing else waits long; again at once while there is more."""
    is_done = any(not count_some(workshop) for _ in range(MOST_IN_A_TURN)) and not count_quarters(workshop)
    with workshop.writing() as work:
        outbox.finish_until(work.session, claim.item_id, claim.worker, work.now + (BETWEEN if is_done else timedelta()))


def count_some(workshop: Workshop) -> int:
    """Counts what fits into one short transaction: how many. They are looked for before it, since that takes longer."""
    with workshop.reading() as work:
        ids = sorted(what_was_not_counted(work))
    if ids:
        with workshop.writing() as work:
            count(work, ids)
    return len(ids)
