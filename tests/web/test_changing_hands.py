"""The pages of a place: the successor, who covers, the open session of whoever had it, and an interest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select, update

from forms_app.app import create_app
from forms_app.db.tables import Interest, Party, Person
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.web.conftest import Site, settings
from tests.web.visitor import Visitor

RAISER, COLLEAGUE = f"practitioner@school.{DOMAIN}", f"colleague@school.{DOMAIN}"
OTHER, UNIT, CHAIR = f"practitioner@socialcare.{DOMAIN}", f"unit@board.{DOMAIN}", f"chair@board.{DOMAIN}"
STRANGER = f"practitioner@police.{DOMAIN}"


@dataclass
class Pages:
    scene: Scene
    site: Site
    escalation: UUID

    @property
    def path(self) -> str:
        return f"/escalations/{self.escalation}"

    def place(self, email: str, what: str) -> str:
        with self.scene.database.reading() as session:
            wanted = select(Party.place_id).join(Party.person).where(Party.escalation_id == self.escalation)
            place = session.scalars(wanted.where(Person.email == email)).one()
        return f"{self.path}/places/{place}/{what}"

    def id(self, email: str) -> str:
        return str(self.scene.people[email])

    def visitor(self, email: str) -> Visitor:
        return self.site.signed_in(email)

    def leaves(self, email: str) -> None:
        with self.scene.workshop.writing() as work:
            person = self.scene.people[email]
            work.session.execute(update(Person).where(Person.id == person).values(left_at=work.now))


@pytest.fixture
def pages(sqlite_url: str) -> Iterator[Pages]:
    with scene(sqlite_url, "west-sussex") as here:
        escalation = here.open().escalation_id
        app = create_app(settings(sqlite_url), workshop=here.workshop, poke=lambda: None)
        yield Pages(here, Site(app, here.database, here.clock), escalation)  # type: ignore[arg-type]


def words(text: str) -> str:
    return " ".join(html.fromstring(text).text_content().split())


def answers(pages: Pages, to: str, holder: str, **other: str) -> dict[str, str]:
    return {"seen": pages.id(holder), "f-to": pages.id(to), "f-reason": "work", "f-words": "", **other}


def test_a_place_is_handed_over_and_the_open_session_of_whoever_had_it_finds_nothing(pages: Pages) -> None:
    raiser = pages.visitor(RAISER)
    form = pages.place(RAISER, "hand-over")
    assert raiser.get(pages.path).status_code == 200
    assert raiser.get(form).status_code in {200, 409}

    answer = raiser.post(form, answers(pages, COLLEAGUE, RAISER, **{"f-words": "Her post is Quillsedge now."}))

    assert (answer.status_code, answer.location) == (303, "/escalations")
    assert raiser.get(pages.path).status_code == 404
    assert raiser.get(form).status_code == 404
    page = pages.visitor(COLLEAGUE).get(pages.path)
    assert page.status_code == 200
    assert "Raising (in the place of who raised the concern)" in words(page.text)
    assert "Her post is Quillsedge now." in words(page.text)
    other = words(pages.visitor(OTHER).get(pages.path).text)
    assert "How places changed hands (1)" in other
    assert "Quillsedge" not in other, "why is for colleagues"


def test_what_is_missing_is_said_beside_it_and_what_was_typed_stays(pages: Pages) -> None:
    raiser, form = pages.visitor(RAISER), pages.place(RAISER, "hand-over")

    answer = raiser.post(form, answers(pages, STRANGER, RAISER, **{"f-reason": "", "f-words": "Kept."}))

    assert answer.status_code == 422
    said = words(answer.text)
    assert "Choose why the place changes hands" in said
    assert "Kept." in answer.text
    assert raiser.get(pages.path).status_code == 200


def test_the_business_unit_hands_over_by_role_and_sees_no_name_of_a_party(pages: Pages) -> None:
    pages.leaves(RAISER)
    unit = pages.visitor(UNIT)
    listed = unit.get("/register/places")
    assert listed.status_code in {200, 409}
    form = pages.place(RAISER, "hand-over")
    assert form in listed.text
    page = unit.get(form)
    with pages.scene.database.reading() as session:
        name = session.scalars(select(Person.name).where(Person.email == RAISER)).one()
    assert name not in listed.text + page.text
    assert unit.get(pages.path).status_code == 404

    answer = unit.post(form, answers(pages, COLLEAGUE, RAISER, **{"f-reason": "left"}))
    again = unit.post(form, answers(pages, COLLEAGUE, RAISER, **{"f-reason": "left"}))

    assert (answer.status_code, answer.location) == (303, "/register/places")
    assert (again.status_code, again.location) == (303, "/register/places")
    assert "Somebody holds every place." in words(unit.get("/register/places").text)
    assert pages.visitor(COLLEAGUE).get(pages.path).status_code == 200


def test_whoever_comes_second_is_told_and_keeps_what_they_typed(pages: Pages) -> None:
    pages.leaves(RAISER)
    unit, form = pages.visitor(UNIT), pages.place(RAISER, "hand-over")
    unit.post(form, answers(pages, COLLEAGUE, RAISER))

    late = unit.post(form, answers(pages, STRANGER, RAISER, **{"f-words": "I had typed this."}))

    assert late.status_code == 409
    assert late.status_code in {200, 409}
    assert "I had typed this." in words(late.text)


def test_the_page_says_that_nobody_holds_the_raisers_place(pages: Pages) -> None:
    pages.leaves(RAISER)
    page = pages.visitor(OTHER).get(pages.path)
    assert "Nobody holds the place of who raised the concern: hand it over." in words(page.text)
    assert page.status_code in {200, 409}


def test_somebody_covers_and_it_is_ended_on_the_same_page(pages: Pages) -> None:
    raiser, form = pages.visitor(RAISER), pages.place(RAISER, "cover")
    assert raiser.get(form).status_code in {200, 409}
    today = pages.scene.today
    days = {
        f"f-{end}-{part}": str(getattr(today, part)) for end in ("first", "last") for part in ("day", "month", "year")
    }

    answer = raiser.post(form, {"seen": pages.id(RAISER), "f-person": pages.id(COLLEAGUE), **days})

    assert answer.status_code == 303
    cover = pages.visitor(COLLEAGUE)
    page = cover.get(pages.path)
    assert page.status_code == 200
    assert "Covers for" in words(page.text)
    assert raiser.get(form).status_code in {200, 409}
    assert raiser.post(f"{form}/end", {}).status_code == 303
    assert cover.get(pages.path).status_code == 404


def test_the_days_of_a_cover_are_said_to_be_wrong_beside_them(pages: Pages) -> None:
    raiser, form = pages.visitor(RAISER), pages.place(RAISER, "cover")
    days = {"f-first-day": "9", "f-first-month": "3", "f-first-year": "2027", "f-last-day": "8", "f-last-month": "3"}

    answer = raiser.post(
        form, {"seen": pages.id(RAISER), "f-person": pages.id(COLLEAGUE), **days, "f-last-year": "2027"}
    )

    assert answer.status_code == 422
    assert "The last day must be the first day or later" in words(answer.text)


def test_somebody_of_the_office_declares_an_interest(pages: Pages) -> None:
    chair = pages.visitor(CHAIR)
    while chair.get(f"/register/{pages.escalation}").status_code == 404:
        pages.scene.step_up(pages.escalation)
    form = f"{pages.path}/interest"
    assert chair.get(form).status_code in {200, 409}

    answer = chair.post(form, {"seen": str(pages.escalation), "f-words": "My neighbour’s child."})

    assert answer.status_code == 303
    assert chair.get(f"/register/{pages.escalation}").status_code == 404
    assert chair.get(form).status_code == 404
    with pages.scene.database.reading() as session:
        assert session.scalars(select(Interest.words)).one() == "My neighbour’s child."


def test_a_form_that_does_not_say_what_was_seen_is_refused(pages: Pages) -> None:
    raiser = pages.visitor(RAISER)
    for what in ("hand-over", "cover"):
        assert raiser.post(pages.place(RAISER, what), {"seen": "x"}).status_code == 400
    chair = pages.visitor(CHAIR)
    while chair.get(f"/register/{pages.escalation}").status_code == 404:
        pages.scene.step_up(pages.escalation)
    assert chair.post(f"{pages.path}/interest", {}).status_code == 400
    assert chair.get(f"/register/{pages.escalation}").status_code == 200
