"""Filling in a form: its task list, its pages, checking the answers, sending it once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from forms_app.documents.printable import unprintable
from forms_app.domain.acts import Act
from forms_app.domain.errors import ChangedMeanwhile, DomainError, NotAllowedNow
from forms_app.domain.escalation import Open, outcome_waiting
from forms_app.domain.filing import NO_LONGER_OPEN, Filed, Seen
from forms_app.domain.policy import Link, Policy, Stage
from forms_app.forms.asking import Asking, Page, PageForm
from forms_app.forms.corrections import about_record
from forms_app.forms.entries import ENTRIES
from forms_app.forms.entry import EVERYONE
from forms_app.forms.fields import Answerable, Rows, is_row_number
from forms_app.forms.flow import (
    BUILDERS,
    Flow,
    Saved,
    is_of_policy,
    is_typed,
    of_the_same_child,
    to_begin_with,
    to_correct,
    with_row_added,
    with_row_removed,
)
from forms_app.forms.onward import said_about_ways, title_of, way_taken
from forms_app.forms.routes import chosen_route
from forms_app.services import drafts, escalations
from forms_app.services.danger import whom_to_tell
from forms_app.services.directory import directory_for, policy_for
from forms_app.services.looking import EscalationView, escalation_view, guidance_for, help_for, record_of
from forms_app.services.signing_in import SignedInPerson
from forms_app.services.work import Work
from forms_app.web.form_keys import form_key
from forms_app.web.rendering import CONFLICT, SHOWN_AGAIN
from forms_app.web.sessions import poke, signed_in_person, workshop

Answer = Response | str | tuple[str, int]
MOVED_ON = "Something was recorded since you opened this form, so it was not sent."
TITLES = {
    Act.OPEN: "Raise a concern",
    Act.FILE_ACCOUNT: "Write your account",
    Act.RECORD_OUTCOME: "Record the outcome",
    Act.ANSWER_OUTCOME: "Answer the outcome",
    Act.STEP_UP: "Take it further",
    **{act: entry.title for act, entry in ENTRIES.items()},
}
NAMING = frozenset({Act.OPEN, Act.STEP_UP, *ENTRIES})
"""The forms that ask for people and agencies."""
PATHS = {act.value.replace("_", "-"): act for act in BUILDERS if act is not Act.OPEN}


@dataclass(frozen=True)
class FormPlace:
    """Which form, and about what: where it is found on the web and in the drafts."""

    kind: Act
    escalation_id: UUID | None = None
    corrects: UUID | None = None
    beside: UUID | None = None
    """Another escalation about the same child, for a new concern."""

    def url(self, page: str | None = None, **query: Any) -> str:
        """The task list of the form, or one page of it."""
        name = "escalations.form_page" if page else "escalations.form"
        values: dict[str, Any] = {"page_id": page, **query} if page else query
        if self.beside is not None:
            return url_for(name.replace("form", "beside"), escalation_id=self.beside, **values)
        if self.escalation_id is None:
            return url_for(name.replace("form", "new"), **values)
        if self.corrects is not None:
            values["record_id"] = self.corrects
            return url_for(name.replace("form", "correction"), escalation_id=self.escalation_id, **values)
        path = next(path for path, kind in PATHS.items() if kind is self.kind)
        return url_for(name, escalation_id=self.escalation_id, path=path, **values)

    @property
    def form(self) -> str:
        about = self.corrects or self.beside
        return f"{self.kind}:{about}" if about else self.kind


@dataclass(frozen=True)
class Begun:
    """A concern that somebody has begun to write down."""

    url: str
    saved_at: datetime
    is_beside: bool


def begun_concern(draft: drafts.Drafted) -> Begun | None:
    """What a draft says about a new concern; None for what was not begun, or is something else."""
    kind, _, beside = draft.form.partition(":")
    if kind != Act.OPEN or not draft.answers:
        return None
    place = FormPlace(Act.OPEN, beside=UUID(beside) if beside else None)
    return Begun(place.url(), draft.saved_at, place.beside is not None)


def title_under(policy: Policy, act: Act) -> str:
    """What a form is called, in the words of the policy."""
    return TITLES[act].format(child=policy.words.child)


def told_of(kind: str) -> str:
    """Who learns of a record of this kind, in a sentence."""
    return next((entry.told for act, entry in ENTRIES.items() if act == kind), EVERYONE)


@dataclass(frozen=True)
class Desk:
    """One form of one person at this moment: what is asked, and what they have given so far."""

    place: FormPlace
    asking: Asking
    view: EscalationView | None
    draft: drafts.Drafted
    beside: EscalationView | None = None
    """The escalation about the same child, for a new concern."""

    @cached_property
    def flow(self) -> Flow:
        return Flow(self.asking, self.draft.answers, self.draft.id)

    @property
    def title(self) -> str:
        if self.place.corrects:
            return "Correct your account"
        way = way_taken(self.asking, self.flow.given) if self.place.kind is Act.STEP_UP else None
        return title_under(self.asking.policy, self.place.kind) + (
            f" to {title_of(self.asking, way)}" if way is not None else ""
        )

    @property
    def correction(self) -> str:
        """How what is sent can be corrected later, in a sentence; empty for what nobody corrects."""
        if self.place.kind in {Act.WRITE_RESTRICTED_NOTE, Act.MAKE_PROFORMA}:
            return ""
        if self.place.kind is Act.FILE_ACCOUNT:
            return "Until the escalation goes on from this stage, you can write it again and say what was wrong."
        return "If something in it is wrong, you can record a correction, which stands beside it."

    @property
    def danger_steps(self) -> tuple[str, ...]:
        return self.asking.policy.danger.steps

    @property
    def remarks(self) -> list[str]:
        """What the person should know about the ways on, which no page asks about."""
        return said_about_ways(self.asking) if self.place.kind is Act.STEP_UP else []

    @property
    def told(self) -> str:
        """Who learns of what is sent, in a sentence."""
        return told_of(self.place.kind)

    def guidance(self) -> list[Any]:
        """What the policy says to whoever fills in this form, at the stage where it is; for a new concern, at its first one."""
        moments = ["before_opening", "opening"] if self.place.kind is Act.OPEN else [self.place.kind.value]
        found = [guidance for moment in moments for guidance in guidance_for(self.asking.policy, self._stage, moment)]
        return list(dict.fromkeys(found))

    def links(self) -> list[Link]:
        """Where else to look before a concern is raised; once it is, they stand on its page."""
        return help_for(self.asking.policy, self._stage, signed_in_person().board_name)[0] if self.view is None else []

    @property
    def _stage(self) -> Stage | None:
        route = chosen_route(self.asking, self.flow.given)
        return self.asking.stage or (route.stages[0] if route is not None else None)


# --- the pages ---------------------------------------------------------------------------------------------------


def answer(place: FormPlace, page_id: str | None = None) -> Answer:
    """The task list of a form, one of its pages, or the page where its answers are checked and sent.

    What the policy does not let this person do now is said in a sentence, with everything that they typed.
    """
    show: Callable[[FormPlace], Answer]
    take: Callable[[FormPlace], Answer]
    match page_id:
        case None:
            show = take = task_list
        case "check":
            show, take = check_answers, send
        case "delete":
            show, take = ask_before_deleting, throw_away
        case _:
            show, take = partial(show_page, page_id=page_id), partial(save_page, page_id=page_id)
    try:
        return take(place) if request.method == "POST" else show(place)
    except (NotAllowedNow, ChangedMeanwhile) as refused:
        return _refused(place, refused)


def task_list(place: FormPlace) -> Answer:
    """The pages of a form with what is done, and what the policy says about it."""
    desk = _desk(place)
    return render_template("escalations/tasks.html", desk=desk, flow=desk.flow, heading=desk.title)


def show_page(place: FormPlace, page_id: str) -> Answer:
    desk = _desk(place)
    page = desk.flow.page(page_id) or abort(404)
    form = desk.flow.form(page)
    return _page(desk, page, form, 200)


def save_page(place: FormPlace, page_id: str) -> Answer:
    """Keeps what was typed, then says what is wrong with it or goes on."""
    person, pairs = signed_in_person(), _typed()
    desk = _desk(place)
    seen = _seen() or desk.draft.about
    if seen != desk.draft.about:
        _keep(person, seen, place, page_id, pairs)
        raise ChangedMeanwhile(MOVED_ON)
    page = desk.flow.page(page_id)
    if page is None:
        return _not_asked(place, pairs)
    changed, fresh = _with_rows_changed(page, pairs)
    desk = _saved(desk, person, page_id, changed or pairs)
    if changed is not None:
        return redirect(place.url(page_id, fresh=1) if fresh else place.url(page_id), 303)
    form = desk.flow.forms[page_id]
    if form.errors:
        return _page(desk, page, form, SHOWN_AGAIN)
    if desk.flow.in_danger and page_id == "danger":
        return _stop(desk, person)
    following = desk.flow.after(page)
    while following is not None and desk.flow.is_done(following):
        following = desk.flow.after(following)
    return redirect(place.url(following.id if following else "check"), 303)


def check_answers(place: FormPlace) -> Answer:
    desk = _desk(place)
    if desk.flow.first_open is not None or desk.flow.in_danger:
        return redirect(place.url(), 303)
    return _check(desk, "", 200)


def send(place: FormPlace) -> Answer:
    """Records the form. The second time it is sent, the first receipt is shown."""
    person = signed_in_person()
    key = form_key()
    try:
        desk = _desk_with(place, person, key)
    except (NotAllowedNow, ChangedMeanwhile):
        # Perhaps because of this very form, sent twice at the same moment.
        if (earlier := _sent_before(person, key)) is not None:
            return earlier
        raise
    if desk.flow.first_open is not None or desk.flow.in_danger:
        return redirect(place.url(), 303)
    try:
        with workshop().writing() as work:
            filed = _file(work, desk, person)
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        return _check(desk, str(refused), CONFLICT)
    poke()
    return redirect(_receipt(filed), 303)


def _sent_before(person: SignedInPerson, key: UUID) -> Response | None:
    with workshop().writing() as work:
        earlier = escalations.filed_before(work, by=person.id, form_key=key)
    return None if earlier is None else redirect(_receipt(earlier), 303)


def ask_before_deleting(place: FormPlace) -> Answer:
    desk = _desk(place)
    if not desk.flow.given:
        return redirect(place.url(), 303)
    return render_template("escalations/delete.html", desk=desk, heading="Delete what you typed?")


def throw_away(place: FormPlace) -> Answer:
    person = signed_in_person()
    with workshop().writing() as work:
        about = _about(work, place, person.id)
        drafts.throw_away(work, by=person.id, about=about, form=place.form)
    where = url_for("escalations.one", escalation_id=place.escalation_id) if place.escalation_id else None
    return redirect(where or url_for("escalations.yours"), 303)


def keep_after_lapse(place: FormPlace, person: SignedInPerson, page_id: str) -> None:
    """A form came in after its person's session had ended: what they typed is kept as their draft."""
    with workshop().reading() as work:
        about = _seen() or _about(work, place, person.id)
    _keep(person, about, place, page_id, _typed())


# --- how ---------------------------------------------------------------------------------------------------------


def _desk(place: FormPlace) -> Desk:
    """What is asked of this person now. Raises NotAllowedNow when the policy does not let them do it at this stage."""
    person = signed_in_person()
    with workshop().writing() as work:
        view, beside = _view(work, place.escalation_id, person), _view(work, place.beside, person)
        _check_beside(beside)
        asking = _asking(work, place, person, view)
        draft = drafts.drafted(work, by=person.id, about=_about_view(place, view), form=place.form)
        begun = {} if draft.answers else _begun_with(asking, view, beside)
        for page, pairs in {**begun, **_about_record(asking)}.items():
            draft = drafts.save_page(work, by=person.id, about=draft.about, form=place.form, page=page, pairs=pairs)
    return Desk(place, asking, view, draft, beside)


def _check_beside(beside: EscalationView | None) -> None:
    """Both are open at the same time. Raises NotAllowedNow."""
    if beside is not None and not beside.summary.is_open:
        raise NotAllowedNow(NO_LONGER_OPEN)


def _desk_with(place: FormPlace, person: SignedInPerson, key: UUID) -> Desk:
    """What is asked of this person now, with the draft of this key.

    Raises NotAllowedNow as above, and ChangedMeanwhile when it is not this form's draft any more.
    """
    with workshop().reading() as work:
        view, beside = _view(work, place.escalation_id, person), _view(work, place.beside, person)
        asking = _asking(work, place, person, view)
        draft = drafts.drafted_as(work, by=person.id, form_key=key)
    if draft is None or (draft.about, draft.form) != (_about_view(place, view), place.form):
        raise ChangedMeanwhile(MOVED_ON)
    return Desk(place, asking, view, draft, beside)


def _view(work: Work, escalation_id: UUID | None, person: SignedInPerson) -> EscalationView | None:
    """Raises NotFound for whoever takes no part in it."""
    if escalation_id is None:
        return None
    return escalation_view(work, by=person.id, escalation_id=escalation_id, with_documents=False)


def _asking(work: Work, place: FormPlace, person: SignedInPerson, view: EscalationView | None) -> Asking:
    if view is None:
        policy, directory = policy_for(work, by=person.id), directory_for(work, by=person.id)
        calendar = work.calendar(policy)
        return Asking(place.kind, policy, directory, work.now, calendar, beside=place.beside, unprintable=unprintable)
    if place.kind not in view.acts:
        raise NotAllowedNow("You cannot do this at this stage of the escalation.")
    if place.corrects is not None and not record_of(view, place.corrects).can_be_written_again:
        raise NotAllowedNow("Only your own account at this stage can be corrected, and only its latest version.")
    by_agency = any(gate.per_agency for gate in view.standing.visits[-1].stage.gates)
    tells_of_agencies = any(question.begins_with == "attempts" for question in view.policy.questions)
    names_others = place.kind in NAMING or by_agency or tells_of_agencies
    return Asking(
        kind=place.kind,
        policy=view.policy,
        directory=directory_for(work, by=person.id, with_others=names_others),
        now=work.now,
        calendar=work.calendar(view.policy),
        standing=view.standing,
        place=view.place,
        places=view.places,
        names={each.id: each.name for each in view.parties},
        responding=view.responding,
        written={record.id: record.sections for record in view.records},
        titles={each.id: f"{each.what}, {each.stage}, recorded on {each.entered}" for each in view.records},
        corrects=place.corrects,
        similar=view.similar,
        unprintable=unprintable,
    )


def _begun_with(asking: Asking, view: EscalationView | None, beside: EscalationView | None) -> Saved:
    """What a form begins with: an account to correct, what was done so far, the child of another escalation."""
    if asking.corrects is not None and view is not None:
        return to_correct(asking, record_of(view, asking.corrects).sections)
    if beside is None:
        return to_begin_with(asking)
    raising = next(place.agency for place in beside.places if place.is_raiser)
    own = asking.directory.own.agency_id
    return of_the_same_child(asking, beside.subject, (each for each in (*beside.responding, raising) if each != own))


def _about_record(asking: Asking) -> Saved:
    """The record from which somebody came to correct it, whatever they had chosen before."""
    record = request.args.get("record") if asking.kind is Act.CORRECT else None
    return {} if record is None else about_record(asking, record)


def _file(work: Work, desk: Desk, person: SignedInPerson) -> Filed:
    flow, by = desk.flow, person.id
    if desk.view is None:
        return escalations.open_escalation(work, by=by, concern=flow.concern())
    return escalations.record(
        work,
        by=by,
        escalation_id=desk.view.summary.id,
        seen=Seen(*desk.view.stage_seen, outcome_waiting(desk.view.standing)),
        facts=flow.facts(),
        written=flow.written(),
        people=flow.people(),
    )


def _page(desk: Desk, page: Page, form: PageForm, status: int) -> tuple[str, int]:
    page_of_rows = [field for field in form if isinstance(field, Rows)]
    html = render_template(
        "escalations/form_page.html",
        desk=desk,
        form=form,
        page=page,
        heading=page.title,
        has_rows=bool(page_of_rows),
        nested=nested_in(form),
        fresh=request.args.get("fresh") == "1",
    )
    return html, status


def _check(desk: Desk, refused: str, status: int) -> tuple[str, int]:
    html = render_template(
        "escalations/check.html",
        desk=desk,
        heading="Check your answers",
        pages=desk.flow.everything(),
        refused=refused,
    )
    return html, status


def _stop(desk: Desk, person: SignedInPerson) -> str:
    with workshop().reading() as work:
        to_tell = whom_to_tell(work, by=person.id, policy=desk.asking.policy)
    return render_template(
        "escalations/stop.html",
        desk=desk,
        to_tell=to_tell,
        can_report=desk.view is not None and desk.place.kind is not Act.REPORT_DANGER,
        heading="Stop. Do this first",
    )


def _refused(place: FormPlace, refused: DomainError) -> tuple[str, int]:
    """Why it cannot be done, with what was typed: on this page, or in the whole form when it was to be sent."""
    html = render_template(
        "escalations/moved_on.html",
        heading="This escalation has moved on" if isinstance(refused, ChangedMeanwhile) else "This cannot be done now",
        place=place,
        why=str(refused),
        kept=_words_of(_typed() or _drafted()),
    )
    return html, CONFLICT


def _drafted() -> list[list[str]]:
    """What stands in the form that was sent."""
    if "form_key" not in request.form:
        return []
    with workshop().reading() as work:
        draft = drafts.drafted_as(work, by=signed_in_person().id, form_key=form_key())
    return [pair for pairs in draft.answers.values() for pair in pairs] if draft is not None else []


def _not_asked(place: FormPlace, pairs: list[list[str]]) -> tuple[str, int]:
    """The page was one of the form when it was opened. A page that never was gets the same answer as any other."""
    words = _words_of(pairs)
    if not words:
        abort(404)
    html = render_template(
        "escalations/moved_on.html",
        heading="This page is not asked any more",
        place=place,
        why="An answer on another page of this form has changed. What you typed here was not saved. It is below.",
        kept=words,
    )
    return html, CONFLICT


def _words_of(pairs: list[list[str]]) -> list[list[str]]:
    """What somebody wrote, to be copied; not which boxes they ticked, nor the numbers of dates."""
    return [pair for pair in pairs if not re.fullmatch(r"[a-z0-9_-]*(\.[a-z0-9_-]+)*", pair[1].strip())]


def _typed() -> list[list[str]]:
    """What came in, in its order, without what the service itself put into the form."""
    ours = {"csrf_token", "seen", "form_key", "add", "remove", "continue"}
    return [[name, value] for name, value in request.form.items(multi=True) if name not in ours]


def _seen() -> str:
    """At which stage the form was begun, as it says itself; nothing when it says what no form of ours does."""
    seen = request.form.get("seen", "")
    return seen if re.fullmatch(r"[a-zA-Z0-9_:-]{1,200}", seen) else ""


def _with_rows_changed(page: Page, pairs: list[list[str]]) -> tuple[list[list[str]] | None, bool]:
    """The page with a row more or less, if a button asked for it, and whether it is one more."""
    for field in page.form():
        if isinstance(field, Rows):
            if request.form.get("add") == field.name:
                return with_row_added(pairs, field), True
            number = request.form.get("remove", "").removeprefix(f"{field.name}-")
            if is_row_number(number):
                return with_row_removed(pairs, field, int(number)), False
    return None, False


def _saved(desk: Desk, person: SignedInPerson, page_id: str, pairs: list[list[str]]) -> Desk:
    """With what was typed there under questions that this version of the policy does not ask."""
    page, before = desk.flow.page(page_id), desk.draft.answers.get(page_id, [])
    asked = {field.name for field in desk.flow.form(page)} if page is not None else set()
    kept = [[name, text] for name, text in before if is_of_policy(name) and name not in asked and is_typed(text)]
    draft = _keep(person, desk.draft.about, desk.place, page_id, [*pairs, *kept])
    return replace(desk, draft=draft)


def _keep(person: SignedInPerson, about: str, place: FormPlace, page_id: str, pairs: list[list[str]]) -> drafts.Drafted:
    with workshop().writing() as work:
        return drafts.save_page(work, by=person.id, about=about, form=place.form, page=page_id[:60], pairs=pairs)


def _about(work: Work, place: FormPlace, by: UUID) -> str:
    if place.escalation_id is None:
        return drafts.NEW
    view = escalation_view(work, by=by, escalation_id=place.escalation_id, with_documents=False)
    return _about_view(place, view)


def _about_view(place: FormPlace, view: EscalationView | None) -> str:
    """The escalation and the stage that a draft belongs to: when it moves on, the draft stays with its stage.

    An answer belongs to the outcome or the date that it answers: nobody agrees to one that they have not seen. Another outcome
    takes the place of the one that its writer saw.
    """
    if view is None:
        return drafts.NEW
    stage = f"{view.summary.id}:{':'.join(view.stage_seen)}:{view.visit_number}"
    if (
        place.kind in {Act.ANSWER_OUTCOME, Act.RECORD_OUTCOME}
        and (outcome := outcome_waiting(view.standing)) is not None
    ):
        return f"{stage}:{outcome}"
    if place.kind is Act.ANSWER_TIME and isinstance(view.standing, Open) and view.standing.time_proposed is not None:
        return f"{stage}:{view.standing.time_proposed.step.id}"
    return stage


def _receipt(filed: Filed) -> str:
    return url_for("escalations.sent", escalation_id=filed.escalation_id, record_id=filed.record_id)


def nested_in(form: PageForm) -> dict[str, dict[str, list[Answerable]]]:
    """The questions that are asked under one answer to another: asked field → answer → questions."""
    found: dict[str, dict[str, list[Answerable]]] = {}
    for name, (asked, wanted) in form.depends.items():
        if len(wanted) == 1:
            found.setdefault(asked, {}).setdefault(next(iter(wanted)), []).append(form.question(name))
    return found
