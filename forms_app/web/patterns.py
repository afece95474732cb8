"""The pages of patterns: similar escalations by pair of agencies and reason, what they open, and what was decided about them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.patterns import Pair
from forms_app.forms.fields import number_brought_back
from forms_app.forms.learning import reason_form
from forms_app.forms.patterns import threshold_form
from forms_app.services import patterns
from forms_app.services.patterns import PatternView
from forms_app.web.access import open_to
from forms_app.web.rendering import CONFLICT, page_number, show
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]
PAIR = "/<uuid:raising_id>/<uuid:receiving_id>/<category>"
SAID = {
    "set": "The numbers were saved.",
    "looked": "It was noted that nothing is to be done until one more comes.",
    "scrutineer": "The scrutineer is told by email.",
    "nobody": "Nobody could be told: nobody holds that place now.",
    "raiser": "Whoever raised it is told by email.",
}
"""What a page says of what was done just before it."""

blueprint = Blueprint("patterns", __name__, url_prefix="/patterns")


@blueprint.get("")
@open_to(May.SEE_PATTERNS)
def every() -> Answer:
    with workshop().reading() as work:
        view = patterns.patterns_view(work, by=signed_in_person().id, page=page_number())
    return show("patterns/every.html", view=view, said=_said(), heading="Patterns")


@blueprint.get(PAIR)
@open_to(May.SEE_PATTERNS)
def one(raising_id: UUID, receiving_id: UUID, category: str) -> Answer:
    view = _view(Pair(raising_id, receiving_id, category))
    return show("patterns/one.html", view=view, said=_said(), heading=view.line.reason, caption=_caption(view))


@blueprint.route(f"{PAIR}/nothing", methods=["GET", "POST"])
@open_to(May.KEEP_PATTERNS)
def nothing(raising_id: UUID, receiving_id: UUID, category: str) -> Answer:
    pair = Pair(raising_id, receiving_id, category)
    view, form_of = _view(pair), reason_form("Why is nothing to be done?", unprintable=unprintable)
    if request.method == "GET":
        return _nothing_page(view, form_of(), str(view.line.count))
    form, seen = form_of(request.form), request.form.get("seen", "")
    if not form.validate():
        return _nothing_page(view, form, seen)
    try:
        with workshop().writing() as work:
            count, reason = number_brought_back(seen), form["reason"].data
            patterns.look_at(work, by=signed_in_person().id, pair=pair, seen=count, reason=reason)
    except NotAllowedNow as refused:
        page, _ = _nothing_page(view, form, str(view.line.count), refused=str(refused))
        return page, CONFLICT
    return _to(pair, "looked")


@blueprint.route(f"{PAIR}/tell", methods=["GET", "POST"])
@open_to(May.KEEP_PATTERNS)
def tell(raising_id: UUID, receiving_id: UUID, category: str) -> Answer:
    """The button by which the scrutineer is told; who had to sign in first comes back to the pattern."""
    pair = Pair(raising_id, receiving_id, category)
    if request.method == "GET":
        return _to(_view(pair).line.pair)
    with workshop().writing() as work:
        told = patterns.tell_scrutineer(work, by=signed_in_person().id, pair=pair)
    poke()
    return _to(pair, "scrutineer" if told else "nobody")


@blueprint.route(f"{PAIR}/tell/<uuid:escalation_id>", methods=["GET", "POST"])
@open_to(May.KEEP_PATTERNS)
def tell_raiser(raising_id: UUID, receiving_id: UUID, category: str, escalation_id: UUID) -> Answer:
    """The button by which whoever raised one of them is told."""
    pair = Pair(raising_id, receiving_id, category)
    if request.method == "GET":
        return _to(_view(pair).line.pair)
    with workshop().writing() as work:
        told = patterns.tell_raiser(work, by=signed_in_person().id, pair=pair, escalation_id=escalation_id)
    poke()
    return _to(pair, "raiser" if told else "nobody")


@blueprint.route("/threshold", methods=["GET", "POST"])
@open_to(May.KEEP_PATTERNS)
def threshold() -> Answer:
    with workshop().reading() as work:
        view = patterns.patterns_view(work, by=signed_in_person().id, page=1)
    form_of, now = threshold_form(view.threshold, unprintable=unprintable), view.threshold
    if request.method == "GET":
        return _threshold_page(form_of(data={"similar": str(now.count), "months": str(now.months)}))
    form = form_of(request.form)
    if not form.validate():
        return _threshold_page(form)
    count, months = form.numbers()
    try:
        with workshop().writing() as work:
            patterns.set_threshold(work, by=signed_in_person().id, count=count, months=months)
    except NotAllowedNow as refused:
        page, _ = _threshold_page(form, refused=str(refused))
        return page, CONFLICT
    return redirect(url_for("patterns.every", said="set"), 303)


# --- parts -------------------------------------------------------------------------------------------------------


def _view(pair: Pair) -> PatternView:
    with workshop().reading() as work:
        return patterns.pattern_view(work, by=signed_in_person().id, pair=pair)


def _caption(view: PatternView) -> str:
    return f"{view.line.raising} with {view.line.receiving}"


def _nothing_page(view: PatternView, form: Form, seen: str, *, refused: str = "") -> tuple[str, int]:
    heading = "Is nothing to be done?"
    return show(
        "patterns/nothing.html", form, view=view, seen=seen, refused=refused, heading=heading, caption=_caption(view)
    )


def _threshold_page(form: Form, *, refused: str = "") -> tuple[str, int]:
    return show("patterns/threshold.html", form, refused=refused, heading="When similar escalations are a pattern")


def _said() -> str | None:
    return SAID.get(request.args.get("said", ""))


def _to(pair: Pair, said: str | None = None) -> Response:
    path = url_for(
        "patterns.one", raising_id=pair.raising_id, receiving_id=pair.receiving_id, category=pair.category, said=said
    )
    return redirect(path, 303)
