"""Once a year each agency says that its list of people is right, and is reminded when it has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from forms_app.db.administering import add_attestation, entries_about, last_attestations
from forms_app.db.boards import agencies_of_board
from forms_app.db.people import business_unit_of, everybody_of_board
from forms_app.db.tables import Agency, Person
from forms_app.domain.contacts import stamp_of
from forms_app.domain.errors import ChangedMeanwhile
from forms_app.domain.people import A_MONTH
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.administering import Administrator, administrator, open_agency
from forms_app.services.agencies import AgencyLine, agency_line, due_of
from forms_app.services.notifying import notify
from forms_app.services.people import PersonLine, lines_of
from forms_app.services.work import Work

CHANGED = "The list changed after you opened this page. Look through it again."
ACTIONS = (
    "person_added",
    "person_changed",
    "person_left",
    "person_returned",
    "person_locked",
    "person_unlocked",
    "administration_taken",
    "proposal_confirmed",
)
"""What can have been done to somebody on the list."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was done to the list since the last time, as the trail has it."""

    day: str
    name: str
    action: str
    code: str | None


@dataclass(frozen=True, slots=True)
class AttestationView:
    agency: AgencyLine
    lines: tuple[PersonLine, ...]
    changes: tuple[Change, ...]
    stamp: str
    """Says by itself whether the list changed since it was looked at."""


def attestation_view(work: Work, *, by: UUID, agency_id: UUID) -> AttestationView:
    """The list of one agency, and what was done to it since somebody last gave their word. Raises NotFound."""
    own = administrator(work, by)
    line = agency_line(work, by=by, agency_id=agency_id)
    people = _people(work, own, agency_id)
    last = last_attestations(work.session, own.board_id).get(agency_id)
    names = {each.id: each.name for each in people}
    entries = entries_about(work.session, names.keys(), ACTIONS, last.at if last else None)
    present = [each for each in people if each.left_at is None]
    return AttestationView(
        agency=line,
        lines=lines_of(work, own, present),
        changes=tuple(
            Change(spell_date(uk_date(each.at)), names[each.about_id], each.action, each.code)
            for each in entries
            if each.about_id is not None
        ),
        stamp=_stamp(present),
    )


def attest(work: Work, *, by: UUID, agency_id: UUID, seen: str) -> None:
    """Somebody gives their word that the list is right as they saw it. Raises NotFound, ChangedMeanwhile."""
    own = administrator(work, by)
    open_agency(work, own, agency_id)
    present = [each for each in _people(work, own, agency_id) if each.left_at is None]
    if _stamp(present) != seen:
        raise ChangedMeanwhile(CHANGED)
    day, count = uk_date(work.now), len(present)
    if add_attestation(work.session, agency_id=agency_id, day=day, at=work.now, people=count, person_id=by):
        work.note("people_attested", person=by, board=own.board_id, about=agency_id)


def remind_of_attestations(work: Work, board_id: UUID) -> None:
    """Owes one message to an agency's administrators when their word is due, and one to the business unit when it is a month late."""
    today = uk_date(work.now)
    due = _due(work, board_id)
    if not due:
        return
    people = [each for each in everybody_of_board(work.session, board_id) if each.left_at is None]
    unit = business_unit_of(work.session, board_id)
    for agency, day in due:
        own = [each for each in people if each.agency_id == agency.id and each.administers_agency]
        for person in own or unit:
            notify(work, Kind.ATTESTATION_DUE, person, key=f"{agency.id}:{day}", about=agency.id)
        if day + A_MONTH < today:
            for person in unit:
                notify(work, Kind.ATTESTATION_DUE, person, key=f"{agency.id}:{day}:late", about=agency.id)


def due_day_of(work: Work, person: Person, agency_id: UUID) -> date | None:
    """By when an agency should have given its word; None where nothing is due, or it is not for this person any more."""
    return next((day for agency, day in _due(work, person.board_id) if agency.id == agency_id), None)


def _due(work: Work, board_id: UUID) -> list[tuple[Agency, date]]:
    last, today = last_attestations(work.session, board_id), uk_date(work.now)
    found = [(each, due_of(each, last.get(each.id))) for each in agencies_of_board(work.session, board_id)]
    return [(agency, day) for agency, day in found if day is not None and day <= today]


def _people(work: Work, own: Administrator, agency_id: UUID) -> Sequence[Person]:
    return sorted(
        everybody_of_board(work.session, own.board_id, agency_id), key=lambda each: (each.name.casefold(), str(each.id))
    )


def _stamp(present: Sequence[Person]) -> str:
    return stamp_of(*(f"{each.id}:{each.name}:{each.level}:{each.email}" for each in present))
