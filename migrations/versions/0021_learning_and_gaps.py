"""The registers of learning and of gaps, what needs no line there, and what the Board decided about patterns"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

TABLES = ("pattern_looks", "pattern_thresholds", "nothing_to_add", "learning_changes", "learning_lines")

SAYS_LEARNING = sa.text("(policy_gap OR CAST(learning AS TEXT) <> '[]')")

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
BOARD = "(SELECT nullif(current_setting('forms_app.board', true), '')::uuid)"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "learning_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("policy_key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("section", sa.LargeBinary(), nullable=False),
        sa.Column("what", sa.LargeBinary(), nullable=False),
        sa.Column("action", sa.LargeBinary(), nullable=False),
        sa.Column("owner_person_id", sa.Uuid(), nullable=True),
        sa.Column("owner_agency_id", sa.Uuid(), nullable=True),
        sa.Column("owner_seat", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sub_group", sa.Text(), nullable=True),
        sa.Column("came_from_id", sa.Uuid(), nullable=True),
        sa.Column("kept_because", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", moment, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("done", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_learning_lines_board_id")),
        sa.ForeignKeyConstraint(["owner_person_id"], ["people.id"], name=op.f("fk_learning_lines_owner_person_id")),
        sa.ForeignKeyConstraint(["owner_agency_id"], ["agencies.id"], name=op.f("fk_learning_lines_owner_agency_id")),
        sa.ForeignKeyConstraint(["came_from_id"], ["escalations.id"], name=op.f("fk_learning_lines_came_from_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["people.id"], name=op.f("fk_learning_lines_done_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_lines")),
    )
    op.create_index("ix_learning_lines_open", "learning_lines", ["board_id", "kind", "done_at", "due_on"])
    op.create_index("ix_learning_lines_came_from_id", "learning_lines", ["came_from_id"])
    op.create_table(
        "learning_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_learning_changes_board_id")),
        sa.ForeignKeyConstraint(["line_id"], ["learning_lines.id"], name=op.f("fk_learning_changes_line_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["people.id"], name=op.f("fk_learning_changes_changed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_changes")),
    )
    op.create_index("ix_learning_changes_line_id", "learning_changes", ["line_id", "at"])
    op.create_table(
        "nothing_to_add",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("looked_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_nothing_to_add_board_id")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_nothing_to_add_escalation_id")),
        sa.ForeignKeyConstraint(["looked_by_id"], ["people.id"], name=op.f("fk_nothing_to_add_looked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nothing_to_add")),
        sa.UniqueConstraint("escalation_id", name=op.f("uq_nothing_to_add_escalation_id")),
    )
    op.create_table(
        "pattern_thresholds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("set_at", moment, nullable=False),
        sa.Column("set_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_pattern_thresholds_board_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["people.id"], name=op.f("fk_pattern_thresholds_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pattern_thresholds")),
        sa.UniqueConstraint("board_id", name=op.f("uq_pattern_thresholds_board_id")),
    )
    op.create_table(
        "pattern_looks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("raising_id", sa.Uuid(), nullable=False),
        sa.Column("receiving_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("looked_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_pattern_looks_board_id")),
        sa.ForeignKeyConstraint(["raising_id"], ["agencies.id"], name=op.f("fk_pattern_looks_raising_id")),
        sa.ForeignKeyConstraint(["receiving_id"], ["agencies.id"], name=op.f("fk_pattern_looks_receiving_id")),
        sa.ForeignKeyConstraint(["looked_by_id"], ["people.id"], name=op.f("fk_pattern_looks_looked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pattern_looks")),
    )
    op.create_index("ix_pattern_looks_pair", "pattern_looks", ["board_id", "raising_id", "receiving_id", "category"])
    op.create_index(
        "ix_register_entries_says_learning",
        "register_entries",
        ["board_id", "opened_at", "escalation_id"],
        sqlite_where=SAYS_LEARNING,
        postgresql_where=SAYS_LEARNING,
    )
    op.create_index("ix_register_entries_similar", "register_entries", ["raising_id", "category", "opened_at"])
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY reach ON {table} USING ({SERVICE} OR board_id = {BOARD})")


def downgrade() -> None:
    op.drop_index("ix_register_entries_similar", "register_entries")
    op.drop_index("ix_register_entries_says_learning", "register_entries")
    for table in TABLES:
        op.drop_table(table)
