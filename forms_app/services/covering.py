"""Somebody covers for a colleague from a day to a day: they see and do what that place may, and it ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from forms_app.db import deliveries as rows
from forms_app.db.drafts import forget_drafts_in
from forms_app.db.tables import Escalation, Party
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.working_days import spell_date, start_of, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.handing_over import (
    NO_PLACE,
    TAKEN,
    UNFIT,
    PlaceView,
    candidates_for,
    found_place,
    key_of_change,
    tell_of_change,
    view_of,
)
from forms_app.services.notifying import notify
from forms_app.services.places import end_covers, is_empty, put_in_place
from forms_app.services.work import Work

LONGEST = timedelta(days=92)
"""Whoever is away for longer hands their place over."""
EMPTY = "Nobody holds this place any more. Hand it over, instead of having somebody cover in it."


@dataclass(frozen=True, slots=True)
class CoverLine:
    """Who covers in a place now, or will."""

    person_id: UUID
    name: str
    since: str
    last_day: str


@dataclass(frozen=True, slots=True)
class CoverView:
    place: PlaceView
    cover: CoverLine | None
    today: date
    latest: date


def cover_view(work: Work, *, by: UUID, escalation_id: UUID, place_id: UUID) -> CoverView:
    """A place with whoever covers in it. Raises NotFound for whoever may not say who does."""
    escalation, holder = _found(work, by, escalation_id, place_id)
    cover = cover_in(escalation, place_id, work.now)
    today = uk_date(work.now)
    return CoverView(view_of(work, escalation, holder, by=by), line_of(cover), today, today + LONGEST)


def name_cover(
    work: Work, *, by: UUID, escalation_id: UUID, place_id: UUID, seen: UUID, person: UUID, first: date, last: date
) -> None:
    """From the first day to the end of the last, as days are in the United Kingdom; instead of whoever was to cover before.

    The form sent twice does it once. Raises NotFound, ChangedMeanwhile, and NotAllowedNow with a sentence.
    """
    rows.hold_people(work.session, {seen, person})
    escalation, holder = _found(work, by, escalation_id, place_id, lock=True)
    if holder.person_id != seen:
        raise ChangedMeanwhile(TAKEN)
    if is_empty(holder):
        raise NotAllowedNow(EMPTY)
    since, until = _between(work, first, last)
    before = cover_in(escalation, place_id, work.now)
    if before is not None and (before.person_id, before.covers_until) == (person, until):
        return
    end_covers(work, escalation, place_id)
    chosen = next((each for each in candidates_for(work, escalation, holder) if each.id == person), None)
    if chosen is None:
        raise NotAllowedNow(UNFIT)
    put_in_place(escalation, holder, chosen, since=since, until=until)
    work.session.flush()
    work.note("cover_named", person=by, board=escalation.board_id, escalation=escalation_id, about=person)
    tell_of_change(work, escalation, place_id, but=by, also=chosen, not_before=since)
    if before is not None and before.person_id != person:
        _tell_who_covered(work, escalation, before)


def end_cover(work: Work, *, by: UUID, escalation_id: UUID, place_id: UUID) -> None:
    """Ends it at once. Doing it again changes nothing. Raises NotFound."""
    escalation, _ = _found(work, by, escalation_id, place_id, lock=True)
    before = cover_in(escalation, place_id, work.now)
    if before is None or not end_covers(work, escalation, place_id):
        return
    forget_drafts_in(work.session, before.person_id, escalation_id)
    work.note("cover_ended", person=by, board=escalation.board_id, escalation=escalation_id, about=before.person_id)
    _tell_who_covered(work, escalation, before)


def cover_in(escalation: Escalation, place_id: UUID, now: datetime) -> Party | None:
    """Who covers in a place now, or will."""
    own = (each for each in escalation.parties if each.place_id == place_id and each.covers_until is not None)
    return next((each for each in own if each.covers_until and each.covers_until > now), None)


def line_of(cover: Party | None) -> CoverLine | None:
    if cover is None or cover.covers_until is None:
        return None
    last = uk_date(cover.covers_until - timedelta(seconds=1))
    return CoverLine(cover.person_id, cover.person.name, spell_date(uk_date(cover.joined_at)), spell_date(last))


def _between(work: Work, first: date, last: date) -> tuple[datetime, datetime]:
    today = uk_date(work.now)
    if first < today:
        raise NotAllowedNow("The first day must be today or later.")
    if last < first:
        raise NotAllowedNow("The last day must be the first day or later.")
    if last > today + LONGEST:
        raise NotAllowedNow("Nobody covers for longer than three months. Hand the place over.")
    return max(start_of(first), work.now), start_of(last + timedelta(days=1))


def _tell_who_covered(work: Work, escalation: Escalation, before: Party) -> None:
    if before.person.left_at is None:
        key = key_of_change(work, before.place_id)
        notify(work, Kind.PLACE_GIVEN_UP, before.person, key=key, escalation=escalation.id)


def _found(
    work: Work, by: UUID, escalation_id: UUID, place_id: UUID, *, lock: bool = False
) -> tuple[Escalation, Party]:
    escalation, holder, by_office = found_place(work, by, escalation_id, place_id, lock=lock)
    if by_office:
        raise NotFound(NO_PLACE)
    return escalation, holder
