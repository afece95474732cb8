"""What the register and the office's day say of each escalation is what the escalation says of itself, to those whose business it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, update

from forms_app.commands.invented import invented_boards
from forms_app.db.places import WHOLE
from forms_app.db.saved_views import forget_views
from forms_app.db.tables import Escalation, Interest, RegisterEntry
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.escalation import Open
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Side
from forms_app.domain.records import PeopleJoin, RestrictedNote
from forms_app.domain.register_filters import Filters, Only
from forms_app.services import handing_over, register_pages, saved_views
from forms_app.services.boards import set_up_board
from forms_app.services.leaving import leave
from forms_app.services.register_pages import RegisterLine, register_file, register_page
from forms_app.services.summaries import Summary, summary_of
from forms_app.services.today import Group, Kind, all_of, today
from tests.factories.everything import at_the_chair, busy, everything, fall_silent
from tests.factories.scenes import Scene, scene
from tests.factories.walks import settle

SAME = (
    "reference", "opened", "raising", "next_due", "is_late", "is_open", "is_counted", "decision_stands", "days_without_record",
    "has_gone_quiet", "nobody_said",
)  # fmt: skip


@pytest.fixture
def full(database_url: str) -> Iterator[Scene]:
    """Escalations in nearly every state, as if the Board was told of each."""
    with scene(database_url, everything()) as made:
        busy(made)
        noted = made.open().escalation_id
        fall_silent(made)
        manager = made.at("school", "first_line_manager")
        joins = (NamedParty(manager, Side.RAISING, "first_line_manager"),)
        made.record(noted, PeopleJoin(because="supports", joins=(manager,)), by=made.raiser, people=joins)
        made.clock.forward(days=2)
        made.record(noted, RestrictedNote(about="competence"), by=manager)
        at_the_chair(made)
        settle(made, made.open().escalation_id)
        made.clock.forward(days=2)
        tell_of_all(made)
        yield made


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    """Two, one of which has gone on outside the policy."""
    with scene(sqlite_url, "annex-c") as made:
        made.open()
        left = made.open().escalation_id
        while isinstance(made.standing(left), Open):
            made.step_up(left)
        made.clock.forward(days=10)
        tell_of_all(made)
        yield made


def open_four(here: Scene) -> None:
    for _ in range(4):
        here.open()
    tell_of_all(here)


def tell_of_all(here: Scene) -> None:
    with here.database.writing() as session:
        session.execute(update(RegisterEntry).values(told_at=here.clock.now))


def look(here: Scene, way: Any, **given: Any) -> Any:
    with here.workshop.reading() as work:
        return way(work, **given)


def unit(here: Scene) -> UUID:
    return here.holder("business_unit")


def lines(here: Scene, by: UUID | None = None, **filters: Any) -> tuple[RegisterLine, ...]:
    found: tuple[RegisterLine, ...] = look(here, register_page, by=by or unit(here), filters=Filters(**filters)).lines
    return found


def groups(here: Scene, by: UUID | None = None) -> dict[Kind, Group]:
    return {group.kind: group for group in look(here, today, by=by or unit(here))}


def summaries(here: Scene) -> dict[UUID, Summary]:
    with here.workshop.reading() as work:
        found = work.session.scalars(select(Escalation).options(*WHOLE)).all()
        return {each.id: summary_of(work, each, None) for each in found}


def as_file(here: Scene, by: UUID, **filters: Any) -> str:
    with here.workshop.writing() as work:
        return register_file(work, by=by, filters=Filters(**filters), file_format="csv").decode()


# --- a line --------------------------------------------------------------------------------------------------------


def agrees_with_itself(here: Scene) -> tuple[RegisterLine, ...]:
    said, shown = summaries(here), lines(here)
    assert len(shown) == len(said)
    for line in shown:
        summary = said[line.id]
        assert {name: getattr(line, name) for name in SAME} == {name: getattr(summary, name) for name in SAME}
        assert summary.where.startswith(line.where)
        assert set(line.responding.split(", ")) == set(summary.responding.split(", "))
        assert bool(line.waits_for) == bool(line.next_due)
    return shown


def test_what_nobody_counted_to_its_end_is_not_said_to_be_so_many() -> None:
    assert Group(Kind.LEARNING, 100, (), is_more=True).how_many == "100 or more"
    assert Group(Kind.LEARNING, 100, ()).how_many == "100"


def test_a_line_says_what_the_escalation_says_of_itself(here: Scene) -> None:
    assert sorted(line.nobody_said for line in agrees_with_itself(here)) == [False, True]
    assert {line.age for line in lines(here)} == {"1 week", "Less than a week"}, "the second ended at once"
    assert {line.opened for line in lines(here)} == {"March 2027"}


def test_so_it_does_in_every_state_to_those_whose_business_it_is(full: Scene) -> None:
    shown = agrees_with_itself(full)

    assert {line.is_late for line in shown} == {line.has_gone_quiet for line in shown} == {True, False}
    assert "The Board" in {line.waits_for for line in shown}, "the chair decides at the last stage"
    the_day_has_each_kind(full, shown)
    who_declared_an_interest_finds_it_nowhere(full)
    a_view_is_one_persons_own(full)
    another_boards_office_finds_nothing(full)


def test_a_page_asks_the_database_as_often_whatever_is_on_it(here: Scene) -> None:
    asked: list[str] = []
    event.listen(here.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def count(way: Any) -> int:
        asked.clear()
        way()
        return len(asked)

    open_four(here)
    few = count(lambda: lines(here)), count(lambda: groups(here))
    open_four(here)
    assert len(lines(here)) == 10
    assert (count(lambda: lines(here)), count(lambda: groups(here))) == few


# --- whose business it is ------------------------------------------------------------------------------------------


def who_declared_an_interest_finds_it_nowhere(here: Scene) -> None:
    officer, everything_there = unit(here), len(lines(here))
    overdue = lines(here, only=Only.OVERDUE)[0]
    before = groups(here)[Kind.LATE].count
    with here.database.writing() as session:
        session.add(Interest(escalation_id=overdue.id, person_id=officer, words="", declared_at=here.clock.now))

    assert overdue.reference not in repr(lines(here)) + repr(lines(here, reference=overdue.reference))
    assert overdue.reference not in repr(look(here, today, by=officer)) + as_file(here, officer)
    assert look(here, register_page, by=officer, filters=Filters()).count == everything_there - 1
    assert groups(here)[Kind.LATE].count == before - 1
    assert overdue.reference in repr(lines(here, here.holder("chair")))


def another_boards_office_finds_nothing(here: Scene) -> None:
    with here.workshop.writing() as work:
        (another,) = [board.given for board in invented_boards(here.shelf) if board.given.code == "HUM"]
        other = set_up_board(work, another)["unit@board.humberwick.example"]

    assert lines(here, other) == ()
    assert look(here, register_page, by=other, filters=Filters()).count == 0
    assert groups(here, other) == {}
    assert as_file(here, other).count("\n") == 1


@pytest.mark.parametrize("who", [("school", "practitioner"), ("board", "directors")])
def test_nobody_else_opens_any_of_it(here: Scene, who: tuple[str, str]) -> None:
    for way, given in (
        (register_page, {"filters": Filters()}),
        (register_file, {"filters": Filters(), "file_format": "csv"}),
        (today, {}),
        (all_of, {"kind": Kind.LATE}),
        (saved_views.views_of, {}),
    ):
        with pytest.raises(NotFound):
            look(here, way, by=here.at(*who), **given)


# --- as a file -----------------------------------------------------------------------------------------------------


def test_a_file_has_every_line_and_what_would_be_a_formula_is_a_text(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_pages, "AT_ONCE", 1)
    with here.database.writing() as session:
        session.execute(update(RegisterEntry).values(reference="=1+1"))

    text = as_file(here, unit(here))

    assert text.count("'=1+1") == len(lines(here)) == 2
    assert "Deliveries that need a person" in text
    assert "Deliveries that need a person" not in as_file(here, here.holder("chair"))


def test_what_is_too_long_for_a_file_is_not_cut_but_refused(here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_pages, "MOST_ROWS", 1)

    with pytest.raises(NotAllowedNow, match="Choose a period"):
        as_file(here, unit(here))
    assert as_file(here, unit(here), reference="NO-")


# --- the day -------------------------------------------------------------------------------------------------------


def the_day_has_each_kind(here: Scene, shown: tuple[RegisterLine, ...]) -> None:
    with here.workshop.writing() as work:
        leave(work, person_id=here.at("socialcare", "practitioner"), by=unit(here))
    found = groups(here)

    late = sorted((line for line in shown if line.is_late), key=lambda line: line.next_due)
    assert found[Kind.LATE].count == len(late) > 0
    assert {line.reference for line in found[Kind.LATE].lines} == {line.reference for line in late}
    assert found[Kind.SILENCE].count == len([line for line in shown if line.has_gone_quiet])
    empty = look(here, handing_over.empty_places, by=unit(here))
    assert found[Kind.PLACES].count == len(empty) > 0
    assert {line.reference for line in found[Kind.PLACES].lines} == {place.reference for place in empty}
    for kind, group in found.items():
        assert look(here, all_of, by=unit(here), kind=kind).count == group.count


def test_the_chair_sees_only_what_the_chair_can_do(here: Scene) -> None:
    assert set(groups(here, here.holder("chair"))) <= {Kind.RELEASES}
    with pytest.raises(NotFound):
        look(here, all_of, by=here.holder("chair"), kind=Kind.LATE)


# --- views ---------------------------------------------------------------------------------------------------------


def a_view_is_one_persons_own(here: Scene) -> None:
    officer, chair = unit(here), here.holder("chair")
    key = uuid4()

    def save(name: str, form_key: UUID, **given: Any) -> None:
        with here.workshop.writing() as work:
            saved_views.save_view(
                work,
                by=officer,
                form_key=form_key,
                name=name,
                filters=Filters(only=Only.OVERDUE),
                is_first=True,
                **given,
            )

    save("Late ones", key)
    save("Late ones", key)
    save("Others", uuid4())

    mine = look(here, saved_views.views_of, by=officer)
    assert sorted((view.name, view.is_first) for view in mine) == [("Late ones", False), ("Others", True)]
    assert look(here, saved_views.first_view, by=officer) == Filters(only=Only.OVERDUE)
    assert look(here, saved_views.views_of, by=chair) == ()
    with pytest.raises(NotFound):
        look(here, saved_views.one_view, by=chair, view_id=key)
    with pytest.raises(NotAllowedNow):
        save("LATE ONES", uuid4())
    with here.workshop.writing() as work:
        forget_views(work.session, officer)
    assert look(here, saved_views.views_of, by=officer) == ()
