"""The policies: each version as a page, rehearsed, compared with another one, and adopted from a day on."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow
from forms_app.domain.working_days import uk_date
from forms_app.forms.policies import adopt_form, compare_form, rehearse_form
from forms_app.services import policies, rehearsals
from forms_app.services.policies import PolicyView
from forms_app.web.access import open_to
from forms_app.web.rendering import CONFLICT, show
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]

blueprint = Blueprint("policies", __name__, url_prefix="/policies")


@blueprint.get("")
@open_to(May.READ_POLICY)
def every() -> tuple[str, int]:
    with workshop().reading() as work:
        shown = policies.shelf_view(work, by=signed_in_person().id)
    return show("policies/every.html", compare_form(shown.versions)(), shown=shown, heading="Policies")


@blueprint.get("/<key>")
@open_to(May.READ_POLICY)
def one(key: str) -> tuple[str, int]:
    view, _ = _view(key)
    return show("policies/one.html", view=view, heading=view.policy.title)


# --- comparing -----------------------------------------------------------------------------------------------------


@blueprint.post("/comparisons")
@open_to(May.READ_POLICY)
def choose() -> Answer:
    """Two versions were chosen: the comparison has an address of its own."""
    with workshop().reading() as work:
        shown = policies.shelf_view(work, by=signed_in_person().id)
    form = compare_form(shown.versions)(request.form)
    if not form.validate():
        return show("policies/every.html", form, shown=shown, heading="Policies")
    return redirect(url_for("policies.compare", before=form["before"].data, after=form["after"].data), 303)


@blueprint.get("/<before>/compared-with/<after>")
@open_to(May.READ_POLICY)
def compare(before: str, after: str) -> tuple[str, int]:
    with workshop().reading() as work:
        old, new, chapters = policies.comparison(work, by=signed_in_person().id, before=before, after=after)
    return show("policies/compare.html", old=old, new=new, chapters=chapters, heading="What changes")


# --- rehearsing ----------------------------------------------------------------------------------------------------


@blueprint.route("/<key>/rehearse", methods=["GET", "POST"])
@open_to(May.PROPOSE_POLICY)
def rehearse(key: str) -> Answer:
    view, today = _view(key)
    form_of = rehearse_form(view.policy, today=today)
    if request.method == "GET":
        return _rehearse_page(view, form_of(data={"route": view.policy.main.id}))
    form = form_of(request.form)
    if not form.validate():
        return _rehearse_page(view, form)
    with workshop().writing() as work:
        asked = rehearsals.ask(
            work,
            by=signed_in_person().id,
            key=key,
            route=form["route"].data,
            opened_on=form["opened_on"].data,
        )
    poke()
    return redirect(url_for("policies.rehearsal", rehearsal_id=asked), 303)


def _rehearse_page(view: PolicyView, form: Form) -> tuple[str, int]:
    return show("policies/rehearse.html", form, view=view, heading="Rehearse a policy", caption=_named(view))


@blueprint.get("/rehearsals/<uuid:rehearsal_id>")
@open_to(May.PROPOSE_POLICY)
def rehearsal(rehearsal_id: UUID) -> tuple[str, int]:
    with workshop().reading() as work:
        view = rehearsals.rehearsal_view(work, by=signed_in_person().id, rehearsal_id=rehearsal_id)
    caption = f"{view.policy.title} ({view.policy.dated})"
    return show("policies/rehearsal.html", view=view, heading="Rehearsal: everything is invented", caption=caption)


# --- adopting ------------------------------------------------------------------------------------------------------


@blueprint.route("/<key>/adopt", methods=["GET", "POST"])
@open_to(May.PROPOSE_POLICY, proved_again=True)
def adopt(key: str) -> Answer:
    view, today = _view(key)
    with workshop().reading() as work:
        misfits = policies.misfits(work, by=signed_in_person().id, key=key)
        chapters = policies.comparison(work, by=signed_in_person().id, before=view.in_force, after=key)[2]
    form = adopt_form(today=today, warnings=len(view.warnings), misfits=len(misfits))(request.form or None)
    refused = ""
    if request.method == "POST" and form.validate():
        try:
            with workshop().writing() as work:
                proposed = policies.propose(work, by=signed_in_person().id, key=key, starts_on=form["starts_on"].data)
            return redirect(url_for("policies.adoption", adoption_id=proposed), 303)
        except NotAllowedNow as fault:
            refused = str(fault)
    page, status = show(
        "policies/adopt.html",
        form,
        view=view,
        misfits=misfits,
        chapters=chapters,
        refused=refused,
        heading="Adopt a version",
        caption=_named(view),
    )
    return page, CONFLICT if refused else status


@blueprint.get("/adoptions/<uuid:adoption_id>")
@open_to(May.ADOPT_POLICY)
def adoption(adoption_id: UUID) -> tuple[str, int]:
    return _adoption_page(adoption_id)


@blueprint.route("/adoptions/<uuid:adoption_id>/confirm", methods=["GET", "POST"])
@open_to(May.ADOPT_POLICY, proved_again=True)
def confirm(adoption_id: UUID) -> Answer:
    """Asked on a page of its own, so that whoever has to prove again that it is them comes back to the question."""
    if request.method == "GET":
        return _adoption_page(adoption_id, asks=True)
    try:
        with workshop().writing() as work:
            policies.confirm(work, by=signed_in_person().id, adoption_id=adoption_id)
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        return _adoption_page(adoption_id, refused=str(refused))
    poke()
    return redirect(url_for("policies.adoption", adoption_id=adoption_id), 303)


@blueprint.post("/adoptions/<uuid:adoption_id>/withdraw")
@open_to(May.ADOPT_POLICY)
def withdraw(adoption_id: UUID) -> Answer:
    try:
        with workshop().writing() as work:
            policies.withdraw(work, by=signed_in_person().id, adoption_id=adoption_id)
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        return _adoption_page(adoption_id, refused=str(refused))
    poke()
    return redirect(url_for("policies.adoption", adoption_id=adoption_id), 303)


# --- parts ---------------------------------------------------------------------------------------------------------


def _view(key: str) -> tuple[PolicyView, date]:
    with workshop().reading() as work:
        return policies.policy_view(work, by=signed_in_person().id, key=key), uk_date(work.now)


def _named(view: PolicyView) -> str:
    return f"{view.policy.title} ({view.policy.dated})"


def _adoption_page(adoption_id: UUID, *, refused: str = "", asks: bool = False) -> tuple[str, int]:
    with workshop().reading() as work:
        view = policies.adoption_view(work, by=signed_in_person().id, adoption_id=adoption_id)
    page, _ = show(
        "policies/adoption.html",
        view=view,
        refused=refused,
        asks=asks and view.can_confirm,
        own=policies.NOT_BY_YOU,
        heading="Another version of the policy",
        caption=view.policy,
    )
    return page, CONFLICT if refused else 200
