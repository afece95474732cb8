"""What was done so far to resolve it, compiled from the records for a box that begins with it: by agency and role, not by name."""

from __future__ import annotations

from collections.abc import Iterator

from forms_app.domain.acts import meeting_of
from forms_app.domain.escalation import Visit
from forms_app.domain.records import Account, Agreement, Contact, MeetingHeld, Outcome, Step, StepUp
from forms_app.domain.text import LINES, LONG
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.forms.asking import Asking
from forms_app.forms.entries import HOW
from forms_app.forms.entry import agency_named, in_short, standing_in

MORE = "There is more on the escalation’s page."


def attempts_so_far(asking: Asking) -> str:
    """Stage by stage; as much of it as leaves half of the box to write in."""
    kept: list[str] = []
    for line in (line for visit in standing_in(asking).visits for line in _visit(asking, visit)):
        if len(kept) > LINES // 2 or len("\n".join((*kept, line))) > LONG // 2:
            return "\n".join((*kept, MORE))
        kept.append(line)
    return "\n".join(kept)


def _visit(asking: Asking, visit: Visit) -> Iterator[str]:
    since = spell_date(uk_date(visit.entered_at))
    until = f"to {spell_date(uk_date(visit.left_at))}" if visit.left_at else "until now"
    yield f"{asking.policy.stage_title(visit.stage)}, {since} {until}"
    for step in visit.steps:
        yield from (f"- {line}" for line in _step(asking, step))


def _step(asking: Asking, step: Step) -> Iterator[str]:
    who, on = _who(asking, step), spell_date(step.happened_on)
    match step.facts:
        case Contact(how=how):
            yield f"{on}: contact {dict(HOW)[how].lower()}, logged by {who}"
        case MeetingHeld(attended=attended):
            meeting = meeting_of(step, asking.policy)
            agencies = dict.fromkeys(place.agency for place in asking.places if place.person in attended)
            names = ", ".join(agency_named(asking, agency) for agency in agencies)
            yield f"{on}: {meeting.title if meeting else 'meeting'}, attended by {names}"
        case Account():
            yield f"{on}: account by {who}"
        case Outcome(outcome=outcome):
            title = next(each.title for each in asking.policy.outcomes if each.id == outcome)
            yield f"{on}: outcome recorded by {who}: {title}"
        case Agreement() as answer:
            yield f"{on}: {who} {_said(answer)}"
        case StepUp():
            yield f"{on}: taken further by {who}"
            yield from _why(asking, step, step.facts)
        case _:
            pass


def _who(asking: Asking, step: Step) -> str:
    """The agency and the role of whoever made a record."""
    place = next((place for place in asking.places if place.person == step.person), None)
    if place is None:
        return "the service itself, because a time limit had run out"
    kind = next((each.kind for each in asking.directory.agencies if each.id == place.agency), None)
    return f"{agency_named(asking, place.agency)} ({asking.policy.level_title(place.level, kind)})"


def _said(answer: Agreement) -> str:
    if answer.agrees:
        return "agreed to the outcome"
    word = "agreed to the actions, but not to the outcome" if answer.agrees_actions else "did not agree to the outcome"
    return f"{word}: {in_short(answer.reasons)}" if answer.reasons else word


def _why(asking: Asking, step: Step, facts: StepUp) -> Iterator[str]:
    """Why it was taken further: the policy's reason for passing over stages, and the answers to its questions."""
    reasons = asking.policy.stage(step.route, step.stage).skip.reasons
    yield from (reason.title for reason in reasons if reason.id == facts.skip_reason)
    asked = {question.id for question in asking.policy.questions}
    for section in asking.written.get(step.id, ()):
        yield from (
            f"{each.question} {in_short(each.answer)}" for each in section.answers if each.id in asked and each.answer
        )
