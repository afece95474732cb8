"""A meeting that was called, for the calendars of the people who take part: when it is and under which reference, and no more."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, current_app, url_for
from icalendar import Calendar, Event

from forms_app.domain.records import MeetingCalled
from forms_app.services.looking import escalation_view
from forms_app.web.access import open_to, party
from forms_app.web.sessions import signed_in_person, workshop

blueprint = Blueprint("meetings", __name__)
DOWNLOAD = {"Content-Disposition": "attachment; filename=meeting.ics"}


@blueprint.get("/escalations/<uuid:escalation_id>/records/<uuid:record_id>/meeting.ics")
@open_to(party)
def calendar(escalation_id: UUID, record_id: UUID) -> Response:
    """What leaves our pages goes where anybody may read it: so no place, no agenda, no names."""
    with workshop().reading() as work:
        view = escalation_view(work, by=signed_in_person().id, escalation_id=escalation_id, with_documents=False)
    steps = (step for visit in view.standing.visits for step in visit.steps if step.id == record_id)
    called = next(steps, None)
    if called is None or not isinstance(called.facts, MeetingCalled):
        abort(404)
    event = Event()
    event.add("uid", f"{record_id}@escalations")
    event.add("dtstamp", called.entered_at)
    event.add("dtstart", called.facts.at)
    event.add("summary", f"Escalation {view.summary.reference}: meeting")
    event.add("url", current_app.config["SERVICE_URL"] + url_for("escalations.one", escalation_id=escalation_id))
    event.add("class", "PRIVATE")
    return Response(_file_of(event), mimetype="text/calendar", headers=DOWNLOAD)


def _file_of(event: Event) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Forms App//Escalations//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
