"""After a restore: nothing goes before somebody has looked, and what people know already is not sent to them again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from forms_app.db import outbox
from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import AuditEntry, Delivery, DeliveryEvent, OutboxItem, Person, Restore
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.services.restoring import leave_unsent, let_go, on_hold
from forms_app.services.watchdog import health
from tests.factories.scenes import Scene, latest, scene


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    """An escalation whose first document waits to be posted, in a database that was filled from a backup."""
    with scene(database_url, latest("hull")) as made:
        made.open()
        with made.workshop.writing() as work:
            for delivery in work.session.scalars(select(Delivery)):
                outbox.owe(
                    work.session, OutboxKind.POST_DELIVERY, delivery.id, f"post_delivery:{delivery.id}", work.now
                )
            outbox.owe(work.session, OutboxKind.SIGN_IN_MESSAGE, made.raiser, "code", work.now)
        made.clock.forward(hours=1)
        with made.workshop.writing() as work:
            work.session.add(Restore(restored_at=work.now, backup_made_at=work.now - timedelta(minutes=30)))
        yield made


def unit_address(here: Scene) -> str:
    with here.workshop.reading() as work:
        return work.session.get_one(Person, here.holder("business_unit")).email


def test_only_codes_go_until_somebody_says_so(here: Scene) -> None:
    with here.workshop.writing() as work:
        assert [each.kind for each in outbox.claim(work.session, "w", work.now, 100, timedelta(minutes=1))] == [
            OutboxKind.SIGN_IN_MESSAGE
        ]
        found = on_hold(work)
        assert found is not None
        assert {each.kind for each in found.owed} >= {"make_document", "post_delivery"}
        signs = health(work)
        assert signs.is_on_hold
        assert signs.emails_are_delayed
        assert not signs.is_good

    with here.workshop.writing() as work:
        let_go(work)

    with here.workshop.writing() as work:
        kinds = {each.kind for each in outbox.claim(work.session, "w", work.now, 100, timedelta(minutes=1))}
        assert {"make_document", "post_delivery"} <= kinds
        assert on_hold(work) is None
        with pytest.raises(NotAllowedNow):
            let_go(work)
    with here.workshop.reading() as work:
        assert "restore_let_go" in set(work.session.scalars(select(AuditEntry.action)))


def test_what_people_know_is_not_sent_again_and_the_ledger_says_why(here: Scene) -> None:
    with here.workshop.reading() as work:
        deliveries = len(work.session.scalars(select(Delivery)).all())
    assert deliveries

    with here.workshop.writing() as work:
        assert leave_unsent(work, before=work.now - timedelta(hours=2), email=unit_address(here)) == 0
        count = leave_unsent(work, before=work.now, email=unit_address(here))
        let_go(work)

    with here.workshop.reading() as work:
        told = work.session.scalars(select(DeliveryEvent).where(DeliveryEvent.kind == "told")).all()
        assert {each.person_id for each in told} == {here.holder("business_unit")}
        assert len(told) == deliveries <= count
        wanted = select(OutboxItem.id).where(OutboxItem.kind == "post_delivery", OutboxItem.done_at.is_(None))
        assert work.session.scalars(wanted).all() == []


def test_only_somebody_of_the_business_unit_can_say_that_people_know(here: Scene) -> None:
    with here.workshop.reading() as work:
        raiser = work.session.get_one(Person, here.raiser).email
    for address in (raiser, "nobody@elsewhere.example"):
        with here.workshop.writing() as work, pytest.raises(NotFound):
            leave_unsent(work, before=work.now, email=address)
