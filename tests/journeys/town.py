"""The whole service for a journey: pages, worker, a real mail server, and an invented Board for each policy."""

from __future__ import annotations

import io
import re
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from forms_app.app import create_app
from forms_app.commands.invented import Invented, invented_boards
from forms_app.db.database import Database
from forms_app.db.tables import Escalation
from forms_app.documents.catalogue import kind_of
from forms_app.documents.contexts import Context
from forms_app.documents.issue import Issued, issue
from forms_app.domain.working_days import Calendar, uk_date
from forms_app.mail.compose import Letterhead
from forms_app.mail.connection import MailServer
from forms_app.mail.postbox import Postbox
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services.boards import set_up_board
from forms_app.services.counting import differences
from forms_app.services.outbox import Desk, run_due
from forms_app.services.workshop import Workshop
from tests import letters
from tests.factories.keys import KEYS
from tests.factories.releases import release_everything
from tests.factories.scenes import shelf
from tests.factories.second_steps import give_second_step, take_second_step
from tests.journeys.form_filler import FormFiller
from tests.smtp import Received, SmtpServer
from tests.web.conftest import Clock, settings
from tests.web.visitor import Visitor

SERVICE_URL = "http://escalations.example"
SIGNING_KEY = b64encode(bytes(range(32))).decode()
OPENED = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)


@dataclass
class Town:
    """Five Boards, their people, and what went through the post."""

    workshop: Workshop
    clock: Clock
    smtp: SmtpServer
    boards: dict[str, Invented]
    app: object
    desk: Desk
    people: dict[str, Visitor] = field(default_factory=dict)

    def deliver(self) -> None:
        """Lets the worker do everything that is owed."""
        while run_due(self.workshop, "worker", self.desk):
            pass

    def release(self, path: str) -> None:
        """Two people look at what waits in the escalation at this address, and it is sent."""
        release_everything(self.workshop, UUID(path.split("/")[2]))
        self.deliver()

    def visitor(self, email: str) -> Visitor:
        """This person, signed in with the code that came by email."""
        if email not in self.people:
            visitor = Visitor(self.app, SERVICE_URL)  # type: ignore[arg-type]
            give_second_step(self.workshop.database, email, self.clock.now)
            visitor.ask_for_code(email)
            self.deliver()
            code = re.search(r"\b\d{6}\b", text_of(self.smtp.sent_to(email)[-1]))
            assert code is not None, "the email has a code"
            answer = take_second_step(visitor, visitor.type_code(code[0]), self.clock.now)
            assert answer.status_code == 303
            visitor.get("/escalations")
            self.people[email] = visitor
        return self.people[email]

    def fill(self, email: str, path: str, **chosen: str) -> str:
        sent = FormFiller(self.visitor(email), uk_date(self.clock.now)).send(path, all_pages=True, **chosen)
        self.clock.forward(minutes=5)
        return sent

    def emails_of(self, board: Invented) -> list[str]:
        return [person.email for agency in board.given.agencies for person in agency.people]


_blank: dict[str, Issued] = {}
"""One of each kind for all: those of five Boards take fifteen seconds, and tests/services/test_blank_forms.py issues every one."""


def issue_in_town(kind: str, context: Context, layout: bytes | None = None) -> Issued:
    if not kind_of(kind).is_blank:
        return issue(kind, context, layout)
    if kind not in _blank:
        _blank[kind] = issue(kind, context)
    return _blank[kind]


@contextmanager
def town(database_url: str, smtp: SmtpServer, calendars: Callable[[str], Calendar] = calendar_of) -> Iterator[Town]:
    clock = Clock(OPENED)
    workshop = Workshop(Database(database_url, KEYS), shelf(), calendars, clock)
    boards = {board.given.policy: board for board in invented_boards(shelf())}
    for board in boards.values():
        with workshop.writing() as work:
            set_up_board(work, board.given)
    app = create_app(
        settings(database_url, service_url=SERVICE_URL, signing_key=SIGNING_KEY), workshop=workshop, poke=lambda: None
    )
    server = MailServer("127.0.0.1", smtp.port, security="none")
    desk = Desk(Postbox(server), Letterhead("escalations@escalations.example", SERVICE_URL), issue_in_town)
    yield Town(workshop, clock, smtp, boards, app, desk)
    with workshop.reading() as work:
        faults = letters.faults_by_records(work.session, smtp.sent())
        every = work.session.scalars(select(Escalation.id)).all()
        counted_otherwise = list(differences(work, every))
    assert not faults, faults
    assert not counted_otherwise, counted_otherwise
    workshop.database.close()


def text_of(received: Received) -> str:
    body = received.message.get_body(("plain",))
    assert body is not None, "every message has a plain text"
    return str(body.get_content())


def text_of_docx(content: bytes) -> str:
    """Everything in every part of a Word file."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
