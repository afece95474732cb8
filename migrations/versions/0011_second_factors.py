"""What proves a second time who is signing in"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

MOMENT = sa.DateTime(timezone=True)
TABLES = ("spent_challenges", "recovery_codes", "passkeys", "authenticator_apps", "unfinished_sign_ins")


def upgrade() -> None:
    _of_a_person(
        "unfinished_sign_ins",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        unique="token_hash",
    )
    _of_a_person(
        "authenticator_apps",
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("proved_at", MOMENT, nullable=True),
        sa.Column("last_counter", sa.Integer(), nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
    )
    _of_a_person(
        "passkeys",
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        unique="credential_id",
    )
    _of_a_person(
        "recovery_codes",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        unique="code_hash",
    )
    op.create_table(
        "spent_challenges",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("spent_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_challenges")),
    )
    _when_sessions_were_proved()


def _of_a_person(table: str, *columns: sa.Column[object], unique: str | None = None) -> None:
    constraints: list[sa.Constraint] = [
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f(f"fk_{table}_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]
    if unique:
        constraints.append(sa.UniqueConstraint(unique, name=op.f(f"uq_{table}_{unique}")))
    ids = (sa.Column("id", sa.Uuid(), nullable=False), sa.Column("person_id", sa.Uuid(), nullable=False))
    op.create_table(table, *ids, *columns, *constraints)
    op.create_index(f"ix_{table}_person_id", table, ["person_id"])


def _when_sessions_were_proved() -> None:
    with op.batch_alter_table("sign_in_sessions") as batch_op:
        batch_op.add_column(sa.Column("proved_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.execute(sa.text("UPDATE sign_in_sessions SET proved_at = started_at"))
    with op.batch_alter_table("sign_in_sessions") as batch_op:
        batch_op.alter_column("proved_at", nullable=False)
        batch_op.alter_column("tries", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("sign_in_sessions") as batch_op:
        batch_op.drop_column("tries")
        batch_op.drop_column("proved_at")
    for table in TABLES:
        op.drop_table(table)
