"""A record that nobody wrote by a form, for what the stage where an escalation is does not offer."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import select

from forms_app.db.tables import StageRecord
from forms_app.domain.answers import Sections, to_json
from forms_app.domain.records import Facts
from forms_app.services.work import Work


def last_record(work: Work, escalation_id: UUID) -> StageRecord:
    wanted = select(StageRecord).where(StageRecord.escalation_id == escalation_id).order_by(StageRecord.number)
    return work.session.scalars(wanted).all()[-1]


def add_record(work: Work, escalation_id: UUID, facts: Facts, sections: Sections = ()) -> UUID:
    """After the last record, at the same stage and by the same person."""
    before, record_id = last_record(work, escalation_id), uuid4()
    work.session.add(
        StageRecord(
            id=record_id,
            escalation_id=escalation_id,
            number=before.number + 1,
            kind=facts.kind,
            route=before.route,
            stage=before.stage,
            side=before.side,
            agency_id=before.agency_id,
            person_id=before.person_id,
            happened_on=before.happened_on,
            entered_at=work.now,
            form_key=uuid4(),
            facts=facts.model_dump_json(),
            sections=to_json(sections),
        )
    )
    return record_id
