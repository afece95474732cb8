"""The web service on a database of the test's own, at a time that the test sets, and people who visit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from sqlalchemy import select

from forms_app.app import create_app
from forms_app.db.database import Database
from forms_app.db.people import person_with_email
from forms_app.db.tables import Agency, AuditEntry, Board, OutboxItem, Person
from forms_app.domain.access import May
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import Shelf
from forms_app.services.mail_domains import name_domains
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop
from forms_app.settings import Settings
from forms_app.web.access import open_to
from tests.factories.keys import KEYS, SEALING_KEYS
from tests.factories.scenes import Scene
from tests.factories.second_steps import give_second_step, take_second_step
from tests.web.visitor import Visitor

SERVICE_URL = "http://escalations.example"
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Site:
    """The service, with what a test looks at behind it."""

    app: Flask
    database: Database
    clock: Clock
    pokes: list[datetime] = field(default_factory=list)

    def visitor(self) -> Visitor:
        return Visitor(self.app, str(self.app.config["SERVICE_URL"]))

    def visiting(self, email: str) -> Visitor:
        """Somebody who has just signed in."""
        visitor = self.visitor()
        give_second_step(self.database, email, self.clock.now)
        visitor.ask_for_code(email)
        take_second_step(visitor, visitor.type_code(self.last_message()["code"]), self.clock.now)
        return visitor

    def signed_in(self, email: str) -> Visitor:
        visitor = self.visiting(email)
        visitor.get("/who")
        return visitor

    def messages(self) -> list[dict[str, Any]]:
        with self.database.reading() as session:
            items = session.scalars(select(OutboxItem).order_by(OutboxItem.owed_at)).all()
            return [item.payload for item in items if item.payload is not None]

    def last_message(self) -> dict[str, Any]:
        return self.messages()[-1]

    def actions(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))

    def person(self, email: str) -> Person:
        with self.database.reading() as session:
            person = person_with_email(session, email)
            session.expunge(person)
            return person

    def leaves(self, email: str) -> None:
        with self.database.writing() as session:
            person_with_email(session, email).left_at = self.clock.now


def site_of(place: Scene, url: str) -> Site:
    """The service on the database of a scene, with its clock."""
    pokes: list[datetime] = []
    app = create_app(settings(url), workshop=place.workshop, poke=lambda: pokes.append(place.clock.now))
    return Site(app, place.database, place.clock, pokes)  # type: ignore[arg-type]  # a clock of the same kind


def settings(url: str, **changed: Any) -> Settings:
    given = {
        "secret_key": "invented " * 8,
        "sealing_keys": SEALING_KEYS,
        "service_url": SERVICE_URL,
        "mail_sender": "post@escalations.example",
    }
    return Settings(database_url=url, **{**given, **changed})


def open_site(url: str, **changed: Any) -> Site:
    database, clock, pokes = Database(url, KEYS), Clock(), []
    workshop = Workshop(database, Shelf([]), calendar_of, clock)
    app = create_app(settings(url, **changed), workshop=workshop, poke=lambda: pokes.append(clock.now))
    _who(app)
    return Site(app, database, clock, pokes)


@pytest.fixture
def site_url(sqlite_url: str) -> str:
    """One kind of database is enough for most pages; a module that needs both says so by its own `site_url`."""
    return sqlite_url


@pytest.fixture
def site(site_url: str) -> Iterator[Site]:
    site = open_site(site_url)
    add_people(site.database)
    yield site
    site.database.close()


@pytest.fixture
def secure_site(sqlite_url: str) -> Iterator[Site]:
    site = open_site(sqlite_url, service_url="https://escalations.example")
    add_people(site.database)
    yield site
    site.database.close()


@pytest.fixture
def site_without_database(tmp_path: Path) -> Iterator[Site]:
    site = open_site(f"sqlite:///{tmp_path / 'nowhere' / 'forms.db'}")
    yield site
    site.database.close()


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.visitor()


@pytest.fixture
def client(visitor: Visitor) -> Visitor:
    return visitor


@pytest.fixture
def add_page() -> Callable[..., None]:
    """Adds a page to a service that has not answered anybody yet."""

    def add(site: Site, path: str, view: Callable[..., Any], *, methods: tuple[str, ...] = ("GET",)) -> None:
        site.app.add_url_rule(path, endpoint=f"added{path}", view_func=view, methods=list(methods))

    return add


def add_people(database: Database) -> None:
    with database.writing() as session:
        board = Board(
            code="INV",
            name="Invented Safeguarding Board",
            policy_key="invented@2027",
            telephone="01632 960100",
            email="board@invented.example",
        )
        session.add(board)
        session.flush()
        agency = Agency(board_id=board.id, name="Invented Health", kind="health")
        office = Agency(board_id=board.id, name="Business unit", kind="board")
        session.add_all([agency, office])
        session.flush()
        for name, seat, at in (("ada", None, agency), ("bella", "business_unit", office), ("cyril", "chair", office)):
            session.add(
                Person(
                    board_id=board.id,
                    agency_id=at.id,
                    name=f"{name.title()} Invented",
                    seat=seat,
                    email=f"{name}@invented.example",
                    job_title="Nurse",
                    level="practitioner",
                )
            )
        session.flush()
        name_domains(Work(session, NOON, Shelf([]), calendar_of), board.id, confirmed=True)


def _who(app: Flask) -> None:
    """A page that says who is signed in, whatever else the service shows."""
    source = (
        '{% extends "layout/page.html" %}{% set heading = "Who" %}{% block content %}{{ person.name }}{% endblock %}'
    )
    app.add_url_rule("/who", "who", open_to(May.KEEP_OWN_ACCOUNT)(lambda: render_template_string(source)))
