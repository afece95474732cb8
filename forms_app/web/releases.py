"""The pages of a document that waits for a second person, and of the address that must be kept secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, DomainError, NotAllowedNow
from forms_app.forms.fields import number_brought_back
from forms_app.forms.releases import findings_form, send_back_form, suggested, texts_form, texts_given
from forms_app.services import held, protecting, releasing
from forms_app.services.held import HeldView
from forms_app.services.looking import escalation_view
from forms_app.services.releasing import Proposal
from forms_app.services.scanning import CheckFailed
from forms_app.web.access import open_to
from forms_app.web.filling_in import nested_in
from forms_app.web.rendering import CONFLICT, SHOWN_AGAIN
from forms_app.web.sessions import signed_in_person, workshop

Answer = Response | tuple[str, int]
UNCHECKED = 503
ONE = "/escalations/<uuid:escalation_id>/waiting/<uuid:document_id>"
REFUSED = (ChangedMeanwhile, NotAllowedNow, CheckFailed)

blueprint = Blueprint("releases", __name__)


@blueprint.get(ONE)
@open_to(May.SEE_RELEASE)
def one(escalation_id: UUID, document_id: UUID) -> Answer:
    return _page(_view(escalation_id, document_id))


@blueprint.route(f"{ONE}/texts", methods=["GET", "POST"])
@open_to(May.PREPARE_RELEASE)
def texts(escalation_id: UUID, document_id: UUID) -> Answer:
    """The short texts. To keep them is to have them checked."""
    view = _view(escalation_id, document_id)
    if not view.prepares or not view.texts:
        return _page(view, refused="You cannot write the short texts of this document.", status=CONFLICT)
    form_of = texts_form(view.texts, unprintable=unprintable)
    if request.method == "GET":
        return _texts_page(view, form_of(data=_given(view)))
    form = form_of(request.form)
    if not form.validate():
        return _texts_page(view, form, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            releasing.write_texts(
                work,
                by=signed_in_person().id,
                document_id=document_id,
                seen=_seen(),
                texts=form.texts(),
                without_texts=form.without_texts,
            )
    except REFUSED as refused:
        return _texts_page(_view(escalation_id, document_id), form, refused=str(refused), status=_status(refused))
    return _onward(escalation_id, document_id)


@blueprint.route(f"{ONE}/found", methods=["GET", "POST"])
@open_to(May.PREPARE_RELEASE)
def found(escalation_id: UUID, document_id: UUID) -> Answer:
    """What becomes of each thing that was found. Then it is checked again."""
    view = _view(escalation_id, document_id)
    if not view.prepares or not view.sees_texts:
        return _page(view, refused="Somebody else decides about what was found in this document.", status=CONFLICT)
    findings = view.undecided
    form_of = findings_form(findings, unprintable=unprintable)
    if request.method == "GET":
        return _found_page(view, form_of(data=suggested(findings)))
    form = form_of(request.form)
    if _seen() == view.revision and not form.validate():
        return _found_page(view, form, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            decisions = form.decisions(findings) if _seen() == view.revision else ()
            releasing.resolve(
                work, by=signed_in_person().id, document_id=document_id, seen=_seen(), decisions=decisions
            )
    except REFUSED as refused:
        again = _view(escalation_id, document_id)
        if again.revision != view.revision or _seen() != view.revision:
            return _page(again, refused=str(refused), status=_status(refused))
        return _found_page(again, form, refused=str(refused), status=_status(refused))
    return _onward(escalation_id, document_id)


@blueprint.post(f"{ONE}/send")
@open_to(May.PREPARE_RELEASE)
def send(escalation_id: UUID, document_id: UUID) -> Answer:
    proposal = Proposal.WITHDRAWAL if request.form.get("proposal") == Proposal.WITHDRAWAL else Proposal.RELEASE
    return _acted(releasing.send, escalation_id, document_id, proposal=proposal)


@blueprint.post(f"{ONE}/release")
@open_to(May.RELEASE, May.DECIDE_PROTECTED_ADDRESS)
def release(escalation_id: UUID, document_id: UUID) -> Answer:
    return _acted(releasing.decide, escalation_id, document_id)


@blueprint.post(f"{ONE}/take-back")
@open_to(May.PREPARE_RELEASE)
def take_back(escalation_id: UUID, document_id: UUID) -> Answer:
    return _acted(releasing.take_back, escalation_id, document_id)


@blueprint.route(f"{ONE}/send-back", methods=["GET", "POST"])
@open_to(May.RELEASE, May.DECIDE_PROTECTED_ADDRESS)
def send_back(escalation_id: UUID, document_id: UUID) -> Answer:
    view, form_of = _view(escalation_id, document_id), send_back_form(unprintable=unprintable)
    if not view.decides:
        return _page(view, refused="You cannot send this document back.", status=CONFLICT)
    form = form_of(request.form if request.method == "POST" else None)
    if request.method == "GET":
        return _send_back_page(view, form, 200)
    if not form.validate():
        return _send_back_page(view, form, SHOWN_AGAIN)
    return _acted(releasing.send_back, escalation_id, document_id, because=form["f-because"].data)


# --- the address -------------------------------------------------------------------------------------------------


@blueprint.route("/escalations/<uuid:escalation_id>/secret-address", methods=["GET", "POST"])
@open_to(May.SEE_PROTECTED_ADDRESS)
def secret_address(escalation_id: UUID) -> Answer:
    person = signed_in_person()
    if request.method == "POST":
        with workshop().writing() as work:
            protecting.protect_address(work, by=person.id, escalation_id=escalation_id)
        return redirect(url_for("escalations.one", escalation_id=escalation_id), 303)
    with workshop().reading() as work:
        view = escalation_view(work, by=person.id, escalation_id=escalation_id, with_documents=False)
    html = render_template("releases/secret_address.html", view=view, heading="The address must be kept secret")
    return html, 200


# --- parts -------------------------------------------------------------------------------------------------------


def _view(escalation_id: UUID, document_id: UUID) -> HeldView:
    """The document, by the address of its own escalation and no other."""
    with workshop().reading() as work:
        return held.held_view(work, by=signed_in_person().id, document_id=document_id, escalation_id=escalation_id)


def _given(view: HeldView) -> dict[str, Any]:
    return texts_given(view.texts, without_texts=view.without_texts and view.sees_texts)


def _acted(act: Any, escalation_id: UUID, document_id: UUID, **given: Any) -> Answer:
    _view(escalation_id, document_id)
    try:
        with workshop().writing() as work:
            act(work, by=signed_in_person().id, document_id=document_id, seen=_seen(), **given)
    except REFUSED as refused:
        return _page(_view(escalation_id, document_id), refused=str(refused), status=_status(refused))
    return redirect(url_for("releases.one", escalation_id=escalation_id, document_id=document_id), 303)


def _onward(escalation_id: UUID, document_id: UUID) -> Response:
    """To what was found, while something of it is undecided."""
    view = _view(escalation_id, document_id)
    endpoint = "releases.found" if view.undecided else "releases.one"
    return redirect(url_for(endpoint, escalation_id=escalation_id, document_id=document_id), 303)


def _seen() -> int:
    """The revision that this person saw; none that can be right where the form says none."""
    return number_brought_back(request.form.get("seen", ""))


def _status(refused: DomainError) -> int:
    return UNCHECKED if isinstance(refused, CheckFailed) else CONFLICT


def _page(view: HeldView, *, refused: str = "", status: int = 200) -> tuple[str, int]:
    return render_template("releases/one.html", view=view, refused=refused, heading=view.line.title), status


def _texts_page(view: HeldView, form: Form, *, refused: str = "", status: int = 200) -> tuple[str, int]:
    html = render_template(
        "releases/texts.html", view=view, form=form, refused=refused, heading="Write the short texts"
    )
    return html, status


def _found_page(view: HeldView, form: Any, *, refused: str = "", status: int = 200) -> tuple[str, int]:
    html = render_template(
        "releases/found.html",
        view=view,
        form=form,
        nested=nested_in(form),
        refused=refused,
        heading="Decide about what was found",
    )
    return html, status


def _send_back_page(view: HeldView, form: Form, status: int) -> tuple[str, int]:
    return render_template("releases/send_back.html", view=view, form=form, heading="Send it back"), status
