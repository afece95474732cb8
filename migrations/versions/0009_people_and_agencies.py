"""Who administers people, what needs a second person, who has not signed in for long, and each agency's yearly word"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

PEOPLE = ("locked_by_id", "locked_at", "signed_in_at", "administers_agency")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("people") as batch_op:
        batch_op.add_column(sa.Column("administers_agency", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("signed_in_at", moment, nullable=True))
        batch_op.add_column(sa.Column("locked_at", moment, nullable=True))
        batch_op.add_column(sa.Column("locked_by_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_people_locked_by_id"), "people", ["locked_by_id"], ["id"])
    with op.batch_alter_table("people") as batch_op:
        batch_op.alter_column("administers_agency", server_default=None)
    op.add_column("audit_entries", sa.Column("code", sa.Text(), nullable=True))
    op.add_column("people", sa.Column("added_at", moment, nullable=True))
    op.add_column("agencies", sa.Column("added_at", moment, nullable=True))
    # Of whoever is there already nobody knows since when: it counts from now.
    for name in ("people", "agencies"):
        rows = sa.table(name, sa.column("added_at", moment))
        op.execute(rows.update().values(added_at=datetime.now(UTC)))
    op.add_column("agencies", sa.Column("closed_at", moment, nullable=True))
    with op.batch_alter_table("boards") as batch_op:
        batch_op.add_column(sa.Column("lock_after_days", sa.Integer(), nullable=False, server_default="180"))
    with op.batch_alter_table("boards") as batch_op:
        batch_op.alter_column("lock_after_days", server_default=None)
    _create_proposals()
    _create_attestations()


def _create_proposals() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_proposals_person_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["people.id"], name=op.f("fk_proposals_proposed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_proposals_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_person_id"), "proposals", ["person_id"])


def _create_attestations() -> None:
    op.create_table(
        "attestations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_attestations_agency_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_attestations_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestations")),
        sa.UniqueConstraint("agency_id", "day", name=op.f("uq_attestations_agency_id_day")),
    )


def downgrade() -> None:
    op.drop_table("attestations")
    op.drop_table("proposals")
    op.drop_column("boards", "lock_after_days")
    op.drop_column("agencies", "closed_at")
    op.drop_column("agencies", "added_at")
    op.drop_column("people", "added_at")
    op.drop_column("audit_entries", "code")
    with op.batch_alter_table("people") as batch_op:
        batch_op.drop_constraint(op.f("fk_people_locked_by_id"), type_="foreignkey")
        for column in PEOPLE:
            batch_op.drop_column(column)
