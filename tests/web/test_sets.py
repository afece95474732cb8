"""The pages of sets of documents, and of the documents that one person can have in a day."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from lxml import html
from sqlalchemy import select

from forms_app.app import create_app
from forms_app.db.tables import AuditEntry, Board, Delivery, Document, Person, SubjectOfConcern
from forms_app.domain.answers import from_json
from forms_app.domain.policy import DEIDENTIFIED_CODES
from forms_app.services import sets
from tests.factories.downloads import issue, second_officer, tell_the_board
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.services.test_sets import work_off
from tests.web.conftest import Site, settings
from tests.web.visitor import Visitor

UNIT, CHAIR, RAISER = f"unit@board.{DOMAIN}", f"chair@board.{DOMAIN}", f"practitioner@school.{DOMAIN}"
ANALYST, OTHER = f"subgroup@board.{DOMAIN}", f"directors@board.{DOMAIN}"
PAGE = "/register/downloads"
MARCH = {
    "first_month": "2027-03",
    "last_month": "2027-03",
    "kinds": list(DEIDENTIFIED_CODES),
    "formats": ["pdf", "docx"],
}


@dataclass
class Place:
    scene: Scene
    site: Site
    issued: list[UUID]

    def visitor(self, email: str = UNIT) -> Visitor:
        self.scene.clock.forward(seconds=1)
        return self.site.signed_in(email)

    def asked(self, visitor: Visitor) -> str:
        """The address of a set that somebody asked for and the worker made."""
        visitor.get(PAGE)
        answer = visitor.post(PAGE, {**MARCH, "form_key": str(uuid4())})
        assert answer.status_code == 303, words(answer.text)
        work_off(self.scene)
        return answer.location

    def limit(self, documents: int) -> None:
        with self.scene.database.writing() as session:
            session.scalars(select(Board)).one().documents_a_day = documents


both = pytest.mark.parametrize("place", ["sqlite_url", "postgresql_url"], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """On SQLite, but for those that say `both`."""
    url = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    with scene(url, "hull") as here:
        app = create_app(settings(url), workshop=here.workshop, poke=lambda: None)
        tell_the_board(here)
        site = Site(app, here.database, here.clock)  # type: ignore[arg-type]  # a clock of the same kind
        yield Place(here, site, issue(here))


def words(text: str) -> str:
    return " ".join(html.fromstring(text).xpath("//main")[0].text_content().split())


@both
def test_a_set_is_looked_at_asked_for_followed_and_downloaded(place: Place) -> None:
    visitor = place.visitor()
    before = visitor.get(PAGE, query_string=MARCH)
    assert f"What would be in it {len(place.issued)} document issued in March 2027" in words(before.text)
    answer = visitor.post(PAGE, {**MARCH, "form_key": key_in(before.text)})
    assert answer.status_code == 303
    assert f"Being made 0 of {len(place.issued)}" in words(visitor.get(answer.location).text)

    work_off(place.scene)
    page = visitor.get(answer.location)
    (link,) = html.fromstring(page.text).xpath("//main//a[contains(., 'Download the set')]/@href")
    archive = visitor.get(link)

    assert (archive.status_code, archive.mimetype) == (200, "application/zip")
    assert re.fullmatch(
        r"attachment; filename=[A-Z]{3,4}-documents-2027-03-to-2027-03.zip", archive.headers["Content-Disposition"]
    )
    assert len(zipfile.ZipFile(io.BytesIO(archive.data)).namelist()) == 2 + 2 * len(place.issued)
    assert "Ready" in words(visitor.get(PAGE).text)


def test_what_was_typed_of_a_child_is_in_no_name_and_no_list(place: Place) -> None:
    with place.scene.database.reading() as session:
        people = [text for each in session.scalars(select(Person)) for text in (each.name, each.email, each.job_title)]
        about = [from_json(each) for each in session.scalars(select(SubjectOfConcern.answers))]
    typed = [answer.answer for sections in about for section in sections for answer in section.answers]
    visitor = place.visitor()
    address = place.asked(visitor)

    answer = visitor.get(f"{address}/documents.zip")

    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        said = " ".join([*archive.namelist(), *(archive.read(name).decode() for name in archive.namelist()[:2])])
    said += str(answer.headers)
    assert typed
    assert people
    assert [text for text in (*people, *typed) if len(text) > 3 and text in said] == []


def test_it_is_as_if_it_never_was_for_everybody_else(place: Place) -> None:
    second_officer(place.scene)
    address = place.asked(place.visitor())

    for email in (CHAIR, ANALYST, RAISER, OTHER):
        visitor = place.visitor(email)
        for path in (address, f"{address}/documents.zip"):
            assert visitor.get(path).status_code == 404, (email, path)
        assert visitor.get(PAGE).status_code == (200 if email == OTHER else 404), email
    assert "Only whoever asked for a set can download it" in words(place.visitor(OTHER).get(PAGE).text)


def test_a_download_asks_for_a_new_proof(place: Place) -> None:
    visitor = place.visitor()
    address = place.asked(visitor)
    place.scene.clock.forward(minutes=11)

    assert visitor.get(f"{address}/documents.zip").status_code == 303
    assert visitor.get(address).status_code == 200


def test_what_is_missing_or_none_of_ours_is_said_beside_it(place: Place) -> None:
    visitor = place.visitor()
    visitor.get(PAGE)
    for changed, said in (
        ({"first_month": ""}, "Choose an answer to “From”"),
        ({"first_month": "2027-03'"}, "from the list"),
        ({"kinds": []}, "Choose at least one answer to “Which documents?”"),
        ({"kinds": ["written_account"]}, "from the list"),
        ({"formats": ["page"]}, "from the list"),
    ):
        for answer in (
            visitor.get(PAGE, query_string={**MARCH, **changed}),
            visitor.post(PAGE, {**MARCH, **changed, "form_key": str(uuid4())}),
        ):
            assert answer.status_code == 422
            assert said in words(answer.text)


def test_a_time_with_nothing_in_it_and_one_that_ends_before_it_begins_are_said(place: Place) -> None:
    place.scene.clock.strike(2027, 5, 1)
    visitor = place.visitor()

    nothing = visitor.get(PAGE, query_string={**MARCH, "first_month": "2027-04", "last_month": "2027-04"})
    backwards = visitor.get(PAGE, query_string={**MARCH, "first_month": "2027-04"})

    assert (nothing.status_code, backwards.status_code) == (422, 422)
    assert sets.NOTHING in words(nothing.text)
    assert "Choose the same month as the first, or a later one" in words(backwards.text)


def test_a_set_with_something_that_was_withdrawn_says_make_it_again(place: Place) -> None:
    visitor = place.visitor()
    address = place.asked(visitor)
    with place.scene.database.writing() as session:
        for delivery in session.scalars(select(Delivery).where(Delivery.document_id == place.issued[0])):
            delivery.withdrawn_at = place.scene.clock.now

    answer = visitor.get(f"{address}/documents.zip")

    assert answer.status_code == 409
    assert "Make the set again" in words(answer.text)
    assert "Download the set" not in words(visitor.get(address).text)


@both
def test_more_than_is_left_today_is_refused_wherever_it_is_downloaded(place: Place) -> None:
    second_officer(place.scene)
    place.limit(1)
    visitor = place.visitor()
    path = f"/register/documents/{place.issued[0]}/pdf"

    assert visitor.get(path).status_code == 200
    refused = [visitor.get(path), visitor.get(f"/documents/{place.issued[0]}/pdf"), visitor.get(bundle_of(place))]

    assert [each.status_code for each in refused] == [429] * 3
    assert "You have downloaded 1 of the 1 de-identified documents" in words(refused[0].text)
    assert "ask somebody else of the business unit" in words(refused[0].text)
    assert "That is more than the 0 documents" in words(visitor.get(PAGE, query_string=MARCH).text)
    asked = visitor.post(PAGE, {**MARCH, "form_key": str(uuid4())})
    assert "That is more than the 0 documents" in words(asked.text)
    assert place.visitor(OTHER).get(path).status_code == 200, "each has their own"
    assert "Very many downloads (2)" in words(place.visitor(CHAIR).get("/register/today").text)
    with place.scene.database.reading() as session:
        given = session.scalars(select(AuditEntry).where(AuditEntry.action == "document_downloaded")).all()
    assert len(given) == 2


def bundle_of(place: Place) -> str:
    with place.scene.workshop.reading() as work:
        return f"/register/{work.session.get_one(Document, place.issued[0]).escalation_id}/bundle"


def key_in(text: str) -> str:
    return str(html.fromstring(text).xpath("//main//input[@name='form_key']/@value")[0])
