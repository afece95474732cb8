"""The contacts that somebody keeps, as a file. A line is known by whose it is, what it is for and whose name it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID, uuid4

from forms_app.db.boards import hold_board
from forms_app.db.contacts import contacts_of_board, forget_contact
from forms_app.db.tables import Contact
from forms_app.domain.comma_separated import Row, SheetFaults, read_rows, write_rows
from forms_app.domain.contacts import ContactDetails, is_address
from forms_app.domain.errors import ChangedMeanwhile, NotFound
from forms_app.domain.working_days import uk_date
from forms_app.services.contacts import Owner, details_of, owners_kept_by, write_contact
from forms_app.services.directory import own_person
from forms_app.services.planned import CHANGED, NO_ADDRESS, Cells, Does, Plan, PlannedLine, plan
from forms_app.services.work import Work

WAYS = ("telephone", "out_of_hours_telephone", "email")
COLUMNS = ("agency", "role", "name", *WAYS, "hours", "checked_on", "checked_by", "remove")
NEEDED = ("agency", "role", "name")
NO_WAY = "Give a telephone number or an email address."
Key = tuple[UUID | None, str, str]


@dataclass(frozen=True, slots=True)
class _Planned:
    line: PlannedLine
    key: Key
    details: ContactDetails
    checked_on: date | None
    checked_by: str


def contacts_as_file(work: Work, *, by: UUID) -> bytes:
    """Those that somebody keeps. Raises NotFound for somebody who keeps none."""
    owners, person = _owners(work, by), own_person(work, by)
    kept = [each for each in contacts_of_board(work.session, person.board_id) if each.agency_id in owners]
    kept.sort(key=lambda each: (owners[each.agency_id].casefold(), each.role.casefold(), each.name.casefold()))
    work.note("contacts_exported", person=by, board=person.board_id)
    return write_rows(COLUMNS, ([owners[each.agency_id], *_cells(each), ""] for each in kept))


def plan_contacts(work: Work, *, by: UUID, content: bytes) -> Plan:
    """Raises NotFound, and SheetFaults with everything that is wrong in it."""
    return _read(work, by, content)[0]


def bring_in_contacts(work: Work, *, by: UUID, content: bytes, seen: str) -> None:
    """Raises NotFound, SheetFaults and ChangedMeanwhile."""
    person = own_person(work, by)
    hold_board(work.session, person.board_id)
    found, planned, known = _read(work, by, content)
    if found.stamp != seen:
        raise ChangedMeanwhile(CHANGED)
    for each in planned:
        contact = known.get(each.key)
        if each.line.does is Does.END and contact is not None:
            forget_contact(work.session, contact.id)
            work.note("contact_removed", person=by, board=person.board_id, about=contact.id)
            continue
        if contact is None:
            contact = Contact(id=uuid4(), board_id=person.board_id, agency_id=each.key[0])
        write_contact(contact, each.details)
        contact.checked_on, contact.checked_by = each.checked_on, each.checked_by
        work.session.add(contact)
        action = "contact_added" if each.line.does is Does.ADD else "contact_changed"
        work.note(action, person=by, board=person.board_id, about=contact.id)
    work.note("contacts_imported", person=by, board=person.board_id)


def _owners(work: Work, by: UUID) -> dict[UUID | None, str]:
    owners: Sequence[Owner] = owners_kept_by(work, by=by)
    if not owners:
        raise NotFound("They keep no contacts.")
    return {owner.agency_id: owner.name for owner in owners}


def _cells(contact: Contact) -> list[str]:
    details = details_of(contact)
    ways = [details.telephone, details.out_of_hours_telephone, details.email]
    checked = contact.checked_on.isoformat() if contact.checked_on else ""
    return [details.role, details.name, *ways, details.hours, checked, contact.checked_by]


def _read(work: Work, by: UUID, content: bytes) -> tuple[Plan, list[_Planned], Mapping[Key, Contact]]:
    rows, person = read_rows(content, columns=COLUMNS, needed=NEEDED), own_person(work, by)
    reading = _Reading(_owners(work, by), contacts_of_board(work.session, person.board_id), uk_date(work.now))
    planned = [each for row in rows if (each := reading.of_row(row)) is not None]
    reading.refuse_doubles(rows)
    if reading.faults:
        raise SheetFaults(reading.faults)
    return plan([each.line for each in planned], rows, *(str(each) for each in planned)), planned, reading.known


class _Reading(Cells):
    def __init__(self, owners: Mapping[UUID | None, str], contacts: Sequence[Contact], today: date) -> None:
        super().__init__()
        self.today = today
        self.owners = {name.casefold(): agency_id for agency_id, name in owners.items()}
        self.counted = Counter(_key(each) for each in contacts)
        self.known = {_key(each): each for each in contacts}

    def refuse_doubles(self, rows: Sequence[Row]) -> None:
        counted = Counter(tuple(row.cells[column].casefold() for column in NEEDED) for row in rows)
        for row in rows:
            if counted[tuple(row.cells[column].casefold() for column in NEEDED)] > 1:
                self.fault(row, "role", "A line with this agency, role and name stands in the file more than once.")

    def of_row(self, row: Row) -> _Planned | None:
        before = len(self.faults)
        if row.cells["agency"].casefold() not in self.owners:
            self.fault(row, "agency", "There is no such agency whose contacts you keep.")
            return None
        key = (self.owners[row.cells["agency"].casefold()], row.cells["role"], row.cells["name"])
        if self.counted[key] > 1:
            self.fault(
                row, "role", "There are two contacts with this role and name. Change or remove one on its page first."
            )
        contact, details = self.known.get(key), self._details(row, self.known.get(key))
        is_going = self.says_yes(row, "remove")
        checked_on, checked_by = self._checked(row, contact, details)
        if len(self.faults) > before:
            return None
        line = self._line(row, contact, details, is_going, (checked_on, checked_by))
        return None if line is None else _Planned(line, key, details, checked_on, checked_by)

    def _line(
        self,
        row: Row,
        contact: Contact | None,
        details: ContactDetails,
        is_going: bool,
        checked: tuple[date | None, str],
    ) -> PlannedLine | None:
        name, agency = ", ".join(filter(None, (details.role, details.name))), row.cells["agency"]
        if contact is None:
            return None if is_going else PlannedLine(row.line, Does.ADD, name, agency)
        if is_going:
            return PlannedLine(row.line, Does.END, name, agency)
        now = details_of(contact)
        what = [each.name for each in fields(details) if getattr(now, each.name) != getattr(details, each.name)]
        what += ["checked_on"] if checked != (contact.checked_on, contact.checked_by) else []
        return PlannedLine(row.line, Does.CHANGE, name, agency, tuple(what)) if what else None

    def _details(self, row: Row, contact: Contact | None) -> ContactDetails:
        """What the file has no column for stays."""
        kept = details_of(contact) if contact is not None else ContactDetails(role="")
        reads = {"telephone": self.telephone, "out_of_hours_telephone": self.telephone}
        given = {
            column: reads.get(column, self.text)(row, column) if column in row.cells else getattr(kept, column)
            for column in (*WAYS, "hours")
        }
        if given["email"] and not is_address(given["email"]):
            self.fault(row, "email", NO_ADDRESS)
        if not any(given[way] for way in WAYS):
            self.fault(row, "telephone", NO_WAY)
        return ContactDetails(role=self.text(row, "role", needed=True), name=self.text(row, "name"), **given)

    def _checked(self, row: Row, contact: Contact | None, details: ContactDetails) -> tuple[date | None, str]:
        """A check counts for the details as they stood, unless the file says that these were checked."""
        if "checked_on" not in row.cells:
            same = contact is not None and details_of(contact) == details
            return (contact.checked_on, contact.checked_by) if contact is not None and same else (None, "")
        said, who = row.cells["checked_on"], self.text(row, "checked_by")
        day = self._day(row, said) if said else None
        if (day is None) == bool(who) and not self._is_at_fault(row, "checked_on"):
            self.fault(row, "checked_by", "Give checked_on and checked_by together, or neither of them.")
        return day, who

    def _is_at_fault(self, row: Row, column: str) -> bool:
        return any((each.line, each.column) == (row.line, column) for each in self.faults)

    def _day(self, row: Row, said: str) -> date | None:
        try:
            day = date.fromisoformat(said)
        except ValueError:
            self.fault(row, "checked_on", "Write the day as year-month-day, such as 2026-09-14.")
            return None
        if day > self.today:
            self.fault(row, "checked_on", "This day has not come yet.")
        return day


def _key(contact: Contact) -> Key:
    return contact.agency_id, contact.role, contact.name
