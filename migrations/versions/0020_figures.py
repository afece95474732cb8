"""What was counted of each quarter, and what the business unit says of it"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
BOARD = "(SELECT nullif(current_setting('forms_app.board', true), '')::uuid)"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "quarter_counts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("counted_at", moment, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_quarter_counts_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarter_counts")),
        sa.UniqueConstraint("board_id", "period", name=op.f("uq_quarter_counts_board_id_period")),
    )
    op.create_table(
        "figure_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("table_id", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("written_by_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_figure_notes_board_id")),
        sa.ForeignKeyConstraint(["written_by_id"], ["people.id"], name=op.f("fk_figure_notes_written_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_notes")),
        sa.UniqueConstraint("board_id", "period", "table_id", name=op.f("uq_figure_notes_board_id_period_table_id")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, writes in (("quarter_counts", SERVICE), ("figure_notes", f"{SERVICE} OR board_id = {BOARD}")):
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY reach ON {table} USING ({SERVICE} OR board_id = {BOARD}) WITH CHECK ({writes})")


def downgrade() -> None:
    op.drop_table("figure_notes")
    op.drop_table("quarter_counts")
