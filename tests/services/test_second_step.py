"""Second steps below the web, on both databases: what two people do in the same instant, and who is asked for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.db import factors as stored
from forms_app.db.tables import Person, UnfinishedSignIn
from forms_app.domain.errors import NotFound
from forms_app.domain.seats import Seat
from forms_app.services import factors
from forms_app.services.factors import Typed
from forms_app.services.second_step import take_second_step
from forms_app.services.signing_in import SecondStepOwed, SignedIn, first_step_proved, must_have_second_step
from tests.factories.scenes import Scene, scene
from tests.factories.second_steps import code_of_app, give_second_step

SECRET = b"an invented secret that signs nothing"
UNIT = "unit@board.inventedshire.example"


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as place:
        give_second_step(place.database, UNIT, place.clock.now)
        yield place


def unit_of(here: Scene) -> UUID:
    return here.people[UNIT]


def owing(here: Scene) -> str:
    """The token of somebody of the unit who has proved their address."""
    with here.workshop.writing() as work:
        found = first_step_proved(work, work.session.get_one(Person, unit_of(here)), secret=SECRET, by="email")
    assert isinstance(found, SecondStepOwed)
    return found.token


def at_once(here: Scene, typed: Callable[[int], str]) -> list[SignedIn]:
    """Who gets in of eight sign-ins that type their code at the same instant."""
    tokens = [owing(here) for _ in range(8)]

    def prove(number: int) -> SignedIn | None:
        with here.workshop.writing() as work:
            return take_second_step(work, token=tokens[number], proof=Typed(typed(number)), secret=SECRET)

    with ThreadPoolExecutor(8) as pool:
        return [found for found in pool.map(prove, range(8)) if found is not None]


def test_one_code_of_an_app_typed_eight_times_at_once_lets_in_one(here: Scene) -> None:
    assert len(at_once(here, lambda _: code_of_app(here.clock.now))) == 1


def test_one_recovery_code_typed_eight_times_at_once_lets_in_one(here: Scene) -> None:
    with here.workshop.writing() as work:
        codes = factors.make_recovery_codes(work, by=unit_of(here), secret=SECRET)

    assert len(at_once(here, lambda _: codes[0])) == 1


def test_one_sign_in_finished_eight_times_at_once_is_one_session(here: Scene) -> None:
    with here.workshop.writing() as work:
        codes = factors.make_recovery_codes(work, by=unit_of(here), secret=SECRET)
    token = owing(here)

    def prove(number: int) -> SignedIn | None:
        with here.workshop.writing() as work:
            return take_second_step(work, token=token, proof=Typed(codes[number]), secret=SECRET)

    with ThreadPoolExecutor(8) as pool:
        assert len([found for found in pool.map(prove, range(8)) if found is not None]) == 1


def test_a_challenge_is_spent_once_and_forgotten_when_nobody_can_answer_it(here: Scene) -> None:
    def spend(at: datetime) -> bool:
        with here.workshop.writing() as work:
            return stored.spend_challenge(work.session, "digest", at, forget_before=at - timedelta(hours=1))

    now = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    assert [spend(now), spend(now), spend(now + timedelta(minutes=59)), spend(now + timedelta(hours=2))] == [
        *(True, False, False, True)
    ]


def test_a_failure_after_a_proof_spends_nothing(here: Scene) -> None:
    token = owing(here)

    def prove(*, fails: bool) -> SignedIn | None:
        with here.workshop.writing() as work:
            found = take_second_step(work, token=token, proof=Typed(code_of_app(work.now)), secret=SECRET)
            if fails:
                raise RuntimeError
            return found

    with pytest.raises(RuntimeError):
        prove(fails=True)
    assert prove(fails=False) is not None


@pytest.mark.parametrize("seat", [None, *Seat])
def test_who_must_have_one_is_said_in_one_place(seat: Seat | None) -> None:
    person = Person(seat=seat, administers_agency=False)

    assert must_have_second_step(person) == (seat in {"business_unit", "chair", "scrutineer", "auditor"})
    person.administers_agency = True
    assert must_have_second_step(person)


def test_those_who_run_the_service_reset_by_address_and_say_who_is_not_there(here: Scene) -> None:
    owing(here)
    with here.workshop.writing() as work:
        factors.reset_factors_of(work, f" {UNIT.upper()} ")
        with pytest.raises(NotFound):
            factors.reset_factors_of(work, "nobody@inventedshire.example")

    with here.workshop.reading() as work:
        assert not stored.has_any(work.session, unit_of(here))
        assert work.session.scalars(select(UnfinishedSignIn)).one().ended_at == here.clock.now
