"""Who did what in an escalation, and when, for those who take part in it and for the Board's office: no more than they see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from forms_app.db import auditing as rows
from forms_app.db.tables import AuditEntry, Person
from forms_app.domain.access import May, Relation, may
from forms_app.domain.trail import IN_TIMELINE, said
from forms_app.domain.working_days import spell_time
from forms_app.services.auditing import post_of
from forms_app.services.documents import DocumentLine
from forms_app.services.looking import EscalationView, escalation_view
from forms_app.services.register import board_view
from forms_app.services.work import Work

ON_A_PAGE = 50
AT_ONCE = 200
SERVICE = "The service"


@dataclass(frozen=True, slots=True)
class TimelineLine:
    number: int
    when: str
    who: str
    what: str
    about: str
    """The record, the document or the recipient, as the page of the escalation calls it."""


@dataclass(frozen=True, slots=True)
class Timeline:
    reference: str
    lines: tuple[TimelineLine, ...]
    older: int | None
    """The number before which the next page begins; None where there is none."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """What a reader sees of an escalation: what an entry may be about, and who somebody is to them."""

    things: Mapping[UUID, str]
    names: Mapping[UUID, str]
    hidden: frozenset[UUID] = field(default=frozenset())
    """Who takes part in it, and is not shown to this reader."""


def timeline_of(work: Work, *, by: UUID, escalation_id: UUID, before: int | None) -> Timeline:
    """For somebody who takes part. Raises NotFound for anybody else."""
    view = escalation_view(work, by=by, escalation_id=escalation_id)
    sight = _sight_of_party(work, view, escalation_id)

    def shows(entry: AuditEntry, _: Mapping[UUID, Person]) -> bool:
        return entry.person_id not in sight.hidden and (entry.about_id is None or entry.about_id in sight.things)

    return _timeline(work, view.summary.reference, escalation_id, sight, shows, before)


def timeline_at_board(work: Work, *, by: UUID, escalation_id: UUID, before: int | None) -> Timeline:
    """For the Board's office: what became of its documents, and what the office itself did. Raises NotFound for anybody else."""
    view = board_view(work, by=by, escalation_id=escalation_id)
    sight = _Sight(dict(_documents(view.documents)), {})

    def shows(entry: AuditEntry, people: Mapping[UUID, Person]) -> bool:
        if entry.about_id is not None:
            return entry.about_id in sight.things
        person = people.get(entry.person_id) if entry.person_id is not None else None
        return person is not None and may(person, May.SEE_REGISTER, Relation.OWN_BOARD)

    return _timeline(work, view.summary.reference, escalation_id, sight, shows, before)


def _sight_of_party(work: Work, view: EscalationView, escalation_id: UUID) -> _Sight:
    names = {party.id: f"{party.name}, {party.job_title}, {party.agency}" for party in view.parties}
    places = rows.places_in(work.session, escalation_id)
    things = {record.id: record.what for record in view.records}
    things |= dict(_documents([*view.documents, *(each for older in view.older_documents for each in older.documents)]))
    things |= {place: names[person] for place, person in places.items() if person in names}
    return _Sight(things, names, frozenset(places.values()) - names.keys())


def _documents(lines: Iterable[DocumentLine]) -> Iterator[tuple[UUID, str]]:
    for line in lines:
        yield line.id, line.title
        for delivery in line.deliveries:
            yield delivery.id, f"{line.title}, to {delivery.to}, {delivery.agency}"


def _timeline(
    work: Work,
    reference: str,
    escalation_id: UUID,
    sight: _Sight,
    shows: Callable[[AuditEntry, Mapping[UUID, Person]], bool],
    before: int | None,
) -> Timeline:
    """The newest entries that the reader may see. One more than a page says that there are older ones."""
    shown: list[tuple[AuditEntry, Mapping[UUID, Person]]] = []
    while len(shown) <= ON_A_PAGE:
        found = rows.entries_of_escalation(work.session, escalation_id, IN_TIMELINE, before=before, most=AT_ONCE)
        people = _people(work, found)
        shown += [(each, people) for each in found if shows(each, people)]
        if len(found) < AT_ONCE:
            break
        before = found[-1].id
    page = shown[:ON_A_PAGE]
    older = page[-1][0].id if len(shown) > ON_A_PAGE else None
    return Timeline(reference, tuple(_line(entry, sight, people) for entry, people in page), older)


def _people(work: Work, entries: Sequence[AuditEntry]) -> Mapping[UUID, Person]:
    return rows.people_by_id(work.session, {each.person_id for each in entries if each.person_id is not None})


def _line(entry: AuditEntry, sight: _Sight, people: Mapping[UUID, Person]) -> TimelineLine:
    return TimelineLine(
        number=entry.id,
        when=spell_time(entry.at),
        who=_who(entry, sight, people),
        what=said(entry.action, entry.code),
        about=sight.things.get(entry.about_id, "") if entry.about_id is not None else "",
    )


def _who(entry: AuditEntry, sight: _Sight, people: Mapping[UUID, Person]) -> str:
    if entry.person_id is None:
        return SERVICE
    return sight.names.get(entry.person_id) or post_of(people, entry.person_id)
