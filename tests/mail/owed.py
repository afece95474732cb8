"""An invented Board with one escalation, and documents of it that are owed to people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from forms_app.db.database import Database
from forms_app.db.outbox import STANDING, OutboxKind, owe
from forms_app.db.people import person_with_email
from forms_app.db.tables import (
    Agency,
    Attempt,
    Board,
    Delivery,
    Document,
    Escalation,
    MailDomain,
    OutboxItem,
    Party,
    Person,
    SignInCode,
    StageRecord,
    SubjectOfConcern,
)
from forms_app.documents.contexts import Context
from forms_app.domain.mail_rules import Rule
from forms_app.domain.working_days import Calendar
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Letterhead, Message
from forms_app.mail.travelling import as_bytes
from forms_app.policies.shelf import Shelf
from forms_app.services.attachments import Lock
from forms_app.services.digests import Budget
from forms_app.services.outbox import Desk, run_due
from forms_app.services.workshop import Workshop
from tests import letters
from tests.documents.examples import PLAIN
from tests.factories.keys import KEYS

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LETTERHEAD = Letterhead("no-reply@forms.example", "https://forms.example")
ACCEPTED = Answer(Result.ACCEPTED, "The mail server accepted the message.", 250)
NAMES = ("Ottilie", "Marchbank", "Wren", "Ashdown", "Idris", "Fallowfield", "Perdita", "Quennell")
"""Everybody who is named in the examples or here: none of these may be in a message outside its attachments."""


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **time: float) -> None:
        self.now += timedelta(**time)


def no_calendar(_: str) -> Calendar:
    raise AssertionError("nobody here counts working days")


@dataclass(frozen=True)
class FakeIssued:
    docx: bytes = b"PK the Word file"
    pdf: bytes = b"%PDF the other"
    page: bytes = b'<article lang="en-GB"><h1>The page</h1></article>'


def fake_issue(kind: str, context: Context, layout: bytes | None = None) -> FakeIssued:
    return FakeIssued()


@dataclass
class FakePostbox:
    """Answers as it is told, and afterwards that it accepted."""

    answers: list[Answer] = field(default_factory=list)
    posted: list[Message] = field(default_factory=list)

    def post(self, message: Message) -> Answer:
        letters.look_at([message.to], as_bytes(message))
        self.posted.append(message)
        return self.answers.pop(0) if self.answers else ACCEPTED


@dataclass
class Office:
    """A worker's whole surroundings, on a real database."""

    workshop: Workshop
    clock: Clock
    postbox: Any = field(default_factory=FakePostbox)
    issue: Any = fake_issue
    lock: Lock | None = None
    budget: Budget = field(default_factory=Budget)

    def work(self, *, worker: str = "w1", most: int = 100, **settings: Any) -> int:
        desk = Desk(self.postbox, LETTERHEAD, self.issue, self.lock, budget=self.budget)
        return run_due(self.workshop, worker, desk, most=most, **settings)

    def posted(self) -> list[tuple[str, str]]:
        """What was posted and to whom, in order: the beginning of each Message-ID and the name before the @."""
        return [(message.message_id.partition(".")[0], message.to.partition("@")[0]) for message in self.postbox.posted]

    def items(self) -> Sequence[OutboxItem]:
        """All that is owed once; without the rows of what comes round again and again."""
        once = OutboxItem.kind.not_in(STANDING)
        return self._all(select(OutboxItem).where(once).order_by(OutboxItem.owed_at, OutboxItem.id))

    def item(self, about_id: UUID) -> OutboxItem:
        return next(item for item in self.items() if item.about_id == about_id)

    def document(self, document_id: UUID) -> Document:
        wanted = select(Document).where(Document.id == document_id)
        (document,) = self._all(wanted.options(selectinload(Document.files), selectinload(Document.deliveries)))
        assert isinstance(document, Document)
        return document

    def attempts(self, delivery_id: UUID) -> Sequence[Attempt]:
        return self._all(select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number))

    def _all(self, wanted: Select[Any]) -> Sequence[Any]:
        with self.workshop.reading() as work:
            found = work.session.scalars(wanted).all()
            work.session.expunge_all()
            return found

    def ledger(self, delivery_id: UUID) -> list[tuple[str, int | None]]:
        return [(attempt.result, attempt.smtp_code) for attempt in self.attempts(delivery_id)]


@contextmanager
def open_office(url: str) -> Iterator[Office]:
    clock, database = Clock(), Database(url, KEYS)
    yield Office(Workshop(database, Shelf(()), no_calendar, clock), clock)
    database.close()


@dataclass(frozen=True)
class Recipient:
    address: str
    is_secure: bool = True


def owe_document(
    office: Office,
    recipients: Sequence[Recipient] = (Recipient("perdita.quennell@brackenshire.example"),),
    *,
    kind: str = "written_confirmation",
    context: str | None = None,
    within: UUID | None = None,
) -> UUID:
    """Writes a document, its deliveries and the work of making it, as an action of a person does.

    `within` is the escalation, where it is not one of its own.
    """
    with office.workshop.writing() as work:
        record = _record(work.session, work.now, within)
        document = Document(
            id=uuid4(),
            escalation_id=record.escalation_id,
            record_id=record.id,
            kind=kind,
            title="Written confirmation of the outcome",
            context=PLAIN[kind].model_dump_json() if context is None else context,
            owed_at=work.now,
            issued_at=None,
        )
        work.session.add(document)
        work.session.flush()
        for number, recipient in enumerate(recipients, start=1):
            person = _person(work.session, recipient.address)
            work.session.add(
                Delivery(
                    document_id=document.id,
                    number=number,
                    person_id=person.id,
                    address=recipient.address,
                    attached=recipient.is_secure,
                    owed_at=work.now,
                )
            )
        kind_of_work = OutboxKind.MAKE_DOCUMENT
        owe(work.session, kind_of_work, document.id, f"{kind_of_work}:{document.id}", work.now)
        return document.id


def owe_delivery(office: Office, recipient: Recipient) -> UUID:
    """A document that is made, with one delivery that is owed."""
    return owe_deliveries(office, [recipient])[0]


def owe_deliveries(
    office: Office, recipients: Sequence[Recipient], *, kind: str = "written_confirmation", within: UUID | None = None
) -> list[UUID]:
    document_id = owe_document(office, recipients, kind=kind, within=within)
    assert office.work(most=1) == 1
    return [delivery.id for delivery in sorted(office.document(document_id).deliveries, key=lambda one: one.number)]


def owe_code(office: Office, address: str = "perdita.quennell@brackenshire.example") -> UUID:
    with office.workshop.writing() as work:
        person = _person(work.session, address)
        code = SignInCode(
            id=uuid4(),
            person_id=person.id,
            code_hash="-",
            link_hash=str(uuid4()),
            asked_at=work.now,
            expires_at=work.now + timedelta(minutes=15),
        )
        work.session.add(code)
        payload = {"to": address, "code": "402817", "link": "https://forms.example/sign-in/link/k3y-of-the-link"}
        owe(work.session, OutboxKind.SIGN_IN_MESSAGE, code.id, f"sign_in_message:{code.id}", work.now, payload)
        return code.id


def set_rule(office: Office, domain: str, rule: Rule | None) -> None:
    """What may be sent to a domain; None where nobody has confirmed it yet."""
    with office.workshop.writing() as work:
        _board(work.session)
        row = work.session.scalars(select(MailDomain).where(MailDomain.domain == domain)).one_or_none()
        if row is None:
            confirm_domain(work.session, work.session.scalars(select(Agency.id)).one(), domain, Rule.LINK)
            row = work.session.scalars(select(MailDomain).where(MailDomain.domain == domain)).one()
        row.rule = (rule or Rule.LINK).value
        row.confirmed_at = None if rule is None else work.now


def add_officer(office: Office, name: str = "unit") -> UUID:
    """Somebody of the Board's business unit."""
    with office.workshop.writing() as work:
        officer = _person(work.session, f"{name}@brackenshire.example")
        officer.seat = "business_unit"
        return officer.id


def add_party(office: Office, escalation_id: UUID, address: str, *, is_raiser: bool = False) -> UUID:
    with office.workshop.writing() as work:
        person = _person(work.session, address)
        known = select(func.count()).where(Party.escalation_id == escalation_id)
        work.session.add(
            Party(
                escalation_id=escalation_id,
                number=(work.session.scalar(known) or 0) + 1,
                person_id=person.id,
                agency_id=person.agency_id,
                side="raising",
                level=person.level,
                is_raiser=is_raiser,
                joined_at=work.now,
            )
        )
        return person.id


def escalation_of(office: Office, delivery_id: UUID) -> UUID:
    with office.workshop.reading() as work:
        wanted = select(Document.escalation_id).join(Delivery).where(Delivery.id == delivery_id)
        return work.session.scalars(wanted).one()


def _board(session: Session) -> Board:
    board = session.scalars(select(Board)).first()
    if board is None:
        board = Board(
            id=uuid4(),
            code="BRK",
            name="Brackenshire Safeguarding Children Partnership",
            policy_key="brackenshire@2026",
            telephone="01632 960001",
            email="business.unit@brackenshire.example",
        )
        session.add(board)
        session.flush()
        agency = Agency(id=uuid4(), board_id=board.id, name="Brackenshire Community Health", kind="health")
        session.add(agency)
        session.flush()
        for domain, rule in (("brackenshire.example", Rule.ATTACH), ("elsewhere.example", Rule.LINK)):
            confirm_domain(session, agency.id, domain, rule)
    return board


def confirm_domain(session: Session, agency_id: UUID, domain: str, rule: Rule) -> None:
    session.add(MailDomain(agency_id=agency_id, domain=domain, rule=rule.value, named_at=NOW, confirmed_at=NOW))
    session.flush()


def _person(session: Session, address: str) -> Person:
    known = person_with_email(session, address)
    if known is not None:
        return known
    board = _board(session)
    agency = session.scalars(select(Agency)).one()
    person = Person(
        id=uuid4(),
        board_id=board.id,
        agency_id=agency.id,
        name="Perdita Quennell",
        email=address,
        job_title="Health visitor",
        level="practitioner",
        seat=None,
        left_at=None,
    )
    session.add(person)
    session.flush()
    return person


def _record(session: Session, now: datetime, within: UUID | None) -> StageRecord:
    person = _person(session, "perdita.quennell@brackenshire.example")
    escalation_id = _escalation(session, now) if within is None else within
    count = session.scalar(select(func.count()).where(StageRecord.escalation_id == escalation_id)) or 0
    record = StageRecord(
        id=uuid4(),
        escalation_id=escalation_id,
        number=count + 1,
        kind="outcome",
        route="main",
        stage="one",
        side="raising",
        agency_id=person.agency_id,
        person_id=person.id,
        form_key=uuid4(),
        happened_on=now.date(),
        entered_at=now,
        facts="{}",
        sections="[]",
    )
    session.add(record)
    session.flush()
    return record


def _escalation(session: Session, now: datetime) -> UUID:
    board = _board(session)
    escalation = Escalation(
        id=uuid4(),
        board_id=board.id,
        reference=f"BRK-{uuid4().hex[:6].upper()}",
        policy_key=board.policy_key,
        category="thresholds",
        opened_at=now,
    )
    session.add(escalation)
    session.flush()
    session.add(SubjectOfConcern(escalation_id=escalation.id, kind="child", answers="[]"))
    session.flush()
    return escalation.id
