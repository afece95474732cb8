"""What another system is told: what is signed, how often it is tried, where it may go, and what it never says."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.db.other_systems_tables import Webhook, WebhookAttempt, WebhookMessage
from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import (
    AuditEntry,
    Delivery,
    Document,
    Escalation,
    Notification,
    OutboxItem,
    RegisterEntry,
)
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.systems import Called, Event
from forms_app.services import calling, escalations
from forms_app.services.calling import Answer, Caller, is_public
from forms_app.services.outbox import Desk, run_due
from forms_app.services.webhooks import (
    WAITS,
    change_secret,
    confirm_webhook,
    log_of,
    pause_webhook,
    resume_webhook,
    send_again,
    send_test,
)
from tests.factories.forms import SUBJECT
from tests.factories.received import issue_quickly
from tests.factories.scenes import Scene, scene
from tests.factories.systems import (
    Receiver,
    administrator_of,
    answers,
    is_signed,
    receiving,
    takes,
    webhook_of,
)
from tests.mail.owed import ACCEPTED, LETTERHEAD

RECEIVER = "https://cases.example.org/told"
CARE = ("socialcare", "practitioner")


class Posted:
    """A receiver in the place of the network, which answers as a test says."""

    def __init__(self, *said: Answer) -> None:
        self.said, self.got = list(said), list[tuple[str, dict[str, str], bytes]]()

    def post(self, url: str, headers: Any, body: bytes) -> Answer:
        self.got.append((url, dict(headers), body))
        return self.said.pop(0) if self.said else Answer(Called.ANSWERED, 204)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.got]


class Mail:
    def post(self, message: object) -> object:
        return ACCEPTED


def work(here: Scene, caller: Any) -> None:
    desk = Desk(Mail(), LETTERHEAD, issue_quickly, caller=caller)  # type: ignore[arg-type]
    run_due(here.workshop, "w1", desk, most=500)


def messages(here: Scene) -> list[WebhookMessage]:
    with here.database.reading() as session:
        found = list(session.scalars(select(WebhookMessage).order_by(WebhookMessage.owed_at, WebhookMessage.id)))
        session.expunge_all()
        return found


def reference(here: Scene, escalation: UUID) -> str:
    with here.database.reading() as session:
        return session.get_one(Escalation, escalation).reference


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "hull") as made:
        yield made


# --- what it is told ---


def test_an_agency_is_told_of_each_stage_and_of_each_document_that_is_its_own(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        added = webhook_of(here, "socialcare", RECEIVER)
        webhook_of(here, "police", "https://police.example.org/told")
        escalation, posted = here.open().escalation_id, Posted()
        assert [each.event for each in messages(here)] == ["stage_entered"], "owed with the record itself"
        work(here, posted)
        here.clock.forward(hours=1)
        here.step_up(escalation)
        work(here, posted)

        told = posted.told
        stages = [each for each in told if each["type"] == "stage_entered"]
        documents = [each for each in told if each["type"] == "document_issued"]
        assert {url for url, _, _ in posted.got} == {RECEIVER}
        assert [each["stage"] for each in stages] == [visit.stage.id for visit in here.standing(escalation).visits]
        assert {each["reference"] for each in told} == {reference(here, escalation)}
        with here.database.reading() as session:
            care = select(Delivery.document_id).where(Delivery.person_id == here.at(*CARE))
            sent = {str(each) for each in session.scalars(care)}
        assert sent <= {each["document_id"] for each in documents}
        assert len({each["id"] for each in told}) == len(told) == len(messages(here))
        for each in documents:
            assert each["url"] == f"{LETTERHEAD.service_url}/api/v1/documents/{each['document_id']}"
        with here.workshop.reading() as looking:
            log = log_of(looking, by=here.holder("business_unit"), webhook_id=added.id)
        assert {line.outcome for line in log} == {"accepted"}
        assert [entry.code for entry in noted(here, "webhook_told")] == ["accepted"] * len(told)


def noted(here: Scene, action: str) -> list[AuditEntry]:
    with here.database.reading() as session:
        found = list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))
        session.expunge_all()
        return found


def test_nothing_that_anybody_wrote_is_in_what_is_told(here: Scene) -> None:
    webhook_of(here, "socialcare", RECEIVER)
    webhook_of(here, "school", RECEIVER)
    posted, escalation = Posted(), here.open().escalation_id
    here.outcome(escalation, by=here.at(*CARE))
    work(here, posted)

    wrote = {answer.answer for section in SUBJECT for answer in section.answers if len(answer.answer) > 3}
    with here.database.reading() as session:
        wrote |= {document.title for document in session.scalars(select(Document))}
    said = " ".join(f"{url} {headers} {body.decode()}" for url, headers, body in posted.got)
    assert posted.got
    assert wrote
    assert not [each for each in wrote if each in said]


def test_the_board_is_told_of_stages_of_what_it_was_told_of(sqlite_url: str) -> None:
    with scene(sqlite_url, "berkshire") as here:
        webhook_of(here, None, RECEIVER)
        posted, escalation, known = Posted(), here.open().escalation_id, 0
        assert messages(here) == [], "it is nobody’s yet but the two agencies’"
        for _ in range(3):
            here.clock.forward(hours=1)
            here.step_up(escalation)
            with here.database.reading() as session:
                known += session.get_one(RegisterEntry, escalation).told_at is not None
        work(here, posted)

    assert 0 < known == len(posted.got)
    assert {each["url"] for each in posted.told} == {None}, "a Board’s token reads the register"


def test_nothing_is_told_before_somebody_else_confirmed_it_nor_while_it_is_paused(here: Scene) -> None:
    unit = here.holder("business_unit")
    added = webhook_of(here, "socialcare", RECEIVER, confirmed=False)
    here.open()
    assert messages(here) == []

    with here.workshop.writing() as doing:
        confirm_webhook(doing, by=unit, webhook_id=added.id)
        pause_webhook(doing, by=unit, webhook_id=added.id)
    here.open()
    assert messages(here) == []
    with here.workshop.writing() as doing, pytest.raises(NotAllowedNow):
        send_test(doing, by=unit, webhook_id=added.id)

    with here.workshop.writing() as doing:
        resume_webhook(doing, by=unit, webhook_id=added.id)
    here.open()
    assert len(messages(here)) == 1


def test_the_unit_does_not_confirm_what_it_asked_for_itself(here: Scene) -> None:
    added = webhook_of(here, None, RECEIVER, confirmed=False)
    with here.workshop.writing() as doing, pytest.raises(NotAllowedNow, match="Somebody else"):
        confirm_webhook(doing, by=here.holder("business_unit"), webhook_id=added.id)


def test_what_is_not_theirs_any_more_is_not_told(here: Scene) -> None:
    webhook_of(here, "socialcare", RECEIVER)
    here.open()
    with here.database.writing() as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.withdrawn_at = here.clock.now
        from forms_app.db.tables import (
            Party,
        )

        for party in session.scalars(select(Party).where(Party.person_id == here.at(*CARE))):
            party.removed_at = here.clock.now
    posted = Posted()
    work(here, posted)

    assert posted.got == []
    assert {each.outcome for each in messages(here)} == {"left"}


# --- signatures ---


def test_each_message_is_signed_as_the_specification_says(here: Scene) -> None:
    with receiving() as receiver:
        added = webhook_of(here, "socialcare", receiver.url)
        here.open()
        work(here, Caller({receiver.place}))

    assert receiver.got
    for got in receiver.got:
        assert is_signed(got, added.secret)
        assert not is_signed(got, "whsec_" + "A" * 44)
        assert got.headers["webhook-id"] == json.loads(got.body)["id"]
        assert got.headers["content-type"] == "application/json"
        assert "authorization" not in got.headers
        got.body += b" "
        assert not is_signed(got, added.secret)


def test_a_new_secret_and_the_one_before_both_hold_for_a_day(here: Scene) -> None:
    unit = here.holder("business_unit")
    with receiving() as receiver:
        old = webhook_of(here, "socialcare", receiver.url)
        with here.workshop.writing() as doing:
            new = change_secret(doing, by=unit, webhook_id=old.id)
        for _ in range(2):
            with here.workshop.writing() as doing:
                send_test(doing, by=unit, webhook_id=old.id)
            work(here, Caller({receiver.place}))
            here.clock.forward(days=1, minutes=1)

    assert [(is_signed(got, old.secret), is_signed(got, new.secret)) for got in receiver.got] == [
        (True, True),
        (False, True),
    ]
    with here.database.reading() as session:
        stored = session.connection().exec_driver_sql("SELECT secret, url FROM webhooks").one()
    assert new.secret.encode() not in bytes(stored[0])
    assert b"127.0.0.1" not in bytes(stored[1])


# --- again and again ---


def test_what_is_not_taken_is_tried_for_two_days_and_then_told_to_whoever_keeps_it(here: Scene) -> None:
    added = webhook_of(here, "socialcare", RECEIVER)
    with here.workshop.writing() as doing:
        send_test(doing, by=here.holder("business_unit"), webhook_id=added.id)
    posted, begun = Posted(*[Answer(Called.ANSWERED, 500)] * 20), here.clock.now
    for wait in WAITS:
        work(here, posted)
        here.clock.now += wait
    work(here, posted)
    work(here, posted)

    assert len(posted.got) == len(WAITS) + 1
    assert {headers["webhook-id"] for _, headers, _ in posted.got} == {posted.told[0]["id"]}
    assert timedelta(days=2) < here.clock.now - begun < timedelta(days=3)
    assert [each.outcome for each in messages(here)] == ["given_up"]
    with here.database.reading() as session:
        told = session.scalars(select(Notification.person_id).where(Notification.kind == "webhook_given_up")).all()
    assert administrator_of(here, "socialcare") in told
    assert here.holder("business_unit") in told

    with here.workshop.writing() as doing:
        send_again(doing, by=here.holder("business_unit"), webhook_id=added.id, message_id=messages(here)[0].id)
    posted.said = []
    work(here, posted)
    assert [each.outcome for each in messages(here)] == ["accepted"]
    assert posted.told[-1]["id"] == posted.told[0]["id"]


def test_a_receiver_that_is_gone_for_good_pauses_it(here: Scene) -> None:
    added = webhook_of(here, "socialcare", RECEIVER)
    here.open()
    work(here, Posted(Answer(Called.ANSWERED, 410)))

    with here.database.reading() as session:
        assert session.get_one(Webhook, added.id).paused_at is not None
    here.open()
    outcomes = [each.outcome for each in messages(here)]
    assert outcomes.count("given_up") == 1
    assert set(outcomes) <= {"given_up", "left"}


def test_a_dead_receiver_holds_nobody_up_for_each_thing_that_it_would_be_told(here: Scene) -> None:
    added = webhook_of(here, "socialcare", RECEIVER)
    with here.workshop.writing() as doing:
        for _ in range(5):
            send_test(doing, by=here.holder("business_unit"), webhook_id=added.id)
    posted = Posted(*[Answer(Called.TOO_SLOW)] * 50)
    work(here, posted)

    assert len(posted.got) == 1, "the others wait a minute"
    posted.said = []
    here.clock.forward(minutes=2)
    work(here, posted)
    assert {each.outcome for each in messages(here)} == {"accepted"}


def test_a_worker_that_is_killed_after_the_answer_tells_it_once_more_under_the_same_id(here: Scene) -> None:
    added = webhook_of(here, "socialcare", RECEIVER)
    with here.workshop.writing() as doing:
        send_test(doing, by=here.holder("business_unit"), webhook_id=added.id)

    class Killed(Posted):
        def post(self, url: str, headers: Any, body: bytes) -> Answer:
            super().post(url, headers, body)
            raise KeyboardInterrupt

    killed, posted = Killed(), Posted()
    with pytest.raises(KeyboardInterrupt):
        work(here, killed)
    work(here, posted)
    assert posted.got == [], "its lease is not over"
    here.clock.forward(minutes=4)
    work(here, posted)

    assert posted.told == killed.told
    assert [each.outcome for each in messages(here)] == ["accepted"]


def test_a_record_that_is_undone_tells_nobody(here: Scene) -> None:
    webhook_of(here, "socialcare", RECEIVER)
    concern = here.concern(here.policy.main.id, here.named(here.policy.main.stages[0], opening=True))

    def undone() -> None:
        with here.workshop.writing() as doing:
            escalations.open_escalation(doing, by=here.raiser, concern=concern)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()

    assert messages(here) == []
    with here.database.reading() as session:
        kinds = set(session.scalars(select(OutboxItem.kind)))
    assert OutboxKind.TELL_WEBHOOK.value not in kinds


def test_the_log_of_an_agencys_webhook_names_to_the_unit_only_what_the_board_was_told_of(here: Scene) -> None:
    keeper, added = administrator_of(here, "socialcare"), webhook_of(here, "socialcare", RECEIVER)
    escalation = here.open().escalation_id

    def named(by: UUID) -> set[str]:
        with here.workshop.reading() as looking:
            return {line.reference for line in log_of(looking, by=by, webhook_id=added.id)}

    assert named(keeper) == {reference(here, escalation)}
    assert named(here.holder("business_unit")) == {""}


def test_a_test_names_no_escalation(here: Scene) -> None:
    added = webhook_of(here, "socialcare", RECEIVER)
    with here.workshop.writing() as doing:
        send_test(doing, by=here.holder("business_unit"), webhook_id=added.id)
    posted = Posted()
    work(here, posted)

    told = posted.told[0]
    assert told["type"] == Event.TEST
    assert {name for name, value in told.items() if value is not None} == {"id", "type", "timestamp"}


def test_the_log_says_a_status_and_never_what_came_back(here: Scene) -> None:
    def chatters(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(500)
        handler.end_headers()
        handler.wfile.write(b"Zebedee Quillfeather is not known here")

    with receiving(chatters) as receiver:
        webhook_of(here, "socialcare", receiver.url)
        here.open()
        work(here, Caller({receiver.place}))
    with here.database.reading() as session:
        tried = {(each.result, each.status) for each in session.scalars(select(WebhookAttempt))}
    assert tried == {("answered", 500)}
    assert b"Zebedee" not in here.database.engine.url.database.encode()  # type: ignore[union-attr]


# --- where it may go ---


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.0.0.7", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
    ],
)
def test_only_machines_of_the_internet_are_called(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://cases.example.org/told",
        "ftp://cases.example.org",
        "https://127.0.0.1/told",
        "https://[::1]/told",
        "https://localhost/told",
        "https://user:secret@cases.example.org/",
        "https://@cases.example.org/",
        "https://cases.example.org/#x",
        "https://cases.example.org/ x",
        "https://",
        "x",
        "https://cases.example.org:99999/",
        "https://cases.example.org:0/",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://caſes.example.org/",
        "https://cases.example.org/\r\nX: y",
        "https://" + "x" * 600 + ".example.org",
    ],
)
def test_an_address_to_which_nothing_may_go_is_refused_when_it_is_typed(url: str) -> None:
    assert Caller().fault_of(url) is not None
    assert Caller().post(url, {}, b"{}") == Answer(Called.NOT_PUBLIC)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[object]:
    """As if these addresses were those of every name; and what was connected to."""
    connected: list[object] = []

    def found(host: str, port: int, *_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(calling.socket, "getaddrinfo", found)

    def connect(connection: calling.HTTPSConnection) -> None:
        connected.append(connection.host)
        raise OSError

    monkeypatch.setattr(calling.HTTPSConnection, "connect", connect)
    return connected


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("169.254.169.254",), ("93.184.216.34", "10.0.0.1"), ("10.0.0.1", "93.184.216.34")]
)
def test_a_name_that_stands_for_a_private_machine_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    connected = resolving(monkeypatch, *addresses)

    assert Caller().post("https://rebound.example.org/told", {}, b"{}") == Answer(Called.NOT_PUBLIC)
    assert connected == []


def test_what_was_checked_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = resolving(monkeypatch, "93.184.216.34")
    Caller().post("https://cases.example.org/told", {}, b"{}")

    assert connected == ["93.184.216.34"], "the name is not looked up a second time"


def call(receiver: Receiver) -> tuple[Answer, float]:
    began = time.monotonic()
    answer = Caller({receiver.place}).post(receiver.url, {"webhook-id": "msg_1"}, b"{}")
    return answer, time.monotonic() - began


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with receiving() as other, receiving(answers(302, Location="http://169.254.169.254/latest")) as receiver:
        assert call(receiver)[0] == Answer(Called.ANSWERED, 302)
        receiver.answer = answers(307, Location=other.url)
        assert call(receiver)[0] == Answer(Called.ANSWERED, 307)
        assert other.got == []


def never(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.2)


def drips(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(30):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.04)


@pytest.mark.parametrize("slow", [never, drips])
def test_a_receiver_that_takes_its_time_is_left(
    monkeypatch: pytest.MonkeyPatch, slow: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    monkeypatch.setattr(calling, "ANSWER_SECONDS", 0.3)
    with receiving(slow) as receiver:
        answer, seconds = call(receiver)

    assert answer == Answer(Called.TOO_SLOW)
    assert seconds < 1


def test_a_long_answer_is_not_read() -> None:
    sent: list[int] = []

    def long(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10_000_000))
        handler.end_headers()
        try:
            for _ in range(1000):
                sent.append(handler.wfile.write(b"x" * 10_000))
        except OSError:
            pass

    with receiving(long) as receiver:
        assert call(receiver)[0] == Answer(Called.ANSWERED, 200)
    assert sum(sent) < 9_000_000


@pytest.mark.parametrize(
    "said",
    [b"\0\0\0\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000],
)
def test_what_is_no_answer_of_the_web_is_none(said: bytes) -> None:
    def garbles(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(said)

    with receiving(garbles) as receiver:
        assert call(receiver)[0] == Answer(Called.NOT_REACHED)


def test_nobody_there_and_no_such_name_are_told_apart_from_an_answer() -> None:
    with receiving() as receiver:
        place, url = receiver.place, receiver.url
    assert Caller({place}).post(url, {}, b"{}") == Answer(Called.NOT_REACHED)
    assert Caller().post("https://no-such-name.invalid/told", {}, b"{}").called is Called.NOT_REACHED


def test_the_private_machines_of_the_settings_are_named_with_their_port() -> None:
    with receiving(takes) as receiver:
        assert Caller({"127.0.0.1:1"}).post(receiver.url, {}, b"{}") == Answer(Called.NOT_PUBLIC)
        assert Caller({receiver.place}).post(receiver.url, {}, b"{}").is_accepted
