"""People see an escalation's pages and forms as the version says under which it began, and raise new ones by the newest."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from lxml import html

from forms_app.app import create_app
from forms_app.domain.answers import from_json
from tests.factories.scenes import Scene
from tests.factories.versions import adopt, board_with_two_versions
from tests.journeys.form_filler import FormFiller
from tests.web.clerk import Office, words_on
from tests.web.conftest import Site, settings


@pytest.fixture
def boards(sqlite_url: str) -> Iterator[tuple[Office, Scene]]:
    with board_with_two_versions(sqlite_url) as (first, second):
        app = create_app(settings(sqlite_url), workshop=first.workshop, poke=lambda: None)
        yield Office(first, Site(app, first.database, first.clock, [])), second


def _send(here: Office, by: UUID, path: str, **chosen: str) -> str:
    return FormFiller(here.visitor(by), here.scene.today).send(path, **chosen)


def _page(here: Office, escalation: UUID) -> str:
    return words_on(here.visitor(here.scene.raiser).get(f"/escalations/{escalation}"))


def _asked(here: Office, escalation: UUID) -> set[str]:
    """The questions of the latest record."""
    sections = from_json(here.records(escalation)[-1].sections)
    return {answer.question for section in sections for answer in section.answers}


def test_an_escalation_is_filled_in_to_its_end_under_its_own_version(boards: tuple[Office, Scene]) -> None:
    here, second = boards
    old = here.scene.open().escalation_id
    care = here.scene.at("socialcare", "practitioner")
    adopt(second)

    assert "Talking first" in _page(here, old)
    assert "Talking straight away" not in _page(here, old)

    _send(here, care, here.path(old, "account"))
    assert "What do you think?" in _asked(here, old)
    assert "How do you see it?" not in _asked(here, old)

    _send(here, here.scene.raiser, here.path(old, "step-up"))
    assert "The second talk" in _page(here, old)
    assert "In between" not in _page(here, old)

    _send(here, care, here.path(old, "outcome"))
    _send(here, here.scene.raiser, here.path(old, "agreement"), **{"f-agrees": "yes"})
    assert "Resolved" in _page(here, old)
    assert "Record of the stage" in _page(here, old)
    assert "Minute of the stage" not in _page(here, old)


def test_a_form_that_was_begun_before_is_sent_after_the_new_version_was_adopted(boards: tuple[Office, Scene]) -> None:
    here, second = boards
    old = here.scene.open().escalation_id
    care = here.scene.at("socialcare", "practitioner")
    FormFiller(here.visitor(care), here.scene.today).go_through(here.path(old, "account"))

    adopt(second)

    assert here.send(old, care, "account").status_code == 303
    assert "What do you think?" in _asked(here, old)


def test_a_new_concern_is_raised_by_the_new_version_and_old_records_keep_their_words(
    boards: tuple[Office, Scene],
) -> None:
    here, second = boards
    old = UUID(_send(here, here.scene.raiser, "/escalations/new").split("/")[2])
    adopt(second)

    new = UUID(_send(here, here.scene.raiser, "/escalations/new").split("/")[2])

    assert "Talking straight away" in _page(here, new)
    assert ("What happened?" in _asked(here, old), "What has happened so far?" in _asked(here, new)) == (True, True)
    assert "What happened?" in _page(here, old)
    assert "What has happened so far?" not in _page(here, old)


def test_a_concern_that_was_begun_before_keeps_all_that_was_typed(boards: tuple[Office, Scene]) -> None:
    """Also under a question that the new version does not ask, and after its page was saved again."""
    here, second = boards
    raiser = here.visitor(here.scene.raiser)
    address = _page_that_asks(here, "q-what_happened")
    raiser.get(address)
    raiser.post(address, {"q-what_happened": "Nobody came.", "q-gone": "Typed under another version."})
    adopt(second)

    shown = words_on(raiser.get("/escalations/new"))
    assert "Typed under another version." in shown
    raiser.get(address)
    raiser.post(address, {"q-what_happened": "Nobody came again."})

    assert "Typed under another version." in words_on(raiser.get("/escalations/new"))
    assert "Nobody came again." in raiser.get(address).text


def _page_that_asks(here: Office, name: str) -> str:
    visitor = here.visitor(here.scene.raiser)
    tasks = html.fromstring(visitor.get("/escalations/new").text).xpath("//main//a[contains(@class, 'task')]/@href")
    return next(each for each in tasks if f'name="{name}"' in visitor.get(each).text)
