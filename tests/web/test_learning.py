"""The pages of the registers of learning and of gaps, and of patterns, as the unit, a sub-group and others open them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.db.learning_tables import LearningLine
from forms_app.db.tables import Person
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.factories.walks import settle
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

UNIT, CHAIR, RAISER = (f"{who}.{DOMAIN}" for who in ("unit@board", "chair@board", "practitioner@school"))
MEMBER = f"colleague@health.{DOMAIN}"
LINE = {
    "kind": "learning",
    "code": "training",
    "section": "",
    "what": "Staff did not know who decides.",
    "action": "Put it into the yearly training.",
    "owner": "seat-sub_group",
    "due_on-day": "1",
    "due_on-month": "6",
    "due_on-year": "2027",
    "sub_group": "sub_group",
}


@dataclass
class Place:
    scene: Scene
    site: Site
    escalation: UUID

    def visitor(self, email: str = UNIT) -> Visitor:
        return self.site.signed_in(email)


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with scene(sqlite_url, "hull") as here:
        escalation = here.open(everybody=True).escalation_id
        while here.stage(escalation).id != "stage_three":
            here.step_up(escalation, everybody=True)
        settle(here, escalation)
        with here.database.writing() as session:
            session.scalars(select(Person).where(Person.seat == "sub_group")).one().seat = None
            session.get_one(Person, here.at("health", "colleague")).seat = "sub_group"
        site = site_of(here, sqlite_url)
        site.app.add_url_rule("/who", "who", site.app.view_functions["emails.yours"])
        yield Place(here, site, escalation)


def main_of(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


def hidden(visitor: Visitor) -> dict[str, str]:
    found = html.fromstring(visitor.page).xpath("//main//form[@method='post']//input[@type='hidden']")
    return {each.get("name"): each.get("value") for each in found if each.get("name") != "csrf_token"}


def add(place: Place, visitor: Visitor, path: str = "/learning/new", **changed: str) -> TestResponse:
    visitor.get(path)
    return visitor.post(path, {**hidden(visitor), **LINE, **changed})


def test_from_what_waits_to_a_line_that_is_done(place: Place) -> None:
    unit = place.visitor()
    assert "Learning and gaps to route (1)" in main_of(unit.get("/learning"))
    assert "A need for training" in main_of(unit.get("/learning/to-route"))
    path = f"/learning/to-route/{place.escalation}/add"

    page = html.fromstring(unit.get(f"{path}?code=training").text)
    assert page.xpath("string(//textarea[@name='what'])").strip() == "A need for training"
    answer = add(place, unit, path)

    assert "The line was added." in main_of(unit.get(answer.location))
    assert "Nothing waits." in main_of(unit.get("/learning/to-route"))
    line = answer.location.partition("?")[0]
    unit.get(f"{line}/done")
    done = unit.post(f"{line}/done", {**hidden(unit), "done": "It is in the training."})
    assert "The line is marked as done." in main_of(unit.get(done.location))
    assert "There are no such lines." in main_of(unit.get("/learning"))
    assert "Done on 1 March 2027" in main_of(unit.get("/learning?show=done"))
    unit.get(line)
    assert "The line is open again." in main_of(unit.get(unit.post(f"{line}/open-again", hidden(unit)).location))


def test_nothing_to_add_asks_why(place: Place) -> None:
    unit, path = place.visitor(), f"/learning/to-route/{place.escalation}/nothing"
    unit.get(path)
    assert unit.post(path, {"reason": " "}).status_code == 422

    answer = unit.post(path, {"reason": "It stands in the register already."})

    assert "nothing is to be added" in main_of(unit.get(answer.location))


def test_what_was_found_is_shown_and_nothing_that_was_typed_is_lost(place: Place) -> None:
    unit, path = place.visitor(), f"/learning/to-route/{place.escalation}/add"
    with place.scene.database.reading() as session:
        name = session.get_one(Person, place.scene.raiser).name

    answer = add(place, unit, path, what=f"{name} was not heard.")

    assert answer.status_code == 422
    assert f"“{name}” in “What is learnt, or what is the gap?”" in main_of(answer)
    assert f"{name} was not heard." in html.fromstring(answer.text).xpath("string(//textarea[@name='what'])")
    typed = {**LINE, "what": f"{name} was not heard."}
    again = unit.post(path, {**hidden(unit), **typed, "kept": ""})
    assert again.status_code == 422
    kept = unit.post(path, {**hidden(unit), **typed, "kept": "It is also the name of a month."})
    assert "It is also the name of a month." in main_of(unit.get(kept.location))


def test_a_gap_needs_its_place_in_the_policy_and_a_fault_loses_nothing(place: Place) -> None:
    unit = place.visitor()

    answer = add(place, unit, kind="gap", code="none", what="It gives no time.")

    assert answer.status_code == 422
    assert "Enter where in the policy the gap is" in main_of(answer)
    assert "It gives no time." in answer.text
    added = add(place, unit, kind="gap", code="none", what="It gives no time.", section="Stage 2")
    unit.get(added.location)
    assert "Stage 2" in main_of(unit.get("/learning/gaps"))


def test_who_changed_it_first_is_not_overwritten(place: Place) -> None:
    unit = place.visitor()
    line = add(place, unit).location.partition("?")[0]
    unit.get(f"{line}/change")
    stale = hidden(unit)
    assert unit.post(f"{line}/change", {**stale, **LINE, "action": "Tell every school."}).status_code == 303

    answer = unit.post(f"{line}/change", {**stale, **LINE, "action": "Tell every nurse."})

    assert answer.status_code == 409
    assert "Tell every school." in main_of(answer)
    assert "Tell every nurse." in answer.text


def test_the_sub_group_reads_its_lines_and_writes_none(place: Place) -> None:
    unit = place.visitor()
    mine = add(place, unit, f"/learning/to-route/{place.escalation}/add").location.partition("?")[0]
    other = add(place, unit, sub_group="policy_sub_group").location.partition("?")[0]
    with place.scene.database.reading() as session:
        assert len(session.scalars(select(LearningLine.id)).all()) == 2

    member = place.visitor(MEMBER)

    page = member.get(mine)
    assert "Staff did not know who decides." in main_of(page)
    assert "INV-" not in page.text, "nobody but the unit is told where it comes from"
    assert member.get(other).status_code == 404
    assert "1 line" in main_of(member.get("/learning"))
    for path in ("/learning/new", "/learning/to-route", f"{mine}/change", f"{mine}/done"):
        assert member.get(path).status_code == 404, path
    assert place.visitor(RAISER).get("/learning").status_code == 404


def test_an_address_that_asks_for_what_there_is_not_is_not_there(place: Place) -> None:
    unit = place.visitor()

    for query in ("show=all", "owner=person-1", "sub_group=nobody", "owner=seat-x"):
        assert unit.get(f"/learning?{query}").status_code == 404, query
    assert unit.get("/learning?page=99999999").status_code == 200


def test_the_chair_reads_and_does_not_write(place: Place) -> None:
    line = add(place, place.visitor()).location.partition("?")[0]
    chair = place.visitor(CHAIR)

    assert chair.get(line).status_code == 200
    assert chair.get(f"{line}/change").status_code == 404
    assert chair.get("/learning/to-route").status_code == 404


def test_patterns_are_shown_looked_at_and_set(place: Place) -> None:
    for _ in range(2):
        place.scene.open()
    unit = place.visitor()
    page = unit.get("/patterns")
    assert "3 or more similar escalations in 12 months" in main_of(page)
    (path,) = html.fromstring(page.text).xpath("//table[@id='patterns']//a/@href")

    assert "3 similar escalations in the last 12 months" in main_of(unit.get(path))
    assert "Patterns to look at (1)" in main_of(unit.get("/register/today"))
    unit.get(f"{path}/nothing")
    assert unit.post(f"{path}/nothing", {**hidden(unit), "reason": ""}).status_code == 422
    looked = unit.post(f"{path}/nothing", {**hidden(unit), "reason": "They meet about it on Friday."})
    assert "They meet about it on Friday." in main_of(unit.get(looked.location))
    assert "Patterns to look at" not in main_of(unit.get("/register/today"))
    unit.get("/patterns/threshold")
    for count, status in (("1", 422), ("many", 422), ("-3", 422), ("9" * 30, 422), ("4", 303)):
        assert unit.post("/patterns/threshold", {"similar": count, "months": "6"}).status_code == status, count
    assert "4 or more similar escalations in 6 months" in main_of(unit.get("/patterns"))
    assert "One more would make it a pattern" in main_of(unit.get("/patterns"))


def test_the_scrutineer_reads_patterns_without_a_way_into_the_register(place: Place) -> None:
    for _ in range(2):
        place.scene.open()
    with place.scene.database.writing() as session:
        session.scalars(select(Person).where(Person.email == f"colleague@charity.{DOMAIN}")).one().seat = "scrutineer"
    scrutineer = place.visitor(f"colleague@charity.{DOMAIN}")

    (path,) = html.fromstring(scrutineer.get("/patterns").text).xpath("//table[@id='patterns']//a/@href")

    page = scrutineer.get(path)
    assert "3 similar escalations" in main_of(page)
    assert "/register" not in page.text
    assert scrutineer.get(f"{path}/nothing").status_code == 404
    assert place.visitor(MEMBER).get("/patterns").status_code == 404
