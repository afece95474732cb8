"""Keys, and what is sealed with them

A migration cannot seal: it makes room, and `forms-app migrate` seals afterwards. Nor can it open: what is sealed must be opened before
the way back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

SEALED: dict[str, dict[str, str]] = {}
"""What becomes bytes, and what it was."""


def upgrade() -> None:
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_keys")),
    )


def downgrade() -> None:
    op.drop_table("data_keys")
