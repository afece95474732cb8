"""One line of a list of escalations: for a party, or for the Board's office, which sees no name and no day of opening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db.tables import Escalation, StageRecord
from forms_app.domain.errors import CalendarEnds
from forms_app.domain.escalation import Left, Open, Standing
from forms_app.domain.policy import Policy
from forms_app.domain.waiting import awaited, days_without_record
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.services.history import concern_of, places_of, policy_of, standing_of
from forms_app.services.in_words import month, where_it_stands
from forms_app.services.sight import visible
from forms_app.services.work import Work

QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of a list of escalations."""

    id: UUID
    reference: str
    where: str
    opened: str
    raising: str
    responding: str
    next_due: str
    is_late: bool
    is_open: bool
    waits_for_you: bool
    decision_stands: bool
    is_counted: bool
    """False at a stage that does not count as an escalation yet."""
    days_without_record: int
    """Whole working days since anything was recorded that this reader may see."""
    has_gone_quiet: bool
    """Whether that was longer than the policy allows, and people were told."""
    nobody_said: bool
    """Whether it has left the policy and nobody has said what came of it."""


def summary_of(work: Work, escalation: Escalation, by: UUID | None, now: Standing | None = None) -> Summary:
    """The line for a party, or for the Board's office where `by` is None. `now` is where it stands, if that is known."""
    policy, now = policy_of(work, escalation), now or standing_of(work, escalation)
    places = places_of(escalation)
    own = next((place for place in places if place.person == by), None)
    responding = concern_of(escalation).agencies
    due = now.next_due if isinstance(now, Open) else None
    records = visible(escalation.records, policy, own) or visible(escalation.records, policy, None)
    return Summary(
        id=escalation.id,
        reference=escalation.reference,
        where=where_it_stands(policy, now),
        opened=spell_date(uk_date(escalation.opened_at)) if by else month(escalation.opened_at),
        raising=next(party.agency.name for party in escalation.parties if party.is_raiser),
        responding=", ".join(agency.name for agency in responding),
        next_due=(spell_time(due.at) if due.to_the_minute else spell_date(due.day)) if due else "",
        is_late=due is not None and work.now >= due.at,
        is_open=isinstance(now, Open),
        waits_for_you=own is not None
        and bool(awaited(own, now, places=places, responding=[agency.id for agency in responding], at=work.now)),
        decision_stands=isinstance(now, Open) and now.decision_stands,
        is_counted=not isinstance(now, Open) or now.visit.stage.counts,
        days_without_record=_silence(work, policy, records) if isinstance(now, Open) else 0,
        has_gone_quiet=isinstance(now, Open) and records[-1].kind == QUIET,
        nobody_said=isinstance(now, Left) and now.came_of is None,
    )


def _silence(work: Work, policy: Policy, records: Sequence[StageRecord]) -> int:
    """How many working days ago the last record was made that is more than word of the silence itself."""
    last = [record.entered_at for record in records if record.kind != QUIET][-1]
    try:
        return days_without_record(last, work.now, work.calendar(policy))
    except CalendarEnds:
        return 0  # it must not take the whole list away from everybody
