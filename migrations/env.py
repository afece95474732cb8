"""Runs the migrations on the database that the configuration names. Imports nothing of the service."""

from alembic import context
from sqlalchemy import TypeDecorator, create_engine, event

url = context.config.get_main_option("sqlalchemy.url") or ""
on_sqlite = url.startswith("sqlite")
engine = create_engine(url, hide_parameters=True)

if on_sqlite:

    @event.listens_for(engine, "connect")
    def _prepare(connection, _):
        # Off before any transaction: recreating a parent table with foreign keys on deletes its children silently.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


else:

    @event.listens_for(engine, "connect")
    def _reach_every_row(connection, _):
        # Forced row-level security keeps them from the owner of the tables as well.
        with connection.cursor() as cursor:
            cursor.execute("SET forms_app.actor = 'service'")
        connection.commit()


def as_plain_type(kind, item, autogen_context):
    """Writes a column type of ours as the plain type that it stores, so that no migration imports the service."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


try:
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=context.config.attributes.get("target_metadata"),
            transactional_ddl=True,
            render_as_batch=on_sqlite,
            render_item=as_plain_type,
        )
        with context.begin_transaction():
            context.run_migrations()
            if on_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise RuntimeError(f"{len(broken)} rows point at rows that are not there; nothing was changed")
finally:
    engine.dispose()
