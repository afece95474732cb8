"""Everything that happens is owed to somebody, always to the raiser, and to nobody who should not have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from forms_app.db.tables import Delivery, Document, Escalation, OutboxItem, Party, Person, StageRecord
from forms_app.domain.escalation import Left, Resolved
from forms_app.domain.policy import DEIDENTIFIED, Audience, DocumentKind, Event
from tests.factories.policies import notice, notices, policy, route, stage
from tests.factories.scenes import Scene, scene, shelf
from tests.factories.walks import walk_every_way

ROUTES = [pytest.param(each.key, way.id, id=f"{each.key} {way.id}") for each in shelf() for way in each.routes]
SEATS = {"business_unit", "chair", "sub_group", "policy_sub_group", "directors", "liaison_officer"}


# --- every route of every policy, through every stage, to every ending ---


@pytest.mark.requirement("B-31")
@pytest.mark.parametrize(("key", "way"), ROUTES)
def test_the_raiser_is_owed_every_document_of_every_event(key: str, way: str, database_url: str) -> None:
    with scene(database_url, shelf().get(key)) as here:
        ends = list(walk_every_way(here, way))

        assert faults(here) == []
        assert kinds_of_records(here) >= {"concern", "account", "outcome"}
        assert Resolved in ends
        leaves = here.policy.route(way).after.kind in {"leaves_for", "returns_to"}
        assert (Left in ends) is leaves


@pytest.mark.parametrize("kind", [kind.value for kind in DocumentKind if kind is not DocumentKind.FILE_COPY])
def test_the_walk_notices_a_raiser_who_is_dropped_from_one_document(kind: str, sqlite_url: str) -> None:
    with scene(sqlite_url, "berkshire") as here:
        list(walk_every_way(here, "main"))
        with here.database.writing() as session:
            dropped = deliveries(session, kind, to=here.raiser)[0]
            session.execute(delete(Delivery).where(Delivery.id == dropped.id))

        assert faults(here) == [f"{kind}: not owed to the raiser"]


def test_the_walk_notices_a_record_that_nobody_is_told_of(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here:
        filed = here.open()
        with here.database.writing() as session:
            for document in session.scalars(select(Document).where(Document.record_id == filed.record_id)):
                session.execute(delete(Delivery).where(Delivery.document_id == document.id))
                session.delete(document)

        assert faults(here) == ["concern: nothing is owed"]


def test_the_walk_notices_somebody_who_should_not_have_it(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here:
        filed = here.open()
        with here.database.writing() as session:
            (document,) = session.scalars(select(Document).where(Document.record_id == filed.record_id))
            for number, stranger in enumerate((here.at("police", "practitioner"), here.holder("chair")), start=8):
                session.add(
                    Delivery(
                        document_id=document.id,
                        number=number,
                        person_id=stranger,
                        address="a@b.example",
                        attached=False,
                        owed_at=here.clock.now,
                    )
                )

        assert faults(here) == [
            "written_account: owed to somebody who has no part in it",
            "written_account: identified, and owed to the Board",
        ]


def test_no_notice_can_leave_the_raiser_out(sqlite_url: str) -> None:
    quiet = notice(Event.OPENED, DocumentKind.NOTICE_TO_BOARD, Audience.RESPONDING_SIDE)
    under = policy(route(stage("one"), stage("two")), notices=(*notices(), quiet))

    with scene(sqlite_url, under) as here:
        filed = here.open()

        assert here.raiser in here.told(filed.record_id)["notice_to_board"]
        assert faults(here) == []


# --- what is wrong with what is owed ---


def faults(here: Scene) -> list[str]:
    """A sentence for each document that leaves the raiser out or goes to somebody who should not have it."""
    with here.database.reading() as session:
        return [
            fault for escalation in session.scalars(select(Escalation.id)) for fault in _faults(session, escalation)
        ]


def _faults(session: Session, escalation: UUID) -> Iterator[str]:
    parties = session.scalars(select(Party).where(Party.escalation_id == escalation)).all()
    (raiser,) = (party.person_id for party in parties if party.is_raiser)
    inside = {party.person_id for party in parties}
    records = select(StageRecord).where(StageRecord.escalation_id == escalation).order_by(StageRecord.number)
    for row in session.scalars(records):
        documents = session.scalars(
            select(Document)
            .where(Document.record_id == row.id)
            .options(selectinload(Document.deliveries).joinedload(Delivery.person))
        ).all()
        if not documents:
            yield f"{row.kind}: nothing is owed"
        for document in documents:
            yield from _of_document(document, raiser, inside)


def _of_document(document: Document, raiser: UUID, inside: set[UUID]) -> Iterator[str]:
    if raiser not in {delivery.person_id for delivery in document.deliveries}:
        yield f"{document.kind}: not owed to the raiser"
    for delivery in document.deliveries:
        if delivery.person_id in inside:
            continue
        if delivery.person.seat not in SEATS:
            yield f"{document.kind}: owed to somebody who has no part in it"
        elif document.kind not in DEIDENTIFIED:
            yield f"{document.kind}: identified, and owed to the Board"


def kinds_of_records(here: Scene) -> set[str]:
    with here.database.reading() as session:
        return set(session.scalars(select(StageRecord.kind)))


def deliveries(session: Session, kind: str, *, to: UUID) -> Sequence[Delivery]:
    return session.scalars(
        select(Delivery).join(Delivery.document).where(Document.kind == kind, Delivery.person_id == to)
    ).all()


# --- attached or by link ---


def test_each_address_gets_it_attached_or_by_link_as_its_own_domain_is_listed(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        with here.database.writing() as session:
            moved = session.get_one(Person, here.at("socialcare", "practitioner"))
            moved.email = "practitioner@team.socialcare.inventedshire.example"
        filed = here.open(everybody=True)
        here.clock.forward(hours=1)
        filed = here.step_up(filed.escalation_id, everybody=True)

        (document,) = here.documents(filed.record_id)

        how = {delivery.address: delivery.attached for delivery in document.deliveries}
        assert how["practitioner@team.socialcare.inventedshire.example"] is False
        assert how["practitioner@school.inventedshire.example"] is False
        assert how["first.line.manager@socialcare.inventedshire.example"] is True


# --- what is written for each ---


def test_each_recipient_has_one_delivery_of_their_own_at_the_address_of_that_moment(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        filed = here.open()
        with here.database.writing() as session:
            session.get_one(Person, here.raiser).email = "new.address@school.inventedshire.example"
        (document,) = here.documents(filed.record_id)

        assert [delivery.number for delivery in document.deliveries] == [1, 2]
        assert {delivery.address for delivery in document.deliveries} == {
            "practitioner@school.inventedshire.example",
            "practitioner@socialcare.inventedshire.example",
        }
        assert all(delivery.owed_at == here.clock.now for delivery in document.deliveries)


def test_the_making_of_each_document_is_owed_once(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        filed = here.open()
        (document,) = here.documents(filed.record_id)

        with here.database.reading() as session:
            (item,) = session.scalars(select(OutboxItem).where(OutboxItem.kind == "make_document")).all()
            owed = (item.kind, item.about_id, item.owed_at)

        assert owed == ("make_document", document.id, here.clock.now)
        assert document.issued_at is None


def test_nothing_more_goes_to_a_party_who_has_left_but_the_raiser_is_told(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        escalation = here.open().escalation_id
        leaver = here.at("socialcare", "practitioner")
        before = here.account(escalation, by=here.raiser)

        with here.database.writing() as session:
            session.get_one(Person, leaver).left_at = here.clock.now
        after = here.account(escalation, by=here.raiser)

        assert here.told(before.record_id) == {"stage_record": {here.raiser, leaver}}
        assert here.told(after.record_id) == {"stage_record": {here.raiser}}


@pytest.mark.requirement("B-31", "U-17")
@pytest.mark.parametrize("is_made", [True, False], ids=["made before", "still to be made"])
def test_whoever_joins_later_is_owed_the_account_with_which_it_began(is_made: bool, database_url: str) -> None:
    with scene(database_url, "berkshire") as here:
        began = here.open()
        (account,) = here.documents(began.record_id)
        if is_made:
            with here.workshop.writing() as work:
                work.session.get_one(Document, account.id).issued_at = here.clock.now
        here.clock.forward(hours=1)

        here.step_up(began.escalation_id)

        joined = {place.person for place in here.places(began.escalation_id) if place.joined_at == here.clock.now}
        (now,) = here.documents(began.record_id)
        later = [delivery for delivery in now.deliveries if delivery.owed_at == here.clock.now]
        assert {delivery.person_id for delivery in later} == joined
        assert joined
        with here.database.reading() as session:
            owed = set(session.scalars(select(OutboxItem.about_id).where(OutboxItem.kind == "post_delivery")))
        assert owed == ({delivery.id for delivery in later} if is_made else set()), "else the maker owes them"
