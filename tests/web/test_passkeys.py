"""Passkeys, made and used by a real Chromium whose authenticator is a virtual one."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.serving import make_server

from forms_app.db.tables import AuthenticatorApp, MailDomain, Passkey
from tests.factories.second_steps import KEY
from tests.ports import free_port
from tests.web.conftest import Site, add_people, open_site

ADA, BELLA = "ada@invented.example", "bella@invented.example"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Device:
    """A browser with an authenticator in it."""

    site: Site
    page: Page
    authenticator: str = ""
    cdp: Any = None
    sent: list[str] = field(default_factory=list)
    """What it answered with passkeys."""

    def __post_init__(self) -> None:
        self.cdp = self.page.context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        self.authenticator = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})[
            "authenticatorId"
        ]
        self.page.on("request", lambda request: self.sent.append(request.post_data or ""))

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site.app.config['SERVICE_URL']}{path}")

    def press(self, words: str) -> None:
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=words).click()

    def is_seen(self, words: str) -> bool:
        return self.page.locator("main").get_by_role("button", name=words).is_visible()

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def by_email(self, email: str) -> None:
        self.open("/sign-in")
        self.page.get_by_label("Work email address").fill(email)
        self.press("Send me an email")
        self.page.get_by_label("Code from the email").fill(self.site.last_message()["code"])
        self.press("Sign in")

    def add_passkey(self, name: str) -> None:
        self.open("/second-steps/passkeys/new")
        self.page.get_by_label("A name for it").fill(name)
        self.press("Add a passkey")

    def sign_out(self) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Sign out").click()

    def verifies_its_person(self, verified: bool) -> None:
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.authenticator, "isUserVerified": verified})


@contextmanager
def served(site: Site, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def device(sqlite_url: str, page: Page) -> Iterator[Device]:
    port = free_port()
    site = open_site(sqlite_url, service_url=f"http://localhost:{port}")
    add_people(site.database)
    with served(site, port):
        yield Device(site, page)
    site.database.close()


def test_a_passkey_is_added_signs_in_alone_and_as_the_second_step_and_proves_again(device: Device) -> None:
    device.by_email(BELLA)
    device.add_passkey("Desk, “north” <corner>")
    assert device.heading == "Recovery codes"
    device.open("/second-steps")
    assert "Desk, “north” <corner>" in device.page.locator("main").inner_text()

    device.sign_out()
    device.open("/sign-in")
    device.press("Sign in with a passkey")
    assert device.heading == "Your escalations"

    device.sign_out()
    device.by_email(BELLA)
    assert device.heading == "Prove that it is you"
    device.press("Use a passkey")
    assert device.heading == "Your escalations"

    device.site.clock.forward(minutes=11)
    device.open("/second-steps/passkeys/new")
    assert device.heading == "Prove again that it is you"
    device.press("Use a passkey")
    assert device.heading == "Add a passkey"

    actions = device.site.actions()
    assert [each for each in actions if each in {"passkey_added", "signed_in", "proved_again"}] == [
        *("signed_in", "passkey_added", "signed_in", "signed_in", "proved_again")
    ]


def test_a_copy_of_what_a_passkey_answered_signs_nobody_in(device: Device) -> None:
    device.by_email(ADA)
    device.add_passkey("Desk")
    device.sign_out()
    device.open("/sign-in")
    cookies = device.page.context.cookies()
    device.press("Sign in with a passkey")
    answer = next(sent for sent in reversed(device.sent) if "credential=" in sent)
    device.sign_out()
    with device.site.database.writing() as session:
        session.scalars(select(Passkey)).one().sign_count = 0  # as of a passkey that counts nothing

    device.page.context.clear_cookies()
    device.page.context.add_cookies(cookies)
    again = device.page.request.post(
        f"{device.site.app.config['SERVICE_URL']}/sign-in/passkey",
        data=answer,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"},
        max_redirects=0,
    )

    assert again.status == 422
    device.open("/escalations")
    assert device.heading == "Sign in"


def test_a_passkey_of_somebody_else_is_no_second_step(device: Device) -> None:
    device.by_email(ADA)
    device.add_passkey("Desk")
    device.sign_out()
    device.by_email(ADA)
    assert device.heading == "Prove that it is you"
    with device.site.database.writing() as session:
        ada, bella, now = device.site.person(ADA).id, device.site.person(BELLA).id, device.site.clock.now
        session.scalars(select(Passkey)).one().person_id = bella
        session.add(AuthenticatorApp(person_id=ada, secret=KEY, made_at=now, proved_at=now))

    device.press("Use a passkey")

    assert "could not be used here" in device.page.locator(".govuk-error-summary").inner_text()
    device.open("/escalations")
    assert device.heading == "Sign in"


def test_a_passkey_that_was_removed_signs_nobody_in(device: Device) -> None:
    device.by_email(ADA)
    device.add_passkey("Desk")
    device.open("/second-steps")
    device.press("Remove the passkey Desk")
    device.sign_out()
    device.open("/sign-in")

    device.press("Sign in with a passkey")

    assert device.heading == "That passkey cannot be used"


def test_a_device_that_does_not_make_sure_who_holds_it_is_refused(device: Device) -> None:
    device.by_email(ADA)
    device.add_passkey("Desk")
    device.sign_out()
    device.open("/sign-in")
    device.verifies_its_person(False)
    assert not device.page.locator("[data-passkey-refused] p").is_visible()
    device.page.get_by_role("button", name="Sign in with a passkey").click()

    device.page.locator("[data-passkey-refused] p").wait_for(state="visible")
    assert device.heading == "Sign in"


def test_a_browser_that_asks_its_device_for_less_than_it_should_is_refused(device: Device) -> None:
    device.by_email(ADA)
    device.add_passkey("Desk")
    device.sign_out()
    device.open("/sign-in")
    device.verifies_its_person(False)
    device.page.locator("form[data-passkey]").evaluate(
        "form => { form.dataset.options = form.dataset.options.replace('required', 'discouraged') }"
    )

    device.press("Sign in with a passkey")

    assert device.heading == "That passkey cannot be used"


@pytest.mark.parametrize("reason", ["locked", "left", "never"])
def test_a_passkey_lets_in_nobody_whom_an_email_would_not(device: Device, reason: str) -> None:
    device.by_email(ADA)
    device.add_passkey("Desk")
    device.sign_out()
    ada, bella, now = device.site.person(ADA), device.site.person(BELLA), device.site.clock.now
    with device.site.database.writing() as session:
        person = session.merge(ada)
        if reason == "locked":
            person.locked_at, person.locked_by_id = now, bella.id
        elif reason == "left":
            person.left_at = now
        else:
            at_hers = select(MailDomain).where(MailDomain.agency_id == ada.agency_id)
            session.scalars(at_hers).one().rule = "never"
    device.open("/sign-in")

    device.press("Sign in with a passkey")

    assert device.heading == "That passkey cannot be used"


def test_without_a_script_nothing_of_passkeys_is_shown(device: Device) -> None:
    browser = device.page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{device.site.app.config['SERVICE_URL']}/sign-in")

    assert page.get_by_role("button", name="Send me an email").is_visible()
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()
    context.close()


def test_at_a_bare_network_address_no_passkey_is_offered(sqlite_url: str) -> None:
    site = open_site(sqlite_url, service_url="http://127.0.0.1:8000")
    assert "data-passkey" not in site.visitor().get("/sign-in").text
    site.database.close()


# --- what is no passkey's answer ---

PARTS = ("id", "rawId", "type", "response", "clientDataJSON", "authenticatorData", "signature", "attestationObject")
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary().map(lambda each: base64.b64encode(each).decode()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PARTS), inner, max_size=8),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Any) -> Iterator[Site]:
    file = tmp_path_factory.mktemp("passkeys") / "forms.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    site = open_site(f"sqlite:///{file}")
    add_people(site.database)
    yield site
    site.database.close()


@given(sent=ANYTHING.map(json.dumps) | st.text(max_size=200))
def test_whatever_is_sent_for_a_passkey_is_refused_politely(asked: Site, sent: str) -> None:
    visitor = asked.visitor()
    visitor.get("/sign-in")

    assert visitor.post("/sign-in/passkey", {"credential": sent}).status_code in {422, 429}
