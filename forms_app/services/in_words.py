"""An escalation's values in the words in which people read them, on pages and in documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from forms_app.db.tables import Party, StageRecord
from forms_app.documents.catalogue import KINDS
from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Left, Open, Resolved, Standing
from forms_app.domain.policy import Audience, Choice, DocumentKind, Limit, Policy, Side, Unit
from forms_app.domain.working_days import spell_date, spell_time, uk_date

SIDES = {Side.RAISING: "Raising", Side.RESPONDING: "Responding", Side.BOARD: "Board"}
SEATS = {
    Audience.BUSINESS_UNIT: "Business unit",
    Audience.CHAIR: "Chair",
    Audience.SUB_GROUP: "Sub-group",
    Audience.POLICY_SUB_GROUP: "Policy and Procedures Sub-Group",
    Audience.DIRECTORS: "Directors",
    Audience.LIAISON_OFFICER: "Liaison officer",
}
"""The seats at a Board, as a document that goes to one names it."""
NO_LIMIT = {
    Unit.WITHOUT_DELAY: "Without delay",
    Unit.STATED: "Not stated",
    Unit.AGREED: "Not agreed yet",
    Unit.BY_PRIORITY: "No priority was set",
}
AGE_BAND = "Age band"
DECISION, STANDS = "The decision that is questioned", "Stands while it is challenged"
SERVICE = "This service"
"""Who wrote a record that the service made because a time had run out."""
WRITTEN = {
    "concern": "Concern",
    "account": "Account",
    "outcome": "Outcome",
    "agreement": "Answer to the outcome",
    "step_up": "Taken further",
    "contact": "Contact",
    "filing": "Put on file",
    "information_request": "Request for information",
    "information_given": "Answer to a request",
    "meeting_called": "Meeting called",
    "meeting_held": "Meeting held",
    "time": "Time limit",
    "time_answer": "Answer about the time limit",
    "people": "People who join",
    "support": "What the manager says",
    "dissent": "Dissent",
    "steps": "Steps set",
    "step_done": "Step taken",
    "alongside": "What goes on alongside",
    "help": "Help asked for",
    "danger": "Immediate danger",
    "restricted_note": "Restricted note",
    "proforma": "Proforma made",
    "quiet": "Nothing recorded for a while",
    "follow_up": "Follow-up",
    "came_of": "What came of it",
    "correction": "Correction",
}


def document_title(policy: Policy, kind: DocumentKind) -> str:
    """What the policy calls a kind of document. The file that it is for is of whom the policy speaks of."""
    return policy.document_titles.get(kind) or KINDS[kind].title.replace("child’s", f"{policy.words.child}’s")


def spell_limit(limit: Limit) -> str:
    """The limit as the policy gives it: 2 working days, 24 hours, without delay."""
    match limit.unit:
        case Unit.SAME_WORKING_DAY:
            return "The same working day"
        case Unit.WITHOUT_DELAY:
            return "Without delay"
        case Unit.STATED:
            return "By the stated date"
        case Unit.AGREED:
            return "A time that both sides accept"
        case Unit.BY_PRIORITY:
            return "By priority"
        case _:
            unit = limit.unit.replace("_", " ")
            return f"{limit.amount} {unit.removesuffix('s') if limit.amount == 1 else unit}"


def who_acts(policy: Policy, clock: Running) -> str:
    side = _whoever_acts(policy, clock) if clock.side is None else f"{SIDES[clock.side]} side"
    return side if clock.level is None else f"{side}: {policy.level_title(clock.level)}"


def _whoever_acts(policy: Policy, clock: Running) -> str:
    """Of whom a clock is that names no side: of all who act at its stage."""
    if clock.stage is None:
        return "Both sides"
    sides = policy.stage(*clock.stage).sides
    if len(sides) == 1:
        return f"{SIDES[next(iter(sides))]} side"
    return "Everyone who takes part" if Side.BOARD in sides else "Both sides"


def what_is_due(policy: Policy, clock: Running, among: Sequence[Running]) -> str:
    """What must be done; where the clocks are of several stages, also at which."""
    if clock.stage is None or len({each.stage for each in among} - {None}) < 2:
        return clock.does
    stage = policy.stage(*clock.stage)
    where = stage.name if stage.number is None else f"{policy.words.stage.capitalize()} {stage.number}"
    return f"{where}: {clock.does}"


def by_when(clock: Running) -> str:
    if clock.due is None:
        return NO_LIMIT[clock.limit.unit]
    return spell_time(clock.due.at) if clock.due.to_the_minute else f"End of {spell_date(clock.due.day)}"


def kept(clock: Running, now: datetime) -> str:
    """What became of a clock, said with no more than is known at this moment."""
    late = clock.is_late(now)
    if clock.met_at is None:
        return not_met(clock, late)
    return f"{'Late, on' if late else 'Done on'} {spell_time(clock.met_at)}"


def not_met(clock: Running, late: bool) -> str:
    if late:
        return "Overdue" if clock.left_at is None else "Not done in time"
    return "Open" if clock.left_at is None else "Not recorded"


def where_it_stands(policy: Policy, standing: Standing) -> str:
    match standing:
        case Open(visit=visit):
            return policy.stage_title(visit.stage)
        case Resolved(visits=visits):
            return f"Resolved at {policy.stage_title(visits[-1].stage)}"
        case Left(after=after):
            return f"Gone on outside the policy: {after.title}"


def counted_as(policy: Policy) -> str:
    return f"Counted as {with_article(policy.words.escalation).lower()}"


def who_recorded(record: StageRecord, people: Mapping[UUID, Party]) -> str:
    """By name, and for whom they covered: “B for A”."""
    both = (people.get(each) for each in (record.person_id, record.for_id) if each is not None)
    names = [party.person.name for party in both if party is not None]
    return " for ".join(names) or SERVICE


def title_of(choices: Iterable[Choice], code: str) -> str:
    return next((choice.title for choice in choices if choice.id == code), code)


def with_article(word: str) -> str:
    """The word with its article, at the start of a sentence."""
    return f"{'An' if word[0].lower() in 'aeiou' else 'A'} {word}"


def month(instant: datetime) -> str:
    return f"{uk_date(instant):%B %Y}"
