"""Owes every document that a happening makes, to everyone who must have it, in the transaction of the happening."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid4

from forms_app.db import ledger
from forms_app.db.boards import agencies_of_board
from forms_app.db.people import seat_holders
from forms_app.db.places import declared_in
from forms_app.db.tables import Delivery, Document, Escalation, Person, StageRecord
from forms_app.domain.answers import from_json
from forms_app.domain.circulation import Circulation, happening_of, owed
from forms_app.domain.escalation import Resolved, Standing
from forms_app.domain.policy import OUTSIDE, Audience, DocumentKind, Sees
from forms_app.domain.records import Outcome, Place, ProformaMade
from forms_app.domain.secrecy import is_protected
from forms_app.domain.sight import is_told_who, sees
from forms_app.services.filling import fill, line
from forms_app.services.filling.values import Filling
from forms_app.services.history import place_of, policy_of, standing_of, step_of
from forms_app.services.issuing import owe_posting
from forms_app.services.mail_domains import travels_attached
from forms_app.services.releasing import let_go
from forms_app.services.webhooks import tell_of_document
from forms_app.services.work import Work


def circulate(work: Work, escalation: Escalation, record: StageRecord) -> None:
    """Writes one document for each that is owed, one delivery for each recipient, and the work of making it.

    Nothing more goes to a party who has left their agency; the raiser is told in any case.
    """
    policy, now = policy_of(work, escalation), standing_of(work, escalation)
    declared = declared_in(work.session, escalation.id)
    people = {
        person.id: person for person in seat_holders(work.session, escalation.board.id) if person.id not in declared
    }
    people |= {party.person_id: party.person for party in escalation.parties}
    step = step_of(record)
    happening = happening_of(step, now)
    circulations: tuple[Circulation, ...] = ()
    places = [place_of(party) for party in escalation.parties if party.is_raiser or not party.has_left]
    if happening is not None:
        facts = now.outcome if isinstance(now, Resolved) else step.facts
        circulations = owed(
            policy,
            happening,
            now=now,
            places=places,
            outside=_outside(people),
            outcome=facts if isinstance(facts, Outcome) else None,
            unsighted={place.person for place in places if not is_told_who(policy, place, now.recorded)},
        )
    elif isinstance(step.facts, ProformaMade) and step.person is not None:
        raiser = next(party.person_id for party in escalation.parties if party.is_raiser)
        recipients = tuple(dict.fromkeys((raiser, step.person)))
        circulations = (Circulation(DocumentKind.BOARD_PROFORMA, recipients, raiser),)
    begin = {place.person for place in places if _begins_to_see_everything(now, place)}
    _send_account_to_who_joins(work, escalation, record, begin)
    kinds = {agency.id: agency.kind for agency in agencies_of_board(work.session, escalation.board.id)}
    filling = Filling(policy, escalation, record, now, work.now, happening, kinds)
    held = _places(escalation)
    documents = [_document(work, filling, circulation, people, held) for circulation in circulations]
    work.session.add_all(documents)
    for document in documents:
        work.note("document_owed", board=escalation.board.id, escalation=escalation.id, about=document.id)
        let_go(work, escalation, document)


def _begins_to_see_everything(now: Standing, place: Place) -> bool:
    """Whether the last record is the first with which this party sees everything: they join with it, or it ends what hid it."""
    last = now.recorded[-1]
    if sees(now.policy, place, now.recorded) is not Sees.EVERYTHING:
        return False
    return place.joined_at == last.entered_at or sees(now.policy, place, now.recorded[:-1]) is not Sees.EVERYTHING


def _send_account_to_who_joins(
    work: Work, escalation: Escalation, record: StageRecord, begin: Collection[UUID]
) -> None:
    """Owes whoever begins to see everything the written account with which it began: what comes later builds on it."""
    joining = [party.person for party in escalation.parties if party.person_id in begin]
    first = escalation.records[0]
    if record is first or not joining:
        return
    for account in ledger.documents_of_record(work.session, first.id, DocumentKind.WRITTEN_ACCOUNT.value, lock=True):
        known = ledger.deliveries_of(work.session, account.id)
        if known and all(delivery.withdrawn_at is not None for delivery in known):
            continue
        places = _places(escalation)
        deliveries = [
            _delivery(work, number, person, places)
            for number, person in enumerate(joining, start=len(known) + 1)
            if person.id not in {delivery.person_id for delivery in known}
        ]
        if account.issued_at is not None and is_protected(from_json(escalation.subject.answers)):
            # It may have been made before anybody knew that the address is secret.
            for delivery in deliveries:
                delivery.attached = False
        account.deliveries.extend(deliveries)
        work.session.flush()
        # Files that are still to be made are posted by whoever makes them.
        for delivery in deliveries if account.issued_at is not None else ():
            owe_posting(work, delivery.id)
        if account.issued_at is not None:
            tell_of_document(work, escalation.board.id, account)


def _places(escalation: Escalation) -> Mapping[UUID, UUID]:
    """The place of each who takes part, or covers in it."""
    return {party.person_id: party.place_id for party in escalation.parties if party.is_raiser or not party.has_left}


def _delivery(work: Work, number: int, person: Person, places: Mapping[UUID, UUID]) -> Delivery:
    """What is for no place is for the seat at the Board for which they are sent it."""
    place = places.get(person.id)
    return Delivery(
        number=number,
        person_id=person.id,
        place_id=place,
        seat=person.seat if place is None else None,
        address=person.email,
        attached=travels_attached(work, person),
        owed_at=work.now,
    )


def _document(
    work: Work,
    filling: Filling,
    circulation: Circulation,
    people: Mapping[UUID, Person],
    places: Mapping[UUID, UUID],
) -> Document:
    deliveries = [
        _delivery(work, number, people[person_id], places)
        for number, person_id in enumerate(circulation.recipients, start=1)
    ]
    return Document(
        id=uuid4(),
        escalation_id=filling.escalation.id,
        record_id=filling.record.id,
        kind=circulation.document.value,
        title=line(filling, circulation),
        context=fill(filling, circulation).model_dump_json(),
        owed_at=filling.now,
        deliveries=deliveries,
    )


def _outside(people: Mapping[UUID, Person]) -> Mapping[Audience, Sequence[UUID]]:
    return {audience: [person.id for person in people.values() if person.seat == audience] for audience in OUTSIDE}
