"""By when the recipients of a document have to act: the next time limit of their side, as it is now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from forms_app.db import ledger
from forms_app.db.releases import escalation_behind
from forms_app.domain.clocks import Due
from forms_app.domain.errors import CalendarEnds
from forms_app.domain.policy import Side
from forms_app.domain.waiting import dues_of
from forms_app.services.history import standing_of
from forms_app.services.work import Work

MOST = 100
Dues = Mapping[Side, Sequence[Due]]


class Deadlines:
    """Worked out once for all recipients of what a record made: an escalation stands where its last record left it."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[UUID, int], Dues] = OrderedDict()

    def by_when(self, work: Work, escalation_id: UUID, person_id: UUID) -> date | None:
        """The day; None for whoever takes no side, and where nothing is to be kept."""
        place = ledger.place_of(work.session, escalation_id, person_id)
        if place is None:
            return None
        side, last_record = Side(place[0]), place[1]
        if (escalation_id, last_record) not in self._known:
            self._known[escalation_id, last_record] = _dues(work, escalation_id)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        coming = (due for due in self._known[escalation_id, last_record][side] if due.at > work.now)
        return min((due.day for due in coming), default=None)


def _dues(work: Work, escalation_id: UUID) -> Dues:
    try:
        now = standing_of(work, escalation_behind(work.session, escalation_id))
    except CalendarEnds:
        return dict.fromkeys(Side, ())
    return {side: dues_of(side, now) for side in Side}
