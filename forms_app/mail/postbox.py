"""Hands one message to the mail server and says what it answered. The only place that speaks SMTP."""

from __future__ import annotations

import smtplib
import ssl
import time

from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message
from forms_app.mail.connection import Connection, MailServer
from forms_app.mail.travelling import EncodedFiles, Written, flask_app

ACCEPTED = Answer(Result.ACCEPTED, "The mail server accepted the message.", 250)
NOT_FOR_THIS_MESSAGE = frozenset({530, 534, 535, 538})
"""Refusals that speak of our signing in or our encryption, whenever the server says them."""
CLOSING = 421


class Postbox:
    """Posts messages over one connection, which it keeps. Raises nothing for what a mail server or a network does.

    A server that could not be reached is left alone for some seconds: until then every message is told so at once, so
    that many messages do not wait for many timeouts. For one thread.
    """

    def __init__(self, server: MailServer) -> None:
        self._connection: Connection | None = None
        self._server = server
        self._encryption = ssl.create_default_context(cafile=server.trusted_certificates)
        self._files = EncodedFiles()
        self._rests_until = 0.0
        self._rests_because = ""

    def post(self, message: Message) -> Answer:
        until = time.monotonic() + self._server.total_seconds
        if time.monotonic() < self._rests_until:
            return Answer(Result.NOT_REACHED, f"{self._rests_because} It was not asked again within seconds.")
        self._keep_if_usable()
        was_kept = self._connection is not None
        answer, sender_taken = self._try(message, until)
        if was_kept and not sender_taken:
            # A server ends with a kept connection when and how it likes. Nothing of this message was handed over.
            self._drop()
            answer, sender_taken = self._try(message, until)
        if self._connection is None and not sender_taken:
            self._rests_until = time.monotonic() + self._server.rest_seconds
            self._rests_because = answer.sentence
        return answer

    def close_if_idle(self) -> None:
        """Says goodbye over a connection that was not used for some seconds, so that the server need not."""
        if self._connection is not None and self._connection.is_idle:
            self.close()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.end()

    def __del__(self) -> None:
        self._drop()

    def _keep_if_usable(self) -> None:
        if self._connection is not None and not self._connection.can_take_another:
            self.close()

    def _try(self, message: Message, until: float) -> tuple[Answer, bool]:
        """The answer, and whether the server took the beginning of the message. After a fault no connection is kept."""
        connection: Connection | None = None
        with flask_app.app_context():
            written = Written(message, self._files)
            try:
                connection = self._open_connection(message, until)
                connection.hand_over(written, until=until)
            except (OSError, ValueError) as fault:  # smtplib's own are OSErrors; what a server says may be no value
                if not _is_a_refusal(fault):
                    self._drop()
                answer = _answer(fault, body_begun=connection is not None and connection.body_begun)
                return answer, connection is not None and connection.sender_taken
        return ACCEPTED, True

    def _open_connection(self, message: Message, until: float) -> Connection:
        if self._connection is None:
            hello = message.sender.rpartition("@")[2]
            self._connection = Connection(self._server, self._encryption, hello=hello, until=until)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.host.close()
        self._connection = None


def _is_a_refusal(fault: Exception) -> bool:
    """Whether the server refused this message, and would hear of another."""
    refusals = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
    code = _code_of(fault)
    return isinstance(fault, refusals) and code is not None and code not in {CLOSING, *NOT_FOR_THIS_MESSAGE}


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
