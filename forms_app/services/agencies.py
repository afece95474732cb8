"""The agencies of a Board: added, renamed, closed and opened again by its business unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from forms_app.db.administering import last_attestations
from forms_app.db.boards import agencies_of_board, agency_of_board, agency_with_name
from forms_app.db.people import everybody_of_board
from forms_app.db.tables import Agency, Attestation, Person
from forms_app.domain.contacts import stamp_of
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.people import A_MONTH, LEAD, attestation_due
from forms_app.domain.policy import OFFICE, Policy
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.services.administering import (
    NO_AGENCY,
    OFFICE_LEVEL,
    Administrator,
    administrator,
    officer,
    policy_of_board,
)
from forms_app.services.work import Work

NO_SUCH_KIND = "The policy has no such kind of agency."
NAME_TAKEN = "There is an agency of this name already."
PEOPLE_THERE = (
    "Somebody is still on its list. Move everybody to another agency, or mark them as having left, and then close it."
)
ONE_OFFICE = "The Board has its office already, and cannot do without it."
SEEN_BEFORE = "Somebody changed this agency after you opened this page. Look at what it says now, and change it again."


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """One agency, for somebody who administers its people."""

    id: UUID
    name: str
    kind: str
    kind_title: str
    people: int
    """How many are present."""
    administrators: tuple[str, ...]
    leads: tuple[str, ...]
    is_closed: bool
    closed: str
    attested: str
    """When somebody last gave their word that its list is right, and who; empty when nobody has."""
    due: date | None
    is_due: bool
    is_overdue: bool
    """Whether it is more than a month late."""

    @property
    def stamp(self) -> str:
        return stamp_of(self.name, self.kind)


@dataclass(frozen=True, slots=True)
class AgenciesView:
    lines: tuple[AgencyLine, ...]
    kinds: Mapping[str, str]
    keeps_board: bool


def agencies_view(work: Work, *, by: UUID) -> AgenciesView:
    """Those whose people somebody administers, by name. Raises NotFound."""
    own = administrator(work, by)
    policy = policy_of_board(work, own)
    return AgenciesView(tuple(agency_lines(work, own)), kinds_of(policy), own.keeps_board)


def agency_line(work: Work, *, by: UUID, agency_id: UUID) -> AgencyLine:
    """Raises NotFound."""
    for line in agency_lines(work, administrator(work, by)):
        if line.id == agency_id:
            return line
    raise NotFound(NO_AGENCY)


def agency_lines(work: Work, own: Administrator) -> list[AgencyLine]:
    kinds, last = kinds_of(policy_of_board(work, own)), last_attestations(work.session, own.board_id)
    present = [each for each in everybody_of_board(work.session, own.board_id, own.agency_id) if each.left_at is None]
    count = Counter(each.agency_id for each in present)
    return [
        _line(work, agency, kinds, last.get(agency.id), count[agency.id], present)
        for agency in agencies_of_board(work.session, own.board_id)
        if own.agency_id in (None, agency.id)
    ]


def add_agency(work: Work, *, by: UUID, form_key: UUID, name: str, kind: str) -> UUID:
    """The same form sent twice adds it once. Raises NotFound, NotAllowedNow."""
    own = officer(work, by)
    agency_id = uuid5(by, form_key.hex)
    if agency_of_board(work.session, own.board_id, agency_id) is None:
        _refuse(work, own, None, name, kind)
        work.session.add(Agency(id=agency_id, board_id=own.board_id, name=name, kind=kind, added_at=work.now))
        work.note("agency_added", person=by, board=own.board_id, about=agency_id)
    return agency_id


def change_agency(work: Work, *, by: UUID, agency_id: UUID, name: str, kind: str, seen: str) -> None:
    """Escalations keep saying the name under which it stands today. Raises NotFound, NotAllowedNow, ChangedMeanwhile."""
    own, agency = _one(work, by, agency_id)
    if (agency.name, agency.kind) == (name, kind):
        return
    if stamp_of(agency.name, agency.kind) != seen:
        raise ChangedMeanwhile(SEEN_BEFORE)
    _refuse(work, own, agency, name, kind)
    agency.name, agency.kind = name, kind
    work.note("agency_changed", person=by, board=own.board_id, about=agency.id)


def close_agency(work: Work, *, by: UUID, agency_id: UUID) -> None:
    """Nobody can be added to it any more. Raises NotFound, and NotAllowedNow while somebody is on its list."""
    own, agency = _one(work, by, agency_id)
    if agency.kind == OFFICE:
        raise NotAllowedNow(ONE_OFFICE)
    if any(each.left_at is None for each in everybody_of_board(work.session, own.board_id, agency.id)):
        raise NotAllowedNow(PEOPLE_THERE)
    if agency.closed_at is None:
        agency.closed_at = work.now
        work.note("agency_closed", person=by, board=own.board_id, about=agency.id)


def open_agency_again(work: Work, *, by: UUID, agency_id: UUID) -> None:
    """Raises NotFound."""
    own, agency = _one(work, by, agency_id)
    if agency.closed_at is not None:
        agency.closed_at, agency.added_at = None, work.now
        work.note("agency_opened_again", person=by, board=own.board_id, about=agency.id)


def kinds_of(policy: Policy) -> dict[str, str]:
    """The kinds of agency by id, with the Board's own office."""
    return {**{kind.id: kind.title for kind in policy.agency_kinds}, OFFICE: OFFICE_LEVEL}


def due_of(agency: Agency, last: Attestation | None) -> date | None:
    """By when somebody says again that the list of an agency is right; None for one that is closed."""
    if agency.closed_at is not None:
        return None
    return attestation_due(last.day if last else None, uk_date(agency.added_at) if agency.added_at else None)


def _one(work: Work, by: UUID, agency_id: UUID) -> tuple[Administrator, Agency]:
    own = officer(work, by)
    agency = agency_of_board(work.session, own.board_id, agency_id, lock=True)
    if agency is None:
        raise NotFound(NO_AGENCY)
    return own, agency


def _refuse(work: Work, own: Administrator, agency: Agency | None, name: str, kind: str) -> None:
    if kind not in kinds_of(policy_of_board(work, own)):
        raise NotAllowedNow(NO_SUCH_KIND)
    same = agency_with_name(work.session, own.board_id, name)
    if same is not None and same is not agency:
        raise NotAllowedNow(NAME_TAKEN)
    was_office = agency is not None and agency.kind == OFFICE
    if was_office is not (kind == OFFICE):
        raise NotAllowedNow(ONE_OFFICE)


def _line(
    work: Work, agency: Agency, kinds: Mapping[str, str], last: Attestation | None, count: int, present: list[Person]
) -> AgencyLine:
    due, today = due_of(agency, last), uk_date(work.now)
    own = [each for each in present if each.agency_id == agency.id]
    return AgencyLine(
        id=agency.id,
        name=agency.name,
        kind=agency.kind,
        kind_title=kinds.get(agency.kind, agency.kind),
        people=count,
        administrators=tuple(sorted(each.name for each in own if each.administers_agency)),
        leads=tuple(sorted(each.name for each in own if each.level == LEAD)),
        is_closed=agency.closed_at is not None,
        closed=spell_date(uk_date(agency.closed_at)) if agency.closed_at else "",
        attested=f"{spell_date(last.day)}, by {last.person.name}" if last else "",
        due=due,
        is_due=due is not None and due <= today,
        is_overdue=due is not None and due + A_MONTH < today,
    )
