"""Who holds which place in an escalation, who covers in it, and who is spoken to today about what somebody did in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from forms_app.db.tables import Escalation, Party, Person
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.services.work import Work


def holders_of(escalation: Escalation) -> list[Party]:
    """Of each place whoever holds it, or held it last."""
    own = [each for each in escalation.parties if not each.is_cover and each.removed_at is None]
    last: dict[UUID, Party] = {}
    for each in sorted(own, key=lambda party: (party.gave_up_at is None, party.gave_up_at or party.joined_at)):
        last[each.place_id] = each
    return sorted(last.values(), key=lambda party: party.number)


def holder_of(escalation: Escalation, place_id: UUID) -> Party | None:
    return next((each for each in holders_of(escalation) if each.place_id == place_id), None)


def speaks_now_for(escalation: Escalation, person_id: UUID) -> Person | None:
    """Who is to be spoken to today about what somebody did here: themselves, or whoever has their place since."""
    own = next((each for each in escalation.parties if each.person_id == person_id), None)
    if own is not None and not own.has_left:
        return own.person
    holder = None if own is None else holder_of(escalation, own.place_id)
    return None if holder is None or holder.has_left else holder.person


def covered_by(escalation: Escalation, party: Party) -> UUID | None:
    """For whom this party covers; None for whoever acts for themselves."""
    holder = holder_of(escalation, party.place_id) if party.is_cover else None
    return None if holder is None else holder.person_id


def is_empty(holder: Party) -> bool:
    """Whether nobody holds the place any more of which this was the last holder. Who only covers does not hold it."""
    return holder.has_left


def put_in_place(
    escalation: Escalation, holder: Party, person: Person, *, since: datetime, until: datetime | None = None
) -> Party:
    """Somebody acts in the place of its holder, for the same side at the same level; with `until` they cover."""
    row = next((each for each in escalation.parties if each.person_id == person.id), None)
    if row is None:
        row = Party(number=len(escalation.parties) + 1, person_id=person.id, person=person)
        escalation.parties.append(row)
    row.agency_id, row.agency, row.side, row.level = person.agency_id, person.agency, holder.side, holder.level
    row.joined_at, row.removed_at, row.gave_up_at, row.covers_until = since, None, None, until
    row.place_id, row.is_raiser = holder.place_id, False
    return row


def end_covers(work: Work, escalation: Escalation, place_id: UUID) -> bool:
    """Nobody covers in this place any more, now or later. Whether anybody did."""
    found = [each for each in escalation.parties if each.place_id == place_id]
    ending = [each for each in found if each.covers_until is not None and each.covers_until > work.now]
    for each in ending:
        each.joined_at, each.covers_until = min(each.joined_at, work.now), work.now
    return bool(ending)


# --- in words ----------------------------------------------------------------------------------------------------


def as_raiser(escalation: Escalation, party: Party) -> str:
    """Who raised the concern stays who did, also when a successor is in their place; empty for everybody else."""
    if party.person_id == escalation.records[0].person_id:
        return " (raised the concern)"
    return " (in the place of who raised the concern)" if party.is_raiser else ""


def standing_in_words(escalation: Escalation, party: Party) -> str:
    """What is to be known of somebody’s place beside their side; empty for whoever simply holds it."""
    if party.removed_at is not None:
        return f"Named by mistake: takes no part any more since {spell_time(party.removed_at)}"
    if party.covers_until is not None:
        return _cover_in_words(escalation, party)
    if party.gave_up_at is not None:
        return f"Takes no part any more since {spell_time(party.gave_up_at)}: the place changed hands"
    return "Has left: nobody holds this place now" if party.has_left else ""


def _cover_in_words(escalation: Escalation, party: Party) -> str:
    assert party.covers_until is not None
    holder = holder_of(escalation, party.place_id)
    name = holder.person.name if holder is not None else ""
    since, last = spell_date(uk_date(party.joined_at)), spell_date(uk_date(party.covers_until - timedelta(seconds=1)))
    if party.has_left:
        return f"Named to cover for {name} from {since} to {last}: takes no part now"
    return f"Covers for {name} from {since} to {last}"
