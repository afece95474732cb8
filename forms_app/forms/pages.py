"""The pages of each form: the questions that every policy has, and between them the questions of this policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from wtforms import Form

from forms_app.domain.acts import Act, is_filled, level_of_raiser
from forms_app.domain.policy import (
    OFFICE,
    Actor,
    Asked,
    Gate,
    Group,
    Moment,
    Question,
    QuestionKind,
    Route,
    Side,
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
    listed,
    page_of,
    past_day,
    raising_agency,
    stage_of,
    words,
)
from forms_app.forms.fields import Answerable, Day, Pick, PickFromList, Picks, Rows, Ticked, Words


def pages_of(asking: Asking, given: Given) -> tuple[Page, ...]:
    """The pages in their order. What was answered on one page can decide which others there are."""
    return tuple(BUILDERS[asking.kind](asking, given))


def _opening(asking: Asking, given: Given) -> Iterator[Page]:
    yield danger_page(asking)
    if len(asking.policy.routes) > 1:
        yield _route(asking)
    route = chosen_route(asking, given)
    if route is None:
        return
    stage = route.stages[0]
    yield _about(asking, route, stage)
    yield _agencies(asking)
    chosen = chosen_agencies(asking, given)
    if chosen:
        yield _people(asking, stage, chosen)
    yield _subject(asking)
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
    yield _result(asking)


def _agreement(asking: Asking, given: Given) -> Iterator[Page]:
    yield danger_page(asking)
    fields = {
        "f-agrees": Pick("Does your side agree with this outcome?", choices=YES_NO),
        "f-reasons": words(asking, "Why do you not agree?", hint="Say what you would need in order to agree."),
    }
    yield page_of("agreement", "Your answer", fields, depends={"f-reasons": ("f-agrees", frozenset({"no"}))})


def _step_up(asking: Asking, given: Given) -> Iterator[Page]:
    yield danger_page(asking)
    yield from _groups(asking, stage_of(asking), Asked.STEP_UP)
    if asking.to_route is not None and asking.to_stage is not None:
        yield _people(asking, asking.to_stage, asking.responding)
        yield _time(asking, asking.to_route, asking.to_stage)


BUILDERS = {
    Act.OPEN: _opening,
    Act.FILE_ACCOUNT: _account,
    Act.RECORD_OUTCOME: _outcome,
    Act.ANSWER_OUTCOME: _agreement,
    Act.STEP_UP: _step_up,
}

# --- the pages that every policy has -----------------------------------------------------------------------------


def _route(asking: Asking) -> Page:
    routes = asking.policy.routes
    fields = {
        "f-route": Pick(
            "What is the disagreement about?",
            choices=[(route.id, route.title) for route in routes],
            hints={route.id: route.description for route in routes},
        )
    }
    return page_of("route", "Kind of disagreement", fields)


def _about(asking: Asking, route: Route, stage: Stage) -> Page:
    fields: dict[str, Any] = {}
    if asking.policy.concern_shapes:
        fields["f-shape"] = Pick("What do you disagree with?", choices=choices_of(asking.policy.concern_shapes))
    fields["f-category"] = Pick("What is the main reason?", choices=choices_of(asking.policy.categories_of(route)))
    fields |= _gates(stage, "opening")
    return page_of("about", "About the disagreement", fields)


def _agencies(asking: Asking) -> Page:
    several = asking.policy.several_responding_agencies
    kind = Picks if several else Pick
    agencies = [(str(agency.id), agency.name) for agency in asking.directory.agencies if agency.kind != OFFICE]
    label = "Which agencies do you disagree with?" if several else "Which agency do you disagree with?"
    own = str(asking.directory.own.agency_id)
    signpost = asking.policy.internal.signpost

    class OtherAgencies(PageForm):
        def validate(self, extra_validators: Any = None) -> bool:
            valid = super().validate(extra_validators)
            if valid and own in self.question("f-agencies").codes() and not asking.policy.internal.permitted:
                self["f-agencies"].errors = [f"That is your own agency. {signpost}"]
                return False
            return valid

    fields = {"f-agencies": kind(label, choices=agencies)}
    return page_of("agencies", "The other side", fields, base=OtherAgencies, printed=False)


def _people(asking: Asking, stage: Stage, responding: tuple[UUID, ...]) -> Page:
    fields: dict[str, Any] = {}
    for name, label, actor, agency in people_asked(asking, stage, responding):
        fields[name] = PickFromList(label, groups=_candidates(asking, actor, agency, responding), required=actor.needed)
    others = [raising_agency(asking), *responding]

    class OtherPerson(Form):
        person = PickFromList("Person", groups=_by_agency(asking, others), required=False)

    fields["f-others"] = Rows(
        "Anyone else who takes part or must be told",
        row=OtherPerson,
        each="Person",
        hint="They get every document from now on. Leave it as it is if there is nobody else.",
    )
    if asking.kind is Act.STEP_UP:
        fields |= _gates(stage, "entering")
    return page_of("people", "The people who take part", fields, printed=False, intro=stage.summary)


def people_asked(
    asking: Asking, stage: Stage, responding: tuple[UUID, ...]
) -> Iterator[tuple[str, str, Actor, UUID | None]]:
    """Each person who must be named for a stage: the field's name, its label, the actor and the agency."""
    own = asking.directory.own
    as_raiser = level_of_raiser(asking.policy, stage, own.level) if asking.kind is Act.OPEN else None
    names = {agency.id: agency for agency in asking.directory.agencies}
    for number, actor in enumerate(stage.actors):
        if actor.side is Side.RAISING and actor.level == as_raiser:
            continue
        agencies: tuple[UUID | None, ...] = {
            Side.RAISING: (raising_agency(asking),),
            Side.RESPONDING: responding,
            Side.BOARD: (None,),
        }[actor.side]
        for agency_id in agencies:
            if is_filled(asking.places, actor, agency_id):
                continue
            agency = names.get(agency_id) if agency_id else None
            title = actor.title or asking.policy.level_title(actor.level, agency.kind if agency else None)
            where = f" at {agency.name}" if agency else ""
            yield f"f-actor-{number}-{agency_id or 'board'}", f"{title}{where}", actor, agency_id


def _candidates(
    asking: Asking, actor: Actor, agency: UUID | None, responding: tuple[UUID, ...]
) -> dict[str, list[tuple[str, str]]]:
    """The people who may be named: those at that level first, then the others of the same agency.

    For the Board's side only those who hold the level, of agencies that are not involved.
    """
    involved = {*responding, raising_agency(asking)}
    if agency is None:
        people = [person for person in asking.directory.people if person.agency_id not in involved]
    else:
        people = list(asking.directory.of_agency(agency))
    groups: dict[str, list[tuple[str, str]]] = {asking.policy.level_title(actor.level): [], "Others": []}
    for person in people:
        at_level = actor.level in {person.level, person.seat}
        if agency is None and not at_level:
            continue
        groups[asking.policy.level_title(actor.level) if at_level else "Others"].append(listed(person, agency is None))
    return {title: pairs for title, pairs in groups.items() if pairs}


def _by_agency(asking: Asking, agencies: list[UUID]) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for agency in dict.fromkeys(agencies):
        for person in asking.directory.of_agency(agency):
            if person.id != asking.directory.own.id:
                groups.setdefault(person.agency, []).append(listed(person, False))
    return groups


def _subject(asking: Asking) -> Page:
    child = asking.policy.words.child
    titles = {
        Subject.CHILD: f"One {child}",
        Subject.CHILDREN: "Several children",
        Subject.UNBORN: "An unborn child",
        Subject.ADULT: "An adult at risk",
        Subject.NONE: "Nobody in particular: a procedure or way of working",
    }
    fields = {
        "f-subject": Pick(
            "Who is the concern about?", choices=[(kind.value, titles[kind]) for kind in asking.policy.subjects]
        ),
        "f-names": words(
            asking, "Full names", hint="Write each name on a line of its own. For an unborn child, the mother’s name."
        ),
        "f-births": words(asking, "Dates of birth, or the date the baby is due", required=False),
        "f-address": words(asking, "Address", required=False),
        "f-numbers": words(
            asking,
            "Numbers that other agencies know them by",
            required=False,
            hint="For example an NHS number or a case number.",
        ),
    }
    depends = {"f-names": ("f-subject", frozenset(Subject) - {Subject.NONE})}
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
    child = asking.policy.words.child
    fields["f-protect_by"] = day_ahead(
        asking,
        f"Must it be settled sooner to protect the {child}?",
        hint="A date here can only make the time limits shorter. Leave it empty if the usual limits protect enough.",
        required=False,
    )
    fields["f-protect_because"] = words(asking, "Why must it be sooner?", required=False)

    class Sooner(PageForm):
        def validate(self, extra_validators: Any = None) -> bool:
            self.question("f-protect_because").required = self["f-protect_by"].data is not None
            return super().validate(extra_validators)

    return page_of("time", "By when", fields, base=Sooner)


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
        word = asking.policy.words.stage
        where = f"this {word}" if asking.kind is Act.OPEN else f"the next {word}"
        fields["f-time_frame"] = day_ahead(
            asking,
            f"By when should it be settled at {where}?" if stated else "By when have both sides agreed to settle it?",
            hint=("It must be a time that all of you accept. " if stated and Unit.AGREED in units else "")
            + "Everyone who takes part sees this date.",
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
    fields["f-gap"] = Pick("Has this shown a gap in policies or procedures?", choices=YES_NO)
    fields |= _gates(stage, "resolving")
    return page_of("result", "The outcome", fields)


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


# --- parts -------------------------------------------------------------------------------------------------------


def chosen_route(asking: Asking, given: Given) -> Route | None:
    """The route that was chosen; the only one where the policy has only one."""
    if len(asking.policy.routes) == 1:
        return asking.policy.main
    chosen = given["route"].get("f-route") if "route" in given else None
    return next((route for route in asking.policy.routes if route.id == chosen), None)


def chosen_agencies(asking: Asking, given: Given) -> tuple[UUID, ...]:
    """The other agencies that were chosen, those that the directory knows."""
    chosen = given["agencies"].getlist("f-agencies") if "agencies" in given else []
    return tuple(agency.id for agency in asking.directory.agencies if str(agency.id) in chosen)


def _gates(stage: Stage, before: str) -> dict[str, Any]:
    return {f"f-gate-{gate.id}": _ticked(gate) for gate in stage.gates if gate.before == before}


def _ticked(gate: Gate) -> Answerable:
    return Ticked("Confirm", statement=gate.statement, otherwise=gate.otherwise)
