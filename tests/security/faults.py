"""Fifteen faults that a service like this one might have, each a change to it as it runs, and the test that must find it."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, request
from flask_wtf import CSRFProtect
from sqlalchemy import true

from forms_app.db import keeping, outbox, people, reads, sealing, verify_trail
from forms_app.db.sealing import SealedValue
from forms_app.db.tables import OutboxItem
from forms_app.mail.postbox import Answer, Postbox, Result
from forms_app.services import escalations, releasing, sight
from forms_app.web import headers, sessions

Plant = Callable[[pytest.MonkeyPatch], None]
POST_OFFICE = ("127.0.0.1", 0)
"""Where a mail goes that is sent inside a transaction: a test says where it listens."""


@dataclass(frozen=True)
class Fault:
    plant: Plant
    found_by: str


def list_without_its_scope(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reads, "is_party", lambda session, person_id: true())


def mail_inside_the_transaction(patch: pytest.MonkeyPatch) -> None:
    owe = outbox.owe

    def owe_and_send(session: Any, **given: Any) -> Any:
        with smtplib.SMTP(*POST_OFFICE) as server:
            server.sendmail("a@invented.example", ["b@invented.example"], b"Subject: x\r\n\r\nx")
        return owe(session, **given)

    patch.setattr(outbox, "owe", owe_and_send)


def nothing_is_escaped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flask, "select_jinja_autoescape", lambda app, name: False)


def refusal_is_swallowed(patch: pytest.MonkeyPatch) -> None:
    post = Postbox.post

    def swallowed(postbox: Postbox, message: Any) -> Answer:
        answer = post(postbox, message)
        return replace(answer, result=Result.ACCEPTED) if answer.result is Result.REFUSED else answer

    patch.setattr(Postbox, "post", swallowed)


def chain_without_an_anchor(patch: pytest.MonkeyPatch) -> None:
    verify = verify_trail.verify

    def alone(rows: Any, heads: Any = (), *, own_head: Any = None) -> Any:
        return verify(rows, (), own_head=own_head)

    patch.setattr("tests.db.test_trail.verify", alone)


def ids_in_order(patch: pytest.MonkeyPatch) -> None:
    numbers = count(1)
    patch.setattr(escalations, "uuid4", lambda: UUID(int=next(numbers)))


def who_takes_part_is_remembered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sessions, "_standing_of", cache(sessions._standing_of))


def end_of_a_session_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    found = people.session_of_token

    def open_for_ever(session: Any, token_hash: str) -> Any:
        row = found(session, token_hash)
        if row is not None and row.ended_at is not None:
            session.expunge(row)
            row.ended_at = None
        return row

    patch.setattr(people, "session_of_token", open_for_ever)


def code_works_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(people, "spend_codes", lambda session, **given: None)


def ones_own_is_released(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(releasing, "signs_off_own", lambda *given: False)


def column_is_stored_plain(patch: pytest.MonkeyPatch) -> None:
    start = sealing.HEADER + sealing.NONCE_BYTES
    sealed, opened = sealing.Sealed.sealed, sealing._opened
    mark = b"plain:"

    def plain(kind: Any, session: Any, key_id: UUID, row: UUID, value: Any) -> SealedValue:
        if kind.place != "people.name":
            return sealed(kind, session, key_id, row, value)
        found = SealedValue(sealed(kind, session, key_id, row, value)[:start] + mark + kind.to_bytes(value))
        found.plain = value
        return found

    def read(keys: Any, place: str, row: bytes, value: bytes) -> bytes:
        is_plain = value[start:].startswith(mark)
        return value[start + len(mark) :] if is_plain else opened(keys, place, row, value)

    patch.setattr(sealing.Sealed, "sealed", plain)
    patch.setattr(sealing, "_opened", read)


def restricted_note_is_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sight, "_may_read", lambda *given: True)


def form_without_its_token(patch: pytest.MonkeyPatch) -> None:
    protect = CSRFProtect.protect
    patch.setattr(CSRFProtect, "protect", lambda self: None if request.endpoint == "emails.yours" else protect(self))


def pages_are_kept_by_browsers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(headers, "_keeping", lambda response: "private")


def something_stays_after_a_destruction(patch: pytest.MonkeyPatch) -> None:
    delete = keeping._delete

    def not_all(session: Any, table: Any, which: Any) -> int:
        return 0 if table is OutboxItem.__table__ else delete(session, table, which)

    patch.setattr(keeping, "_delete", not_all)


OWN = "tests/security/test_guards.py"
FAULTS = {
    fault.plant.__name__: fault
    for fault in (
        Fault(list_without_its_scope, f"{OWN}::test_a_list_shows_what_is_ones_own_alone"),
        Fault(mail_inside_the_transaction, f"{OWN}::test_nothing_is_sent_before_what_it_tells_is_written"),
        Fault(nothing_is_escaped, "tests/web/test_components.py::test_what_people_wrote_is_escaped_and_keeps_its_lines"),
        Fault(refusal_is_swallowed, "tests/mail/test_postbox.py::test_one_refused_recipient_does_not_touch_another"),
        Fault(chain_without_an_anchor, "tests/db/test_trail.py::test_all_tampering_is_found[inserts_and_binds_anew]"),
        Fault(ids_in_order, f"{OWN}::test_from_one_address_no_other_can_be_guessed"),
        Fault(who_takes_part_is_remembered, "tests/web/test_sessions.py::test_somebody_who_has_left_is_refused_at_once[sqlite]"),
        Fault(
            end_of_a_session_is_not_asked,
            "tests/web/test_sessions.py::test_a_copied_cookie_does_not_work_after_signing_out[sqlite]",
        ),
        Fault(code_works_twice, "tests/web/test_sign_in.py::test_a_link_works_once_and_ends_its_code[sqlite]"),
        Fault(ones_own_is_released, "tests/services/test_releasing.py::test_nobody_releases_what_they_prepared_or_wrote[sqlite]"),
        Fault(
            column_is_stored_plain,
            "tests/db/test_sealing.py::test_what_is_written_is_read_and_is_not_what_is_stored[sqlite]",
        ),
        Fault(
            restricted_note_is_shown,
            "tests/services/test_restricted_notes.py::test_only_people_at_the_policys_levels_of_the_writers_agency_see_that_there_is_a_note",
        ),
        Fault(form_without_its_token, "tests/web/test_origin.py::test_a_form_without_its_token_is_refused_although_it_comes_from_our_page"),
        Fault(pages_are_kept_by_browsers, "tests/web/test_headers.py::test_every_answer_carries_the_headers"),
        Fault(
            something_stays_after_a_destruction,
            "tests/services/test_destroying.py::test_afterwards_no_row_of_it_is_left_and_no_other_has_changed[sqlite]",
        ),
    )
}  # fmt: skip


# --- pytest with `-p tests.security.faults` plants each fault for the one test that must find it ---------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    patch = pytest.MonkeyPatch()
    Flask.jinja_options["bytecode_cache"]._known.clear()  # what was compiled without the fault
    for fault in FAULTS.values():
        if item.nodeid == fault.found_by:
            fault.plant(patch)
    try:
        return (yield)
    finally:
        patch.undo()
        Flask.jinja_options["bytecode_cache"]._known.clear()
