"""What the API takes and answers, as frozen values. The description of the API is made from these and from nothing else."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Value):
    next: str | None = Field(
        description="Ask again with this as `since` for what comes after it, now or when something has changed."
    )


class Agency(Value):
    id: UUID
    name: str


class Escalation(Value):
    """Where an escalation stands. It never says who it is about, nor anything that somebody wrote."""

    reference: str = Field(description="The reference that is in every email and document.")
    policy: str = Field(description="The policy under which it goes, as id@version.")
    state: str = Field(description="`open`, `resolved`, or `left`: it went on outside the policy.")
    route: str = Field(description="The code of the route in the policy.")
    stage: str = Field(description="The code of the stage on it.")
    opened_at: datetime
    changed_at: datetime = Field(description="When it was opened, entered its stage or ended, whichever was last.")
    ended_at: datetime | None
    url: str = Field(description="The address of this answer.")


class Escalations(Page):
    escalations: list[Escalation]


class Stay(Value):
    route: str
    stage: str
    entered_at: datetime
    left_at: datetime | None


class OneEscalation(Escalation):
    stays: list[Stay] = Field(description="Each stay at a stage, from the first to the last.")


class File(Value):
    format: str = Field(description="`pdf` or `docx`.")
    name: str
    sha256: str = Field(description="Of the bytes as they were issued, in hexadecimal.")
    url: str


class Filing(Value):
    filed_at: datetime = Field(description="When your system filed it.")
    noted_at: datetime = Field(description="When this service was told so.")


class Document(Value):
    """One document as it was issued. It never changes."""

    id: UUID
    reference: str = Field(description="The reference of its escalation.")
    kind: str = Field(description="The code of its kind, such as `stage_record`.")
    title: str = Field(description="What the policy calls a document of its kind.")
    own_copy: bool = Field(description="Whether it is the copy of everything that was made for your agency’s file.")
    issued_at: datetime
    available_at: datetime = Field(description="Since when your agency has it.")
    files: list[File]
    filings: list[Filing]
    url: str


class Documents(Page):
    documents: list[Document]


class FilingAsked(Value):
    filed_at: datetime = Field(description="When your system filed it, with a time zone. Not in the future.")


class RegisterLine(Value):
    """One escalation of which the policy told the Board: no name, and nothing that anybody typed."""

    reference: str
    policy: str
    reason: str = Field(description="The code of the category in the policy.")
    state: str
    route: str
    stage: str
    opened_in: str = Field(description="The month, such as 2027-03: the Board’s office is told no day.")
    changed_at: datetime = Field(description="When it entered its stage or ended.")
    due_at: datetime | None = Field(description="The next moment that somebody has to keep.")
    ended_at: datetime | None
    outcome: str | None
    level_of_need: str | None
    raised_by: Agency
    raised_with: list[Agency]
    documents: int
    deliveries: int
    delivered: int
    acknowledged: int


class Register(Page):
    escalations: list[RegisterLine]


class Figure(Value):
    number: int | None = Field(
        description="Empty where it would give a small number away, or there is nothing to count."
    )
    said: str = Field(description="As it stands on the page.")


class FigureLine(Value):
    labels: list[str] = Field(
        description="The way to it: the line with one label less is the one that it is a part of."
    )
    figures: list[Figure] = Field(description="One for each column.")


class FigureTable(Value):
    id: str
    title: str
    counts: str = Field(description="What is counted.")
    columns: list[str]
    lines: list[FigureLine]
    missing: str = Field(description="Why there are no lines, where there are none.")
    explanation: str


class Numbers(Value):
    """All that is told of one period. Small numbers are left out, as on the page."""

    period: str
    counted_on: date
    total: Figure
    total_before: Figure = Field(description="Of the same period a year earlier.")
    left_out: list[str] = Field(description="A sentence for each part of the period that no table counts.")
    tables: list[FigureTable]


class Problem(Value):
    """RFC 9457."""

    type: str = Field(description="Always `about:blank`: the status says which problem it is.")
    title: str
    status: int
    detail: str = Field(description="What to do, in a sentence.")


class Told(Value):
    """The body of a webhook. It names an escalation by its reference, and says nothing of what is in it."""

    id: str = Field(description="The same as the header `webhook-id`, however often it is sent.")
    type: str = Field(description="`document_issued`, `stage_entered` or `test`.")
    timestamp: datetime = Field(description="When it happened.")
    reference: str | None
    document_id: UUID | None
    kind: str | None = Field(description="Of a document: the code of its kind.")
    route: str | None
    stage: str | None
    url: str | None = Field(description="Where the API says more.")
