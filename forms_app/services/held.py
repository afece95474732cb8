"""What people see of the documents that wait for a second person: only what each of them may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forms_app.db import releases
from forms_app.db.people import person_with_board, seat_holders
from forms_app.db.places import is_impartial
from forms_app.db.releases import is_kept_back
from forms_app.db.report_tables import ReportFinding
from forms_app.db.tables import Escalation, Person, Release, ReleaseFinding
from forms_app.documents import contexts as say
from forms_app.domain.access import May, Relation, may
from forms_app.domain.errors import NotFound
from forms_app.domain.release import FoundPlace, ShortText
from forms_app.domain.working_days import spell_time
from forms_app.services.directory import person_who_may
from forms_app.services.recognisable import alone_in_its_quarter
from forms_app.services.releasing import SHORT_TEXTS, Powers, Proposal, is_for_agency, is_ready, powers_of
from forms_app.services.scanning import FACT, LEARNING, TEXT, Because, context_of
from forms_app.services.work import Work

SURROUNDINGS = 60
"""Characters shown on either side of what was found."""
A_PARTY = "somebody who takes part"
"""What the Board's office is told of a party: no name."""
STATES = {
    "to_write": "Waits for its short texts",
    "to_check": "Waits for somebody to decide about what was found",
    "to_send": "Is ready to be sent to a second person",
    "to_decide": "Waits for a second person",
    "released": "Released",
    "withdrawn": "Withdrawn: nobody is sent it",
}


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One document that waits, in a list."""

    document_id: UUID
    escalation_id: UUID
    reference: str
    title: str
    since: str
    state: str
    is_deidentified: bool


@dataclass(frozen=True, slots=True)
class HeldView:
    """One document that waits, or waited, as one person may see it."""

    line: HeldLine
    code: str
    """Of `STATES`."""
    revision: int
    is_party: bool
    prepares: bool
    decides: bool
    takes_back: bool
    sees_texts: bool
    texts: tuple[ShortText, ...]
    without_texts: bool
    undecided: tuple[FoundPlace, ...]
    kept: tuple[FoundPlace, ...]
    context: say.Value | None
    """What the service says in it; none of a document that names people, which its parties read in the records."""
    record_id: UUID
    warning: str
    is_withdrawal: bool
    written: str
    prepared: str
    decided: str
    sent_back: str
    sent_back_because: str
    ask: tuple[str, ...]
    """Who can decide, when this person cannot."""


def waiting_in(work: Work, *, by: UUID, escalation_id: UUID) -> tuple[HeldLine, ...]:
    """What waits in an escalation, the oldest first. Ask first whether the person takes part in it."""
    person = person_with_board(work.session, by)
    if person is None:
        raise NotFound("There is no such escalation.")
    found = releases.held_in(work.session, escalation_id)
    return tuple(_line(release) for release in found if is_for_agency(release.document, person))


def waiting_at_board(work: Work, *, by: UUID, most: int) -> tuple[HeldLine, ...]:
    """The oldest de-identified documents that wait in the escalations of this person's Board. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    found = releases.first_held(work.session, person.board_id, by, Because.DEIDENTIFIED, most)
    return tuple(_line(release) for release in found)


def count_waiting_at_board(work: Work, *, by: UUID, most: int) -> int:
    """How many there are; one more than the most where there are more. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    return releases.count_held(work.session, person.board_id, by, Because.DEIDENTIFIED, most)


def held_view(work: Work, *, by: UUID, escalation_id: UUID, document_id: UUID) -> HeldView:
    """One document of an escalation that is held, or was. Raises NotFound for somebody whom it does not concern."""
    release, person = releases.release_of(work.session, document_id), person_with_board(work.session, by)
    powers = None if release is None or person is None else powers_of(work, person, release)
    if release is None or person is None or powers is None or release.document.escalation_id != escalation_id:
        raise NotFound("There is no such document.")
    escalation = releases.escalation_behind(work.session, release.document.escalation_id)
    names = _Names(work, escalation, release, powers)
    is_deidentified = release.because == Because.DEIDENTIFIED
    context = context_of(release.document)
    findings = tuple(_finding(release, context, each) for each in release.findings) if powers.sees_texts else ()
    return HeldView(
        line=_line(release),
        code=_state(release),
        revision=release.revision,
        is_party=powers.is_party,
        prepares=powers.prepares,
        decides=powers.decides,
        takes_back=powers.takes_back,
        sees_texts=powers.sees_texts,
        texts=tuple(_texts(release, powers)),
        without_texts=release.without_texts,
        undecided=tuple(each for each in findings if not each.kept_because),
        kept=tuple(each for each in findings if each.kept_because),
        context=context if is_deidentified else None,
        record_id=release.document.record_id,
        warning=alone_in_its_quarter(work, escalation) if is_deidentified and release.decided_at is None else "",
        is_withdrawal=release.proposal == Proposal.WITHDRAWAL,
        written=names.did("Written", release.written_by_id, release.written_at),
        prepared=names.did("Prepared", release.prepared_by_id, release.prepared_at),
        decided=names.did(
            "Withdrawn" if release.proposal == Proposal.WITHDRAWAL else "Released",
            release.decided_by_id,
            release.decided_at,
        ),
        sent_back=names.did("Sent back", release.sent_back_by_id, release.sent_back_at),
        sent_back_because=release.sent_back_because,
        ask=() if powers.decides or release.decided_at is not None else names.who_decides(by),
    )


class _Names:
    """Who did what, in words: parties by name for parties, and for the Board's office without one."""

    def __init__(self, work: Work, escalation: Escalation, release: Release, powers: Powers) -> None:
        self.work, self.escalation, self.release, self.powers = work, escalation, release, powers
        ids = {release.written_by_id, release.prepared_by_id, release.decided_by_id, release.sent_back_by_id}
        self.people = releases.people_by_id(work.session, {each for each in ids if each is not None})

    def did(self, what: str, by: UUID | None, at: datetime | None) -> str:
        if by is None or at is None:
            return ""
        person = self.people[by]
        is_party = any(party.person_id == by for party in self.escalation.parties)
        who = A_PARTY if is_party and not self.powers.is_party else f"{person.name}, {person.job_title}"
        return f"{what} by {who} on {spell_time(at)}"

    def who_decides(self, by: UUID) -> tuple[str, ...]:
        """The others who can; whoever asks, only if there is nobody else."""
        free = [person for person in self._deciders() if str(person.id) not in self.release.hands]
        return tuple(_spoken_to(person) for person in free if person.id != by or len(free) == 1)

    def _deciders(self) -> Sequence[Person]:
        if self.release.because != Because.DEIDENTIFIED:
            there = (party.person for party in self.escalation.parties if not party.has_left)
            return [person for person in there if is_for_agency(self.release.document, person)]
        office = seat_holders(self.work.session, self.escalation.board_id)
        return [
            person
            for person in office
            if may(person, May.RELEASE, Relation.OFFICE) and is_impartial(self.work.session, self.escalation.id, person)
        ]


def _spoken_to(person: Person) -> str:
    return ", ".join(part for part in (person.name, person.job_title, person.telephone) if part)


def _line(release: Release) -> HeldLine:
    document = release.document
    return HeldLine(
        document_id=document.id,
        escalation_id=document.escalation_id,
        reference=document.escalation.reference,
        title=document.title,
        since=spell_time(release.held_at),
        state=STATES[_state(release)],
        is_deidentified=release.because == Because.DEIDENTIFIED,
    )


def _state(release: Release) -> str:
    if release.decided_at is not None:
        return "withdrawn" if is_kept_back(release) else "released"
    if release.prepared_at is not None:
        return "to_decide"
    if is_ready(release):
        return "to_send"
    if release.written_at is None and release.because == Because.DEIDENTIFIED:
        return "to_write"
    return "to_check"


def _texts(release: Release, powers: Powers) -> Iterator[ShortText]:
    for name, title in SHORT_TEXTS.get(release.document.kind, {}).items():
        yield ShortText(name, title, str(release.texts.get(name, "")) if powers.sees_texts else "")


def _finding(release: Release, context: say.Value, finding: ReleaseFinding) -> FoundPlace:
    return found_place(finding, *_place(release, context, finding.field))


def found_place(finding: ReleaseFinding | ReportFinding, where: str, whole: str) -> FoundPlace:
    """What was found, with what stands around it: `where` is what its text is called, `whole` all of it."""
    start, end = max(finding.start - SURROUNDINGS, 0), finding.end + SURROUNDINGS
    return FoundPlace(
        number=finding.number,
        where=where,
        before=("…" if start else "") + whole[start : finding.start],
        text=finding.text,
        after=whole[finding.end : end] + ("…" if end < len(whole) else ""),
        why=finding.why,
        suggestion=finding.suggestion,
        can_change=finding.field.startswith(f"{TEXT}:"),
        kept_because=finding.kept_because,
    )


def _place(release: Release, context: say.Value, field: str) -> tuple[str, str]:
    """What a place of a document is called, and all that stands there."""
    kind, _, name = field.partition(":")
    match kind:
        case str() if kind == TEXT:
            return SHORT_TEXTS[release.document.kind][name], str(release.texts.get(name, ""))
        case str() if kind == FACT:
            fact: say.Fact = context.facts[int(name)]  # type: ignore[attr-defined]  # what is released has facts
            return fact.name, fact.value
        case str() if kind == LEARNING:
            return "Learning", str(context.learning[int(name)])  # type: ignore[attr-defined]
        case _:
            return _part_of(context.model_dump(mode="json"), field)


def _part_of(value: Mapping[str, object], path: str) -> tuple[str, str]:
    """A text of an identified document by its path, and the question under which it stands."""
    found: object = value
    question = "What was recorded"
    for part in path.split("."):
        if isinstance(found, Mapping):
            question = str(found.get("question", found.get("title", question)))
            found = found[part]
        elif isinstance(found, list):
            found = found[int(part)]
    return question, str(found)
