"""What may be asked for how often, and who is not kept out by it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from forms_app.domain.limits import (
    CODES_FOR_NETWORK,
    DOWNLOADS_OF_MANY,
    TRIES_FOR_NETWORK,
    UPLOADS,
    WRONG_CODES_FOR_ACCOUNT,
    Limit,
)
from forms_app.services.limits import allows
from forms_app.services.signing_in import CODE_LIVES
from forms_app.web.limits import network_of
from tests.web.conftest import Site, add_people, open_site
from tests.web.visitor import Visitor

ADA = "ada@invented.example"
HERE, THERE = "192.0.2.7", "198.51.100.9"


def at(site: Site, address: str, **headers: str) -> Visitor:
    visitor = site.visitor()
    visitor.browser.environ_base["REMOTE_ADDR"] = address
    for name, value in headers.items():
        visitor.browser.environ_base[f"HTTP_{name}"] = value
    return visitor


def ask(visitor: Visitor, address: str = ADA) -> int:
    visitor.get("/sign-in")
    return visitor.post("/sign-in", {"email": address}).status_code


def path_of(link: str) -> str:
    return link.partition("escalations.example")[2]


# --- who is kept out, and who is not ---


def test_a_stranger_who_asks_without_end_locks_nobody_out(site: Site) -> None:
    stranger, sent_at = at(site, THERE), []
    for _ in range(12):
        before = len(site.messages())
        for _ in range(2):
            ask(stranger)
        sent_at += [site.clock.now] * (len(site.messages()) - before)
        site.clock.forward(minutes=5)
        assert site.clock.now - sent_at[-1] < CODE_LIVES, "there is always a link that is good"
    link, ada = path_of(site.last_message()["link"]), at(site, HERE)
    ask(ada)
    ada.get(link)

    assert ada.post(link).location == "/escalations"
    assert len(sent_at) <= 5 + 6


def test_a_stranger_who_types_wrong_codes_spoils_no_link(site: Site) -> None:
    stranger = at(site, THERE)
    ask(stranger)
    for _ in range(6):
        stranger.type_code("000000" if site.last_message()["code"] != "000000" else "111111")
    link, ada = path_of(site.last_message()["link"]), at(site, HERE)
    ada.get(link)

    assert ada.post(link).location == "/escalations"


def test_wrong_codes_of_an_account_have_an_end_however_many_are_asked_for(site: Site) -> None:
    for _ in range(5):
        stranger = at(site, THERE)
        ask(stranger)
        wrong = "000000" if site.last_message()["code"] != "000000" else "111111"
        for _ in range(5):
            stranger.type_code(wrong)

    assert site.actions().count("sign_in_code_wrong") == WRONG_CODES_FOR_ACCOUNT.at_once == 20
    stranger = at(site, THERE)
    site.clock.forward(minutes=10)
    ask(stranger)
    assert stranger.type_code(site.last_message()["code"]).status_code == 422, (
        "not even the right one: the link is good"
    )


def test_a_browser_that_asked_can_type_its_code_when_no_more_are_sent(site: Site) -> None:
    ada = at(site, HERE)
    ask(ada)
    code = site.last_message()["code"]
    stranger = at(site, THERE)
    for _ in range(6):
        ask(stranger)
    ask(ada)

    assert ada.type_code(code).location == "/escalations"


def use_up(site: Site, limit: Limit, address: str) -> None:
    with site.app.extensions["workshop"].writing() as work:
        for _ in range(limit.at_once):
            assert allows(work, limit, whose=address, secret=str(site.app.secret_key).encode())


def test_one_network_address_has_its_own_limit(site: Site) -> None:
    stranger = at(site, THERE)
    stranger.get("/sign-in")
    use_up(site, CODES_FOR_NETWORK, THERE)

    refused = stranger.post("/sign-in", {"email": ADA})

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    assert ask(at(site, HERE)) == 303
    site.clock.forward(minutes=1)
    assert ask(stranger) == 303


@pytest.mark.parametrize("path", ["/sign-in/link/any", "/sign-in/code", "/sign-in/second-step", "/sign-in/passkey"])
def test_tries_from_one_network_address_have_an_end(path: str, site: Site) -> None:
    stranger = at(site, THERE)
    stranger.get("/sign-in/link/any")
    use_up(site, TRIES_FOR_NETWORK, THERE)

    assert stranger.post(path).status_code == 429


@pytest.mark.parametrize(
    ("limit", "method", "path"),
    [(UPLOADS, "post", "/check-a-file"), (DOWNLOADS_OF_MANY, "get", f"/escalations/{UUID(int=1)}/bundle")],
)
def test_uploads_and_downloads_of_many_are_counted_by_account(limit: Limit, method: str, path: str, site: Site) -> None:
    ada = site.signed_in(ADA)
    use_up(site, limit, str(site.person(ADA).id))

    assert getattr(ada, method)(path).status_code == 429
    assert getattr(site.visiting("cyril@invented.example"), method)(path).status_code != 429


# --- whose address it is ---


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address", "unknown"),
        (None, "unknown"),
    ],
)
def test_what_counts_as_one_network(address: str | None, counted: str) -> None:
    assert network_of(address) == counted


@pytest.fixture
def seen(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Site]:
    site = open_site(sqlite_url, **request.param)
    add_people(site.database)
    yield site
    site.database.close()


HTTPS = {"service_url": "https://escalations.example"}


@pytest.mark.parametrize(
    ("seen", "forwarded", "address"),
    [
        ({}, f"{HERE}, {THERE}", "10.0.0.1"),
        ({"proxies": 1}, f"{HERE}, {THERE}", THERE),
        ({"proxies": 2}, f"{HERE}, {THERE}", HERE),
        (HTTPS, f"{HERE}, {THERE}", THERE),
        ({**HTTPS, "proxies": 0}, f"{HERE}, {THERE}", "10.0.0.1"),
    ],
    indirect=["seen"],
)
def test_only_the_servers_in_front_say_who_asks(seen: Site, forwarded: str, address: str, add_page: Any) -> None:
    from flask import request

    from forms_app.domain.access import May
    from forms_app.web.access import open_to

    add_page(seen, "/address", open_to(May.SEE_PUBLIC_PAGES)(lambda: {"address": request.remote_addr}))

    assert at(seen, "10.0.0.1", X_FORWARDED_FOR=forwarded).get("/address").json == {"address": address}


# --- known and unknown are asked of the database alike ---


def statements(site: Site, address: str) -> list[str]:
    visitor, said = site.visitor(), []
    visitor.get("/sign-in")

    def note(_: object, __: object, statement: str, *___: object) -> None:
        said.append(re.sub("(RELEASE|ROLLBACK TO) SAVEPOINT", "end of", statement))

    event.listen(site.database.engine, "before_cursor_execute", note)
    visitor.post("/sign-in", {"email": address})
    visitor.get("/sign-in/code")
    visitor.type_code("000000")
    event.remove(site.database.engine, "before_cursor_execute", note)
    return said


def test_known_and_unknown_take_the_same_work(site: Site) -> None:
    site.leaves("cyril@invented.example")
    site.visitor().ask_for_code("first@invented.example")

    known, unknown, gone = (
        statements(site, address) for address in (ADA, "nobody@invented.example", "cyril@invented.example")
    )

    assert known == unknown == gone
