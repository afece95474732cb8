"""Adopting another version of a policy: in force from the first instant of its day, and never for what runs already."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from forms_app.commands.invented import invented_board
from forms_app.db.tables import AuditEntry, Board, Escalation, Notification, OutboxItem
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.working_days import start_of, uk_date
from forms_app.mail.compose import Message
from forms_app.policies.shelf import Shelf
from forms_app.services import policies
from forms_app.services.boards import set_up_board
from forms_app.services.outbox import Desk, run_due
from forms_app.services.workshop import Workshop
from tests.factories.scenes import Scene
from tests.factories.versions import board_with_two_versions
from tests.mail.owed import LETTERHEAD, FakePostbox, fake_issue


def starts(here: Scene) -> date:
    return uk_date(here.clock.now) + timedelta(days=10)


def propose(here: Scene, key: str, *, by: UUID | None = None, on: date | None = None) -> UUID:
    with here.workshop.writing() as work:
        return policies.propose(work, by=by or unit(here), key=key, starts_on=on or starts(here))


def confirm(here: Scene, adoption: UUID, *, by: UUID | None = None) -> None:
    with here.workshop.writing() as work:
        policies.confirm(work, by=by or chair(here), adoption_id=adoption)


def unit(here: Scene) -> UUID:
    return here.at("board", "unit")


def chair(here: Scene) -> UUID:
    return here.at("board", "chair")


def key_of(here: Scene, escalation: UUID) -> str:
    with here.database.reading() as session:
        return session.scalars(select(Escalation.policy_key).where(Escalation.id == escalation)).one()


def told(here: Scene, kind: str) -> int:
    with here.database.reading() as session:
        return len(session.scalars(select(Notification.id).where(Notification.kind == kind)).all())


def actions(here: Scene) -> list[str]:
    with here.database.reading() as session:
        found = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
        return [each for each in found if each.startswith("policy_")]


def test_what_is_raised_one_second_after_midnight_is_under_the_new_version_though_no_worker_looked(
    database_url: str,
) -> None:
    with board_with_two_versions(database_url) as (old, new):
        confirm(old, propose(old, new.policy.key))
        midnight = start_of(starts(old))

        old.clock.now = midnight - timedelta(seconds=1)
        before = old.open().escalation_id
        old.clock.now = midnight
        after = new.open().escalation_id

        assert (key_of(old, before), key_of(old, after)) == (old.policy.key, new.policy.key)


def test_from_midnight_of_the_united_kingdom_also_in_summer() -> None:
    assert start_of(date(2027, 6, 1)) == datetime(2027, 5, 31, 23, tzinfo=UTC)


def test_what_runs_goes_on_under_its_own_version(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        running = old.open().escalation_id
        confirm(old, propose(old, new.policy.key))
        old.clock.now = start_of(starts(old)) + timedelta(days=3)

        assert key_of(old, running) == old.policy.key
        assert old.standing(running).policy.key == old.policy.key


def test_the_leads_are_told_when_it_is_confirmed_and_again_when_it_is_withdrawn(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        adoption = propose(old, new.policy.key)
        assert told(old, "policy_changes") == 0
        confirm(old, adoption)
        first = told(old, "policy_changes")
        assert first > 0
        postbox = post(old)
        assert any("another version of the policy from" in each.subject for each in postbox)
        assert all(new.policy.title in each.body for each in postbox if "another version" in each.subject)

        with old.workshop.writing() as work:
            policies.withdraw(work, by=unit(old), adoption_id=adoption)

        assert told(old, "policy_stays") == first
        assert any("does not change" in each.subject for each in post(old))
        assert actions(old) == ["policy_proposed", "policy_adopted", "policy_withdrawn"]
        old.clock.now = start_of(starts(old)) + timedelta(hours=1)
        assert key_of(old, old.open().escalation_id) == old.policy.key


def test_who_was_not_told_yet_is_not_told_of_what_was_withdrawn(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        adoption = propose(old, new.policy.key)
        confirm(old, adoption)
        with old.workshop.writing() as work:
            policies.withdraw(work, by=chair(old), adoption_id=adoption)

        assert not any("another version" in each.subject for each in post(old))


def test_nobody_confirms_their_own_and_nobody_but_the_office_any(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        adoption = propose(old, new.policy.key)

        with pytest.raises(NotAllowedNow, match="somebody else"):
            confirm(old, adoption, by=unit(old))
        with pytest.raises(NotFound):
            confirm(old, adoption, by=old.raiser)
        with pytest.raises(NotFound):
            propose(old, new.policy.key, by=chair(old))


def test_a_day_that_has_come_is_refused(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        today = uk_date(old.clock.now)
        for day in (today, today - timedelta(days=1), today + timedelta(days=367)):
            with pytest.raises(NotAllowedNow):
                propose(old, new.policy.key, on=day)
        adoption = propose(old, new.policy.key)
        old.clock.now = start_of(starts(old)) + timedelta(minutes=1)

        with pytest.raises(NotAllowedNow, match="has come"):
            confirm(old, adoption)


def test_a_file_that_was_changed_since_is_not_confirmed(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        adoption = propose(old, new.policy.key)
        changed = new.policy.model_copy(update={"dated": "Another day"})
        shelf = Shelf([old.policy, changed])
        workshop = Workshop(old.database, shelf, old.workshop.calendars, old.clock)

        with pytest.raises(NotAllowedNow, match="changed since"), workshop.writing() as work:
            policies.confirm(work, by=chair(old), adoption_id=adoption)


def test_a_later_proposal_takes_the_place_of_one_that_waits(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        first = propose(old, new.policy.key)
        second = propose(old, new.policy.key, on=starts(old) + timedelta(days=1))

        with pytest.raises(ChangedMeanwhile):
            confirm(old, first)
        confirm(old, second)
        with pytest.raises(NotAllowedNow, match="Withdraw that first"):
            propose(old, new.policy.key)


def test_after_its_day_another_one_can_follow_and_what_began_is_not_withdrawn(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        adoption = propose(old, new.policy.key)
        confirm(old, adoption)
        old.clock.now = start_of(starts(old)) + timedelta(hours=12)
        with pytest.raises(NotAllowedNow, match="It has begun"), old.workshop.writing() as work:
            policies.withdraw(work, by=unit(old), adoption_id=adoption)

        confirm(old, propose(old, old.policy.key))

        assert in_force(old) == new.policy.key, "until the day of the next"
        old.clock.now = start_of(starts(old)) + timedelta(days=20)
        assert in_force(old) == old.policy.key


def test_on_its_day_the_worker_sees_to_what_follows(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        confirm(old, propose(old, new.policy.key))
        post(old)
        assert "policy_began" not in actions(old)

        old.clock.now = start_of(starts(old)) + timedelta(seconds=1)
        post(old)

        assert actions(old)[-1] == "policy_began"
        with old.database.reading() as session:
            items = session.scalars(select(OutboxItem).where(OutboxItem.kind == "begin_policy")).all()
            assert [item.done_at is not None for item in items] == [True]


def test_a_file_that_is_loaded_again_does_not_bring_back_the_version_before(sqlite_url: str) -> None:
    with board_with_two_versions(sqlite_url) as (old, new):
        confirm(old, propose(old, new.policy.key))
        old.clock.now = start_of(starts(old)) + timedelta(hours=1)

        with old.workshop.writing() as work:
            set_up_board(work, invented_board(old.policy).given)

        assert in_force(old) == new.policy.key


def in_force(here: Scene) -> str:
    with here.database.reading() as session:
        return session.scalars(select(Board)).one().policy_at(here.clock.now)


def post(here: Scene) -> list[Message]:
    postbox = FakePostbox()
    while run_due(here.workshop, "w1", Desk(postbox, LETTERHEAD, fake_issue)):
        pass
    return postbox.posted
