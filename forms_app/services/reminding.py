"""Reminds people of what is due and overdue: one message a person and day, worked out when it is sent."""

from __future__ import annotations

from datetime import timedelta

from forms_app.db import outbox
from forms_app.db.outbox import Claim
from forms_app.services.work import Workshop

WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


def remind_board(workshop: Workshop, claim: Claim) -> None:
    """Owes a reminder to everybody of a Board who has something to do, or whose colleagues have not done it."""
    with workshop.writing() as work:
        outbox.finish_until(work.session, claim.item_id, claim.worker, work.now + timedelta(days=1))
