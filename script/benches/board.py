"""Times the pages of a Board with a million escalations against the same pages of one with a thousand.

Both databases are invented, and kept between runs: `script/bench board --prepare` makes them, in the folder that BENCH_DIRECTORY names.
BENCH_SIZES (1000,1000000) and BENCH_ROUNDS (20) make less of it, to try whether it works.
Each page is asked for as a browser asks, signed in, so that a time is that of the whole answer. One size after the other, round by
round, in one process: whatever else the machine does falls on both alike. The statements of each page are counted too.
"""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from lxml import html
from sqlalchemy import delete, event, func, select
from sqlalchemy.schema import CreateIndex, CreateTable

from forms_app.app import create_app
from forms_app.db.database import Database
from forms_app.db.migrate import migrate
from forms_app.db.tables import Allowance, Base, Escalation, OutboxItem, Party, Person, RegisterEntry
from forms_app.domain.register_filters import Mark
from forms_app.domain.seats import Seat
from forms_app.logs import configure_logs
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services.counting import differences
from forms_app.services.figures import count_quarters
from forms_app.services.register_pages import ON_A_PAGE
from forms_app.services.workshop import Workshop
from forms_app.settings import settings_from
from tests import postgres
from tests.factories.keys import KEYS, SEALING_KEYS
from tests.factories.many import NOW, copy_to, fill
from tests.factories.scenes import Clock, shelf
from tests.factories.second_steps import give_second_step, take_second_step
from tests.web.visitor import Visitor

FOLDER = Path(os.environ.get("BENCH_DIRECTORY", "/var/tmp/forms-app-bench"))  # noqa: S108  # PostgreSQL's account must reach it
SIZES = tuple(sorted(int(each) for each in os.environ.get("BENCH_SIZES", "1000,1000000").split(",")))
SERVICE_URL = "http://escalations.example"
AS_IN_EARNEST = ("shared_buffers=256MB", "max_connections=50")
PAGE = 1000
ROUNDS, WARM_UP = int(os.environ.get("BENCH_ROUNDS", "20")), 4
COMPARED = 500
YEAR = "2025"
KEYS_OF_JSON = (
    "register_first_page_1m_over_1k",
    "register_page_1000_1m_over_1k",
    "search_1m_over_1k",
    "escalation_page_1m_over_1k",
)


# --- the databases -------------------------------------------------------------------------------------------------


def form() -> str:
    """Of the tables as the service has them now: a database of another form is made anew."""
    tables = Base.metadata.sorted_tables
    said = [str(CreateTable(table)) for table in tables]
    said += sorted(str(CreateIndex(index)) for table in tables for index in table.indexes)
    return sha256("".join(said).encode()).hexdigest()[:12]


def file_of(size: int) -> Path:
    return FOLDER / f"{size}-{form()}.db"


def prepare(server: postgres.PostgresServer) -> None:
    """Makes what is not there yet. A run that was stopped is taken up where a whole database was last written."""
    for size in SIZES:
        file = file_of(size)
        if not file.exists():
            began = time.monotonic()
            making = file.with_suffix(".making")
            making.unlink(missing_ok=True)
            fill(making, size)
            making.rename(file)
            say(f"{size} escalations on SQLite", began, f"{file.stat().st_size / 1e9:.2f} GB")
        count(f"sqlite:///{file}")
        name = f"board_{size}_{form()}"
        if not server.has_database(name):
            began = time.monotonic()
            server.drop_database(making := f"{name}_making")
            server.create_database(making)
            migrate(server.url(making), KEYS)
            copy_to(server.url(making), file)
            server.rename_database(making, name)
            say(f"{size} escalations on PostgreSQL", began, "")
        count(server.url(name))


def say(what: str, began: float, more: str) -> None:
    print(f"{what}: {time.monotonic() - began:.0f} s {more}".rstrip(), flush=True)


def count(url: str) -> None:
    """Counts the quarters, as the worker does, and looks whether the register says of some what counting them anew gives."""
    database = Database(url, KEYS)
    workshop = Workshop(database, shelf(), calendar_of, Clock(NOW))
    while count_quarters(workshop):
        pass
    with workshop.reading() as work:
        ids = work.session.scalars(select(Escalation.id).order_by(func.random()).limit(COMPARED)).all()
        found = list(differences(work, ids))
    database.close()
    if found:
        sys.exit(f"script/bench board: {len(found)} of {len(ids)} are counted wrongly, such as {found[0]}")


# --- what is asked for -----------------------------------------------------------------------------------------------


@dataclass
class Site:
    """The service on one of the databases, with people who are signed in."""

    unit: Visitor
    party: Visitor
    pages: Mapping[str, Sequence[str]]
    """What is asked for by the name of what is measured, one address after the other."""
    statements: list[int] = field(default_factory=lambda: [0])
    times: dict[str, list[float]] = field(default_factory=dict)
    counted: dict[str, set[int]] = field(default_factory=dict)

    def ask(self, name: str, number: int) -> float:
        address = self.pages[name][number % len(self.pages[name])]
        who = self.party if address.startswith("/escalations/") else self.unit
        self.statements[0] = 0
        gc.collect()
        began = time.perf_counter()
        answer = who.browser.get(address, base_url=SERVICE_URL)
        took = time.perf_counter() - began
        if answer.status_code != 200:
            sys.exit(f"script/bench board: {address} answers {answer.status}")
        self.counted.setdefault(name, set()).add(self.statements[0])
        return took


def site(url: str) -> Site:
    database = Database(url, KEYS)
    workshop = Workshop(database, shelf(), calendar_of, Clock(NOW))
    app = create_app(
        settings_from(
            {
                "SECRET_KEY": "invented " * 8,
                "SEALING_KEYS": SEALING_KEYS,
                "SERVICE_URL": SERVICE_URL,
                "MAIL_SENDER": "post@escalations.example",
                "DATABASE_URL": url,
            }
        ),
        workshop=workshop,
        poke=lambda: None,
    )
    board, unit, party, own = people(database)
    visitors = [signed_in(Visitor(app, SERVICE_URL), database, email) for email in (unit, party)]
    made = Site(*visitors, pages=pages(database, board, visitors[0], own))
    event.listen(
        database.engine, "before_cursor_execute", lambda *_: made.statements.__setitem__(0, made.statements[0] + 1)
    )
    return made


def people(database: Database) -> tuple[UUID, str, str, list[UUID]]:
    """The largest Board, somebody of its business unit, and somebody who raised several, with these."""
    with database.reading() as session:
        board = session.scalars(
            select(RegisterEntry.board_id).group_by(RegisterEntry.board_id).order_by(func.count().desc()).limit(1)
        ).one()
        of_unit = select(Person.email).where(Person.board_id == board, Person.seat == Seat.BUSINESS_UNIT)
        unit = session.scalars(of_unit).one()
        newest = select(Party.person_id).join(Escalation).where(Escalation.board_id == board, Party.is_raiser)
        raiser = session.scalars(newest.order_by(Party.escalation_id.desc()).limit(1)).one()
        own = session.scalars(select(Party.escalation_id).where(Party.person_id == raiser).limit(20)).all()
        email = session.scalars(select(Person.email).where(Person.id == raiser)).one()
    return board, unit, email, list(own)


def signed_in(visitor: Visitor, database: Database, email: str) -> Visitor:
    """The clock stands still from run to run: what an earlier one used up of limits, and its emails, are thrown away first."""
    with database.writing() as session:
        session.execute(delete(Allowance))
        session.execute(delete(OutboxItem))
    give_second_step(database, email, NOW)
    visitor.ask_for_code(email)
    with database.reading() as session:
        sent = [item.payload for item in session.scalars(select(OutboxItem)) if item.payload is not None]
    take_second_step(visitor, visitor.type_code(sent[-1]["code"]), NOW)
    return visitor


def pages(database: Database, board: UUID, unit: Visitor, own: Sequence[UUID]) -> dict[str, list[str]]:
    entry = RegisterEntry
    with database.reading() as session:
        is_told = (entry.board_id == board, entry.told_at.is_not(None))
        some = session.execute(
            select(entry.escalation_id, entry.reference).where(*is_told).order_by(entry.reference).limit(10)
        ).all()
        raising = session.scalars(_most(select(entry.raising_id).where(*is_told), entry.raising_id)).one()
        kind = (entry.category, entry.route, entry.stage)
        reason, route, stage = session.execute(_most(select(*kind).where(*is_told), *kind)).one()
    return {
        "register, first page": ["/register?sort=newest"],
        "register, page 1000": [far_into(database, board, unit)],
        "search by reference": [f"/register?reference={each.reference}" for each in some],
        "search by agency": [f"/register?raising={raising}", f"/register?receiving={raising}"],
        "search by reason and stage": [f"/register?reason={reason}&stage={route}.{stage}"],
        "escalation, as a party": [f"/escalations/{each}" for each in own],
        "escalation, as the unit": [f"/register/{each.escalation_id}" for each in some],
        "a year’s numbers": [f"/numbers/{YEAR}"],
    }


def _most(found: Any, *by: Any) -> Any:
    """What there is most of: a search for it fills a page of both sizes, so that a time is not that of fewer rows to show."""
    return found.group_by(*by).order_by(func.count().desc(), *by).limit(1)


def far_into(database: Database, board: UUID, unit: Visitor) -> str:
    """The address of the register's thousandth page, or of its last: the first page's link, with the row that stands before it."""
    page = html.fromstring(unit.browser.get("/register?sort=newest", base_url=SERVICE_URL).text)
    (following,) = page.xpath("//a[@rel='next']/@href")
    (code,) = parse_qs(urlsplit(following).query)["after"]
    entry, first = RegisterEntry, Mark.read(code)
    if first is None:
        sys.exit(f"script/bench board: {following} leads to no page")
    with database.reading() as session:
        rows = select(entry.escalation_id).where(
            entry.board_id == board, entry.told_at.is_not(None), entry.destroyed_at.is_(None)
        )
        rows = rows.order_by(entry.opened_at.desc(), entry.escalation_id.desc())
        ids = session.scalars(rows.limit(PAGE * ON_A_PAGE)).all()
    last = min(PAGE, (len(ids) - 1) // ON_A_PAGE + 1)
    return str(following.replace(code, replace(first, row=ids[(last - 1) * ON_A_PAGE - 1]).code))


# --- the measuring ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    name: str
    small: float
    large: float
    ratio: float
    statements: tuple[set[int], set[int]]


def measure(urls: Sequence[str]) -> list[Line]:
    small, large = (site(url) for url in urls)
    lines = []
    for name in small.pages:
        for number in range(WARM_UP):
            small.ask(name, number), large.ask(name, number)
        pairs = [pair(small, large, name, number) for number in range(ROUNDS)]
        lines.append(
            Line(
                name,
                median(each for each, _ in pairs),
                median(each for _, each in pairs),
                median(many / few for few, many in pairs),
                (small.counted[name], large.counted[name]),
            )
        )
    return lines


def pair(small: Site, large: Site, name: str, number: int) -> tuple[float, float]:
    if number % 2:
        few = small.ask(name, number)
        return few, large.ask(name, number)
    many = large.ask(name, number)
    return small.ask(name, number), many


def summary(lines: Sequence[Line]) -> dict[str, float]:
    def worst(name: str) -> float:
        return round(max(line.ratio for line in lines if line.name.startswith(name)), 3)

    found = (worst("register, first"), worst("register, page"), worst("search"), worst("escalation"))
    numbers = next(line.large for line in lines if line.name.startswith("a year"))
    return {**dict(zip(KEYS_OF_JSON, found, strict=True)), "year_numbers_seconds": round(numbers, 3)}


def main() -> None:
    configure_logs(io.StringIO())
    FOLDER.mkdir(parents=True, exist_ok=True)
    FOLDER.chmod(0o755)
    (server_folder := FOLDER / "postgresql").mkdir(exist_ok=True)
    if "--prepare" in sys.argv[1:]:
        with postgres.kept_postgres(server_folder) as server:
            prepare(server)
        return
    missing = [str(file_of(size)) for size in SIZES if not file_of(size).exists()]
    if missing:
        sys.exit(f"script/bench board: {missing[0]} is not there: run script/bench board --prepare first")
    with mock.patch.object(postgres, "SPEED", AS_IN_EARNEST), postgres.kept_postgres(server_folder) as server:
        server.let_service_log_in()
        urls = {
            "sqlite": [f"sqlite:///{file_of(size)}" for size in SIZES],
            "postgresql": [server.url_of_service(f"board_{size}_{form()}") for size in SIZES],
        }
        found = {kind: measure(each) for kind, each in urls.items()}
    report(found)


def report(found: Mapping[str, Sequence[Line]]) -> None:
    each = {kind: summary(lines) for kind, lines in found.items()}
    if "--json" in sys.argv[1:]:
        worst = {key: max(one[key] for one in each.values()) for key in next(iter(each.values()))}
        print(json.dumps({**worst, **each}))
        return
    for kind, lines in found.items():
        print(f"{kind:40}{SIZES[0]:>14,}{SIZES[-1]:>14,}{'ratio':>8}  statements")
        for line in lines:
            few, many = ("/".join(map(str, sorted(counts))) for counts in line.statements)
            print(
                f"{line.name:40}{line.small * 1000:11.1f} ms{line.large * 1000:11.1f} ms{line.ratio:8.2f}  {few} and {many}"
            )
        print(*(f"{key}: {value}" for key, value in each[kind].items()), sep="\n", end="\n\n")


if __name__ == "__main__":
    main()
