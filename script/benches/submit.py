"""Times the POST that closes a stage against the POST of a bare Flask app that commits the same rows to the same tables.

Ours is the whole service as it answers a browser: session, token, permission, the draft's validation, the record, the documents and
deliveries owed, the audit entries, the poke and the log line. The bare app knows beforehand what it has to write: it adds the rows,
commits and sends the browser on. Both are on one database with the same settings, and every commit reaches the disk. Rounds are
interleaved, so that whatever else the machine does falls on both alike.
"""

from __future__ import annotations

import gc
import io
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count, groupby
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from unittest import mock
from uuid import UUID, uuid4

from flask import Flask, redirect
from flask.testing import FlaskClient
from sqlalchemy import inspect, select
from werkzeug.wrappers import Response

from forms_app.app import create_app
from forms_app.db.database import Database
from forms_app.db.migrate import migrate
from forms_app.db.tables import AuditEntry, Base, Draft, Notification, OutboxItem, Person, StageRecord
from forms_app.domain.acts import Act, acts_open_to
from forms_app.logs import configure_logs
from forms_app.services.poke import Pokes
from forms_app.settings import settings_from
from tests import postgres
from tests.factories.keys import KEYS, SEALING_KEYS
from tests.factories.scenes import Scene, scene
from tests.journeys.form_filler import FormFiller
from tests.web.visitor import Visitor

SERVICE_URL = "http://escalations.example"
SETTINGS = {
    "SECRET_KEY": "invented " * 8,
    "SEALING_KEYS": SEALING_KEYS,
    "SERVICE_URL": SERVICE_URL,
    "MAIL_SENDER": "post@escalations.example",
}
DURABLE = ("shared_buffers=64MB", "max_connections=100")
"""PostgreSQL as it is in earnest; for tests it is told not to wait for the disk."""
CASES = {
    "an outcome is proposed": ("hull", 0),
    "a first stage is closed": ("berkshire", 0),
    "a last stage is closed": ("berkshire", 4),
}
"""What the POST does: the policy, and how many stages come before the one that is closed."""
ROUNDS = 20
WARM_UP = 3
SECONDS = 25.0
NUMBERS = count(10**9)
"""Of entries that the bare app writes beside the trail."""


# --- the bare app ------------------------------------------------------------------------------------------------


def bare_app(database: Database, copies: Iterator[list[Base]]) -> Flask:
    app = Flask("bare")

    @app.post("/rows")
    def write() -> Response:
        with database.writing() as session:
            for _, rows in groupby(next(copies), key=type):
                session.add_all(rows)
                session.flush()  # a table after those that it points to
        return redirect("/rows", 303)

    return app


def copies_of(rows: list[Base]) -> Iterator[list[Base]]:
    """The same rows again, under new ids."""
    for number in range(1000, 1000 + ROUNDS + WARM_UP):
        ids = {row.id: uuid4() for row in rows if not isinstance(row, AuditEntry)}
        yield [copy_of(row, ids, number) for row in rows]


def copy_of(row: Base, ids: Mapping[Any, UUID], number: int) -> Base:
    values = {column.key: getattr(row, column.key) for column in inspect(type(row)).columns}
    values = {name: ids.get(value, value) if isinstance(value, UUID) else value for name, value in values.items()}
    if isinstance(row, AuditEntry):
        values["id"] = next(NUMBERS)
    if isinstance(row, StageRecord):
        values |= {"number": number, "form_key": uuid4()}
    if isinstance(row, OutboxItem | Notification):
        values |= {"dedupe_key": str(uuid4())}
    return type(row)(**values)


# --- the service -------------------------------------------------------------------------------------------------


@dataclass
class Race:
    """One stage to be closed again and again, each time in another escalation, beside the bare app."""

    visitor: Visitor
    ready: Iterator[tuple[str, dict[str, str]]]
    bare: FlaskClient = field(init=False)
    """Made of what ours wrote first."""
    rows: int = 0

    def ours(self) -> None:
        path, form = next(self.ready)
        answer = self.visitor.browser.post(path, data=form, base_url=SERVICE_URL)
        check(answer.status_code == 303 and "/sent/" in answer.location, answer.status)

    def raw(self) -> None:
        answer = self.bare.post("/rows")
        check(answer.status_code == 303, answer.status)


@contextmanager
def race(url: str, queue: str, policy: str, stages: int) -> Iterator[Race]:
    migrate(url, KEYS)
    with scene(url, policy) as place, closing(Pokes(queue)) as poke:
        app = create_app(settings_from({**SETTINGS, "DATABASE_URL": url}), workshop=place.workshop, poke=poke)
        escalations = [at_stage(place, stages) for _ in range(ROUNDS + WARM_UP + 1)]
        visitor = signed_in(Visitor(app, SERVICE_URL), place, closer(place, escalations[0]))
        made = Race(visitor, iter(filled(visitor, place, escalations)))
        rows = rows_added(place.database, by=made.ours)
        made.bare, made.rows = bare_app(place.database, iter(list(copies_of(rows)))).test_client(), len(rows)
        yield made


def at_stage(place: Scene, stages: int) -> UUID:
    escalation = place.open().escalation_id
    for _ in range(stages):
        place.step_up(escalation)
    place.hold(escalation)
    return escalation


def closer(place: Scene, escalation: UUID) -> UUID:
    """Somebody who may close the stage."""
    now = place.standing(escalation)
    return next(each.person for each in place.places(escalation) if Act.RECORD_OUTCOME in acts_open_to(each, now))


def signed_in(visitor: Visitor, place: Scene, person_id: UUID) -> Visitor:
    with place.database.reading() as session:
        email = session.scalars(select(Person.email).where(Person.id == person_id)).one()
    visitor.ask_for_code(email)
    with place.database.reading() as session:
        message = session.scalars(select(OutboxItem.payload).where(OutboxItem.kind == "sign_in_message")).one()
    visitor.type_code(message["code"])
    return visitor


def filled(visitor: Visitor, place: Scene, escalations: list[UUID]) -> list[tuple[str, dict[str, str]]]:
    """The last page of the form for each escalation, ready to be sent: one filled in as a person would, the others alike."""
    fill(visitor, FormFiller(visitor, place.today), f"/escalations/{escalations[0]}/outcome")
    token = visitor.token()
    with place.database.writing() as session:
        first = session.scalars(select(Draft)).one()
        keys = {escalation: uuid4() for escalation in escalations} | {escalations[0]: first.id}
        session.add_all(draft_like(first, keys[each], str(escalations[0]), str(each)) for each in escalations[1:])
    return [
        (f"/escalations/{each}/outcome/check", {"csrf_token": token, "form_key": str(key)})
        for each, key in keys.items()
    ]


def fill(visitor: Visitor, filler: FormFiller, path: str) -> None:
    page = f"{path}/danger"
    while not page.endswith("/check"):
        page = visitor.post(page, filler.answers(visitor.get(page).text, {})).location
    visitor.get(page)


def draft_like(draft: Draft, key: UUID, old: str, new: str) -> Draft:
    return Draft(
        id=key,
        person_id=draft.person_id,
        about=draft.about.replace(old, new),
        key_id=UUID(new),
        form=draft.form,
        answers=draft.answers,
        saved_at=draft.saved_at,
    )


def rows_added(database: Database, *, by: Callable[[], None]) -> list[Base]:
    """The rows that something adds, each table's after those that it points to."""
    before = every_row(database)
    by()
    return [row for key, row in every_row(database).items() if key not in before]


def every_row(database: Database) -> dict[tuple[str, Any], Base]:
    kinds = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
    found: dict[tuple[str, Any], Base] = {}
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.scalars(select(kinds[table.name])):
                found[table.name, inspect(row).identity] = row
        session.expunge_all()
    return found


# --- the measuring -----------------------------------------------------------------------------------------------


class Result(NamedTuple):
    """Median seconds of ours and of the bare app, and the median of their ratios, each pair run one after the other."""

    ours: float
    bare: float
    ratio: float


def seconds(work: Callable[[], None]) -> float:
    gc.collect()  # or the rubbish of one is swept up in the time of the other
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run(races: Mapping[str, Race]) -> dict[str, Result]:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in races}
    for each in races.values():
        for _ in range(WARM_UP):
            each.ours(), each.raw()
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    for number in range(ROUNDS):
        for name, each in races.items():
            if number % 2:
                times[name].append((seconds(each.ours), seconds(each.raw)))
            else:
                times[name].append((seconds(each.raw), seconds(each.ours))[::-1])
        if time.perf_counter() - started > SECONDS:
            break
    return {
        name: Result(
            median(ours for ours, _ in pairs),
            median(bare for _, bare in pairs),
            median(ours / bare for ours, bare in pairs),
        )
        for name, pairs in times.items()
    }


def check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        sys.exit(f"script/bench submit: what is measured does not do its work: {otherwise}")


def main() -> None:
    configure_logs(io.StringIO())
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="forms-app-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        running = races(stack, folder)
        measured = run(running)
    worst = max(result.ratio for result in measured.values())
    if "--json" in sys.argv[1:]:
        print(json.dumps({"submit_over_bare": round(worst, 3)}))
        return
    print(f"{'':40}{'rows':>6}{'ours':>10}{'bare':>10}{'ratio':>8}")
    for name, result in measured.items():
        rows, ours, bare = running[name].rows, result.ours * 1000, result.bare * 1000
        print(f"{name:40}{rows:6}{ours:7.1f} ms{bare:7.1f} ms{result.ratio:8.2f}")
    print(f"submit_over_bare, the largest of them:{worst:37.2f}")


def races(stack: ExitStack, folder: Path) -> dict[str, Race]:
    server = postgresql(stack)
    found: dict[str, Race] = {}
    for number, (name, (policy, stages)) in enumerate(CASES.items()):
        url = f"sqlite:///{folder / f'{number}.db'}"
        found[f"{name}, SQLite"] = stack.enter_context(race(url, f"sqlite:///{folder / 'huey.db'}", policy, stages))
        if server is not None:
            url = server.url(server.create_database())
            found[f"{name}, PostgreSQL"] = stack.enter_context(race(url, url, policy, stages))
    return found


def postgresql(stack: ExitStack) -> postgres.PostgresServer | None:
    try:
        with mock.patch.object(postgres, "SPEED", DURABLE):
            return stack.enter_context(postgres.running_postgres())
    except (RuntimeError, OSError) as fault:
        print(f"PostgreSQL could not be started and is left out: {fault}", file=sys.stderr)
        return None


if __name__ == "__main__":
    main()
