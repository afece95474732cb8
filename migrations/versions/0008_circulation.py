"""Mail domains, what becomes known of a delivery, acknowledgements, notifications and the worker's processes"""

import json
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "mail_domains",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("named_at", moment, nullable=False),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_mail_domains_agency_id")),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["people.id"], name=op.f("fk_mail_domains_confirmed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_domains")),
        sa.UniqueConstraint("agency_id", "domain", name=op.f("uq_mail_domains_agency_id_domain")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=True),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("owed_at", moment, nullable=False),
        sa.Column("accepted_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_notifications_board_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notifications_person_id")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_notifications_escalation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_notifications_dedupe_key")),
    )
    op.create_index("ix_notifications_person_id", "notifications", ["person_id"])
    op.create_index("ix_notifications_escalation_id", "notifications", ["escalation_id"])
    op.create_table(
        "delivery_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("happened_at", moment, nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_events_delivery_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_delivery_events_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_events")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_delivery_events_delivery_id_number")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_events_key")),
    )
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_acknowledgements_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgements")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_acknowledgements_delivery_id_number")),
    )
    op.create_table(
        "worker_processes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_processes")),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.Text(), nullable=False, server_default="en"))
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.alter_column("language", server_default=None)
    with op.batch_alter_table("parties", schema=None) as batch_op:
        batch_op.add_column(sa.Column("removed_at", moment, nullable=True))
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notification_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", moment, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_deliveries_notification_id"), "notifications", ["notification_id"], ["id"]
        )
    op.create_index("ix_deliveries_notification_id", "deliveries", ["notification_id"])
    op.create_index("ix_attempts_at", "attempts", ["at"])
    op.create_index("ix_outbox_parked_at", "outbox", ["parked_at"])
    op.create_index("ix_outbox_about_id", "outbox", ["about_id"])
    _domains_of_everybody()
    with op.batch_alter_table("boards", schema=None) as batch_op:
        batch_op.drop_column("secure_domains")


def _domains_of_everybody() -> None:
    """Where people had addresses already, they were mailed already: it stays as it was."""
    boards = sa.table("boards", sa.column("id", sa.Uuid()), sa.column("secure_domains", sa.JSON()))
    people = sa.table(
        "people", sa.column("board_id", sa.Uuid()), sa.column("agency_id", sa.Uuid()), sa.column("email", sa.Text())
    )
    moment = sa.DateTime(timezone=True)
    mail_domains = sa.table(
        "mail_domains",
        sa.column("id", sa.Uuid()),
        sa.column("agency_id", sa.Uuid()),
        sa.column("domain", sa.Text()),
        sa.column("rule", sa.Text()),
        sa.column("named_at", moment),
        sa.column("confirmed_at", moment),
    )
    connection = op.get_bind()
    secure = {row.id: row.secure_domains for row in connection.execute(sa.select(boards))}
    found = {
        (row.agency_id, row.email.rpartition("@")[2]): row.board_id for row in connection.execute(sa.select(people))
    }
    for (agency_id, domain), board_id in found.items():
        connection.execute(
            mail_domains.insert().values(
                id=uuid4(),
                agency_id=agency_id,
                domain=domain,
                rule="attach" if domain in secure[board_id] else "link",
                named_at=sa.func.current_timestamp(),
                confirmed_at=sa.func.current_timestamp(),
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("boards", schema=None) as batch_op:
        batch_op.add_column(sa.Column("secure_domains", sa.JSON(), nullable=False, server_default="[]"))
    _secure_domains_back()
    with op.batch_alter_table("boards", schema=None) as batch_op:
        batch_op.alter_column("secure_domains", server_default=None)
    op.drop_index("ix_outbox_about_id", "outbox")
    op.drop_index("ix_outbox_parked_at", "outbox")
    op.drop_index("ix_attempts_at", "attempts")
    op.drop_index("ix_deliveries_notification_id", "deliveries")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_constraint("fk_deliveries_notification_id", type_="foreignkey")
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("notification_id")
    with op.batch_alter_table("parties", schema=None) as batch_op:
        batch_op.drop_column("removed_at")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("language")
    for table in ("worker_processes", "acknowledgements", "delivery_events", "notifications", "mail_domains"):
        op.drop_table(table)


def _secure_domains_back() -> None:
    listed = sa.text(
        "SELECT agencies.board_id, mail_domains.domain FROM mail_domains "
        "JOIN agencies ON agencies.id = mail_domains.agency_id "
        "WHERE mail_domains.rule = 'attach' AND mail_domains.confirmed_at IS NOT NULL"
    )
    secure: dict[object, set[str]] = {}
    connection = op.get_bind()
    for board_id, domain in connection.execute(listed):
        secure.setdefault(board_id, set()).add(domain)
    for board_id, domains in secure.items():
        connection.execute(
            sa.text("UPDATE boards SET secure_domains = :domains WHERE id = :id"),
            {"domains": json.dumps(sorted(domains)), "id": board_id},
        )
