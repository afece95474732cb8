"""Lets a document go to be made, or holds it until two people have looked: one prepares it, another one releases it.

Everything here is one transaction, locks the document first, and names the revision that the person saw: whoever
comes second is told that somebody was there before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid4

from forms_app.db import releases
from forms_app.db.deliveries import withdrawn_from
from forms_app.db.people import person_with_board, seat_holders
from forms_app.db.places import has_declared, is_impartial
from forms_app.db.reads import takes_part
from forms_app.db.report_tables import ReportFinding
from forms_app.db.tables import Document, Escalation, Person, Release, ReleaseFinding
from forms_app.deidentification.findings import Finding
from forms_app.documents import contexts as say
from forms_app.domain.access import May, Relation, may, signs_off_own
from forms_app.domain.answers import from_json
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.policy import RELEASED, DocumentKind
from forms_app.domain.release import LIMIT, Decision
from forms_app.domain.secrecy import is_protected
from forms_app.mail.compose import Kind
from forms_app.services.issuing import owe_making
from forms_app.services.notifying import notify_hourly
from forms_app.services.scanning import TEXT, Because, CheckFailed, found_in, released_context, tells_where
from forms_app.services.work import Work

SHORT_TEXTS: Mapping[str, Mapping[str, str]] = {
    DocumentKind.BOARD_PROFORMA: {
        "about": "What the disagreement was about",
        "resolved": "How it was resolved, or where it stands",
        "learnt": "What can be learnt",
        "else": "Anything else the Board should know",
    },
    DocumentKind.SUB_GROUP_REPORT: {"issues": "The issues that arise"},
    DocumentKind.POLICY_GAP_NOTICE: {"gap": "What the policy leaves open"},
}
"""Which short texts each kind can have, by their ids."""
FIRST = "Somebody else acted on this document after you opened this page. Look at it again: what you did was not saved."


POSSIBLY = "It may be something ordinary."
"""Said of what the scan is not certain of."""


class Proposal(StrEnum):
    """What it was prepared for."""

    RELEASE = "release"
    WITHDRAWAL = releases.WITHDRAWAL


@dataclass(frozen=True, slots=True)
class Powers:
    """What one person may do with one held document now."""

    is_party: bool
    prepares: bool
    sees_texts: bool
    """Whether what is being written may be shown: a Board's office sees it once it has been checked."""
    decides: bool
    takes_back: bool


# --- holding -----------------------------------------------------------------------------------------------------


def let_go(work: Work, escalation: Escalation, document: Document) -> None:
    """Owes the files of a document that may leave, and holds any other."""
    if document.kind in RELEASED:
        _hold(work, escalation, document, Because.DEIDENTIFIED)
        _tell_next(work, escalation, document.id)
    elif not hold_what_tells_where(work, escalation, document):
        owe_making(work, document)


def hold_what_tells_where(work: Work, escalation: Escalation, document: Document) -> bool:
    """Holds a document that says where a child can be found whose address is secret; also when nobody knows whether it does."""
    if not is_protected(from_json(escalation.subject.answers)) or document.kind in RELEASED:
        return False
    try:
        found = tells_where(escalation, document)
    except CheckFailed:
        found = ()
    else:
        if not found:
            return False
    release = _hold(work, escalation, document, Because.PROTECTED_ADDRESS)
    release.findings = _rows(found, ())
    _tell_next(work, escalation, document.id)
    return True


def _hold(work: Work, escalation: Escalation, document: Document, because: Because) -> Release:
    work.session.flush()
    before = releases.release_of(work.session, document.id)
    release = Release(
        id=uuid4(),
        document_id=document.id,
        number=1 if before is None else before.number + 1,
        because=because.value,
        held_at=work.now,
        texts={},
        without_texts=because is not Because.DEIDENTIFIED,
        revision=0 if before is None else before.revision + 1,
        hands=[],
        findings=[],
    )
    work.session.add(release)
    work.note("document_held", board=escalation.board_id, escalation=escalation.id, about=document.id)
    return release


# --- preparing ---------------------------------------------------------------------------------------------------


def write_texts(
    work: Work, *, by: UUID, document_id: UUID, seen: int, texts: Mapping[str, str], without_texts: bool = False
) -> None:
    """Writes the short texts and scans them with the facts. Whatever was prepared before is void.

    Raises NotFound, ChangedMeanwhile, NotAllowedNow, and CheckFailed when nobody knows what stands in them.
    """
    release, escalation = _to_prepare(work, by, document_id, seen)
    known = SHORT_TEXTS.get(release.document.kind, {})
    release.texts = {name: texts[name] for name in known if texts.get(name, "").strip()}
    if release.because == Because.DEIDENTIFIED and bool(release.texts) == without_texts:
        raise NotAllowedNow("Write at least one short text, or tick that none is needed.")
    release.without_texts = without_texts
    _written(work, escalation, release, by, "release_written")


def resolve(work: Work, *, by: UUID, document_id: UUID, seen: int, decisions: Sequence[Decision]) -> None:
    """Does what was decided about each thing that was found, and scans what then stands there.

    Raises NotFound, ChangedMeanwhile, NotAllowedNow and CheckFailed.
    """
    release, escalation = _to_prepare(work, by, document_id, seen)
    found = {finding.number: finding for finding in release.findings}
    if {decision.number for decision in decisions} - set(found):
        raise ChangedMeanwhile(FIRST)
    texts = dict(release.texts)
    for decision in sorted(decisions, key=lambda each: found[each.number].start, reverse=True):
        finding = found[decision.number]
        if decision.what == "keep":
            _keep(finding, decision.words, by)
        else:
            put_instead(texts, finding, decision)
    if any(len(text) > LIMIT for text in texts.values()):
        raise NotAllowedNow(f"With these words a text would be longer than {LIMIT:,} characters. Use fewer.")
    release.texts = {name: text for name, text in texts.items() if text.strip()}
    if release.because == Because.DEIDENTIFIED and not release.texts:
        release.without_texts = True
    _written(work, escalation, release, by, "release_findings_resolved")


def _keep(finding: ReleaseFinding, reason: str, by: UUID) -> None:
    if not reason.strip():
        raise NotAllowedNow("Say why it can stay.")
    finding.kept_because, finding.kept_by_id = reason, by


def put_instead(texts: dict[str, str], finding: ReleaseFinding | ReportFinding, decision: Decision) -> None:
    """Removes it from its text, or puts other words there."""
    name = finding.field.removeprefix(f"{TEXT}:")
    text = texts.get(name, "")
    if not finding.field.startswith(f"{TEXT}:") or text[finding.start : finding.end] != finding.text:
        raise NotAllowedNow("Only what was written for this document can be changed here.")
    before, after = text[: finding.start], text[finding.end :]
    words = decision.words.strip() if decision.what == "generalise" else ""
    if not words:
        after = after.lstrip(" ") if not before or before.endswith((" ", "\n")) else after
    texts[name] = before + words + after


def _written(work: Work, escalation: Escalation, release: Release, by: UUID, action: str) -> None:
    """Scans it as it is now. A reason for keeping something holds for the same words in the same place."""
    kept = [finding for finding in release.findings if finding.kept_because]
    found = found_in(escalation, release.document, release.because, release.texts)
    release.findings.clear()
    work.session.flush()
    release.findings = _rows(found, kept)
    release.written_by_id, release.written_at = by, work.now
    _void(release)
    _touched(release, by)
    _note(work, action, escalation, release, by)


def _rows(found: Sequence[Finding], kept: Sequence[ReleaseFinding]) -> list[ReleaseFinding]:
    reasons = {(each.field, each.rule, each.text): (each.kept_because, each.kept_by_id) for each in kept}
    rows = []
    for number, each in enumerate(found, start=1):
        because, by = reasons.get((each.field, each.rule, each.text), ("", None))
        rows.append(
            ReleaseFinding(
                number=number,
                field=each.field,
                start=each.start,
                end=each.end,
                text=each.text,
                rule=each.rule,
                why=each.why if each.certain else f"{each.why} {POSSIBLY}",
                suggestion=each.suggestion,
                kept_because=because,
                kept_by_id=by,
            )
        )
    return rows


def send(work: Work, *, by: UUID, document_id: UUID, seen: int, proposal: Proposal = Proposal.RELEASE) -> None:
    """Sends it to a second person, once nothing that was found is undecided; to be withdrawn, in any case.

    Raises NotFound, ChangedMeanwhile and NotAllowedNow.
    """
    release, escalation = _to_prepare(work, by, document_id, seen)
    if proposal is Proposal.WITHDRAWAL and release.because != Because.PROTECTED_ADDRESS:
        raise NotAllowedNow("This document is owed to the Board. It can be changed, and not withdrawn.")
    if proposal is Proposal.RELEASE and not is_ready(release):
        raise NotAllowedNow("Something that was found is not decided yet.")
    release.proposal, release.prepared_by_id, release.prepared_at = proposal.value, by, work.now
    release.sent_back_by_id = release.sent_back_at = None
    release.sent_back_because = ""
    _touched(release, by)
    _note(work, "release_prepared", escalation, release, by)
    _tell_next(work, escalation, document_id, but=by)


def is_ready(release: Release) -> bool:
    """Whether it was written, and everything that was found in it is decided."""
    return release.written_at is not None and all(finding.kept_because for finding in release.findings)


# --- deciding ----------------------------------------------------------------------------------------------------


def send_back(work: Work, *, by: UUID, document_id: UUID, seen: int, because: str) -> None:
    """Gives it back to whoever prepares it, with a sentence. Raises NotFound, ChangedMeanwhile and NotAllowedNow."""
    release, escalation = _to_decide(work, by, document_id, seen)
    _void(release)
    release.sent_back_by_id, release.sent_back_at, release.sent_back_because = by, work.now, because
    release.revision += 1
    _note(work, "release_sent_back", escalation, release, by)
    _tell_next(work, escalation, document_id, but=by)


def decide(work: Work, *, by: UUID, document_id: UUID, seen: int) -> None:
    """Does what was prepared: lets the document go, or withdraws it. Before it goes it is scanned once more.

    Raises NotFound, ChangedMeanwhile, NotAllowedNow and CheckFailed; then nothing has left.
    """
    release, escalation = _to_decide(work, by, document_id, seen)
    document, is_released = release.document, release.proposal == Proposal.RELEASE
    if is_released:
        _check_again(escalation, release)
        if release.because == Because.DEIDENTIFIED:
            document.context = _with_texts(document, release.texts).model_dump_json()
    release.decided_by_id, release.decided_at = by, work.now
    release.revision += 1
    work.session.flush()
    if is_released:
        owe_making(work, document, release=release.number)
    _note(work, "document_released" if is_released else "document_withdrawn", escalation, release, by)


def _check_again(escalation: Escalation, release: Release) -> None:
    """What is known of an escalation grows while a document waits."""
    decided = {(each.field, each.rule, each.text) for each in release.findings if each.kept_because}
    found = found_in(escalation, release.document, release.because, release.texts)
    if any((each.field, each.rule, each.text) not in decided for each in found):
        raise NotAllowedNow(
            "The check before the release found something that nobody has decided on. Nothing was released. Send it back, "
            "so that it is checked again."
        )


def _with_texts(document: Document, texts: Mapping[str, str]) -> say.Value:
    titles = SHORT_TEXTS[document.kind]
    answers = tuple(say.Answer(question=title, answer=texts[name]) for name, title in titles.items() if texts.get(name))
    return released_context(document).model_copy(update={"texts": answers})


def take_back(work: Work, *, by: UUID, document_id: UUID, seen: int) -> None:
    """Voids a release of which nothing has been made yet, so that it can be changed: it is held anew.

    Raises NotFound, ChangedMeanwhile, and NotAllowedNow once it is made.
    """
    release, escalation, powers = _found(work, by, document_id, seen)
    if not powers.takes_back:
        raise NotAllowedNow("This document has been made. It cannot be taken back.")
    document = release.document
    if release.because == Because.DEIDENTIFIED:
        document.context = _with_texts(document, {}).model_dump_json()
    anew = _hold(work, escalation, document, Because(release.because))
    anew.texts, anew.without_texts, anew.hands = dict(release.texts), release.without_texts, [*release.hands]
    anew.written_by_id, anew.written_at = release.written_by_id, release.written_at
    work.session.flush()
    anew.findings = [_again(finding) for finding in release.findings]
    _touched(anew, by)
    _note(work, "release_voided", escalation, anew, by)


def _again(finding: ReleaseFinding) -> ReleaseFinding:
    names = ("number", "field", "start", "end", "text", "rule", "why", "suggestion", "kept_because", "kept_by_id")
    return ReleaseFinding(**{name: getattr(finding, name) for name in names})


# --- who is next -------------------------------------------------------------------------------------------------


def waiting_for(work: Work, person: Person) -> list[Release]:
    """What waits for this person, in all escalations of their Board."""
    found = [each for why in Because for each in releases.held_at_board(work.session, person.board_id, why)]
    return [release for release in found if _is_next(work, person, release)]


def _is_next(work: Work, person: Person, release: Release) -> bool:
    """Whether it waits for this person: to decide about what was prepared, or else to prepare it.

    Anybody who takes part may prepare what is for the Board. The business unit is asked to, and whoever had a hand in it.
    """
    is_prepared = release.prepared_at is not None
    if release.because == Because.DEIDENTIFIED:
        is_asked = may(person, May.PREPARE_RELEASE, Relation.OFFICE) or str(person.id) in release.hands
        # Of most people this is all there is to know, and the database need not be asked.
        if not (may(person, May.RELEASE, Relation.OFFICE) if is_prepared else is_asked):
            return False
    powers = powers_of(work, person, release)
    return powers is not None and (powers.decides if is_prepared else powers.prepares)


def _tell_next(work: Work, escalation: Escalation, document_id: UUID, but: UUID | None = None) -> None:
    """Tells everybody for whom it waits now, but for whoever has just done their part."""
    work.session.flush()
    release = releases.release_of(work.session, document_id)
    assert release is not None, "it is held"
    parties = [party.person for party in escalation.parties if not party.has_left]
    office = seat_holders(work.session, escalation.board_id)
    for person in {each.id: each for each in (*parties, *office)}.values():
        if person.id != but and _is_next(work, person, release):
            notify_hourly(work, Kind.RELEASE_WAITS, person, about=escalation.board_id)


# --- who may -----------------------------------------------------------------------------------------------------


def powers_of(work: Work, person: Person, release: Release) -> Powers | None:
    """What this person may do with it now; None for somebody whom it does not concern."""
    escalation = release.document.escalation
    if person.board_id != escalation.board_id or not is_for_agency(release.document, person):
        return None
    if withdrawn_from(work.session, release.document_id, person.id) is not None:
        return None
    is_party = takes_part(work.session, escalation.id, person.id)
    has_interest = has_declared(work.session, escalation.id, person.id)
    is_for_office = release.because == Because.DEIDENTIFIED and not has_interest
    in_office = is_for_office and may(person, May.SEE_RELEASE, Relation.OFFICE)
    if not (is_party or in_office):
        return None
    is_open, is_prepared = release.decided_at is None, release.prepared_at is not None
    line = May.RELEASE if release.because == Because.DEIDENTIFIED else May.DECIDE_PROTECTED_ADDRESS
    apart = is_impartial(work.session, escalation.id, person)
    had_a_hand = signs_off_own(line, person.id, [UUID(hand) for hand in release.hands])
    is_allowed = is_party if line is May.DECIDE_PROTECTED_ADDRESS else in_office and apart
    prepares = is_party or (in_office and may(person, May.PREPARE_RELEASE, Relation.OFFICE))
    return Powers(
        is_party=is_party,
        prepares=prepares and is_open,
        sees_texts=is_party or is_prepared or not is_open or release.written_by_id == person.id,
        decides=is_open and is_prepared and is_allowed and not had_a_hand,
        takes_back=prepares
        and not is_open
        and release.proposal == Proposal.RELEASE
        and release.document.issued_at is None,
    )


def is_for_agency(document: Document, person: Person) -> bool:
    """Whether a document is not the copy of another agency."""
    return document.agency_id in {None, person.agency_id}


def _found(work: Work, by: UUID, document_id: UUID, seen: int) -> tuple[Release, Escalation, Powers]:
    """The release, locked, as this person saw it."""
    release = releases.release_of(work.session, document_id, lock=True)
    person = person_with_board(work.session, by)
    powers = None if release is None or person is None else powers_of(work, person, release)
    if release is None or powers is None:
        raise NotFound("There is no such document.")
    if release.revision != seen:
        raise ChangedMeanwhile(FIRST)
    return release, releases.escalation_behind(work.session, release.document.escalation_id), powers


def _to_prepare(work: Work, by: UUID, document_id: UUID, seen: int) -> tuple[Release, Escalation]:
    release, escalation, powers = _found(work, by, document_id, seen)
    if not powers.prepares:
        raise NotAllowedNow("You cannot prepare this document.")
    return release, escalation


def _to_decide(work: Work, by: UUID, document_id: UUID, seen: int) -> tuple[Release, Escalation]:
    release, escalation, powers = _found(work, by, document_id, seen)
    if not powers.decides:
        raise NotAllowedNow("You cannot decide about this document: somebody else must, who had no part in it.")
    return release, escalation


def _void(release: Release) -> None:
    release.proposal = release.prepared_by_id = release.prepared_at = None


def _touched(release: Release, by: UUID) -> None:
    """Whoever wrote de-identified texts had a hand in them for good; a reason for keeping an address is somebody's alone."""
    reasons = {str(finding.kept_by_id) for finding in release.findings if finding.kept_by_id is not None}
    before = release.hands if release.because == Because.DEIDENTIFIED else reasons
    release.revision += 1
    release.hands = sorted({*before, str(by)})


def _note(work: Work, action: str, escalation: Escalation, release: Release, by: UUID) -> None:
    work.note(action, person=by, board=escalation.board_id, escalation=escalation.id, about=release.document_id)
