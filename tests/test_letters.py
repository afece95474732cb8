"""That the look at every message finds what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from forms_app.db.people import person_with_email
from forms_app.db.tables import Escalation, Party
from forms_app.mail.compose import Attachment, Message
from forms_app.mail.travelling import as_bytes
from tests import letters
from tests.conftest import every_letter_is_fit
from tests.mail.owed import ACCEPTED, FakePostbox, Office, Recipient, open_office, owe_code, owe_deliveries

TO = "perdita.quennell@brackenshire.example"
FIT = Message(
    f"delivery.{uuid4()}@forms.example", "no-reply@forms.example", TO, datetime.now(UTC), "BRK-7", "Read it.\n",
    (Attachment("escalation-BRK-7-stage-record.pdf", b"%PDF"),),
)  # fmt: skip


def test_a_fit_message_has_no_fault() -> None:
    assert letters.faults_of([TO], as_bytes(FIT)) == []


@pytest.mark.parametrize(
    ("recipients", "change", "fault"),
    [
        ([TO, "b@c.example"], (b"", b""), "The envelope names 2 recipients."),
        (["b@c.example"], (b"", b""), "The message is not addressed to whom its envelope names, and to nobody else."),
        ([TO], (b"To: ", b"Cc: b@c.example\r\nTo: "), "It has headers that ours never have: cc."),
        ([TO], (b"To: ", b"Bcc: b@c.example\r\nTo: "), "It has headers that ours never have: bcc."),
        ([TO], (b"To: ", b"To: b@c.example\r\nTo: "), "It has a header twice."),
        ([TO], (b"<delivery.", b"<"), "Its Message-ID is not made of a kind and an id."),
        ([TO], (b"Subject: BRK-7", b"Subject: BRK\x07"), "There is a control character in Subject."),
        ([TO], (b"Subject: BRK-7", b"Subject: Zebedee"), "Subject names somebody."),
        ([TO], (b"Subject: BRK-7", b"Subject: =?utf-8?b?WmViZWRlZQ==?="), "Subject names somebody."),
        ([TO], (b"Read it", b"Read it, Mr Quillfeather"), "Its text names somebody."),
        ([TO], (b"Read it", b"Read=07 it"), "There is a control character in its text."),
        ([TO], (b"escalation-BRK-7-stage-record", b"Thistledown"), "The name of an attached file says more than ids."),
        (
            [TO],
            (b"escalation-BRK-7-stage-record", b"what was said"),
            "The name of an attached file says more than ids.",
        ),
    ],
)
def test_a_bad_message_is_found_out(recipients: list[str], change: tuple[bytes, bytes], fault: str) -> None:
    assert fault in letters.faults_of(recipients, as_bytes(FIT).replace(*change))


def test_a_bad_message_fails_the_test_in_which_it_came() -> None:
    postbox = FakePostbox()
    assert postbox.post(replace(FIT, subject="Brambleby")) == ACCEPTED

    looks: Iterator[None] = every_letter_is_fit.__wrapped__()  # type: ignore[attr-defined]  # the fixture's own function
    next(looks)
    with pytest.raises(AssertionError, match="Subject names somebody"):
        next(looks)


# --- with the records at hand ---


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    with open_office(sqlite_url) as opened:
        yield opened


def found(office: Office, message_id: str, to: str = TO) -> list[str]:
    with office.workshop.reading() as work:
        faults = letters.faults_by_records(work.session, [(f"<{message_id}@forms.example>", to)])
        return [fault.partition(": ")[2] for fault in faults]


def make_parties(office: Office, *addresses: str) -> None:
    """Of every escalation; the first raised it."""
    with office.workshop.writing() as work:
        for escalation in work.session.scalars(select(Escalation.id)).all():
            for number, address in enumerate(addresses, start=1):
                person = person_with_email(work.session, address)
                work.session.add(
                    Party(
                        escalation_id=escalation, number=number, person_id=person.id, agency_id=person.agency_id,
                        side="raising", level="practitioner", is_raiser=number == 1, joined_at=work.now,
                    )
                )  # fmt: skip


def test_a_delivery_goes_to_who_takes_part_and_to_its_own_address(office: Office) -> None:
    other = "b@elsewhere.example"
    mine, theirs = owe_deliveries(office, [Recipient(TO), Recipient(other)])
    make_parties(office, TO)

    assert found(office, f"delivery.{mine}") == []
    assert found(office, f"delivery.{mine}", other) == ["It went to somebody else."]
    assert found(office, f"delivery.{theirs}", other) == ["Its recipient has no part in it."]
    assert found(office, f"delivery.{uuid4()}") == ["There is no such delivery."]


def test_a_document_goes_to_the_raiser_too(office: Office) -> None:
    (theirs,) = owe_deliveries(office, [Recipient("b@elsewhere.example")])
    make_parties(office, TO, "b@elsewhere.example")

    assert found(office, f"delivery.{theirs}", "b@elsewhere.example") == [
        "The raiser is not among the recipients of its document."
    ]


def test_a_code_goes_to_who_asked_for_it(office: Office) -> None:
    code = owe_code(office)

    assert found(office, f"sign-in.{code}") == []
    assert found(office, f"sign-in.{code}", "b@c.example") == ["It is nobody’s code."]
    assert found(office, f"sign-in.{uuid4()}") == ["It is nobody’s code."]
    assert found(office, f"reminder.{uuid4()}") == ["There is no such notification."]
    assert found(office, "delivery.x") == ["It is about nothing."]
