"""The mail domains of a Board's agencies: its business unit confirms each, and says what may be sent there."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow
from forms_app.domain.mail_rules import Rule, domain_of
from forms_app.forms.mail_domains import RULES, rule_form
from forms_app.services import confirming
from forms_app.services.confirming import DomainLine
from forms_app.web.access import open_to
from forms_app.web.rendering import CONFLICT, show
from forms_app.web.sessions import poke, signed_in_person, workshop

blueprint = Blueprint("mail_domains", __name__, url_prefix="/register/domains")


@blueprint.get("")
@open_to(May.CONFIRM_MAIL_DOMAIN)
def every() -> tuple[str, int]:
    with workshop().reading() as work:
        lines = confirming.domain_lines(work, by=signed_in_person().id)
    return show("mail_domains/every.html", lines=lines, rules=RULES, heading="Email domains")


@blueprint.route("/<uuid:domain_id>", methods=["GET", "POST"])
@open_to(May.CONFIRM_MAIL_DOMAIN)
def one(domain_id: UUID) -> Response | tuple[str, int]:
    line = _line(domain_id)
    form_of = rule_form(is_webmail=line.is_webmail)
    if request.method == "GET":
        return _page(line, form_of(data={"rule": line.rule}))
    form = form_of(request.form)
    if not form.validate():
        return _page(line, form)
    try:
        with workshop().writing() as work:
            confirming.decide(
                work,
                by=signed_in_person().id,
                domain_id=domain_id,
                rule=Rule(form["rule"].data),
                seen=request.form.get("seen", ""),
            )
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        page, _ = _page(_line(domain_id), form, refused=str(refused))
        return page, CONFLICT
    poke()
    return redirect(url_for("mail_domains.every"), 303)


def _line(domain_id: UUID) -> DomainLine:
    with workshop().reading() as work:
        return confirming.domain_line(work, by=signed_in_person().id, domain_id=domain_id)


def _page(line: DomainLine, form: Form, *, refused: str = "") -> tuple[str, int]:
    return show(
        "mail_domains/one.html",
        form,
        line=line,
        is_own=line.is_of(signed_in_person().id),
        own=confirming.OWN,
        rules=RULES,
        refused=refused,
        heading=f"Email addresses at {domain_of(line.domain)}",
        caption=line.agency,
    )
