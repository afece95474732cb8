"""What a rehearsal shows: what the policy says of each stage, and what then happened at it.

The names in here are those of `rehearse --json`. Who relies on them reads `FORMAT` first: it goes up when a name or a
meaning changes, and stays when something is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forms_app.domain.acts import Destination, Onward
from forms_app.domain.clocks import Running
from forms_app.domain.policy import Actor, Clock, Duty, Gate, Meeting, Policy, Stage
from forms_app.services.in_words import SIDES, by_when, spell_limit, who_acts

FORMAT = 1
WHO_CLOSES = {
    "all_sides": "all sides agree",
    "raising_side": "the raising side alone",
    "raiser": "the person who raised it alone",
    "arbiter": "whoever decides",
}
WHO_GOES_ON = {
    "raising_side": "the raising side",
    "board_side": "whoever decides",
    "any_side": "any side",
}
BEFORE = {
    "opening": "before it is opened",
    "entering": "before it comes here",
    "resolving": "before it is resolved here",
}
DUE = {
    "at_once": "at once",
    "review_date": "on the review date",
    "action_date": "by the dates of the agreed actions",
}


@dataclass(frozen=True, slots=True)
class RehearsedClock:
    id: str
    who: str
    what: str
    limit: str
    due: str
    due_at: str | None
    """The instant from which it is late, in ISO 8601 with its offset; null where there is no moment."""
    opens_next_stage: bool
    section: str
    words: str


@dataclass(frozen=True, slots=True)
class RehearsedGate:
    id: str
    when: str
    statement: str
    for_each_agency: bool


@dataclass(frozen=True, slots=True)
class RehearsedWay:
    """One way on: the first is the next stage, or out of the policy; the others pass over stages."""

    to: str
    passes_over: tuple[str, ...]
    reasons: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class RehearsedMeeting:
    id: str
    title: str
    form: str
    called_by: tuple[str, ...]
    at_least: int | None
    must_be_so: tuple[str, ...]
    recorded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RehearsedDocument:
    kind: str
    title: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RehearsedEvent:
    """Something that is recorded, with the documents that it makes and who gets each."""

    at: str
    what: str
    by: str
    documents: tuple[RehearsedDocument, ...]


@dataclass(frozen=True, slots=True)
class RehearsedStage:
    id: str
    title: str
    counts: bool
    decision_stands: bool
    entered: str
    people: tuple[str, ...]
    clocks: tuple[RehearsedClock, ...]
    gates: tuple[RehearsedGate, ...]
    asked: tuple[str, ...]
    meetings: tuple[RehearsedMeeting, ...]
    alongside: tuple[str, ...]
    supported_by: tuple[str, ...]
    checks: tuple[str, ...]
    closes: str
    dissent_recorded: bool
    ways_on: tuple[RehearsedWay, ...]
    events: tuple[RehearsedEvent, ...]


@dataclass(frozen=True, slots=True)
class RehearsedHelper:
    title: str
    seat: str


@dataclass(frozen=True, slots=True)
class RehearsedDuty:
    id: str
    text: str
    who: str
    due: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    format: int
    policy: str
    title: str
    route: str
    opened: str
    helpers: tuple[RehearsedHelper, ...]
    restricted_notes: tuple[str, ...]
    quiet: str | None
    stages: tuple[RehearsedStage, ...]
    end: str
    duties: tuple[RehearsedDuty, ...]
    """Those that are owed after this end."""
    afterwards: tuple[RehearsedEvent, ...]


# --- what the policy says, in words ------------------------------------------------------------------------------


def clock_of(policy: Policy, stage: Stage, running: Running) -> RehearsedClock:
    own: Clock | None = next((clock for clock in stage.clocks if clock.id == running.id), None)
    return RehearsedClock(
        id=running.id,
        who=who_acts(policy, running),
        what=running.does,
        limit=spell_limit(running.limit),
        due=by_when(running),
        due_at=running.due.at.isoformat() if running.due else None,
        opens_next_stage=own is not None and own.if_unanswered == "opens_next_stage",
        section=running.source.section,
        words=running.source.words,
    )


def gates_of(gates: Sequence[Gate]) -> tuple[RehearsedGate, ...]:
    return tuple(RehearsedGate(gate.id, BEFORE[gate.before], gate.statement, gate.per_agency) for gate in gates)


def leads_on(way: Onward) -> bool:
    return isinstance(way.to, Destination) or way.to.kind != "ends_here"


def way_of(policy: Policy, stage: Stage, way: Onward) -> RehearsedWay:
    by = WHO_GOES_ON[stage.steps_up]
    if way.skip is not None and way.skip.rule == "second_person":
        by = f"{by}: somebody who did not raise it"
    return RehearsedWay(
        to=policy.stage_title(way.to.stage) if isinstance(way.to, Destination) else way.to.title,
        passes_over=tuple(policy.stage_title(passed) for passed in way.passes_over),
        reasons=tuple(reason.title for reason in way.reasons),
        by=by,
    )


def meeting_of(policy: Policy, meeting: Meeting) -> RehearsedMeeting:
    recorded = {
        "minutes": meeting.minutes,
        "methodology": meeting.methodology,
        "recommendations": meeting.recommendations,
    }
    return RehearsedMeeting(
        id=meeting.id,
        title=meeting.title,
        form=meeting.form,
        called_by=tuple(acts(policy, actor) for actor in meeting.conveners),
        at_least=meeting.at_least,
        must_be_so=(*meeting.composition, *(f"Independent of the case: {who}" for who in meeting.independent)),
        recorded=tuple(name for name, wanted in recorded.items() if wanted),
    )


def acts(policy: Policy, actor: Actor) -> str:
    title = actor.title or " or ".join(policy.level_title(level) for level in actor.levels)
    may = "" if actor.needed else " (may take part)"
    return f"{SIDES[actor.side]} side: {title}{may}"


def asked_at(policy: Policy, stage: Stage) -> Iterator[str]:
    for group in stage.groups:
        for name in group.questions:
            yield f"{group.asked.value.replace('_', ' ')}: {policy.question(name).label}"


def duty_of(duty: Duty) -> RehearsedDuty:
    who = "All sides" if duty.side == "all" else f"{SIDES[duty.side]} side"
    return RehearsedDuty(id=duty.id, text=duty.text, who=who, due=DUE[duty.due])
