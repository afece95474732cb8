"""Sessions that their people can see and end, limits, and signing in by an agency's own provider"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("sign_in_sessions", sa.Column("browser", sa.Text(), nullable=True))
    with op.batch_alter_table("sign_in_codes") as table:
        table.alter_column("person_id", existing_type=sa.Uuid(), nullable=True)
    op.create_table(
        "allowances",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("whole_again_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_allowances")),
    )
    op.create_table(
        "identity_providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("vouches_for_second_step", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_identity_providers_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_providers")),
        sa.UniqueConstraint("board_id", "domain", name=op.f("uq_identity_providers_board_id_domain")),
    )
    op.create_table(
        "identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("bound_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_identities_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_identities_person_id_issuer")),
        sa.UniqueConstraint("issuer", "subject_hash", name=op.f("uq_identities_issuer_subject_hash")),
    )


def downgrade() -> None:
    op.drop_table("identities")
    op.drop_table("identity_providers")
    op.drop_table("allowances")
    op.execute("DELETE FROM sign_in_codes WHERE person_id IS NULL")
    with op.batch_alter_table("sign_in_codes") as table:
        table.alter_column("person_id", existing_type=sa.Uuid(), nullable=False)
    with op.batch_alter_table("sign_in_sessions") as table:
        table.drop_column("browser")
