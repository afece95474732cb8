"""Reads what came back, and writes it on the ledger of the delivery that it is about."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from forms_app.db import bounces, ledger, outbox
from forms_app.db.notifications import notification_to_send
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.tables import Delivery
from forms_app.domain.deliveries import HANDED_OVER, EventKind, Tried
from forms_app.mail.bounces import Fate, Notice, read_notice
from forms_app.mail.compose import Kind
from forms_app.mail.mailbox import Letter, Mailbox, MailboxFault, OpenMailbox
from forms_app.services.attempts import tried
from forms_app.services.failing import note_failure, tell_somebody_else
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

EVERY = timedelta(minutes=1)
WAITS = (timedelta(minutes=1), timedelta(minutes=1), timedelta(minutes=5))
"""After a look that failed. The last is waited again and again."""
MOST_LETTERS = 200
LONGEST = timedelta(seconds=60)
"""For one look, well within a lease. What is left over is read at once in the next."""
UNKNOWN = {Fate.FAILED: "5.0.0", Fate.DELAYED: "4.0.0", Fate.ARRIVED: "2.0.0"}
"""Where a notice gives no status: RFC 3463's for what is not defined."""

log = structlog.get_logger(__name__)


def read_bounces(workshop: Workshop, claim: Claim, mailbox: Mailbox | None) -> None:
    """Looks into the mailbox once. Due again a minute later, or at once when there is more."""
    try:
        is_more = mailbox is not None and _look(workshop, mailbox)
    except MailboxFault as fault:
        with workshop.writing() as work:
            outbox.put_off(work.session, claim, str(fault), work.now, WAITS)
        return
    with workshop.writing() as work:
        following = work.now if is_more else work.now + EVERY
        outbox.finish_until(work.session, claim.item_id, claim.worker, following)


def _look(workshop: Workshop, mailbox: Mailbox) -> bool:
    """Whether there may be more to read. Raises MailboxFault; and what else went wrong, once every letter was looked at."""
    until, counts, faults = workshop.clock() + LONGEST, {True: 0, False: 0}, list[Exception]()
    with mailbox.opened() as letters:
        for letter in letters.unread(MOST_LETTERS):
            try:
                counts[_settled(workshop, letters, letter)] += 1
            except MailboxFault:
                raise
            except Exception as fault:  # noqa: BLE001 - one that cannot be noted must not hide those after it
                faults.append(fault)
            if workshop.clock() >= until:
                break
    if any(counts.values()):
        log.info("mailbox_read", noted=counts[True], left=counts[False])
    if faults:
        raise faults[0]
    return sum(counts.values()) >= MOST_LETTERS or workshop.clock() >= until


def _settled(workshop: Workshop, letters: OpenMailbox, letter: Letter) -> bool:
    """Whether it is a notice about a message of ours: then it is removed, as soon as what it says is committed."""
    notice = read_notice(letter.beginning)
    if notice is not None and _noted(workshop, notice):
        letters.remove(letter)
        return True
    letters.leave(letter)
    return False


def _noted(workshop: Workshop, notice: Notice) -> bool:
    with workshop.writing() as work:
        if notice.kind is Kind.SIGN_IN:
            return _note_message(work, OutboxKind.SIGN_IN_MESSAGE, notice)
        if notice.kind is Kind.DOCUMENT:
            deliveries = bounces.sent_alone(work.session, notice.about_id)
        else:
            deliveries = bounces.sent_together(work.session, notice.about_id)
        if not deliveries:
            return _note_message(work, OutboxKind.POST_NOTIFICATION, notice)
        noted = [_note_delivery(work, delivery, notice) for delivery in deliveries]
        return any(noted)


def _note_message(work: Work, kind: OutboxKind, notice: Notice) -> bool:
    """A message without a document that came back stands beside those that were refused: a person must look at it."""
    sentence = f"The message came back ({notice.status or UNKNOWN[notice.fate]})."
    if notice.fate is Fate.FAILED and outbox.came_back(work.session, kind, notice.about_id, sentence, work.now):
        work.note("message_came_back", about=notice.about_id)
        if notice.kind is Kind.DELIVERY_FAILED:
            tell_somebody_else(work, notification_to_send(work.session, notice.about_id))
    return outbox.is_owed(work.session, kind, notice.about_id)


def _note_delivery(work: Work, delivery: Delivery, notice: Notice) -> bool:
    """False for a delivery that was never handed over: nothing of it can have come back."""
    lines = [line for line in tried(delivery.attempts) if line.result in HANDED_OVER]
    if not lines:
        return False
    sent_again = [event.at for event in delivery.events if event.kind == EventKind.SENT_AGAIN]
    before = sum(at <= _which(lines, notice.sent_at).at for at in sent_again)
    if before < len(sent_again):
        # What came back had been sent before it was sent again: of that message it says nothing.
        work.note("earlier_message_came_back", about=delivery.id)
        return True
    # However many notices come about one sending, forged ones among them, each kind counts once.
    key, code = f"{notice.fate}:{delivery.id}:{before}", notice.status or UNKNOWN[notice.fate]
    if notice.fate is Fate.FAILED:
        note_failure(work, delivery, EventKind.BOUNCED, code=code, key=key)
    elif notice.fate is Fate.DELAYED:
        ledger.add_event(work.session, delivery.id, EventKind.DELAYED, work.now, code=code, key=key)
    return True


def _which(lines: list[Tried], sent_at: datetime | None) -> Tried:
    """The sending that a notice is about: the nearest to the date of what was sent back, or the last."""
    return lines[-1] if sent_at is None else min(lines, key=lambda line: abs(line.at - sent_at))
