"""What is sent by the rule of the moment, what is sent again, and what is not sent at all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from forms_app.db import ledger
from forms_app.db.outbox import Behind, needs_attention
from forms_app.db.people import person_with_email
from forms_app.db.tables import Delivery, DeliveryEvent, SubjectOfConcern
from forms_app.domain.answers import to_json
from forms_app.domain.deliveries import EventKind
from forms_app.domain.mail_rules import Rule
from forms_app.domain.secrecy import with_secrecy
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message
from forms_app.services import posting, settling
from forms_app.services.confirming import decide_for_operator
from forms_app.services.issuing import owe_posting_again
from forms_app.services.posting import WAITS
from forms_app.services.troubles import REMEMBERED, Troubles
from tests.factories.forms import SUBJECT
from tests.mail.owed import (
    ACCEPTED,
    FakePostbox,
    Office,
    Recipient,
    add_officer,
    open_office,
    owe_code,
    owe_deliveries,
    owe_delivery,
    set_rule,
)

SECURE = Recipient("idris.fallowfield@brackenshire.example")
LATER = Answer(Result.NOT_REACHED, "The mail server asked to try again later (451).", 451)
REFUSED = Answer(Result.REFUSED, "The mail server refused the message or the address (550).", 550)


ON_BOTH = pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with open_office(request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")) as opened:
        yield opened


def events(office: Office, delivery: UUID) -> list[tuple[str, str]]:
    with office.workshop.reading() as work:
        wanted = select(DeliveryEvent).where(DeliveryEvent.delivery_id == delivery).order_by(DeliveryEvent.number)
        return [(event.kind, event.code) for event in work.session.scalars(wanted)]


def delivery_row(office: Office, delivery: UUID) -> Delivery:
    with office.workshop.reading() as work:
        found = work.session.get_one(Delivery, delivery)
        work.session.expunge_all()
        return found


def send_again(office: Office, delivery: UUID) -> None:
    """As a person does."""
    with office.workshop.writing() as work:
        ledger.add_event(work.session, delivery, EventKind.SENT_AGAIN, work.now)
        owe_posting_again(work, [delivery])


# --- the rule for the domain ---


def test_a_document_travels_as_the_rule_for_the_domain_says_when_it_is_sent(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    set_rule(office, "brackenshire.example", Rule.LINK)

    office.work()

    assert office.postbox.posted[0].attachments == ()
    assert not delivery_row(office, delivery).attached, "as it is shown"


@ON_BOTH
@pytest.mark.parametrize(("rule", "why"), [(Rule.NEVER, "never"), (None, "unconfirmed")])
def test_nothing_is_sent_where_nothing_may_be_and_it_is_told(office: Office, rule: Rule | None, why: str) -> None:
    add_officer(office)
    delivery = owe_delivery(office, Recipient("wren.ashdown@elsewhere.example", is_secure=False))
    set_rule(office, "elsewhere.example", rule)

    office.work()

    assert office.ledger(delivery) == []
    assert events(office, delivery) == [("given_up", why)]
    assert sorted(office.posted()) == [("delivery_failed", "perdita.quennell"), ("delivery_failed", "unit")]
    with office.workshop.reading() as work:
        (shown,) = needs_attention(work.session, work.now)
    assert shown.about_id == delivery


def test_once_its_domain_is_confirmed_it_goes(office: Office) -> None:
    delivery = owe_delivery(office, Recipient("wren.ashdown@elsewhere.example", is_secure=False))
    set_rule(office, "elsewhere.example", None)
    office.work()
    office.clock.go_on(hours=1)

    with office.workshop.writing() as work:
        decide_for_operator(work, board_code="BRK", domain="elsewhere.example", rule=Rule.LINK)
    office.work()

    assert office.ledger(delivery) == [("started", None), ("accepted", 250)]
    assert office.item(delivery).done_at is not None


@pytest.mark.parametrize("tried", [False, True], ids=["not tried yet", "tried before"])
def test_nothing_goes_to_somebody_who_left_before_it_was_sent_and_it_is_told(office: Office, tried: bool) -> None:
    add_officer(office)
    delivery = owe_delivery(office, SECURE)
    if tried:
        office.postbox.answers = [LATER]
        office.work()
        office.clock.go_on(hours=1)
    with office.workshop.writing() as work:
        person_with_email(work.session, SECURE.address).left_at = work.now
    office.postbox.posted.clear()

    office.work()

    assert sorted(office.posted()) == [("delivery_failed", "perdita.quennell"), ("delivery_failed", "unit")]
    assert events(office, delivery) == [("given_up", "left")]


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
def test_what_is_given_up_while_its_domain_is_confirmed_goes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever confirms waits for what is given up, and sees it; otherwise nobody would owe it again."""
    set_rule(office, "elsewhere.example", None)
    delivery = owe_delivery(office, Recipient("wren.ashdown@elsewhere.example", is_secure=False))
    with ThreadPoolExecutor() as others:
        deciding = []

        def give_up_late(*given: Any) -> None:
            deciding.append(others.submit(confirm, office))
            wait(deciding, timeout=0.3)
            settling.give_up(*given)

        monkeypatch.setattr(posting, "give_up", give_up_late)
        office.work(most=1)
        deciding[0].result(timeout=10)

    office.work()

    assert office.ledger(delivery) == [("started", None), ("accepted", 250)]


def confirm(office: Office) -> None:
    with office.workshop.writing() as work:
        decide_for_operator(work, board_code="BRK", domain="elsewhere.example", rule=Rule.LINK)


@ON_BOTH
def test_it_goes_to_the_address_that_the_person_has_now(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    office.postbox.answers = [LATER]
    office.work()
    with office.workshop.writing() as work:
        person_with_email(work.session, SECURE.address).email = "new@elsewhere.example"

    office.clock.go_on(seconds=WAITS[0].total_seconds())
    office.work()

    first, second = office.postbox.posted
    assert (first.to, second.to) == (SECURE.address, "new@elsewhere.example")
    assert first.message_id == second.message_id
    assert (len(first.attachments), len(second.attachments)) == (2, 0), "by the rule for the new address"
    assert delivery_row(office, delivery).address == "new@elsewhere.example"


@pytest.mark.parametrize("rule", [Rule.NEVER, None])
def test_no_code_goes_where_nothing_may_be_sent(office: Office, rule: Rule | None) -> None:
    code = owe_code(office)
    set_rule(office, "brackenshire.example", rule)

    office.work()

    assert office.posted() == []
    assert office.item(code).payload is None


# --- withdrawn ---


def test_what_was_withdrawn_is_not_sent_and_nobody_is_told(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    with office.workshop.writing() as work:
        work.session.get_one(Delivery, delivery).withdrawn_at = work.now

    office.work()

    assert (office.posted(), office.ledger(delivery)) == ([], [])
    assert office.item(delivery).done_at is not None


@ON_BOTH
def test_what_is_withdrawn_while_it_is_read_is_not_sent(office: Office) -> None:
    """The rule is asked once more in the transaction that writes that it is handed over."""
    delivery = owe_delivery(office, SECURE)

    def lock(pdf: bytes, _: UUID) -> bytes:
        with office.workshop.writing() as work:
            work.session.get_one(Delivery, delivery).withdrawn_at = work.now
        return pdf

    office.lock = lock
    office.work()

    assert (office.posted(), office.ledger(delivery)) == ([], [])


# --- sent again ---


@ON_BOTH
def test_sent_again_it_goes_although_it_was_accepted_and_under_the_same_id(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    office.work()
    office.clock.go_on(hours=2)

    send_again(office, delivery)
    office.work()
    office.work()

    assert len(office.postbox.posted) == 2
    assert len({message.message_id for message in office.postbox.posted}) == 1
    assert office.ledger(delivery) == [("started", None), ("accepted", 250)] * 2


def test_sent_again_after_a_refusal_it_is_tried_as_if_for_the_first_time(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    office.postbox.answers = [REFUSED]
    office.work()
    office.clock.go_on(hours=2)

    send_again(office, delivery)
    office.postbox.answers = [LATER]
    office.work()

    assert office.ledger(delivery)[-1] == ("not_reached", 451)
    assert (office.item(delivery).parked_at, office.item(delivery).tries) == (None, 1)


def test_sent_again_while_it_is_being_sent_it_goes_once(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)

    class Interrupted(FakePostbox):
        def post(self, message: Message) -> Answer:
            send_again(office, delivery)
            office.clock.go_on(seconds=1)
            return super().post(message)

    office.postbox = Interrupted()
    office.work()
    office.work()

    assert len(office.postbox.posted) == 1
    assert office.item(delivery).done_at is not None


def test_sent_again_nothing_travels_attached_of_a_child_whose_address_is_secret_by_now(office: Office) -> None:
    delivery = owe_delivery(office, SECURE)
    office.work()
    office.clock.go_on(hours=2)
    with office.workshop.writing() as work:
        work.session.scalars(select(SubjectOfConcern)).one().answers = to_json(with_secrecy(SUBJECT))

    send_again(office, delivery)
    office.work()

    assert [len(message.attachments) for message in office.postbox.posted] == [2, 0]


# --- who has not got it yet comes first ---


@ON_BOTH
def test_what_was_never_tried_comes_before_what_failed(office: Office) -> None:
    dead, good = Recipient("dead@brackenshire.example"), Recipient("good@brackenshire.example")
    owe_deliveries(office, [dead])
    office.postbox.answers = [LATER]
    office.work()
    office.clock.go_on(hours=1)
    owe_deliveries(office, [good])

    office.work(most=1)

    assert office.posted()[-1] == ("delivery", "good")


class NeverThere(FakePostbox):
    """Takes nothing for an address that begins with dead."""

    def post(self, message: Message) -> Answer:
        super().post(message)
        return LATER if message.to.startswith("dead") else ACCEPTED


@ON_BOTH
@pytest.mark.parametrize("domain", ["brackenshire.example", "elsewhere.example"])
def test_many_dead_addresses_do_not_hold_up_another_document(office: Office, domain: str) -> None:
    """After three in a row, what else goes to their domain or is of their document comes after the rest."""
    owe_deliveries(office, [Recipient(f"good@{domain}")])
    office.clock.go_on(minutes=-1)
    owe_deliveries(office, [Recipient(f"dead{number}@brackenshire.example") for number in range(12)])
    office.clock.go_on(minutes=2)
    office.postbox = NeverThere()

    office.work(most=4)

    assert [to[:4] for _, to in office.posted()] == ["dead", "dead", "dead", "good"]


def test_one_dead_address_among_four_does_not_put_off_the_other_three(office: Office) -> None:
    troubles = Troubles()
    document = uuid4()

    for number, answer in enumerate((LATER, ACCEPTED, LATER, LATER)):
        troubles.note(answer, document, f"{number}@brackenshire.example", office.clock.now)

    assert troubles.behind(office.clock.now) == Behind((), ())


def test_troubles_are_forgotten(office: Office) -> None:
    troubles, document = Troubles(), uuid4()
    for _ in range(3):
        troubles.note(LATER, document, "x@brackenshire.example", office.clock.now)
    assert troubles.behind(office.clock.now) == Behind((document,), ("brackenshire.example",))

    assert troubles.behind(office.clock.now + REMEMBERED) == Behind((), ())
