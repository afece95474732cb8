"""An escalation ends under the version of the policy under which it began, whatever its Board has adopted since."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from forms_app.db.tables import Document, Escalation
from forms_app.domain.escalation import Open, Resolved
from tests.factories.scenes import Scene
from tests.factories.versions import adopt, board_with_two_versions


def _due(scene: Scene, escalation: UUID) -> date | None:
    now = scene.standing(escalation)
    assert isinstance(now, Open)
    return now.next_due.day if now.next_due else None


def _key(scene: Scene, escalation: UUID) -> str:
    with scene.database.reading() as session:
        return session.scalars(select(Escalation.policy_key).where(Escalation.id == escalation)).one()


def _contexts(scene: Scene) -> dict[UUID, tuple[str, str]]:
    with scene.database.reading() as session:
        return {row.id: (row.title, row.context) for row in session.scalars(select(Document))}


def test_it_keeps_its_stages_limits_and_recipients_to_the_end(database_url: str) -> None:
    with board_with_two_versions(database_url) as (first, second):
        old = first.open().escalation_id
        adopt(second)

        assert _key(first, old) == "invented@2027"
        assert _due(first, old) == date(2027, 3, 3)
        moved = first.step_up(old)
        assert first.stage(old).name == "The second talk"
        assert set(first.told(moved.record_id)) == {"stage_record"}

        care = first.at("socialcare", "practitioner")
        proposed = first.outcome(old, by=care, review_on=None)
        first.answer(old, by=first.raiser, to=proposed.record_id)

        now = first.standing(old)
        assert isinstance(now, Resolved)
        assert [visit.stage.name for visit in now.visits] == ["Talking first", "The second talk"]
        assert now.policy.version == "2027"


def test_what_is_raised_from_then_on_follows_the_new_version(database_url: str) -> None:
    with board_with_two_versions(database_url) as (first, second):
        old = first.open().escalation_id
        adopt(second)
        new = second.open().escalation_id

        assert (_key(first, old), _key(second, new)) == ("invented@2027", "invented@2028")
        assert (_due(first, old), _due(second, new)) == (date(2027, 3, 3), date(2027, 3, 8))
        moved = second.step_up(new)
        assert second.stage(new).name == "In between"
        assert set(second.told(moved.record_id)) == {"stage_record", "notice_to_board"}


def test_documents_of_old_records_stay_as_they_were_and_new_ones_use_the_old_words(database_url: str) -> None:
    with board_with_two_versions(database_url) as (first, second):
        old = first.open().escalation_id
        before = _contexts(first)
        adopt(second)
        record = first.account(old, by=first.at("socialcare", "practitioner")).record_id

        (document,) = first.documents(record)
        assert document.title.startswith("Record of the stage")
        assert "January 2027" in document.context
        assert "January 2028" not in document.context
        after = _contexts(first)
        assert before
        assert {key: after[key] for key in before} == before
