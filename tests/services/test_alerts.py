"""That a document did not arrive is told once, to people who can be told, and of every failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.db import ledger, notifications
from forms_app.db.outbox import needs_attention
from forms_app.db.tables import Acknowledgement, Delivery, Notification, Person
from forms_app.domain.deliveries import EventKind
from forms_app.domain.mail_rules import Rule
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message
from forms_app.services.digests import Budget
from forms_app.services.failing import COLLECTING, note_failure
from forms_app.services.posting import WAITS
from tests.mail.owed import (
    ACCEPTED,
    LETTERHEAD,
    FakePostbox,
    Office,
    Recipient,
    add_officer,
    add_party,
    escalation_of,
    open_office,
    owe_deliveries,
    owe_delivery,
    set_rule,
)

LATER = Answer(Result.NOT_REACHED, "The mail server asked to try again later (451).", 451)
REFUSED = Answer(Result.REFUSED, "The mail server refused the message or the address (550).", 550)
RECORDER = "perdita.quennell"
"""Who recorded it, at brackenshire.example."""


class Refuses(FakePostbox):
    """Takes nothing for these names."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names

    def post(self, message: Message) -> Answer:
        super().post(message)
        return REFUSED if message.to.startswith(self.names) else ACCEPTED


ON_BOTH = pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with open_office(request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")) as opened:
        add_officer(opened)
        yield opened


def dead(count: int) -> list[Recipient]:
    return [Recipient(f"dead{number}@brackenshire.example") for number in range(count)]


def alerts(office: Office) -> list[str]:
    return [to for kind, to in office.posted() if kind == "delivery_failed"]


def test_who_recorded_it_and_the_business_unit_are_told(office: Office) -> None:
    delivery = owe_deliveries(office, dead(1))[0]
    escalation = escalation_of(office, delivery)
    add_party(office, escalation, f"{RECORDER}@brackenshire.example")
    office.postbox = Refuses("dead")

    office.work()

    told = {message.to.partition("@")[0]: message for message in office.postbox.posted[1:]}
    assert set(told) == {RECORDER, "unit"}
    assert f"{LETTERHEAD.service_url}/escalations/{escalation}#documents" in told[RECORDER].body
    assert f"{LETTERHEAD.service_url}/register/deliveries" in told["unit"].body
    assert office.work() == 0


def test_what_no_server_takes_for_two_days_is_told_then(office: Office) -> None:
    owe_deliveries(office, dead(1))
    office.postbox.answers = [LATER] * (len(WAITS) + 1)

    for wait in WAITS:
        office.work()
        assert alerts(office) == []
        office.clock.go_on(seconds=wait.total_seconds())
    office.work()

    assert sorted(alerts(office)) == [RECORDER, "unit"]


def test_what_cannot_be_made_into_a_message_is_told(office: Office) -> None:
    owe_delivery(office, Recipient("no address at all@brackenshire.example"))

    office.work()

    assert sorted(alerts(office)) == [RECORDER, "unit"]


@ON_BOTH
def test_of_a_storm_nobody_is_told_for_each_failure_and_none_is_untold(office: Office) -> None:
    """One alert is on its way at a time; later ones collect what fails meanwhile, and none is missed."""
    deliveries = owe_deliveries(office, dead(40))
    office.postbox = Refuses("dead")

    while office.work(most=1):
        office.clock.go_on(seconds=2)
    for _ in range(3):
        office.clock.go_on(seconds=COLLECTING.total_seconds())
        office.work()

    assert len(alerts(office)) <= 10, "two people, eighty seconds, one in thirty"
    with office.workshop.reading() as work:
        accepted_at = [each for each in work.session.scalars(select(Notification.accepted_at)) if each is not None]
    failed_at = [office.attempts(delivery)[-1].at for delivery in deliveries]
    assert max(accepted_at) > max(failed_at), "an alert that was accepted later points at all of them"


@ON_BOTH
def test_an_alert_that_waits_covers_what_fails_until_it_is_taken(office: Office) -> None:
    first, second = owe_deliveries(office, dead(2))
    office.postbox.answers = [REFUSED, LATER, LATER, REFUSED]

    office.work()
    office.clock.go_on(seconds=WAITS[0].total_seconds())
    office.work()

    assert office.ledger(first)[-1] == office.ledger(second)[-1] == ("refused", 550)
    assert len(alerts(office)) == 4, "two people, each tried twice"
    with office.workshop.reading() as work:
        assert len(work.session.scalars(select(Notification)).all()) == 2


def test_an_alert_about_an_alert_goes_to_somebody_else_and_ends(office: Office) -> None:
    delivery = owe_deliveries(office, dead(1))[0]
    add_party(office, escalation_of(office, delivery), "colleague@brackenshire.example")
    office.postbox = Refuses("dead", RECORDER, "unit")

    for _ in range(5):
        office.work()
        office.clock.go_on(hours=1)

    assert sorted(alerts(office)) == ["colleague", RECORDER, "unit"]


@ON_BOTH
def test_of_alerts_that_reach_nobody_each_person_is_tried_once_and_the_board_sees_them(office: Office) -> None:
    delivery = owe_deliveries(office, dead(1))[0]
    add_party(office, escalation_of(office, delivery), "colleague@brackenshire.example")
    office.postbox = Refuses("")

    for _ in range(5):
        office.work()
        office.clock.go_on(hours=1)

    assert sorted(alerts(office)) == ["colleague", RECORDER, "unit"]
    with office.workshop.reading() as work:
        board = work.session.scalars(select(Notification.board_id)).first()
        assert board is not None
        assert len(notifications.not_reached(work.session, board)) == 3
        assert len(needs_attention(work.session, work.now)) == 4


def test_whoever_an_alert_did_not_reach_is_not_tried_again_for_each_failure(office: Office) -> None:
    owe_deliveries(office, dead(6))
    office.postbox = Refuses("dead", "unit")

    office.work()

    assert Counter(alerts(office))["unit"] == 1


def test_whose_own_address_fails_is_not_told_by_email(office: Office) -> None:
    owe_delivery(office, Recipient(f"{RECORDER}@brackenshire.example"))
    office.postbox = Refuses(RECORDER)

    office.work()

    assert alerts(office) == ["unit"]


def test_where_none_of_them_can_be_told_the_nearest_is(office: Office) -> None:
    delivery = owe_delivery(office, Recipient(f"{RECORDER}@brackenshire.example"))
    add_party(office, escalation_of(office, delivery), "colleague@brackenshire.example", is_raiser=True)
    with office.workshop.writing() as work:
        work.session.scalars(select(Person).where(Person.seat.is_not(None))).one().left_at = work.now
    office.postbox = Refuses(RECORDER)

    office.work()

    assert alerts(office) == ["colleague"]


def test_nobody_is_told_where_nothing_may_be_sent(office: Office) -> None:
    owe_delivery(office, Recipient("wren.ashdown@elsewhere.example", is_secure=False))
    for domain in ("brackenshire.example", "elsewhere.example"):
        set_rule(office, domain, Rule.NEVER)

    office.work()

    assert office.posted() == []


def test_a_failure_that_was_made_good_before_it_was_told_is_not_told(office: Office) -> None:
    delivery = owe_deliveries(office, dead(1))[0]
    office.postbox = Refuses("dead")
    office.work(most=1)
    withdraw(office, delivery)

    office.work()

    assert alerts(office) == []
    assert all(item.done_at is not None for item in office.items() if item.kind == "post_notification")


def withdraw(office: Office, delivery: UUID) -> None:
    with office.workshop.writing() as work:
        work.session.get_one(Delivery, delivery).withdrawn_at = work.now


@pytest.mark.parametrize("what", [EventKind.OPENED, EventKind.SEEN, EventKind.TOLD, "answered"])
def test_what_fails_although_it_reached_its_recipient_is_not_told(office: Office, what: EventKind | str) -> None:
    """The page shows no failure then: an alert about one would send people looking for nothing."""
    delivery = owe_delivery(office, Recipient("a@brackenshire.example"))
    office.work()
    with office.workshop.writing() as work:
        if isinstance(what, EventKind):
            ledger.add_event(work.session, delivery, what, work.now, happened_at=work.now)
        else:
            answer = Acknowledgement(
                delivery_id=delivery, number=1, at=work.now, answer="agrees", reasons="", sha256="-"
            )
            work.session.add(answer)

    bounce(office, delivery)
    office.work()

    assert alerts(office) == []


def test_what_fails_after_it_was_sent_again_is_told_although_somebody_rang_before(office: Office) -> None:
    delivery = owe_delivery(office, Recipient("a@brackenshire.example"))
    office.work()
    with office.workshop.writing() as work:
        for kind in (EventKind.TOLD, EventKind.SENT_AGAIN):
            ledger.add_event(work.session, delivery, kind, work.now, happened_at=work.now)

    bounce(office, delivery)
    office.work()

    assert sorted(alerts(office)) == [RECORDER, "unit"]


def test_an_alert_that_reached_somebody_long_ago_tells_nobody_of_what_fails_now(office: Office) -> None:
    first, second = owe_deliveries(office, dead(2))
    add_party(office, escalation_of(office, first), "colleague@brackenshire.example")
    with office.workshop.writing() as work:
        work.session.scalars(select(Person).where(Person.seat.is_not(None))).one().left_at = work.now
    office.postbox.answers = [REFUSED]
    office.work()
    assert alerts(office) == [RECORDER]
    office.clock.go_on(days=7)
    office.postbox = Refuses(RECORDER)

    bounce(office, second)
    office.work()

    assert alerts(office) == [RECORDER, "colleague"]


def bounce(office: Office, delivery: UUID) -> None:
    with office.workshop.writing() as work:
        row = work.session.get_one(Delivery, delivery)
        note_failure(work, row, EventKind.BOUNCED, code="5.1.1", key=f"bounce:{delivery}")


def test_the_same_notice_is_told_once(office: Office) -> None:
    delivery = owe_delivery(office, Recipient("a@brackenshire.example"))
    office.work()

    for _ in range(2):
        with office.workshop.writing() as work:
            row = work.session.get_one(Delivery, delivery)
            note_failure(work, row, EventKind.BOUNCED, code="5.1.1", key="notice 1")
        office.work()
        office.clock.go_on(minutes=5)

    assert sorted(alerts(office)) == [RECORDER, "unit"]


def test_beyond_what_one_person_is_sent_in_an_hour_alerts_wait_and_come_together(office: Office) -> None:
    office.budget = Budget(notifications=2)
    for _ in range(5):
        owe_deliveries(office, dead(1))
        office.postbox = Refuses("dead")
        office.work()
        office.clock.go_on(minutes=1)
    office.postbox = FakePostbox()

    office.clock.go_on(hours=1)
    office.work()

    with office.workshop.reading() as work:
        accepted = work.session.scalars(select(Notification).where(Notification.accepted_at.is_not(None))).all()
        unit = work.session.scalars(select(Person.id).where(Person.seat.is_not(None))).one()
        told = [each for each in accepted if each.person_id == unit]
    assert len(told) == 3, "two at once, and one that is about the three others"
    assert all(item.done_at is not None for item in office.items() if item.kind == "post_notification") is False
    office.clock.go_on(hours=1)
    office.work()
    assert all(item.done_at is not None for item in office.items() if item.kind == "post_notification")
