"""What a message that came back says, whoever wrote it, and that nothing which anybody can write stops the reading."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.mail import bounces
from forms_app.mail.bounces import MOST_BYTES, Fate, Notice, read_notice
from forms_app.mail.compose import BEGINS, Kind, Letterhead
from tests.mail.came_back import FAILURES, FOLDER, NOTHING_CAME_BACK, SENT, came_back

ABOUT = UUID("7b0c9a5e-3a53-4f0e-9d3b-0c8a6f1e2d4b")
LETTERHEAD = Letterhead("no-reply@forms.example", "https://forms.example")
OURS = LETTERHEAD.message_id("delivery", ABOUT)
SECONDS = 1.0


@pytest.mark.parametrize(("form", "status"), FAILURES.items())
def test_each_form_of_failure_says_which_message_why_and_when_it_was_sent(form: str, status: str) -> None:
    assert read_notice(came_back(form, OURS)) == Notice(Kind.DOCUMENT, ABOUT, Fate.FAILED, status, SENT)


@pytest.mark.parametrize(
    ("form", "fate", "status"), [("postfix_delayed", Fate.DELAYED, "4.4.1"), ("arrived", Fate.ARRIVED, "2.1.5")]
)
def test_a_message_that_is_delayed_or_arrived_has_not_failed(form: str, fate: Fate, status: str) -> None:
    assert read_notice(came_back(form, OURS)) == Notice(Kind.DOCUMENT, ABOUT, fate, status, SENT)


@pytest.mark.parametrize("form", NOTHING_CAME_BACK)
def test_an_answer_to_our_message_is_no_notice(form: str) -> None:
    assert OURS.encode() in came_back(form, OURS)
    assert read_notice(came_back(form, OURS)) is None


def test_every_form_in_the_folder_is_read_by_a_test() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == {*FAILURES, "postfix_delayed", "arrived", *NOTHING_CAME_BACK}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_message_that_we_send_is_known_again(kind: Kind) -> None:
    notice = read_notice(came_back("postfix", LETTERHEAD.message_id(BEGINS.get(kind, kind.value), ABOUT)))

    assert notice is not None
    assert (notice.kind, notice.about_id) == (kind, ABOUT)


@pytest.mark.parametrize(
    "message_id",
    [
        "another@forms.example",
        f"newsletter.{ABOUT}@forms.example",
        "delivery.7b0c9a5e@forms.example",
        f"delivery.{ABOUT}",
        f"delivery.{str(ABOUT).upper()}@forms.example",
    ],
)
def test_a_notice_about_what_we_did_not_send_is_none_of_our_business(message_id: str) -> None:
    assert read_notice(came_back("postfix", message_id)) is None


def test_the_message_is_found_by_what_was_sent_back_before_what_the_notice_answers_to() -> None:
    other = LETTERHEAD.message_id("reminder", UUID(int=9))
    notice = read_notice(came_back("gmail", OURS).replace(OURS.encode(), other.encode(), 3))

    assert notice is not None
    assert (notice.kind, notice.about_id) == (Kind.DOCUMENT, ABOUT)


@pytest.mark.parametrize("form", ["gmail", "exchange", "exim"])
def test_without_what_was_sent_back_the_message_is_found_and_when_it_was_sent_is_not_known(form: str) -> None:
    whole = came_back(form, OURS)
    cut = whole[: max(whole.rfind(b"Content-Type: message/rfc822"), whole.rfind(b"Content-type: message/rfc822"))]

    notice = read_notice(cut)

    assert notice is not None
    assert (notice.about_id, notice.fate, notice.sent_at) == (ABOUT, Fate.FAILED, None)


def test_of_several_recipients_behind_one_address_the_worst_counts() -> None:
    both = came_back("postfix", OURS).replace(
        b"Final-Recipient: rfc822; perdita",
        b"Final-Recipient: rfc822; x@y.example\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; perdita",
    )
    assert b"Action: delivered" in both

    notice = read_notice(both)

    assert notice is not None
    assert (notice.fate, notice.status) == (Fate.FAILED, "5.1.1")


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("5.1.1", "5.1.1"),
        ("5.1.1 (no such user)", "5.1.1"),
        ("#5.2.2", "5.2.2"),
        ("Perdita", ""),
        ("5.1.1.9", ""),
        ("9.1.1", ""),
    ],
)
def test_of_the_status_only_three_numbers_are_kept(status: str, read: str) -> None:
    notice = read_notice(came_back("postfix", OURS).replace(b"Status: 5.1.1", f"Status: {status}".encode()))

    assert notice is not None
    assert (notice.fate, notice.status) == (Fate.FAILED, read)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 99:99:99 +9999", "\x00", "é", "(" * 900])
def test_a_date_that_is_none_is_not_known(date: str) -> None:
    written = came_back("postfix", OURS).replace(b"Date: Mon, 23 Nov 2026 09:30:00 +0000\n", f"Date: {date}\n".encode())

    notice = read_notice(written)

    assert notice is not None
    assert (notice.fate, notice.sent_at) == (Fate.FAILED, None)


def test_a_date_without_a_zone_is_taken_as_utc() -> None:
    notice = read_notice(came_back("postfix", OURS).replace(b"09:30:00 +0000", b"09:30:00 -0000"))

    assert notice is not None
    assert notice.sent_at == SENT


def test_line_ends_of_any_kind_are_read() -> None:
    for ends in (b"\r\n", b"\r"):
        notice = read_notice(came_back("postfix", OURS).replace(b"\n", ends))
        assert notice is not None
        assert notice.status == "5.1.1"


def test_headers_that_were_folded_are_read() -> None:
    folded = (
        came_back("postfix", OURS).replace(b"Message-ID: <", b"Message-ID:\n <").replace(b"Status: ", b"Status:\n\t")
    )

    assert read_notice(folded) == Notice(Kind.DOCUMENT, ABOUT, Fate.FAILED, "5.1.1", SENT)


def test_of_fifty_megabytes_only_the_beginning_is_read() -> None:
    huge = came_back("exim", OURS).replace(b"There is a document", b"y\n" * 25_000_000)
    assert len(huge) > 50_000_000

    began = time.process_time()
    notice = read_notice(huge)

    assert time.process_time() - began < SECONDS
    assert notice == Notice(Kind.DOCUMENT, ABOUT, Fate.FAILED, "5.0.0", SENT)


def _slow() -> dict[str, bytes]:
    """What takes the standard library long or deep, each as large as anything that is read."""
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(6000))
    return {
        "semicolons in quotes": b'Content-Type: multipart/report; a="' + b";" * MOST_BYTES,
        "semicolons in quotes, folded": b"Content-Type: multipart/report;\n" + b' a=";;;;;;\n' * MOST_BYTES,
        "parts in parts": nested,
        "parts in parts, then lines": nested[:20_000] + b"\n" * MOST_BYTES,
        "messages in messages": b"Content-Type: message/rfc822\n\n" * MOST_BYTES,
        "empty groups": b"Content-Type: message/delivery-status\n\n" + b"a:b\n\n" * MOST_BYTES,
        "many parts": b"Content-Type: multipart/digest; boundary=b\n\n" + b"--b\n\n" * MOST_BYTES,
        "every byte": bytes(range(256)) * 1024,
        "brackets": b"In-Reply-To: " + b"<(\\" * MOST_BYTES,
    }


@pytest.mark.parametrize("name", _slow())
def test_what_was_written_to_be_slow_or_deep_is_passed_over(name: str) -> None:
    began = time.process_time()

    assert read_notice(_slow()[name][:MOST_BYTES]) is None

    assert time.process_time() - began < 4 * SECONDS


def test_without_the_limit_a_long_header_would_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    eighth = _slow()["semicolons in quotes"][: MOST_BYTES // 8]
    began = time.process_time()
    read_notice(eighth)
    with_limit = time.process_time() - began
    monkeypatch.setattr(bounces, "LONGEST_HEADER", MOST_BYTES)

    began = time.process_time()
    read_notice(eighth)

    assert time.process_time() - began > 10 * with_limit


@given(st.binary(max_size=2000))
def test_bytes_of_any_kind_are_read(content: bytes) -> None:
    assert read_notice(content) is None


@given(
    st.sampled_from(sorted(FAILURES)),
    st.lists(st.tuples(st.integers(0, 6000), st.binary(max_size=12), st.integers(0, 40)), max_size=8),
)
def test_a_broken_notice_says_what_a_whole_one_could_or_nothing(
    form: str, breaks: list[tuple[int, bytes, int]]
) -> None:
    content = came_back(form, OURS)
    for place, put, instead_of in breaks:
        content = content[:place] + put + content[place + instead_of :]

    notice = read_notice(content)

    assert notice is None or (notice.kind is Kind.DOCUMENT and isinstance(notice.fate, Fate))
    assert notice is None or len(notice.status) <= len("5.999.999")


@pytest.mark.parametrize("form", FAILURES)
def test_a_notice_that_was_cut_off_anywhere_is_read(form: str) -> None:
    content = came_back(form, OURS)
    said = [read_notice(content[:length]) for length in range(0, len(content), 7)]

    known = [notice is not None for notice in said]
    assert (known[0], known[-1]) == (False, True)
    assert [after for before, after in pairwise(known) if before and not after] == [], "it was understood earlier"


def test_a_notice_shows_nothing_that_identifies_anybody() -> None:
    for form in FAILURES:
        assert "quennell" not in repr(read_notice(came_back(form, OURS, sent_at=SENT + timedelta(days=1)))).lower()
