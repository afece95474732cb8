"""The Board's reports: begun, written, checked, released by a second person, read and downloaded."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import Form

from forms_app.documents.catalogue import Format
from forms_app.documents.printable import unprintable
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, DomainError, NotAllowedNow
from forms_app.forms.fields import number_brought_back
from forms_app.forms.releases import findings_form, send_back_form, suggested
from forms_app.forms.reports import begin_form, withdraw_form, written_form
from forms_app.services import report_views, reports
from forms_app.services.report_kinds import LIMIT
from forms_app.services.report_views import Choice, ReportView
from forms_app.services.scanning import CheckFailed
from forms_app.web.access import open_to
from forms_app.web.downloads import FORMAT, as_download, giving_out
from forms_app.web.filling_in import nested_in
from forms_app.web.rendering import CONFLICT, SHOWN_AGAIN
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]
UNCHECKED = 503
ONE = "/<uuid:report_id>"
REFUSED = (ChangedMeanwhile, NotAllowedNow, CheckFailed)
DONE = {
    "written": "What you wrote was saved and checked.",
    "prepared": "The report was sent to a second person.",
    "released": "The report was released. Its files are being made.",
    "sent-back": "The report was sent back.",
    "withdrawn": "The report was withdrawn.",
}
"""What the next page says was done, by its code in the address."""

blueprint = Blueprint("reports", __name__, url_prefix="/reports")


@blueprint.get("")
@open_to(May.SEE_REPORTS)
def every() -> str:
    with workshop().reading() as work:
        lines = report_views.report_lines(work, by=signed_in_person().id)
    return render_template("reports/every.html", lines=lines, heading="Reports")


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(May.PREPARE_REPORT)
def begin() -> Answer:
    by = signed_in_person().id
    with workshop().reading() as work:
        choices = {choice.code: choice for choice in report_views.what_can_be_begun(work, by=by)}
    form = begin_form(_grouped(choices))(request.form if request.method == "POST" else None)
    if request.method == "GET" or not form.validate():
        return _begin_page(form, 200 if request.method == "GET" else SHOWN_AGAIN)
    chosen = choices[form["f-which"].data]
    try:
        with workshop().writing() as work:
            begun = reports.begin(work, by=by, kind=chosen.kind, period=chosen.period, part=chosen.part)
    except NotAllowedNow as refused:
        return _begin_page(form, CONFLICT, refused=str(refused))
    return redirect(url_for("reports.texts", report_id=begun), 303)


@blueprint.get(ONE)
@open_to(May.SEE_REPORTS)
def one(report_id: UUID) -> Answer:
    return _page(_view(report_id), done=DONE.get(request.args.get("done", ""), ""))


@blueprint.route(f"{ONE}/texts", methods=["GET", "POST"])
@open_to(May.PREPARE_REPORT)
def texts(report_id: UUID) -> Answer:
    """What is written for it. To keep it is to have it checked."""
    view = _view(report_id)
    if not view.prepares:
        return _page(view, refused="This report cannot be changed any more.", status=CONFLICT)
    questions = [(each.question.id, each.question.title, each.question.hint) for each in view.texts]
    form_of = written_form(questions, limit=LIMIT, unprintable=unprintable)
    if request.method == "GET":
        given = {f"t-{each.question.id}": each.text for each in view.texts}
        return _form_page("reports/texts.html", view, form_of(data=given))
    form = form_of(request.form)
    if not form.validate():
        return _form_page("reports/texts.html", view, form, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            reports.write(work, by=signed_in_person().id, report_id=report_id, seen=_seen(), texts=form.texts())
    except REFUSED as refused:
        again = _view(report_id)
        return _form_page("reports/texts.html", again, form, refused=str(refused), status=_status(refused))
    return _onward(report_id)


@blueprint.route(f"{ONE}/found", methods=["GET", "POST"])
@open_to(May.PREPARE_REPORT)
def found(report_id: UUID) -> Answer:
    """What becomes of each thing that was found. Then it is checked again."""
    view = _view(report_id)
    if not view.prepares:
        return _page(view, refused="This report cannot be changed any more.", status=CONFLICT)
    findings = view.undecided
    form_of = findings_form(findings, unprintable=unprintable)
    if request.method == "GET":
        return _found_page(view, form_of(data=suggested(findings)))
    form, is_seen = form_of(request.form), _seen() == view.revision
    if is_seen and not form.validate():
        return _found_page(view, form, status=SHOWN_AGAIN)
    try:
        with workshop().writing() as work:
            decisions = form.decisions(findings) if is_seen else ()
            reports.resolve(work, by=signed_in_person().id, report_id=report_id, seen=_seen(), decisions=decisions)
    except REFUSED as refused:
        again = _view(report_id)
        if again.revision != view.revision or not is_seen:
            return _page(again, refused=str(refused), status=_status(refused))
        return _found_page(again, form, refused=str(refused), status=_status(refused))
    return _onward(report_id)


@blueprint.post(f"{ONE}/prepare")
@open_to(May.PREPARE_REPORT)
def prepare(report_id: UUID) -> Answer:
    try:
        with workshop().writing() as work:
            is_sent = reports.prepare(work, by=signed_in_person().id, report_id=report_id, seen=_seen())
    except REFUSED as refused:
        return _page(_view(report_id), refused=str(refused), status=_status(refused))
    poke()
    return _to(report_id, "prepared") if is_sent else _onward(report_id)


@blueprint.post(f"{ONE}/release")
@open_to(May.RELEASE_REPORT)
def release(report_id: UUID) -> Answer:
    return _acted(reports.release, report_id, "released")


@blueprint.route(f"{ONE}/send-back", methods=["GET", "POST"])
@open_to(May.RELEASE_REPORT)
def send_back(report_id: UUID) -> Answer:
    view = _view(report_id)
    if not view.decides:
        return _page(view, refused="You cannot send this report back.", status=CONFLICT)
    return _with_reason(view, send_back_form(unprintable=unprintable), "send_back", reports.send_back)


@blueprint.route(f"{ONE}/withdraw", methods=["GET", "POST"])
@open_to(May.PREPARE_REPORT, May.RELEASE_REPORT)
def withdraw(report_id: UUID) -> Answer:
    view = _view(report_id)
    if not view.withdraws:
        return _page(view, refused="You cannot withdraw this report.", status=CONFLICT)
    return _with_reason(view, withdraw_form(unprintable=unprintable), "withdraw", reports.withdraw)


@blueprint.get(f"{ONE}/read")
@open_to(May.SEE_REPORTS)
def read(report_id: UUID) -> str:
    """The web version, as it was stored when the report was issued."""
    with workshop().reading() as work:
        title, page = report_views.report_page(work, by=signed_in_person().id, report_id=report_id)
    # Made by the press from escaped text, and of nothing but words, headings and tables: documents/web_version.py.
    content = Markup(page)  # noqa: S704
    return render_template("reports/read.html", content=content, report_id=report_id, heading=title)


@blueprint.get(f"{ONE}/{FORMAT}")
@open_to(May.SEE_REPORTS)
def download(report_id: UUID, file_format: Format) -> Response:
    with giving_out() as work:
        given = report_views.report_file(work, by=signed_in_person().id, report_id=report_id, file_format=file_format)
    return as_download(*given)


# --- parts -------------------------------------------------------------------------------------------------------


def _view(report_id: UUID) -> ReportView:
    with workshop().reading() as work:
        return report_views.report_view(work, by=signed_in_person().id, report_id=report_id)


def _grouped(choices: dict[str, Choice]) -> dict[str, list[tuple[str, str]]]:
    years = groupby(choices.values(), lambda choice: str(choice.period.year))
    return {year: [(choice.code, choice.title) for choice in each] for year, each in years}


def _acted(act: Any, report_id: UUID, done: str, **given: Any) -> Answer:
    try:
        with workshop().writing() as work:
            act(work, by=signed_in_person().id, report_id=report_id, seen=_seen(), **given)
    except REFUSED as refused:
        return _page(_view(report_id), refused=str(refused), status=_status(refused))
    poke()
    return _to(report_id, done)


def _with_reason(view: ReportView, form_of: type[Form], what: str, act: Any) -> Answer:
    form = form_of(request.form if request.method == "POST" else None)
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else SHOWN_AGAIN
        return _form_page(f"reports/{what}.html", view, form, status=status)
    done = {"send_back": "sent-back", "withdraw": "withdrawn"}[what]
    return _acted(act, view.line.id, done, because=form["f-because"].data)


def _to(report_id: UUID, done: str) -> Response:
    return redirect(url_for("reports.one", report_id=report_id, done=done), 303)


def _onward(report_id: UUID) -> Response:
    """To what was found, while something of it is undecided."""
    if _view(report_id).undecided:
        return redirect(url_for("reports.found", report_id=report_id), 303)
    return _to(report_id, "written")


def _seen() -> int:
    """The revision that this person saw; none that can be right where the form says none."""
    return number_brought_back(request.form.get("seen", ""))


def _status(refused: DomainError) -> int:
    return UNCHECKED if isinstance(refused, CheckFailed) else CONFLICT


def _begin_page(form: Form, status: int, *, refused: str = "") -> tuple[str, int]:
    return render_template("reports/begin.html", form=form, refused=refused, heading="Begin a report"), status


def _page(view: ReportView, *, refused: str = "", done: str = "", status: int = 200) -> tuple[str, int]:
    html = render_template("reports/one.html", view=view, refused=refused, done=done, heading=view.line.title)
    return html, status


HEADINGS = {
    "reports/texts.html": "Write the report",
    "reports/found.html": "What was found",
    "reports/send_back.html": "Send it back",
    "reports/withdraw.html": "Withdraw the report",
}


def _form_page(
    template: str, view: ReportView, form: Form, *, refused: str = "", status: int = 200, **shown: Any
) -> tuple[str, int]:
    html = render_template(template, view=view, form=form, refused=refused, heading=HEADINGS[template], **shown)
    return html, status


def _found_page(view: ReportView, form: Any, *, refused: str = "", status: int = 200) -> tuple[str, int]:
    return _form_page("reports/found.html", view, form, refused=refused, status=status, nested=nested_in(form))
