"""The pages of the people who take part in an escalation."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.routing import AnyConverter, Map
from werkzeug.wrappers import Response

from forms_app.domain.access import May
from forms_app.domain.acts import Act
from forms_app.domain.circulation import NOT_CIRCULATED
from forms_app.domain.secrecy import is_protected
from forms_app.services.drafts import drafts_of
from forms_app.services.file_copies import make_file_copy
from forms_app.services.held import waiting_in
from forms_app.services.looking import (
    escalation_view,
    guidance_for,
    help_for,
    opened_beside,
    record_of,
    your_escalations,
)
from forms_app.services.signing_in import SignedInPerson
from forms_app.web import filling_in
from forms_app.web.access import open_to
from forms_app.web.calendars import dated
from forms_app.web.filling_in import PATHS, Answer, FormPlace, begun_concern, told_of
from forms_app.web.offers import offers_of
from forms_app.web.sessions import signed_in_person, workshop

blueprint = Blueprint("escalations", __name__)
ONE = "/escalations/<uuid:escalation_id>"
FORM = f"{ONE}/<form:path>"
BESIDE = f"{ONE}/beside"
CORRECTION = f"{ONE}/records/<uuid:record_id>/correct"


class FormPath(AnyConverter):
    """The name of a form in an address. As a converter of its own, so that no log repeats the names of all."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, *PATHS)


@blueprint.get("/escalations")
@open_to(May.SEE_OWN_LIST)
def yours() -> str:
    person = signed_in_person()
    with workshop().reading() as work:
        found = your_escalations(work, by=person.id)
        begun = [concern for draft in drafts_of(work, by=person.id) if (concern := begun_concern(draft)) is not None]
    return render_template("escalations/yours.html", escalations=found, begun=begun, heading="Your escalations")


@blueprint.get(ONE)
@open_to(May.SEE_RECORDS)
def one(escalation_id: UUID) -> str:
    person = signed_in_person()
    with workshop().reading() as work:
        view = escalation_view(work, by=person.id, escalation_id=escalation_id)
        has_dates = bool(dated(view, work.now))
        beside = opened_beside(work, by=person.id, escalation_id=escalation_id)
        waiting = waiting_in(work, by=person.id, escalation_id=escalation_id)
    moment = "not_supported" if view.place.is_raiser and view.not_supporting else "always"
    links, contacts = help_for(view.policy, view.stage, person.board_name)
    return render_template(
        "escalations/one.html",
        view=view,
        heading=f"Escalation {view.summary.reference}",
        offers=offers_of(view),
        has_dates=has_dates,
        beside=beside,
        waiting=waiting,
        is_secret=is_protected(view.subject),
        guidance=guidance_for(view.policy, view.stage, moment),
        links=links,
        contacts=contacts,
    )


@blueprint.get(f"{ONE}/sent/<uuid:record_id>")
@open_to(May.SEE_RECORDS)
def sent(escalation_id: UUID, record_id: UUID) -> str:
    """The receipt of one form."""
    with workshop().reading() as work:
        view = escalation_view(work, by=signed_in_person().id, escalation_id=escalation_id, with_documents=False)
    record = record_of(view, record_id)
    return render_template(
        "escalations/sent.html",
        view=view,
        record=record,
        told=told_of(record.kind),
        has_documents=record.kind not in NOT_CIRCULATED,
        heading="It has been recorded",
    )


@blueprint.post(f"{ONE}/file-copy")
@open_to(May.ASK_FOR_FILE_COPY)
def file_copy(escalation_id: UUID) -> Response:
    """Makes the copy for the file of the person's own agency."""
    with workshop().writing() as work:
        document_id = make_file_copy(work, by=signed_in_person().id, escalation_id=escalation_id)
    return redirect(url_for("documents.one", document_id=document_id), 303)


# --- forms -------------------------------------------------------------------------------------------------------


def _keep_new(person: SignedInPerson, page_id: str) -> None:
    filling_in.keep_after_lapse(NEW, person, page_id)


def _keep_beside(person: SignedInPerson, escalation_id: UUID, page_id: str) -> None:
    filling_in.keep_after_lapse(FormPlace(Act.OPEN, beside=escalation_id), person, page_id)


def _keep_form(person: SignedInPerson, escalation_id: UUID, path: str, page_id: str) -> None:
    filling_in.keep_after_lapse(FormPlace(PATHS[path], escalation_id), person, page_id)


def _keep_correction(person: SignedInPerson, escalation_id: UUID, record_id: UUID, page_id: str) -> None:
    filling_in.keep_after_lapse(FormPlace(Act.FILE_ACCOUNT, escalation_id, record_id), person, page_id)


NEW = FormPlace(Act.OPEN)


@blueprint.get("/escalations/new")
@open_to(May.OPEN_ESCALATION)
def new() -> Answer:
    return filling_in.answer(NEW)


@blueprint.route("/escalations/new/<page_id>", methods=["GET", "POST"])
@open_to(May.OPEN_ESCALATION, keep=_keep_new)
def new_page(page_id: str) -> Answer:
    return filling_in.answer(NEW, page_id)


@blueprint.get(BESIDE)
@open_to(May.RECORD)
def beside(escalation_id: UUID) -> Answer:
    return filling_in.answer(FormPlace(Act.OPEN, beside=escalation_id))


@blueprint.route(f"{BESIDE}/<page_id>", methods=["GET", "POST"])
@open_to(May.RECORD, keep=_keep_beside)
def beside_page(escalation_id: UUID, page_id: str) -> Answer:
    return filling_in.answer(FormPlace(Act.OPEN, beside=escalation_id), page_id)


@blueprint.get(FORM)
@open_to(May.RECORD)
def form(escalation_id: UUID, path: str) -> Answer:
    return filling_in.answer(FormPlace(PATHS[path], escalation_id))


@blueprint.route(f"{FORM}/<page_id>", methods=["GET", "POST"])
@open_to(May.RECORD, keep=_keep_form)
def form_page(escalation_id: UUID, path: str, page_id: str) -> Answer:
    return filling_in.answer(FormPlace(PATHS[path], escalation_id), page_id)


@blueprint.get(CORRECTION)
@open_to(May.RECORD)
def correction(escalation_id: UUID, record_id: UUID) -> Answer:
    return filling_in.answer(FormPlace(Act.FILE_ACCOUNT, escalation_id, record_id))


@blueprint.route(f"{CORRECTION}/<page_id>", methods=["GET", "POST"])
@open_to(May.RECORD, keep=_keep_correction)
def correction_page(escalation_id: UUID, record_id: UUID, page_id: str) -> Answer:
    return filling_in.answer(FormPlace(Act.FILE_ACCOUNT, escalation_id, record_id), page_id)
