"""What was done so far to resolve it, compiled from the records for a box that begins with it: by agency and role, not by name."""

from __future__ import annotations

from collections.abc import Iterator

from forms_app.domain.attempts import Attempt, attempts_at
from forms_app.domain.escalation import Visit
from forms_app.domain.records import Agreement, MeetingHeld, Step, StepUp
from forms_app.domain.text import LINES, LONG
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.forms.asking import Asking
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
    for attempt in attempts_at(visit, asking.policy):
        yield from (f"- {line}" for line in _attempt(asking, attempt))


def _attempt(asking: Asking, attempt: Attempt) -> Iterator[str]:
    step = attempt.step
    line = f"{spell_date(step.happened_on)}, {_who(asking, step)}: {attempt.what}"
    match step.facts:
        case MeetingHeld(attended=attended):
            agencies = dict.fromkeys(place.agency for place in asking.places if place.person in attended)
            yield f"{line}, attended by {', '.join(agency_named(asking, agency) for agency in agencies)}"
        case Agreement(reasons=reasons) if reasons:
            yield f"{line}: {in_short(reasons)}"
        case StepUp():
            yield line
            yield from _why(asking, step, step.facts)
        case _:
            yield line


def _who(asking: Asking, step: Step) -> str:
    """The agency and the role of whoever made a record."""
    place = next((place for place in asking.places if place.person == step.person), None)
    if place is None:
        return "the service itself, because a time limit had run out"
    kind = next((each.kind for each in asking.directory.agencies if each.id == place.agency), None)
    return f"{agency_named(asking, place.agency)} ({asking.policy.level_title(place.level, kind)})"


def _why(asking: Asking, step: Step, facts: StepUp) -> Iterator[str]:
    """Why it was taken further: the policy's reason for passing over stages, and the answers to its questions."""
    reasons = asking.policy.stage(step.route, step.stage).skip.reasons
    yield from (reason.title for reason in reasons if reason.id == facts.skip_reason)
    asked = {question.id for question in asking.policy.questions}
    for section in asking.written.get(step.id, ()):
        yield from (
            f"{each.question} {in_short(each.answer)}" for each in section.answers if each.id in asked and each.answer
        )
