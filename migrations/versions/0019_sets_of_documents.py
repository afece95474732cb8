"""Sets of documents, and how many documents somebody may take in a day"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

TABLES = ("document_set_items", "document_sets", "download_days")

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
BOARD = "(SELECT nullif(current_setting('forms_app.board', true), '')::uuid)"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("boards") as table:
        table.add_column(sa.Column("documents_a_day", sa.Integer(), nullable=False, server_default="200"))
    with op.batch_alter_table("boards") as table:
        table.alter_column("documents_a_day", server_default=None)
    op.create_index("ix_documents_issued_at", "documents", ["issued_at"])
    op.create_table(
        "document_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=False),
        sa.Column("first_month", sa.Date(), nullable=False),
        sa.Column("last_month", sa.Date(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("formats", sa.JSON(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("made_at", moment, nullable=True),
        sa.Column("failed_because", sa.Text(), nullable=True),
        sa.Column("goes_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_document_sets_board_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_document_sets_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_sets")),
        sa.UniqueConstraint("person_id", "form_key", name=op.f("uq_document_sets_person_id_form_key")),
    )
    op.create_index("ix_document_sets_board_id", "document_sets", ["board_id"])
    op.create_table(
        "document_set_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("left_because", sa.Text(), nullable=True),
        sa.Column("checked_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["set_id"], ["document_sets.id"], name=op.f("fk_document_set_items_set_id")),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_document_set_items_board_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_document_set_items_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_set_items")),
        sa.UniqueConstraint("set_id", "number", name=op.f("uq_document_set_items_set_id_number")),
    )
    op.create_index("ix_document_set_items_document_id", "document_set_items", ["document_id"])
    op.create_table(
        "download_days",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("refused_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_download_days_board_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_download_days_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_days")),
        sa.UniqueConstraint("person_id", "day", name=op.f("uq_download_days_person_id_day")),
    )
    op.create_index("ix_download_days_board_id", "download_days", ["board_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            reach = f"{SERVICE} OR board_id = {BOARD}"
            op.execute(f"CREATE POLICY reach ON {table} USING ({reach}) WITH CHECK ({reach})")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_documents_issued_at", "documents")
    op.drop_column("boards", "documents_a_day")
