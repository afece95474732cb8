"""The only builder of messages: each has one recipient, fixed headers, and nothing that identifies a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import UUID

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forms_app.domain.languages import Language
from forms_app.domain.policy import DocumentKind

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
LINE_ENDS = ("\u2028", "\u2029")
LANGUAGES = tuple(language.value for language in Language)
LONGEST_SUBJECT = 149


class Kind(StrEnum):
    """Every kind of email: the folder of its words, and the beginning of its Message-ID."""

    DOCUMENT = "document"
    """One document, attached or by link. Its Message-ID begins with `delivery`."""
    DOCUMENTS_WAITING = "documents_waiting"
    """Several documents together, by link, where one email each would have been too many."""
    DELIVERY_FAILED = "delivery_failed"
    """To who recorded it, and to the business unit: a document reached one of its recipients not."""
    WITHDRAWN = "withdrawn"
    """To who should not have had it: delete it."""
    WITHDRAWAL = "withdrawal"
    """To the business unit: a document was withdrawn from somebody."""
    DISAGREEMENT = "disagreement"
    """To who recorded it: a recipient does not agree with what was recorded."""
    REMINDER = "reminder"
    """What is due and overdue, once a day."""
    RELEASE_WAITS = "release_waits"
    """To the business unit: a document waits for somebody to prepare or release it."""
    REPORT_WAITS = "report_waits"
    """To the Board's office: a report of the Board waits for a second person, or was sent back."""
    REPORT_RELEASED = "report_released"
    """To whoever may read the Board's reports: there is a new one."""
    LAYOUT_FAILED = "layout_failed"
    """To the business unit: a document could not be made, with the Board's own Word layout or with the service's."""
    ADDRESS_CHANGES = "address_changes"
    """To the old address: somebody asked for another one."""
    ATTESTATION_DUE = "attestation_due"
    """To an agency's administrators, and later to the business unit: the list of people is to be looked through."""
    DESTRUCTION_NEAR = "destruction_near"
    """To the business unit and to the leads of the agencies: the time for which escalations are kept is nearly over."""
    DRAFT_ENDS = "draft_ends"
    """To whoever began a form: what they typed will be forgotten."""
    SECOND_STEPS_CHANGED = "second_steps_changed"
    """To somebody whose app, passkeys or recovery codes were changed, used up or taken away."""
    PLACE_CHANGED = "place_changed"
    """To everybody who takes part: somebody else acts in a place now."""
    PLACE_GIVEN_UP = "place_given_up"
    """To whoever had the place, or covered in it: they take no part any more."""
    PLACE_EMPTY = "place_empty"
    """To the business unit: nobody holds a place, and somebody must be named."""
    POLICY_CHANGES = "policy_changes"
    """To safeguarding leads and the business unit: from a day on new escalations begin under another version."""
    POLICY_STAYS = "policy_stays"
    """To the same, who were told otherwise: that was withdrawn."""
    SYSTEM_ACCESS_ASKED = "system_access_asked"
    """To an agency's administrators and safeguarding leads, and to the business unit: another system would get a token or a webhook."""
    SYSTEM_ACCESS_ENDS = "system_access_ends"
    """To the same: the token of another system ends soon."""
    WEBHOOK_GIVEN_UP = "webhook_given_up"
    """To an agency's administrators and the business unit: another system did not take what it was told."""
    SIMILAR_ESCALATIONS = "similar_escalations"
    """To the scrutineer, or to who raised one of them: there is a pattern of similar escalations."""
    TRAIL_HEAD = "trail_head"
    """To safeguarding leads and the business unit: how many entries the trail has, and the hash of the last."""
    MANY_DOWNLOADS = "many_downloads"
    """To the others of the business unit, or to the Chair: somebody of the office took nearly all documents of a day, or more."""
    SIGN_IN = "sign_in"


BEGINS = {Kind.DOCUMENT: "delivery", Kind.SIGN_IN: "sign-in"}
"""What the Message-ID begins with, where it is not the kind."""
EVERY_WORD = frozenset({"board", "telephone", "service_url"})
"""What the texts of every kind may use."""
WORDS: Mapping[Kind, frozenset[str]] = {
    Kind.DOCUMENT: frozenset({"reference", "title", "is_attached", "is_locked", "link", "by_when", "asks_answer"}),
    Kind.DOCUMENTS_WAITING: frozenset({"count", "references", "link"}),
    Kind.DELIVERY_FAILED: frozenset({"reference", "link", "to_office"}),
    Kind.WITHDRAWN: frozenset({"reference"}),
    Kind.WITHDRAWAL: frozenset({"reference", "link"}),
    Kind.DISAGREEMENT: frozenset({"reference", "link"}),
    Kind.REMINDER: frozenset({"late", "coming", "link", "to_office"}),
    Kind.RELEASE_WAITS: frozenset({"count", "link"}),
    Kind.REPORT_WAITS: frozenset({"link"}),
    Kind.REPORT_RELEASED: frozenset({"link"}),
    Kind.LAYOUT_FAILED: frozenset({"is_own", "link"}),
    Kind.ADDRESS_CHANGES: frozenset(),
    Kind.ATTESTATION_DUE: frozenset({"by", "link", "to_office"}),
    Kind.DESTRUCTION_NEAR: frozenset({"count", "references", "by", "link", "to_office"}),
    Kind.DRAFT_ENDS: frozenset({"by", "link"}),
    Kind.SECOND_STEPS_CHANGED: frozenset({"link"}),
    Kind.PLACE_CHANGED: frozenset({"reference", "link"}),
    Kind.PLACE_GIVEN_UP: frozenset({"reference"}),
    Kind.PLACE_EMPTY: frozenset({"reference", "link"}),
    Kind.POLICY_CHANGES: frozenset({"policy", "starts", "link"}),
    Kind.POLICY_STAYS: frozenset({"policy", "starts", "link"}),
    Kind.SYSTEM_ACCESS_ASKED: frozenset({"link", "to_office"}),
    Kind.SYSTEM_ACCESS_ENDS: frozenset({"by", "link"}),
    Kind.WEBHOOK_GIVEN_UP: frozenset({"link"}),
    Kind.SIMILAR_ESCALATIONS: frozenset({"reference", "link"}),
    Kind.TRAIL_HEAD: frozenset({"count", "hash", "on"}),
    Kind.MANY_DOWNLOADS: frozenset({"count", "most", "is_refused", "on", "link"}),
    Kind.SIGN_IN: frozenset({"code", "link"}),
}
"""What the texts of a kind may use beside that: no name, and nothing that somebody typed."""
WELSH_TITLES: Mapping[str, str] = {
    DocumentKind.WRITTEN_ACCOUNT: "Disgrifiad ysgrifenedig o’r pryder",
    DocumentKind.STAGE_RECORD: "Cofnod o’r cam ar gyfer ffeil y plentyn",
    DocumentKind.WRITTEN_CONFIRMATION: "Cadarnhad ysgrifenedig o’r canlyniad",
    DocumentKind.ACKNOWLEDGEMENT_SHEET: "Taflen gydnabod",
    DocumentKind.MEETING_INVITATION: "Gwahoddiad i gyfarfod",
    DocumentKind.MEETING_MINUTES: "Cofnodion cyfarfod",
    DocumentKind.REFERRAL: "Atgyfeiriad gyda’r disgrifiad a’r ymdrechion",
    DocumentKind.FILE_COPY: "Copi ar gyfer ffeil y plentyn",
    DocumentKind.NOTICE_TO_BOARD: "Hysbysiad i’r Bwrdd",
    DocumentKind.BOARD_PROFORMA: "Proforma’r Bwrdd",
    DocumentKind.SUB_GROUP_REPORT: "Adroddiad i is-grŵp",
    DocumentKind.POLICY_GAP_NOTICE: "Hysbysiad o fwlch yn y polisi",
}
"""The kinds of document in Welsh emails; the document itself, and the policy's own name for it, are in English."""


class UnfitMessage(Exception):
    """A message that may not be sent. The sentence names the part at fault and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file named by ids only. The kind of file is the end of its name."""

    name: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not FILE_NAME.fullmatch(self.name) or self.name.rpartition(".")[2] not in CONTENT_TYPES:
            raise UnfitMessage(
                "An attachment's name may have only letters, digits, dots and hyphens, and end in docx or pdf."
            )

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.name.rpartition(".")[2]]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. Cannot exist with a header that would break into two."""

    message_id: str
    """Without angle brackets. The same however often the message is sent."""
    sender: str
    to: str = field(repr=False)
    at: datetime
    subject: str
    body: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        for header in ("message_id", "sender", "to", "subject"):
            if any(_breaks_a_line(letter) for letter in getattr(self, header)):
                raise UnfitMessage(
                    f"The {header.replace('_', ' ')} of a message holds a control character; nothing was sent."
                )
        for header in ("message_id", "sender", "to"):
            if not ADDRESS.fullmatch(getattr(self, header)):
                raise UnfitMessage(
                    f"The {header.replace('_', ' ')} of a message is not one plain address; nothing was sent."
                )
        if self.at.tzinfo is None:
            raise UnfitMessage("The date of a message has no time zone; nothing was sent.")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every message carries: whom it is from, and where the service is."""

    sender: str
    service_url: str

    def message_id(self, kind: str, about_id: UUID) -> str:
        return f"{kind}.{about_id}@{self.sender.rpartition('@')[2]}"


@dataclass(frozen=True, slots=True)
class Office:
    """The Board's business unit, as it signs a message."""

    board: str
    telephone: str


@dataclass(frozen=True, slots=True)
class DocumentNotice:
    """One document for one address: attached, or with a link where there are no attachments."""

    delivery_id: UUID
    document_id: UUID
    kind: str
    reference: str
    title: str
    """In English; in Welsh the kind alone says what it is."""
    attachments: tuple[Attachment, ...] = ()
    is_locked: bool = False
    """Whether what is attached opens with a password, which is never in a message."""
    asks_answer: bool = False
    """Whether its recipients say if they agree; of any other they only say that they have read it."""
    by_when: date | None = None


def compose(
    letterhead: Letterhead,
    office: Office,
    *,
    kind: Kind,
    about_id: UUID,
    words: Mapping[str, object],
    to: str,
    at: datetime,
    language: str = "en",
    attachments: tuple[Attachment, ...] = (),
) -> Message:
    """One message of a kind, in a language. Its Message-ID is the same whenever it is made about the same. Raises UnfitMessage.

    `words` are those of `WORDS`; dates among them are spelled by the language.
    """
    if words.keys() != WORDS[kind]:
        raise UnfitMessage(f"The words for a message of the kind {kind} are not those of its texts; nothing was sent.")
    every = {"board": office.board, "telephone": office.telephone, "service_url": letterhead.service_url, **words}
    return Message(
        message_id=letterhead.message_id(BEGINS.get(kind, kind.value), about_id),
        sender=letterhead.sender,
        to=to,
        at=at,
        subject=_short(_filled(kind, "subject", language, every)),
        body=_filled(kind, "body", language, every),
        attachments=attachments,
    )


def document_message(
    letterhead: Letterhead, office: Office, notice: DocumentNotice, *, to: str, at: datetime, language: str = "en"
) -> Message:
    """Raises UnfitMessage."""
    words = {
        "reference": notice.reference,
        "title": WELSH_TITLES.get(notice.kind, notice.title) if language == "cy" else notice.title,
        "is_attached": bool(notice.attachments),
        "is_locked": notice.is_locked,
        "link": f"{letterhead.service_url}/documents/{notice.document_id}",
        "by_when": notice.by_when,
        "asks_answer": notice.asks_answer,
    }
    return compose(
        letterhead,
        office,
        kind=Kind.DOCUMENT,
        about_id=notice.delivery_id,
        words=words,
        to=to,
        at=at,
        language=language,
        attachments=notice.attachments,
    )


def sign_in_message(
    letterhead: Letterhead,
    office: Office,
    *,
    code_id: UUID,
    code: str,
    link: str,
    to: str,
    at: datetime,
    language: str = "en",
) -> Message:
    """Raises UnfitMessage."""
    words = {"code": code, "link": link}
    kind = Kind.SIGN_IN
    return compose(letterhead, office, kind=kind, about_id=code_id, words=words, to=to, at=at, language=language)


def _environment(language: str) -> Environment:
    # Plain text: nothing is escaped, and a blank without a value is an error.
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["spelled"] = partial(format_date, format="d MMMM y", locale=language)
    return environment


_environments = {language: _environment(language) for language in LANGUAGES}


def _filled(kind: Kind, part: Literal["subject", "body"], language: str, words: Mapping[str, object]) -> str:
    return _environments[language].get_template(f"{kind}/{part}.{language}.txt").render(words)


def _short(subject: str) -> str:
    """The body has the whole of what is cut off."""
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1].rstrip()}…"


def _breaks_a_line(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs") or letter in LINE_ENDS
