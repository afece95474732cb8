"""Forms that come too late, twice, or with what other people were given: nothing wrong is recorded, nothing typed is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import delete
from werkzeug.test import TestResponse

from forms_app.db.tables import Draft
from tests.journeys.form_filler import CANARIES
from tests.security.conftest import ANOTHER, City, words_on


@pytest.fixture
def path(city: City) -> str:
    """A new escalation at its first stage."""
    return city.begin()


def send(city: City, who: str, page: str, key: str) -> TestResponse:
    return city.visitor(who).post(page, {"form_key": key})


def other_side(city: City, path: str, form: str) -> str:
    return next(email for email in city.able(form, path) if "@socialcare." in email)


# --- too late ---


def test_nobody_agrees_to_an_outcome_that_came_after_the_one_they_read(city: City, path: str) -> None:
    proposer = other_side(city, path, "outcome")
    city.town.fill(proposer, f"{path}/outcome")
    page, key = city.up_to_check(city.raiser, f"{path}/agreement", **{"f-agrees": "no"})
    city.town.fill(proposer, f"{path}/outcome")

    answer = send(city, city.raiser, page, key)

    assert answer.status_code == 409
    assert CANARIES[0] in words_on(answer), "what was typed is shown"
    assert city.own_records(path) == 3
    assert city.raiser in city.able("agreement", path), "the new outcome still waits for an answer"


def test_a_form_that_is_sent_after_the_stage_was_left_is_shown_and_not_recorded(city: City, path: str) -> None:
    other = other_side(city, path, "account")
    page, key = city.up_to_check(other, f"{path}/account")
    city.town.fill(city.raiser, f"{path}/step-up")

    answer = send(city, other, page, key)

    assert answer.status_code == 409
    assert CANARIES[0] in words_on(answer)
    assert city.own_records(path) == 2


def test_a_page_that_is_saved_after_the_stage_was_left_is_shown(city: City, path: str) -> None:
    visitor = city.visitor(city.raiser)
    visitor.get(f"{path}/account/danger")
    page = visitor.page
    city.town.fill(city.raiser, f"{path}/step-up")
    visitor.page = page

    answer = visitor.post(
        f"{path}/account/danger",
        {"seen": f"{path[-36:]}:ladder:professionals:1", "f-danger": "acted", "f-danger_acted": CANARIES[2]},
    )

    assert answer.status_code == 409
    assert CANARIES[2] in words_on(answer)


def test_a_page_that_another_answer_took_away_is_shown_to_whoever_wrote_it(city: City) -> None:
    asks_for_a_route = city.person("practitioner@school", ANOTHER)

    answer = city.visitor(asks_for_a_route).post("/escalations/new/subject", {"f-names": CANARIES[0]})

    assert answer.status_code == 409
    assert CANARIES[0] in words_on(answer)
    assert city.visitor(asks_for_a_route).post("/escalations/new/nothing-like-it", {}).status_code == 404


# --- what is not allowed ---


def test_nobody_answers_their_own_outcome_nor_twice(city: City, path: str) -> None:
    proposer = other_side(city, path, "outcome")
    city.town.fill(proposer, f"{path}/outcome")

    assert city.visitor(proposer).get(f"{path}/agreement").status_code == 409
    city.town.fill(city.raiser, f"{path}/agreement", **{"f-agrees": "no"})
    assert city.visitor(city.raiser).get(f"{path}/agreement").status_code == 409
    assert city.visitor(city.raiser).post(f"{path}/agreement/danger", {"f-danger": "no"}).status_code == 409


def test_only_the_raising_side_takes_it_further(city: City, path: str) -> None:
    other = other_side(city, path, "account")

    assert city.visitor(other).get(f"{path}/step-up").status_code == 409
    assert send(city, other, f"{path}/step-up/check", str(UUID(int=1))).status_code == 409


def test_an_account_is_corrected_by_whoever_wrote_it(city: City, path: str) -> None:
    other = other_side(city, path, "account")
    receipt = city.town.fill(other, f"{path}/account")
    correction = f"{path}/records/{receipt.rpartition('/')[2]}/correct"

    assert city.visitor(city.raiser).get(correction).status_code == 409
    assert city.visitor(city.raiser).post(f"{correction}/danger", {"f-danger": "no"}).status_code == 409
    assert city.visitor(other).get(correction).status_code == 200
    concern = city.visitor(city.raiser).get(path).text.partition('id="record-')[2][:36]
    assert city.visitor(city.raiser).get(f"{path}/records/{concern}/correct").status_code == 409


# --- with what others were given ---


def test_a_form_key_is_worth_nothing_to_somebody_else(city: City, path: str) -> None:
    other = other_side(city, path, "account")
    page, key = city.up_to_check(other, f"{path}/account")

    assert send(city, city.raiser, page, key).status_code == 409
    assert CANARIES[0] not in words_on(send(city, city.raiser, page, key)), "nor does it show what they wrote"
    assert send(city, other, page, key).status_code == 303
    assert send(city, city.raiser, page, key).status_code == 409, "nor does it lead to their receipt"
    assert send(city, other, page, key).status_code == 303
    assert city.own_records(path) == 2


def test_only_whom_the_list_offers_can_be_named(city: City, path: str) -> None:
    page, _ = city.up_to_check(city.raiser, f"{path}/step-up")
    people = page.replace("/check", "/people")
    visitor = city.visitor(city.raiser)
    asked = [name for name in _selects(visitor.get(people)) if not name.startswith("f-others")]
    strangers = (
        city.person("practitioner@school", ANOTHER),
        city.person("practitioner@police"),
        city.person("unit@board"),
    )

    for value in (*map(city.id_of, strangers), "9" * 5000, "\0", "Ⅷ", str(UUID(int=0))):
        assert visitor.post(people, dict.fromkeys(asked, value)).status_code == 422, value[:20]
        assert visitor.post(people, {"f-others-0-person": value}).status_code == 422, value[:20]
    assert visitor.get(page).status_code == 303, "it cannot be sent"


def _selects(answer: TestResponse) -> list[str]:
    return [str(name) for name in html.fromstring(answer.text).xpath("//main//select/@name")]


# --- at the same moment ---


def test_eight_who_open_one_form_at_once_all_see_it(city: City, path: str) -> None:
    for _ in range(3):
        with city.town.workshop.writing() as work:
            work.session.execute(delete(Draft))

        statuses = together([lambda: city.again(city.raiser).get(f"{path}/step-up").status_code] * 8)

        assert statuses == [200] * 8


def test_two_pages_that_are_saved_at_once_are_both_kept(city: City) -> None:
    visitor = city.visitor(city.raiser)
    visitor.get("/escalations/new")
    token = visitor.token()
    for number in range(5):
        typed = {"danger": ("f-danger_acted", f"Said {number}"), "subject": ("f-names", f"Named {number}")}
        together([partial(_save, city, token, page, *given) for page, given in typed.items()])

        shown = "".join(visitor.get(f"/escalations/new/{page}").text for page in typed)
        assert f"Said {number}" in shown
        assert f"Named {number}" in shown


def _save(city: City, token: str, page: str, name: str, text: str) -> int:
    form = {"csrf_token": token, name: text, "f-danger": "acted"}
    return city.again(city.raiser).post_as_it_is(f"/escalations/new/{page}", form).status_code


def test_a_form_that_is_sent_eight_times_at_once_is_recorded_once(city: City, path: str) -> None:
    page, key = city.up_to_check(city.raiser, f"{path}/account")
    token = city.visitor(city.raiser).token()

    def click() -> str:
        answer = city.again(city.raiser).post_as_it_is(page, {"csrf_token": token, "form_key": key})
        return f"{answer.status_code} {answer.location}"

    receipts = together([click] * 8)

    assert len(set(receipts)) == 1, receipts
    assert receipts[0].startswith("303 ")
    assert city.own_records(path) == 2


def test_of_two_who_take_it_further_at_once_one_does_and_the_other_is_told(city: City, path: str) -> None:
    city.town.fill(city.raiser, f"{path}/step-up")
    colleague = next(email for email in city.able("step-up", path) if email != city.raiser)
    pages = {who: city.up_to_check(who, f"{path}/step-up") for who in (city.raiser, colleague)}

    answers = together([partial(send, city, who, *given) for who, given in pages.items()])

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert city.own_records(path) == 3


def together(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each came back with; all begin at the same instant."""
    begin, came = threading.Barrier(len(acts)), list[Any]([None] * len(acts))

    def one(number: int) -> None:
        begin.wait()
        came[number] = acts[number]()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return came
