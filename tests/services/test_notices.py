"""What each kind of notification says when it goes, and that it does not go when it is true no more."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from forms_app.db.releases import held_at_board
from forms_app.db.tables import Notification, Party, Person
from forms_app.domain.acts import Act, acts_open_to
from forms_app.domain.mail_rules import Rule
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Kind
from forms_app.services import notices
from forms_app.services.notifying import notify
from forms_app.services.posting import WAITS
from forms_app.services.reminding import Line, Lines
from forms_app.services.scanning import Because
from tests.factories.scenes import Scene, scene
from tests.mail.owed import (
    LETTERHEAD,
    FakePostbox,
    Office,
    Recipient,
    add_officer,
    escalation_of,
    open_office,
    owe_delivery,
    set_rule,
)

NOT_SENT_SO = {Kind.DOCUMENT, Kind.SIGN_IN}
LATER = Answer(Result.NOT_REACHED, "The mail server asked to try again later (451).", 451)
LINKS = {
    Kind.WITHDRAWN: "",
    Kind.WITHDRAWAL: f"{LETTERHEAD.service_url}/register/deliveries\n",
    Kind.DISAGREEMENT: f"{LETTERHEAD.service_url}/escalations/{{escalation}}#documents\n",
}


ON_BOTH = pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with open_office(request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")) as opened:
        add_officer(opened)
        yield opened


def owe(office: Office, kind: Kind, *, escalation: UUID | None = None, about: UUID | None = None) -> UUID:
    with office.workshop.writing() as work:
        officer = work.session.scalars(select(Person).where(Person.seat.is_not(None))).one()
        return notify(work, kind, officer, key="one", escalation=escalation, about=about)


def escalation(office: Office) -> UUID:
    delivery = owe_delivery(office, Recipient("idris.fallowfield@brackenshire.example"))
    office.work()
    office.postbox.posted.clear()
    return escalation_of(office, delivery)


def let_officer_take_part(office: Office, escalation_id: UUID) -> None:
    with office.workshop.writing() as work:
        officer = work.session.scalars(select(Person).where(Person.seat.is_not(None))).one()
        party = {"side": "board", "level": "board", "number": 99, "joined_at": work.now, "place_id": uuid4()}
        work.session.add(Party(escalation_id=escalation_id, person_id=officer.id, agency_id=officer.agency_id, **party))


@pytest.mark.parametrize("kind", LINKS)
def test_what_happened_is_said_with_a_link_to_where_it_is_shown(office: Office, kind: Kind) -> None:
    about = escalation(office)
    notification = owe(office, kind, escalation=about)
    if kind is Kind.DISAGREEMENT:
        let_officer_take_part(office, about)

    office.work()

    (message,) = office.postbox.posted
    assert message.message_id == f"{kind}.{notification}@forms.example"
    assert LINKS[kind].format(escalation=about) in message.body
    with office.workshop.reading() as work:
        assert work.session.get_one(Notification, notification).accepted_at == work.now


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_worded_or_is_no_notification(sqlite_url: str, kind: Kind) -> None:
    with open_office(sqlite_url) as office:
        add_officer(office)
        notification = owe(office, kind, escalation=escalation(office))

        office.work()

        assert (office.item(notification).parked_at is not None) is (kind in NOT_SENT_SO)


@pytest.mark.parametrize("kind", [Kind.RELEASE_WAITS, Kind.DOCUMENTS_WAITING, Kind.REMINDER, Kind.DELIVERY_FAILED])
def test_what_is_true_no_more_is_not_sent(office: Office, kind: Kind) -> None:
    notification = owe(office, kind, escalation=escalation(office))

    office.work()

    assert office.postbox.posted == []
    assert office.item(notification).done_at is not None


def test_a_reminder_says_what_is_due_now(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines(late=(Line("BRK-1", "review", office.clock.now.date()),), to_office=True)
    monkeypatch.setattr(notices, "lines_for", lambda work, person, owed_at: lines)
    owe(office, Kind.REMINDER)

    office.work()

    (message,) = office.postbox.posted
    assert "BRK-1" in message.body
    assert f"{LETTERHEAD.service_url}/register/today\n" in message.body


def test_how_many_documents_wait_is_counted_when_it_is_sent(sqlite_url: str) -> None:
    with scene(sqlite_url, "berkshire") as place:
        office = Office(place.workshop, place.clock)  # type: ignore[arg-type]
        escalation = place.open().escalation_id
        for _ in range(4):
            place.step_up(escalation)
        with place.workshop.writing() as work:
            officer = work.session.get_one(Person, place.holder("business_unit"))
            notify(work, Kind.RELEASE_WAITS, officer, key="one")
        place.hold(escalation)
        place.outcome(escalation, by=closer(place, escalation))
        with place.workshop.reading() as work:
            waiting = len(held_at_board(work.session, officer.board_id, Because.DEIDENTIFIED))

        while not (said := [m for m in office.postbox.posted if m.message_id.startswith("release_waits")]):
            assert office.work(most=1)

        assert waiting == 3
        assert "Documents waiting: 3\n" in said[0].body


def closer(place: Scene, escalation: UUID) -> UUID:
    now = place.standing(escalation)
    return next(each.person for each in place.places(escalation) if Act.RECORD_OUTCOME in acts_open_to(each, now))


def test_each_side_is_told_by_when_it_has_to_act_as_it_is_when_the_message_goes(sqlite_url: str) -> None:
    with scene(sqlite_url, "berkshire") as place:
        office = Office(place.workshop, place.clock)  # type: ignore[arg-type]
        place.open()

        office.work(most=2)
        place.clock.forward(days=60)
        office.work()

        first, *others = [m.body for m in office.postbox.posted if m.message_id.startswith("delivery.")]
        assert "Do this by 8 March 2027.\n" in first
        assert others
        assert not any("Do this by" in body for body in others), "that moment has passed"


@pytest.mark.parametrize("rule", [Rule.NEVER, None])
def test_nothing_is_sent_where_nothing_may_be(office: Office, rule: Rule | None) -> None:
    notification = owe(office, Kind.WITHDRAWAL, escalation=escalation(office))
    set_rule(office, "brackenshire.example", rule)

    office.work()

    assert office.postbox.posted == []
    assert office.item(notification).done_at is not None


def test_nothing_is_sent_to_who_has_left(office: Office) -> None:
    owe(office, Kind.WITHDRAWAL, escalation=escalation(office))
    with office.workshop.writing() as work:
        work.session.scalars(select(Person).where(Person.seat.is_not(None))).one().left_at = work.now

    office.work()

    assert office.postbox.posted == []


@ON_BOTH
def test_it_is_worded_anew_each_time_and_has_one_id(office: Office) -> None:
    owe(office, Kind.WITHDRAWAL, escalation=escalation(office))
    office.postbox.answers = [LATER]
    office.work()
    with office.workshop.writing() as work:
        work.session.scalars(select(Person).where(Person.seat.is_not(None))).one().language = "cy"

    office.clock.go_on(seconds=WAITS[0].total_seconds())
    office.work()

    first, second = office.postbox.posted
    assert first.message_id == second.message_id
    assert first.body != second.body


def test_one_that_no_server_takes_is_given_up_and_shown(office: Office) -> None:
    notification = owe(office, Kind.WITHDRAWAL, escalation=escalation(office))
    office.postbox = FakePostbox([LATER] * (len(WAITS) + 1))

    for wait in (*WAITS, WAITS[0]):
        office.work()
        office.clock.go_on(seconds=wait.total_seconds())

    assert office.item(notification).parked_at is not None
