"""One agency's copy of everything, for the child's file."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from forms_app.db.tables import Agency
from forms_app.documents import contexts as say
from forms_app.domain.policy import DocumentKind
from forms_app.domain.records import FiledOnRecord
from forms_app.domain.working_days import spell_date, spell_time
from forms_app.services.filling.values import Filling, actions_in_words
from forms_app.services.history import concern_of, step_of
from forms_app.services.in_words import WRITTEN, where_it_stands
from forms_app.services.sight import visible


def file_copy(filling: Filling, agency: Agency) -> say.FileCopy:
    """Without restricted notes: whoever of the agency takes part reads it, and not all of them may read those."""
    records = visible(filling.escalation.records, filling.policy, None)
    return say.FileCopy(
        heading=filling.heading(DocumentKind.FILE_COPY),
        agency=agency.name,
        where=where_it_stands(filling.policy, filling.standing),
        raised_by=filling.raiser(),
        parties=filling.parties(),
        subject=filling.subject(),
        records=tuple(
            say.Record(
                title=f"{WRITTEN[row.kind]}, {filling.stage_of(row)}",
                written_by=f"{(party := filling.written_by(row)).name}, {party.agency}",
                happened_on=spell_date(row.happened_on),
                entered_at=spell_time(row.entered_at),
                sections=filling.sections_of(row),
                actions=actions_in_words(step_of(row).facts),
            )
            for row in records
        ),
        stages=filling.stage_lines(spell_time),
        time_limits=filling.time_limits(),
        filed=tuple(_filed(filling)),
    )


def _filed(filling: Filling) -> Iterator[say.Answer]:
    """Each agency of both sides, with when it said last that the record is on file."""
    escalation = filling.escalation
    names: dict[UUID, str] = {row.agency_id: row.agency.name for row in escalation.parties if row.is_raiser}
    names |= {agency.id: agency.name for agency in concern_of(escalation).agencies}
    names |= {row.agency_id: row.agency.name for row in escalation.parties}
    said = {
        row.agency_id: f"Said to be on file on {spell_date(row.happened_on)}"
        for row in escalation.records
        if isinstance(step_of(row).facts, FiledOnRecord)
    }
    for agency, name in names.items():
        yield say.Answer(question=name, answer=said.get(agency, "Not said yet"))
