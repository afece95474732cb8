"""Reads what came back, and writes it on the ledger of the delivery that it is about."""

from __future__ import annotations

from datetime import timedelta

from forms_app.db import outbox
from forms_app.db.outbox import Claim
from forms_app.mail.bounces import Mailbox
from forms_app.services.work import Workshop

WAITS = (timedelta(minutes=1),) * 3


def read_bounces(workshop: Workshop, claim: Claim, mailbox: Mailbox | None) -> None:
    """Looks into the mailbox once. Due again a minute later."""
    with workshop.writing() as work:
        outbox.finish_until(work.session, claim.item_id, claim.worker, work.now + timedelta(minutes=1))
