"""A note on compliance or competence is there for some people of the writer's agency; for everybody else there is no trace of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Side
from forms_app.domain.records import PeopleJoin, RestrictedNote
from forms_app.services import looking, register
from tests.factories.everything import busy as busy_in
from tests.factories.everything import everything, fall_silent
from tests.factories.scenes import Scene, scene

NOTE = RestrictedNote(about="competence")


@pytest.fixture
def busy(sqlite_url: str) -> Iterator[tuple[Scene, UUID]]:
    """An escalation with much in it, and a note that only the managers of the school may read."""
    with scene(sqlite_url, everything()) as made:
        yield made, busy_in(made)


def look(here: Scene, way: Callable[..., Any], **given: Any) -> Any:
    with here.workshop.reading() as work:
        return way(work, **given)


def join(here: Scene, escalation: UUID, person: UUID, side: Side, level: str, *, by: UUID) -> None:
    facts = PeopleJoin(because="supports", joins=(person,))
    here.record(escalation, facts, by=by, people=(NamedParty(person, side, level),))


@pytest.mark.requirement("W-31")
def test_only_people_at_the_policys_levels_of_the_writers_agency_see_that_there_is_a_note(
    busy: tuple[Scene, UUID],
) -> None:
    here, escalation = busy
    care, writer = here.at("socialcare", "practitioner"), here.at("school", "first_line_manager")
    join(here, escalation, here.at("school", "senior_manager"), Side.RAISING, "senior_manager", by=here.raiser)
    join(here, escalation, here.at("socialcare", "senior_manager"), Side.RESPONDING, "senior_manager", by=care)
    people = {
        "the writer": (writer, True),
        "another manager of the agency": (here.at("school", "senior_manager"), True),
        "the raiser, of the same agency": (here.raiser, False),
        "the other side": (care, False),
        "a manager of the other side": (here.at("socialcare", "senior_manager"), False),
    }

    for who, (person, reads) in people.items():
        view = look(here, looking.escalation_view, by=person, escalation_id=escalation)
        assert ("Restricted note" in {line.what for line in view.records}) == reads, who


def test_a_note_is_no_sign_of_life_to_those_who_do_not_see_it(busy: tuple[Scene, UUID]) -> None:
    here, escalation = busy
    here.clock.strike(2027, 3, 4)
    here.record(escalation, NOTE, by=here.at("school", "first_line_manager"))

    silence = {
        person: look(here, looking.your_escalations, by=person)[0].days_without_record
        for person in (here.at("school", "first_line_manager"), here.raiser, here.at("socialcare", "practitioner"))
    }

    assert list(silence.values()) == [0, 2, 2]


def test_a_note_is_not_where_the_service_says_since_when_nothing_was_recorded(busy: tuple[Scene, UUID]) -> None:
    here, escalation = busy
    here.clock.strike(2027, 3, 2)
    here.record(escalation, NOTE, by=here.at("school", "first_line_manager"))
    fall_silent(here)

    view = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation)

    assert view.records[-1].by_itself == "Nothing had been recorded since 1 March 2027 at 10:30am."


def test_the_board_sees_no_trace_of_a_note(busy: tuple[Scene, UUID]) -> None:
    here, escalation = busy
    fall_silent(here)
    unit = here.holder("business_unit")
    before = look(here, register.board_view, by=unit, escalation_id=escalation)
    here.clock.forward(seconds=1)
    here.record(escalation, NOTE, by=here.at("school", "first_line_manager"))

    after = look(here, register.board_view, by=unit, escalation_id=escalation)

    assert after.summary.has_gone_quiet
    assert (after.facts, after.clocks, after.documents) == (before.facts, before.clocks, before.documents)
