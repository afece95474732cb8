"""What the people who take part put into their calendars: when, under which reference, and no more.

What leaves our pages goes where anybody may read it: so no place, no agenda, no names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, url_for
from icalendar import Calendar, Event

from forms_app.domain.access import May
from forms_app.domain.clocks import Due
from forms_app.domain.pending import Pending, What, pending
from forms_app.domain.records import MeetingCalled
from forms_app.services.looking import EscalationView, escalation_view
from forms_app.web.access import open_to
from forms_app.web.sessions import signed_in_person, workshop

blueprint = Blueprint("calendars", __name__)
WORDS: Mapping[What, str] = {
    What.CLOCK: "time limit",
    What.REVIEW: "review",
    What.ACTION: "action due",
    What.CHECK: "check what was agreed",
    What.MEETING: "meeting",
}
"""What an event is called, of everything that can have a day."""


@blueprint.get("/escalations/<uuid:escalation_id>/records/<uuid:record_id>/meeting.ics")
@open_to(May.TAKE_DEADLINES)
def meeting(escalation_id: UUID, record_id: UUID) -> Response:
    """One meeting that was called, also after it was held."""
    with workshop().reading() as work:
        view = escalation_view(work, by=signed_in_person().id, escalation_id=escalation_id, with_documents=False)
    called = next((step for step in view.standing.recorded if step.id == record_id), None)
    if called is None or not isinstance(called.facts, MeetingCalled):
        abort(404)
    moment = Due(at=called.facts.at, day=called.facts.at.date(), to_the_minute=True)
    found = Pending(What.MEETING, str(record_id), (), moment, called.entered_at)
    return _file_of([_event(view, found, moment)], "meeting.ics")


@blueprint.get("/escalations/<uuid:escalation_id>/calendar.ics")
@open_to(May.TAKE_DEADLINES)
def everything(escalation_id: UUID) -> Response:
    """Every day and hour that is still to be kept: time limits, meetings, reviews, and what was agreed."""
    with workshop().reading() as work:
        view = escalation_view(work, by=signed_in_person().id, escalation_id=escalation_id, with_documents=False)
        found = dated(view, work.now)
    return _file_of([_event(view, each, due) for each, due in found], "calendar.ics")


def dated(view: EscalationView, at: datetime) -> list[tuple[Pending, Due]]:
    """What is still to be done by a day or an hour."""
    found = pending(view.standing, places=view.places, at=at)
    return [(each, each.due) for each in found if each.due is not None]


def _event(view: EscalationView, each: Pending, due: Due) -> Event:
    """An hour where hours count; otherwise the whole day, which keeps nobody from being asked elsewhere."""
    event = Event()
    event.add("uid", f"{each.about}@escalations")
    event.add("dtstamp", each.since)
    if due.to_the_minute:
        event.add("dtstart", due.at)
    else:
        event.add("dtstart", due.day)
        event.add("dtend", due.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    event.add("summary", f"Escalation {view.summary.reference}: {WORDS[each.what]}")
    event.add("url", current_app.config["SERVICE_URL"] + url_for("escalations.one", escalation_id=view.summary.id))
    event.add("class", "PRIVATE")
    return event


def _file_of(events: Iterable[Event], name: str) -> Response:
    calendar = Calendar()
    calendar.add("prodid", "-//Forms App//Escalations//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for event in events:
        calendar.add_component(event)
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(bytes(calendar.to_ical()), mimetype="text/calendar", headers=headers)
