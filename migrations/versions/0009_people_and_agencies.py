"""Who administers an agency's people, who has not signed in for long; what kind of entry it is in the trail"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

PEOPLE = ("locked_at", "signed_in_at", "administers_agency")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("people") as batch_op:
        batch_op.add_column(sa.Column("administers_agency", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("signed_in_at", moment, nullable=True))
        batch_op.add_column(sa.Column("locked_at", moment, nullable=True))
    with op.batch_alter_table("people") as batch_op:
        batch_op.alter_column("administers_agency", server_default=None)
    op.add_column("audit_entries", sa.Column("code", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_entries", "code")
    with op.batch_alter_table("people") as batch_op:
        for column in PEOPLE:
            batch_op.drop_column(column)
