"""Everybody's own page about the emails that they are sent."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from forms_app.domain.access import May
from forms_app.domain.languages import Language
from forms_app.forms.mail_domains import LanguageForm
from forms_app.services.languages import choose_language, language_of
from forms_app.web.access import open_to
from forms_app.web.rendering import show
from forms_app.web.sessions import signed_in_person, workshop

blueprint = Blueprint("emails", __name__)


@blueprint.route("/your-emails", methods=["GET", "POST"])
@open_to(May.KEEP_OWN_ACCOUNT)
def yours() -> Response | tuple[str, int]:
    person = signed_in_person()
    with workshop().reading() as work:
        language = language_of(work, by=person.id)
    if request.method == "GET":
        return _page(LanguageForm(data={"language": language.value}), language)
    form = LanguageForm(request.form)
    if form.validate():
        with workshop().writing() as work:
            choose_language(work, by=person.id, language=Language(form["language"].data))
        return redirect(url_for("emails.yours"), 303)
    return _page(form, language)


def _page(form: LanguageForm, language: Language) -> tuple[str, int]:
    return show("emails/yours.html", form, language=language, heading="Your emails")
