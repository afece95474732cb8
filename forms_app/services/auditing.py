"""The trail as its auditor reads it, and as it leaves: ids, codes and times, and of people their job and agency."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from forms_app.db import auditing as rows
from forms_app.db import trail
from forms_app.db.auditing import Wanted
from forms_app.db.tables import AuditEntry, Person
from forms_app.domain.access import May
from forms_app.domain.comma_separated import write_rows
from forms_app.domain.trail import GROUPS, Asked, said
from forms_app.domain.working_days import end_of, spell_time, start_of
from forms_app.services.directory import person_who_may
from forms_app.services.work import Work

ON_A_PAGE = 100
MOST_IN_A_FILE = 20_000


@dataclass(frozen=True, slots=True)
class TrailLine:
    number: int
    when: str
    what: str
    code: str
    person: UUID | None
    who: str
    """Job title and agency; empty for the service, and for somebody who is not known."""
    reference: str
    about: UUID | None


@dataclass(frozen=True, slots=True)
class TrailView:
    lines: tuple[TrailLine, ...]
    older: int | None
    """The number before which the next page begins; None where there is none."""
    count: int
    hash: str
    """The head of the whole trail."""


def trail_view(work: Work, *, by: UUID, asked: Asked, before: int | None) -> TrailView:
    """A page of the trail of this person's Board. Raises NotFound for whoever does not audit it."""
    found = _found(work, person_who_may(work, by, May.SEE_TRAIL).board_id, asked, before, ON_A_PAGE + 1)
    page = found[:ON_A_PAGE]
    count, last = trail.head(work.session)
    older = page[-1].id if len(found) > ON_A_PAGE else None
    return TrailView(tuple(_lines(work, page)), older, count, last)


def trail_as_file(work: Work, *, by: UUID, asked: Asked, file_format: str) -> bytes:
    """The newest of what is asked for, at most MOST_IN_A_FILE. Raises NotFound."""
    auditor = person_who_may(work, by, May.SEE_TRAIL)
    found = _found(work, auditor.board_id, asked, None, MOST_IN_A_FILE)
    work.note("trail_exported", person=by, board=auditor.board_id, code=file_format)
    lines = zip(found, _lines(work, found), strict=True)
    return _as_csv(lines) if file_format == "csv" else _as_json_lines(lines)


def export_trail(work: Work) -> Iterator[str]:
    """The whole trail, each entry a line of JSON as it was hashed: what the verifier takes in place of a database."""
    for entry in rows.every_entry(work.session):
        yield json.dumps(asdict(trail.row_of(entry)))


def _found(work: Work, board_id: UUID, asked: Asked, before: int | None, most: int) -> Sequence[AuditEntry]:
    escalation = None
    if asked.reference:
        escalation = rows.escalation_called(work.session, asked.reference.upper(), board_id)
        if escalation is None:
            return ()
    wanted = Wanted(
        since=None if asked.since is None else start_of(asked.since),
        until=None if asked.until is None else end_of(asked.until),
        actions=GROUPS[asked.group].actions if asked.group else None,
        person_id=asked.person,
        escalation_id=escalation,
    )
    return rows.entries_of_board(work.session, board_id, wanted, before=before, most=most)


def _lines(work: Work, entries: Sequence[AuditEntry]) -> Iterator[TrailLine]:
    people = rows.people_by_id(work.session, {each.person_id for each in entries if each.person_id is not None})
    about = {each.escalation_id for each in entries if each.escalation_id is not None}
    references = rows.references_by_id(work.session, about)
    for each in entries:
        yield TrailLine(
            number=each.id,
            when=spell_time(each.at),
            what=said(each.action, each.code),
            code=" ".join(filter(None, (each.action, each.code))),
            person=each.person_id,
            who=post_of(people, each.person_id),
            reference=references.get(each.escalation_id, "") if each.escalation_id else "",
            about=each.about_id,
        )


def post_of(people: Mapping[UUID, Person], person_id: UUID | None) -> str:
    """What somebody is, in place of their name."""
    person = people.get(person_id) if person_id is not None else None
    return "" if person is None else f"{person.job_title}, {person.agency.name}"


# --- as files ---

COLUMNS = (
    "number", "at", "action", "words", "code", "person", "post", "reference", "escalation", "about", "hash",
)  # fmt: skip


def _cells(entry: AuditEntry, line: TrailLine) -> tuple[str, ...]:
    found = (
        entry.id, entry.at.isoformat(), entry.action, line.what, entry.code, entry.person_id, line.who, line.reference,
        entry.escalation_id, entry.about_id, entry.hash,
    )  # fmt: skip
    return tuple("" if each is None else str(each) for each in found)


def _as_csv(lines: Iterable[tuple[AuditEntry, TrailLine]]) -> bytes:
    return write_rows(COLUMNS, (_cells(*each) for each in lines))


def _as_json_lines(lines: Iterable[tuple[AuditEntry, TrailLine]]) -> bytes:
    found = (json.dumps(dict(zip(COLUMNS, _cells(*each), strict=True)), ensure_ascii=False) for each in lines)
    return "".join(f"{each}\n" for each in found).encode()
