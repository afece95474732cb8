"""What was first written on paper: every form can say so, with the day and who wrote it, and nobody has to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from lxml import html

from forms_app.db import releases
from forms_app.domain.answers import Section, from_json
from forms_app.forms.flow import BUILDERS
from forms_app.services.identifiers import identifiers_of
from tests.journeys.form_filler import FormFiller
from tests.web.clerk import Office, day, office, problems_on, words_on

TODAY = date(2027, 3, 1)
WRITTEN = TODAY - timedelta(days=3)
WHO = "Ann Invented, nurse, Oak School"
PAPER: Mapping[str, Any] = {"f-paper": "yes", **day("f-paper_on", WRITTEN), "f-paper_by": WHO}
TITLE = "Typed in from paper"


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Office]:
    with office(sqlite_url, "annex-c") as found:
        yield found


@pytest.fixture
def escalation(here: Office) -> UUID:
    return here.scene.open().escalation_id


def take_further(here: Office, escalation: UUID, **paper: Any) -> None:
    """By the form that asks for no day of its own."""
    path = here.path(escalation, "step-up")
    filler = FormFiller(here.visitor(here.scene.raiser), here.scene.today)
    if paper:
        here.visitor(here.scene.raiser).post(f"{path}/paper", paper)
    filler.send(path)


def sections(here: Office, escalation: UUID) -> dict[str, Section]:
    """Of the latest record, by their titles."""
    return {section.title: section for section in from_json(here.records(escalation)[-1].sections)}


@pytest.mark.requirement("U-56")
def test_what_was_on_paper_stands_in_the_record_with_its_day(here: Office, escalation: UUID) -> None:
    take_further(here, escalation, **PAPER)

    said = {answer.question: answer.answer for answer in sections(here, escalation)[TITLE].answers}
    assert said["On which day was it written?"] == "26 February 2027"
    assert said["Who wrote it?"] == WHO
    assert here.records(escalation)[-1].happened_on == WRITTEN
    page = words_on(here.visitor(here.scene.raiser).get(f"/escalations/{escalation}"))
    assert TITLE in page
    assert WHO in page


def test_whoever_wrote_it_by_hand_is_looked_for_before_a_release(here: Office, escalation: UUID) -> None:
    take_further(here, escalation, **PAPER)

    with here.scene.workshop.reading() as work:
        known = identifiers_of(releases.escalation_behind(work.session, escalation))
    assert [each.text for each in known if "on paper" in each.what] == ["Ann Invented\nOak School"]


def test_nobody_has_to_say_so(here: Office, escalation: UUID) -> None:
    take_further(here, escalation)

    assert TITLE not in sections(here, escalation)
    assert here.records(escalation)[-1].happened_on == TODAY


def test_whoever_says_no_leaves_nothing_in_the_record(here: Office, escalation: UUID) -> None:
    take_further(here, escalation, **{**PAPER, "f-paper": "no"})

    assert TITLE not in sections(here, escalation)
    assert here.records(escalation)[-1].happened_on == TODAY


@pytest.mark.requirement("U-56")
def test_a_form_that_asks_for_its_day_keeps_it(here: Office, escalation: UUID) -> None:
    happened = WRITTEN - timedelta(days=1)
    contact = {
        **day("f-happened", happened),
        "f-time": "",
        "f-how": "telephone",
        "f-with": "Ann Invented, nurse",
        "f-said": "The visit was put off.",
        "f-agreed": "Nothing",
    }

    sent = here.fill(escalation, here.scene.raiser, "contact", {"contact": contact, "paper": PAPER})

    assert sent.status_code == 303
    assert here.records(escalation)[-1].happened_on == happened
    assert TITLE in sections(here, escalation)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (day("f-paper_on", TODAY + timedelta(days=1)), "The date must be 1 March 2027 or earlier"),
        (day("f-paper_on", date(2017, 2, 27)), "The date must be 1 March 2017 or later"),
        ({"f-paper_on-day": ""}, "The date must include a day"),
        ({"f-paper_by": " "}, "Enter an answer to “Who wrote it?”"),
        ({"f-paper": "perhaps"}, "Choose an answer to “Was this first written on paper?” from the list"),
    ],
)
def test_what_is_wrong_is_said_there_and_what_was_typed_stays(
    here: Office, escalation: UUID, given: Mapping[str, str], problem: str
) -> None:
    address = here.path(escalation, "step-up", "paper")

    answer = here.visitor(here.scene.raiser).post(address, {**PAPER, **given})

    assert answer.status_code == 422
    assert problem in problems_on(answer)
    assert {**PAPER, **given}["f-paper_by"] in answer.text
    task = words_on(here.visitor(here.scene.raiser).get(here.path(escalation, "step-up")))
    assert f"{TITLE} Incomplete" in task


def test_the_step_is_optional_and_the_answers_can_be_checked_without_it(here: Office, escalation: UUID) -> None:
    visitor, path = here.visitor(here.scene.raiser), here.path(escalation, "step-up")
    check = FormFiller(visitor, here.scene.today).go_through(path)

    assert f"{TITLE} Optional" in words_on(visitor.get(path))
    assert "Was this first written on paper? No Change" in words_on(visitor.get(check))


def test_both_questions_are_asked_under_yes(here: Office, escalation: UUID) -> None:
    page = here.visitor(here.scene.raiser).get(here.path(escalation, "step-up", "paper"))

    under_yes = html.fromstring(page.text).xpath("//*[contains(@class, 'govuk-radios__conditional')]//input/@name")
    assert under_yes == ["f-paper_on-day", "f-paper_on-month", "f-paper_on-year", "f-paper_by"]


def test_every_form_asks(here: Office) -> None:
    """The page is added where all forms are put together, so that none can leave it out."""
    raiser = here.visitor(here.scene.raiser)
    escalation = here.scene.open().escalation_id
    asked = 0
    for act in BUILDERS:
        path = here.path(escalation, act.value.replace("_", "-"))
        page = raiser.get(path)
        if page.status_code == 200:
            assert f"{TITLE} Optional" in words_on(page), act
            asked += 1
    assert asked > 5
    assert f"{TITLE} Optional" in words_on(raiser.get("/escalations/new"))
