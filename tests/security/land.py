"""Five Boards with twelve escalations at different stages, each with words that stand nowhere else, made by services alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select

from forms_app.app import create_app
from forms_app.commands.invented import invented_boards
from forms_app.db.database import Database
from forms_app.db.tables import Agency, Delivery, Document, Escalation, MailDomain, Party, Passkey, Person, StageRecord
from forms_app.documents.catalogue import Issued, kind_of
from forms_app.documents.contexts import Context
from forms_app.domain.access import Relation, Role, roles_of
from forms_app.domain.answers import Answered, Section
from forms_app.domain.filing import Filed, NamedParty, NewConcern, Written
from forms_app.domain.policy import DEIDENTIFIED, Actor, Side
from forms_app.domain.records import Facts, MeetingCalled, PeopleJoin
from forms_app.domain.seats import Seat
from forms_app.mail.compose import Letterhead
from forms_app.mail.connection import MailServer
from forms_app.mail.postbox import Postbox
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services import escalations
from forms_app.services.boards import GivenBoard, GivenPerson, leave, set_up_board
from forms_app.services.outbox import Desk, run_due
from forms_app.services.removing import remove_party
from forms_app.services.signing_in import begin_session
from forms_app.services.workshop import Workshop
from forms_app.web.sessions import TOKEN
from tests.factories.forms import written
from tests.factories.keys import KEYS
from tests.factories.records import add_record
from tests.factories.releases import release_everything
from tests.factories.scenes import Clock, Scene, shelf
from tests.journeys.town import SIGNING_KEY, issue_in_town
from tests.smtp import SmtpServer
from tests.web.conftest import settings

SERVICE_URL = "http://escalations.example"
SECRET = "invented " * 8


@dataclass
class At(Scene):
    """A scene at one Board among several."""

    domain: str = ""
    board: UUID = field(default_factory=uuid4)
    canary: str = ""
    """What is typed into everything that is written next."""

    def at(self, agency: str, level: str) -> UUID:
        return self.people[f"{level.replace('_', '.')}@{agency}.{self.domain}"]

    def known(self, agency: str, level: str) -> UUID:
        """The person at this level, or another one of the agency where there is none."""
        return self._colleague(agency, level)

    def _colleague(self, agency: str, level: str) -> UUID:
        return self.people.get(f"{level.replace('_', '.')}@{agency}.{self.domain}", self.at(agency, "colleague"))

    def _acting(self, actor: Actor) -> Iterator[UUID]:
        if actor.side is Side.BOARD and actor.level == "board_member":
            yield self._colleague("health", actor.level)
        else:
            yield from super()._acting(actor)

    def _in_office(self, level: str) -> UUID:
        office = [person for email, person in self.people.items() if "@board." in email]
        return self._one(Person.level == level, Person.id.in_(office))

    def holder(self, seat: str) -> UUID:
        return self._one(Person.seat == seat)

    def _one(self, *wanted: Any) -> UUID:
        with self.database.reading() as session:
            found = session.scalars(select(Person).where(Person.board_id == self.board, *wanted))
            return min(found, key=lambda person: person.email).id

    def concern(
        self, route: str, people: tuple[NamedParty, ...], form_key: UUID | None = None, **timing: Any
    ) -> NewConcern:
        made = super().concern(route, people, form_key, **timing)
        name = Answered(id="names", question="Full names", answer=f"Child{self.canary}")
        about = (Section(title="The child", answers=(name,)),)
        return NewConcern(
            route=made.route,
            facts=made.facts,
            subject_kind=made.subject_kind,
            subject=about,
            people=made.people,
            written=self._written(made.written),
        )

    def record(self, escalation: UUID, facts: Facts, *, by: UUID, **given: Any) -> Filed:
        with self.workshop.writing() as work:
            return escalations.record(
                work,
                by=by,
                escalation_id=escalation,
                seen=given.get("seen") or self.seen(escalation),
                facts=facts,
                written=self._written(written(self.today, given.get("form_key"))),
                people=given.get("people", ()),
            )

    def _written(self, plain: Written) -> Written:
        said = Answered(id="what_happened", question="What happened?", answer=f"It was Told{self.canary}.")
        return Written(
            form_key=plain.form_key,
            sections=(Section(title="What happened", answers=(said,)),),
            happened_on=plain.happened_on,
        )


@dataclass(frozen=True)
class Told:
    """One escalation, and the people who stand to it in each way."""

    name: str
    id: UUID
    canary: str
    reference: str
    board: UUID
    who: Mapping[str, UUID | None]


@dataclass
class Land:
    workshop: Workshop
    clock: Clock
    app: Flask
    smtp: SmtpServer
    desk: Desk
    boards: dict[str, At]
    escalations: list[Told] = field(default_factory=list)

    def deliver(self) -> None:
        while run_due(self.workshop, "worker", self.desk):
            pass

    # --- what the tables say, read without the service's own reads

    @cached_property
    def people(self) -> dict[UUID, Person]:
        with self.workshop.reading() as work:
            found = {person.id: person for person in work.session.scalars(select(Person))}
            work.session.expunge_all()
            return found

    @cached_property
    def sides(self) -> dict[tuple[UUID, UUID], frozenset[Relation]]:
        """How each person who takes part stands to each escalation."""
        sides = {
            "raising": Relation.RAISING_SIDE,
            "responding": Relation.RESPONDING_SIDE,
            "board": Relation.BOARD_SIDE,
        }
        found, people = {}, self.people
        with self.workshop.reading() as work:
            for party in work.session.scalars(select(Party)):
                person = people[party.person_id]
                if party.removed_at is None and person.left_at is None and person.agency_id == party.agency_id:
                    also = {Relation.RAISER} if party.is_raiser else set()
                    found[party.escalation_id, person.id] = frozenset({sides[party.side]} | also)
        return found

    @cached_property
    def ever(self) -> set[tuple[UUID, UUID]]:
        """Who took part in what at any time."""
        with self.workshop.reading() as work:
            rows = work.session.execute(select(Party.escalation_id, Party.person_id))
            return {(escalation, person) for escalation, person in rows}

    @cached_property
    def told(self) -> dict[UUID, UUID]:
        """The Board that was told of an escalation, by the escalation."""
        with self.workshop.reading() as work:
            wanted = select(Document.escalation_id, Escalation.board_id).join(Document.escalation)
            kinds = [kind.value for kind in DEIDENTIFIED]
            found = work.session.execute(wanted.where(Document.kind.in_(kinds)))
            return {row[0]: row[1] for row in found}

    @cached_property
    def owed(self) -> dict[UUID, set[UUID]]:
        """To whom each document is owed."""
        found: dict[UUID, set[UUID]] = {}
        with self.workshop.reading() as work:
            for delivery in work.session.scalars(select(Delivery).where(Delivery.withdrawn_at.is_(None))):
                found.setdefault(delivery.document_id, set()).add(delivery.person_id)
        return found

    @cached_property
    def withdrawn(self) -> set[tuple[UUID, UUID]]:
        """Which documents were withdrawn from whom: they are told so."""
        with self.workshop.reading() as work:
            found = select(Delivery.document_id, Delivery.person_id).where(Delivery.withdrawn_at.is_not(None))
            return {(document, person) for document, person in work.session.execute(found)}

    @cached_property
    def documents(self) -> dict[UUID, dict[str, UUID]]:
        """The newest document of each kind of an escalation."""
        found: dict[UUID, dict[str, UUID]] = {}
        with self.workshop.reading() as work:
            for document in work.session.scalars(select(Document).order_by(Document.owed_at)):
                found.setdefault(document.escalation_id, {})[document.kind] = document.id
        return found

    @cached_property
    def deliveries(self) -> dict[UUID, UUID]:
        """A delivery of each document."""
        with self.workshop.reading() as work:
            return {each.document_id: each.id for each in work.session.scalars(select(Delivery))}

    @cached_property
    def records(self) -> dict[UUID, dict[str, UUID]]:
        found: dict[UUID, dict[str, UUID]] = {}
        with self.workshop.reading() as work:
            for record in work.session.scalars(select(StageRecord).order_by(StageRecord.number)):
                found.setdefault(record.escalation_id, {})[record.kind] = record.id
        return found

    def relations(self, person: UUID | None, told: Told) -> frozenset[Relation]:
        if person is None:
            return frozenset()
        found = set(self.sides.get((told.id, person), ()))
        who = self.people[person]
        if who.board_id == told.board:
            found |= {Relation.OWN_BOARD, Relation.OWN_AGENCY}
        if self.told.get(told.id) == who.board_id:
            found.add(Relation.OFFICE)
        return frozenset(found)

    def is_senior(self, person: UUID) -> bool:
        """Above the two lowest levels of the policy, in an agency."""
        who = self.people[person]
        here = next(each for each in self.boards.values() if each.board == who.board_id)
        levels = [level.id for level in here.policy.levels]
        return who.level in levels[2:] and "@board." not in who.email

    def domain_of(self, person: UUID) -> UUID:
        """The mail domain at which somebody has their address."""
        with self.workshop.reading() as work:
            wanted = select(MailDomain.id).where(MailDomain.agency_id == self.people[person].agency_id)
            return work.session.scalars(wanted).all()[0]

    def kind_of_school(self, told: Told) -> str:
        here = next(each for each in self.boards.values() if each.board == told.board)
        return here.policy.agency_kinds[0].id

    def roles(self, person: UUID | None) -> frozenset[Role]:
        return roles_of(None if person is None else self.people[person])

    def session_of(self, person: UUID | None) -> str:
        """The cookie of somebody who has just signed in, with a second step where they must have one; of nobody, an empty one."""
        if person is None:
            return self._cookie({})
        with self.workshop.writing() as work:
            found = work.session.get(Person, person)
            assert found is not None
            work.session.add(_passkey(person, self.clock.now))
            work.session.refresh(found, ["board"])
            token = begin_session(work, found, secret=SECRET.encode(), by="email").token
        return self._cookie({TOKEN: token})

    def _cookie(self, held: dict[str, str]) -> str:
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return str(serializer.dumps({**held, "csrf_token": "0" * 40}))


SIDED = (Relation.RAISER, Relation.RAISING_SIDE, Relation.RESPONDING_SIDE, Relation.BOARD_SIDE)


def _passkey(person: UUID, now: Any) -> Passkey:
    return Passkey(
        person_id=person,
        credential_id=secrets.token_bytes(16),
        public_key=b"invented",
        sign_count=0,
        name="Invented",
        added_at=now,
    )


class _Press:
    """Makes the first document of each kind as it is; of the others the files are their words, in the clear."""

    def __init__(self) -> None:
        self.made: set[str] = set()

    def __call__(self, kind: str, context: Context, layout: bytes | None = None) -> Issued:
        if kind not in self.made or kind_of(kind).is_blank:
            self.made.add(kind)
            return issue_in_town(kind, context, layout)
        words = context.model_dump_json().encode()
        return Issued(docx=b"PK" + words, pdf=b"%PDF-1.7 " + words, page=b"<p>" + words + b"</p>")


def make_land(url: str, smtp: SmtpServer) -> Land:
    """Everything made, sent and released."""
    database, clock = Database(url, KEYS), Clock()
    workshop = Workshop(database, shelf(), calendar_of, clock)
    boards = {}
    for invented in invented_boards(shelf()):
        given = _with_those_apart(invented.given)
        with workshop.writing() as work:
            set_up_board(work, given)
        boards[given.policy.partition("@")[0]] = _scene(database, clock, given)
    server = MailServer("127.0.0.1", smtp.port, security="none")
    desk = Desk(Postbox(server), Letterhead("post@escalations.example", SERVICE_URL), _Press())
    app = create_app(
        settings(url, service_url=SERVICE_URL, secret_key=SECRET, signing_key=SIGNING_KEY),
        workshop=workshop,
        poke=lambda: None,
    )
    land = Land(workshop, clock, app, smtp, desk, boards)
    for number, (name, policy, course) in enumerate(COURSES):
        here = boards[policy]
        here.canary = f"Canary{chr(65 + number)}{name.title().replace(' ', '')}zq"
        escalation = course(here)
        clock.forward(minutes=1)
        land.escalations.append(_told(here, name, escalation))
    land.deliver()
    for each in land.escalations:
        release_everything(workshop, each.id)
    land.deliver()
    for here in boards.values():
        with workshop.writing() as work:
            leave(work, next(email for email in here.people if email.startswith("colleague@socialcare.")))
    return land


def _with_those_apart(given: GivenBoard) -> GivenBoard:
    """With somebody who sees numbers alone, one who sees the trail alone, and an administrator who takes part in nothing."""
    office, school, *others = given.agencies
    domain = school.people[0].email.partition("@")[2].partition(".")[2]

    def person(mail: str, seat: Seat | None = None, level: str = "board", **more: Any) -> GivenPerson:
        name = f"Robin {mail.partition('@')[0].title()}"
        return GivenPerson(
            name=name, email=f"{mail}.{domain}", job_title="Invented officer", level=level, seat=seat, **more
        )

    lowest = school.people[-1].level
    apart = [person("analyst@board", Seat.ANALYST), person("auditor@board", Seat.AUDITOR)]
    staff = [
        person("administrator@school", level=lowest, administers_agency=True),
        person("mistaken@school", level=lowest),
    ]
    office = office.model_copy(update={"people": [*office.people, *apart]})
    school = school.model_copy(update={"people": [*school.people, *staff]})
    return given.model_copy(update={"agencies": [office, school, *others]})


def _scene(database: Database, clock: Clock, given: GivenBoard) -> At:
    policy = next(policy for policy in shelf() if policy.key == given.policy)
    raiser = given.agencies[1].people[0].email
    with database.reading() as session:
        board = session.scalars(select(Agency.board_id).join(Person).where(Person.email == raiser)).one()
        found = session.scalars(select(Person).where(Person.board_id == board))
        people = {person.email: person.id for person in found}
    return At(database, policy, people, clock, domain=raiser.partition("@")[2].partition(".")[2], board=board)


def _told(here: At, name: str, escalation: UUID) -> Told:
    with here.workshop.reading() as work:
        found = work.session.get(Escalation, escalation)
        assert found is not None
        reference = found.reference
        wanted = select(Party.side, Party.is_raiser, Party.person_id).where(Party.escalation_id == escalation)
        parties = work.session.execute(wanted.order_by(Party.number)).all()
    raiser = next(person for _, is_raiser, person in parties if is_raiser)
    responding = next((person for side, _, person in parties if side == "responding"), None)
    board_side = next((person for side, _, person in parties if side == "board"), None)
    return Told(
        name=name,
        id=escalation,
        canary=here.canary,
        reference=reference,
        board=here.board,
        who={
            "nobody": None,
            "raiser": raiser,
            "responding": responding,
            "board side": board_side,
            "colleague": here.at("school", "colleague"),
            "leaver": here.at("socialcare", "colleague"),
            "removed party": here.at("school", "mistaken"),
            "agency administrator": here.at("school", "administrator"),
            "uninvolved agency": here.known("police", "practitioner"),
            "its lead": here.known("police", "safeguarding_lead"),
            "another agency’s lead": here.known("health", "safeguarding_lead"),
            "business unit": here.holder(Seat.BUSINESS_UNIT),
            "chair": here.holder(Seat.CHAIR),
            "analyst": here.holder(Seat.ANALYST),
            "auditor": here.holder(Seat.AUDITOR),
        },
    )


# --- how each of the twelve went ------------------------------------------------------------------------------------


def _opened(here: At) -> UUID:
    return here.open().escalation_id


def _answered(here: At) -> UUID:
    escalation = _opened(here)
    other = next(place for place in here.places(escalation) if place.side is Side.RESPONDING)
    here.account(escalation, by=other.person)
    return escalation


def _with_a_leaver(here: At) -> UUID:
    """Somebody of social care joined, who will leave."""
    escalation = _opened(here)
    _joins(here, escalation, here.at("socialcare", "colleague"), "supports", Side.RESPONDING)
    return escalation


def _with_a_mistake(here: At) -> UUID:
    """Somebody joined who was named by mistake, and was taken out."""
    escalation = _opened(here)
    mistaken = here.at("school", "mistaken")
    _joins(here, escalation, mistaken, "supports", Side.RAISING)
    with here.workshop.writing() as work:
        remove_party(work, by=here.raiser, escalation_id=escalation, person_id=mistaken)
    return escalation


def _joins(here: At, escalation: UUID, person: UUID, because: Any, side: Side) -> None:
    places = here.places(escalation)
    by = next(place.person for place in places if place.side is side)
    level = here.policy.levels[0].id
    joins = NamedParty(person, side, level)
    here.record(escalation, PeopleJoin(because=because, joins=(person,)), by=by, people=(joins,))


def _up(times: int) -> Callable[[At], UUID]:
    def course(here: At) -> UUID:
        escalation = _opened(here)
        for _ in range(times):
            here.clock.forward(minutes=1)
            here.step_up(escalation)
        return escalation

    return course


def _meeting(here: At) -> UUID:
    escalation = _up(2)(here)
    with here.workshop.writing() as work:
        add_record(work, escalation, MeetingCalled(meeting="any", at=work.now, conveners=(), invited=()))
    return escalation


def _settled(here: At) -> UUID:
    escalation = _opened(here)
    proposed = here.outcome(escalation, by=here.raiser)
    for place in here.places(escalation):
        if place.side is Side.RESPONDING:
            here.answer(escalation, by=place.person, to=proposed.record_id)
            break
    return escalation


COURSES: tuple[tuple[str, str, Callable[[At], UUID]], ...] = (
    ("just opened", "west-sussex", _opened),
    ("answered", "west-sussex", _answered),
    ("with a leaver", "west-sussex", _with_a_leaver),
    ("with a mistake", "hull", _with_a_mistake),
    ("at the second stage", "annex-c", _up(1)),
    ("with a meeting", "west-sussex", _meeting),
    ("at the fourth stage", "west-sussex", _up(3)),
    ("before the scrutineer", "west-sussex", _up(4)),
    ("before the panel", "four-lscb", _up(3)),
    ("before a mediator", "hull", _up(4)),
    ("before a board member", "berkshire", _up(4)),
    ("settled", "annex-c", _settled),
)
