"""The pages of tokens and webhooks for other systems, and the description of the API for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.systems import Event, Scope
from forms_app.forms.other_systems import EVENTS, SCOPES, token_form, webhook_form
from forms_app.services import tokens, webhooks
from forms_app.services.calling import Caller
from forms_app.services.work import Work
from forms_app.web.access import open_to
from forms_app.web.api import ROOT
from forms_app.web.form_keys import form_key
from forms_app.web.openapi import OPERATIONS, description
from forms_app.web.rendering import CONFLICT, show
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]
blueprint = Blueprint("other_systems", __name__, url_prefix="/other-systems")
TOKEN, WEBHOOK = "/tokens/<uuid:token_id>", "/webhooks/<uuid:webhook_id>"
STATES = {
    "in_use": ("In use", "green"),
    "waits": ("Waits for the business unit", "yellow"),
    "paused": ("Paused", "grey"),
    "expired": ("Ended", "grey"),
    "revoked": ("Revoked", "grey"),
    "stopped": ("Stopped: nobody administers the agency", "red"),
}
"""What a state is called, and its colour."""
RESULTS = {
    "answered": "Answered",
    "not_public": "Not sent: the address is not a public one",
    "not_reached": "Not reached",
    "too_slow": "Took too long",
    "not_trusted": "Its certificate is not trusted",
}
OUTCOMES = {
    "accepted": "Taken",
    "given_up": "Given up",
    "left": "Not sent: it was not theirs any more, or nothing was to be sent",
}
DONE = {
    "token-confirmed": "The token works from now on.",
    "token-revoked": "The token works no more.",
    "webhook-confirmed": "The webhook is told from now on.",
    "webhook-paused": "The webhook is told nothing for now.",
    "webhook-resumed": "The webhook is told again.",
    "webhook-removed": "The webhook was removed.",
    "test-sent": "The test is on its way.",
    "sent-again": "The message is on its way again.",
}
"""What the next page says of what was done."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done to a token or a webhook with one button."""

    question: str
    what_it_does: str
    button: str
    done: str
    do: Callable[..., Any]
    is_warning: bool = False


REVOKE = Deed(
    "Revoke this token?",
    "Whoever uses it gets nothing more from that moment on. It cannot be taken back.",
    "Revoke it",
    "token-revoked",
    tokens.revoke_token,
    is_warning=True,
)
CONFIRM_TOKEN = Deed(
    "Confirm this token?",
    "Ring the agency first, and ask whether it wants this. From then on the system reads what the token allows.",
    "Confirm it",
    "token-confirmed",
    tokens.confirm_token,
)
CONFIRM_WEBHOOK = Deed(
    "Confirm this webhook?",
    "Ring the agency first, and ask whether this address is its own. From then on references and stages are sent there.",
    "Confirm it",
    "webhook-confirmed",
    webhooks.confirm_webhook,
)
DEEDS: Mapping[str, Deed] = {
    "pause": Deed(
        "Pause this webhook?",
        "It is told nothing until you let it go on. What happens meanwhile it can ask the API for.",
        "Pause it",
        "webhook-paused",
        webhooks.pause_webhook,
    ),
    "resume": Deed(
        "Let this webhook go on?",
        "It is told what happens from now on, and not what happened meanwhile.",
        "Let it go on",
        "webhook-resumed",
        webhooks.resume_webhook,
    ),
    "remove": Deed(
        "Remove this webhook?",
        "It is told nothing more, and its log is gone.",
        "Remove it",
        "webhook-removed",
        webhooks.remove_webhook,
        is_warning=True,
    ),
    "test": Deed(
        "Send a test?",
        "It says that it is a test, and names no escalation.",
        "Send it",
        "test-sent",
        webhooks.send_test,
    ),
}


@blueprint.get("")
@open_to(May.KEEP_TOKENS)
def every() -> str:
    person = signed_in_person().id
    with workshop().reading() as work:
        found, told = tokens.tokens_view(work, by=person), webhooks.webhooks_view(work, by=person)
    return _page("every", "For other systems", tokens=found, webhooks=told)


@blueprint.get("/documentation")
@open_to(May.SEE_PUBLIC_PAGES)
def documentation() -> str:
    root = f"{current_app.config['SERVICE_URL']}{ROOT}"
    schemas = description(root)["components"]["schemas"]
    return _page("documentation", "The API for other systems", operations=OPERATIONS, root=root, schemas=schemas)


# --- tokens ------------------------------------------------------------------------------------------------------


@blueprint.route("/tokens/new", methods=["GET", "POST"])
@open_to(May.KEEP_TOKENS, proved_again=True)
def new_token() -> Answer:
    person, heading = signed_in_person().id, "Ask for a token"
    with workshop().reading() as work:
        form_of = token_form(
            unprintable=unprintable, scopes=tokens.scopes_for(work, by=person), read_one=tokens.network_of
        )
    if request.method == "GET":
        return _form_page(form_of(), heading, str(uuid4()))
    form, key = form_of(request.form), form_key()
    if not form.validate():
        return _form_page(form, heading, str(key))
    try:
        with workshop().writing() as work:
            made = tokens.make_token(
                work,
                by=person,
                token_id=key,
                name=form["system"].data,
                scopes=[Scope(each) for each in form["scopes"].data],
                days=int(form["days"].data),
                networks=form["networks"].data.split(),
            )
    except NotAllowedNow as refused:
        return _form_page(form, heading, str(key), refused=str(refused))
    if made is None:
        return redirect(url_for("other_systems.every"), 303)
    poke()
    return _page("made", "Your new token", secret=made.token, what="token", made_id=made.id), 200


@blueprint.route(f"{TOKEN}/confirm", methods=["GET", "POST"])
@open_to(May.CONFIRM_TOKEN, proved_again=True)
def confirm_token(token_id: UUID) -> Answer:
    return _token_deed(token_id, CONFIRM_TOKEN)


@blueprint.route(f"{TOKEN}/revoke", methods=["GET", "POST"])
@open_to(May.KEEP_TOKENS, proved_again=True)
def revoke_token(token_id: UUID) -> Answer:
    return _token_deed(token_id, REVOKE)


def _token_deed(token_id: UUID, deed: Deed) -> Answer:
    person = signed_in_person().id
    with workshop().reading() as work:
        line = tokens.token_line(work, by=person, token_id=token_id)
    return _do(deed, lambda work: deed.do(work, by=person, token_id=token_id), line.name)


# --- webhooks ----------------------------------------------------------------------------------------------------


@blueprint.route("/webhooks/new", methods=["GET", "POST"])
@open_to(May.KEEP_TOKENS, proved_again=True)
def new_webhook() -> Answer:
    person, heading = signed_in_person().id, "Ask for a webhook"
    with workshop().reading() as work:
        form_of = webhook_form(
            unprintable=unprintable, events=webhooks.events_for(work, by=person), fault_of=_caller().fault_of
        )
    if request.method == "GET":
        return _form_page(form_of(), heading, str(uuid4()))
    form, key = form_of(request.form), form_key()
    if not form.validate():
        return _form_page(form, heading, str(key))
    try:
        with workshop().writing() as work:
            added = webhooks.add_webhook(
                work,
                by=person,
                webhook_id=key,
                url=form["address"].data,
                events=[Event(each) for each in form["events"].data],
            )
    except NotAllowedNow as refused:
        return _form_page(form, heading, str(key), refused=str(refused))
    if added is None:
        return redirect(url_for("other_systems.every"), 303)
    poke()
    return _page("made", "Your new webhook", secret=added.secret, what="webhook", made_id=added.id), 200


@blueprint.get(WEBHOOK)
@open_to(May.KEEP_TOKENS)
def webhook(webhook_id: UUID) -> str:
    """What it was told, and what can be done with it."""
    person = signed_in_person().id
    with workshop().reading() as work:
        line = webhooks.webhook_line(work, by=person, webhook_id=webhook_id)
        log = webhooks.log_of(work, by=person, webhook_id=webhook_id)
    return _page("webhook", "Webhook", line=line, log=log, results=RESULTS, outcomes=OUTCOMES)


@blueprint.route(f"{WEBHOOK}/confirm", methods=["GET", "POST"])
@open_to(May.CONFIRM_TOKEN, proved_again=True)
def confirm_webhook(webhook_id: UUID) -> Answer:
    return _webhook_deed(webhook_id, CONFIRM_WEBHOOK)


@blueprint.route(f"{WEBHOOK}/<any('pause','resume','remove','test'):deed>", methods=["GET", "POST"])
@open_to(May.KEEP_TOKENS, proved_again=True)
def change_webhook(webhook_id: UUID, deed: str) -> Answer:
    return _webhook_deed(webhook_id, DEEDS[deed])


@blueprint.route(f"{WEBHOOK}/secret", methods=["GET", "POST"])
@open_to(May.KEEP_TOKENS, proved_again=True)
def new_secret(webhook_id: UUID) -> Answer:
    """A new secret is shown once, and so there is no page after it to go to."""
    person = signed_in_person().id
    with workshop().reading() as work:
        line = webhooks.webhook_line(work, by=person, webhook_id=webhook_id)
    if request.method == "GET":
        return _page("secret", "Make a new secret?", line=line, caption=line.url), 200
    with workshop().writing() as work:
        added = webhooks.change_secret(work, by=person, webhook_id=webhook_id)
    return _page("made", "The new secret", secret=added.secret, what="secret", made_id=added.id), 200


@blueprint.route(f"{WEBHOOK}/messages/<uuid:message_id>/again", methods=["GET", "POST"])
@open_to(May.KEEP_TOKENS, proved_again=True)
def send_again(webhook_id: UUID, message_id: UUID) -> Answer:
    person = signed_in_person().id
    deed = Deed(
        "Send this again?",
        "It goes under the same id, so that a receiver who has it already knows.",
        "Send it again",
        "sent-again",
        webhooks.send_again,
    )
    with workshop().reading() as work:
        line = webhooks.message_line(work, by=person, webhook_id=webhook_id, message_id=message_id)
    ids = {"webhook_id": webhook_id, "message_id": message_id}
    return _do(deed, lambda work: deed.do(work, by=person, **ids), line.reference or "A test", webhook_id)


def _webhook_deed(webhook_id: UUID, deed: Deed) -> Answer:
    person = signed_in_person().id
    with workshop().reading() as work:
        line = webhooks.webhook_line(work, by=person, webhook_id=webhook_id)
    return _do(deed, lambda work: deed.do(work, by=person, webhook_id=webhook_id), line.url, webhook_id)


# --- parts -------------------------------------------------------------------------------------------------------


def _do(deed: Deed, do: Callable[[Work], object], caption: str, webhook_id: UUID | None = None) -> Answer:
    """The question, and what is done. It stands on the page of a webhook, where there is one."""
    if request.method == "GET":
        return _deed_page(deed, caption, webhook_id), 200
    try:
        with workshop().writing() as work:
            do(work)
    except NotAllowedNow as refused:
        return _deed_page(deed, caption, webhook_id, refused=str(refused)), CONFLICT
    poke()
    if webhook_id is None or deed.do is webhooks.remove_webhook:
        return redirect(url_for("other_systems.every", done=deed.done), 303)
    return redirect(url_for("other_systems.webhook", webhook_id=webhook_id, done=deed.done), 303)


def _deed_page(deed: Deed, caption: str, webhook_id: UUID | None, *, refused: str = "") -> str:
    every = url_for("other_systems.every")
    there = every if webhook_id is None else url_for("other_systems.webhook", webhook_id=webhook_id)
    return _page("deed", deed.question, deed=deed, caption=caption, there=there, refused=refused)


def _form_page(form: Form, heading: str, key: str, *, refused: str = "") -> tuple[str, int]:
    page, status = show("other_systems/form.html", form, heading=heading, key=key, refused=refused)
    return page, CONFLICT if refused else status


def _page(template: str, heading: str, **shown: Any) -> str:
    done = DONE.get(request.args.get("done", ""), "")
    names = {"states": STATES, "scopes": SCOPES, "events": EVENTS, "done": done, "caption": ""}
    return render_template(f"other_systems/{template}.html", heading=heading, **{**names, **shown})


def _caller() -> Caller:
    return Caller(current_app.config["WEBHOOK_PRIVATE_RECEIVERS"])
