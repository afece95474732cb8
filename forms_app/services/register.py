"""One escalation of the Board's register, for its office: no name, and nothing that anybody typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import reads
from forms_app.db.tables import Escalation
from forms_app.documents.catalogue import Format
from forms_app.documents.contexts import Fact
from forms_app.domain.access import May, Relation, may
from forms_app.domain.errors import NotFound
from forms_app.domain.escalation import Resolved, Standing
from forms_app.domain.policy import Policy
from forms_app.services.directory import person_who_may
from forms_app.services.documents import DocumentLine, as_issued, document_lines
from forms_app.services.filling.board import facts_for_the_board
from forms_app.services.filling.values import timeliness
from forms_app.services.history import policy_of, standing_of
from forms_app.services.in_words import title_of
from forms_app.services.ledger import Acting, Reader
from forms_app.services.similar import similar_to
from forms_app.services.summaries import Summary, summary_of
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class BoardView:
    """One escalation as its Board's business unit sees it: no name, nothing that anybody typed."""

    summary: Summary
    facts: tuple[Fact, ...]
    clocks: tuple[Fact, ...]
    documents: tuple[DocumentLine, ...]


def board_view(work: Work, *, by: UUID, escalation_id: UUID) -> BoardView:
    """What the Board may see of one escalation of its register. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    escalation = reads.told_escalation(work.session, escalation_id, person.board_id, by)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    policy, now = policy_of(work, escalation), standing_of(work, escalation)
    documents = reads.board_documents(work.session, escalation_id, by)
    acting = Acting() if may(person, May.WITHDRAW_DOCUMENT, Relation.OWN_BOARD) else None
    return BoardView(
        summary=summary_of(work, escalation, None, now),
        facts=tuple(_facts(work, policy, escalation, now)),
        clocks=tuple(
            Fact(name=f"{line.what} ({line.by_when})", value=line.kept)
            for line in timeliness(policy, now.clocks, work.now)
        ),
        documents=document_lines(work, documents, escalation.reference, Reader.OFFICE, acting),
    )


def board_file(work: Work, *, by: UUID, document_id: UUID, file_format: Format) -> tuple[str, bytes]:
    """The name and bytes of a de-identified document of this person's Board. Raises NotFound."""
    found = reads.board_document(work.session, document_id, person_who_may(work, by, May.SEE_REGISTER).board_id, by)
    if found is None:
        raise NotFound("There is no such document.")
    return as_issued(work, found, by, file_format)


def _facts(work: Work, policy: Policy, escalation: Escalation, now: Standing) -> Iterator[Fact]:
    yield from facts_for_the_board(policy, escalation, now)
    yield Fact(name="Policy", value=policy.title)
    if policy.pattern is not None:
        others = similar_to(work, escalation) - 1
        yield Fact(name="Other escalations like it", value=str(others) if others > 0 else "None")
    if isinstance(now, Resolved):
        learning = [title_of(policy.learning, code) for code in now.outcome.learning]
        yield Fact(name="Learning", value="\n".join(learning) or "None recorded")
