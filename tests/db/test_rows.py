"""What PostgreSQL shows to whom, whatever a query forgets to ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from forms_app.db.actors import NOBODY, SERVICE, Actor
from forms_app.db.database import driver_url
from forms_app.db.faults import DatabaseFault
from forms_app.db.migrate import downgrade, migrate, require_newest
from forms_app.db.tables import (
    AuditEntry,
    Base,
    Board,
    Document,
    Draft,
    Escalation,
    Party,
    Person,
    StageRecord,
    SubjectOfConcern,
)
from tests.factories.keys import KEYS
from tests.factories.scenes import Scene, scene
from tests.postgres import PostgresServer

OPEN = {
    "alembic_version": "says which migrations ran",
    "data_keys": "each is wrapped by a key that is not in the database",
    "sealed_places": "names columns",
    "boards": "the names of Boards, and how to reach them",
    "identity_providers": "must be found before anybody is signed in, and holds no secret",
    "sign_in_codes": "must be found before anybody is signed in, and holds hashes",
    "sign_in_sessions": "must be found before anybody is signed in, and holds hashes",
    "unfinished_sign_ins": "must be found before anybody is signed in, and holds hashes",
    "identities": "must be found before anybody is signed in, and holds hashes",
    "authenticator_apps": "must be found before anybody is signed in; what opens it is sealed",
    "passkeys": "must be found before anybody is signed in, and holds public keys",
    "recovery_codes": "must be found before anybody is signed in, and holds hashes",
    "spent_challenges": "must be found before anybody is signed in, and holds hashes",
    "allowances": "counts what anybody asks for, signed in or not",
    "outbox": "is worked through for everybody; what a message says is sealed",
    "worker_processes": "says which workers live",
    "restores": "is about the whole database",
    "trail_head": "a count and a hash",
}
"""Tables that show the same to everybody, and why they may."""

WRITTEN = (SubjectOfConcern, StageRecord, Document)


@pytest.fixture
def here(postgresql_url: str) -> Iterator[Scene]:
    with scene(postgresql_url, "hull") as made:
        made.open()
        yield made


def board_of(here: Scene) -> UUID:
    with here.database.reading() as session:
        return session.scalars(select(Board.id)).one()


def of(here: Scene, person_id: UUID, *, in_office: bool = False) -> Actor:
    return Actor("person", person_id, board_of(here), in_office=in_office)


def counted(here: Scene, actor: Actor, table: type[Any]) -> int:
    with here.database.reading(actor) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def raiser(here: Scene) -> Actor:
    return of(here, here.raiser)


def test_every_table_keeps_its_rows_from_others_or_says_why_not(postgresql_url: str) -> None:
    kept = text(
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    engine = create_engine(driver_url(postgresql_url))
    with engine.connect() as connection:
        is_kept = {name: bool(kept) for name, kept in connection.execute(kept)}
    engine.dispose()

    assert set(is_kept) == set(Base.metadata.tables) | {"alembic_version"}
    assert {name for name, each in is_kept.items() if not each} == set(OPEN)


def test_a_connection_that_does_not_say_for_whom_it_is_reads_nothing(here: Scene, postgresql_url: str) -> None:
    engine = create_engine(driver_url(postgresql_url))
    with Session(engine) as session:
        for table in (Escalation, Person, Party, *WRITTEN):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
    engine.dispose()
    assert counted(here, SERVICE, StageRecord) > 0


def test_who_has_not_signed_in_finds_people_and_nothing_that_was_written(here: Scene) -> None:
    assert counted(here, NOBODY, Person) > 0
    assert [counted(here, NOBODY, table) for table in (Escalation, Party, *WRITTEN)] == [0] * 5


def test_a_read_that_forgets_to_ask_for_whom_shows_nothing_to_a_stranger_of_the_same_board(here: Scene) -> None:
    stranger = of(here, here.at("police", "practitioner"))

    assert [counted(here, stranger, table) for table in WRITTEN] == [0, 0, 0]
    assert counted(here, stranger, Escalation) == 1, "its bare line"
    assert all(counted(here, raiser(here), table) > 0 for table in WRITTEN)


def test_the_office_of_the_board_reaches_what_its_register_is_made_of(here: Scene) -> None:
    unit = of(here, here.holder("business_unit"), in_office=True)
    assert counted(here, unit, StageRecord) == counted(here, SERVICE, StageRecord)


def test_another_board_finds_neither_escalations_nor_people(here: Scene) -> None:
    elsewhere = Actor("person", here.raiser, UUID(int=7), in_office=True)
    assert [counted(here, elsewhere, table) for table in (Escalation, Party, Person, *WRITTEN)] == [0] * 6


def test_a_program_reaches_the_documents_of_its_agencys_escalations_and_nothing_that_anybody_wrote_beside_them(
    here: Scene,
) -> None:
    board = board_of(here)
    school, police = (Actor("system", board_id=board, agency_id=here.agency(each).id) for each in ("school", "police"))

    assert counted(here, school, Document) == counted(here, SERVICE, Document) > 0
    assert [counted(here, school, table) for table in (SubjectOfConcern, StageRecord, Draft)] == [0, 0, 0]
    assert counted(here, police, Document) == 0
    assert counted(here, Actor("system", board_id=board), Document) == 0
    assert counted(here, Actor("system", board_id=UUID(int=7), agency_id=school.agency_id), Escalation) == 0


def test_what_somebody_is_writing_is_theirs_alone(here: Scene) -> None:
    with here.database.writing(raiser(here)) as session:
        session.add(
            Draft(
                person_id=here.raiser,
                key_id=board_of(here),
                about="new",
                form="concern",
                answers={},
                saved_at=here.clock.now,
            )
        )

    assert counted(here, raiser(here), Draft) == 1
    assert counted(here, of(here, here.holder("business_unit"), in_office=True), Draft) == 0


def test_nobody_writes_into_another_board(here: Scene) -> None:
    elsewhere = Actor("person", here.raiser, UUID(int=7))
    with here.database.reading() as session:
        key = session.scalars(select(Escalation)).one().policy_key
    new = Escalation(board_id=board_of(here), reference="X-1", policy_key=key, category="any", opened_at=here.clock.now)

    with pytest.raises(Exception, match="row-level security"), here.database.writing(elsewhere) as session:
        session.add(new)


def test_a_pooled_connection_forgets_for_whom_it_was(here: Scene) -> None:
    assert counted(here, SERVICE, StageRecord) > 0
    with here.database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM stage_records")) == 0


@pytest.mark.parametrize(
    "change", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"]
)
def test_the_service_itself_cannot_change_the_trail(here: Scene, change: str) -> None:
    assert counted(here, SERVICE, AuditEntry) > 0
    with pytest.raises(Exception, match="permission denied"), here.database.writing() as session:
        session.execute(text(change))


def test_where_nothing_keeps_them_rows_show(here: Scene, postgresql_url: str, postgres_server: PostgresServer) -> None:
    stranger = of(here, here.at("police", "practitioner"))
    name = postgresql_url.rpartition("/")[2]
    with psycopg.connect(postgres_server.url(name).replace("+psycopg", "")) as owner:
        owner.execute("ALTER TABLE stage_records DISABLE ROW LEVEL SECURITY")

    assert counted(here, stranger, StageRecord) > 0


# --- the roles ---


@dataclass
class Owned:
    """A database whose owner is no superuser, as docs/running.md has it made."""

    as_owner: str
    as_service: str
    as_superuser: str


@contextmanager
def role(server: PostgresServer, name: str) -> Iterator[None]:
    with psycopg.connect(server.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(name)))
        yield
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def owned(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[Owned]:
    name = postgres_server.create_database()
    with role(postgres_server, "an_owner"):
        with psycopg.connect(postgres_server.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO an_owner").format(sql.Identifier(name)))
        superuser = postgres_server.url(name)
        yield Owned(
            superuser.replace(f"//{postgres_server.user}@", "//an_owner@"),
            postgres_server.url_of_service(name),
            superuser,
        )
        postgres_server.drop_database(name)


def test_the_owner_migrates_and_the_service_works_with_what_it_is_given(owned: Owned) -> None:
    migrate(owned.as_owner, KEYS)
    with scene(owned.as_service, "hull") as here:
        here.open()
        assert counted(here, SERVICE, StageRecord) == 1

    downgrade(owned.as_owner, KEYS, "0008")
    migrate(owned.as_owner, KEYS)

    require_newest(owned.as_service)
    with scene(owned.as_service, "hull") as here:
        assert counted(here, SERVICE, StageRecord) == 1, "the owner, whom the policies bind too, took every row along"


@pytest.mark.parametrize("who", ["as_owner", "as_superuser"])
def test_the_service_does_not_start_with_a_role_that_could_change_the_trail(owned: Owned, who: str) -> None:
    migrate(owned.as_owner, KEYS)
    with pytest.raises(DatabaseFault, match="DATABASE_URL could change the trail"):
        require_newest(getattr(owned, who))
