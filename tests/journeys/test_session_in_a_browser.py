"""In a real browser: the warning before a session ends, what is typed kept, and the way out by one press."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from flask import render_template_string, request
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.serving import make_server

from forms_app.domain.access import May
from forms_app.web.access import open_to
from tests.journeys.browsing import AXE, AXE_OPTIONS
from tests.ports import free_port
from tests.web.conftest import Site, add_people, open_site

ADA = "ada@invented.example"
TEXT = "Something long enough to lose"
KEEPING = """{% extends "layout/page.html" %}{% set heading = "Write" %}
{% from "components/forms.html" import post_form, submit %}
{% block content %}{% call post_form(keeps=true) %}
  <label class="govuk-label" for="account">Account</label><input class="govuk-input" id="account" name="account">
  {{ submit("Save") }}
{% endcall %}{% endblock %}"""


class Desk:
    """Somebody at a page with a form; both clocks go as the test says."""

    def __init__(self, site: Site, page: Page) -> None:
        self.site, self.page, self.kept, self.sent = site, page, list[str](), list[str]()
        self.faults: list[str] = []

    def write(self) -> str:
        if request.method == "POST":
            self.sent.append(request.form["account"])
        return render_template_string(KEEPING)

    def keep(self, _: object) -> None:
        self.kept.append(request.form["account"])

    @property
    def url(self) -> str:
        return str(self.site.app.config["SERVICE_URL"])

    def is_signed_in(self) -> bool:
        """As another tab of the same browser finds it."""
        answer = self.page.context.request.get(f"{self.url}/who", max_redirects=0)
        return answer.status == 200

    def until(self, happened: Callable[[], bool]) -> None:
        for _ in range(50):
            if happened():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("it did not happen")

    def wait(self, minutes: int) -> None:
        self.site.clock.forward(minutes=minutes)
        self.page.clock.fast_forward(minutes * 60_000)

    @property
    def warning(self) -> Locator:
        return self.page.get_by_role("alertdialog", name="You will be signed out in 2 minutes")

    def type(self, text: str) -> None:
        self.page.get_by_label("Account").fill(text)


@pytest.fixture
def desk(sqlite_url: str, chromium: Browser) -> Iterator[Desk]:
    port = free_port()
    site = open_site(sqlite_url, service_url=f"http://127.0.0.1:{port}")
    add_people(site.database)
    ada = site.visiting(ADA)
    cookie = ada.browser.get_cookie("session", domain=f"127.0.0.1:{port}") or ada.browser.get_cookie(
        "session", domain="127.0.0.1"
    )
    assert cookie is not None
    context = chromium.new_context()
    context.add_cookies([{"name": "session", "value": cookie.value, "url": str(site.app.config["SERVICE_URL"])}])
    site.app.config["NEUTRAL_PAGE"] = f"http://localhost:{port}/danger"  # to the browser another site
    page = context.new_page()
    desk = Desk(site, page)
    page.on("console", lambda message: desk.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: desk.faults.append(str(error)))
    site.app._got_first_request = False  # a page more
    view = open_to(May.KEEP_OWN_ACCOUNT, keep=desk.keep)(lambda: desk.write())
    site.app.add_url_rule("/write", "write", view, methods=["GET", "POST"])
    server = make_server("127.0.0.1", port, site.app)
    Thread(target=server.serve_forever, daemon=True).start()
    page.clock.install()
    page.goto(f"http://127.0.0.1:{port}/write")
    yield desk
    context.close()
    server.shutdown()
    site.database.close()
    assert desk.faults == []


def test_whoever_types_is_there_and_what_they_typed_is_kept_and_sent_by_enter(desk: Desk) -> None:
    desk.type(TEXT)
    desk.wait(12)
    expect(desk.page.get_by_label("Account")).to_have_value(TEXT)
    desk.until(lambda: desk.kept == [TEXT])
    desk.wait(12)
    expect(desk.warning).to_be_hidden()
    assert desk.is_signed_in()
    assert desk.sent == []

    desk.page.get_by_label("Account").press("Enter")

    desk.until(lambda: desk.sent == [TEXT])
    assert desk.is_signed_in(), "the first button of the form is not the one that leads away"


def test_a_warning_comes_and_whoever_stays_is_where_they_were(desk: Desk) -> None:
    field = desk.page.get_by_label("Account")
    field.focus()
    desk.wait(13)
    expect(desk.warning).to_be_visible()
    expect(desk.page.get_by_role("button", name="Stay signed in")).to_be_focused()
    assert AXE.run(desk.page, options=AXE_OPTIONS).violations_count == 0

    desk.page.keyboard.press("Enter")

    expect(desk.warning).to_be_hidden()
    expect(field).to_be_focused()
    desk.site.clock.forward(minutes=12)
    assert desk.is_signed_in(), "in another tab"
    desk.site.clock.forward(minutes=1)
    desk.page.clock.fast_forward(13 * 60_000)
    desk.page.wait_for_timeout(300)
    expect(desk.warning).to_be_hidden()


def test_nobody_there_and_the_page_is_taken_away_with_its_text_kept(desk: Desk) -> None:
    desk.wait(11)
    desk.page.evaluate("text => { document.getElementById('account').value = text }", TEXT)
    desk.wait(2)
    expect(desk.warning).to_be_visible()
    desk.wait(3)

    expect(desk.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    expect(desk.page.get_by_text("nothing happened for 15 minutes")).to_be_visible()
    assert desk.kept[-1] == TEXT
    assert desk.sent == []
    assert ["403" in fault for fault in desk.faults] == [True], "it was kept although the session had lapsed"
    desk.faults.clear()


def test_one_press_leads_away_and_back_shows_nothing(desk: Desk) -> None:
    desk.type(TEXT)
    desk.page.get_by_role("button", name="Hide this page now").click()

    desk.page.wait_for_url("http://localhost:*/danger")
    assert desk.kept == [TEXT]
    desk.page.go_back()
    expect(desk.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    assert desk.page.context.cookies(desk.url) == [] or not desk.is_signed_in()


def test_three_presses_of_escape_lead_away(desk: Desk) -> None:
    desk.type(TEXT)
    for _ in range(3):
        desk.page.keyboard.press("Escape")

    desk.page.wait_for_url("http://localhost:*/danger")
    assert desk.kept == [TEXT]


def test_a_script_that_the_answer_does_not_name_is_not_run(desk: Desk) -> None:
    ran = desk.page.evaluate(
        """async () => {
          const script = document.createElement('script')
          script.textContent = 'window.ran = true'
          document.body.appendChild(script)
          const other = document.createElement('script')
          other.src = '/static/site.js'
          document.body.appendChild(other)
          await new Promise(resolve => { other.onload = other.onerror = resolve })
          return [window.ran === true, document.body.classList.contains('js-enabled')]
        }"""
    )

    assert ran == [False, True]
    assert len([fault for fault in desk.faults if "Content Security Policy" in fault]) == 2
    desk.faults.clear()
