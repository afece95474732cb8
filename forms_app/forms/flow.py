"""One form as a person goes through it: its pages, what was given on each, and what it comes to in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from werkzeug.datastructures import MultiDict

from forms_app.domain.acts import Act
from forms_app.domain.answers import Answered, Section, Sections
from forms_app.domain.filing import NamedParty, NewConcern, Written
from forms_app.domain.policy import Side
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
from forms_app.forms.asking import Asking, Page, PageForm, raising_agency, stage_of
from forms_app.forms.fields import Answerable, Rows, row_numbers
from forms_app.forms.pages import chosen_agencies, chosen_route, pages_of, people_asked

Saved = Mapping[str, list[list[str]]]
"""What was typed on each page, as it came in: page → [name, value] pairs. Kept in the draft."""


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
        return page.id in self.given and not self.forms[page.id].errors

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

    def everything(self) -> list[tuple[Page, list[Answered]]]:
        """Every page with its answers in words, for checking before it is sent."""
        return [(page, [*answers_of(self.forms[page.id]), *rows_of(self.forms[page.id])]) for page in self.pages]

    # --- what it comes to; only when every page is done

    def written(self) -> Written:
        happened = self._data("when", "f-happened") or self.asking.today
        return Written(form_key=self.form_key, sections=self.sections(), happened_on=happened)

    def sections(self) -> Sections:
        sections = (
            Section(title=page.title, answers=tuple(_worth_keeping(answers_of(self.forms[page.id]))))
            for page in self.pages
            if page.printed
        )
        return tuple(section for section in sections if section.answers)

    def concern(self) -> NewConcern:
        route = chosen_route(self.asking, self.given)
        assert route is not None, "a route was chosen"
        subject = Section(title="Subject", answers=tuple(answers_of(self.forms["subject"])))
        return NewConcern(
            route=route.id,
            facts=Concern(
                shape=self._data("about", "f-shape") or None,
                category=self._data("about", "f-category"),
                agencies=tuple(
                    ConcernedAgency(id=agency.id, name=agency.name)
                    for agency in self.asking.directory.agencies
                    if agency.id in chosen_agencies(self.asking, self.given)
                ),
                timing=self._timing(),
                gates=self._gates("about"),
            ),
            subject_kind=self._data("subject", "f-subject"),
            subject=(subject,),
            people=self.people(),
            written=self.written(),
        )

    def facts(self, proposed: UUID | None) -> Facts:
        """What the form records. `proposed` is the outcome that is answered."""
        match self.asking.kind:
            case Act.FILE_ACCOUNT:
                return self.account()
            case Act.RECORD_OUTCOME:
                return self.outcome()
            case Act.ANSWER_OUTCOME:
                assert proposed is not None, "there is an outcome to answer"
                return self.agreement(proposed)
            case Act.STEP_UP:
                return self.step_up()
            case _:
                raise AssertionError("this form has no facts")

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
            gates=self._gates("result"),
        )

    def agreement(self, outcome: UUID) -> Agreement:
        agrees = self._data("agreement", "f-agrees") == "yes"
        reasons = "" if agrees else self._data("agreement", "f-reasons")
        return Agreement(outcome=outcome, agrees=agrees, reasons=reasons)

    def step_up(self) -> StepUp:
        route, stage = self.asking.to_route, self.asking.to_stage
        return StepUp(
            route=route.id if route else None,
            stage=stage.id if stage else None,
            timing=self._timing() if stage else Timing(),
            gates=self._gates("people"),
        )

    def people(self) -> tuple[NamedParty, ...]:
        """Everyone who was named, each on the side and at the level at which they act."""
        if "people" not in self.forms:
            return ()
        form, asking = self.forms["people"], self.asking
        if asking.kind is Act.OPEN:
            route = chosen_route(asking, self.given)
            assert route is not None, "a route was chosen"
            stage, responding = route.stages[0], chosen_agencies(asking, self.given)
        else:
            stage, responding = asking.to_stage or stage_of(asking), asking.responding
        # Somebody may act at two levels of the same side: in a small agency there may be nobody else.
        named = [
            NamedParty(UUID(form[name].data), actor.side, actor.level)
            for name, _, actor, _ in people_asked(asking, stage, responding)
            if form[name].data
        ]
        acting = {party.person_id for party in named}
        others = dict.fromkeys(UUID(row["person"].data) for row in cast(Rows, form["f-others"]).filled)
        return (*named, *(self._other(person) for person in others if person not in acting))

    def _other(self, person_id: UUID) -> NamedParty:
        person = next(each for each in self.asking.directory.people if each.id == person_id)
        side = Side.RAISING if person.agency_id == raising_agency(self.asking) else Side.RESPONDING
        return NamedParty(person_id, side, person.level)

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

    def _gates(self, page: str) -> tuple[str, ...]:
        """The gates that were confirmed on a page: a page that is done confirms all of its own."""
        fields = self.forms.get(page, ())
        return tuple(field.short_name.removeprefix("f-gate-") for field in fields if "f-gate-" in field.name)

    def _data(self, page: str, field: str) -> Any:
        form = self.forms.get(page)
        return form[field].data if form is not None and field in form else None


def answers_of(form: PageForm) -> Iterator[Answered]:
    """Each question of a page with its answer in words, also where it is empty; not what does not apply."""
    for field in form:
        if isinstance(field, Answerable) and form.applies(field.name):
            name = field.short_name.split("-", 1)[1]
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


def prefilled(asking: Asking, sections: Sections) -> dict[str, list[list[str]]]:
    """The policy's questions as they were answered before, page by page, for writing a correction."""
    answered = {answer.id: answer for section in sections for answer in section.answers}
    saved: dict[str, list[list[str]]] = {}
    for page in pages_of(asking, {}):
        pairs = [
            pair
            for field in page.form()
            if isinstance(field, Answerable) and field.name.startswith("q-") and field.name[2:] in answered
            for pair in field.as_typed(answered[field.name[2:]].answer, answered[field.name[2:]].codes)
        ]
        if pairs:
            saved[page.id] = pairs
    return saved


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
