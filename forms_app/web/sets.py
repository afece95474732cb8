"""The Board's de-identified documents of a time as one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from forms_app.documents.faults import DocumentFault
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow
from forms_app.domain.limits import DOWNLOADS_OF_MANY
from forms_app.domain.periods import Period
from forms_app.domain.policy import DEIDENTIFIED_CODES
from forms_app.domain.sets import KEPT, Failure
from forms_app.forms.sets import SetForm, code_of, set_form
from forms_app.services import sets
from forms_app.services.download_budget import LeftToday, many_downloads
from forms_app.services.set_manifest import spell_months
from forms_app.services.sets import FAILED_IN_WORDS, Choices
from forms_app.web.access import open_to
from forms_app.web.downloads import as_download
from forms_app.web.form_keys import form_key
from forms_app.web.limits import limited
from forms_app.web.proof import signing
from forms_app.web.rendering import CONFLICT, show
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | tuple[str, int]
HEADING = "Downloads"

blueprint = Blueprint("sets", __name__, url_prefix="/register/downloads")


@blueprint.get("")
@open_to(May.DOWNLOAD_SETS)
def every() -> tuple[str, int]:
    """The form and the sets that there are; and once the form is filled in, what a set would have in it."""
    choices = _choices()
    if not request.args:
        return _page(choices, _form(choices)(data={"kinds": DEIDENTIFIED_CODES, "formats": ("pdf",)}))
    return _look(choices, _form(choices)(request.args))


@blueprint.post("")
@open_to(May.DOWNLOAD_SETS)
def ask() -> Answer:
    choices = _choices()
    form = _form(choices)(request.form)
    if not form.validate():
        return _page(choices, form)
    try:
        with workshop().writing() as work:
            asked = sets.ask_for_set(work, by=signed_in_person().id, wanted=form.wanted(), form_key=form_key())
    except NotAllowedNow as refused:
        form["kinds"].errors = [str(refused)]
        return _page(choices, form)
    poke()
    if isinstance(asked, LeftToday):
        return _look(choices, form)
    return redirect(url_for("sets.one", set_id=asked), 303)


@blueprint.get("/<uuid:set_id>")
@open_to(May.DOWNLOAD_SETS)
def one(set_id: UUID) -> tuple[str, int]:
    return _one(set_id)


@blueprint.get("/<uuid:set_id>/documents.zip")
@open_to(May.DOWNLOAD_SETS, proved_again=True)
@limited(DOWNLOADS_OF_MANY, methods=frozenset({"GET"}))
def download(set_id: UUID) -> Answer:
    try:
        with workshop().writing() as work:
            found = sets.download_set(work, by=signed_in_person().id, set_id=set_id, signing=signing())
    except (NotAllowedNow, ChangedMeanwhile) as refused:
        return _one(set_id, refused=str(refused))
    except DocumentFault:
        return _one(set_id, refused=FAILED_IN_WORDS[Failure.FILE_CHANGED])
    return as_download(found.name, found.content)


# --- parts ---


def _choices() -> Choices:
    with workshop().reading() as work:
        return sets.choices(work, by=signed_in_person().id)


def _form(choices: Choices) -> type[SetForm]:
    return set_form(choices.months, DEIDENTIFIED_CODES)


def _look(choices: Choices, form: SetForm) -> tuple[str, int]:
    if not form.validate():
        return _page(choices, form)
    with workshop().reading() as work:
        before = sets.look_before(work, by=signed_in_person().id, wanted=form.wanted())
    if not before.documents:
        form["kinds"].errors = [sets.NOTHING]
        return _page(choices, form)
    wanted = form.wanted()
    return _page(choices, form, before=before, months=spell_months(wanted.first_month, wanted.last_month))


def _page(choices: Choices, form: SetForm, **context: Any) -> tuple[str, int]:
    by = signed_in_person().id
    with workshop().reading() as work:
        there, many = sets.sets_of_board(work, by=by), many_downloads(work, by=by)
    return show(
        "sets/every.html",
        form,
        left=choices.left,
        sets=there,
        many=many,
        periods=list(_periods(choices.months)),
        days_kept=KEPT.days,
        form_key=uuid4(),
        heading=HEADING,
        **{"before": None, **context},
    )


def _periods(months: Sequence[date]) -> Iterator[tuple[str, MultiDict[str, str]]]:
    """The quarters and years that are asked for most, with what the form says for each."""
    first, last = months[-1], months[0]
    quarter = Period.with_day(last)
    before = Period.with_day(quarter.first - timedelta(days=1))
    for period in (quarter, before, Period(quarter.year), Period(quarter.year - 1)):
        since, until = max(first, period.first), min(last, period.last.replace(day=1))
        if since <= until:
            chosen = [("first_month", code_of(since)), ("last_month", code_of(until)), ("formats", "pdf")]
            yield period.title, MultiDict([*chosen, *(("kinds", kind) for kind in DEIDENTIFIED_CODES)])


def _one(set_id: UUID, *, refused: str = "") -> tuple[str, int]:
    with workshop().reading() as work:
        view = sets.set_view(work, by=signed_in_person().id, set_id=set_id)
    heading = f"Documents of {view.line.months}"
    page, status = show("sets/one.html", view=view, refused=refused, gone=sets.NOT_THERE_ANY_MORE, heading=heading)
    return page, CONFLICT if refused else status
