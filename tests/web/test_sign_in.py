"""Signing in, as it looks from a browser, on both databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from forms_app.db.tables import SignInCode
from forms_app.services.limits import forget_what_is_over
from tests.web.conftest import Site
from tests.web.visitor import Visitor

ADA = "ada@invented.example"


@pytest.fixture
def site_url(database_url: str) -> str:
    return database_url


def without_token(page: str) -> str:
    return re.sub(r'((?:name="csrf_token" value|nonce)=)"[^"]*"', r"\1", page)


def path_of(link: str) -> str:
    assert link.startswith("http://escalations.example/sign-in/link/")
    return link.removeprefix("http://escalations.example")


def test_a_code_from_the_email_signs_in(site: Site) -> None:
    visitor = site.visitor()
    visitor.ask_for_code(" Ada@Invented.EXAMPLE ")

    answer = visitor.follow(visitor.type_code(site.last_message()["code"]))

    assert answer.request.path == "/escalations"
    assert "Ada Invented" in visitor.get("/who").text
    assert site.last_message()["to"] == ADA
    assert site.pokes == [site.clock.now]


def test_a_code_may_be_typed_with_gaps(site: Site, visitor: Visitor) -> None:
    visitor.ask_for_code(ADA)
    code = site.last_message()["code"]

    assert visitor.type_code(f" {code[:3]} {code[3:]} ").location == "/escalations"


def test_known_unknown_and_gone_read_the_same_page(site: Site) -> None:
    site.leaves("cyril@invented.example")

    pages = [
        site.visitor().ask_for_code(address) for address in (ADA, "nobody@invented.example", "cyril@invented.example")
    ]

    assert {answer.status_code for answer in pages} == {200}
    assert len({without_token(answer.text) for answer in pages}) == 1
    assert len(site.messages()) == 1


def test_a_wrong_code_reads_the_same_for_known_and_unknown(site: Site) -> None:
    pages = []
    for address in (ADA, "nobody@invented.example"):
        visitor = site.visitor()
        visitor.ask_for_code(address)
        pages.append(visitor.type_code("000000" if site.last_message()["code"] != "000000" else "111111"))

    assert {answer.status_code for answer in pages} == {422}
    assert len({without_token(answer.text) for answer in pages}) == 1


def test_the_sixth_email_within_an_hour_is_not_sent_and_nobody_is_told(site: Site) -> None:
    pages = [without_token(site.visitor().ask_for_code(ADA).text) for _ in range(6)]

    assert len(set(pages)) == 1
    assert len(site.messages()) == 5
    site.clock.forward(minutes=61)
    site.visitor().ask_for_code(ADA)
    assert len(site.messages()) == 6


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "ada@invented", "a b@c.example", "x" * 250 + "@c.example", "a\0@b.example"]
)
def test_what_is_no_address_is_refused_at_its_field(address: str, site: Site, visitor: Visitor) -> None:
    visitor.get("/sign-in")

    answer = visitor.post("/sign-in", {"email": address})

    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert site.messages() == []


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_what_is_no_code_is_refused_and_costs_no_try(code: str, site: Site, visitor: Visitor) -> None:
    visitor.ask_for_code(ADA)
    for _ in range(6):
        assert visitor.type_code(code).status_code == 422

    assert visitor.type_code(site.last_message()["code"]).status_code == 303


def test_five_wrong_tries_end_a_code(site: Site, visitor: Visitor) -> None:
    visitor.ask_for_code(ADA)
    code = site.last_message()["code"]
    wrong = f"{(int(code) + 1) % 10**6:06}"

    for _ in range(5):
        assert visitor.type_code(wrong).status_code == 422

    assert visitor.type_code(code).status_code == 422
    assert visitor.get("/who").location == "/sign-in"


def test_a_code_only_works_in_the_browser_that_asked_for_it(site: Site) -> None:
    site.visitor().ask_for_code(ADA)
    other = site.visitor()
    other.ask_for_code("nobody@invented.example")

    assert other.type_code(site.last_message()["code"]).status_code == 422


def test_a_code_works_once_and_for_fifteen_minutes(site: Site) -> None:
    first, late = site.visitor(), site.visitor()
    first.ask_for_code(ADA)
    code, asking = site.last_message()["code"], first.cookie()
    assert first.type_code(code).status_code == 303
    again = site.visitor().with_cookie(asking)
    again.get("/sign-in/code")
    late.ask_for_code(ADA)
    site.clock.forward(minutes=15)

    assert again.type_code(code).status_code == 422
    assert late.type_code(site.last_message()["code"]).status_code == 422


def test_no_code_page_without_having_asked(visitor: Visitor) -> None:
    assert visitor.get("/sign-in/code").location == "/sign-in"


# --- the link ---


def test_the_link_signs_in_at_the_press_of_a_button_in_any_browser(site: Site) -> None:
    site.visitor().ask_for_code(ADA)
    link, elsewhere = path_of(site.last_message()["link"]), site.visitor()
    elsewhere.get(link)

    assert elsewhere.post(link).location == "/escalations"
    assert "Ada Invented" in elsewhere.get("/who").text


def test_a_mail_scanner_that_opens_the_link_spends_nothing(site: Site, visitor: Visitor) -> None:
    visitor.ask_for_code(ADA)
    link, before, scanner = path_of(site.last_message()["link"]), site.actions(), site.visitor()

    for _ in range(3):
        assert scanner.get(link).status_code == 200
        assert scanner.head(link).status_code == 200
        assert scanner.get("/who").location == "/sign-in"
        assert scanner.post_as_it_is(link, {}).status_code == 403

    assert site.actions() == before
    visitor.get(link)
    assert visitor.post(link).location == "/escalations"


def test_the_links_page_is_the_same_whether_the_link_is_good_or_not(site: Site, visitor: Visitor) -> None:
    site.visitor().ask_for_code(ADA)
    link = path_of(site.last_message()["link"])
    good, bad = visitor.get(link).text, visitor.get("/sign-in/link/other").text

    assert without_token(good.replace(link, "")) == without_token(bad.replace("/sign-in/link/other", ""))


def test_a_link_works_once_and_ends_its_code(site: Site) -> None:
    asking, linking, again = site.visitor(), site.visitor(), site.visitor()
    asking.ask_for_code(ADA)
    message = site.last_message()
    link = path_of(message["link"])
    for visitor in (linking, again):
        visitor.get(link)
    assert linking.post(link).status_code == 303

    refused = again.post(link)

    assert refused.status_code == 422
    assert "This link cannot be used" in refused.text
    assert asking.type_code(message["code"]).status_code == 422


@pytest.mark.parametrize("token", ["x", "%F0%9F%94%91", "%ED%A0%80", "%00", "x" * 3000, "..%2f"])
def test_any_token_is_refused_with_a_page(token: str, visitor: Visitor) -> None:
    visitor.get("/sign-in")

    assert visitor.post(f"/sign-in/link/{token}").status_code in (404, 422)


# --- what is left behind ---


def test_codes_that_nobody_was_sent_are_forgotten_when_they_have_run_out(site: Site) -> None:
    for address in ("nobody@invented.example", ADA):
        site.visitor().ask_for_code(address)
    site.clock.forward(minutes=16)
    site.visitor().ask_for_code("nobody@invented.example")

    with site.app.extensions["workshop"].writing() as work:
        forget_what_is_over(work)

    with site.database.reading() as session:
        assert sorted(person is None for person in session.scalars(select(SignInCode.person_id))) == [False, True]


def test_signing_in_is_in_the_trail_and_what_was_typed_is_not(site: Site) -> None:
    ada = site.signed_in(ADA)
    ada.post("/sign-out")

    assert site.actions() == ["sign_in_code_owed", "signed_in", "signed_out"]


def test_neither_code_nor_link_nor_session_stands_in_the_database(site: Site) -> None:
    ada = site.signed_in(ADA)
    with ada.browser.session_transaction(base_url=ada.service_url) as cookie:
        token = cookie["sid"]
    message = site.last_message()

    with site.database.reading() as session:
        rows = [
            str(row)
            for table in ("sign_in_codes", "sign_in_sessions", "audit_entries")
            for row in session.connection().exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
        ]

    secrets = (message["code"], message["link"].rpartition("/")[2], token)
    assert rows
    assert [secret for secret in secrets if any(re.search(rf"\b{re.escape(secret)}\b", row) for row in rows)] == []
