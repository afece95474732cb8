"""What the page of an escalation offers its reader: first what waits for them, then the ladder, then everything beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forms_app.domain.acts import Act, meetings_open_to, ways_on
from forms_app.domain.escalation import Open
from forms_app.domain.records import MeetingHeld
from forms_app.services.looking import EscalationView
from forms_app.web.filling_in import FormPlace, title_under

LADDER = (Act.FILE_ACCOUNT, Act.RECORD_OUTCOME, Act.STEP_UP, Act.FOLLOW_UP, Act.DISSENT)
MORE = (
    Act.LOG_CONTACT,
    Act.ASK_INFORMATION,
    Act.CALL_MEETING,
    Act.RECORD_MEETING,
    Act.SET_TIME,
    Act.ADD_PEOPLE,
    Act.ASK_HELP,
    Act.NOTE_ALONGSIDE,
    Act.SET_STEPS,
    Act.FINISH_STEP,
    Act.SAY_SUPPORT,
    Act.FILE_ON_RECORD,
    Act.CORRECT,
    Act.MAKE_PROFORMA,
    Act.WRITE_RESTRICTED_NOTE,
)


@dataclass(frozen=True, slots=True)
class Offer:
    text: str
    href: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    waiting: tuple[Offer, ...]
    ladder: tuple[Offer, ...]
    more: tuple[Offer, ...]


def offers_of(view: EscalationView) -> Offers:
    ladder = (*_what_the_stage_is_for(view), *LADDER)
    return Offers(
        waiting=tuple(_forms(view, view.awaited)),
        ladder=tuple(_forms(view, _without(ladder, view.awaited))),
        more=(*_forms(view, _without(MORE, (*view.awaited, *ladder))), *_another_concern(view)),
    )


def _what_the_stage_is_for(view: EscalationView) -> Iterator[Act]:
    """What somebody who convenes the stage's own meeting, or sets its steps, is there to do: not one of many things."""
    now = view.standing
    if not isinstance(now, Open):
        return
    held = {step.facts.meeting for step in now.visit.steps if isinstance(step.facts, MeetingHeld)}
    own = {meeting.id for meeting in now.visit.stage.meetings} - held
    if own & {meeting.id for meeting in meetings_open_to(now, view.place)}:
        yield from (Act.CALL_MEETING, Act.RECORD_MEETING)
    if now.visit.stage.arbiter_sets_steps:
        yield Act.SET_STEPS


def _without(acts: Iterable[Act], offered: Iterable[Act]) -> list[Act]:
    return [act for act in acts if act not in set(offered)]


def _forms(view: EscalationView, acts: Iterable[Act]) -> Iterator[Offer]:
    for act in acts:
        if act in view.acts:
            yield Offer(_text(view, act), FormPlace(act, view.summary.id).url(), _hint(view, act))


def _text(view: EscalationView, act: Act) -> str:
    is_one_way = isinstance(view.standing, Open) and len(ways_on(view.standing, similar=view.similar)) == 1
    title = title_under(view.policy, act)
    return f"{title} to {view.next_name}" if act is Act.STEP_UP and is_one_way else title


def _hint(view: EscalationView, act: Act) -> str:
    return ", ".join(helper.title for helper in view.policy.helpers) if act is Act.ASK_HELP else ""


def _another_concern(view: EscalationView) -> Iterator[Offer]:
    if view.summary.is_open:
        child = view.policy.words.child
        href = FormPlace(Act.OPEN, beside=view.summary.id).url()
        yield Offer(f"Raise another concern about the same {child}", href)
