"""What was owed when a backup was made and may have been sent since: it waits until a person has looked and says go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from forms_app.db import ledger, restores
from forms_app.db.outbox import OutboxKind
from forms_app.db.people import person_with_email
from forms_app.db.restores import OwedKind
from forms_app.domain.access import May, Relation, may
from forms_app.domain.deliveries import EventKind
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.services.work import Work

NOTHING_WAITS = "Nothing is on hold: this database was not filled from a backup, or somebody has said go since."
NOT_OF_THE_UNIT = "Name somebody of the Board’s business unit, who answers for that these people were told."


@dataclass(frozen=True, slots=True)
class OnHold:
    """What waits since a restore."""

    restored_at: datetime
    backup_made_at: datetime
    owed: Sequence[OwedKind]


def on_hold(work: Work) -> OnHold | None:
    found = restores.open_restore(work.session)
    if found is None:
        return None
    return OnHold(found.restored_at, found.backup_made_at, restores.owed_by_kind(work.session))


def note_restore(work: Work) -> None:
    """Writes into the trail that everything after this comes from a backup."""
    found = restores.open_restore(work.session)
    assert found is not None, "a restore begins with the hold"
    work.note("restored", about=found.id)


def leave_unsent(work: Work, *, before: datetime, email: str) -> int:
    """What was owed to people of a Board before a moment is not sent again: somebody of its unit answers for that they know.

    Says how many messages. Raises NotAllowedNow when nothing is on hold, and NotFound.
    """
    if restores.open_restore(work.session, lock=True) is None:
        raise NotAllowedNow(NOTHING_WAITS)
    person = person_with_email(work.session, email)
    if person is None or person.left_at is not None or not may(person, May.SEND_AGAIN, Relation.OWN_BOARD):
        raise NotFound(NOT_OF_THE_UNIT)
    left = restores.leave_unsent(work.session, person.board_id, before, work.now)
    for kind, about in left:
        if kind == OutboxKind.POST_DELIVERY:
            ledger.add_event(work.session, about, EventKind.TOLD, work.now, person_id=person.id, happened_at=work.now)
        work.note("left_unsent", person=person.id, board=person.board_id, about=about)
    return len(left)


def let_go(work: Work) -> None:
    """Everything that waits since a restore is done from now on. Raises NotAllowedNow when nothing waits."""
    found = restores.open_restore(work.session, lock=True)
    if found is None:
        raise NotAllowedNow(NOTHING_WAITS)
    restores.let_go(work.session, work.now)
    work.note("restore_let_go", about=found.id)
