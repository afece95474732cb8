"""Every email that the service sends, with invented values: the business unit reads the words before anybody is sent them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, render_template

from forms_app.domain.access import May
from forms_app.mail.compose import Kind, Office
from forms_app.mail.examples import EXAMPLES, example_message
from forms_app.web.access import open_to
from forms_app.web.sessions import signed_in_person

blueprint = Blueprint("email_texts", __name__, url_prefix="/register/emails")

TITLES: Mapping[Kind, str] = {
    Kind.DOCUMENT: "A document",
    Kind.DOCUMENTS_WAITING: "Several documents together",
    Kind.DELIVERY_FAILED: "A document did not reach somebody",
    Kind.WITHDRAWN: "A document was sent to you by mistake",
    Kind.WITHDRAWAL: "A document was withdrawn",
    Kind.DISAGREEMENT: "Somebody does not agree",
    Kind.REMINDER: "Reminder",
    Kind.RELEASE_WAITS: "Documents wait to be released",
    Kind.REPORT_WAITS: "A report of the Board waits",
    Kind.REPORT_RELEASED: "A new report of the Board",
    Kind.LAYOUT_FAILED: "A Word layout could not be used",
    Kind.ADDRESS_CHANGES: "Your email address is to be changed",
    Kind.ATTESTATION_DUE: "Look through the list of people",
    Kind.DESTRUCTION_NEAR: "Records will be destroyed",
    Kind.DRAFT_ENDS: "Something that you began and did not send",
    Kind.SECOND_STEPS_CHANGED: "Your second steps were changed",
    Kind.PLACE_CHANGED: "The people who take part have changed",
    Kind.PLACE_GIVEN_UP: "You take no part any more",
    Kind.PLACE_EMPTY: "Somebody must be named in a place",
    Kind.POLICY_CHANGES: "Another version of the policy comes",
    Kind.POLICY_STAYS: "The version of the policy stays",
    Kind.SYSTEM_ACCESS_ASKED: "Somebody asked for access for another system",
    Kind.SYSTEM_ACCESS_ENDS: "The access of another system ends soon",
    Kind.WEBHOOK_GIVEN_UP: "Another system could not be told of something",
    Kind.SIMILAR_ESCALATIONS: "There is a pattern of similar escalations",
    Kind.TRAIL_HEAD: "The head of the trail",
    Kind.MANY_DOWNLOADS: "Somebody has taken very many documents",
    Kind.SIGN_IN: "Code to sign in",
}


@blueprint.get("")
@open_to(May.SEE_EMAIL_TEXTS)
def every() -> str:
    return render_template("email_texts/every.html", titles=TITLES, examples=EXAMPLES, heading="Emails")


@blueprint.get("/<email_kind>")
@open_to(May.SEE_EMAIL_TEXTS)
def one(email_kind: str) -> str:
    if email_kind not in set(Kind):
        abort(404)
    kind, person = Kind(email_kind), signed_in_person()
    office = Office(person.board_name, person.board_telephone)
    texts = [
        (example.when, example_message(office, kind, example, "en"), example_message(office, kind, example, "cy"))
        for example in EXAMPLES[kind]
    ]
    return render_template("email_texts/one.html", texts=texts, heading=f"Email: {TITLES[kind]}")
