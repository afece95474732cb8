"""A message as it travels: composed by Flask-Mail, with each attached file encoded once however many people get it."""

from __future__ import annotations

import secrets
from base64 import b64encode, encodebytes
from collections import OrderedDict
from collections.abc import Sequence
from email.charset import QP, Charset
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from email.policy import Compat32
from functools import lru_cache
from typing import Any

import flask_mail
from flask import Flask

from forms_app.mail.compose import Message

MOST_KEPT = 32 * 1024 * 1024
"""Bytes of files, as they are and encoded, that are kept for the next recipient."""
LINE_END = b"\r\n"
_MARK = secrets.token_bytes(27)

# Flask-Mail asks the current application for its settings. This one has no pages and exists for that alone.
flask_app = Flask(__name__, static_folder=None)
flask_app.config.update(MAIL_SUPPRESS_SEND=False, MAIL_DEBUG=0)
flask_mail.Mail(flask_app)


class EncodedFiles:
    """Files as they travel. Those that nobody asked for longest are let go first."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._size = 0

    def encoded(self, content: bytes) -> bytes:
        found = self._kept.get(content)
        if found is None:
            found = encodebytes(content).replace(b"\n", LINE_END)
            self._kept[content] = found
            self._size += len(content) + len(found)
        self._kept.move_to_end(content)
        while self._size > self._most:
            oldest, form = self._kept.popitem(last=False)
            self._size -= len(oldest) + len(form)
        return found


class _AsItIs(Compat32):
    """Headers that are encoded and folded already. Folded again, a Message-ID would stand on a line of its own, where not
    every server finds it again."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        return f"{name}: {value}\n".encode("ascii").replace(b"\n", LINE_END)


_AS_IT_IS = _AsItIs(linesep="\r\n")


class Written(flask_mail.Message):
    """Flask-Mail's message, with a body that any server can carry: seven bits, short lines.

    Flask-Mail composes it with a mark in place of each file, and the file, encoded already, takes the place of its mark.
    """

    def __init__(self, message: Message, files: EncodedFiles) -> None:
        super().__init__(
            recipients=[message.to],
            body=message.body,
            sender=message.sender,
            date=message.at.timestamp(),
            attachments=[
                flask_mail.Attachment(attachment.name, attachment.content_type, _mark(number))
                for number, attachment in enumerate(message.attachments)
            ],
            extra_headers={"Auto-Submitted": "auto-generated"},
        )
        self.msgId = f"<{message.message_id}>"
        self._subject = message.subject
        # Now, so that a fault in it is not taken for one of the mail server.
        self._content = self._composed([files.encoded(attachment.content) for attachment in message.attachments])

    def as_bytes(self) -> bytes:
        return self._content

    def _composed(self, files: Sequence[bytes]) -> bytes:
        after: bytes = super().as_bytes()
        pieces: list[bytes] = []
        for number, file in enumerate(files):
            before, after = after.split(b64encode(_mark(number)) + LINE_END)
            pieces += [before, file]
        return b"".join([*pieces, after])

    def _message(self) -> MIMEBase:
        composed: MIMEBase = super()._message()
        composed.policy = _AS_IT_IS
        composed["Subject"] = _encoded(self._subject)
        return composed

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        charset = Charset("utf-8")
        charset.body_encoding = QP
        return MIMEText(text or "", subtype, charset)  # type: ignore[arg-type]  # a Charset is taken since 3.3


@lru_cache(maxsize=64)
def _encoded(subject: str) -> str:
    """Once for everybody who is sent the same."""
    return str(flask_mail.sanitize_subject(subject))


def _mark(number: int) -> bytes:
    """Nobody can have written it into a message."""
    return _MARK + number.to_bytes(3, "big")


def as_bytes(message: Message) -> bytes:
    """The message as it travels."""
    with flask_app.app_context():
        return Written(message, EncodedFiles()).as_bytes()
