"""What may be sent to whom: the rule of each mail domain of an agency, which somebody has confirmed."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from forms_app.db.mail_domains import mail_domain, mail_domains_of_board
from forms_app.db.people import people_of_board
from forms_app.db.tables import MailDomain, Person
from forms_app.domain.mail_rules import Rule, domain_of
from forms_app.services.work import Work


def rule_for(work: Work, person: Person) -> Rule | None:
    """What may be sent to this person's address; None while nobody has confirmed its domain for their agency."""
    known: dict[object, Rule | None] = work.session.info.setdefault("mail_rules", {})
    place = (person.agency_id, domain_of(person.email))
    if place not in known:
        found = mail_domain(work.session, *place)
        known[place] = None if found is None or found.confirmed_at is None else Rule(found.rule)
    return known[place]


def travels_attached(work: Work, person: Person) -> bool:
    """Whether a document that names people may be attached to what this person is sent."""
    return rule_for(work, person) is Rule.ATTACH


def name_domains(work: Work, board_id: UUID, *, attach: Collection[str], confirmed: bool) -> None:
    """Names every domain at which somebody of the Board has an address and which nobody has named for their agency.

    `attach` are the domains that the Board lists as secure. What was named before stays as it is.
    """
    known = {(row.agency_id, row.domain) for row in mail_domains_of_board(work.session, board_id)}
    found = {(person.agency_id, domain_of(person.email)) for person in people_of_board(work.session, board_id)}
    for agency_id, domain in sorted(found - known, key=str):
        row = MailDomain(
            agency_id=agency_id,
            domain=domain,
            rule=(Rule.ATTACH if domain in attach else Rule.LINK).value,
            named_at=work.now,
            confirmed_at=work.now if confirmed else None,
        )
        work.session.add(row)
