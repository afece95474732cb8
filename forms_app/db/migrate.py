"""Brings a database to the newest form of its tables, by Alembic."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from forms_app.db.database import Database, driver_url, engine_at
from forms_app.db.faults import RUN_MIGRATE, DatabaseFault
from forms_app.db.first_sealing import open_what_is_sealed, seal_what_is_open
from forms_app.db.keys import WrappingKeys

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
    """Raises DatabaseFault for a database that lacks a migration of this version.

    One that is ahead of this version passes: it was brought there by a newer one, beside which this one still runs.
    """
    known = ScriptDirectory.from_config(_config(url))
    engine = engine_at(url)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    earlier = {each.revision for each in known.walk_revisions()} - {known.get_current_head()}
    if current is None or current in earlier:
        raise DatabaseFault(RUN_MIGRATE)


def is_known(url: str, revision: str) -> bool:
    """Whether this version of the service has the migration that ends in this form of the tables."""
    return revision in {each.revision for each in ScriptDirectory.from_config(_config(url)).walk_revisions()}


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", driver_url(url).replace("%", "%%"))
    return config
