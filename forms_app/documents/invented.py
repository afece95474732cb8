"""Invented documents of every kind: what a layout is tried with, and what its sample and its list of fields show."""

from __future__ import annotations

from enum import Enum
from itertools import cycle, islice
from typing import Any

from pydantic import BaseModel

from forms_app.documents.catalogue import Kind
from forms_app.documents.contexts import Context
from forms_app.documents.fields import EVERY, Many, Path, What, inside

TEXTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Heading", "board"): ("Oakshire Safeguarding Children Partnership",),
    ("Heading", "policy"): ("Resolving Professional Disagreements, version 3 (1 April 2026)",),
    ("Heading", "reference"): ("OAK-2026-0001",),
    ("Heading", "business_unit"): ("Business unit, unit@oakshire.example, 01632 960001",),
    ("Party", "name"): ("Wren Ashdown", "Idris Fallowfield"),
    ("Party", "job_title"): ("Health visitor", "Team manager"),
    ("Party", "agency"): ("Oakshire Community Health", "Oakshire Children’s Services"),
    ("Party", "side"): ("Raised the concern", "Responds"),
    ("Answer", "question"): ("Which decision do you disagree with?", "Why does it leave the child at risk?"),
    ("Answer", "answer"): (
        "The decision of 28 October 2026 to end the child protection plan.",
        "Two home visits were missed in three weeks.\n\nThe wider family has moved away since the plan was made.",
    ),
    ("Section", "title"): ("The concern", "What would put it right"),
    ("Action", "what"): (
        "Visit the home together and see the child alone",
        "Send the record of the visit to both agencies",
    ),
    ("Action", "who"): ("Idris Fallowfield and Wren Ashdown", "Idris Fallowfield"),
    ("Action", "by_when"): ("9 November 2026", "11 November 2026"),
    ("TimeLimit", "who"): ("Practitioners", "First-line managers"),
    ("TimeLimit", "what"): ("Discuss the disagreement", "Meet and record the outcome"),
    ("TimeLimit", "by_when"): ("5pm on 30 October 2026", "5pm on 4 November 2026"),
    ("TimeLimit", "kept"): ("Kept", "Not yet due"),
    ("StageLine", "stage"): ("Stage 1: practitioners", "Stage 2: first-line managers"),
    ("StageLine", "entered"): ("28 October 2026", "30 October 2026"),
    ("StageLine", "left"): ("30 October 2026", "2 November 2026"),
    ("StageLine", "how"): ("Not resolved: escalated", "Resolved"),
    ("Fact", "name"): ("Month in which it was raised", "Agency that raised it"),
    ("Fact", "value"): ("October 2026", "Health"),
    ("Attempt", "when"): ("28 October 2026 at 2pm", "29 October 2026 at 10am"),
    ("Attempt", "what"): ("Telephone call", "Meeting"),
    ("Attempt", "who"): ("Wren Ashdown called Idris Fallowfield", "Both practitioners"),
    ("Attempt", "said"): ("No agreement; they meet tomorrow.", "No agreement; each tells their manager."),
    ("Acknowledgement", "name"): ("Wren Ashdown", "Idris Fallowfield"),
    ("Acknowledgement", "agency"): ("Oakshire Community Health", "Oakshire Children’s Services"),
    ("Acknowledgement", "side"): ("Raised the concern", "Responds"),
    ("Acknowledgement", "said"): ("Agrees, on 2 November 2026", "Has not answered yet"),
    ("Acknowledgement", "choices"): ("☐ I agree with this outcome", "☐ I do not agree with this outcome"),
    ("Record", "title"): ("The concern", "Account of the other side"),
    ("Record", "written_by"): ("Wren Ashdown, Health visitor", "Idris Fallowfield, Team manager"),
    ("Record", "happened_on"): ("28 October 2026", "30 October 2026"),
    ("Record", "entered_at"): ("28 October 2026 at 4.30pm", "30 October 2026 at 5.05pm"),
    ("WrittenAccount", "raised_on"): ("28 October 2026 at 4.30pm",),
    ("StageRecord", "what"): ("Account of the side that raised the concern",),
    ("StageRecord", "happened_on"): ("30 October 2026",),
    ("StageRecord", "entered_at"): ("30 October 2026 at 5.05pm",),
    ("WrittenConfirmation", "outcome"): ("Resolved: the plan stays in place until a review conference",),
    ("WrittenConfirmation", "resolved_on"): ("2 November 2026",),
    ("WrittenConfirmation", "outstanding"): ("Who attends the core group is settled by 6 November 2026.",),
    ("WrittenConfirmation", "review"): ("1 December 2026",),
    ("AcknowledgementSheet", "outcome"): ("Resolved: the plan stays in place until a review conference",),
    ("AcknowledgementSheet", "resolved_on"): ("2 November 2026",),
    ("AcknowledgementSheet", "return_to"): ("Return it to the business unit by 9 November 2026.",),
    ("MeetingInvitation", "meeting"): ("Resolution meeting",),
    ("MeetingInvitation", "when"): ("4 November 2026 at 2pm",),
    ("MeetingInvitation", "rules"): ("The Chair has not been involved before.", "Each agency sends one manager."),
    ("MeetingMinutes", "meeting"): ("Resolution meeting",),
    ("MeetingMinutes", "held_on"): ("4 November 2026",),
    ("MeetingMinutes", "confirmed"): ("The Chair has not been involved before.", "Each agency was there."),
    ("Referral", "to"): ("The Chair of the Partnership",),
    ("Referral", "why"): ("The senior managers did not agree in time.",),
    ("FileCopy", "agency"): ("Oakshire Community Health",),
    ("FileCopy", "where"): ("Stage 2: first-line managers",),
    ("NoticeToBoard", "reason"): ("The escalation has reached stage 4, which the Board hears.",),
    ("BoardProforma", "part"): ("Closing",),
    ("BoardProforma", "learning"): (
        "Plans are ended in writing only.",
        "Health visitors are asked before a plan ends.",
    ),
    ("SubGroupReport", "to"): ("Learning and improvement sub-group",),
    ("SubGroupReport", "learning"): (
        "Plans are ended in writing only.",
        "Health visitors are asked before a plan ends.",
    ),
    ("PolicyGapNotice", "to"): ("Policy and procedures sub-group",),
}
"""By the value and its field; two where a list shows two. A field that is not here has the text of USUAL."""
USUAL = {"stage": ("Stage 2: first-line managers",)}
DAY, MONTH = ("2 November 2026",), ("November 2026",)

HARD = (
    "Seen <2 hrs & no home visit; “quoted”, 'quoted', {{ heading.board }} {% if x %} </w:t> &amp;",
    "Llŷr a Gŵenllïan o Dŷ Ŵŷn: â ê î ô û ŵ ŷ; Nguyễn Thị Ánh; Zażółć gęślą jaźń",
    "😀 ❤️ ✓ → ≤ ½ £ €",
    "One line\nanother line\n\n\na paragraph after a gap\tand a tab",
    "Llanfair" * 20,
    " ".join(f"word{number} of what happened next," for number in range(200)),
    "",
)
MANY, MANY_INSIDE = 12, 3


class How(Enum):
    """How an invented document is filled."""

    PLAIN = "plain"
    HARD = "hard"
    BARE = "bare"
    """Nothing was answered, and every list is empty."""


def invented(kind: Kind, how: How = How.PLAIN) -> Context:
    """An invented document of this kind; the same each time."""
    return Inventor(kind, how).value(kind.context)  # type: ignore[no-any-return]


def example(kind: Kind, path: Path) -> str:
    """What stands in one field of the plain one."""
    value: Any = invented(kind)
    for step in path:
        value = value[0] if step == EVERY else getattr(value, step)
    return str(value)


class Inventor:
    def __init__(self, kind: Kind, how: How) -> None:
        self.kind, self.how = kind, how
        self.hard = cycle(HARD)

    def value(self, model: type[BaseModel], path: Path = (), number: int = 0) -> Any:
        """`number` says which one of a list it is."""
        parts = {name: self.part(model, name, what, (*path, name), number) for name, what in inside(model).items()}
        return model(**parts)

    def part(self, model: type[BaseModel], name: str, what: What, path: Path, number: int) -> Any:
        if isinstance(what, Many):
            return tuple(self.part(model, name, what.each, path, each) for each in range(self.count(path)))
        if isinstance(what, type):
            return self.value(what, path, number)
        return self.text(model, name, number)

    def count(self, path: Path) -> int:
        match self.how:
            case How.BARE:
                return 0
            case How.HARD:
                return MANY if len(path) == 1 else MANY_INSIDE
            case How.PLAIN:
                return 2

    def text(self, model: type[BaseModel], name: str, number: int) -> str:
        if self.how is How.BARE and model.__name__ != "Heading":
            return ""
        if self.how is How.HARD and model.__name__ != "Heading":
            return next(self.hard)
        texts = self.texts(model.__name__, name)
        return next(islice(cycle(texts), number, None))

    def texts(self, model: str, name: str) -> tuple[str, ...]:
        if (model, name) == ("Heading", "title"):
            return (self.kind.title,)
        if (model, name) == ("Heading", "issued_on"):
            return DAY if self.kind.identified else MONTH
        return TEXTS.get((model, name)) or USUAL[name]
