"""What comes back from mail servers, good and bad: always an answer, never an error, and nothing in the clear that must not be."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import flask_mail
import pytest
from flask import Flask
from pydantic import SecretStr

from forms_app.commands.worker import mail_server
from forms_app.mail.answers import Answer
from forms_app.mail.compose import Attachment, DocumentNotice, Letterhead, Message, Office, document_message
from forms_app.mail.connection import MailServer
from forms_app.mail.postbox import Postbox
from forms_app.settings import Settings, SettingsFault
from tests.factories.keys import SEALING_KEYS
from tests.mail.servers import DRIP, ELSEWHERE, GOOD, HANG_UP, LOCALHOST, SILENCE, encrypted, scripted
from tests.ports import free_port
from tests.smtp import SmtpServer

TO = "perdita.quennell@brackenshire.example"
OTHER = "wren.ashdown@brackenshire.example"


def message(to: str = TO, *attachments: Attachment) -> Message:
    return document_message(
        Letterhead("no-reply@forms.example", "https://forms.example"),
        Office("Brackenshire Partnership", "01632 960001"),
        DocumentNotice(uuid4(), uuid4(), "stage_record", "BRK-7", "Stage record", attachments),
        to=to,
        at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    )


def postbox(port: int, **settings: Any) -> Postbox:
    return Postbox(MailServer("127.0.0.1", port, **{"security": "none", "timeout_seconds": 1, **settings}))


def answered(answer: Answer) -> tuple[str, int | None]:
    assert TO not in answer.sentence
    assert answer.sentence.endswith(".")
    return answer.result.value, answer.smtp_code


def test_a_good_server_takes_the_message_for_one_address(smtp_server: SmtpServer) -> None:
    sent = message(TO, Attachment("escalation-BRK-7-stage-record.pdf", b"%PDF" * 9000))

    answer = postbox(smtp_server.port).post(sent)

    assert answered(answer) == ("accepted", 250)
    (received,) = smtp_server.received
    assert (received.mail_from, received.rcpt_tos) == ("no-reply@forms.example", (TO,))
    assert received.message["Message-ID"] == f"<{sent.message_id}>"
    assert (received.message["Cc"], received.message["Bcc"]) == (None, None)
    assert next(received.message.iter_attachments()).get_content() == b"%PDF" * 9000


@pytest.mark.parametrize("answer", ["550 5.1.1 No such mailbox", "552 5.2.2 Mailbox full", "553 Not so"])
def test_an_address_refused_for_good_is_refused(answer: str, smtp_server: SmtpServer) -> None:
    smtp_server.refuse(TO, answer)

    assert answered(postbox(smtp_server.port).post(message())) == ("refused", int(answer[:3]))
    assert smtp_server.received == []


@pytest.mark.parametrize("answer", ["450 4.2.1 Greylisted", "451 Later", "452 Full", "421 Closing"])
def test_an_address_refused_for_now_is_not_reached(answer: str, smtp_server: SmtpServer) -> None:
    smtp_server.refuse(TO, answer)

    assert answered(postbox(smtp_server.port).post(message())) == ("not_reached", int(answer[:3]))


def test_one_refused_recipient_does_not_touch_another(smtp_server: SmtpServer) -> None:
    smtp_server.refuse(OTHER)
    box = postbox(smtp_server.port)

    answers = [answered(box.post(message(to))) for to in (OTHER, TO)]

    assert answers == [("refused", 550), ("accepted", 250)]
    assert [one.rcpt_tos for one in smtp_server.received] == [(TO,)]


@pytest.mark.usefixtures("letters_of_others")
def test_left_to_itself_the_library_swallows_the_refusal_of_one_of_two(smtp_server: SmtpServer) -> None:
    smtp_server.refuse(OTHER)

    stock(smtp_server.port).send(flask_mail.Message("s", [TO, OTHER], "b", sender="a@forms.example"))

    assert [one.rcpt_tos for one in smtp_server.received] == [(TO,)]


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"MAIL": "550 5.7.1 Not you"}, ("refused", 550)),
        ({"MAIL": "552 Too big"}, ("refused", 552)),
        ({"MAIL": "451 Later"}, ("not_reached", 451)),
        ({"MAIL": "530 5.7.0 Must issue STARTTLS first"}, ("not_reached", 530)),
        ({"DATA": "554 No"}, ("refused", 554)),
        ({"DATA": "451 Later"}, ("not_reached", 451)),
        ({"TEXT": "554 5.7.1 Spam"}, ("refused", 554)),
        ({"TEXT": "452 Full"}, ("not_reached", 452)),
        ({"TEXT": "421 Closing"}, ("not_reached", 421)),
        ({"TEXT": "552 Too big"}, ("refused", 552)),
        ({"TEXT": "550 No", "RSET": HANG_UP}, ("refused", 550)),
        ({"RCPT": "550 No", "RSET": SILENCE}, ("refused", 550)),
        ({"CALL": "421 Busy"}, ("not_reached", 421)),
        ({"CALL": "554 Not you"}, ("not_reached", 554)),
        ({"EHLO": "550 No", "HELO": "550 No"}, ("not_reached", 550)),
        ({"CALL": SILENCE}, ("not_reached", None)),
        ({"CALL": HANG_UP}, ("not_reached", None)),
        ({"CALL": "gibberish"}, ("not_reached", None)),
        ({"CALL": "220 " + "x" * 10000}, ("not_reached", 500)),
        ({"CALL": "220-x\r\n" * 100_000 + "220 ready"}, ("not_reached", None)),
        ({"CALL": "220 Willkommen, schöne Größe ✉"}, ("accepted", 250)),
        ({"CALL": "220-first\r\n220 ready", "TEXT": "250-first\r\n250 Taken"}, ("accepted", 250)),
        ({"EHLO": "250-forms.example\r\n250-SIZE x\r\n250-\xff\r\n250 AUTH"}, ("accepted", 250)),
        ({"EHLO": "\x00\x01\r\n\r\n", "HELO": "\x00"}, ("not_reached", None)),
        ({"EHLO": SILENCE}, ("not_reached", None)),
        ({"MAIL": "421 Closing"}, ("not_reached", 421)),
        ({"MAIL": HANG_UP}, ("not_reached", None)),
        ({"RCPT": "450 Greylisted"}, ("not_reached", 450)),
        ({"DATA": HANG_UP}, ("not_reached", None)),
        ({"DATA": "250 Go on"}, ("not_reached", None)),
        ({"RCPT": SILENCE}, ("not_reached", None)),
        ({"RCPT": "what?"}, ("not_reached", None)),
        ({"TEXT": HANG_UP}, ("interrupted", None)),
        ({"TEXT": SILENCE}, ("interrupted", None)),
        ({"TEXT": "what?"}, ("interrupted", None)),
        ({"QUIT": SILENCE}, ("accepted", 250)),
        ({"QUIT": HANG_UP}, ("accepted", 250)),
        ({"QUIT": "500 No"}, ("accepted", 250)),
    ],
    ids=lambda value: (
        "-".join(f"{step} {line[:12]}" for step, line in value.items()) if isinstance(value, dict) else ""
    ),
)
def test_whatever_a_server_does_is_an_answer(says: dict[str, str], expected: tuple[str, int | None]) -> None:
    with scripted(says) as server:
        began = time.monotonic()
        answer = postbox(server.port, timeout_seconds=0.3).post(message())
        took = time.monotonic() - began

    assert answered(answer) == expected
    assert took < 4
    assert len(server.texts) == ("TEXT" in says or expected[0] == "accepted")


@pytest.mark.parametrize("step", ["CALL", "EHLO", "MAIL", "RCPT", "DATA", "TEXT"])
def test_a_server_that_says_a_byte_at_a_time_is_given_up(step: str) -> None:
    slow = f"{DRIP}{GOOD[step]} {'and so on ' * 100}"
    with scripted({step: slow}) as server:
        began = time.monotonic()
        answer = postbox(server.port, total_seconds=0.4).post(message())
        took = time.monotonic() - began

    assert answered(answer) == ("interrupted" if step == "TEXT" else "not_reached", None)
    assert 0.3 < took < 2


def test_left_to_itself_the_library_waits_for_every_byte() -> None:
    with scripted({"CALL": f"{DRIP}220 forms.example"}) as server:
        began = time.monotonic()
        smtplib.SMTP("127.0.0.1", server.port, timeout=0.4).close()

    assert time.monotonic() - began > 0.8  # and no end of it, were there more


def test_a_server_that_takes_nothing_in_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        thread = threading.Thread(target=_take_little, args=(deaf,))
        thread.start()
        answer = postbox(deaf.getsockname()[1], timeout_seconds=0.3).post(
            message(TO, Attachment("a.pdf", b"x" * 30_000_000))
        )
        thread.join()

    assert answered(answer) == ("interrupted", None)


def _take_little(listener: socket.socket) -> None:
    caller, _ = listener.accept()
    with caller, caller.makefile("rb") as lines:
        caller.sendall(b"220 ready\r\n")
        for said in ("250 OK", "250 OK", "250 OK", "354 Go on"):
            lines.readline()
            caller.sendall(said.encode() + b"\r\n")
        time.sleep(0.5)


# --- the connection that is kept ---


def test_messages_go_over_one_connection() -> None:
    with scripted({}) as server:
        box = postbox(server.port)
        answers = [answered(box.post(message(to))) for to in (TO, OTHER, TO)]
        box.close()

    assert answers == [("accepted", 250)] * 3
    assert len(server.calls) == 1
    assert [line[:4].upper() for line in server.lines].count("EHLO") == 1
    assert server.lines[-1].upper() == "QUIT"


REFUSALS: list[dict[str, str | list[str]]] = [
    {"RCPT": ["550 No such mailbox", "250 OK"]},
    {"RCPT": ["450 Greylisted", "250 OK"]},
    {"DATA": ["554 No", "354 Go on"]},
    {"TEXT": ["552 Too big", "250 Taken"]},
    {"TEXT": ["452 Full", "250 Taken"]},
]


@pytest.mark.parametrize("says", REFUSALS, ids=str)
def test_a_refused_message_is_forgotten_and_the_next_goes_over_the_same_connection(
    says: dict[str, str | list[str]],
) -> None:
    with scripted(says) as server:
        box = postbox(server.port)
        first, second = box.post(message(OTHER)), box.post(message(TO))

    assert answered(first)[0] != "accepted"
    assert answered(second) == ("accepted", 250)
    assert len(server.calls) == 1
    verbs = [line[:4].upper() for line in server.lines]
    assert "RSET" in verbs[: len(verbs) - verbs[::-1].index("MAIL") - 1]


@pytest.mark.parametrize("says", ["500 What?", "what?", "421 Closing", HANG_UP])
def test_a_server_that_does_not_forget_a_refused_message_is_called_again(says: str) -> None:
    with scripted({"RCPT": ["550 No such mailbox", "250 OK"], "RSET": says}) as server:
        box = postbox(server.port)
        first, second = box.post(message(OTHER)), box.post(message(TO))

    assert [answered(first), answered(second)] == [("refused", 550), ("accepted", 250)]
    assert len(server.calls) == 2


FAULTS: list[dict[str, str | list[str]]] = [
    {"RCPT": ["421 Closing", "250 OK"]},
    {"RCPT": [HANG_UP, "250 OK"]},
    {"RCPT": [SILENCE, "250 OK"]},
    {"RCPT": ["what?", "250 OK"]},
    {"DATA": [HANG_UP, "354 Go on"]},
    {"TEXT": [HANG_UP, "250 Taken"]},
    {"TEXT": [SILENCE, "250 Taken"]},
    {"TEXT": ["what?", "250 Taken"]},
    {"TEXT": ["421 Closing", "250 Taken"]},
]


@pytest.mark.parametrize("says", FAULTS, ids=str)
def test_after_a_fault_the_next_message_has_a_connection_of_its_own(says: dict[str, str | list[str]]) -> None:
    with scripted(says) as server:
        box = postbox(server.port, timeout_seconds=0.3)
        first, second = box.post(message(OTHER)), box.post(message(TO))

    assert answered(first)[0] in {"not_reached", "interrupted"}
    assert answered(second) == ("accepted", 250)
    assert len(server.calls) == 2


@pytest.mark.parametrize("says", ["421 Timeout", "503 Too many messages", "what?", HANG_UP, SILENCE])
def test_a_kept_connection_that_takes_no_more_is_opened_again_once(says: str) -> None:
    with scripted({"MAIL": ["250 OK", says, "250 OK"]}) as server:
        box = postbox(server.port, timeout_seconds=0.3)
        answers = [answered(box.post(message(to))) for to in (OTHER, TO)]

    assert answers == [("accepted", 250)] * 2
    assert len(server.calls) == 2


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    with scripted({}) as server:
        box = postbox(server.port)
        first = box.post(message(OTHER))
        server.hang_up()
        second = box.post(message(TO))

    assert [answered(first), answered(second)] == [("accepted", 250)] * 2
    assert len(server.calls) == 2
    assert len(server.texts) == 2


@pytest.mark.parametrize("unasked", ["250 OK", "421 Closing", "550 No"])
def test_what_a_server_says_unasked_is_not_taken_for_an_answer(unasked: str) -> None:
    with scripted({}) as server:
        box = postbox(server.port)
        box.post(message(OTHER))
        server.add(unasked)
        answer = box.post(message(TO))

    assert answered(answer) == ("accepted", 250)
    assert len(server.calls) == 2


def test_what_a_server_says_together_with_an_answer_is_not_taken_for_the_next() -> None:
    with scripted({"TEXT": ["250 Taken\r\n250 And again", "250 Taken"]}) as server:
        box = postbox(server.port)
        answers = [answered(box.post(message(to))) for to in (OTHER, TO)]

    assert answers == [("accepted", 250)] * 2
    assert len(server.calls) == 2


def test_a_message_that_was_begun_is_never_sent_twice_by_itself() -> None:
    with scripted({"TEXT": ["250 Taken", HANG_UP, "250 Taken"]}) as server:
        box = postbox(server.port)
        answers = [answered(box.post(message(to))) for to in (OTHER, TO)]

    assert answers == [("accepted", 250), ("interrupted", None)]
    assert len(server.texts) == 2


def test_a_connection_is_kept_for_some_messages_and_some_seconds() -> None:
    with scripted({}) as server:
        few = postbox(server.port, most_messages=2)
        for _ in range(5):
            assert answered(few.post(message())) == ("accepted", 250)
        few.close()
        assert len(server.calls) == 3
        brief = postbox(server.port, idle_seconds=0.05)
        brief.post(message())
        time.sleep(0.1)
        brief.post(message())
        brief.close()

    assert len(server.calls) == 5
    assert [line.upper() for line in server.lines].count("QUIT") == 5


def test_an_idle_connection_is_ended_when_it_is_looked_at() -> None:
    with scripted({}) as server:
        box = postbox(server.port, idle_seconds=0.05)
        box.close_if_idle()
        box.post(message())
        box.close_if_idle()
        assert "QUIT" not in [line.upper() for line in server.lines]
        time.sleep(0.1)
        box.close_if_idle()

    assert server.lines[-1].upper() == "QUIT"


def test_a_kept_encrypted_connection_carries_the_next_message(security: str) -> None:
    with server_for(security, LOCALHOST) as server:
        box = postbox(server.port, security=security, trusted_certificates=LOCALHOST)
        answers = [answered(box.post(message(to, Attachment("a.pdf", b"%PDF" * 20_000)))) for to in (TO, OTHER)]
        is_kept = box._connection is not None and box._connection.can_take_another
        box.close()

    assert answers == [("accepted", 250)] * 2
    assert len(server.received) == 2
    assert is_kept


def test_a_line_that_begins_with_a_dot_arrives_with_it(smtp_server: SmtpServer) -> None:
    said = "first\n.\n..second\n.third\n" + ". " * 50
    postbox(smtp_server.port).post(replace(message(), body=said))

    (received,) = smtp_server.received
    assert received.message.get_content().strip("\n") == said


# --- a server that is away ---


def test_a_server_that_is_silent_is_waited_for_once_and_then_left_alone_for_a_while() -> None:
    with scripted({"CALL": SILENCE}) as server:
        box = postbox(server.port, timeout_seconds=0.3, rest_seconds=30)
        began = time.monotonic()
        answers = {answered(box.post(message())) for _ in range(200)}
        took = time.monotonic() - began

    assert answers == {("not_reached", None)}
    assert took < 2
    assert len(server.calls) == 1


@pytest.mark.parametrize("says", [{"CALL": "421 Busy"}, {"MAIL": "421 Busy"}, {"MAIL": HANG_UP}, {"EHLO": HANG_UP}])
def test_a_server_that_takes_nothing_from_us_is_left_alone(says: dict[str, str]) -> None:
    with scripted(says) as server:
        box = postbox(server.port, rest_seconds=30)
        first, second = box.post(message()), box.post(message())

    assert len(server.calls) == 1
    assert first.sentence in second.sentence
    assert (second.result, second.smtp_code) == ("not_reached", None)


def test_a_server_that_is_back_is_asked_again_soon() -> None:
    port = free_port()
    box = postbox(port, rest_seconds=0.1)
    assert answered(box.post(message())) == ("not_reached", None)
    with scripted({}, port=port):
        time.sleep(0.15)
        assert answered(box.post(message())) == ("accepted", 250)


@pytest.mark.parametrize("says", [HANG_UP, "421 Closing", SILENCE, "550 No such mailbox"])
def test_one_dead_address_does_not_have_the_server_left_alone(says: str) -> None:
    with scripted({"RCPT": [says, "250 OK"]}) as server:
        box = postbox(server.port, timeout_seconds=0.3, rest_seconds=30)
        first, second = box.post(message(OTHER)), box.post(message(TO))

    assert answered(first)[0] != "accepted"
    assert answered(second) == ("accepted", 250)


def test_a_port_where_nobody_listens() -> None:
    assert answered(postbox(free_port()).post(message())) == ("not_reached", None)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 80 + ".example", ""])
def test_a_host_that_is_none(host: str) -> None:
    box = Postbox(MailServer(host, free_port(), security="none", timeout_seconds=1))

    assert answered(box.post(message())) == ("not_reached", None)


# --- encryption ---


@pytest.fixture(params=["starttls", "tls"])
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def server_for(security: str, file: Any, **settings: Any) -> Any:
    return encrypted(file, from_the_start=security == "tls", **settings)


def test_a_server_with_the_right_certificate_is_trusted(security: str) -> None:
    with server_for(security, LOCALHOST) as server:
        answer = postbox(server.port, security=security, trusted_certificates=LOCALHOST).post(message())

    assert answered(answer) == ("accepted", 250)
    assert len(server.received) == 1


def test_an_impostor_is_given_nothing(security: str) -> None:
    with server_for(security, LOCALHOST) as server:
        answer = postbox(server.port, security=security).post(message())

    assert answered(answer) == ("not_reached", None)
    assert "certificate" in answer.sentence
    assert server.received == []


def test_a_certificate_for_another_host_is_not_enough(security: str) -> None:
    with server_for(security, ELSEWHERE) as server:
        answer = postbox(server.port, security=security, trusted_certificates=ELSEWHERE).post(message())

    assert answered(answer) == ("not_reached", None)
    assert "certificate" in answer.sentence
    assert server.received == []


@pytest.mark.usefixtures("letters_of_others")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_left_to_itself_the_library_delivers_to_an_impostor() -> None:
    with encrypted(ELSEWHERE) as server:
        stock(server.port, MAIL_USE_TLS=True).send(flask_mail.Message("s", [TO], "b", sender="a@forms.example"))

    assert len(server.received) == 1


def test_a_server_without_encryption_is_given_nothing_where_it_is_required(smtp_server: SmtpServer) -> None:
    answer = postbox(smtp_server.port, security="starttls").post(message())

    assert answered(answer) == ("not_reached", None)
    assert "does not offer the encryption" in answer.sentence
    assert smtp_server.received == []


def test_a_server_that_drops_its_encryption_offer_halfway_is_given_nothing() -> None:
    with scripted({"EHLO": "250-forms.example\r\n250 STARTTLS", "STAR": "454 Not now"}) as server:
        answer = postbox(server.port, security="starttls").post(message())

    assert answered(answer) == ("not_reached", 454)
    assert not any(line.startswith("MAIL") for line in server.lines)


def test_signing_in_to_the_server() -> None:
    with encrypted(LOCALHOST, signs_in=("forms", "right")) as server:
        settings = {"security": "starttls", "trusted_certificates": LOCALHOST, "username": "forms"}
        wrong = postbox(server.port, **settings, password="wrong").post(message())
        none = postbox(server.port, security="starttls", trusted_certificates=LOCALHOST).post(message())
        right = postbox(server.port, **settings, password="right").post(message())

    assert answered(wrong) == ("not_reached", 535)
    assert "username and password" in wrong.sentence
    assert answered(none) == ("not_reached", 530)
    assert answered(right) == ("accepted", 250)


def test_a_password_does_not_print_itself() -> None:
    assert "right" not in repr(MailServer("h", 25, password="right"))


@pytest.mark.parametrize(("security", "is_taken"), [("tls", True), ("starttls", True), ("none", False)])
def test_a_password_is_never_sent_in_the_clear(security: Any, is_taken: bool) -> None:
    settings = Settings(
        secret_key=SecretStr("x" * 32),
        sealing_keys=SecretStr(SEALING_KEYS),
        service_url="https://forms.example",
        mail_sender="no-reply@forms.example",
        mail_username="forms",
        mail_password=SecretStr("right"),
        mail_security=security,
    )

    with nullcontext() if is_taken else pytest.raises(SettingsFault, match="MAIL_SECURITY"):
        assert mail_server(settings).password == "right"


def test_the_machine_does_not_give_its_name() -> None:
    with scripted({}) as server:
        postbox(server.port).post(message())

    assert server.lines[0].lower() == "ehlo forms.example"


def test_a_message_can_be_sent_again_unchanged(smtp_server: SmtpServer) -> None:
    sent, box = message(), postbox(smtp_server.port)

    box.post(sent)
    box.post(replace(sent, at=datetime(2026, 11, 24, tzinfo=UTC)))

    first, second = (one.message for one in smtp_server.received)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] != second["Date"]


def stock(port: int, **settings: Any) -> Any:
    """Flask-Mail as it comes."""
    app = Flask(__name__, static_folder=None)
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, **settings)
    sender = flask_mail.Mail(app)

    class Stock:
        def send(self, composed: flask_mail.Message) -> None:
            with app.app_context():
                sender.send(composed)

    return Stock()
