"""Whatever is sent, the answer is a page with a sentence, what was typed stands on it, and no request takes long."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from forms_app.db.tables import Draft
from forms_app.services import drafts
from tests.journeys.town import SERVICE_URL
from tests.security.conftest import City, words_on
from tests.web.visitor import Visitor

NEW = "/escalations/new"
SECONDS = 5.0
NASTY = {
    "NUL": "a\0b",
    "bell": "a\x07b",
    "escape": "\x1b[31mred",
    "next line": "a\x85b",
    "not a character": "a\ufffe\ufdd0\U0001ffff",
    "replacement": "a\ufffd",
    "right to left": "a\u202eevil",
    "Arabic": "عائشة",
    "tags": "a\U000e0041",
    "private use": "a\ue000",
    "stray accent": " \u0301",
    "heap of accents": "a" + "\u0301\u0316" * 150_000,
    "very long": "x" * 1_500_000,
    "100,000 lines": "\n" * 100_000,
}
"""What cannot be kept or printed, or is too much."""
ODD = {
    "markup": "<script>alert(1)</script> & </textarea><img src=x onerror=alert(1)>",
    "template": "{{ 7 * 7 }} {% raw %} ${7*7} #{7*7} {_{ x }_}",
    "SQL": "'; DROP TABLE people; --",
    "formula": "=cmd|' /C calc'!A0",
    "header": "a\r\nBcc: everybody@example.org",
    "family": "👨‍👩‍👧‍👦 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f 👍🏽",
    "Word": "a\x0bb\x0cc",
    "decomposed": "Zoe\u0308 Ŵyn Nguye\u0302\u0303n",
    "accents": "a" + "\u0301" * 30,
}
"""What is strange, and is kept as it is."""


@pytest.fixture
def visitor(city: City) -> Visitor:
    return city.visitor(city.raiser)


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < SECONDS


# --- fields ---


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_what_cannot_be_kept_is_refused_at_its_field(visitor: Visitor, text: str) -> None:
    answer = visitor.post(f"{NEW}/danger", {"f-danger": "acted", "f-danger_acted": text})

    assert answer.status_code == 422
    assert 'id="f-danger_acted-error"' in answer.text


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_is_only_strange_is_kept(visitor: Visitor, text: str) -> None:
    answer = visitor.post(f"{NEW}/danger", {"f-danger": "acted", "f-danger_acted": text})

    assert answer.status_code == 303
    assert visitor.get(f"{NEW}/danger").status_code == 200


@pytest.mark.parametrize(
    "parts",
    [
        ("31", "2", "2026"),
        ("29", "2", "2027"),
        ("٣", "3", "2026"),
        ("0", "0", "0"),
        ("1", "1", "1"),
        ("1", "1", "26"),
        ("1", "1", "0001"),
        ("1", "1", "1899"),
        ("1", "1", "9999"),
        ("1", "1", "99999"),
        ("9" * 5000, "1", "2026"),
        ("-1", "1", "2026"),
        ("1e3", "1", "2026"),
        ("Ⅷ", "1", "2026"),
        ("\0", "1", "2026"),
        ("", "1", "2026"),
    ],
)
@pytest.mark.parametrize("field", ["f-review", "f-actions-0-by_when"])
def test_a_date_that_is_none_is_refused(here: str, visitor: Visitor, parts: tuple[str, ...], field: str) -> None:
    page = "actions" if "actions" in field else "result"
    typed = {f"{field}-{part}": value for part, value in zip(("day", "month", "year"), parts, strict=True)}

    answer = visitor.post(f"{here}/outcome/{page}", typed)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


@pytest.fixture(scope="module")
def here(city: City) -> str:
    """An escalation of which the outcome can be recorded."""
    return city.begin()


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "٣", "1.5", "", "\0", "999999"])
def test_no_number_of_a_row_is_too_strange(here: str, visitor: Visitor, number: str) -> None:
    page = f"{here}/outcome/actions"

    assert visitor.post(page, {"remove": f"f-actions-{number}"}).status_code in {303, 422}
    assert visitor.post(page, {f"f-actions-{number}-what": "Visit"}).status_code in {303, 422}
    assert visitor.post(page, {f"f-actions-{number}-what": "Visit", "add": "f-actions"}).status_code in {303, 422}
    assert visitor.get(page).status_code == 200


def test_more_rows_than_there_can_be_are_refused_and_not_cut_off(here: str, visitor: Visitor) -> None:
    rows: dict[str, Any] = {}
    for number in range(3000):
        rows |= {f"f-actions-{number}-what": "Visit", f"f-actions-{number}-who": "Nurse"}
        rows |= {
            f"f-actions-{number}-by_when-{part}": value for part, value in (("day", 1), ("month", 1), ("year", 2027))
        }

    answer = visitor.post(f"{here}/outcome/actions", rows)

    assert answer.status_code == 422
    assert "There can be 40 here, and 3,000 came" in words_on(answer)


# --- forms as no browser of ours sends them ---


@pytest.mark.parametrize("seen", ["a\0b", b"\xed\xa0\x80\xff", "x" * 500, "../../etc/passwd", "{{7*7}}", "a\r\nb"])
def test_what_a_form_says_of_its_stage_is_taken_for_nothing_when_it_is_strange(
    city: City, here: str, visitor: Visitor, seen: Any
) -> None:
    answer = visitor.post(f"{here}/account/danger", {"seen": seen, "f-danger": "no"})

    assert answer.status_code == 303
    with city.town.workshop.reading() as work:
        assert not [about for about in work.session.scalars(select(Draft.about)) if not about.isprintable()]


@pytest.mark.parametrize("seen", ["a\0b", "x" * 500])
def test_the_same_when_the_session_has_lapsed(city: City, here: str, seen: str) -> None:
    visitor = Visitor(city.town.app, SERVICE_URL).with_cookie(city.visitor(city.raiser).cookie())  # type: ignore[arg-type]
    visitor.get(f"{here}/account/danger")
    city.town.clock.forward(minutes=20)
    try:
        answer = visitor.post(
            f"{here}/account/danger", {"seen": seen, "f-danger": "acted", "f-danger_acted": "Kept so"}
        )
    finally:
        city.town.clock.forward(minutes=-20)

    assert answer.status_code == 403
    assert "What you typed has been saved" in words_on(answer)
    assert "Kept so" in visitor.get(f"{here}/account/danger").text


@pytest.mark.parametrize("key", ["", "x", "9" * 5000, "\0", "{}", "00000000-0000-0000-0000-000000000000"])
def test_a_strange_key_of_a_form_records_nothing(here: str, city: City, visitor: Visitor, key: str) -> None:
    answer = visitor.post(f"{here}/account/check", {"form_key": key})

    assert answer.status_code in {400, 409}
    assert city.own_records(here) == 1


MULTIPART = b'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n%s\r\n'
PART = b'--b\r\nContent-Disposition: form-data; name="f-danger_acted"\r\n%s\r\n%s\r\n--b--\r\n'


@pytest.mark.parametrize(
    "body",
    [
        PART % (b"Content-Type: text/plain; charset=utf-16\r\n", b"\xd8\x00"),
        PART % (b"Content-Type: text/plain; charset=unicode_escape\r\n", b"\\ud800"),
        PART % (b"Content-Type: text/plain; charset=nonsense\r\n", b"\xff"),
        PART % (b"", b"\xff\x00\xed\xa0\x80"),
        b'--b\r\nContent-Disposition: form-data; name="\xff\x00"\r\n\r\n\xff\r\n--b--\r\n',
        b"--b\r\nContent-Disp",
        b"--b--\r\n",
    ],
)
def test_parts_in_no_known_writing_are_refused(visitor: Visitor, body: bytes) -> None:
    whole = MULTIPART % visitor.token().encode() + body

    answer = visitor.post_as_it_is(f"{NEW}/danger", whole, content_type="multipart/form-data; boundary=b")

    assert answer.status_code in {403, 422}


def test_a_file_where_text_is_expected_is_no_answer(visitor: Visitor) -> None:
    answer = visitor.post(f"{NEW}/danger", {"f-danger": (io.BytesIO(b"no"), "no.txt")})

    assert answer.status_code == 422


def test_bad_bytes_and_a_flood_of_names_are_taken_as_they_are(visitor: Visitor) -> None:
    for rest in ("&f-danger_acted=%ff%00%ed%a0%80", "&a=" * 100_000, "&%00%ff=%00", "&f-danger=no" * 1000, "&=&=&"):
        form = f"csrf_token={visitor.token()}&f-danger=acted{rest}"
        answer = visitor.post_as_it_is(
            f"{NEW}/danger", form, content_type="application/x-www-form-urlencoded; charset=x"
        )
        assert answer.status_code == 422, rest[:20]


def test_what_is_no_form_is_refused(visitor: Visitor) -> None:
    assert visitor.post_as_it_is(f"{NEW}/danger", b"{bad", content_type="application/json").status_code == 403
    headers = {"X-CSRFToken": visitor.token(), "Sec-Fetch-Site": "same-origin"}
    answer = visitor.post_as_it_is(f"{NEW}/danger", b"{bad", content_type="application/json", headers=headers)
    assert answer.status_code == 422


def test_what_is_too_large_is_refused_with_a_sentence(visitor: Visitor) -> None:
    many = b"".join(b'--b\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n\r\n' % number for number in range(3000))
    for body, content_type in (
        (f"f-danger_acted={'x' * 10_000_000}", "application/x-www-form-urlencoded"),
        (many + b"--b--\r\n", "multipart/form-data; boundary=b"),
    ):
        answer = visitor.post_as_it_is(f"{NEW}/danger", body, content_type=content_type)
        assert answer.status_code == 413
        assert "larger than the service can take" in words_on(answer)


# --- addresses ---


@pytest.mark.parametrize(
    "path",
    [
        "/escalations/" + "9" * 400,
        "/escalations/00000000-0000-0000-0000-00000000000g",
        "/escalations/%00",
        "/escalations/%ff%fe",
        "/documents/00000000-0000-0000-0000-000000000000/exe",
        "/register/documents/../../../etc/passwd/pdf",
        "/static/%00",
        "/static/..%2f..%2fsettings.py",
        "/static/" + "a" * 5000,
        "/%0d%0aSet-Cookie:%20a=b",
        "/escalations/new/" + "x" * 9000,
        "/escalations/new/%00",
    ],
)
def test_a_strange_address_is_like_any_that_never_existed(visitor: Visitor, path: str) -> None:
    for answer in (visitor.get(path), visitor.get(f"{path}?a=%ff&b=%00{'&c=1' * 2000}")):
        assert answer.status_code == 404
    assert visitor.post(path).status_code in {404, 405}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "MADE-UP"])
def test_a_strange_method_is_refused(here: str, visitor: Visitor, method: str) -> None:
    for path in (NEW, f"{NEW}/danger", here, "/sign-in", "/register"):
        answer = visitor.browser.open(path, method=method, base_url=SERVICE_URL)
        assert answer.status_code == 405, path


@pytest.mark.parametrize(
    "host", ["evil.example", "escalations.example.", "[::1", "a b", "", "x@escalations.example", "ÿ"]
)
def test_another_host_gets_nothing(visitor: Visitor, host: str) -> None:
    answer = visitor.browser.get("/", headers={"Host": host})

    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


def test_strange_headers_harm_nothing(visitor: Visitor) -> None:
    for headers in (
        {"Cookie": "session=" + "\xff" * 30 + "; a=\0"},
        {"Cookie": "session=" + "a" * 5000},
        {"Range": "bytes=9-1,x", "If-Modified-Since": "\x01", "If-None-Match": '"' * 999},
        {"Content-Length": "-1"},
        {"Accept-Language": "x" * 5000, "Sec-Fetch-Site": "\xff"},
    ):
        for path in ("/", "/static/site.js"):
            answer = visitor.browser.get(path, headers=headers, base_url=SERVICE_URL, buffered=True)
            assert answer.status_code < 500


@pytest.mark.parametrize(
    "address", ["a@b.cc\0", "a@b.cc\r\nBcc: x@y.zz", "a" * 300 + "@b.cc", "a@b@c.dd", "a@b.cc" * 100_000]
)
def test_a_strange_mail_address_is_refused(city: City, address: str) -> None:
    visitor = Visitor(city.town.app, SERVICE_URL)  # type: ignore[arg-type]
    visitor.get("/sign-in")

    assert visitor.post("/sign-in", {"email": address}).status_code == 422


@pytest.mark.parametrize("code", ["٣٣٣٣٣٣", "1" * 100_000, "\0", "12345\n", "-12345"])
def test_a_strange_code_is_refused(city: City, code: str) -> None:
    visitor = Visitor(city.town.app, SERVICE_URL)  # type: ignore[arg-type]
    visitor.ask_for_code("nobody@nowhere.example")

    assert visitor.type_code(code).status_code == 422


# --- when the database is away, what was typed is still there ---


def test_what_was_typed_is_shown_when_the_records_cannot_be_reached(city: City, visitor: Visitor) -> None:
    visitor.get(f"{NEW}/danger")
    token, cookie = visitor.token(), visitor.cookie()

    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("", {}, Exception())

    before, drafts.save_page = drafts.save_page, away  # type: ignore[assignment]
    try:
        other = Visitor(city.town.app, SERVICE_URL).with_cookie(cookie)  # type: ignore[arg-type]
        answer: TestResponse = other.post_as_it_is(
            f"{NEW}/danger", {"csrf_token": token, "seen": "new", "f-danger_acted": "She was seen at nine."}
        )
    finally:
        drafts.save_page = before

    assert answer.status_code == 503
    assert "She was seen at nine." in answer.text
