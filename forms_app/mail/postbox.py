"""Hands one message to the mail server and says what it answered. The only place that speaks SMTP."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.charset import QP, Charset
from email.mime.text import MIMEText
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import flask_mail
from flask import Flask

from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message

GOODBYE_SECONDS = 2
NOT_FOR_THIS_MESSAGE = frozenset({530, 534, 535, 538})
"""Refusals that speak of our signing in or our encryption, whenever the server says them."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """How the mail server is reached. With `tls` and `starttls` nothing is ever sent in the clear."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 20
    trusted_certificates: Path | None = None
    """A file of certificates to trust in place of the system's."""


class Postbox:
    """Posts messages, a connection for each. Raises nothing for what a mail server or a network does."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._encryption = ssl.create_default_context(cafile=server.trusted_certificates)

    def post(self, message: Message) -> Answer:
        with _app.app_context():
            connection = _Connection(self._server, self._encryption, hello=message.sender.rpartition("@")[2])
            try:
                with connection:
                    connection.send(_written(message))
            except (
                OSError,
                ValueError,
            ) as fault:  # smtplib's own errors are OSErrors; what a server says may be no value at all
                return _answer(fault, body_begun=connection.body_begun)
        return Answer(Result.ACCEPTED, "The mail server accepted the message.", 250)


def as_bytes(message: Message) -> bytes:
    """The message as it travels."""
    with _app.app_context():
        return _written(message).as_bytes()


# Flask-Mail asks the current application for its settings. This one has no pages and exists for that alone.
_app = Flask(__name__, static_folder=None)
_app.config.update(MAIL_SUPPRESS_SEND=False, MAIL_DEBUG=0)
flask_mail.Mail(_app)


class _Smtp(smtplib.SMTP):
    """Remembers whether the message itself was begun: from then on a lost connection leaves its fate unknown."""

    body_begun = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.body_begun = True
        return super().data(msg)


class _EncryptedSmtp(_Smtp, smtplib.SMTP_SSL):
    pass


class _Connection(flask_mail.Connection):
    """Flask-Mail's connection, with a timeout, a verified certificate and no way back to plain text."""

    def __init__(self, server: MailServer, encryption: ssl.SSLContext, *, hello: str) -> None:
        super().__init__(_app.extensions["mail"])
        self._server = server
        self._encryption = encryption
        self._hello = hello

    @property
    def body_begun(self) -> bool:
        return isinstance(self.host, _Smtp) and self.host.body_begun

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        server = self._server
        settings: dict[str, Any] = {"local_hostname": self._hello, "timeout": server.timeout_seconds}
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

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        # The answer is known by now: a server that does not say goodbye changes nothing.
        if self.host is None:
            return
        try:
            if self.host.sock is not None:
                self.host.sock.settimeout(GOODBYE_SECONDS)
            self.host.quit()
        except OSError:
            self.host.close()


class _Written(flask_mail.Message):
    """Flask-Mail's message, with a body that any server can carry: seven bits, short lines."""

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        charset = Charset("utf-8")
        charset.body_encoding = QP
        return MIMEText(text or "", subtype, charset)  # type: ignore[arg-type]  # a Charset is taken since 3.3


def _written(message: Message) -> _Written:
    written = _Written(
        subject=message.subject,
        recipients=[message.to],
        body=message.body,
        sender=message.sender,
        date=message.at.timestamp(),
        attachments=[
            flask_mail.Attachment(attachment.name, attachment.content_type, attachment.content)
            for attachment in message.attachments
        ],
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    written.msgId = f"<{message.message_id}>"
    return written


def _answer(fault: Exception, *, body_begun: bool) -> Answer:
    code = _code_of(fault)
    match fault:
        case smtplib.SMTPRecipientsRefused() | smtplib.SMTPSenderRefused() | smtplib.SMTPDataError() if (
            code is not None
        ):
            return _refusal(code)
        case _ if body_begun:
            return Answer(Result.INTERRUPTED, "The connection ended before the mail server answered.")
        case smtplib.SMTPAuthenticationError():
            sentence = "The mail server did not let this service sign in: check the username and password."
        case smtplib.SMTPNotSupportedError():
            sentence = (
                "The mail server does not offer the encryption or the signing in that is set here: nothing was sent."
            )
        case ssl.SSLCertVerificationError():
            sentence = "The mail server's certificate could not be verified: nothing was sent."
        case ssl.SSLError():
            sentence = "No encrypted connection to the mail server could be made: nothing was sent."
        case TimeoutError():
            sentence = "The mail server did not answer in time."
        case smtplib.SMTPServerDisconnected():
            sentence = "The mail server hung up or did not answer in time."
        case smtplib.SMTPException():
            sentence = "The mail server did not take this service's call."
        case _:
            sentence = "The mail server could not be reached."
    return Answer(Result.NOT_REACHED, sentence, code)


def _refusal(code: int) -> Answer:
    if code in NOT_FOR_THIS_MESSAGE:
        return Answer(
            Result.NOT_REACHED,
            f"The mail server asks for signing in or encryption that is not set here ({code}).",
            code,
        )
    if code >= 500:
        return Answer(Result.REFUSED, f"The mail server refused the message or the address ({code}).", code)
    return Answer(Result.NOT_REACHED, f"The mail server asked to try again later ({code}).", code)


def _code_of(fault: Exception) -> int | None:
    """The code that the server answered with, where it was one of failure."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _ in fault.recipients.values())
    else:
        code = getattr(fault, "smtp_code", -1)
    return code if 400 <= code <= 599 else None
