"""What becomes of a message that is owed by what the mail server answered: done, put off, or given up and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from forms_app.db import ledger, outbox
from forms_app.db.notifications import notification_to_send
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.domain.deliveries import EventKind, Why
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Kind
from forms_app.services.failing import note_failure, tell_of_unmade, tell_somebody_else
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class Of:
    """To which Board and escalation a message belongs, for the trail."""

    board: UUID | None = None
    escalation: UUID | None = None


def settle(work: Work, claim: Claim, answer: Answer, waits: Sequence[timedelta], of: Of) -> None:
    """Ends this try, in the transaction that puts its answer on the ledger."""
    work.note(
        "message_posted", board=of.board, escalation=of.escalation, about=claim.about_id, code=answer.result.value
    )
    match answer.result:
        case Result.ACCEPTED:
            outbox.finish(work.session, claim.item_id, claim.worker, work.now)
        case Result.REFUSED:
            give_up(work, claim, answer.sentence, Why.REFUSED)
        case Result.NOT_REACHED | Result.INTERRUPTED:
            put_off(work, claim, answer.sentence, waits, Why.NO_ANSWER)


def put_off(work: Work, claim: Claim, sentence: str, waits: Sequence[timedelta], code: Why) -> None:
    """Tries it again after the next wait; after the last one it is given up."""
    if outbox.is_last_try(claim, waits):
        give_up(work, claim, sentence, code)
    else:
        outbox.put_off(work.session, claim, sentence, work.now, waits)


def give_up(work: Work, claim: Claim, sentence: str, code: Why) -> None:
    """Parks it, and tells of a document that is not made, and of each delivery that it does not arrive.

    Whoever lost their claim changes and tells nothing.
    """
    if not outbox.park(work.session, claim.item_id, claim.worker, sentence, work.now):
        return
    if claim.kind == OutboxKind.POST_DELIVERY:
        note_failure(work, ledger.delivery_to_post(work.session, claim.about_id), EventKind.GIVEN_UP, code=code)
    elif claim.kind == OutboxKind.MAKE_DOCUMENT:
        tell_of_unmade(work, claim.about_id)
    elif claim.kind == OutboxKind.POST_NOTIFICATION:
        notification = notification_to_send(work.session, claim.about_id)
        for delivery in ledger.deliveries_together(work.session, notification.id):
            if delivery.withdrawn_at is None and not ledger.was_accepted(work.session, delivery.id):
                note_failure(work, delivery, EventKind.GIVEN_UP, code=code)
        if notification.kind == Kind.DELIVERY_FAILED:
            tell_somebody_else(work, notification)
