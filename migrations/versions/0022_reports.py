"""The Board's reports, which belong to no escalation: what was typed for them, what was found in it, and their files"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

TABLES = ("board_report_files", "board_report_findings", "board_reports")
PEOPLE = ("begun_by_id", "written_by_id", "prepared_by_id", "sent_back_by_id", "released_by_id", "withdrawn_by_id")

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
BOARD = "(SELECT nullif(current_setting('forms_app.board', true), '')::uuid)"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "board_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("begun_by_id", sa.Uuid(), nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("hands", sa.JSON(), nullable=False),
        sa.Column("written_by_id", sa.Uuid(), nullable=True),
        sa.Column("written_at", moment, nullable=True),
        sa.Column("prepared_by_id", sa.Uuid(), nullable=True),
        sa.Column("prepared_at", moment, nullable=True),
        sa.Column("context", sa.LargeBinary(), nullable=True),
        sa.Column("sent_back_by_id", sa.Uuid(), nullable=True),
        sa.Column("sent_back_at", moment, nullable=True),
        sa.Column("sent_back_because", sa.LargeBinary(), nullable=False),
        sa.Column("released_by_id", sa.Uuid(), nullable=True),
        sa.Column("released_at", moment, nullable=True),
        sa.Column("withdrawn_by_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", moment, nullable=True),
        sa.Column("withdrawn_because", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_board_reports_board_id")),
        *(sa.ForeignKeyConstraint([each], ["people.id"], name=op.f(f"fk_board_reports_{each}")) for each in PEOPLE),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_reports")),
        sa.UniqueConstraint("board_id", "reference", name=op.f("uq_board_reports_board_id_reference")),
    )
    not_withdrawn = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "ix_board_reports_one",
        "board_reports",
        ["board_id", "kind", "period", "part"],
        unique=True,
        sqlite_where=not_withdrawn,
        postgresql_where=not_withdrawn,
    )
    op.create_table(
        "board_report_findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("field", sa.LargeBinary(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("suggestion", sa.LargeBinary(), nullable=False),
        sa.Column("kept_because", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["board_reports.id"], name=op.f("fk_board_report_findings_report_id")),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_board_report_findings_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_report_findings")),
        sa.UniqueConstraint("report_id", "number", name=op.f("uq_board_report_findings_report_id_number")),
    )
    op.create_table(
        "board_report_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("issued_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["board_reports.id"], name=op.f("fk_board_report_files_report_id")),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_board_report_files_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_report_files")),
        sa.UniqueConstraint("report_id", "format", name=op.f("uq_board_report_files_report_id_format")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            reach = f"{SERVICE} OR board_id = {BOARD}"
            op.execute(f"CREATE POLICY reach ON {table} USING ({reach}) WITH CHECK ({reach})")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
