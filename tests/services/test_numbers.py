"""The Board's numbers: each quarter counted once, and told so that page, file and document can only say the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, event, select

from forms_app.db.figure_tables import QuarterCount
from forms_app.db.outbox import Claim
from forms_app.db.tables import AuditEntry, Board, RegisterEntry
from forms_app.domain.figures import Part, Quarter
from forms_app.domain.numbers import NOBODY_EXPLAINED, Numbers, Table, Unit
from forms_app.domain.periods import Period
from forms_app.domain.register import State
from forms_app.domain.suppression import is_small
from forms_app.services import numbers as service
from forms_app.services.figures import count_quarters, counted_anew
from forms_app.services.numbers import numbers_of
from forms_app.services.recounting import count_what_is_left
from tests.factories.figures import Counted
from tests.factories.scenes import Scene, latest, scene

BOTH = pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url"], indirect=True)
AFTER_THE_YEAR = datetime(2027, 2, 1, 10, 0, tzinfo=UTC)
YEAR = Period(2026)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """What is counted is tried on both databases; telling it asks neither."""
    return str(request.getfixturevalue(getattr(request, "param", "sqlite_url")))


@pytest.fixture
def here(url: str) -> Iterator[Scene]:
    with scene(url, "hull") as place:
        place.clock.now = AFTER_THE_YEAR
        yield place


@pytest.fixture
def there(here: Scene) -> Counted:
    policy = latest("hull")
    agencies = [here.agency(name).id for name in ("school", "police", "health")]
    return Counted(here.database, board_of(here), agencies, policy.key, policy.main.id, policy.main.stages[0].id)


def board_of(here: Scene) -> UUID:
    with here.database.reading() as session:
        return session.scalars(select(Board.id)).one()


def told(here: Scene, period: Period = YEAR) -> Numbers:
    while count_quarters(here.workshop):
        pass
    with here.workshop.reading() as work:
        return numbers_of(work, board_of(here), period)


def table(numbers: Numbers, part: str) -> Table:
    return next(each for each in numbers.tables if each.id == part)


def line(table: Table, *labels: str) -> list[str]:
    return [cell.words for row in table.rows if row.labels == labels for cell in row.cells]


def cells(numbers: Numbers) -> dict[tuple[str, ...], str]:
    """Everything that is told of this period itself, by table and line."""
    return {(each.id, *row.labels): row.cells[0].words for each in numbers.tables for row in each.rows}


# --- counting ------------------------------------------------------------------------------------------------------


def test_a_quarter_is_counted_four_weeks_after_its_end_and_not_before(here: Scene, there: Counted) -> None:
    there.add(6, 2)
    here.clock.now = datetime(2026, 4, 28, 22, 0, tzinfo=UTC)

    assert told(here, Period(2026, 1)).counted_on is None
    here.clock.now = datetime(2026, 4, 28, 23, 30, tzinfo=UTC)  # it is the 29th in the United Kingdom

    assert told(here, Period(2026, 1)).total.words == "6"
    assert told(here).counted_on is None, "the year goes on"


@BOTH
def test_what_was_counted_is_what_counting_anew_gives(here: Scene, there: Counted) -> None:
    there.add(
        6, 2, outcome="settled", actions=3, actions_done=3, stays=[(there.stage, 4, False), (there.stage, 9, None)]
    )
    there.add(5, 3, state=State.OPEN.value, receiving=there.agencies[1:3], category="communication")
    there.add(2, 1, state=State.LEFT.value, came_of_it=True, stays=[])
    told(here)

    with here.workshop.reading() as work:
        row = work.session.scalars(select(QuarterCount).where(QuarterCount.period == "2026-q1")).one()
        kept, anew = Quarter.from_json(row.counts), counted_anew(work, board_of(here), Period(2026, 1))
    assert kept == anew
    assert anew.total == 13
    assert {tally.total() for tally in anew.tallies.values()} == {13}, "each table counts each escalation once"
    assert anew.tallies[Part.LIMITS] == {("missed",): 6, ("kept",): 5, ("none",): 2}
    assert ("school", "several") in anew.tallies[Part.AGENCIES]


def test_what_happens_later_moves_no_number_because_a_difference_would_tell_of_somebody(
    here: Scene, there: Counted
) -> None:
    there.add(9, 2, state=State.OPEN.value)
    first = told(here)
    with here.database.writing() as session:
        session.scalars(select(RegisterEntry)).first().state = State.RESOLVED.value  # type: ignore[union-attr]
    there.add(1, 2)

    assert told(here) == first
    with here.database.reading() as session:
        assert session.scalars(select(AuditEntry.code).where(AuditEntry.action == "quarter_counted")).all() == [
            "2026-q1",
            "2026-q2",
            "2026-q3",
            "2026-q4",
        ]


def test_what_was_destroyed_counts_and_what_never_was_an_escalation_does_not(here: Scene, there: Counted) -> None:
    there.add(5, 2, destroyed_at=AFTER_THE_YEAR)
    there.add(2, 2)
    there.add(30, 3, counts=False)

    assert told(here).total.words == "7"


def test_the_worker_counts_when_it_looks_after_what_the_register_has_not_counted(here: Scene, there: Counted) -> None:
    there.add(6, 2, destroyed_at=AFTER_THE_YEAR)
    claim = Claim(uuid4(), "count", uuid4(), 1, "worker")
    count_what_is_left(here.workshop, claim)

    with here.database.reading() as session:
        assert len(session.scalars(select(QuarterCount.period)).all()) == 4


@BOTH
def test_counting_and_telling_take_as_many_statements_for_many_as_for_few(here: Scene, there: Counted) -> None:
    def statements() -> list[int]:
        seen: list[str] = []
        engine = here.database.engine
        event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
        with here.workshop.reading() as work:
            counted_anew(work, board_of(here), Period(2026, 1))
        first = len(seen)
        with here.workshop.reading() as work:
            numbers_of(work, board_of(here), YEAR)
        return [first, len(seen) - first]

    there.add(6, 2)
    told(here)
    few = statements()
    there.add(60, 2, receiving=there.agencies[1:3])
    there.add(60, 3, state=State.OPEN.value)

    assert statements() == few


# --- telling -------------------------------------------------------------------------------------------------------


def test_a_year_is_told_beside_the_year_before(here: Scene, there: Counted) -> None:
    there.add(8, 2, year=2025)
    there.add(9, 7, year=2025, state=State.OPEN.value)
    there.add(12, 2)
    there.add(7, 5, state=State.OPEN.value)
    there.add(20, 11, state=State.LEFT.value)

    found = told(here)

    assert (found.total.words, found.total_before.words) == ("39", "17")
    assert line(table(found, "stage"), "Resolved") == ["12", "8"]
    assert line(table(found, "stage"), "Gone on outside the policy") == ["20", "0"]
    assert line(table(found, "quarters"), "April to June") == ["7", "Not shown"]
    assert line(table(found, "quarters"), "January to March") == ["12", "8"]


def test_a_small_quarter_is_told_with_the_next_or_left_out_of_the_year(here: Scene, there: Counted) -> None:
    there.add(3, 2)
    there.add(6, 5)
    there.add(8, 8)
    there.add(4, 11)

    found = told(here)

    assert found.total.words == "17"
    assert line(table(found, "quarters"), "January to June together") == ["9", "–"]
    assert line(table(found, "quarters"), "January to March") == ["Not shown", "–"]
    assert any(sentence.startswith("October to December: fewer than 5") for sentence in found.left_out)
    assert told(here, Period(2026, 2)).total.words == "Not shown"
    assert told(here, Period(2026, 3)).total.words == "8"


def test_of_a_year_with_hardly_any_nothing_is_told_and_the_page_says_so(here: Scene, there: Counted) -> None:
    there.add(4, 2)

    found = told(here)

    assert found.total.words == "Not shown"
    assert all(
        each.missing or {cell.words for row in each.rows for cell in row.cells} <= {"Not shown", "–"}
        for each in found.tables
    )


def test_a_pair_of_agencies_is_told_where_it_is_large_enough_and_the_others_together(
    here: Scene, there: Counted
) -> None:
    school, police, health = there.agencies
    there.add(20, 2)
    there.add(3, 2, receiving=[health])
    there.add(9, 2, receiving=[health, police])
    there.add(8, 2, raising_id=police, receiving=[school])

    agencies = table(told(here), "agencies")

    assert line(agencies, "School or college") == ["32", "–"]
    assert line(agencies, "School or college", "With Police") == ["20", "–"]
    assert line(agencies, "School or college", "All others together") == ["12", "–"], "three of them would be small"
    assert line(agencies, "Police", "With School or college") == ["8", "–"]


@BOTH
def test_no_number_that_is_told_is_small_and_every_table_says_the_same_of_what_several_say(
    here: Scene, there: Counted
) -> None:
    chance = random.Random(7)
    for month in range(1, 13):
        for _ in range(6):
            there.add(
                chance.choice((1, 1, 2, 4)),
                month,
                state=chance.choice(list(State)).value,
                category=chance.choice(("communication", "other", "other")),
                receiving=chance.sample(list(there.agencies), chance.choice((1, 1, 2))),
                actions=2,
                actions_done=chance.choice((None, 1, 2)),
            )
    told(here)

    for period in (YEAR, *YEAR.quarters):
        found = told(here, period)
        shown = [
            cell for each in found.tables for row in each.rows for cell in row.cells if cell.unit is Unit.ESCALATIONS
        ]
        assert shown
        assert not any(is_small(cell.number or 0) for cell in (*shown, found.total))
        first = {cells(found).get((part, "Resolved")) for part in ("stage", "outcome", "actions", "reviews")}
        assert len(first) == 1


def test_a_quarter_has_tables_after_a_year_of_many(
    here: Scene, there: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MANY", 20)
    there.add(20, 2, year=2025)
    there.add(30, 2)
    there.add(9, 3, state=State.OPEN.value)
    there.add(30, 5)
    there.add(2, 5, state=State.OPEN.value)

    first, second = told(here, Period(2026, 1)), told(here, Period(2026, 2))

    assert line(table(first, "stage"), "Still going on") == ["9", "Not shown"], "nor any of the year before"
    assert line(table(second, "stage"), "Resolved") == ["Not shown", "Not shown"], "beside two"
    assert [each.id for each in told(here, Period(2025, 1)).tables] == ["quarters"]


def test_what_was_resolved_is_the_last_to_be_hidden_for_the_sake_of_another(here: Scene, there: Counted) -> None:
    there.add(20, 2)
    there.add(9, 2, state=State.OPEN.value)
    there.add(2, 2, state=State.LEFT.value)

    stages = table(told(here), "stage")

    assert line(stages, "Resolved") == ["20", "–"]
    assert line(stages, "Still going on") == line(stages, "Gone on outside the policy") == ["Not shown", "–"]


def test_time_at_a_stage_is_told_of_ten_stays_and_the_longest_by_the_fifth(here: Scene, there: Counted) -> None:
    for days in (1, 2, 3, 4, 5, 6, 7, 8, 90):
        there.add(1, 2, stays=[(there.stage, days, days < 5)])
    assert table(told(here), "times").missing == service.TOO_FEW_STAYS
    with here.database.writing() as session:
        session.execute(delete(QuarterCount))
    there.add(1, 2, stays=[(there.stage, 100, True)])

    found = line(table(told(here), "times"), *first_line(told(here)))

    assert found[::2] == ["About 5 in 10", "5", "6"]


def first_line(numbers: Numbers) -> tuple[str, ...]:
    return table(numbers, "times").rows[0].labels


def test_a_policy_that_does_not_ask_for_the_level_of_need_is_said_not_to(here: Scene, there: Counted) -> None:
    there.add(9, 2)

    assert table(told(here), "level").missing == service.NOT_ASKED


def test_every_table_that_nobody_explained_says_so(here: Scene, there: Counted) -> None:
    there.add(9, 2)

    found = told(here)

    assert {each.explanation for each in found.tables} == {NOBODY_EXPLAINED}
    assert list(found.not_explained) == [each for each in found.tables if not each.missing]
