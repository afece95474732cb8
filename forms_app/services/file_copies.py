"""One agency's copy of an escalation for the child's file, made when one of its people asks for it."""

from __future__ import annotations

from uuid import UUID, uuid4

from forms_app.db import releases
from forms_app.db.reads import escalation_for, newest_copy
from forms_app.db.releases import is_kept_back
from forms_app.db.tables import Document, Escalation
from forms_app.documents.contexts import FileCopy
from forms_app.domain.errors import NotFound
from forms_app.domain.policy import DocumentKind, Sees
from forms_app.services.filling.copies import file_copy
from forms_app.services.filling.values import Filling
from forms_app.services.history import places_of, policy_of, standing_of
from forms_app.services.in_words import document_title
from forms_app.services.releasing import let_go
from forms_app.services.sight import seen_by, visible
from forms_app.services.work import Work


def make_file_copy(work: Work, *, by: UUID, escalation_id: UUID) -> UUID:
    """The copy for the agency of this person, who takes part; the last one, if it would say the same again.

    Nobody is sent it: whoever of that agency takes part can open it. Raises NotFound.
    """
    escalation = escalation_for(work.session, escalation_id, by, lock=True)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    policy = policy_of(work, escalation)
    place = next(place for place in places_of(escalation) if place.person == by)
    if seen_by(escalation.records, policy, place) is not Sees.EVERYTHING:
        raise NotFound("There is no copy of everything for somebody who does not see everything.")
    record = visible(escalation.records, policy, None)[-1]
    agency = next(party.agency for party in escalation.parties if party.person_id == by)
    filling = Filling(policy, escalation, record, standing_of(work, escalation), work.now)
    context = file_copy(filling, agency)
    last = newest_copy(work.session, escalation_id, agency.id)
    if last is not None and _says_the_same(last, context) and not _was_withdrawn(work, last):
        return last.id
    document = Document(
        id=uuid4(),
        escalation_id=escalation.id,
        record_id=record.id,
        agency_id=agency.id,
        kind=DocumentKind.FILE_COPY.value,
        title=document_title(policy, DocumentKind.FILE_COPY),
        context=context.model_dump_json(),
        owed_at=work.now,
        deliveries=[],
    )
    _owe(work, escalation, document, by)
    return document.id


def _owe(work: Work, escalation: Escalation, document: Document, by: UUID) -> None:
    work.session.add(document)
    work.note("document_owed", person=by, board=escalation.board.id, escalation=escalation.id, about=document.id)
    let_go(work, escalation, document)


def _says_the_same(last: Document, context: FileCopy) -> bool:
    """Whether a copy differs in nothing but the day on which it was made."""
    before = FileCopy.model_validate_json(last.context)
    heading = context.heading.model_copy(update={"issued_on": before.heading.issued_on})
    return before == context.model_copy(update={"heading": heading})


def _was_withdrawn(work: Work, last: Document) -> bool:
    release = releases.release_of(work.session, last.id)
    return release is not None and is_kept_back(release)
