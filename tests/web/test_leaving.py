"""“Hide this page now”: away from here, whatever happens, with what was typed kept."""

from __future__ import annotations

import pytest
from flask import render_template_string, request
from lxml import html
from werkzeug.exceptions import InternalServerError
from werkzeug.test import TestResponse

from forms_app.domain.access import May
from forms_app.web.access import open_to
from tests.web.conftest import Site
from tests.web.visitor import Visitor

ADA = "ada@invented.example"
AWAY = "https://www.bbc.co.uk/weather"
TEXT = "Something long enough to lose"
KEEPING = """{% extends "layout/page.html" %}{% set heading = "Write" %}{% from "components/forms.html" import post_form %}
{% block content %}{% call post_form(keeps=true) %}<button>Save</button>{% endcall %}{% endblock %}"""


@pytest.fixture
def kept() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def writing(site: Site, kept: list[tuple[str, str]], add_page: object) -> Site:
    """With a page that keeps what is typed into it, and one that fails."""

    def keep(person: object) -> None:
        kept.append((person.email, request.form["account"]))  # type: ignore[attr-defined]

    def write() -> str:
        kept.append(("sent", request.form.get("account", "")))
        return render_template_string(KEEPING)

    def fail() -> str:
        raise InternalServerError

    view = open_to(May.KEEP_OWN_ACCOUNT, keep=keep)(write)
    add_page(site, "/write", view, methods=("GET", "POST"))  # type: ignore[operator]
    add_page(site, "/fail", open_to(May.KEEP_OWN_ACCOUNT)(fail), methods=("POST",))  # type: ignore[operator]
    return site


def is_away(visitor: Visitor, answer: TestResponse) -> bool:
    """They are elsewhere, the browser keeps nothing of ours, and is not signed in any more."""
    gone = (answer.status_code, answer.location) == (303, AWAY)
    forgotten = answer.headers.get("Clear-Site-Data") == '"cache", "storage"'
    forgotten &= "session=; Expires=Thu, 01 Jan 1970" in answer.headers["Set-Cookie"]
    return gone and forgotten and visitor.get("/who").location == "/sign-in"


def leave_button(visitor: Visitor) -> html.HtmlElement:
    (button,) = html.fromstring(visitor.page).xpath("//button[@id='leave']")
    return button


def test_every_page_of_somebody_signed_in_has_the_button(site: Site) -> None:
    ada = site.signed_in(ADA)
    for path in ("/escalations", "/your-emails", "/contacts", "/danger", "/nothing", "/your-sessions"):
        ada.get(path)
        assert leave_button(ada).text_content().strip().startswith("Hide this page now"), path
    assert "Hide this page now" not in site.visitor().get("/").text


def test_the_button_leads_away_and_leaves_nothing_behind(site: Site) -> None:
    ada = site.signed_in(ADA)
    copied = ada.cookie()

    assert is_away(ada, ada.post("/leave"))

    assert site.visitor().with_cookie(copied).get("/who").location == "/sign-in"
    assert site.actions()[-1] == "signed_out"


def test_what_was_typed_goes_along_and_is_kept(writing: Site, kept: list[tuple[str, str]]) -> None:
    ada = writing.signed_in(ADA)
    ada.get("/write")
    kept.clear()
    button = leave_button(ada)
    assert (button.get("form"), button.get("formaction")) == ("kept-form", "/write?instead=leave")

    assert is_away(ada, ada.post("/write?instead=leave", {"account": TEXT}))

    assert kept == [(ADA, TEXT)], "it is kept, and not sent"


def test_enter_in_a_form_does_not_lead_away(writing: Site) -> None:
    ada = writing.signed_in(ADA)
    ada.get("/write")

    first = html.fromstring(ada.page).xpath("//button[@type='submit' and @form='kept-form']")[0]

    assert first.get("formaction") is None
    assert first.getnext().get("id") == "leave"


def test_a_page_may_keep_what_is_typed_without_sending_it(writing: Site, kept: list[tuple[str, str]]) -> None:
    ada = writing.signed_in(ADA)
    ada.get("/write")
    kept.clear()

    answer = ada.post("/write?instead=keep", {"account": TEXT})

    assert (answer.status_code, answer.text) == (204, "")
    assert kept == [(ADA, TEXT)]
    assert ada.get("/who").status_code == 200


def test_somebody_whose_session_has_lapsed_leaves_too_and_loses_nothing(
    writing: Site, kept: list[tuple[str, str]]
) -> None:
    ada = writing.signed_in(ADA)
    ada.get("/write")
    kept.clear()
    writing.clock.forward(minutes=20)

    assert is_away(ada, ada.post("/write?instead=leave", {"account": TEXT}))

    assert kept == [(ADA, TEXT)]


@pytest.mark.parametrize("path", ["/leave", "/fail?instead=leave", "/nothing?instead=leave", "/sign-out?instead=leave"])
@pytest.mark.parametrize("token", [None, "old"])
def test_nothing_that_goes_wrong_holds_anybody_back(path: str, token: str | None, writing: Site) -> None:
    ada = writing.signed_in(ADA)

    assert is_away(ada, ada.post_as_it_is(path, {"csrf_token": token or ada.token()}))


def test_another_site_signs_nobody_out(site: Site) -> None:
    ada = site.signed_in(ADA)

    answer = ada.post_as_it_is("/leave", {}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "Clear-Site-Data" not in answer.headers
    assert ada.get("/who").status_code == 200


def test_opening_the_address_leads_nowhere(site: Site) -> None:
    ada = site.signed_in(ADA)

    assert ada.get("/leave").status_code == 405
    assert ada.get("/who?instead=leave").status_code == 200


def test_signing_out_leaves_nothing_in_the_browser(site: Site) -> None:
    ada = site.signed_in(ADA)

    assert ada.post("/sign-out").headers["Clear-Site-Data"] == '"cache", "storage"'
    assert ada.get("/signed-out").headers["Cache-Control"] == "no-store"


def test_the_cookie_goes_by_its_own_name_over_https(secure_site: Site) -> None:
    ada = secure_site.visiting(ADA)

    cookie = ada.post("/leave").headers["Set-Cookie"]

    assert cookie.startswith("__Host-session=; Expires=Thu, 01 Jan 1970")
    assert {"Secure", "Path=/"} <= {part.strip() for part in cookie.split(";")}
