"""Sets up a Board with its agencies and people, from one file that says who they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from forms_app.db.boards import agency_with_name, board_with_code
from forms_app.db.contacts import has_contacts
from forms_app.db.people import person_with_email
from forms_app.db.tables import Agency, Board, Contact, Person
from forms_app.documents.printable import unprintable
from forms_app.domain.contacts import ADDRESS, LONGEST_ADDRESS, is_telephone
from forms_app.domain.errors import DomainError, UnfitText
from forms_app.domain.mail_rules import domain_of
from forms_app.domain.policy import OFFICE, Policy
from forms_app.domain.seats import Seat
from forms_app.domain.text import SHORT, gate
from forms_app.domain.working_days import uk_date
from forms_app.mail.webmail import is_webmail
from forms_app.services.administering import levels_of
from forms_app.services.blank_forms import owe_blank_forms
from forms_app.services.identity_providers import may_be_asked
from forms_app.services.leaving import NOT_LEFT, record_leaving, record_return
from forms_app.services.mail_domains import name_domains
from forms_app.services.single_sign_on import AgencysProvider, faults_of, set_providers
from forms_app.services.work import Work


def _fit(text: str) -> str:
    """What stands in a Board's file is printed in every document: it comes in by the same gate as what people type."""
    try:
        return gate(text, limit=SHORT, lines=1, unprintable=unprintable)
    except UnfitText as refused:
        raise ValueError(str(refused)) from None


def _dialled(text: str) -> str:
    if not is_telephone(text):
        raise ValueError(f"“{text}” is not a telephone number, such as 01632 960001 or 01632 960001 ext 12")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_fit)]
Name = Annotated[Line, StringConstraints(min_length=1)]
Telephone = Annotated[Name, AfterValidator(_dialled)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=LONGEST_ADDRESS, pattern=ADDRESS)
]
Domain = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[^@\s]+\.[^@\s]+$")]


class Given(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class GivenPerson(Given):
    name: Name
    email: Email
    job_title: Name
    level: Name
    seat: Annotated[Seat, Field(strict=False)] | None = None
    administers_agency: bool = False
    telephone: Line = ""
    language: Literal["en", "cy"] = "en"
    """Of their emails, to begin with: from then on they choose it on a page of their own."""


class GivenContact(Given):
    """Whom to ring. What is given here begins the directory, which is kept right on its pages from then on."""

    role: Name
    name: Line = ""
    telephone: Telephone | None = None
    out_of_hours_telephone: Telephone | None = None
    email: Email | None = None
    hours: Line = ""
    checked_on: date | None = None
    checked_by: Line = ""

    @model_validator(mode="after")
    def _says_enough(self) -> GivenContact:
        if not (self.telephone or self.out_of_hours_telephone or self.email):
            raise ValueError(f"“{self.role}” has neither a telephone number nor an email address")
        if (self.checked_on is None) == bool(self.checked_by):
            raise ValueError(f"“{self.role}”: checked_on and checked_by are given together, or neither of them")
        return self


class GivenAgency(Given):
    name: Name
    kind: Name
    people: list[GivenPerson] = []
    contacts: list[GivenContact] = []


def _asked_over_https(issuer: str) -> str:
    if not may_be_asked(issuer):
        raise ValueError("write the issuer as it names itself, with https://")
    return issuer


class GivenProvider(Given):
    """Where people with addresses at these domains sign in at work (OpenID Connect)."""

    issuer: Annotated[str, AfterValidator(_asked_over_https)]
    client_id: Annotated[str, StringConstraints(min_length=1)]
    domains: Annotated[list[Domain], Field(min_length=1)]
    vouches_for_second_step: bool = False
    """Whether its word is enough that somebody took a second step there."""


class GivenBoard(Given):
    """A Board as its file describes it. Loading the file again changes what it says differently, and removes nobody."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3,4}$")]
    name: Name
    policy: Annotated[str, StringConstraints(pattern=r"^\S+@\S+$")]
    telephone: Telephone
    """The business unit's, as its address is: without both, nobody could reach the Board."""
    email: Email
    lock_people_after_days: Annotated[int, Field(ge=30, le=730)] = 180
    """After so long without signing in somebody is locked."""
    documents_a_day: Annotated[int, Field(ge=10, le=2000)] = 200
    """How many de-identified documents one person of its office can download in a day."""
    secure_domains: list[Domain] = []
    """Where documents may be attached, to begin with: from then on the business unit decides it on its page."""
    allowed_webmail: list[Domain] = []
    """Public webmail at which somebody of this Board may have an address all the same."""
    single_sign_on: list[GivenProvider] = []
    contacts: list[GivenContact] = []
    """The Board's own."""
    agencies: Annotated[list[GivenAgency], Field(min_length=1)]


class BoardFaults(DomainError):
    """The file says something that cannot be: every fault, a sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))


def set_up_board(work: Work, given: GivenBoard) -> dict[str, UUID]:
    """Adds the Board, its agencies and people, or brings them up to what is given: address → person.

    A Board that is there already keeps its policy: two people of its office adopt another one from a day on.
    The file that sets up a Board confirms the mail domains in it; what a later one brings waits for a second look.
    Raises BoardFaults.
    """
    if faults := [*_faults(work, given)]:
        raise BoardFaults(faults)
    found = board_with_code(work.session, given.code)
    is_new, board = found is None, found or Board(code=given.code, policy_key=given.policy)
    board.name = given.name
    board.telephone, board.email = given.telephone, given.email
    board.lock_after_days = given.lock_people_after_days
    board.documents_a_day = given.documents_a_day
    work.session.add(board)
    work.session.flush()
    _set_up_contacts(work, board.id, None, given.contacts)
    people: dict[str, UUID] = {}
    for agency in given.agencies:
        people |= _set_up_agency(work, board, agency)
    name_domains(work, board.id, attach=given.secure_domains, confirmed=is_new)
    set_providers(work, board.id, _providers(given))
    owe_blank_forms(work, board)
    work.note("board_set_up", board=board.id)
    return people


def leave(work: Work, email: str) -> Person:
    """Whoever runs the service says that a person leaves. Raises BoardFaults."""
    person = _person(work, email)
    if person.left_at is None:
        record_leaving(work, person, by=None)
    return person


def come_back(work: Work, email: str) -> Person:
    """Whoever runs the service says that a person who left is back. Raises BoardFaults."""
    person = _person(work, email)
    if person.left_at is None:
        raise BoardFaults([NOT_LEFT])
    record_return(work, person, by=None)
    return person


def _person(work: Work, email: str) -> Person:
    person = person_with_email(work.session, email.strip().lower())
    if person is None:
        raise BoardFaults(["Nobody has that email address."])
    return person


def _set_up_agency(work: Work, board: Board, given: GivenAgency) -> dict[str, UUID]:
    agency = agency_with_name(work.session, board.id, given.name) or Agency(
        board_id=board.id, name=given.name, added_at=work.now
    )
    agency.kind = given.kind
    work.session.add(agency)
    work.session.flush()
    _set_up_contacts(work, board.id, agency.id, given.contacts)
    people = {}
    for each in given.people:
        person = person_with_email(work.session, each.email) or Person(
            email=each.email, language=each.language, added_at=work.now
        )
        person.board_id, person.agency_id = board.id, agency.id
        person.name, person.job_title = each.name, each.job_title
        person.level, person.telephone = each.level, each.telephone
        person.seat = None if each.seat is None else each.seat.value
        person.administers_agency = each.administers_agency
        work.session.add(person)
        work.session.flush()
        people[each.email] = person.id
    return people


def _set_up_contacts(work: Work, board_id: UUID, agency_id: UUID | None, given: Sequence[GivenContact]) -> None:
    """Only where there are none yet: what people have put right since must not be undone by an old file."""
    if has_contacts(work.session, board_id, agency_id):
        return
    for each in given:
        work.session.add(
            Contact(
                board_id=board_id,
                agency_id=agency_id,
                role=each.role,
                name=each.name,
                telephone=each.telephone or "",
                out_of_hours_telephone=each.out_of_hours_telephone or "",
                email=each.email or "",
                hours=each.hours,
                checked_on=each.checked_on,
                checked_by=each.checked_by,
            )
        )


def _faults(work: Work, given: GivenBoard) -> list[str]:
    if given.policy not in work.shelf:
        known = ", ".join(policy.key for policy in work.shelf)
        return [f"policy: there is no policy “{given.policy}”. Known are: {known}."]
    board = board_with_code(work.session, given.code)
    policy = work.shelf.get(given.policy) if board is None else work.policy_of(board)
    people = [person for agency in given.agencies for person in agency.people]
    faults = [*_unknown(policy, given)]
    emails = [person.email for person in people]
    faults += [f"{email} stands twice in the file." for email in sorted({e for e in emails if emails.count(e) > 1})]
    for email in emails:
        found = person_with_email(work.session, email)
        if found is not None and found.board.code != given.code:
            faults.append(f"{email} already belongs to another Board.")
    faults += _anybodys(given, emails)
    faults += _closed(work, given)
    faults += faults_of(work, board.id if board is not None else None, _providers(given))
    faults += _anybodys_providers(given)
    faults += _checked_tomorrow(work, given)
    if not any(person.seat == "business_unit" for person in people):
        faults.append("Nobody has the seat “business_unit”: the Board could not be told of anything.")
    return faults


def _providers(given: GivenBoard) -> list[AgencysProvider]:
    return [
        AgencysProvider(domain, each.issuer, each.client_id, each.vouches_for_second_step)
        for each in given.single_sign_on
        for domain in each.domains
    ]


def _anybodys_providers(given: GivenBoard) -> Iterator[str]:
    for each in _providers(given):
        if is_webmail(each.domain):
            yield f"{each.domain}: anybody can have an address there, so no agency's provider speaks for it."


def _anybodys(given: GivenBoard, emails: Sequence[str]) -> Iterator[str]:
    for email in emails:
        if is_webmail(domain := domain_of(email)) and domain not in given.allowed_webmail:
            yield (
                f"{email}: anybody can have an address at {domain}. Give their work address. If they have none, "
                f'write allowed_webmail = ["{domain}"] at the top of the file.'
            )
    for domain in given.secure_domains:
        if is_webmail(domain):
            yield f"secure_domains: {domain} is public webmail, to which no document can be attached."


def _closed(work: Work, given: GivenBoard) -> Iterator[str]:
    board = board_with_code(work.session, given.code)
    for each in given.agencies if board is not None else ():
        found = agency_with_name(work.session, board.id, each.name) if board is not None else None
        if found is not None and found.closed_at is not None:
            yield f"{each.name} is closed. Take it out of the file, or open it again on the page “Agencies”."


def _checked_tomorrow(work: Work, given: GivenBoard) -> Iterator[str]:
    every = [*given.contacts, *(contact for agency in given.agencies for contact in agency.contacts)]
    for contact in every:
        if contact.checked_on is not None and contact.checked_on > uk_date(work.now):
            yield f"{contact.role}: checked_on is a day that has not come yet."


def _unknown(policy: Policy, given: GivenBoard) -> list[str]:
    levels = levels_of(policy)
    kinds = {kind.id for kind in policy.agency_kinds} | {OFFICE}
    faults = [
        f"{agency.name}: the policy has no agency kind “{agency.kind}”."
        for agency in given.agencies
        if agency.kind not in kinds
    ]
    for agency in given.agencies:
        for person in agency.people:
            if person.level not in levels:
                faults.append(f"{person.email}: the policy has no level “{person.level}”.")
    return faults
