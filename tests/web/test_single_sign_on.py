"""Signing in as one does at work, with a certified provider that the tests start; whom it does not let in reads one page."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from lxml import html
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forms_app.db.tables import Board, Identity, IdentityProvider, Person
from forms_app.services.identity_providers import may_be_asked
from forms_app.services.single_sign_on import AgencysProvider, set_providers
from tests.architecture.tree import PROJECT
from tests.factories.second_steps import SECOND_STEP, give_second_step
from tests.ports import free_port
from tests.web.conftest import SERVICE_URL, Site, add_people, open_site
from tests.web.visitor import Visitor

ADA, BELLA = "ada@invented.example", "bella@invented.example"
BACK = f"{SERVICE_URL}/sign-in/agency/back"
REFUSED = "You could not be signed in as you are at work"


@dataclass
class Agency:
    """The provider of an agency, and who sits there."""

    issuer: str
    claims: dict[str, Any] = field(default_factory=dict)

    def signs_in(self, address: str) -> str:
        """Somebody signs in there; the address to which it sends their browser back."""
        requests.post(f"{self.issuer}/as", data=json.dumps(self.claims), timeout=5).raise_for_status()
        with requests.Session() as browser:
            while not address.startswith(BACK):
                answer = browser.get(address, allow_redirects=False, timeout=5)
                assert answer.status_code in {302, 303}, answer.text
                location = answer.headers["Location"]
                address = location if location.startswith("http") else self.issuer + location
        return address.removeprefix(SERVICE_URL)


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[str]:
    """The provider. It says an address unasked, or, as others do, only when it is asked for it."""
    port = free_port()
    command = ["node", "tests/provider.mjs", str(port), BACK, getattr(request, "param", "in-token")]
    environment = {"PATH": os.environ["PATH"], "NODE_NO_WARNINGS": "1"}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as provider:
        assert provider.stdout is not None
        while (line := provider.stdout.readline().strip()) != "listening":
            assert line.startswith("oidc-provider"), line
        yield f"http://127.0.0.1:{port}"
        provider.terminate()


@pytest.fixture
def agency(running: str) -> Agency:
    return Agency(running, {"sub": "a-1", "email": "Ada@Invented.example", "email_verified": True})


@pytest.fixture
def site(site_url: str, agency: Agency) -> Iterator[Site]:
    site = open_site(site_url, single_sign_on_secrets={agency.issuer: "an invented secret"})
    add_people(site.database)
    offer(site, agency.issuer)
    yield site
    site.database.close()


def offer(site: Site, issuer: str, **more: Any) -> None:
    with site.app.extensions["workshop"].writing() as work:
        board = work.session.scalars(select(Board)).one()
        set_providers(work, board.id, [AgencysProvider("invented.example", issuer, "forms-app", **more)])


def way_there(visitor: Visitor, address: str = ADA) -> str:
    visitor.get("/sign-in/agency")
    page = html.fromstring(visitor.post("/sign-in/agency", {"email": address}).text)
    return str(page.xpath("//main//a[contains(@class, 'govuk-button')]/@href")[0])


def comes_back(site: Site, agency: Agency) -> tuple[Visitor, TestResponse]:
    visitor = site.visitor()
    return visitor, visitor.get(agency.signs_in(way_there(visitor)))


def is_refused(visitor: Visitor, answer: TestResponse) -> bool:
    return answer.status_code == 422 and REFUSED in answer.text and visitor.get("/who").status_code == 303


def change(site: Site, **values: Any) -> None:
    with site.database.writing() as session:
        person = session.scalars(select(Person).where(Person.email == ADA)).one()
        for name, value in values.items():
            setattr(person, name, value)


# --- whom it lets in ---


@pytest.mark.parametrize("running", ["in-token", "asked-for"], indirect=True)
def test_somebody_signs_in_as_they_do_at_work(site: Site, agency: Agency) -> None:
    visitor, answer = comes_back(site, agency)

    assert answer.location == "/escalations"
    assert "Ada Invented" in visitor.get("/who").text
    assert site.actions() == ["identity_bound", "signed_in"]
    assert site.messages() == []


def test_the_next_time_the_issuer_knows_them_whatever_their_address_is_there(site: Site, agency: Agency) -> None:
    comes_back(site, agency)
    agency.claims["email"], agency.claims["email_verified"] = "ada.married@invented.example", False

    visitor, _ = comes_back(site, agency)

    assert "Ada Invented" in visitor.get("/who").text
    with site.database.reading() as session:
        assert len(session.scalars(select(Identity)).all()) == 1


@pytest.mark.parametrize(
    ("vouches", "methods", "asked"),
    [(False, ["pwd", "mfa"], True), (True, ["pwd"], True), (True, None, True), (True, ["pwd", "mfa"], False)],
)
def test_a_second_step_there_counts_only_where_the_board_and_the_token_say_so(
    vouches: bool, methods: list[str] | None, asked: bool, site: Site, agency: Agency
) -> None:
    offer(site, agency.issuer, vouches_for_second_step=vouches)
    give_second_step(site.database, BELLA, site.clock.now)
    agency.claims = {"sub": "b-1", "email": BELLA, "email_verified": True, "amr": methods}
    visitor = site.visitor()

    answer = visitor.get(agency.signs_in(way_there(visitor, BELLA)))

    assert answer.location == (SECOND_STEP if asked else "/escalations")
    assert (visitor.get("/who").status_code == 200) is not asked


def test_it_is_the_same_on_postgresql(postgresql_url: str, agency: Agency) -> None:
    site = open_site(postgresql_url, single_sign_on_secrets={agency.issuer: "an invented secret"})
    add_people(site.database)
    offer(site, agency.issuer)

    for _ in range(2):
        visitor, answer = comes_back(site, agency)
        assert answer.location == "/escalations"
        assert "Ada Invented" in visitor.get("/who").text
    site.database.close()


def test_where_they_wanted_to_be_is_where_they_come(site: Site, agency: Agency) -> None:
    visitor = site.visitor()
    visitor.get("/your-emails")

    assert visitor.get(agency.signs_in(way_there(visitor))).location == "/your-emails"


def test_the_way_there_has_all_that_the_protocol_asks_for(site: Site) -> None:
    query = parse_qs(urlsplit(way_there(site.visitor())).query)

    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["openid email"]
    assert query["redirect_uri"] == [BACK]
    assert len(query["state"][0]) >= 30
    assert len(query["nonce"][0]) >= 30


# --- whom it does not ---


def test_an_address_that_the_issuer_did_not_verify(site: Site, agency: Agency) -> None:
    agency.claims["email_verified"] = False

    assert is_refused(*comes_back(site, agency))


def test_somebody_whom_no_board_knows_gets_no_account(site: Site, agency: Agency) -> None:
    agency.claims["email"] = "nobody@invented.example"

    assert is_refused(*comes_back(site, agency))
    with site.database.reading() as session:
        assert session.scalars(select(Identity)).all() == []
        assert len(session.scalars(select(Person)).all()) == 3


def test_another_who_has_the_address_now(site: Site, agency: Agency) -> None:
    comes_back(site, agency)
    agency.claims["sub"] = "b-2"

    assert is_refused(*comes_back(site, agency))


def test_a_leaver(site: Site, agency: Agency) -> None:
    comes_back(site, agency)
    site.leaves(ADA)

    assert is_refused(*comes_back(site, agency))


def test_one_who_is_locked(site: Site, agency: Agency) -> None:
    change(site, locked_at=site.clock.now)

    assert is_refused(*comes_back(site, agency))


def test_an_issuer_of_another_domain_does_not_speak_for_this_one(site: Site, agency: Agency) -> None:
    visitor = site.visitor()
    back = agency.signs_in(way_there(visitor))
    with site.database.writing() as session:
        session.execute(update(IdentityProvider).values(domain="other.example"))

    assert is_refused(visitor, visitor.get(back))


def test_a_domain_that_nobody_has_confirmed(site: Site, agency: Agency) -> None:
    change(site, email="ada@new.example")
    with site.database.writing() as session:
        session.execute(update(IdentityProvider).values(domain="new.example"))
    agency.claims["email"] = "ada@new.example"
    visitor = site.visitor()

    assert is_refused(visitor, visitor.get(agency.signs_in(way_there(visitor, "ada@new.example"))))


# --- what is not the answer to what was asked ---


def test_another_state(site: Site, agency: Agency) -> None:
    visitor = site.visitor()
    back = agency.signs_in(way_there(visitor))
    state = parse_qs(urlsplit(back).query)["state"][0]

    assert is_refused(visitor, visitor.get(back.replace(state, state[::-1])))
    assert is_refused(visitor, visitor.get(back)), "nor is the right one taken afterwards"


def test_an_answer_in_a_browser_that_asked_nothing(site: Site, agency: Agency) -> None:
    stranger = site.visitor()

    assert is_refused(stranger, stranger.get(agency.signs_in(way_there(site.visitor()))))


@pytest.mark.parametrize("what", ["nonce", "verifier", "issuer", "client"])
def test_another_nonce_verifier_issuer_or_client(what: str, site: Site, agency: Agency) -> None:
    visitor = site.visitor()
    back = agency.signs_in(way_there(visitor))
    other = {"issuer": agency.issuer.replace("127.0.0.1", "localhost"), "client": "another"}.get(what, "x" * 48)
    with visitor.browser.session_transaction(base_url=visitor.service_url) as cookie:
        cookie["way"] = {**cookie["way"], what: other}

    assert is_refused(visitor, visitor.get(back.partition("&iss=")[0] if what == "issuer" else back))


def test_a_code_that_was_used_already(site: Site, agency: Agency) -> None:
    visitor = site.visitor()
    address = way_there(visitor)
    with visitor.browser.session_transaction(base_url=visitor.service_url) as cookie:
        way = dict(cookie["way"])
    back = agency.signs_in(address)
    assert visitor.get(back).location == "/escalations"
    thief = site.visitor()
    thief.get("/sign-in")
    with thief.browser.session_transaction(base_url=thief.service_url) as cookie:
        cookie["way"] = way

    assert is_refused(thief, thief.get(back))


def test_an_error_that_the_provider_sends(site: Site, agency: Agency) -> None:
    visitor = site.visitor()
    state = parse_qs(urlsplit(way_there(visitor)).query)["state"][0]

    assert is_refused(visitor, visitor.get(f"/sign-in/agency/back?error=access_denied&state={state}"))


def test_a_provider_that_is_not_there(site: Site) -> None:
    offer(site, f"http://127.0.0.1:{free_port()}")
    visitor = site.visitor()
    visitor.get("/sign-in/agency")

    assert is_refused(visitor, visitor.post("/sign-in/agency", {"email": ADA}))


def test_one_that_names_itself_otherwise(site: Site, agency: Agency) -> None:
    offer(site, agency.issuer.replace("127.0.0.1", "localhost"))
    visitor = site.visitor()
    visitor.get("/sign-in/agency")

    assert is_refused(visitor, visitor.post("/sign-in/agency", {"email": ADA})), "before anybody is sent there"


# --- what is said, and to whom ---


def test_whether_somebody_has_an_account_is_not_said(site: Site) -> None:
    assert urlsplit(way_there(site.visitor())).path == urlsplit(way_there(site.visitor(), "x@invented.example")).path
    visitor = site.visitor()
    visitor.get("/sign-in/agency")

    answer = visitor.post("/sign-in/agency", {"email": "ada@elsewhere.example"})

    assert answer.status_code == 422
    assert "Your agency has not set this up" in answer.text


def test_nothing_is_offered_where_no_board_has_set_it_up(site: Site) -> None:
    assert "as you do at work" in site.visitor().get("/sign-in").text
    with site.app.extensions["workshop"].writing() as work:
        set_providers(work, work.session.scalars(select(Board.id)).one(), [])

    assert "as you do at work" not in site.visitor().get("/sign-in").text


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://login.example.org", True),
        ("http://login.example.org", False),
        ("http://127.0.0.1:3000", True),
        ("http://127.0.0.1.example.org", False),
        ("ftp://127.0.0.1", False),
        ("file:///etc/passwd", False),
    ],
)
def test_nobody_is_asked_without_encryption(address: str, asked: bool) -> None:
    assert may_be_asked(address) is asked
