"""Sessions are on the server: a cookie alone is worth nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update

from forms_app.db.tables import Person
from forms_app.domain.access import May
from forms_app.web.access import open_to
from tests.factories.second_steps import give_second_step, take_second_step
from tests.web.conftest import Site
from tests.web.visitor import Visitor

ADA = "ada@invented.example"


@pytest.fixture
def site_url(database_url: str) -> str:
    return database_url


def is_signed_in(visitor: object) -> bool:
    return visitor.get("/who").status_code == 200  # type: ignore[attr-defined]


def test_the_cookie_carries_a_token_and_nothing_about_the_person(site: Site) -> None:
    ada = site.signed_in(ADA)

    with ada.browser.session_transaction(base_url=ada.service_url) as cookie:
        assert set(cookie) <= {"sid", "csrf_token"}


def test_a_copied_cookie_does_not_work_after_signing_out(site: Site) -> None:
    ada = site.signed_in(ADA)
    copied = ada.cookie()
    assert is_signed_in(site.visitor().with_cookie(copied))

    assert ada.post("/sign-out").location == "/signed-out"

    assert not is_signed_in(ada)
    assert not is_signed_in(site.visitor().with_cookie(copied))


def test_signing_in_again_ends_the_session_before(site: Site) -> None:
    ada = site.signed_in(ADA)
    copied = ada.cookie()
    give_second_step(site.database, "bella@invented.example", site.clock.now)
    site.visitor().ask_for_code("bella@invented.example")
    link = site.last_message()["link"].partition("escalations.example")[2]

    ada.get(link)
    take_second_step(ada, ada.post(link), site.clock.now)

    assert "Bella Invented" in ada.get("/who").text
    assert not is_signed_in(site.visitor().with_cookie(copied))


def test_the_tokens_are_new_after_signing_in(site: Site) -> None:
    visitor = site.visitor()
    visitor.ask_for_code(ADA)
    before, old_token = visitor.cookie(), visitor.token()
    visitor.type_code(site.last_message()["code"])

    assert not is_signed_in(site.visitor().with_cookie(before))
    assert visitor.post_as_it_is("/sign-out", {"csrf_token": old_token}).status_code == 403
    assert is_signed_in(visitor)


def test_fifteen_idle_minutes_end_a_session(site: Site) -> None:
    ada = site.signed_in(ADA)
    for _ in range(4):
        site.clock.forward(minutes=14)
        assert is_signed_in(ada)

    site.clock.forward(minutes=15, seconds=1)

    answer = ada.get("/who")
    assert answer.location == "/sign-in"
    assert "nothing happened for 15 minutes" in ada.follow(answer).text


def test_twelve_hours_end_a_session_however_busy(site: Site) -> None:
    ada = site.signed_in(ADA)
    for _ in range(71):
        site.clock.forward(minutes=10)
        assert is_signed_in(ada)

    site.clock.forward(minutes=10)

    assert not is_signed_in(ada)


def test_somebody_who_has_left_is_refused_at_once(site: Site) -> None:
    ada = site.signed_in(ADA)

    site.leaves(ADA)

    assert not is_signed_in(ada)


def test_use_is_written_down_at_most_once_a_minute(site: Site) -> None:
    ada = site.signed_in(ADA)
    writes: list[int] = []
    original = site.database.writing
    site.database.writing = lambda *whose: writes.append(1) or original(*whose)  # type: ignore[method-assign,func-returns-value]

    for _ in range(6):
        site.clock.forward(seconds=20)
        assert is_signed_in(ada)

    assert len(writes) == 2


def test_a_changed_cookie_is_no_session(site: Site) -> None:
    ada = site.signed_in(ADA)
    cookie = ada.cookie()

    assert not is_signed_in(ada.with_cookie(cookie[:-3] + ("abc" if cookie[-3:] != "abc" else "xyz")))


def test_signing_out_needs_the_button(site: Site) -> None:
    ada = site.signed_in(ADA)

    assert ada.get("/sign-out").status_code == 405
    assert ada.post_as_it_is("/sign-out", {}).status_code == 403
    assert is_signed_in(ada)


def test_one_who_is_signed_in_is_not_asked_again(site: Site) -> None:
    assert site.signed_in(ADA).get("/sign-in").location == "/escalations"


# --- a copied cookie ---


def signs_out(site: Site, visitor: Visitor) -> None:
    visitor.post("/sign-out")


def is_disabled(site: Site, _: Visitor) -> None:
    with site.database.writing() as session:
        session.execute(update(Person).where(Person.email == ADA).values(locked_at=site.clock.now))


def leaves(site: Site, _: Visitor) -> None:
    site.leaves(ADA)


def is_idle(site: Site, _: Visitor) -> None:
    site.clock.forward(minutes=15, seconds=1)


def hides(site: Site, visitor: Visitor) -> None:
    visitor.post("/leave")


def is_revoked(site: Site, _: Visitor) -> None:
    other = site.signed_in(ADA)
    other.post("/your-sessions/end-others")


@pytest.mark.parametrize("what", [signs_out, is_disabled, leaves, is_idle, hides, is_revoked])
def test_a_cookie_that_was_copied_before_is_worth_nothing_after(
    what: Callable[[Site, Visitor], None], site: Site
) -> None:
    ada = site.signed_in(ADA)
    copied, token = ada.cookie(), ada.token()
    assert is_signed_in(site.visitor().with_cookie(copied))

    what(site, ada)

    thief = site.visitor().with_cookie(copied)
    assert not is_signed_in(thief)
    assert thief.post_as_it_is("/your-emails", {"csrf_token": token, "language": "cy"}).status_code == 403
    assert site.person(ADA).language == "en"


# --- where somebody wanted to go ---


def test_after_signing_in_they_are_where_they_wanted_to_be(site: Site) -> None:
    visitor = site.visitor()
    assert visitor.get("/register").location == "/sign-in"
    visitor.ask_for_code("bella@invented.example")

    assert visitor.type_code(site.last_message()["code"]).location == "/register"


@pytest.mark.parametrize(
    "path", ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/nowhere", 7]
)
def test_a_place_that_is_not_ours_is_not_gone_to(path: object, site: Site) -> None:
    visitor = site.visitor()
    visitor.ask_for_code(ADA)
    with visitor.browser.session_transaction(base_url=visitor.service_url) as cookie:
        cookie["next"] = path

    assert visitor.type_code(site.last_message()["code"]).location == "/escalations"


# --- what was being typed ---


@pytest.fixture
def kept() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def writing(site: Site, kept: list[tuple[str, str]], add_page: object) -> Site:
    from flask import request

    def keep(person: object, *, number: int) -> None:
        kept.append((person.email, request.form["account"]))  # type: ignore[attr-defined]

    view = open_to(May.KEEP_OWN_ACCOUNT, keep=keep)(lambda number: "sent")
    add_page(site, "/write/<int:number>", view, methods=("GET", "POST"))  # type: ignore[operator]
    return site


def test_a_form_that_arrives_after_the_session_lapsed_is_kept(writing: Site, kept: list[tuple[str, str]]) -> None:
    ada = writing.signed_in(ADA)
    ada.get("/danger")
    writing.clock.forward(minutes=20)

    answer = ada.post("/write/3", {"account": "Something long enough to lose"})

    assert answer.status_code == 403
    assert "has been saved" in answer.text
    assert kept == [(ADA, "Something long enough to lose")]
    ada.ask_for_code(ADA)
    assert ada.type_code(writing.last_message()["code"]).location == "/write/3"


@pytest.mark.parametrize("ended", ["sign_out", "leave", "too_old"])
def test_nothing_is_kept_once_the_session_ended(ended: str, writing: Site, kept: list[tuple[str, str]]) -> None:
    ada = writing.signed_in(ADA)
    ada.get("/danger")
    token, cookie = ada.token(), ada.cookie()
    if ended == "sign_out":
        ada.post("/sign-out")
    elif ended == "leave":
        writing.leaves(ADA)
    else:
        writing.clock.forward(hours=12)

    again = writing.visitor().with_cookie(cookie)
    answer = again.post_as_it_is("/write/3", {"csrf_token": token, "account": "Something long enough\nto lose"})

    assert answer.status_code == 403
    assert kept == []
    assert "Something long enough&#10;to lose" in answer.text


def test_what_was_typed_is_shown_when_the_forms_token_is_not_right(writing: Site, kept: list[tuple[str, str]]) -> None:
    ada = writing.signed_in(ADA)

    answer = ada.post_as_it_is("/write/3", {"csrf_token": "old", "account": "A <long> & careful text"})

    assert answer.status_code == 403
    assert "Your page was open too long" in answer.text
    assert "A &lt;long&gt; &amp; careful text" in answer.text
    assert kept == []


def test_another_site_cannot_put_its_words_on_our_page(writing: Site) -> None:
    words = {"account": "Words from an attacker who wants to be believed"}

    for origin in ({"Sec-Fetch-Site": "cross-site"}, {}):
        answer = writing.visitor().post_as_it_is("/write/3", words, headers=origin)
        assert answer.status_code == 403
        assert "attacker" not in answer.text
