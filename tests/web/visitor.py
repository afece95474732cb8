"""Somebody with a browser: keeps the cookie, sends each form's token, and has every page checked that comes back."""

from __future__ import annotations

from typing import Any

from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from tests.web.page_check import faults_of_page


class Visitor:
    def __init__(self, app: Flask, service_url: str) -> None:
        self.browser = app.test_client()
        self.service_url = service_url
        self.page = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._checked(self.browser.get(path, base_url=self.service_url, buffered=True, **options))

    def head(self, path: str) -> TestResponse:
        return self.browser.head(path, base_url=self.service_url)

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Sends a form with the token of the page that was looked at last."""
        return self.post_as_it_is(path, {"csrf_token": self.token(), **(form or {})}, **options)

    def post_as_it_is(self, path: str, form: Any, **options: Any) -> TestResponse:
        options = {"headers": {"Sec-Fetch-Site": "same-origin"}, **options}
        return self._checked(self.browser.post(path, data=form, base_url=self.service_url, **options))

    def follow(self, answer: TestResponse) -> TestResponse:
        assert answer.status_code == 303, answer.status
        assert answer.location.startswith("/")
        assert not answer.location.startswith("//")
        return self.get(answer.location)

    def token(self) -> str:
        found = self._tokens()
        if not found:
            self.get("/sign-in/link/any")
            found = self._tokens()
        return str(found[0])

    def ask_for_code(self, email: str) -> TestResponse:
        self.get("/sign-in")
        return self.follow(self.post("/sign-in", {"email": email}))

    def type_code(self, code: str) -> TestResponse:
        return self.post("/sign-in/code", {"code": code})

    def cookie(self) -> str:
        cookie = self.browser.get_cookie("session", domain=self.service_url.partition("://")[2])
        assert cookie is not None
        return cookie.value

    def with_cookie(self, value: str) -> Visitor:
        """The same visitor with a cookie from somewhere else."""
        self.browser.set_cookie("session", value, domain=self.service_url.partition("://")[2])
        return self

    def _tokens(self) -> list[Any]:
        return html.fromstring(self.page).xpath("//input[@name='csrf_token']/@value") if self.page else []

    def _checked(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303, 308):
            self.page = answer.text
            faults = faults_of_page(self.page, shown_again=answer.status_code == 422)
            assert not faults, faults
        return answer
