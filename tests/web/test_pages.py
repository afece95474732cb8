"""The pages that anybody may read."""

from __future__ import annotations

import pytest

from tests.web.conftest import Site
from tests.web.visitor import Visitor

PAGES = ("/", "/danger", "/accessibility", "/privacy", "/contact", "/sign-in", "/sign-in/link/any", "/signed-out")


@pytest.mark.parametrize("path", PAGES)
def test_anybody_can_read_it(path: str, visitor: Visitor) -> None:
    assert visitor.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES[1:5])
def test_it_can_be_read_when_signed_in(path: str, site: Site) -> None:
    answer = site.signed_in("ada@invented.example").get(path)

    assert answer.status_code == 200
    assert "– Escalations – Invented Safeguarding Board</title>" in answer.text


def test_every_page_leads_to_what_to_do_in_danger(visitor: Visitor) -> None:
    for path in PAGES:
        assert 'href="/danger"' in visitor.get(path).text
    assert "999" in visitor.get("/danger").text


def test_the_start_page_leads_who_is_signed_in_to_their_escalations(site: Site) -> None:
    ada = site.signed_in("ada@invented.example")

    assert ada.get("/").location == "/escalations"


def test_the_contact_page_names_every_board(visitor: Visitor) -> None:
    page = visitor.get("/contact").text

    assert "Invented Safeguarding Board" in page
    assert 'href="tel:01632960100"' in page


def test_only_the_boards_office_is_led_to_the_register(site: Site) -> None:
    assert 'href="/register/today"' not in site.signed_in("ada@invented.example").get("/danger").text
    assert 'href="/register/today"' in site.signed_in("bella@invented.example").get("/danger").text
    assert 'href="/register/today"' in site.signed_in("cyril@invented.example").get("/danger").text


def test_a_machine_is_told_that_the_database_does_not_answer(site_without_database: Site) -> None:
    for path in ("/health", "/health/work"):
        answer = site_without_database.visitor().get(path)

        assert (answer.status_code, answer.json) == (503, {"database": "unreachable"})
