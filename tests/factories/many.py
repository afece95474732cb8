"""As many invented escalations as a measurement asks for: a few are walked by the service itself, and written again and again.

Each copy has its own ids, days, people, agencies and reason, and is sealed with a key of its own. What the register counts of it
is worked out by the domain from its own days.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Table, delete, select
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.orm import Session

from forms_app.commands.invented import invented_boards
from forms_app.db.database import Database
from forms_app.db.migrate import migrate
from forms_app.db.places import WHOLE
from forms_app.db.sealing import Sealed, sealed, use_keys
from forms_app.db.tables import (
    Acknowledgement,
    Agency,
    Attempt,
    Base,
    Board,
    DataKey,
    Delivery,
    Document,
    DocumentFile,
    Escalation,
    OutboxItem,
    Party,
    Person,
    RegisterAgency,
    RegisterEntry,
    RegisterStay,
    Release,
    ReleaseFinding,
    StageRecord,
    SubjectOfConcern,
)
from forms_app.domain.acts import Act, acts_open_to
from forms_app.domain.deliveries import ANSWERED
from forms_app.domain.escalation import Open, standing
from forms_app.domain.policy import DEIDENTIFIED, Policy, Side
from forms_app.domain.records import Place, Step
from forms_app.domain.register import line_of
from forms_app.domain.working_days import uk_date
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services.boards import GivenAgency, GivenBoard, set_up_board
from forms_app.services.counting import count
from forms_app.services.escalations import REFERENCE_LETTERS
from forms_app.services.history import FACTS, places_of, step_of
from forms_app.services.workshop import Workshop
from tests.factories.keys import KEYS
from tests.factories.releases import release_everything
from tests.factories.scenes import MONDAY, Clock, Scene, scene, shelf

NOW = MONDAY.replace(hour=12)
FIRST_DAY = date(2017, 3, 6)
LARGEST = "west-sussex"
"""The Board of nearly all of them: its policy counts patterns, which asks most of its pages."""
OTHERS_SHARE = 0.01
"""Of each other Board."""
OF_EACH_KIND = 8
"""How many agencies: forty with five kinds."""
AT_EACH_LEVEL = 5
"""How many people an agency has at one level."""
A_DAY = 12
"""How many different courses are written of one day."""
DELIVERIES = (2, 1)
"""How many deliveries are kept of each document that is: all others would only make it larger."""
YOUNG = timedelta(days=40)
YOUNG_OPEN, STAYS_OPEN = 0.7, 0.002
"""How many of the young ones, and of the older ones, are still open."""
DAY = re.compile(r"\d{4}-\d\d-\d\d")
IN_ORDER: Sequence[type[Any]] = (
    Escalation,
    SubjectOfConcern,
    Party,
    StageRecord,
    Document,
    DocumentFile,
    Release,
    Delivery,
    Attempt,
    Acknowledgement,
    RegisterEntry,
    RegisterAgency,
    RegisterStay,
)
COUNTED = (RegisterEntry, RegisterAgency, RegisterStay)
Row = tuple[Any, ...]
Words = tuple[str | int, ...]
"""A text, with the numbers of what stands in it differently each time."""


# --- Boards --------------------------------------------------------------------------------------------------------


def crowded(given: GivenBoard) -> GivenBoard:
    """The same Board with many more agencies of each kind, and more people at each of their levels."""
    office, *agencies = given.agencies
    return given.model_copy(
        update={"agencies": [office, *(_again(each, number) for each in agencies for number in range(OF_EACH_KIND))]}
    )


def _again(agency: GivenAgency, number: int) -> GivenAgency:
    people = []
    for person in agency.people:
        local, _, domain = person.email.partition("@")
        name, _, rest = domain.partition(".")
        people += [
            person.model_copy(update={"email": f"{local}.{copy}@{name}{number}.{rest}"})
            for copy in range(AT_EACH_LEVEL)
        ]
    return GivenAgency(name=f"{agency.name} {number + 1}", kind=agency.kind, people=people)


@dataclass(frozen=True)
class Somebody:
    id: UUID
    email: str


@dataclass(frozen=True)
class Employer:
    """An agency of a Board: its id, its name, and its people by what stands before the @ of their addresses."""

    id: UUID
    name: str
    people: Mapping[str, Sequence[Somebody]]


@dataclass(frozen=True)
class Town:
    """A Board as its escalations need it."""

    id: UUID
    code: str
    office: Employer
    agencies: Sequence[Employer]


def towns(workshop: Workshop) -> dict[str, Town]:
    """Sets up the Boards, by the id of their policy."""
    found = {}
    for invented in invented_boards(shelf()):
        policy = shelf().get(invented.given.policy)
        given = crowded(invented.given) if policy.id == LARGEST else invented.given
        with workshop.writing() as work:
            set_up_board(work, given)
        with workshop.reading() as work:
            found[policy.id] = _town(work.session, given.code)
    return found


def _town(session: Session, code: str) -> Town:
    board = session.scalars(select(Board).where(Board.code == code)).one()
    people: dict[UUID, dict[str, list[Somebody]]] = {}
    for person in session.scalars(select(Person).where(Person.board_id == board.id).order_by(Person.email_index)):
        local = re.sub(r"\.\d+$", "", person.email.partition("@")[0])
        people.setdefault(person.agency_id, {}).setdefault(local, []).append(Somebody(person.id, person.email))
    agencies = session.scalars(select(Agency).where(Agency.board_id == board.id).order_by(Agency.name)).all()
    places = [Employer(each.id, each.name, people.get(each.id, {})) for each in agencies]
    office = next(place for place, each in zip(places, agencies, strict=True) if each.kind == "board")
    return Town(board.id, code, office, [place for place in places if place is not office])


# --- courses: each is walked once by the service --------------------------------------------------------------------


@dataclass(frozen=True)
class Course:
    """One escalation as it was walked, ready to be written again."""

    policy: Policy
    rows: Sequence[tuple[type[Any], Mapping[str, Any]]]
    """Opened, table by table."""
    steps: Sequence[Step]
    places: Sequence[Place]
    agencies: Mapping[UUID, str]
    """Which agency it is there: school, socialcare; board for the office."""
    people: Mapping[UUID, tuple[str, str]]
    """At which agency somebody is there, and what stands before the @ of their address."""
    names: Mapping[str, str]
    """The names of these agencies, and the addresses of these people, as they stand in texts: what each is the slot of."""
    categories: Sequence[str]
    is_open: bool
    last: datetime
    """When anything of it last happened."""


def courses(policy: Policy) -> list[Course]:
    """Some that ended at each stage, with and without learning, and some that go on there."""
    with tempfile.TemporaryDirectory(prefix="forms-app-courses-") as folder:
        url = f"sqlite:///{Path(folder) / 'courses.db'}"
        migrate(url, KEYS)
        with scene(url, policy) as place:
            walked = list(_walked(place))
            for each in walked:
                _prune(place, each)
            return [_course(place, each) for each in walked]


def _walked(place: Scene) -> Iterator[UUID]:
    codes = [choice.id for choice in place.policy.learning]
    longest = max(len(route.stages) for route in place.policy.routes)
    for stages in range(longest):
        for learning in ((), tuple(codes[:1])):
            if (ended := _to(place, stages, learning)) is not None:
                yield ended
        if (going := _to(place, stages, None)) is not None:
            yield going


def _to(place: Scene, stages: int, learning: tuple[str, ...] | None) -> UUID | None:
    """One that was taken so many stages further, and settled there unless `learning` is None. None where it left before."""
    place.clock.now = MONDAY
    escalation = place.open().escalation_id
    for _ in range(stages):
        place.clock.forward(hours=26)
        place.step_up(escalation)
        if not isinstance(place.standing(escalation), Open):
            return escalation if learning == () else None
    if learning is not None:
        place.clock.forward(hours=30)
        place.hold(escalation)
        closers = _who(place, escalation, Act.RECORD_OUTCOME)
        if not closers:
            return None
        filed = place.outcome(escalation, by=closers[0], learning=learning, policy_gap=bool(learning))
        while answering := _who(place, escalation, Act.ANSWER_OUTCOME):
            place.clock.forward(hours=1)
            place.answer(escalation, by=answering[0], to=filed.record_id)
    release_everything(place.workshop, escalation)
    return escalation


def _who(place: Scene, escalation: UUID, act: Act) -> list[UUID]:
    now = place.standing(escalation)
    return [each.person for each in place.places(escalation) if act in acts_open_to(each, now)]


def _prune(place: Scene, escalation: UUID) -> None:
    """Keeps the few documents by which the Board was told, or the first, with files, attempts and an answer, and counts again."""
    with place.workshop.writing() as work:
        session = work.session
        sides = set(
            session.scalars(
                select(Party.person_id).where(Party.escalation_id == escalation, Party.side != Side.BOARD.value)
            )
        )
        documents = list(
            session.scalars(select(Document).where(Document.escalation_id == escalation).order_by(Document.owed_at))
        )
        deliveries = list(
            session.scalars(
                select(Delivery)
                .where(Delivery.document_id.in_([each.id for each in documents]))
                .order_by(Delivery.number)
            )
        )
        told = [
            each
            for each in documents
            if each.kind in {kind.value for kind in DEIDENTIFIED}
            and any(one.document_id == each.id and one.person_id not in sides for one in deliveries)
        ]
        kept = list({each.id: each for each in (*told[:1], *documents, *told)}.values())[: len(DELIVERIES)]
        for document, most in zip(kept, DELIVERIES, strict=False):
            own = [one for one in deliveries if one.document_id == document.id]
            own.sort(key=lambda one: (one.person_id in sides, one.number))
            _post(session, document, own[:most], has_files=document is kept[0])
            _drop(session, [one.id for one in own[most:]], [])
        gone = [each.id for each in documents if each not in kept]
        _drop(session, [one.id for one in deliveries if one.document_id in gone], gone)
        session.flush()
        count(work, [escalation])


def _post(session: Session, document: Document, deliveries: Sequence[Delivery], *, has_files: bool) -> None:
    document.issued_at = at = document.owed_at + timedelta(minutes=1)
    for each in ("docx", "pdf") if has_files else ():
        session.add(
            DocumentFile(
                document_id=document.id, format=each, content=b"invented", sha256=os.urandom(32).hex(), issued_at=at
            )
        )
    for number, delivery in enumerate(deliveries):
        attempt = Attempt(
            delivery_id=delivery.id, number=1, at=at + timedelta(minutes=1), result="accepted", smtp_code=250
        )
        session.add(attempt)
        if number == 0:
            answered = at + timedelta(minutes=9)
            session.add(
                Acknowledgement(delivery_id=delivery.id, number=1, at=answered, answer="agrees", sha256="0" * 64)
            )


def _drop(session: Session, deliveries: Collection[UUID], documents: Collection[UUID]) -> None:
    session.execute(delete(Delivery).where(Delivery.id.in_(deliveries)))
    releases = select(Release.id).where(Release.document_id.in_(documents))
    session.execute(delete(ReleaseFinding).where(ReleaseFinding.release_id.in_(releases)))
    session.execute(delete(Release).where(Release.document_id.in_(documents)))
    session.execute(delete(Document).where(Document.id.in_(documents)))


def _course(place: Scene, escalation: UUID) -> Course:
    with place.workshop.reading() as work:
        session = work.session
        found = [(kind, row) for kind in IN_ORDER for row in _rows_of(session, kind, escalation)]
        whole = session.get_one(Escalation, escalation, options=WHOLE)
        people = {person.id: person.email for person in session.scalars(select(Person))}
        agencies = {agency.id: agency for agency in session.scalars(select(Agency))}
        of_agency = {
            person.agency_id: person.email.partition("@")[2].partition(".")[0]
            for person in session.scalars(select(Person))
        }
        names = {agencies[each].name: str(each) for each in agencies} | {
            email: str(each) for each, email in people.items()
        }
        happened = (row for kind, row in found if kind not in COUNTED)
        moments = [value for row in happened for value in row.values() if isinstance(value, datetime)]
        entry = next(row for kind, row in found if kind is RegisterEntry)
        route = place.policy.route(whole.records[0].route)
        return Course(
            policy=place.policy,
            rows=found,
            steps=[step_of(record) for record in whole.records],
            places=places_of(whole),
            agencies=of_agency,
            people={
                each: (email.partition("@")[2].partition(".")[0], email.partition("@")[0])
                for each, email in people.items()
            },
            names=names,
            categories=[each.id for each in place.policy.categories_of(route)],
            is_open=entry["state"] == "open",
            last=max(moments),
        )


def _rows_of(session: Session, kind: type[Any], escalation: UUID) -> Iterator[dict[str, Any]]:
    names = {column.name for column in kind.__table__.columns}
    wanted = select(*kind.__table__.columns).order_by(*kind.__table__.primary_key)
    if kind is Escalation:
        wanted = wanted.where(Escalation.id == escalation)
    elif "escalation_id" in names:
        wanted = wanted.where(kind.escalation_id == escalation)
    elif "document_id" in names:
        wanted = wanted.where(kind.document_id.in_(select(Document.id).where(Document.escalation_id == escalation)))
    else:
        deliveries = select(Delivery.id).join(Document).where(Document.escalation_id == escalation)
        wanted = wanted.where(kind.delivery_id.in_(deliveries))
    yield from (dict(row) for row in session.execute(wanted).mappings())


# --- written again --------------------------------------------------------------------------------------------------


class _Key:
    """Seals for one escalation after another, without a database."""

    def __init__(self) -> None:
        self.cipher = AESGCM(bytes(32))

    def get_bind(self) -> _Key:
        return self

    @property
    def dialect(self) -> Any:
        return DIALECT

    def opening(self, key_id: UUID, *, anew: bool = False) -> AESGCM:
        return self.cipher

    def sealing(self, session: Session, key_id: UUID) -> AESGCM:
        return self.cipher

    def indexing(self) -> bytes:
        raise AssertionError("nothing of an escalation is looked up blindly")

    def new(self, key_id: UUID) -> Row:
        """The row of a new key, which seals from now on."""
        raw = os.urandom(32)
        self.cipher = AESGCM(raw)
        return key_id.hex, KEYS.wrap(key_id, raw), KEYS.current


DIALECT = sqlite_dialect()
KEY = _Key()
use_keys(DIALECT, KEY)


@dataclass
class _Form:
    """One row of a course, as it is on one day: what stands in it each time, and where something else stands."""

    table: Table
    base: list[Any]
    slots: list[tuple[int, int]] = field(default_factory=list)
    texts: list[tuple[int, Words]] = field(default_factory=list)
    seals: list[tuple[int, Column[Any], Any]] = field(default_factory=list)
    own: int = 0
    """The slot of its id."""


class Mould:
    """A course with everything taken out that is different each time: the slots."""

    def __init__(self, course: Course, town: Town) -> None:
        self.course, self.town = course, town
        self.number: dict[str, int] = {}
        self.fresh: list[int] = []
        for _, row in course.rows:
            for name, value in row.items():
                if isinstance(value, UUID) and name != "board_id":
                    self._slot(str(value), fresh=value not in course.agencies and value not in course.people)
        entry = next(row for kind, row in course.rows if kind is RegisterEntry)
        self.board = entry["board_id"]
        self.escalation = self.number[str(entry["escalation_id"])]
        self.reference = self._slot(entry["reference"])
        self.category = self._slot(f'"category":"{entry["category"]}"')
        for name in course.names:
            if course.names[name] in self.number:
                self._slot(name)
        self._split = re.compile(
            "(" + "|".join(re.escape(each) for each in sorted(self.number, key=len, reverse=True)) + ")"
        )
        self._words: dict[str, Words] = {}

    def _slot(self, original: str, *, fresh: bool = False) -> int:
        if original not in self.number:
            self.number[original] = len(self.number)
            if fresh:
                self.fresh.append(self.number[original])
        return self.number[original]

    def words(self, text: str) -> Words:
        if text not in self._words:
            self._words[text] = tuple(self.number.get(part, part) for part in self._split.split(text) if part)
        return self._words[text]

    def on(self, day: date) -> list[_Form]:
        """Its rows, with the days of an escalation that began on this one, and what the register counts of that."""
        delta = day - uk_date(MONDAY)
        rows = [(kind, _moved(kind, row, delta)) for kind, row in self.course.rows if kind is not RegisterStay]
        line = self._line(delta)
        counted = {name: value for name, value in asdict(line).items() if name != "stays"}
        made = []
        for kind, row in rows:
            if kind is RegisterEntry:
                row |= counted | {"state": line.state.value, "learning": list(line.learning)}
                shared = {name: row[name] for name in ("escalation_id", "board_id", "opened_at")}
            made.append(self._form(kind, row))
        made += [self._form(RegisterStay, {**shared, **asdict(stay)}) for stay in line.stays]
        return made

    @property
    def reached_at(self) -> datetime | None:
        """When the last document that its recipients answer reached one of them."""
        kinds = {kind.value for kind in ANSWERED}
        rows = self.course.rows
        documents = {row["id"] for kind, row in rows if kind is Document and row["kind"] in kinds}
        deliveries = {row["id"] for kind, row in rows if kind is Delivery and row["document_id"] in documents}
        attempts = (row for kind, row in rows if kind is Attempt and row["delivery_id"] in deliveries)
        return max((row["at"] for row in attempts), default=None)

    def _line(self, delta: timedelta) -> Any:
        course = self.course
        steps = [
            Step(
                id=step.id,
                route=step.route,
                stage=step.stage,
                side=step.side,
                agency=step.agency,
                person=step.person,
                happened_on=step.happened_on + delta,
                entered_at=step.entered_at + delta,
                facts=FACTS.validate_json(_moved_text(step.facts.model_dump_json(), delta)),
            )
            for step in course.steps
        ]
        places = [replace(each, joined_at=each.joined_at and each.joined_at + delta) for each in course.places]
        calendar = calendar_of(course.policy.nation)
        now = standing(course.policy, steps, places=places, calendar=calendar)
        return line_of(
            now,
            places=places,
            level_of_need=None,
            reached_at=self.reached_at and self.reached_at + delta,
            calendar=calendar,
        )

    def _form(self, kind: type[Any], row: Mapping[str, Any]) -> _Form:
        table: Table = kind.__table__
        form = _Form(table, [])
        for position, column in enumerate(table.columns):
            value = row[column.name]
            form.base.append(self._put(form, position, column, value, row))
        return form

    def _put(  # noqa: C901  # one line a kind of column
        self, form: _Form, position: int, column: Column[Any], value: Any, row: Mapping[str, Any]
    ) -> Any:
        if column.primary_key and isinstance(value, UUID) and not form.own:
            form.own = self.number[str(value)]
        if column.name == "mail_domain":
            form.texts.append((position, self.words(self._email_of(row["person_id"]))))
        elif column.name == "category":
            form.slots.append((position, self.category))
        elif isinstance(column.type, Sealed) and value is not None:
            is_text = isinstance(value, str) and value != ""
            form.seals.append((position, column, self.words(value) if is_text else value))
        elif isinstance(value, UUID) and value != self.board:
            form.slots.append((position, self.number[str(value)]))
        elif isinstance(value, list | dict):
            form.texts.append((position, self.words(json.dumps(value))))
        elif isinstance(value, str) and value in self.number:
            form.slots.append((position, self.number[value]))
        elif isinstance(value, UUID):
            return self.town.id.hex
        elif isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S.%f}"
        elif isinstance(value, date):
            return value.isoformat()
        elif isinstance(value, bool):
            return int(value)
        else:
            return value
        return None

    def _email_of(self, person: UUID) -> str:
        return next(name for name, whose in self.course.names.items() if whose == str(person) and "@" in name)

    def copy(self, forms: Sequence[_Form], number: int, chance: random.Random) -> list[tuple[str, Row]]:
        """One more, with people and agencies of the Board."""
        raw: list[str] = [""] * len(self.number)
        words: list[str] = [""] * len(self.number)
        tail = os.urandom(8).hex()
        for slot in self.fresh:
            raw[slot] = each = f"{number:012x}{slot:04x}{tail}"
            words[slot] = f"{each[:8]}-{each[8:12]}-{each[12:16]}-{each[16:20]}-{each[20:]}"
        self._cast(raw, words, chance)
        raw[self.reference] = words[self.reference] = reference(self.town.code, number)
        raw[self.category] = category = chance.choice(self.course.categories)
        words[self.category] = f'"category":"{category}"'
        escalation = UUID(raw[self.escalation])
        rows = [(DataKey.__tablename__, KEY.new(escalation))]
        for form in forms:
            row = list(form.base)
            for position, slot in form.slots:
                row[position] = raw[slot]
            for position, text in form.texts:
                said = "".join(part if isinstance(part, str) else words[part] for part in text)
                row[position] = said.rpartition("@")[2] if form.table.name == "deliveries" else said
            if form.seals:
                own = UUID(raw[form.own])
                for position, column, value in form.seals:
                    if type(value) is tuple:
                        value = "".join(part if isinstance(part, str) else words[part] for part in value)
                    row[position] = bytes(sealed(KEY, column, escalation, own, value))  # type: ignore[arg-type]
            rows.append((form.table.name, tuple(row)))
        return rows

    def _cast(self, raw: list[str], words: list[str], chance: random.Random) -> None:
        """Gives each agency and each person of the course to somebody of this Board."""
        chosen = iter(chance.sample(self.town.agencies, k=min(len(self.town.agencies), 5)))
        agencies = {"board": self.town.office}
        for own, label in self.course.agencies.items():
            if str(own) in self.number:
                agency = agencies.setdefault(label, next(chosen) if label != "board" else self.town.office)
                self._say(raw, words, str(own), agency.id, agency.name)
        for person, (label, local) in self.course.people.items():
            if str(person) in self.number:
                found = chance.choice(agencies[label].people[local])
                self._say(raw, words, str(person), found.id, found.email)

    def _say(self, raw: list[str], words: list[str], own: str, as_: UUID, name: str) -> None:
        slot = self.number[own]
        raw[slot], words[slot] = as_.hex, str(as_)
        for each, whose in self.course.names.items():
            if whose == own and each in self.number:
                raw[self.number[each]] = words[self.number[each]] = name


def _moved(kind: type[Any], row: Mapping[str, Any], delta: timedelta) -> dict[str, Any]:
    moved = {name: value + delta if isinstance(value, date) else value for name, value in row.items()}
    if kind is StageRecord:
        moved["facts"] = _moved_text(row["facts"], delta)
    return moved


def _moved_text(text: str, delta: timedelta) -> str:
    return DAY.sub(lambda day: (date.fromisoformat(day[0]) + delta).isoformat(), text)


def reference(code: str, number: int) -> str:
    """Seven letters that no other number has."""
    base, left, letters = len(REFERENCE_LETTERS), number * 7_368_787 % len(REFERENCE_LETTERS) ** 7, ""
    for _ in range(7):
        left, each = divmod(left, base)
        letters += REFERENCE_LETTERS[each]
    return f"{code}-{letters}"


# --- all of them ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Portion:
    """What one process writes at a time: so many escalations of a Board that began on one day."""

    policy: str
    day: date
    first: int
    """The number of the first."""
    count: int


_moulds: dict[str, list[Mould]] = {}


def fill(file: Path, how_many: int) -> None:
    """Makes a database with so many escalations. In two processes that seal, and this one, which writes."""
    url = f"sqlite:///{file}"
    migrate(url, KEYS)
    database = Database(url, KEYS)
    found = towns(Workshop(database, shelf(), calendar_of, Clock(NOW)))
    with database.writing() as session:
        session.execute(delete(OutboxItem))
    database.close()
    for policy_id, town in found.items():
        _moulds[policy_id] = [Mould(each, town) for each in courses(next(p for p in shelf() if p.id == policy_id))]
    write = _inserting()
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-1000000"):
        connection.execute(f"PRAGMA {pragma}")
    with multiprocessing.get_context("fork").Pool(2) as pool:
        connection.execute("BEGIN")
        for rows in pool.imap(_written, portions(how_many, list(found)), chunksize=4):
            for name, several in rows.items():
                connection.executemany(write[name], several)
        connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def portions(how_many: int, policies: Sequence[str]) -> Iterator[Portion]:
    """From the first day to the last, on Mondays to Fridays."""
    others = [each for each in policies if each != LARGEST]
    days = [FIRST_DAY + timedelta(days=number) for number in range((NOW.date() - FIRST_DAY).days)]
    days = [day for day in days if day.weekday() < 5]
    shares = {each: round(how_many * OTHERS_SHARE) for each in others}
    shares[LARGEST] = how_many - sum(shares.values())
    number = 1
    for index, day in enumerate(days):
        for policy, share in shares.items():
            count = share * (index + 1) // len(days) - share * index // len(days)
            if count:
                yield Portion(policy, day, number, count)
                number += count


def _written(portion: Portion) -> dict[str, list[Row]]:
    chance = random.Random(portion.first)
    end = datetime.combine(portion.day, time(), tzinfo=NOW.tzinfo) - MONDAY.replace(hour=0, minute=0)
    past = [each for each in _moulds[portion.policy] if each.course.last + end <= NOW]
    going, ended = [each for each in past if each.course.is_open], [each for each in past if not each.course.is_open]
    still_open = YOUNG_OPEN if NOW.date() - portion.day < YOUNG else STAYS_OPEN
    kinds = [
        _one_of(going if going and (not ended or chance.random() < still_open) else ended, chance)
        for _ in range(min(portion.count, A_DAY))
    ]
    rows: dict[str, list[Row]] = {}
    forms = [each.on(portion.day) for each in kinds]
    for number in range(portion.count):
        chosen = number % len(kinds)
        for name, row in kinds[chosen].copy(forms[chosen], portion.first + number, chance):
            rows.setdefault(name, []).append(row)
    return rows


def _one_of(moulds: Sequence[Mould], chance: random.Random) -> Mould:
    """Of those that went far there are fewer."""
    weights = [1 / (1 + len(each.course.steps)) for each in moulds]
    return chance.choices(moulds, weights)[0]


def _inserting() -> dict[str, str]:
    return {
        table.name: "INSERT INTO {} ({}) VALUES ({})".format(  # noqa: S608  # names of our own tables
            table.name, ", ".join(f'"{each.name}"' for each in table.columns), ", ".join("?" for _ in table.columns)
        )
        for table in Base.metadata.sorted_tables
    }


# --- from SQLite to PostgreSQL ----------------------------------------------------------------------------------------


def copy_to(url: str, file: Path) -> None:
    """Fills a migrated database of PostgreSQL with what stands in a file of SQLite. As whoever may leave out its checks."""
    source, target = sqlite3.connect(file), psycopg.connect(url.replace("+psycopg", ""))
    tables = list(Base.metadata.sorted_tables)
    with target, target.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute(f"TRUNCATE {', '.join(table.name for table in tables)}")
        for table in tables:
            columns = ", ".join(f'"{each.name}"' for each in table.columns)
            rows = source.execute(f"SELECT {columns} FROM {table.name}")  # noqa: S608  # names of our own tables
            with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                while some := rows.fetchmany(5000):
                    copy.write("".join("\t".join(map(_as_copied, row)) + "\n" for row in some))
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as after:
        after.execute("VACUUM ANALYZE")
    source.close()


def _as_copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return (
        str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        if isinstance(value, str)
        else str(value)
    )
