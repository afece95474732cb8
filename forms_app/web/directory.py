"""Who to contact, and which job titles stand at each level: read by everybody, kept right by those who know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from forms_app.documents.printable import unprintable
from forms_app.domain.access import May, Relation, may
from forms_app.domain.contacts import ContactDetails, dialled
from forms_app.domain.errors import ChangedMeanwhile, NotFound
from forms_app.forms.contacts import ContactForm, TitlesForm, contact_form, given_of, titles_form
from forms_app.services import contacts as keeping
from forms_app.services import drafts, titles
from forms_app.services.contacts import KeptContact, Owner
from forms_app.services.signing_in import SignedInPerson
from forms_app.services.titles import KindTitles
from forms_app.services.work import Work
from forms_app.web.access import open_to
from forms_app.web.form_keys import form_key, id_typed
from forms_app.web.rendering import CONFLICT, SHOWN_AGAIN
from forms_app.web.sessions import signed_in_person, workshop

Answer = Response | tuple[str, int]
FORM = "directory"
"""What the drafts of these forms are called. There is one only for what came in after its person's session had ended."""
NEW = "contact:new"
DISCARD = "discard"
OURS = ("seen", "form_key", "checked")
"""What stands in a form and nobody typed."""
BOARD = "board"
"""The Board itself, among the ids of agencies."""

blueprint = Blueprint("directory", __name__)
blueprint.add_app_template_filter(dialled)


# --- contacts ----------------------------------------------------------------------------------------------------


@blueprint.get("/contacts")
@open_to(May.SEE_CONTACTS)
def contacts() -> str:
    with workshop().reading() as work:
        view = keeping.contacts_view(work, by=signed_in_person().id)
    return render_template("directory/contacts.html", view=view, heading="Who to contact")


def _keep_new(person: SignedInPerson) -> None:
    _keep(person, NEW)


@blueprint.route("/contacts/new", methods=["GET", "POST"])
@open_to(May.KEEP_CONTACTS, keep=_keep_new)
def new() -> Answer:
    person = signed_in_person()
    if DISCARD in request.form:
        return _thrown_away(person, NEW)
    with workshop().reading() as work:
        owners = keeping.owners_kept_by(work, by=person.id)
        typed, given = _typed_before(work, person, NEW), _begun(work, person)
    form_of = contact_form(unprintable=unprintable, owners=_choices(owners))
    if request.method == "GET":
        begun = id_typed(typed["form_key"]) if typed else uuid4()
        return _new_page(form_of(typed, data=given), begun, typed is not None, 200)
    form, key = form_of(request.form), form_key()
    if not form.validate():
        return _new_page(form, key, False, SHOWN_AGAIN)
    with workshop().writing() as work:
        contact_id = keeping.add_contact(
            work,
            by=person.id,
            form_key=key,
            agency_id=_chosen(form, owners),
            details=form.details(),
            checked=form.is_checked,
        )
        drafts.throw_away(work, by=person.id, about=NEW, form=FORM)
    return _to_contact(contact_id)


def _keep_change(person: SignedInPerson, contact_id: UUID) -> None:
    _keep(person, _about(contact_id))


@blueprint.route("/contacts/<uuid:contact_id>", methods=["GET", "POST"])
@open_to(May.KEEP_CONTACTS, keep=_keep_change)
def change(contact_id: UUID) -> Answer:
    person = signed_in_person()
    if DISCARD in request.form:
        return _thrown_away(person, _about(contact_id))
    try:
        with workshop().reading() as work:
            kept = keeping.kept_contact(work, by=person.id, contact_id=contact_id)
            typed = _typed_before(work, person, _about(contact_id))
    except NotFound:
        return _gone() if request.method == "POST" else abort(404)
    form_of = contact_form(unprintable=unprintable)
    if request.method == "GET":
        return _change_page(kept, form_of(typed, data=given_of(kept.details)), typed=typed)
    form = form_of(request.form)
    if not form.validate():
        return _change_page(kept, form, typed=request.form, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            keeping.change_contact(
                work,
                by=person.id,
                contact_id=contact_id,
                seen=request.form.get("seen", ""),
                details=form.details(),
                checked=form.is_checked,
            )
            drafts.throw_away(work, by=person.id, about=_about(contact_id), form=FORM)
    except ChangedMeanwhile as refused:
        return _changed_meanwhile(contact_id, form, refused)
    return _to_contact(contact_id)


@blueprint.route("/contacts/<uuid:contact_id>/checked", methods=["GET", "POST"])
@open_to(May.KEEP_CONTACTS)
def checked(contact_id: UUID) -> Answer:
    """The button of a contact; who had to sign in first comes back to the contact itself."""
    person, seen = signed_in_person(), request.form.get("seen", "")
    if request.method == "GET":
        with workshop().reading() as work:
            kept = keeping.kept_contact(work, by=person.id, contact_id=contact_id)
        return redirect(url_for("directory.change", contact_id=kept.id), 303)
    try:
        with workshop().writing() as work:
            keeping.check_contact(work, by=person.id, contact_id=contact_id, seen=seen)
    except ChangedMeanwhile as refused:
        return _changed_meanwhile(contact_id, None, refused)
    return _to_contact(contact_id)


@blueprint.route("/contacts/<uuid:contact_id>/remove", methods=["GET", "POST"])
@open_to(May.KEEP_CONTACTS)
def remove(contact_id: UUID) -> Answer:
    person = signed_in_person()
    if request.method == "POST":
        with workshop().writing() as work:
            keeping.remove_contact(work, by=person.id, contact_id=contact_id)
        return redirect(url_for("directory.contacts"), 303)
    with workshop().reading() as work:
        kept = keeping.kept_contact(work, by=person.id, contact_id=contact_id)
    return render_template("directory/remove.html", kept=kept, heading="Remove this contact?"), 200


# --- job titles --------------------------------------------------------------------------------------------------


@blueprint.get("/contacts/roles")
@open_to(May.SEE_TITLES)
def roles() -> str:
    person = signed_in_person()
    with workshop().reading() as work:
        view = titles.titles_view(work, by=person.id)
    return render_template(
        "directory/roles.html",
        view=view,
        may_change=may(person, May.CHANGE_TITLES, Relation.OWN_BOARD),
        heading="Equivalent roles",
    )


def _keep_roles(person: SignedInPerson, agency_kind: str) -> None:
    with workshop().reading() as work:
        titles.titles_of_kind(work, by=person.id, agency_kind=agency_kind)
    _keep(person, _about_titles(agency_kind))


@blueprint.route("/contacts/roles/<agency_kind>", methods=["GET", "POST"])
@open_to(May.CHANGE_TITLES, keep=_keep_roles)
def change_roles(agency_kind: str) -> Answer:
    person, about = signed_in_person(), _about_titles(agency_kind)
    with workshop().reading() as work:
        kind = titles.titles_of_kind(work, by=person.id, agency_kind=agency_kind)
        typed = _typed_before(work, person, about)
    if DISCARD in request.form:
        return _thrown_away(person, about)
    levels = [(level.level, level.name, level.of_policy or level.name) for level in kind.levels]
    form_of = titles_form(levels, unprintable=unprintable)
    if request.method == "GET":
        return _roles_page(kind, form_of(typed, data=_own_titles(kind)), typed=typed)
    form = form_of(request.form)
    if not form.validate():
        return _roles_page(kind, form, typed=request.form, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            seen = request.form.get("seen", "")
            titles.change_titles(work, by=person.id, agency_kind=agency_kind, seen=seen, titles=form.titles())
            drafts.throw_away(work, by=person.id, about=about, form=FORM)
    except ChangedMeanwhile as refused:
        return _roles_page(kind, form, refused=str(refused), status=CONFLICT)
    return redirect(url_for("directory.roles"), 303)


# --- parts -------------------------------------------------------------------------------------------------------


def _new_page(form: ContactForm, key: UUID, was_typed_before: bool, status: int) -> tuple[str, int]:
    return _form_page(
        form,
        "Add a contact",
        back=url_for("directory.contacts"),
        hidden={"form_key": str(key)},
        was_typed_before=was_typed_before,
        status=status,
    )


def _change_page(
    kept: KeptContact,
    form: ContactForm,
    *,
    typed: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> tuple[str, int]:
    return _form_page(
        form,
        "Change a contact",
        caption=kept.owner.name,
        kept=kept,
        back=url_for("directory.contacts", _anchor=f"contact-{kept.id}"),
        hidden={"seen": _seen(typed, kept.details.stamp)},
        action=url_for("directory.change", contact_id=kept.id),
        was_typed_before=status == 200 and typed is not None,
        refused=refused,
        status=status,
    )


def _roles_page(
    kind: KindTitles,
    form: TitlesForm,
    *,
    typed: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> tuple[str, int]:
    return _form_page(
        form,
        f"Change the titles: {kind.title}",
        back=url_for("directory.roles"),
        intro="These titles take the place of the policy’s, in this Board only. Leave a box empty to use the policy’s.",
        kind=kind,
        hidden={"seen": _seen(typed, kind.stamp)},
        was_typed_before=status == 200 and typed is not None,
        refused=refused,
        status=status,
    )


def _form_page(form: ContactForm | TitlesForm, heading: str, *, status: int, **context: Any) -> tuple[str, int]:
    shown = {"caption": "", "kept": None, "kind": None, "intro": "", "action": "", "refused": "", **context}
    return render_template("directory/form.html", form=form, heading=heading, **shown), status


def _changed_meanwhile(contact_id: UUID, form: ContactForm | None, refused: ChangedMeanwhile) -> tuple[str, int]:
    """What was typed, if anything was, and beside it what the contact says by now."""
    with workshop().reading() as work:
        kept = keeping.kept_contact(work, by=signed_in_person().id, contact_id=contact_id)
    form = form or contact_form(unprintable=unprintable)(data=given_of(kept.details))
    return _change_page(kept, form, refused=str(refused), status=CONFLICT)


def _gone() -> tuple[str, int]:
    kept = "\n".join(value for name, value in _typed() if name not in OURS and value.strip())
    return render_template("directory/gone.html", heading="This contact is not there any more", kept=kept), 404


def _to_contact(contact_id: UUID) -> Response:
    return redirect(url_for("directory.contacts", _anchor=f"contact-{contact_id}"), 303)


def _choices(owners: Sequence[Owner]) -> dict[str, list[tuple[str, str]]] | None:
    """For whom a contact can be added; None when there is nothing to choose."""
    if len(owners) == 1:
        return None
    own = [(BOARD, owner.name) for owner in owners if owner.agency_id is None]
    agencies = [(str(owner.agency_id), owner.name) for owner in owners if owner.agency_id is not None]
    return {"Your Board": own, "Agencies": agencies}


def _chosen(form: ContactForm, owners: Sequence[Owner]) -> UUID | None:
    if len(owners) == 1:
        return owners[0].agency_id
    return None if form["owner"].data == BOARD else UUID(form["owner"].data)


def _begun(work: Work, person: SignedInPerson) -> dict[str, Any]:
    """What a link to the form already says: which agency, or which contact of the policy."""
    number, agency = request.args.get("number", ""), request.args.get("agency", BOARD)
    details = ContactDetails(role="")
    if number.isascii() and number.isdigit() and len(number) < 4:
        details = keeping.policy_contact(work, by=person.id, number=int(number))
    return {**given_of(details), "owner": agency}


def _own_titles(kind: KindTitles) -> dict[str, str]:
    return {f"f-{level.level}": level.own for level in kind.levels}


def _about(contact_id: UUID) -> str:
    return f"contact:{contact_id}"


def _about_titles(agency_kind: str) -> str:
    return f"titles:{agency_kind[:60]}"


def _seen(typed: Mapping[str, str] | None, now: str) -> str:
    """The stamp under which the form was begun."""
    return (typed or {}).get("seen", now)


def _typed() -> list[list[str]]:
    return [[name, value] for name, value in request.form.items(multi=True) if name not in {"csrf_token", "continue"}]


def _keep(person: SignedInPerson, about: str) -> None:
    with workshop().writing() as work:
        drafts.save_page(work, by=person.id, about=about, form=FORM, page=FORM, pairs=_typed())


def _thrown_away(person: SignedInPerson, about: str) -> Response:
    with workshop().writing() as work:
        drafts.throw_away(work, by=person.id, about=about, form=FORM)
    return redirect(request.path, 303)


def _typed_before(work: Work, person: SignedInPerson, about: str) -> MultiDict[str, str] | None:
    """What this person typed here before they were signed out."""
    for draft in drafts.drafts_of(work, by=person.id):
        if (draft.about, draft.form) == (about, FORM):
            return MultiDict([(name, value) for name, value in draft.answers.get(FORM, [])])
    return None
