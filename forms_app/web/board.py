"""The pages of the Board's office: its register, as pages and as a file, and what it may see of one escalation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.documents.catalogue import Format
from forms_app.domain.access import May
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.register_filters import Filters, Mark
from forms_app.forms.register import ORDERS, filter_form, search_form
from forms_app.services.download_budget import take_document
from forms_app.services.register import board_file, board_view
from forms_app.services.register_choices import register_choices
from forms_app.services.register_pages import register_file, register_page
from forms_app.services.saved_views import first_view, views_of
from forms_app.web.access import open_to
from forms_app.web.download_budget import over_budget
from forms_app.web.downloads import FORMAT, as_download
from forms_app.web.rendering import SHOWN_AGAIN, show
from forms_app.web.sessions import signed_in_person, workshop

EVERYTHING = "everything"
"""Stands in an address in the place of codes where there are none."""
Answer = Response | tuple[str, int]

blueprint = Blueprint("board", __name__)


@blueprint.get("/register")
@open_to(May.SEE_REGISTER)
def register() -> Answer:
    if not request.args:
        with workshop().reading() as work:
            first = first_view(work, by=signed_in_person().id)
        if first is not None:
            return redirect(url_for("board.register", **address_of(first)), 303)
    return _page(Filters.read(request.args) or abort(404), after=_mark("after"), before=_mark("before"))


@blueprint.post("/register/search")
@open_to(May.SEE_REGISTER)
def search() -> Answer:
    """What is typed comes with a form and not with an address, and goes on only if it is a reference."""
    with workshop().reading() as work:
        choices = register_choices(work, by=signed_in_person().id)
    form = search_form(choices.board_code)(request.form)
    if not form.validate():
        return _page(Filters(), searching=form)
    return redirect(url_for("board.register", reference=form["reference"].data), 303)


@blueprint.get("/register/files/<codes>/register.<any(csv, xlsx):file_format>")
@open_to(May.SEE_REGISTER, proved_again=True)
def whole(codes: str, file_format: str) -> Answer:
    filters = filters_in(codes)
    try:
        with workshop().writing() as work:
            content = register_file(work, by=signed_in_person().id, filters=filters, file_format=file_format)
    except NotAllowedNow as refused:
        return _page(filters, refused=str(refused))
    return as_download(f"register.{file_format}", content)


@blueprint.get("/register/<uuid:escalation_id>")
@open_to(May.SEE_REGISTER_ENTRY)
def one(escalation_id: UUID) -> str:
    with workshop().reading() as work:
        view = board_view(work, by=signed_in_person().id, escalation_id=escalation_id)
    return render_template("board/one.html", view=view, heading=f"Escalation {view.summary.reference}")


@blueprint.get(f"/register/documents/<uuid:document_id>/{FORMAT}")
@open_to(May.DOWNLOAD_DEIDENTIFIED)
def download(document_id: UUID, file_format: Format) -> Answer:
    by = signed_in_person().id
    if refused := over_budget(lambda work: take_document(work, by=by, document_id=document_id)):
        return refused
    with workshop().writing() as work:
        name, content = board_file(work, by=by, document_id=document_id, file_format=file_format)
    return as_download(name, content)


# --- what is asked for, in an address ------------------------------------------------------------------------------


def address_of(filters: Filters) -> dict[str, Any]:
    """What stands after the question mark: never nothing, which would be the view that somebody sees first."""
    return {"sort": filters.sort.value, **filters.codes}


def codes_of(filters: Filters) -> str:
    """As a part of an address that stays what it is when somebody must prove first that it is them."""
    return "&".join(f"{name}={code}" for name, code in filters.codes.items()) or EVERYTHING


def filters_in(codes: str) -> Filters:
    """Answers 404 for what are no codes of ours."""
    if codes == EVERYTHING:
        return Filters()
    pairs = (each.partition("=") for each in codes.split("&"))
    return Filters.read({name: code for name, _, code in pairs}) or abort(404)


def _mark(name: str) -> Mark | None:
    return Mark.read(request.args.get(name, ""))


# --- the page ------------------------------------------------------------------------------------------------------


def _page(
    filters: Filters,
    *,
    after: Mark | None = None,
    before: Mark | None = None,
    searching: Form | None = None,
    refused: str = "",
) -> tuple[str, int]:
    by = signed_in_person().id
    with workshop().reading() as work:
        page = register_page(work, by=by, filters=filters, after=after, before=before)
        choices = register_choices(work, by=by)
        views = views_of(work, by=by)
    asked = filter_form(choices)(data=address_of(filters))
    shown, status = show(
        "board/register.html",
        searching or search_form(choices.board_code)(data={"reference": filters.reference}),
        page=page,
        asked=asked,
        filters=filters,
        address=address_of(filters),
        address_of=address_of,
        codes=codes_of(filters),
        chosen=_in_words(asked, filters),
        views=views,
        order=ORDERS[filters.sort],
        refused=refused,
        heading="Board register",
    )
    return shown, SHOWN_AGAIN if refused else status


def _in_words(asked: Form, filters: Filters) -> tuple[tuple[str, str], ...]:
    """What is asked for, as the questions and answers of its form."""
    named = [("Reference", filters.reference)] if filters.reference else []
    narrowing: Iterable[Any] = (field for field in asked if field.name != "sort" and field.name in filters.codes)
    return (*named, *((field.label.text, field.answer() or "Unknown") for field in narrowing))
