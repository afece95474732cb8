"""How somebody stands to what a page is about: the part of the table of permissions that only the records can answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from forms_app.db import reads
from forms_app.domain.access import PARTIES, Relation, relations_of
from forms_app.domain.policy import Side
from forms_app.services.contacts import owners_kept_by
from forms_app.services.signing_in import SignedInPerson
from forms_app.services.work import Work

ESCALATION, DOCUMENT = "escalation_id", "document_id"
NAMED_BY: Mapping[str, frozenset[Relation]] = {
    ESCALATION: PARTIES | {Relation.OFFICE},
    DOCUMENT: frozenset({Relation.RECIPIENT}),
}
"""The part of an address that says to what somebody stands like this."""


def standing_to(
    work: Work, person: SignedInPerson, asked: Collection[Relation], address: Mapping[str, Any]
) -> frozenset[Relation]:
    """How this person stands to what the parts of an address name, among the relations that are asked."""
    found: set[Relation] = set()
    if PARTIES & set(asked):
        found |= as_party(work, person.id, address[ESCALATION])
    if Relation.OFFICE in asked:
        is_told = reads.board_was_told(work.session, address[ESCALATION], person.board_id, person.id)
        found |= {Relation.OFFICE} if is_told else set()
    if Relation.RECIPIENT in asked and reads.is_or_was_for(work.session, address[DOCUMENT], person.id):
        found.add(Relation.RECIPIENT)
    if Relation.SENIOR in asked and owners_kept_by(work, by=person.id):
        found.add(Relation.SENIOR)
    return frozenset(found)


def as_party(work: Work, by: UUID, escalation_id: UUID) -> frozenset[Relation]:
    """How a party stands to their escalation; nothing for anybody else."""
    party = reads.party_of(work.session, escalation_id, by)
    return frozenset() if party is None else relations_of(Side(party.side), is_raiser=party.is_raiser)
