"""Beyond a budget of emails what is owed goes together in one, and nothing goes in two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.db.outbox import needs_attention
from forms_app.db.people import person_with_email
from forms_app.db.tables import Delivery
from forms_app.domain.mail_rules import Rule
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message
from forms_app.services.attempts import tried
from forms_app.services.digests import Budget
from forms_app.services.issuing import owe_posting_again
from forms_app.services.posting import WAITS
from tests.mail.owed import (
    ACCEPTED,
    LETTERHEAD,
    FakePostbox,
    Office,
    Recipient,
    escalation_of,
    open_office,
    owe_deliveries,
    set_rule,
)
from tests.services.test_posting_rules import events, send_again

BUSY = Recipient("idris.fallowfield@brackenshire.example")
OTHER = Recipient("ottilie.marchbank@brackenshire.example")
LATER = Answer(Result.NOT_REACHED, "The mail server asked to try again later (451).", 451)
LOST = Answer(Result.INTERRUPTED, "The connection ended before the mail server answered.")
REFUSED = Answer(Result.REFUSED, "The mail server refused the message or the address (550).", 550)
TWO = Budget(to_one_about_one=2)


ON_BOTH = pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with open_office(request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")) as opened:
        opened.budget = TWO
        yield opened


def owe_many(office: Office, count: int, to: Recipient = BUSY) -> list[UUID]:
    """So many documents of one escalation to one person."""
    found: list[UUID] = []
    for _ in range(count):
        within = escalation_of(office, found[0]) if found else None
        found += owe_deliveries(office, [to], within=within)
        office.work()
    return found


def waiting(office: Office) -> list[Message]:
    return [message for message in office.postbox.posted if message.message_id.startswith("documents_waiting")]


def together(office: Office, deliveries: list[UUID]) -> list[bool]:
    with office.workshop.reading() as work:
        return [work.session.get_one(Delivery, each).notification_id is not None for each in deliveries]


@ON_BOTH
def test_what_is_beyond_the_budget_goes_in_one_message_at_the_end_of_the_hour(office: Office) -> None:
    deliveries = owe_many(office, 5)
    assert office.posted() == [("delivery", "idris.fallowfield")] * 2
    assert together(office, deliveries) == [False, False, True, True, True]
    office.clock.go_on(minutes=59)
    assert office.work() == 0
    with office.workshop.reading() as work:
        assert needs_attention(work.session, work.now) == [], "it waits because it is to wait"

    office.clock.go_on(minutes=1)
    office.work()

    (message,) = waiting(office)
    assert "Documents waiting for you: 3" in message.body
    assert f"{LETTERHEAD.service_url}/documents\n" in message.body
    assert message.attachments == ()
    for delivery in deliveries:
        assert office.ledger(delivery) == [("started", None), ("accepted", 250)]
    assert office.work() == 0


def test_the_budget_is_of_one_escalation_and_one_person(office: Office) -> None:
    first = owe_many(office, 2)
    owe_many(office, 1)
    owe_deliveries(office, [OTHER], within=escalation_of(office, first[0]))

    office.work()

    assert [kind for kind, _ in office.posted()] == ["delivery"] * 4


def test_whoever_records_has_a_budget_too(office: Office) -> None:
    office.budget = Budget(of_one=3)

    owe_deliveries(office, [Recipient(f"a{number}@brackenshire.example") for number in range(5)])
    office.work()
    assert len(office.posted()) == 3
    office.clock.go_on(hours=1)
    office.work()

    assert Counter(kind for kind, _ in office.posted()) == {"delivery": 3, "documents_waiting": 2}


def test_after_the_hour_there_is_room_again(office: Office) -> None:
    owe_many(office, 2)
    office.clock.go_on(hours=1)

    owe_many(office, 1)

    assert [kind for kind, _ in office.posted()] == ["delivery"] * 3


def test_what_waits_together_for_somebody_who_left_is_given_up_and_told(office: Office) -> None:
    deliveries = owe_many(office, 4)
    with office.workshop.writing() as work:
        person_with_email(work.session, BUSY.address).left_at = work.now
    office.clock.go_on(hours=1)

    office.work()

    assert waiting(office) == []
    assert [events(office, each) for each in deliveries] == [[], [], [("given_up", "left")], [("given_up", "left")]]
    assert {kind for kind, _ in office.posted()[2:]} == {"delivery_failed"}


def test_what_was_tried_before_keeps_its_own_message(office: Office) -> None:
    """It may have arrived, and no delivery may be in two messages."""
    first = owe_many(office, 1)
    within = escalation_of(office, first[0])
    office.postbox.answers = [LOST]
    busy = owe_deliveries(office, [BUSY], within=within)
    office.work()
    owe_deliveries(office, [BUSY], within=within)
    office.work()
    office.clock.go_on(seconds=WAITS[0].total_seconds())

    office.work()

    assert office.ledger(busy[0])[-1] == ("accepted", 250)
    assert [message.message_id for message in office.postbox.posted].count(f"delivery.{busy[0]}@forms.example") == 2


@ON_BOTH
def test_what_comes_while_it_is_being_sent_goes_in_another_message(office: Office) -> None:
    deliveries = owe_many(office, 3)
    within = escalation_of(office, deliveries[0])
    late: list[UUID] = []

    class ComesMore(FakePostbox):
        def post(self, message: Message) -> Answer:
            if not late and message.message_id.startswith("documents_waiting"):
                office.clock.go_on(minutes=-30)  # there is no room yet for another
                office.postbox = FakePostbox()
                late.extend(owe_deliveries(office, [BUSY], within=within))
                office.work(worker="w2")
                office.clock.go_on(minutes=30)
            self.posted.append(message)
            return LATER

    posted = office.postbox = ComesMore()
    office.clock.go_on(hours=1)
    office.work(worker="w1")
    office.postbox = FakePostbox()
    office.clock.go_on(hours=1)
    office.work()

    first, second = posted.posted[0], waiting(office)
    assert together(office, late) == [True]
    assert {message.message_id for message in second} > {first.message_id}
    assert [message.body for message in second if message.message_id == first.message_id] == [first.body]


def test_of_a_message_that_is_not_taken_each_document_says_so(office: Office) -> None:
    deliveries = owe_many(office, 4)[2:]
    office.clock.go_on(hours=1)
    office.postbox.answers = [LATER, LOST, ACCEPTED]

    for wait in (*WAITS[:2], WAITS[2]):
        office.work()
        office.clock.go_on(seconds=wait.total_seconds())

    for delivery in deliveries:
        lines = tried(office.attempts(delivery))
        assert [(line.result, line.follows_interruption) for line in lines] == [
            ("not_reached", False),
            ("interrupted", False),
            ("accepted", True),
        ]
    assert len({message.message_id for message in waiting(office)}) == 1


def test_of_a_message_that_is_refused_each_document_failed_and_it_is_told_once(office: Office) -> None:
    deliveries = owe_many(office, 4)[2:]
    office.clock.go_on(hours=1)
    office.postbox.answers = [REFUSED]

    office.work()

    for delivery in deliveries:
        assert office.ledger(delivery) == [("started", None), ("refused", 550)]
        assert events(office, delivery) == [("given_up", "refused")]


def test_what_was_withdrawn_is_not_counted_and_of_nothing_else_nothing_is_sent(office: Office) -> None:
    deliveries = owe_many(office, 4)[2:]
    for count, delivery in enumerate(deliveries):
        with office.workshop.writing() as work:
            work.session.get_one(Delivery, delivery).withdrawn_at = work.now
        if count == 0:
            office.postbox.answers = [LATER]
            office.clock.go_on(hours=1)
            office.work()
            assert "Documents waiting for you: 1" in waiting(office)[0].body

    office.clock.go_on(hours=1)
    office.work()

    assert len(waiting(office)) == 1
    assert all(item.done_at is not None for item in office.items())


def test_sent_again_what_went_together_goes_under_the_id_that_it_had(office: Office) -> None:
    first, second = owe_many(office, 4)[2:]
    office.clock.go_on(hours=1)
    office.work()
    office.clock.go_on(hours=1)

    send_again(office, first)
    office.work()

    one, other = waiting(office)
    assert one.message_id == other.message_id
    assert "Documents waiting for you: 1" in other.body
    assert office.ledger(first) == [("started", None), ("accepted", 250)] * 2
    assert office.ledger(second) == [("started", None), ("accepted", 250)]


def test_where_nothing_may_be_sent_by_now_each_is_told_and_goes_once_it_may(office: Office) -> None:
    deliveries = owe_many(office, 4)[2:]
    set_rule(office, "brackenshire.example", None)
    office.clock.go_on(hours=1)
    office.work()
    assert [events(office, delivery) for delivery in deliveries] == [[("given_up", "unconfirmed")]] * 2

    set_rule(office, "brackenshire.example", Rule.ATTACH)
    with office.workshop.writing() as work:
        owe_posting_again(work, deliveries)
    office.work()

    assert [office.ledger(delivery)[-1] for delivery in deliveries] == [("accepted", 250)] * 2


@ON_BOTH
def test_nothing_is_in_two_messages_whatever_the_order(office: Office) -> None:
    deliveries = owe_many(office, 7)
    office.clock.go_on(minutes=61)
    office.work()
    deliveries += owe_deliveries(office, [BUSY], within=escalation_of(office, deliveries[0]))
    office.work()

    with office.workshop.reading() as work:
        rows = work.session.scalars(select(Delivery).where(Delivery.id.in_(deliveries))).all()
        ids = {row.id: row.notification_id for row in rows}
    own = {message.message_id.partition(".")[2].partition("@")[0] for message in office.postbox.posted}
    for delivery, notification in ids.items():
        assert (str(delivery) in own) is (notification is None)
        assert len(office.ledger(delivery)) == 2
