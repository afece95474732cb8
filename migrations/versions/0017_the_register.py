"""The Board's register and what its numbers count: a copy of what the records say, filled by `forms-app migrate` and the workers"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

TABLES = ("register_stays", "register_agencies", "register_entries")

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
BOARD = "(SELECT nullif(current_setting('forms_app.board', true), '')::uuid)"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "register_entries",
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("policy_key", sa.Text(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("told_at", moment, nullable=True),
        sa.Column("destroyed_at", moment, nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("raising_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("is_quiet", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("due_side", sa.Text(), nullable=True),
        sa.Column("convenes", sa.Text(), nullable=True),
        sa.Column("lacks", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("level_of_need", sa.Text(), nullable=True),
        sa.Column("learning", sa.JSON(), nullable=False),
        sa.Column("policy_gap", sa.Boolean(), nullable=False),
        sa.Column("actions", sa.Integer(), nullable=False),
        sa.Column("actions_done", sa.Integer(), nullable=True),
        sa.Column("review_due_on", sa.Date(), nullable=True),
        sa.Column("review_held_on", sa.Date(), nullable=True),
        sa.Column("came_of_it", sa.Boolean(), nullable=False),
        sa.Column("reminded_until", sa.Date(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("acknowledged", sa.Integer(), nullable=False),
        sa.Column("counted_by", sa.Text(), nullable=False),
        sa.Column("counted_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_register_entries_board_id")),
        sa.ForeignKeyConstraint(["raising_id"], ["agencies.id"], name=op.f("fk_register_entries_raising_id")),
        sa.PrimaryKeyConstraint("escalation_id", name=op.f("pk_register_entries")),
    )
    op.create_index("ix_register_entries_opened", "register_entries", ["board_id", "opened_at", "escalation_id"])
    op.create_index("ix_register_entries_due", "register_entries", ["board_id", "due_at", "escalation_id"])
    op.create_index("ix_register_entries_recorded", "register_entries", ["board_id", "recorded_at", "escalation_id"])
    op.create_index("ix_register_entries_reference", "register_entries", ["board_id", "reference"])
    op.create_index("ix_register_entries_counted_by", "register_entries", ["counted_by"])
    op.create_index("ix_register_entries_reminded", "register_entries", ["board_id", "reminded_until", "escalation_id"])
    op.create_table(
        "register_agencies",
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["register_entries.escalation_id"], name=op.f("fk_register_agencies_escalation_id")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_register_agencies_agency_id")),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_register_agencies_board_id")),
        sa.PrimaryKeyConstraint("escalation_id", "agency_id", name=op.f("pk_register_agencies")),
    )
    op.create_index("ix_register_agencies_agency", "register_agencies", ["agency_id", "opened_at", "escalation_id"])
    op.create_table(
        "register_stays",
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("entered_at", moment, nullable=False),
        sa.Column("left_at", moment, nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("kept", sa.Boolean(), nullable=True),
        sa.Column("working_days", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["register_entries.escalation_id"], name=op.f("fk_register_stays_escalation_id")
        ),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_register_stays_board_id")),
        sa.PrimaryKeyConstraint("escalation_id", "number", name=op.f("pk_register_stays")),
    )
    op.create_index("ix_register_stays_opened", "register_stays", ["board_id", "opened_at"])
    covers = sa.text("covers_until IS NOT NULL")
    op.create_index("ix_parties_covers", "parties", ["escalation_id"], sqlite_where=covers, postgresql_where=covers)
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            # Only the service counts; what it counted shows to the people of the Board.
            op.execute(f"CREATE POLICY reach ON {table} USING ({SERVICE} OR board_id = {BOARD}) WITH CHECK ({SERVICE})")


def downgrade() -> None:
    op.drop_index("ix_parties_covers", "parties")
    for table in TABLES:
        op.drop_table(table)
