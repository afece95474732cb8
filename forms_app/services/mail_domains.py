"""What may be sent to whom: the rule of each mail domain of an agency, which somebody has confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import mail_domains, outbox
from forms_app.db.boards import board_with_code
from forms_app.db.outbox import OutboxKind
from forms_app.db.people import people_of_board
from forms_app.db.tables import Board, MailDomain, Person
from forms_app.domain.contacts import stamp_of
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.mail_rules import Rule, domain_of, is_foreign
from forms_app.domain.policy import Audience
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.mail.webmail import is_webmail
from forms_app.services.directory import own_person
from forms_app.services.work import Work

BY_OPERATOR = "The people who run this service"
OWN = (
    "Your own address is there, so somebody else has to decide: somebody of the business unit whose address is elsewhere, "
    "or the people who run this service."
)
NEVER_ATTACHED = "To an address of public webmail no document can be attached."
DECIDED_MEANWHILE = "Somebody else decided about this domain meanwhile. Look at what it says now, and choose again."


# --- what may be sent -----------------------------------------------------------------------------------------------


def rule_for(work: Work, person: Person) -> Rule | None:
    """What may be sent to this person's address; None while nobody has confirmed its domain for their agency."""
    known: dict[object, Rule | None] = work.session.info.setdefault("mail_rules", {})
    places = _places(person.email)
    if (person.agency_id, places[0]) not in known:
        rows = (mail_domains.mail_domain(work.session, person.agency_id, place) for place in places)
        found = next((row for row in rows if row is not None), None)
        known[person.agency_id, places[0]] = _rule_of(found) if found is not None else None
    return known[person.agency_id, places[0]]


def may_be_emailed(work: Work, person: Person) -> bool:
    return rule_for(work, person) not in (None, Rule.NEVER)


def travels_attached(work: Work, person: Person) -> bool:
    """Whether a document that names people may be attached to what this person is sent."""
    return rule_for(work, person) is Rule.ATTACH


def name_domains(work: Work, board_id: UUID, *, attach: Collection[str] = (), confirmed: bool = False) -> None:
    """Names every domain at which somebody of the Board has an address and which nobody has named for their agency.

    `attach` are the domains that the Board lists as secure. What was named before stays as it is. A domain that may look
    like another one is not confirmed by any file.
    """
    known = {(row.agency_id, row.domain) for row in mail_domains.mail_domains_of_board(work.session, board_id)}
    found = {(person.agency_id, _places(person.email)[0]) for person in people_of_board(work.session, board_id)}
    for agency_id, domain in sorted(found - known, key=str):
        row = MailDomain(
            agency_id=agency_id,
            domain=domain,
            rule=(Rule.ATTACH if domain in attach else Rule.LINK).value,
            named_at=work.now,
            confirmed_at=work.now if confirmed and not is_foreign(domain_of(domain)) else None,
        )
        work.session.add(row)
    work.session.info.pop("mail_rules", None)


def _places(address: str) -> tuple[str, ...]:
    """Where the rule for an address may stand, the first that there is counts.

    At public webmail each address has its own: that one of them was confirmed says nothing about the next.
    """
    domain = domain_of(address)
    return (address, domain) if is_webmail(domain) else (domain,)


def _rule_of(row: MailDomain) -> Rule | None:
    return Rule(row.rule) if row.confirmed_at is not None else None


# --- as it is shown -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has an address at a domain."""

    id: UUID
    name: str
    job_title: str
    agency: str
    address: str


@dataclass(frozen=True, slots=True)
class DomainLine:
    """One mail domain of one agency, and whose addresses are there."""

    id: UUID
    agency: str
    domain: str
    rule: Rule | None
    """None while it waits to be confirmed."""
    is_listed: bool
    """Whether the Board's file lists it as secure, while it waits."""
    since: str
    """When it was confirmed; while it waits, when it was named."""
    by: str
    people: tuple[Holder, ...]
    is_webmail: bool
    is_foreign: bool
    stamp: str

    def is_of(self, person: UUID) -> bool:
        return person in {holder.id for holder in self.people}


def domain_lines(work: Work, *, by: UUID) -> tuple[DomainLine, ...]:
    """Every domain of the Board whose business unit this person is of, those that wait first. Raises NotFound."""
    return lines_of_board(work, _officer(work, by).board_id)


def domain_line(work: Work, *, by: UUID, domain_id: UUID) -> DomainLine:
    """Raises NotFound."""
    for line in domain_lines(work, by=by):
        if line.id == domain_id:
            return line
    raise NotFound("There is no such domain.")


def domains_to_confirm(work: Work, *, by: UUID) -> int | None:
    """How many domains wait; None for somebody whose business it is not."""
    own = own_person(work, by)
    if own.seat != Audience.BUSINESS_UNIT:
        return None
    return sum(row.confirmed_at is None for row in mail_domains.mail_domains_of_board(work.session, own.board_id))


def lines_of_board(work: Work, board_id: UUID) -> tuple[DomainLine, ...]:
    """Every domain of a Board, those that wait first."""
    rows = mail_domains.mail_domains_of_board(work.session, board_id)
    holders = _holders(rows, people_of_board(work.session, board_id))
    lines = [_line(row, holders[row.id]) for row in rows]
    return tuple(sorted(lines, key=lambda line: line.rule is not None))


def lines_at(work: Work, *, board_code: str, domain: str) -> tuple[DomainLine, ...]:
    """What is known of one domain, in every agency of a Board that has addresses there. Raises NotFound."""
    lines = [line for line in lines_of_board(work, _board(work, board_code).id) if line.domain == domain]
    if not lines:
        raise NotFound("Nobody of this Board has an address there. Load the Board’s file first.")
    return tuple(lines)


def _board(work: Work, code: str) -> Board:
    board = board_with_code(work.session, code)
    if board is None:
        raise NotFound("There is no Board of that code.")
    return board


def _holders(rows: Iterable[MailDomain], people: Iterable[Person]) -> Mapping[UUID, list[Person]]:
    """Whose address each row decides about."""
    by_place = {(row.agency_id, row.domain): row.id for row in rows}
    found: dict[UUID, list[Person]] = {row_id: [] for row_id in by_place.values()}
    for person in people:
        named = [by_place[key] for place in _places(person.email) if (key := (person.agency_id, place)) in by_place]
        for row_id in named[:1]:
            found[row_id].append(person)
    return found


def _line(row: MailDomain, people: Sequence[Person]) -> DomainLine:
    domain = domain_of(row.domain)
    return DomainLine(
        id=row.id,
        agency=row.agency.name,
        domain=row.domain,
        rule=_rule_of(row),
        is_listed=row.rule == Rule.ATTACH,
        since=spell_date(uk_date(row.confirmed_at or row.named_at)),
        by=row.confirmed_by.name if row.confirmed_by else BY_OPERATOR,
        people=tuple(
            Holder(person.id, person.name, person.job_title, person.agency.name, person.email) for person in people
        ),
        is_webmail=is_webmail(domain),
        is_foreign=is_foreign(domain),
        stamp=_stamp(row),
    )


def _stamp(row: MailDomain) -> str:
    return stamp_of(row.rule, str(row.confirmed_at))


def _officer(work: Work, by: UUID) -> Person:
    """Raises NotFound for anybody else than the business unit."""
    own = own_person(work, by)
    if own.seat != Audience.BUSINESS_UNIT:
        raise NotFound("Mail domains are the business unit's.")
    return own


# --- deciding -------------------------------------------------------------------------------------------------------


def decide(work: Work, *, by: UUID, domain_id: UUID, rule: Rule, seen: str) -> None:
    """Confirms a domain, or changes what may be sent there. `seen` is the stamp of the line that was looked at.

    Raises NotFound, NotAllowedNow for who has an address there, and ChangedMeanwhile.
    """
    own = _officer(work, by)
    row = mail_domains.mail_domain_to_decide(work.session, own.board_id, domain_id)
    if row is None:
        raise NotFound("There is no such domain.")
    if row.agency_id == own.agency_id and row.domain in _places(own.email):
        raise NotAllowedNow(OWN)
    if (_rule_of(row), row.confirmed_by_id) == (rule, own.id):
        return  # the same form, sent twice
    if _stamp(row) != seen:
        raise ChangedMeanwhile(DECIDED_MEANWHILE)
    _decide(work, row, rule, by=own.id)


def decide_for_operator(work: Work, *, board_code: str, domain: str, rule: Rule) -> None:
    """The same by whoever runs the service, for every agency that has addresses there. Raises NotFound, NotAllowedNow."""
    named = {line.id for line in lines_at(work, board_code=board_code, domain=domain)}
    for row in mail_domains.mail_domains_of_board(work.session, _board(work, board_code).id):
        if row.id in named:
            _decide(work, row, rule, by=None)


def _decide(work: Work, row: MailDomain, rule: Rule, *, by: UUID | None) -> None:
    if rule is Rule.ATTACH and is_webmail(domain_of(row.domain)):
        raise NotAllowedNow(NEVER_ATTACHED)
    board_id, before = row.agency.board_id, _rule_of(row)
    row.rule, row.confirmed_at, row.confirmed_by_id = rule.value, work.now, by
    work.session.info.pop("mail_rules", None)
    work.note(f"mail_domain_confirmed_{rule}", person=by, board=board_id, about=row.id)
    rows = mail_domains.mail_domains_of_board(work.session, board_id)
    people = [person.id for person in _holders(rows, people_of_board(work.session, board_id))[row.id]]
    if rule is not Rule.ATTACH:
        for delivery in mail_domains.unaccepted_deliveries(work.session, people):
            delivery.attached = False
    if before in (None, Rule.NEVER) and rule is not Rule.NEVER:
        _send_what_waits(work, people)


def _send_what_waits(work: Work, people: Collection[UUID]) -> None:
    deliveries = [each.id for each in mail_domains.unaccepted_deliveries(work.session, people)]
    notifications = mail_domains.unaccepted_notifications(work.session, people)
    outbox.try_again(work.session, OutboxKind.POST_DELIVERY, deliveries, work.now)
    outbox.try_again(work.session, OutboxKind.POST_NOTIFICATION, notifications, work.now)
