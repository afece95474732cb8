"""Who takes over from whom, and for whom somebody stands in"""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "hand_overs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_hand_overs_escalation_id")),
        sa.ForeignKeyConstraint(["from_id"], ["people.id"], name=op.f("fk_hand_overs_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["people.id"], name=op.f("fk_hand_overs_to_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_hand_overs_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_overs")),
    )
    op.create_index("ix_hand_overs_escalation_id", "hand_overs", ["escalation_id"])
    op.create_table(
        "interests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("declared_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_interests_escalation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_interests_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interests")),
        sa.UniqueConstraint("escalation_id", "person_id", name=op.f("uq_interests_escalation_id_person_id")),
    )
    op.create_index("ix_interests_person_id", "interests", ["person_id"])
    with op.batch_alter_table("stage_records") as batch:
        batch.add_column(sa.Column("for_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(op.f("fk_stage_records_for_id"), "people", ["for_id"], ["id"])
    with op.batch_alter_table("parties") as batch:
        batch.add_column(sa.Column("place_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("gave_up_at", moment, nullable=True))
        batch.add_column(sa.Column("covers_until", moment, nullable=True))
    with op.batch_alter_table("deliveries") as batch:
        batch.add_column(sa.Column("place_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("seat", sa.Text(), nullable=True))
    _everybody_has_a_place()
    with op.batch_alter_table("parties") as batch:
        batch.alter_column("place_id", existing_type=sa.Uuid(), nullable=False)
        batch.create_index("ix_parties_place_id", ["place_id"])
    with op.batch_alter_table("deliveries") as batch:
        batch.create_index("ix_deliveries_place_id", ["place_id"])


def _everybody_has_a_place() -> None:
    """Each party holds one of their own. What was sent to a party is of it, and what went to the Board of the seat there."""
    connection = op.get_bind()
    parties = sa.table("parties", *map(_id, ("id", "escalation_id", "person_id", "place_id")))
    deliveries = sa.table(
        "deliveries", *map(_id, ("document_id", "person_id", "place_id")), sa.column("seat", sa.Text())
    )
    documents = sa.table("documents", *map(_id, ("id", "escalation_id")))
    people = sa.table("people", _id("id"), sa.column("seat", sa.Text()))
    for party in connection.execute(sa.select(parties)).all():
        place, of_it = uuid4(), sa.select(documents.c.id).where(documents.c.escalation_id == party.escalation_id)
        connection.execute(sa.update(parties).where(parties.c.id == party.id).values(place_id=place))
        own = (deliveries.c.person_id == party.person_id, deliveries.c.document_id.in_(of_it))
        connection.execute(sa.update(deliveries).where(*own).values(place_id=place))
    seat = sa.select(people.c.seat).where(people.c.id == deliveries.c.person_id).scalar_subquery()
    connection.execute(sa.update(deliveries).where(deliveries.c.place_id.is_(None)).values(seat=seat))


def _id(name: str) -> sa.ColumnClause:
    return sa.column(name, sa.Uuid())


def downgrade() -> None:
    with op.batch_alter_table("deliveries") as batch:
        batch.drop_index("ix_deliveries_place_id")
        batch.drop_column("seat")
        batch.drop_column("place_id")
    with op.batch_alter_table("parties") as batch:
        batch.drop_index("ix_parties_place_id")
        batch.drop_column("covers_until")
        batch.drop_column("gave_up_at")
        batch.drop_column("place_id")
    with op.batch_alter_table("stage_records") as batch:
        batch.drop_constraint("fk_stage_records_for_id", type_="foreignkey")
        batch.drop_column("for_id")
    op.drop_table("interests")
    op.drop_table("hand_overs")
