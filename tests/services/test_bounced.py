"""Messages that come back: what is written on the ledger, who is told, what is left in the mailbox, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from forms_app.db import ledger, notifications
from forms_app.db.outbox import OutboxKind, claim
from forms_app.db.people import person_with_email
from forms_app.db.tables import AuditEntry, DeliveryEvent, Notification, OutboxItem, Person, SignInSession
from forms_app.domain.deliveries import EventKind
from forms_app.mail.compose import Kind
from forms_app.mail.connection import MailServer
from forms_app.mail.mailbox import Letter, Mailbox, MailboxFault
from forms_app.mail.postbox import Postbox
from forms_app.services import bounced
from forms_app.services.bounced import EVERY, WAITS, read_bounces
from forms_app.services.notifying import notify
from forms_app.services.outbox import LEASE, MOST_INTERRUPTIONS, Desk, run_due
from forms_app.services.regular import owe_regular_work
from forms_app.services.watchdog import health
from tests.mail.came_back import came_back
from tests.mail.imap import PASSWORD, imap_server
from tests.mail.owed import (
    LETTERHEAD,
    NOW,
    Office,
    Recipient,
    add_party,
    escalation_of,
    open_office,
    owe_code,
    owe_deliveries,
    owe_delivery,
)
from tests.mail.servers import LOCALHOST
from tests.mail.test_mailbox import left, made_maildir, put
from tests.smtp import SmtpServer

SENDER = Recipient("perdita.quennell@brackenshire.example")
RECIPIENT = Recipient("idris.fallowfield@brackenshire.example")
OTHER = Recipient("wren.ashdown@brackenshire.example")


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    with opened(sqlite_url) as office:
        yield office


@pytest.fixture
def on_both(database_url: str) -> Iterator[Office]:
    with opened(database_url) as office:
        yield office


@contextmanager
def opened(url: str) -> Iterator[Office]:
    with open_office(url) as office:
        owe_regular_work(office.workshop, reads_bounces=True)
        yield office


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    return made_maildir(tmp_path)


def read(office: Office, mailbox: Any) -> None:
    """Lets a worker do all that is due, a look into this mailbox among it."""
    office.clock.go_on(minutes=5)
    run_due(office.workshop, "w1", Desk(office.postbox, LETTERHEAD, office.issue, mailbox=mailbox), most=50)


def read_maildir(office: Office, maildir: Path) -> None:
    read(office, Mailbox(f"maildir://{maildir}"))


def sent(office: Office, to: Recipient = RECIPIENT) -> UUID:
    """A delivery that the mail server accepted."""
    delivery = owe_delivery(office, to)
    office.work()
    return delivery


def id_of(kind: str, about: UUID) -> str:
    return LETTERHEAD.message_id(kind, about)


def events(office: Office, delivery: UUID) -> list[tuple[str, str]]:
    wanted = select(DeliveryEvent).where(DeliveryEvent.delivery_id == delivery).order_by(DeliveryEvent.number)
    return [(each.kind, each.code) for each in rows(office, wanted)]


def rows(office: Office, wanted: Any) -> list[Any]:
    with office.workshop.reading() as work:
        found = work.session.scalars(wanted).all()
        work.session.expunge_all()
        return list(found)


def standing(office: Office) -> OutboxItem:
    (item,) = rows(office, select(OutboxItem).where(OutboxItem.kind == OutboxKind.READ_BOUNCES.value))
    assert isinstance(item, OutboxItem)
    return item


def actions(office: Office) -> list[str]:
    return [entry.action for entry in rows(office, select(AuditEntry).order_by(AuditEntry.id))]


# --- deliveries ---


def test_a_message_that_came_back_is_on_the_ledger_and_somebody_is_told(on_both: Office, maildir: Path) -> None:
    delivery = sent(on_both)
    put(maildir, came_back("postfix", id_of("delivery", delivery)))

    read_maildir(on_both, maildir)

    assert events(on_both, delivery) == [("bounced", "5.1.1")]
    assert on_both.ledger(delivery) == [("started", None), ("accepted", 250)], "what the mail server said stays"
    assert on_both.posted()[-1] == ("delivery_failed", "perdita.quennell")
    assert left(maildir) == []


def test_a_delayed_message_is_noted_once_and_nobody_is_told(office: Office, maildir: Path) -> None:
    delivery = sent(office)
    for _ in range(2):
        put(maildir, came_back("postfix_delayed", id_of("delivery", delivery)))
        read_maildir(office, maildir)

    assert events(office, delivery) == [("delayed", "4.4.1")]
    assert [kind for kind, _ in office.posted()] == ["delivery"]
    assert left(maildir) == []


def test_a_message_that_arrived_changes_nothing(office: Office, maildir: Path) -> None:
    delivery = sent(office)
    put(maildir, came_back("arrived", id_of("delivery", delivery)))

    read_maildir(office, maildir)

    assert (events(office, delivery), left(maildir)) == ([], [])


def test_what_comes_back_late_and_more_than_once_counts_once(office: Office, maildir: Path) -> None:
    delivery = sent(office)
    for form in ("postfix_delayed", "postfix", "exchange", "postfix_delayed"):
        put(maildir, came_back(form, id_of("delivery", delivery)))
        read_maildir(office, maildir)

    assert events(office, delivery) == [("delayed", "4.4.1"), ("bounced", "5.1.1")]
    assert [kind for kind, _ in office.posted()] == ["delivery", "delivery_failed"]


class Killed(BaseException):
    """Stands in for SIGKILL: nothing in the service catches it."""


def test_a_notice_that_was_written_down_and_not_removed_is_written_down_once(
    on_both: Office, maildir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = sent(on_both)
    put(maildir, came_back("postfix", id_of("delivery", delivery)))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", _killed)
        with pytest.raises(Killed):
            read_maildir(on_both, maildir)
    assert (events(on_both, delivery), len(left(maildir))) == ([("bounced", "5.1.1")], 1)

    read_maildir(on_both, maildir)

    assert (events(on_both, delivery), left(maildir)) == ([("bounced", "5.1.1")], [])
    assert [kind for kind, _ in on_both.posted()] == ["delivery", "delivery_failed"]


def _killed(*_: Any, **__: Any) -> None:
    raise Killed


def test_two_workers_that_read_the_same_notice_at_once_write_it_down_once(on_both: Office) -> None:
    delivery = sent(on_both)
    content, meeting = came_back("postfix", id_of("delivery", delivery)), Barrier(2)
    mailboxes = [FakeMailbox([content], watched=lambda: meeting.wait(timeout=10)) for _ in range(2)]
    on_both.clock.go_on(minutes=5)
    with on_both.workshop.writing() as work:
        (claimed,) = [each for each in claim(work.session, "w1", work.now, 9, LEASE) if each.kind == "read_bounces"]

    with ThreadPoolExecutor(2) as workers:
        looks = [workers.submit(read_bounces, on_both.workshop, claimed, each) for each in mailboxes]  # type: ignore[arg-type]
        for look in looks:
            look.result(timeout=20)

    assert (events(on_both, delivery), standing(on_both).fault) == ([("bounced", "5.1.1")], None)


def test_without_its_key_it_would_be_written_down_twice(
    office: Office, maildir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery, write = sent(office), ledger.add_event

    def without_key(*given: Any, key: str | None = None, **rest: Any) -> bool:
        return write(*given, **rest)

    monkeypatch.setattr(ledger, "add_event", without_key)
    for _ in range(2):
        put(maildir, came_back("postfix", id_of("delivery", delivery)))
        read_maildir(office, maildir)

    assert events(office, delivery) == [("bounced", "5.1.1")] * 2


def test_of_deliveries_that_went_together_each_came_back(on_both: Office, maildir: Path) -> None:
    first, second = (owe_delivery(on_both, RECIPIENT) for _ in range(2))
    alone = sent(on_both, OTHER)
    with on_both.workshop.writing() as work:
        person = person_with_email(work.session, RECIPIENT.address)
        notify(work, Kind.DOCUMENTS_WAITING, person, key="together")
        work.session.flush()
        together = work.session.scalars(select(Notification.id)).one()
        for delivery in (first, second):
            ledger.delivery_to_post(work.session, delivery).notification_id = together
    put(maildir, came_back("gmail", id_of("documents_waiting", together)))

    read_maildir(on_both, maildir)

    assert events(on_both, first) == events(on_both, second) == [("bounced", "5.1.1")]
    assert (events(on_both, alone), left(maildir)) == ([], [])


def test_what_came_back_of_a_withdrawn_document_is_noted_and_nobody_is_told(office: Office, maildir: Path) -> None:
    delivery = sent(office)
    with office.workshop.writing() as work:
        ledger.delivery_to_post(work.session, delivery).withdrawn_at = work.now
    put(maildir, came_back("postfix", id_of("delivery", delivery)))

    read_maildir(office, maildir)

    assert events(office, delivery) == [("bounced", "5.1.1")]
    assert [kind for kind, _ in office.posted()] == ["delivery"]


# --- sent again ---


def send_again(office: Office, delivery: UUID) -> None:
    """As `services.deliveries` does it, and a mail server that accepts it."""
    with office.workshop.writing() as work:
        ledger.add_event(work.session, delivery, EventKind.SENT_AGAIN, work.now)
    office.clock.go_on(seconds=20)
    with office.workshop.writing() as work:
        ledger.add_attempt(work.session, delivery, "started", work.now)
        ledger.add_attempt(work.session, delivery, "accepted", work.now, 250)


def test_what_came_back_of_an_earlier_sending_does_not_undo_the_later_one(office: Office, maildir: Path) -> None:
    delivery = sent(office)
    office.clock.go_on(hours=5)
    send_again(office, delivery)
    put(maildir, came_back("postfix", id_of("delivery", delivery), sent_at=NOW))

    read_maildir(office, maildir)

    assert events(office, delivery) == [("sent_again", "")]
    assert "earlier_message_came_back" in actions(office)
    assert ([kind for kind, _ in office.posted()], left(maildir)) == (["delivery"], [])


@pytest.mark.parametrize("is_dated", [True, False])
def test_what_came_back_of_the_later_sending_is_a_failure_again(on_both: Office, maildir: Path, is_dated: bool) -> None:
    delivery = sent(on_both)
    put(maildir, came_back("postfix", id_of("delivery", delivery), sent_at=NOW))
    read_maildir(on_both, maildir)
    on_both.clock.go_on(hours=5)
    send_again(on_both, delivery)
    notice = came_back("exchange", id_of("delivery", delivery), sent_at=on_both.clock.now)
    put(maildir, notice if is_dated else notice.replace(b"\nDate: ", b"\nX-Date: "))

    read_maildir(on_both, maildir)

    assert events(on_both, delivery) == [("bounced", "5.1.1"), ("sent_again", ""), ("bounced", "5.1.10")]


# --- messages without a document ---


def alert(office: Office, delivery: UUID, maildir: Path) -> Notification:
    """The alert about a delivery that came back, which was sent."""
    put(maildir, came_back("postfix", id_of("delivery", delivery)))
    read_maildir(office, maildir)
    (found,) = rows(office, select(Notification))
    assert isinstance(found, Notification)
    assert found.accepted_at is not None
    return found


def test_a_notification_that_came_back_needs_a_person(on_both: Office, maildir: Path) -> None:
    about = alert(on_both, sent(on_both), maildir).id
    for _ in range(2):
        put(maildir, came_back("exim", id_of("delivery_failed", about)))
        read_maildir(on_both, maildir)

    assert on_both.item(about).fault == "The message came back (5.0.0)."
    assert (on_both.item(about).parked_at is not None, on_both.item(about).done_at is not None) == (True, True)
    assert actions(on_both).count("message_came_back") == 1
    assert left(maildir) == []


def test_when_an_alert_came_back_somebody_else_is_told(office: Office, maildir: Path) -> None:
    delivery = sent(office)
    add_party(office, escalation_of(office, delivery), OTHER.address)
    about = alert(office, delivery, maildir).id
    put(maildir, came_back("exim", id_of("delivery_failed", about)))

    read_maildir(office, maildir)

    assert [to for kind, to in office.posted() if kind == "delivery_failed"] == ["perdita.quennell", "wren.ashdown"]


def test_a_notification_that_is_delayed_is_no_trouble_yet(office: Office, maildir: Path) -> None:
    about = alert(office, sent(office), maildir).id
    put(maildir, came_back("postfix_delayed", id_of("delivery_failed", about)))

    read_maildir(office, maildir)

    assert (office.item(about).parked_at, left(maildir)) == (None, [])


def test_a_code_to_sign_in_that_came_back_needs_a_person(on_both: Office, maildir: Path) -> None:
    code = owe_code(on_both)
    on_both.work()
    put(maildir, came_back("postfix", id_of("sign-in", code)))

    read_maildir(on_both, maildir)

    assert (on_both.item(code).fault, left(maildir)) == ("The message came back (5.1.1).", [])


def not_reached(office: Office) -> list[tuple[str, datetime]]:
    with office.workshop.reading() as work:
        board = work.session.scalars(select(Person.board_id)).first()
        assert board is not None
        return [(each.person.email, each.since) for each in notifications.not_reached(work.session, board)]


def test_whom_emails_do_not_reach_is_known_until_they_sign_in_again(on_both: Office, maildir: Path) -> None:
    code = owe_code(on_both, OTHER.address)
    on_both.work()
    about = alert(on_both, sent(on_both), maildir).id
    assert not_reached(on_both) == []
    put(maildir, came_back("exim", id_of("delivery_failed", about)))
    read_maildir(on_both, maildir)
    first = on_both.clock.now
    put(maildir, came_back("postfix", id_of("sign-in", code)))
    read_maildir(on_both, maildir)
    second = on_both.clock.now
    assert not_reached(on_both) == [(SENDER.address, first), (OTHER.address, second)]

    on_both.clock.go_on(days=1)
    with on_both.workshop.writing() as work:
        person = person_with_email(work.session, SENDER.address)
        token, now = str(uuid4()), work.now
        work.session.add(
            SignInSession(token_hash=token, person_id=person.id, started_at=now, proved_at=now, seen_at=now)
        )
        person_with_email(work.session, OTHER.address).left_at = work.now

    assert not_reached(on_both) == []


# --- what is not about us ---


@pytest.mark.parametrize("kind", ["delivery", "documents_waiting", "delivery_failed", "sign-in"])
def test_a_notice_about_a_message_that_nobody_sent_stays_as_read(office: Office, maildir: Path, kind: str) -> None:
    put(maildir, came_back("postfix", id_of(kind, uuid4())))

    read_maildir(office, maildir)

    assert [is_read for _, is_read in left(maildir)] == [True]
    assert rows(office, select(DeliveryEvent)) == []


def test_a_notice_about_a_delivery_that_was_never_handed_over_was_made_up(office: Office, maildir: Path) -> None:
    delivery = owe_delivery(office, RECIPIENT)
    with office.workshop.writing() as work:
        ledger.add_attempt(work.session, delivery, "started", work.now)
        ledger.add_attempt(work.session, delivery, "not_reached", work.now, 451)
        (item,) = [each for each in work.session.scalars(select(OutboxItem)) if each.about_id == delivery]
        item.not_before = work.now + timedelta(days=1)
    put(maildir, came_back("postfix", id_of("delivery", delivery)))

    read_maildir(office, maildir)

    assert (events(office, delivery), len(left(maildir))) == ([], 1)


def test_letters_and_out_of_office_replies_stay_as_read_and_are_not_read_again(
    office: Office, maildir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = sent(office)
    put(maildir, came_back("out_of_office", id_of("delivery", delivery)), b"Subject: Dear team\r\n\r\nHello", b"")
    read_maildir(office, maildir)
    assert [is_read for _, is_read in left(maildir)] == [True] * 3

    def never(_: bytes) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(bounced, "read_notice", never)
    read_maildir(office, maildir)

    assert events(office, delivery) == []
    assert standing(office).fault is None


def test_of_a_forged_notice_nothing_is_kept_but_a_status(office: Office, maildir: Path, caplog: Any) -> None:
    delivery = sent(office)
    forged = came_back("postfix", id_of("delivery", delivery)).replace(
        b"Status: 5.1.1", b"Status: 5.9.9 Ottilie Marchbank"
    )
    put(maildir, forged.replace(b"perdita.quennell", b"ottilie.marchbank"))

    read_maildir(office, maildir)

    assert events(office, delivery) == [("bounced", "5.9.9")]
    everything = [caplog.text, *(repr(vars(row)) for row in rows(office, select(DeliveryEvent)))]
    assert [text for text in everything if "archbank" in text or "ttilie" in text] == []


# --- the mailbox ---


@dataclass
class FakeMailbox:
    """Letters that are there, and at what it breaks."""

    letters: list[bytes] = field(default_factory=list)
    fault: Exception | None = None
    watched: Any = lambda: None

    def opened(self) -> FakeMailbox:
        if self.fault:
            raise self.fault
        return self

    def __enter__(self) -> FakeMailbox:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def unread(self, most: int) -> Iterator[Letter]:
        for place, beginning in list(enumerate(self.letters))[:most]:
            self.watched()
            yield Letter(place, beginning)

    def remove(self, letter: Letter) -> None:
        self.watched()
        self.letters[self.letters.index(letter.beginning)] = b""

    leave = remove


def test_a_look_is_due_again_a_minute_later_and_for_ever(office: Office, maildir: Path) -> None:
    for _ in range(3):
        read_maildir(office, maildir)
        assert standing(office).not_before == office.clock.now + EVERY
        assert (standing(office).tries, standing(office).done_at, standing(office).fault) == (0, None, None)


def test_where_there_is_no_mailbox_any_more_nothing_is_read(office: Office) -> None:
    read(office, None)

    assert (standing(office).fault, standing(office).parked_at) == (None, None)


def standing_work_is_done(office: Office) -> bool:
    """As the health check says it."""
    with office.workshop.reading() as work:
        return health(work).standing_work_is_done


def test_a_mailbox_that_cannot_be_read_is_tried_for_ever_shown_and_heals_by_itself(on_both: Office) -> None:
    away = FakeMailbox(fault=MailboxFault("The mailbox could not be reached."))
    for tries in range(1, 40):
        read(on_both, away)
        assert standing(on_both).fault == "The mailbox could not be reached."
        assert standing(on_both).not_before == on_both.clock.now + WAITS[min(tries, len(WAITS)) - 1]
        on_both.clock.go_on(minutes=5)
    assert standing(on_both).parked_at is None
    assert not standing_work_is_done(on_both)

    read(on_both, FakeMailbox())

    assert (standing(on_both).fault, standing(on_both).tries) == (None, 0)
    assert standing_work_is_done(on_both)


def test_a_worker_that_dies_again_and_again_over_the_mailbox_does_not_end_the_reading(office: Office) -> None:
    for _ in range(MOST_INTERRUPTIONS + 10):
        office.clock.go_on(seconds=LEASE.total_seconds() + 60)
        with pytest.raises(Killed):
            read(office, FakeMailbox(fault=Killed()))  # type: ignore[arg-type]

    office.clock.go_on(seconds=LEASE.total_seconds() + 60)
    read(office, FakeMailbox())

    assert (standing(office).parked_at, standing(office).fault, standing(office).tries) == (None, None, 0)


def test_one_letter_that_cannot_be_noted_does_not_hide_those_after_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sent(office), sent(office)
    note = bounced.note_failure

    def stumbles(work: Any, delivery: Any, *given: Any, **rest: Any) -> None:
        if delivery.id == first:
            raise ValueError("something")
        note(work, delivery, *given, **rest)

    monkeypatch.setattr(bounced, "note_failure", stumbles)
    mailbox = FakeMailbox([came_back("postfix", id_of("delivery", each)) for each in (first, second)])
    read(office, mailbox)

    assert events(office, second) == [("bounced", "5.1.1")]
    assert [bool(letter) for letter in mailbox.letters] == [True, False]
    assert "ValueError" in str(standing(office).fault)
    assert standing(office).parked_at is None


def test_more_than_one_look_can_read_is_read_at_once_in_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounced, "MOST_LETTERS", 2)
    read(office, FakeMailbox([b"one", b"two", b"three"]))
    read_at = office.clock.now

    assert standing(office).not_before == read_at


def test_a_look_that_takes_long_ends_within_its_lease(office: Office) -> None:
    slow = FakeMailbox([b"%d" % number for number in range(100)], watched=lambda: office.clock.go_on(seconds=7))
    with office.workshop.writing() as work:
        (claimed,) = [each for each in claim(work.session, "w1", work.now, 9, LEASE) if each.kind == "read_bounces"]
    began = office.clock.now

    read_bounces(office.workshop, claimed, slow)  # type: ignore[arg-type]

    assert office.clock.now - began < LEASE / 2
    assert standing(office).not_before == office.clock.now


def test_no_transaction_is_open_while_the_mailbox_is_asked(office: Office) -> None:
    delivery, open_now, seen = sent(office), [0], list[int]()
    engine = office.workshop.database.engine
    for name, change in (("begin", 1), ("commit", -1), ("rollback", -1)):
        event.listen(engine, name, lambda _, change=change: open_now.append(open_now.pop() + change))

    read(
        office,
        FakeMailbox([came_back("postfix", id_of("delivery", delivery))], watched=lambda: seen.append(open_now[0])),
    )

    assert events(office, delivery) == [("bounced", "5.1.1")]
    assert seen == [0, 0]


# --- all of it ---


def test_a_message_of_ours_that_really_came_back_by_imap_is_a_failure_and_the_sender_knows(
    office: Office, smtp_server: SmtpServer, request: pytest.FixtureRequest
) -> None:
    lost, arrived = owe_deliveries(office, [RECIPIENT, SENDER])
    office.postbox = Postbox(MailServer("127.0.0.1", smtp_server.port, security="none", timeout_seconds=5))
    request.addfinalizer(office.postbox.close)
    office.work()
    received = next(one for one in smtp_server.received if one.rcpt_tos == (RECIPIENT.address,))
    assert received.mail_from == LETTERHEAD.sender, "where the notices go"
    message_id = str(received.message["Message-ID"]).strip("<>")

    with imap_server(LOCALHOST) as server:
        notice = came_back("exim", message_id, sent_at=received.message["Date"].datetime)
        server.put(b"Subject: Dear team\r\n\r\nHello", notice)
        read(office, Mailbox(server.url, PASSWORD, 5, LOCALHOST))
        assert server.left() == [(b"Dear team", True)]

    assert events(office, lost) == [("bounced", "5.0.0")]
    assert events(office, arrived) == []
    told = smtp_server.received[-1]
    assert told.rcpt_tos == (SENDER.address,)
    assert "<delivery_failed." in str(told.message["Message-ID"])
