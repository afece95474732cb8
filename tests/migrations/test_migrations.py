"""The migrations: up, down and up again, with rows present, and the tables that the code expects at the end."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Connection, column, create_engine, inspect, select, table, text, update
from sqlalchemy.orm import joinedload

from forms_app.db import ledger
from forms_app.db.database import Database
from forms_app.db.migrate import MIGRATIONS, downgrade, migrate
from forms_app.db.tables import (
    Acknowledgement,
    Base,
    Delivery,
    Document,
    LayoutPicture,
    MailDomain,
    Notification,
    Party,
    Person,
    WorkerProcess,
)
from forms_app.domain.deliveries import EventKind
from forms_app.mail.compose import Kind
from forms_app.services import escalations, layouts
from forms_app.services.boards import leave
from forms_app.services.mail_domains import name_domains, rule_for
from forms_app.services.notifying import notify
from tests.factories.everything import look_after_what_is_due
from tests.factories.keys import KEYS
from tests.factories.releases import held, prepare
from tests.factories.scenes import scene

RECREATES = """
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"


def recreated():
    # As SQLite must for many a change; PostgreSQL never has to.
    return op.batch_alter_table("{table}", recreate="always" if op.get_bind().dialect.name == "sqlite" else "never")


def upgrade():
    with recreated() as batch:
        batch.add_column(sa.Column("motto", sa.Text(), nullable=True))
{more}

def downgrade():
    with recreated() as batch:
        batch.drop_column("motto")
"""


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    database = Database(url, KEYS)
    with database.engine.connect() as connection:
        yield connection
    database.close()


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


COUNTED_AGAIN = frozenset({"register_entries", "register_agencies", "register_stays"})
"""Copies of what the records say: a database that comes up again has its workers count them."""


def rows(url: str) -> dict[str, int]:
    with connected(url) as connection:
        names = set(inspect(connection).get_table_names()) - COUNTED_AGAIN
        return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in sorted(names)}  # noqa: S608 names of tables


def head() -> str:
    found = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert found is not None
    return found


def fill(url: str) -> None:
    """Rows in nearly every table, each pointing at others."""
    with scene(url, "hull") as here:
        escalation = here.open().escalation_id
        here.account(escalation, by=here.raiser)


def fill_beside(url: str) -> None:
    """A record that the service made because nothing had been recorded, and a second escalation beside the first."""
    with scene(url, "hull") as here:
        first = here.open().escalation_id
        here.clock.forward(days=9)
        look_after_what_is_due(here)
        concern = here.concern("ladder", here.named(here.policy.main.stages[0], opening=True))
        facts = concern.facts.model_copy(update={"beside": first})
        with here.workshop.writing() as work:
            escalations.open_escalation(work, by=here.raiser, concern=replace(concern, facts=facts))


# --- up, down and up again ---


def test_the_tables_are_those_that_the_code_expects(database_url: str) -> None:
    with connected(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_column_that_no_migration_makes_is_noticed(empty_database_url: str) -> None:
    migrate(empty_database_url, KEYS)
    with connected(empty_database_url) as connection:
        connection.execute(text("ALTER TABLE boards ADD COLUMN motto TEXT"))
        context = MigrationContext.configure(connection)
        assert [difference[0] for difference in compare_metadata(context, Base.metadata)] == ["remove_column"]
        connection.rollback()


def test_up_and_down_and_up_again_with_rows_present(empty_database_url: str) -> None:
    migrate(empty_database_url, KEYS)
    fill(empty_database_url)
    assert rows(empty_database_url)["stage_records"] == 2

    downgrade(empty_database_url, KEYS, "base")
    assert tables(empty_database_url) == set()
    migrate(empty_database_url, KEYS)

    assert tables(empty_database_url) == set(Base.metadata.tables)
    fill(empty_database_url)


def test_the_directory_goes_and_comes_back_and_takes_nothing_else_along(empty_database_url: str) -> None:
    migrate(empty_database_url, KEYS)
    fill(empty_database_url)
    with connected(empty_database_url) as connection:
        board = connection.scalar(text("SELECT id FROM boards"))
        connection.execute(
            text("INSERT INTO equivalent_titles VALUES (:id, :board, 'school', 'practitioner', 'Teacher')"),
            {"id": board, "board": board},
        )
        connection.commit()
    before = rows(empty_database_url)
    assert before["contacts"] > 1

    downgrade(empty_database_url, KEYS, "0001")
    assert not {"contacts", "equivalent_titles"} & tables(empty_database_url)
    migrate(empty_database_url, KEYS)

    after = rows(empty_database_url)
    assert (after["contacts"], after["equivalent_titles"]) == (0, 0)
    for kept in ("boards", "agencies", "people", "escalations", "stage_records", "documents", "audit_entries"):
        assert after[kept] == before[kept], kept


def test_what_the_service_recorded_and_what_stands_beside_each_other_survive_the_way_down_and_up(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url, KEYS)
    fill_beside(empty_database_url)
    before = rows(empty_database_url)
    assert unnamed(empty_database_url) == 1

    downgrade(empty_database_url, KEYS, "0003")
    with connected(empty_database_url) as connection:
        assert "beside_id" not in {column["name"] for column in inspect(connection).get_columns("escalations")}
        raisers = "SELECT count(*) FROM stage_records r JOIN parties p ON p.escalation_id = r.escalation_id "
        raisers += "AND p.person_id = r.person_id AND p.agency_id = r.agency_id AND p.side = r.side WHERE p.is_raiser"
        assert connection.scalar(text(raisers)) == 3, "nobody else's name was put on what the service did"
    assert rows(empty_database_url).items() <= before.items(), "of the tables that there were then"

    migrate(empty_database_url, KEYS)
    assert rows(empty_database_url) == before
    assert unnamed(empty_database_url) == 0, "whose it was cannot be known any more"
    fill_beside(empty_database_url)


def test_what_waits_goes_and_can_wait_again_and_takes_nothing_else_along(empty_database_url: str) -> None:
    migrate(empty_database_url, KEYS)
    fill_waiting(empty_database_url)
    before = rows(empty_database_url)
    assert before["releases"] == 1
    assert before["release_findings"] >= 1

    downgrade(empty_database_url, KEYS, "0005")
    assert not {"releases", "release_findings"} & tables(empty_database_url)
    migrate(empty_database_url, KEYS)

    after = rows(empty_database_url)
    assert (after.pop("releases"), after.pop("release_findings")) == (0, 0)
    assert after.pop("notifications") == 0, "who was told of the release is not known any more either"
    assert after.items() <= before.items()


def fill_waiting(url: str) -> None:
    """A proforma that waits, in which a name was found and is kept for a reason."""
    with scene(url, "hull") as here:
        escalation = here.open().escalation_id
        for _ in range(3):
            here.step_up(escalation)
        (waiting,) = held(here.workshop, escalation)
        prepare(here.workshop, waiting.document_id, by=here.raiser, about="Ottilie Marchbank was seen.")


def test_layouts_go_and_come_back_empty_and_take_nothing_else_along(empty_database_url: str) -> None:
    migrate(empty_database_url, KEYS)
    fill_with_layouts(empty_database_url)
    before = rows(empty_database_url)
    assert before["word_layouts"] == before["layout_choices"] == before["layout_pictures"] == 1

    downgrade(empty_database_url, KEYS, "0006")
    assert not {"word_layouts", "layout_choices", "layout_pictures"} & tables(empty_database_url)
    migrate(empty_database_url, KEYS)

    after = rows(empty_database_url)
    for name in ("word_layouts", "layout_choices", "layout_pictures"):
        assert after.pop(name) == 0
    assert after.items() <= before.items()
    fill_with_layouts(empty_database_url)


def fill_with_layouts(url: str) -> None:
    """A layout with a picture that waits to be published, and a document that has it."""
    with scene(url, "hull") as here:
        here.open()
        with here.workshop.writing() as work:
            unit = here.holder("business_unit")
            layout = layouts.upload(work, by=unit, kind_code="stage_record", layout=b"invented", seen="")
            work.session.add(LayoutPicture(layout_id=layout, number=1, content=b"invented"))
            work.session.flush()
            work.session.execute(update(Document).values(layout_id=layout))


def test_everybody_who_was_mailed_before_there_were_rules_is_mailed_as_before(empty_database_url: str) -> None:
    migrate(empty_database_url, KEYS)
    fill_with_a_domain_that_waits(empty_database_url)
    before, rules = rows(empty_database_url), rules_of(empty_database_url)
    attached = {f"{mail}.inventedshire.example" for mail in ("board", "health", "police", "socialcare")}
    assert {domain for domain, rule in rules.items() if rule == "attach"} == attached

    downgrade(empty_database_url, KEYS, "0007")
    assert "mail_domains" not in tables(empty_database_url)
    with connected(empty_database_url) as connection:
        board = table("boards", column("secure_domains", JSON))
        assert connection.scalar(select(board.c.secure_domains)) == sorted(attached), "what waited is not among them"
        assert "language" not in {each["name"] for each in inspect(connection).get_columns("people")}
    migrate(empty_database_url, KEYS)

    assert rules_of(empty_database_url) == rules | {"supply.example": "link"}
    assert rows(empty_database_url) == before
    with scene(empty_database_url, "hull") as here, here.workshop.reading() as work:
        everybody = work.session.scalars(select(Person)).all()
        assert {person.language for person in everybody} == {"en"}
        assert {(person.email.partition("@")[2], str(rule_for(work, person))) for person in everybody} == set(
            rules_of(empty_database_url).items()
        )


def fill_with_a_domain_that_waits(url: str) -> None:
    """Somebody of the school has left, and another one has an address at a secure domain that nobody has confirmed."""
    with scene(url, "hull") as here:
        here.open()
        with here.workshop.writing() as work:
            leave(work, "colleague@school.inventedshire.example")
            found = work.session.scalars(
                select(Person).where(Person.email == "practitioner@school.inventedshire.example")
            ).one()
            found.email = "tamsin@supply.example"
            work.session.flush()
            name_domains(work, found.board_id, attach=["supply.example"])


def rules_of(url: str) -> dict[str, str | None]:
    """What may be sent to each domain; None while it waits."""
    with connected(url) as connection:
        found = connection.execute(select(MailDomain.domain, MailDomain.rule, MailDomain.confirmed_at))
        return {domain: rule if confirmed_at else None for domain, rule, confirmed_at in found}


def test_what_became_of_deliveries_goes_and_takes_no_delivery_along(empty_database_url: str) -> None:
    migrate(empty_database_url, KEYS)
    fill_with_what_became_of_deliveries(empty_database_url)
    before = rows(empty_database_url)
    gone = {"notifications", "delivery_events", "acknowledgements", "worker_processes"}
    assert {before[name] for name in gone} == {1}

    downgrade(empty_database_url, KEYS, "0007")
    assert not gone & tables(empty_database_url)
    migrate(empty_database_url, KEYS)

    after = rows(empty_database_url)
    assert {after.pop(name) for name in gone} == {0}
    assert after.items() <= before.items()
    fill_with_what_became_of_deliveries(empty_database_url)


def fill_with_what_became_of_deliveries(url: str) -> None:
    """One that goes with others in a message, was withdrawn and answered; somebody named by mistake; a worker."""
    with scene(url, "hull") as here:
        here.open()
        with here.workshop.writing() as work:
            delivery = work.session.scalars(select(Delivery).options(joinedload(Delivery.person))).first()
            assert delivery is not None
            notify(work, Kind.DOCUMENTS_WAITING, delivery.person, key="one")
            delivery.notification_id = work.session.scalars(select(Notification.id)).one()
            delivery.withdrawn_at = work.now
            ledger.add_event(work.session, delivery.id, EventKind.WITHDRAWN, work.now)
            answer = {"answer": "agrees", "sha256": "0" * 64}
            work.session.add(Acknowledgement(delivery_id=delivery.id, number=1, at=work.now, **answer))
            work.session.add(WorkerProcess(name="one", started_at=work.now, seen_at=work.now))
            work.session.execute(update(Party).values(removed_at=work.now))


def unnamed(url: str) -> int:
    with connected(url) as connection:
        return connection.scalar(text("SELECT count(*) FROM stage_records WHERE person_id IS NULL")) or 0


def test_running_it_again_changes_nothing(empty_database_url: str) -> None:
    migrate(empty_database_url, KEYS)
    fill(empty_database_url)
    before = rows(empty_database_url)

    migrate(empty_database_url, KEYS)

    assert rows(empty_database_url) == before


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


# --- changing a table that others point at ---


@pytest.fixture
def with_one_more(tmp_path: Path) -> Path:
    return one_more(tmp_path / "migrations")


def one_more(folder: Path, *, table: str = "boards", env: str | None = None, more: str = "") -> Path:
    """Our migrations with another one that recreates a table to which others point."""
    versions = folder / "versions"
    versions.mkdir(parents=True)
    for file in (MIGRATIONS / "versions").glob("*.py"):
        (versions / file.name).write_text(file.read_text())
    (folder / "env.py").write_text(env or (MIGRATIONS / "env.py").read_text())
    (versions / "9001_more.py").write_text(RECREATES.format(head=head(), table=table, more=more))
    return folder


def run(folder: Path, url: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("sqlalchemy.url", url)
    if down:
        command.downgrade(config, head())
    else:
        command.upgrade(config, "head")


def test_recreating_a_table_keeps_its_rows_and_those_that_point_at_it(
    empty_database_url: str, with_one_more: Path
) -> None:
    migrate(empty_database_url, KEYS)
    fill(empty_database_url)
    before = rows(empty_database_url)

    run(with_one_more, empty_database_url)
    assert rows(empty_database_url) == before
    run(with_one_more, empty_database_url, down=True)
    assert rows(empty_database_url) == before


def test_a_migration_that_leaves_a_row_pointing_nowhere_is_undone_as_a_whole(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url)
    before = rows(sqlite_url)
    folder = one_more(tmp_path / "migrations", more='    op.execute("DELETE FROM boards")\n')

    with pytest.raises(RuntimeError, match="point at rows that are not there; nothing was changed"):
        run(folder, sqlite_url)

    assert rows(sqlite_url) == before
    with connected(sqlite_url) as connection:
        assert "motto" not in {column["name"] for column in inspect(connection).get_columns("boards")}
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == head()


def test_without_its_guard_recreating_a_table_deletes_what_points_at_it(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url)
    careless = (MIGRATIONS / "env.py").read_text().replace("foreign_keys=OFF", "foreign_keys=ON")
    cascading(sqlite_url)
    before = rows(sqlite_url)
    guarded = one_more(tmp_path / "guarded", table="outbox")
    unguarded = one_more(tmp_path / "unguarded", table="outbox", env=careless)

    run(guarded, sqlite_url)
    assert rows(sqlite_url) == before
    run(guarded, sqlite_url, down=True)
    run(unguarded, sqlite_url)

    assert before["mottos"] == before["outbox"] > 0
    assert rows(sqlite_url)["mottos"] == 0


def cascading(url: str) -> None:
    """A table whose rows go with those that they point at: the quiet case. Without the cascade it fails aloud."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute(
        "CREATE TABLE mottos (id INTEGER PRIMARY KEY, item_id CHAR(32) REFERENCES outbox (id) ON DELETE CASCADE)"
    )
    connection.execute("INSERT INTO mottos (item_id) SELECT id FROM outbox")
    connection.commit()
    connection.close()


def test_without_its_guard_recreating_a_table_of_ours_fails(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url)
    before = rows(sqlite_url)
    careless = (MIGRATIONS / "env.py").read_text().replace("foreign_keys=OFF", "foreign_keys=ON")

    with pytest.raises(Exception, match="FOREIGN KEY"):
        run(one_more(tmp_path / "unguarded", env=careless), sqlite_url)

    assert rows(sqlite_url) == before


def test_the_migrations_import_nothing_of_the_service() -> None:
    for file in MIGRATIONS.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) forms_app", file.read_text(), re.MULTILINE), file.name


def test_a_database_that_is_not_there_is_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"

    migrate(url, KEYS)

    assert tables(url) == set(Base.metadata.tables)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
