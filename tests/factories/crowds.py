"""What each of several processes does with one escalation, all at the same instant."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from forms_app.db.actors import SERVICE
from forms_app.db.database import Database
from forms_app.db.keys import KeyRing
from forms_app.db.sealing import use_keys
from forms_app.db.tables import Person
from forms_app.domain.errors import DomainError
from forms_app.domain.filing import Filed, Seen
from tests.factories.keys import KEYS
from tests.factories.scenes import rejoined
from tests.services.claiming import Together

POLICY = "hull"
FIRST = Seen("ladder", "stage_one")


@dataclass(frozen=True)
class Crowd:
    """Processes that are started once for many tests, because each takes its time to begin."""

    pool: ProcessPoolExecutor

    def together(self, count: int, do: Callable[..., Any], url: str, place: Path, *given: Any) -> list[Any]:
        """What each of so many processes came back with, after they had waited for each other."""
        return [one.result(timeout=300) for one in self.begin(count, do, url, place, *given)]

    def begin(self, count: int, do: Callable[..., Any], url: str, place: Path, *given: Any) -> list[Future[Any]]:
        """The same, without waiting for what they come back with."""
        meeting = Together(place / "met", count)
        meeting.place.mkdir()
        return [self.pool.submit(do, url, f"w{number}", meeting, *given) for number in range(count)]


@contextmanager
def gathered(most: int) -> Iterator[Crowd]:
    with ProcessPoolExecutor(most, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield Crowd(pool)


def step_up(url: str, worker: str, meeting: Together, escalation: UUID) -> Filed | str:
    """Takes it further from the first stage; the name of the refusal when somebody else was sooner."""
    here = rejoined(url, POLICY)
    meeting.wait(worker)
    try:
        return here.step_up(escalation, by=here.raiser, seen=FIRST)
    except DomainError as refused:
        return type(refused).__name__
    finally:
        here.database.close()


def write_accounts(url: str, worker: str, meeting: Together, escalation: UUID, count: int) -> list[UUID]:
    here = rejoined(url, POLICY)
    by = [here.raiser, here.at("socialcare", "practitioner")][int(worker[1:]) % 2]
    meeting.wait(worker)
    records = [here.account(escalation, by=by, seen=FIRST).record_id for _ in range(count)]
    here.database.close()
    return records


def send_the_same(url: str, worker: str, meeting: Together, escalation: UUID, key: UUID) -> Filed:
    here = rejoined(url, POLICY)
    meeting.wait(worker)
    filed = here.account(escalation, by=here.raiser, seen=FIRST, form_key=key)
    here.database.close()
    return filed


def open_the_same(url: str, worker: str, meeting: Together, key: UUID) -> Filed:
    here = rejoined(url, POLICY)
    meeting.wait(worker)
    filed = here.open(form_key=key)
    here.database.close()
    return filed


def count_up(url: str, worker: str, meeting: Together, person: UUID, times: int) -> None:
    """Reads a number, adds one and writes it, as our sessions do it."""
    database = Database(url, KEYS)
    meeting.wait(worker)
    for _ in range(times):
        with database.writing() as session:
            found = session.get_one(Person, person, with_for_update=True)
            found.telephone = str(int(found.telephone) + 1)
    database.close()


def count_up_carelessly(url: str, worker: str, meeting: Together, person: UUID, times: int) -> None:
    """The same by an engine that is left as it comes."""
    engine = create_engine(url)
    use_keys(engine.dialect, KeyRing(engine, KEYS))
    meeting.wait(worker)
    for _ in range(times):
        with Session(engine) as session, session.begin():
            SERVICE.begin(session)
            found = session.get_one(Person, person)
            found.telephone = str(int(found.telephone) + 1)
    engine.dispose()
