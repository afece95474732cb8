"""The pages on which a business unit reads the words of every email."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import html

from forms_app.mail.compose import Kind
from forms_app.mail.examples import EXAMPLES
from tests.factories.scenes import DOMAIN, scene
from tests.web.conftest import site_of
from tests.web.visitor import Visitor

EVERY = "/register/emails"


@pytest.fixture
def unit(sqlite_url: str) -> Iterator[Visitor]:
    with scene(sqlite_url, "hull") as here:
        site = site_of(here, sqlite_url)
        site.app.add_url_rule("/who", "who", site.app.view_functions["emails.yours"])
        yield site.signed_in(f"unit@board.{DOMAIN}")


def test_the_register_leads_to_every_kind_of_email(unit: Visitor) -> None:
    assert f'href="{EVERY}"' in unit.get("/register/today").text

    links = html.fromstring(unit.get(EVERY).text).xpath("//table//a/@href")

    assert links == [f"{EVERY}/{kind.value}" for kind in Kind]


def test_a_kind_of_email_is_shown_in_both_languages_with_the_board_s_own_name(unit: Visitor) -> None:
    for kind in Kind:
        page = html.fromstring(unit.get(f"{EVERY}/{kind.value}").text)
        board = page.xpath("//span[@class='app-header__board']/text()")[0]
        cases = [" ".join(each.text_content().split()) for each in page.xpath("//main//h2")]
        texts = page.xpath("//main//p[contains(@class, 'app-typed-text')]")
        welsh = [text for text in texts if text.xpath("ancestor::*[@lang='cy']")]

        assert cases == [example.when for example in EXAMPLES[kind]]
        assert len(texts) == 4 * len(cases)
        assert all(text.text_content().startswith(board) for text in texts)
        assert ["gan gyfrifiadur" in text.text_content() for text in welsh] == [False, True] * len(cases)


def test_another_kind_is_nowhere(unit: Visitor) -> None:
    assert unit.get(f"{EVERY}/parts").status_code == 404
    assert unit.get(f"{EVERY}/DOCUMENT").status_code == 404
