"""A delivery that cannot reach its recipient: it stands on the ledger, and somebody is told who can ring them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from forms_app.db import ledger, notifications
from forms_app.db.people import business_unit_of
from forms_app.db.tables import Delivery, Document, Notification, Person
from forms_app.domain.deliveries import EventKind
from forms_app.mail.compose import Kind
from forms_app.services.ledger import failing
from forms_app.services.mail_domains import may_be_emailed
from forms_app.services.notifying import notify_anew, notify_hourly
from forms_app.services.places import speaks_now_for
from forms_app.services.work import Work

COLLECTING = timedelta(seconds=30)
"""Whoever was told of a document is told again only so long after the next failure: it then tells of all of them."""
STORM = timedelta(hours=1)


def note_failure(work: Work, delivery: Delivery, kind: EventKind, *, code: str, key: str | None = None) -> None:
    """Writes that a delivery was given up or came back, and tells whoever recorded it and the business unit.

    `code` says why, `key` is what it was read from: the same is neither written nor told twice. An alert points at a page that
    shows every failure, so that one that was not accepted yet covers those that come until then.
    """
    if not ledger.add_event(work.session, delivery.id, kind, work.now, code=code, key=key):
        return
    document = ledger.document_with_parties(work.session, delivery.document_id)
    for person in _to_tell(work, document, delivery.person_id):
        _tell(work, document, person)


def tell_somebody_else(work: Work, alert: Notification) -> None:
    """An alert reached its person not: somebody who was not told of the document yet is, unless another person was told.

    Nobody is told so twice of one document: whom an alert does not reach is not tried for ever.
    """
    if alert.about_id is None:
        return
    told = notifications.told_of(work.session, Kind.DELIVERY_FAILED, alert.about_id)
    if any(each.id != alert.id and each.tells_since(alert.owed_at) for each in told):
        return
    # Whom an earlier one reached can be told of this as well.
    tried = {each.person_id for each in told if each.was_given_up or each.accepted_at is None}
    tried |= {delivery.person_id for delivery in failing(work, alert.about_id)}
    document = ledger.document_with_parties(work.session, alert.about_id)
    for person in _in_turn(work, document):
        if person.id not in tried and _can_be_told(work, person):
            _tell(work, document, person)
            return


def tell_of_unmade(work: Work, document_id: UUID) -> None:
    """A document was given up before it was made: the business unit is told, whose own layout may be the reason."""
    document = ledger.document_to_make(work.session, document_id)
    for person in _office(work, document):
        if _can_be_told(work, person):
            notify_hourly(work, Kind.LAYOUT_FAILED, person, about=document.escalation.board_id)


def _to_tell(work: Work, document: Document, recipient: UUID) -> list[Person]:
    """Who recorded it and the business unit; where none of them can be told, whoever is nearest."""
    unreached = notifications.not_reached_since(work.session, Kind.DELIVERY_FAILED, document.id, work.now - STORM)
    there = [
        person
        for person in _in_turn(work, document)
        if person.id not in {recipient, *unreached} and _can_be_told(work, person)
    ]
    first = {_recorded_by(document).id, *(person.id for person in _office(work, document))}
    return [person for person in there if person.id in first] or there[:1]


def _tell(work: Work, document: Document, person: Person) -> None:
    notify_anew(
        work,
        Kind.DELIVERY_FAILED,
        person,
        about=document.id,
        escalation=document.escalation_id,
        after=lambda last: work.now + COLLECTING if work.now - last < STORM else work.now,
    )


def _in_turn(work: Work, document: Document) -> Iterator[Person]:
    """Everybody who may know of the document, the nearest first."""
    sender = _recorded_by(document)
    parties = [party for party in document.escalation.parties if not party.has_left]
    own = {party.side for party in parties if party.person_id == sender.id}
    nearest = sorted(parties, key=lambda party: (party.side not in own, not party.is_raiser, party.number))
    yield from _once([sender, *_office(work, document), *(party.person for party in nearest)])


def _recorded_by(document: Document) -> Person:
    """Whoever recorded what it says, or has their place since; the raiser where the service did, or nobody is there any more."""
    escalation, by = document.escalation, document.record.person_id
    now = None if by is None else speaks_now_for(escalation, by)
    found = now or next((party.person for party in escalation.parties if party.is_raiser), document.record.person)
    assert found is not None
    return found


def _office(work: Work, document: Document) -> Sequence[Person]:
    return business_unit_of(work.session, document.escalation.board_id)


def _can_be_told(work: Work, person: Person) -> bool:
    return person.left_at is None and may_be_emailed(work, person)


def _once(people: Iterable[Person]) -> list[Person]:
    return list({person.id: person for person in people}.values())
