"""The Board's forms to fill in by hand: owed, made by the worker once for each edition, and given to its people."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from uuid import UUID

from forms_app.db import blank_forms, outbox
from forms_app.db.blank_forms import MadeFile
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.tables import BlankFormFile, Board
from forms_app.documents.catalogue import BLANK_FORM, BLANK_PROFORMA, Format, Issued, file_name, kind_of
from forms_app.documents.contexts import BlankForm
from forms_app.documents.faults import DocumentFault
from forms_app.domain.errors import NotFound
from forms_app.domain.policy import Policy
from forms_app.domain.working_days import uk_date
from forms_app.policies.shelf import NoSuchPolicy
from forms_app.services.directory import as_adopted, own_person
from forms_app.services.documents import FORMATS
from forms_app.services.issuing import WAITS, Issue
from forms_app.services.paper import Blank, BlankKind, blanks_of, form_code, paper_form
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form that a Board's people need, and everything that it says."""

    blank: Blank
    says: BlankForm
    edition: str
    """The digest of what it says, but for the day: when that changes, the form is made anew."""

    @property
    def kind_code(self) -> str:
        return BLANK_PROFORMA if self.blank.kind is BlankKind.PROFORMA else BLANK_FORM


# --- owing and making ---------------------------------------------------------------------------------------------


def owe_blank_forms(work: Work, board: Board) -> None:
    """Owes the forms of the Board's current policy. Owing them again changes nothing while they would say the same."""
    key = _dedupe_key(board, list(_wanted(work, board)))
    outbox.owe(work.session, OutboxKind.MAKE_BLANK_FORMS, board.id, key, work.now)


def make_blank_forms(workshop: Workshop, claim: Claim, issue: Issue) -> None:
    """Makes each form that is missing, with no transaction open, and keeps it at once. One that fails holds up no other."""
    faults = []
    try:
        missing = _missing(workshop, claim.about_id)
    except NoSuchPolicy as fault:
        missing = []
        faults.append(f"The worker does not know the Board’s policy: {fault}.")
    for wanted in missing:
        try:
            issued = issue(wanted.kind_code, wanted.says, None)
        except DocumentFault as fault:
            faults.append(f"{wanted.says.heading.reference}: {fault}")
        else:
            with workshop.writing() as work:
                _keep(work, claim.about_id, wanted, issued)
    with workshop.writing() as work:
        if faults:
            outbox.put_off(work.session, claim, faults[0], work.now, WAITS)
        else:
            outbox.finish(work.session, claim.item_id, claim.worker, work.now)


def _missing(workshop: Workshop, board_id: UUID) -> list[Wanted]:
    with workshop.reading() as work:
        wanted = list(_wanted(work, blank_forms.board_to_make_for(work.session, board_id)))
        made = blank_forms.made_files(work.session, board_id, [each.edition for each in wanted])
        editions = {file.edition for file in made}
        return [each for each in wanted if each.edition not in editions]


def _keep(work: Work, board_id: UUID, wanted: Wanted, issued: Issued) -> None:
    blank_forms.board_to_make_for(work.session, board_id, lock=True)
    if blank_forms.made_files(work.session, board_id, [wanted.edition]):
        return
    blank = wanted.blank
    for file_format, content in (("docx", issued.docx), ("pdf", issued.pdf)):
        work.session.add(
            BlankFormFile(
                board_id=board_id,
                policy_key=blank.policy.key,
                kind=blank.kind.value,
                route=blank.route_id,
                stage=blank.stage_id,
                edition=wanted.edition,
                format=file_format,
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                made_at=work.now,
            )
        )


def _wanted(work: Work, board: Board) -> Iterator[Wanted]:
    policy, today = as_adopted(work, policy_key=board.policy_at(work.now), board_id=board.id), uk_date(work.now)
    for blank in blanks_of(policy):
        says = paper_form(board, blank, today)
        yield Wanted(blank, says, _edition(says))


def _edition(says: BlankForm) -> str:
    written = says.model_dump_json(exclude={"heading": {"issued_on"}})
    return hashlib.sha256(written.encode()).hexdigest()


def _dedupe_key(board: Board, wanted: list[Wanted]) -> str:
    editions = "".join(each.edition for each in wanted)
    return f"{OutboxKind.MAKE_BLANK_FORMS}:{board.id}:{hashlib.sha256(editions.encode()).hexdigest()}"


# --- what people see ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FormFile:
    id: UUID
    format: Format
    kilobytes: int
    """Rounded up."""


@dataclass(frozen=True, slots=True)
class FormLine:
    title: str
    files: tuple[FormFile, ...]
    """Empty while it is not made yet."""


@dataclass(frozen=True, slots=True)
class FormsOfRoute:
    title: str
    lines: tuple[FormLine, ...]


@dataclass(frozen=True, slots=True)
class FormsOfBoard:
    """The forms of a Board's current policy: the proforma, those of every stage alike, and those of each route."""

    policy: Policy
    proforma: FormLine
    everywhere: tuple[FormLine, ...]
    routes: tuple[FormsOfRoute, ...]
    fault: str | None
    """Why those that are missing could not be made; None while they are being made, or when none is missing."""

    @property
    def any_missing(self) -> bool:
        lines = (self.proforma, *self.everywhere, *(line for route in self.routes for line in route.lines))
        return not all(line.files for line in lines)


def blank_forms_for(work: Work, *, by: UUID) -> FormsOfBoard:
    """The forms of this person's Board, as far as they are made. Raises NotFound for somebody who has left."""
    board = own_person(work, by).board
    wanted = list(_wanted(work, board))
    made = blank_forms.made_files(work.session, board.id, [each.edition for each in wanted])
    files = {edition: tuple(_in_order(found)) for edition, found in groupby(made, lambda file: file.edition)}
    lines = [(each.blank.route, FormLine(each.blank.title, files.get(each.edition, ()))) for each in wanted]
    (_, proforma), *others = lines
    return FormsOfBoard(
        policy=wanted[0].blank.policy,
        proforma=proforma,
        everywhere=tuple(line for at, line in others if at is None),
        routes=tuple(
            FormsOfRoute(route.title, tuple(line for at, line in others if at is route))
            for route in wanted[0].blank.policy.routes
        ),
        fault=outbox.why_parked(work.session, _dedupe_key(board, wanted)),
    )


def owe_missing_forms(work: Work, *, by: UUID) -> None:
    """Owes the forms of this person's Board that are not made. Raises NotFound for somebody who has left."""
    owe_blank_forms(work, own_person(work, by).board)


def blank_file_for(work: Work, *, by: UUID, file_id: UUID) -> tuple[str, bytes]:
    """The name and the bytes of a form of this person's Board. Raises NotFound."""
    board = own_person(work, by).board
    file = blank_forms.made_file(work.session, board.id, file_id)
    if file is None:
        raise NotFound("There is no such form.")
    code = form_code(board.code, file.policy_key, file.route, file.stage, file.kind)
    return file_name(kind_of(BLANK_FORM), code, file.format), file.content  # type: ignore[arg-type]  # docx or pdf


def _in_order(made: Iterable[MadeFile]) -> Iterator[FormFile]:
    by_format = {file.format: file for file in made}
    for form in FORMATS:
        file = by_format[form]
        yield FormFile(file.id, form, ceil(file.size / 1024))
