"""The forms of meetings, panels and mediation: calling one, and recording what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, cast
from uuid import UUID

from forms_app.domain.acts import fits, meeting_of, meetings_called, meetings_open_to
from forms_app.domain.filing import ListedPerson, NamedParty
from forms_app.domain.policy import Actor, Meeting, Side
from forms_app.domain.records import Facts, MeetingCalled, MeetingHeld, Place
from forms_app.domain.working_days import instant_of, spell_time
from forms_app.forms.asking import (
    YES_NO,
    Asking,
    Given,
    Page,
    PageForm,
    action_rows,
    day_ahead,
    listed,
    page_of,
    past_day,
    words,
)
from forms_app.forms.entry import (
    Forms,
    actions_in,
    answer_to,
    checked,
    in_groups,
    newcomers,
    one_person_rows,
    open_in,
    people_in,
    place_in,
    refused,
    rows_in,
    side_of,
    taking_part,
)
from forms_app.forms.fields import Pick, Picks, TimeOfDay, Words

SIDES = {Side.RAISING: "raising side", Side.RESPONDING: "responding side", Side.BOARD: "Board"}

# --- calling -----------------------------------------------------------------------------------------------------


def calling(asking: Asking, given: Given) -> Iterator[Page]:
    yield _when_and_where(asking)
    meeting = _chosen(asking, given)
    if meeting is not None:
        yield _invitations(asking, meeting)


def called(asking: Asking, forms: Forms) -> Facts:
    own = asking.directory.own.id
    together = [UUID(person) for person in answer_to(forms, "f-with") or ()]
    guests = [UUID(person) for person in answer_to(forms, "f-invited") or ()]
    return MeetingCalled(
        meeting=answer_to(forms, "f-meeting"),
        at=instant_of(answer_to(forms, "f-day"), answer_to(forms, "f-time")),
        conveners=(own, *together),
        invited=tuple(dict.fromkeys((*guests, *people_in(forms, "f-others")))),
    )


def invited(asking: Asking, forms: Forms) -> tuple[NamedParty, ...]:
    """Those who are invited and take no part yet, each on the side and at the level at which they come."""
    meeting = _meeting(asking, answer_to(forms, "f-meeting"))
    people = {person.id: person for person in newcomers(asking)}
    return tuple(_as_party(asking, meeting, people[each]) for each in people_in(forms, "f-others"))


def _when_and_where(asking: Asking) -> Page:
    def unfit(form: PageForm) -> tuple[str, str | None]:
        return "f-time", _unfit_time(asking, form["f-day"].data, form["f-time"].data)

    fields = {
        "f-meeting": Pick("Which meeting is it?", choices=[(each.id, each.title) for each in _open(asking)]),
        "f-day": day_ahead(asking, "On which day will it be?"),
        "f-time": TimeOfDay("At what time does it begin?", hint="For example 9:30am or 2pm."),
        "f-place": Words(
            "Where will it be?", hint="An address, or the link to an online meeting.", unprintable=asking.unprintable
        ),
        "f-agenda": words(asking, "What will it be about?", hint="What must be settled, and what to read or bring."),
    }
    return page_of("meeting", "The meeting", fields, base=checked(unfit))


def _unfit_time(asking: Asking, day: date, at: time) -> str | None:
    try:
        begins = instant_of(day, at)
    except ValueError as refused:
        return str(refused)
    return "The time must be later than now" if begins <= asking.now else None


def _invitations(asking: Asking, meeting: Meeting) -> Page:
    own = asking.directory.own
    parties = [person for person in taking_part(asking) if person.id != own.id]
    able = {place.person: place.side for place in asking.places if _convenes(meeting, place) and not place.has_left}
    fields: dict[str, Any] = {}
    others = set(able.values()) - {place_in(asking).side}
    conveners = [listed(person, True) for person in parties if person.id in able]
    if conveners:
        fields["f-with"] = Picks("Who convenes it together with you?", choices=conveners, required=bool(others))
    if parties:
        guests = [listed(person, True) for person in parties]
        fields["f-invited"] = Picks("Who is invited, of those who take part?", choices=guests, required=False)
    groups = in_groups(_guests(asking, meeting))
    hint = "They take part in the escalation from now on. Leave it empty if nobody else is invited."
    fields["f-others"] = one_person_rows("Who else is invited?", groups, hint=hint)

    def unfit(form: PageForm) -> tuple[str, str | None]:
        forms = {"": form}
        together = {able[UUID(person)] for person in answer_to(forms, "f-with") or ()}
        if not others <= together:
            return "f-with", "The policy has both sides convene this meeting: name with whom you convene it."
        guests = answer_to(forms, "f-invited") or rows_in(forms, "f-others")
        return "f-others", None if guests else "Choose who is invited"

    points = _asked_of(asking, meeting)
    intro = "The policy asks of this meeting:"
    return page_of("invited", "Who is invited", fields, base=checked(unfit), intro=intro, points=points)


def _guests(asking: Asking, meeting: Meeting) -> Iterator[ListedPerson]:
    """Who can be invited and takes no part yet: both sides' people, and who may come for the Board."""
    for person in newcomers(asking):
        if side_of(asking, person) is not Side.BOARD or _board_level(asking, meeting, person) is not None:
            yield person


def _as_party(asking: Asking, meeting: Meeting, person: ListedPerson) -> NamedParty:
    side = side_of(asking, person)
    level = _board_level(asking, meeting, person) if side is Side.BOARD else None
    return NamedParty(person.id, side, level or person.level)


def _board_level(asking: Asking, meeting: Meeting, person: ListedPerson) -> str | None:
    """The level at which somebody of an agency that is not involved can come: one that acts for the Board here."""
    actors = (*meeting.conveners, *meeting.members, *open_in(asking).visit.stage.actors)
    levels = [level for actor in actors if actor.side is Side.BOARD for level in actor.levels]
    return next((level for level in levels if level in {person.level, person.seat}), None)


def _convenes(meeting: Meeting, place: Place) -> bool:
    return any(fits(place, actor) for actor in meeting.conveners)


def _asked_of(asking: Asking, meeting: Meeting) -> tuple[str, ...]:
    """What the policy says about who convenes a meeting, who comes, and what must be true of them."""
    return (
        f"Convened by: {_people(asking, meeting.conveners)}",
        *([f"Members: {_people(asking, meeting.members)}"] if meeting.members else []),
        *([f"At least {meeting.at_least} people attend"] if meeting.at_least else []),
        *(test for _, test in meeting.tests),
    )


def _people(asking: Asking, actors: tuple[Actor, ...]) -> str:
    return "; ".join(f"{actor.title or _levels(asking, actor)} ({SIDES[actor.side]})" for actor in actors)


def _levels(asking: Asking, actor: Actor) -> str:
    return " or ".join(asking.policy.level_title(level) for level in actor.levels)


# --- recording ---------------------------------------------------------------------------------------------------


def recording(asking: Asking, given: Given) -> Iterator[Page]:
    yield _which(asking)
    which = given["which"].get("f-which", "") if "which" in given else ""
    meeting = _recorded(asking, which)
    if meeting is None:
        return
    yield _attendance(asking, meeting, None if which == meeting.id else UUID(which))
    if meeting.tests:
        yield _tests(asking, meeting)
    yield _minutes(asking, meeting)
    if meeting.recommendations:
        hint = "Leave it empty if nothing was recommended."
        rows = action_rows(asking, "What the meeting recommends", each="Recommendation", hint=hint)
        yield page_of("recommendations", "Recommendations", {"f-recommendations": rows}, printed=False)


def held(asking: Asking, forms: Forms) -> Facts:
    which = answer_to(forms, "f-which")
    meeting = _recorded(asking, which)
    assert meeting is not None, "a meeting was chosen"
    return MeetingHeld(
        meeting=meeting.id,
        called=None if which == meeting.id else UUID(which),
        attended=_attended(forms),
        confirmed=tuple(name for name, _ in meeting.tests if answer_to(forms, f"f-{name}") == "yes"),
        recommendations=actions_in(forms, "f-recommendations"),
    )


def _which(asking: Asking) -> Page:
    choices = [
        *((key, f"{meeting.title}, called for {spell_time(at)}") for key, (meeting, at) in _waiting(asking).items()),
        *((meeting.id, f"{meeting.title}, which was not called here") for meeting in _open(asking)),
    ]
    fields = {
        "f-which": Pick("Which meeting was it?", choices=choices),
        "f-happened": past_day(asking, "On which day was it?"),
    }
    return page_of("which", "The meeting", fields)


def _attendance(asking: Asking, meeting: Meeting, called: UUID | None) -> Page:
    def too_few(form: PageForm) -> tuple[str, str | None]:
        facts = MeetingHeld(meeting=meeting.id, called=called, attended=_attended({"": form}))
        return "f-attended", refused(asking, facts)

    there = [listed(person, True) for person in taking_part(asking)]
    fields = {
        "f-attended": Picks("Who was there, of those who take part?", choices=there),
        "f-more": words(asking, "Who else was there?", hint="The name, job title and agency of each.", required=False),
        "f-away": words(asking, "Who was invited and did not come?", required=False),
    }
    return page_of("attended", "Who was there", fields, base=checked(too_few))


def _attended(forms: Forms) -> tuple[UUID, ...]:
    return tuple(UUID(person) for person in answer_to(forms, "f-attended"))


def _tests(asking: Asking, meeting: Meeting) -> Page:
    """Each test is met, or it is said why not."""
    fields: dict[str, Any] = {}
    depends: dict[str, tuple[str, frozenset[str]]] = {}
    for number, (name, test) in enumerate(meeting.tests, start=1):
        who = name.removeprefix("independent-")
        absent = (("nobody", f"There was no {who}"),) if who in {"chair", "facilitator", "mediator"} else ()
        fields[f"f-{name}"] = Pick(f"Was this so? {test.rstrip('.')}.", choices=(*YES_NO, *absent))
        fields[f"f-{name}-why"] = words(asking, f"Why was this not so (test {number}), and what was done instead?")
        depends[f"f-{name}-why"] = (f"f-{name}", frozenset({"no"}))
    return page_of("tests", "What the policy asks of this meeting", fields, depends=depends)


def _minutes(asking: Asking, meeting: Meeting) -> Page:
    fields: dict[str, Any] = {}
    if meeting.methodology:
        fields["f-methodology"] = words(asking, "By which method did the meeting work?")
    if meeting.minutes:
        fields["f-minutes"] = words(asking, "The minutes", hint="What was said, by whom, and what was decided.")
    fields["f-outcome"] = words(asking, "What came of it?", hint="If nothing was settled, say what is still open.")
    return page_of("minutes", "What was said and decided", fields)


# --- parts -------------------------------------------------------------------------------------------------------


def _open(asking: Asking) -> tuple[Meeting, ...]:
    return meetings_open_to(open_in(asking), place_in(asking))


def _chosen(asking: Asking, given: Given) -> Meeting | None:
    wanted = given["meeting"].get("f-meeting") if "meeting" in given else None
    return next((meeting for meeting in _open(asking) if meeting.id == wanted), None)


def _meeting(asking: Asking, meeting_id: str) -> Meeting:
    return next(meeting for meeting in _open(asking) if meeting.id == meeting_id)


def _recorded(asking: Asking, which: str) -> Meeting | None:
    """The meeting that is recorded: chosen by the call of it, or by its own name where it was not called here."""
    if which in (waiting := _waiting(asking)):
        return waiting[which][0]
    return next((meeting for meeting in _open(asking) if meeting.id == which), None)


def _waiting(asking: Asking) -> dict[str, tuple[Meeting, datetime]]:
    """The meetings that were called and wait for their record by this party, by the record that called each."""
    now, place, waiting = open_in(asking), place_in(asking), {}
    for step in meetings_called(now):
        meeting = meeting_of(step, now.policy)
        if meeting is not None and _convenes(meeting, place):
            waiting[str(step.id)] = meeting, cast(MeetingCalled, step.facts).at
    return waiting
