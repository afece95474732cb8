"""A trail in which nothing can be changed unseen

Every entry is bound to the one before it; those that there are already are numbered anew, without gaps, and bound too.
What is hashed is said by the stand-alone verifier; this is a copy that will never change.
"""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

BEFORE_THE_FIRST = "0" * 64
AT_ONCE = 5000
FIELDS = ("at", "action", "person_id", "board_id", "escalation_id", "about_id", "code")
REFUSAL = "the trail is only ever added to"


def _columns(*more):
    return (
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("board_id", sa.Uuid(), nullable=True),
        sa.Column("escalation_id", sa.Uuid(), nullable=True),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        *more,
    )


def upgrade():
    _set_aside()
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        *_columns(sa.Column("hash", sa.Text(), nullable=False)),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_table(
        "trail_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trail_head"),
    )
    count, last = _bind_all()
    op.execute(
        sa.text("INSERT INTO trail_head (id, count, hash) VALUES (1, :count, :hash)").bindparams(count=count, hash=last)
    )
    op.drop_table("audit_entries_before")
    op.create_index("ix_audit_entries_board_id_id", "audit_entries", ["board_id", "id"])
    op.create_index("ix_audit_entries_escalation_id_id", "audit_entries", ["escalation_id", "id"])
    _refuse_changes()


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entries_no_change ON audit_entries")
        op.execute("DROP TRIGGER audit_entries_no_truncate ON audit_entries")
        op.execute("DROP FUNCTION refuse_to_change_the_trail()")
    else:
        op.execute("DROP TRIGGER audit_entries_no_update")
        op.execute("DROP TRIGGER audit_entries_no_delete")
    op.drop_index("ix_audit_entries_board_id_id", "audit_entries")
    op.drop_index("ix_audit_entries_escalation_id_id", "audit_entries")
    _rename()
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    names = ", ".join(FIELDS)
    op.execute(f"INSERT INTO audit_entries ({names}) SELECT {names} FROM audit_entries_before ORDER BY id")  # noqa: S608
    op.create_index("ix_audit_entries_escalation_id", "audit_entries", ["escalation_id"])
    op.drop_table("audit_entries_before")
    op.drop_table("trail_head")


def _set_aside():
    op.drop_index("ix_audit_entries_escalation_id", "audit_entries")
    _rename()


def _rename():
    op.rename_table("audit_entries", "audit_entries_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_audit_entries RENAME TO pk_audit_entries_before")


def _bind_all():
    """The count and the last hash of what there was."""
    before = sa.table("audit_entries_before", sa.column("id", sa.Integer), *_typed())
    after = sa.table("audit_entries", sa.column("id"), *_typed(), sa.column("hash"))
    connection, count, last, seen = op.get_bind(), 0, BEFORE_THE_FIRST, None
    while True:
        wanted = sa.select(before).order_by(before.c.id).limit(AT_ONCE)
        found = connection.execute(wanted if seen is None else wanted.where(before.c.id > seen)).mappings().all()
        if not found:
            return count, last
        bound = []
        for each in found:
            count += 1
            last = _hash(last, count, each)
            bound.append({"id": count, **{name: each[name] for name in FIELDS}, "hash": last})
        connection.execute(after.insert(), bound)
        seen = found[-1]["id"]


def _typed():
    ids = [sa.column(name, sa.Uuid) for name in FIELDS if name.endswith("_id")]
    return (sa.column("at", sa.DateTime(timezone=True)), sa.column("action", sa.Text), *ids, sa.column("code", sa.Text))


def _hash(previous, number, each):
    at = each["at"] if each["at"].tzinfo else each["at"].replace(tzinfo=UTC)
    ids = (each[name] for name in FIELDS if name.endswith("_id"))
    line = [
        previous,
        number,
        at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        each["action"],
        *(None if id_ is None else id_.hex for id_ in ids),
        each["code"],
    ]
    return hashlib.sha256(json.dumps(line, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


def _refuse_changes():
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_to_change_the_trail() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries "
            "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_trail()"
        )
        op.execute(
            "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_trail()"
        )
        return
    for change in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER audit_entries_no_{change} BEFORE {change.upper()} ON audit_entries "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
