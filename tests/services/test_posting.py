"""Posting deliveries and codes: what the ledger says of each attempt, and what becomes of what is owed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, update

from forms_app.db import ledger, outbox
from forms_app.db.outbox import claim, needs_attention
from forms_app.db.tables import Attempt, SignInCode
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message
from forms_app.mail.connection import MailServer
from forms_app.mail.postbox import Postbox
from forms_app.mail.travelling import as_bytes
from forms_app.services.attempts import tried
from forms_app.services.outbox import LEASE
from forms_app.services.posting import WAITS, Counter, Taken, post_delivery
from tests.mail.owed import (
    ACCEPTED,
    LETTERHEAD,
    NAMES,
    NOW,
    FakePostbox,
    Office,
    Recipient,
    open_office,
    owe_code,
    owe_deliveries,
    owe_delivery,
)
from tests.mail.servers import HANG_UP, scripted
from tests.smtp import SmtpServer

SECURE = Recipient("perdita.quennell@brackenshire.example")
OTHER = Recipient("idris.fallowfield@brackenshire.example")
OUTSIDE = Recipient("wren.ashdown@elsewhere.example", is_secure=False)
REFUSED = Answer(Result.REFUSED, "The mail server refused the message or the address (550).", 550)
LATER = Answer(Result.NOT_REACHED, "The mail server asked to try again later (451).", 451)
LOST = Answer(Result.INTERRUPTED, "The connection ended before the mail server answered.")


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def real_postbox(server: Any) -> Postbox:
    return Postbox(MailServer("127.0.0.1", server.port, security="none", timeout_seconds=1))


def counter(postbox: Any) -> Counter:
    return Counter(postbox, LETTERHEAD)


def shown(office: Office) -> list[tuple[UUID, str | None]]:
    with office.workshop.reading() as work:
        return [(item.about_id, item.fault) for item in needs_attention(work.session, work.now)]


def test_an_accepted_message_is_on_the_ledger_and_no_longer_owed(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)

    office.work()

    assert office.ledger(delivery) == [("started", None), ("accepted", 250)]
    assert office.item(delivery).done_at == office.clock.now
    assert office.work() == 0


def test_a_refused_message_is_not_sent_again_and_needs_a_person(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    office.postbox.answers = [REFUSED]

    office.work()
    office.clock.go_on(days=3)
    office.work()

    assert office.ledger(delivery) == [("started", None), ("refused", 550)]
    assert shown(office) == [(delivery, REFUSED.sentence)]


def test_a_posting_that_swallows_the_refusal_would_be_seen(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)

    class Swallows(FakePostbox):
        def post(self, message: Message) -> Answer:
            return ACCEPTED

    office.postbox = Swallows([REFUSED])
    office.work()

    assert office.ledger(delivery) != [("started", None), ("refused", 550)]
    assert shown(office) == []


def test_a_message_that_is_not_taken_is_sent_again_after_longer_and_longer_waits(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    office.postbox.answers = [LATER] * len(WAITS)

    for wait in WAITS:
        assert office.work() == 1
        assert office.item(delivery).not_before == office.clock.now + wait
        office.clock.go_on(seconds=wait.total_seconds())
    assert office.work() == 1

    assert office.ledger(delivery) == [("started", None), ("not_reached", 451)] * len(WAITS) + [
        ("started", None),
        ("accepted", 250),
    ]
    assert len({message.message_id for message in office.postbox.posted}) == 1
    assert list(WAITS) == sorted(WAITS)
    assert timedelta(hours=46) < sum(WAITS, timedelta()) < timedelta(hours=48)


def test_a_message_that_is_never_taken_is_parked_and_shown(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    office.postbox.answers = [LATER] * (len(WAITS) + 1)

    for wait in (*WAITS, timedelta(days=30)):
        office.work()
        office.clock.go_on(seconds=wait.total_seconds())

    assert office.work() == 0
    assert shown(office) == [(delivery, LATER.sentence)]
    assert office.item(delivery).parked_at is not None


def test_a_message_that_still_waits_after_a_while_is_shown_too(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    office.postbox.answers = [LATER]
    office.work()
    assert shown(office) == []

    office.clock.go_on(minutes=16)

    assert shown(office) == [(delivery, LATER.sentence)]


def test_of_two_recipients_one_refused_the_other_has_it(office: Office, smtp_server: SmtpServer) -> None:
    refused, taken = owe_deliveries(office, [OTHER, SECURE])
    smtp_server.refuse(OTHER.address)
    office.postbox = real_postbox(smtp_server)

    office.work()

    assert office.ledger(refused) == [("started", None), ("refused", 550)]
    assert office.ledger(taken) == [("started", None), ("accepted", 250)]
    about = [one.message["Message-ID"].strip("<>").partition(".")[0] for one in smtp_server.sent_to(SECURE.address)]
    assert (len(smtp_server.received), sorted(about)) == (2, ["delivery", "delivery_failed"])
    assert [about for about, _ in shown(office)] == [refused]


def test_each_message_has_one_recipient_and_names_nobody(office: Office, smtp_server: SmtpServer) -> None:
    owe_deliveries(office, [SECURE, OTHER, OUTSIDE])
    owe_code(office)
    office.postbox = real_postbox(smtp_server)

    office.work()

    assert len(smtp_server.received) == 4
    for one in smtp_server.received:
        assert names_in(one.message, one.rcpt_tos[0]) == []
        assert (len(one.rcpt_tos), one.message["To"]) == (1, one.rcpt_tos[0])
        assert one.message["Cc"] is one.message["Bcc"] is None
    attached = {
        one.rcpt_tos[0]: [part.get_filename() for part in one.message.iter_attachments()]
        for one in smtp_server.received
        if "code to sign in" not in one.message["Subject"]
    }
    assert [len(attached[to.address]) for to in (SECURE, OTHER, OUTSIDE)] == [2, 2, 0]


def names_in(message: Any, to: str) -> list[str]:
    """Names in anything of a message but the address that it goes to and what is inside its attachments."""
    headers = "\n".join(str(value) for name, value in message.items() if name != "To")
    files = "\n".join(str(part.get_filename()) for part in message.iter_attachments())
    text = message.get_body(("plain",)).get_content()
    everything = f"{headers}\n{files}\n{text}".lower().replace(to, "")
    return [name for name in NAMES if name.lower() in everything]


@pytest.mark.usefixtures("letters_of_others")
def test_a_name_in_a_message_would_be_found(smtp_server: SmtpServer, office: Office) -> None:
    message = Message("delivery.x@forms.example", "a@forms.example", "b@c.example", NOW, "About Ottilie", "For Wren")

    real_postbox(smtp_server).post(message)

    assert names_in(smtp_server.received[0].message, "b@c.example") == ["Ottilie", "Wren"]


def test_without_attachment_the_message_carries_a_link_and_no_file(office: Office) -> None:
    owe_delivery(office, OUTSIDE)

    office.work()

    (message,) = office.postbox.posted
    assert message.attachments == ()
    assert f"{LETTERHEAD.service_url}/documents/" in message.body


# --- crashes ---


class Killed(BaseException):
    """Stands in for SIGKILL: nothing in the service catches it."""


@dataclass
class Dies:
    """A postbox in which the worker is killed, before or after the server took the message."""

    to: Any
    first: bool
    posted: list[Message] = field(default_factory=list)

    def post(self, message: Message) -> Answer:
        if not self.first:
            self.to.post(message)
        raise Killed


@pytest.mark.parametrize("before_it_was_taken", [True, False])
def test_a_worker_killed_while_posting_leaves_a_visible_interruption(office: Office, before_it_was_taken: bool) -> None:
    delivery, postbox = owe_delivery(office, SECURE), office.postbox
    office.postbox = Dies(postbox, first=before_it_was_taken)
    with pytest.raises(Killed):
        office.work(worker="w1")
    assert office.ledger(delivery) == [("started", None)]

    office.postbox = postbox
    assert office.work(worker="w2") == 0, "the lease has not ended"
    office.clock.go_on(seconds=LEASE.total_seconds() + 1)
    assert office.work(worker="w2") == 1

    assert office.ledger(delivery) == [("started", None), ("started", None), ("accepted", 250)]
    lines = tried(office.attempts(delivery))
    assert [(line.result, line.follows_interruption) for line in lines] == [("interrupted", False), ("accepted", True)]
    assert len({message.message_id for message in postbox.posted}) == 1


def test_a_worker_that_ended_the_work_before_doing_it_would_lose_the_message(office: Office) -> None:
    delivery, postbox = owe_delivery(office, SECURE), office.postbox
    with office.workshop.writing() as work:
        (hasty,) = claim(work.session, "w1", work.now, 1, LEASE)
        outbox.finish(work.session, hasty.item_id, "w1", work.now)
    with pytest.raises(Killed):
        post_delivery(office.workshop, Taken(hasty), counter(Dies(postbox, first=True)))

    office.clock.go_on(days=9)
    office.work()

    assert office.ledger(delivery) == [("started", None)]
    assert postbox.posted == []


def test_an_answer_that_was_lost_is_an_interruption_and_is_sent_again(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    with scripted({"TEXT": HANG_UP}) as server:
        office.postbox = real_postbox(server)
        office.work()
        office.clock.go_on(seconds=WAITS[0].total_seconds())
        office.work()

    assert office.ledger(delivery) == [("started", None), ("started", None)]
    first, second = server.texts
    assert message_id(first) == message_id(second) == f"Message-ID: <delivery.{delivery}@forms.example>".encode()


def message_id(content: bytes) -> bytes:
    return next(line for line in content.splitlines() if line.startswith(b"Message-ID:"))


def test_a_delivery_that_was_accepted_is_not_posted_again(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    with office.workshop.writing() as work:
        ledger.add_attempt(work.session, delivery, "started", work.now)
        ledger.add_attempt(work.session, delivery, "accepted", work.now, 250)

    office.work()

    assert office.postbox.posted == []
    assert office.item(delivery).done_at is not None


def test_an_answer_that_comes_after_the_lease_is_kept_and_ends_nothing(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    with office.workshop.writing() as work:
        (slow,) = claim(work.session, "slow", work.now, 1, LEASE)

    class Overtaken(FakePostbox):
        def post(self, message: Message) -> Answer:
            office.clock.go_on(seconds=LEASE.total_seconds() + 1)
            with office.workshop.writing() as work:
                assert claim(work.session, "quick", work.now, 1, LEASE)
            return ACCEPTED

    post_delivery(office.workshop, Taken(slow), counter(Overtaken()))

    assert office.ledger(delivery) == [("started", None), ("accepted", 250)]
    assert (office.item(delivery).done_at, office.item(delivery).claimed_by) == (None, "quick")


# --- one after the other ---


def test_what_comes_next_is_claimed_and_begun_as_the_last_one_ends(office: Office) -> None:
    owe_deliveries(office, [SECURE, OTHER])
    commits: list[int] = []
    event.listen(office.workshop.database.engine, "commit", lambda _: commits.append(1))

    office.work()

    assert len(office.postbox.posted) == 2
    assert len(commits) == 4, "claimed, begun, ended with the next, ended"


def test_no_more_is_claimed_than_is_worked_on(office: Office) -> None:
    owe_deliveries(office, [SECURE, OTHER])

    assert office.work(most=1) == 1

    assert [item.claimed_by for item in office.items()] == [None] * 3
    assert office.work(worker="w2") == 1


def test_what_cannot_be_begun_leaves_the_one_before_it_ended(office: Office) -> None:
    good, bad = owe_deliveries(office, [SECURE, Recipient("no address@brackenshire.example")])
    with office.workshop.writing() as work:
        item = outbox.OutboxItem
        work.session.execute(update(item).where(item.about_id == bad).values(not_before=NOW + timedelta(seconds=1)))
    office.clock.go_on(seconds=2)

    office.work()

    assert office.ledger(good) == [("started", None), ("accepted", 250)]
    assert (office.ledger(bad), office.item(bad).tries) == ([], 1)
    assert office.item(bad).parked_at is not None


# --- no mail inside a transaction ---


@dataclass
class Watches:
    """A postbox that looks whether a transaction is open around it."""

    office: Office
    open_now: int = 0
    seen: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        engine = self.office.workshop.database.engine
        event.listen(engine, "begin", lambda _: self._count(1))
        event.listen(engine, "commit", lambda _: self._count(-1))
        event.listen(engine, "rollback", lambda _: self._count(-1))

    def _count(self, change: int) -> None:
        self.open_now += change

    def post(self, message: Message) -> Answer:
        self.seen.append(self.open_now)
        return ACCEPTED


def test_no_transaction_is_open_while_a_message_is_posted(office: Office) -> None:
    owe_deliveries(office, [SECURE, OUTSIDE])
    owe_code(office)
    office.postbox = Watches(office)

    office.work()

    assert office.postbox.seen == [0, 0, 0]


def test_a_message_posted_in_a_transaction_would_be_seen(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    watches = Watches(office)

    with office.workshop.writing() as work:
        ledger.add_attempt(work.session, delivery, "started", work.now)
        watches.post(Message("a@b.example", "a@b.example", "b@c.example", NOW, "s", "b"))

    assert watches.seen == [1]


# --- codes ---


def test_a_code_is_sent_and_then_forgotten(office: Office) -> None:
    code = owe_code(office)

    office.work()

    (message,) = office.postbox.posted
    assert "402817" in message.body
    assert message.to == "perdita.quennell@brackenshire.example"
    assert (office.item(code).payload, office.item(code).done_at) == (None, office.clock.now)


def test_a_code_that_cannot_be_sent_in_time_is_forgotten_and_shown(office: Office) -> None:
    code = owe_code(office)
    office.postbox.answers = [LATER] * 99

    for _ in range(40):
        office.work()
        office.clock.go_on(seconds=30)

    assert all(message.at < NOW + timedelta(minutes=15) for message in office.postbox.posted)
    assert office.item(code).payload is None
    assert shown(office) == [(code, "The code ran out or was used before it could be sent.")]


def test_a_code_that_was_used_is_not_sent_again(office: Office) -> None:
    code = owe_code(office)
    office.postbox.answers = [LOST]
    office.work()
    with office.workshop.writing() as work:
        row = work.session.get(SignInCode, code)
        assert row is not None
        row.used_at = work.now

    office.clock.go_on(minutes=1)
    office.work()

    assert len(office.postbox.posted) == 1
    assert office.item(code).payload is None


# --- what cannot be composed ---


def test_an_address_that_is_none_needs_a_person_and_is_not_tried_again(office: Office) -> None:
    delivery = owe_delivery(office, Recipient("perdita quennell@brackenshire.example"))

    office.work()

    (about, fault) = shown(office)[0]
    assert about == delivery
    assert fault is not None
    assert "not one plain address" in fault
    assert "perdita" not in fault
    assert office.ledger(delivery) == []


def test_a_document_that_lost_its_files_is_not_sent_without_them(office: Office) -> None:
    owe_delivery(office, SECURE)
    with office.workshop.writing() as work:
        work.session.connection().exec_driver_sql("DELETE FROM document_files")

    office.work()

    assert "files of this document are missing" in str(shown(office)[0][1])
    assert office.postbox.posted == []


# --- reading the ledger ---


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([], []),
        (["started"], [("started", False)]),
        (["started", "accepted"], [("accepted", False)]),
        (["started", "started", "refused"], [("interrupted", False), ("refused", True)]),
        (["started", "not_reached", "started"], [("not_reached", False), ("started", False)]),
        (
            ["started", "started", "started", "accepted"],
            [("interrupted", False), ("interrupted", True), ("accepted", True)],
        ),
    ],
)
def test_each_attempt_is_one_line(rows: list[str], lines: list[tuple[str, bool]]) -> None:
    attempts = [Attempt(number=number, at=NOW, result=result, smtp_code=None) for number, result in enumerate(rows, 1)]

    assert [(line.result, line.follows_interruption) for line in tried(attempts)] == lines


def test_the_bytes_of_a_message_hold_both_files(office: Office) -> None:
    owe_delivery(office, SECURE)
    office.work()

    content = as_bytes(office.postbox.posted[0])

    assert content.count(b"Content-Disposition: attachment") == 2


def test_parking_is_fenced_too(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    item = office.item(delivery)

    with office.workshop.writing() as work:
        assert not outbox.park(work.session, item.id, "nobody", "No.", work.now)
        assert not outbox.fail(work.session, item.id, "nobody", "No.", work.now)

    assert (office.item(delivery).parked_at, office.item(delivery).fault) == (None, None)
