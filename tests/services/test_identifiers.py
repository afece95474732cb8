"""Everything in an escalation's rows that identifies somebody is looked for before its documents leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from forms_app.db import releases
from forms_app.db.tables import Agency
from forms_app.deidentification.dictionary import Identifier, Sort
from forms_app.deidentification.scan import scan
from forms_app.domain.answers import Answered, Section
from forms_app.domain.records import AgreedAction
from forms_app.services import escalations
from forms_app.services.identifiers import SUBJECT, identifiers_of
from tests.factories.scenes import Scene, scene

ANSWERS = {
    "names": "Ottilie Marchbank\nTadhg Marchbank",
    "known_as": "Tilly",
    "births": "4 March 2019",
    "family": "Mother: Roisin Quillinan",
    "address": "14 Harbour Lane, Seaford, BN25 1AB",
    "school": "Holm Oak Academy",
    "gp": "Dr Bevan, Mill Stream Medical Centre",
    "numbers": "NHS 943 476 5919",
    "asked_some_day": "Squeakerton",
}
ELSEWHERE = {
    "names": "tadgh",
    "known_as": "TILLY",
    "births": "04/03/19",
    "family": "quillinan",
    "address": "Habour Lane",
    "school": "holm oak",
    "gp": "Mill Stream",
    "numbers": "9434765919",
    "asked_some_day": "squeakertn",
}
"""As somebody may write it."""


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "hull") as made:
        yield made


@pytest.fixture
def escalation(here: Scene) -> UUID:
    answers = tuple(Answered(id=name, question=name, answer=answer) for name, answer in ANSWERS.items())
    concern = here.concern(here.policy.main.id, here.named(here.policy.main.stages[0], opening=True))
    with here.workshop.writing() as work:
        subject = (Section(title="Subject", answers=answers),)
        return escalations.open_escalation(
            work, by=here.raiser, concern=replace(concern, subject=subject)
        ).escalation_id


def known(here: Scene, escalation: UUID) -> tuple[Identifier, ...]:
    with here.workshop.reading() as work:
        return identifiers_of(releases.escalation_behind(work.session, escalation))


@pytest.mark.requirement("U-40", "U-49")
@pytest.mark.parametrize("answer", ANSWERS)
def test_what_was_said_of_the_subject_is_found_as_somebody_else_writes_it(
    answer: str, here: Scene, escalation: UUID
) -> None:
    findings = scan({"": f"We saw that {ELSEWHERE[answer]} was there."}, known(here, escalation))

    sort = SUBJECT[answer][1] if answer in SUBJECT else Sort.NAME
    assert [(each.text, each.rule) for each in findings] == [(ELSEWHERE[answer], sort)]


def test_every_party_is_known_by_name_post_agency_and_address(here: Scene, escalation: UUID) -> None:
    with here.workshop.reading() as work:
        parties = releases.escalation_behind(work.session, escalation).parties
        wanted = {text for party in parties for text in (party.person.name, party.person.email, party.agency.name)}
        wanted |= {f"{party.person.job_title}, {party.agency.name}" for party in parties}

    assert wanted <= {each.text for each in known(here, escalation)}


def test_an_agency_that_has_another_name_now_is_known_by_both(here: Scene, escalation: UUID) -> None:
    before = here.agency("socialcare")
    with here.workshop.writing() as work:
        work.session.get_one(Agency, before.id).name = "Brackenholt Families First"

    assert {before.name, "Brackenholt Families First"} <= {each.text for each in known(here, escalation)}


def test_the_reference_is_known(here: Scene, escalation: UUID) -> None:
    (reference,) = [each for each in known(here, escalation) if each.sort is Sort.REFERENCE]

    assert scan({"": f"See {reference.text.lower()}."}, [reference])[0].rule == Sort.REFERENCE


def test_whoever_was_to_act_is_known_by_name_and_not_by_post(here: Scene, escalation: UUID) -> None:
    actions = tuple(
        AgreedAction(what="Visit", who=who, by_when=here.today)
        for who in ("Social worker", "Zdenka Vrba, health visitor", "Both managers")
    )
    here.outcome(escalation, by=here.raiser, actions=actions)

    assert [each.text for each in known(here, escalation) if "to act" in each.what] == ["Zdenka Vrba"]
