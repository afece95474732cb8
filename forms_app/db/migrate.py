"""Brings a database to the newest form of its tables, by Alembic."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from forms_app.db.database import Database, driver_url, engine_at
from forms_app.db.faults import RUN_MIGRATE, DatabaseFault
from forms_app.db.first_sealing import open_what_is_sealed, seal_what_is_open
from forms_app.db.keys import WrappingKeys

TOO_MIGHTY = text(
    "SELECT rolsuper OR rolbypassrls OR has_table_privilege('audit_entries', 'UPDATE, DELETE, TRUNCATE') "
    "FROM pg_roles WHERE rolname = current_user"
)
LOG_IN_WITH_LESS = (
    "The role in DATABASE_URL could change the trail, or read past what keeps rows from people. Write a role there that is a "
    "member of forms_app_service and owns nothing, and the owner’s into OWNER_DATABASE_URL: see docs/running.md."
)
MIGRATIONS = Path(__file__).parents[2] / "migrations"


def migrate(url: str, wrapping: WrappingKeys) -> None:
    """Brings a database to its newest form, with everything sealed that is to be."""
    upgrade(url)
    with closing(Database(url, wrapping)) as database:
        seal_what_is_open(database)


def upgrade(url: str, revision: str = "head") -> None:
    """Brings the tables alone to a form."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, wrapping: WrappingKeys, revision: str) -> None:
    """Takes the tables back to an earlier form, in which nothing is sealed."""
    with closing(Database(url, wrapping)) as database:
        open_what_is_sealed(database)
    command.downgrade(_config(url), revision)


def require_newest(url: str) -> None:
    """Raises DatabaseFault for a database that lacks a migration of this version, or that is reached with too much power.

    One that is ahead of this version passes: it was brought there by a newer one, beside which this one still runs.
    """
    known = ScriptDirectory.from_config(_config(url))
    engine = engine_at(url)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        is_too_mighty = (
            current is not None and connection.dialect.name == "postgresql" and connection.scalar(TOO_MIGHTY)
        )
    engine.dispose()
    earlier = {each.revision for each in known.walk_revisions()} - {known.get_current_head()}
    if current is None or current in earlier:
        raise DatabaseFault(RUN_MIGRATE)
    if is_too_mighty:
        raise DatabaseFault(LOG_IN_WITH_LESS)


def is_known(url: str, revision: str) -> bool:
    """Whether this version of the service has the migration that ends in this form of the tables."""
    return revision in {each.revision for each in ScriptDirectory.from_config(_config(url)).walk_revisions()}


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", driver_url(url).replace("%", "%%"))
    return config
