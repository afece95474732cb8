"""A connection to the mail server: verified, never in the clear where it must not be, and with an end to its patience."""

from __future__ import annotations

import io
import select
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import flask_mail

from forms_app.mail.travelling import LINE_END, flask_app

GOODBYE_SECONDS = 2
MOST_SAID = 256 * 1024
"""Bytes that a server may say in one conversation."""
PIECE = 16 * 1024
"""Bytes that are sent at once under TLS: one record, because its timeout is for each."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """How the mail server is reached. With `tls` and `starttls` nothing is ever sent in the clear."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 20
    """How long the server may be silent."""
    total_seconds: float = 90
    """How long the whole conversation about one message may take, however busily the server talks."""
    rest_seconds: float = 4
    """How long a server that could not be reached is left alone."""
    idle_seconds: float = 10
    """How long a connection is kept for the next message."""
    most_messages: int = 100
    """How many messages go over one connection."""
    trusted_certificates: Path | None = None
    """A file of certificates to trust in place of the system's."""


class Connection(flask_mail.Connection):
    """Flask-Mail's connection, with a timeout, a verified certificate and no way back to plain text.

    It stays open from one message to the next. Every fault of the server or the network is an OSError or a ValueError.
    """

    host: _Smtp

    def __init__(self, server: MailServer, encryption: ssl.SSLContext, *, hello: str, until: float) -> None:
        """`until` is when the conversation about its first message must have ended, by `time.monotonic`."""
        super().__init__(flask_app.extensions["mail"])
        self._server = server
        self._encryption = encryption
        self._hello = hello
        self._until = until
        self._used = 0
        self._idle_since = time.monotonic()
        self.host = self.configure_host()

    def configure_host(self) -> _Smtp:
        server = self._server
        settings: dict[str, Any] = {
            "local_hostname": self._hello,
            "timeout": server.timeout_seconds,
            "until": self._until,
        }
        if server.security == "tls":
            settings["context"] = self._encryption
        host = (_EncryptedSmtp if server.security == "tls" else _Smtp)(server.host, server.port, **settings)
        try:
            if server.security == "starttls":
                host.starttls(context=self._encryption)
            if server.username and server.password:
                host.login(server.username, server.password)
        except BaseException:
            host.close()
            raise
        return host

    def hand_over(self, message: flask_mail.Message, *, until: float) -> None:
        """One message, to be done with by then. Raises what `_Smtp` and smtplib raise."""
        self.host.begin(until)
        try:
            self.send(message)
        finally:
            self._used += 1
            self._idle_since = time.monotonic()

    @property
    def sender_taken(self) -> bool:
        """Whether the server took the beginning of the message, which names nobody but us."""
        return self.host.sender_taken

    @property
    def body_begun(self) -> bool:
        """Whether the text of the message was begun: from then on a lost connection leaves its fate unknown."""
        return self.host.body_begun

    @property
    def is_idle(self) -> bool:
        return time.monotonic() - self._idle_since > self._server.idle_seconds

    @property
    def can_take_another(self) -> bool:
        return not self.is_idle and self._used < self._server.most_messages and self.host.is_quiet()

    def end(self) -> None:
        """Says goodbye, and does not wait long for an answer: a server that gives none changes nothing."""
        try:
            self.host.begin(time.monotonic() + GOODBYE_SECONDS)
            self.host.quit()
        except (OSError, ValueError):
            self.host.close()


class _Smtp(smtplib.SMTP):
    """Holds a conversation to its end, and remembers how far it came."""

    sender_taken = False
    body_begun = False

    def __init__(self, *arguments: Any, until: float, **settings: Any) -> None:
        self._until, self._said = until, 0
        super().__init__(*arguments, **settings)

    def begin(self, until: float) -> None:
        self._until, self._said = until, 0
        self.sender_taken = self.body_begun = False

    def time_left(self) -> float:
        """Seconds for the next step. Raises TimeoutError."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the conversation took too long")
        return min(left, self.timeout)

    def heard(self, count: int) -> None:
        """Raises OSError for a server that talks without end."""
        self._said += count
        if self._said > MOST_SAID:
            raise OSError("the mail server says too much")

    def is_quiet(self) -> bool:
        """Whether the server has neither hung up nor said anything unasked, which the next answer would be mistaken for."""
        if self.sock is None or self.file is None:
            return False
        readable = select.poll()
        readable.register(self.sock, select.POLLIN)
        if readable.poll(0) or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            return False
        return not self._replies.unread(self.file)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made: socket.socket = super()._get_socket(host, port, self.time_left())  # type: ignore[misc]
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self._replies = _Replies(self)
            self.file = io.BufferedReader(self._replies)
        return super().getreply()

    def send(self, s: Any) -> None:
        for piece in _pieces(s) if isinstance(self.sock, ssl.SSLSocket) else [s]:
            if self.sock is not None:
                self.sock.settimeout(self.time_left())
            super().send(piece)

    def rcpt(self, *arguments: Any, **settings: Any) -> tuple[int, bytes]:
        self.sender_taken = True
        return super().rcpt(*arguments, **settings)

    def data(self, msg: Any) -> tuple[int, bytes]:
        """As smtplib's, for a message whose lines end as they should; and without leaving a refused one half handed over."""
        code, reply = self.docmd("data")
        if code != 354:
            self._rset()
            raise smtplib.SMTPDataError(code, reply)
        self.body_begun = True
        end = b".\r\n" if msg.endswith(LINE_END) else b"\r\n.\r\n"
        self.send(msg.replace(b"\r\n.", b"\r\n..") + end)
        return self.getreply()

    def _rset(self) -> None:
        # A server that does not forget a refused message would refuse the next one for it.
        try:
            if self.rset()[0] != 250:
                self.close()
        except (OSError, ValueError):
            self.close()


class _EncryptedSmtp(_Smtp, smtplib.SMTP_SSL):
    pass


class _Replies(io.RawIOBase):
    """What the server says, waited for no longer than the conversation may last."""

    def __init__(self, host: _Smtp) -> None:
        self._host = host
        self._may_wait = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._may_wait:
            return None
        sock = self._host.sock
        assert sock is not None
        sock.settimeout(self._host.time_left())
        count = sock.recv_into(buffer)
        self._host.heard(count)
        return count

    def unread(self, reader: io.BufferedReader) -> bytes:
        """What has come already and nobody has read."""
        self._may_wait = False
        try:
            return reader.peek()
        finally:
            self._may_wait = True


def _pieces(said: str | bytes) -> Iterator[str | memoryview]:
    if isinstance(said, str):
        yield said
        return
    content = memoryview(said)
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]
