"""Documents that are for one agency alone, and the digest by which none is drawn twice"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agency_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f("ix_documents_digest"), ["digest"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_documents_agency_id"), "agencies", ["agency_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_documents_agency_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_documents_digest"))
        batch_op.drop_column("digest")
        batch_op.drop_column("agency_id")
