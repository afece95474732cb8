"""Tokens, webhooks and filings of other systems, and what a program with a token can reach"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
NOBODY = "(SELECT current_setting('forms_app.actor', true)) = 'nobody'"
SYSTEM = "(SELECT current_setting('forms_app.actor', true)) = 'system'"
BOARD = "(SELECT nullif(current_setting('forms_app.board', true), '')::uuid)"
AGENCY = "(SELECT nullif(current_setting('forms_app.agency', true), '')::uuid)"

TABLES = ("filings", "webhook_attempts", "webhook_messages", "webhooks", "api_tokens")
BEFORE_ANYTHING_IS_KNOWN = {"api_tokens"}
"""Whose a token is must be found before it is known who asks."""
OF_SYSTEMS = {
    # What was made for an escalation in which somebody of the agency was ever named; which of it is theirs the service decides.
    "documents": (
        f"EXISTS (SELECT FROM parties p WHERE p.escalation_id = documents.escalation_id AND p.agency_id = {AGENCY})"
    ),
    "interests": f"EXISTS (SELECT FROM escalations e WHERE e.id = interests.escalation_id AND e.board_id = {BOARD})",
}


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)

    def person(column: str, table: str) -> sa.ForeignKeyConstraint:
        return sa.ForeignKeyConstraint([column], ["people.id"], name=op.f(f"fk_{table}_{column}"))

    def board(table: str) -> sa.ForeignKeyConstraint:
        return sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f(f"fk_{table}_board_id"))

    def agency(table: str) -> sa.ForeignKeyConstraint:
        return sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f(f"fk_{table}_agency_id"))

    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("networks", sa.LargeBinary(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("used_at", moment, nullable=True),
        sa.Column("revoked_by_id", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", moment, nullable=True),
        board("api_tokens"),
        agency("api_tokens"),
        *(person(each, "api_tokens") for each in ("made_by_id", "confirmed_by_id", "revoked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index("ix_api_tokens_board_id", "api_tokens", ["board_id"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_until", moment, nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("paused_at", moment, nullable=True),
        sa.Column("removed_at", moment, nullable=True),
        board("webhooks"),
        agency("webhooks"),
        *(person(each, "webhooks") for each in ("made_by_id", "confirmed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index("ix_webhooks_board_id", "webhooks", ["board_id"])
    op.create_table(
        "webhook_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("owed_at", moment, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_messages_webhook_id")),
        board("webhook_messages"),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_webhook_messages_escalation_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_webhook_messages_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_messages")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_webhook_messages_dedupe_key")),
    )
    op.create_index("ix_webhook_messages_webhook", "webhook_messages", ["webhook_id", "owed_at"])
    op.create_index("ix_webhook_messages_escalation_id", "webhook_messages", ["escalation_id"])
    op.create_index("ix_webhook_messages_document_id", "webhook_messages", ["document_id"])
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["webhook_messages.id"], name=op.f("fk_webhook_attempts_message_id")),
        board("webhook_attempts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
        sa.UniqueConstraint("message_id", "number", name=op.f("uq_webhook_attempts_message_id_number")),
    )
    op.create_table(
        "filings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("filed_at", moment, nullable=False),
        sa.Column("noted_at", moment, nullable=False),
        board("filings"),
        agency("filings"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_filings_document_id")),
        sa.ForeignKeyConstraint(["token_id"], ["api_tokens.id"], name=op.f("fk_filings_token_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filings")),
        sa.UniqueConstraint("agency_id", "key_hash", name=op.f("uq_filings_agency_id_key_hash")),
    )
    op.create_index("ix_filings_document_id", "filings", ["document_id"])
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        found = f" OR {NOBODY}" if table in BEFORE_ANYTHING_IS_KNOWN else ""
        op.execute(
            f"CREATE POLICY reach ON {table} USING ({SERVICE}{found} OR board_id = {BOARD}) "
            f"WITH CHECK ({SERVICE} OR board_id = {BOARD})"
        )
    for table, shows in OF_SYSTEMS.items():
        op.execute(f"CREATE POLICY reach_of_systems ON {table} FOR SELECT USING ({SYSTEM} AND {shows})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in OF_SYSTEMS:
            op.execute(f"DROP POLICY reach_of_systems ON {table}")
    for table in TABLES:
        op.drop_table(table)
