"""Signing in and out. Opening a page signs nobody in and spends nothing: only a button does."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.db.actors import SERVICE
from forms_app.domain.access import May
from forms_app.domain.limits import CODES_FOR_NETWORK, TRIES_FOR_NETWORK
from forms_app.domain.text import everything_prints
from forms_app.forms.fields import Values, Words
from forms_app.services import signing_in, single_sign_on
from forms_app.services.signing_in import SecondStepOwed, SignedIn
from forms_app.services.workshop import Workshop
from forms_app.web import sessions
from forms_app.web.access import can_be_opened, open_to
from forms_app.web.challenges import passkey_options
from forms_app.web.leaving import forget_everything
from forms_app.web.limits import limited
from forms_app.web.rendering import show
from forms_app.web.sessions import CODE_ASKED, NEXT, lapsed_person, person_or_none, poke, secret, workshop

blueprint = Blueprint("sign_in", __name__)
Answer = Response | str | tuple[str, int]

NOT_AN_ADDRESS = "Enter your work email address in the correct format, like name@example.org"
NOT_A_CODE = "Enter the 6-digit code from the email"
REFUSED = "That code is not right, or cannot be used any more. Check it, or ask for a new one"


class Address(Words):
    def read(self, typed: Values) -> str:
        address = super().read(typed)
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", address):
            raise ValueError(NOT_AN_ADDRESS)
        return address


class Code(Words):
    def read(self, typed: Values) -> str:
        code = re.sub(r"[\s-]", "", super().read(typed))
        if not re.fullmatch(r"[0-9]{6}", code):
            raise ValueError(NOT_A_CODE)
        return code


class AddressForm(Form):
    email = Address("Work email address", limit=254, unprintable=everything_prints)


class CodeForm(Form):
    code = Code("Code from the email", unprintable=everything_prints)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@open_to(May.SEE_PUBLIC_PAGES)
@limited(CODES_FOR_NETWORK)
def ask() -> Answer:
    if person_or_none() is not None:
        return go_on(session.pop(NEXT, None))
    form = AddressForm(request.form)
    if request.method == "GET" or not form.validate():
        return show(
            "sign_in/ask.html",
            form,
            lapsed=lapsed_person() is not None,
            passkey=passkey_options(),
            single_sign_on=_is_single_sign_on_offered(),
        )
    return email_code(form.email.data)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@open_to(May.SEE_PUBLIC_PAGES)
@limited(TRIES_FOR_NETWORK)
def code() -> Answer:
    if CODE_ASKED not in session:
        return redirect(url_for("sign_in.ask"), 303)
    form = CodeForm(request.form)
    if request.method == "GET" or not form.validate():
        return show("sign_in/code.html", form)
    with for_whoever_it_is().writing() as work:
        found = signing_in.prove_code(work, code_id=UUID(session[CODE_ASKED]), typed=form.code.data, secret=secret())
    if found is None:
        form.code.errors = [REFUSED]
        return show("sign_in/code.html", form)
    return begin(found)


@blueprint.get("/sign-in/link/<token>")
@open_to(May.SEE_PUBLIC_PAGES)
def link(token: str) -> str:
    # Mail scanners open every link: this page is the same for any token, and looks nothing up.
    return render_template("sign_in/link.html", token=token)


@blueprint.post("/sign-in/link/<token>")
@open_to(May.SEE_PUBLIC_PAGES)
@limited(TRIES_FOR_NETWORK)
def use_link(token: str) -> Answer:
    with for_whoever_it_is().writing() as work:
        found = signing_in.prove_link(work, token=token, secret=secret())
    if found is None:
        return render_template("sign_in/link_refused.html"), 422
    return begin(found)


@blueprint.post("/sign-out")
@open_to(May.SEE_PUBLIC_PAGES)
def sign_out() -> Response:
    sessions.end()
    return forget_everything(redirect(url_for("sign_in.signed_out"), 303))


@blueprint.get("/signed-out")
@open_to(May.SEE_PUBLIC_PAGES)
def signed_out() -> str:
    return render_template("sign_in/signed_out.html")


def for_whoever_it_is() -> Workshop:
    """Nobody is signed in yet, and what a proof changes, and what waits for whoever is locked, is somebody's: the service looks and does
    it, for whose address or proof it finds.
    """
    return workshop().on_behalf_of(SERVICE)


def email_code(address: str) -> Response:
    """Owes a code to this address, if anybody has it, and goes to where it is typed."""
    before = session.get(CODE_ASKED)
    with for_whoever_it_is().writing() as work:
        code_id = signing_in.ask_code(
            work, address=address, secret=secret(), link=_link, before=UUID(before) if before else None
        )
    poke()
    session[CODE_ASKED] = str(code_id)
    return redirect(url_for("sign_in.code"), 303)


def begin(found: SignedIn | SecondStepOwed) -> Response:
    """Goes on to where they were going, or first to the second step."""
    if isinstance(found, SecondStepOwed):
        sessions.begin_second_step(found.token)
        return redirect(url_for("second_step.take"), 303)
    following = session.get(NEXT)
    sessions.begin(found.token)
    return go_on(following)


def go_on(path: Any = None) -> Response:
    if isinstance(path, str) and can_be_opened(path):
        return redirect(path, 303)
    return redirect(url_for("escalations.yours"), 303)


def _is_single_sign_on_offered() -> bool:
    with workshop().reading() as work:
        return single_sign_on.is_offered(work)


def _link(token: str) -> str:
    return f"{current_app.config['SERVICE_URL']}{url_for('sign_in.link', token=token)}"
