"""What people do about a delivery: have it sent again, say that they told the recipient, or withdraw it from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from forms_app.db import deliveries as rows
from forms_app.db import ledger, reads
from forms_app.db.notifications import not_reached
from forms_app.db.people import business_unit_of
from forms_app.db.releases import releases_of
from forms_app.db.tables import Delivery, Document, Person, Release
from forms_app.domain.deliveries import BY_PEOPLE, EventKind, Facts, Reason, may_have_reached, needs_a_person, state_of
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.mail_rules import Rule
from forms_app.domain.policy import DEIDENTIFIED, OFFICE, Audience
from forms_app.domain.working_days import spell_time
from forms_app.mail.compose import Kind
from forms_app.services.directory import own_person
from forms_app.services.issuing import owe_posting_again
from forms_app.services.ledger import (
    HistoryLine,
    Ledger,
    Reader,
    acting_party,
    history_of,
    how_sent,
    in_words,
    reason_in_words,
    who_did,
)
from forms_app.services.mail_domains import domains_to_confirm
from forms_app.services.notifying import notify
from forms_app.services.register import officer
from forms_app.services.work import Work

NONE = "There is no such delivery."
NO_DOCUMENT = "There is no such document."
FIRST = "Somebody did something about this after you opened this page. See what is known now, and decide again."
RECENT = timedelta(days=90)
"""How long the business unit's page shows what was withdrawn."""


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
class WithdrawingView:
    """One document with everybody from whom it can be withdrawn."""

    document_id: UUID
    escalation_id: UUID
    reference: str
    title: str
    is_party: bool
    recipients: tuple[DeliveryView, ...]

    @property
    def seen(self) -> int:
        return sum(each.seen for each in self.recipients)


@dataclass(frozen=True, slots=True)
class WithdrawalLine:
    what: str
    from_whom: str
    at: str
    because: str


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
    withdrawals: tuple[WithdrawalLine, ...]
    domains: int
    """How many mail domains nobody has confirmed yet."""


@dataclass(frozen=True, slots=True)
class WithdrawnFrom:
    """What somebody is told from whom a document was withdrawn."""

    reference: str
    at: str
    board: str
    telephone: str


# --- what is seen ---


def delivery_view(work: Work, *, by: UUID, escalation_id: UUID, delivery_id: UUID) -> DeliveryView:
    """Raises NotFound for somebody who may do nothing about it."""
    return _found(work, by, escalation_id, delivery_id).view


def withdrawing_view(work: Work, *, by: UUID, escalation_id: UUID, document_id: UUID) -> WithdrawingView:
    """The document and from whom it can be withdrawn by this person. Raises NotFound."""
    found = _to_withdraw(work, by, escalation_id, document_id)
    first = found[0].view
    return WithdrawingView(
        document_id=document_id,
        escalation_id=escalation_id,
        reference=first.reference,
        title=first.title,
        is_party=first.is_party,
        recipients=tuple(each.view for each in found),
    )


def needs_a_person_at(work: Work, *, by: UUID) -> NeedsAPerson:
    """What the business unit of this person's Board must see to. Raises NotFound."""
    person = _unit(work, by)
    withdrawn = rows.withdrawals_of_board(work.session, person.board_id, work.now - RECENT)
    return NeedsAPerson(
        deliveries=tuple(each.view for each in _failing(work, person.board_id)),
        not_reached=tuple(
            NotReachedLine(
                who=f"{each.person.name}, {each.person.job_title}",
                agency=each.person.agency.name,
                telephone=each.person.telephone,
                since=spell_time(each.since),
            )
            for each in not_reached(work.session, person.board_id)
        ),
        withdrawals=tuple(_withdrawal(each, Reader.OFFICE) for each in withdrawn),
        domains=domains_to_confirm(work, by=by) or 0,
    )


def count_at_board(work: Work, *, by: UUID) -> int | None:
    """How many deliveries and people wait for the business unit; None for somebody of the office who does not see to them."""
    person = officer(work, by)
    if person.seat != Audience.BUSINESS_UNIT:
        return None
    return len(_failing(work, person.board_id)) + len(not_reached(work.session, person.board_id))


def withdrawals_in(work: Work, *, by: UUID, escalation_id: UUID) -> tuple[WithdrawalLine, ...]:
    """What was withdrawn of what this person was sent. Ask first whether they take part."""
    found = rows.withdrawals_known_to(work.session, escalation_id, by)
    return tuple(_withdrawal(each, Reader.PARTY) for each in found)


def withdrawn_from(work: Work, *, by: UUID, document_id: UUID) -> WithdrawnFrom | None:
    """What this person is told of a document that was withdrawn from them; None for everybody else."""
    found = rows.withdrawn_from(work.session, document_id, by)
    if found is None or found.withdrawn_at is None:
        return None
    escalation = found.document.escalation
    return WithdrawnFrom(
        reference=escalation.reference,
        at=spell_time(found.withdrawn_at),
        board=escalation.board.name,
        telephone=escalation.board.telephone,
    )


def _withdrawal(delivery: Delivery, reader: Reader) -> WithdrawalLine:
    assert delivery.withdrawn_at is not None
    person, document = delivery.person, delivery.document
    event = next(each for each in reversed(delivery.events) if each.kind == EventKind.WITHDRAWN)
    is_named = reader is Reader.PARTY or person.agency.kind == OFFICE
    return WithdrawalLine(
        what=document.title if reader is Reader.PARTY else document.escalation.reference,
        from_whom=f"{person.name if is_named else person.job_title}, {person.agency.name}",
        at=spell_time(delivery.withdrawn_at),
        because=f"{_sentence(reason_in_words(event.code))}. Withdrawn by {who_did(event.person, reader)}",
    )


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


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


def withdraw(
    work: Work,
    *,
    by: UUID,
    escalation_id: UUID,
    document_id: UUID,
    form_key: UUID,
    seen: int,
    deliveries: Collection[UUID],
    reason: Reason,
) -> None:
    """Takes a document away from some of those to whom it was sent, or from everybody. The form sent twice does it once.

    Raises NotFound, ChangedMeanwhile, and NotAllowedNow with a sentence.
    """
    chosen = sorted(deliveries, key=str)
    if chosen and set(chosen) <= _withdrawn_by(work, by, document_id, form_key):
        return
    found = _to_withdraw(work, by, escalation_id, document_id, lock=True)
    if not set(chosen) <= {each.delivery.id for each in found} or sum(each.view.seen for each in found) != seen:
        raise ChangedMeanwhile(FIRST)
    taken = [each for each in found if each.delivery.id in set(chosen)]
    if not taken:
        raise NotAllowedNow("Choose from whom it is withdrawn.")
    raiser = reads.raiser_of(work.session, escalation_id).person_id
    keeping = [
        each
        for each in rows.deliveries_to_act_on(work.session, document_id)
        if each.withdrawn_at is None and each.id not in set(chosen)
    ]
    if keeping and raiser in {each.delivery.person_id for each in taken}:
        raise NotAllowedNow(
            "Whoever raised the concern has everything that others have. Withdraw it from everybody, or not from them."
        )
    for each in taken:
        key = _key(EventKind.WITHDRAWN, form_key, each.delivery)
        take_away(work, each.delivery, each.facts, by=by, reason=reason, key=key)
    document = taken[0].delivery.document
    tell_office(work, by, document, key=str(form_key))
    work.note(
        "document_recalled", person=by, board=document.escalation.board_id, escalation=escalation_id, about=document_id
    )


def was_withdrawn(
    work: Work, *, by: UUID, escalation_id: UUID, document_id: UUID, form_key: UUID, chosen: Collection[str] | None
) -> bool:
    """Whether this form has withdrawn the document already from all of these; None is everybody who had it."""
    done = _withdrawn_by(work, by, document_id, form_key)
    if chosen is not None:
        return bool(chosen) and set(chosen) <= {str(each) for each in done}
    try:
        _to_withdraw(work, by, escalation_id, document_id)
    except NotFound:
        return bool(done)
    return False


def take_away(
    work: Work, delivery: Delivery, facts: Facts, *, by: UUID, reason: Reason, key: str, told_once: str = ""
) -> None:
    """The recipient can open it no more, nothing more is sent, and whoever may have it is asked to delete it.

    `told_once` is a key under which one message is enough for several.
    """
    ledger.add_event(work.session, delivery.id, EventKind.WITHDRAWN, work.now, person_id=by, code=reason.value, key=key)
    delivery.withdrawn_at = work.now
    work.session.flush()
    rows.end_posting(work.session, [delivery.id], work.now)
    if may_have_reached(facts) and delivery.person.left_at is None:
        escalation = delivery.document.escalation_id
        key = told_once or str(delivery.id)
        notify(work, Kind.WITHDRAWN, delivery.person, key=key, escalation=escalation, about=delivery.id)


def tell_office(work: Work, by: UUID, document: Document, *, key: str) -> None:
    """The business unit knows of every withdrawal."""
    for person in business_unit_of(work.session, document.escalation.board_id):
        if person.id != by:
            notify(work, Kind.WITHDRAWAL, person, key=key, escalation=document.escalation_id, about=document.id)


# --- who may ---


@dataclass(frozen=True, slots=True)
class _Found:
    delivery: Delivery
    facts: Facts
    view: DeliveryView


def _found(work: Work, by: UUID, escalation_id: UUID, delivery_id: UUID, *, lock: bool = False) -> _Found:
    delivery = rows.delivery_to_act_on(work.session, delivery_id, lock=lock)
    if delivery is None or delivery.document.escalation_id != escalation_id or delivery.withdrawn_at is not None:
        raise NotFound(NONE)
    (found,) = _looked_at(work, by, [delivery])
    return found


def _looked_at(work: Work, by: UUID, deliveries: Sequence[Delivery]) -> list[_Found]:
    """Each as this person sees it. Raises NotFound for what they may do nothing about."""
    person = own_person(work, by)
    known = Ledger(work, deliveries, _releases(work, deliveries))
    readers = {each.document_id: _reader(work, person, each.document) for each in deliveries}
    found = []
    for each in deliveries:
        reader, facts = readers[each.document_id], known.facts(each, each.document)
        if reader is Reader.OFFICE and not _is_for_office(work, person, each):
            raise NotFound(NONE)
        found.append(_Found(each, facts, _view(each, facts, reader)))
    return found


def _reader(work: Work, person: Person, document: Document) -> Reader:
    """As what this person may do something about a document's deliveries. Raises NotFound."""
    session = work.session
    if reads.takes_part(session, document.escalation_id, person.id):
        if reads.document_to_download(session, document.id, person.id) is None:
            raise NotFound(NONE)
        return Reader.PARTY
    if person.seat != Audience.BUSINESS_UNIT or person.board_id != document.escalation.board_id:
        raise NotFound(NONE)
    return Reader.OFFICE


def _is_for_office(work: Work, person: Person, delivery: Delivery) -> bool:
    """Whether it ever failed, or is of a document on the office's register."""
    if rows.has_ever_failed(work.session, delivery.id):
        return True
    kinds = [kind.value for kind in DEIDENTIFIED]
    board, document = person.board_id, delivery.document_id
    return reads.board_document(work.session, document, board, kinds, person.id) is not None


def _unit(work: Work, by: UUID) -> Person:
    person = own_person(work, by)
    if person.seat != Audience.BUSINESS_UNIT:
        raise NotFound("There is no such page.")
    return person


def _failing(work: Work, board_id: UUID) -> list[_Found]:
    """The deliveries of a Board of which no message reaches the recipient, as its office sees them."""
    maybe = rows.may_need_a_person(work.session, board_id)
    known = Ledger(work, maybe, _releases(work, maybe))
    found = ((each, known.facts(each, each.document)) for each in maybe)
    return [
        _Found(each, facts, _view(each, facts, Reader.OFFICE))
        for each, facts in found
        if needs_a_person(state_of(facts))
    ]


def _releases(work: Work, deliveries: Sequence[Delivery]) -> dict[UUID, Release]:
    return releases_of(work.session, {delivery.document_id for delivery in deliveries})


def _view(delivery: Delivery, facts: Facts, reader: Reader) -> DeliveryView:
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
        cannot_send=_cannot_send(delivery, facts),
        seen=max(acts, default=0),
    )


def _cannot_send(delivery: Delivery, facts: Facts) -> str:
    if delivery.person.left_at is not None:
        return "This person has left. Nothing is sent to them any more: tell whoever has taken over from them."
    if delivery.document.issued_at is None:
        return "This document has not been made yet. It is sent as soon as it is."
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
) -> _Found | None:
    """The delivery, locked, as this person saw it; None when this form was sent before."""
    delivery = rows.delivery_to_act_on(work.session, delivery_id, lock=True)
    if delivery is not None and _is_done(delivery, by, kind, form_key):
        return None
    found = _found(work, by, escalation_id, delivery_id, lock=True)
    if found.view.seen != seen:
        raise ChangedMeanwhile(FIRST)
    return found


def _to_withdraw(work: Work, by: UUID, escalation_id: UUID, document_id: UUID, *, lock: bool = False) -> list[_Found]:
    """Those from whom this person may withdraw a document that is not withdrawn from them yet. Raises NotFound."""
    every = rows.deliveries_to_act_on(work.session, document_id, lock=lock)
    left = [each for each in every if each.withdrawn_at is None]
    if not left or left[0].document.escalation_id != escalation_id:
        raise NotFound(NO_DOCUMENT)
    person = own_person(work, by)
    if _reader(work, person, left[0].document) is Reader.OFFICE:
        left = [each for each in left if _is_for_office(work, person, each)]
    elif not acting_party(work, by, escalation_id).may_withdraw(left[0].document):
        raise NotFound(NO_DOCUMENT)
    if not left:
        raise NotFound(NO_DOCUMENT)
    return _looked_at(work, by, left)


def _withdrawn_by(work: Work, by: UUID, document_id: UUID, form_key: UUID) -> set[UUID]:
    """The deliveries that this form of this person has withdrawn already."""
    every = rows.deliveries_to_act_on(work.session, document_id)
    return {each.id for each in every if _is_done(each, by, EventKind.WITHDRAWN, form_key)}


def _add(
    work: Work, found: _Found, kind: EventKind, by: UUID, form_key: UUID, *, happened_at: datetime | None = None
) -> None:
    delivery, document = found.delivery, found.delivery.document
    ledger.add_event(
        work.session,
        delivery.id,
        kind,
        work.now,
        person_id=by,
        happened_at=happened_at,
        key=_key(kind, form_key, delivery),
    )
    board, escalation = document.escalation.board_id, document.escalation_id
    work.note(f"delivery_{kind}", person=by, board=board, escalation=escalation, about=delivery.id)


def _is_done(delivery: Delivery, by: UUID, kind: EventKind, form_key: UUID) -> bool:
    key = _key(kind, form_key, delivery)
    return any(event.key == key and event.person_id == by for event in delivery.events)


def _key(kind: EventKind, form_key: UUID, delivery: Delivery) -> str:
    return f"{kind}:{form_key}:{delivery.id}"
