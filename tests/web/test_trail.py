"""What the trail says of pages, and who reads it: a timeline for those who take part and for the office, the whole for its auditor."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import html
from sqlalchemy import exc, select, update

from forms_app.db.tables import AuditEntry, Escalation, Person
from forms_app.domain.records import RestrictedNote
from forms_app.services import timeline
from tests.factories.everything import busy, everything
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

RAISER, OTHER = f"practitioner@school.{DOMAIN}", f"practitioner@socialcare.{DOMAIN}"
MANAGER, UNIT = f"first.line.manager@school.{DOMAIN}", f"unit@board.{DOMAIN}"
STRANGER, AUDITOR = f"practitioner@police.{DOMAIN}", f"practitioner@health.{DOMAIN}"


@dataclass
class Place:
    scene: Scene
    site: Site
    escalation: UUID

    @property
    def path(self) -> str:
        return f"/escalations/{self.escalation}"

    @property
    def reference(self) -> str:
        with self.scene.database.reading() as session:
            return session.scalars(select(Escalation.reference).where(Escalation.id == self.escalation)).one()

    def visitor(self, email: str) -> Visitor:
        return self.site.signed_in(email)

    def auditor(self) -> Visitor:
        with self.scene.database.writing() as session:
            session.execute(update(Person).where(Person.email == AUDITOR).values(seat="auditor"))
        return self.visitor(AUDITOR)

    def last(self) -> AuditEntry:
        return self.entries()[-1]

    def entries(self) -> list[AuditEntry]:
        with self.scene.database.reading() as session:
            found = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
            session.expunge_all()
        return found


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with scene(sqlite_url, everything()) as here:
        yield Place(here, site_of(here, sqlite_url), busy(here))


def lines(page: str, name: str = "timeline") -> list[list[str]]:
    """The cells of each row; of a timeline the moment, who it was, and what."""
    rows = html.fromstring(page).xpath(f"//table[@id='{name}']/tbody/tr")
    cells = "./th/text() | ./th/div | ./td" if name == "timeline" else "./*"
    return [[" ".join(str(text(cell)).split()) for cell in row.xpath(cells)] for row in rows]


def text(cell: Any) -> str:
    return cell if isinstance(cell, str) else cell.text_content()


# --- what is noted ---


def test_a_page_that_is_shown_is_noted_with_who_and_what(place: Place) -> None:
    raiser = place.visitor(RAISER)
    raiser.get(place.path)

    entry = place.last()
    assert (entry.action, entry.code, entry.escalation_id) == ("viewed", "escalations.one", place.escalation)
    assert entry.person_id == place.scene.raiser
    assert entry.board_id is not None

    document = next(each for each in place.entries() if each.action == "document_owed").about_id
    raiser.get(f"/documents/{document}")
    entry = place.last()
    assert (entry.code, entry.about_id, entry.escalation_id) == ("documents.one", document, place.escalation)

    for path, page in (("/contacts", "directory.contacts"), ("/escalations", "escalations.yours")):
        raiser.get(path)
        assert (place.last().action, place.last().code) == ("viewed", page)


@pytest.mark.parametrize("path", ["/health", "/danger", "/", "/your-emails", "/static/nothing", "/nowhere"])
def test_what_shows_nothing_of_anybody_is_not_noted(place: Place, path: str) -> None:
    raiser = place.visitor(RAISER)
    before = len(place.entries())

    raiser.get(path)
    raiser.head(place.path)
    place.site.visitor().get(place.path)

    assert len(place.entries()) == before


def test_what_is_refused_is_noted_with_what_was_asked_for(place: Place) -> None:
    stranger, nothing = place.visitor(STRANGER), uuid4()
    for asked in (place.escalation, nothing):
        for ask in (stranger.get, stranger.post):
            assert ask(f"/escalations/{asked}/account/danger").status_code == 404
            entry = place.last()
            assert (entry.action, entry.code, entry.escalation_id) == ("refused", "escalations.form_page", asked)
    stranger.get(f"/documents/{nothing}")
    assert (place.last().action, place.last().about_id) == ("refused", nothing)


def test_what_cannot_be_noted_is_not_shown(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    raiser = place.visitor(RAISER)

    def away(*_: object) -> None:
        raise exc.OperationalError("", {}, Exception())

    monkeypatch.setattr("forms_app.web.noting.note_page", lambda *_, **__: away())
    answer = raiser.get(place.path)

    assert answer.status_code == 503
    assert place.reference not in answer.text


# --- the timeline ---


def test_those_who_take_part_read_who_did_what_also_who_looked(place: Place) -> None:
    place.visitor(OTHER).get(place.path)

    found = lines(place.visitor(RAISER).get(f"{place.path}/timeline").text)

    assert [found[0][1].partition(",")[0], found[0][2]] == [place.site.person(OTHER).name, "Opened the escalation"]
    said = [what for _, _, what in found]
    assert any(what.startswith("Recorded: ") for what in said)
    assert any(what.startswith("A document was begun: ") for what in said)
    assert "Was refused a page" not in said


def test_a_restricted_note_and_what_comes_of_it_are_in_nobody_elses_timeline(place: Place) -> None:
    manager = place.scene.at("school", "first_line_manager")
    before = lines(place.visitor(RAISER).get(f"{place.path}/timeline").text)
    place.scene.record(place.escalation, RestrictedNote(about="competence"), by=manager)

    after = lines(place.visitor(RAISER).get(f"{place.path}/timeline").text)

    assert after[1:] == before, "only that they looked at the timeline before"
    assert any(
        "estricted note" in what for _, _, what in lines(place.visitor(MANAGER).get(f"{place.path}/timeline").text)
    )


def test_of_somebody_who_takes_no_part_only_their_job_is_said(place: Place) -> None:
    with place.scene.workshop.writing() as work:
        work.note("viewed", person=place.scene.holder("business_unit"), escalation=place.escalation, code="board.one")

    found = lines(place.visitor(RAISER).get(f"{place.path}/timeline").text)

    assert found[0][2] == "Opened the page in the Board’s register"
    assert place.site.person(UNIT).job_title in found[0][1]
    assert place.site.person(UNIT).name not in found[0][1]


def test_somebody_whom_the_reader_does_not_see_is_not_in_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.visitor(OTHER).get(place.path)
    whole = timeline.escalation_view

    def without(work: object, **asked: object) -> object:
        view = whole(work, **asked)  # type: ignore[arg-type]
        object.__setattr__(view, "parties", tuple(each for each in view.parties if "Social Care" not in each.agency))
        return view

    agencies = {line[1] for line in lines(place.visitor(RAISER).get(f"{place.path}/timeline").text)}
    assert any("Social Care" in each for each in agencies)
    monkeypatch.setattr(timeline, "escalation_view", without)
    found = lines(place.visitor(RAISER).get(f"{place.path}/timeline").text)
    assert found
    assert not [who for _, who, _ in found if "Social Care" in who]


def test_a_long_timeline_has_pages(place: Place) -> None:
    with place.scene.workshop.writing() as work:
        for _ in range(timeline.ON_A_PAGE * 2 + timeline.AT_ONCE):
            work.note("viewed", person=place.scene.raiser, escalation=place.escalation, code="escalations.one")
            work.note("refused", person=place.scene.raiser, escalation=place.escalation, code="escalations.one")
    raiser, seen, path = place.visitor(RAISER), 0, f"{place.path}/timeline"
    while path:
        page = raiser.get(path)
        assert page.status_code == 200
        seen += (count := len(lines(page.text)))
        assert count <= timeline.ON_A_PAGE
        links = html.fromstring(page.text).xpath("//a[normalize-space()='Older entries']/@href")
        path = links[0] if links else ""
    assert seen > timeline.ON_A_PAGE * 2 + timeline.AT_ONCE


def test_the_timeline_is_for_nobody_else(place: Place) -> None:
    for email in (STRANGER, UNIT):
        assert place.visitor(email).get(f"{place.path}/timeline").status_code == 404
    assert place.visitor(RAISER).get(f"/register/{place.escalation}/timeline").status_code == 404


# --- the auditor ---


def test_the_auditor_reads_who_was_what_and_no_name(place: Place) -> None:
    place.visitor(RAISER).get(place.path)
    auditor = place.auditor()

    page = auditor.get("/trail")

    assert page.status_code == 200
    assert place.reference in page.text
    with place.scene.database.reading() as session:
        for name in session.scalars(select(Person.name)):
            assert name not in html.fromstring(page.text).xpath("//main")[0].text_content(), name
    assert auditor.get(place.path).status_code == 404
    for email in (RAISER, UNIT):
        assert place.visitor(email).get("/trail").status_code == 404


def test_the_auditor_looks_for_a_day_a_deed_a_person_or_an_escalation(place: Place) -> None:
    place.visitor(OTHER).get(place.path)
    auditor = place.auditor()
    other = place.site.person(OTHER).id

    def found(asked: str) -> list[list[str]]:
        answer = auditor.get(f"/trail?{asked}")
        assert answer.status_code == 200, asked
        return lines(answer.text, "entries")

    assert {str(other) in line[2] for line in found(f"person={other}")} == {True}
    assert {line[3].partition(" ")[0] for line in found("group=viewed")} == {"Opened"}
    assert "Recorded concern_recorded" in [line[3] for line in found("")]
    assert {line[4] for line in found(f"reference={place.reference.lower()}")} == {place.reference}
    assert found("reference=NONE-1") == []
    assert found("since-day=1&since-month=1&since-year=2099") == []
    assert len(found("until-day=1&until-month=1&until-year=2099")) > 5
    assert found("before=2")[0][0] == "1"
    for wrong in ("person=x", "since-day=40&since-month=1&since-year=2027", "group=x"):
        refused = auditor.get(f"/trail?{wrong}")
        assert (refused.status_code, lines(refused.text, "entries")) == (422, [])
        assert auditor.get(f"/trail/entries.csv?{wrong}").status_code == 404


def test_the_auditor_takes_it_along_as_a_file_and_that_is_noted(place: Place) -> None:
    auditor = place.auditor()
    auditor.get("/trail")
    table = auditor.get("/trail/entries.csv?group=viewed")
    assert place.last().action == "trail_exported"
    rows = list(csv.DictReader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert {row["action"] for row in rows} == {"viewed"}

    found = [json.loads(line) for line in auditor.get("/trail/entries.jsonl").text.splitlines()]

    assert [int(each["number"]) for each in found] == sorted((int(each["number"]) for each in found), reverse=True)
    assert all(len(each["hash"]) == 64 for each in found)
    place.scene.clock.forward(minutes=14)
    assert auditor.get("/trail").status_code == 200
    place.scene.clock.forward(minutes=14)
    assert auditor.get("/trail/entries.csv").status_code == 303, "it must be proved again first"


def test_the_trail_of_another_board_is_not_theirs(place: Place) -> None:
    with place.scene.workshop.writing() as work:
        work.note("board_set_up", board=uuid4())
        work.note("sign_in_refused")
        work.note("document_read", person=place.scene.raiser)

    found = lines(place.auditor().get("/trail").text, "entries")

    said = [line[3] for line in found]
    assert "Read a document document_read" in said
    assert "Was not signed in sign_in_refused" not in said
    assert said.count("Set up a Board board_set_up") == 1
