"""What every message must be that any test is sent, whatever the test is about. A fault fails the test in which it came."""

from __future__ import annotations

import email
import email.policy
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from email.message import EmailMessage
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms_app.db.tables import Delivery, Document, Escalation, Notification, Party, Person, SignInCode
from tests.journeys.form_filler import LOOKED_FOR

HEADERS = {
    *("from", "to", "subject", "date", "message-id", "auto-submitted"),
    *("mime-version", "content-type", "content-transfer-encoding"),
}
MESSAGE_ID = re.compile(r"<([a-z_-]+)\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[a-z0-9.-]+>")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*\.(docx|pdf)")
_faults: list[str] = []


def look_at(recipients: Sequence[str], content: bytes) -> None:
    """Notes what is wrong with a message; the test that runs fails by it at its end."""
    _faults.extend(faults_of(recipients, content))


def take_faults() -> list[str]:
    """What was noted since this was last asked."""
    found = list(_faults)
    _faults.clear()
    return found


def faults_of(recipients: Sequence[str], content: bytes) -> list[str]:
    """A sentence for each fault of a message as it came, with whom its envelope named."""
    message = email.message_from_bytes(content.replace(b"\r\n", b"\n"), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return [*_of_addresses(recipients, message), *_of_headers(message), *_of_parts(message)]


def _of_addresses(recipients: Sequence[str], message: EmailMessage) -> Iterator[str]:
    if len(recipients) != 1:
        yield f"The envelope names {len(recipients)} recipients."
    if message.get_all("To") != list(recipients):
        yield "The message is not addressed to whom its envelope names, and to nobody else."


def _of_headers(message: EmailMessage) -> Iterator[str]:
    names = [name.lower() for name in message]
    if strange := sorted(set(names) - HEADERS):
        yield f"It has headers that ours never have: {', '.join(strange)}."
    if len(set(names)) != len(names):
        yield "It has a header twice."
    if MESSAGE_ID.fullmatch(str(message["Message-ID"])) is None:
        yield "Its Message-ID is not made of a kind and an id."
    for name, value in message.items():
        if any(unicodedata.category(letter) == "Cc" for letter in str(value)):
            yield f"There is a control character in {name}."
        if _names_somebody(str(value)):
            yield f"{name} names somebody."


def _of_parts(message: EmailMessage) -> Iterator[str]:
    body = message.get_body(("plain",))
    if body is None:
        yield "It has no plain text."
    else:
        text = str(body.get_content())
        if any(unicodedata.category(letter) == "Cc" and letter != "\n" for letter in text):
            yield "There is a control character in its text."
        if _names_somebody(text):
            yield "Its text names somebody."
    for part in message.iter_attachments():
        name = part.get_filename() or ""
        if FILE_NAME.fullmatch(name) is None or _names_somebody(name):
            yield "The name of an attached file says more than ids."


def _names_somebody(text: str) -> bool:
    return any(name in text for name in LOOKED_FOR)


# --- where the records are at hand ---


def faults_by_records(session: Session, messages: Iterable[tuple[str, str]]) -> list[str]:
    """A sentence for each message, by its Message-ID and its recipient, that went to whom it must not, or is about nothing."""
    found = []
    for message_id, to in dict.fromkeys(messages):
        named = MESSAGE_ID.fullmatch(message_id)
        fault = "It is about nothing." if named is None else _fault(session, named[1], UUID(named[2]), to)
        found += [f"{message_id}: {fault}"] if fault else []
    return found


def _fault(session: Session, kind: str, about: UUID, to: str) -> str | None:
    if kind == "delivery":
        return _fault_of_delivery(session, session.get(Delivery, about), to)
    if kind == "sign-in":
        code = session.get(SignInCode, about)
        return None if code is not None and _address(session, code.person_id) == to else "It is nobody’s code."
    notification = session.get(Notification, about)
    if notification is None:
        return "There is no such notification."
    if _address(session, notification.person_id) != to:
        return "It went to somebody else."
    return _fault_of_place(session, notification.escalation_id, notification.person_id)


def _fault_of_delivery(session: Session, delivery: Delivery | None, to: str) -> str | None:
    if delivery is None:
        return "There is no such delivery."
    if delivery.address != to:
        return "It went to somebody else."
    document = session.get_one(Document, delivery.document_id)
    raisers = select(Party.person_id).where(Party.escalation_id == document.escalation_id, Party.is_raiser)
    sent_to = select(Delivery.person_id).where(Delivery.document_id == document.id)
    if not set(session.scalars(raisers)) <= set(session.scalars(sent_to)):
        return "The raiser is not among the recipients of its document."
    return _fault_of_place(session, document.escalation_id, delivery.person_id)


def _fault_of_place(session: Session, escalation_id: UUID | None, person_id: UUID) -> str | None:
    """Whoever takes part, or has a seat at that Board."""
    if escalation_id is None:
        return None
    escalation, person = session.get_one(Escalation, escalation_id), session.get_one(Person, person_id)
    parties = select(Party.person_id).where(Party.escalation_id == escalation_id)
    if person_id in set(session.scalars(parties)):
        return None
    return None if person.seat and person.board_id == escalation.board_id else "Its recipient has no part in it."


def _address(session: Session, person_id: UUID) -> str:
    return session.get_one(Person, person_id).email
