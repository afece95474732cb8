"""Keys, and what is sealed with them

A migration cannot seal: it makes room, and `forms-app migrate` seals afterwards. Nor can it open what is sealed: that comes before the
way back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

TEXT, TEXT_OR_NOTHING, JSON, JSON_OR_NOTHING = "text", "text?", "json", "json?"
SEALED = {
    "mail_domains": {"domain": TEXT},
    "people": {"name": TEXT, "email": TEXT, "job_title": TEXT, "telephone": TEXT},
    "proposals": {"value": TEXT},
    "contacts": {
        "role": TEXT,
        "name": TEXT,
        "telephone": TEXT,
        "out_of_hours_telephone": TEXT,
        "email": TEXT,
        "hours": TEXT,
        "checked_by": TEXT,
    },
    "authenticator_apps": {"secret": TEXT},
    "passkeys": {"name": TEXT},
    "subjects": {"answers": TEXT},
    "hand_overs": {"words": TEXT},
    "interests": {"words": TEXT},
    "stage_records": {"facts": TEXT, "sections": TEXT},
    "documents": {"title": TEXT, "context": TEXT},
    "releases": {"texts": JSON, "sent_back_because": TEXT},
    "release_findings": {"text": TEXT, "why": TEXT, "suggestion": TEXT, "kept_because": TEXT},
    "deliveries": {"address": TEXT},
    "acknowledgements": {"reasons": TEXT},
    "outbox": {"payload": JSON_OR_NOTHING},
    "retention_holds": {"sentence": TEXT},
    "drafts": {"answers": JSON},
}
"""What becomes bytes, and what it was before."""


INDEXED = {
    "people": ("email", ["email"], ["email_index"]),
    "mail_domains": ("domain", ["agency_id", "domain"], ["agency_id", "domain_index"]),
}
"""What is looked up, what was unique, and what is now."""


def upgrade() -> None:
    _note_domains_of_deliveries()
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_keys")),
    )
    op.create_table(
        "sealed_places",
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_sealed_places")),
    )
    for table, (looked_up, was_unique, is_unique) in INDEXED.items():
        _index(table, looked_up, was_unique, is_unique)
    for table, columns in SEALED.items():
        with op.batch_alter_table(table) as batch_op:
            for column, was in columns.items():
                batch_op.alter_column(
                    column,
                    type_=sa.LargeBinary(),
                    existing_nullable=was.endswith("?"),
                    postgresql_using=f"convert_to({column}::text, 'UTF8')",
                )
        _on_sqlite(table, columns, "BLOB")
    _give_drafts_their_keys()


def _note_domains_of_deliveries() -> None:
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.add_column(sa.Column("mail_domain", sa.Text(), nullable=True))
    rest = "split_part(address, '@', 2)"
    if op.get_bind().dialect.name == "sqlite":
        rest = "substr(address, instr(address, '@') + 1)"
    op.execute(f"UPDATE deliveries SET mail_domain = {rest}")  # noqa: S608 - one of the two above
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.alter_column("mail_domain", existing_type=sa.Text(), nullable=False)


def _index(table: str, looked_up: str, was_unique: list[str], is_unique: list[str]) -> None:
    """Until it is sealed each row's index is its id: unique, and nobody's."""
    index = f"{looked_up}_index"
    with op.batch_alter_table(table) as batch_op:
        batch_op.add_column(sa.Column(index, sa.LargeBinary(), nullable=True))
    is_bytes = "CAST(id AS BLOB)" if op.get_bind().dialect.name == "sqlite" else "uuid_send(id)"
    op.execute(f"UPDATE {table} SET {index} = {is_bytes}")  # noqa: S608 - names of columns
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(index, existing_type=sa.LargeBinary(), nullable=False)
        batch_op.drop_constraint(batch_op.f(f"uq_{table}_{'_'.join(was_unique)}"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f(f"uq_{table}_{'_'.join(is_unique)}"), is_unique)


def _on_sqlite(table: str, columns: dict[str, str], kind: str) -> None:
    """There a column keeps what it held, whatever its type is said to be."""
    if op.get_bind().dialect.name == "sqlite":
        for column in columns:
            op.execute(f"UPDATE {table} SET {column} = CAST({column} AS {kind})")  # noqa: S608 - names of columns


def _give_drafts_their_keys() -> None:
    """Of each draft that is there: its Board's. What is begun from now on has its escalation's."""
    with op.batch_alter_table("drafts") as batch_op:
        batch_op.add_column(sa.Column("key_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE drafts SET key_id = (SELECT board_id FROM people WHERE people.id = drafts.person_id)")
    with op.batch_alter_table("drafts") as batch_op:
        batch_op.alter_column("key_id", existing_type=sa.Uuid(), nullable=False)
    op.create_index(op.f("ix_drafts_key_id"), "drafts", ["key_id"])


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM data_keys")):
        raise RuntimeError("What is sealed cannot be opened by a migration: the way back begins in db/migrate.py")
    op.drop_index(op.f("ix_drafts_key_id"), "drafts")
    with op.batch_alter_table("drafts") as batch_op:
        batch_op.drop_column("key_id")
    for table, columns in SEALED.items():
        _on_sqlite(table, columns, "TEXT")
        with op.batch_alter_table(table) as batch_op:
            for column, was in columns.items():
                text = f"convert_from({column}, 'UTF8')"
                batch_op.alter_column(
                    column,
                    type_=sa.JSON() if was.startswith("json") else sa.Text(),
                    existing_nullable=was.endswith("?"),
                    postgresql_using=f"{text}::json" if was.startswith("json") else text,
                )
    for table, (looked_up, was_unique, is_unique) in INDEXED.items():
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"uq_{table}_{'_'.join(is_unique)}"), type_="unique")
            batch_op.create_unique_constraint(batch_op.f(f"uq_{table}_{'_'.join(was_unique)}"), was_unique)
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(f"{looked_up}_index")
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.drop_column("mail_domain")
    op.drop_table("sealed_places")
    op.drop_table("data_keys")
