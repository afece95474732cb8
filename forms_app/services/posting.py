"""Posts one message to one address, and writes on the ledger what is known of it: before it is handed over, and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from forms_app.db import ledger, outbox
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.places import is_for_another_now, moved_away
from forms_app.db.tables import Board, Delivery, Person
from forms_app.documents.catalogue import Format, file_name, kind_of
from forms_app.domain.deliveries import ANSWERED, Why, ruled_out_by
from forms_app.domain.mail_rules import Rule
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import (
    Attachment,
    DocumentNotice,
    Letterhead,
    Message,
    Office,
    UnfitMessage,
    document_message,
    sign_in_message,
)
from forms_app.services.attachments import LOCKED, Lock, make_locked_copy
from forms_app.services.attempts import STARTED
from forms_app.services.deadlines import Deadlines
from forms_app.services.digests import Budget, put_with_others, room_from
from forms_app.services.mail_domains import hold_rule, may_be_emailed, rule_for
from forms_app.services.settling import Of, give_up, settle
from forms_app.services.troubles import Troubles
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

WAITS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    *(timedelta(hours=3) for _ in range(15)),
)
"""Between one try and the next: about two days. After the last, a person must look."""
SIGN_IN_WAITS = (timedelta(seconds=5), timedelta(seconds=20), *(timedelta(minutes=1) for _ in range(15)))
WHY_NOT = {
    Why.NEVER: "Nothing may be sent to addresses at this domain: tell the recipient by telephone.",
    Why.UNCONFIRMED: "Nobody has confirmed the domain of this address yet: nothing was sent.",
    Why.LEFT: "The recipient has left: nothing was sent.",
}


class Posts(Protocol):
    """A postbox. It raises nothing for what a mail server or a network does."""

    def post(self, message: Message) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Counter:
    """Where messages are handed over: to whom, from whom, how many, and what is known of who takes none."""

    postbox: Posts
    letterhead: Letterhead
    lock: Lock | None = None
    """With it a PDF travels locked, and the Word file, which cannot be, does not travel."""
    budget: Budget = field(default_factory=Budget)
    troubles: Troubles = field(default_factory=Troubles)
    deadlines: Deadlines = field(default_factory=Deadlines)


# --- deliveries of documents ---


@dataclass(frozen=True, slots=True)
class Begun:
    """A message of which the ledger says already that it is handed over."""

    delivery_id: UUID
    document_id: UUID
    of: Of
    message: Message


@dataclass(frozen=True, slots=True)
class Taken:
    """Work that a worker has claimed, and how far it is begun."""

    claim: Claim
    begun: Begun | None = None


Follow = Callable[[Work], Claim | None]
"""Claims what comes next, in the transaction that ends other work: one wait for the disk does for both."""


def post_delivery(workshop: Workshop, taken: Taken, counter: Counter, follow: Follow = lambda _: None) -> Taken | None:
    """One attempt at one delivery, and what comes next. A crash in it leaves a started line without an answer, and the work owed.

    It goes to the address that its person has now, as the rule for that address says now.
    """
    claim = taken.claim
    begun = taken.begun or _begin_alone(workshop, claim, counter)
    if begun is None:
        return None
    answer = counter.postbox.post(begun.message)
    with workshop.writing() as work:
        counter.troubles.note(answer, begun.document_id, begun.message.to, work.now)
        if answer.result is not Result.INTERRUPTED:
            ledger.add_attempt(work.session, begun.delivery_id, answer.result.value, work.now, answer.smtp_code)
        settle(work, claim, answer, WAITS, begun.of)
        return _begin_next(work, follow(work), counter)


def _begin_alone(workshop: Workshop, claim: Claim, counter: Counter) -> Begun | None:
    _lock_what_travels(workshop, claim, counter.lock)
    with workshop.writing() as work:
        return _begin(work, claim, counter, is_alone=True)


def _begin_next(work: Work, claim: Claim | None, counter: Counter) -> Taken | None:
    if claim is None or claim.kind != OutboxKind.POST_DELIVERY or counter.lock is not None:
        return None if claim is None else Taken(claim)
    try:
        with work.attempting():
            begun = _begin(work, claim, counter, is_alone=False)
    except Exception:  # noqa: BLE001 - what ends here must stay ended: it fails again when its own turn comes, and is dealt with
        return Taken(claim)
    return None if begun is None else Taken(claim, begun)


def _lock_what_travels(workshop: Workshop, claim: Claim, lock: Lock | None) -> None:
    if lock is None:
        return
    with workshop.reading() as work:
        delivery = ledger.delivery_to_post(work.session, claim.about_id)
        travels = _travels(work, delivery) is Rule.ATTACH and not _is_over(work, delivery)
        document_id = delivery.document_id
    if travels:
        make_locked_copy(workshop, document_id, lock)


class _OwnTurn(Exception):
    """It is to be given up, which is done in a transaction of its own."""


def _begin(work: Work, claim: Claim, counter: Counter, *, is_alone: bool) -> Begun | None:
    """What to hand over now, with a line that says so; None where nothing is to go, or not yet, or with others.

    In the transaction that writes the line: whatever changes has changed before, or finds it gone. Raises UnfitMessage, and
    _OwnTurn where this is not the beginning of its transaction.
    """
    delivery = ledger.delivery_to_post(work.session, claim.about_id, lock=True)
    rule = _travels(work, delivery)
    if _is_over(work, delivery) or is_for_another_now(work.session, delivery):
        outbox.finish(work.session, claim.item_id, claim.worker, work.now)
        return None
    has_moved = moved_away(work.session, delivery)
    if has_moved or why_ruled_out(delivery.person, rule) is not None:
        if not is_alone:
            raise _OwnTurn
        hold_rule(work, delivery.person)
        rule = _travels(work, delivery)
    why_not = Why.LEFT if has_moved else why_ruled_out(delivery.person, rule)
    if why_not is not None:
        give_up(work, claim, WHY_NOT[why_not], why_not)
        return None
    moment = room_from(work, delivery, counter.budget)
    if moment is not None:
        if outbox.finish(work.session, claim.item_id, claim.worker, work.now):
            put_with_others(work, delivery, moment)
        return None
    message = _delivery_message(work, delivery, counter, is_attached=rule is Rule.ATTACH)
    _note_how_it_goes(work, delivery, message)
    ledger.add_attempt(work.session, delivery.id, STARTED, work.now)
    escalation = delivery.document.escalation
    return Begun(delivery.id, delivery.document_id, Of(escalation.board_id, escalation.id), message)


def _note_how_it_goes(work: Work, delivery: Delivery, message: Message) -> None:
    """The delivery says where it was sent last, and whether the document was in it."""
    escalation = delivery.document.escalation
    if delivery.address != message.to:
        delivery.address = message.to
        work.note("delivery_address_changed", board=escalation.board_id, escalation=escalation.id, about=delivery.id)
    if delivery.attached and not message.attachments:
        delivery.attached = False


def _is_over(work: Work, delivery: Delivery) -> bool:
    """Whether nothing of its own is left to send: it was withdrawn, was accepted, or goes with others."""
    if delivery.withdrawn_at is not None or delivery.notification_id is not None:
        return True
    return ledger.was_accepted(work.session, delivery.id)


def _travels(work: Work, delivery: Delivery) -> Rule | None:
    """By the rule for the address, and never attached where that was ruled out for this delivery."""
    rule = rule_for(work, delivery.person)
    return Rule.LINK if rule is Rule.ATTACH and not delivery.attached else rule


def why_ruled_out(person: Person, rule: Rule | None) -> Why | None:
    """Why nothing may be sent to somebody; None where it may."""
    if person.left_at is not None:
        return Why.LEFT
    return ruled_out_by(rule)


def _delivery_message(work: Work, delivery: Delivery, counter: Counter, *, is_attached: bool) -> Message:
    """Raises UnfitMessage."""
    document, escalation, person = delivery.document, delivery.document.escalation, delivery.person
    formats = ("docx", "pdf") if counter.lock is None else (LOCKED,)
    notice = DocumentNotice(
        delivery_id=delivery.id,
        document_id=document.id,
        kind=document.kind,
        reference=escalation.reference,
        title=document.title,
        attachments=tuple(_attachments(work, delivery, formats)) if is_attached else (),
        is_locked=is_attached and LOCKED in formats,
        asks_answer=document.kind in ANSWERED,
        by_when=counter.deadlines.by_when(work, escalation.id, person.id),
    )
    return document_message(
        counter.letterhead, office_of(escalation.board), notice, to=person.email, at=work.now, language=person.language
    )


def _attachments(work: Work, delivery: Delivery, formats: Sequence[str]) -> Iterator[Attachment]:
    document = delivery.document
    files = [file for file in ledger.files_of(work.session, document.id) if file.format in formats]
    if not files:
        raise UnfitMessage("The files of this document are missing, and it is to travel attached; nothing was sent.")
    for file in files:
        form: Format = "docx" if file.format == "docx" else "pdf"
        name = file_name(kind_of(document.kind), document.escalation.reference, form)
        yield Attachment(name, file.content)


# --- sign-in messages ---


def send_sign_in_message(workshop: Workshop, claim: Claim, counter: Counter) -> None:
    """Sends a code that can still be used. Raises UnfitMessage for one that ran out, or that may not be sent there."""
    with workshop.reading() as work:
        message = _sign_in_message(work, claim, counter.letterhead)
    answer = counter.postbox.post(message)
    with workshop.writing() as work:
        settle(work, claim, answer, SIGN_IN_WAITS, Of())


def _sign_in_message(work: Work, claim: Claim, letterhead: Letterhead) -> Message:
    code = ledger.code_to_send(work.session, claim.about_id)
    if claim.payload is None or code.used_at is not None or code.expires_at <= work.now:
        raise UnfitMessage("The code ran out or was used before it could be sent.")
    person = ledger.person_of_code(work.session, code)
    if not may_be_emailed(work, person):
        raise UnfitMessage("Nothing may be sent to the domain of this address, or nobody has confirmed it yet.")
    return sign_in_message(
        letterhead,
        office_of(person.board),
        code_id=code.id,
        code=claim.payload["code"],
        link=claim.payload["link"],
        to=claim.payload["to"],
        at=work.now,
        language=person.language,
    )


def office_of(board: Board) -> Office:
    return Office(board.name, board.telephone)
