"""Brings a database to the newest form of its tables, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from forms_app.db.database import Database, driver_url
from forms_app.db.faults import RUN_MIGRATE, DatabaseFault

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    command.downgrade(_config(url), revision)


def require_newest(url: str) -> None:
    """Raises DatabaseFault for a database that lacks a migration of this version.

    One that is ahead of this version passes: it was brought there by a newer one, beside which this one still runs.
    """
    known = ScriptDirectory.from_config(_config(url))
    database = Database(url)
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    database.close()
    earlier = {each.revision for each in known.walk_revisions()} - {known.get_current_head()}
    if current is None or current in earlier:
        raise DatabaseFault(RUN_MIGRATE)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", driver_url(url).replace("%", "%%"))
    return config
