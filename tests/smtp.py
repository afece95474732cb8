"""A real SMTP server on the loopback, which keeps what it is given and refuses whom it is told to."""

from __future__ import annotations

import contextlib
import email
import email.policy
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests import letters
from tests.ports import free_port


@dataclass(frozen=True)
class Received:
    """One message with its envelope: `message` with plain line ends, `content` byte for byte."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    message: EmailMessage
    content: bytes

    @property
    def kind(self) -> str:
        """Of what it is, as its Message-ID says: delivery, sign-in, reminder and so on."""
        return str(self.message["Message-ID"]).removeprefix("<").partition(".")[0]


@dataclass
class SmtpServer:
    """What the server was given, in order, and whom it refuses."""

    host: str = "127.0.0.1"
    port: int = 0
    received: list[Received] = field(default_factory=list)
    _refusals: dict[str, str] = field(default_factory=dict)

    def refuse(self, address: str, answer: str = "550 5.1.1 No such mailbox") -> None:
        """Answer so whenever a message is for this address."""
        self._refusals[address] = answer

    def accept(self, address: str) -> None:
        del self._refusals[address]

    def sent_to(self, address: str) -> list[Received]:
        return [one for one in self.received if address in one.rcpt_tos]

    def sent(self) -> list[tuple[str, str]]:
        """The Message-ID of each message, and to whom it went."""
        return [(str(one.message["Message-ID"]), one.rcpt_tos[0]) for one in self.received]

    def wait_for(self, count: int, *, seconds: float = 10) -> list[Received]:
        """The messages received, once there are that many."""
        give_up_at = time.monotonic() + seconds
        while len(self.received) < count:
            if time.monotonic() > give_up_at:
                raise AssertionError(f"{len(self.received)} of {count} messages came within {seconds} seconds")
            time.sleep(0.02)
        return list(self.received)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._refusals:
            return self._refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        message = email.message_from_bytes(content.replace(b"\r\n", b"\n"), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        letters.look_at(envelope.rcpt_tos, content)
        self.received.append(
            Received(
                mail_from=envelope.mail_from or "",
                rcpt_tos=tuple(envelope.rcpt_tos),
                message=message,
                content=content,
            )
        )
        return "250 OK"


@contextlib.contextmanager
def running_smtp_server() -> Iterator[SmtpServer]:
    server = SmtpServer(port=free_port())
    controller = Controller(server, hostname=server.host, port=server.port, ready_timeout=20)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
