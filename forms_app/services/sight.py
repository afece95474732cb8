"""Which records somebody may see: as much as the policy gives to their place. A restricted note is there for some people of the
agency that wrote it, and for no other.
"""

from __future__ import annotations

from collections.abc import Sequence

from forms_app.db.tables import StageRecord
from forms_app.domain.acts import reads_restricted
from forms_app.domain.policy import Policy, Sees
from forms_app.domain.records import Place
from forms_app.domain.sight import is_hidden, sees
from forms_app.services.history import step_of

RESTRICTED = "restricted_note"


def visible(records: Sequence[StageRecord], policy: Policy, place: Place | None) -> list[StageRecord]:
    """The records that this party may see; without a place those that everybody may who sees everything."""
    how_much = Sees.EVERYTHING if place is None else seen_by(records, policy, place)
    return [
        record for record in records if _may_read(record, policy, place) and not _is_hidden(record, how_much, place)
    ]


def seen_by(records: Sequence[StageRecord], policy: Policy, place: Place) -> Sees:
    """How much of what is recorded this party sees now."""
    return sees(policy, place, [step_of(record) for record in records])


def _is_hidden(record: StageRecord, how_much: Sees, place: Place | None) -> bool:
    if place is None:
        return False
    return is_hidden(how_much, place, entered_at=record.entered_at, written_by=record.person_id)


def _may_read(record: StageRecord, policy: Policy, place: Place | None) -> bool:
    if record.kind != RESTRICTED:
        return True
    return place is not None and place.agency == record.agency_id and reads_restricted(place, policy)
