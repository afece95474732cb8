"""What may be sent to whom: the rule of each mail domain of an agency, which somebody has confirmed."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from forms_app.db import mail_domains
from forms_app.db.people import people_of_board
from forms_app.db.tables import MailDomain, Person
from forms_app.domain.access import May, Relation, may
from forms_app.domain.mail_rules import Rule, domain_of, is_foreign
from forms_app.mail.webmail import is_webmail
from forms_app.services.directory import own_person
from forms_app.services.work import Work


def rule_for(work: Work, person: Person) -> Rule | None:
    """What may be sent to this person's address; None while nobody has confirmed its domain for their agency."""
    known: dict[object, Rule | None] = work.session.info.setdefault("mail_rules", {})
    place = (person.agency_id, places_of(person.email)[0])
    if place not in known:
        look_up_rules(work, [person])
    return known[place]


def hold_rule(work: Work, person: Person) -> None:
    """Nobody changes the rule for this person's address before this transaction is over: for whoever gives up because of it.

    Before anything about a delivery is written, which whoever decides about the rule would wait for in turn.
    """
    mail_domains.hold_mail_domains(work.session, person.agency_id, places_of(person.email))
    forget_rules(work)


def look_up_rules(work: Work, people: Collection[Person]) -> None:
    """The rules for all of these at once: asked for afterwards, each is known."""
    known: dict[object, Rule | None] = work.session.info.setdefault("mail_rules", {})
    rows = mail_domains.mail_domains_of(work.session, {person.agency_id for person in people})
    named = {(row.agency_id, row.domain): confirmed_rule(row) for row in rows}
    for person in people:
        places = [(person.agency_id, place) for place in places_of(person.email)]
        known[places[0]] = next((named[place] for place in places if place in named), None)


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
    found = {(person.agency_id, places_of(person.email)[0]) for person in people_of_board(work.session, board_id)}
    for agency_id, domain in sorted(found - known, key=str):
        row = MailDomain(
            agency_id=agency_id,
            domain=domain,
            rule=(Rule.ATTACH if domain in attach else Rule.LINK).value,
            named_at=work.now,
            confirmed_at=work.now if confirmed and not is_foreign(domain_of(domain)) else None,
        )
        work.session.add(row)
    forget_rules(work)


def forget_rules(work: Work) -> None:
    """After a change: what this piece of work has looked up already may be wrong."""
    work.session.info.pop("mail_rules", None)


def places_of(address: str) -> tuple[str, ...]:
    """Where the rule for an address may stand, the first that there is counts.

    At public webmail each address has its own: that one of them was confirmed says nothing about the next.
    """
    domain = domain_of(address)
    return (address, domain) if is_webmail(domain) else (domain,)


def confirmed_rule(row: MailDomain) -> Rule | None:
    """None while it waits to be confirmed. Nothing is attached to public webmail, whatever was once listed as secure."""
    if row.confirmed_at is None:
        return None
    rule = Rule(row.rule)
    return Rule.LINK if rule is Rule.ATTACH and is_webmail(domain_of(row.domain)) else rule


def domains_to_confirm(work: Work, *, by: UUID) -> int | None:
    """How many domains wait at which somebody has an address; None for somebody whose business it is not."""
    own = own_person(work, by)
    if not may(own, May.CONFIRM_MAIL_DOMAIN, Relation.OWN_BOARD):
        return None
    rows = mail_domains.mail_domains_of_board(work.session, own.board_id)
    waiting = {(row.agency_id, row.domain) for row in rows if row.confirmed_at is None}
    if not waiting:
        return 0
    people = people_of_board(work.session, own.board_id)
    return len(waiting & {(person.agency_id, places_of(person.email)[0]) for person in people})
