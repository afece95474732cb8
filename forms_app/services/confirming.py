"""A second look at mail domains: whose addresses are there, and what may be sent to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import mail_domains
from forms_app.db.boards import board_with_code
from forms_app.db.people import people_of_board
from forms_app.db.tables import Board, MailDomain, Person
from forms_app.domain.access import May, signs_off_own
from forms_app.domain.contacts import stamp_of
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.mail_rules import Rule, domain_of, is_foreign
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.mail.webmail import is_webmail
from forms_app.services.directory import person_who_may
from forms_app.services.issuing import owe_posting_again
from forms_app.services.mail_domains import confirmed_rule, forget_rules, places_of
from forms_app.services.work import Work

BY_OPERATOR = "The people who run this service"
OWN = (
    "Your own address is there, so somebody else has to decide: somebody of the business unit whose address is elsewhere, "
    "or the people who run this service."
)
NEVER_ATTACHED = "To an address of public webmail no document can be attached."
DECIDED_MEANWHILE = "Somebody else decided about this domain meanwhile. Look at what it says now, and choose again."


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
    return lines_of_board(work, person_who_may(work, by, May.CONFIRM_MAIL_DOMAIN).board_id)


def domain_line(work: Work, *, by: UUID, domain_id: UUID) -> DomainLine:
    """Raises NotFound."""
    for line in domain_lines(work, by=by):
        if line.id == domain_id:
            return line
    raise NotFound("There is no such domain.")


def lines_of_board(work: Work, board_id: UUID) -> tuple[DomainLine, ...]:
    """Every domain of a Board, those that wait first. One that waits and at which nobody has an address is not among them."""
    rows = mail_domains.mail_domains_of_board(work.session, board_id)
    holders = _holders(rows, people_of_board(work.session, board_id))
    lines = [_line(row, holders[row.id]) for row in rows if row.confirmed_at is not None or holders[row.id]]
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
        named = [by_place[key] for place in places_of(person.email) if (key := (person.agency_id, place)) in by_place]
        for row_id in named[:1]:
            found[row_id].append(person)
    return found


def _line(row: MailDomain, people: Sequence[Person]) -> DomainLine:
    domain = domain_of(row.domain)
    return DomainLine(
        id=row.id,
        agency=row.agency.name,
        domain=row.domain,
        rule=confirmed_rule(row),
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


# --- deciding -------------------------------------------------------------------------------------------------------


def decide(work: Work, *, by: UUID, domain_id: UUID, rule: Rule, seen: str) -> None:
    """Confirms a domain, or changes what may be sent there. `seen` is the stamp of the line that was looked at.

    Raises NotFound, NotAllowedNow for who has an address there, and ChangedMeanwhile.
    """
    own = person_who_may(work, by, May.CONFIRM_MAIL_DOMAIN)
    row = mail_domains.mail_domain_to_decide(work.session, own.board_id, domain_id)
    if row is None:
        raise NotFound("There is no such domain.")
    holders = [own.id] if row.agency_id == own.agency_id and row.domain in places_of(own.email) else []
    if signs_off_own(May.CONFIRM_MAIL_DOMAIN, own.id, holders):
        raise NotAllowedNow(OWN)
    if (confirmed_rule(row), row.confirmed_by_id) == (rule, own.id):
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
    board_id = row.agency.board_id
    row.rule, row.confirmed_at, row.confirmed_by_id = rule.value, work.now, by
    forget_rules(work)
    work.note(f"mail_domain_confirmed_{rule}", person=by, board=board_id, about=row.id)
    rows = mail_domains.mail_domains_of_board(work.session, board_id)
    people = [person.id for person in _holders(rows, people_of_board(work.session, board_id))[row.id]]
    if rule is not Rule.ATTACH:
        for delivery in mail_domains.unaccepted_deliveries(work.session, people):
            delivery.attached = False
    if rule is not Rule.NEVER:
        owe_posting_again(work, mail_domains.ruled_out_deliveries(work.session, people))
