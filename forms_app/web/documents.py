"""Documents, for the people to whom they were sent: the bytes as issued, the same as a page, and what they say to it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from forms_app.documents.catalogue import Format
from forms_app.domain.access import May
from forms_app.domain.acts import Act
from forms_app.domain.deliveries import Answer as Said
from forms_app.domain.errors import ChangedMeanwhile, NotFound
from forms_app.forms.acknowledging import ANSWERS, AnswerForm
from forms_app.forms.fields import number_brought_back
from forms_app.services import acknowledging, drafts, receiving
from forms_app.services.acknowledging import Before
from forms_app.services.attachments import password_for
from forms_app.services.documents import FoundDocument, document_for, file_for
from forms_app.services.download_budget import take_document
from forms_app.services.looking import escalation_view
from forms_app.services.receiving import Received
from forms_app.services.signing_in import SignedInPerson
from forms_app.services.withdrawing import withdrawn_from
from forms_app.services.work import Work
from forms_app.web.access import open_to
from forms_app.web.download_budget import over_budget
from forms_app.web.downloads import FORMAT, as_download, giving_out
from forms_app.web.filling_in import FormPlace
from forms_app.web.rendering import CONFLICT, SHOWN_AGAIN
from forms_app.web.sessions import poke, secret, signed_in_person, workshop

blueprint = Blueprint("documents", __name__)
Answer = Response | tuple[str, int]
ONE = "/documents/<uuid:document_id>"
GONE = 410
FORM = "answer"
"""What the draft of an answer is called. There is one only for what came in after its person's session had ended."""
DISCARD = "discard"


@blueprint.errorhandler(NotFound)
def gone(_: NotFound) -> tuple[str, int]:
    """A document that was withdrawn says so to whom it was sent; to anybody else it is as if it never was."""
    document_id = (request.view_args or {}).get("document_id")
    with workshop().reading() as work:
        found = document_id and withdrawn_from(work, by=signed_in_person().id, document_id=document_id)
    if not found:
        return render_template("errors/not_found.html"), 404
    return render_template("documents/withdrawn.html", found=found, heading="This document was withdrawn"), GONE


@blueprint.get("/documents")
@open_to(May.SEE_OWN_LIST)
def every() -> str:
    """All that was sent to whoever is signed in."""
    with workshop().reading() as work:
        found = receiving.received_by(work, by=signed_in_person().id)
    return render_template("documents/every.html", received=found, answers=ANSWERS, heading="Documents sent to you")


@blueprint.get(ONE)
@open_to(May.SEE_DOCUMENTS)
def one(document_id: UUID) -> str:
    """Where the link in an email leads, for somebody who has proved the address by signing in."""
    person = signed_in_person()
    with workshop().reading() as work:
        found = document_for(work, by=person.id, document_id=document_id)
        received = receiving.received_document(work, by=person.id, document_id=document_id)
        password = password_for(work, by=person.id, document_id=document_id, secret=secret())
        awaited = _awaited(work, found, received, person)
        is_begun = _typed_before(work, person, document_id) is not None
        has_page = receiving.has_web_version(work, document_id=document_id)
    if received is not None and not received.is_opened and request.method == "GET":
        with workshop().writing() as work:
            receiving.note_opened(work, by=person.id, document_id=document_id)
    return render_template(
        "documents/one.html",
        found=found,
        received=received,
        has_page=has_page,
        password=password,
        awaited=awaited,
        form=AnswerForm() if received is not None and received.asks_answer and not received.answers else None,
        is_begun=is_begun,
        answers=ANSWERS,
        heading=found.line.title,
    )


@blueprint.get(f"{ONE}/read")
@open_to(May.SEE_DOCUMENTS)
def read(document_id: UUID) -> str:
    """The web version, as it was stored when the document was issued."""
    person = signed_in_person()
    with giving_out() as work:
        page = receiving.web_version_for(work, by=person.id, document_id=document_id)
        received = receiving.received_document(work, by=person.id, document_id=document_id)
    # Made by the press from escaped text, and of nothing but words, headings and tables: documents/web_version.py.
    content = Markup(page.content)  # noqa: S704
    return render_template(
        "documents/read.html", content=content, document_id=document_id, received=received, heading=page.title
    )


@blueprint.get(f"{ONE}/{FORMAT}")
@open_to(May.DOWNLOAD_DOCUMENTS)
def download(document_id: UUID, file_format: Format) -> Answer:
    by = signed_in_person().id
    if refused := over_budget(lambda work: take_document(work, by=by, document_id=document_id)):
        return refused
    with giving_out() as work:
        name, content = file_for(work, by=signed_in_person().id, document_id=document_id, file_format=file_format)
    return as_download(name, content)


# --- what the recipient says to it -------------------------------------------------------------------------------


@blueprint.route(f"{ONE}/seen", methods=["GET", "POST"])
@open_to(May.SEE_DOCUMENTS)
def seen(document_id: UUID) -> Response:
    """The button “I have read it”; who had to sign in first comes back to the document itself."""
    person = signed_in_person()
    with workshop().reading() as work:
        document_for(work, by=person.id, document_id=document_id)
        received = receiving.received_document(work, by=person.id, document_id=document_id)
    if request.method == "POST" and received is not None and not received.asks_answer:
        with workshop().writing() as work:
            acknowledging.say_read(work, by=person.id, document_id=document_id)
    return redirect(url_for("documents.one", document_id=document_id), 303)


def _keep_answer(person: SignedInPerson, document_id: UUID) -> None:
    typed = [[name, value] for name, value in request.form.items(multi=True) if name != "csrf_token"]
    with workshop().writing() as work:
        document_for(work, by=person.id, document_id=document_id)
        drafts.save_page(work, by=person.id, about=_about(document_id), form=FORM, page=FORM, pairs=typed)


@blueprint.route(f"{ONE}/answer", methods=["GET", "POST"])
@open_to(May.ANSWER_DOCUMENT, keep=_keep_answer)
def answer(document_id: UUID) -> Answer:
    """The three buttons: whether somebody agrees, and their reasons."""
    person = signed_in_person()
    with workshop().reading() as work:
        document_for(work, by=person.id, document_id=document_id)
        received = receiving.received_document(work, by=person.id, document_id=document_id)
        typed = _typed_before(work, person, document_id)
    if received is None or not received.asks_answer:
        return redirect(url_for("documents.one", document_id=document_id), 303)
    if DISCARD in request.form:
        with workshop().writing() as work:
            drafts.throw_away(work, by=person.id, about=_about(document_id), form=FORM)
        return redirect(url_for("documents.answer", document_id=document_id), 303)
    if request.method == "GET":
        return _answer_page(received, AnswerForm(typed), _before(typed, received), is_begun=typed is not None)
    form, before = AnswerForm(request.form), _before(request.form, received)
    if not form.validate():
        return _answer_page(received, form, before, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            acknowledging.acknowledge(
                work,
                by=person.id,
                document_id=document_id,
                before=before,
                answer=Said(form.answer.data),
                reasons=form.reasons.data,
            )
            drafts.throw_away(work, by=person.id, about=_about(document_id), form=FORM)
    except ChangedMeanwhile as refused:
        return _answer_page(received, form, _now(received), refused=str(refused), status=CONFLICT)
    poke()
    return redirect(url_for("documents.answered", document_id=document_id), 303)


@blueprint.get(f"{ONE}/answered")
@open_to(May.ANSWER_DOCUMENT)
def answered(document_id: UUID) -> Answer:
    """The receipt of an answer."""
    with workshop().reading() as work:
        document_for(work, by=signed_in_person().id, document_id=document_id)
        received = receiving.received_document(work, by=signed_in_person().id, document_id=document_id)
    if received is None or received.answer is None:
        return redirect(url_for("documents.one", document_id=document_id), 303)
    html = render_template(
        "documents/answered.html", received=received, answers=ANSWERS, heading="Your answer is recorded"
    )
    return html, 200


# --- parts -------------------------------------------------------------------------------------------------------


def _awaited(work: Work, found: FoundDocument, received: Received | None, person: SignedInPerson) -> str | None:
    """Where this person’s side has to answer the outcome that the document tells of; None where the stage does not wait for it."""
    if received is None or not found.is_party:
        return None
    view = escalation_view(work, by=person.id, escalation_id=found.escalation_id, with_documents=False)
    is_about_it = view.proposed is not None and view.proposed.record_id == received.record_id
    if not is_about_it or Act.ANSWER_OUTCOME not in view.acts:
        return None
    return FormPlace(Act.ANSWER_OUTCOME, found.escalation_id).url()


def _answer_page(
    received: Received,
    form: AnswerForm,
    before: Before,
    *,
    is_begun: bool = False,
    refused: str = "",
    status: int = 200,
) -> tuple[str, int]:
    html = render_template(
        "documents/answer.html",
        received=received,
        form=form,
        before=before,
        is_begun=is_begun,
        refused=refused,
        answers=ANSWERS,
        heading="Your answer",
    )
    return html, status


def _now(received: Received) -> Before:
    return Before(received.sha256, received.answer.number if received.answer else 0)


def _before(typed: MultiDict[str, str] | None, received: Received) -> Before:
    """What the form says was before whoever filled it in; of a new one, what is before them now."""
    if typed is None:
        return _now(received)
    return Before(typed.get("sha256", ""), number_brought_back(typed.get("number", "")))


def _about(document_id: UUID) -> str:
    return f"document:{document_id}"


def _typed_before(work: Work, person: SignedInPerson, document_id: UUID) -> MultiDict[str, str] | None:
    """What this person typed here before they were signed out."""
    for draft in drafts.drafts_of(work, by=person.id):
        if (draft.about, draft.form) == (_about(document_id), FORM):
            return MultiDict([(name, value) for name, value in draft.answers.get(FORM, [])])
    return None
