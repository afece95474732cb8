"""What needs the Board's office today: the page with which its workspace opens."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from forms_app.domain.access import May
from forms_app.services import today
from forms_app.services.today import Kind
from forms_app.web.access import open_to
from forms_app.web.sessions import signed_in_person, workshop

TITLES = {
    Kind.RELEASES: "Documents to check before they go",
    Kind.REPORTS: "Reports to release",
    Kind.DELIVERIES: "Deliveries that need a person",
    Kind.LATE: "Overdue stages",
    Kind.CHAIR: "Chairs to appoint",
    Kind.MEETING: "Panels and meetings to convene",
    Kind.LEARNING: "Learning and gaps to route",
    Kind.PATTERNS: "Patterns to look at",
    Kind.PLACES: "Places that nobody holds",
    Kind.DOMAINS: "Email domains to confirm",
    Kind.SYSTEMS: "Tokens and webhooks to confirm",
    Kind.VERSIONS: "Versions of the policy to confirm",
    Kind.SILENCE: "Gone quiet",
    Kind.DOWNLOADS: "Very many downloads",
}

blueprint = Blueprint("today", __name__, url_prefix="/register/today")


@blueprint.get("")
@open_to(May.SEE_REGISTER)
def everything() -> str:
    with workshop().reading() as work:
        groups = today.today(work, by=signed_in_person().id)
    return render_template("today/everything.html", groups=groups, titles=TITLES, heading="Today")


@blueprint.get("/<kind_code>")
@open_to(May.SEE_REGISTER)
def one_kind(kind_code: str) -> str:
    if kind_code not in set(Kind):
        abort(404)
    kind = Kind(kind_code)
    with workshop().reading() as work:
        group = today.all_of(work, by=signed_in_person().id, kind=kind)
    return render_template("today/one_kind.html", group=group, heading=TITLES[kind])
