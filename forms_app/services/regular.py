"""The work that comes round again and again: its one row is owed as soon as a worker looks and it is not there."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from forms_app.db import outbox
from forms_app.db.database import Session
from forms_app.db.outbox import OutboxKind
from forms_app.services import heads
from forms_app.services.workshop import Workshop

FOR_EACH_BOARD = (
    OutboxKind.REMIND,
    OutboxKind.LOOK_AFTER_PEOPLE,
    OutboxKind.LOOK_AFTER_RECORDS,
    OutboxKind.MAIL_HEAD,
)
AT_ONCE = timedelta()
FIRST_AFTER = {OutboxKind.MAIL_HEAD: heads.BETWEEN_EMAILS}
NOTHING = UUID(int=0)
"""What work is about that is about nothing in particular."""


def owe_regular_work(workshop: Workshop, *, reads_bounces: bool, publishes_heads: bool = False) -> None:
    """Owes what is not owed yet: a look at each Board's reminders and people, one into the mailbox where there is one, the
    head of the trail where there is a file for it, and what the register has not counted.
    """
    about_nothing = {
        OutboxKind.READ_BOUNCES: reads_bounces,
        OutboxKind.PUBLISH_HEAD: publishes_heads,
        OutboxKind.COUNT: True,
    }
    with workshop.reading() as work:
        missing = [(kind, board) for kind in FOR_EACH_BOARD for board in outbox.boards_without(work.session, kind)]
        missing += [
            (kind, NOTHING)
            for kind, is_done in about_nothing.items()
            if is_done and not outbox.is_owed(work.session, kind, NOTHING)
        ]
    if missing:
        with workshop.writing() as work:
            for kind, about in missing:
                _owe(work.session, kind, about, work.now + FIRST_AFTER.get(kind, AT_ONCE))


def _owe(session: Session, kind: OutboxKind, about: UUID, now: datetime) -> None:
    outbox.owe(session, kind, about, f"{kind}:{about}", now)
