"""One frozen value per kind of document: everything that its two files say, and nothing else."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Answer(Value):
    """A question as it was asked and the answer as it was typed; line breaks are kept."""

    question: str
    answer: str


class Section(Value):
    title: str
    answers: tuple[Answer, ...]


class Party(Value):
    name: str
    job_title: str
    agency: str
    side: str


class Action(Value):
    what: str
    who: str
    by_when: str


class TimeLimit(Value):
    """One clock as a reader sees it: who must do what, by when, and what became of it."""

    who: str
    what: str
    by_when: str
    kept: str


class Heading(Value):
    """What stands at the top and foot of every document. Nothing here may identify a person."""

    board: str
    title: str
    """What the policy calls this kind of document."""
    policy: str
    reference: str
    issued_on: date
    business_unit: str


class WrittenAccount(Value):
    """The raiser's written account of the concern."""

    heading: Heading
    raised_by: Party
    raised_on: str
    stage: str
    parties: tuple[Party, ...]
    subject: tuple[Answer, ...]
    sections: tuple[Section, ...]
    time_limits: tuple[TimeLimit, ...]


class StageRecord(Value):
    """What one side wrote at one stage, for the child's file of each agency."""

    heading: Heading
    stage: str
    what: str
    written_by: Party
    happened_on: str
    entered_at: str
    parties: tuple[Party, ...]
    subject: tuple[Answer, ...]
    sections: tuple[Section, ...]
    actions: tuple[Action, ...]
    time_limits: tuple[TimeLimit, ...]


class WrittenConfirmation(Value):
    """The outcome as confirmed in writing between the parties."""

    heading: Heading
    stage: str
    outcome: str
    resolved_on: str
    actions: tuple[Action, ...]
    outstanding: str
    review: str
    agreement: tuple[Answer, ...]
    raised_by: Party
    parties: tuple[Party, ...]
    subject: tuple[Answer, ...]
    sections: tuple[Section, ...]


class Fact(Value):
    """One line of a de-identified document: chosen from an allow-list, never typed by a person."""

    name: str
    value: str


class NoticeToBoard(Value):
    """Tells the Board that an escalation has reached it. De-identified."""

    heading: Heading
    reason: str
    facts: tuple[Fact, ...]


class BoardProforma(Value):
    """The Board's record of one escalation. De-identified."""

    heading: Heading
    facts: tuple[Fact, ...]
    stages: tuple[StageLine, ...]
    time_limits: tuple[TimeLimit, ...]
    learning: tuple[str, ...]


class StageLine(Value):
    stage: str
    entered: str
    left: str
    how: str


BoardProforma.model_rebuild()


class Room(Enum):
    """How much room a blank form leaves for an answer."""

    NONE = "none"
    LINE = "line"
    BOX = "box"


class BlankQuestion(Value):
    """A question of a blank form. Each option has a box to tick in its text."""

    question: str
    hints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    room: Room


class BlankTable(Value):
    """A table to fill in: what stands in a row already is in its first columns, the others are empty."""

    columns: tuple[str, str, str, str]
    rows: Annotated[tuple[Annotated[tuple[str, ...], Field(max_length=4)], ...], Field(min_length=1)]


class BlankSection(Value):
    title: str
    notes: tuple[str, ...] = ()
    questions: tuple[BlankQuestion, ...] = ()
    tables: tuple[BlankTable, ...] = ()


class BlankForm(Value):
    """A form to fill in by hand when the service cannot be reached."""

    heading: Heading
    use: tuple[str, ...]
    """What to do with it."""
    sections: tuple[BlankSection, ...]


Context = WrittenAccount | StageRecord | WrittenConfirmation | NoticeToBoard | BoardProforma | BlankForm
