"""What people do about a delivery that may not have arrived: have it sent again, or say that they told the recipient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from forms_app.db import deliveries as rows
from forms_app.db import ledger, reads
from forms_app.db.notifications import not_reached
from forms_app.db.places import has_declared
from forms_app.db.releases import releases_of
from forms_app.db.tables import Delivery, Document, Person, Release
from forms_app.domain.access import May, Relation, may
from forms_app.domain.deliveries import BY_PEOPLE, EventKind, Facts, needs_a_person, state_of
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.mail_rules import Rule
from forms_app.domain.policy import DEIDENTIFIED, OFFICE
from forms_app.domain.working_days import spell_time
from forms_app.services.directory import own_person, person_who_may
from forms_app.services.issuing import owe_posting_again
from forms_app.services.ledger import (
    HistoryLine,
    Ledger,
    Reader,
    history_of,
    how_sent,
    in_words,
)
from forms_app.services.mail_domains import domains_to_confirm
from forms_app.services.work import Work

NONE = "There is no such delivery."
AGAIN_AFTER = timedelta(minutes=10)
"""So long nobody sends again what was just sent again and has not failed: nobody’s mailbox is to be filled."""
FIRST = "Somebody did something about this after you opened this page. See what is known now, and decide again."


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery, as somebody who may do something about it sees it."""

    id: UUID
    escalation_id: UUID
    document_id: UUID
    reference: str
    title: str
    """Of the document; empty for an office that may know of nothing but the reference."""
    to: str
    """A name and a job title; for the Board's office no name, unless nobody can reach this person by email."""
    agency: str
    telephone: str
    how: str
    state: str
    needs_a_person: bool
    history: tuple[HistoryLine, ...]
    owed_at: datetime
    is_party: bool
    """Whether this reader takes part."""
    cannot_send: str
    """Why it cannot be sent again now; empty when it can."""
    seen: int
    """The number of the last thing that somebody did about it."""


@dataclass(frozen=True, slots=True)
class NotReachedLine:
    """Somebody whom messages without a document do not reach: alerts, reminders, codes to sign in."""

    who: str
    agency: str
    telephone: str
    since: str


@dataclass(frozen=True, slots=True)
class NeedsAPerson:
    """What the Board's business unit must see to."""

    deliveries: tuple[DeliveryView, ...]
    not_reached: tuple[NotReachedLine, ...]
    domains: int
    """How many mail domains nobody has confirmed yet."""


# --- what is seen ---


def delivery_view(work: Work, *, by: UUID, escalation_id: UUID, delivery_id: UUID) -> DeliveryView:
    """Raises NotFound for somebody who may do nothing about it."""
    return _found(work, by, escalation_id, delivery_id).view


def needs_a_person_at(work: Work, *, by: UUID) -> NeedsAPerson:
    """What the business unit of this person's Board must see to. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_FAILING_DELIVERIES)
    return NeedsAPerson(
        deliveries=tuple(each.view for each in _failing(work, person)),
        not_reached=tuple(
            NotReachedLine(
                who=f"{each.person.name}, {each.person.job_title}",
                agency=each.person.agency.name,
                telephone=each.person.telephone,
                since=spell_time(each.since),
            )
            for each in not_reached(work.session, person.board_id)
        ),
        domains=domains_to_confirm(work, by=by) or 0,
    )


# --- what is done ---


def send_again(work: Work, *, by: UUID, escalation_id: UUID, delivery_id: UUID, form_key: UUID, seen: int) -> None:
    """Owes the message once more, the same as before. The form sent twice does it once.

    Raises NotFound, ChangedMeanwhile, and NotAllowedNow with a sentence.
    """
    found = _to_act_on(work, by, escalation_id, delivery_id, EventKind.SENT_AGAIN, form_key, seen)
    if found is None:
        return
    if found.view.cannot_send:
        raise NotAllowedNow(found.view.cannot_send)
    _add(work, found, EventKind.SENT_AGAIN, by, form_key)
    owe_posting_again(work, [delivery_id])


def told(
    work: Work, *, by: UUID, escalation_id: UUID, delivery_id: UUID, form_key: UUID, seen: int, at: datetime
) -> None:
    """Writes that this person told the recipient by telephone, at a moment. The form sent twice does it once.

    Raises NotFound, ChangedMeanwhile, and NotAllowedNow with a sentence.
    """
    found = _to_act_on(work, by, escalation_id, delivery_id, EventKind.TOLD, form_key, seen)
    if found is None:
        return
    if (fault := fault_of_moment(at, owed_at=found.delivery.owed_at, now=work.now)) is not None:
        raise NotAllowedNow(fault)
    _add(work, found, EventKind.TOLD, by, form_key, happened_at=at)
    rows.end_posting(work.session, [delivery_id], work.now, only_parked=True)


def fault_of_moment(at: datetime, *, owed_at: datetime, now: datetime) -> str | None:
    """Why nobody can have been told at this moment."""
    if at > now:
        return "The time must not be later than now"
    first = owed_at.replace(second=0, microsecond=0)
    return (
        f"The document was written on {spell_time(owed_at)}: the time must not be before that" if at < first else None
    )


# --- who may ---


@dataclass(frozen=True, slots=True)
class Found:
    delivery: Delivery
    facts: Facts
    view: DeliveryView


def _found(work: Work, by: UUID, escalation_id: UUID, delivery_id: UUID, *, lock: bool = False) -> Found:
    delivery = rows.delivery_to_act_on(work.session, delivery_id, lock=lock)
    if delivery is None or delivery.document.escalation_id != escalation_id or delivery.withdrawn_at is not None:
        raise NotFound(NONE)
    (found,) = looked_at(work, by, [delivery])
    return found


def looked_at(work: Work, by: UUID, deliveries: Sequence[Delivery]) -> list[Found]:
    """Each as this person sees it. Raises NotFound for what they may do nothing about."""
    person = own_person(work, by)
    known = Ledger(work, deliveries, _releases(work, deliveries))
    readers = {each.document_id: reader_of(work, person, each.document) for each in deliveries}
    found = []
    for each in deliveries:
        reader, facts = readers[each.document_id], known.facts(each, each.document)
        if reader is Reader.OFFICE and not is_for_office(work, person, each):
            raise NotFound(NONE)
        found.append(Found(each, facts, _view(each, facts, reader, work.now)))
    return found


def reader_of(work: Work, person: Person, document: Document) -> Reader:
    """As what this person may do something about a document's deliveries. Raises NotFound."""
    session = work.session
    if reads.takes_part(session, document.escalation_id, person.id):
        if reads.document_to_download(session, document.id, person.id) is None:
            raise NotFound(NONE)
        return Reader.PARTY
    if not may(person, May.SEND_AGAIN, Relation.OWN_BOARD) or person.board_id != document.escalation.board_id:
        raise NotFound(NONE)
    if has_declared(session, document.escalation_id, person.id):
        raise NotFound(NONE)
    return Reader.OFFICE


def is_for_office(work: Work, person: Person, delivery: Delivery) -> bool:
    """Whether it ever failed, or is of a document on the office's register."""
    if rows.has_ever_failed(work.session, delivery.id):
        return True
    board, document = person.board_id, delivery.document_id
    return reads.board_document(work.session, document, board, person.id) is not None


def count_failing_in(work: Work, escalations: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many deliveries need a person, of those of these escalations that have any. Ask first whether the reader may know."""
    found = _needing(work, rows.may_need_a_person_in(work.session, escalations))
    return Counter(each.delivery.document.escalation_id for each in found)


def _failing(work: Work, person: Person) -> list[Found]:
    """The deliveries of a Board of which no message reaches the recipient, as somebody of its office sees them."""
    return _needing(work, rows.may_need_a_person(work.session, person.board_id, person.id))


def _needing(work: Work, maybe: Sequence[Delivery]) -> list[Found]:
    known = Ledger(work, maybe, _releases(work, maybe))
    found = ((each, known.facts(each, each.document)) for each in maybe)
    return [
        Found(each, facts, _view(each, facts, Reader.OFFICE, work.now))
        for each, facts in found
        if needs_a_person(state_of(facts))
    ]


def _releases(work: Work, deliveries: Sequence[Delivery]) -> dict[UUID, Release]:
    return releases_of(work.session, {delivery.document_id for delivery in deliveries})


def _view(delivery: Delivery, facts: Facts, reader: Reader, now: datetime) -> DeliveryView:
    state, person, document = state_of(facts), delivery.person, delivery.document
    needed = needs_a_person(state)
    is_named = reader is Reader.PARTY or needed or person.agency.kind == OFFICE
    is_told = reader is Reader.PARTY or document.kind in DEIDENTIFIED
    acts = [event.number for event in delivery.events if event.kind in BY_PEOPLE]
    return DeliveryView(
        id=delivery.id,
        escalation_id=document.escalation_id,
        document_id=document.id,
        reference=document.escalation.reference,
        title=document.title if is_told else "",
        to=f"{person.name}, {person.job_title}" if is_named else person.job_title,
        agency=person.agency.name,
        telephone=person.telephone if needed else "",
        how=how_sent(delivery, facts),
        state=in_words(state),
        needs_a_person=needed,
        history=history_of(delivery, reader),
        owed_at=delivery.owed_at,
        is_party=reader is Reader.PARTY,
        cannot_send=_cannot_send(delivery, facts, now),
        seen=max(acts, default=0),
    )


def _cannot_send(delivery: Delivery, facts: Facts, now: datetime) -> str:
    if delivery.person.left_at is not None:
        return "This person has left. Nothing is sent to them any more: tell whoever has taken over from them."
    if delivery.document.issued_at is None:
        return "This document has not been made yet. It is sent as soon as it is."
    again = [each.at for each in facts.happened if each.kind is EventKind.SENT_AGAIN]
    if again and now < again[-1] + AGAIN_AFTER and not needs_a_person(state_of(facts)):
        return "It was sent again less than 10 minutes ago. Wait to see whether it arrives, or telephone them."
    match facts.rule:
        case None:
            return (
                "Nobody has confirmed yet whose address it is, so nothing is sent there. Telephone them, and ask the Board’s "
                "business unit to confirm the address."
            )
        case Rule.NEVER:
            return "No email goes to their address. Telephone them."
        case Rule.ATTACH | Rule.LINK:
            return ""


def _to_act_on(
    work: Work, by: UUID, escalation_id: UUID, delivery_id: UUID, kind: EventKind, form_key: UUID, seen: int
) -> Found | None:
    """The delivery, locked, as this person saw it; None when this form was sent before."""
    delivery = rows.delivery_to_act_on(work.session, delivery_id, lock=True)
    if delivery is not None and is_done(delivery, by, kind, form_key):
        return None
    found = _found(work, by, escalation_id, delivery_id, lock=True)
    if found.view.seen != seen:
        raise ChangedMeanwhile(FIRST)
    return found


def _add(
    work: Work, found: Found, kind: EventKind, by: UUID, form_key: UUID, *, happened_at: datetime | None = None
) -> None:
    delivery, document = found.delivery, found.delivery.document
    ledger.add_event(
        work.session,
        delivery.id,
        kind,
        work.now,
        person_id=by,
        happened_at=happened_at,
        key=key_of(kind, form_key, delivery),
    )
    board, escalation = document.escalation.board_id, document.escalation_id
    work.note(f"delivery_{kind}", person=by, board=board, escalation=escalation, about=delivery.id)


def is_done(delivery: Delivery, by: UUID, kind: EventKind, form_key: UUID) -> bool:
    key = key_of(kind, form_key, delivery)
    return any(event.key == key and event.person_id == by for event in delivery.events)


def key_of(kind: EventKind, form_key: UUID, delivery: Delivery) -> str:
    return f"{kind}:{form_key}:{delivery.id}"
