"""What of a document, and of what the Board tells, is scanned before it may leave, and for what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from forms_app.db.people import everybody_of_board
from forms_app.db.reports import told_in
from forms_app.db.tables import Document, Escalation
from forms_app.deidentification.dictionary import Identifier, Sort
from forms_app.deidentification.findings import Finding, ScanFailed
from forms_app.deidentification.scan import LONGEST, recorded, scan
from forms_app.documents import contexts as say
from forms_app.documents.catalogue import kind_of
from forms_app.domain.contacts import stamp_of
from forms_app.domain.errors import DomainError
from forms_app.domain.periods import Period
from forms_app.services.identifiers import identifiers_of
from forms_app.services.work import Work

Released = say.BoardProforma | say.SubGroupReport | say.PolicyGapNotice
"""What holds short texts."""
TEXT, FACT, LEARNING = "text", "fact", "learning"
"""How the names of what is scanned begin."""
WHERE = frozenset({Sort.ADDRESS, Sort.SCHOOL, Sort.PRACTICE})
NAMED_PLACES = frozenset({"school_form", "surgery", "building"})
TELLS_WHERE = WHERE | NAMED_PLACES | {"street", "postcode", "outward_postcode", "telephone", "url"}
"""The rules whose findings say where somebody can be found, by telephone or on a map too, and at a place that nobody entered yet."""
NOT_TYPED = frozenset(
    {"heading", "raised_by", "written_by", "called_by", "conveners", "invited", "attended", "absent", "parties"}
    | {"time_limits", "stages", "stage", "rules", "choices", "return_to", "question", "title", "agency", "to"}
)
"""The parts of a context that hold what the directory and the policy say. Whatever is not named here is scanned."""
MOST_ESCALATIONS = 200
"""Of so many of a period, the newest, the records are opened to look for names. What the rules find they find in any case."""
ON_THE_LIST = "somebody on the Board’s list of people"
RECORDED = "something that is recorded of an escalation"
"""No more: whoever types words could otherwise learn of whom they are."""


class Because(StrEnum):
    """Why a document is held."""

    DEIDENTIFIED = "deidentified"
    PROTECTED_ADDRESS = "protected_address"


class CheckFailed(DomainError):
    """The scan could not be carried out, and so nothing may leave."""


class StillIdentifies(DomainError):
    """The scan found something in texts, and nobody said of exactly that why it can stay."""

    def __init__(self, found: Sequence[Finding]) -> None:
        super().__init__("Take out what was found, or say why it can stay")
        self.found = tuple(found)
        self.stamp = stamp_of_findings(found)


def stamp_of_findings(found: Sequence[Finding]) -> str:
    """Says of exactly these findings that somebody saw them."""
    return stamp_of(*(part for each in found for part in (each.field, each.rule, each.text)))


def context_of(document: Document) -> say.Value:
    return kind_of(document.kind).context.model_validate_json(document.context)


def released_context(document: Document) -> Released:
    context = context_of(document)
    assert isinstance(context, say.BoardProforma | say.SubGroupReport | say.PolicyGapNotice), "it has short texts"
    return context


def found_in(escalation: Escalation, document: Document, because: str, texts: Mapping[str, str]) -> tuple[Finding, ...]:
    """Everything of a held document that a person has to look at. Raises CheckFailed."""
    if because == Because.PROTECTED_ADDRESS:
        return tells_where(escalation, document)
    return _scanned(lambda: scan(dict(_for_release(document, texts)), identifiers_of(escalation)))


def found_in_words(texts: Mapping[str, str], escalation: Escalation | None) -> tuple[Finding, ...]:
    """What a person has to look at in texts that were written anew, for readers who must not know of which escalation they came.

    Without an escalation only the rules look, which know nobody's name. Raises CheckFailed.
    """
    return _scanned(lambda: scan(texts, () if escalation is None else identifiers_of(escalation)))


def found_in_words_of_board(
    work: Work, board_id: UUID, period: Period, texts: Mapping[str, str]
) -> tuple[Finding, ...]:
    """What a person has to look at in texts that the Board tells of a period. Raises CheckFailed."""
    known = tuple(dict.fromkeys((*_recorded(work, board_id, period), *_people(work, board_id))))
    return _scanned(lambda: scan(texts, known))


def _recorded(work: Work, board_id: UUID, period: Period) -> Iterator[Identifier]:
    """Names of agencies are left out, because the figures name them."""
    for escalation in told_in(work.session, board_id, period.since, period.until, MOST_ESCALATIONS):
        for each in identifiers_of(escalation):
            if each.sort is not Sort.AGENCY:
                yield replace(each, what=RECORDED, instead="")


def _people(work: Work, board_id: UUID) -> Iterator[Identifier]:
    for person in everybody_of_board(work.session, board_id):
        yield Identifier(f"the name of {ON_THE_LIST}", person.name, instead="a professional")
        yield Identifier(f"the email address of {ON_THE_LIST}", person.email, Sort.CONTACT)
        yield Identifier(f"the telephone number of {ON_THE_LIST}", person.telephone, Sort.CONTACT)


def tells_where(escalation: Escalation, document: Document) -> tuple[Finding, ...]:
    """Every place that says where the child can be found. Raises CheckFailed."""

    def found() -> tuple[Finding, ...]:
        known = identifiers_of(escalation)
        typed = _typed(context_of(document).model_dump(mode="json"))
        return tuple(each for part in _parts(typed) for each in _telling(part, known))

    return _scanned(found)


def _telling(texts: Mapping[str, str], known: Sequence[Identifier]) -> Iterator[Finding]:
    """What tells where somebody is. An agency that takes part stands in every document, and is no such place by its name."""
    found = [each for each in scan(texts, [one for one in known if one.sort in WHERE]) if each.rule in TELLS_WHERE]
    agencies: tuple[Finding, ...] = ()
    if any(each.rule in NAMED_PLACES for each in found):
        agencies = scan(texts, [one for one in known if one.sort is Sort.AGENCY], rules=(recorded,))
    for each in found:
        if each.rule not in NAMED_PLACES or not any(_is_all_of(one, each, texts) for one in agencies):
            yield each


def _is_all_of(agency: Finding, place: Finding, texts: Mapping[str, str]) -> bool:
    """Whether a place is the name of an agency and nothing more, but for a “the”."""
    if agency.field != place.field or agency.end < place.end:
        return False
    return texts[place.field][place.start : agency.start].strip().lower() in ("", "the")


def _scanned(found: Callable[[], tuple[Finding, ...]]) -> tuple[Finding, ...]:
    try:
        return found()
    except ScanFailed:
        raise CheckFailed(
            "The check for names and addresses could not be carried out, so nothing was saved or released. Try again. If it happens "
            "again, tell the people who run this service."
        ) from None


def _for_release(document: Document, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    context = released_context(document)
    yield from ((f"{TEXT}:{name}", text) for name, text in texts.items())
    yield from ((f"{FACT}:{number}", fact.value) for number, fact in enumerate(context.facts))
    if not isinstance(context, say.PolicyGapNotice):
        yield from ((f"{LEARNING}:{number}", text) for number, text in enumerate(context.learning))


def _parts(texts: Iterator[tuple[str, str]]) -> Iterator[dict[str, str]]:
    """Texts as many at a time as can be scanned at once."""
    part: dict[str, str] = {}
    for field, text in texts:
        if part and sum(map(len, part.values())) + len(text) > LONGEST:
            yield part
            part = {}
        part[field] = text
    yield part


def _typed(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for name, each in value.items():
                if name not in NOT_TYPED:
                    yield from _typed(each, f"{path}.{name}" if path else name)
        case list():
            for number, each in enumerate(value):
                yield from _typed(each, f"{path}.{number}")
        case _:
            pass
