"""A document that cannot be made is not made in silence: the Board's business unit is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from forms_app.db import deliveries, ledger
from forms_app.db.outbox import OutboxKind, try_again
from forms_app.db.tables import Board, LayoutChoice, OutboxItem, Person, WordLayout
from forms_app.documents.contexts import Context
from forms_app.documents.faults import DocumentFault
from forms_app.domain.deliveries import Accepted, Failed, State, Why, needs_a_person, state_of
from forms_app.mail.compose import Message
from forms_app.services.issuing import WAITS
from forms_app.services.ledger import Ledger
from tests.mail.owed import FakeIssued, Office, add_officer, fake_issue, open_office, owe_document


def fails(kind: str, context: Context, layout: bytes | None = None) -> FakeIssued:
    raise DocumentFault("Page 2 would have a letter that our fonts do not have.")


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    with open_office(sqlite_url) as opened:
        add_officer(opened)
        opened.issue = fails
        yield opened


def give_up(office: Office) -> list[Message]:
    """What is posted while the worker tries until it gives up."""
    office.postbox.posted.clear()
    for wait in (*WAITS, timedelta()):
        office.work()
        office.clock.go_on(seconds=wait.total_seconds())
    office.work()
    posted: list[Message] = office.postbox.posted
    return posted


def test_it_is_said_once_it_was_given_up_and_not_before(office: Office) -> None:
    document = owe_document(office)
    office.work()
    assert office.postbox.posted == []

    (told,) = give_up(office)

    assert told.message_id.startswith("layout_failed.")
    assert told.subject.endswith(": a document could not be made")
    assert "Ring the people who run this service" in told.body
    assert str(document) not in told.body


def test_with_the_board_s_own_layout_it_says_where_to_put_it_right(office: Office) -> None:
    document = owe_document(office)
    with office.workshop.writing() as work:
        officer = work.session.scalars(select(Person.id).where(Person.seat.is_not(None))).one()
        board = ledger.document_to_make(work.session, document).escalation.board_id
        layout = WordLayout(
            board_id=board,
            kind="written_confirmation",
            version=1,
            content=b"",
            sha256="",
            uploaded_by_id=officer,
            uploaded_at=work.now,
        )
        work.session.add(layout)
        work.session.flush()
        choice = LayoutChoice(
            board_id=board,
            kind="written_confirmation",
            number=1,
            layout_id=layout.id,
            proposed_by_id=officer,
            proposed_at=work.now,
            decision="published",
            decided_by_id=officer,
            decided_at=work.now,
        )
        work.session.add(choice)

    (told,) = give_up(office)

    assert told.subject.endswith(" with your Word layout")
    assert "https://forms.example/word-layouts\n" in told.body


def test_of_many_in_one_hour_one_message_tells_and_the_next_comes_an_hour_later(office: Office) -> None:
    for _ in range(3):
        owe_document(office)
    assert len(give_up(office)) == 1

    owe_document(office)
    assert give_up(office) == []
    office.clock.go_on(hours=1)
    office.work()
    assert len(office.postbox.posted) == 1


def test_what_was_made_in_the_end_is_not_told(office: Office) -> None:
    document = owe_document(office)
    give_up(office)
    owe_document(office)
    assert give_up(office) == [], "it waits for its hour"

    office.issue = fake_issue
    with office.workshop.writing() as work:
        found = work.session.scalars(select(OutboxItem.about_id).where(OutboxItem.parked_at.is_not(None))).all()
        try_again(work.session, OutboxKind.MAKE_DOCUMENT, found, work.now)
    office.clock.go_on(hours=2)
    office.work()

    assert office.document(document).issued_at is not None
    assert [each for each in office.postbox.posted if each.message_id.startswith("layout_failed.")] == []


def test_its_deliveries_need_a_person_until_it_is_made(office: Office) -> None:
    document = owe_document(office)
    give_up(office)
    delivery = office.document(document).deliveries[0].id

    failed = state(office, delivery)

    assert failed == Failed(Why.GIVEN_UP, None)
    assert needs_a_person(failed)
    with office.workshop.reading() as work:
        board = work.session.scalars(select(Board.id)).one()
        assert [each.id for each in deliveries.may_need_a_person(work.session, board, uuid4())] == [delivery]

    office.issue = fake_issue
    with office.workshop.writing() as work:
        try_again(work.session, OutboxKind.MAKE_DOCUMENT, [document], work.now)
    office.work()

    assert isinstance(state(office, delivery), Accepted)


def state(office: Office, delivery: UUID) -> State:
    with office.workshop.reading() as work:
        found = deliveries.delivery_to_act_on(work.session, delivery)
        assert found is not None
        return state_of(Ledger(work, [found], {}).facts(found, found.document))
