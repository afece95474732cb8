"""Whatever a mail server does, each message ends in a state that somebody sees: real sockets, and a clock that a test moves on."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from forms_app.db.deliveries import ABOUT, LINES
from forms_app.db.outbox import needs_attention
from forms_app.db.tables import Delivery, Notification, OutboxItem
from forms_app.domain.deliveries import Accepted, BeingTried, Failed, Why, needs_a_person, state_of
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message
from forms_app.mail.connection import MailServer
from forms_app.mail.postbox import Postbox
from forms_app.services.ledger import Ledger
from forms_app.services.posting import WAITS
from tests.mail.owed import FakePostbox, Office, Recipient, add_officer, open_office, owe_deliveries
from tests.mail.servers import ELSEWHERE, HANG_UP, LOCALHOST, SILENCE, encrypted, scripted
from tests.ports import free_port
from tests.smtp import SmtpServer

FOUR = [Recipient(f"{name}@brackenshire.example") for name in ("one", "two", "three", "four")]
PLAIN = {"security": "none"}
TLS = {"security": "starttls", "trusted_certificates": LOCALHOST}
Opens = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    with open_office(sqlite_url) as opened:
        add_officer(opened)
        yield opened


@contextlib.contextmanager
def nobody() -> Iterator[SmtpServer]:
    """A port at which no server listens."""
    yield SmtpServer(port=free_port())


@contextlib.contextmanager
def dripping() -> Iterator[SmtpServer]:
    """A server that says its greeting a byte a second."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        is_over = threading.Event()

        def drip() -> None:
            while not is_over.is_set():
                caller, _ = listener.accept()
                with caller, contextlib.suppress(OSError):
                    for letter in b"220 forms.example ready and waiting for you":
                        if is_over.wait(1):
                            break
                        caller.sendall(bytes([letter]))

        thread = threading.Thread(target=drip)
        thread.start()
        yield SmtpServer(port=listener.getsockname()[1])
        is_over.set()
        with contextlib.suppress(OSError):
            socket.create_connection(listener.getsockname(), timeout=1).close()
        thread.join()


@contextlib.contextmanager
def at(opens: Opens, **settings: Any) -> Iterator[tuple[Postbox, Any]]:
    with opens() as server:
        given = {**PLAIN, "timeout_seconds": 0.3, "total_seconds": 1.5, "rest_seconds": 0, **settings}
        with closing(Postbox(MailServer("127.0.0.1", server.port, **given))) as postbox:
            yield postbox, server


def says(**lines: str) -> Opens:
    return lambda: scripted(lines)


def states(office: Office, deliveries: list[UUID]) -> list[Any]:
    """What each delivery comes to, as pages show it."""
    with office.workshop.reading() as work:
        found = work.session.scalars(select(Delivery).where(Delivery.id.in_(deliveries)).options(*LINES, *ABOUT)).all()
        ledger = Ledger(work, found, {})
        by_id = {each.id: state_of(ledger.facts(each, each.document)) for each in found}
    return [by_id[each] for each in deliveries]


def told(office: Office) -> int:
    """How many alerts a mail server has accepted."""
    with office.workshop.reading() as work:
        return len(work.session.scalars(select(Notification.id).where(Notification.accepted_at.is_not(None))).all())


# --- what passes ---

PASSING: dict[str, tuple[Opens, dict[str, Any]]] = {
    "refused connection": (nobody, {}),
    "silence after accept": (says(CALL=SILENCE), {"rest_seconds": 60}),
    "421": (says(CALL="421 Too busy"), {}),
    "no STARTTLS where required": (says(), TLS),
    "wrong certificate": (lambda: encrypted(ELSEWHERE), {"security": "starttls", "trusted_certificates": ELSEWHERE}),
    "535": (lambda: encrypted(LOCALHOST, signs_in=("a", "b")), {**TLS, "username": "a", "password": "wrong"}),
    "4xx at MAIL": (says(MAIL="451 Try later"), {}),
    "greylisting": (says(RCPT="450 4.2.0 Greylisted"), {}),
    "drop in DATA": (says(DATA=HANG_UP), {}),
    "reply lost after DATA": (says(TEXT=HANG_UP), {}),
    "452": (says(TEXT="452 Insufficient storage"), {}),
    "one byte a second": (dripping, {"rest_seconds": 60}),
    "garbage": (says(CALL="\x01\x7f garbage \x02"), {}),
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_visible_meanwhile_and_then_everybody_has_it_once_by_id(office: Office, fault: str) -> None:
    opens, settings = PASSING[fault]
    deliveries = owe_deliveries(office, FOUR)

    with at(opens, **settings) as (office.postbox, bad):
        office.work()
    meanwhile = states(office, deliveries)
    with at(says()) as (office.postbox, good):
        office.clock.go_on(seconds=WAITS[0].total_seconds())
        office.work()

    next_try = office.clock.now
    assert (
        meanwhile == [BeingTried(None if fault == "reply lost after DATA" else next_try)] * 4
        or [each.next_try for each in meanwhile if isinstance(each, BeingTried)] == [None] * 4
    )
    assert all(isinstance(each, Accepted) for each in states(office, deliveries))
    assert told(office) == 0
    ids = Counter(message_id(text) for text in good.texts)
    assert ids == {f"delivery.{delivery}@forms.example": 1 for delivery in deliveries}
    assert not {message_id(text) for text in getattr(bad, "texts", ())} - set(ids), "no other id before"


def message_id(content: bytes) -> str:
    line = next(line for line in content.splitlines() if line.lower().startswith(b"message-id:"))
    return line.split(b"<")[1].rstrip(b">").decode()


def test_an_hours_outage_loses_nothing(office: Office) -> None:
    deliveries = owe_deliveries(office, FOUR)
    with at(nobody) as (office.postbox, _):
        for _ in range(12):
            office.work()
            assert all(isinstance(each, BeingTried) for each in states(office, deliveries))
            office.clock.go_on(minutes=5)
    with at(says()) as (office.postbox, server):
        office.clock.go_on(hours=1)
        office.work()

    assert all(isinstance(each, Accepted) for each in states(office, deliveries))
    assert len(server.texts) == 4


@pytest.mark.parametrize("opens", [nobody, says(RCPT="450 4.2.0 Greylisted")], ids=["outage", "greylisting"])
def test_what_does_not_pass_in_two_days_is_told(office: Office, opens: Opens) -> None:
    deliveries = owe_deliveries(office, FOUR[:2])
    with at(opens) as (office.postbox, _):
        for wait in (*WAITS, timedelta()):
            office.work()
            office.clock.go_on(seconds=wait.total_seconds())
    assert [(each.why, needs_a_person(each)) for each in states(office, deliveries)] == [(Why.NO_ANSWER, True)] * 2

    with at(says()) as (office.postbox, server):
        office.clock.go_on(minutes=1)
        office.work()

    assert told(office) == len(server.texts) == 2


# --- what does not pass ---


def test_550_for_one_of_four_is_told_and_the_others_have_it(office: Office, smtp_server: SmtpServer) -> None:
    deliveries = owe_deliveries(office, FOUR)
    smtp_server.refuse(FOUR[1].address)

    with at(lambda: contextlib.nullcontext(smtp_server)) as (office.postbox, _):
        office.work()

    found = states(office, deliveries)
    assert [type(each) for each in found] == [Accepted, Failed, Accepted, Accepted]
    assert (found[1].why, found[1].smtp_code) == (Why.REFUSED, 550)
    assert told(office) == 2, "who recorded it, and the business unit"


@pytest.mark.parametrize(
    ("lines", "code"),
    [({"RCPT": "550 5.1.1 No such mailbox"}, 550), ({"TEXT": "552 5.3.4 Too big"}, 552), ({"MAIL": "550 No"}, 550)],
    ids=["550 for all", "552", "550 at MAIL"],
)
def test_what_is_refused_for_good_is_seen_even_when_no_alert_is_taken(
    office: Office, lines: dict[str, str], code: int
) -> None:
    deliveries = owe_deliveries(office, FOUR)
    with at(says(**lines)) as (office.postbox, _):
        office.work()

    assert [(each.why, each.smtp_code) for each in states(office, deliveries)] == [(Why.REFUSED, code)] * 4
    with office.workshop.reading() as work:
        assert len(needs_attention(work.session, work.now)) == 4 + 2, "the deliveries, and the alerts that were refused"


# --- the dead and the good ---


@dataclass
class Dead(SmtpServer):
    """Takes nothing for whoever is dead, and says so slowly; keeps when it took what."""

    answer: str = "550 5.1.1 No such mailbox"
    seconds: float = 0
    took: dict[str, float] = field(default_factory=dict)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if address.startswith("dead"):
            await asyncio.sleep(self.seconds)
            return self.answer
        self.took.setdefault(address, time.monotonic())
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextlib.contextmanager
def dead_server(**settings: Any) -> Iterator[Dead]:
    server = Dead(port=free_port(), **settings)
    controller = Controller(server, hostname=server.host, port=server.port, ready_timeout=20)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def test_two_hundred_dead_addresses_do_not_delay_a_good_one_of_the_same_document(office: Office) -> None:
    dead = [Recipient(f"dead{number}@brackenshire.example") for number in range(200)]
    good = Recipient("good@brackenshire.example")
    office.budget = type(office.budget)(of_one=1000)
    deliveries = owe_deliveries(office, [*dead, good])

    with at(dead_server) as (office.postbox, server):
        began = time.monotonic()
        while office.work(most=50):
            pass

    assert server.took[good.address] - began < 30
    assert Counter(type(each) for each in states(office, deliveries)) == {Failed: 200, Accepted: 1}
    assert 2 <= told(office) <= 4, "and not two hundred times two"


def test_slow_dead_addresses_do_not_delay_a_good_one(office: Office) -> None:
    """As two hundred of them would take minutes one after the other: after three, what goes elsewhere comes first."""
    owe_deliveries(office, [Recipient("good@brackenshire.example")])
    office.clock.go_on(minutes=-1)
    owe_deliveries(office, [Recipient(f"dead{number}@brackenshire.example") for number in range(200)])
    office.clock.go_on(minutes=2)

    with at(lambda: dead_server(answer="450 Later", seconds=0.2)) as (office.postbox, server):
        began = time.monotonic()
        office.work(most=4)

    assert server.took["good@brackenshire.example"] - began < 3


# --- anything at all ---

ANSWERS = (
    Answer(Result.ACCEPTED, "The mail server accepted the message.", 250),
    Answer(Result.REFUSED, "The mail server refused the message or the address (550).", 550),
    Answer(Result.NOT_REACHED, "The mail server asked to try again later (451).", 451),
    Answer(Result.INTERRUPTED, "The connection ended before the mail server answered."),
)


class Killed(BaseException):
    """Stands in for SIGKILL."""


class Erratic(FakePostbox):
    """Answers anything, and sometimes the worker dies in it."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def post(self, message: Message) -> Answer:
        super().post(message)
        if self._chance.random() < 0.05:
            raise Killed
        return self._chance.choices(ANSWERS, weights=(1, 1, 12, 2))[0]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_servers_answer_in_the_end_it_was_accepted_or_is_seen(sqlite_url: str, seed: int) -> None:
    chance = random.Random(seed)
    with open_office(sqlite_url) as office:
        add_officer(office)
        deliveries = owe_deliveries(office, [Recipient(f"{number}@brackenshire.example") for number in range(8)])
        office.postbox = Erratic(chance)
        for _ in range(400):
            with contextlib.suppress(Killed):
                office.work()
            moment = next_due(office)
            if moment is None:
                break
            office.clock.now = max(moment, office.clock.now)

        assert next_due(office) is None, "nothing is owed for ever"
        found = states(office, deliveries)
        assert {type(each) for each in found} <= {Accepted, Failed}
        if Failed in map(type, found):
            assert_is_told_or_seen(office)
        ids = {message.message_id for message in office.postbox.posted if message.message_id.startswith("delivery.")}
        assert ids == {f"delivery.{delivery}@forms.example" for delivery in deliveries}


def next_due(office: Office) -> Any:
    """When there is something to do; None when nothing is owed any more."""
    with office.workshop.reading() as work:
        owed = select(OutboxItem).where(OutboxItem.done_at.is_(None), OutboxItem.parked_at.is_(None))
        owed = owed.where(OutboxItem.kind.not_in(["remind", "read_bounces"]))
        items = work.session.scalars(owed).all()
        dues = [max(item.not_before, item.claimed_until or item.not_before) for item in items]
        return min(dues) + timedelta(seconds=1) if dues else None


def assert_is_told_or_seen(office: Office) -> None:
    """Somebody was told after the last failure, or the alerts themselves stand where a person looks."""
    with office.workshop.reading() as work:
        alerts = work.session.scalars(select(Notification)).all()
        parked = {item.about_id for item in needs_attention(work.session, work.now)}
        assert alerts
        assert any(each.accepted_at is not None for each in alerts) or {each.id for each in alerts} <= parked
