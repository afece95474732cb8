"""Plainly invented emails of every kind, for people who want to read the words before anybody is sent them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from forms_app.domain.policy import DocumentKind
from forms_app.mail.compose import WELSH_TITLES, Kind, Letterhead, Message, Office, compose

REFERENCE = "ABC-2345678"
NOBODY = "nobody@example.org"
NO_ID = UUID(int=0)
LONG_AGO = datetime(2000, 1, 3, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a reminder."""

    reference: str
    what: str
    by: date | None
    since: date | None = None
    on_closed_day: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """One way in which a kind of email can read."""

    when: str
    """In which case it reads so."""
    words: Mapping[str, object]
    welsh: Mapping[str, object]
    """What of the words is another in Welsh."""


def _document(when: str, **words: object) -> Example:
    usual = {
        "reference": REFERENCE,
        "title": "Written confirmation of the outcome",
        "is_attached": True,
        "is_locked": False,
        "link": "https://service.example/documents/invented",
        "by_when": date(2000, 1, 14),
        "asks_answer": True,
    }
    return Example(when, {**usual, **words}, {"title": WELSH_TITLES[DocumentKind.WRITTEN_CONFIRMATION]})


def _about_one(when: str, page: str, **words: object) -> Example:
    return Example(when, {"reference": REFERENCE, "link": f"https://service.example/{page}/invented", **words}, {})


LATE = (Line(REFERENCE, "clock", date(2000, 1, 1), on_closed_day=True), Line(REFERENCE, "check", date(2000, 1, 4)))
COMING = (
    Line(REFERENCE, "meeting", date(2000, 1, 12)),
    Line(REFERENCE, "action", date(2000, 1, 14)),
    Line("ABC-8765432", "review", date(2000, 2, 1)),
    Line("ABC-8765432", "acknowledgement", None, since=date(2000, 1, 4)),
    Line("ABC-8765432", "filing", None, since=date(1999, 12, 29)),
)
_TO_YOU = {"link": "https://service.example/escalations", "to_office": False}
_TO_OFFICE = {"link": "https://service.example/register/today", "to_office": True}

EXAMPLES: Mapping[Kind, tuple[Example, ...]] = {
    Kind.DOCUMENT: (
        _document("Attached, where the address is listed as secure"),
        _document("Attached and locked with a password", is_locked=True),
        _document("By link, where nothing is attached", is_attached=False),
        _document("By link, of a document that is only to be read", is_attached=False, by_when=None, asks_answer=False),
    ),
    Kind.DOCUMENTS_WAITING: (
        Example(
            "Several documents together, instead of one email each",
            {"count": 3, "references": (REFERENCE, "ABC-8765432"), "link": "https://service.example/documents"},
            {},
        ),
    ),
    Kind.DELIVERY_FAILED: (
        _about_one("To who recorded it", "escalations", to_office=False),
        _about_one("To the business unit", "register", to_office=True),
    ),
    Kind.WITHDRAWN: (Example("To who should not have had the document", {"reference": REFERENCE}, {}),),
    Kind.WITHDRAWAL: (_about_one("To the business unit", "register"),),
    Kind.DISAGREEMENT: (_about_one("To who recorded it", "escalations"),),
    Kind.REMINDER: (
        Example("Something is overdue", {"late": LATE, "coming": COMING, **_TO_YOU}, {}),
        Example("Nothing is overdue", {"late": (), "coming": COMING, **_TO_YOU}, {}),
        Example("To the business unit", {"late": LATE, "coming": (), **_TO_OFFICE}, {}),
    ),
    Kind.RELEASE_WAITS: (
        Example("To the business unit", {"count": 2, "link": "https://service.example/register/today"}, {}),
    ),
    Kind.REPORT_WAITS: (Example("To the Board’s office", {"link": "https://service.example/reports"}, {}),),
    Kind.REPORT_RELEASED: (
        Example("To the Chair, the scrutineer and the sub-groups", {"link": "https://service.example/reports"}, {}),
    ),
    Kind.LAYOUT_FAILED: tuple(
        Example(when, {"link": "https://service.example/word-layouts", "is_own": is_own}, {})
        for when, is_own in (("With the Board’s own Word layout", True), ("With the service’s layout", False))
    ),
    Kind.ADDRESS_CHANGES: (Example("To the address that would be given up", {}, {}),),
    Kind.ATTESTATION_DUE: tuple(
        Example(when, {"by": date(2000, 1, 14), "link": "https://service.example/agencies", "to_office": to_office}, {})
        for when, to_office in (("To the agency’s administrators", False), ("To the business unit, a month late", True))
    ),
    Kind.DESTRUCTION_NEAR: tuple(
        Example(
            when,
            {
                "count": count,
                "references": (REFERENCE, "ABC-8765432"),
                "by": date(2000, 1, 14),
                "link": "https://service.example/register/keeping" if to_office else "",
                "to_office": to_office,
            },
            {},
        )
        for when, count, to_office in (
            ("To the lead of an agency that takes part", 2, False),
            ("To the business unit, of very many", 402, True),
        )
    ),
    Kind.DRAFT_ENDS: (
        Example(
            "To whoever began a form", {"by": date(2000, 1, 14), "link": "https://service.example/escalations"}, {}
        ),
    ),
    Kind.SECOND_STEPS_CHANGED: (Example("To whom they belong", {"link": "https://service.example/second-steps"}, {}),),
    Kind.PLACE_CHANGED: (_about_one("To everybody who takes part", "escalations"),),
    Kind.PLACE_GIVEN_UP: (Example("To whoever had the place, or covered in it", {"reference": REFERENCE}, {}),),
    Kind.PLACE_EMPTY: (_about_one("To the business unit", "register"),),
    **{
        kind: (
            Example(
                "To safeguarding leads and the business unit",
                {
                    "policy": "Resolving professional disagreements (January 2000)",
                    "starts": date(2000, 1, 14),
                    "link": "https://service.example/policies",
                },
                {},
            ),
        )
        for kind in (Kind.POLICY_CHANGES, Kind.POLICY_STAYS)
    },
    Kind.SYSTEM_ACCESS_ASKED: tuple(
        Example(when, {"link": "https://service.example/other-systems", "to_office": to_office}, {})
        for when, to_office in (("To the agency’s administrators and leads", False), ("To the business unit", True))
    ),
    Kind.SYSTEM_ACCESS_ENDS: (
        Example(
            "A month before, and a week before",
            {"by": date(2000, 1, 14), "link": "https://service.example/other-systems"},
            {},
        ),
    ),
    Kind.WEBHOOK_GIVEN_UP: (Example("To whoever keeps it", {"link": "https://service.example/other-systems"}, {}),),
    Kind.SYSTEM_ACCESS_ASKED: tuple(
        Example(when, {"link": "https://service.example/other-systems", "to_office": to_office}, {})
        for when, to_office in (("To the agency’s administrators and leads", False), ("To the business unit", True))
    ),
    Kind.SYSTEM_ACCESS_ENDS: (
        Example(
            "A month before, and a week before",
            {"by": date(2000, 1, 14), "link": "https://service.example/other-systems"},
            {},
        ),
    ),
    Kind.WEBHOOK_GIVEN_UP: (Example("To whoever keeps it", {"link": "https://service.example/other-systems"}, {}),),
    Kind.SIMILAR_ESCALATIONS: (
        Example("To the scrutineer", {"reference": "", "link": "https://service.example/patterns"}, {}),
        _about_one("To who raised one of them", "escalations"),
    ),
    Kind.TRAIL_HEAD: (Example("Once a week", {"count": 104_212, "hash": "0f1e2d3c" * 8, "on": date(2000, 1, 14)}, {}),),
    Kind.MANY_DOWNLOADS: tuple(
        Example(
            when,
            {
                "count": count,
                "most": 200,
                "is_refused": is_refused,
                "on": date(2000, 1, 14),
                "link": "https://service.example/register/downloads",
            },
            {},
        )
        for when, count, is_refused in (
            ("To the others of the business unit, at 80 in 100", 163, False),
            ("When somebody was refused more", 200, True),
        )
    ),
    Kind.SIGN_IN: (
        Example(
            "Asked for by somebody who wants to sign in",
            {"code": "123456", "link": "https://service.example/sign-in/link/invented"},
            {},
        ),
    ),
}


def example_message(office: Office, kind: Kind, example: Example, language: str) -> Message:
    """The whole message, as it would be sent to nobody, long ago."""
    return compose(
        Letterhead("no-reply@service.example", "https://service.example"),
        office,
        kind=kind,
        about_id=NO_ID,
        words={**example.words, **(example.welsh if language == "cy" else {})},
        to=NOBODY,
        at=LONG_AGO,
        language=language,
    )
