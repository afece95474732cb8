"""Two people who look at what waits: one prepares it, another one releases it."""

from __future__ import annotations

from uuid import UUID

from forms_app.db import releases
from forms_app.db.people import seat_holders
from forms_app.db.tables import Escalation, Release
from forms_app.domain.policy import Audience
from forms_app.domain.release import Decision
from forms_app.services.releasing import decide, is_ready, resolve, send, write_texts
from forms_app.services.scanning import Because
from forms_app.services.workshop import Workshop


def held(workshop: Workshop, escalation: UUID) -> list[Release]:
    """What waits in an escalation, the oldest first."""
    with workshop.reading() as work:
        found = list(releases.held_in(work.session, escalation))
        work.session.expunge_all()
        return found


def release_of(workshop: Workshop, document: UUID) -> Release:
    with workshop.reading() as work:
        found = releases.release_of(work.session, document)
        assert found is not None, "it was held at some time"
        work.session.expunge_all()
        return found


def prepare(workshop: Workshop, document: UUID, *, by: UUID, **texts: str) -> None:
    """Writes these short texts, or says that none is needed, keeps whatever was found in the facts, and sends it."""
    release = release_of(workshop, document)
    with workshop.writing() as work:
        if release.because == Because.DEIDENTIFIED:
            write_texts(work, by=by, document_id=document, seen=release.revision, texts=texts, without_texts=not texts)
    keep_all(workshop, document, by=by)
    with workshop.writing() as work:
        send(work, by=by, document_id=document, seen=release_of(workshop, document).revision)


def keep_all(workshop: Workshop, document: UUID, *, by: UUID) -> None:
    release = release_of(workshop, document)
    if is_ready(release):
        return
    kept = [Decision(finding.number, "keep", "It names nobody.") for finding in release.findings]
    with workshop.writing() as work:
        resolve(work, by=by, document_id=document, seen=release.revision, decisions=kept)


def let_out(workshop: Workshop, document: UUID, *, by: UUID) -> None:
    """Decides as it was prepared."""
    with workshop.writing() as work:
        decide(work, by=by, document_id=document, seen=release_of(workshop, document).revision)


def release_everything(workshop: Workshop, escalation: UUID) -> None:
    """The raiser prepares every de-identified document that waits, without short texts, and the business unit releases it."""
    with workshop.reading() as work:
        parties = {
            party.person_id: party.is_raiser for party in releases.escalation_behind(work.session, escalation).parties
        }
        raiser = next(person for person, is_raiser in parties.items() if is_raiser)
        board = work.session.get_one(Escalation, escalation).board_id
        office = [person.id for person in seat_holders(work.session, board) if person.seat == Audience.BUSINESS_UNIT]
    second = next(person for person in office if person not in parties)
    for release in held(workshop, escalation):
        if release.because == Because.DEIDENTIFIED:
            prepare(workshop, release.document_id, by=raiser)
            let_out(workshop, release.document_id, by=second)
