"""The pages of the Board's numbers, those who see no more than that, and the business unit that explains them."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.db.figure_tables import FigureNote
from forms_app.db.tables import Board, Person
from forms_app.deidentification.findings import ScanFailed
from forms_app.domain.numbers import NOBODY_EXPLAINED
from forms_app.domain.register import State
from forms_app.services import scanning
from forms_app.services.figures import count_quarters
from tests.factories.figures import Counted
from tests.factories.scenes import DOMAIN, Scene, latest, scene
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

UNIT, CHAIR, RAISER = (f"{who}.{DOMAIN}" for who in ("unit@board", "chair@board", "practitioner@school"))
ANALYST = f"colleague@health.{DOMAIN}"
CALCULATED = ("=", "+", "-", "@", "\t")
SVG = {"svg": "http://www.w3.org/2000/svg"}


@pytest.fixture(scope="module")
def here(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A year with a quarter of three, and thirty-six counted."""
    file = tmp_path_factory.mktemp("numbers") / "forms.db"
    shutil.copyfile(migrated_sqlite, file)
    with scene(f"sqlite:///{file}", "hull") as place:
        place.clock.now = datetime(2027, 2, 1, 10, 0, tzinfo=UTC)
        policy = latest("hull")
        agencies = [place.agency(name).id for name in ("school", "police", "health")]
        with place.database.writing() as session:
            session.get_one(Person, place.at("health", "colleague")).seat = "analyst"
            board = session.scalars(select(Board.id)).one()
        there = Counted(place.database, board, agencies, policy.key, policy.main.id, policy.main.stages[0].id)
        there.add(20, 2, category="communication")
        there.add(3, 2, state=State.OPEN.value)
        there.add(10, 5, state=State.LEFT.value)
        there.add(3, 11)
        while count_quarters(place.workshop):
            pass
        yield place


@pytest.fixture
def site(here: Scene) -> Site:
    site = site_of(here, str(here.database.engine.url))
    site.app.add_url_rule("/who", "who", site.app.view_functions["emails.yours"])
    return site


def visiting(site: Site, email: str) -> Visitor:
    """Somebody who signed in a while after the last one."""
    site.clock.forward(minutes=5)
    return site.visiting(email)


def main_of(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


def on_the_page(answer: TestResponse) -> list[list[str]]:
    """Each line of each table, as it stands there."""
    rows = html.fromstring(answer.text).xpath("//main//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td")] for row in rows]


def test_the_analyst_begins_at_the_numbers_and_has_nothing_else_to_go_to(site: Site) -> None:
    analyst = visiting(site, ANALYST)

    page = analyst.follow(analyst.get("/escalations"))

    assert page.status_code == 200
    assert "Numbers" in page.text
    for elsewhere in ("/escalations", "/documents", "/contacts", "/register", "/reports", "/patterns"):
        assert f'href="{elsewhere}"' not in page.text
        assert analyst.get(elsewhere).status_code in {303, 404}
    assert analyst.get("/numbers/2026").status_code == 200
    assert analyst.get("/numbers/2026/stage/note").status_code == 404


def test_nobody_else_sees_a_number(site: Site) -> None:
    raiser = visiting(site, RAISER)

    for path in ("/numbers", "/numbers/2026", "/numbers/2026/all.csv", "/numbers/2026/stage.svg"):
        assert raiser.get(path).status_code == 404


def test_the_page_says_what_is_shown_and_what_is_left_out(site: Site) -> None:
    page = main_of(visiting(site, CHAIR).get("/numbers/2026"))

    assert "Escalations that began in 2026: 33" in page
    assert "July to December: fewer than 5 escalations began. They are in no total and no table of this year." in page
    assert NOBODY_EXPLAINED in page


@pytest.mark.parametrize(
    "path", ["2025", "2027", "2026-q5", "nothing", "2026/all.pdf", "2026/nothing.csv", "2026/level.svg"]
)
def test_what_is_not_counted_is_not_there(site: Site, path: str) -> None:
    assert visiting(site, CHAIR).get(f"/numbers/{path}").status_code == 404


def test_a_quarter_has_its_number_and_says_why_no_table(site: Site) -> None:
    chair = visiting(site, CHAIR)

    assert "Escalations that began in January to March 2026: 23" in main_of(chair.get("/numbers/2026-q1"))
    assert "A quarter has tables only where 500" in main_of(chair.get("/numbers/2026-q1"))
    assert "So it has no number of its own." in main_of(chair.get("/numbers/2026-q4"))


def test_page_csv_and_excel_show_the_same_figures(site: Site) -> None:
    analyst = visiting(site, ANALYST)
    shown = on_the_page(analyst.get("/numbers/2026"))

    every = list(csv.reader(io.StringIO(analyst.get("/numbers/2026/all.csv").get_data().decode("utf-8-sig"))))[1:]
    sheets = sheets_of(analyst.get("/numbers/2026/all.xlsx").get_data())

    figures = [cell for line in shown for cell in line[1:]]
    assert [line[3] for line in every if line[2] != "Explanation"] == figures
    assert [cell for sheet in sheets for line in sheet for cell in line[1:]] == figures
    assert "3" not in figures


def test_one_table_is_a_file_of_its_own_and_a_chart(site: Site) -> None:
    analyst = visiting(site, ANALYST)
    page = analyst.get("/numbers/2026")
    lines = html.fromstring(page.text).xpath("//table[@id='reason']/tbody/tr")

    table = list(csv.reader(io.StringIO(analyst.get("/numbers/2026/reason.csv").get_data().decode("utf-8-sig"))))

    assert table[0] == ["What is counted", "2026", "2025"]
    assert len(table) == 1 + len(lines) + 1, "with what explains it"
    assert not [cell for line in table for cell in line if cell.startswith(CALCULATED)]
    chart = analyst.get("/numbers/2026/reason.svg")
    assert chart.mimetype == "image/svg+xml"
    assert chart.headers["Content-Disposition"] == "attachment; filename=numbers-2026-reason.svg"


def sheets_of(content: bytes) -> list[list[list[str]]]:
    """The cells of each sheet but for its first line and its last, which explains."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        texts = [
            "".join(each.itertext())
            for each in etree.fromstring(packed.read("xl/sharedStrings.xml")).findall("x:si", space)
        ]
        found = []
        for name in sorted(
            (each for each in packed.namelist() if "worksheets/sheet" in each), key=lambda each: (len(each), each)
        ):
            sheet = etree.fromstring(packed.read(name))
            assert not sheet.findall(".//x:f", space), "no formula"
            found.append(
                [
                    [texts[int(cell[0].text or 0)] if cell.get("t") == "s" else str(cell[0].text) for cell in row]
                    for row in sheet.findall(".//x:row", space)[1:-1]
                ]
            )
    return found


def test_a_chart_says_what_it_shows_and_no_more_than_its_table(site: Site) -> None:
    analyst = visiting(site, ANALYST)
    drawing = etree.fromstring(analyst.get("/numbers/2026/stage.svg").get_data())
    rows = [line for line in on_the_page(analyst.get("/numbers/2026")) if line[0] in {"Resolved", "Still going on"}]

    assert drawing.get("role") == "img"
    named = [drawing.find(f".//*[@id='{each}']") for each in (drawing.get("aria-labelledby") or "").split()]
    said = " ".join("".join(each.itertext()) for each in named if each is not None)
    assert all(f"{label}: {now} in 2026" in said for label, now, _ in rows[:2])
    texts = [each.text or "" for each in drawing.findall(".//svg:text", SVG)]
    assert {f"2026: {now}" for _, now, _ in rows[:2]} <= set(texts)
    assert not drawing.xpath("//@style|//*[local-name()='style' or local-name()='script']")
    assert min(int(each.get("font-size") or 0) for each in drawing.findall(".//svg:g", SVG)) >= 12


def test_a_hidden_figure_has_no_bar(site: Site) -> None:
    drawing = etree.fromstring(visiting(site, ANALYST).get("/numbers/2026/quarters.svg").get_data())

    assert "2026: Not shown" in [each.text for each in drawing.findall(".//svg:text", SVG)]
    assert len(drawing.findall(".//svg:rect", SVG)) == 2, "January to March, and April to June"


# --- what explains a table -----------------------------------------------------------------------------------------


def test_the_unit_explains_a_table_and_everybody_reads_it(site: Site) -> None:
    unit = visiting(site, UNIT)
    unit.get("/numbers/2026/stage/note")

    said = unit.follow(unit.post("/numbers/2026/stage/note", {"text": "More training led to earlier agreement."}))

    assert "What explains the table was saved." in main_of(said)
    assert "More training led to earlier agreement." in main_of(visiting(site, ANALYST).get("/numbers/2026"))
    assert "More training" in visiting(site, ANALYST).get("/numbers/2026/stage.csv").get_data().decode()
    assert "figure_explained" in site.actions()
    assert "was saved" in said.text.partition('id="stage-heading"')[2].partition("</table>")[0], "beside the table"
    emptied = unit.post("/numbers/2026/stage/note", {"text": ""})
    assert "Nothing explains the table now." in main_of(unit.follow(emptied))
    assert "More training" not in main_of(unit.get("/numbers/2026"))


def test_words_that_could_name_somebody_are_kept_only_when_somebody_looked_at_them(site: Site, here: Scene) -> None:
    unit, path = visiting(site, UNIT), "/numbers/2026/reason/note"
    unit.get(path)
    with here.database.reading() as session:
        name = session.get_one(Person, here.raiser).name
    typed = {"text": f"{name} raised many of them."}

    asked = unit.post(path, typed)

    assert asked.status_code == 422
    assert name in main_of(asked)
    assert stored(here) == []
    stamp = html.fromstring(asked.text).xpath("//input[@name='found']/@value")[0]
    assert unit.post(path, {**typed, "found": stamp}).status_code == 422, "nobody has said that they looked"
    assert (
        unit.post(path, {"text": f"{name} and Zebedee Quill.", "found": stamp, "kept": "confirmed"}).status_code == 422
    )
    assert unit.post(path, {**typed, "found": stamp, "kept": "confirmed"}).status_code == 303
    assert stored(here) == [typed["text"]]
    unit.post(path, {"text": ""})


def test_without_a_check_nothing_is_kept(site: Site, here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    unit, path = visiting(site, UNIT), "/numbers/2026/reason/note"
    unit.get(path)

    def fails(*_: Any) -> Any:
        raise ScanFailed

    monkeypatch.setattr(scanning, "scan", fails)
    answer = unit.post(path, {"text": "More training led to earlier agreement."})

    assert answer.status_code == 422
    assert "could not be carried out" in main_of(answer)
    assert stored(here) == []


def test_what_cannot_be_kept_is_shown_again_with_what_was_typed(site: Site) -> None:
    unit, path = visiting(site, UNIT), "/numbers/2026/reason/note"
    unit.get(path)

    answer = unit.post(path, {"text": "a" * 1001})

    assert answer.status_code == 422
    assert "a" * 1001 in answer.text


def test_only_a_table_that_is_shown_can_be_explained_and_only_by_the_unit(site: Site) -> None:
    assert visiting(site, UNIT).get("/numbers/2026/level/note").status_code == 404
    assert visiting(site, UNIT).get("/numbers/2025/stage/note").status_code == 404
    assert visiting(site, CHAIR).get("/numbers/2026/stage/note").status_code == 404


def stored(here: Scene) -> list[str]:
    with here.database.reading() as session:
        return list(session.scalars(select(FigureNote.text).where(FigureNote.table_id == "reason")))
