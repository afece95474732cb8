"""What people do about a delivery: send it again, say that they rang, withdraw it, take out who was named by mistake."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from forms_app.db import ledger, reads
from forms_app.db.deliveries import delivery_to_act_on
from forms_app.db.outbox import needs_attention
from forms_app.db.tables import (
    Acknowledgement,
    AuditEntry,
    Board,
    Delivery,
    DeliveryEvent,
    Document,
    Interest,
    MailDomain,
    OutboxItem,
    Party,
    Person,
)
from forms_app.domain.deliveries import Reason
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Side
from forms_app.domain.records import PeopleJoin
from forms_app.services import deliveries, documents, looking, register, removing, withdrawing
from forms_app.services.attachments import make_locked_copy, password_for
from forms_app.services.boards import leave
from forms_app.services.bundles import Signing, bundle_for
from forms_app.services.held import held_view
from forms_app.services.ledger import Reader, history_of
from forms_app.services.proof import check_file
from forms_app.services.today import Kind, today
from forms_app.services.work import Work
from tests.factories.received import Sent
from tests.factories.releases import held
from tests.factories.scenes import Scene, scene
from tests.factories.sending import Sending

SECRET = b"invented"


@dataclass
class Here:
    """The raiser is of the school; the other side, of social care, gets no email."""

    scene: Scene
    sending: Sending
    sent: Sent

    @property
    def escalation(self) -> UUID:
        return self.sent.escalation

    @property
    def raiser(self) -> UUID:
        return self.scene.raiser

    @property
    def other(self) -> UUID:
        return self.scene.at("socialcare", "practitioner")

    @property
    def unit(self) -> UUID:
        return self.scene.holder("business_unit")

    @property
    def account(self) -> UUID:
        return self.sent.document("written_account")

    @property
    def delivery(self) -> UUID:
        """To the other side."""
        return self.sent.delivery_id(self.account, self.other)

    def look(self, way: Callable[..., Any], **given: Any) -> Any:
        with self.scene.workshop.reading() as work:
            return way(work, **given)

    def do(self, way: Callable[..., Any], **given: Any) -> Any:
        with self.scene.workshop.writing() as work:
            return way(work, **given)

    def view(self, by: UUID, delivery: UUID | None = None) -> deliveries.DeliveryView:
        found = self.look(
            deliveries.delivery_view, by=by, escalation_id=self.escalation, delivery_id=delivery or self.delivery
        )
        assert isinstance(found, deliveries.DeliveryView)
        return found

    def again(self, by: UUID, *, seen: int | None = None, key: UUID | None = None) -> None:
        self.do(
            deliveries.send_again,
            by=by,
            escalation_id=self.escalation,
            delivery_id=self.delivery,
            form_key=key or uuid4(),
            seen=self.view(by).seen if seen is None else seen,
        )

    def told(self, by: UUID, at: datetime, *, seen: int | None = None, key: UUID | None = None) -> None:
        self.do(
            deliveries.told,
            by=by,
            escalation_id=self.escalation,
            delivery_id=self.delivery,
            form_key=key or uuid4(),
            seen=self.view(by).seen if seen is None else seen,
            at=at,
        )

    def withdraw(
        self, *people: UUID, by: UUID | None = None, reason: Reason = Reason.WRONG_PERSON, **given: Any
    ) -> None:
        by = by or self.raiser
        if "seen" not in given:
            given["seen"] = self.look(
                withdrawing.withdrawing_view, by=by, escalation_id=self.escalation, document_id=self.account
            ).seen
        self.do(
            withdrawing.withdraw,
            by=by,
            escalation_id=self.escalation,
            document_id=self.account,
            form_key=given.get("key") or uuid4(),
            seen=given["seen"],
            deliveries=[self.sent.delivery_id(self.account, person) for person in people],
            reason=reason,
        )

    def remove(self, person: UUID, by: UUID | None = None) -> None:
        self.do(removing.remove_party, by=by or self.raiser, escalation_id=self.escalation, person_id=person)

    def noted(self, action: str) -> list[UUID | None]:
        with self.scene.database.reading() as session:
            return list(session.scalars(select(AuditEntry.person_id).where(AuditEntry.action == action)))

    def hidden(self, way: Callable[..., Any], **given: Any) -> bool:
        with self.scene.workshop.writing() as work, pytest.raises(NotFound):
            way(work, **given)
        return True

    def strangers(self) -> list[UUID]:
        """Of the same agency, of another one, of the office without being its unit."""
        at = self.scene.at
        return [at("school", "colleague"), at("police", "practitioner"), self.scene.holder("chair")]


@pytest.fixture
def here(database_url: str) -> Iterator[Here]:
    with scene(database_url, "hull") as made:
        yield sent_in(made)


@pytest.fixture
def quick(sqlite_url: str) -> Iterator[Here]:
    with scene(sqlite_url, "hull") as made:
        yield sent_in(made)


def sent_in(made: Scene, refused: tuple[UUID, ...] = ()) -> Here:
    sending = Sending(made)
    sending.refused = [sending.address(each) for each in refused or (made.at("socialcare", "practitioner"),)]
    found = Here(made, sending, Sent(made, made.open().escalation_id))
    sending.work()
    return found


def test_the_reasons_of_an_answer_are_read_by_those_who_take_part_and_by_nobody_else(quick: Here) -> None:
    quick.do(_answer, delivery=quick.delivery)
    with quick.scene.workshop.reading() as work:
        delivery = delivery_to_act_on(work.session, quick.delivery)
        assert delivery is not None
        read = {reader: [line.reasons for line in history_of(delivery, reader) if line.reasons] for reader in Reader}

    assert read == {Reader.PARTY: ["No."], Reader.RECIPIENT: [], Reader.OFFICE: [], Reader.LIST: []}


def _answer(work: Work, *, delivery: UUID) -> None:
    said = Acknowledgement(delivery_id=delivery, number=1, at=work.now, answer="disagrees", reasons="No.", sha256="-")
    work.session.add(said)


# --- send it again ---


def test_it_is_sent_again_the_same_as_before_and_who_did_it_is_kept(here: Here) -> None:
    assert here.view(here.raiser).needs_a_person
    here.sending.refused = []

    here.again(here.raiser)
    assert here.view(here.raiser).state == "Not sent yet"
    here.sending.work()

    view = here.view(here.raiser)
    assert view.state.startswith("Accepted by the mail server")
    assert not view.needs_a_person
    assert view.telephone == ""
    assert [line.what.partition(" (")[0].partition(" by ")[0] for line in view.history] == [
        "Refused",
        "Sent again",
        "Accepted",
    ]
    ids = {each.message_id for each in here.sending.posted if str(here.delivery) in each.message_id}
    assert len(ids) == 1, "one delivery, one Message-ID"
    assert here.noted("delivery_sent_again") == [here.raiser]


def test_the_form_sent_twice_sends_it_once_and_the_next_person_is_told_that_somebody_was_there(here: Here) -> None:
    key = uuid4()
    for _ in range(2):
        here.again(here.raiser, key=key, seen=0)

    assert here.noted("delivery_sent_again") == [here.raiser]
    with pytest.raises(ChangedMeanwhile):
        here.again(here.other, seen=0)


def test_nobody_else_sends_it_again_or_learns_that_it_is_there(quick: Here) -> None:
    given = {"escalation_id": quick.escalation, "delivery_id": quick.delivery}
    for stranger in quick.strangers():
        assert quick.hidden(deliveries.delivery_view, by=stranger, **given)
        assert quick.hidden(deliveries.send_again, by=stranger, form_key=uuid4(), seen=0, **given)
        assert quick.hidden(deliveries.told, by=stranger, form_key=uuid4(), seen=0, at=quick.scene.clock.now, **given)
    elsewhere = quick.scene.open().escalation_id
    assert quick.hidden(deliveries.delivery_view, by=quick.raiser, escalation_id=elsewhere, delivery_id=quick.delivery)


def test_nothing_is_sent_again_where_nothing_may_be_sent(quick: Here) -> None:
    with quick.scene.database.writing() as session:
        care = session.get_one(Person, quick.other).agency_id
        session.scalars(select(MailDomain).where(MailDomain.agency_id == care)).one().confirmed_at = None

    assert quick.view(quick.raiser).how == "Not by email"
    with pytest.raises(NotAllowedNow, match="Nobody has confirmed yet"):
        quick.again(quick.raiser)


def test_nothing_is_sent_again_to_somebody_who_has_left(quick: Here) -> None:
    quick.do(leave, email=quick.sending.address(quick.other))

    with pytest.raises(NotAllowedNow, match="has left"):
        quick.again(quick.raiser)


def test_what_was_just_sent_again_is_sent_once_more_only_when_it_failed_or_after_a_while(quick: Here) -> None:
    quick.again(quick.raiser)
    with pytest.raises(NotAllowedNow, match="less than 10 minutes ago"):
        quick.again(quick.other)
    quick.sending.work()
    assert quick.view(quick.raiser).needs_a_person, "it is refused once more"
    quick.again(quick.other)

    quick.sending.refused = []
    quick.sending.work()
    with pytest.raises(NotAllowedNow, match="less than 10 minutes ago"):
        quick.again(quick.raiser)
    quick.scene.clock.forward(minutes=10)
    quick.again(quick.raiser)


# --- told by telephone ---


def test_somebody_says_that_they_rang_and_nobody_needs_to_look_any_more(quick: Here) -> None:
    at = quick.scene.clock.now
    quick.told(quick.unit, at)

    view = quick.view(quick.raiser)
    assert view.state == f"Told by telephone on {looking.spell_time(at)}"
    assert "Told by telephone on" in view.history[-1].what
    assert view.history[-1].what.endswith("Inventedshire Safeguarding Office")
    assert quick.noted("delivery_told") == [quick.unit]
    with quick.scene.workshop.reading() as work:
        assert not needs_attention(work.session, work.now, about=[quick.delivery]), "the message is not parked any more"


@pytest.mark.parametrize("late", [timedelta(minutes=1), timedelta(days=-2)])
def test_nobody_was_told_in_the_future_or_before_it_was_written(quick: Here, late: timedelta) -> None:
    with pytest.raises(NotAllowedNow):
        quick.told(quick.raiser, quick.scene.clock.now + late)


def test_it_can_be_sent_again_after_somebody_rang(quick: Here) -> None:
    quick.told(quick.raiser, quick.scene.clock.now)
    quick.sending.refused = []
    quick.again(quick.raiser)
    quick.sending.work()

    assert quick.view(quick.raiser).state.startswith("Told by telephone")
    assert "Accepted by the mail server (code 250)" in [line.what for line in quick.view(quick.raiser).history]


# --- the business unit ---


def test_the_business_unit_sees_whom_no_message_reaches_and_of_the_escalation_only_its_reference(here: Here) -> None:
    (view,) = here.look(deliveries.needs_a_person_at, by=here.unit).deliveries

    assert view.id == here.delivery
    assert (view.title, view.is_party) == ("", False)
    with here.scene.database.reading() as session:
        person = session.get_one(Person, here.other)
        assert (view.to, view.telephone) == (f"{person.name}, {person.job_title}", person.telephone)
        raiser = session.get_one(Person, here.raiser).name
    (group,) = [each for each in here.look(today, by=here.unit) if each.kind is Kind.DELIVERIES]
    assert group.count == 1
    assert not [each for each in here.look(today, by=here.scene.holder("chair")) if each.kind is Kind.DELIVERIES]
    assert here.hidden(register.board_view, by=here.unit, escalation_id=here.escalation)
    here.again(here.raiser)
    assert not here.look(deliveries.needs_a_person_at, by=here.unit).deliveries
    here.sending.work()
    (view,) = here.look(deliveries.needs_a_person_at, by=here.unit).deliveries
    assert raiser not in " ".join(line.what for line in view.history), "parties act without a name"
    assert here.view(here.unit).seen == 2


def test_once_it_is_made_good_the_business_unit_knows_no_name_any_more(quick: Here) -> None:
    named = quick.view(quick.unit).to
    quick.told(quick.unit, quick.scene.clock.now)

    assert quick.view(quick.unit).to != named
    assert quick.view(quick.unit).to in named


def test_whoever_declared_an_interest_hears_of_no_delivery_of_it(quick: Here) -> None:
    with quick.scene.database.writing() as session:
        now = quick.scene.clock.now
        session.add(Interest(escalation_id=quick.escalation, person_id=quick.unit, declared_at=now))

    assert not quick.look(deliveries.needs_a_person_at, by=quick.unit).deliveries
    given = {"escalation_id": quick.escalation, "delivery_id": quick.delivery}
    assert quick.hidden(deliveries.delivery_view, by=quick.unit, **given)


def test_of_what_reached_everybody_the_business_unit_learns_nothing(quick: Here) -> None:
    own = quick.sent.delivery_id(quick.account, quick.raiser)

    assert quick.hidden(deliveries.delivery_view, by=quick.unit, escalation_id=quick.escalation, delivery_id=own)


def test_another_boards_business_unit_sees_nothing_of_it(quick: Here) -> None:
    before = quick.unit
    with quick.scene.database.writing() as session:
        unit = session.get_one(Person, quick.unit)
        police = session.get_one(Person, quick.scene.at("police", "practitioner"))
        police.seat, unit.seat = "business_unit", None
        police.board_id = _another_board(session, unit.board_id)

    assert not quick.look(deliveries.needs_a_person_at, by=police.id).deliveries
    given = {"escalation_id": quick.escalation, "delivery_id": quick.delivery}
    assert quick.hidden(deliveries.delivery_view, by=police.id, **given)
    assert quick.hidden(deliveries.needs_a_person_at, by=before)


def _another_board(session: Any, like: UUID) -> UUID:
    board = session.get_one(Board, like)
    other = Board(
        id=uuid4(), code="OTH", name="Other", policy_key=board.policy_key, telephone="01632 960001", email="o@o.example"
    )
    session.add(other)
    session.flush()
    return other.id


def test_a_message_without_a_document_that_was_refused_is_listed_too(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as made:
        unit = made.holder("business_unit")
        here = sent_in(made, refused=(made.at("socialcare", "practitioner"), unit))

        (line,) = here.look(deliveries.needs_a_person_at, by=unit).not_reached

    assert line.agency == "Inventedshire Safeguarding Office", "the alert that a document did not arrive"


# --- withdrawn ---


def test_a_document_that_was_withdrawn_opens_for_nobody_from_whom_it_was(here: Here) -> None:
    here.sending.refused = []
    here.again(here.raiser)
    here.sending.work()
    make_locked_copy(here.scene.workshop, here.account, lambda pdf, _: pdf + b" locked")
    pdf = here.do(documents.file_for, by=here.other, document_id=here.account, file_format="pdf")[1]
    assert here.do(check_file, by=here.other, content=pdf, secret=SECRET).files

    here.withdraw(here.other)

    given = {"by": here.other, "document_id": here.account}
    assert here.hidden(documents.document_for, **given)
    assert here.hidden(documents.file_for, file_format="pdf", **given)
    assert here.look(password_for, secret=SECRET, **given) is None
    for content in (pdf, pdf + b" locked"):
        assert not here.do(check_file, by=here.other, content=content, secret=SECRET).files
        assert here.do(check_file, by=here.raiser, content=content, secret=SECRET).files
    view = here.look(looking.escalation_view, by=here.other, escalation_id=here.escalation)
    assert here.account not in {each.id for each in view.documents}
    assert [each.because.partition(".")[0] for each in view.withdrawn] == ["It was sent to the wrong person"]
    assert here.look(password_for, by=here.raiser, document_id=here.account, secret=SECRET)


def test_who_had_it_and_the_business_unit_are_told_and_it_is_on_the_record(here: Here) -> None:
    here.sending.refused = []
    here.again(here.raiser)
    here.sending.work()
    here.withdraw(here.other)

    assert here.sending.told("withdrawn") == {here.other}
    assert here.sending.told("withdrawal") == {here.unit}
    assert here.noted("document_recalled") == [here.raiser]
    told = here.look(withdrawing.withdrawn_from, by=here.other, document_id=here.account)
    assert told is not None
    assert told.telephone
    for somebody in (here.raiser, *here.strangers(), here.unit):
        assert here.look(withdrawing.withdrawn_from, by=somebody, document_id=here.account) is None
    (line,) = here.look(withdrawing.withdrawals_at_board, by=here.unit)
    with here.scene.database.reading() as session:
        names = set(session.scalars(select(Person.name).where(Person.id.in_([here.other, here.raiser]))))
    assert not [name for name in names if name in f"{line}"]
    (kept,) = (
        each
        for each in here.look(looking.escalation_view, by=here.raiser, escalation_id=here.escalation).documents
        if each.id == here.account
    )
    assert [each.state.partition(" on ")[0] for each in kept.deliveries] == ["Accepted by the mail server", "Withdrawn"]


def test_what_was_not_sent_yet_is_not_sent_and_nobody_is_asked_to_delete_what_they_never_had(quick: Here) -> None:
    quick.sending.refused = []
    quick.again(quick.raiser)
    before = len(quick.sending.sent_to(quick.other))

    quick.withdraw(quick.other)
    quick.sending.work()

    assert quick.sending.sent_to(quick.other)[before:] == []
    assert quick.sending.told("withdrawn") == set()
    with quick.scene.database.reading() as session:
        owed = select(func.count()).where(OutboxItem.about_id == quick.delivery, OutboxItem.done_at.is_(None))
        assert session.scalar(owed) == 0


def test_whoever_is_being_posted_to_meanwhile_is_asked_to_delete_it(postgresql_url: str) -> None:
    with scene(postgresql_url, "hull") as made, ThreadPoolExecutor(1) as pool:
        here = sent_in(made)
        here.again(here.raiser)
        seen = here.view(here.raiser).seen
        made.clock.forward(minutes=1)
        with made.workshop.writing() as work:
            delivery = ledger.delivery_to_post(work.session, here.delivery, lock=True)
            waiting = pool.submit(here.withdraw, here.other, seen=seen)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            ledger.add_attempt(work.session, delivery.id, "started", work.now)
        waiting.result(timeout=30)

        assert here.sending.told("withdrawn") == {here.other}


def test_a_document_withdrawn_before_it_is_made_is_sent_to_nobody_from_whom_it_was(quick: Here) -> None:
    record = quick.scene.account(quick.escalation, by=quick.raiser).record_id
    (owed,) = quick.scene.documents(record)
    delivery = next(each.id for each in owed.deliveries if each.person_id == quick.other)
    before = len(quick.sending.sent_to(quick.other))
    quick.do(
        withdrawing.withdraw,
        by=quick.raiser,
        escalation_id=quick.escalation,
        document_id=owed.id,
        form_key=uuid4(),
        seen=0,
        deliveries=[delivery],
        reason=Reason.WRONG_DOCUMENT,
    )
    quick.sending.refused = []
    quick.sending.work()

    assert quick.sending.sent_to(quick.other)[before:] == []
    assert str(delivery) not in " ".join(each.message_id for each in quick.sending.posted)


def test_the_raiser_has_whatever_others_keep(quick: Here) -> None:
    with pytest.raises(NotAllowedNow, match="Whoever raised the concern"):
        quick.withdraw(quick.raiser)

    quick.withdraw(quick.raiser, quick.other)
    assert quick.hidden(documents.document_for, by=quick.raiser, document_id=quick.account)
    view = quick.look(looking.escalation_view, by=quick.raiser, escalation_id=quick.escalation)
    assert len(view.withdrawn) == 2, "it stays on the page that there was one"


def test_who_joins_later_is_not_sent_what_was_withdrawn_from_everybody(quick: Here) -> None:
    quick.withdraw(quick.raiser, quick.other, reason=Reason.SAYS_TOO_MUCH)
    joins = quick.scene.at("school", "first_line_manager")
    named = NamedParty(joins, Side.RAISING, "first_line_manager")
    quick.scene.record(
        quick.escalation, PeopleJoin(because="supports", joins=(joins,)), by=quick.raiser, people=(named,)
    )

    with quick.scene.database.reading() as session:
        found = select(Delivery).where(Delivery.document_id == quick.account, Delivery.person_id == joins)
        assert session.scalars(found).all() == []


def test_only_the_agency_that_recorded_it_withdraws_a_document(quick: Here) -> None:
    given = {"escalation_id": quick.escalation, "document_id": quick.account}
    for somebody in (quick.other, *quick.strangers()):
        assert quick.hidden(withdrawing.withdrawing_view, by=somebody, **given)
        assert quick.hidden(
            withdrawing.withdraw,
            by=somebody,
            form_key=uuid4(),
            seen=0,
            deliveries=[quick.delivery],
            reason=Reason.OTHER,
            **given,
        )


def test_the_business_unit_withdraws_it_only_from_whom_it_did_not_reach(quick: Here) -> None:
    view = quick.look(
        withdrawing.withdrawing_view, by=quick.unit, escalation_id=quick.escalation, document_id=quick.account
    )
    assert [each.id for each in view.recipients] == [quick.delivery]

    quick.withdraw(quick.other, by=quick.unit)

    assert quick.sending.told("withdrawal") == set(), "it knows already"
    with quick.scene.workshop.reading() as work:
        assert not needs_attention(work.session, work.now, about=[quick.delivery]), "the message is not parked any more"
    assert not quick.look(deliveries.needs_a_person_at, by=quick.unit).deliveries


def test_the_withdrawal_sent_twice_is_one_and_whoever_comes_second_is_told(here: Here) -> None:
    key = uuid4()
    for _ in range(2):
        here.withdraw(here.other, key=key, seen=0)

    assert here.noted("document_recalled") == [here.raiser]
    with pytest.raises((ChangedMeanwhile, NotFound)):
        here.withdraw(here.other, seen=0)
    with here.scene.database.reading() as session:
        kinds = list(session.scalars(select(DeliveryEvent.kind).where(DeliveryEvent.delivery_id == here.delivery)))
    assert kinds.count("withdrawn") == 1


def test_what_was_withdrawn_from_the_office_is_not_on_its_register_any_more(quick: Here) -> None:
    for _ in range(3):
        quick.scene.step_up(quick.escalation)
    with quick.scene.database.writing() as session:
        document = session.scalars(select(Document).where(Document.kind == "board_proforma")).one()
        delivery = session.scalars(
            select(Delivery).where(Delivery.document_id == document.id, Delivery.person_id == quick.unit)
        ).one()
        delivery.withdrawn_at = quick.scene.clock.now

    view = quick.look(register.board_view, by=quick.unit, escalation_id=quick.escalation)
    assert view.documents == (), "the Board stays told of the escalation"


def test_who_has_a_document_no_more_does_not_read_it_where_it_waited(quick: Here) -> None:
    for _ in range(3):
        quick.scene.step_up(quick.escalation)
    (waits,) = held(quick.scene.workshop, quick.escalation)
    given = {"escalation_id": quick.escalation, "document_id": waits.document_id}
    assert quick.look(held_view, by=quick.raiser, **given).context

    with quick.scene.database.writing() as session:
        session.get_one(Delivery, quick.sent.delivery_id(waits.document_id, quick.raiser)).withdrawn_at = waits.held_at

    assert quick.hidden(held_view, by=quick.raiser, **given)
    assert quick.look(held_view, by=quick.unit, **given).context


# --- named by mistake ---


def name_by_mistake(here: Here) -> UUID:
    """A manager of the school, whom the raiser added."""
    manager = here.scene.at("school", "first_line_manager")
    here.scene.clock.forward(minutes=1)
    name_again(here, manager)
    here.sending.work()
    return manager


def name_again(here: Here, manager: UUID) -> None:
    named = NamedParty(manager, Side.RAISING, "first_line_manager")
    joins = PeopleJoin(because="supports", joins=(manager,))
    here.scene.record(here.escalation, joins, by=here.raiser, people=(named,))


def test_who_was_named_by_mistake_sees_nothing_from_then_on(here: Here) -> None:
    mistaken = name_by_mistake(here)
    assert here.look(looking.your_escalations, by=mistaken)
    here.remove(mistaken)

    assert here.look(looking.your_escalations, by=mistaken) == []
    assert here.hidden(looking.escalation_view, by=mistaken, escalation_id=here.escalation)
    assert here.hidden(documents.document_for, by=mistaken, document_id=here.account)
    assert here.look(withdrawing.withdrawn_from, by=mistaken, document_id=here.account) is not None
    assert here.sending.told("withdrawn") == {mistaken}
    assert here.sending.told("withdrawal") == {here.unit}
    assert here.noted("party_removed") == [here.raiser]
    with here.scene.database.reading() as session:
        theirs = session.scalars(select(Delivery).where(Delivery.person_id == mistaken)).all()
        assert theirs
        assert all(each.withdrawn_at is not None for each in theirs)
    line = next(
        each
        for each in here.look(looking.escalation_view, by=here.raiser, escalation_id=here.escalation).parties
        if each.id == mistaken
    )
    assert (line.standing.startswith("Named by mistake"), line.telephone) == (True, "")

    here.sending.work()
    messages = len(here.sending.sent_to(mistaken))
    told = here.scene.told(here.scene.account(here.escalation, by=here.raiser).record_id)
    assert mistaken not in set().union(*told.values())
    here.sending.work()
    assert len(here.sending.sent_to(mistaken)) == messages
    here.remove(mistaken)
    assert here.noted("party_removed") == [here.raiser], "doing it again changes nothing"


def test_who_was_removed_can_be_named_again(quick: Here) -> None:
    mistaken = name_by_mistake(quick)
    quick.remove(mistaken)
    quick.scene.clock.forward(minutes=1)
    name_again(quick, mistaken)

    assert quick.look(looking.escalation_view, by=mistaken, escalation_id=quick.escalation)
    told = quick.scene.told(quick.scene.account(quick.escalation, by=quick.raiser).record_id)
    assert mistaken in set().union(*told.values())


def test_nobody_is_removed_who_is_needed_or_has_recorded_something(quick: Here) -> None:
    mistaken = name_by_mistake(quick)
    for person, sentence in ((quick.raiser, "Whoever raised"), (quick.other, "Nobody else takes part")):
        with pytest.raises(NotAllowedNow, match=sentence):
            quick.remove(person)
    quick.scene.account(quick.escalation, by=mistaken)
    with pytest.raises(NotAllowedNow, match="has recorded something"):
        quick.remove(mistaken)


def test_only_their_own_agency_and_that_of_whoever_named_them_removes_somebody(quick: Here) -> None:
    mistaken = name_by_mistake(quick)
    for somebody in (quick.other, quick.unit, *quick.strangers()):
        assert quick.hidden(removing.remove_party, by=somebody, escalation_id=quick.escalation, person_id=mistaken)
    assert quick.hidden(removing.remove_party, by=quick.raiser, escalation_id=quick.escalation, person_id=quick.unit)
    quick.remove(mistaken, by=mistaken)
    assert quick.noted("party_removed") == [mistaken]


def test_the_engine_does_not_wait_for_who_was_removed(quick: Here) -> None:
    mistaken = name_by_mistake(quick)
    quick.remove(mistaken)

    assert mistaken not in {
        place.person
        for place in quick.look(looking.escalation_view, by=quick.raiser, escalation_id=quick.escalation).places
    }
    with quick.scene.workshop.reading() as work:
        party = work.session.scalars(select(Party).where(Party.person_id == mistaken)).one()
        assert party.removed_at is not None
        assert not reads.takes_part(work.session, quick.escalation, mistaken)


# --- in the download of everything ---


def bundle(here: Here, by: UUID) -> tuple[dict[str, Any], str, list[str]]:
    """The list for machines, the list for people, and the names of the files."""
    signing = Signing(None, "https://forms.example")
    packed = here.do(bundle_for, by=by, escalation_id=here.escalation, signing=signing)
    with zipfile.ZipFile(io.BytesIO(packed.content)) as found:
        return json.loads(found.read("manifest.json")), found.read("contents.txt").decode(), found.namelist()


def test_the_ledger_is_in_the_download_without_a_name(quick: Here) -> None:
    quick.told(quick.raiser, quick.scene.clock.now)

    manifest, contents, _ = bundle(quick, quick.raiser)

    ledger = manifest["documents"][0]["deliveries"]["ledger"]
    assert [each["state"] for each in ledger] == ["accepted", "told"]
    assert "Refused by the mail server (code 550)" in ledger[1]["history"][0]
    assert "Told by telephone on" in ledger[1]["history"][1]
    assert "Refused by the mail server (code 550)" in contents
    with quick.scene.database.reading() as session:
        names = session.scalars(select(Person.name)).all()
    assert not [name for name in names if name in contents or name in json.dumps(manifest)]


def test_what_was_withdrawn_is_not_in_the_download_of_whom_it_was_withdrawn_from(quick: Here) -> None:
    quick.withdraw(quick.other, reason=Reason.SAYS_TOO_MUCH)

    manifest, contents, names = bundle(quick, quick.other)
    assert str(quick.account) not in {each["id"] for each in manifest["documents"]}
    assert [(each["id"], each["reason"]) for each in manifest["withdrawn"]] == [(str(quick.account), "says_too_much")]
    assert "Withdrawn from you on" in contents
    assert not [name for name in names if "written-account" in name]

    manifest, contents, _ = bundle(quick, quick.raiser)
    assert manifest["withdrawn"] == []
    assert [each["state"] for each in manifest["documents"][0]["deliveries"]["ledger"]] == ["accepted", "withdrawn"]
    assert "it says what it must not" in contents


def test_who_was_named_by_mistake_is_in_the_download(quick: Here) -> None:
    mistaken = name_by_mistake(quick)
    quick.remove(mistaken)

    manifest, contents, _ = bundle(quick, quick.raiser)

    (line,) = manifest["removed"]
    assert line["agency"] == "Inventedshire Primary School"
    assert "Named by mistake, and taken out on" in contents
