"""Every column is sealed, or is named here with the reason why it need not be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, Table, Uuid
from sqlalchemy.types import Boolean, Date, DateTime, TypeDecorator

from forms_app.db.sealing import BELONGS_BY, OWNERS, Sealed, sealed_columns
from forms_app.db.tables import Base
from tests.architecture.tree import PROJECT

SAYS_NOTHING = (Uuid, Integer, Boolean, Date, DateTime)
"""Ids, numbers, days and moments."""
CODE, DIGEST, PUBLIC, DOMAIN = "a code", "a digest", "published", "a mail domain, which is an organisation's"
OPEN = {
    CODE: """
        audit_entries.action audit_entries.code agencies.kind blank_forms.kind blank_forms.route blank_forms.stage blank_forms.format
        equivalent_titles.agency_kind equivalent_titles.level escalations.category people.level people.seat people.language subjects.kind
        destructions.counted_from destructions.decision drafts.form hand_overs.reason mail_domains.rule notifications.kind outbox.kind
        parties.side parties.level proposals.what proposals.decision retention_holds.because retention_rules.record_class
        retention_rules.counted_from sign_in_sessions.browser stage_records.kind stage_records.route stage_records.stage
        stage_records.side word_layouts.kind destruction_items.left_because documents.kind layout_choices.kind layout_choices.decision
        deliveries.seat document_files.format releases.because releases.proposal acknowledgements.answer attempts.result
        delivery_events.kind delivery_events.code release_findings.field release_findings.rule boards.code boards.policy_key
        boards.next_policy_key policy_adoptions.policy_key policy_adoptions.instead_of rehearsed_policies.policy_key
        rehearsed_policies.route
        blank_forms.policy_key escalations.policy_key sealed_places.place data_keys.wrapped_by
        document_sets.kinds document_sets.formats document_sets.failed_because document_set_items.left_because
        register_entries.policy_key register_entries.category register_entries.state register_entries.route register_entries.stage
        register_entries.due_side register_entries.convenes register_entries.lacks register_entries.outcome
        register_entries.level_of_need register_entries.learning register_stays.route register_stays.stage saved_views.codes
        api_tokens.scopes webhooks.events webhook_messages.event webhook_messages.route webhook_messages.stage webhook_messages.outcome
        webhook_attempts.result
        board_reports.kind board_reports.period board_reports.part board_report_findings.rule board_report_files.format
        learning_lines.kind learning_lines.policy_key learning_lines.code learning_lines.owner_seat learning_lines.sub_group
        learning_changes.field pattern_looks.category
        quarter_counts.period figure_notes.period figure_notes.table_id
    """,
    "ids and codes": """
        drafts.about outbox.dedupe_key notifications.dedupe_key outbox.claimed_by worker_processes.name delivery_events.key
        releases.hands destruction_items.figures destruction_items.reference escalations.reference register_entries.reference
        webhook_messages.dedupe_key
        board_reports.reference board_reports.hands quarter_counts.counts
    """,
    DIGEST: """
        api_tokens.token_hash filings.key_hash
        allowances.key audit_entries.hash trail_head.hash spent_challenges.digest blank_forms.edition blank_forms.sha256
        identities.subject_hash recovery_codes.code_hash sign_in_codes.code_hash sign_in_codes.link_hash sign_in_sessions.token_hash
        unfinished_sign_ins.token_hash word_layouts.sha256 documents.digest document_files.sha256 acknowledgements.sha256
        policy_adoptions.digest destructions.trail_hash register_entries.counted_by board_report_files.sha256
    """,
    "a blind index": "people.email_index mail_domains.domain_index",
    DOMAIN: "deliveries.mail_domain identity_providers.domain",
    PUBLIC: """
        boards.name boards.telephone boards.email agencies.name equivalent_titles.title blank_forms.content word_layouts.content
        layout_pictures.content identity_providers.issuer identity_providers.client_id identities.issuer passkeys.credential_id
        passkeys.public_key
    """,
    "a sentence of the service about a failure, without personal text": "outbox.fault",
    "the beginning of a token, which opens nothing": "api_tokens.prefix",
    "invented from beginning to end": "rehearsed_policies.says",
    "wrapped by a key outside the database": "data_keys.wrapped",
}
WHY = {place: reason for reason, places in OPEN.items() for place in places.split()}


def columns() -> Iterator[tuple[str, Column[object]]]:
    return (
        (f"{table.name}.{column.name}", column) for table in Base.metadata.sorted_tables for column in table.columns
    )


def says_nothing(column: Column[object]) -> bool:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(kind, SAYS_NOTHING)


def test_every_column_is_sealed_or_has_a_reason_not_to_be() -> None:
    could_say = {
        place for place, column in columns() if not says_nothing(column) and not isinstance(column.type, Sealed)
    }

    assert could_say - set(WHY) == set(), "seal these (`db/sealing.py`), or say here why not"


def test_every_reason_is_still_needed() -> None:
    still = {place for place, column in columns() if not isinstance(column.type, Sealed)}

    assert set(WHY) - still == set()


def test_a_sealed_column_names_itself_and_its_index() -> None:
    for place, column in columns():
        if isinstance(column.type, Sealed):
            assert column.type.place == place
            assert isinstance(column.type.impl_instance, LargeBinary)
            assert column.type.index is None or not column.table.columns[column.type.index].nullable


def test_every_sealed_row_belongs_to_something() -> None:
    """The outbox alone is the service's own: what it says is emptied as soon as it was sent."""
    for table in Base.metadata.sorted_tables:
        if sealed_columns(table):
            assert (owner(table) is None) == (table.name == "outbox"), table.name


def owner(table: Table) -> str | None:
    column = next((table.columns[each] for each in BELONGS_BY if each in table.columns), None)
    if column is None or not column.foreign_keys:
        return None if column is None else column.name
    (foreign,) = column.foreign_keys
    above = foreign.column.table
    return above.name if above.name in OWNERS else owner(above)


# --- what cannot be asked of the database ---


def orderings(folder: Path) -> list[str]:
    """Where rows are put in the order of something sealed: the database would put them in no order at all."""
    sealed = {
        (mapper.class_.__name__, name)
        for mapper in Base.registry.mappers
        for name, _ in sealed_columns(mapper.local_table)  # type: ignore[arg-type]
    }
    return [
        f"{file.name}:{node.lineno}"
        for file in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("order_by", "group_by")
        for argument in node.args
        for inner in ast.walk(argument)
        if isinstance(inner, ast.Attribute)
        and isinstance(inner.value, ast.Name)
        and (inner.value.id, inner.attr) in sealed
    ]


def test_nothing_is_put_in_the_order_of_what_is_sealed(tmp_path: Path) -> None:
    assert orderings(PROJECT / "forms_app") == []

    (tmp_path / "planted.py").write_text("select(Person).order_by(Agency.name, Person.name.desc())")
    assert orderings(tmp_path) == ["planted.py:1"]
