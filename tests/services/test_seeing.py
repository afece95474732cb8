"""How much a party sees in what the service shows, sends and copies, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from forms_app.db.tables import Person
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Sees, Side, Sight
from forms_app.domain.records import MeetingCalled, PeopleJoin
from forms_app.domain.seats import Seat
from forms_app.services.file_copies import make_file_copy
from forms_app.services.looking import escalation_view
from tests.factories.everything import everything
from tests.factories.policies import SOURCE
from tests.factories.scenes import Scene, scene

UNTIL_A_MEETING = Sight(side=Side.BOARD, sees=Sees.DEIDENTIFIED, until="meeting_called", source=SOURCE)
FROM_JOINING = Sight(side=Side.RAISING, sees=Sees.FROM_JOINING, source=SOURCE)


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    """The chair is told whom it is about once a meeting is called; whoever joins the raising side sees what comes after."""
    given = everything().model_copy(update={"sight": (UNTIL_A_MEETING, FROM_JOINING)})
    with scene(sqlite_url, given) as found:
        yield found


@pytest.fixture
def at_chair(here: Scene) -> UUID:
    escalation = here.open().escalation_id
    here.clock.forward(minutes=1)
    here.step_up(escalation)
    here.clock.forward(minutes=1)
    here.step_up(escalation)
    return escalation


def seen_by(here: Scene, person: UUID, escalation: UUID) -> tuple[int, bool, set[str]]:
    """How many records, whether whom it is about, and which kinds of document."""
    with here.workshop.reading() as work:
        view = escalation_view(work, by=person, escalation_id=escalation)
        return len(view.records), bool(view.subject), {line.title for line in view.documents}


def test_until_a_meeting_is_called_the_chair_sees_no_record_and_is_sent_nothing_that_names_anybody(
    here: Scene, at_chair: UUID
) -> None:
    chair = here.holder(Seat.CHAIR)

    assert seen_by(here, chair, at_chair) == (0, False, set())
    assert seen_by(here, here.raiser, at_chair)[:2] == (3, True)
    with here.workshop.writing() as work, pytest.raises(NotFound):
        make_file_copy(work, by=chair, escalation_id=at_chair)


def test_from_the_meeting_on_the_chair_sees_everything_and_is_sent_how_it_began(here: Scene, at_chair: UUID) -> None:
    chair, other = here.holder(Seat.CHAIR), here.at("socialcare", "practitioner")
    here.clock.forward(minutes=1)

    at = here.clock.now
    called = MeetingCalled(meeting="joint", at=at, conveners=(here.raiser, other), invited=(chair,))
    here.record(at_chair, called, by=here.raiser)

    records, is_told, titles = seen_by(here, chair, at_chair)
    assert (records, is_told) == (4, True)
    assert any("account" in title.lower() for title in titles)
    with here.workshop.writing() as work:
        make_file_copy(work, by=chair, escalation_id=at_chair)


def test_who_joins_with_a_sight_from_then_on_does_not_see_what_was_before(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.clock.forward(minutes=1)
    manager = here.at("school", "first_line_manager")
    joins = NamedParty(manager, Side.RAISING, "first_line_manager")

    here.record(escalation, PeopleJoin(because="supports", joins=(manager,)), by=here.raiser, people=(joins,))

    assert seen_by(here, manager, escalation)[0] == 1, "that they joined, and not the concern"
    assert seen_by(here, here.raiser, escalation)[0] == 2


def test_nobody_is_named_whose_seat_takes_part_in_nothing(here: Scene) -> None:
    escalation = here.open().escalation_id
    manager = here.at("school", "first_line_manager")
    with here.database.writing() as session:
        found = session.get(Person, manager)
        assert found is not None
        found.seat = Seat.ANALYST
    joins = NamedParty(manager, Side.RAISING, "first_line_manager")

    with pytest.raises(NotAllowedNow, match="takes part in nothing"):
        here.record(escalation, PeopleJoin(because="supports", joins=(manager,)), by=here.raiser, people=(joins,))
