"""The register's pages: asked for in codes, searched by nothing but a reference, saved as views, taken as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import update
from werkzeug.test import TestResponse

from forms_app.db.tables import RegisterEntry
from tests.factories.scenes import Scene, scene
from tests.web.conftest import Site, site_of

UNIT, CHAIR, SCHOOL = (
    "unit@board.inventedshire.example",
    "chair@board.inventedshire.example",
    "practitioner@school.inventedshire.example",
)
EVERYTHING = "/register/files/everything/register"


@dataclass
class Place:
    scene: Scene
    site: Site
    ids: list[UUID]

    def reference(self, number: int) -> str:
        with self.scene.database.reading() as session:
            return session.get_one(RegisterEntry, self.ids[number]).reference


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with scene(sqlite_url, "hull") as made:
        ids = []
        for _ in range(3):
            ids.append(made.open().escalation_id)
            made.clock.forward(hours=1)
        made.step_up(ids[2])
        with made.database.writing() as session:
            session.execute(update(RegisterEntry).values(told_at=made.clock.now))
        yield Place(made, site_of(made, sqlite_url), ids)


def references(answer: TestResponse) -> list[str]:
    return [str(each.text) for each in html.fromstring(answer.text).xpath("//table[@id='register']/tbody/tr/th/a")]


def words(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


def test_it_is_sorted_filtered_and_searched_and_a_name_comes_into_no_address(place: Place) -> None:
    unit = place.site.visiting(UNIT)
    newest = [place.reference(number) for number in (2, 1, 0)]

    assert references(unit.get("/register")) == newest
    assert references(unit.get("/register?sort=oldest")) == newest[::-1]
    assert references(unit.get("/register?sort=reference")) == sorted(newest)
    found = unit.post("/register/search", {"reference": f" {newest[1][:7].lower()}"})
    assert (found.status_code, found.location) == (303, f"/register?reference={newest[1][:7]}")
    assert references(unit.get(f"/register?reference={newest[1]}")) == [newest[1]]
    for typed in ("Ada Marchbank", "Ann", "ann-marie", "", "XYZ-234", "%", "INV-" + "2" * 60, "\u202eINV-2"):
        refused = unit.post("/register/search", {"reference": typed})
        assert refused.status_code == 422, typed
        assert refused.headers.get("Location") is None
        assert "Error: Board register" in refused.text
    stage = place.scene.stage(place.ids[2]).id
    route = place.scene.policy.main.id
    page = unit.get(f"/register?stage={route}.{stage}&state=open")
    assert references(page) == [newest[0]]
    assert "Open or ended: Open" in words(page)
    assert "Nothing on the register is like that." in words(unit.get("/register?outcome=agreed"))


def test_an_address_that_somebody_made_up_is_not_there_or_is_the_beginning(place: Place) -> None:
    unit = place.site.visiting(UNIT)

    for made_up in ("sort=up", "state=lost", "raising=1", "period=2027-q5", "reference=Ada", "stage=A B", "only=%00"):
        assert unit.get(f"/register?{made_up}").status_code == 404, made_up
    for mark in ("x", "0." + "0" * 32, "9" * 90, "1." + "a" * 32 + ".9" * 9, ""):
        for way in ("after", "before"):
            assert len(references(unit.get(f"/register?sort=due&{way}={mark}"))) == 3, mark
    for codes in ("sort=up", "reference=Ada", "x", "&&", "="):
        assert unit.get(f"/register/views/new/{codes}").status_code in {200, 404}
    assert unit.get("/register/files/reference=Ada/register.csv").status_code in {303, 404}


def test_the_list_is_a_file_for_whoever_proved_it_again_and_it_is_noted(place: Place) -> None:
    unit = place.site.visiting(UNIT)

    file = unit.get(f"{EVERYTHING}.csv")
    assert file.headers["Content-Disposition"] == "attachment; filename=register.csv"
    assert all(place.reference(number) in file.text for number in range(3))
    few = unit.get(f"/register/files/reference={place.reference(0)}/register.xlsx")
    assert few.data.startswith(b"PK")
    assert place.site.actions().count("register_downloaded") == 2
    place.scene.clock.now += timedelta(minutes=11)
    assert unit.get(f"{EVERYTHING}.csv").status_code == 303
    assert place.site.visiting(SCHOOL).get(f"{EVERYTHING}.csv").status_code == 404


def test_a_saved_view_is_shown_first_renamed_and_removed(place: Place) -> None:
    unit = place.site.visiting(UNIT)
    unit.get("/register/views/new/sort=oldest&state=open")
    key = str(UUID(int=5))
    empty = unit.post("/register/views/new/sort=oldest&state=open", {"form_key": key, "view_name": " "})
    assert empty.status_code == 422
    given = {"form_key": key, "view_name": "The <b>old</b> ones", "opens": "first"}
    assert unit.post("/register/views/new/sort=oldest&state=open", given).location == "/register/views?said=saved"

    assert "The view is saved." in words(unit.get("/register/views?said=saved"))
    assert unit.get("/register").location == "/register?sort=oldest&state=open"
    assert "The <b>old</b> ones" in words(unit.get("/register?sort=newest"))
    assert "The &lt;b&gt;old&lt;/b&gt; ones" in unit.get("/register?sort=newest").text
    chair = place.site.visiting(CHAIR)
    assert chair.get(f"/register/views/{key}").status_code == 404
    assert "The <b>old</b> ones" not in words(chair.get("/register"))
    unit.get(f"/register/views/{key}")
    assert unit.post(f"/register/views/{key}", {"view_name": "Mine"}).location == "/register/views?said=changed"
    assert unit.get("/register").status_code == 200
    unit.get("/register/views")
    assert unit.post(f"/register/views/{key}/remove").location == "/register/views?said=removed"
    assert "You have not saved any yet." in words(unit.get("/register/views"))


def test_an_empty_day_says_so_and_the_chair_is_told_of_nothing_that_only_the_unit_sees_to(place: Place) -> None:
    chair = place.site.visiting(CHAIR)

    assert "Nothing needs you today." in words(chair.get("/register/today"))
    assert chair.get("/register/today/late").status_code == 404
    assert chair.get("/register/today/anything").status_code == 404
    with place.scene.database.writing() as session:
        session.execute(update(RegisterEntry).values(due_at=place.scene.clock.now - timedelta(hours=1)))
    unit = place.site.visiting(UNIT)
    assert "Overdue stages (3)" in words(unit.get("/register/today"))
    assert unit.get("/register/today/late").status_code == 200
