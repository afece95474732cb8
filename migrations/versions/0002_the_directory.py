"""Contacts of a Board and of its agencies, and the job titles that a Board lays over its policy's"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("out_of_hours_telephone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_contacts_agency_id")),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_contacts_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contacts_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contacts_board_id"), ["board_id"], unique=False)

    op.create_table(
        "equivalent_titles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("agency_kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_equivalent_titles_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equivalent_titles")),
        sa.UniqueConstraint(
            "board_id", "agency_kind", "level", name=op.f("uq_equivalent_titles_board_id_agency_kind_level")
        ),
    )


def downgrade() -> None:
    op.drop_table("equivalent_titles")
    op.drop_table("contacts")
