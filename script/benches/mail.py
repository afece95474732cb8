"""Times mail against the bare equivalents, all in one run.

`mail_over_flask_mail_kept`: one PDF of 60 KB to 200 people, a message of its own for each. Ours is the postbox of a worker with
messages whose words are filled in already: composing, encoding, the conversation and the goodbye, over one connection that it
proves before each message. Flask-Mail gets the same words and the same file, over the one connection of its own `connect()`.
Neither is encrypted. Both talk to the same server, in a process of its own, which takes what it is given and reads nothing of it
until the time is taken: what is compared is the cost of sending. Before anything is timed, both messages are read back and must
say the same. Rounds are interleaved, so that whatever else the machine does falls on both alike.
"""

from __future__ import annotations

import email
import email.policy
import gc
import io
import json
import multiprocessing
import random
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from multiprocessing.connection import Connection as Pipe
from statistics import median
from typing import NamedTuple
from uuid import uuid4

import flask_mail
from closing import close_to_last_accepted
from flask import Flask

from forms_app.logs import configure_logs
from forms_app.mail.compose import Attachment, DocumentNotice, Letterhead, Message, Office, document_message
from forms_app.mail.connection import MailServer
from forms_app.mail.postbox import Postbox

RECIPIENTS = 200
PDF_BYTES = 60_000
ROUNDS = 9
PDF = random.Random(7).randbytes(PDF_BYTES)  # noqa: S311 - nothing is secret here
SECONDS = 60.0
END_OF_TEXT = b"\r\n.\r\n"


class Race(NamedTuple):
    """Median seconds of ours and of the bare equivalent, and the median of their ratios, each pair run one after the other."""

    ours: float
    bare: float
    ratio: float


def race(ours: Callable[[], Callable[[], None]], bare: Callable[[], Callable[[], None]]) -> Race:
    """Each of the two prepares one round, and what it gives back is timed."""
    pairs: list[tuple[float, float]] = []
    ours()(), bare()()
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    for number in range(ROUNDS):
        pairs.append((seconds(ours()), seconds(bare())) if number % 2 else (seconds(bare()), seconds(ours()))[::-1])
        if time.perf_counter() - started > SECONDS:
            break
    gc.unfreeze()
    return Race(
        median(mine for mine, _ in pairs),
        median(other for _, other in pairs),
        median(mine / other for mine, other in pairs),
    )


def seconds(work: Callable[[], None]) -> float:
    gc.collect()  # or the rubbish of one is swept up in the time of the other
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        sys.exit(f"script/bench mail: what is measured does not do its work: {otherwise}")


# --- a server that takes everything ---------------------------------------------------------------------------------


class Sink(NamedTuple):
    port: int
    pipe: Pipe

    def taken(self) -> tuple[int, list[bytes]]:
        """How many messages came since the last time this was asked, and the last two of them."""
        self.pipe.send(None)
        found: tuple[int, list[bytes]] = self.pipe.recv()
        return found


@contextmanager
def running_sink() -> Iterator[Sink]:
    ours, theirs = multiprocessing.Pipe()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        process = multiprocessing.get_context("fork").Process(target=_take, args=(listener, theirs), daemon=True)
        process.start()
        yield Sink(listener.getsockname()[1], ours)
        process.terminate()
        process.join()


class Taken:
    def __init__(self) -> None:
        self.count = 0
        self.last: list[bytes] = []

    def add(self, text: bytes) -> None:
        self.count += 1
        self.last = [*self.last[-1:], text]


def _take(listener: socket.socket, pipe: Pipe) -> None:
    taken = Taken()
    threading.Thread(target=_tell, args=(taken, pipe), daemon=True).start()
    while True:
        caller, _ = listener.accept()
        threading.Thread(target=_talk, args=(caller, taken), daemon=True).start()


def _tell(taken: Taken, pipe: Pipe) -> None:
    while True:
        pipe.recv()
        pipe.send((taken.count, taken.last))
        taken.count = 0


def _talk(caller: socket.socket, taken: Taken) -> None:
    with caller:
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        caller.sendall(b"220 sink\r\n")
        while line := caller.recv(65536):
            verb = line[:4].upper()
            caller.sendall(
                b"354 Go on\r\n" if verb == b"DATA" else b"221 Bye\r\n" if verb == b"QUIT" else b"250 OK\r\n"
            )
            if verb == b"QUIT":
                return
            if verb == b"DATA":
                pieces = [caller.recv(65536)]
                while not b"".join(pieces[-2:]).endswith(END_OF_TEXT):
                    pieces.append(caller.recv(65536))
                taken.add(b"".join(pieces))
                caller.sendall(b"250 Taken\r\n")


# --- one PDF to two hundred people -----------------------------------------------------------------------------------


def to_many(sink: Sink) -> Race:
    mail = _flask_mail(sink.port)
    _check_alike(sink, _message(0), mail)
    rounds = Counter[str]()

    def ours() -> Callable[[], None]:
        rounds["ours"] += 1
        messages = [_message(number) for number in range(RECIPIENTS)]
        postbox = _postbox(sink.port)
        return lambda: _ours(postbox, messages)

    def bare() -> Callable[[], None]:
        rounds["bare"] += 1
        messages = [_message(number) for number in range(RECIPIENTS)]
        return lambda: _bare(mail, messages)

    measured = race(ours, bare)
    check(sink.taken()[0] == rounds.total() * RECIPIENTS, "not every message arrived")
    return measured


def _message(number: int) -> Message:
    """With a file of its own in memory, as each comes from the database, and the same in it."""
    pdf = Attachment("escalation-BRK-7-stage-record.pdf", bytes(bytearray(PDF)))
    return document_message(
        Letterhead("no-reply@forms.example", "https://forms.example"),
        Office("Brackenshire Safeguarding Children Partnership", "01632 960001"),
        DocumentNotice(uuid4(), uuid4(), "stage_record", "BRK-7", "Stage record for the child’s file", (pdf,)),
        to=f"person.{number}@brackenshire.example",
        at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    )


def _postbox(port: int) -> Postbox:
    """A worker makes it once and keeps it. It has no connection yet, and has encoded nothing."""
    return Postbox(MailServer("127.0.0.1", port, security="none"))


def _ours(postbox: Postbox, messages: list[Message]) -> None:
    for message in messages:
        answer = postbox.post(message)
        check(answer.smtp_code == 250, answer.sentence)
    postbox.close()


def _flask_mail(port: int) -> tuple[Flask, flask_mail.Mail]:
    app = Flask(__name__, static_folder=None)
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port)
    return app, flask_mail.Mail(app)


def _bare(stock: tuple[Flask, flask_mail.Mail], messages: list[Message]) -> None:
    app, mail = stock
    with app.app_context(), mail.connect() as connection:
        for message in messages:
            composed = flask_mail.Message(
                subject=message.subject,
                recipients=[message.to],
                body=message.body,
                sender=message.sender,
                date=message.at.timestamp(),
                attachments=[flask_mail.Attachment(f.name, f.content_type, f.content) for f in message.attachments],
                extra_headers={"Auto-Submitted": "auto-generated"},
            )
            composed.msgId = f"<{message.message_id}>"
            connection.send(composed)


def _check_alike(sink: Sink, message: Message, mail: tuple[Flask, flask_mail.Mail]) -> None:
    _ours(_postbox(sink.port), [message])
    _bare(mail, [message])
    ours, bare = (_read(content) for content in sink.taken()[1])
    check(ours == bare, "the two messages do not say the same")


def _read(content: bytes) -> tuple[dict[str, str], str, list[tuple[str | None, bytes]]]:
    """Headers, text and files of a message as a mail program shows them."""
    # Dots at the beginning of a line were doubled for the journey.
    plain = content.removesuffix(END_OF_TEXT).replace(b"\r\n..", b"\r\n.") + b"\r\n"
    message: EmailMessage = email.message_from_bytes(plain, policy=email.policy.default)  # type: ignore[assignment]
    headers = {name: str(value).strip() for name, value in message.items() if name != "Content-Type"}
    text, *_ = (part for part in message.walk() if part.get_content_type() == "text/plain")
    files = [(part.get_filename(), part.get_content()) for part in message.iter_attachments()]
    return headers, text.get_content().strip(), files


def of_a_stage(sink: Sink) -> Race:
    """`close_to_last_accepted_over_raw`: what is in it stands in `closing.py`."""
    found = close_to_last_accepted(sink.port)
    return Race(found.ours, found.raw, found.ratio)


RACES: dict[str, Callable[[Sink], Race]] = {
    "mail_over_flask_mail_kept": to_many,
    "close_to_last_accepted_over_raw": of_a_stage,
}


def main() -> None:
    configure_logs(io.StringIO())
    with running_sink() as sink:
        measured = {name: run(sink) for name, run in RACES.items()}
    if "--json" in sys.argv[1:]:
        print(json.dumps({name: round(result.ratio, 3) for name, result in measured.items()}))
        return
    print(f"{'':40}{'ours':>12}{'bare':>12}{'ratio':>8}")
    for name, result in measured.items():
        print(f"{name:40}{result.ours * 1000:9.1f} ms{result.bare * 1000:9.1f} ms{result.ratio:8.2f}")
    each = measured["mail_over_flask_mail_kept"]
    print(
        f"{RECIPIENTS} messages with a PDF of {PDF_BYTES // 1000} KB each: {each.ours / RECIPIENTS * 1000:.2f} ms a message over the "
        f"worker’s postbox, {each.bare / RECIPIENTS * 1000:.2f} ms over Flask-Mail’s own kept connection."
    )
    print(
        "Filling in the words, the database and the ledger are not in it, and the mail server reads nothing meanwhile."
    )


if __name__ == "__main__":
    main()
