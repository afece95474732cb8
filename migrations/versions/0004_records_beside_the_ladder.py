"""Records that the service itself makes, and escalations that stand beside each other"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BY_SOMEBODY = ("side", sa.Text()), ("agency_id", sa.Uuid()), ("person_id", sa.Uuid())


def upgrade() -> None:
    with op.batch_alter_table("stage_records", schema=None) as batch_op:
        for name, kind in BY_SOMEBODY:
            batch_op.alter_column(name, existing_type=kind, nullable=True)
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("beside_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_escalations_beside_id"), ["beside_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_escalations_beside_id"), "escalations", ["beside_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_escalations_beside_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_escalations_beside_id"))
        batch_op.drop_column("beside_id")
    # What the service recorded has nobody's name on it; in the tables as they were, somebody's must be there.
    raiser = "FROM parties WHERE parties.escalation_id = stage_records.escalation_id AND parties.is_raiser"
    op.execute(
        "UPDATE stage_records SET side = 'raising', "  # noqa: S608 nothing of anybody's is in it
        f"agency_id = (SELECT agency_id {raiser}), person_id = (SELECT person_id {raiser}) WHERE person_id IS NULL"
    )
    with op.batch_alter_table("stage_records", schema=None) as batch_op:
        for name, kind in BY_SOMEBODY:
            batch_op.alter_column(name, existing_type=kind, nullable=False)
