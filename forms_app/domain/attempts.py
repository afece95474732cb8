"""What was tried to settle a disagreement: the records that count as an attempt, and what each is called."""

from __future__ import annotations

from dataclasses import dataclass

from forms_app.domain.acts import meeting_of
from forms_app.domain.escalation import Visit
from forms_app.domain.policy import Policy
from forms_app.domain.records import Account, Agreement, Contact, MeetingHeld, Outcome, Step, StepUp

HOW = (
    ("telephone", "By telephone"),
    ("face_to_face", "Face to face"),
    ("online", "In an online call"),
    ("email", "By email"),
    ("letter", "By letter"),
)
"""The ways of a contact."""


@dataclass(frozen=True, slots=True)
class Attempt:
    step: Step
    what: str


def attempts_at(visit: Visit, policy: Policy) -> list[Attempt]:
    """Everything that was tried during one stay at a stage, in the order in which it was recorded."""
    return [Attempt(step, what) for step in visit.steps if (what := _what(step, policy)) is not None]


def said(answer: Agreement) -> str:
    """What an answer to an outcome says of it."""
    if answer.agrees:
        return "Agreed to the outcome"
    return "Agreed to the actions, but not to the outcome" if answer.agrees_actions else "Did not agree to the outcome"


def _what(step: Step, policy: Policy) -> str | None:
    match step.facts:
        case Contact(how=how):
            return f"Contact {dict(HOW)[how].lower()}"
        case MeetingHeld():
            meeting = meeting_of(step, policy)
            return meeting.title if meeting else "Meeting"
        case Account():
            return "Account"
        case Outcome(outcome=outcome):
            return f"Outcome recorded: {next(each.title for each in policy.outcomes if each.id == outcome)}"
        case Agreement() as answer:
            return said(answer)
        case StepUp():
            return "Taken further"
        case _:
            return None
