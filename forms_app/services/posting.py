"""Posts one message to one address, and writes on the ledger what is known of it: before it is handed over, and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from forms_app.db import ledger, outbox
from forms_app.db.notifications import notification_to_send
from forms_app.db.outbox import Claim
from forms_app.db.tables import Attempt, Board, Delivery
from forms_app.documents.catalogue import Format, file_name, kind_of
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import (
    Attachment,
    DocumentNotice,
    Kind,
    Letterhead,
    Message,
    Office,
    UnfitMessage,
    compose,
    document_message,
    sign_in_message,
)
from forms_app.services.attachments import LOCKED, Lock, make_locked_copy
from forms_app.services.work import Work, Workshop

STARTED = "started"
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


class Posts(Protocol):
    """A postbox. It raises nothing for what a mail server or a network does."""

    def post(self, message: Message) -> Answer: ...


# --- deliveries of documents ---


def post_delivery(
    workshop: Workshop, claim: Claim, postbox: Posts, letterhead: Letterhead, lock: Lock | None = None
) -> None:
    """One attempt at one delivery. A crash in it leaves a started line without an answer, and the work owed.

    With `lock` a PDF travels locked, and the Word file, which cannot be, does not travel.
    """
    with workshop.reading() as work:
        is_done = ledger.was_accepted(work.session, claim.about_id)
        delivery = ledger.delivery_to_post(work.session, claim.about_id)
        document_id, locks = delivery.document_id, lock if delivery.attached and not is_done else None
    if locks is not None:
        make_locked_copy(workshop, document_id, locks)
    with workshop.reading() as work:
        formats = (LOCKED,) if lock is not None else ("docx", "pdf")
        message = None if is_done else _delivery_message(work, claim, letterhead, formats)
    if message is None:
        with workshop.writing() as work:
            outbox.finish(work.session, claim.item_id, claim.worker, work.now)
        return
    with workshop.writing() as work:
        ledger.add_attempt(work.session, claim.about_id, STARTED, work.now)
    answer = postbox.post(message)
    with workshop.writing() as work:
        if answer.result is not Result.INTERRUPTED:
            ledger.add_attempt(work.session, claim.about_id, answer.result.value, work.now, answer.smtp_code)
        _settle(work, claim, answer, WAITS)


def _delivery_message(work: Work, claim: Claim, letterhead: Letterhead, formats: Sequence[str]) -> Message:
    delivery = ledger.delivery_to_post(work.session, claim.about_id)
    document, escalation = delivery.document, delivery.document.escalation
    notice = DocumentNotice(
        delivery_id=delivery.id,
        document_id=document.id,
        kind=document.kind,
        reference=escalation.reference,
        title=document.title,
        attachments=tuple(_attachments(work, delivery, formats)) if delivery.attached else (),
        is_locked=delivery.attached and LOCKED in formats,
    )
    return document_message(letterhead, _office(escalation.board), notice, to=delivery.address, at=work.now)


def _attachments(work: Work, delivery: Delivery, formats: Sequence[str]) -> Iterator[Attachment]:
    document = delivery.document
    files = [file for file in ledger.files_of(work.session, document.id) if file.format in formats]
    if not files:
        raise UnfitMessage("The files of this document are missing, and it is to travel attached; nothing was sent.")
    for file in files:
        form: Format = "docx" if file.format == "docx" else "pdf"
        name = file_name(kind_of(document.kind), document.escalation.reference, form)
        yield Attachment(name, file.content)


# --- notifications ---


def post_notification(workshop: Workshop, claim: Claim, postbox: Posts, letterhead: Letterhead) -> None:
    """One attempt at one notification."""
    with workshop.reading() as work:
        notification = notification_to_send(work.session, claim.about_id)
        message = compose(
            letterhead,
            _office(notification.person.board),
            kind=Kind(notification.kind),
            about_id=notification.id,
            words={},
            to=notification.person.email,
            at=work.now,
            language=notification.person.language,
        )
    answer = postbox.post(message)
    with workshop.writing() as work:
        if answer.result is Result.ACCEPTED:
            notification_to_send(work.session, claim.about_id).accepted_at = work.now
        _settle(work, claim, answer, WAITS)


# --- sign-in messages ---


def send_sign_in_message(workshop: Workshop, claim: Claim, postbox: Posts, letterhead: Letterhead) -> None:
    """Sends a code that can still be used. Raises UnfitMessage for one that ran out."""
    with workshop.reading() as work:
        message = _sign_in_message(work, claim, letterhead)
    answer = postbox.post(message)
    with workshop.writing() as work:
        _settle(work, claim, answer, SIGN_IN_WAITS)


def _sign_in_message(work: Work, claim: Claim, letterhead: Letterhead) -> Message:
    code = ledger.code_to_send(work.session, claim.about_id)
    if claim.payload is None or code.used_at is not None or code.expires_at <= work.now:
        raise UnfitMessage("The code ran out or was used before it could be sent.")
    return sign_in_message(
        letterhead,
        _office(ledger.person_of_code(work.session, code).board),
        code_id=code.id,
        code=claim.payload["code"],
        link=claim.payload["link"],
        to=claim.payload["to"],
        at=work.now,
    )


# --- both ---


def _settle(work: Work, claim: Claim, answer: Answer, waits: Sequence[timedelta]) -> None:
    match answer.result:
        case Result.ACCEPTED:
            outbox.finish(work.session, claim.item_id, claim.worker, work.now)
        case Result.REFUSED:
            outbox.park(work.session, claim.item_id, claim.worker, answer.sentence, work.now)
        case Result.NOT_REACHED | Result.INTERRUPTED:
            outbox.put_off(work.session, claim, answer.sentence, work.now, waits)


def _office(board: Board) -> Office:
    return Office(board.name, board.telephone)


# --- the ledger as it is read ---


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One attempt. `result` is accepted, refused, not_reached, interrupted, or started when nothing is known yet."""

    at: datetime
    result: str
    smtp_code: int | None
    follows_interruption: bool
    """Sent again after an interruption: the recipient may have it twice, with the same Message-ID."""


def ledger_lines(attempts: Sequence[Attempt]) -> tuple[LedgerLine, ...]:
    """The attempts of one delivery, each once: a started line with an answer is that answer."""
    lines: list[LedgerLine] = []
    for line, following in pairwise([*attempts, None]):
        assert line is not None
        if line.result == STARTED and following is not None and following.result != STARTED:
            continue
        result = "interrupted" if line.result == STARTED and following is not None else line.result
        again = bool(lines) and lines[-1].result == "interrupted"
        lines.append(LedgerLine(line.at, result, line.smtp_code, again))
    return tuple(lines)
