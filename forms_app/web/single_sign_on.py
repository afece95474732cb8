"""Signing in as one does at work: to an agency's own provider, and back."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, render_template, request, session, url_for
from werkzeug.wrappers import Response

from forms_app.domain.access import May
from forms_app.domain.limits import CODES_FOR_NETWORK, TRIES_FOR_NETWORK
from forms_app.services import identity_providers, single_sign_on
from forms_app.services.identity_providers import Provider, ProviderFault, Said
from forms_app.web.access import open_to
from forms_app.web.limits import limited
from forms_app.web.rendering import SHOWN_AGAIN, show
from forms_app.web.sessions import person_or_none, secret, workshop
from forms_app.web.sign_in import AddressForm, begin, for_whoever_it_is, go_on

blueprint = Blueprint("single_sign_on", __name__)
Answer = Response | str | tuple[str, int]
WAY = "way"
"""In the cookie: where this browser was sent, and what it must bring back. Worth one answer."""
NO_PROVIDER = "Your agency has not set this up. Go back, and sign in with an email"


@blueprint.route("/sign-in/agency", methods=["GET", "POST"])
@open_to(May.SEE_PUBLIC_PAGES)
@limited(CODES_FOR_NETWORK)
def ask() -> Answer:
    if person_or_none() is not None:
        return go_on()
    form = AddressForm(request.form)
    if request.method == "GET" or not form.validate():
        return show("single_sign_on/ask.html", form)
    with workshop().reading() as work:
        found = single_sign_on.provider_for(work, form.email.data)
    if found is None:
        form.email.errors = [NO_PROVIDER]
        return show("single_sign_on/ask.html", form)
    try:
        way = identity_providers.way_there(_provider(found.issuer, found.client_id))
    except ProviderFault:
        return _refused()
    session[WAY] = {
        "issuer": found.issuer,
        "client": found.client_id,
        "state": way.state,
        "nonce": way.nonce,
        "verifier": way.verifier,
    }
    # A link, and no redirect: people see where they go, and no form of ours may lead to another site.
    return render_template("single_sign_on/go.html", address=way.address, host=urlsplit(way.address).netloc)


@blueprint.get("/sign-in/agency/back")
@open_to(May.SEE_PUBLIC_PAGES)
@limited(TRIES_FOR_NETWORK, methods=frozenset({"GET"}))
def back() -> Answer:
    said = _said(session.pop(WAY, None))
    if said is None:
        return _refused()
    with for_whoever_it_is().writing() as work:
        found = single_sign_on.let_in(work, said, secret=secret())
    return _refused() if found is None else begin(found)


def _said(way: Any) -> Said | None:
    """What the issuer says to which this browser was sent; None for an answer that nobody asked for."""
    code, state = request.args.get("code", ""), request.args.get("state", "")
    if not isinstance(way, dict) or not code or not hmac.compare_digest(way["state"].encode(), state.encode()):
        return None
    if request.args.get("iss", way["issuer"]) != way["issuer"]:
        return None
    try:
        provider = _provider(way["issuer"], way["client"])
        return identity_providers.said_by(provider, code=code, nonce=way["nonce"], verifier=way["verifier"])
    except ProviderFault:
        return None


def _provider(issuer: str, client_id: str) -> Provider:
    address = f"{current_app.config['SERVICE_URL']}{url_for('single_sign_on.back')}"
    return Provider(issuer, client_id, current_app.config["SINGLE_SIGN_ON_SECRETS"].get(issuer), address)


def _refused() -> tuple[str, int]:
    return render_template("single_sign_on/refused.html"), SHOWN_AGAIN
