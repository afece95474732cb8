"""How long the Board keeps what: its rules, what is on hold, what comes due, and the lists that two people agree on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.retention import COUNTED_FROM, HoldReason, RecordClass
from forms_app.forms.keeping import CLASSES, HOLD_REASONS, UNITS, answers_of, hold_form, rule_form
from forms_app.services import destroying, keeping
from forms_app.web.access import open_to
from forms_app.web.rendering import CONFLICT, show
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]
WORDS: dict[str, Any] = {"classes": CLASSES, "units": UNITS, "counted_from": COUNTED_FROM, "reasons": HOLD_REASONS}
CLASS = f"<any({','.join(repr(each.value) for each in RecordClass)}):record_class>"

blueprint = Blueprint("keeping", __name__, url_prefix="/register/keeping")


@blueprint.get("")
@open_to(May.SEE_KEEPING)
def every() -> tuple[str, int]:
    return _every_page()


# --- rules ---------------------------------------------------------------------------------------------------------


@blueprint.route(f"/rules/{CLASS}", methods=["GET", "POST"])
@open_to(May.PROPOSE_DESTRUCTION, proved_again=True)
def rule(record_class: str) -> Answer:
    of = RecordClass(record_class)
    form_of = rule_form(of, unprintable=unprintable)
    if request.method == "GET":
        with workshop().reading() as work:
            now = keeping.keeping_view(work, by=signed_in_person().id).rules[of]
        return _rule_page(of, form_of(data=answers_of(now)))
    form = form_of(request.form)
    if not form.validate():
        return _rule_page(of, form)
    with workshop().writing() as work:
        keeping.set_rule(work, by=signed_in_person().id, of=of, rule=form.rule(of))
    return _to_every()


def _rule_page(of: RecordClass, form: Form) -> tuple[str, int]:
    return show("keeping/rule.html", form, heading=CLASSES[of], caption="How long they are kept")


# --- holds ---------------------------------------------------------------------------------------------------------


@blueprint.route("/holds/new", methods=["GET", "POST"])
@open_to(May.PROPOSE_DESTRUCTION)
def hold() -> Answer:
    form_of = hold_form(unprintable=unprintable)
    if request.method == "GET":
        return _hold_page(form_of(data={"reference": request.args.get("reference", "")[:20]}))
    form = form_of(request.form)
    if not form.validate():
        return _hold_page(form)
    try:
        with workshop().writing() as work:
            keeping.place_hold(
                work,
                by=signed_in_person().id,
                reference=form["reference"].data,
                because=HoldReason(form["because"].data),
                sentence=form["sentence"].data,
            )
    except (NotFound, NotAllowedNow) as refused:
        form["reference"].errors = [str(refused)]
        return _hold_page(form)
    return _to_every()


def _hold_page(form: Form) -> tuple[str, int]:
    return show("keeping/hold.html", form, heading="Put an escalation on hold")


@blueprint.route("/holds/<uuid:hold_id>/lift", methods=["GET", "POST"])
@open_to(May.PROPOSE_DESTRUCTION)
def lift(hold_id: UUID) -> Answer:
    if request.method == "POST":
        with workshop().writing() as work:
            keeping.lift_hold(work, by=signed_in_person().id, hold_id=hold_id)
        return _to_every()
    with workshop().reading() as work:
        line = keeping.hold_line(work, by=signed_in_person().id, hold_id=hold_id)
    return show("keeping/lift.html", line=line, heading="Lift a hold", caption=line.reference, **WORDS)


# --- lists ---------------------------------------------------------------------------------------------------------


@blueprint.post("/lists")
@open_to(May.PROPOSE_DESTRUCTION)
def propose() -> Answer:
    chosen = {found for each in request.form.getlist("escalation") if (found := _id(each)) is not None}
    try:
        with workshop().writing() as work:
            destruction = destroying.propose(work, by=signed_in_person().id, escalations=chosen)
    except NotAllowedNow as refused:
        page, _ = _every_page(refused=str(refused))
        return page, CONFLICT
    return _to_list(destruction)


@blueprint.get("/lists/<uuid:destruction_id>")
@open_to(May.SEE_KEEPING)
def one(destruction_id: UUID) -> tuple[str, int]:
    return _list_page(destruction_id)


@blueprint.route("/lists/<uuid:destruction_id>/confirm", methods=["GET", "POST"])
@open_to(May.DESTROY, proved_again=True)
def confirm(destruction_id: UUID) -> Answer:
    """Asked on a page of its own, so that whoever has to prove again that it is them comes back to the question."""
    if request.method == "GET":
        return _list_page(destruction_id, asks=True)
    try:
        with workshop().writing() as work:
            destroying.confirm(work, by=signed_in_person().id, destruction_id=destruction_id)
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        page, _ = _list_page(destruction_id, refused=str(refused))
        return page, CONFLICT
    poke()
    return _to_list(destruction_id)


@blueprint.post("/lists/<uuid:destruction_id>/withdraw")
@open_to(May.SEE_KEEPING)
def withdraw(destruction_id: UUID) -> Answer:
    try:
        with workshop().writing() as work:
            destroying.withdraw(work, by=signed_in_person().id, destruction_id=destruction_id)
    except ChangedMeanwhile as refused:
        page, _ = _list_page(destruction_id, refused=str(refused))
        return page, CONFLICT
    return _to_every()


@blueprint.get("/lists/<uuid:destruction_id>/certificate")
@open_to(May.SEE_KEEPING)
def certificate(destruction_id: UUID) -> Response:
    with workshop().writing() as work:
        name, said = destroying.certificate(work, by=signed_in_person().id, destruction_id=destruction_id)
    answer = Response(said, mimetype="text/plain")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


# --- parts ---------------------------------------------------------------------------------------------------------


def _every_page(*, refused: str = "") -> tuple[str, int]:
    with workshop().reading() as work:
        view = keeping.keeping_view(work, by=signed_in_person().id)
        lists = destroying.list_views(work, by=signed_in_person().id)
    return show(
        "keeping/every.html", view=view, lists=lists, refused=refused, heading="How long records are kept", **WORDS
    )


def _list_page(destruction_id: UUID, *, refused: str = "", asks: bool = False) -> tuple[str, int]:
    with workshop().reading() as work:
        view = destroying.list_view(work, by=signed_in_person().id, destruction_id=destruction_id)
    return show(
        "keeping/list.html",
        view=view,
        refused=refused,
        asks=asks and view.can_confirm,
        heading=f"Certificate of destruction {view.number}" if view.finished else f"List {view.number}",
        caption="To be destroyed" if not view.finished else "",
        own=destroying.OWN_LIST,
        **WORDS,
    )


def _to_every() -> Response:
    return redirect(url_for("keeping.every"), 303)


def _to_list(destruction_id: UUID) -> Response:
    return redirect(url_for("keeping.one", destruction_id=destruction_id), 303)


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None
