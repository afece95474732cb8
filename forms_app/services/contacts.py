"""Who to contact: the Board's unit, the policy's contacts, the Board's own and each agency's, and who keeps them right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from forms_app.db import contacts
from forms_app.db.boards import agencies_of_board, hold_board
from forms_app.db.people import people_of_board
from forms_app.db.tables import Agency, Contact, Person
from forms_app.domain import policy as policies
from forms_app.domain.access import May, Relation, may
from forms_app.domain.contacts import ContactDetails, needs_checking
from forms_app.domain.errors import ChangedMeanwhile, NotFound
from forms_app.domain.people import BOARD_MEMBER, LEAD
from forms_app.domain.policy import OFFICE, Policy
from forms_app.domain.seats import Seat
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.services.directory import own_person
from forms_app.services.work import Work

AT_BOARD = {
    Seat.CHAIR: "Chair",
    Seat.SCRUTINEER: "Scrutineer",
    Seat.LIAISON_OFFICER: "Liaison officer",
    Seat.DIRECTORS: "Directors",
    Seat.SUB_GROUP: "Sub-group",
    Seat.POLICY_SUB_GROUP: "Policy sub-group",
}
"""The seats whose holders people look for. The business unit is reached by its own number."""
KEPT_FROM = 2
"""How many of a policy's levels, counted from the lowest, do not keep their agency's contacts."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose contact it is: an agency's, or without one the Board's own."""

    agency_id: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class ContactLine:
    details: ContactDetails
    checked: str
    """When somebody last made sure, and in which role; empty when nobody has."""
    is_doubtful: bool
    """Whether that was too long ago, or never."""
    id: UUID | None = None
    """None while it only stands in the policy."""
    can_be_changed: bool = False
    number: int | None = None
    """Which of the policy's contacts it is, where whoever reads may put the Board's own in its place."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """One of the people on the list, as others may reach them. Nobody checks this: it is right while the list is."""

    name: str
    job_title: str
    agency: str
    role: str
    """The seat that they hold, or the title of their level."""
    telephone: str
    email: str


@dataclass(frozen=True, slots=True)
class AgencyContacts:
    id: UUID
    name: str
    kind: str
    contacts: tuple[ContactLine, ...]
    leads: tuple[Somebody, ...]
    """Its safeguarding leads."""


@dataclass(frozen=True, slots=True)
class ContactsView:
    """Everybody whom a person of this Board may want to reach."""

    unit: ContactDetails
    policy: str
    of_policy: tuple[ContactLine, ...]
    of_board: tuple[ContactLine, ...]
    at_board: tuple[Somebody, ...]
    """Who holds one of its seats, and its members from the agencies."""
    agencies: tuple[AgencyContacts, ...]
    owners: tuple[Owner, ...]
    """Whose contacts whoever reads may keep."""


@dataclass(frozen=True, slots=True)
class KeptContact:
    """One contact, for somebody who keeps it."""

    id: UUID
    owner: Owner
    line: ContactLine

    @property
    def details(self) -> ContactDetails:
        return self.line.details


def contacts_view(work: Work, *, by: UUID) -> ContactsView:
    person = own_person(work, by)
    board, policy = person.board, work.policy_of(person.board)
    owners = _owners(work, person)
    found = contacts.contacts_of_board(work.session, board.id)
    own = [contact for contact in found if contact.agency_id is None]
    in_policy = {contact.name for contact in _contacts_in(policy, board.name)}
    kinds = {kind.id: kind.title for kind in policy.agency_kinds}
    people = people_of_board(work.session, board.id)
    return ContactsView(
        unit=ContactDetails(role="Business unit", name=board.name, telephone=board.telephone, email=board.email),
        policy=policy.title,
        of_policy=tuple(_lines_of_policy(work, _contacts_in(policy, board.name), own, owners)),
        of_board=tuple(_line(work, contact, owners) for contact in own if contact.role not in in_policy),
        at_board=tuple(_at_board(people, policy)),
        agencies=tuple(
            AgencyContacts(
                id=agency.id,
                name=agency.name,
                kind=kinds.get(agency.kind, ""),
                contacts=tuple(_line(work, each, owners) for each in found if each.agency_id == agency.id),
                leads=tuple(
                    _somebody(each, policy.level_title(LEAD, agency.kind))
                    for each in sorted(people, key=_by_name)
                    if each.agency_id == agency.id and each.level == LEAD
                ),
            )
            for agency in _agencies(work, board.id)
        ),
        owners=owners,
    )


def owners_kept_by(work: Work, *, by: UUID) -> tuple[Owner, ...]:
    """Whose contacts this person may keep; nobody's, for most people."""
    return _owners(work, own_person(work, by))


def policy_contact(work: Work, *, by: UUID, number: int) -> ContactDetails:
    """One of the policy's contacts, to begin the Board's own with. Raises NotFound."""
    person = own_person(work, by)
    found = _contacts_in(work.policy_of(person.board), person.board.name)
    if not (_keeps(_owners(work, person), None) and number < len(found)):
        raise NotFound("There is no such contact.")
    return _as_details(found[number])


def kept_contact(work: Work, *, by: UUID, contact_id: UUID) -> KeptContact:
    """One contact, if this person keeps it. Raises NotFound."""
    _, contact, owner = _kept(work, by, contact_id, lock=False)
    return KeptContact(contact.id, owner, _line(work, contact, (owner,)))


def add_contact(
    work: Work, *, by: UUID, form_key: UUID, agency_id: UUID | None, details: ContactDetails, checked: bool
) -> UUID:
    """Adds one for the Board itself, or for an agency; the same form sent twice adds it once. Raises NotFound."""
    person = own_person(work, by)
    if not _keeps(_owners(work, person), agency_id):
        raise NotFound("There is no such agency.")
    hold_board(work.session, person.board_id)
    contact_id = uuid5(by, form_key.hex)
    if contacts.contact_of_board(work.session, contact_id, person.board_id) is None:
        contact = Contact(id=contact_id, board_id=person.board_id, agency_id=agency_id)
        write_contact(contact, details)
        _mark(work, contact, person if checked else None)
        work.session.add(contact)
        _note(work, "contact_added", person, contact_id)
    return contact_id


def change_contact(
    work: Work, *, by: UUID, contact_id: UUID, seen: str, details: ContactDetails, checked: bool
) -> None:
    """Writes the details anew. Unless they were checked as well, what was checked before no longer counts.

    `seen` is the stamp of the details that the person saw. Raises NotFound and ChangedMeanwhile.
    """
    person, contact, _ = _kept(work, by, contact_id)
    _refuse_unseen(contact, seen)
    if details != details_of(contact):
        write_contact(contact, details)
        _mark(work, contact, None)
        _note(work, "contact_changed", person, contact_id)
    if checked:
        _mark(work, contact, person)
        _note(work, "contact_checked", person, contact_id)


def check_contact(work: Work, *, by: UUID, contact_id: UUID, seen: str) -> None:
    """Somebody made sure today that it is right as they saw it. Raises NotFound and ChangedMeanwhile."""
    person, contact, _ = _kept(work, by, contact_id)
    _refuse_unseen(contact, seen)
    _mark(work, contact, person)
    _note(work, "contact_checked", person, contact_id)


def remove_contact(work: Work, *, by: UUID, contact_id: UUID) -> None:
    """Raises NotFound."""
    person, contact, _ = _kept(work, by, contact_id)
    contacts.forget_contact(work.session, contact.id)
    _note(work, "contact_removed", person, contact_id)


def details_of(contact: Contact) -> ContactDetails:
    return ContactDetails(
        role=contact.role,
        name=contact.name,
        telephone=contact.telephone,
        out_of_hours_telephone=contact.out_of_hours_telephone,
        email=contact.email,
        hours=contact.hours,
    )


# --- who keeps what ----------------------------------------------------------------------------------------------


def _owners(work: Work, person: Person) -> tuple[Owner, ...]:
    """The business unit keeps everybody's; an agency's people above the two lowest levels keep their own agency's."""
    if may(person, May.KEEP_CONTACTS, Relation.OWN_BOARD):
        agencies = _agencies(work, person.board_id)
        return (Owner(None, person.board.name), *(Owner(agency.id, agency.name) for agency in agencies))
    levels = [level.id for level in work.policy_of(person.board).levels]
    above = levels[min(KEPT_FROM, len(levels) - 1) :]
    is_senior = person.agency.kind != OFFICE and person.level in above
    if is_senior and may(person, May.KEEP_CONTACTS, Relation.SENIOR):
        return (Owner(person.agency_id, person.agency.name),)
    return ()


def _keeps(owners: Sequence[Owner], agency_id: UUID | None) -> bool:
    return agency_id in {owner.agency_id for owner in owners}


def _kept(work: Work, by: UUID, contact_id: UUID, *, lock: bool = True) -> tuple[Person, Contact, Owner]:
    person = own_person(work, by)
    contact = contacts.contact_of_board(work.session, contact_id, person.board_id, lock=lock)
    for owner in _owners(work, person):
        if contact is not None and contact.agency_id == owner.agency_id:
            return person, contact, owner
    raise NotFound("There is no such contact.")


def _refuse_unseen(contact: Contact, seen: str) -> None:
    if details_of(contact).stamp != seen:
        raise ChangedMeanwhile("Somebody changed this contact after you opened this page. Look at it again.")


def _agencies(work: Work, board_id: UUID) -> list[Agency]:
    """Without those that are closed, and the Board's own office: its lines are the Board's own."""
    found = agencies_of_board(work.session, board_id)
    return [agency for agency in found if agency.kind != OFFICE and agency.closed_at is None]


# --- people on the list ------------------------------------------------------------------------------------------


def _at_board(people: Sequence[Person], policy: Policy) -> Iterator[Somebody]:
    """Who holds a seat, seat by seat; then the members from the agencies."""
    for seat, words in AT_BOARD.items():
        yield from (_somebody(each, words) for each in sorted(people, key=_by_name) if each.seat == seat)
    members = [each for each in people if each.level == BOARD_MEMBER and each.agency.kind != OFFICE]
    yield from (_somebody(each, policy.level_title(BOARD_MEMBER)) for each in sorted(members, key=_by_name))


def _somebody(person: Person, role: str) -> Somebody:
    return Somebody(person.name, person.job_title, person.agency.name, role, person.telephone, person.email)


def _by_name(person: Person) -> tuple[str, str]:
    return person.name.casefold(), person.email


# --- parts -------------------------------------------------------------------------------------------------------


def _contacts_in(policy: Policy, board: str) -> tuple[policies.Contact, ...]:
    """The policy's contacts, and those that it has for this one of the Boards that share it."""
    added: Iterator[policies.Contact] = (
        contact for each in policy.local_additions if each.board == board for contact in each.contacts
    )
    return (*policy.contacts, *added)


def _line(work: Work, contact: Contact, owners: Sequence[Owner]) -> ContactLine:
    day = contact.checked_on
    return ContactLine(
        details=details_of(contact),
        checked=f"{spell_date(day)}, by: {contact.checked_by}" if day else "",
        is_doubtful=needs_checking(day, uk_date(work.now)),
        id=contact.id,
        can_be_changed=_keeps(owners, contact.agency_id),
    )


def _lines_of_policy(
    work: Work, given: Sequence[policies.Contact], own: Sequence[Contact], owners: Sequence[Owner]
) -> Iterator[ContactLine]:
    """Each of the policy's contacts, or what the Board has put in its place."""
    for number, contact in enumerate(given):
        instead = [each for each in own if each.role == contact.name]
        yield from (_line(work, each, owners) for each in instead)
        if not instead:
            details, day = _as_details(contact), contact.checked_on
            yield ContactLine(
                details=details,
                checked=spell_date(day) if day else "",
                is_doubtful=details.can_be_reached and needs_checking(day, uk_date(work.now)),
                number=number if _keeps(owners, None) else None,
            )


def _as_details(contact: policies.Contact) -> ContactDetails:
    return ContactDetails(
        role=contact.name,
        telephone=contact.telephone or "",
        email=contact.email or "",
        hours=contact.hours or "",
    )


def write_contact(contact: Contact, details: ContactDetails) -> None:
    contact.role, contact.name, contact.telephone = details.role, details.name, details.telephone
    contact.out_of_hours_telephone, contact.email, contact.hours = (
        details.out_of_hours_telephone,
        details.email,
        details.hours,
    )


def _mark(work: Work, contact: Contact, checker: Person | None) -> None:
    contact.checked_on = uk_date(work.now) if checker else None
    contact.checked_by = checker.job_title if checker else ""


def _note(work: Work, action: str, person: Person, contact_id: UUID) -> None:
    work.note(action, person=person.id, board=person.board_id, about=contact_id)
