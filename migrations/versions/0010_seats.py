"""Who takes over from whom, and for whom somebody stands in"""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
