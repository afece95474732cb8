"""The Board's register, page by page, and whole as a file: no name of a person, and nothing that anybody typed about a child."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from forms_app.db import register_pages as pages
from forms_app.db.register_pages import Asked, Between
from forms_app.db.tables import Person, RegisterEntry
from forms_app.documents.spreadsheet import Cell, write_sheets
from forms_app.domain.access import May, Relation, may
from forms_app.domain.comma_separated import MOST_ROWS, write_rows
from forms_app.domain.errors import CalendarEnds, NotAllowedNow
from forms_app.domain.policy import Policy, Side, Stage
from forms_app.domain.register import State
from forms_app.domain.register_filters import Filters, Mark
from forms_app.domain.waiting import days_without_record
from forms_app.domain.working_days import LONDON, spell_date, spell_time, uk_date
from forms_app.services.deliveries import count_failing_in
from forms_app.services.directory import person_who_may
from forms_app.services.in_words import month, title_of
from forms_app.services.register_choices import reasons_of, title_of_version
from forms_app.services.work import Work

ON_A_PAGE = 25
AT_ONCE = 500
"""So many lines of a file are read together."""
A_WEEK = timedelta(days=7)
THE_BOARD = "The Board"
TOO_MANY = (
    f"A file has {MOST_ROWS:,} lines at most, and this would have more. Choose a period, a stage or an agency first, and take "
    "several files."
)


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One escalation, as the Board's office sees it in a list."""

    id: UUID
    reference: str
    policy: str
    where: str
    state: State
    outcome: str
    reason: str
    opened: str
    """The month: no day stands on the register."""
    age: str
    """In whole weeks until it ended, or until now, because days would say the day."""
    raising: str
    responding: str
    next_due: str
    is_late: bool
    waits_for: str
    """Whose next moment it is."""
    documents: int
    failing: int | None
    """Deliveries that need a person; None for somebody who does not see to them."""
    is_open: bool
    is_counted: bool
    decision_stands: bool
    days_without_record: int
    has_gone_quiet: bool
    nobody_said: bool


@dataclass(frozen=True, slots=True)
class RegisterPage:
    lines: tuple[RegisterLine, ...]
    before: str | None
    """The mark of the page before it; None where it is the first."""
    after: str | None
    count: int
    """One more than the most that is counted where there are more."""
    sees_failing: bool

    @property
    def total(self) -> str:
        most = pages.MOST_COUNTED
        return f"More than {most:,} escalations" if self.count > most else _count(self.count, "escalation")


def register_page(
    work: Work, *, by: UUID, filters: Filters, after: Mark | None = None, before: Mark | None = None
) -> RegisterPage:
    """A page of the escalations of which the policy has told this person's Board. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    asked = Asked(person.board_id, by, filters, work.now)
    found = pages.page_of(work.session, asked, ON_A_PAGE, after=after, before=before)
    return RegisterPage(
        lines=tuple(lines_of(work, person, found.rows)),
        before=found.marks[0].code if found.has_before and found.marks else None,
        after=found.marks[-1].code if found.has_after and found.marks else None,
        count=pages.count_up_to(work.session, asked),
        sees_failing=_sees_failing(person),
    )


# --- as a file ---------------------------------------------------------------------------------------------------

COLUMNS = (
    "Reference", "Policy", "Where it stands", "Outcome", "Reason", "Raised by", "Raised with", "Opened", "Age", "Next due", "Overdue",
    "Waits for", "Documents", "Working days without a record",
)  # fmt: skip
FAILING = "Deliveries that need a person"


def register_file(work: Work, *, by: UUID, filters: Filters, file_format: str) -> bytes:
    """What the pages show, as CSV or XLSX. Raises NotFound, and NotAllowedNow where there are too many lines for a file."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    asked = Asked(person.board_id, by, filters, work.now)
    if pages.count_up_to(work.session, asked, MOST_ROWS) > MOST_ROWS:
        raise NotAllowedNow(TOO_MANY)
    work.note("register_downloaded", person=by, board=person.board_id, code=file_format)
    columns = (*COLUMNS, FAILING) if _sees_failing(person) else COLUMNS
    rows = (_cells(line) for line in _every_line(work, person, asked))
    if file_format == "xlsx":
        return write_sheets([("Register", columns, rows)])
    return write_rows(columns, ([str(cell) for cell in row] for row in rows))


def _every_line(work: Work, person: Person, asked: Asked) -> Iterator[RegisterLine]:
    mark: Mark | None = None
    while True:
        found = pages.page_of(work.session, asked, AT_ONCE, after=mark)
        yield from lines_of(work, person, found.rows)
        if not found.has_after:
            return
        mark = found.marks[-1]


def _cells(line: RegisterLine) -> tuple[Cell, ...]:
    cells: tuple[Cell, ...] = (
        line.reference,
        line.policy,
        line.where,
        line.outcome,
        line.reason,
        line.raising,
        line.responding,
        line.opened,
        line.age,
        line.next_due,
        "Yes" if line.is_late else "No",
        line.waits_for,
        line.documents,
        line.days_without_record,
    )
    return cells if line.failing is None else (*cells, line.failing)


# --- a line ------------------------------------------------------------------------------------------------------


def lines_of(work: Work, person: Person, rows: Sequence[RegisterEntry]) -> Iterator[RegisterLine]:
    """Rows of the register in words, read together."""
    names = pages.between(work.session, rows)
    failing = count_failing_in(work, [row.escalation_id for row in rows]) if _sees_failing(person) else None
    for row in rows:
        policy = work.shelf.get(row.policy_key)
        yield _line(work, policy, row, names, None if failing is None else failing.get(row.escalation_id, 0))


def _line(work: Work, policy: Policy, row: RegisterEntry, names: Between, failing: int | None) -> RegisterLine:
    stage, is_open = policy.stage(row.route, row.stage), row.state == State.OPEN
    came_from = names.came_from.get(row.escalation_id)
    first = policy.route(came_from[0] if came_from else row.route)
    stood_at = [stage, *([policy.stage(*came_from)] if came_from else [])]
    return RegisterLine(
        id=row.escalation_id,
        reference=row.reference,
        policy=title_of_version(policy),
        where=_where(policy, row, stage),
        state=State(row.state),
        outcome=title_of(policy.outcomes, row.outcome) if row.outcome else "",
        reason=title_of((*policy.categories_of(first), *reasons_of(policy)), row.category),
        opened=month(row.opened_at),
        age=_age(row.opened_at, row.ended_at or work.now),
        raising=names.raising[row.raising_id],
        responding=", ".join(names.receiving.get(row.escalation_id, ())),
        next_due="" if row.due_at is None else spell_due(row.due_at),
        is_late=row.due_at is not None and work.now >= row.due_at,
        waits_for=waits_for(row, stage, names) if row.due_at is not None else "",
        documents=row.documents,
        failing=failing,
        is_open=is_open,
        is_counted=not is_open or stage.counts,
        decision_stands=is_open and any(each.closing.decision_stands for each in stood_at),
        days_without_record=working_days_silent(work, policy, row.recorded_at) if is_open else 0,
        has_gone_quiet=row.is_quiet,
        nobody_said=row.state == State.LEFT and not row.came_of_it,
    )


def spell_due(at: datetime) -> str:
    """A moment from which something is late: the end of a day is said as that day."""
    local = at.astimezone(LONDON)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return spell_date(uk_date(at - timedelta(minutes=1)))
    return spell_time(at)


def waits_for(row: RegisterEntry, stage: Stage, names: Between) -> str:
    """The agencies of the side whose next moment it is; of all sides that act at the stage where it is nobody's own."""
    sides = [Side(row.due_side)] if row.due_side else sorted(stage.sides, key=list(Side).index)
    of = {
        Side.RAISING: (names.raising[row.raising_id],),
        Side.RESPONDING: names.receiving.get(row.escalation_id, ()),
        Side.BOARD: (THE_BOARD,),
    }
    return ", ".join(dict.fromkeys(chain.from_iterable(of[side] for side in sides)))


def _where(policy: Policy, row: RegisterEntry, stage: Stage) -> str:
    match State(row.state):
        case State.OPEN:
            return policy.stage_title(stage)
        case State.RESOLVED:
            return f"Resolved at {policy.stage_title(stage)}"
        case State.LEFT:
            return "Gone on outside the policy"


def _age(opened: datetime, until: datetime) -> str:
    weeks = (until - opened) // A_WEEK
    return _count(weeks, "week") if weeks else "Less than a week"


def working_days_silent(work: Work, policy: Policy, recorded_at: datetime) -> int:
    """How many whole working days ago anybody last recorded anything."""
    try:
        return days_without_record(recorded_at, work.now, work.calendar(policy))
    except CalendarEnds:
        return 0  # it must not take the whole list away from everybody


def _sees_failing(person: Person) -> bool:
    return may(person, May.SEE_FAILING_DELIVERIES, Relation.OWN_BOARD)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
