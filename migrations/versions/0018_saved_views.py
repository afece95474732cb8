"""The views of the register that people saved, and the indexes of the register's pages"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
PERSON = "(SELECT nullif(current_setting('forms_app.person', true), '')::uuid)"

NEWEST = ["opened_at", "escalation_id"]
INDEXES = (
    ("ix_register_entries_policy", "register_entries", ["board_id", "policy_key", *NEWEST], None),
    ("ix_register_entries_stage", "register_entries", ["board_id", "route", "stage", *NEWEST], None),
    ("ix_register_entries_category", "register_entries", ["board_id", "category", *NEWEST], None),
    ("ix_register_entries_outcome", "register_entries", ["board_id", "outcome", *NEWEST], None),
    ("ix_register_entries_raising", "register_entries", ["board_id", "raising_id", *NEWEST], None),
    ("ix_register_entries_is_open", "register_entries", ["board_id", *NEWEST], "(state = 'open')"),
    ("ix_register_entries_is_quiet", "register_entries", ["board_id", *NEWEST], "(is_quiet)"),
    ("ix_register_entries_lacks", "register_entries", ["board_id", *NEWEST], "(lacks IS NOT NULL)"),
    ("ix_register_entries_convenes", "register_entries", ["board_id", *NEWEST], "(convenes IS NOT NULL)"),
    ("ix_releases_waits", "releases", ["because", "held_at"], "(decided_at IS NULL)"),
    ("ix_attempts_was_refused", "attempts", ["delivery_id"], "(result = 'refused')"),
    ("ix_delivery_events_has_failed", "delivery_events", ["delivery_id"], "(kind IN ('bounced', 'given_up'))"),
    ("ix_outbox_is_parked", "outbox", ["about_id"], "(parked_at IS NOT NULL)"),
)


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_saved_views_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index("ix_saved_views_person_id", "saved_views", ["person_id"])
    for name, table, columns, where in INDEXES:
        some = None if where is None else sa.text(where)
        op.create_index(name, table, columns, sqlite_where=some, postgresql_where=some)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE saved_views FORCE ROW LEVEL SECURITY")
        own = f"{SERVICE} OR person_id = {PERSON}"
        op.execute(f"CREATE POLICY reach ON saved_views USING ({own}) WITH CHECK ({own})")


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
    op.drop_table("saved_views")
