"""The views of the register that somebody saves for themselves: add, rename, show first, remove."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from forms_app.domain.access import May
from forms_app.domain.errors import NotAllowedNow
from forms_app.forms.register import FIRST, ViewForm
from forms_app.services import saved_views
from forms_app.web.access import open_to
from forms_app.web.board import address_of, filters_in
from forms_app.web.form_keys import form_key
from forms_app.web.rendering import show
from forms_app.web.sessions import signed_in_person, workshop

Answer = Response | tuple[str, int]
SAID = {"saved": "The view is saved.", "changed": "The view is changed.", "removed": "The view is removed."}

blueprint = Blueprint("saved_views", __name__, url_prefix="/register/views")


@blueprint.get("")
@open_to(May.SEE_REGISTER)
def every() -> tuple[str, int]:
    with workshop().reading() as work:
        views = saved_views.views_of(work, by=signed_in_person().id)
    said = SAID.get(request.args.get("said", ""), "")
    return show("board/views.html", views=views, said=said, address_of=address_of, heading="Your saved views")


@blueprint.route("/new/<codes>", methods=["GET", "POST"])
@open_to(May.SEE_REGISTER)
def add(codes: str) -> Answer:
    filters = filters_in(codes)
    if request.method == "GET":
        return _form_page(ViewForm(), "Save this view", key=str(uuid4()))
    form = ViewForm(request.form)
    if form.validate():
        try:
            with workshop().writing() as work:
                saved_views.save_view(
                    work,
                    by=signed_in_person().id,
                    form_key=form_key(),
                    name=form.view_name.data,
                    filters=filters,
                    is_first=FIRST in form.opens.data,
                )
            return _to_every("saved")
        except NotAllowedNow as refused:
            form.view_name.errors = [str(refused)]
    return _form_page(form, "Save this view", key=request.form.get("form_key", ""))


@blueprint.route("/<uuid:view_id>", methods=["GET", "POST"])
@open_to(May.SEE_REGISTER)
def change(view_id: UUID) -> Answer:
    with workshop().reading() as work:
        view = saved_views.one_view(work, by=signed_in_person().id, view_id=view_id)
    if request.method == "GET":
        form = ViewForm(data={"view_name": view.name, "opens": (FIRST,) if view.is_first else ()})
        return _form_page(form, "Change a saved view")
    form = ViewForm(request.form)
    if form.validate():
        try:
            with workshop().writing() as work:
                saved_views.change_view(
                    work,
                    by=signed_in_person().id,
                    view_id=view_id,
                    name=form.view_name.data,
                    is_first=FIRST in form.opens.data,
                )
            return _to_every("changed")
        except NotAllowedNow as refused:
            form.view_name.errors = [str(refused)]
    return _form_page(form, "Change a saved view")


@blueprint.post("/<uuid:view_id>/remove")
@open_to(May.SEE_REGISTER)
def remove(view_id: UUID) -> Response:
    with workshop().writing() as work:
        saved_views.remove_view(work, by=signed_in_person().id, view_id=view_id)
    return _to_every("removed")


def _to_every(said: str) -> Response:
    return redirect(url_for("saved_views.every", said=said), 303)


def _form_page(form: ViewForm, heading: str, *, key: str = "") -> tuple[str, int]:
    return show("board/view.html", form, key=key, heading=heading)
