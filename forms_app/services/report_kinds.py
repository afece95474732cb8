"""The kinds of report of a Board: what each asks, and what it says, worked out anew as long as nobody has prepared it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from forms_app.db.report_tables import BoardReport
from forms_app.db.tables import Board
from forms_app.documents.contexts import Heading, Value
from forms_app.domain.periods import Period
from forms_app.services.directory import as_adopted
from forms_app.services.work import Work

LIMIT = 4000
"""Characters in a text of a report."""
NOT_YET = "Not released yet"
"""In the place of the day on which it is issued."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the business unit writes for a report."""

    id: str
    title: str
    hint: str = ""
    needed: bool = False
    """Whether the report cannot be prepared while it is blank."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A report as it would be today, without what is typed for it."""

    context: Value
    questions: tuple[Question, ...]
    scanned: Mapping[str, str] = field(default_factory=dict)
    """What others typed and the report takes over, by where it stands. It is looked through too, and not changed here."""
    not_yet: str = ""
    """Why it cannot be prepared yet."""
    writers: frozenset[UUID] = frozenset()
    """Who typed what it takes over."""


class ReportKind(Protocol):
    @property
    def code(self) -> str:
        """In the catalogue of documents."""

    def parts(self, work: Work, board: Board) -> tuple[tuple[str, str], ...]:
        """Which reports of this kind a Board can have for one period: what tells them apart, and what each is called."""

    def takes(self, period: Period) -> bool:
        """Whether there is such a report for such a period."""

    def draft(self, work: Work, report: BoardReport) -> Draft:
        """From what is known today."""

    def filled(self, context: Value, texts: Mapping[str, str]) -> Value:
        """The same with what was typed, by the ids of the questions."""


def period_of(report: BoardReport) -> Period:
    found = Period.read(report.period)
    assert found is not None, "a report is begun for a period"
    return found


def heading_of(work: Work, report: BoardReport, title: str) -> Heading:
    """What stands at the top of a report. The day comes when it is released."""
    board = report.board
    policy = as_adopted(work, policy_key=board.policy_at(work.now), board_id=board.id)
    return Heading(
        board=board.name,
        title=title,
        policy=f"{policy.title} ({policy.dated})",
        reference=report.reference,
        issued_on=NOT_YET,
        business_unit=f"Telephone {board.telephone}, email {board.email}",
    )
