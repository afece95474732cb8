"""One form as a person goes through it: its pages, what was given on each, and what it comes to in the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from werkzeug.datastructures import MultiDict

from forms_app.domain.acts import Act, Destination
from forms_app.domain.answers import Answered, Section, Sections
from forms_app.domain.escalation import Open
from forms_app.domain.filing import NamedParty, NewConcern, Written
from forms_app.domain.records import (
    Account,
    AgreedAction,
    Agreement,
    Concern,
    ConcernedAgency,
    Facts,
    Outcome,
    StepUp,
    Timing,
)
from forms_app.forms.asking import Asking, Given, Page, PageForm, stage_of
from forms_app.forms.attempts import attempts_so_far
from forms_app.forms.entries import ENTRIES, pages_of_entry
from forms_app.forms.fields import Answerable, Rows, row_numbers
from forms_app.forms.on_paper import PAPER, paper_page
from forms_app.forms.onward import reason_given, way_taken
from forms_app.forms.pages import LADDER, Builder, subject_page
from forms_app.forms.people import agencies_page, chosen_agencies, named_on, responding_agencies
from forms_app.forms.routes import NO_STATUS, chosen_route

LONGEST_CODE = 60
BUILDERS: Mapping[Act, Builder] = {**LADDER, **dict.fromkeys(ENTRIES, pages_of_entry)}
"""Every form, by what a person does with it."""
Saved = Mapping[str, list[list[str]]]
"""What was typed on each page, as it came in: page → [name, value] pairs. Kept in the draft."""


def is_of_policy(name: str) -> bool:
    """Whether a field is a question of the policy, which another version may not ask."""
    return name.startswith("q-")


def is_typed(text: str) -> bool:
    """Whether somebody typed this, and did not choose it: what is chosen comes in as a code."""
    return bool(text.strip()) and re.fullmatch(r"[a-z0-9_-]*", text) is None


def pages_of(asking: Asking, given: Given) -> tuple[Page, ...]:
    """The pages in their order. What was answered on one page can decide which others there are."""
    return (*BUILDERS[asking.kind](asking, given), paper_page(asking))


@dataclass(frozen=True)
class Flow:
    asking: Asking
    saved: Saved
    form_key: UUID

    @cached_property
    def given(self) -> dict[str, MultiDict[str, str]]:
        return {page: MultiDict((name, value) for name, value in pairs) for page, pairs in self.saved.items()}

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        return pages_of(self.asking, self.given)

    def page(self, page_id: str) -> Page | None:
        return next((page for page in self.pages if page.id == page_id), None)

    def form(self, page: Page) -> PageForm:
        """The page's form with what was given so far, whether or not it is complete."""
        return page.form(self.given.get(page.id))

    @cached_property
    def forms(self) -> dict[str, PageForm]:
        """Every page's form, validated."""
        forms = {page.id: self.form(page) for page in self.pages}
        for form in forms.values():
            form.validate()
        return forms

    def is_done(self, page: Page) -> bool:
        return (page.skippable or page.id in self.given) and not self.forms[page.id].errors

    @property
    def first_open(self) -> Page | None:
        """The first page that is not complete; None when all are."""
        return next((page for page in self.pages if not self.is_done(page)), None)

    def after(self, page: Page) -> Page | None:
        position = [each.id for each in self.pages].index(page.id)
        return self.pages[position + 1] if position + 1 < len(self.pages) else None

    @property
    def in_danger(self) -> bool:
        """Whether the last answer was that somebody is in danger and nobody has been told."""
        return "danger" in self.given and self.given["danger"].get("f-danger") == "yes"

    @property
    def asked_no_more(self) -> tuple[str, ...]:
        """What was typed under questions of the policy that this form does not ask: another version has come since, perhaps."""
        asked = {field.name for form in self.forms.values() for field in form}
        pairs = [pair for pairs in self.saved.values() for pair in pairs]
        return tuple(text for name, text in pairs if is_of_policy(name) and name not in asked and is_typed(text))

    def everything(self) -> list[tuple[Page, list[Answered]]]:
        """Every page with its answers in words, for checking before it is sent."""
        return [(page, [*answers_of(self.forms[page.id]), *rows_of(self.forms[page.id])]) for page in self.pages]

    # --- what it comes to; only when every page is done

    def written(self) -> Written:
        asked = (form["f-happened"].data for form in self.forms.values() if "f-happened" in form)
        on_paper = self._data(PAPER, "f-paper_on") if self.was_on_paper else None
        happened = next(asked, on_paper or self.asking.today)
        return Written(form_key=self.form_key, sections=self.sections(), happened_on=happened)

    @property
    def was_on_paper(self) -> bool:
        return bool(self._data(PAPER, "f-paper") == "yes")

    def sections(self) -> Sections:
        left_out = set() if self.was_on_paper else {PAPER}
        pages = [page for page in self.pages if page.printed and page.id not in left_out]
        printed = [(page.title, self.forms[page.id]) for page in pages]
        sections = (
            Section(title=title, answers=(*_worth_keeping(answers_of(form)), *lists_of(form)))
            for title, form in printed
        )
        return tuple(section for section in sections if section.answers)

    def concern(self) -> NewConcern:
        route = chosen_route(self.asking, self.given)
        assert route is not None, "a route was chosen"
        status = self._data("route", "f-status") or None
        subject = Section(title="Subject", answers=tuple(answers_of(self.forms["subject"])))
        return NewConcern(
            route=route.id,
            facts=Concern(
                shape=self._data("about", "f-shape") or None,
                category=self._data("about", "f-category"),
                agencies=tuple(
                    ConcernedAgency(id=agency.id, name=agency.name)
                    for agency in chosen_agencies(self.asking, self.given)
                ),
                timing=self._timing(),
                gates=self._gates(),
                subject_status=None if status == NO_STATUS else status,
                beside=self.asking.beside,
            ),
            subject_kind=self._data("subject", "f-subject"),
            subject=(subject,),
            people=self.people(),
            written=self.written(),
        )

    def facts(self) -> Facts:
        """What the form records."""
        return FACTS[self.asking.kind](self)

    def account(self) -> Account:
        return Account(corrects=self.asking.corrects, reason=self._data("when", "f-corrected") or "")

    def outcome(self) -> Outcome:
        return Outcome(
            outcome=self._data("result", "f-outcome"),
            actions=tuple(self._actions()),
            outstanding=self._data("result", "f-outstanding"),
            review_on=self._data("result", "f-review"),
            checks=self._data("result", "f-checks") or (),
            learning=self._data("result", "f-learning") or (),
            policy_gap=self._data("result", "f-gap") == "yes",
            gates=self._gates(),
        )

    def agreement(self) -> Agreement:
        now = self.asking.standing
        assert isinstance(now, Open), "only what is open is answered"
        assert now.proposed is not None, "there is an outcome to answer"
        agrees = self._data("agreement", "f-agrees")
        return Agreement(
            outcome=now.proposed.step.id,
            agrees=agrees == "yes",
            agrees_actions=agrees == "actions",
            reasons="" if agrees == "yes" else self._data("agreement", "f-reasons"),
        )

    def step_up(self) -> StepUp:
        way = way_taken(self.asking, self.given)
        assert way is not None, "a way was chosen"
        to = way.to if isinstance(way.to, Destination) else None
        return StepUp(
            route=to.route.id if to else None,
            stage=to.stage.id if to else None,
            timing=self._timing(),
            gates=self._gates(),
            skip_reason=reason_given(self.asking, way, self.forms.get("way")),
        )

    def people(self) -> tuple[NamedParty, ...]:
        """Everyone who was named, each on the side and at the level at which they act."""
        return PEOPLE[self.asking.kind](self) if self.asking.kind in PEOPLE else ()

    def entry(self) -> Facts:
        return ENTRIES[self.asking.kind].facts(self.asking, self.forms)

    def people_of_entry(self) -> tuple[NamedParty, ...]:
        return ENTRIES[self.asking.kind].people(self.asking, self.forms)

    def people_of_concern(self) -> tuple[NamedParty, ...]:
        route = chosen_route(self.asking, self.given)
        assert route is not None, "a route was chosen"
        return named_on(
            self.forms["people"], self.asking, route.stages[0], responding_agencies(self.asking, self.given)
        )

    def people_of_step_up(self) -> tuple[NamedParty, ...]:
        way = way_taken(self.asking, self.given)
        if way is None:
            return ()
        stage = way.to.stage if isinstance(way.to, Destination) else stage_of(self.asking)
        return named_on(self.forms["people"], self.asking, stage, self.asking.responding)

    def _timing(self) -> Timing:
        if "time" not in self.forms:
            return Timing()
        return Timing(
            concern_identified_on=self._data("time", "f-identified"),
            decision_received_on=self._data("time", "f-received"),
            time_frame=self._data("time", "f-time_frame"),
            protect_by=self._data("time", "f-protect_by"),
            protect_because=self._data("time", "f-protect_because") or "",
            priority=self._data("time", "f-priority") or None,
        )

    def _actions(self) -> Iterator[AgreedAction]:
        for row in cast(Rows, self.forms["actions"]["f-actions"]).filled:
            yield AgreedAction(what=row["what"].data, who=row["who"].data, by_when=row["by_when"].data)

    def _gates(self) -> tuple[str, ...]:
        """The gates that were confirmed: a page that is done confirms all of its own."""
        ticked = [field.short_name for form in self.forms.values() for field in form if "f-gate-" in field.name]
        by_agency = [page.confirms for page in self.pages if page.confirms is not None]
        return (*(name.removeprefix("f-gate-") for name in ticked), *by_agency)

    def _data(self, page: str, field: str) -> Any:
        form = self.forms.get(page)
        return form[field].data if form is not None and field in form else None


FACTS: Mapping[Act, Callable[[Flow], Facts]] = {
    Act.FILE_ACCOUNT: Flow.account,
    Act.RECORD_OUTCOME: Flow.outcome,
    Act.ANSWER_OUTCOME: Flow.agreement,
    Act.STEP_UP: Flow.step_up,
    **dict.fromkeys(ENTRIES, Flow.entry),
}
"""What each form records in the end; a new concern is recorded by itself."""
PEOPLE: Mapping[Act, Callable[[Flow], tuple[NamedParty, ...]]] = {
    Act.OPEN: Flow.people_of_concern,
    Act.STEP_UP: Flow.people_of_step_up,
    **dict.fromkeys(ENTRIES, Flow.people_of_entry),
}
"""Whom the forms name that name people."""


def answers_of(form: PageForm) -> Iterator[Answered]:
    """Each question of a page with its answer in words, also where it is empty; not what does not apply."""
    for field in form:
        if isinstance(field, Answerable) and form.applies(field.name):
            name = field.short_name.split("-", 1)[1][:LONGEST_CODE]
            yield Answered(id=name, question=field.label.text, answer=field.answer(), codes=field.codes())


def _worth_keeping(answers: Iterator[Answered]) -> Iterator[Answered]:
    """Without what only says, when it is empty, that the usual time limits are enough."""
    return (answer for answer in answers if answer.answer or answer.id not in {"protect_by", "protect_because"})


def rows_of(form: PageForm) -> Iterator[Answered]:
    """Each filled row of a page in words."""
    for field in form:
        if isinstance(field, Rows):
            for number, row in enumerate(field.filled, start=1):
                words = "\n".join(cast(Answerable, part).answer() for part in row)
                yield Answered(id="row", question=f"{field.each} {number}", answer=words)
            if not field.filled:
                yield Answered(id="row", question=field.label.text, answer="None")


def lists_of(form: PageForm) -> Iterator[Answered]:
    """What was chosen in rows of a page, each list as one answer; nothing for rows that were left empty."""
    for field in form:
        if isinstance(field, Rows) and field.filled:
            words = "\n".join(cast(Answerable, part).answer() for row in field.filled for part in row)
            name = field.short_name.split("-", 1)[1]
            yield Answered(id=name, question=field.label.text, answer=words)


def to_correct(asking: Asking, sections: Sections) -> Saved:
    """The policy's questions as they were answered before, for writing a correction."""
    before = {f"q-{answer.id}": answer for section in sections for answer in section.answers}
    return dict(_prefilled(pages_of(asking, {}), before))


def to_begin_with(asking: Asking) -> Saved:
    """What a form holds at first in the boxes that begin with what was done so far."""
    names = [question.id for question in asking.policy.questions if question.begins_with == "attempts"]
    if asking.standing is None or not names:
        return {}
    done = attempts_so_far(asking)
    return dict(
        _prefilled(pages_of(asking, {}), {f"q-{name}": Answered(id=name, question="", answer=done) for name in names})
    )


def of_the_same_child(asking: Asking, subject: Sections, agencies: Iterable[UUID]) -> Saved:
    """What a new concern takes from the escalation beside which it is raised: whom it is about, and with whom."""
    before = {f"f-{answer.id}": answer for section in subject for answer in section.answers}
    chosen = Answered(id="agencies", question="", answer="", codes=tuple(str(agency) for agency in agencies))
    return dict(_prefilled([subject_page(asking), agencies_page(asking)], {**before, "f-agencies": chosen}))


def _prefilled(pages: Iterable[Page], before: Mapping[str, Answered]) -> Iterator[tuple[str, list[list[str]]]]:
    for page in pages:
        pairs = [
            pair
            for field in page.form()
            if isinstance(field, Answerable) and field.name in before
            for pair in field.as_typed(before[field.name].answer, before[field.name].codes)
        ]
        if pairs:
            yield page.id, pairs


def with_row_added(pairs: list[list[str]], rows: Rows) -> list[list[str]]:
    """What was typed on a page, with one more empty row."""
    numbers = row_numbers([name for name, _ in pairs], rows.name) or [0]
    if len(numbers) >= rows.most:
        return pairs
    first = next(iter(rows.row())).short_name
    return [*pairs, [f"{rows.name}-{numbers[-1] + 1}-{first}", ""]]


def with_row_removed(pairs: list[list[str]], rows: Rows, number: int) -> list[list[str]]:
    """What was typed on a page, without the row of this number."""
    return [pair for pair in pairs if not pair[0].startswith(f"{rows.name}-{number}-")]
