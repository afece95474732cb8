"""The work that comes round again and again: its one row is owed as soon as a worker looks and it is not there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from forms_app.db import outbox
from forms_app.db.database import Session
from forms_app.db.outbox import OutboxKind
from forms_app.services.work import Workshop

FOR_EACH_BOARD = (OutboxKind.REMIND, OutboxKind.LOOK_AFTER_PEOPLE, OutboxKind.LOOK_AFTER_RECORDS)
NOTHING = UUID(int=0)
"""What work is about that is about nothing in particular."""


def owe_regular_work(workshop: Workshop, *, reads_bounces: bool) -> None:
    """Owes what is not owed yet: a look at each Board's reminders and people, and one into the mailbox where there is one."""
    with workshop.reading() as work:
        boards = [(kind, board) for kind in FOR_EACH_BOARD for board in outbox.boards_without(work.session, kind)]
        mailbox = reads_bounces and not outbox.is_owed(work.session, OutboxKind.READ_BOUNCES, NOTHING)
    if boards or mailbox:
        with workshop.writing() as work:
            for kind, board in boards:
                _owe(work.session, kind, board, work.now)
            if mailbox:
                _owe(work.session, OutboxKind.READ_BOUNCES, NOTHING, work.now)


def _owe(session: Session, kind: OutboxKind, about: UUID, now: datetime) -> None:
    outbox.owe(session, kind, about, f"{kind}:{about}", now)
