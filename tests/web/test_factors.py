"""Second steps, as people meet them: setting up, signing in with them, proving again."""

from __future__ import annotations

import re

import pyotp
import pytest

from tests.web.conftest import Site
from tests.web.visitor import Visitor

ADA, BELLA, CYRIL = "ada@invented.example", "bella@invented.example", "cyril@invented.example"


def key_on_page(visitor: Visitor) -> str:
    found = re.search(r'app-code">([A-Z2-7 ]+)<', visitor.page)
    assert found is not None
    return found[1].replace(" ", "")


def set_up_app(site: Site, visitor: Visitor) -> pyotp.TOTP:
    visitor.get("/second-steps")
    visitor.follow(visitor.post("/second-steps/app/new"))
    app = pyotp.TOTP(key_on_page(visitor))
    assert visitor.post("/second-steps/app", {"code": app.at(site.clock.now)}).location == "/second-steps/recovery-codes"
    return app


def first_step(site: Site, email: str) -> Visitor:
    visitor = site.visitor()
    visitor.ask_for_code(email)
    assert visitor.type_code(site.last_message()["code"]).location == "/sign-in/second-step"
    visitor.get("/sign-in/second-step")
    return visitor


def test_who_has_an_app_is_asked_for_its_code_before_there_is_a_session(site: Site) -> None:
    app = set_up_app(site, site.signed_in(ADA))
    site.clock.forward(minutes=1)

    visitor = first_step(site, ADA)
    assert visitor.get("/who").location == "/sign-in"
    visitor.get("/sign-in/second-step")
    assert visitor.post("/sign-in/second-step", {"code": app.at(site.clock.now)}).status_code == 303
    assert visitor.get("/who").status_code == 200
