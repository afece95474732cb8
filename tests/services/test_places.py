"""Places that change hands: a successor, somebody who covers, somebody who moved, and who has an interest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from forms_app.db import reads
from forms_app.db.tables import (
    AuditEntry,
    Delivery,
    Document,
    HandOver,
    MailDomain,
    Notification,
    Party,
    Person,
    StageRecord,
)
from forms_app.domain.acts import Act
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.filing import NamedParty
from forms_app.domain.places import Reason
from forms_app.domain.policy import Closer, Side
from forms_app.domain.records import PeopleJoin
from forms_app.domain.register_filters import Filters
from forms_app.services import (
    covering,
    documents,
    drafts,
    handing_over,
    interests,
    looking,
    people,
    receiving,
    register,
    reminding,
)
from forms_app.services.leaving import leave
from forms_app.services.register_pages import register_page
from tests.factories.policies import BOTH, CHAIR, policy, route, stage
from tests.factories.scenes import Scene, scene
from tests.factories.sending import Sending

POLICIES = ("annex-c", "berkshire", "four-lscb", "hull", "west-sussex")


@dataclass
class Here:
    """One escalation at its first stage, and what is done about its places."""

    scene: Scene
    escalation: UUID

    def do(self, act: Callable[..., Any], **what: Any) -> Any:
        with self.scene.workshop.writing() as work:
            return act(work, escalation_id=self.escalation, **what)

    def sees(self, person: UUID) -> bool:
        try:
            self.do(looking.escalation_view, by=person)
        except NotFound:
            return False
        return True

    def place(self, person: UUID) -> UUID:
        with self.scene.database.reading() as session:
            wanted = select(Party.place_id).where(Party.escalation_id == self.escalation, Party.person_id == person)
            return session.scalars(wanted).one()

    def hands_over(self, giver: UUID, to: UUID, *, by: UUID | None = None, reason: Reason = Reason.WORK) -> None:
        place = self.place(giver)
        self.do(
            handing_over.hand_over,
            by=by or giver,
            place_id=place,
            seen=giver,
            to=to,
            reason=reason,
            words="From Monday.",
        )

    def covers(self, holder: UUID, person: UUID, first: date, last: date, *, by: UUID | None = None) -> None:
        self.do(
            covering.name_cover,
            by=by or holder,
            place_id=self.place(holder),
            seen=holder,
            person=person,
            first=first,
            last=last,
        )

    def leaves(self, person: UUID) -> None:
        with self.scene.workshop.writing() as work:
            work.session.execute(update(Person).where(Person.id == person).values(left_at=work.now))

    def moves(self, person: UUID, agency: UUID) -> None:
        with self.scene.workshop.writing() as work:
            work.session.execute(update(Person).where(Person.id == person).values(agency_id=agency))

    def opens(self, person: UUID, document: UUID) -> bool:
        with self.scene.workshop.reading() as work:
            return reads.document_for(work.session, document, person) is not None

    def documents(self) -> list[UUID]:
        with self.scene.database.reading() as session:
            wanted = select(Document.id).where(Document.escalation_id == self.escalation)
            return list(session.scalars(wanted.order_by(Document.owed_at)))

    def noted(self, action: str) -> list[AuditEntry]:
        with self.scene.database.reading() as session:
            found = list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))
            session.expunge_all()
            return found

    def told(self, kind: str) -> set[UUID]:
        with self.scene.database.reading() as session:
            return set(session.scalars(select(Notification.person_id).where(Notification.kind == kind)))


def opened(made: Scene) -> Here:
    return Here(made, made.open().escalation_id)


def under() -> Any:
    first = stage("one", actors=BOTH)
    last = stage("two", closes=Closer.ARBITER, actors=(*BOTH, CHAIR))
    return policy(route(first, last))


@pytest.fixture
def here(database_url: str) -> Iterator[Here]:
    with scene(database_url, under()) as made:
        yield opened(made)


@pytest.fixture
def quick(sqlite_url: str) -> Iterator[Here]:
    with scene(sqlite_url, under()) as made:
        yield opened(made)


# --- handing over ---


@pytest.mark.parametrize("name", POLICIES)
def test_the_raiser_leaves_in_the_first_stage_and_the_outcome_reaches_the_successor(name: str, sqlite_url: str) -> None:
    with scene(sqlite_url, name) as made:
        here, raiser, successor = opened(made), made.raiser, made.at(made.raising, "colleague")
        before, unit = here.documents(), made.holder("business_unit")
        place = here.place(raiser)
        here.leaves(raiser)
        assert not here.sees(raiser)
        with made.workshop.reading() as work:
            (empty,) = handing_over.empty_places(work, by=unit)
        assert (empty.place_id, empty.is_raiser, empty.by_office) == (place, True, True)

        here.hands_over(raiser, successor, by=unit, reason=Reason.LEFT)

        assert here.sees(successor)
        assert not here.sees(raiser)
        assert all(here.opens(successor, document) for document in before)
        assert not any(here.opens(raiser, document) for document in before)
        assert made.standing(here.escalation).visits[0].entry.person == raiser, "the history keeps the name"
        with made.workshop.reading() as work:
            assert handing_over.empty_places(work, by=unit) == ()
        outcome = made.outcome(here.escalation, by=successor).record_id
        for told in made.told(outcome).values():
            assert successor in told
            assert raiser not in told


def test_whoever_hands_over_sees_nothing_from_then_on(here: Here) -> None:
    raiser, successor = here.scene.raiser, here.scene.at("school", "colleague")
    (account,) = here.documents()

    here.hands_over(raiser, successor)

    assert (here.sees(raiser), here.sees(successor)) == (False, True)
    assert (here.opens(raiser, account), here.opens(successor, account)) == (False, True)
    view = here.do(looking.escalation_view, by=successor)
    assert view.place.is_raiser
    assert view.place.speaks_for == {raiser}
    assert {Act.RECORD_OUTCOME, Act.STEP_UP} <= view.acts
    assert [record.by for record in view.records][:1] == [name_of(here, raiser)]
    (noted,) = here.noted("place_handed_over")
    assert (noted.person_id, noted.about_id, noted.code) == (raiser, successor, "work")
    with here.scene.database.reading() as session:
        (row,) = session.scalars(select(HandOver))
        assert (row.from_id, row.to_id, row.by_id, row.words) == (raiser, successor, raiser, "From Monday.")


def test_what_whoever_hands_over_had_begun_to_type_is_gone(quick: Here) -> None:
    raiser, other = quick.scene.raiser, quick.scene.at("socialcare", "practitioner")
    typed = [["f-what", "Something about the child."]]
    about = f"{quick.escalation}:main:one"
    with quick.scene.workshop.writing() as work:
        for person, where in ((raiser, about), (raiser, "new"), (other, about)):
            drafts.save_page(work, by=person, about=where, form="account", page="what", pairs=typed)

    quick.hands_over(raiser, quick.scene.at("school", "colleague"))

    with quick.scene.workshop.reading() as work:
        assert [each.about for each in drafts.drafts_of(work, by=raiser)] == ["new"]
        assert [each.about for each in drafts.drafts_of(work, by=other)] == [about]


def name_of(here: Here, person: UUID) -> str:
    with here.scene.database.reading() as session:
        return session.scalars(select(Person.name).where(Person.id == person)).one()


def test_everybody_hears_of_it_and_whoever_was_replaced_by_somebody_else(quick: Here) -> None:
    raiser, successor = quick.scene.raiser, quick.scene.at("school", "colleague")
    other = quick.scene.at("socialcare", "practitioner")
    quick.leaves(raiser)
    quick.hands_over(raiser, successor, by=quick.scene.holder("business_unit"), reason=Reason.LEFT)
    assert quick.told("place_changed") == {successor, other}
    assert quick.told("place_given_up") == set(), "they have left"

    quick.scene.clock.forward(minutes=1)
    third = quick.scene.at("school", "first_line_manager")
    quick.hands_over(successor, third)
    assert quick.told("place_changed") == {successor, other, third}
    assert quick.told("place_given_up") == set(), "they did it themselves"


def test_what_was_not_sent_yet_goes_to_the_successor_and_nothing_more_to_whoever_had_it(quick: Here) -> None:
    raiser, successor = quick.scene.raiser, quick.scene.at("school", "colleague")
    sending = Sending(quick.scene)

    quick.hands_over(raiser, successor)
    sending.work()

    assert any("Written account" in subject or "account" in subject for subject in sending.sent_to(successor))
    assert sending.sent_to(raiser) == []


def test_a_successor_is_asked_what_was_asked_and_not_answered(quick: Here) -> None:
    other, successor = quick.scene.at("socialcare", "practitioner"), quick.scene.at("socialcare", "colleague")
    sending = Sending(quick.scene)
    sending.work()
    proposed = quick.scene.outcome(quick.escalation, by=quick.scene.raiser).record_id
    quick.scene.answer(quick.escalation, by=other, to=proposed)
    sending.work()
    sending.work()
    asked = [each for each in quick.scene.documents(proposed) if each.kind == "written_confirmation"]
    asked += [each for each in _all_documents(quick) if each.kind == "written_confirmation"]
    with quick.scene.workshop.reading() as work:
        assert receiving.received_by(work, by=other), "they were sent it"

    quick.hands_over(other, successor)
    sending.work()

    with quick.scene.workshop.reading() as work:
        received = receiving.received_by(work, by=successor)
        assert [each.document_id for each in received if each.asks_answer] == [asked[0].id]
        assert receiving.received_by(work, by=other) == ()
    assert sending.sent_to(successor)


def _all_documents(here: Here) -> list[Document]:
    with here.scene.database.reading() as session:
        found = list(session.scalars(select(Document).where(Document.escalation_id == here.escalation)))
        session.expunge_all()
        return found


def test_only_colleagues_of_a_fitting_level_without_a_part_can_take_over(quick: Here) -> None:
    raiser, other = quick.scene.raiser, quick.scene.at("socialcare", "practitioner")
    for wrong in (other, quick.scene.at("socialcare", "colleague"), quick.scene.at("police", "practitioner"), raiser):
        with pytest.raises(NotAllowedNow, match="Choose somebody from the list"):
            quick.hands_over(raiser, wrong)
    here = quick.do(handing_over.place_view, by=raiser, place_id=quick.place(raiser))
    names = {each.id for each in here.candidates}
    assert quick.scene.at("school", "colleague") in names
    assert names.isdisjoint({raiser, other})


def test_nobody_gives_away_the_place_of_another(quick: Here) -> None:
    raiser, other = quick.scene.raiser, quick.scene.at("socialcare", "practitioner")
    unit, colleague = quick.scene.holder("business_unit"), quick.scene.at("school", "colleague")

    for who in (other, unit, quick.scene.holder("chair"), quick.scene.at("police", "practitioner"), colleague):
        with pytest.raises(NotFound):
            quick.hands_over(raiser, colleague, by=who)

    assert quick.sees(raiser)
    with quick.scene.workshop.reading() as work, pytest.raises(NotFound):
        handing_over.empty_places(work, by=raiser)


def test_a_manager_who_takes_part_hands_over_the_place_of_somebody_below_and_not_above(quick: Here) -> None:
    raiser, manager = quick.scene.raiser, quick.scene.at("school", "first_line_manager")
    add(quick, manager, Side.RAISING, "first_line_manager")
    colleague = quick.scene.at("school", "colleague")
    with pytest.raises(NotFound):
        quick.hands_over(manager, colleague, by=raiser)

    quick.hands_over(raiser, colleague, by=manager)

    assert quick.told("place_given_up") == {raiser}


def add(here: Here, person: UUID, side: Side, level: str) -> None:
    here.scene.record(
        here.escalation,
        PeopleJoin(because="supports", joins=(person,)),
        by=here.scene.raiser,
        people=(NamedParty(person, side, level),),
    )


def test_a_place_goes_back_to_whoever_had_it(quick: Here) -> None:
    raiser, successor = quick.scene.raiser, quick.scene.at("school", "colleague")
    quick.hands_over(raiser, successor)
    quick.scene.clock.forward(days=1)
    record = quick.scene.account(quick.escalation, by=successor).record_id

    quick.hands_over(successor, raiser, reason=Reason.AWAY)

    assert (quick.sees(raiser), quick.sees(successor)) == (True, False)
    assert all(quick.opens(raiser, document) for document in quick.documents())
    view = quick.do(looking.escalation_view, by=raiser)
    assert next(each.by for each in view.records if each.id == record) == name_of(quick, successor)


def test_the_form_sent_twice_hands_over_once(quick: Here) -> None:
    raiser, colleague = quick.scene.raiser, quick.scene.at("school", "colleague")
    manager = quick.scene.at("school", "first_line_manager")
    add(quick, manager, Side.RAISING, "first_line_manager")

    for _ in range(2):
        quick.hands_over(raiser, colleague, by=manager)

    assert len(quick.noted("place_handed_over")) == 1


def test_of_two_who_hand_over_the_same_place_at_once_one_wins(here: Here) -> None:
    raiser, managers = (
        here.scene.raiser,
        [here.scene.at("school", level) for level in ("first_line_manager", "senior_manager")],
    )
    for manager, level in zip(managers, ("first_line_manager", "senior_manager"), strict=True):
        add(here, manager, Side.RAISING, level)
    here.leaves(raiser)
    to = [here.scene.at("school", "colleague"), newcomer(here)]

    def hand(number: int) -> str:
        try:
            here.hands_over(raiser, to[number], by=managers[number], reason=Reason.LEFT)
        except ChangedMeanwhile:
            return "too late"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        came = list(pool.map(hand, range(2)))

    assert sorted(came) == ["done", "too late"]
    assert [here.sees(each) for each in to] == [each == "done" for each in came]


def newcomer(here: Here) -> UUID:
    """One colleague more of whoever raised it."""
    with here.scene.workshop.writing() as work:
        like = work.session.get_one(Person, here.scene.at("school", "colleague"))
        person = Person(
            id=uuid4(),
            board_id=like.board_id,
            agency_id=like.agency_id,
            name="Newcomer",
            email="newcomer@school.inventedshire.example",
            job_title=like.job_title,
            level=like.level,
            added_at=work.now,
        )
        work.session.add(person)
        return person.id


# --- covering ---


def test_who_covers_sees_and_acts_and_the_record_says_for_whom(here: Here) -> None:
    raiser, cover, today = here.scene.raiser, here.scene.at("school", "colleague"), here.scene.today
    (account,) = here.documents()
    assert not here.opens(cover, account)

    here.covers(raiser, cover, today, today + timedelta(days=2))
    record = here.scene.account(here.escalation, by=cover).record_id

    assert here.sees(raiser)
    assert here.opens(cover, account)
    view = here.do(looking.escalation_view, by=raiser)
    (line,) = [each for each in view.records if each.id == record]
    assert line.by == f"{name_of(here, cover)} for {name_of(here, raiser)}"
    with here.scene.database.reading() as session:
        row = session.get_one(StageRecord, record)
        assert (row.person_id, row.for_id) == (cover, raiser)
    assert {raiser, cover} <= set().union(*here.scene.told(record).values()), "both are told"


def test_who_covers_closes_what_only_the_raiser_can(sqlite_url: str) -> None:
    adopted = policy(route(stage("one", closes=Closer.RAISER, actors=BOTH)))
    with scene(sqlite_url, adopted) as made:
        here, cover = opened(made), made.at("school", "colleague")
        here.covers(made.raiser, cover, made.today, made.today)
        made.outcome(here.escalation, by=cover)


def test_a_cover_ends_with_the_day_in_the_united_kingdom(here: Here) -> None:
    raiser, cover = here.scene.raiser, here.scene.at("school", "colleague")
    here.scene.clock.strike(2027, 4, 1, 9)
    (account,) = here.documents()

    here.covers(raiser, cover, date(2027, 4, 3), date(2027, 4, 5))

    for moment, sees in (
        ((2027, 4, 2, 23, 59), False),
        ((2027, 4, 3, 0, 0), True),
        ((2027, 4, 5, 23, 59), True),
        ((2027, 4, 6, 0, 0), False),
    ):
        here.scene.clock.strike(*moment)
        assert (here.sees(cover), here.opens(cover, account)) == (sees, sees), moment
    record = here.scene.account(here.escalation, by=raiser).record_id
    assert cover not in set().union(*here.scene.told(record).values())


def test_nothing_that_was_owed_to_who_covered_is_sent_after_it_is_over(quick: Here) -> None:
    raiser, cover = quick.scene.raiser, quick.scene.at("school", "colleague")
    quick.covers(raiser, cover, quick.scene.today, quick.scene.today)
    quick.scene.account(quick.escalation, by=raiser)
    quick.scene.clock.forward(days=1)
    sending = Sending(quick.scene)

    for _ in range(3):
        sending.work()

    assert sending.sent_to(cover) == []
    assert sending.sent_to(raiser) != []


def test_a_cover_is_ended_before_its_day_and_another_one_takes_its_place(quick: Here) -> None:
    raiser, cover, today = quick.scene.raiser, quick.scene.at("school", "colleague"), quick.scene.today
    quick.covers(raiser, cover, today, today + timedelta(days=9))
    other = quick.scene.at("school", "first_line_manager")

    quick.covers(raiser, other, today, today + timedelta(days=9))
    assert (quick.sees(cover), quick.sees(other)) == (False, True)
    quick.do(covering.end_cover, by=raiser, place_id=quick.place(raiser))

    assert not quick.sees(other)
    assert quick.told("place_given_up") == {cover, other}
    assert len(quick.noted("cover_ended")) == 1


def test_handing_over_ends_the_cover_and_who_covers_gives_nothing_away(quick: Here) -> None:
    raiser, cover, today = quick.scene.raiser, quick.scene.at("school", "colleague"), quick.scene.today
    successor = quick.scene.at("school", "first_line_manager")
    quick.covers(raiser, cover, today, today + timedelta(days=9))
    with pytest.raises(NotFound):
        quick.hands_over(raiser, successor, by=cover)

    quick.hands_over(raiser, successor)

    assert [quick.sees(each) for each in (raiser, cover, successor)] == [False, False, True]


def test_who_covers_can_cover_for_longer_and_take_over(quick: Here) -> None:
    raiser, cover, today = quick.scene.raiser, quick.scene.at("school", "colleague"), quick.scene.today
    quick.covers(raiser, cover, today, today)

    quick.covers(raiser, cover, today, today + timedelta(days=3))
    quick.scene.clock.forward(days=2)
    assert quick.sees(cover)
    quick.hands_over(raiser, cover)
    quick.scene.clock.forward(days=5)

    assert (quick.sees(raiser), quick.sees(cover)) == (False, True)


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (2, 1), (0, 93)])
def test_the_days_of_a_cover_are_days_that_can_be(quick: Here, first: int, last: int) -> None:
    today = quick.scene.today
    with pytest.raises(NotAllowedNow):
        quick.covers(
            quick.scene.raiser,
            quick.scene.at("school", "colleague"),
            today + timedelta(days=first),
            today + timedelta(days=last),
        )


def test_a_restricted_note_is_for_the_level_of_who_covers(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as made:
        here, cover = opened(made), made.at("school", "colleague")
        here.covers(made.raiser, cover, made.today, made.today)
        view = here.do(looking.escalation_view, by=cover)
        assert view.place.post == here_level(here, cover)


def here_level(here: Here, person: UUID) -> str:
    with here.scene.database.reading() as session:
        return session.scalars(select(Person.level).where(Person.id == person)).one()


def test_reminders_go_to_the_successor_and_to_who_covers(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as made:
        here, other = opened(made), made.at("socialcare", "practitioner")
        successor, cover = made.at("school", "colleague"), made.at("socialcare", "colleague")
        here.hands_over(made.raiser, successor)
        here.covers(other, cover, made.today, made.today + timedelta(days=30))
        reminded = set()
        for _ in range(20):
            made.clock.forward(days=1)
            reminded |= {each for each in (made.raiser, successor, other, cover) if _lines(here, each)}

        assert reminded == {successor, other, cover}


def _lines(here: Here, person: UUID) -> Any:
    with here.scene.workshop.reading() as work:
        return reminding.lines_for(work, work.session.get_one(Person, person), owed_at=work.now)


# --- moved, removed ---


def test_whoever_moved_to_another_agency_loses_it_all_and_the_place_is_handed_over(here: Here) -> None:
    raiser, successor = here.scene.raiser, here.scene.at("school", "colleague")
    (account,) = here.documents()
    sending = Sending(here.scene)
    sending.work()

    here.moves(raiser, here.scene.agency("socialcare").id)

    assert not here.sees(raiser)
    assert not here.opens(raiser, account)
    with here.scene.workshop.reading() as work:
        assert receiving.received_by(work, by=raiser) == ()
        with pytest.raises(NotFound):
            documents.file_for(work, by=raiser, document_id=account, file_format="pdf")
    here.hands_over(raiser, successor, by=here.scene.holder("business_unit"), reason=Reason.MOVED)
    assert here.opens(successor, account)


def test_when_somebody_is_moved_to_another_agency_the_business_unit_and_the_others_hear_of_it(quick: Here) -> None:
    unit, raiser = quick.scene.holder("business_unit"), quick.scene.raiser
    with quick.scene.workshop.writing() as work:
        person = work.session.get_one(Person, raiser)
        before = people.details_of(person)
        details = replace(before, agency_id=quick.scene.agency("police").id)
        people.change_person(work, by=unit, person_id=raiser, details=details, seen=before.stamp)

    assert not quick.sees(raiser)
    assert quick.told("place_empty") == {unit}
    assert quick.told("place_changed") == {quick.scene.at("socialcare", "practitioner")}


def test_nothing_is_sent_for_a_place_to_whoever_moved_and_somebody_hears_of_it(quick: Here) -> None:
    other = quick.scene.at("socialcare", "practitioner")
    quick.moves(other, quick.scene.agency("police").id)
    with quick.scene.workshop.writing() as work:
        care, police = quick.scene.agency("socialcare").id, quick.scene.agency("police").id
        confirmed = work.session.scalars(select(MailDomain).where(MailDomain.agency_id == care)).one()
        work.session.add(
            MailDomain(
                agency_id=police,
                domain=confirmed.domain,
                rule=confirmed.rule,
                named_at=work.now,
                confirmed_at=work.now,
            )
        )
    sending = Sending(quick.scene)

    sending.work()

    assert sending.sent_to(other) == []
    assert quick.scene.holder("business_unit") in sending.told("delivery_failed")


def test_whoever_leaves_is_gone_from_who_covers_too(quick: Here) -> None:
    raiser, cover, today = quick.scene.raiser, quick.scene.at("school", "colleague"), quick.scene.today
    quick.covers(raiser, cover, today, today + timedelta(days=3))
    assert quick.sees(cover)

    quick.leaves(cover)

    assert not quick.sees(cover)
    assert quick.sees(raiser)


# --- seats at the Board ---


def at_board(here: Here) -> UUID:
    """The Chair, once the escalation is before them."""
    here.scene.step_up(here.escalation)
    return here.scene.holder("chair")


def test_what_is_for_a_seat_goes_to_its_new_holder_and_away_from_the_old(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as made:
        here = opened(made)
        told = [(each.id, each.seat) for each in _deliveries(here) if each.place_id is None]
        while not told:
            made.step_up(here.escalation)
            told = [(each.document_id, each.seat) for each in _deliveries(here) if each.place_id is None]
        document, seat = told[0]
        old = made.holder(str(seat))
        new = made.at("police", "executive")
        assert (here.opens(old, document), here.opens(new, document)) == (True, False)

        with made.workshop.writing() as work:
            work.session.execute(update(Person).where(Person.id == old).values(seat=None))
            work.session.execute(update(Person).where(Person.id == new).values(seat=seat))

        assert (here.opens(old, document), here.opens(new, document)) == (False, True)


def _deliveries(here: Here) -> list[Delivery]:
    with here.scene.database.reading() as session:
        wanted = select(Delivery).join(Delivery.document).where(Document.escalation_id == here.escalation)
        found = list(session.scalars(wanted))
        session.expunge_all()
        return found


@pytest.mark.requirement("U-05")
def test_a_chair_with_an_interest_gives_up_the_place_and_cannot_be_named_again(here: Here) -> None:
    chair = at_board(here)
    assert here.sees(chair)

    here.do(interests.declare_interest, by=chair, words="The child is my niece.")
    here.do(interests.declare_interest, by=chair, words="Again.")

    assert not here.sees(chair)
    unit = here.scene.holder("business_unit")
    assert here.told("place_empty") == {unit}
    with here.scene.workshop.reading() as work:
        (empty,) = handing_over.empty_places(work, by=unit)
    assert chair not in {each.id for each in empty.candidates}
    with pytest.raises(NotAllowedNow, match="who has an interest"):
        _named_to_act(here, chair)
    assert len(here.noted("interest_declared")) == 1


def _named_to_act(here: Here, person: UUID) -> None:
    here.scene.record(
        here.escalation,
        PeopleJoin(because="acts", joins=(person,)),
        by=here.scene.raiser,
        people=(NamedParty(person, Side.BOARD, CHAIR.level),),
    )


def test_nobody_who_acted_for_a_side_decides_for_the_board(here: Here) -> None:
    raiser, successor = here.scene.raiser, here.scene.at("school", "colleague")
    here.hands_over(raiser, successor)
    here.moves(raiser, here.scene.agency("police").id)
    with here.scene.workshop.writing() as work:
        work.session.execute(update(Person).where(Person.id == raiser).values(seat="chair"))

    with pytest.raises(NotAllowedNow):
        here.scene.step_up(here.escalation, by=successor, people=(NamedParty(raiser, Side.BOARD, CHAIR.level),))


def test_a_side_hands_over_instead_of_declaring(quick: Here) -> None:
    with pytest.raises(NotAllowedNow, match="hand your place over"):
        quick.do(interests.declare_interest, by=quick.scene.raiser, words="")


def test_whoever_of_the_office_declares_an_interest_sees_nothing_of_it_there(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as made:
        here, chair = opened(made), made.holder("chair")
        unit = made.holder("business_unit")
        for each in (chair, unit):
            with pytest.raises(NotFound):
                here.do(interests.declare_interest, by=each, words="")
        while not _register(here, unit):
            made.step_up(here.escalation)
        if here.sees(chair):
            chair = unit
        here.do(interests.declare_interest, by=chair, words="A friend of mine.")

        assert _register(here, chair) == []
        with pytest.raises(NotFound):
            here.do(register.board_view, by=chair)


def _register(here: Here, person: UUID) -> list[Any]:
    with here.scene.workshop.reading() as work:
        return list(register_page(work, by=person, filters=Filters()).lines)


def test_whoever_leaves_has_their_places_looked_for(quick: Here) -> None:
    with quick.scene.workshop.writing() as work:
        leave(work, person_id=quick.scene.raiser, by=quick.scene.holder("business_unit"))
    assert not quick.sees(quick.scene.raiser)
