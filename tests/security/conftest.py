"""A town with one escalation that its Board knows of, open, with its documents made; one for all tests of a module."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.commands.invented import Invented
from forms_app.db.tables import (
    Document,
    Person,
    StageRecord,
)
from forms_app.domain.records import MeetingCalled
from forms_app.domain.working_days import uk_date
from forms_app.services.boards import leave
from tests.factories.records import add_record, last_record
from tests.journeys.form_filler import FormFiller
from tests.journeys.town import SERVICE_URL, Town, town
from tests.smtp import running_smtp_server
from tests.web.visitor import Visitor

POLICY, ANOTHER = "west-sussex@2022-01", "hull@2015"


@dataclass
class City:
    """The raiser is of the school; the other side is social care."""

    town: Town
    path: str = ""
    gone: set[str] = field(default_factory=set)
    seen_in: dict[str, datetime] = field(default_factory=dict)
    """When somebody’s session was last known to hold; it lapses as the town’s clock goes on."""

    @property
    def board(self) -> Invented:
        return self.town.boards[POLICY]

    @property
    def raiser(self) -> str:
        return self.board.raiser.email

    def person(self, mailbox: str, policy: str = POLICY) -> str:
        """An address by its beginning."""
        return next(email for email in self.town.emails_of(self.town.boards[policy]) if email.startswith(f"{mailbox}."))

    def visitor(self, email: str | None) -> Visitor:
        if email is None:
            return Visitor(self.town.app, SERVICE_URL)  # type: ignore[arg-type]
        if email in self.town.people and email not in self.gone and self._lapsed(email):
            del self.town.people[email]
        if email not in self.town.people:
            self.town.deliver()  # so that the code is the last that comes
        return self.town.visitor(email)

    def _lapsed(self, email: str) -> bool:
        """Each form takes the town five minutes."""
        if self.seen_in.get(email) == self.town.clock.now:
            return False
        self.seen_in[email] = self.town.clock.now
        return self.again(email).get("/escalations").status_code == 303

    def leaves(self, email: str) -> None:
        with self.town.workshop.writing() as work:
            leave(work, email)
        self.gone.add(email)

    def again(self, email: str) -> Visitor:
        """The same session in another tab."""
        return self.visitor(None).with_cookie(self.town.visitor(email).cookie())

    def able(self, form: str, path: str) -> list[str]:
        """Whoever of the two sides is offered this form now."""
        people = [email for email in self.town.emails_of(self.board) if "@school." in email or "@socialcare." in email]
        return [email for email in people if f'href="{path}/{form}"' in self.visitor(email).get(path).text]

    def begin(self) -> str:
        """Another escalation at its first stage; the address of its page."""
        return self.town.fill(self.raiser, "/escalations/new").partition("/sent/")[0]

    def up_to_check(self, email: str, path: str, **chosen: str) -> tuple[str, str]:
        """Fills in every page of a form; the address of its last page and the form's key."""
        visitor = self.visitor(email)
        filler = FormFiller(visitor, uk_date(self.town.clock.now))
        page = html.fromstring(visitor.get(path).text).xpath("//main//a[contains(@class, 'govuk-button')]/@href")[0]
        while not page.endswith("/check"):
            answer = visitor.post(page, filler.answers(visitor.get(page).text, chosen))
            assert answer.status_code == 303, filler.problems(answer.text)
            page = answer.location
        return page, key_on(visitor.get(page))

    def id_of(self, email: str) -> str:
        with self.town.workshop.reading() as work:
            return str(work.session.scalars(select(Person.id).where(Person.email == email)).one())

    def name_of(self, email: str) -> str:
        with self.town.workshop.reading() as work:
            return work.session.scalars(select(Person).where(Person.email == email)).one().name

    @property
    def escalation(self) -> UUID:
        return UUID(self.path.rpartition("/")[2])

    def meeting(self) -> UUID:
        """A record that a meeting was called, which the stage where it is does not hold."""
        with self.town.workshop.writing() as work:
            last = last_record(work, self.escalation)
            if last.kind == "meeting_called":
                return last.id
            return add_record(
                work, self.escalation, MeetingCalled(meeting="any", at=work.now, conveners=(), invited=())
            )

    def document(self, kind: str) -> UUID:
        """The newest of its kind."""
        return self._documents(kind)[-1]

    def has_document(self, kind: str) -> bool:
        return bool(self._documents(kind))

    def _documents(self, kind: str) -> list[UUID]:
        with self.town.workshop.reading() as work:
            wanted = select(Document.id).where(Document.escalation_id == self.escalation, Document.kind == kind)
            return list(work.session.scalars(wanted.order_by(Document.owed_at)))

    def own_records(self, path: str) -> int:
        """How many records an escalation has."""
        with self.town.workshop.reading() as work:
            wanted = select(StageRecord.id).where(StageRecord.escalation_id == UUID(path.rpartition("/")[2]))
            return len(work.session.scalars(wanted).all())


def key_on(answer: TestResponse) -> str:
    return str(html.fromstring(answer.text).xpath("//main//input[@name='form_key']/@value")[0])


def said(answer: TestResponse) -> str:
    """The words of a page without what differs each time."""
    return re.sub(r'((?:name="csrf_token" value|nonce)=)"[^"]*"', r"\1", answer.text)


def words_on(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def own_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A freshly migrated database for a whole module, of each kind."""
    if request.param == "sqlite":
        file: Path = tmp_path_factory.mktemp("city") / "forms.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), file)
        yield f"sqlite:///{file}"
        return
    server: Any = request.getfixturevalue("postgres_server")
    name = server.create_database(template=request.getfixturevalue("migrated_postgres"))
    yield server.url_of_service(name)
    server.drop_database(name)


@pytest.fixture(scope="module")
def city(own_database: str) -> Iterator[City]:
    with running_smtp_server() as smtp, town(own_database, smtp) as here:
        yield City(here)


@pytest.fixture(scope="module")
def known(city: City) -> City:
    """The escalation at `path` has gone up to where the Board knows of it, and one of its parties has left since."""
    city.path = city.begin()
    while not city.has_document("board_proforma"):
        city.town.fill(city.raiser, f"{city.path}/step-up")
    city.meeting()
    city.town.release(city.path)
    leaver = city.person("colleague@socialcare")
    assert city.visitor(leaver).get(city.path).status_code == 200
    city.leaves(leaver)
    return city
