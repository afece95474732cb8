"""The register's pages: each row once, in order, whatever is asked for, against the same worked out in Python."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.db.database import Database
from forms_app.db.register_pages import Asked, RowsOfPage, count_up_to, page_of
from forms_app.db.tables import Agency, Board, RegisterAgency, RegisterEntry
from forms_app.domain.periods import Period
from forms_app.domain.register import State
from forms_app.domain.register_filters import Filters, Mark, Only, Sort
from tests.factories.scenes import Scene, scene

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
DAYS = [datetime(2026, 11, 3, 9, tzinfo=UTC) + timedelta(days=17 * number) for number in range(12)]
SIZE = 7
Row = SimpleNamespace


@dataclass
class Register:
    """Sixty varied rows of one Board, and some of another's."""

    database: Database
    board: UUID
    reader: UUID
    agencies: Sequence[UUID]
    rows: list[Row]
    receiving: dict[UUID, set[UUID]]

    def asked(self, **filters: Any) -> Asked:
        return Asked(self.board, self.reader, Filters(**filters), NOW)

    def page(self, asked: Asked, **where: Mark | None) -> RowsOfPage:
        with self.database.reading() as session:
            return page_of(session, asked, SIZE, **where)  # type: ignore[arg-type]

    def forwards(self, asked: Asked) -> list[UUID]:
        found, after = [], None
        while True:
            page = self.page(asked, after=after)
            found += [mark.row for mark in page.marks]
            assert page.has_before == (after is not None)
            if not page.has_after:
                return found
            after = page.marks[-1]

    def add(self, entries: Sequence[Row], chance: random.Random) -> None:
        with self.database.writing() as session:
            session.add_all([RegisterEntry(**vars(each)) for each in entries])
            session.flush()
            for each in entries:
                self.receiving[each.escalation_id] = set(chance.sample(list(self.agencies), chance.choice((1, 1, 2))))
                session.add_all(
                    RegisterAgency(
                        escalation_id=each.escalation_id,
                        agency_id=agency,
                        board_id=each.board_id,
                        opened_at=each.opened_at,
                    )
                    for agency in self.receiving[each.escalation_id]
                )
        self.rows += entries


def entry(board: UUID, agencies: Sequence[UUID], chance: random.Random, number: int, **given: Any) -> Row:
    state = chance.choice(list(State))
    is_open = state is State.OPEN
    values: dict[str, Any] = {
        "escalation_id": UUID(int=chance.getrandbits(128)),
        "board_id": board,
        "reference": f"INV-{chance.choice('BCD')}{chance.choice('234')}{number:03d}",
        "policy_key": chance.choice(["hull@2015", "hull@2030"]),
        "opened_at": chance.choice(DAYS),
        "told_at": NOW,
        "destroyed_at": None,
        "category": chance.choice(["threshold", "other"]),
        "raising_id": chance.choice(agencies),
        "state": state.value,
        "route": "ladder",
        "stage": chance.choice(["one", "two"]),
        "ended_at": None if is_open else NOW,
        "recorded_at": chance.choice(DAYS),
        "is_quiet": is_open and chance.random() < 0.3,
        "counts": True,
        "due_at": chance.choice([None, NOW, *DAYS[:3], NOW + timedelta(days=3)]) if is_open else None,
        "due_side": None,
        "convenes": "panel" if is_open and chance.random() < 0.2 else None,
        "lacks": "chair" if is_open and chance.random() < 0.2 else None,
        "outcome": chance.choice(["agreed", "not_agreed"]) if state is State.RESOLVED else None,
        "level_of_need": None,
        "learning": [],
        "policy_gap": False,
        "actions": 0,
        "actions_done": None,
        "review_due_on": None,
        "review_held_on": None,
        "came_of_it": False,
        "documents": 1,
        "deliveries": 0,
        "delivered": 0,
        "acknowledged": 0,
        "reminded_until": NOW.date(),
        "counted_by": "a test",
        "counted_at": NOW,
    }
    return Row(**{**values, **given})


@pytest.fixture
def register(database_url: str) -> Iterator[Register]:
    chance = random.Random(7)
    with scene(database_url, "hull") as here:
        with here.database.reading() as session:
            board = session.scalars(select(Board.id)).one()
            agencies = session.scalars(select(Agency.id).where(Agency.kind != "board").order_by(Agency.name)).all()
        made = Register(here.database, board, here.holder("business_unit"), agencies, [], {})
        made.add([entry(board, agencies, chance, number) for number in range(60)], chance)
        hidden = [{"told_at": None}, {"destroyed_at": NOW}, {"board_id": another_board(here)}]
        made.add([entry(board, agencies, chance, 90 + number, **each) for number, each in enumerate(hidden)], chance)
        made.rows = made.rows[:60]
        yield made


def another_board(here: Scene) -> UUID:
    with here.database.writing() as session:
        other = Board(code="OTH", name="Another Board", policy_key="hull@2015", telephone="1", email="a@b.example")
        session.add(other)
        session.flush()
        return other.id


# --- against the same in Python ------------------------------------------------------------------------------------

KEYS_OF: dict[Sort, Callable[[Row], Any]] = {
    Sort.NEWEST: lambda row: (-row.opened_at.timestamp(), -row.escalation_id.int),
    Sort.OLDEST: lambda row: (row.opened_at, row.escalation_id.int),
    Sort.DUE: lambda row: (
        (0, row.due_at.timestamp(), row.escalation_id.int)
        if row.due_at
        else (1, -row.opened_at.timestamp(), -row.escalation_id.int)
    ),
    Sort.RECORDED: lambda row: (-row.recorded_at.timestamp(), -row.escalation_id.int),
    Sort.REFERENCE: lambda row: row.reference,
}


def is_wanted(register: Register, row: Row, filters: Filters) -> bool:
    return all(
        [
            not filters.reference or row.reference.startswith(filters.reference),
            not filters.policy or row.policy_key == filters.policy,
            not filters.stage or f"{row.route}.{row.stage}" == filters.stage,
            filters.state is None or row.state == filters.state,
            not filters.reason or row.category == filters.reason,
            filters.raising is None or row.raising_id == filters.raising,
            filters.receiving is None or filters.receiving in register.receiving[row.escalation_id],
            not filters.outcome or row.outcome == filters.outcome,
            filters.only is not Only.OVERDUE or (row.due_at is not None and row.due_at <= NOW),
            filters.only is not Only.QUIET or row.is_quiet,
            filters.only is not Only.UNIT or needs_the_unit(row),
            filters.period is None or filters.period.since <= row.opened_at < filters.period.until,
        ]
    )


def needs_the_unit(row: Row) -> bool:
    is_late = row.due_at is not None and row.due_at <= NOW
    return row.state == State.OPEN and bool(row.is_quiet or row.lacks or row.convenes or is_late)


def expected(register: Register, asked: Asked) -> list[UUID]:
    rows = sorted(register.rows, key=KEYS_OF[asked.filters.sort])
    return [row.escalation_id for row in rows if is_wanted(register, row, asked.filters)]


def asked_in_many_ways(register: Register) -> Iterator[Asked]:
    one, other = register.agencies[:2]
    ways: list[dict[str, Any]] = [
        {},
        {"reference": "INV-B2"},
        {"reference": register.rows[5].reference},
        {"reference": "INV-"},
        {"policy": "hull@2015"},
        {"stage": "ladder.two"},
        {"stage": "ladder.three"},
        *({"state": state} for state in State),
        {"reason": "threshold"},
        {"raising": one},
        {"receiving": one},
        {"raising": one, "receiving": other},
        {"outcome": "agreed"},
        *({"only": only} for only in Only),
        {"period": Period(2027)},
        {"period": Period(2026, 4)},
        {"receiving": other, "state": State.OPEN, "reason": "other", "period": Period(2027, 1)},
    ]
    for way in ways:
        for sort in Sort:
            yield register.asked(sort=sort, **way)


def test_whatever_is_asked_for_each_row_comes_once_and_in_order(register: Register) -> None:
    several = 0
    for asked in asked_in_many_ways(register):
        wanted = expected(register, asked)
        assert register.forwards(asked) == wanted, asked.filters
        with register.database.reading() as session:
            assert count_up_to(session, asked) == len(wanted)
            assert count_up_to(session, asked, 3) == min(len(wanted), 4)
        several += len(wanted) > SIZE
    assert several > 50


@pytest.mark.parametrize("sort", list(Sort))
def test_the_way_back_shows_the_same_pages(register: Register, sort: Sort) -> None:
    asked = register.asked(sort=sort)
    there = [register.page(asked)]
    while there[-1].has_after:
        there.append(register.page(asked, after=there[-1].marks[-1]))
    back = [there[-1]]
    while back[-1].has_before:
        back.append(register.page(asked, before=back[-1].marks[0]))

    assert len(there) > 5
    assert [page.marks for page in reversed(back)] == [page.marks for page in there]
    assert back[-1].has_after


@pytest.mark.parametrize("sort", list(Sort))
def test_what_comes_meanwhile_neither_hides_nor_repeats_a_row(register: Register, sort: Sort) -> None:
    asked, chance = register.asked(sort=sort), random.Random(3)
    before = expected(register, asked)
    first = register.page(asked)
    seen = [mark.row for mark in first.marks]
    number, page = 500, first
    while page.has_after:
        agencies, number = register.agencies, number + 5
        register.add([entry(register.board, agencies, chance, number + more) for more in range(5)], chance)
        page = register.page(asked, after=page.marks[-1])
        seen += [mark.row for mark in page.marks]
        if number > 600:
            break
    while page.has_after:
        page = register.page(asked, after=page.marks[-1])
        seen += [mark.row for mark in page.marks]

    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)


def test_a_mark_that_somebody_made_up_is_the_beginning_or_a_place_in_the_order(register: Register) -> None:
    begins = [mark.row for mark in register.page(register.asked(sort=Sort.DUE)).marks]
    for code in (
        "0." + "a" * 32,
        "0." + "a" * 32 + ".-5",
        "0." + "a" * 32 + ".99999999999999999999",
        "0." + "a" * 32 + ".INV-2",
    ):
        mark = Mark.read(code)
        assert mark is not None
        page = register.page(register.asked(sort=Sort.DUE), after=mark)
        assert [mark.row for mark in page.marks] == begins
        for sort in Sort:
            register.page(register.asked(sort=sort), after=mark)
            register.page(register.asked(sort=sort), before=mark)
    for code in ("", "x", "2." + "a" * 32, "0.zz", "0." + "a" * 32 + ".a b", "0." + "a" * 32 + ".\u0661"):
        assert Mark.read(code) is None


def test_no_address_says_when_an_escalation_was_opened(register: Register) -> None:
    for sort in (Sort.NEWEST, Sort.OLDEST):
        assert {mark.key for mark in register.page(register.asked(sort=sort)).marks} == {""}
