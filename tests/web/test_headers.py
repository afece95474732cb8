"""The headers of every answer, good and bad."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import url_for
from werkzeug.test import TestResponse

from forms_app.domain.access import May
from forms_app.web.access import open_to
from forms_app.web.headers import ALWAYS
from tests.web.conftest import Site, open_site
from tests.web.visitor import Visitor


def answers(site: Site) -> dict[str, TestResponse]:
    visitor, large = site.visitor(), {"email": "x" * 3_000_000}
    elsewhere = site.app.test_client()
    return {
        "page": visitor.get("/"),
        "redirect": visitor.get("/who"),
        "health": visitor.get("/health"),
        "static": visitor.get("/static/site.js"),
        "no static": visitor.get("/static/nothing.js"),
        "400": elsewhere.get("/", base_url="http://elsewhere.example"),
        "403": visitor.post_as_it_is("/sign-in", {}),
        "404": visitor.get("/nothing"),
        "405": visitor.get("/sign-out"),
        "413": visitor.post("/sign-in", large),
        "422": visitor.post("/sign-in", {}),
        "500": visitor.get("/broken"),
    }


def broken(site: Site, add_page: Any) -> Site:
    def view() -> str:
        raise RuntimeError("Canary Personname")

    add_page(site, "/broken", open_to(May.SEE_PUBLIC_PAGES)(view))
    return site


def test_every_answer_carries_the_headers(site: Site, add_page: Any) -> None:
    for name, answer in answers(broken(site, add_page)).items():
        assert {header: answer.headers.get(header) for header in ALWAYS} == ALWAYS, name
        kept = answer.headers["Cache-Control"]
        assert kept == ("public, max-age=3600" if name == "static" else "no-store"), name
        assert "Strict-Transport-Security" not in answer.headers
        assert answer.status_code == int(name) if name.isdigit() else 200 <= answer.status_code < 405


@pytest.mark.parametrize("email", [None, "ada@invented.example"])
def test_every_address_answers_with_the_headers_whatever_is_asked_of_it(email: str | None, secure_site: Site) -> None:
    visitor = secure_site.visitor() if email is None else secure_site.visiting(email)
    walked = 0
    for path in addresses(secure_site):
        for method in ("get", "post", "put"):
            answer = getattr(visitor.browser, method)(path, base_url=visitor.service_url, buffered=True)
            found = {header: answer.headers.get(header) for header in ALWAYS}
            assert found == ALWAYS, (method, path)
            assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            is_file = method == "get" and path.startswith("/static")
            assert (answer.headers["Cache-Control"] == "no-store") is not is_file, (method, path)
            walked += 1
    assert walked > 300


def addresses(site: Site) -> Iterator[str]:
    """Each of the service's own, with something in its places."""

    for rule in site.app.url_map.iter_rules():
        values = {name: _in_place(kind) for name, kind in rule._converters.items()}
        if rule.endpoint not in {"sign_in.sign_out", "leaving.leave"}:
            with site.app.test_request_context("/", base_url=str(site.app.config["SERVICE_URL"])):
                yield url_for(rule.endpoint, **values)


def _in_place(kind: Any) -> Any:
    match type(kind).__name__:
        case "UUIDConverter":
            return uuid4()
        case "IntegerConverter":
            return 1
        case "FormPath":
            return "account"
        case "AnyConverter":
            return min(kind.items)
    return "site.js"


def policy_of(answer: TestResponse) -> dict[str, list[str]]:
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split("; "))
    return {name: sources for name, *sources in parts}


def test_the_content_policy_lets_nothing_in_from_elsewhere_and_nothing_inline(site: Site, add_page: Any) -> None:
    neutral = ["'self'", "https://www.bbc.co.uk"]
    for name, answer in answers(broken(site, add_page)).items():
        policy = policy_of(answer)
        scripts = policy.pop("script-src")
        assert policy == {
            "default-src": ["'self'"],
            "base-uri": ["'none'"],
            "form-action": neutral,
            "frame-ancestors": ["'none'"],
            "object-src": ["'none'"],
        }, name
        tags = re.findall(r"<script[^>]*", answer.text) if answer.mimetype == "text/html" else []
        named = [f"'nonce-{word}'" for tag in tags for word in re.findall(r'nonce="([^"]+)"', tag)]
        assert scripts == (named or ["'none'"]), name
        assert len(named) == len(tags), name


def test_every_answer_names_its_scripts_anew(visitor: Visitor) -> None:
    assert policy_of(visitor.get("/sign-in")) != policy_of(visitor.get("/sign-in"))


def test_a_static_file_asked_for_with_its_version_may_be_kept(site: Site) -> None:
    visitor = site.visitor()
    page = visitor.get("/").text
    path = page.partition('src="')[2].partition('"')[0]

    assert "?v=" in path
    assert "immutable" in visitor.get(path).headers["Cache-Control"]


def test_over_https_the_browser_is_told_to_stay_there_and_to_guard_the_cookie(secure_site: Site) -> None:
    answer = secure_site.visitor().get("/sign-in")

    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_forms_work_over_https_without_referrers(secure_site: Site) -> None:
    visitor = secure_site.visitor()
    visitor.get("/sign-in")

    assert visitor.post("/sign-in", {"email": "ada@invented.example"}).status_code == 303


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "escalations.example.elsewhere.example", "", "escalations.example@x"]
)
def test_a_request_under_another_name_is_refused(host: str, site: Site) -> None:
    answer = site.app.test_client().get("/", base_url="http://escalations.example", headers={"Host": host})

    assert answer.status_code == 400
    assert "not the address of the service" in answer.text


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000"])
@pytest.mark.parametrize("service", ["http://127.0.0.1:8000", "http://localhost:8000"])
def test_a_service_on_ones_own_machine_answers_to_both_its_names(sqlite_url: str, service: str, host: str) -> None:
    site = open_site(sqlite_url, service_url=service)

    answer = site.app.test_client().get("/", base_url=service, headers={"Host": host})

    assert answer.status_code == 200
    site.database.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_service_elsewhere_answers_to_neither_of_them(site: Site, host: str) -> None:
    assert site.app.test_client().get("/", headers={"Host": host}).status_code == 400
