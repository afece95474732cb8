"""The pages of each form: the questions that every policy has, and between them the questions of this policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from forms_app.domain import secrecy
from forms_app.domain.acts import Act, Destination
from forms_app.domain.policy import (
    Asked,
    Group,
    Moment,
    Question,
    QuestionKind,
    Route,
    Stage,
    Subject,
    Unit,
)
from forms_app.forms.asking import (
    LATER,
    YES_NO,
    Asking,
    Given,
    Page,
    PageForm,
    action_rows,
    choices_of,
    danger_page,
    day_ahead,
    page_of,
    past_day,
    stage_of,
    words,
)
from forms_app.forms.entry import checked
from forms_app.forms.fields import Answerable, Day, Pick, Picks, Words
from forms_app.forms.gates import agency_gates, ticked_gates
from forms_app.forms.onward import has_choice, way_page, way_taken
from forms_app.forms.people import agencies_page, people_page, responding_agencies
from forms_app.forms.routes import chosen_route, route_page, statuses_of
from forms_app.forms.sooner import Sooner, clocks_to_come, not_sooner, sooner_questions

GAP, WHICH_GAP = "Has this shown a gap in policies or procedures?", "Which gap is it, and what should change?"
Builder = Callable[[Asking, Given], Iterator[Page]]
AGREES = (
    ("yes", "Yes, we agree"),
    ("actions", "We agree to the actions, but not to the outcome"),
    ("no", "No"),
)


def _opening(asking: Asking, given: Given) -> Iterator[Page]:
    yield danger_page(asking)
    if len(asking.policy.routes) > 1 or statuses_of(asking.policy):
        yield route_page(asking)
    route = chosen_route(asking, given)
    if route is None:
        return
    stage = route.stages[0]
    yield _about(asking, route, stage)
    yield agencies_page(asking, route)
    responding = responding_agencies(asking, given)
    if responding:
        yield from agency_gates(asking, stage, "opening", responding)
        yield people_page(asking, stage, responding)
    yield subject_page(asking)
    yield from _groups(asking, stage, Asked.OPENING)
    yield _time(asking, route, stage)


def _account(asking: Asking, given: Given) -> Iterator[Page]:
    yield danger_page(asking)
    yield _when(asking)
    yield from _groups(asking, stage_of(asking), Asked.ACCOUNT)


def _outcome(asking: Asking, given: Given) -> Iterator[Page]:
    yield danger_page(asking)
    yield _when(asking)
    yield from _groups(asking, stage_of(asking), Asked.OUTCOME)
    yield _actions(asking)
    yield from agency_gates(asking, stage_of(asking), "resolving", asking.responding)
    yield _result(asking)


def _agreement(asking: Asking, given: Given) -> Iterator[Page]:
    yield danger_page(asking)
    fields = {
        "f-agrees": Pick("Does your side agree with this outcome?", choices=AGREES),
        "f-reasons": words(
            asking,
            "Why do you not agree with the outcome?",
            hint="Say what you would need in order to agree. Leave it empty if you agree.",
        ),
    }
    depends = {"f-reasons": ("f-agrees", frozenset({"actions", "no"}))}
    yield page_of("agreement", "Your answer", fields, depends=depends)


def _step_up(asking: Asking, given: Given) -> Iterator[Page]:
    yield danger_page(asking)
    if has_choice(asking):
        yield way_page(asking)
    way = way_taken(asking, given)
    yield from _groups(asking, stage_of(asking), Asked.STEP_UP)
    if way is not None and isinstance(way.to, Destination):
        yield from agency_gates(asking, way.to.stage, "entering", asking.responding)
        yield people_page(asking, way.to.stage, asking.responding)
        yield _time(asking, way.to.route, way.to.stage)
    elif way is not None:
        yield people_page(asking, stage_of(asking), asking.responding, leaving=True)


LADDER: Mapping[Act, Builder] = {
    Act.OPEN: _opening,
    Act.FILE_ACCOUNT: _account,
    Act.RECORD_OUTCOME: _outcome,
    Act.ANSWER_OUTCOME: _agreement,
    Act.STEP_UP: _step_up,
}

# --- the pages that every policy has -----------------------------------------------------------------------------


def _about(asking: Asking, route: Route, stage: Stage) -> Page:
    fields: dict[str, Any] = {}
    if asking.policy.concern_shapes:
        fields["f-shape"] = Pick("What do you disagree with?", choices=choices_of(asking.policy.concern_shapes))
    fields["f-category"] = Pick("What is the main reason?", choices=choices_of(asking.policy.categories_of(route)))
    fields |= ticked_gates(stage, "opening")
    return page_of("about", "About the disagreement", fields)


def subject_page(asking: Asking) -> Page:
    subjects = [(kind.value, title) for kind, title in asking.policy.subject_titles.items()]
    fields = {
        "f-subject": Pick("Who is the concern about?", choices=subjects),
        "f-names": words(
            asking, "Full names", hint="Write each name on a line of its own. For an unborn child, the mother’s name."
        ),
        "f-known_as": words(asking, "Other names they are known by", required=False),
        "f-births": words(asking, "Dates of birth, or the date the baby is due", required=False),
        "f-family": words(asking, "Parents, carers, brothers and sisters", required=False),
        "f-address": words(asking, "Address", required=False),
        "f-protected": Pick(
            secrecy.QUESTION,
            choices=(("no", "No"), ("yes", "Yes")),
            hint="For example from a parent who must not find out where they live, or in a refuge or foster home. "
            "If you say yes, documents leave the address out, and two people look at each in which it still stands.",
        ),
        "f-school": words(asking, "School, nursery or college", required=False),
        "f-gp": words(asking, "GP or other health practice", required=False),
        "f-numbers": words(
            asking,
            "Numbers that other agencies know them by",
            required=False,
            hint="For example an NHS number or a case number.",
        ),
    }
    somebody = ("f-subject", frozenset(Subject) - {Subject.NONE})
    depends = {"f-names": somebody, "f-protected": somebody}
    return page_of("subject", "Who the concern is about", fields, depends=depends, printed=False)


def _when(asking: Asking) -> Page:
    account = asking.kind is Act.FILE_ACCOUNT
    label = "Which day is this account about?" if account else "When was this settled?"
    hint = "The day on which you talked or met. If you have not done so yet, today’s date." if account else ""
    fields: dict[str, Any] = {"f-happened": past_day(asking, label, hint=hint)}
    if asking.corrects is not None:
        fields["f-corrected"] = words(asking, "What was wrong in your earlier account, and why?")
    return page_of("when", "When it happened", fields)


def _time(asking: Asking, route: Route, stage: Stage) -> Page:
    """What the clocks of the stage need to be told, and the date that protects the child."""
    fields = _starts(asking, route) if asking.kind is Act.OPEN else {}
    fields |= _frame(asking, stage)
    fields |= sooner_questions(asking)

    def unfit(form: PageForm) -> tuple[str, str | None]:
        return not_sooner(form, stage, clocks_to_come(asking, form, route, stage))

    return page_of("time", "By when", fields, base=checked(unfit, base=Sooner))


def _starts(asking: Asking, route: Route) -> dict[str, Any]:
    """The days from which clocks of the route are counted."""
    starts = {clock.starts for each in route.stages for clock in each.clocks} | {cap.starts for cap in route.caps}
    fields: dict[str, Any] = {}
    if Moment.CONCERN_IDENTIFIED in starts:
        fields["f-identified"] = past_day(asking, "When did you identify the concern?")
    if Moment.DECISION_RECEIVED in starts:
        fields["f-received"] = past_day(asking, "When were you told of the decision?")
    return fields


def _frame(asking: Asking, stage: Stage) -> dict[str, Any]:
    """What people say about how long the stage may take."""
    units = {clock.limit.unit for clock in stage.clocks}
    fields: dict[str, Any] = {}
    if units & {Unit.STATED, Unit.AGREED}:
        stated = Unit.STATED in units
        where = f"this {asking.policy.words.stage}" if asking.kind is Act.OPEN else asking.policy.stage_title(stage)
        hint = "Everyone who takes part sees this date."
        if Unit.AGREED in units:
            hint = "The other side is asked to accept this date, and can propose another one. " + hint
        fields["f-time_frame"] = day_ahead(
            asking,
            f"By when should it be settled at {where}?"
            if stated
            else f"By when do you propose to settle it at {where}?",
            hint=hint,
            required=stated,
        )
    if Unit.BY_PRIORITY in units:
        fields["f-priority"] = Pick("How urgent is it?", choices=choices_of(asking.policy.priorities))
    return fields


def _actions(asking: Asking) -> Page:
    rows = action_rows(asking, "Agreed actions", each="Action", hint="Leave it empty if no actions were agreed.")
    return page_of("actions", "Agreed actions", {"f-actions": rows}, printed=False)


def _result(asking: Asking) -> Page:
    policy, stage = asking.policy, stage_of(asking)
    allowed = [choice for choice in policy.outcomes if choice.id in stage.closing.outcomes]
    fields: dict[str, Any] = {"f-outcome": Pick("What is the outcome?", choices=choices_of(allowed))}
    fields["f-outstanding"] = words(
        asking,
        "What is still outstanding, and how will it be pursued?",
        hint="Write “None” if nothing is outstanding.",
    )
    fields["f-review"] = day_ahead(asking, "When will this be reviewed?", required=policy.review_date == "required")
    if stage.checks:
        pairs = [(check.id, check.text) for check in stage.checks]
        fields["f-checks"] = Picks("Which of these have been done?", choices=pairs, required=False)
    if policy.learning:
        fields["f-learning"] = Picks(
            "What could be learned from this?",
            choices=choices_of(policy.learning),
            required=False,
            hint="Choose nothing if there is nothing to learn.",
        )
    fields["f-gap"] = Pick(GAP, choices=YES_NO)
    fields["f-gap_what"] = words(asking, WHICH_GAP, hint="Do not name anybody.")
    fields |= ticked_gates(stage, "resolving")
    depends = {"f-gap_what": ("f-gap", frozenset({"yes"}))}
    return page_of("result", "The outcome", fields, depends=depends)


# --- the questions of the policy ---------------------------------------------------------------------------------


def _groups(asking: Asking, stage: Stage, asked: Asked) -> Iterator[Page]:
    for number, group in enumerate(stage.groups):
        if group.asked is asked and asking.side in group.sides:
            yield _group_page(asking, number, group)


def _group_page(asking: Asking, number: int, group: Group) -> Page:
    questions = [asking.policy.question(name) for name in group.questions]
    fields = {f"q-{question.id}": question_field(question, asking) for question in questions}
    depends = {
        f"q-{question.id}": (f"q-{question.only_if.question}", frozenset(question.only_if.is_one_of))
        for question in questions
        if question.only_if is not None and question.only_if.question in group.questions
    }
    return page_of(f"questions-{number}", group.title, fields, depends=depends)


def question_field(question: Question, asking: Asking) -> Answerable:
    """The field for a question of the policy."""
    common: dict[str, Any] = {"hint": question.hint or "", "required": question.required}
    match question.kind:
        case QuestionKind.SHORT_TEXT:
            return Words(question.label, unprintable=asking.unprintable, **common)
        case QuestionKind.LONG_TEXT:
            return Words(question.label, lines=True, unprintable=asking.unprintable, **common)
        case QuestionKind.CHOICE:
            return Pick(question.label, choices=choices_of(question.options), **common)
        case QuestionKind.CHOICES:
            return Picks(question.label, choices=choices_of(question.options), **common)
        case QuestionKind.YES_NO:
            return Pick(question.label, choices=YES_NO, **common)
        case QuestionKind.DATE:
            return Day(question.label, latest=LATER, **common)
