"""What a person reads when something cannot be done, and what stays out of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any

import pytest
import structlog

from forms_app import app as assembling
from forms_app.domain.access import May
from forms_app.domain.errors import NotFound
from forms_app.logs import configure_logs
from forms_app.web.access import open_to
from tests.web.conftest import Site

CANARY = "Zebedee Canaryname"


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What was logged since it was last asked for, as the lines that the service writes."""
    root, stream = logging.getLogger(), StringIO()
    before = root.handlers, root.level
    monkeypatch.setattr(logging, "raiseExceptions", True)
    configure_logs(stream)

    def lines() -> list[dict[str, Any]]:
        written = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.seek(0)
        stream.truncate()
        return written

    yield lines
    root.handlers, root.level = before
    structlog.reset_defaults()


def failing(error: Exception) -> Any:
    def view() -> str:
        try:
            raise ValueError(CANARY)
        except ValueError as cause:
            raise error from cause

    return open_to(May.SEE_PUBLIC_PAGES)(view)


def test_a_fault_shows_a_number_that_is_in_the_log_and_nothing_else(site: Site, add_page: Any, logs: Any) -> None:
    add_page(site, "/broken", failing(RuntimeError(f"{CANARY} broke it")))

    answer = site.visitor().get("/broken?name=Zebedee+Canaryname")

    lines = logs()
    fault = next(line for line in lines if line["event"] == "fault")
    assert answer.status_code == 500
    assert fault["request_id"] in answer.text
    assert fault["error"] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert any("test_errors.py" in place and place.endswith("in view") for place in fault["where"])
    for text in (answer.text, json.dumps(lines)):
        assert "Canaryname" not in text
        assert "Traceback" not in text


def test_a_fault_says_as_little_where_nobody_set_up_the_logs(
    site: Site, add_page: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()
    monkeypatch.setattr(assembling, "log", structlog.get_logger("forms_app.app"))
    add_page(site, "/broken", failing(RuntimeError(f"{CANARY} broke it")))

    answer = site.visitor().get("/broken?name=Zebedee+Canaryname")

    logged = "".join(capsys.readouterr())
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "builtins.RuntimeError" in logged
    assert "Canaryname" not in logged


def test_a_request_is_one_line_without_what_was_asked_for(site: Site, logs: Any) -> None:
    ada = site.signed_in("ada@invented.example")
    link = site.last_message()["link"].partition("escalations.example")[2]
    logs()
    ada.get(f"{link}?name={CANARY}")

    (line,) = logs()

    assert (line["event"], line["method"], line["route"], line["status"]) == (
        "request",
        "GET",
        "/sign-in/link/<token>",
        200,
    )
    assert line["person"] == str(site.person("ada@invented.example").id)
    assert line["milliseconds"] >= 0
    assert len(line["request_id"]) == 12
    assert link.rpartition("/")[2] not in json.dumps(line)
    assert "Canaryname" not in json.dumps(line)


def test_other_libraries_log_no_messages_of_exceptions_either(logs: Any) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("some.library").exception("it failed")

    (line,) = logs()

    assert (line["event"], line["error"]) == ("it failed", ["builtins.ValueError"])
    assert CANARY not in json.dumps(line)


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [("/nothing", 404, "Page not found"), ("/sign-out", 405, "That page does not work in this way")],
)
def test_an_error_is_a_page(path: str, status: int, heading: str, site: Site) -> None:
    answer = site.visitor().get(path)

    assert answer.status_code == status
    assert heading in answer.text


def test_a_405_says_how_the_page_can_be_used(site: Site) -> None:
    assert "POST" in site.visitor().get("/sign-out").headers["Allow"]


def test_what_is_not_there_for_somebody_is_a_404(site: Site, add_page: Any) -> None:
    add_page(site, "/not-there", failing(NotFound(CANARY)))

    answer = site.visitor().get("/not-there")

    assert answer.status_code == 404
    assert CANARY not in answer.text


def test_a_form_that_is_too_large_is_refused_with_a_page(site: Site) -> None:
    visitor = site.visitor()
    visitor.get("/sign-in")

    assert "too much at once" in visitor.post("/sign-in", {"email": "x" * 3_000_000}).text
    parts = {f"field-{number}": "x" for number in range(3000)}
    answer = visitor.post("/sign-in", parts, content_type="multipart/form-data")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "sent",
    [
        {"data": b"\xff\xfe", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"{", "content_type": "application/json"},
        {"data": b"garbage", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"garbage", "content_type": "multipart/form-data"},
    ],
)
def test_a_form_that_makes_no_sense_is_refused_with_a_page(sent: dict[str, Any], site: Site) -> None:
    answer = site.app.test_client().post("/sign-in", base_url="http://escalations.example", **sent)

    assert 400 <= answer.status_code < 500
    assert "<h1" in answer.text


def test_a_file_where_text_is_expected_is_no_fault(site: Site) -> None:
    visitor = site.visitor()
    visitor.get("/sign-in")

    answer = visitor.post("/sign-in", {"email": (BytesIO(b"x"), "x.txt")}, content_type="multipart/form-data")

    assert answer.status_code == 422


def test_without_a_database_people_are_told_and_can_still_read_what_to_do_in_danger(
    site: Site, site_without_database: Site
) -> None:
    cookie = site.signed_in("ada@invented.example").cookie()
    visitor = site_without_database.visitor().with_cookie(cookie)

    for path in ("/who", "/contact", "/register"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "not available just now" in answer.text
    assert visitor.get("/danger").status_code == 200
    assert visitor.get("/").status_code == 200
    visitor.get("/sign-in")
    assert visitor.post("/sign-in", {"email": "ada@invented.example"}).status_code == 503
