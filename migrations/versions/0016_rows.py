"""On PostgreSQL, rows that only their people can reach, and a role for the service that cannot change the trail

What the names of the settings mean is said in forms_app/db/actors.py. SQLite has neither roles nor policies.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

ROLE = "forms_app_service"

SERVICE = "(SELECT current_setting('forms_app.actor', true)) = 'service'"
NOBODY = "(SELECT current_setting('forms_app.actor', true)) = 'nobody'"
SOMEBODY = "(SELECT current_setting('forms_app.actor', true)) = 'person'"
PERSON = "(SELECT nullif(current_setting('forms_app.person', true), '')::uuid)"
BOARD = "(SELECT nullif(current_setting('forms_app.board', true), '')::uuid)"
OFFICE = "(SELECT current_setting('forms_app.office', true)) = 'yes'"

OF_THE_BOARD = f"board_id = {BOARD}"
TAKES_PART = f"EXISTS (SELECT FROM parties p WHERE p.escalation_id = e.id AND p.person_id = {PERSON})"
OF_THEIR_ESCALATION = (
    f"EXISTS (SELECT FROM escalations e WHERE e.id = {{table}}.escalation_id AND ({OFFICE} OR {TAKES_PART}))"
)
DELIVERED = (
    "EXISTS (SELECT FROM deliveries d WHERE d.document_id = documents.id AND "  # noqa: S608  # all of it stands here
    f"(d.person_id = {PERSON} OR EXISTS (SELECT FROM people me WHERE me.id = {PERSON} AND me.seat = d.seat)))"
)

# What a table shows to somebody who is signed in. Where a row is of another table's, it shows with that one.
SHOWS = {
    "agencies": OF_THE_BOARD,
    "people": OF_THE_BOARD,
    "contacts": OF_THE_BOARD,
    "equivalent_titles": OF_THE_BOARD,
    "blank_forms": OF_THE_BOARD,
    "word_layouts": OF_THE_BOARD,
    "layout_choices": OF_THE_BOARD,
    "layout_pictures": "EXISTS (SELECT FROM word_layouts l WHERE l.id = layout_pictures.layout_id)",
    "notifications": OF_THE_BOARD,
    "escalations": OF_THE_BOARD,
    "retention_rules": OF_THE_BOARD,
    "retention_warnings": OF_THE_BOARD,
    "destructions": OF_THE_BOARD,
    "destruction_items": "EXISTS (SELECT FROM destructions d WHERE d.id = destruction_items.destruction_id)",
    "proposals": f"EXISTS (SELECT FROM people p WHERE p.id = proposals.person_id AND p.board_id = {BOARD})",
    "attestations": f"EXISTS (SELECT FROM agencies a WHERE a.id = attestations.agency_id AND a.board_id = {BOARD})",
    "mail_domains": "EXISTS (SELECT FROM agencies a WHERE a.id = mail_domains.agency_id)",
    "parties": f"EXISTS (SELECT FROM agencies a WHERE a.id = parties.agency_id AND a.board_id = {BOARD})",
    "deliveries": f"EXISTS (SELECT FROM people p WHERE p.id = deliveries.person_id AND p.board_id = {BOARD})",
    "attempts": "EXISTS (SELECT FROM deliveries d WHERE d.id = attempts.delivery_id)",
    "delivery_events": "EXISTS (SELECT FROM deliveries d WHERE d.id = delivery_events.delivery_id)",
    "subjects": OF_THEIR_ESCALATION.format(table="subjects"),
    "hand_overs": OF_THEIR_ESCALATION.format(table="hand_overs"),
    "interests": OF_THEIR_ESCALATION.format(table="interests"),
    "retention_holds": OF_THEIR_ESCALATION.format(table="retention_holds"),
    "stage_records": OF_THEIR_ESCALATION.format(table="stage_records"),
    "documents": f"{OF_THEIR_ESCALATION.format(table='documents')} OR {DELIVERED}",
    "document_files": "EXISTS (SELECT FROM documents d WHERE d.id = document_files.document_id)",
    "releases": "EXISTS (SELECT FROM documents d WHERE d.id = releases.document_id)",
    "release_findings": "EXISTS (SELECT FROM releases r WHERE r.id = release_findings.release_id)",
    "acknowledgements": (
        "EXISTS (SELECT FROM deliveries d JOIN documents o ON o.id = d.document_id "
        "WHERE d.id = acknowledgements.delivery_id)"
    ),
    "drafts": f"person_id = {PERSON}",
    "audit_entries": (f"{OF_THE_BOARD} OR EXISTS (SELECT FROM escalations e WHERE e.id = audit_entries.escalation_id)"),
}
BEFORE_SIGNING_IN = frozenset({"people", "agencies", "mail_domains"})
"""Whose address it is must be found before anybody is signed in."""
ANYBODY_ADDS = frozenset({"audit_entries"})
"""Whoever is refused is noted too."""
BY_COLUMN = frozenset(table for table, shows in SHOWS.items() if shows == OF_THE_BOARD)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, shows in SHOWS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        nobody = f" OR {NOBODY}" if table in BEFORE_SIGNING_IN else ""
        # A new row is written before the rows are there by which it will show.
        writes = "true" if table in ANYBODY_ADDS else OF_THE_BOARD if table in BY_COLUMN else SOMEBODY
        op.execute(
            f"CREATE POLICY reach ON {table} USING ({SERVICE}{nobody} OR {shows}) "
            f"WITH CHECK ({SERVICE}{nobody} OR {writes})"
        )
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
        f"THEN CREATE ROLE {ROLE} NOLOGIN; END IF; END $$"
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
    # The task engine makes its own tables, where HUEY_URL names this database. Beside ours, and not among them.
    op.execute("CREATE SCHEMA queue")
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA queue TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {ROLE}")
    op.execute(f"REVOKE UPDATE, DELETE ON audit_entries FROM {ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {ROLE}")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP SCHEMA queue CASCADE")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {ROLE}")
    # The role stays: it belongs to the server, and other databases on it may have given it something.
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ROLE}")
    op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {ROLE}")
    for table in SHOWS:
        op.execute(f"DROP POLICY reach ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
