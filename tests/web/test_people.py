"""The pages of whoever administers people, and what they never show."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.commands.invented import invented_board, with_second_officer
from forms_app.db.tables import Agency, AuthenticatorApp, Notification, Person, Proposal
from forms_app.services.boards import set_up_board
from forms_app.services.identity_providers import Said
from forms_app.services.single_sign_on import AgencysProvider, set_providers
from forms_app.web import single_sign_on
from tests.factories.scenes import DOMAIN, Scene, everybody, latest, scene
from tests.factories.second_steps import KEY
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

BOARD = with_second_officer(invented_board(latest("hull"))).given
UNIT, SECOND = f"unit@board.{DOMAIN}", f"second.unit@board.{DOMAIN}"
ADMINISTRATOR, RAISER = f"senior.manager@school.{DOMAIN}", f"practitioner@school.{DOMAIN}"


OF_THE_ESCALATION = (
    r"[A-Z]{3,4}-\d{7}",
    "Marchbank",
    "no meal since Friday",
    "open escalations in which they take part",
)


@dataclass
class Place:
    scene: Scene
    site: Site

    def visitor(self, email: str = UNIT) -> Visitor:
        return self.site.signed_in(email)

    def person(self, email: str) -> Person:
        return self.site.person(email)

    def path(self, email: str, rest: str = "") -> str:
        return f"/people/{self.person(email).id}{rest}"

    def agency(self, email: str) -> UUID:
        return self.person(email).agency_id

    def waiting(self) -> str:
        with self.scene.database.reading() as session:
            found = session.scalars(select(Proposal.id).where(Proposal.decision.is_(None))).one()
            return f"/people/proposals/{found}"


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with place_on(sqlite_url) as found:
        yield found


@contextmanager
def place_on(url: str) -> Iterator[Place]:
    with scene(url, "hull") as here:
        with here.workshop.writing() as work:
            set_up_board(work, BOARD)
        here.people = everybody(here.database)
        with here.database.writing() as session:
            session.scalars(select(Person).where(Person.email == ADMINISTRATOR)).one().administers_agency = True
        site = site_of(here, url)
        site.app.add_url_rule("/who", "who", site.app.view_functions["emails.yours"])
        yield Place(here, site)


def main_of(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


def names(answer: TestResponse, table: str = "people") -> list[str]:
    return [
        " ".join(cell.text_content().split())
        for cell in html.fromstring(answer.text).xpath(f"//table[@id='{table}']/tbody/tr/th//a")
    ]


def value(visitor: Visitor, name: str) -> str:
    return str(html.fromstring(visitor.page).xpath(f"//main//input[@name='{name}']/@value")[0])


def test_the_list_is_reached_from_every_page_by_whoever_administers_people_and_by_nobody_else(place: Place) -> None:
    for email in (UNIT, ADMINISTRATOR):
        assert 'href="/people"' in place.visitor(email).get("/contacts").text
    stranger = place.visitor(RAISER)
    assert 'href="/people"' not in stranger.get("/contacts").text
    for path in ("/people", "/people/new", "/people/file", "/agencies", place.path(RAISER)):
        assert stranger.get(path).status_code == 404


def test_an_administrator_sees_their_agency_and_nothing_of_an_escalation(place: Place) -> None:
    place.scene.open()
    visitor = place.visitor(ADMINISTRATOR)
    assert place.person(RAISER).name in names(visitor.get("/people"))
    attest = f"/agencies/{place.agency(RAISER)}/attest"
    pages = (
        "/people",
        place.path(RAISER),
        place.path(RAISER, "/leave"),
        "/agencies",
        attest,
        "/people/file/people.csv",
    )

    for page in pages:
        answer = visitor.get(page)
        assert answer.status_code == 200
        for canary in OF_THE_ESCALATION:
            assert not re.search(canary, f"{answer.text}{answer.headers}", re.IGNORECASE), (page, canary)

    assert visitor.get(place.path(f"practitioner@police.{DOMAIN}")).status_code == 404
    assert "Open escalations in which they take part 1" in main_of(place.visitor(UNIT).get(place.path(RAISER)))


def test_a_person_is_added_changed_and_what_is_wrong_stands_beside_the_field(place: Place) -> None:
    visitor = place.visitor(ADMINISTRATOR)
    visitor.get("/people/new")
    given = {
        "form_key": value(visitor, "form_key"),
        "full_name": "Tamsin Otterbourne",
        "email": "Tamsin@gmail.com",
        "job_title": "Supply teacher",
        "level": "practitioner",
    }

    refused = visitor.post("/people/new", given)
    assert refused.status_code == 422
    assert "Anybody can have an address at gmail.com" in main_of(refused)
    assert "Tamsin Otterbourne" in refused.text, "nothing that was typed is lost"
    assert visitor.post("/people/new", given | {"full_name": ""}).status_code == 422

    added = visitor.post("/people/new", given | {"email": f"Tamsin@school.{DOMAIN}"})
    there = added.location
    assert "Tamsin Otterbourne" in main_of(visitor.follow(added))
    visitor.get(f"{there}/change")
    change = {**given, "job_title": "Teacher", "telephone": "01632 960 001", "seen": value(visitor, "seen")}
    assert visitor.post(f"{there}/change", change).location == there
    meanwhile = visitor.post(f"{there}/change", change | {"job_title": "Head", "seen": "old"})
    assert meanwhile.status_code == 409
    assert "Somebody changed this person" in main_of(meanwhile)


def test_another_agency_cannot_be_given_by_an_administrator(place: Place) -> None:
    visitor, before = place.visitor(ADMINISTRATOR), place.agency(RAISER)
    visitor.get(place.path(RAISER, "/change"))
    police = str(place.agency(f"practitioner@police.{DOMAIN}"))
    given = {"full_name": "A B", "job_title": "C", "level": "practitioner", "seen": value(visitor, "seen")}

    visitor.post(place.path(RAISER, "/change"), given | {"agency": police, "agency_id": police, "seat": "chair"})

    assert place.agency(RAISER) == before
    assert place.person(RAISER).seat is None


def test_a_seat_is_confirmed_by_a_second_person(place: Place) -> None:
    first, second, lead = place.visitor(UNIT), place.visitor(SECOND), f"safeguarding.lead@health.{DOMAIN}"
    first.get(place.path(lead, "/seat"))

    assert first.post(place.path(lead, "/seat"), {"seat": "emperor"}).status_code == 422
    assert first.post(place.path(lead, "/seat"), {"seat": "chair"}).location == place.path(lead)
    assert names(first.get("/people"), "proposals") == [place.person(lead).name]
    assert "Confirm" not in [
        button.text.strip() for button in html.fromstring(first.get(place.waiting()).text).iter("button")
    ]
    assert first.post(place.waiting(), {"decision": "confirm"}).status_code == 409
    second.get(place.waiting())
    assert second.post(place.waiting(), {"decision": "confirm"}).location == place.path(lead)
    assert place.person(lead).seat == "chair"
    assert place.visitor(ADMINISTRATOR).get(place.path(RAISER, "/seat")).status_code == 404


def test_an_address_waits_and_the_person_is_told(place: Place) -> None:
    visitor = place.visitor(ADMINISTRATOR)
    there = place.path(RAISER)
    assert RAISER.split("@")[0] in visitor.get(f"{there}/address").text
    assert visitor.post(f"{there}/address", {"email": "nowhere"}).status_code == 422
    assert visitor.post(f"{there}/address", {"email": f"new@school.{DOMAIN}"}).location == there
    assert place.person(RAISER).email == RAISER
    assert f"Email address: new@school.{DOMAIN}" in main_of(visitor.get(there))
    unit = place.visitor(UNIT)
    unit.get(place.waiting())
    unit.post(place.waiting(), {"decision": "confirm"})
    assert place.person(f"new@school.{DOMAIN}").name


def test_a_leaver_is_signed_out_at_the_next_request(place: Place) -> None:
    place.scene.open()
    raiser, unit = place.visitor(RAISER), place.visitor(UNIT)
    assert raiser.get("/escalations").status_code == 200
    assert "They take part in 1 open escalation." in main_of(unit.get(place.path(RAISER, "/leave")))

    assert unit.post(place.path(RAISER, "/leave")).location == place.path(RAISER)

    assert raiser.get("/escalations").location == "/sign-in"
    assert "They left on" in main_of(unit.get(place.path(RAISER)))
    assert place.person(RAISER).name in names(unit.get("/people?show=left"))
    unit.get(place.path(RAISER, "/return"))
    unit.post(place.path(RAISER, "/return"))
    assert place.person(RAISER).left_at is None


def test_an_administrator_lets_somebody_go_whose_escalations_they_do_not_reach(postgresql_url: str) -> None:
    with place_on(postgresql_url) as place:
        place.scene.open()
        visitor = place.visitor(ADMINISTRATOR)
        visitor.get(place.path(RAISER, "/leave"))

        assert visitor.post(place.path(RAISER, "/leave")).location == place.path(RAISER)

        with place.scene.database.reading() as session:
            told = session.scalars(select(Notification.kind).where(Notification.kind == "place_empty")).all()
        assert len(told) == 2, "the two of the business unit"


def test_somebody_locked_for_whom_an_escalation_waits_is_let_in_by_their_address(database_url: str) -> None:
    with place_on(database_url) as place:
        place.scene.open()
        colleague = f"colleague@school.{DOMAIN}"
        with place.scene.database.writing() as session:
            for email in (RAISER, colleague):
                person = session.scalars(select(Person).where(Person.email == email)).one()
                person.locked_at = place.scene.clock.now
        before = len(place.site.messages())
        locked = place.site.visitor()
        assert locked.ask_for_code(colleague).status_code == 200
        assert len(place.site.messages()) == before, "and the answer is the same as to everybody"

        raiser = place.visitor(RAISER)

        assert raiser.get("/escalations").status_code == 200
        assert place.person(RAISER).locked_at is None
        assert place.person(RAISER).signed_in_at == place.scene.clock.now
        assert "person_unlocked" in place.site.actions()


@pytest.mark.parametrize("way", ["second step", "their agency"])
def test_so_they_are_by_every_other_way_of_signing_in(
    way: str, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is signed in yet, and on PostgreSQL nobody reaches what waits for them."""
    said = Said("https://invented.example", "forms-app", "ada", RAISER, took_second_step=False)
    monkeypatch.setattr(single_sign_on, "_said", lambda _: said)
    with place_on(postgresql_url) as place:
        place.scene.open()
        with place.scene.workshop.writing() as work:
            person = work.session.scalars(select(Person).where(Person.email == RAISER)).one()
            if way == "second step":
                work.session.add(
                    AuthenticatorApp(person_id=person.id, secret=KEY, made_at=work.now, proved_at=work.now)
                )
            else:
                provider = AgencysProvider(f"school.{DOMAIN}", said.issuer, said.client_id)
                set_providers(work, person.board_id, [provider])
            person.locked_at = work.now

        visitor = place.site.visitor() if way == "their agency" else place.visitor(RAISER)
        if way == "their agency":
            visitor.get("/sign-in/agency/back")

        assert visitor.get("/who").status_code == 200


def test_whom_somebody_locks_is_signed_out_at_the_next_request(place: Place) -> None:
    raiser, unit = place.visitor(RAISER), place.visitor(UNIT)
    unit.get(place.path(RAISER, "/lock"))
    unit.post(place.path(RAISER, "/lock"))

    assert raiser.get("/escalations").location == "/sign-in"


@pytest.mark.parametrize(("does", "undoes"), [("lock", "unlock"), ("appoint", "dismiss")])
def test_each_deed_asks_first_and_is_done_by_its_button(place: Place, does: str, undoes: str) -> None:
    unit = place.visitor(UNIT)
    for deed in (does, undoes):
        assert unit.get(place.path(RAISER, f"/{deed}")).status_code == 200
        assert unit.post(place.path(RAISER, f"/{deed}")).location == place.path(RAISER)
        unit.get(place.path(RAISER))
    refused = unit.post(place.path(UNIT, f"/{does}"))
    assert refused.status_code == 409
    assert "Nobody does this for themselves" in main_of(refused)


@pytest.mark.parametrize("query", ["show=emperor", "agency=1", "agency=x&show=left"])
def test_an_address_that_asks_for_what_is_not_there_is_answered_so(place: Place, query: str) -> None:
    assert place.visitor(UNIT).get(f"/people?{query}").status_code == 404


def test_an_agency_is_added_renamed_closed_and_opened(place: Place) -> None:
    unit = place.visitor(UNIT)
    unit.get("/agencies/new")
    given = {"form_key": value(unit, "form_key"), "agency_name": "Night school", "kind": "school"}
    assert unit.post("/agencies/new", given | {"kind": "court"}).status_code == 422
    assert unit.post("/agencies/new", given | {"kind": "board"}).status_code == 422
    assert unit.post("/agencies/new", given).location == "/agencies"
    with place.scene.database.reading() as session:
        there = f"/agencies/{session.scalars(select(Agency.id).where(Agency.name == 'Night school')).one()}"
    unit.get(there)
    seen = value(unit, "seen")
    assert unit.post(there, given | {"agency_name": "Evening school", "seen": seen}).location == "/agencies"
    assert unit.post(there, given | {"agency_name": "Dawn school", "seen": seen}).status_code == 409
    for deed in ("close", "open"):
        unit.get(f"{there}/{deed}")
        assert unit.post(f"{there}/{deed}").location == "/agencies"
    school = f"/agencies/{place.agency(RAISER)}"
    unit.get(f"{school}/close")
    assert unit.post(f"{school}/close").status_code == 409
    assert place.visitor(ADMINISTRATOR).get(there).status_code == 404


def test_an_agency_says_that_its_list_is_right(place: Place) -> None:
    visitor = place.visitor(ADMINISTRATOR)
    there = f"/agencies/{place.agency(RAISER)}/attest"
    assert "Nobody has said so yet." in main_of(visitor.get(there))
    assert visitor.post(there, {"seen": "old"}).status_code == 409
    assert visitor.post(there, {"seen": value(visitor, "seen")}).location == "/agencies"
    assert place.person(ADMINISTRATOR).name in main_of(visitor.get("/agencies"))
    assert visitor.get(f"/agencies/{place.agency(f'practitioner@police.{DOMAIN}')}/attest").status_code == 404
    place.scene.clock.forward(days=366)
    again = place.visitor(UNIT)
    assert "Due" in main_of(again.get("/agencies"))
    assert "Night" not in main_of(again.get("/agencies?due=yes"))


# --- as a file ---------------------------------------------------------------------------------------------------


def sent(content: bytes) -> dict[str, object]:
    return {"file": (io.BytesIO(content), "people.csv")}


def test_the_list_goes_out_and_comes_back_as_it_was(place: Place) -> None:
    unit = place.visitor(UNIT)
    unit.get("/people/file")
    file = unit.get("/people/file/people.csv")
    assert file.mimetype == "text/csv"
    assert file.headers["Content-Disposition"] == "attachment; filename=people.csv"

    unit.get("/people/file")
    unit.follow(unit.post("/people/file", sent(file.data)))

    assert "The list says all of this already." in unit.page


def test_a_file_is_looked_at_before_anything_is_done(place: Place) -> None:
    visitor, raiser = place.visitor(ADMINISTRATOR), place.person(RAISER)
    school = next(agency.name for agency in BOARD.agencies if agency.kind == "school")
    rows = [
        "agency;name;email;job_title;level;left",
        f"{school};Tamsin Otterbourne;tamsin@school.{DOMAIN};Supply teacher;practitioner;",
        f"{school};{raiser.name};{RAISER};Head of year;practitioner;no",
        f"{school};{place.person(f'colleague@school.{DOMAIN}').name};colleague@school.{DOMAIN};Gone;practitioner;yes",
    ]
    visitor.get("/people/file")
    visitor.follow(visitor.post("/people/file", sent("\r\n".join(rows).encode())))
    said = " ".join(html.fromstring(visitor.page).text_content().split())
    assert "Of 3 rows: 1 added 1 changed 1 leaving 0 as they are" in said
    assert place.person(RAISER).job_title == raiser.job_title

    assert visitor.post("/people/file/check", {"seen": "another"}).status_code == 409
    assert visitor.post("/people/file/check", {"seen": value(visitor, "seen")}).location == "/people"

    assert place.person(RAISER).job_title == "Head of year"
    assert place.person(f"tamsin@school.{DOMAIN}").name == "Tamsin Otterbourne"
    assert place.person(f"colleague@school.{DOMAIN}").left_at is not None
    assert visitor.get("/people/file/check").location == "/people/file", "and it does not wait any more"


def test_every_fault_of_a_file_is_named_with_its_place_and_nothing_is_done(place: Place) -> None:
    visitor, before = place.visitor(ADMINISTRATOR), place.scene.count()["people"]
    rows = [
        "agency,name,email,job_title,level,seat",
        f"Elsewhere,A,a@school.{DOMAIN},T,practitioner,",
        "Inventedshire Primary School,,b@gmail.com,T,emperor,chair",
        f"Inventedshire Primary School,C,{UNIT},T,practitioner,",
    ]
    visitor.get("/people/file")
    answer = visitor.post("/people/file", sent("\n".join(rows).encode()))

    assert answer.status_code == 422
    for said in ("Line 2, agency", "Line 3, name", "Line 3, email", "Line 3, level", "Line 3, seat", "Line 4, email"):
        assert said in main_of(answer)
    assert place.scene.count()["people"] == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        ("agency,name\nŷ,é".encode("utf-16"), "not text in UTF-8"),
        ("agency,name,email\nCaf\xe9,b,c".encode("cp1252"), "not text in UTF-8"),
        (b"agency,motto\n", "motto: There is no such column"),
        (b'agency,name,email,job_title,level\n"a,b', "quotation marks"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(place: Place, content: bytes, said: str) -> None:
    visitor = place.visitor(UNIT)
    visitor.get("/people/file")
    answer = visitor.post("/people/file", sent(content))
    assert answer.status_code == 422
    assert said in main_of(answer)
