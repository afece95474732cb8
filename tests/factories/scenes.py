"""An invented Board that has adopted a policy, on a real database, with a clock that a test sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, RowMapping, Table, exists, func, select, type_coerce
from sqlalchemy.orm import selectinload

from forms_app.commands.invented import invented_board
from forms_app.db import reads
from forms_app.db.database import Database, Session
from forms_app.db.sealing import INDEX_KEY, SERVICE_KEY, Sealed, SealedValue
from forms_app.db.tables import Agency, Base, Board, DataKey, Document, Escalation, Person, SealedPlace, TrailHead
from forms_app.domain.acts import (
    Act,
    Destination,
    acts_open_to,
    gates_to,
    level_of_raiser,
    meetings_open_to,
    next_place,
    not_held,
)
from forms_app.domain.escalation import Open, Standing, outcome_waiting
from forms_app.domain.filing import Filed, NamedParty, NewConcern, Seen
from forms_app.domain.policy import Actor, Policy, Side, Stage
from forms_app.domain.records import (
    Account,
    Agreement,
    Concern,
    ConcernedAgency,
    Facts,
    MeetingCalled,
    MeetingHeld,
    Place,
    StepUp,
    Timing,
)
from forms_app.domain.working_days import LONDON, uk_date
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import Shelf
from forms_app.services import escalations
from forms_app.services.boards import set_up_board
from forms_app.services.history import place_of, standing_of
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop
from tests.factories.forms import SUBJECT, outcome, written
from tests.factories.keys import KEYS

MONDAY = datetime(2027, 3, 1, 10, 30, tzinfo=UTC)
DOMAIN = "inventedshire.example"


@cache
def shelf() -> Shelf:
    return Shelf.shipped()


@dataclass
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    def strike(self, year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> None:
        """Sets the time as a clock on a wall in London shows it."""
        self.now = datetime(year, month, day, hour, minute, tzinfo=LONDON).astimezone(UTC)


@dataclass
class Scene:
    """Everything that a test of an act needs. The school raises it with social care, if a test says no other.

    A route that is only between certain kinds of agency is raised by the police.
    """

    database: Database
    policy: Policy
    people: dict[str, UUID]
    clock: Clock = field(default_factory=Clock)
    shelf: Shelf = field(default_factory=shelf)
    raising: str = "school"
    responding: tuple[str, ...] = ("socialcare",)

    @property
    def workshop(self) -> Workshop:
        return Workshop(self.database, self.shelf, calendar_of, self.clock)

    # --- who

    @property
    def raiser(self) -> UUID:
        return self.at(self.raising, "practitioner")

    def at(self, agency: str, level: str) -> UUID:
        """The person at a level of an agency: school, socialcare, police, health or charity; board for the office."""
        return self.people[f"{level.replace('_', '.')}@{agency}.{DOMAIN}"]

    def agency(self, agency: str) -> ConcernedAgency:
        """An agency as it is named when a concern is opened."""
        with self.database.reading() as session:
            wanted = select(Agency).join(Person, Person.agency_id == Agency.id)
            found = session.scalars(wanted.where(Person.id == self.at(agency, "colleague"))).one()
            return ConcernedAgency(id=found.id, name=found.name)

    def named(self, stage: Stage, *, opening: bool = False, everybody: bool = False) -> tuple[NamedParty, ...]:
        """Who must act at a stage, or with `everybody` also who may, each from the right agency."""
        as_raiser = level_of_raiser(self.policy, stage, "practitioner") if opening else None
        return tuple(
            NamedParty(person, actor.side, actor.level)
            for actor in stage.actors
            if (actor.needed or everybody) and (actor.side, actor.level) != (Side.RAISING, as_raiser)
            for person in self._acting(actor)
        )

    def _acting(self, actor: Actor) -> Iterator[UUID]:
        match actor.side:
            case Side.RAISING:
                yield self._colleague(self.raising, actor.level)
            case Side.RESPONDING:
                yield from (self._colleague(agency, actor.level) for agency in self.responding)
            case Side.BOARD:
                uninvolved = actor.level == "board_member"
                yield self.at("health", actor.level) if uninvolved else self._in_office(actor.level)

    def _colleague(self, agency: str, level: str) -> UUID:
        return self.people.get(f"{level.replace('_', '.')}@{agency}.{DOMAIN}", self.at(agency, "colleague"))

    def _in_office(self, level: str) -> UUID:
        with self.database.reading() as session:
            found = session.scalars(select(Person).where(Person.level == level))
            return next(person.id for person in found if "@board." in person.email)

    def holder(self, seat: str) -> UUID:
        """Who has a seat at the Board."""
        with self.database.reading() as session:
            return session.scalars(select(Person.id).where(Person.seat == seat)).one()

    # --- what they do

    def open(
        self,
        route: str | None = None,
        *,
        by: UUID | None = None,
        people: Sequence[NamedParty] | None = None,
        everybody: bool = False,
        form_key: UUID | None = None,
        **timing: Any,
    ) -> Filed:
        chosen = self.policy.main if route is None else self.policy.route(route)
        if chosen.between:
            self.raising = "police"
        named = self.named(chosen.stages[0], opening=True, everybody=everybody) if people is None else tuple(people)
        with self.workshop.writing() as work:
            return escalations.open_escalation(
                work, by=by or self.raiser, concern=self.concern(chosen.id, named, form_key, **timing)
            )

    def concern(
        self, route: str, people: tuple[NamedParty, ...], form_key: UUID | None = None, **timing: Any
    ) -> NewConcern:
        chosen = self.policy.route(route)
        shapes = self.policy.concern_shapes
        category = self.policy.categories_of(chosen)[0].id
        return NewConcern(
            route=route,
            facts=Concern(
                shape=shapes[0].id if shapes else None,
                category=category,
                agencies=tuple(self.agency(agency) for agency in self.responding),
                timing=Timing(**timing),
                gates=confirmed(chosen.stages[0], "opening"),
            ),
            subject_kind=self.policy.subjects[0].value,
            subject=SUBJECT,
            people=people,
            written=written(self.today, form_key),
        )

    def record(
        self,
        escalation: UUID,
        facts: Facts,
        *,
        by: UUID,
        people: Sequence[NamedParty] = (),
        seen: Seen | None = None,
        form_key: UUID | None = None,
    ) -> Filed:
        """Any record, by whoever makes it."""
        with self.workshop.writing() as work:
            return escalations.record(
                work,
                by=by,
                escalation_id=escalation,
                seen=seen or self.seen(escalation),
                facts=facts,
                written=written(self.today, form_key),
                people=people,
            )

    def account(
        self, escalation: UUID, *, by: UUID, seen: Seen | None = None, form_key: UUID | None = None, **facts: Any
    ) -> Filed:
        return self.record(escalation, Account(**facts), by=by, seen=seen, form_key=form_key)

    def hold(self, escalation: UUID) -> None:
        """Calls and records the meeting without which the stage cannot be settled, if there is one that was not held."""
        now = self.standing(escalation)
        if isinstance(now, Open) and (gate := not_held(now)) is not None:
            place = next(
                place
                for place in self.places(escalation)
                if gate.meeting in {meeting.id for meeting in meetings_open_to(now, place)}
            )
            meeting = next(each for each in now.visit.stage.meetings if each.id == gate.meeting)
            attended = tuple(each.person for each in self.places(escalation))[: max(meeting.at_least or 0, 2)]
            call = MeetingCalled(meeting=meeting.id, at=self.clock.now, conveners=(place.person,), invited=attended)
            called = self.record(escalation, call, by=place.person).record_id
            held = MeetingHeld(meeting=meeting.id, called=called, attended=attended)
            self.record(escalation, held, by=place.person)

    def outcome(
        self, escalation: UUID, *, by: UUID, seen: Seen | None = None, form_key: UUID | None = None, **facts: Any
    ) -> Filed:
        self.hold(escalation)
        stage = self.stage(escalation)
        facts.setdefault("outcome", stage.closing.outcomes[0])
        facts.setdefault("gates", confirmed(stage, "resolving"))
        return self.record(escalation, outcome(self.today, **facts), by=by, seen=seen, form_key=form_key)

    def answer(
        self,
        escalation: UUID,
        *,
        by: UUID,
        to: UUID,
        agrees: bool = True,
        seen: Seen | None = None,
        form_key: UUID | None = None,
    ) -> Filed:
        answer = Agreement(outcome=to, agrees=agrees, reasons="" if agrees else "The plan is too late.")
        return self.record(escalation, answer, by=by, seen=seen, form_key=form_key)

    def step_up(
        self,
        escalation: UUID,
        *,
        by: UUID | None = None,
        people: Sequence[NamedParty] | None = None,
        everybody: bool = False,
        seen: Seen | None = None,
        form_key: UUID | None = None,
        **timing: Any,
    ) -> Filed:
        """To wherever the policy takes it next."""
        now = self.standing(escalation)
        assert isinstance(now, Open)
        to = next_place(self.policy, now.visit)
        named, step = (), StepUp(route=None, stage=None)
        if isinstance(to, Destination):
            named = self.named(to.stage, everybody=everybody)
            gates = confirmed(to.stage, "entering")
            step = StepUp(route=to.route.id, stage=to.stage.id, timing=Timing(**timing), gates=gates)
        return self.record(
            escalation,
            step,
            by=by or self.stepper(escalation),
            people=named if people is None else tuple(people),
            seen=seen,
            form_key=form_key,
        )

    def stepper(self, escalation: UUID) -> UUID:
        """Somebody who may take it further."""
        now = self.standing(escalation)
        return next(place.person for place in self.places(escalation) if Act.STEP_UP in acts_open_to(place, now))

    # --- what came of it

    @property
    def today(self) -> date:
        return uk_date(self.clock.now)

    def standing(self, escalation: UUID) -> Standing:
        with self.workshop.reading() as work:
            found = reads.escalation_for(work.session, escalation, self._raiser_of(escalation))
            assert found is not None
            return standing_of(work, found)

    def places(self, escalation: UUID) -> list[Place]:
        with self.workshop.reading() as work:
            found = reads.escalation_for(work.session, escalation, self._raiser_of(escalation))
            assert found is not None
            return [place_of(party) for party in found.parties]

    def stage(self, escalation: UUID) -> Stage:
        return self.standing(escalation).visits[-1].stage

    def seen(self, escalation: UUID) -> Seen:
        now = self.standing(escalation)
        return Seen(now.visits[-1].route.id, now.visits[-1].stage.id, outcome_waiting(now))

    def documents(self, record: UUID) -> list[Document]:
        """The documents that a record made, with their deliveries and whom each is owed to."""
        with self.database.reading() as session:
            wanted = select(Document).where(Document.record_id == record).order_by(Document.kind)
            found = list(session.scalars(wanted.options(selectinload(Document.deliveries))))
            session.expunge_all()
            return found

    def told(self, record: UUID) -> dict[str, set[UUID]]:
        return {
            document.kind: {delivery.person_id for delivery in document.deliveries}
            for document in self.documents(record)
        }

    def count(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.database.reading() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }

    def _raiser_of(self, escalation: UUID) -> UUID:
        with self.database.reading() as session:
            found = session.scalars(
                select(Escalation).where(Escalation.id == escalation).options(selectinload(Escalation.parties))
            ).one()
            return next(party.person_id for party in found.parties if party.is_raiser)


def confirmed(stage: Stage, before: str) -> tuple[str, ...]:
    """Every gate of the stage."""
    return tuple(gate.id for gate in gates_to(stage, before))


@contextmanager
def scene(url: str, policy: Policy | str) -> Iterator[Scene]:
    """A Board of the test's own that has adopted this policy, named by its id or given."""
    adopted = latest(policy) if isinstance(policy, str) else policy
    database = Database(url, KEYS)
    known = Shelf([*(other for other in shelf() if other.key != adopted.key), adopted])
    try:
        with Workshop(database, known, calendar_of, Clock()).writing() as work:
            _set_up(work, adopted)
        yield Scene(database, adopted, everybody(database), shelf=known)
    finally:
        database.close()


_prepared: dict[tuple[str, bytes], list[tuple[Table, list[dict[str, Any]]]]] = {}
"""What setting up a Board under each policy writes: the same rows every time, so most tests need only copy them.

Of the databases with the same key of the blind indexes, and as they are stored: sealed, with their keys.
"""


def _set_up(work: Work, adopted: Policy) -> None:
    is_first = not work.session.scalar(select(exists().where(Board.id.is_not(None))))
    key = (adopted.model_dump_json(), work.session.get_one(DataKey, INDEX_KEY).wrapped)
    prepared = _prepared.get(key)
    if is_first and prepared is not None:
        for table, rows in prepared:
            work.session.execute(table.insert(), rows)
            for row in rows if table.name == Board.__tablename__ else ():
                work.note("board_set_up", board=row["id"])
        return
    set_up_board(work, invented_board(adopted).given)
    if is_first:
        work.session.flush()
        _prepared[key] = list(_rows(work.session))


def _rows(session: Session) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Every row of every table, without the numbers that a database gives of itself, and without what migrations put there."""
    for table in Base.metadata.sorted_tables:
        if table.name in (TrailHead.__tablename__, SealedPlace.__tablename__):
            continue
        columns = [column for column in table.columns if column is not table.autoincrement_column]
        stored = [type_coerce(each, LargeBinary).label(each.name) if _is_sealed(each) else each for each in columns]
        wanted = select(*stored).order_by(*table.primary_key)
        if table.name == DataKey.__tablename__:
            wanted = wanted.where(table.c.id.not_in([SERVICE_KEY, INDEX_KEY]))
        if rows := [_as_stored(table, row) for row in session.execute(wanted).mappings()]:
            yield table, rows


def _is_sealed(column: Column[Any]) -> bool:
    return isinstance(column.type, Sealed)


def _as_stored(table: Table, row: RowMapping) -> dict[str, Any]:
    sealed = {each.name for each in table.columns if _is_sealed(each)}
    return {name: SealedValue(value) if name in sealed and value is not None else value for name, value in row.items()}


def everybody(database: Database) -> dict[str, UUID]:
    with database.reading() as session:
        return {person.email: person.id for person in session.scalars(select(Person))}


def latest(policy_id: str) -> Policy:
    return next(policy for policy in reversed(list(shelf())) if policy.id == policy_id)


def rejoined(url: str, policy_id: str) -> Scene:
    """The scene that another process made on this database."""
    database = Database(url, KEYS)
    return Scene(database, latest(policy_id), everybody(database))
