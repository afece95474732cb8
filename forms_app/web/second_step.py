"""Where somebody proves that it is them: the second step of signing in, a passkey alone, and once more before what is grave."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.domain.access import May
from forms_app.domain.limits import TRIES_FOR_NETWORK
from forms_app.domain.text import everything_prints
from forms_app.forms.fields import Words
from forms_app.services import second_step
from forms_app.services.factors import Factors, Proof, Typed
from forms_app.web import challenges, sessions
from forms_app.web.access import open_to
from forms_app.web.limits import limited
from forms_app.web.rendering import SHOWN_AGAIN, show
from forms_app.web.sessions import NEXT, UNFINISHED, current, secret, signed_in_person, workshop
from forms_app.web.sign_in import begin, email_code, for_whoever_it_is, go_on

blueprint = Blueprint("second_step", __name__)
Answer = Response | tuple[str, int]

REFUSED = "That code is not right, or was used already. Check it, or wait for the next one"
PASSKEY_REFUSED = "That passkey could not be used here. Try again, or sign in another way"


class ProofForm(Form):
    code = Words("Recovery code", limit=40, unprintable=everything_prints)

    def name_for(self, known: Factors) -> None:
        if known.app_since is not None:
            self.code.label.text = "6-digit code from your authenticator app"
            self.code.description = "If you do not have it with you, type one of your recovery codes."
        else:
            self.code.description = "One of the codes that you kept when you set up your passkey."


@blueprint.route("/sign-in/second-step", methods=["GET", "POST"])
@open_to(May.SEE_PUBLIC_PAGES)
@limited(TRIES_FOR_NETWORK)
def take() -> Answer:
    token = session.get(UNFINISHED, "")
    with for_whoever_it_is().reading() as work:
        person_id = second_step.who_owes(work, token=token, secret=secret())
    if person_id is None:
        session.pop(UNFINISHED, None)
        return redirect(url_for("sign_in.ask"), 303)
    form = ProofForm(request.form)
    proof = _proof(form)
    if proof is not None:
        with for_whoever_it_is().writing() as work:
            found = second_step.take_second_step(work, token=token, proof=proof, secret=secret())
        if found is not None:
            return begin(found)
        _refuse(form, proof)
    return _page(form, person_id, heading="Prove that it is you", is_again=False)


@blueprint.post("/sign-in/passkey")
@open_to(May.SEE_PUBLIC_PAGES)
@limited(TRIES_FOR_NETWORK)
def by_passkey() -> Answer:
    answer = challenges.answer_in_form()
    with for_whoever_it_is().writing() as work:
        found = second_step.sign_in_by_passkey(work, answer=answer, secret=secret()) if answer is not None else None
    if found is None:
        return render_template("second_step/passkey_refused.html"), SHOWN_AGAIN
    return begin(found)


@blueprint.route("/prove-again", methods=["GET", "POST"])
@open_to(May.KEEP_OWN_ACCOUNT, before_second_step=True)
def again() -> Answer:
    form = ProofForm(request.form)
    proof = _proof(form)
    if proof is not None:
        with workshop().writing() as work:
            found = second_step.prove_again(work, session_id=current().session_id, proof=proof, secret=secret())
        if found is not None:
            sessions.renew(found.token)
            return go_on(session.pop(NEXT, None))
        _refuse(form, proof)
    return _page(form, signed_in_person().id, heading="Prove again that it is you", is_again=True)


@blueprint.post("/prove-again/email")
@open_to(May.KEEP_OWN_ACCOUNT, before_second_step=True)
def again_by_email() -> Response:
    return email_code(signed_in_person().email)


def _proof(form: ProofForm) -> Proof | None:
    if request.method != "POST":
        return None
    if "credential" in request.form:
        answer = challenges.answer_in_form()
        if answer is None:
            form.form_errors = [PASSKEY_REFUSED]
        return answer
    return Typed(form.code.data) if form.validate() else None


def _refuse(form: ProofForm, proof: Proof) -> None:
    if isinstance(proof, Typed):
        form.code.errors = [REFUSED]
    else:
        form.form_errors = [PASSKEY_REFUSED]


def _page(form: ProofForm, person_id: UUID, *, heading: str, is_again: bool) -> Answer:
    asked = challenges.ask()
    with workshop().reading() as work:
        known, options = second_step.ways_of(work, person_id=person_id, asked=asked)
    if known.has_any:
        form.name_for(known)
        if form.code.errors and not form.code.data:
            form.code.errors = [form.code.missing()]  # by the name that the page gives it
    else:
        form = ProofForm()  # the page asks nothing, and has nothing at fault
    passkey = challenges.as_json(options)
    return show("second_step/prove.html", form, heading=heading, known=known, passkey=passkey, is_again=is_again)
