"""Takes a document away from somebody to whom it was sent, and says afterwards that it was."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from forms_app.db import deliveries as rows
from forms_app.db import ledger, reads
from forms_app.db.people import business_unit_of
from forms_app.db.tables import Delivery, Document
from forms_app.domain.access import May
from forms_app.domain.deliveries import EventKind, Facts, Reason, may_have_reached
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.policy import OFFICE
from forms_app.domain.working_days import spell_time
from forms_app.mail.compose import Kind
from forms_app.services.deliveries import (
    FIRST,
    DeliveryView,
    Found,
    is_done,
    is_for_office,
    key_of,
    looked_at,
    reader_of,
)
from forms_app.services.directory import own_person, person_who_may
from forms_app.services.ledger import Reader, acting_party, reason_in_words, who_did
from forms_app.services.notifying import notify
from forms_app.services.work import Work

NO_DOCUMENT = "There is no such document."
RECENT = timedelta(days=90)
"""How long the business unit's page shows what was withdrawn."""


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
class WithdrawnFrom:
    """What somebody is told from whom a document was withdrawn."""

    reference: str
    at: str
    board: str
    telephone: str


# --- what is seen ---


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


def withdrawals_at_board(work: Work, *, by: UUID) -> tuple[WithdrawalLine, ...]:
    """What was lately withdrawn in any escalation of the Board whose business unit this person is of. Raises NotFound."""
    board = person_who_may(work, by, May.SEE_FAILING_DELIVERIES).board_id
    found = rows.withdrawals_of_board(work.session, board, work.now - RECENT)
    return tuple(_withdrawal(each, Reader.OFFICE) for each in found)


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
    chosen = set(deliveries)
    if chosen and chosen <= _withdrawn_by(work, by, document_id, form_key):
        return
    found = _to_withdraw(work, by, escalation_id, document_id, lock=True)
    if not chosen <= {each.delivery.id for each in found} or sum(each.view.seen for each in found) != seen:
        raise ChangedMeanwhile(FIRST)
    taken = [each for each in found if each.delivery.id in chosen]
    if not taken:
        raise NotAllowedNow("Choose from whom it is withdrawn.")
    place = reads.raiser_of(work.session, escalation_id).place_id
    if _is_lost_to(place, found, chosen) and _is_kept(work, document_id, chosen):
        raise NotAllowedNow(
            "Whoever raised the concern has everything that others have. Withdraw it from everybody, or not from them."
        )
    for each in taken:
        key = key_of(EventKind.WITHDRAWN, form_key, each.delivery)
        take_away(work, each.delivery, each.facts, by=by, reason=reason, key=key)
    document = taken[0].delivery.document
    tell_office(work, by, document, key=str(form_key))
    work.note(
        "document_recalled", person=by, board=document.escalation.board_id, escalation=escalation_id, about=document_id
    )


def _is_lost_to(place_id: UUID, found: Collection[Found], chosen: Collection[UUID]) -> bool:
    """Whether nothing of it would be left for a place for which it is."""
    own = {each.delivery.id for each in found if each.delivery.place_id == place_id}
    return bool(own) and own <= set(chosen)


def _is_kept(work: Work, document_id: UUID, chosen: Collection[UUID]) -> bool:
    """Whether anybody has it still when it is withdrawn from these."""
    every = rows.deliveries_to_act_on(work.session, document_id)
    return any(each.withdrawn_at is None and each.id not in chosen for each in every)


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


def _to_withdraw(work: Work, by: UUID, escalation_id: UUID, document_id: UUID, *, lock: bool = False) -> list[Found]:
    """Those from whom this person may withdraw a document that is not withdrawn from them yet. Raises NotFound."""
    every = rows.deliveries_to_act_on(work.session, document_id, lock=lock)
    left = [each for each in every if each.withdrawn_at is None]
    if not left or left[0].document.escalation_id != escalation_id:
        raise NotFound(NO_DOCUMENT)
    person = own_person(work, by)
    if reader_of(work, person, left[0].document) is Reader.OFFICE:
        left = [each for each in left if is_for_office(work, person, each)]
    elif not acting_party(work, by, escalation_id).may_withdraw(left[0].document):
        raise NotFound(NO_DOCUMENT)
    if not left:
        raise NotFound(NO_DOCUMENT)
    return looked_at(work, by, left)


def _withdrawn_by(work: Work, by: UUID, document_id: UUID, form_key: UUID) -> set[UUID]:
    """The deliveries that this form of this person has withdrawn already."""
    every = rows.deliveries_to_act_on(work.session, document_id)
    return {each.id for each in every if is_done(each, by, EventKind.WITHDRAWN, form_key)}
