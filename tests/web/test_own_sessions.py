"""One's own sessions: seen, ended, and worth nothing from the next request on."""

from __future__ import annotations

from lxml import html
from sqlalchemy import select

from forms_app.db.tables import Person, SignInSession
from tests.web.conftest import Site
from tests.web.visitor import Visitor

ADA, CYRIL = "ada@invented.example", "cyril@invented.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.get("/who").status_code == 200


def rows(visitor: Visitor) -> list[str]:
    page = html.fromstring(visitor.get("/your-sessions").text)
    return [" ".join(row.text_content().split()) for row in page.xpath("//tbody/tr")]


def signed_in_with(site: Site, user_agent: str) -> Visitor:
    visitor = site.visitor()
    visitor.browser.environ_base["HTTP_USER_AGENT"] = user_agent
    visitor.ask_for_code(ADA)
    visitor.type_code(site.last_message()["code"])
    return visitor


def test_the_list_says_which_browser_and_when_and_nothing_else(site: Site) -> None:
    here = signed_in_with(site, FIREFOX)
    site.clock.forward(minutes=3)
    signed_in_with(site, "Mozilla/5.0 (iPhone) Version/18.0 Mobile/15E148 Safari/604.1")

    shown = rows(here)

    assert len(shown) == 2
    assert any(
        row.startswith("Firefox (this one) 1 March 2027 at 12pm 1 March 2027 at 12:03pm Sign out") for row in shown
    )
    assert any(row.startswith("A phone or tablet 1 March 2027 at 12:03pm") for row in shown)
    with site.database.reading() as session:
        assert set(session.scalars(select(SignInSession.browser))) == {"firefox", "phone"}


def test_one_that_is_ended_is_worth_nothing_at_its_next_request(site: Site) -> None:
    here, there = site.signed_in(ADA), site.signed_in(ADA)
    page = html.fromstring(here.get("/your-sessions").text)
    (end,) = page.xpath("//form[contains(@action, '/end') and not(contains(@action, 'others'))]/@action")

    assert here.post(end).location == "/your-sessions"

    assert not is_signed_in(there)
    assert is_signed_in(here)
    assert len(rows(here)) == 1
    assert "session_ended" in site.actions()


def test_all_others_are_ended_at_once(site: Site) -> None:
    others = [site.signed_in(ADA) for _ in range(3)]
    here = site.signed_in(ADA)
    here.get("/your-sessions")

    here.post("/your-sessions/end-others")

    assert [is_signed_in(other) for other in others] == [False] * 3
    assert is_signed_in(here)


def test_nobody_ends_the_session_of_another(site: Site) -> None:
    ada, cyril = site.signed_in(ADA), site.visiting(CYRIL)
    with site.database.reading() as session:
        wanted = select(SignInSession.id).join(SignInSession.person).where(Person.email == CYRIL)
        his = session.scalars(wanted).one()

    refused = ada.post(f"/your-sessions/{his}/end")

    assert refused.status_code == 404
    with site.database.reading() as session:
        assert session.get_one(SignInSession, his).ended_at is None
    assert cyril is not ada


# --- how long it lasts ---


def test_a_page_knows_how_long_the_session_lasts(site: Site) -> None:
    ada = site.signed_in(ADA)
    site.clock.forward(seconds=50)

    page = html.fromstring(ada.get("/who").text)

    (dialog,) = page.xpath("//dialog[@role='alertdialog']")
    assert dialog.get("data-seconds") == "850"
    assert "Stay signed in" in dialog.text_content()


def test_a_page_that_asks_by_itself_does_not_keep_the_session_going(site: Site) -> None:
    ada = site.signed_in(ADA)
    site.clock.forward(minutes=14)

    assert ada.get("/session", headers={"X-Unattended": "true"}).json == {"seconds": 60}
    site.clock.forward(seconds=61)

    assert ada.get("/session", headers={"X-Unattended": "true"}).json == {"seconds": 0}
    assert not is_signed_in(ada)


def test_somebody_who_says_that_they_are_there_has_fifteen_minutes_more(site: Site) -> None:
    ada = site.signed_in(ADA)
    site.clock.forward(minutes=14)

    assert ada.post("/session").json == {"seconds": 900}

    site.clock.forward(minutes=14)
    assert is_signed_in(ada)


def test_after_twelve_hours_nothing_helps(site: Site) -> None:
    ada = site.signed_in(ADA)
    for _ in range(51):
        site.clock.forward(minutes=14)
        assert ada.get("/who").status_code == 200

    assert ada.post("/session").json == {"seconds": 6 * 60}
