"""The pages about a place in an escalation: who takes it over, who covers in it, and who has an interest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow
from forms_app.forms.places import cover_form, hand_over_form, interest_form
from forms_app.services import covering, handing_over, interests
from forms_app.web.access import open_to, opens
from forms_app.web.rendering import CONFLICT, SHOWN_AGAIN
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]
PLACE = "/escalations/<uuid:escalation_id>/places/<uuid:place_id>"
REFUSED = (ChangedMeanwhile, NotAllowedNow)

blueprint = Blueprint("places", __name__)


@blueprint.get("/register/places")
@open_to(May.SEE_EMPTY_PLACES)
def empty() -> str:
    """Every place of the Board’s escalations that nobody holds any more."""
    with workshop().reading() as work:
        found = handing_over.empty_places(work, by=signed_in_person().id)
    return render_template("places/empty.html", places=found, heading="Places that nobody holds")


@blueprint.route(f"{PLACE}/hand-over", methods=["GET", "POST"])
@open_to(May.HAND_OVER_PLACE)
def hand_over(escalation_id: UUID, place_id: UUID) -> Answer:
    person, back = signed_in_person(), _back(escalation_id)
    where: dict[str, Any] = {"by": person.id, "escalation_id": escalation_id, "place_id": place_id}
    if _was_sent_before(where):
        return redirect(back, 303)
    try:
        with workshop().reading() as work:
            view = handing_over.place_view(work, **where, seen=_seen())
    except ChangedMeanwhile as refused:
        return _overtaken(str(refused), back)
    form_of = hand_over_form(view.candidates, unprintable=unprintable)
    if request.method == "GET":
        return _page("hand_over", form_of(), "Hand over a place", back, view=view)
    form = form_of(request.form)
    if not form.validate():
        return _page("hand_over", form, "Hand over a place", back, view=view, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            handing_over.hand_over(
                work, **where, seen=_seen() or view.holder_id, to=form.to, reason=form.reason, words=form.words
            )
    except REFUSED as refused:
        return _page("hand_over", form, "Hand over a place", back, view=view, refused=str(refused), status=CONFLICT)
    poke()
    return redirect(url_for("escalations.yours") if view.is_oneself else back, 303)


@blueprint.route(f"{PLACE}/cover", methods=["GET", "POST"])
@open_to(May.COVER_PLACE)
def cover(escalation_id: UUID, place_id: UUID) -> Answer:
    person, back = signed_in_person(), _back(escalation_id)
    where: dict[str, Any] = {"by": person.id, "escalation_id": escalation_id, "place_id": place_id}
    with workshop().reading() as work:
        view = covering.cover_view(work, **where)
    form_of = cover_form(view.place.candidates, today=view.today, latest=view.latest)
    if request.method == "GET":
        return _page("cover", form_of(), "Who covers", back, view=view)
    form = form_of(request.form)
    if not form.validate():
        return _page("cover", form, "Who covers", back, view=view, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            seen = _seen() or view.place.holder_id
            covering.name_cover(work, **where, seen=seen, person=form.person, first=form.first, last=form.last)
    except REFUSED as refused:
        return _page("cover", form, "Who covers", back, view=view, refused=str(refused), status=CONFLICT)
    poke()
    return redirect(back, 303)


@blueprint.post(f"{PLACE}/cover/end")
@open_to(May.COVER_PLACE)
def end_cover(escalation_id: UUID, place_id: UUID) -> Answer:
    with workshop().writing() as work:
        covering.end_cover(work, by=signed_in_person().id, escalation_id=escalation_id, place_id=place_id)
    poke()
    return redirect(_back(escalation_id), 303)


@blueprint.route("/escalations/<uuid:escalation_id>/interest", methods=["GET", "POST"])
@open_to(May.DECLARE_INTEREST)
def interest(escalation_id: UUID) -> Answer:
    person, back = signed_in_person(), _back(escalation_id)
    with workshop().reading() as work:
        view = interests.interest_view(work, by=person.id, escalation_id=escalation_id)
    form = interest_form(unprintable=unprintable)(request.form if request.method == "POST" else None)
    if request.method == "GET":
        return _page("interest", form, "I have an interest in this", back, view=view)
    if not form.validate():
        return _page("interest", form, "I have an interest in this", back, view=view, status=SHOWN_AGAIN)
    if _seen() != escalation_id:
        abort(400)
    with workshop().writing() as work:
        interests.declare_interest(work, by=person.id, escalation_id=escalation_id, words=form.words)
    poke()
    return redirect(url_for("escalations.yours" if view.is_party else "board.register"), 303)


# --- parts -------------------------------------------------------------------------------------------------------


def _page(
    template: str, form: Form, heading: str, back: str, *, view: Any, refused: str = "", status: int = 200
) -> tuple[str, int]:
    page = render_template(
        f"places/{template}.html", view=view, form=form, heading=heading, back=back, refused=refused, seen=_seen()
    )
    return page, status


def _was_sent_before(where: dict[str, Any]) -> bool:
    """Whether this very form was sent before: whoever took over can be chosen no more."""
    seen = _seen()
    try:
        to = UUID(request.form.get("f-to", ""))
    except ValueError:
        return False
    with workshop().reading() as work:
        return seen is not None and handing_over.was_done(work, **where, seen=seen, to=to)


def _overtaken(sentence: str, back: str) -> tuple[str, int]:
    """Somebody else was there before: what was typed stands on the page, and nothing of it was done."""
    page = render_template(
        "places/overtaken.html",
        sentence=sentence,
        typed=request.form.get("f-words", ""),
        heading="Somebody else was there before you",
        back=back,
    )
    return page, CONFLICT


def _seen() -> UUID | None:
    """Who held the place when the form was opened."""
    if request.method == "GET":
        return None
    try:
        return UUID(request.form.get("seen", ""))
    except ValueError:
        abort(400)


def _back(escalation_id: UUID) -> str:
    if g.party_to == escalation_id:
        return url_for("escalations.one", escalation_id=escalation_id, _anchor="parties")
    return url_for("places.empty") if opens("places.empty") else url_for("board.register")
