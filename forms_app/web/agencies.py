"""The agencies of a Board, and each one's yearly word that its list of people is right."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow
from forms_app.forms.administering import SEATS, agency_form
from forms_app.services import agencies, attesting
from forms_app.services.agencies import AgencyLine
from forms_app.web.access import open_to
from forms_app.web.form_keys import form_key
from forms_app.web.rendering import CONFLICT, show
from forms_app.web.sessions import signed_in_person, workshop

Answer = Response | tuple[str, int]
CHANGES = {
    "person_added": "was added",
    "person_changed": "was changed",
    "person_left": "left",
    "person_returned": "came back",
    "person_locked": "was locked",
    "person_unlocked": "was unlocked",
    "administration_taken": "does not administer people any more",
    "proposal_confirmed": "has another seat, role or email address, which a second person confirmed",
}
"""What an entry of the trail says, after the name."""

blueprint = Blueprint("agencies", __name__, url_prefix="/agencies")


@blueprint.get("")
@open_to(May.ADMINISTER_PEOPLE)
def every() -> tuple[str, int]:
    with workshop().reading() as work:
        view = agencies.agencies_view(work, by=signed_in_person().id)
    return show("agencies/every.html", view=view, only_due="due" in request.args, heading="Agencies")


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(May.KEEP_AGENCIES, proved_again=True)
def add() -> Answer:
    form_of = _form_of()
    if request.method == "GET":
        return _form_page(form_of(), "Add an agency", hidden={"form_key": str(uuid4())})
    form, hidden = form_of(request.form), {"form_key": request.form.get("form_key", "")}
    if not form.validate():
        return _form_page(form, "Add an agency", hidden=hidden)
    try:
        with workshop().writing() as work:
            agencies.add_agency(
                work,
                by=signed_in_person().id,
                form_key=form_key(),
                name=form["agency_name"].data,
                kind=form["kind"].data,
            )
    except NotAllowedNow as refused:
        return _at_fault(form, str(refused), "Add an agency", hidden=hidden)
    return _to_every()


@blueprint.route("/<uuid:agency_id>", methods=["GET", "POST"])
@open_to(May.KEEP_AGENCIES, proved_again=True)
def change(agency_id: UUID) -> Answer:
    line, form_of = _line(agency_id), _form_of()
    if request.method == "GET":
        form = form_of(data={"agency_name": line.name, "kind": line.kind})
        return _form_page(form, "Change an agency", line=line, hidden={"seen": line.stamp})
    form, hidden = form_of(request.form), {"seen": request.form.get("seen", "")}
    if not form.validate():
        return _form_page(form, "Change an agency", line=line, hidden=hidden)
    try:
        with workshop().writing() as work:
            agencies.change_agency(
                work,
                by=signed_in_person().id,
                agency_id=agency_id,
                name=form["agency_name"].data,
                kind=form["kind"].data,
                seen=hidden["seen"],
            )
    except NotAllowedNow as refused:
        return _at_fault(form, str(refused), "Change an agency", line=line, hidden=hidden)
    except ChangedMeanwhile as refused:
        hidden = {"seen": line.stamp}
        page, _ = _form_page(form, "Change an agency", line=line, hidden=hidden, refused=str(refused))
        return page, CONFLICT
    return _to_every()


@blueprint.route("/<uuid:agency_id>/<any('close','open'):deed>", methods=["GET", "POST"])
@open_to(May.KEEP_AGENCIES, proved_again=True)
def do(agency_id: UUID, deed: str) -> Answer:
    line = _line(agency_id)
    if request.method == "GET":
        return _deed_page(line, deed)
    does = {"close": agencies.close_agency, "open": agencies.open_agency_again}[deed]
    try:
        with workshop().writing() as work:
            does(work, by=signed_in_person().id, agency_id=agency_id)
    except NotAllowedNow as refused:
        page, _ = _deed_page(line, deed, refused=str(refused))
        return page, CONFLICT
    return _to_every()


@blueprint.route("/<uuid:agency_id>/attest", methods=["GET", "POST"])
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
def attest(agency_id: UUID) -> Answer:
    if request.method == "GET":
        return _attest_page(agency_id)
    try:
        with workshop().writing() as work:
            attesting.attest(work, by=signed_in_person().id, agency_id=agency_id, seen=request.form.get("seen", ""))
    except ChangedMeanwhile as refused:
        page, _ = _attest_page(agency_id, refused=str(refused))
        return page, CONFLICT
    return _to_every()


# --- parts -------------------------------------------------------------------------------------------------------


def _attest_page(agency_id: UUID, *, refused: str = "") -> tuple[str, int]:
    with workshop().reading() as work:
        view = attesting.attestation_view(work, by=signed_in_person().id, agency_id=agency_id)
    return show(
        "agencies/attest.html",
        view=view,
        seats=SEATS,
        words=CHANGES,
        refused=refused,
        heading="Is this list of people right?",
        caption=view.agency.name,
    )


def _deed_page(line: AgencyLine, deed: str, *, refused: str = "") -> tuple[str, int]:
    question = "Close this agency?" if deed == "close" else "Open this agency again?"
    return show("agencies/deed.html", line=line, deed=deed, refused=refused, heading=question, caption=line.name)


def _line(agency_id: UUID) -> AgencyLine:
    with workshop().reading() as work:
        return agencies.agency_line(work, by=signed_in_person().id, agency_id=agency_id)


def _form_of() -> type[Form]:
    with workshop().reading() as work:
        view = agencies.agencies_view(work, by=signed_in_person().id)
    return agency_form(unprintable=unprintable, kinds=list(view.kinds.items()))


def _form_page(form: Form, heading: str, **shown: Any) -> tuple[str, int]:
    return show("agencies/form.html", form, heading=heading, **{"line": None, "refused": "", **shown})


def _at_fault(form: Form, refused: str, heading: str, **shown: Any) -> tuple[str, int]:
    field = "agency_name" if refused == agencies.NAME_TAKEN else "kind"
    form[field].errors = [refused]
    return _form_page(form, heading, **shown)


def _to_every() -> Response:
    return redirect(url_for("agencies.every"), 303)
