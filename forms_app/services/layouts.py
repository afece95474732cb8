"""The Board's own Word layouts: taken in by one person, published by another, in force for every document made from then on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from forms_app.db import layouts, outbox
from forms_app.db.boards import hold_board
from forms_app.db.layouts import PUBLISHED, WITHDRAWN
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.tables import LayoutChoice, LayoutPicture, Person, WordLayout
from forms_app.documents import templates
from forms_app.documents.catalogue import Kind
from forms_app.documents.faults import DocumentFault
from forms_app.documents.fields import LAID_OUT, SHARING, Field, fields_of
from forms_app.documents.invented import How, example
from forms_app.documents.layouts import sample
from forms_app.documents.pictures import MOST_PAGES
from forms_app.domain.access import May, Relation, may, signs_off_own
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.working_days import spell_time
from forms_app.services.directory import person_who_may
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

WAITS = (timedelta(seconds=30), timedelta(minutes=5))
"""Between one try to draw a sample and the next. After the last, the page says that there is no picture."""
OURS = "The service’s own"

Draw = Callable[[bytes], Sequence[bytes]]
"""The pages of a Word file as pictures. Raises DocumentFault."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What is or was to be in force, and who did what."""

    id: UUID
    what: str
    proposed: str
    decided: str
    """Empty while it waits."""


@dataclass(frozen=True, slots=True)
class Version:
    id: UUID
    number: int
    uploaded: str
    is_in_force: bool
    pictures: int
    is_being_drawn: bool
    no_pictures: str
    """Why there are none; empty while they are being drawn, and where there are some."""


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind of document in the list."""

    code: str
    title: str
    is_own: bool
    what: str
    since: str
    """When and by whom it was published; empty for the service's own, until somebody went back to it."""
    waits: bool
    """Whether something waits for a second person."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a second person."""

    choice: Decided
    version: Version | None
    """None for the service's own layout."""
    can_publish: bool
    is_own: bool
    """Whether whoever reads proposed it, and so somebody else has to publish it."""


@dataclass(frozen=True, slots=True)
class KindView:
    line: KindLine
    stamp: str
    """Changes with everything that is proposed or decided about this kind."""
    can_change: bool
    waiting: Waiting | None
    versions: tuple[Version, ...]
    history: tuple[Decided, ...]
    not_made: tuple[str, ...]
    """Why documents of this kind could not be made, each sentence once."""


@dataclass(frozen=True, slots=True)
class FieldLine:
    written: str
    example: str


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that stand in the same loops, from the outermost to the innermost."""

    loops: tuple[str, ...]
    fields: tuple[FieldLine, ...]


# --- what people see ----------------------------------------------------------------------------------------------


def layout_lines(work: Work, *, by: UUID) -> tuple[KindLine, ...]:
    """Every kind of document and what is in force for it. Raises NotFound for somebody outside the Board's office."""
    person = person_who_may(work, by, May.SEE_LAYOUTS)
    choices = layouts.choices_of_board(work.session, person.board_id)
    return tuple(_line(kind, [choice for choice in choices if choice.kind == kind.code]) for kind in LAID_OUT.values())


def kind_view(work: Work, *, by: UUID, kind_code: str) -> KindView:
    """Raises NotFound."""
    person, kind = person_who_may(work, by, May.SEE_LAYOUTS), laid_out(kind_code)
    choices = layouts.choices_of_kind(work.session, person.board_id, kind.code)
    found = _in_force(choices)
    in_force = found.layout_id if found else None
    versions = layouts.versions_of_kind(work.session, person.board_id, kind.code)
    shown = {each.id: each for each in _versions(work, versions, in_force)}
    faults = (fault for _, fault in layouts.documents_not_made(work.session, person.board_id, kind.code))
    return KindView(
        line=_line(kind, choices),
        stamp=_stamp(choices),
        can_change=may(person, May.UPLOAD_LAYOUT, Relation.OWN_BOARD),
        waiting=_waiting(choices, shown, person),
        versions=tuple(shown.values()),
        history=tuple(_decided(choice) for choice in choices if choice.decision is not None),
        not_made=tuple(dict.fromkeys(faults)),
    )


def field_groups(kind_code: str) -> tuple[FieldGroup, ...]:
    """Every field of a kind with an example, in the order of its documents. Raises NotFound."""
    kind = laid_out(kind_code)
    by_loops: dict[tuple[str, ...], list[Field]] = {}
    for field in fields_of(kind):
        by_loops.setdefault(tuple(f"{{%p {loop.written} %}}" for loop in field.loops), []).append(field)
    return tuple(
        FieldGroup(loops, tuple(FieldLine(field.written, _example(kind, field)) for field in fields))
        for loops, fields in by_loops.items()
    )


def starter(kind_code: str) -> tuple[str, bytes]:
    """The service's own layout, to begin with. Raises NotFound."""
    kind = laid_out(kind_code)
    return f"{_slug(kind)}-service.docx", (templates.FOLDER / kind.template / "record.docx").read_bytes()


def layout_file(work: Work, *, by: UUID, layout_id: UUID) -> tuple[str, bytes]:
    """One version as it was taken in. Raises NotFound."""
    layout = _layout(work, person_who_may(work, by, May.SEE_LAYOUTS), layout_id)
    return f"{_slug(LAID_OUT[layout.kind])}-version-{layout.version}.docx", layout.content


def layout_to_try(work: Work, *, by: UUID, layout_id: UUID) -> tuple[Kind, int, bytes]:
    """The kind, the number and the bytes of a version, to fill a sample with no transaction open. Raises NotFound."""
    layout = _layout(work, person_who_may(work, by, May.SEE_LAYOUTS), layout_id)
    return laid_out(layout.kind), layout.version, layout.content


def sample_file(kind: Kind, version: int, layout: bytes, how: How) -> tuple[str, bytes]:
    """An invented document with a layout. Raises DocumentFault."""
    return f"{_slug(kind)}-version-{version}-{how.value}-sample.docx", sample(kind, layout, how)


def picture(work: Work, *, by: UUID, layout_id: UUID, number: int) -> bytes:
    """One page of the sample, as PNG. Raises NotFound."""
    board_id = person_who_may(work, by, May.SEE_LAYOUTS).board_id
    found = layouts.picture(work.session, board_id, layout_id, number) if number <= MOST_PAGES else None
    if found is None:
        raise NotFound("There is no such picture.")
    return found


# --- what people do -----------------------------------------------------------------------------------------------


def upload(work: Work, *, by: UUID, kind_code: str, layout: bytes, seen: str) -> UUID:
    """Keeps a layout that was found to be fit as the next version, and proposes it.

    `seen` is the stamp of what the person saw. Raises NotFound and ChangedMeanwhile.
    """
    person, kind = person_who_may(work, by, May.UPLOAD_LAYOUT), laid_out(kind_code)
    choices = _held(work, person, kind, seen)
    before = layouts.versions_of_kind(work.session, person.board_id, kind.code)
    version = WordLayout(
        id=uuid4(),
        board_id=person.board_id,
        kind=kind.code,
        version=before[0].version + 1 if before else 1,
        content=layout,
        sha256=hashlib.sha256(layout).hexdigest(),
        uploaded_by_id=person.id,
        uploaded_at=work.now,
    )
    work.session.add(version)
    work.session.flush()
    _note(work, "layout_uploaded", person, version.id)
    _propose(work, person, kind, choices, version.id)
    drawing = OutboxKind.DRAW_LAYOUT
    outbox.owe(work.session, drawing, version.id, f"{drawing}:{version.id}", work.now)
    return version.id


def propose(work: Work, *, by: UUID, kind_code: str, layout_id: UUID | None, seen: str) -> None:
    """Proposes an earlier version, or with None the service's own layout.

    Raises NotFound, ChangedMeanwhile, and NotAllowedNow for what is in force already.
    """
    person, kind = person_who_may(work, by, May.UPLOAD_LAYOUT), laid_out(kind_code)
    choices = _held(work, person, kind, seen)
    if layout_id is not None and _layout(work, person, layout_id).kind != kind.code:
        raise NotFound("There is no such layout.")
    found = _in_force(choices)
    if layout_id == (found.layout_id if found else None):
        raise NotAllowedNow("This layout is in force already.")
    _propose(work, person, kind, choices, layout_id)


def publish(work: Work, *, by: UUID, kind_code: str, choice_id: UUID) -> None:
    """Puts in force what somebody else proposed, and tries again what could not be made.

    Raises NotFound, ChangedMeanwhile, and NotAllowedNow for whoever proposed it.
    """
    person, choice = _open_choice(work, by, kind_code, choice_id)
    if signs_off_own(May.PUBLISH_LAYOUT, person.id, [choice.proposed_by_id]):
        raise NotAllowedNow("Somebody else has to publish this layout, because you proposed it.")
    _decide(work, person, choice, PUBLISHED)
    waiting = layouts.documents_not_made(work.session, person.board_id, choice.kind)
    outbox.try_again(work.session, OutboxKind.MAKE_DOCUMENT, [document for document, _ in waiting], work.now)


def withdraw(work: Work, *, by: UUID, kind_code: str, choice_id: UUID) -> None:
    """Takes a proposal back. Raises NotFound and ChangedMeanwhile."""
    person, choice = _open_choice(work, by, kind_code, choice_id)
    _decide(work, person, choice, WITHDRAWN)


# --- what the worker does -----------------------------------------------------------------------------------------


def draw_layout(workshop: Workshop, claim: Claim, draw: Draw | None) -> None:
    """Draws the sample of a version with no transaction open. Where there is nothing to draw with, it has no picture."""
    with workshop.reading() as work:
        layout = layouts.layout_to_draw(work.session, claim.about_id)
        kind, content, is_drawn = laid_out(layout.kind), layout.content, layout.pictured_at is not None
    try:
        pictures = draw(sample(kind, content, How.PLAIN)) if draw is not None and not is_drawn else ()
    except DocumentFault as fault:
        with workshop.writing() as work:
            outbox.put_off(work.session, claim, str(fault), work.now, WAITS)
        return
    with workshop.writing() as work:
        if outbox.finish(work.session, claim.item_id, claim.worker, work.now):
            for number, page in enumerate(pictures, start=1):
                work.session.add(LayoutPicture(layout_id=claim.about_id, number=number, content=page))
            layouts.layout_to_draw(work.session, claim.about_id).pictured_at = work.now


# --- who may ------------------------------------------------------------------------------------------------------


def laid_out(kind_code: str) -> Kind:
    """Raises NotFound for a kind that there is not, or that can have no layout of a Board's own."""
    if kind_code not in LAID_OUT:
        raise NotFound("There is no such kind of document.")
    return LAID_OUT[kind_code]


def _layout(work: Work, person: Person, layout_id: UUID) -> WordLayout:
    layout = layouts.layout_of_board(work.session, person.board_id, layout_id)
    if layout is None:
        raise NotFound("There is no such layout.")
    return layout


def _held(work: Work, person: Person, kind: Kind, seen: str) -> Sequence[LayoutChoice]:
    """What was proposed and decided, while nobody else can. Raises ChangedMeanwhile when it is not what the person saw."""
    hold_board(work.session, person.board_id)
    choices = layouts.choices_of_kind(work.session, person.board_id, kind.code)
    if choices and _stamp(choices) != seen:
        raise ChangedMeanwhile(
            f"Somebody was faster: {_last(choices[0])} Look at it, and do yours again if it is still needed."
        )
    return choices


def _open_choice(work: Work, by: UUID, kind_code: str, choice_id: UUID) -> tuple[Person, LayoutChoice]:
    person = person_who_may(work, by, May.SEE_LAYOUTS)
    hold_board(work.session, person.board_id)
    choice = layouts.choice_of_board(work.session, person.board_id, choice_id)
    if choice is None or choice.kind != kind_code:
        raise NotFound("There is no such layout.")
    if choice.decision is not None:
        raise ChangedMeanwhile(f"Somebody was faster: {_last(choice)}")
    return person, choice


# --- parts --------------------------------------------------------------------------------------------------------


def _propose(work: Work, person: Person, kind: Kind, choices: Sequence[LayoutChoice], layout_id: UUID | None) -> None:
    """What waited before is withdrawn: only one thing can wait."""
    for choice in choices[:1]:
        if choice.decision is None:
            _decide(work, person, choice, WITHDRAWN)
    choice = LayoutChoice(
        id=uuid4(),
        board_id=person.board_id,
        kind=kind.code,
        number=choices[0].number + 1 if choices else 1,
        layout_id=layout_id,
        proposed_by_id=person.id,
        proposed_at=work.now,
    )
    work.session.add(choice)
    _note(work, "layout_proposed", person, choice.id)


def _decide(work: Work, person: Person, choice: LayoutChoice, decision: str) -> None:
    choice.decision, choice.decided_by_id, choice.decided_at = decision, person.id, work.now
    _note(work, f"layout_{decision}", person, choice.id)


def _note(work: Work, action: str, person: Person, about: UUID) -> None:
    work.note(action, person=person.id, board=person.board_id, about=about)


def _in_force(choices: Sequence[LayoutChoice]) -> LayoutChoice | None:
    """The newest that was published."""
    return next((choice for choice in choices if choice.decision == PUBLISHED), None)


def _stamp(choices: Sequence[LayoutChoice]) -> str:
    return f"{choices[0].number}-{choices[0].decision or 'waits'}" if choices else ""


def _line(kind: Kind, choices: Sequence[LayoutChoice]) -> KindLine:
    found = _in_force(choices)
    return KindLine(
        code=kind.code,
        title=kind.title,
        is_own=found is not None and found.layout_id is not None,
        what=_what(found),
        since=_who(found.decided_by, found.decided_at) if found else "",
        waits=bool(choices) and choices[0].decision is None,
    )


def _waiting(choices: Sequence[LayoutChoice], versions: dict[UUID, Version], person: Person) -> Waiting | None:
    if not choices or choices[0].decision is not None:
        return None
    choice = choices[0]
    is_own = signs_off_own(May.PUBLISH_LAYOUT, person.id, [choice.proposed_by_id])
    version = versions[choice.layout_id] if choice.layout_id is not None else None
    return Waiting(_decided(choice), version, can_publish=not is_own, is_own=is_own)


def _decided(choice: LayoutChoice) -> Decided:
    decided = f"{(choice.decision or '').capitalize()} on {_who(choice.decided_by, choice.decided_at)}"
    return Decided(
        id=choice.id,
        what=_what(choice),
        proposed=_who(choice.proposed_by, choice.proposed_at),
        decided=decided if choice.decision else "",
    )


def _last(choice: LayoutChoice) -> str:
    """What was last done about a choice, as a sentence."""
    if choice.decision is None:
        return f"{choice.proposed_by.name} proposed {_named(choice)} on {spell_time(choice.proposed_at)}."
    assert choice.decided_by is not None
    assert choice.decided_at is not None
    decision = "published" if choice.decision == PUBLISHED else "withdrew"
    return f"{choice.decided_by.name} {decision} {_named(choice)} on {spell_time(choice.decided_at)}."


def _named(choice: LayoutChoice) -> str:
    return f"version {choice.layout.version}" if choice.layout is not None else "the service’s own layout"


def _what(choice: LayoutChoice | None) -> str:
    return f"Version {choice.layout.version}" if choice is not None and choice.layout is not None else OURS


def _who(person: Person | None, at: datetime | None) -> str:
    return f"{spell_time(at)} by {person.name}" if person is not None and at is not None else ""


def _versions(work: Work, versions: Sequence[WordLayout], in_force: UUID | None) -> Iterator[Version]:
    counts = layouts.pictures_of(work.session, [version.id for version in versions])
    for version in versions:
        count = counts.get(version.id, 0)
        fault = outbox.why_parked(work.session, f"{OutboxKind.DRAW_LAYOUT}:{version.id}")
        nothing = "This service has no program to draw pictures with." if version.pictured_at and not count else ""
        yield Version(
            id=version.id,
            number=version.version,
            uploaded=_who(version.uploaded_by, version.uploaded_at),
            is_in_force=version.id == in_force,
            pictures=count,
            is_being_drawn=version.pictured_at is None and fault is None,
            no_pictures=fault or nothing,
        )


def _example(kind: Kind, field: Field) -> str:
    return templates.sharing(kind) if field.path == SHARING else example(kind, field.path)


def _slug(kind: Kind) -> str:
    return kind.code.replace("_", "-")
