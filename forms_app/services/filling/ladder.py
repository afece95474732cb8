"""The documents of what the parties write on the ladder: account, stage record, confirmation and acknowledgement sheet."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from forms_app.db.tables import Party as PartyRow
from forms_app.db.tables import StageRecord
from forms_app.documents import contexts as say
from forms_app.domain.circulation import Circulation
from forms_app.domain.escalation import Resolved
from forms_app.domain.policy import DocumentKind
from forms_app.domain.records import Agreement, Dissent, Outcome
from forms_app.domain.working_days import spell_date, spell_time
from forms_app.services.filling.values import Filling, actions_in_words
from forms_app.services.history import step_of
from forms_app.services.in_words import WRITTEN, title_of

SAID_IN_THE_CONFIRMATION = frozenset({"outcome", "outstanding", "review"})
"""Answers that a confirmation of the outcome gives in a place of their own."""
CHOICES = (
    "☐ I have read it, and I agree with it",
    "☐ I have read it, and I do not agree with it, for the reasons below",
)


def written_account(filling: Filling, circulation: Circulation) -> say.WrittenAccount:
    return say.WrittenAccount(
        heading=filling.heading(DocumentKind.WRITTEN_ACCOUNT),
        raised_by=filling.raiser(),
        raised_on=spell_time(filling.record.entered_at),
        stage=filling.stage_of(filling.record),
        parties=filling.parties(),
        subject=filling.subject(),
        sections=filling.sections(),
        time_limits=filling.time_limits(),
    )


def stage_record(filling: Filling, circulation: Circulation) -> say.StageRecord:
    record = filling.record
    return say.StageRecord(
        heading=filling.heading(DocumentKind.STAGE_RECORD),
        stage=filling.stage_of(record),
        what=WRITTEN[record.kind],
        written_by=filling.written_by(record),
        happened_on=spell_date(record.happened_on),
        entered_at=spell_time(record.entered_at),
        parties=filling.parties(),
        subject=filling.subject(),
        sections=filling.sections(),
        actions=actions_in_words(step_of(record).facts),
        time_limits=filling.time_limits(),
    )


# --- how it ended ------------------------------------------------------------------------------------------------


def written_confirmation(filling: Filling, circulation: Circulation) -> say.WrittenConfirmation:
    record, outcome = _end_of(filling)
    return say.WrittenConfirmation(
        heading=filling.heading(DocumentKind.WRITTEN_CONFIRMATION),
        stage=filling.stage_of(record),
        outcome=title_of(filling.policy.outcomes, outcome.outcome),
        resolved_on=spell_time(_resolved(filling).at),
        raised_by=filling.raiser(),
        parties=filling.parties(),
        subject=filling.subject(),
        sections=filling.sections_of(record, SAID_IN_THE_CONFIRMATION),
        actions=actions_in_words(outcome),
        outstanding=outcome.outstanding,
        review=spell_date(outcome.review_on) if outcome.review_on else "",
        agreement=tuple(_agreement(filling, record)),
    )


def acknowledgement_sheet(filling: Filling, circulation: Circulation) -> say.AcknowledgementSheet:
    record, outcome = _end_of(filling)
    keeper = filling.written_by(record)
    return say.AcknowledgementSheet(
        heading=filling.heading(DocumentKind.ACKNOWLEDGEMENT_SHEET),
        stage=filling.stage_of(record),
        outcome=title_of(filling.policy.outcomes, outcome.outcome),
        resolved_on=spell_time(_resolved(filling).at),
        actions=actions_in_words(outcome),
        return_to=f"Give the signed sheet to {keeper.name}, {keeper.agency}, who recorded the outcome.",
        people=tuple(
            _acknowledgement(filling, row, record)
            for row in filling.escalation.parties
            if row.is_raiser or not row.has_left
        ),
    )


def _resolved(filling: Filling) -> Resolved:
    assert isinstance(filling.standing, Resolved), "only what is resolved is confirmed"
    return filling.standing


def _end_of(filling: Filling) -> tuple[StageRecord, Outcome]:
    now = _resolved(filling)
    return next(row for row in filling.escalation.records if row.id == now.step.id), now.outcome


def _agreement(filling: Filling, outcome: StageRecord) -> Iterator[say.Answer]:
    """Who recorded the outcome and who agreed; and who had not agreed to an earlier one here, or to a decision."""
    here = {step.id for step in filling.standing.visits[-1].steps}
    for row in filling.escalation.records:
        if (said := _said(row, outcome, here)) is not None:
            party = filling.written_by(row)
            yield say.Answer(question=f"{party.name}, {party.agency}", answer=said)


def _said(row: StageRecord, outcome: StageRecord, here: set[UUID]) -> str | None:
    """What one record says of the outcome; None for one that says nothing of it."""
    facts, when = step_of(row).facts, spell_time(row.entered_at)
    match facts:
        case Outcome() if row.id == outcome.id:
            return f"Recorded this outcome on {when}"
        case Agreement() if row.id in here:
            word = _word_of(facts)
            said = word if facts.outcome == outcome.id else f"To an earlier outcome: {word.lower()}"
            because = f": {facts.reasons}" if facts.reasons else ""
            return f"{said} on {when}{because}"
        case Dissent():
            return f"Recorded dissent on {when}"
        case _:
            return None


def _word_of(answer: Agreement) -> str:
    if answer.agrees:
        return "Agreed"
    return "Agreed to the actions, but not to the outcome," if answer.agrees_actions else "Did not agree"


def _acknowledgement(filling: Filling, row: PartyRow, outcome: StageRecord) -> say.Acknowledgement:
    """What somebody said last of this outcome; who has said nothing of it is asked with a pen."""
    here = {step.id for step in filling.standing.visits[-1].steps}
    own = [each for each in filling.escalation.records if each.person_id == row.person_id]
    answers = [said for each in own if _is_of(each, outcome) and (said := _said(each, outcome, here)) is not None]
    party = filling.party(row)
    return say.Acknowledgement(
        name=party.name,
        agency=party.agency,
        side=party.side,
        said=answers[-1] if answers else "Nothing yet",
        choices=() if answers else CHOICES,
    )


def _is_of(row: StageRecord, outcome: StageRecord) -> bool:
    """Whether a record speaks of this outcome and of no earlier one."""
    facts = step_of(row).facts
    return row.number >= outcome.number and (not isinstance(facts, Agreement) or facts.outcome == outcome.id)
