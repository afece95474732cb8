"""Which records somebody may see: a restricted note is there for some people of the agency that wrote it, and for no other."""

from __future__ import annotations

from collections.abc import Sequence

from forms_app.db.tables import StageRecord
from forms_app.domain.acts import reads_restricted
from forms_app.domain.policy import Policy
from forms_app.domain.records import Place

RESTRICTED = "restricted_note"


def visible(records: Sequence[StageRecord], policy: Policy, place: Place | None) -> list[StageRecord]:
    """The records that this party may see; without a place those that everybody may, the Board included."""
    return [record for record in records if record.kind != RESTRICTED or _may_read(record, policy, place)]


def _may_read(note: StageRecord, policy: Policy, place: Place | None) -> bool:
    return place is not None and place.agency == note.agency_id and reads_restricted(place, policy)
