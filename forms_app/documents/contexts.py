"""One frozen value per kind of document: everything that its two files say, and nothing else."""

from __future__ import annotations

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
    issued_on: str
    """The UK date in words; of a de-identified document only the month."""
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


class Acknowledgement(Value):
    """One person's part of the sheet: what they said so far, or nothing, and what they can still say with a pen."""

    name: str
    agency: str
    side: str
    said: str
    choices: tuple[str, ...]
    """Each with a box to tick in its text. None for whoever has answered: their part has no room to sign."""


class AcknowledgementSheet(Value):
    """To be signed by each party where it cannot be said in the service."""

    heading: Heading
    stage: str
    outcome: str
    resolved_on: str
    actions: tuple[Action, ...]
    return_to: str
    """Where a signed sheet goes, and by when: a sentence."""
    people: tuple[Acknowledgement, ...]


class MeetingInvitation(Value):
    """Calls a meeting, panel or mediation."""

    heading: Heading
    meeting: str
    when: str
    stage: str
    called_by: Party
    conveners: tuple[Party, ...]
    invited: tuple[Party, ...]
    rules: tuple[str, ...]
    """What the policy asks of who is there: composition and independence."""
    subject: tuple[Answer, ...]
    sections: tuple[Section, ...]


class MeetingMinutes(Value):
    """What a meeting, panel or mediation came to."""

    heading: Heading
    meeting: str
    held_on: str
    stage: str
    written_by: Party
    attended: tuple[Party, ...]
    absent: tuple[Party, ...]
    confirmed: tuple[str, ...]
    """Which tests of composition and independence it met."""
    subject: tuple[Answer, ...]
    sections: tuple[Section, ...]
    actions: tuple[Action, ...]


class Attempt(Value):
    """One thing that was tried to settle it, from a contact log or a stage's records."""

    when: str
    what: str
    who: str
    said: str


class StageLine(Value):
    stage: str
    entered: str
    left: str
    how: str


class Referral(Value):
    """Takes the disagreement to a Chair or a panel: what it is about, and everything that was tried."""

    heading: Heading
    to: str
    stage: str
    why: str
    subject: tuple[Answer, ...]
    raised_by: Party
    parties: tuple[Party, ...]
    sections: tuple[Section, ...]
    """The concern as it was raised, and each side's account since; the titles say whose and when."""
    attempts: tuple[Attempt, ...]
    stages: tuple[StageLine, ...]
    time_limits: tuple[TimeLimit, ...]


class Record(Value):
    """One record of an escalation, in an agency's own copy."""

    title: str
    written_by: str
    happened_on: str
    entered_at: str
    sections: tuple[Section, ...]
    actions: tuple[Action, ...]


class FileCopy(Value):
    """One agency's copy of all the records that it may see, for the child's file."""

    heading: Heading
    agency: str
    where: str
    """Where the escalation stands now."""
    subject: tuple[Answer, ...]
    raised_by: Party
    parties: tuple[Party, ...]
    stages: tuple[StageLine, ...]
    time_limits: tuple[TimeLimit, ...]
    filed: tuple[Answer, ...]
    """Which agency has put it on file, and when."""
    records: tuple[Record, ...]
    """In the order in which they were made; a long copy begins with a list of them."""


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
    part: str
    """Why it is made now: opening, closing, learning, or how it stands."""
    facts: tuple[Fact, ...]
    stages: tuple[StageLine, ...]
    time_limits: tuple[TimeLimit, ...]
    learning: tuple[str, ...]
    texts: tuple[Answer, ...]
    """The short texts that were written for it, scanned and released."""


class SubGroupReport(Value):
    """Reports to a sub-group what it can learn from one escalation. De-identified."""

    heading: Heading
    to: str
    facts: tuple[Fact, ...]
    stages: tuple[StageLine, ...]
    learning: tuple[str, ...]
    texts: tuple[Answer, ...]


class PolicyGapNotice(Value):
    """Tells those who keep the policy that it leaves something open. De-identified."""

    heading: Heading
    to: str
    stage: str
    facts: tuple[Fact, ...]
    texts: tuple[Answer, ...]


class Drawn(Enum):
    """Whether a table is drawn as a chart too."""

    NOT = "not"
    BARS = "bars"
    """One bar for each row, as long as the number in its second column; none where that is no number."""


class FiguresTable(Value):
    """Figures of the Board, as its page of numbers shows them. What stands in the first column of a row names it."""

    title: str
    counts: str
    """What is counted, in a sentence."""
    drawn: Drawn
    columns: Annotated[tuple[str, ...], Field(max_length=7)]
    """None where there are no rows."""
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    """The last row, which no chart draws; none where nothing is summed up."""
    nothing: Annotated[tuple[str, ...], Field(max_length=1)]
    """What is said where there are no rows."""
    notes: tuple[str, ...]
    """What explains the figures."""


class FiguresReport(Value):
    """The Board's report on a year or a quarter: its numbers and what it says of them. De-identified."""

    heading: Heading
    facts: tuple[Fact, ...]
    introduction: tuple[Answer, ...]
    tables: tuple[FiguresTable, ...]
    how: tuple[str, ...]
    """How it was counted, and why some numbers are not shown."""
    texts: tuple[Answer, ...]


class LearningLine(Value):
    """One line of the registers of learning and of gaps."""

    title: str
    facts: tuple[Fact, ...]


class LearningGroup(Value):
    """The lines that stand alike, or a sentence where there is none."""

    title: str
    lines: tuple[LearningLine, ...]
    nothing: tuple[str, ...]


class LearningReport(Value):
    """Reports to a sub-group on its lines of the registers of learning and of gaps. De-identified."""

    heading: Heading
    facts: tuple[Fact, ...]
    groups: tuple[LearningGroup, ...]
    texts: tuple[Answer, ...]


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


Context = (
    WrittenAccount
    | StageRecord
    | WrittenConfirmation
    | AcknowledgementSheet
    | MeetingInvitation
    | MeetingMinutes
    | Referral
    | FileCopy
    | NoticeToBoard
    | BoardProforma
    | SubGroupReport
    | PolicyGapNotice
    | FiguresReport
    | LearningReport
    | BlankForm
)
