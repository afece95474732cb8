"""Signing in as one does at work: what a Board set for a mail domain, and whom it lets in.

There is no account that nobody made: an issuer only says that somebody is who a Board knows already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import identities, people
from forms_app.db.tables import Identity, IdentityProvider, Person
from forms_app.domain.mail_rules import domain_of
from forms_app.services.dormancy import may_be_let_in
from forms_app.services.identity_providers import Said
from forms_app.services.mail_domains import may_be_emailed
from forms_app.services.signing_in import SecondStepOwed, SignedIn, begin_session, first_step_proved
from forms_app.services.work import Work

BY = "single_sign_on"
"""In the trail: how somebody signed in."""


@dataclass(frozen=True, slots=True)
class AgencysProvider:
    """What a Board says of one domain."""

    domain: str
    issuer: str
    client_id: str
    vouches_for_second_step: bool = False


def is_offered(work: Work) -> bool:
    """Whether any Board lets anybody in like this."""
    return identities.has_providers(work.session)


def provider_for(work: Work, address: str) -> AgencysProvider | None:
    """Where people with addresses at this domain sign in; whether anybody has the address is not asked."""
    found = identities.provider_of_domain(work.session, domain_of(address.strip().lower()))
    return None if found is None else _value(found)


def faults_of(work: Work, board_id: UUID | None, given: Sequence[AgencysProvider]) -> Iterator[str]:
    """What is wrong with what a Board says, a sentence each."""
    domains = [each.domain for each in given]
    for domain in sorted({each for each in domains if domains.count(each) > 1}):
        yield f"{domain} has two providers in the file. Give it one."
    for each in given:
        other = identities.other_boards_provider(work.session, board_id, each.domain)
        if other is not None and (other.issuer, other.client_id) != (each.issuer, each.client_id):
            yield f"{each.domain}: another Board has named another provider for it. Ask those who run the service."


def set_providers(work: Work, board_id: UUID, given: Sequence[AgencysProvider]) -> None:
    """From now on people of this Board sign in there, and nowhere that stood here before."""
    identities.set_providers(
        work.session,
        board_id,
        [
            IdentityProvider(
                board_id=board_id,
                domain=each.domain,
                issuer=each.issuer,
                client_id=each.client_id,
                vouches_for_second_step=each.vouches_for_second_step,
            )
            for each in given
        ],
    )


def let_in(work: Work, said: Said, *, secret: bytes) -> SignedIn | SecondStepOwed | None:
    """How the person goes on of whom an issuer says this; None where that lets nobody in."""
    subject_hash = hashlib.sha256(f"{said.issuer} {said.subject}".encode()).hexdigest()
    known = identities.identity_of_subject(work.session, said.issuer, subject_hash)
    person = _person(work, said, known)
    provider = None if person is None else _provider(work, person, said)
    if person is None or provider is None or not may_be_let_in(work, person):
        work.note("single_sign_on_refused", person=person.id if person is not None else None)
        return None
    if known is None:
        work.session.add(
            Identity(person_id=person.id, issuer=said.issuer, subject_hash=subject_hash, bound_at=work.now)
        )
        work.note("identity_bound", person=person.id, board=person.board_id)
    if provider.vouches_for_second_step and said.took_second_step:
        return begin_session(work, person, secret=secret, by=BY)
    return first_step_proved(work, person, secret=secret, by=BY)


def _person(work: Work, said: Said, known: Identity | None) -> Person | None:
    """Whom the issuer has named here before, or, the first time, whose work address it has verified."""
    if known is not None:
        return people.person_with_board(work.session, known.person_id)
    found = people.present_person(work.session, email=said.email) if said.email else None
    if found is None or identities.identity_of_person(work.session, said.issuer, found.id) is not None:
        return None  # the address is somebody else's now, as far as the issuer knows
    return people.person_with_board(work.session, found.id)


def _provider(work: Work, person: Person, said: Said) -> IdentityProvider | None:
    """What this person's own Board says of their domain, if it is this issuer, and the domain is confirmed."""
    found = identities.provider_of_board(work.session, person.board_id, domain_of(person.email))
    if found is None or (found.issuer, found.client_id) != (said.issuer, said.client_id):
        return None
    return found if may_be_emailed(work, person) else None


def _value(row: IdentityProvider) -> AgencysProvider:
    return AgencysProvider(row.domain, row.issuer, row.client_id, row.vouches_for_second_step)
