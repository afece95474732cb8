"""From which day a Board's new escalations begin under another version, and rehearsals of a policy"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

TABLES = ("rehearsed_policies", "policy_adoptions")

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
BOARD = "(SELECT nullif(current_setting('forms_app.board', true), '')::uuid)"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("boards", sa.Column("next_policy_key", sa.Text(), nullable=True))
    op.add_column("boards", sa.Column("next_policy_from", moment, nullable=True))
    op.create_table(
        "policy_adoptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("policy_key", sa.Text(), nullable=False),
        sa.Column("instead_of", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("withdrawn_by_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_policy_adoptions_board_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["people.id"], name=op.f("fk_policy_adoptions_proposed_by_id")),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["people.id"], name=op.f("fk_policy_adoptions_confirmed_by_id")),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["people.id"], name=op.f("fk_policy_adoptions_withdrawn_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_adoptions")),
    )
    op.create_index("ix_policy_adoptions_board_id_proposed_at", "policy_adoptions", ["board_id", "proposed_at"])
    op.create_table(
        "rehearsed_policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("policy_key", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("says", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_rehearsed_policies_board_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_rehearsed_policies_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsed_policies")),
    )
    op.create_index("ix_rehearsed_policies_board_id_asked_at", "rehearsed_policies", ["board_id", "asked_at"])
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(
                f"CREATE POLICY reach ON {table} USING ({SERVICE} OR board_id = {BOARD}) "
                f"WITH CHECK ({SERVICE} OR board_id = {BOARD})"
            )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("boards", "next_policy_from")
    op.drop_column("boards", "next_policy_key")
