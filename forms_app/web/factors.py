"""“Second steps”: where everybody sets up and removes what proves, beside their email, that it is them."""

from __future__ import annotations

import io
from uuid import UUID

import segno
from flask import Blueprint, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.domain.access import May
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.text import everything_prints
from forms_app.forms.fields import Words
from forms_app.services import factors
from forms_app.web import challenges, sessions
from forms_app.web.access import open_to
from forms_app.web.rendering import show
from forms_app.web.sessions import NEXT, current, poke, secret, signed_in_person, workshop

blueprint = Blueprint("factors", __name__)
Answer = Response | str | tuple[str, int]

WRONG_CODE = (
    "That is not the code that the app shows now. Check that the clock of your phone is right, and type the next code"
)
NO_PASSKEY = "Your browser made no passkey that can be used here. Try again, or set up an authenticator app"


class AppForm(Form):
    code = Words("6-digit code that the app shows", limit=40, unprintable=everything_prints)


class PasskeyForm(Form):
    called = Words(
        "A name for it",
        hint="So that you know it later, like “work laptop” or “phone”.",
        limit=60,
        unprintable=everything_prints,
    )


@blueprint.get("/second-steps")
@open_to(May.KEEP_OWN_ACCOUNT, before_second_step=True)
def yours() -> str:
    return _yours()


@blueprint.post("/second-steps/app/new")
@open_to(May.KEEP_OWN_ACCOUNT, proved_again=True, before_second_step=True)
def new_app() -> Response:
    with workshop().writing() as work:
        factors.begin_app(work, by=signed_in_person().id)
    return redirect(url_for("factors.app"), 303)


@blueprint.route("/second-steps/app", methods=["GET", "POST"])
@open_to(May.KEEP_OWN_ACCOUNT, proved_again=True, before_second_step=True)
def app() -> Answer:
    with workshop().reading() as work:
        pending = factors.app_to_set_up(work, by=signed_in_person().id)
    if pending is None:
        return redirect(url_for("factors.yours"), 303)
    form = AppForm(request.form)
    if request.method == "POST" and form.validate():
        standing = current()
        with workshop().writing() as work:
            found = factors.finish_app(
                work, by=standing.person.id, typed=form.code.data, session_id=standing.session_id, secret=secret()
            )
        if found is not None:
            return _added(found.token)
        form.code.errors = [WRONG_CODE]
    return show("factors/app.html", form, pending=pending, picture=_qr_code(pending.address))


@blueprint.post("/second-steps/app/remove")
@open_to(May.KEEP_OWN_ACCOUNT, proved_again=True)
def remove_app() -> Answer:
    try:
        with workshop().writing() as work:
            factors.remove_app(work, by=signed_in_person().id)
    except NotAllowedNow as refused:
        return _yours(str(refused)), 422
    poke()
    return redirect(url_for("factors.yours"), 303)


@blueprint.route("/second-steps/passkeys/new", methods=["GET", "POST"])
@open_to(May.KEEP_OWN_ACCOUNT, proved_again=True, before_second_step=True)
def new_passkey() -> Answer:
    form, standing = PasskeyForm(request.form), current()
    if request.method == "POST" and form.validate():
        answer = challenges.answer_in_form()
        if answer is not None:
            with workshop().writing() as work:
                found = factors.add_passkey(
                    work,
                    by=standing.person.id,
                    name=form.called.data,
                    answer=answer,
                    session_id=standing.session_id,
                    secret=secret(),
                )
            if found is not None:
                return _added(found.token)
        form.form_errors = [NO_PASSKEY]
    asked = challenges.ask()
    with workshop().reading() as work:
        options = factors.passkey_creation(work, by=standing.person.id, asked=asked) if asked else None
    return show("factors/passkey.html", form, passkey=challenges.as_json(options))


@blueprint.post("/second-steps/passkeys/<uuid:passkey_id>/remove")
@open_to(May.KEEP_OWN_ACCOUNT, proved_again=True)
def remove_passkey(passkey_id: UUID) -> Answer:
    try:
        with workshop().writing() as work:
            factors.remove_passkey(work, by=signed_in_person().id, passkey_id=passkey_id)
    except NotAllowedNow as refused:
        return _yours(str(refused)), 422
    poke()
    return redirect(url_for("factors.yours"), 303)


@blueprint.route("/second-steps/recovery-codes", methods=["GET", "POST"])
@open_to(May.KEEP_OWN_ACCOUNT, proved_again=True)
def recovery_codes() -> Answer:
    """Shown in the answer itself and never again; who loads it anew gets new ones, and those count."""
    with workshop().reading() as work:
        known = factors.factors_of(work, person_id=signed_in_person().id)
    if not known.has_any:
        return redirect(url_for("factors.yours"), 303)
    if request.method == "GET":
        return render_template("factors/recovery_codes.html", known=known, codes=())
    with workshop().writing() as work:
        codes = factors.make_recovery_codes(work, by=signed_in_person().id, secret=secret())
    poke()
    return render_template("factors/recovery_codes.html", known=known, codes=codes, following=session.get(NEXT))


@blueprint.route("/people/<uuid:person_id>/reset-second-steps", methods=["GET", "POST"])
@open_to(May.RESET_SECOND_FACTOR, proved_again=True)
def reset(person_id: UUID) -> Answer:
    by = signed_in_person().id
    if request.method == "GET":
        with workshop().reading() as work:
            person = factors.person_to_reset(work, by=by, person_id=person_id)
        return render_template("factors/reset.html", someone=person, done=False)
    with workshop().writing() as work:
        person = factors.reset_factors(work, by=by, person_id=person_id)
    poke()
    return render_template("factors/reset.html", someone=person, done=True)


def _yours(refused: str = "") -> str:
    with workshop().reading() as work:
        known = factors.factors_of(work, person_id=signed_in_person().id)
    return render_template("factors/yours.html", known=known, refused=refused, following=session.get(NEXT))


def _added(token: str) -> Response:
    sessions.renew(token)
    poke()
    return redirect(url_for("factors.recovery_codes"), 303)


def _qr_code(address: str) -> Markup:
    """As lines of SVG in the page itself: there is no address at which a picture of it could be fetched."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=False,
        scale=5,
        title="QR code for your authenticator app",
        svgclass="app-qr-code",
        lineclass=None,
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704  # segno's own lines; the address is in them as squares only
