"""Whoever can act next on a document that waits is told so: not everybody, not twice in an hour, and not when it is too late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from forms_app.db.tables import Person
from forms_app.domain.records import ProformaMade
from forms_app.mail.compose import Message
from forms_app.services import releasing
from tests.factories import scenes
from tests.factories.releases import held, let_out, prepare, release_of
from tests.factories.scenes import Scene, scene
from tests.mail.owed import LETTERHEAD, Office
from tests.services.test_releasing import LIVES_AT, SECRET, tell

CLEAN = "Two agencies read the same plan in two ways."


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "hull") as made:
        yield made


def reaches_the_board(here: Scene) -> UUID:
    opened = here.open().escalation_id
    for _ in range(3):
        here.step_up(opened)
    return opened


def posted(here: Scene) -> list[Message]:
    """The messages about what waits that a worker sends now."""
    office = Office(here.workshop, here.clock)  # type: ignore[arg-type]
    while office.work():
        pass
    found = [each for each in office.postbox.posted if each.message_id.startswith("release_waits.")]
    return sorted(found, key=lambda each: each.to)


def told(here: Scene) -> dict[UUID, str]:
    """Who is told now, and of how many."""
    return {here.people[each.to]: each.subject.rpartition(": ")[2] for each in posted(here)}


def hour_later(here: Scene) -> None:
    here.clock.now += timedelta(hours=1)


def test_the_business_unit_is_told_when_something_begins_to_wait_and_the_others_when_it_was_prepared(
    here: Scene,
) -> None:
    escalation = reaches_the_board(here)
    unit, chair = here.holder("business_unit"), here.holder("chair")
    (waits,) = held(here.workshop, escalation)

    (message,) = posted(here)
    assert here.people[message.to] == unit
    assert f"{LETTERHEAD.service_url}/register/today\n" in message.body

    hour_later(here)
    prepare(here.workshop, waits.document_id, by=unit, about=CLEAN)
    assert told(here) == {chair: "1"}, "the other one in the office, and not who prepared it"

    hour_later(here)
    seen = release_of(here.workshop, waits.document_id).revision
    with here.workshop.writing() as work:
        releasing.send_back(work, by=chair, document_id=waits.document_id, seen=seen, because="Shorter, please.")
    assert told(here) == {unit: "1"}


def test_what_a_party_prepared_comes_back_to_them_by_the_page_of_their_escalation(here: Scene) -> None:
    escalation = reaches_the_board(here)
    (waits,) = held(here.workshop, escalation)
    unit = here.holder("business_unit")
    prepare(here.workshop, waits.document_id, by=here.raiser, about=CLEAN)
    assert set(told(here)) == {unit, here.holder("chair")}

    hour_later(here)
    seen = release_of(here.workshop, waits.document_id).revision
    with here.workshop.writing() as work:
        releasing.send_back(work, by=unit, document_id=waits.document_id, seen=seen, because="Shorter, please.")
    (message,) = posted(here)
    assert here.people[message.to] == here.raiser
    assert f"{LETTERHEAD.service_url}/escalations/{escalation}#waiting\n" in message.body


def test_one_message_an_hour_counts_all_that_waits_then(here: Scene) -> None:
    escalation = reaches_the_board(here)
    unit = here.holder("business_unit")
    assert told(here) == {unit: "1"}

    for _ in range(2):
        here.record(escalation, ProformaMade(), by=here.raiser)
    assert told(here) == {}
    hour_later(here)
    assert told(here) == {unit: "3"}
    hour_later(here)
    assert told(here) == {}


def test_what_has_been_released_before_the_hour_is_over_is_not_told(here: Scene) -> None:
    escalation = reaches_the_board(here)
    posted(here)
    here.record(escalation, ProformaMade(), by=here.raiser)
    for waits in held(here.workshop, escalation):
        prepare(here.workshop, waits.document_id, by=here.raiser)
        let_out(here.workshop, waits.document_id, by=here.holder("business_unit"))

    hour_later(here)
    assert here.holder("business_unit") not in told(here)


def test_a_document_that_tells_a_secret_address_is_for_those_who_take_part(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "SUBJECT", SECRET)
    escalation = here.open().escalation_id
    tell(here, escalation, f"She was seen at {LIVES_AT}.")
    (waits,) = held(here.workshop, escalation)
    other = here.at("socialcare", "practitioner")

    assert set(told(here)) == {place.person for place in here.places(escalation)}
    hour_later(here)
    prepare(here.workshop, waits.document_id, by=here.raiser)
    assert here.raiser not in (now := told(here))
    assert other in now


def test_whoever_has_left_is_told_nothing(here: Scene) -> None:
    with here.database.writing() as session:
        session.get_one(Person, here.holder("business_unit")).left_at = here.clock.now

    reaches_the_board(here)

    assert told(here) == {}
