"""The pages of the policies: reading one, comparing two versions, rehearsing one, adopting another from a day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.commands.rehearse import rehearsal_of
from forms_app.db.policy_tables import RehearsedPolicy
from forms_app.db.tables import Board, Person
from forms_app.domain.policy import Policy
from forms_app.policies.shelf import Shelf
from forms_app.services.outbox import Desk, run_due
from forms_app.services.regular import owe_regular_work
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.mail.owed import LETTERHEAD, FakePostbox, fake_issue
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

UNIT, CHAIR = f"unit@board.{DOMAIN}", f"chair@board.{DOMAIN}"
RAISER = f"practitioner@school.{DOMAIN}"
KEY, NEXT = "hull@2015", "berkshire@2017-04"
AGREED = {"compared": "confirmed", "warned": "confirmed", "fits": "confirmed"}
"""What is ticked when a version is proposed."""


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "hull") as found:
        yield found


@pytest.fixture
def site(here: Scene, sqlite_url: str) -> Site:
    return site_of(here, sqlite_url)


def words(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


def day(when: date) -> dict[str, str]:
    return {"starts_on-day": str(when.day), "starts_on-month": str(when.month), "starts_on-year": str(when.year)}


def proposed(person: Visitor, when: date, key: str = NEXT) -> TestResponse:
    return person.post(f"/policies/{key}/adopt", {**day(when), **AGREED})


def confirm(person: Visitor, adoption: str) -> TestResponse:
    return person.post(f"{adoption}/confirm", {})


def later(here: Scene) -> date:
    """A day in April, when clocks of the United Kingdom are an hour ahead."""
    return date(here.clock.now.year + (here.clock.now.month > 3), 4, 20)


# --- reading ---


def test_anybody_who_is_signed_in_reads_every_version_as_a_page(site: Site) -> None:
    person = site.visiting(RAISER)

    for policy in Shelf.shipped():
        page = person.get(f"/policies/{policy.key}")
        assert page.status_code == 200
        text = words(page)
        for said in said_by(policy):
            assert " ".join(said.split()) in text
        drawings = html.fromstring(page.text).xpath("//*[local-name()='svg'][@role='img']")
        assert len(drawings) == len(policy.routes)
        for each in drawings:
            assert each.xpath("./*[local-name()='title']")
            assert each.xpath("./*[local-name()='desc']")
        assert "Adopt it" not in text


def said_by(policy: Policy) -> Iterator[str]:
    """What nobody may look for in vain."""
    for route in policy.routes:
        yield route.title
        for stage in route.stages:
            yield from (policy.stage_title(stage), stage.summary)
            yield from (clock.source.words for clock in stage.clocks)
            yield from (gate.statement for gate in stage.gates)
    yield from (duty.text for duty in policy.duties)
    yield from (question.label for question in policy.questions)
    yield from (contact.name for contact in policy.contacts)


def test_a_version_that_is_not_there_is_no_page(site: Site) -> None:
    person = site.visiting(UNIT)

    for path in ("/policies/no@2020", "/policies/no@2020/rehearse", f"/policies/{KEY}/compared-with/x"):
        assert person.get(path).status_code == 404
    proved = person.get("/policies/no@2020/adopt")
    assert proved.status_code == 404


def test_who_is_of_no_office_rehearses_and_adopts_nothing(site: Site) -> None:
    person = site.visiting(RAISER)

    for path in (f"/policies/{KEY}/rehearse", f"/policies/{NEXT}/adopt"):
        assert person.get(path).status_code == 404
        assert person.post(path, {}).status_code == 404


# --- comparing ---


def test_two_versions_are_compared_at_an_address_of_their_own(site: Site) -> None:
    person = site.visiting(RAISER)
    person.get("/policies")

    chosen = person.post("/policies/comparisons", {"before": KEY, "after": NEXT})

    assert chosen.status_code == 303
    assert chosen.headers["Location"].endswith(f"/policies/{KEY}/compared-with/{NEXT}")
    assert "two different policies" in words(person.get(f"/policies/{KEY}/compared-with/{NEXT}"))
    assert "Both say the same." in words(person.get(f"/policies/{KEY}/compared-with/{KEY}"))


def test_a_comparison_of_nothing_says_what_is_missing(site: Site) -> None:
    person = site.visiting(RAISER)
    person.get("/policies")

    assert person.post("/policies/comparisons", {"before": "x"}).status_code == 422


# --- adopting ---


def test_a_second_person_confirms_and_from_the_first_second_of_the_day_it_is_in_force(here: Scene, site: Site) -> None:
    unit, chair = site.visiting(UNIT), site.visiting(CHAIR)
    unit.get(f"/policies/{NEXT}/adopt")
    begins = later(here)

    adoption = proposed(unit, begins).headers["Location"]
    assert "so somebody else of the business unit" in words(unit.get(adoption))
    assert confirm(unit, adoption).status_code == 409
    assert "Versions of the policy to confirm (1)" in words(chair.get("/register/today"))
    assert "Versions of the policy to confirm" not in words(unit.get("/register/today"))
    chair.get(adoption)
    assert confirm(chair, adoption).status_code == 303
    assert "Versions of the policy to confirm" not in words(chair.get("/register/today"))
    assert f"From {begins.day} April" in words(chair.get("/policies"))

    assert in_force(here, datetime.combine(begins, datetime.min.time()).isoformat() + "+01:00", -1) == KEY
    assert in_force(here, datetime.combine(begins, datetime.min.time()).isoformat() + "+01:00", 0) == NEXT


def in_force(here: Scene, midnight: str, seconds: int) -> str:
    with here.database.reading() as session:
        board = session.scalars(select(Board)).one()
        return board.policy_at(datetime.fromisoformat(midnight) + timedelta(seconds=seconds))


def test_it_is_not_proposed_before_what_changes_was_read(here: Scene, site: Site) -> None:
    unit = site.visiting(UNIT)
    unit.get(f"/policies/{NEXT}/adopt")

    answer = unit.post(f"/policies/{NEXT}/adopt", day(later(here)))

    assert answer.status_code == 422
    assert "Read what changes, and say that you have" in words(answer)
    assert unit.post(f"/policies/{NEXT}/adopt", {**AGREED, **day(here.clock.now.date())}).status_code == 422
    assert proposed(unit, later(here), KEY).status_code == 409


def test_what_was_confirmed_can_be_withdrawn_before_its_day(here: Scene, site: Site) -> None:
    unit, chair = site.visiting(UNIT), site.visiting(CHAIR)
    unit.get(f"/policies/{NEXT}/adopt")
    adoption = proposed(unit, later(here)).headers["Location"]
    chair.get(adoption)
    confirm(chair, adoption)

    assert proposed(unit, later(here), "annex-c@2023-04").status_code == 409
    unit.get(adoption)
    assert unit.post(f"{adoption}/withdraw", {}).status_code == 303

    assert "It was withdrawn" in words(unit.get(adoption))
    midnight = datetime.combine(later(here), datetime.min.time()).isoformat() + "+01:00"
    assert in_force(here, midnight, 1) == KEY
    assert confirm(chair, adoption).status_code == 409


# --- rehearsing ---


def test_a_rehearsal_is_made_by_the_worker_and_cannot_be_taken_for_a_real_escalation(here: Scene, site: Site) -> None:
    unit = site.visiting(UNIT)
    unit.get(f"/policies/{KEY}/rehearse")
    today = here.clock.now.date()
    answers = {
        "route": "ladder",
        "opened_on-day": str(today.day),
        "opened_on-month": str(today.month),
        "opened_on-year": str(today.year),
    }

    where = unit.post(f"/policies/{KEY}/rehearse", answers).headers["Location"]
    assert "being rehearsed" in words(unit.get(where))
    desk = Desk(FakePostbox(), LETTERHEAD, fake_issue, rehearse=rehearsal_of)
    while run_due(here.workshop, "w1", desk):
        pass

    page = unit.get(where)
    text = words(page)
    assert "This is a rehearsal." in text
    assert "Stage 1: Defining the disagreement" in text
    assert html.fromstring(page.text).xpath("string(//h1)") == "Rehearsal: everything is invented"
    assert unit.post(f"/policies/{KEY}/rehearse", answers).headers["Location"] == where, "asked again, made once"
    here.clock.forward(days=1)
    assert site.visiting(UNIT).get(where).status_code == 404
    owe_regular_work(here.workshop, reads_bounces=False)
    while run_due(here.workshop, "w1", desk):
        pass
    with here.database.reading() as session:
        assert session.scalars(select(RehearsedPolicy)).all() == []


def test_an_unanswered_question_is_said_beside_it(site: Site) -> None:
    unit = site.visiting(UNIT)
    unit.get(f"/policies/{KEY}/rehearse")

    answer = unit.post(f"/policies/{KEY}/rehearse", {"route": "ladder", "opened_on-day": "31", "opened_on-month": "2"})

    assert answer.status_code == 422
    assert "The date must include a year" in words(answer)


# --- a version that does not know everybody ---


def test_who_is_at_a_level_that_the_new_version_does_not_have_is_shut_out_of_nothing(sqlite_url: str) -> None:
    with scene(sqlite_url, "annex-c") as here:
        site = site_of(here, sqlite_url)
        with here.database.writing() as session:
            board = session.scalars(select(Board)).one()
            board.next_policy_key, board.next_policy_from = "four-lscb@2019", here.clock.now
            levels = {level.id for level in Shelf.shipped().get("four-lscb@2019").levels}
            unknown = [each.email for each in session.scalars(select(Person)) if each.level not in levels]

        assert unknown, "or this shows nothing"
        for email in [*unknown[:1], UNIT]:
            person = site.visiting(email)
            for path in ("/escalations", "/escalations/new", "/contacts", "/contacts/roles", "/policies", "/documents"):
                assert person.get(path).status_code in {200, 303, 404}, (email, path)
        for path in ("/people", f"/policies/{KEY}/adopt"):
            assert person.get(path).status_code == 200
