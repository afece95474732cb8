"""Patterns of similar escalations: from how many on, seen by whom, and what can be done about one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.db.actors import Actor
from forms_app.db.tables import Agency, Notification, Person
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.patterns import Pair, can_be_opened_from, threshold_of
from forms_app.domain.policy import Choice, Pattern
from forms_app.mail.compose import Kind
from forms_app.services import patterns
from forms_app.services.patterns import PatternLine, PatternsView
from tests.factories.policies import SOURCE, policy, route, stage
from tests.factories.scenes import Scene, scene, shelf
from tests.factories.walks import settle


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "west-sussex") as made:
        yield made


def agency(here: Scene, name: str) -> UUID:
    return here.agency(name).id


def pair_of(here: Scene) -> Pair:
    category = here.policy.categories_of(here.policy.main)[0].id
    return Pair(agency(here, "school"), agency(here, "socialcare"), category)


def seen(here: Scene, by: UUID | None = None) -> PatternsView:
    with here.workshop.reading() as work:
        return patterns.patterns_view(work, by=by or unit(here), page=1)


def unit(here: Scene) -> UUID:
    return here.holder("business_unit")


def told(here: Scene) -> UUID:
    """One at the first stage of which the Board hears."""
    escalation = here.open(everybody=True).escalation_id
    while here.stage(escalation).id != "senior_managers":
        here.step_up(escalation, everybody=True)
    return escalation


def several(here: Scene, count: int) -> list[UUID]:
    return [here.open().escalation_id for _ in range(count)]


def new(here: Scene) -> list[PatternLine]:
    with here.workshop.reading() as work:
        found = patterns.new_patterns(work, by=unit(here))
    assert found is not None
    assert found.count == len(found.first)
    return list(found.first)


def test_where_nobody_says_how_many_the_service_suggests_it_and_one_fewer_is_shown_as_nearly(here: Scene) -> None:
    several(here, 2)
    (nearly,) = seen(here).lines
    assert (nearly.count, nearly.is_reached) == (2, False)
    assert seen(here).threshold.is_suggested
    assert new(here) == []

    several(here, 1)

    (line,) = seen(here).lines
    assert (line.pair, line.count, line.is_reached) == (pair_of(here), 3, True)
    assert [each.pair for each in new(here)] == [pair_of(here)]


def test_other_agencies_other_reasons_and_other_times_are_no_part_of_it(here: Scene) -> None:
    several(here, 2)
    here.responding = ("police",)
    several(here, 2)
    here.responding = ("socialcare",)
    assert [each.count for each in seen(here).lines] == [2, 2]

    here.clock.forward(days=367)

    assert seen(here).lines == ()


def test_the_board_sets_what_its_policy_leaves_open(here: Scene) -> None:
    several(here, 2)
    with here.workshop.writing() as work:
        patterns.set_threshold(work, by=unit(here), count=2, months=6)
    with here.workshop.writing() as work:
        patterns.set_threshold(work, by=unit(here), count=2, months=7)

    view = seen(here)

    assert (view.threshold.count, view.threshold.months, view.threshold.is_suggested) == (2, 7, False)
    assert [each.is_reached for each in view.lines] == [True]


def test_nobody_changes_what_the_policy_says(sqlite_url: str) -> None:
    firm = policy(
        route(stage("one"), stage("two"), stage("three")),
        pattern=Pattern(count=2, months=6, opens="three", source=SOURCE),
    )
    with scene(sqlite_url, firm) as here:
        with here.workshop.writing() as work, pytest.raises(NotAllowedNow):
            patterns.set_threshold(work, by=unit(here), count=9, months=9)
        several(here, 2)
        assert [each.is_reached for each in seen(here).lines] == [True]


def test_a_concern_that_does_not_count_as_an_escalation_yet_is_part_of_it(sqlite_url: str) -> None:
    with scene(sqlite_url, policy(route(stage("one", counts=False), stage("two")))) as here:
        several(here, 3)

        assert [each.count for each in seen(here).lines] == [3]


def test_looked_at_it_is_new_again_once_one_more_comes(here: Scene) -> None:
    several(here, 3)
    with here.workshop.writing() as work:
        patterns.look_at(work, by=unit(here), pair=pair_of(here), seen=3, reason="They meet about it on Friday.")
    assert new(here) == []
    (line,) = seen(here).lines
    assert line.looked is not None
    assert line.looked.reason == "They meet about it on Friday."

    here.clock.forward(minutes=1)
    several(here, 1)

    assert [each.count for each in new(here)] == [4]
    with here.workshop.writing() as work, pytest.raises(NotAllowedNow):
        patterns.look_at(work, by=unit(here), pair=pair_of(here), seen=3, reason="They met.")


@pytest.mark.requirement("S-32")
def test_it_says_what_stage_five_needs_and_from_where_it_can_be_opened(here: Scene) -> None:
    several(here, 2)
    escalation = told(here)

    with here.workshop.reading() as work:
        view = patterns.pattern_view(work, by=unit(here), pair=pair_of(here))

    assert view.opens is not None
    assert view.opens.stage.endswith("The Independent Scrutineer")
    assert view.opens.decides == "Independent Scrutineer"
    assert view.opens.words == "a number of similar concerns or disagreements have been recorded"
    (entry,) = view.entries
    assert (entry.escalation_id, entry.is_open, entry.can_go_there) == (escalation, True, True)
    assert view.not_shown == 2, "the Board was not told of the others"


@pytest.mark.requirement("S-32")
def test_who_can_act_is_told_by_a_message_that_names_nobody(here: Scene) -> None:
    several(here, 2)
    escalation = told(here)
    seat(here, "scrutineer")

    for _ in range(2):
        with here.workshop.writing() as work:
            patterns.tell_scrutineer(work, by=unit(here), pair=pair_of(here))
            patterns.tell_raiser(work, by=unit(here), pair=pair_of(here), escalation_id=escalation)

    with here.database.reading() as session:
        owed = session.scalars(select(Notification).where(Notification.kind == Kind.SIMILAR_ESCALATIONS)).all()
        assert {(each.person_id, each.escalation_id) for each in owed} == {
            (here.holder("scrutineer"), None),
            (here.raiser, escalation),
        }
        assert len(owed) == 2
    settle(here, escalation)
    for cannot_go_there in (several(here, 1)[0], escalation):
        with here.workshop.writing() as work, pytest.raises(NotFound):
            patterns.tell_raiser(work, by=unit(here), pair=pair_of(here), escalation_id=cannot_go_there)


def seat(here: Scene, which: str) -> None:
    with here.database.writing() as session:
        if session.scalars(select(Person).where(Person.seat == which)).first() is None:
            session.get_one(Person, here.at("health", "colleague")).seat = which


def test_a_pair_that_is_no_pattern_is_not_there_and_neither_is_another_boards(here: Scene) -> None:
    several(here, 1)
    with here.workshop.reading() as work:
        with pytest.raises(NotFound):
            patterns.pattern_view(work, by=unit(here), pair=pair_of(here))
        with pytest.raises(NotFound):
            patterns.patterns_view(work, by=here.raiser, page=1)
        assert patterns.new_patterns(work, by=here.raiser) is None


def test_on_postgresql_the_unit_reaches_the_rows_that_it_needs(postgresql_url: str) -> None:
    with scene(postgresql_url, "west-sussex") as here:
        several(here, 2)
        escalation = told(here)
        with here.database.reading() as session:
            board = session.scalars(select(Agency.board_id)).first()
        office = here.workshop.on_behalf_of(Actor("person", unit(here), board, in_office=True))
        with office.writing() as work:
            patterns.set_threshold(work, by=unit(here), count=2, months=12)
            patterns.look_at(work, by=unit(here), pair=pair_of(here), seen=3, reason="They meet about it on Friday.")
            patterns.tell_raiser(work, by=unit(here), pair=pair_of(here), escalation_id=escalation)
        with office.reading() as work:
            view = patterns.pattern_view(work, by=unit(here), pair=pair_of(here))
            with pytest.raises(NotFound):  # the database takes no such character
                patterns.pattern_view(work, by=unit(here), pair=replace(pair_of(here), category="\0"))
        assert [each.escalation_id for each in view.entries] == [escalation]
        assert view.line.looked is not None


@pytest.mark.parametrize(
    ("at", "opens"),
    [("professionals", True), ("managers", True), ("senior_managers", True), ("leads", True), ("partnership", False)],
)
def test_straight_to_the_stage_from_where_the_policy_lets_them(at: str, opens: bool) -> None:
    west_sussex = next(each for each in shelf() if each.id == "west-sussex")

    assert can_be_opened_from(west_sussex, "main", at, similar=3) is opens


def test_a_policy_without_a_pattern_opens_nothing() -> None:
    plain = policy(route(stage("one"), stage("two")), categories=(Choice(id="other", title="Something else"),))

    assert not can_be_opened_from(plain, "main", "one", similar=99)
    assert threshold_of(plain, (4, 6)).count == 4
