"""The list of people as a file: taken out, and brought in after a look at what it would change. Nobody goes because they are not in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from forms_app.db.boards import agencies_of_board
from forms_app.db.people import business_unit_of, everybody_of_board
from forms_app.db.tables import Agency, Person
from forms_app.domain.comma_separated import CellFault, Row, SheetFaults, read_rows, write_rows
from forms_app.domain.contacts import is_address
from forms_app.domain.errors import ChangedMeanwhile
from forms_app.domain.people import PersonDetails
from forms_app.services.administering import (
    LAST_OF_UNIT,
    LEVEL_OF_BOARD,
    ONLY_YOU_LEFT,
    OWN_CASE,
    Administrator,
    administrator,
    fault_of_address,
    levels_of,
    may_give_level,
    officers,
    policy_of_board,
)
from forms_app.services.leaving import record_leaving
from forms_app.services.mail_domains import name_domains
from forms_app.services.people import carry_over, details_of, write_details
from forms_app.services.planned import CHANGED, NO, NO_ADDRESS, YES, Cells, Does, Plan, PlannedLine, plan
from forms_app.services.work import Work

COLUMNS = ("agency", "name", "email", "job_title", "level", "telephone", "seat", "administers", "left")
NEEDED = ("agency", "name", "email", "job_title", "level")
COLUMN_OF = {
    "agency_id": "agency",
    "name": "name",
    "job_title": "job_title",
    "level": "level",
    "telephone": "telephone",
}
OWN_CASES = frozenset({"agency", "level"})
ON_THEIR_PAGE = "This is changed on the person’s page, where a second person confirms it. It is “{now}” now."
ON_ANOTHER_LIST = "This person is on another list, or holds a seat at the Board: the business unit keeps them."


@dataclass(frozen=True, slots=True)
class _Planned:
    line: PlannedLine
    email: str
    details: PersonDetails


def people_as_file(work: Work, *, by: UUID) -> bytes:
    """Everybody whom somebody administers, also who has left. Raises NotFound."""
    own = administrator(work, by)
    levels = levels_of(policy_of_board(work, own))
    people = [each for each in everybody_of_board(work.session, own.board_id, own.agency_id) if own.administers(each)]
    people.sort(key=lambda each: (each.agency.name, each.name.casefold(), each.email))
    work.note("people_exported", person=by, board=own.board_id, about=own.agency_id)
    return write_rows(COLUMNS, (_row(each, levels) for each in people))


def plan_people(work: Work, *, by: UUID, content: bytes) -> Plan:
    """What a file would change. Raises NotFound, and SheetFaults with everything that is wrong in it."""
    return _read(work, administrator(work, by), content)[0]


def bring_in_people(work: Work, *, by: UUID, content: bytes, seen: str) -> None:
    """Does what was looked at, or nothing at all. Raises NotFound, SheetFaults and ChangedMeanwhile."""
    own = administrator(work, by)
    found, planned = _read(work, own, content)
    if found.stamp != seen:
        raise ChangedMeanwhile(CHANGED)
    people = {each.email: each for each in everybody_of_board(work.session, own.board_id)}
    for each in planned:
        _do(work, own, each, people.get(each.email))
    work.session.flush()
    name_domains(work, own.board_id)
    work.note("people_imported", person=by, board=own.board_id, about=own.agency_id)


def _do(work: Work, own: Administrator, planned: _Planned, person: Person | None) -> None:
    if person is None:
        person = Person(id=uuid4(), board_id=own.board_id, email=planned.email, added_at=work.now)
        person.administers_agency = False
        write_details(person, planned.details)
        work.session.add(person)
        work.note("person_added", person=own.id, board=own.board_id, about=person.id)
        return
    if planned.line.what:
        carry_over(work, own, person, planned.details)
    if planned.line.does is Does.END:
        record_leaving(work, person, by=own.id)


def _row(person: Person, levels: Mapping[str, str]) -> list[str]:
    return [
        person.agency.name,
        person.name,
        person.email,
        person.job_title,
        levels.get(person.level, person.level),
        person.telephone,
        person.seat or "",
        YES if person.administers_agency else NO,
        YES if person.left_at is not None else NO,
    ]


def _read(work: Work, own: Administrator, content: bytes) -> tuple[Plan, list[_Planned]]:
    rows = read_rows(content, columns=COLUMNS, needed=NEEDED)
    planned = _Reading(work, own).planned(rows)
    return plan([each.line for each in planned], rows, *(str(each) for each in planned)), planned


class _Reading(Cells):
    """One file, compared with the list as it is."""

    def __init__(self, work: Work, own: Administrator) -> None:
        super().__init__()
        self.work, self.own = work, own
        self.policy = policy_of_board(work, own)
        self.levels = levels_of(self.policy)
        self.agencies: dict[str, Agency] = {
            each.name.casefold(): each
            for each in agencies_of_board(work.session, own.board_id)
            if own.agency_id in (None, each.id)
        }
        self.people = {each.email: each for each in everybody_of_board(work.session, own.board_id)}

    def planned(self, rows: Sequence[Row]) -> list[_Planned]:
        """Raises SheetFaults."""
        found = [each for row in rows if (each := self._of_row(row)) is not None]
        counted = Counter(row.cells["email"].lower() for row in rows)
        for row in rows:
            if counted[row.cells["email"].lower()] > 1:
                self.fault(row, "email", "This address stands in the file more than once.")
        self._refuse_last_officer(found)
        if self.faults:
            raise SheetFaults(self.faults)
        return found

    def _refuse_last_officer(self, found: Sequence[_Planned]) -> None:
        there = {each.id for each in officers(self.work, self.own.board_id)}
        going = {self.people[each.email].id for each in found if each.line.does is Does.END}
        if there & going and not there - going:
            self.faults.append(CellFault(1, "left", LAST_OF_UNIT))
        unit = {each.id for each in business_unit_of(self.work.session, self.own.board_id)}
        if unit & going and unit - going == {self.own.id}:
            self.faults.append(CellFault(1, "left", ONLY_YOU_LEFT))

    def _of_row(self, row: Row) -> _Planned | None:
        details, email = self._details(row), row.cells["email"].lower()
        if not is_address(email):
            self.fault(row, "email", NO_ADDRESS)
            return None
        person = self.people.get(email)
        held = None if person is None else person.level
        if details is not None and not may_give_level(self.own, self.policy, details.level, held):
            self.fault(row, "level", LEVEL_OF_BOARD)
        if person is None:
            return self._newcomer(row, email, details)
        if not self.own.administers(person):
            self.fault(row, "email", ON_ANOTHER_LIST)
            return None
        self._refuse_what_a_file_does_not_change(row, person)
        is_leaving = self._leaves(row, person)
        what = () if details is None else tuple(_differences(details_of(person), details))
        if person.left_at is not None and what:
            self.fault(row, "left", "They have left. Bring them back on their page before you change what is listed.")
        if person.id == self.own.id:
            for column in OWN_CASES.intersection(what):
                self.fault(row, column, OWN_CASE)
        if details is None or not (what or is_leaving):
            return None
        does = Does.END if is_leaving else Does.CHANGE
        return _Planned(PlannedLine(row.line, does, details.name, row.cells["agency"], what), email, details)

    def _newcomer(self, row: Row, email: str, details: PersonDetails | None) -> _Planned | None:
        if fault := fault_of_address(self.work, email):
            self.fault(row, "email", fault)
        for column in ("seat", "left", "administers"):
            if row.cells.get(column, "").lower() not in ("", NO):
                self.fault(row, column, "Leave this empty for somebody new.")
        if details is None:
            return None
        return _Planned(PlannedLine(row.line, Does.ADD, details.name, row.cells["agency"]), email, details)

    def _leaves(self, row: Row, person: Person) -> bool:
        is_leaving = self.says_yes(row, "left") and person.left_at is None
        if row.cells.get("left", "").lower() == NO and person.left_at is not None:
            self.fault(row, "left", "They have left. Bring them back on their page.")
        if is_leaving and person.id == self.own.id:
            self.fault(row, "left", OWN_CASE)
        return is_leaving

    def _refuse_what_a_file_does_not_change(self, row: Row, person: Person) -> None:
        now = {"seat": person.seat or "", "administers": YES if person.administers_agency else NO}
        for column, value in now.items():
            if row.cells.get(column, "").lower() not in (value, ""):
                self.fault(row, column, ON_THEIR_PAGE.format(now=value or NO))

    def _details(self, row: Row) -> PersonDetails | None:
        before = len(self.faults)
        agency = self.agencies.get(row.cells["agency"].casefold())
        if agency is None:
            self.fault(row, "agency", "There is no such agency on your list. Add it first, or look at its name.")
        elif agency.closed_at is not None and not self._is_there_already(row, agency):
            self.fault(row, "agency", "This agency is closed.")
        level, telephone = self.one_of(row, "level", self.levels, "level"), self._telephone(row)
        name, job_title = self.text(row, "name", needed=True), self.text(row, "job_title", needed=True)
        if len(self.faults) > before or agency is None:
            return None
        return PersonDetails(agency.id, name, job_title, level, telephone)

    def _telephone(self, row: Row) -> str:
        """Where the file has no such column everybody keeps theirs."""
        if "telephone" not in row.cells:
            person = self.people.get(row.cells["email"].lower())
            return person.telephone if person is not None else ""
        return self.telephone(row, "telephone")

    def _is_there_already(self, row: Row, agency: Agency) -> bool:
        person = self.people.get(row.cells["email"].lower())
        return person is not None and person.agency_id == agency.id


def _differences(now: PersonDetails, then: PersonDetails) -> Iterator[str]:
    yield from (column for each, column in COLUMN_OF.items() if getattr(now, each) != getattr(then, each))
