"""Two and eight people before their browsers send a form in the same instant: one wins, the others keep their text and see who did what."""

from __future__ import annotations

from collections import Counter
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms_app.db.tables import AuditEntry, Draft, MailDomain, Party, Person, StageRecord
from tests.journeys.form_filler import CANARIES
from tests.security.conftest import City, words_on
from tests.security.test_wrong_order import send, together
from tests.web.clerk import hidden

HOW_MANY = (2, 8)


@pytest.fixture
def path(city: City) -> str:
    """A new escalation at its first stage, in which four of each side take part at the level that acts there."""
    path = city.begin()
    with city.town.workshop.writing() as work:
        wanted = select(Party).where(Party.escalation_id == UUID(path.split("/")[2])).order_by(Party.number)
        parties = {party.side: party for party in reversed(work.session.scalars(wanted).all())}
        there = {party.person_id for party in work.session.scalars(wanted)}
        number = len(there)
        for side, first in parties.items():
            colleagues = work.session.scalars(select(Person).where(Person.agency_id == first.agency_id)).all()
            free = [person for person in colleagues if person.left_at is None and person.id not in there]
            for person in free[: max(HOW_MANY) // 2]:
                number += 1
                joins = {"number": number, "level": first.level, "joined_at": work.now, "side": side}
                work.session.add(
                    Party(escalation_id=first.escalation_id, person_id=person.id, agency_id=person.agency_id, **joins)
                )
    return path


@pytest.mark.parametrize("form", ["outcome", "step-up"])
@pytest.mark.parametrize("count", HOW_MANY)
def test_of_those_who_send_a_form_one_does_it_and_the_others_keep_their_words(
    city: City, path: str, form: str, count: int
) -> None:
    people = city.able(form, path)[:count]
    assert len(people) >= min(count, 6), "so many of them can, at the least"
    pages = {who: city.up_to_check(who, f"{path}/{form}") for who in people}
    before = records(city, path)

    answers = dict(
        zip(people, together([partial(send, city, who, *given) for who, given in pages.items()]), strict=True)
    )

    assert Counter(answer.status_code for answer in answers.values()) == {303: 1, 409: len(people) - 1}
    assert records(city, path) == before + 1
    winner = next(who for who, answer in answers.items() if answer.status_code == 303)
    assert not drafts(city, winner, path)
    for who, answer in answers.items():
        if who != winner:
            assert CANARIES[0] in words_on(answer), "what was typed is shown"
            assert drafts(city, who, path), "and is kept"
            assert city.name_of(winner) in city.visitor(who).get(path).text, (
                "who did it stands on the escalation’s page"
            )


@pytest.mark.parametrize("count", HOW_MANY)
def test_of_those_who_decide_about_a_mail_domain_one_does(city: City, path: str, count: int) -> None:
    unit = city.person("unit@board")
    with city.town.workshop.reading() as work:
        domain = work.session.scalars(
            select(MailDomain.id)
            .join(Person, Person.agency_id == MailDomain.agency_id)
            .where(Person.email == city.raiser)
        ).first()
    page = f"/register/domains/{domain}"
    tabs = [city.again(unit) for _ in range(count)]
    seen = [hidden(tab.get(page), "seen") for tab in tabs]
    with city.town.workshop.reading() as work:
        was = work.session.get_one(MailDomain, domain).rule
        before = len(decisions(work.session, domain))
    others = [rule for rule in ("attach", "link", "never") if rule != was]
    rules = [others[number % 2] for number in range(count)]

    answers = together(
        [
            partial(tab.post, page, {"rule": rule, "seen": stamp})
            for tab, rule, stamp in zip(tabs, rules, seen, strict=True)
        ]
    )

    with city.town.workshop.reading() as work:
        decided = decisions(work.session, domain)[before:]
        stands = work.session.get_one(MailDomain, domain).rule
    assert decided == [f"mail_domain_confirmed_{stands}"]
    for rule, answer in zip(rules, answers, strict=True):
        assert answer.status_code == (303 if rule == stands else 409), (
            "the same twice is done once; anything else is told"
        )


def decisions(session: Session, domain: UUID | None) -> list[str]:
    wanted = select(AuditEntry.action).where(AuditEntry.about_id == domain).order_by(AuditEntry.id)
    return [action for action in session.scalars(wanted) if action.startswith("mail_domain_confirmed")]


def records(city: City, path: str) -> int:
    with city.town.workshop.reading() as work:
        wanted = (
            select(func.count()).select_from(StageRecord).where(StageRecord.escalation_id == UUID(path.split("/")[2]))
        )
        return work.session.scalar(wanted) or 0


def drafts(city: City, who: str, path: str) -> list[str]:
    with city.town.workshop.reading() as work:
        wanted = select(Draft.form).join(Person, Person.id == Draft.person_id).where(Person.email == who)
        return list(work.session.scalars(wanted.where(Draft.about.startswith(path.split("/")[2]))))
