"""Reads the mailbox at which messages come back: by IMAP over TLS, or a Maildir. The only place that speaks IMAP."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import LoginError
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS

from forms_app.mail.bounces import MOST_BYTES

LONGEST_SECONDS = 90.0
"""For one look, however slowly the server answers: half of the time that a worker may take."""
BEGINNING = f"BODY.PEEK[]<0.{MOST_BYTES}>"
WAS_READ = "S"
"""The letter of a Maildir for it."""


class MailboxFault(Exception):
    """The mailbox cannot be read now. The sentence repeats nothing that the server said."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that nobody has read yet: its place in the mailbox, and its first `MOST_BYTES` bytes."""

    place: int | Path
    beginning: bytes = field(repr=False)


class OpenMailbox(Protocol):
    """Each raises MailboxFault. What went away meanwhile is no fault."""

    def unread(self, most: int) -> Iterator[Letter]:
        """The oldest that nobody has read, one after another."""

    def remove(self, letter: Letter) -> None: ...

    def leave(self, letter: Letter) -> None:
        """Leaves it where it is, as read: it is not looked at again."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where messages that come back are read: imaps://user@host/INBOX or maildir:///path."""

    url: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 20
    trusted_certificates: Path | None = None
    """A file of certificates to trust in place of the system's."""

    def opened(self) -> AbstractContextManager[OpenMailbox]:
        """Raises MailboxFault."""
        parts = urlsplit(self.url)
        return _folder(parts) if parts.scheme == "maildir" else self._conversation(parts)

    @contextmanager
    def _conversation(self, parts: SplitResult) -> Iterator[OpenMailbox]:
        with _faults_told():
            client = _Client(
                parts.hostname,
                parts.port,
                ssl=parts.scheme == "imaps",
                ssl_context=ssl.create_default_context(cafile=self.trusted_certificates),
                timeout=self.timeout_seconds,
            )
        with client:
            with _faults_told():
                client.login(unquote(parts.username or ""), self.password or "")
                client.select_folder(unquote(parts.path.strip("/")) or "INBOX")
            yield _Imap(client)


@dataclass(frozen=True, slots=True)
class _Imap:
    client: IMAPClient

    def unread(self, most: int) -> Iterator[Letter]:
        with _faults_told():
            places = self.client.search(["UNSEEN", "UNDELETED"])
        for place in sorted(places)[:most]:
            with _faults_told():
                answer = self.client.fetch([place], [BEGINNING]).get(place, {})
            if b"BODY[]<0>" in answer:
                yield Letter(place, answer[b"BODY[]<0>"] or b"")

    def remove(self, letter: Letter) -> None:
        with _faults_told():
            self.client.delete_messages([letter.place], silent=True)
            if self.client.has_capability("UIDPLUS"):
                self.client.uid_expunge([letter.place])
            else:
                self.client.expunge()

    def leave(self, letter: Letter) -> None:
        with _faults_told():
            self.client.add_flags([letter.place], [SEEN], silent=True)


@contextmanager
def _folder(parts: SplitResult) -> Iterator[OpenMailbox]:
    folder = Path(unquote(parts.path))
    if not (folder / "new").is_dir() or not (folder / "cur").is_dir():
        raise MailboxFault("There is no Maildir at BOUNCE_MAILBOX: a folder with the folders new, cur and tmp in it.")
    yield _Maildir(folder)


@dataclass(frozen=True, slots=True)
class _Maildir:
    folder: Path

    def unread(self, most: int) -> Iterator[Letter]:
        with _faults_told():
            known = [path for part in ("new", "cur") for path in (self.folder / part).iterdir() if path.is_file()]
        unread = [path for path in known if WAS_READ not in path.name.partition(":2,")[2]]
        # A name begins with the second in which the message came.
        for path in sorted(unread, key=lambda path: path.name)[:most]:
            with _faults_told():
                try:
                    with path.open("rb") as file:
                        beginning = file.read(MOST_BYTES)
                except FileNotFoundError:
                    continue
            yield Letter(path, beginning)

    def remove(self, letter: Letter) -> None:
        assert isinstance(letter.place, Path)
        with _faults_told():
            letter.place.unlink(missing_ok=True)

    def leave(self, letter: Letter) -> None:
        assert isinstance(letter.place, Path)
        name, _, flags = letter.place.name.partition(":2,")
        with _faults_told():
            try:
                letter.place.rename(self.folder / "cur" / f"{name}:2,{''.join(sorted({*flags, WAS_READ}))}")
            except FileNotFoundError:
                return


class _CutOff:
    """Hangs up after so many seconds: who says a byte now and then is never silent for long enough to time out."""

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        line: socket.socket = super()._create_socket(timeout)  # type: ignore[misc]
        self._timer = Timer(LONGEST_SECONDS, _hang_up, [line])
        self._timer.daemon = True
        self._timer.start()
        return line

    def shutdown(self) -> None:
        self._timer.cancel()
        super().shutdown()  # type: ignore[misc]


class _Plain(_CutOff, IMAP4WithTimeout):  # type: ignore[misc]
    pass


class _Encrypted(_CutOff, IMAP4_TLS):  # type: ignore[misc]
    pass


class _Client(IMAPClient):  # type: ignore[misc]
    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802
        if self.ssl:
            return _Encrypted(self.host, self.port, self.ssl_context, self._timeout.connect)
        return _Plain(self.host, self.port, self._timeout.connect)


def _hang_up(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@contextmanager
def _faults_told() -> Iterator[None]:
    try:
        yield
    except Exception as fault:
        raise MailboxFault(_sentence(fault)) from fault


def _sentence(fault: Exception) -> str:
    match fault:
        case LoginError():
            return "The mailbox did not let this service sign in: check BOUNCE_MAILBOX and BOUNCE_PASSWORD."
        case ssl.SSLCertVerificationError():
            return "The certificate of the mailbox's server could not be verified: it was not read."
        case TimeoutError():
            return "The mailbox's server did not answer in time."
        case PermissionError():
            return "The Maildir at BOUNCE_MAILBOX cannot be read or changed by the worker."
        case imaplib.IMAP4.error():
            return "The mailbox's server hung up or refused what it was asked: check the folder in BOUNCE_MAILBOX."
        case OSError():
            return "The mailbox could not be reached."
        case _:
            return "What answers at BOUNCE_MAILBOX does not speak as a mailbox does."
