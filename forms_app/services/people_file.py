"""The list of people as a file: taken out, and brought in after a look at what it would change. Nobody goes because they are not in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

from forms_app.db.boards import agencies_of_board
from forms_app.db.people import everybody_of_board
from forms_app.db.tables import Agency, Person
from forms_app.documents.printable import unprintable
from forms_app.domain.comma_separated import CellFault, Row, SheetFaults, read_rows, write_rows
from forms_app.domain.contacts import is_address, is_telephone, stamp_of
from forms_app.domain.errors import ChangedMeanwhile, UnfitText
from forms_app.domain.people import PersonDetails
from forms_app.domain.text import SHORT, gate
from forms_app.services.administering import (
    LAST_OF_UNIT,
    OWN_CASE,
    Administrator,
    administrator,
    fault_of_address,
    levels_of,
    officers,
    policy_of_board,
)
from forms_app.services.leaving import record_leaving
from forms_app.services.mail_domains import name_domains
from forms_app.services.people import carry_over, details_of, write_details
from forms_app.services.work import Work

COLUMNS = ("agency", "name", "email", "job_title", "level", "telephone", "seat", "administers", "left")
NEEDED = ("agency", "name", "email", "job_title", "level")
YES, NO = "yes", "no"
ON_THEIR_PAGE = "This is changed on the person’s page, where a second person confirms it. It is “{now}” now."
CHANGED = "Something changed after you looked at this. Look at it again."


@dataclass(frozen=True, slots=True)
class Planned:
    """What one row would do. `what` names the columns that would change."""

    line: int
    does: Literal["add", "change", "leave"]
    email: str
    details: PersonDetails
    what: tuple[str, ...] = ()
    agency: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    planned: tuple[Planned, ...]
    rows: int
    stamp: str
    """Says by itself whether the file would do something else by now."""

    def count(self, does: str) -> int:
        return sum(each.does == does for each in self.planned)


def people_as_file(work: Work, *, by: UUID) -> bytes:
    """Everybody whom somebody administers, also who has left. Raises NotFound."""
    own = administrator(work, by)
    levels = levels_of(policy_of_board(work, own))
    people = [each for each in everybody_of_board(work.session, own.board_id, own.agency_id) if own.administers(each)]
    people.sort(key=lambda each: (each.agency.name, each.name.casefold(), each.email))
    work.note("people_exported", person=by, board=own.board_id, about=own.agency_id)
    return write_rows(COLUMNS, (_row(each, levels) for each in people))


def plan_of(work: Work, *, by: UUID, content: bytes) -> Plan:
    """What a file would change. Raises NotFound, and SheetFaults with everything that is wrong in it."""
    own = administrator(work, by)
    return _Reading(work, own).plan(read_rows(content, columns=COLUMNS, needed=NEEDED))


def carry_out(work: Work, *, by: UUID, content: bytes, seen: str) -> Plan:
    """Does what was looked at, or nothing at all. Raises NotFound, SheetFaults and ChangedMeanwhile."""
    plan = plan_of(work, by=by, content=content)
    if plan.stamp != seen:
        raise ChangedMeanwhile(CHANGED)
    own = administrator(work, by)
    people = {each.email: each for each in everybody_of_board(work.session, own.board_id)}
    for each in plan.planned:
        _do(work, own, each, people.get(each.email))
    work.session.flush()
    name_domains(work, own.board_id)
    work.note("people_imported", person=by, board=own.board_id, about=own.agency_id)
    return plan


def _do(work: Work, own: Administrator, planned: Planned, person: Person | None) -> None:
    if person is None:
        person = Person(id=uuid4(), board_id=own.board_id, email=planned.email, added_at=work.now)
        person.administers_agency = False
        write_details(person, planned.details)
        work.session.add(person)
        work.note("person_added", person=own.id, board=own.board_id, about=person.id)
        return
    if planned.what:
        carry_over(work, own, person, planned.details)
    if planned.does == "leave":
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


class _Reading:
    """One file, compared with the list as it is."""

    def __init__(self, work: Work, own: Administrator) -> None:
        self.work, self.own = work, own
        self.levels = levels_of(policy_of_board(work, own))
        self.agencies: dict[str, Agency] = {
            each.name.casefold(): each
            for each in agencies_of_board(work.session, own.board_id)
            if own.agency_id in (None, each.id)
        }
        self.people = {each.email: each for each in everybody_of_board(work.session, own.board_id)}
        self.officers = {each.id for each in officers(work, own.board_id)}
        self.faults: list[CellFault] = []

    def plan(self, rows: Sequence[Row]) -> Plan:
        planned = [found for row in rows if (found := self._planned(row)) is not None]
        counted = Counter(row.cells["email"].lower() for row in rows)
        for row in rows:
            if counted[row.cells["email"].lower()] > 1:
                self._fault(row, "email", "This address stands in the file more than once.")
        leaving = {person.id for each in planned if each.does == "leave" and (person := self.people.get(each.email))}
        if self.officers & leaving and not self.officers - leaving:
            self.faults.append(CellFault(1, "left", LAST_OF_UNIT))
        if self.faults:
            raise SheetFaults(self.faults)
        stamp = stamp_of(*(f"{each}" for each in planned))
        return Plan(tuple(planned), len(rows), stamp)

    def _fault(self, row: Row, column: str, sentence: str) -> None:
        self.faults.append(CellFault(row.line, column, sentence))

    def _planned(self, row: Row) -> Planned | None:
        details, email = self._details(row), row.cells["email"].lower()
        if not is_address(email):
            self._fault(row, "email", "This is not an email address, like name@example.org.")
            return None
        person = self.people.get(email)
        if person is None:
            return self._newcomer(row, email, details)
        if not self.own.administers(person):
            self._fault(
                row,
                "email",
                "This person is on another list, or holds a seat at the Board: the business unit keeps them.",
            )
            return None
        self._refuse_what_a_file_does_not_change(row, person)
        is_leaving = self._leaves(row, person)
        if details is None:
            return None
        what = tuple(_differences(details_of(person), details))
        if person.left_at is not None and what:
            self._fault(row, "left", "They have left. Bring them back on their page before you change what is listed.")
        if not (what or is_leaving):
            return None
        does: Literal["change", "leave"] = "leave" if is_leaving else "change"
        return Planned(row.line, does, email, details, what, row.cells["agency"])

    def _newcomer(self, row: Row, email: str, details: PersonDetails | None) -> Planned | None:
        if fault := fault_of_address(self.work, email):
            self._fault(row, "email", fault)
        for column in ("seat", "left", "administers"):
            if row.cells.get(column, "").lower() not in ("", NO):
                self._fault(row, column, "Leave this empty for somebody new.")
        return None if details is None else Planned(row.line, "add", email, details, (), row.cells["agency"])

    def _leaves(self, row: Row, person: Person) -> bool:
        said = row.cells.get("left", "").lower()
        if said not in ("", YES, NO):
            self._fault(row, "left", "Write “yes” or “no”, or leave it empty.")
        if said == NO and person.left_at is not None:
            self._fault(row, "left", "They have left. Bring them back on their page.")
        is_leaving = said == YES and person.left_at is None
        if is_leaving and person.id == self.own.id:
            self._fault(row, "left", OWN_CASE)
        return is_leaving

    def _refuse_what_a_file_does_not_change(self, row: Row, person: Person) -> None:
        now = {"seat": person.seat or "", "administers": YES if person.administers_agency else NO}
        for column, value in now.items():
            said = row.cells.get(column, "").lower()
            if said not in (value, "") or (said == "" and column == "seat" and value and "seat" in row.cells):
                self._fault(row, column, ON_THEIR_PAGE.format(now=value or NO))

    def _details(self, row: Row) -> PersonDetails | None:
        before = len(self.faults)
        agency = self.agencies.get(row.cells["agency"].casefold())
        if agency is None:
            self._fault(row, "agency", "There is no such agency on your list. Add it first, or look at its name.")
        elif agency.closed_at is not None and not self._is_there_already(row, agency):
            self._fault(row, "agency", "This agency is closed.")
        level = self._level(row)
        name, job_title = self._line(row, "name"), self._line(row, "job_title")
        telephone = self._telephone(row)
        if len(self.faults) > before or agency is None:
            return None
        return PersonDetails(agency.id, name, job_title, level, telephone)

    def _telephone(self, row: Row) -> str:
        """Where the file has no such column everybody keeps theirs."""
        if "telephone" not in row.cells:
            person = self.people.get(row.cells["email"].lower())
            return person.telephone if person is not None else ""
        telephone = self._line(row, "telephone", needed=False)
        if telephone and not is_telephone(telephone):
            self._fault(row, "telephone", "This is not a telephone number, like 01632 960 001 or 07700 900 982 ext 12.")
        return telephone

    def _is_there_already(self, row: Row, agency: Agency) -> bool:
        person = self.people.get(row.cells["email"].lower())
        return person is not None and person.agency_id == agency.id

    def _level(self, row: Row) -> str:
        said = row.cells["level"].casefold()
        for level, title in self.levels.items():
            if said in (level.casefold(), title.casefold()):
                return level
        self._fault(row, "level", f"There is no such level. There are: {', '.join(self.levels.values())}.")
        return ""

    def _line(self, row: Row, column: str, *, needed: bool = True) -> str:
        said = row.cells.get(column, "")
        if needed and not said:
            self._fault(row, column, "This is empty.")
        try:
            return gate(said, limit=SHORT, lines=1, unprintable=unprintable)
        except UnfitText as refused:
            self._fault(row, column, str(refused))
            return ""


def _differences(now: PersonDetails, then: PersonDetails) -> Iterator[str]:
    names = {
        "agency_id": "agency",
        "name": "name",
        "job_title": "job_title",
        "level": "level",
        "telephone": "telephone",
    }
    for attribute, column in names.items():
        if getattr(now, attribute) != getattr(then, attribute):
            yield column
