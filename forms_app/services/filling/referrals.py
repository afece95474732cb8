"""The referral to a Chair or a panel: what it is about, what each side says, and everything that was tried."""

from __future__ import annotations

from collections.abc import Iterator

from forms_app.db.tables import StageRecord
from forms_app.documents import contexts as say
from forms_app.domain.attempts import Attempt, attempts_at
from forms_app.domain.circulation import Circulation
from forms_app.domain.policy import DocumentKind, Side
from forms_app.domain.records import Account, Agreement, CameOf, FollowUp, MeetingHeld, Step, StepUp
from forms_app.domain.working_days import spell_date, spell_time
from forms_app.services.filling.meetings import actor_title
from forms_app.services.filling.values import Filling, actions_in_words, why_by_itself
from forms_app.services.history import step_of
from forms_app.services.in_words import WRITTEN, title_of

IN_FULL = "In full above"
NOTHING = "Nothing further was written"


def referral(filling: Filling, circulation: Circulation) -> say.Referral:
    return say.Referral(
        heading=filling.heading(DocumentKind.REFERRAL),
        to=_to(filling),
        stage=_stage(filling),
        why=_why(filling),
        raised_by=filling.raiser(),
        parties=filling.parties(),
        subject=filling.subject(),
        sections=tuple(_sections(filling)),
        attempts=tuple(_attempts(filling)),
        stages=filling.stage_lines(spell_time),
        time_limits=filling.time_limits(),
    )


def _to(filling: Filling) -> str:
    """Who of the Board acts at the stage; where nobody does, all who act there."""
    actors = filling.standing.visits[-1].stage.actors
    chosen = [actor for actor in actors if actor.side is Side.BOARD] or actors
    return "; ".join(dict.fromkeys(actor_title(filling.policy, actor) for actor in chosen))


def _stage(filling: Filling) -> str:
    return filling.policy.stage_title(filling.standing.visits[-1].stage)


def _why(filling: Filling) -> str:
    policy, record = filling.policy, filling.record
    match step_of(record).facts:
        case StepUp(unanswered=str()):
            return why_by_itself(policy, filling.escalation, record)
        case StepUp(skip_reason=str(reason)):
            return title_of(policy.stage(record.route, record.stage).skip.reasons, reason)
        case FollowUp():
            return "What was agreed was not carried out, so it was opened again."
        case CameOf():
            return "What came of it elsewhere did not settle it."
        case _:
            return f"It was not resolved at {filling.stage_of(record)}."


# --- what was written -----------------------------------------------------------------------------------------------


def _sections(filling: Filling) -> Iterator[say.Section]:
    """The concern as it was raised, the latest version of each account since, and why it was taken here."""
    records = filling.escalation.records
    facts = {row.id: step_of(row).facts for row in records}
    replaced = {fact.corrects for fact in facts.values() if isinstance(fact, Account)}
    for row in records:
        is_account = isinstance(facts[row.id], Account) and row.id not in replaced
        if row is records[0] or is_account or (row is filling.record and row.person_id is not None):
            for section in filling.sections_of(row):
                yield say.Section(title=f"{section.title} ({_whose(filling, row)})", answers=section.answers)


def _whose(filling: Filling, row: StageRecord) -> str:
    party = filling.written_by(row)
    return f"{WRITTEN[row.kind].lower()} by {party.name}, {party.agency}, {spell_time(row.entered_at)}"


# --- what was tried ------------------------------------------------------------------------------------------------


def _attempts(filling: Filling) -> Iterator[say.Attempt]:
    """From the contact logs and the records of each stage. A restricted note is no attempt, and never comes here."""
    rows = {row.id: row for row in filling.escalation.records}
    for visit in filling.standing.visits:
        for attempt in attempts_at(visit, filling.policy):
            row = rows[attempt.step.id]
            party = filling.written_by(row)
            yield say.Attempt(
                when=spell_date(row.happened_on),
                what=attempt.what,
                who=_who(filling, attempt) if isinstance(attempt.step.facts, MeetingHeld) else _named(party),
                said=_said(filling, attempt.step, row),
            )


def _who(filling: Filling, attempt: Attempt) -> str:
    """Who came to a meeting."""
    facts = attempt.step.facts
    assert isinstance(facts, MeetingHeld)
    return "\n".join(_named(party) for party in filling.people(facts.attended)) or "Nobody who takes part"


def _named(party: say.Party) -> str:
    return f"{party.name}, {party.agency}"


def _said(filling: Filling, step: Step, row: StageRecord) -> str:
    """What the record says came of it. Accounts, and what took it here, are given in full before."""
    if isinstance(step.facts, Account) or row is filling.record:
        return IN_FULL
    if isinstance(step.facts, Agreement):
        return step.facts.reasons or NOTHING
    answers = [answer for section in filling.sections_of(row) for answer in section.answers]
    lines = [f"{answer.question}\n{answer.answer}" for answer in answers if answer.answer]
    lines += [f"{each.what}\n{each.who}, by {each.by_when}" for each in actions_in_words(step.facts)]
    return "\n".join(lines) or NOTHING
