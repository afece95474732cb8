"""The people of agencies, for whoever administers them: no page here shows anything of an escalation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.db.actors import SERVICE
from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, DomainError, NotAllowedNow
from forms_app.domain.people import Show
from forms_app.domain.seats import Seat
from forms_app.forms.administering import (
    NO_SEAT,
    SEATS,
    PersonForm,
    address_form,
    filter_form,
    given_of_person,
    person_form,
    seat_form,
)
from forms_app.services import leaving, people, proposing
from forms_app.services.people import Choice, PeopleFilter, PersonView
from forms_app.services.work import Work
from forms_app.web.access import open_to
from forms_app.web.form_keys import form_key
from forms_app.web.rendering import CONFLICT, page_number, show
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]

blueprint = Blueprint("people", __name__, url_prefix="/people")


# --- the list ----------------------------------------------------------------------------------------------------


@blueprint.get("")
@open_to(May.ADMINISTER_PEOPLE)
def every() -> tuple[str, int]:
    with workshop().reading() as work:
        view = people.people_view(work, by=signed_in_person().id, wanted=_wanted(), page=page_number())
    form_of = filter_form(agencies=_pairs(view.agencies), levels=_pairs(view.levels))
    given = {"show": _wanted().show.value, "agency": request.args.get("agency"), "level": _wanted().level}
    asked = {name: value for name, value in request.args.items() if name in ("show", "agency", "level")}
    return show("people/every.html", view=view, chosen=form_of(data=given), seats=SEATS, asked=asked, heading="People")


def _wanted() -> PeopleFilter:
    """What the address asks for; what it cannot ask for is not there."""
    args = request.args
    try:
        agency = UUID(args["agency"]) if args.get("agency") else None
        return PeopleFilter(Show(args.get("show") or Show.PRESENT), agency, args.get("level", ""))
    except ValueError:
        abort(404)


# --- one person --------------------------------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
def add() -> Answer:
    person = signed_in_person()
    with workshop().reading() as work:
        agencies, levels = people.choices_for_new(work, by=person.id)
    form_of = person_form(unprintable=unprintable, agencies=_pairs(agencies), levels=_pairs(levels), is_new=True)
    key = str(uuid4())
    if request.method == "GET":
        return _form_page(
            form_of(data={"agency": request.args.get("agency")}), "Add a person", hidden={"form_key": key}
        )
    form, hidden = form_of(request.form), {"form_key": request.form.get("form_key", "")}
    if not form.validate():
        return _form_page(form, "Add a person", hidden=hidden)
    try:
        with workshop().writing() as work:
            person_id = people.add_person(
                work,
                by=person.id,
                form_key=form_key(),
                details=form.details(),
                email=form["email"].data,
            )
    except NotAllowedNow as refused:
        form["email"].errors = [str(refused)]
        return _form_page(form, "Add a person", hidden=hidden)
    return _to(person_id)


@blueprint.get("/<uuid:person_id>")
@open_to(May.ADMINISTER_PEOPLE)
def one(person_id: UUID) -> tuple[str, int]:
    return _one_page(_view(person_id))


@blueprint.route("/<uuid:person_id>/change", methods=["GET", "POST"])
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
def change(person_id: UUID) -> Answer:
    view = _view(person_id)
    form_of = person_form(
        unprintable=unprintable, agencies=_pairs(view.agencies), levels=_pairs(view.levels), is_new=False
    )
    shown: dict[str, Any] = {"back": _path(person_id), "caption": view.line.details.name}
    if request.method == "GET":
        form = form_of(data=given_of_person(view.line.details))
        return _form_page(form, "Change a person", hidden={"seen": view.line.details.stamp}, **shown)
    form, hidden = form_of(request.form), {"seen": request.form.get("seen", "")}
    if not form.validate():
        return _form_page(form, "Change a person", hidden=hidden, **shown)
    try:
        with workshop().writing() as work:
            people.change_person(
                work, by=signed_in_person().id, person_id=person_id, details=form.details(), seen=hidden["seen"]
            )
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        return _refused(form, "Change a person", refused, now=_view(person_id), **shown)
    return _to(person_id)


@blueprint.route("/<uuid:person_id>/address", methods=["GET", "POST"])
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
def address(person_id: UUID) -> Answer:
    view = _view(person_id)
    form_of = address_form(unprintable=unprintable)
    heading = "Change an email address"
    shown: dict[str, Any] = {
        "back": _path(person_id),
        "caption": view.line.details.name,
        "intro": "people/address.html",
    }
    if request.method == "GET":
        return _form_page(form_of(), heading, view=view, **shown)
    form = form_of(request.form)
    if not form.validate():
        return _form_page(form, heading, view=view, **shown)
    try:
        with workshop().writing() as work:
            proposing.change_address(work, by=signed_in_person().id, person_id=person_id, email=form["email"].data)
    except NotAllowedNow as refused:
        form["email"].errors = [str(refused)]
        return _form_page(form, heading, view=view, **shown)
    poke()
    return _to(person_id)


@blueprint.route("/<uuid:person_id>/seat", methods=["GET", "POST"])
@open_to(May.GIVE_SEATS, proved_again=True)
def seat(person_id: UUID) -> Answer:
    view = _view(person_id)
    form_of = seat_form()
    shown: dict[str, Any] = {"back": _path(person_id), "caption": view.line.details.name, "intro": "people/seat.html"}
    heading = "Seat at the Board"
    if request.method == "GET":
        return _form_page(form_of(data={"seat": view.line.seat or NO_SEAT}), heading, **shown)
    form = form_of(request.form)
    if not form.validate():
        return _form_page(form, heading, **shown)
    chosen = None if form["seat"].data == NO_SEAT else Seat(form["seat"].data)
    try:
        with workshop().writing() as work:
            proposing.give_seat(work, by=signed_in_person().id, person_id=person_id, seat=chosen)
    except NotAllowedNow as refused:
        form["seat"].errors = [str(refused)]
        return _form_page(form, heading, **shown)
    return _to(person_id)


# --- what is done to them with one press -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done to a person after a page has said what it means."""

    question: str
    button: str
    does: Callable[[Work, UUID, UUID], None]
    look: str = ""


DEEDS: Mapping[str, Deed] = {
    "leave": Deed(
        "Has this person left?",
        "They have left",
        lambda work, by, person: leaving.leave(work, by=by, person_id=person),
        "warning",
    ),
    "return": Deed(
        "Is this person back?",
        "They are back",
        lambda work, by, person: leaving.come_back(work, by=by, person_id=person),
    ),
    "lock": Deed(
        "Lock this person?",
        "Lock them",
        lambda work, by, person: people.lock_person(work, by=by, person_id=person),
        "warning",
    ),
    "unlock": Deed(
        "Unlock this person?",
        "Unlock them",
        lambda work, by, person: people.unlock_person(work, by=by, person_id=person),
    ),
    "appoint": Deed(
        "Let this person administer their agency’s people?",
        "Let them",
        lambda work, by, person: _let(work, by, person, administers=True),
    ),
    "dismiss": Deed(
        "End this person’s administering?",
        "End it",
        lambda work, by, person: _let(work, by, person, administers=False),
        "warning",
    ),
}


def _let(work: Work, by: UUID, person: UUID, *, administers: bool) -> None:
    proposing.let_administer(work, by=by, person_id=person, administers=administers)


@blueprint.route(
    "/<uuid:person_id>/<any('leave','return','lock','unlock','appoint','dismiss'):deed>", methods=["GET", "POST"]
)
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
def do(person_id: UUID, deed: str) -> Answer:
    chosen, view = DEEDS[deed], _view(person_id)
    if request.method == "GET":
        return _deed_page(view, deed, chosen)
    try:
        # Of what a leaver leaves behind an administrator reaches no row: the service ends it for them.
        with workshop().on_behalf_of(SERVICE).writing() as work:
            chosen.does(work, signed_in_person().id, person_id)
    except NotAllowedNow as refused:
        page, _ = _deed_page(view, deed, chosen, refused=str(refused))
        return page, CONFLICT
    poke()
    return _to(person_id)


def _deed_page(view: PersonView, deed: str, chosen: Deed, *, refused: str = "") -> tuple[str, int]:
    return show(
        "people/deed.html",
        view=view,
        deed=deed,
        chosen=chosen,
        refused=refused,
        heading=chosen.question,
        caption=view.line.details.name,
    )


# --- what a second person confirms -------------------------------------------------------------------------------


@blueprint.route("/proposals/<uuid:proposal_id>", methods=["GET", "POST"])
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
def decide(proposal_id: UUID) -> Answer:
    person = signed_in_person()
    with workshop().reading() as work:
        line = proposing.proposal_for(work, by=person.id, proposal_id=proposal_id)
    if request.method == "GET":
        return _proposal_page(line)
    does = {"confirm": proposing.confirm, "withdraw": proposing.withdraw}.get(request.form.get("decision", ""))
    if does is None:
        abort(400)
    try:
        with workshop().writing() as work:
            does(work, by=person.id, proposal_id=proposal_id)
    except NotAllowedNow as refused:
        page, _ = _proposal_page(line, refused=str(refused))
        return page, CONFLICT
    return _to(line.person_id)


def _proposal_page(line: proposing.ProposalLine, *, refused: str = "") -> tuple[str, int]:
    return show(
        "people/proposal.html",
        line=line,
        seats=SEATS,
        refused=refused,
        heading="Waits to be confirmed",
        caption=line.name,
    )


# --- parts -------------------------------------------------------------------------------------------------------


def _view(person_id: UUID) -> PersonView:
    with workshop().reading() as work:
        return people.person_view(work, by=signed_in_person().id, person_id=person_id)


def _one_page(view: PersonView) -> tuple[str, int]:
    return show("people/one.html", view=view, seats=SEATS, heading=view.line.details.name, caption=view.line.agency)


def _form_page(form: Form, heading: str, *, hidden: Mapping[str, str] | None = None, **shown: Any) -> tuple[str, int]:
    context = {"back": url_for("people.every"), "caption": "", "refused": "", "now": None, "intro": "", "view": None}
    return show("people/form.html", form, heading=heading, hidden=hidden or {}, **{**context, **shown})


def _refused(form: PersonForm, heading: str, refused: DomainError, *, now: PersonView, **shown: Any) -> tuple[str, int]:
    """What was typed, and beside it what is there by now."""
    page, _ = _form_page(form, heading, hidden={"seen": now.line.details.stamp}, refused=str(refused), now=now, **shown)
    return page, CONFLICT


def _pairs(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    return [(choice.id, choice.name) for choice in choices]


def _path(person_id: UUID) -> str:
    return url_for("people.one", person_id=person_id)


def _to(person_id: UUID) -> Response:
    return redirect(_path(person_id), 303)
