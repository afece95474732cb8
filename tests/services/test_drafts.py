"""What a person is writing is kept at every step, is theirs alone, and is there once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from forms_app.services.drafts import Drafted, drafted, drafts_of, save_page, throw_away
from tests.factories.scenes import Scene, scene

FORM = {"about": "new", "form": "opening"}


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as made:
        yield made


def begin(here: Scene) -> Drafted:
    with here.workshop.writing() as work:
        return drafted(work, by=here.raiser, **FORM)


def save(here: Scene, page: str, pairs: list[list[str]]) -> Drafted:
    with here.workshop.writing() as work:
        return save_page(work, by=here.raiser, **FORM, page=page, pairs=pairs)


def test_the_same_form_has_the_same_draft_and_key(here: Scene) -> None:
    assert begin(here).id == begin(here).id == save(here, "one", [["f-a", "x"]]).id


def test_each_page_is_kept_as_it_came_in_beside_the_others(here: Scene) -> None:
    save(here, "one", [["f-a", "not complete"], ["f-a", "twice"]])
    here.clock.forward(minutes=3)

    found = save(here, "two", [["f-b", "Zoë 😀\r\n"]])

    assert found.answers == {"one": [["f-a", "not complete"], ["f-a", "twice"]], "two": [["f-b", "Zoë 😀\r\n"]]}
    assert found.saved_at == here.clock.now
    assert begin(here).answers == found.answers


def test_a_page_that_is_saved_again_is_replaced(here: Scene) -> None:
    save(here, "one", [["f-a", "first"], ["f-b", "first"]])

    assert save(here, "one", [["f-a", "second"]]).answers == {"one": [["f-a", "second"]]}


def test_nobody_else_sees_or_changes_it(here: Scene) -> None:
    mine = save(here, "one", [["f-a", "mine"]])
    other = here.at("socialcare", "practitioner")

    with here.workshop.writing() as work:
        theirs = drafted(work, by=other, **FORM)
        throw_away(work, by=other, **FORM)

    assert theirs.id != mine.id
    assert theirs.answers == {}
    assert begin(here).answers == mine.answers


def test_what_is_thrown_away_is_gone_and_may_be_thrown_away_twice(here: Scene) -> None:
    save(here, "one", [["f-a", "x"]])

    for _ in range(2):
        with here.workshop.writing() as work:
            throw_away(work, by=here.raiser, **FORM)

    with here.workshop.reading() as work:
        assert drafts_of(work, by=here.raiser) == []


def test_all_of_a_persons_drafts_are_listed_the_newest_first(here: Scene) -> None:
    begin(here)
    here.clock.forward(minutes=1)
    with here.workshop.writing() as work:
        drafted(work, by=here.raiser, about="x/stage_one", form="account")

    with here.workshop.reading() as work:
        assert [draft.form for draft in drafts_of(work, by=here.raiser)] == ["account", "opening"]


def test_a_form_that_is_opened_in_several_windows_at_once_has_one_draft(here: Scene) -> None:
    together = Barrier(4)

    def open_window(_: int) -> Drafted:
        together.wait(timeout=30)
        return begin(here)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(open_window, range(4)))

    assert len({draft.id for draft in found}) == 1


def test_pages_that_are_saved_at_once_are_both_kept(here: Scene) -> None:
    begin(here)
    together = Barrier(4)

    def send(number: int) -> None:
        together.wait(timeout=30)
        save(here, f"page-{number}", [["f-a", str(number)]])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))

    assert sorted(begin(here).answers) == ["page-0", "page-1", "page-2", "page-3"]
