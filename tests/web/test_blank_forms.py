"""The page of the forms to fill in by hand, and its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html

from forms_app.documents.contexts import Context
from forms_app.documents.faults import DocumentFault
from forms_app.documents.issue import issue
from forms_app.services.issuing import WAITS
from forms_app.services.outbox import Desk, run_due
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.mail.owed import LETTERHEAD, FakeIssued, FakePostbox, fake_issue
from tests.web.conftest import Site, site_of

RAISER, UNIT = f"practitioner@school.{DOMAIN}", f"unit@board.{DOMAIN}"


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "hull") as found:
        yield found


@pytest.fixture
def site(here: Scene, sqlite_url: str) -> Site:
    return site_of(here, sqlite_url)


def work(here: Scene, issued: Any = fake_issue) -> None:
    run_due(here.workshop, "w1", Desk(FakePostbox(), LETTERHEAD, issued))


def links(page: str) -> dict[str, str]:
    """The words of each link to a file, and where it leads."""
    found = html.fromstring(page).xpath("//main//table//a")
    return {" ".join(link.text_content().split()): link.get("href") for link in found}


@pytest.mark.requirement("U-56")
@pytest.mark.parametrize("email", [RAISER, UNIT])
def test_everybody_who_is_signed_in_downloads_the_blank_proforma(email: str, here: Scene, site: Site) -> None:
    work(here, issue)
    person = site.visiting(email)

    found = links(person.get("/blank-forms").text)

    (pdf,) = [link for words, link in found.items() if words.startswith("PDF") and words.endswith("proforma")]
    (word,) = [link for words, link in found.items() if words.startswith("Word (DOCX)") and words.endswith("proforma")]
    answer = person.get(pdf)
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert "attachment; filename=blank-form-" in answer.headers["Content-Disposition"]
    assert person.get(word).data[:2] == b"PK"


def test_each_file_says_its_format_and_its_size(here: Scene, site: Site) -> None:
    def of_a_size(kind: str, context: Context, layout: None) -> FakeIssued:
        return FakeIssued(docx=b"x" * 2048, pdf=b"x" * 2049)

    work(here, of_a_size)

    found = links(site.visiting(RAISER).get("/blank-forms").text)

    assert "Word (DOCX), 2 KB: Raising a concern, Disagreement between agencies" in found
    assert "PDF, 3 KB: Raising a concern, Disagreement between agencies" in found


@pytest.mark.requirement("U-56")
@pytest.mark.parametrize(("email", "page"), [(RAISER, "/escalations"), (UNIT, "/register/today")])
def test_the_lists_of_escalations_lead_to_it(email: str, page: str, site: Site) -> None:
    assert 'href="/blank-forms"' in site.visiting(email).get(page).text


def test_until_they_are_made_the_page_says_so_and_asks_for_them(here: Scene, site: Site) -> None:
    person = site.visiting(RAISER)
    before = len(site.pokes)

    page = person.get("/blank-forms").text

    assert "being made: come back in a minute" in page
    assert links(page) == {}
    assert len(site.pokes) == before + 1
    work(here)
    page = person.get("/blank-forms").text
    assert "being made" not in page
    assert links(page)
    assert len(site.pokes) == before + 1


def test_what_is_not_owed_yet_is_owed_when_the_page_is_opened(here: Scene, site: Site) -> None:
    work(here)
    with here.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE boards SET telephone = '01632 960888'")
    person = site.visiting(RAISER)
    assert "being made" in person.get("/blank-forms").text

    work(here)

    assert links(person.get("/blank-forms").text)


def test_what_could_not_be_made_is_said_with_what_to_do(here: Scene, site: Site) -> None:
    def refuse(kind: str, context: Context, layout: None) -> FakeIssued:
        raise DocumentFault("A letter cannot be printed.")

    for wait in (*WAITS, WAITS[0]):
        work(here, refuse)
        here.clock.forward(seconds=wait.total_seconds())

    page = site.visiting(RAISER).get("/blank-forms").text

    assert "could not be made. Telephone the Board’s business unit" in page
    assert "A letter cannot be printed." in page
    assert "Being made" not in page


def test_nobody_else_opens_them(here: Scene, site: Site) -> None:
    work(here)
    found = links(site.visiting(RAISER).get("/blank-forms").text)

    for path in ("/blank-forms", *found.values()):
        assert site.visitor().get(path).location == "/sign-in"
