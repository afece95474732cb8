"""The registers of learning and of gaps: what waits to be routed there, their lines, and one line with its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.deidentification.findings import Finding
from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, DomainError, NotAllowedNow
from forms_app.domain.learning import Kind, Owner, Show, Wanted
from forms_app.domain.policy import Policy
from forms_app.domain.seats import Seat
from forms_app.forms.fields import number_brought_back
from forms_app.forms.learning import (
    KEPT,
    NONE,
    LineForm,
    done_form,
    given_of_line,
    line_form,
    lines_filter,
    reason_form,
)
from forms_app.services import learning
from forms_app.services.learning import Kept, Learnt, WholeLine
from forms_app.services.scanning import CheckFailed, StillIdentifies
from forms_app.web.access import open_to
from forms_app.web.downloads import as_download
from forms_app.web.form_keys import form_key
from forms_app.web.rendering import CONFLICT, page_number, show
from forms_app.web.sessions import signed_in_person, workshop

Answer = Response | tuple[str, int]
TITLES = {Kind.LEARNING: "Learning", Kind.GAP: "Gaps in policies"}
SAID = {
    "added": "The line was added.",
    "changed": "The line was changed.",
    "done": "The line is marked as done.",
    "open": "The line is open again.",
    "nothing": "It was noted that nothing is to be added.",
}
"""What a page says of what was done just before it."""
FOUND_IN = {
    "what": "What is learnt, or what is the gap?",
    "section": "Where in the policy?",
    "action": "What will be done about it?",
    "done": "What was done?",
}

blueprint = Blueprint("learning", __name__, url_prefix="/learning")


# --- lists -------------------------------------------------------------------------------------------------------


@blueprint.get("")
@open_to(May.SEE_LEARNING)
def every() -> Answer:
    return _list_page(Kind.LEARNING)


@blueprint.get("/gaps")
@open_to(May.SEE_LEARNING)
def gaps() -> Answer:
    return _list_page(Kind.GAP)


def _list_page(kind: Kind) -> Answer:
    by, wanted = signed_in_person().id, _wanted(kind)
    with workshop().reading() as work:
        view = learning.lines_view(work, by=by, wanted=wanted, page=page_number())
        waiting = learning.to_route(work, by=by, most=0)
        owners = learning.owners_of(work, by=by)
    asked = {name: request.args[name] for name in ("show", "sub_group", "owner") if request.args.get(name)}
    chosen = lines_filter(owners=owners, seats=learning.SEATS)(data={"show": wanted.show.value, **asked})
    if view.only_of is not None:
        del chosen["sub_group"]
    return show(
        "learning/every.html",
        view=view,
        waiting=waiting,
        chosen=chosen,
        asked=asked,
        kind=kind,
        titles=TITLES,
        said=SAID.get(request.args.get("said", "")),
        here="learning.every" if kind is Kind.LEARNING else "learning.gaps",
        heading=TITLES[kind],
    )


def _wanted(kind: Kind) -> Wanted:
    """What the address asks for; what it cannot ask for is not there."""
    args = request.args
    try:
        group = Seat(args["sub_group"]) if args.get("sub_group") else None
        owner = Owner.read(args["owner"]) if args.get("owner") else None
        return Wanted(kind, Show(args.get("show") or Show.OPEN), group, owner)
    except ValueError:
        abort(404)


@blueprint.get("/learning.csv")
@open_to(May.SEE_LEARNING, proved_again=True)
def download() -> Response:
    with workshop().writing() as work:
        content = learning.lines_as_file(work, by=signed_in_person().id)
    return as_download("learning.csv", content)


# --- what waits to be routed -------------------------------------------------------------------------------------

MOST_TO_ROUTE = 100


@blueprint.get("/to-route")
@open_to(May.KEEP_LEARNING)
def to_route() -> Answer:
    with workshop().reading() as work:
        waiting = learning.to_route(work, by=signed_in_person().id, most=MOST_TO_ROUTE)
    said = SAID.get(request.args.get("said", ""))
    return show("learning/to_route.html", waiting=waiting, said=said, heading="Learning and gaps to route")


@blueprint.route("/to-route/<uuid:escalation_id>/nothing", methods=["GET", "POST"])
@open_to(May.KEEP_LEARNING)
def nothing(escalation_id: UUID) -> Answer:
    learnt = _learnt(escalation_id)
    form_of = reason_form("Why is there nothing to add?", unprintable=unprintable)
    form = form_of(request.form) if request.method == "POST" else form_of()
    if request.method == "POST" and form.validate():
        with workshop().writing() as work:
            reason = form["reason"].data
            learning.add_nothing(work, by=signed_in_person().id, escalation_id=escalation_id, reason=reason)
        return redirect(url_for("learning.to_route", said="nothing"), 303)
    heading = "Is there nothing to add?"
    return show("learning/nothing.html", form, learnt=learnt, heading=heading, caption=f"Escalation {learnt.reference}")


# --- one line ----------------------------------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(May.KEEP_LEARNING)
def add() -> Answer:
    """A line that comes from no escalation."""
    return _add_page(None)


@blueprint.route("/to-route/<uuid:escalation_id>/add", methods=["GET", "POST"])
@open_to(May.KEEP_LEARNING)
def add_from(escalation_id: UUID) -> Answer:
    return _add_page(_learnt(escalation_id))


def _add_page(learnt: Learnt | None) -> Answer:
    by = signed_in_person().id
    with workshop().reading() as work:
        policy = learnt.policy if learnt is not None else learning.policy_of_lines(work, by=by)
        owners = learning.owners_of(work, by=by)
    shown: dict[str, Any] = {
        "learnt": learnt,
        "policy": policy,
        "back": url_for("learning.to_route" if learnt is not None else "learning.every"),
        "caption": "" if learnt is None else f"Escalation {learnt.reference}",
    }
    if request.method == "GET":
        form = _form_of(policy, owners)(data=_begun(learnt))
        return _form_page(form, "Add a line", hidden={"form_key": str(uuid4())}, **shown)
    form, hidden = _form_of(policy, owners)(request.form), {"form_key": request.form.get("form_key", "")}
    if not form.validate():
        return _form_page(form, "Add a line", hidden=hidden | _stamp(), **shown)
    try:
        with workshop().writing() as work:
            line_id = learning.add_line(
                work,
                by=by,
                form_key=form_key(),
                details=form.details(),
                came_from=learnt.escalation_id if learnt is not None else None,
                kept=_kept(form),
            )
    except (StillIdentifies, CheckFailed) as refused:
        form = _form_of(policy, owners, asks_to_keep=True)(request.form)
        return _found_page(form, "Add a line", refused, hidden=hidden, **shown)
    return _to(line_id, "added")


@blueprint.get("/<uuid:line_id>")
@open_to(May.SEE_LEARNING)
def one(line_id: UUID) -> Answer:
    whole = _line(line_id)
    return show(
        "learning/one.html",
        whole=whole,
        titles=TITLES,
        said=SAID.get(request.args.get("said", "")),
        heading="A gap in a policy" if whole.line.details.kind is Kind.GAP else "Something learnt",
    )


@blueprint.route("/<uuid:line_id>/change", methods=["GET", "POST"])
@open_to(May.KEEP_LEARNING)
def change(line_id: UUID) -> Answer:
    by, whole = signed_in_person().id, _line_to_keep(line_id)
    with workshop().reading() as work:
        policy, owners = work.shelf.get(whole.line.details.policy_key), learning.owners_of(work, by=by)
    shown: dict[str, Any] = {"learnt": None, "policy": policy, "back": _path(line_id), "caption": ""}
    hidden = {"seen": request.form.get("seen", str(whole.line.revision))}
    if request.method == "GET":
        form = _form_of(policy, owners)(data=given_of_line(whole.line.details))
        return _form_page(form, "Change this line", hidden=hidden, **shown)
    form = _form_of(policy, owners)(request.form)
    if not form.validate():
        return _form_page(form, "Change this line", hidden=hidden | _stamp(), **shown)
    try:
        with workshop().writing() as work:
            learning.change_line(work, by=by, line_id=line_id, seen=_seen(), details=form.details(), kept=_kept(form))
    except (StillIdentifies, CheckFailed) as refused:
        form = _form_of(policy, owners, asks_to_keep=True)(_with_reason(whole))
        return _found_page(form, "Change this line", refused, hidden=hidden, **shown)
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        hidden = {"seen": str(_line(line_id).line.revision)}
        page, _ = _form_page(form, "Change this line", hidden=hidden, refused=str(refused), now=_line(line_id), **shown)
        return page, CONFLICT
    return _to(line_id, "changed")


@blueprint.route("/<uuid:line_id>/done", methods=["GET", "POST"])
@open_to(May.KEEP_LEARNING)
def done(line_id: UUID) -> Answer:
    by, whole = signed_in_person().id, _line_to_keep(line_id)
    hidden = {"seen": request.form.get("seen", str(whole.line.revision))}
    form_of = done_form(unprintable=unprintable, asks_to_keep=KEPT in request.form)
    shown: dict[str, Any] = {"whole": whole, "back": _path(line_id), "caption": ""}
    if request.method == "GET":
        return _done_page(form_of(data={"done": whole.line.done}), hidden=hidden, **shown)
    form = form_of(request.form)
    if not form.validate():
        return _done_page(form, hidden=hidden | _stamp(), **shown)
    try:
        with workshop().writing() as work:
            said = form["done"].data
            learning.finish_line(work, by=by, line_id=line_id, seen=_seen(), done=said, kept=_kept(form))
    except (StillIdentifies, CheckFailed) as refused:
        form = done_form(unprintable=unprintable, asks_to_keep=True)(request.form)
        found, stamp = _at_fault(form, refused)
        return _done_page(form, hidden=hidden | stamp, found=found, **shown)
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        hidden = {"seen": str(_line(line_id).line.revision)}
        page, _ = _done_page(form, hidden=hidden, refused=str(refused), **{**shown, "whole": _line(line_id)})
        return page, CONFLICT
    return _to(line_id, "done")


@blueprint.route("/<uuid:line_id>/open-again", methods=["GET", "POST"])
@open_to(May.KEEP_LEARNING)
def reopen(line_id: UUID) -> Answer:
    """The button of a line; who had to sign in first comes back to the line itself."""
    if request.method == "GET":
        return redirect(_path(_line_to_keep(line_id).line.id), 303)
    try:
        with workshop().writing() as work:
            learning.open_again(work, by=signed_in_person().id, line_id=line_id, seen=_seen())
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        page, _ = show("learning/refused.html", refused=str(refused), back=_path(line_id), heading="Not opened again")
        return page, CONFLICT
    return _to(line_id, "open")


# --- parts -------------------------------------------------------------------------------------------------------


def _form_of(
    policy: Policy, owners: Mapping[str, Sequence[tuple[str, str]]], *, asks_to_keep: bool | None = None
) -> type[LineForm]:
    return line_form(
        unprintable=unprintable,
        policy_key=policy.key,
        codes=[(each.id, each.title) for each in policy.learning],
        owners=owners,
        seats=learning.SEATS,
        asks_to_keep=KEPT in request.form if asks_to_keep is None else asks_to_keep,
    )


def _begun(learnt: Learnt | None) -> dict[str, Any]:
    """What a line begins with: what it comes from as the policy names it, and no word of what happened."""
    code = request.args.get("code", "")
    if learnt is None:
        return {"kind": request.args.get("kind") if request.args.get("kind") in set(Kind) else None}
    titles = dict(learnt.learning)
    if code in titles:
        return {"kind": Kind.LEARNING.value, "code": code, "what": titles[code]}
    return {"kind": Kind.GAP.value, "code": NONE}


def _form_page(form: Form, heading: str, **shown: Any) -> tuple[str, int]:
    return show("learning/form.html", form, heading=heading, **{"found": (), "refused": "", "now": None, **shown})


def _done_page(form: Form, **shown: Any) -> tuple[str, int]:
    return show("learning/done.html", form, heading="What was done?", **{"found": (), "refused": "", **shown})


def _found_page(
    form: Form, heading: str, refused: StillIdentifies | CheckFailed, *, hidden: dict[str, str], **shown: Any
) -> tuple[str, int]:
    found, stamp = _at_fault(form, refused)
    return _form_page(form, heading, hidden=hidden | stamp, found=found, **shown)


def _at_fault(form: Form, refused: DomainError) -> tuple[list[tuple[str, Finding]], dict[str, str]]:
    """The form with its fault; what was found, in which text, and the stamp under which somebody has seen it."""
    form.validate()
    form[KEPT].errors = [str(refused)]
    if not isinstance(refused, StillIdentifies):
        return [], {}
    return [(FOUND_IN[each.field], each) for each in refused.found], {"found": refused.stamp}


def _kept(form: Form) -> Kept:
    return Kept(form[KEPT].data if KEPT in form else "", request.form.get("found", ""))


def _with_reason(whole: WholeLine) -> Any:
    """What was typed, with the reason that was given before, where none was typed now."""
    typed = request.form.copy()
    typed.setdefault(KEPT, whole.kept_because)
    return typed


def _stamp() -> dict[str, str]:
    return {"found": request.form["found"]} if "found" in request.form else {}


def _seen() -> int:
    return number_brought_back(request.form.get("seen", ""))


def _learnt(escalation_id: UUID) -> Learnt:
    with workshop().reading() as work:
        return learning.learnt_in(work, by=signed_in_person().id, escalation_id=escalation_id)


def _line(line_id: UUID) -> WholeLine:
    with workshop().reading() as work:
        return learning.one_line(work, by=signed_in_person().id, line_id=line_id)


def _line_to_keep(line_id: UUID) -> WholeLine:
    whole = _line(line_id)
    if not whole.may_keep:
        abort(404)
    return whole


def _path(line_id: UUID) -> str:
    return url_for("learning.one", line_id=line_id)


def _to(line_id: UUID, said: str) -> Response:
    return redirect(url_for("learning.one", line_id=line_id, said=said), 303)
