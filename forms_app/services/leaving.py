"""Somebody leaves, or comes back: what let them in ends in the same transaction, and their name stays on what they did."""

from __future__ import annotations

from uuid import UUID

from forms_app.db import factors
from forms_app.db.administering import withdraw_proposals
from forms_app.db.identities import forget_identities
from forms_app.db.people import end_sessions, forget_drafts, spend_codes
from forms_app.db.reads import escalations_of
from forms_app.db.saved_views import forget_views
from forms_app.db.tables import Escalation, Person
from forms_app.domain.errors import NotAllowedNow
from forms_app.services.administering import OWN_CASE, administered, administrator, refuse_last_officer
from forms_app.services.handing_over import tell_of_empty_places
from forms_app.services.history import is_open
from forms_app.services.mail_domains import name_domains
from forms_app.services.work import Work

NOT_LEFT = "They have not left: nothing was changed."
CLOSED = "Their agency is closed. Move them to another one after they are back, or open it again."


def leave(work: Work, *, by: UUID, person_id: UUID) -> None:
    """Raises NotFound, and NotAllowedNow for oneself and for the last or the only other person of the business unit."""
    person = administered(work, administrator(work, by), person_id)
    if person.id == by:
        raise NotAllowedNow(OWN_CASE)
    if person.left_at is None:
        refuse_last_officer(work, person, by)
        record_leaving(work, person, by=by)


def come_back(work: Work, *, by: UUID, person_id: UUID) -> None:
    """Raises NotFound, and NotAllowedNow."""
    person = administered(work, administrator(work, by), person_id)
    if person.agency.closed_at is not None:
        raise NotAllowedNow(CLOSED)
    record_return(work, person, by=by)


def record_leaving(work: Work, person: Person, *, by: UUID | None) -> None:
    """From this moment nothing lets them in. `by` is None for whoever runs the service."""
    open_now = open_escalations(work, person.id)
    person.left_at = work.now
    shut_out(work, person)
    forget_drafts(work.session, person.id)
    forget_views(work.session, person.id)
    withdraw_proposals(work.session, person.id, by, work.now)
    work.note("person_left", person=by, board=person.board_id, about=person.id)
    tell_of_empty_places(work, person.id, open_now)


def record_return(work: Work, person: Person, *, by: UUID | None) -> None:
    """They sign in anew: nothing from before their leaving lets them in, and no seat comes back with them."""
    if person.left_at is None:
        raise NotAllowedNow(NOT_LEFT)
    person.left_at, person.locked_at, person.locked_by_id = None, None, None
    person.added_at, person.signed_in_at = work.now, None
    person.seat, person.administers_agency = None, False
    shut_out(work, person)
    factors.delete_every(work.session, person.id)
    forget_identities(work.session, person.id)
    work.session.flush()
    name_domains(work, person.board_id)
    work.note("person_returned", person=by, board=person.board_id, about=person.id)


def shut_out(work: Work, person: Person) -> None:
    """Ends every session, and every code and link that was sent."""
    spend_codes(work.session, person_id=person.id, now=work.now)
    end_sessions(work.session, person_id=person.id, now=work.now)


def open_escalations(work: Work, person_id: UUID) -> list[Escalation]:
    """Those that are open and in which this person takes part."""
    return [each for each in escalations_of(work.session, person_id) if is_open(work, each)]
