"""The documents of meetings, panels and mediation: the invitation, and the minutes."""

from __future__ import annotations

from forms_app.documents import contexts as say
from forms_app.domain.acts import meeting_of
from forms_app.domain.circulation import Circulation
from forms_app.domain.policy import Actor, DocumentKind, Meeting, Policy
from forms_app.domain.records import MeetingCalled, MeetingHeld, Step
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.services.filling.values import Filling, actions_in_words
from forms_app.services.history import step_of
from forms_app.services.in_words import SIDES

SAID_IN_THE_INVITATION = frozenset({"meeting", "day", "time", "with", "invited", "others"})
SAID_IN_THE_MINUTES = frozenset({"which", "happened", "attended"})
"""Answers that each gives in a place of its own."""


def meeting_invitation(filling: Filling, circulation: Circulation) -> say.MeetingInvitation:
    step = step_of(filling.record)
    facts = step.facts
    assert isinstance(facts, MeetingCalled), "only a meeting that is called is invited to"
    return say.MeetingInvitation(
        heading=filling.heading(DocumentKind.MEETING_INVITATION),
        meeting=meeting_title(filling.policy, step),
        when=spell_time(facts.at),
        stage=filling.stage_of(filling.record),
        called_by=filling.written_by(filling.record),
        conveners=filling.people(facts.conveners),
        invited=filling.people(person for person in facts.invited if person not in facts.conveners),
        rules=_rules(filling.policy, meeting_of(step, filling.policy)),
        subject=filling.subject(),
        sections=filling.sections(SAID_IN_THE_INVITATION),
    )


def meeting_minutes(filling: Filling, circulation: Circulation) -> say.MeetingMinutes:
    step = step_of(filling.record)
    facts = step.facts
    assert isinstance(facts, MeetingHeld), "only a meeting that was held has minutes"
    meeting = meeting_of(step, filling.policy)
    return say.MeetingMinutes(
        heading=filling.heading(DocumentKind.MEETING_MINUTES),
        meeting=meeting_title(filling.policy, step),
        held_on=spell_date(filling.record.happened_on),
        stage=filling.stage_of(filling.record),
        written_by=filling.written_by(filling.record),
        attended=filling.people(facts.attended),
        absent=_absent(filling, facts),
        confirmed=tuple(test for name, test in meeting.tests if name in facts.confirmed) if meeting else (),
        subject=filling.subject(),
        sections=filling.sections(SAID_IN_THE_MINUTES),
        actions=actions_in_words(facts),
    )


def meeting_title(policy: Policy, step: Step) -> str:
    meeting = meeting_of(step, policy)
    return meeting.title if meeting else "Meeting"


def meeting_line(policy: Policy, step: Step) -> str:
    """A meeting as lists and messages name it: what it is, and on which day."""
    day = uk_date(step.facts.at) if isinstance(step.facts, MeetingCalled) else step.happened_on
    return f"{meeting_title(policy, step)} on {spell_date(day)}"


def _absent(filling: Filling, held: MeetingHeld) -> tuple[say.Party, ...]:
    """Who was called to it and is not among those who came."""
    calls = (step_of(row).facts for row in filling.escalation.records if row.id == held.called)
    call = next((facts for facts in calls if isinstance(facts, MeetingCalled)), None)
    expected = (*call.conveners, *call.invited) if call else ()
    return filling.people(person for person in expected if person not in held.attended)


def _rules(policy: Policy, meeting: Meeting | None) -> tuple[str, ...]:
    """What the policy asks of who convenes it, who comes, and what must be true of them."""
    if meeting is None:
        return ()
    return (
        f"Convened by: {_actors(policy, meeting.conveners)}",
        *([f"Members: {_actors(policy, meeting.members)}"] if meeting.members else []),
        *([f"At least {meeting.at_least} people attend"] if meeting.at_least else []),
        *(test for _, test in meeting.tests),
    )


def _actors(policy: Policy, actors: tuple[Actor, ...]) -> str:
    return "; ".join(f"{actor_title(policy, actor)} ({SIDES[actor.side]} side)" for actor in actors)


def actor_title(policy: Policy, actor: Actor) -> str:
    return actor.title or " or ".join(policy.level_title(level) for level in actor.levels)
