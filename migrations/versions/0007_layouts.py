"""The Board’s own Word layouts"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "word_layouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", moment, nullable=False),
        sa.Column("pictured_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_word_layouts_board_id")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["people.id"], name=op.f("fk_word_layouts_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_layouts")),
        sa.UniqueConstraint("board_id", "kind", "version", name=op.f("uq_word_layouts_board_id_kind_version")),
    )
    op.create_table(
        "layout_pictures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("layout_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["layout_id"], ["word_layouts.id"], name=op.f("fk_layout_pictures_layout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layout_pictures")),
        sa.UniqueConstraint("layout_id", "number", name=op.f("uq_layout_pictures_layout_id_number")),
    )
    op.create_table(
        "layout_choices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("layout_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_layout_choices_board_id")),
        sa.ForeignKeyConstraint(["layout_id"], ["word_layouts.id"], name=op.f("fk_layout_choices_layout_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["people.id"], name=op.f("fk_layout_choices_proposed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_layout_choices_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layout_choices")),
        sa.UniqueConstraint("board_id", "kind", "number", name=op.f("uq_layout_choices_board_id_kind_number")),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("layout_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_documents_layout_id"), "word_layouts", ["layout_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_documents_layout_id"), type_="foreignkey")
        batch_op.drop_column("layout_id")
    op.drop_table("layout_choices")
    op.drop_table("layout_pictures")
    op.drop_table("word_layouts")
