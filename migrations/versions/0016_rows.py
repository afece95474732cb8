"""On PostgreSQL, rows that only their people can reach"""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
