"""Mornings of a Board: exactly which reminders go on which day, to whom, and what each says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from forms_app.db import ledger
from forms_app.db import reminders as rows
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.tables import (
    Acknowledgement,
    Board,
    Delivery,
    Document,
    Escalation,
    Notification,
    OutboxItem,
    Party,
    Person,
)
from forms_app.domain.deliveries import EventKind
from forms_app.domain.escalation import Open
from forms_app.domain.policy import Actor, Duty, Side, Unit
from forms_app.domain.records import FiledOnRecord, FollowUp
from forms_app.domain.working_days import Calendar
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services import reminding
from forms_app.services.outbox import Desk, run_due
from forms_app.services.regular import owe_regular_work
from forms_app.services.workshop import Workshop
from tests.factories.policies import BOTH, SOURCE, clock, limit, policy, route, stage
from tests.factories.scenes import Scene, scene
from tests.factories.sending import Sending
from tests.mail.owed import LETTERHEAD, FakePostbox, fake_issue

AWAY = Answer(Result.NOT_REACHED, "The mail server could not be reached.")
MANAGER = Actor(side=Side.RAISING, level="first_line_manager")
TALK = clock(limit=limit(Unit.WORKING_DAYS, 2), level="practitioner")
CHECK = Duty(id="check", text="Check it", side="all", due="action_date", source=SOURCE)
RULES = policy(route(stage("one", actors=(*BOTH, MANAGER), clocks=(TALK,))), duties=(CHECK,))
"""Two working days for the practitioners; the school has a manager who takes part, and social care has none."""


@dataclass
class Mornings:
    """A Board, its worker, and everything that was posted."""

    scene: Scene
    calendars: dict[str, Calendar] = field(default_factory=dict)
    postbox: FakePostbox = field(default_factory=FakePostbox)
    hour: int = 8

    @property
    def workshop(self) -> Workshop:
        return replace(self.scene.workshop, calendars=lambda nation: self.calendars.get(nation) or calendar_of(nation))

    def works(self) -> list[Message]:
        """The reminders that were posted while a worker did all that is due now."""
        before = len(self.postbox.posted)
        desk = Desk(self.postbox, LETTERHEAD, fake_issue, reminders_hour=self.hour)  # type: ignore[arg-type]
        owe_regular_work(self.workshop, reads_bounces=False)
        while run_due(self.workshop, "w1", desk):
            pass
        return [each for each in self.postbox.posted[before:] if each.message_id.startswith("reminder.")]

    def at(self, day: int, hour: int = 8, minute: int = 0, *, month: int = 3) -> dict[str, str]:
        """Who gets a reminder when the worker looks at this time of March 2027, and its subject without the Board's name."""
        self.scene.clock.strike(2027, month, day, hour, minute)
        posted = self.works()
        assert len({each.to for each in posted}) == len(posted)
        return {self.name(each.to): each.subject.rpartition(": ")[2] for each in posted}

    def name(self, address: str) -> str:
        return address.removesuffix(".inventedshire.example")

    def owed(self) -> list[Notification]:
        with self.scene.database.reading() as session:
            found = list(session.scalars(select(Notification).where(Notification.kind == "reminder")))
            session.expunge_all()
            return found

    def row(self) -> OutboxItem:
        with self.scene.database.reading() as session:
            found = session.scalars(select(OutboxItem).where(OutboxItem.kind == OutboxKind.REMIND.value)).one()
            session.expunge_all()
            return found


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Mornings]:
    yield from begun(sqlite_url)


@pytest.fixture
def anywhere(database_url: str) -> Iterator[Mornings]:
    yield from begun(database_url)


def begun(url: str) -> Iterator[Mornings]:
    with scene(url, RULES) as made:
        mornings = Mornings(made)
        assert mornings.works() == [], "a Board that is new is not reminded before the next morning"
        yield mornings


RAISER, OTHER, ABOVE = "practitioner@school", "practitioner@socialcare", "first.line.manager@school"


def office_of(here: Mornings) -> str:
    with here.scene.database.reading() as session:
        person = session.get(Person, here.scene.holder("business_unit"))
        assert person is not None
        return here.name(person.email)


def settle(here: Mornings, escalation: UUID) -> None:
    proposed = here.scene.outcome(escalation, by=here.scene.raiser, actions=(), review_on=None).record_id
    here.scene.answer(escalation, by=here.scene.at("socialcare", "practitioner"), to=proposed)


# --- a week and a half ---


@pytest.mark.requirement("S-17", "H-17")
def test_every_morning_from_soon_over_late_to_done(anywhere: Mornings) -> None:
    here = anywhere
    escalation = here.scene.open().escalation_id  # Monday 1 March at half past ten: two working days are Wednesday
    soon = dict.fromkeys((RAISER, OTHER), "1 to do")
    late = dict.fromkeys((RAISER, OTHER, ABOVE, office_of(here)), "1 overdue")

    assert here.at(1, 11) == {}
    assert here.at(2, 7, 59) == {}
    assert here.at(2) == soon, "the working day before"
    assert here.at(2, 17) == {}, "once a day"
    assert here.at(3) == soon, "its last day"
    assert here.at(4) == late, "social care has no manager who takes part: the business unit is told in their place"
    assert here.at(5) == late
    assert here.at(6) == here.at(7) == {}, "a weekend"
    assert here.at(8) == late
    here.scene.clock.strike(2027, 3, 8, 15)
    settle(here, escalation)
    assert here.works() == []
    assert here.at(9) == here.at(10) == {}, "done"
    assert here.at(11) == {ABOVE: "1 to do", RAISER: "1 to do", OTHER: "1 to do"}, "the third day without an answer"


def test_it_names_the_reference_and_what_is_due_by_when_and_nothing_that_anybody_typed(here: Mornings) -> None:
    here.scene.open()
    with here.scene.database.reading() as session:
        reference = session.scalars(select(Escalation.reference)).one()
    here.at(4)
    office = office_of(here)

    for message in [each for each in here.postbox.posted if each.message_id.startswith("reminder.")]:
        assert f"- {reference}: a time limit of the policy, by 3 March 2027\n" in message.body
        page = "register/today" if here.name(message.to) == office else "escalations"
        assert f"\n{LETTERHEAD.service_url}/{page}\n" in message.body
        for typed in ("Ottilie", "Marchbank", "Discuss", "School", "Social Care", "discuss", reference):
            assert typed not in message.subject
            assert typed == reference or typed not in message.body


def test_a_person_has_one_message_a_day_whatever_there_is(here: Mornings) -> None:
    for _ in range(3):
        here.scene.open()

    assert here.at(2) == dict.fromkeys((RAISER, OTHER), "3 to do")
    assert here.at(4) == dict.fromkeys((RAISER, OTHER, ABOVE, office_of(here)), "3 overdue")


def test_more_escalations_than_are_read_at_once_are_all_looked_at(
    anywhere: Mornings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = anywhere
    monkeypatch.setattr(reminding, "AT_ONCE", 2)
    for _ in range(5):
        here.scene.open()

    assert here.at(4) == dict.fromkeys((RAISER, OTHER, ABOVE, office_of(here)), "5 overdue")


# --- when the worker looks ---


def test_a_worker_that_was_down_in_the_morning_catches_up_on_the_same_day_once(here: Mornings) -> None:
    here.scene.open()

    assert here.at(2, 15, 30) == dict.fromkeys((RAISER, OTHER), "1 to do")
    assert here.at(2, 16) == {}
    assert here.at(3) == dict.fromkeys((RAISER, OTHER), "1 to do")


def test_a_worker_that_was_down_for_days_says_what_is_so_now(here: Mornings) -> None:
    here.scene.open()

    assert here.at(5, 7) == {}
    assert set(here.at(5)) == {RAISER, OTHER, ABOVE, office_of(here)}


def test_the_next_look_is_at_the_hour_of_the_next_working_day_by_the_clock_on_the_wall(here: Mornings) -> None:
    here.at(25, 12)
    easter = datetime(2027, 3, 30, 7, tzinfo=UTC)
    assert here.row().not_before == easter, "after Good Friday and Easter Monday, and British Summer Time"

    here.hour = 6
    here.at(30, 9)
    assert here.row().not_before == datetime(2027, 3, 31, 5, tzinfo=UTC)


def test_two_workers_owe_no_second_message(anywhere: Mornings) -> None:
    here = anywhere
    here.scene.open()
    here.scene.clock.strike(2027, 3, 2)
    row = here.row()
    claims = [Claim(row.id, row.kind, row.about_id, 1, worker) for worker in ("w1", "w2")]

    for claim in claims:
        reminding.remind_board(here.workshop, claim)

    assert len(here.owed()) == 2, "one for each of two people"


# --- what has changed since ---


def test_what_was_done_between_the_morning_and_the_sending_is_not_reminded_of(here: Mornings) -> None:
    escalation = here.scene.open().escalation_id
    here.postbox.answers = [AWAY] * 50
    here.at(2)
    here.postbox.answers.clear()
    settle(here, escalation)

    assert here.at(2, 10) == {}
    assert {each.accepted_at for each in here.owed()} == {None}


def test_a_reminder_that_could_not_be_sent_on_its_day_leaves_it_to_the_next(here: Mornings) -> None:
    here.scene.open()
    here.works()
    here.postbox.answers = [AWAY] * 50
    here.at(2)
    here.postbox.answers.clear()

    assert here.at(3, 7) == {}
    assert here.at(3, 9) == dict.fromkeys((RAISER, OTHER), "1 to do")


def test_a_holiday_that_is_added_later_moves_the_reminders(here: Mornings) -> None:
    here.scene.open()
    england = calendar_of("england-and-wales")
    here.calendars["england-and-wales"] = replace(england, closed={**england.closed, date(2027, 3, 3): "Closed"})

    assert here.at(2) == dict.fromkeys((RAISER, OTHER), "1 to do")
    assert here.at(3) == {}
    assert here.at(4) == dict.fromkeys((RAISER, OTHER), "1 to do")
    assert set(here.at(5)) == {RAISER, OTHER, ABOVE, office_of(here)}


def test_whoever_has_left_or_was_named_by_mistake_gets_nothing(here: Mornings) -> None:
    here.scene.open()
    with here.scene.database.writing() as session:
        left = update(Person).where(Person.id == here.scene.at("school", "first_line_manager"))
        session.execute(left.values(left_at=here.scene.clock.now))
        mistaken = update(Party).where(Party.person_id == here.scene.at("socialcare", "practitioner"))
        session.execute(mistaken.values(removed_at=here.scene.clock.now))

    assert here.at(2) == {RAISER: "1 to do"}
    assert here.at(4) == dict.fromkeys((RAISER, office_of(here)), "1 overdue")


def test_one_escalation_that_cannot_be_worked_out_silences_no_other(here: Mornings) -> None:
    broken, _ = here.scene.open().escalation_id, here.scene.open()
    with here.scene.database.writing() as session:
        session.execute(update(Escalation).where(Escalation.id == broken).values(policy_key="no-such@2020"))

    with capture_logs() as logs:
        assert here.at(2) == dict.fromkeys((RAISER, OTHER), "1 to do")
    told = [each for each in logs if each["event"] == "escalation_not_reminded_of"]
    assert {each["escalation"] for each in told} == {str(broken)}


def test_a_calendar_that_ends_silences_only_what_needs_it(here: Mornings) -> None:
    here.scene.open()
    here.calendars["england-and-wales"] = Calendar(first=date(2027, 1, 1), last=date(2027, 3, 2), closed={})

    with capture_logs() as logs:
        assert here.at(2) == {}
    assert [each for each in logs if each["event"] == "escalation_not_reminded_of"]
    assert (here.row().parked_at, here.row().not_before) == (None, datetime(2027, 3, 3, 8, tzinfo=UTC))


# --- after the end ---


def test_an_answer_that_was_given_is_chased_no_more(here: Mornings) -> None:
    settle(here, here.scene.open().escalation_id)
    here.works()
    answered = here.scene.at("socialcare", "practitioner")
    with here.scene.database.writing() as session:
        wanted = select(Delivery).join(Document).where(Document.kind == "written_confirmation")
        for delivery in session.scalars(wanted.where(Delivery.person_id == answered)):
            given = Acknowledgement(
                delivery_id=delivery.id, number=1, at=here.scene.clock.now, answer="agrees", sha256="-"
            )
            session.add(given)

    assert here.at(4) == {RAISER: "1 to do", ABOVE: "1 to do"}


def test_a_document_that_came_back_is_chased_from_nobody(here: Mornings) -> None:
    settle(here, here.scene.open().escalation_id)
    here.works()
    with here.scene.workshop.writing() as work:
        wanted = select(Delivery).where(Delivery.person_id == here.scene.at("socialcare", "practitioner"))
        for delivery in work.session.scalars(wanted).all():
            later = work.now + timedelta(minutes=1)
            ledger.add_event(work.session, delivery.id, EventKind.BOUNCED, later, code="5.1.1")

    assert here.at(4) == {RAISER: "1 to do", ABOVE: "1 to do"}


def test_a_copy_for_the_file_is_asked_for_on_the_fifth_working_day(here: Mornings) -> None:
    escalation = here.scene.open().escalation_id
    settle(here, escalation)
    here.scene.record(escalation, FiledOnRecord(), by=here.scene.raiser)

    assert here.at(8) == {OTHER: "1 to do"}


def test_a_check_after_the_end_stops_when_each_side_has_said_so(here: Mornings) -> None:
    escalation = here.scene.open().escalation_id
    other = here.scene.at("socialcare", "practitioner")
    proposed = here.scene.outcome(escalation, by=here.scene.raiser, review_on=None).record_id
    here.scene.answer(escalation, by=other, to=proposed)  # the action is due on Thursday 4 March

    late = here.at(5)
    assert set(late) == {RAISER, OTHER, ABOVE, office_of(here)}
    here.scene.record(escalation, FollowUp(duty="check", then="done", carried_out=(True,)), by=other)
    here.scene.record(escalation, FollowUp(duty="check", then="done", carried_out=(True,)), by=here.scene.raiser)
    assert "overdue" not in "".join(here.at(8).values())


def test_what_is_passed_over_is_what_nobody_would_be_reminded_of(sqlite_url: str) -> None:
    """A morning looks only at what can still owe something, by the register's copy: it finds what looking at all would."""
    with scene(sqlite_url, "annex-c") as here:
        for stages in range(5):
            escalation = here.open().escalation_id
            for _ in range(stages):
                here.clock.forward(hours=3)
                here.step_up(escalation)
            if isinstance(here.standing(escalation), Open) and stages % 2 == 0:
                by = [each.person for each in here.places(escalation) if each.side is Side.RAISING][-1]
                filed = here.outcome(escalation, by=by, review_on=here.today + timedelta(days=150 * stages))
                other = [each.person for each in here.places(escalation) if each.side is Side.RESPONDING][-1]
                here.answer(escalation, by=other, to=filed.record_id)
        Sending(here).work()
        start, passed = here.clock.now, set()
        for day in (*range(0, 15, 2), *range(80, 90, 3), *range(110, 130, 3), *range(296, 308, 3), *range(598, 604)):
            here.clock.now = start + timedelta(days=day)
            with here.workshop.reading() as work:
                every = work.session.scalars(select(Escalation.id)).all()
                found = reminding._of_escalations(work, rows.escalations_with(work.session, every))
                reminded_of = {escalation.id for escalation, _ in found}
                board = work.session.scalars(select(Board.id)).one()
                looked_at = set(rows.may_be_reminded_of(work.session, board, here.today))
            assert reminded_of <= looked_at
            passed |= set(every) - looked_at
        assert 0 < len(passed) < len(every)
