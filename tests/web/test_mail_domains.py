"""The business unit's page of mail domains, and everybody's page about their own emails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.commands.invented import invented_board, with_second_officer
from forms_app.db.tables import MailDomain, Person
from forms_app.services.boards import GivenBoard, set_up_board
from tests.factories.scenes import DOMAIN, Scene, everybody, latest, scene
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

BOARD = with_second_officer(invented_board(latest("hull"))).given
RAISER, UNIT, CHAIR = f"practitioner@school.{DOMAIN}", f"unit@board.{DOMAIN}", f"chair@board.{DOMAIN}"
SECOND, NEW = f"second.unit@board.{DOMAIN}", "supply.example"
EVERY = "/register/domains"


@dataclass
class Place:
    scene: Scene
    site: Site

    def visitor(self, email: str = UNIT) -> Visitor:
        return self.site.signed_in(email)

    def load(self, email: str = f"tamsin@{NEW}", **changed: Any) -> None:
        """The file again, with somebody new at the school."""
        whole = BOARD.model_dump() | changed
        one = {"name": "Tamsin Otterbourne", "email": email, "job_title": "Supply teacher", "level": "practitioner"}
        whole["agencies"][1]["people"].append(one)
        with self.scene.workshop.writing() as work:
            set_up_board(work, GivenBoard.model_validate(whole))
        self.scene.people = everybody(self.scene.database)

    def path(self, domain: str = NEW) -> str:
        with self.scene.database.reading() as session:
            return f"{EVERY}/{session.scalars(select(MailDomain.id).where(MailDomain.domain == domain)).one()}"

    def rule(self, domain: str = NEW) -> str | None:
        with self.scene.database.reading() as session:
            row = session.scalars(select(MailDomain).where(MailDomain.domain == domain)).one()
            return row.rule if row.confirmed_at else None


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with scene(sqlite_url, "hull") as here:
        site = site_of(here, sqlite_url)
        site.app.add_url_rule("/who", "who", site.app.view_functions["emails.yours"])
        found = Place(here, site)
        found.load()
        yield found


def main_of(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


def rows(answer: TestResponse, table: str) -> list[list[str]]:
    found = html.fromstring(answer.text).xpath(f"//table[@id='{table}']/tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found]


def seen(visitor: Visitor) -> str:
    return str(html.fromstring(visitor.page).xpath("//main//input[@name='seen']/@value")[0])


def test_the_register_says_that_a_domain_waits_and_leads_there(place: Place) -> None:
    unit = place.visitor()

    page = unit.get("/register/today")

    assert "Email domains to confirm (1) Nothing is sent to an address there until you confirm its domain." in main_of(
        page
    )
    assert f'href="{EVERY}"' in page.text
    assert f'href="{EVERY}"' not in place.visitor(CHAIR).get("/register/today").text


def test_a_new_domain_is_confirmed_in_a_second_step_that_shows_whose_addresses_these_are(place: Place) -> None:
    unit = place.visitor()
    (waiting,) = rows(unit.get(EVERY), "waiting")
    assert waiting == [NEW, "Inventedshire Primary School", "Tamsin Otterbourne, Supply teacher", "1 March 2027"]

    page = unit.get(place.path())
    school = "Inventedshire Primary School"
    assert rows(page, "people") == [["Tamsin Otterbourne", "Supply teacher", school, f"tamsin@{NEW}"]]
    assert "Nothing: it is not confirmed" in main_of(page)
    assert not html.fromstring(page.text).xpath("//input[@type='radio'][@checked]"), "nobody chose for them"
    pokes = len(place.site.pokes)
    assert unit.post(place.path(), {"rule": "link", "seen": seen(unit)}).location == EVERY

    page = unit.get(EVERY)
    assert not rows(page, "waiting")
    assert "No domain waits to be confirmed." in main_of(page)
    (line,) = [row for row in rows(page, "confirmed") if row[0] == NEW]
    assert line[1:] == [school, "Send a link to the documents", "1", "1 March 2027", place.site.person(UNIT).name]
    assert len(place.site.pokes) == pokes + 1, "what waited goes at once"
    assert "until you confirm" not in main_of(unit.get("/register/today"))


def test_who_chooses_nothing_is_told_so_and_nothing_is_confirmed(place: Place) -> None:
    unit = place.visitor()
    unit.get(place.path())

    for given in ({}, {"rule": "everything"}):
        answer = unit.post(place.path(), {**given, "seen": seen(unit)})
        assert answer.status_code == 422
        assert "Choose an answer to “What may be sent to these addresses?”" in main_of(answer)
    assert place.rule() is None


def test_the_rule_is_changed_later_and_what_it_is_stands_chosen(place: Place) -> None:
    unit, path = place.visitor(), place.path(f"school.{DOMAIN}")
    page = unit.get(path)
    assert html.fromstring(page.text).xpath("//input[@type='radio'][@checked]/@value") == ["link"]

    assert unit.post(path, {"rule": "never", "seen": seen(unit)}).status_code == 303

    (line,) = [row for row in rows(unit.get(EVERY), "confirmed") if row[0] == f"school.{DOMAIN}"]
    assert line[2] == "Send no email By telephone"


def test_who_was_overtaken_decides_nothing_and_a_double_submit_is_one(place: Place) -> None:
    first, second = place.visitor(), place.visitor(SECOND)
    for visitor in (first, second):
        visitor.get(place.path())
    form = {"rule": "never", "seen": seen(first)}
    assert [first.post(place.path(), form).status_code for _ in range(2)] == [303, 303]

    answer = second.post(place.path(), {"rule": "attach", "seen": seen(second)})

    assert answer.status_code == 409
    assert "Somebody else decided about this domain meanwhile" in main_of(answer)
    assert html.fromstring(answer.text).xpath("//input[@type='radio'][@checked]/@value") == ["attach"]
    assert place.rule() == "never"
    assert second.post(place.path(), {"rule": "attach", "seen": seen(second)}).status_code == 303


def test_nobody_is_offered_the_domain_of_their_own_address(place: Place) -> None:
    unit, path = place.visitor(), place.path(f"board.{DOMAIN}")

    page = unit.get(path)

    assert "Your own address is there, so somebody else has to decide" in main_of(page)
    assert not html.fromstring(page.text).xpath("//main//form")
    assert unit.post(path, {"rule": "never", "seen": ""}).status_code == 409
    assert place.rule(f"board.{DOMAIN}") == "attach"


def test_public_webmail_says_so_and_offers_no_attaching(place: Place) -> None:
    place.load("tamsin@gmail.com", allowed_webmail=["gmail.com"])
    unit, path = place.visitor(), place.path("tamsin@gmail.com")

    page = unit.get(path)

    assert "What you choose counts for this one address only." in main_of(page)
    assert html.fromstring(page.text).xpath("//input[@type='radio']/@value") == ["link", "never"]
    assert "tamsin" not in html.fromstring(page.text).xpath("string(//title)")
    assert unit.post(path, {"rule": "attach", "seen": seen(unit)}).status_code == 422


def test_a_domain_in_other_letters_is_shown_as_computers_write_it(place: Place) -> None:
    place.load("tamsin@xn--inventedshire-5ig.example")

    page = place.visitor().get(place.path("xn--inventedshire-5ig.example"))

    assert "This domain has letters other than a to z" in main_of(page)
    assert "Email addresses at xn--inventedshire-5ig.example" in main_of(page)


@pytest.mark.parametrize("email", [RAISER, CHAIR])
def test_nobody_else_finds_the_pages(place: Place, email: str) -> None:
    visitor, path = place.visitor(email), place.path()

    for each in (EVERY, path):
        assert visitor.get(each).status_code == 404
    assert visitor.post(path, {"rule": "link"}).status_code == 404
    assert place.rule() is None


# --- one's own emails ---


def language(place: Place, email: str) -> str:
    with place.scene.database.reading() as session:
        return session.scalars(select(Person.language).where(Person.email == email)).one()


def test_everybody_chooses_the_language_of_their_emails(place: Place) -> None:
    raiser = place.visitor(RAISER)
    assert 'href="/your-emails"' in raiser.get("/escalations").text
    page = raiser.get("/your-emails")
    assert RAISER in main_of(page)
    assert html.fromstring(page.text).xpath("//input[@type='radio'][@checked]/@value") == ["en"]

    for _ in range(2):
        assert raiser.post("/your-emails", {"language": "cy"}).location == "/your-emails"

    assert "in Welsh" in main_of(raiser.get("/your-emails"))
    assert (language(place, RAISER), language(place, UNIT)) == ("cy", "en")
    assert place.site.actions().count("language_chosen_cy") == 1


@pytest.mark.parametrize("given", [{}, {"language": "fr"}])
def test_a_language_that_there_is_not_is_not_taken(place: Place, given: dict[str, str]) -> None:
    raiser = place.visitor(RAISER)
    raiser.get("/your-emails")

    answer = raiser.post("/your-emails", given)

    assert answer.status_code == 422
    assert language(place, RAISER) == "en"
    assert 'href="/your-emails"' not in place.site.visitor().get("/contact").text
